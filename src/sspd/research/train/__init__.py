"""Training without labels; everything here needs torch, so import it late."""
