"""Waveforms from mean skin colours, ``f(rgb, fs)``: one published formula per module."""
