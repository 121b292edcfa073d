"""Tests of every option: alone, in the best plan, under other scenarios, with its evidence half right, and what would change the choice."""
