"""The nouns that travel between the rooms: frames, signals, what was seen, vitals.

Each is a frozen dataclass that checks its shapes on construction and carries its
own time in seconds, so that no function has to assume a frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Range of face frames: 8 bits of level and 8 bits of fraction (255 * 256).
FIXED_POINT_MAX = 65280


class Box(NamedTuple):
    """A rectangle in pixels; ``right`` and ``bottom`` are exclusive.

    >>> Box(10, 20, 110, 140).width
    100
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top


def _check_times(t: NDArray[np.float64], n: int, what: str) -> None:
    if t.shape != (n,):
        raise ValueError(f"{what}: {n} items need {n} time stamps, got shape {t.shape}")
    if n > 1 and not bool(np.all(np.diff(t) > 0)):
        raise ValueError(f"{what}: time stamps must rise strictly")


@dataclass(frozen=True, eq=False)
class Frames:
    """Pictures in RGB order, each with its time.

    Parameters
    ----------
    rgb : uint8 or uint16 array, shape (time, height, width, 3)
    t : float64 array, shape (time,)
        Seconds, strictly rising.
    max_value : int
        The level that stands for full white: 255 for uint8; face frames are stored
        as uint16 with `FIXED_POINT_MAX`, i.e. 256 times their 8-bit level.

    >>> frames = Frames(np.zeros((2, 4, 4, 3), np.uint8), np.array([0.0, 0.04]))
    >>> frames
    Frames(2 x 4x4, uint8/255, 0.000-0.040 s)
    """

    rgb: NDArray[Any]
    t: NDArray[np.float64]
    max_value: int = 255

    def __post_init__(self) -> None:
        if self.rgb.ndim != 4 or self.rgb.shape[3] != 3:
            raise ValueError(f"Frames: rgb must be (time, height, width, 3), got {self.rgb.shape}")
        if self.rgb.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
            raise ValueError(f"Frames: rgb must be uint8 or uint16, got {self.rgb.dtype}")
        _check_times(self.t, self.rgb.shape[0], "Frames")

    def __len__(self) -> int:
        return int(self.rgb.shape[0])

    def __repr__(self) -> str:
        n, h, w, _ = self.rgb.shape
        span = f"{self.t[0]:.3f}-{self.t[-1]:.3f} s" if n else "empty"
        return f"Frames({n} x {w}x{h}, {self.rgb.dtype}/{self.max_value}, {span})"


@dataclass(frozen=True, eq=False)
class Signal:
    """An evenly sampled waveform.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Samples a second, Hz.
    start_s : float
        Time of the first sample, seconds.

    >>> Signal(np.zeros(300), fs=30.0, start_s=1.0).duration_s
    10.0
    """

    values: NDArray[np.float64]
    fs: float
    start_s: float = 0.0

    def __post_init__(self) -> None:
        if self.values.ndim != 1:
            raise ValueError(f"Signal: values must be one-dimensional, got {self.values.shape}")
        if not self.fs > 0:
            raise ValueError(f"Signal: fs must be positive, got {self.fs}")

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def t(self) -> NDArray[np.float64]:
        """Time of each sample, seconds, shape (time,)."""
        return self.start_s + np.arange(len(self)) / self.fs

    @property
    def duration_s(self) -> float:
        """How long the samples last, seconds."""
        return len(self) / self.fs

    def between(self, start_s: float, end_s: float) -> Signal:
        """The samples with ``start_s <= t < end_s``."""
        keep = (self.t >= start_s - 1e-9) & (self.t < end_s - 1e-9)
        first = float(self.t[keep][0]) if keep.any() else start_s
        return Signal(self.values[keep], self.fs, first)


@dataclass(frozen=True, eq=False)
class Scene:
    """What was seen beside the face, frame by frame, on an 8-bit scale (0-255).

    Parameters
    ----------
    t : float64 array, shape (time,)
        Seconds.
    face_rgb, background_rgb : float32 arrays, shape (time, 3)
        Mean colour inside the face box and well outside of it; the background is
        NaN where the box leaves no room for one.
    overexposed, dark : float32 arrays, shape (time,)
        Share of the pixels in the box with any channel at 250 or more, and with
        all channels at 30 or less.
    motion : float32 array, shape (time,)
        Mean absolute change of the face's grey level against the frame before,
        on a 16x16 picture; 0 for the first frame.
    """

    t: NDArray[np.float64]
    face_rgb: NDArray[np.float32]
    background_rgb: NDArray[np.float32]
    overexposed: NDArray[np.float32]
    dark: NDArray[np.float32]
    motion: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = self.t.shape[0]
        _check_times(self.t, n, "Scene")
        for name, rows in vars(self).items():
            shape = (n, 3) if name.endswith("_rgb") else (n,)
            if rows.shape != shape:
                raise ValueError(f"Scene: {name} must be {shape}, got {rows.shape}")


