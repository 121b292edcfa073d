"""Adds people up to segments: linkage, ranks, sums in whole pence, and what they reconcile to."""
