"""Step 6: the open book. Every figure is a live formula with the engine's value cached in it, or a visible input."""
