"""Corpora: videos of folders, lists and object stores, measured on one machine or a cluster.

Needs the extra ``scale``. `sspd.scale.corpus.measure_corpus` goes from rows (`inputs`) to results
(`spool`, `shards`); the journal of `sspd.pipeline.batch` decides what is left to do, and an
engine (`ray_engine`, or worker processes of this machine) only places videos and tries again.
"""
