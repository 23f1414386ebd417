"""Networks and their checkpoints. Everything here needs torch, so it is imported on use."""
