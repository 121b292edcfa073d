"""The settlement of an alliance contract, step by step, from target and actual cost to transfers."""