@dataclass(frozen=True, eq=False)
class FaceSegment:
    """A stretch of film with one fixed face box, or a piece of one.

    Parameters
    ----------
    start_s, end_s : float
        The stretch, seconds; ``end_s`` is the time of its last frame plus one frame.
    box : Box or None
        Where the face was cut out, pixels of the upright film; None: no face found.
    faces : Frames
        The crops, uint16 with `FIXED_POINT_MAX`, shape (time, size, size, 3); empty
        where there is no face.
    scene : Scene
        What was seen, one row a crop.
    face_id, stretch : int
        Whose face, and which stretch of the film; a stretch's pieces have one number.
    """

    start_s: float
    end_s: float
    box: Box | None
    faces: Frames
    scene: Scene
    face_id: int = 0
    stretch: int = 0


@dataclass(frozen=True)
class Figure:
    """One number, or the reason why there is none.

    >>> Figure(None, reason="needs 60 s").reason
    'needs 60 s'
    """

    value: float | None
    n_beats: int | None = None
    span_s: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class WindowVitals:
    """The reading of one window.

    ``spectral_bpm`` and ``peaks_bpm`` are what the two read-outs say, believed or
    not; ``hr_bpm`` is the spectral one if the window was accepted, else None.
    """

    start_s: float
    end_s: float
    spectral_bpm: float | None
    peaks_bpm: float | None
    snr_db: float | None
    confidence: float | None
    accepted: bool
    reasons: tuple[str, ...] = ()

    @property
    def hr_bpm(self) -> float | None:
        """The accepted heart rate, beats a minute, or None."""
        return self.spectral_bpm if self.accepted else None

    @property
    def hr_peaks_bpm(self) -> float | None:
        """The accepted heart rate by peaks, beats a minute, or None."""
        return self.peaks_bpm if self.accepted else None


@dataclass(frozen=True, eq=False)
class Vitals:
    """What was measured of one face in one film; None with a reason where unknown.

    ``hr_bpm`` is the length-weighted mean over accepted windows; ``estimate_bpm``
    the same over all windows, believed or not: it is for studies of the method, not
    for people, and does not stand in the JSON.
    """

    source: str
    method: str
    weights: str | None
    duration_s: float
    fps: float | None
    windows: tuple[WindowVitals, ...]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hrv: dict[str, Figure] = field(default_factory=dict)
    respiration_hz: Figure = Figure(None, reason="not measured")
    face_id: int = 0
    face_box: Box | None = None
    timing_s: dict[str, float] = field(default_factory=dict)
    signal: Signal | None = None
    beats_s: NDArray[np.float64] | None = None
    error: str | None = None

    def _mean(self, name: str, accepted_only: bool) -> float | None:
        rows = [w for w in self.windows if w.accepted or not accepted_only]
        pairs = [(getattr(w, name), w.end_s - w.start_s) for w in rows]
        known = [(v, s) for v, s in pairs if v is not None]
        length_s = sum(s for _, s in known)
        return float(sum(v * s for v, s in known) / length_s) if known else None

    @property
    def accepted(self) -> bool:
        """Whether any window was accepted."""
        return any(w.accepted for w in self.windows)

    @property
    def hr_bpm(self) -> float | None:
        """Heart rate over the accepted windows, beats a minute."""
        return self._mean("spectral_bpm", accepted_only=True)

    @property
    def hr_peaks_bpm(self) -> float | None:
        """Heart rate by peaks over the accepted windows, beats a minute."""
        return self._mean("peaks_bpm", accepted_only=True)

    @property
    def estimate_bpm(self) -> float | None:
        """Spectral rate over all windows, believed or not, beats a minute."""
        return self._mean("spectral_bpm", accepted_only=False)

    @property
    def snr_db(self) -> float | None:
        """Signal-to-noise ratio, dB: accepted windows, or all if none was."""
        return self._mean("snr_db", accepted_only=self.accepted)

    @property
    def confidence(self) -> float | None:
        """Confidence, 0-1: accepted windows, or all if none was."""
        return self._mean("confidence", accepted_only=self.accepted)
