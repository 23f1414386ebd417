"""Inputs of a network: faces at its frame rate, their differences and augmented views."""
