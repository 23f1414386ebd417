"""Figures of evaluations, ablations and explanations."""
