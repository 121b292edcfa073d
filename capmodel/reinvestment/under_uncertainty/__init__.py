"""Choice of options under scenarios: best in the mean, safest, a blend of both, and safe against effects that fail."""
