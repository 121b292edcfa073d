"""Step 5: options for reinvestment, and which of them to choose."""
