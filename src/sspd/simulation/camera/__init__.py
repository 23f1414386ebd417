"""Cameras: what happens to light between the lens and the file, each piece a module."""
