"""What other budgets would buy, and what one party's best plan costs another: efficient frontiers of the choice of options."""
