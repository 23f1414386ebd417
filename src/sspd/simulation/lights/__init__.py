"""Lights that change: each kind of light a module, as gains on a coarse grid over the frame."""
