"""Step 2: each segment's fair, risk-adjusted share of the envelope."""
