"""A long video in parts that several workers measure, joined to the result of the whole.

`plan` says where to cut: where the whole run would begin a segment with a new face box. There the
network, the stabilized head and all statistics begin anew, so a part needs no frame before it but
what its decoder needs; of the run before, it needs the time of the cut and the last places of the
faces (`sspd.face.chunker.ChunkerState`). Those places are guessed first, and checked when all
parts are there: a part with another guess than the truth is measured once more. Filters and
read-out run over the joined waveform (`join`). The plain twin is `sspd.pipeline.drain.drain`.
"""
