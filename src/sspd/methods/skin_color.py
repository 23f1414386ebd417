"""Mean skin colours of a face over time, on a uniform grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.methods.method import COLOUR, Method, MethodEntry, OnSignal, Stages
from sspd.signal import resample_times, standardise
from sspd.types import Frames, Signal

#: Rate of the colour methods' time grid, Hz.
FS = 30.0
#: Side of the crops that the colour methods take, pixels; only means are computed of them.
SIZE = 64
#: While a video is running, the waveform so far is reported this often, seconds of the video.
REPORT_EVERY_S = 1.0
#: Region of the padded face box that is averaged, as fractions of its height and width: mostly
#: skin, from the brows to the chin, without hair and background.
SKIN_ROWS = (0.20, 0.85)
SKIN_COLUMNS = (0.25, 0.75)
#: A shorter segment gives no waveform, seconds, for methods without a window of their own.
COLOR_SHORTEST_S = 2.0


class SkinColors(NamedTuple):
    """Mean skin colours on a uniform time grid."""

    rgb: NDArray[np.float64]
    """Pixel values on a 0-255 scale, shape (time, 3)."""
    start_s: float
    """Time of the first row, that of the first frame, seconds."""


def mean_skin_color(faces: Iterable[Frames], fs: float) -> SkinColors | None:
    """Average the skin of the middle of the face in each frame.

    Parameters
    ----------
    faces : iterable of Frames
        Crops of one fixed box, in order.
    fs : float
        Rate of the result, Hz.

    Returns
    -------
    SkinColors or None
        None for fewer than two frames.

    >>> faces = Frames(np.full((30, 8, 8, 3), 100, np.uint8), np.arange(30) / 15)
    >>> colors = mean_skin_color([faces], 30.0)
    >>> colors.rgb.shape, float(colors.rgb[0, 0])
    ((59, 3), 100.0)
    """
    found = _of_frames(faces, fs, _means, 3)
    return None if found is None else SkinColors(*found)


class Correlations(NamedTuple):
    """Correlation matrices of the skin pixels' colours on a uniform time grid."""

    matrices: NDArray[np.float64]
    """Squared pixel values of a 0-255 scale, shape (time, 3, 3)."""
    start_s: float
    """Time of the first matrix, that of the first frame, seconds."""


def color_correlations(faces: Iterable[Frames], fs: float) -> Correlations | None:
    """Average the outer product of each skin pixel's colour with itself in each frame.

    Parameters
    ----------
    faces : iterable of Frames
        Crops of one fixed box, in order.
    fs : float
        Rate of the result, Hz.

    Returns
    -------
    Correlations or None
        None for fewer than two frames.

    >>> faces = Frames(np.full((30, 8, 8, 3), 100, np.uint8), np.arange(30) / 15)
    >>> found = color_correlations([faces], 30.0)
    >>> found.matrices.shape, float(found.matrices[0, 0, 1])
    ((59, 3, 3), 10000.0)
    """

    def products(skin: NDArray[np.generic]) -> NDArray[np.float64]:
        pixels = skin.reshape(len(skin), skin.shape[1] * skin.shape[2], 3).astype(np.float64)
        square: NDArray[np.float64] = pixels.transpose(0, 2, 1) @ pixels / pixels.shape[1]
        return square.reshape(-1, 9)

    found = _of_frames(faces, fs, products, 9)
    if found is None:
        return None
    return Correlations(found[0].reshape(-1, 3, 3), found[1])


class _Trace:
    """Numbers of each frame's skin, gathered chunk by chunk."""

    def __init__(
        self, numbers: Callable[[NDArray[np.generic]], NDArray[np.float64]], columns: int
    ) -> None:
        self._numbers, self._power = numbers, 1 if columns == 3 else 2
        self._rows, self._t = [np.zeros((0, columns))], [np.zeros(0)]

    def add(self, chunk: Frames) -> None:
        """Take a chunk of crops in."""
        scale = (255 / chunk.max_value) ** self._power
        self._rows.append(self._numbers(_middle(chunk)) * scale)
        self._t.append(chunk.t)

    def on_grid(self, fs: float) -> tuple[NDArray[np.float64], float] | None:
        """Give the numbers so far on an even grid from the first frame on, and its start."""
        t = np.concatenate(self._t)
        if t.size < 2:
            return None
        n = int(np.floor((t[-1] - t[0]) * fs + 1e-6)) + 1
        start_s = float(t[0])
        return resample_times(np.concatenate(self._rows), t, fs, start_s, n), start_s


def _of_frames(
    faces: Iterable[Frames],
    fs: float,
    numbers: Callable[[NDArray[np.generic]], NDArray[np.float64]],
    columns: int,
) -> tuple[NDArray[np.float64], float] | None:
    """Numbers of each frame's skin, on an even grid from the first frame on."""
    trace = _Trace(numbers, columns)
    for chunk in faces:
        trace.add(chunk)
    return trace.on_grid(fs)


def _means(skin: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.asarray(skin.mean(axis=(1, 2), dtype=np.float64))


def _middle(chunk: Frames) -> NDArray[np.generic]:
    height, width = chunk.rgb.shape[1:3]
    rows = slice(int(SKIN_ROWS[0] * height), max(int(SKIN_ROWS[1] * height), 1))
    columns = slice(int(SKIN_COLUMNS[0] * width), max(int(SKIN_COLUMNS[1] * width), 1))
    return chunk.rgb[:, rows, columns]


def color_method(
    name: str,
    citation: str,
    waveform: Callable[[NDArray[np.float64], float], NDArray[np.float64]],
    shortest_s: float,
    *,
    needs: str = COLOUR,
    allow_dark: bool = False,
) -> MethodEntry:
    """Return the registry entry of a method that computes a waveform from mean skin colours.

    Parameters
    ----------
    name, citation : str
        See `sspd.methods.method.MethodEntry`.
    waveform : callable
        Maps colours, shape (time, 3), on a 0-255 scale, and their rate in Hz to a waveform,
        shape (time,), that rises with the blood volume.
    shortest_s : float
        A shorter segment gives no waveform, seconds.
    needs : str
        See `sspd.methods.method.MethodEntry`.
    allow_dark : bool
        Whether `waveform` accepts colours of 0; otherwise a segment with one gives no
        waveform.

    Returns
    -------
    MethodEntry

    Examples
    --------
    >>> entry = color_method("red", "nobody", lambda rgb, fs: -rgb[:, 0], 1.0)
    >>> entry.build().name
    'red'
    """

    def signal(trace: _Trace) -> Signal | None:
        found = trace.on_grid(FS)
        if found is None or len(found[0]) < np.ceil(shortest_s * FS):
            return None
        rgb, start_s = found
        if not allow_dark and rgb.min() <= 0:
            return None
        return Signal(standardise(waveform(rgb, FS)), FS, start_s)

    def stream(faces: Iterable[Frames], on_signal: OnSignal | None) -> Signal | None:
        trace, reported_s = _Trace(_means, 3), -np.inf
        for chunk in faces:
            trace.add(chunk)
            if on_signal is not None and len(chunk) and chunk.t[-1] - reported_s >= REPORT_EVERY_S:
                reported_s = float(chunk.t[-1])
                if (so_far := signal(trace)) is not None:
                    on_signal(so_far)
        return signal(trace)

    stages = Stages(stream)
    method = Method(name, citation, FS, SIZE, stages.run, needs=needs, stages=stages)
    return MethodEntry(name, citation, lambda: method, needs)
