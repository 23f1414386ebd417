"""The order in which a network's OpenVINO graph is rewritten, and for which hardware.

Plain twins: the graph as it was exported, and `sspd.network.chunks` instead of streaming.
Integers of 8 bits are the user's choice and no trick, so that they come with either.
"""

from __future__ import annotations

from typing import Any

from sspd.accel.quantize import quantize_int8
from sspd.accel.space_to_depth import pack_pixel_pairs
from sspd.accel.stateful import make_streaming
from sspd.accel.switch import enabled
from sspd.accel.winograd import apply_temporal_winograd


def rewrite_clip(graph: Any, precision: str) -> None:
    """Make the graph of a clip fast on processors, in place.

    Parameters
    ----------
    graph : openvino.Model
        Of fixed shapes.
    precision : str
        ``int8``, for which kernels and values are rounded, or another one.
    """
    if enabled():
        pack_pixel_pairs(graph)
    if precision == "int8":
        quantize_int8(graph)


def rewrite_stream(graph: Any, block_frames: int, precision: str) -> list[list[int]]:
    """Make a graph stateful and fast on processors, in place.

    Parameters
    ----------
    graph : openvino.Model
        One that `sspd.accel.stateful.is_streamable`, as exported.
    block_frames : int
        New frames in each block.
    precision : str
        As of `rewrite_clip`. Winograd's sums want more digits than integers have.

    Returns
    -------
    list of list of int
        Shapes of the states, see `sspd.accel.stateful.make_streaming`.
    """
    int8 = precision == "int8"
    if not int8:
        apply_temporal_winograd(graph)
    shapes = make_streaming(graph, block_frames)
    pack_pixel_pairs(graph)
    if int8:
        quantize_int8(graph)
    return shapes
