"""Videos: read by time, written, and simulated with a known pulse."""
