"""A module whose package is only half installed."""

raise ImportError("libfoo.so.7: cannot open shared object file")
