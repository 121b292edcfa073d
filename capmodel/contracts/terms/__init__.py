"""The terms of a contract: how they are checked and turned into figures."""
