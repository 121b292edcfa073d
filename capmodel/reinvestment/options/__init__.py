"""Reinvestment options as data: what options.yaml may say, what of it is refused, and the same as figures of the model."""
