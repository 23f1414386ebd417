"""Is it a lamp that pulses? What only place and colour can tell.

A method that follows periodicity follows a flickering light as willingly as a heart.
Light falls on the wall behind the face too, and it moves red, green and blue alike;
blood does neither. A coloured light, or a white balance that hunts, moves the colours of
the wall as it moves those of the face, whichever these are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.signal import resample_times
from sspd.types import FrameStats

#: A line stands out if its power is this many times the median around it: noise alone
#: reaches it about once in a hundred thousand windows.
LINE_TO_FLOOR = 20.0
#: Relative amplitude of the background's line (a tenth of a percent of its light) from
#: which on it is a lamp, whatever the face does. Skin that is left in the background
#: (neck, hands) stays well below.
LAMP_AMPLITUDE = 1e-3
#: A weaker line is one if it is this share of the face's own, and not tiny.
LAMP_SHARE = 0.5
LAMP_LEAST = 2e-4
#: A line of the wall as clear as this, many times the median around it, is one if it is this
#: share of the face's own and changes the colours as that does: a lamp near the face.
CLEAR_TO_FLOOR, CLEAR_SHARE = 100.0, 0.15
#: Colours count as moved alike if red and blue are within this factor of green ...
GREY_FACTOR = 1.25
#: ... and within this angle of it, radians.
GREY_ANGLE = 0.4
#: A lamp moves the wall's colours in step, within this angle, radians (wide, since a weak
#: line is noisy); the edge of a shoulder that sways moves them as its colours have it.
STEP_ANGLE = 1.0
#: ... or as those of the face move, to this cosine; colours that hardly move, less than
#: this share of the one that moves most, need not be in step.
SAME_CHANGE, SMALL_CHANGE = 0.85, 0.3
#: A lamp shines on the face as well: this share of the wall's line is there, at least.
FACE_SHARE = 0.4
#: Slower than this nothing is taken for a lamp, Hz: bodies sway and daylight drifts.
SLOWEST_HZ = 0.6

#: Rate of the traces looked at, Hz: four times the highest harmonic of interest.
_TRACE_FS = 16.0


def is_flicker(frame_stats: FrameStats, start_s: float, end_s: float, f_hz: float) -> bool:
    """Whether the light itself pulses at ``f_hz``, or at half of it.

    At half: what is read may be a lamp's second harmonic, which a method that is not
    linear makes of a light that has none.

    Parameters
    ----------
    frame_stats : FrameStats
        Mean colours of the middle of the face (at its edges hair and wall come and go as it
        sways) and of the background.
    start_s, end_s : float
        The window, seconds.
    f_hz : float
        The rate read in it, Hz.

    >>> t = np.arange(900) / 30
    >>> lamp = 120 * (1 + 0.004 * np.sin(2 * np.pi * 1.3 * t))[:, None] * np.ones(3)
    >>> lamp = (lamp + np.random.default_rng(0).normal(0, 0.02, (900, 3))).astype(np.float32)
    >>> no, four = np.zeros(900, np.float32), np.repeat(lamp[:, None], 4, axis=1)
    >>> is_flicker(FrameStats(t, lamp, lamp, four, no, no, no, 0 * lamp), 0.0, 30.0, 1.3)
    True
    """
    keep = (frame_stats.t >= start_s) & (frame_stats.t < end_s)
    if keep.sum() < 4 * _TRACE_FS:
        return False
    t = frame_stats.t[keep]
    face = _relative(frame_stats.quarters_rgb[keep].mean(axis=1), t)
    if face is None:
        return False
    if _grey_line(face, f_hz):
        return True
    background = _relative(frame_stats.background_rgb[keep], t)
    if background is None:
        return False
    rates = [f_hz, f_hz / 2] if f_hz / 2 >= SLOWEST_HZ else [f_hz]
    return any(_background_line(background, face, rate) for rate in rates)


def _relative(rgb: NDArray[np.float32], t: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Colours over their slow trend, minus 1, evenly sampled; None where unknown."""
    if not bool(np.isfinite(rgb).all()) or float(rgb.mean(axis=0).min()) < 1.0:
        return None
    n = int((t[-1] - t[0]) * _TRACE_FS)
    even = resample_times(rgb, t, _TRACE_FS, float(t[0]), n)
    x = np.linspace(-1, 1, n)
    trend = np.polynomial.polynomial.polyval(x, np.polynomial.polynomial.polyfit(x, even, 3)).T
    return even / trend - 1


