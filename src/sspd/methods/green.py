"""The green channel: blood takes green light away."""

from __future__ import annotations

from collections.abc import Iterable

from sspd.containers import Frames, Signal
from sspd.methods.base import ANY_LIGHT, Method
from sspd.methods.traces import FS, SIZE, centre_trace
from sspd.signal import detrend, standardise

CITATION = (
    "W. Verkruysse, L. O. Svaasand, J. S. Nelson, Remote plethysmographic imaging using "
    "ambient light, Optics Express 16(26), 2008"
)
NEEDS = ANY_LIGHT
#: Slower changes than this are light and posture, not pulse, Hz.
TREND_HZ = 0.4


def run(faces: Iterable[Frames]) -> Signal | None:
    """Mean green of the middle of the face, without trend, turned upside down.

    Turned, because more blood is less green light: the waveform rises with the blood
    volume, as a contact sensor's does. None for less than a second of film.

    >>> from sspd.methods.base import get_method
    >>> get_method("green").run is run
    True
    """
    trace = centre_trace(faces, FS)
    if trace is None or len(trace.rgb) < FS:
        return None
    wave = standardise(-detrend(trace.rgb[:, 1], FS, TREND_HZ))
    return Signal(wave, FS, trace.start_s)


def build() -> Method:
    """The method, ready to run.

    >>> build().name
    'green'
    """
    return Method("green", CITATION, FS, SIZE, run, needs=NEEDS)
