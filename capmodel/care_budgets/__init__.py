"""Step 3: Year of Care budgets by segment, setting and provider."""
