"""A trained network as a fast function on this machine.

>>> network = load_network()  # doctest: +SKIP
>>> network(differences).shape  # doctest: +SKIP
(300,)
"""

from sspd.runtime.chunks import CHUNK, MARGIN, run_in_chunks
from sspd.runtime.clips import ClipNetwork, load_clip_network
from sspd.runtime.network import PRECISIONS, SHORTEST, Network, load_network

__all__ = [
    "CHUNK",
    "MARGIN",
    "PRECISIONS",
    "SHORTEST",
    "ClipNetwork",
    "Network",
    "load_clip_network",
    "load_network",
    "run_in_chunks",
]