def _line(trace: NDArray[np.float64], f_hz: float) -> tuple[NDArray[np.complex128], float, float]:
    """Complex amplitudes at the strongest bin near ``f_hz``, line over floor, its Hz."""
    n = trace.shape[0]
    window = np.hanning(n + 2)[1:-1]
    spectrum = np.fft.rfft(trace * window[:, None], 4 * n, axis=0) * (2 / window.sum())
    freqs = np.fft.rfftfreq(4 * n, 1 / _TRACE_FS)
    # coloured lights may cancel in grey: both are looked at
    grey = np.asarray(np.abs(spectrum.mean(axis=1)) ** 2, np.float64)
    by_colour = np.asarray((np.abs(spectrum) ** 2).mean(axis=1), np.float64)
    return max(
        (_line_of(power, freqs, spectrum, f_hz) for power in (grey, by_colour)),
        key=lambda line: line[1],
    )


def _line_of(
    power: NDArray[np.float64],
    freqs: NDArray[Any],
    spectrum: NDArray[np.complex128],
    f_hz: float,
) -> tuple[NDArray[np.complex128], float, float]:
    """The line in one kind of power."""
    # Two resolution cells: nearer than that the lamp and the reading are not told apart.
    cell = 4 * float(freqs[1])
    apart = freqs - f_hz
    near = np.flatnonzero(np.abs(apart) <= 2 * cell)
    below = (apart < -4 * cell) & (apart >= -max(0.4, 10 * cell)) & (freqs > 2 * cell)
    above = (apart > 4 * cell) & (apart <= max(0.4, 10 * cell))
    nothing = np.zeros(spectrum.shape[1], np.complex128), 0.0, f_hz
    if near.size < 3 or not (below.any() and above.any()):
        return nothing
    top = int(near[power[near].argmax()])
    if top in (near[0], near[-1]):  # the flank of a line elsewhere
        return nothing
    # The geometric mean of both sides is what a slope (light that drifts, a body that
    # sways) has in between: a slope is no line.
    floor = float(np.sqrt(np.median(power[below]) * np.median(power[above])))
    return spectrum[top], float(power[top]) / max(floor, 1e-30), float(freqs[top])


def _amplitudes(trace: NDArray[np.float64], f_hz: float) -> NDArray[np.complex128]:
    """Complex amplitude of each colour at one frequency."""
    n = trace.shape[0]
    window = np.hanning(n + 2)[1:-1]
    turning = window * np.exp(-2j * np.pi * f_hz / _TRACE_FS * np.arange(n))
    return np.asarray(turning @ trace * 2 / window.sum(), np.complex128)


def _background_line(
    background: NDArray[np.float64], face: NDArray[np.float64], f_hz: float
) -> bool:
    line, over_floor, line_hz = _line(background, f_hz)
    amplitude = float(np.abs(line).mean())
    if over_floor < LINE_TO_FLOOR or amplitude < LAMP_LEAST:
        return False
    on_face = _amplitudes(face, line_hz)
    same = _cosine(line, on_face) > SAME_CHANGE
    of_face = float(np.abs(on_face).mean())
    if not (_in_step(line) or same) or of_face < FACE_SHARE * amplitude:
        return False
    if same and over_floor >= CLEAR_TO_FLOOR and amplitude >= CLEAR_SHARE * of_face:
        return True
    return amplitude >= LAMP_AMPLITUDE or amplitude >= LAMP_SHARE * of_face


def _in_step(line: NDArray[np.complex128]) -> bool:
    """Whether all colours that move do so together."""
    sizes = np.abs(line)
    moving = line[sizes >= SMALL_CHANGE * sizes.max()]
    return float(np.abs(np.angle(moving * moving[0].conjugate())).max()) <= STEP_ANGLE


def _cosine(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> float:
    """How alike two changes of colour are, whenever they come, 0 to 1."""
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(abs(np.vdot(a, b))) / sizes if sizes > 0 else 0.0


def _grey_line(face: NDArray[np.float64], f_hz: float) -> bool:
    """Whether the face's own colours move alike at ``f_hz``; blood moves green most."""
    line, over_floor, _ = _line(face, f_hz)
    if over_floor < LINE_TO_FLOOR or float(np.abs(line).min()) < LAMP_LEAST:
        return False
    against_green = line[[0, 2]] / line[1]
    sizes = np.abs(np.log(np.abs(against_green)))
    return bool((sizes <= np.log(GREY_FACTOR)).all()) and bool(
        (np.abs(np.angle(against_green)) <= GREY_ANGLE).all()
    )
