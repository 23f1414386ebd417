"""Train networks: clips, steps, state on disk, self-checks, and several processes."""
