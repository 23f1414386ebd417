"""Preparation of everything that a live measurement needs, before the first frame comes."""

from __future__ import annotations

import numpy as np

from sspd.accel.process import trim_heap
from sspd.face.detect import detect_faces
from sspd.methods import Method
from sspd.pipeline.session import Session
from sspd.signal import bandpass
from sspd.types import Box, Frames, MeasureOptions, Signal
from sspd.vitals import read_windows
from sspd.vitals.acceptance import still_scene

#: Number of blank frames after which a network has run once.
_FRAMES, _SIDE, _FS = 130, 64, 30.0


def warm_up(options: MeasureOptions, method: Method) -> None:
    """Load and compile what a session would load and compile while frames wait.

    Without it the first seconds of a camera would be lost: half a second for each of the
    face detector, the filters and the network.

    Parameters
    ----------
    options : MeasureOptions
    method : Method
    """
    detect_faces(np.zeros((_SIDE, _SIDE, 3), np.uint8))
    t = np.arange(_FRAMES) / _FS
    rng = np.random.default_rng(0)
    rgb = rng.integers(100, 140, (_FRAMES, _SIDE, _SIDE, 3), np.uint8)
    box = Box(0, 0, _SIDE, _SIDE)
    with Session(MeasureOptions(method=options.method, box=box), method=method) as session:
        session.push(Frames(rgb, t))
    noise = Signal(rng.standard_normal(300), _FS)
    read_windows(noise, still_scene(noise.t), confidence=method.confidence)
    bandpass(noise.values, _FS, (0.7, 3.0))
    trim_heap()  # compiling took memory that is not needed again
