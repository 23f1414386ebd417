"""The losses of Sec. III-D, one in each file; all need torch, so import them late.

Conventions: online first, target second; waveforms (n, t), tokens (n, tokens, C), maps
(n, tokens, tokens); ``fs`` in Hz is always given. Every function returns the mean over
the n samples as a scalar, computed in float32 for any precision of the network.
"""
