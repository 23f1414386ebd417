"""A package of somebody else's that adds a method and a dataset to sspd; for a test."""
