"""What exists only for speed or memory; everything else works without it."""
