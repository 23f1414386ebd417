"""Networks and their checkpoints; everything here needs torch, so import it late."""
