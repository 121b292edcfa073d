"""Step 4: alliance contracts, from the target to each party's transfer."""
