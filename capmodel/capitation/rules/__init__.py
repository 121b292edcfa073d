"""Allocation rules as data: what they read, how they are checked, and how they share out money."""
