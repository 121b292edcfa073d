"""What chance and negotiation may do to a contract: draws, shocks, measures of risk, payoff curves, and grids of designs."""
