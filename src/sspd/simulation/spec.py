"""Specification of a simulated video: all options, checked, with units in their names."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.codecs.options import CodecSpec
from sspd.simulation.face_track import FaceTrackSpec
from sspd.simulation.hearts.options import HeartSpec
from sspd.simulation.lights.options import LightSpec
from sspd.simulation.person.pulse_color import PulseColor
from sspd.simulation.ranges import check_choice, check_ranges, checked_beats, checked_part

#: Kinds of head motion.
MOTIONS = ("still", "talking", "translation", "rotation", "nodding")
#: Kinds of background.
BACKGROUNDS = ("plain", "gradient", "blobs", "shelves", "window", "texture")
#: Number of skin tones: 0-5 are the Fitzpatrick types I-VI.
N_SKIN_TONES = 6

# Lowest and highest value of each option; both are allowed.
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
#: Options that have options of their own.
_PARTS: dict[str, type] = {
    "heart": HeartSpec,
    "pulse_color": PulseColor,
    "light": LightSpec,
    "camera": CameraSpec,
    "codec": CodecSpec,
    "face_track": FaceTrackSpec,
}


@dataclass(frozen=True)
class VideoSpec:
    """Options of one simulated video; equal specifications give equal bytes.

    Parameters
    ----------
    seed : int
        Seed of what the other options do not determine: person, light, motion, beats, noise.
    duration_s, fps, jitter_s : float
        Length, s, mean frame rate, Hz, and largest error of a timestamp, s (under 0.45 frames).
    width, height, face_px : int
        Size of the video, and of the face from cheek to cheek, pixels.
    hr_bpm : float
        Mean heart rate, 25-220 beats per minute.
    lf_ms, hf_ms : float
        Standard deviation of the beat intervals from the 0.1 Hz rhythm and from breathing, ms.
    respiration_hz : float
        Breathing rate, Hz.
    pulse_percent : float
        Peak-to-peak amplitude of green on the cheeks, percent of its mean; 0 gives a face
        without a pulse.
    transit_ms : float
        Delay of the pulse at the chin relative to the forehead, ms.
    skin_tone : int
        0-5: Fitzpatrick I-VI.
    motion : str
        One of `MOTIONS`.
    speed_px_s : float
        Speed of a translation, pixels per second.
    angle_deg : float
        Largest yaw of a rotation, or largest pitch of a nod, degrees.
    nod_hz : float
        Frequency of nodding, Hz.
    light_drift_percent : float
        Standard deviation of the slow change of light, percent.
    flicker_percent, flicker_hz : float
        Flicker of the light on face and background: peak-to-peak amplitude, percent of the
        light, and frequency, Hz.
    swing_percent, swing_hz : float
        A light that swings from side to side: peak-to-peak change at the cheeks, percent of
        the light, and frequency, Hz. One cheek becomes darker as the other becomes brighter.
    noise_levels : float
        Standard deviation of the sensor noise, pixel values (0-255).
    exposure : float
        Factor on the light; 1 is a well exposed video.
    background : str
        One of `BACKGROUNDS`.
    bit_rate : int or None
        Bit rate of H.264, bits per second, when written or encoded; None is near lossless.
    beats_s : tuple of float or None
        Beat times, seconds from the first frame, ascending (see `sspd.simulation.hearts.rhythms`).
        They override ``hr_bpm``, ``lf_ms`` and ``hf_ms``. An early beat has a weaker pulse, as
        the heart fills less. If they do not reach the ends of the video, the first and the
        last interval are repeated.
    heart : HeartSpec or None
        A heart that wanders as recorded ones do. It overrides ``lf_ms`` and ``hf_ms``.
    pulse_color : PulseColor or None
        Colour of the pulse; None draws one near that of the literature.
    light : LightSpec or None
        A light that changes, besides drift, flicker and swing.
    camera : CameraSpec or None
        A camera. It overrides ``noise_levels``; None adds that white noise alone.
    codec : CodecSpec or None
        A codec and a network. It overrides ``bit_rate``; None is H.264.
    face_track : FaceTrackSpec or None
        Renewal of the box of `simulate_faces` during the video; None holds the first box.

    Raises
    ------
    UsageError
        An option is out of its range; the message names it.

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
    heart: HeartSpec | None = None
    pulse_color: PulseColor | None = None
    light: LightSpec | None = None
    camera: CameraSpec | None = None
    codec: CodecSpec | None = None
    face_track: FaceTrackSpec | None = None

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
        check_choice("motion", self.motion, MOTIONS)
        check_choice("background", self.background, BACKGROUNDS)
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
            # JSON gives a list, which is accepted too
            object.__setattr__(self, "beats_s", checked_beats(self.beats_s))
        for name, kind in _PARTS.items():
            object.__setattr__(self, name, checked_part(name, kind, getattr(self, name)))

    @property
    def n_frames(self) -> int:
        """Number of frames of the video."""
        return max(2, round(self.duration_s * self.fps))

    def rng(self, what: str) -> np.random.Generator:
        """Return a separate random generator for a part, so that parts do not affect each other.

        Parameters
        ----------
        what : str
            Name of the part.

        Returns
        -------
        np.random.Generator

        >>> a, b = VideoSpec(seed=3).rng("beats"), VideoSpec(seed=3).rng("beats")
        >>> bool(a.random() == b.random())
        True
        """
        return np.random.default_rng([self.seed, *what.encode()])

    def replace(self, **changes: Any) -> VideoSpec:
        """Return the same video with some options changed.

        Parameters
        ----------
        **changes
            Options with their new values.

        Returns
        -------
        VideoSpec
        """
        return dataclasses.replace(self, **changes)

    def record(self) -> dict[str, Any]:
        """Return all options as plain types for JSON, without those that are not given.

        Returns
        -------
        dict

        >>> VideoSpec(**VideoSpec(seed=4).record()) == VideoSpec(seed=4)
        True
        """
        options = dataclasses.asdict(self)
        for name in ("beats_s", *_PARTS):
            if options[name] is None:
                del options[name]
        return options | {"beats_s": list(self.beats_s)} if self.beats_s else options


def rest_place(spec: VideoSpec) -> tuple[float, float]:
    """Return the resting position of the face's centre.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    x, y : float
        Pixels.

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
    """Return the timestamp of each frame; the first is 0.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    float64 array, shape (time,)
        Seconds.

    >>> frame_times(VideoSpec(duration_s=0.1, fps=30)).round(4).tolist()
    [0.0, 0.0333, 0.0667]
    """
    t = np.arange(spec.n_frames) / spec.fps
    if spec.jitter_s:
        t = t + spec.rng("stamps").uniform(-spec.jitter_s, spec.jitter_s, t.size)
    return np.asarray(t - t[0], dtype=np.float64)
