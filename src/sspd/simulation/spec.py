"""What a simulated video is: every option, checked, with its unit in its name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError

#: The ways a head can move.
MOTIONS = ("still", "talking", "translation", "rotation", "nodding")
#: What can stand behind the head.
BACKGROUNDS = ("plain", "gradient", "blobs", "shelves", "window", "texture")
#: Fitzpatrick types I-VI are the tones 0-5.
N_SKIN_TONES = 6

# name -> (lowest, highest) value that makes sense; both ends are allowed
_RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**63 - 1),
    "duration_s": (0.1, 7200.0),
    "fps": (1.0, 240.0),
    "width": (64, 4096),
    "height": (64, 4096),
    "hr_bpm": (25.0, 220.0),
    "lf_ms": (0.0, 150.0),
    "hf_ms": (0.0, 150.0),
    "respiration_hz": (0.1, 0.5),
    "pulse_percent": (0.0, 10.0),
    "skin_tone": (0, N_SKIN_TONES - 1),
    "face_px": (60, 1200),
    "speed_px_s": (0.0, 400.0),
    "angle_deg": (0.0, 25.0),
    "nod_hz": (0.05, 10.0),
    "light_drift_percent": (0.0, 20.0),
    "flicker_percent": (0.0, 10.0),
    "flicker_hz": (0.05, 10.0),
    "swing_percent": (0.0, 50.0),
    "swing_hz": (0.05, 10.0),
    "noise_levels": (0.0, 20.0),
    "exposure": (0.2, 2.5),
    "transit_ms": (0.0, 100.0),
}


#: Intervals between given beats, seconds.
_INTERVAL_S = (0.2, 4.0)


@dataclass(frozen=True)
class VideoSpec:
    """Every option of one simulated video; equal specs give equal bytes.

    Parameters
    ----------
    seed : int
        Decides all that the other options leave open: the person, the light, the
        path of the head, the beats, the noise.
    duration_s, fps, jitter_s : float
        Length, mean frame rate, and the largest deviation of a time timestamp from the
        even grid (under 0.45 frames), seconds and Hz.
    width, height, face_px : int
        Size of the video, and of the face from cheek to cheek, pixels.
    hr_bpm : float
        Mean heart rate, 25-220 beats a minute.
    lf_ms, hf_ms : float
        Standard deviation of the beat intervals from the slow (0.1 Hz) rhythm and
        from breathing (respiratory sinus arrhythmia), milliseconds.
    respiration_hz : float
        Breathing rate, Hz.
    pulse_percent : float
        Green on the cheeks, peak to peak in percent of its mean; 0: a mannequin.
    transit_ms : float
        How much later the pulse comes at the chin than at the forehead, ms.
    skin_tone : int
        0-5: Fitzpatrick I-VI.
    motion : str
        One of `MOTIONS`; ``speed_px_s`` belongs to translation, ``angle_deg`` (the
        largest yaw or nod) to rotation and nodding, ``nod_hz`` to nodding.
    light_drift_percent : float
        Standard deviation of the slow change of light, percent.
    flicker_percent, flicker_hz : float
        A lamp on face and background alike: peak to peak in percent of the light.
    swing_percent, swing_hz : float
        A lamp that swings from side to side: peak to peak in percent of the light at
        the cheeks, where one grows darker while the other grows brighter.
    noise_levels : float
        Standard deviation of the sensor noise, 8-bit levels.
    exposure : float
        Factor on the light; 1 is a well exposed video.
    background : str
        One of `BACKGROUNDS`.
    bit_rate : int or None
        H.264 bits a second when written or encoded; None: near lossless.
    beats_s : tuple of float or None
        Beat times, seconds from the first frame, rising (see
        `sspd.simulation.rhythms`): they override ``hr_bpm``, ``lf_ms`` and
        ``hf_ms``. A beat that comes early has a smaller pulse, for the heart fills
        less. Where they do not reach the ends, the first and last interval go on.

    Raises
    ------
    UsageError
        An option out of its range, by name.

    >>> VideoSpec(seed=1, hr_bpm=64).n_frames
    300
    """

    seed: int = 0
    duration_s: float = 10.0
    fps: float = 30.0
    jitter_s: float = 0.0
    width: int = 640
    height: int = 480
    face_px: int = 200
    hr_bpm: float = 72.0
    lf_ms: float = 20.0
    hf_ms: float = 20.0
    respiration_hz: float = 0.25
    pulse_percent: float = 0.8
    transit_ms: float = 20.0
    skin_tone: int = 2
    motion: str = "still"
    speed_px_s: float = 0.0
    angle_deg: float = 0.0
    nod_hz: float = 1.0
    light_drift_percent: float = 0.0
    flicker_percent: float = 0.0
    flicker_hz: float = 1.0
    swing_percent: float = 0.0
    swing_hz: float = 1.0
    noise_levels: float = 1.0
    exposure: float = 1.0
    background: str = "gradient"
    bit_rate: int | None = None
    beats_s: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise UsageError(f"simulate: {name} must be {low:g} to {high:g}, got {value}")
        if self.motion not in MOTIONS:
            raise UsageError(f"simulate: motion must be one of {MOTIONS}, got {self.motion!r}")
        if self.background not in BACKGROUNDS:
            raise UsageError(
                f"simulate: background must be one of {BACKGROUNDS}, got {self.background!r}"
            )
        if not 0.0 <= self.jitter_s <= 0.45 / self.fps:
            raise UsageError(
                f"simulate: jitter_s must be 0 to 0.45 frames ({0.45 / self.fps:.4f} s at"
                f" {self.fps:g} fps), got {self.jitter_s}"
            )
        if self.face_px > 0.7 * min(self.width, self.height):
            raise UsageError(
                f"simulate: a face of {self.face_px} px needs a video of at least"
                f" {math.ceil(self.face_px / 0.7)} px a side, got {self.width}x{self.height}"
            )
        if self.bit_rate is not None and self.bit_rate < 10_000:
            raise UsageError(f"simulate: bit_rate must be 10000 or more, got {self.bit_rate}")
        if self.beats_s is not None:
            # a list, as JSON gives it, is taken as well
            object.__setattr__(self, "beats_s", _checked_beats(self.beats_s))

    @property
    def n_frames(self) -> int:
        """How many frames the video has."""
        return max(2, round(self.duration_s * self.fps))

    def rng(self, what: str) -> np.random.Generator:
        """A generator of its own for each part, so that parts do not disturb each other.

        >>> a, b = VideoSpec(seed=3).rng("beats"), VideoSpec(seed=3).rng("beats")
        >>> bool(a.random() == b.random())
        True
        """
        return np.random.default_rng([self.seed, *what.encode()])

    def replace(self, **changes: Any) -> VideoSpec:
        """The same video with some options changed."""
        return dataclasses.replace(self, **changes)

    def record(self) -> dict[str, Any]:
        """Every option as JSON holds it; ``beats_s`` only where it is given.

        >>> VideoSpec(**VideoSpec(seed=4).record()) == VideoSpec(seed=4)
        True
        """
        options = dataclasses.asdict(self)
        beats = options.pop("beats_s")
        return options if beats is None else options | {"beats_s": list(beats)}


def _checked_beats(beats_s: Iterable[float]) -> tuple[float, ...]:
    beats = tuple(float(beat) for beat in beats_s)
    steps = np.diff(beats)
    low, high = _INTERVAL_S
    if len(beats) < 2 or not bool(np.all((steps >= low) & (steps <= high))):
        raise UsageError(
            f"simulate: beats_s must be two or more times that rise by {low:g} to {high:g} s"
        )
    return beats


def rest_place(spec: VideoSpec) -> tuple[float, float]:
    """Where the face's centre rests in the video, pixels (x, y).

    >>> rest_place(VideoSpec(face_px=300))[1] < 300
    True
    """
    rng = spec.rng("place")
    free_x = max(0.5 * spec.width - 0.95 * spec.face_px, 0.0)
    x = 0.5 * spec.width + rng.uniform(-0.6, 0.6) * free_x
    # room for the forehead above and the chin below
    low, high = 0.62 * spec.face_px, spec.height - 0.80 * spec.face_px
    y = 0.47 * spec.height
    if low < high:
        y = float(np.clip(y, low, high))
        y += rng.uniform(-0.5, 0.5) * min(high - y, y - low)
    return float(x), y


def frame_times(spec: VideoSpec) -> NDArray[np.float64]:
    """Time timestamp of each frame, seconds, shape (time,); the first is 0.

    >>> frame_times(VideoSpec(duration_s=0.1, fps=30)).round(4).tolist()
    [0.0, 0.0333, 0.0667]
    """
    t = np.arange(spec.n_frames) / spec.fps
    if spec.jitter_s:
        t = t + spec.rng("stamps").uniform(-spec.jitter_s, spec.jitter_s, t.size)
    return np.asarray(t - t[0], dtype=np.float64)


def smooth_noise(
    rng: np.random.Generator, t: NDArray[np.float64], f_range: tuple[float, float], n: int = 16
) -> NDArray[np.float64]:
    """Aperiodic noise in a band: ``n`` sines of random rate and phase, variance 1.

    Works on any time timestamps, so that the same motion can be seen at any frame rate.

    >>> x = smooth_noise(np.random.default_rng(0), np.arange(0, 1000, 0.1), (0.1, 1.0))
    >>> bool(abs(x.std() - 1) < 0.05)
    True
    """
    f_hz = rng.uniform(*f_range, n)
    phase = rng.uniform(0, 2 * np.pi, n)
    gain = rng.uniform(0.5, 1.5, n)
    gain *= np.sqrt(2 / np.sum(gain**2))
    # float64 sums of n rows: a loop keeps an hour of video out of memory
    out = np.zeros_like(t)
    for f, p, g in zip(f_hz, phase, gain, strict=True):
        out += g * np.sin(2 * np.pi * f * t + p)
    return out
