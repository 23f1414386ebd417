"""What exists only for speed or memory, each with a plain twin; see `sspd.accel.switch`."""
