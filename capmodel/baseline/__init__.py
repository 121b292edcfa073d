"""Step 1: what the place spends on whom."""
