"""Code for speed or memory alone, each part with a plain twin; see `sspd.accel.switch`."""
