"""Waveforms of mean skin colours, ``f(rgb, fs)``: one published formula a module."""
