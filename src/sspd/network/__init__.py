"""A trained network as a fast function on this machine.

>>> network = load_network()  # doctest: +SKIP
>>> network(differences).shape  # doctest: +SKIP
(300,)
"""

from sspd.network.chunks import CLIP_FRAMES, MARGIN, run_in_chunks
from sspd.network.clips import ClipNetwork, load_clip_network
from sspd.network.load import PRECISIONS, SHORTEST, Network, load_network

__all__ = [
    "CLIP_FRAMES",
    "MARGIN",
    "PRECISIONS",
    "SHORTEST",
    "ClipNetwork",
    "Network",
    "load_clip_network",
    "load_network",
    "run_in_chunks",
]
