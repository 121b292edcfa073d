"""Segmentation schemes as data: conditions, classes, and which segment a person falls in."""
