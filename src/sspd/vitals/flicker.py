"""Detection of flicker: a light that pulses at the rate that was read.

A method that finds periodic changes finds those of a light as well as those of the blood. But
light also falls on the background, and it changes red, green and blue equally; blood does
neither. A coloured light, or an oscillating white balance, changes the colours of the
background in the same proportions as those of the face.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.signal import resample_times
from sspd.types import FrameStats

#: Least ratio of a spectral line's power to the median around it: noise alone reaches it about
#: once in a hundred thousand windows.
LINE_TO_FLOOR = 20.0
#: A line of the background with this relative amplitude (a tenth of a percent of its light) is
#: flicker, whatever the face does. Skin in the background (neck, hands) stays well below.
FLICKER_AMPLITUDE = 1e-3
#: A weaker line is flicker if it has this fraction of the face's amplitude, and not less than
#: the second number.
FLICKER_SHARE = 0.5
FLICKER_LEAST = 2e-4
#: A line of the background with this ratio to the median around it is flicker if it has this
#: fraction of the face's amplitude and changes the colours in the same proportions: a light
#: near the face.
NEAR_LIGHT_TO_FLOOR, NEAR_LIGHT_SHARE = 100.0, 0.15
#: Colours change equally if red and blue are within this factor of green ...
GREY_FACTOR = 1.25
#: ... and within this angle of it, radians.
GREY_ANGLE = 0.4
#: A light changes the background's colours in phase, within this angle, radians (wide, as weak
#: lines are noisy), unlike the moving edge of a shoulder.
STEP_ANGLE = 1.0
#: Or it changes them in the proportions of the face, to this cosine. A colour with less than
#: this fraction of the largest change need not be in phase.
SAME_COLOURS, SMALL_CHANGE = 0.85, 0.3
#: A light also falls on the face: least amplitude there, as a fraction of the background's.
FACE_SHARE = 0.4
#: Slower changes are not flicker, Hz: bodies sway and daylight drifts.
SLOWEST_FLICKER_HZ = 0.6

#: Rate of the analyzed traces, Hz: four times the highest harmonic of interest.
_TRACE_FS = 16.0


def is_flicker(frame_stats: FrameStats, start_s: float, end_s: float, f_hz: float) -> bool:
    """Return whether the light pulses at a frequency or at half of it.

    Half of the frequency is tested because a nonlinear method can produce a second harmonic
    of the flicker, and that may be the rate that was read.

    Parameters
    ----------
    frame_stats : FrameStats
        The colours of the middle of the face (at its edges hair and background move in and
        out) and of the background are used.
    start_s, end_s : float
        The window, seconds.
    f_hz : float
        Rate that was read in it, Hz.

    Returns
    -------
    bool

    >>> t = np.arange(900) / 30
    >>> rgb = 120 * (1 + 0.004 * np.sin(2 * np.pi * 1.3 * t))[:, None] * np.ones(3)
    >>> rgb = (rgb + np.random.default_rng(0).normal(0, 0.02, (900, 3))).astype(np.float32)
    >>> no, four = np.zeros(900, np.float32), np.repeat(rgb[:, None], 4, axis=1)
    >>> is_flicker(FrameStats(t, rgb, rgb, four, no, no, no, 0 * rgb), 0.0, 30.0, 1.3)
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
    rates = [f_hz, f_hz / 2] if f_hz / 2 >= SLOWEST_FLICKER_HZ else [f_hz]
    return any(_background_line(background, face, rate) for rate in rates)


def _relative(rgb: NDArray[np.float32], t: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the relative deviation of colours from their trend, resampled; None if unknown."""
    if not bool(np.isfinite(rgb).all()) or float(rgb.mean(axis=0).min()) < 1.0:
        return None
    n = int((t[-1] - t[0]) * _TRACE_FS)
    even = resample_times(rgb, t, _TRACE_FS, float(t[0]), n)
    x = np.linspace(-1, 1, n)
    trend = np.polynomial.polynomial.polyval(x, np.polynomial.polynomial.polyfit(x, even, 3)).T
    return even / trend - 1


def _line(trace: NDArray[np.float64], f_hz: float) -> tuple[NDArray[np.complex128], float, float]:
    """Return complex amplitudes at the strongest bin near ``f_hz``, line over floor, its Hz."""
    n = trace.shape[0]
    window = np.hanning(n + 2)[1:-1]
    spectrum = np.fft.rfft(trace * window[:, None], 4 * n, axis=0) * (2 / window.sum())
    freqs = np.fft.rfftfreq(4 * n, 1 / _TRACE_FS)
    # coloured lights may cancel in grey, so both kinds of power are searched
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
    """Return the strongest line in one kind of power."""
    # Two resolution cells: at a smaller distance flicker and pulse cannot be distinguished.
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
    # The geometric mean of both sides interpolates a sloped spectrum (drifting light, a
    # swaying body), so that a slope does not count as a line.
    floor = float(np.sqrt(np.median(power[below]) * np.median(power[above])))
    return spectrum[top], float(power[top]) / max(floor, 1e-30), float(freqs[top])


def _amplitudes(trace: NDArray[np.float64], f_hz: float) -> NDArray[np.complex128]:
    """Return the complex amplitude of each colour at one frequency."""
    n = trace.shape[0]
    window = np.hanning(n + 2)[1:-1]
    turning = window * np.exp(-2j * np.pi * f_hz / _TRACE_FS * np.arange(n))
    return np.asarray(turning @ trace * 2 / window.sum(), np.complex128)


def _background_line(
    background: NDArray[np.float64], face: NDArray[np.float64], f_hz: float
) -> bool:
    line, over_floor, line_hz = _line(background, f_hz)
    amplitude = float(np.abs(line).mean())
    if over_floor < LINE_TO_FLOOR or amplitude < FLICKER_LEAST:
        return False
    on_face = _amplitudes(face, line_hz)
    same = _cosine(line, on_face) > SAME_COLOURS
    of_face = float(np.abs(on_face).mean())
    if not (_in_step(line) or same) or of_face < FACE_SHARE * amplitude:
        return False
    if same and over_floor >= NEAR_LIGHT_TO_FLOOR and amplitude >= NEAR_LIGHT_SHARE * of_face:
        return True
    return amplitude >= FLICKER_AMPLITUDE or amplitude >= FLICKER_SHARE * of_face


def _in_step(line: NDArray[np.complex128]) -> bool:
    """Return whether all colours that change do so in phase."""
    sizes = np.abs(line)
    moving = line[sizes >= SMALL_CHANGE * sizes.max()]
    return float(np.abs(np.angle(moving * moving[0].conjugate())).max()) <= STEP_ANGLE


def _cosine(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> float:
    """Return the similarity of two changes of colour, whatever their phase, 0 to 1."""
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(abs(np.vdot(a, b))) / sizes if sizes > 0 else 0.0


def _grey_line(face: NDArray[np.float64], f_hz: float) -> bool:
    """Return whether the face's colours change equally at ``f_hz``; blood changes green most."""
    line, over_floor, _ = _line(face, f_hz)
    if over_floor < LINE_TO_FLOOR or float(np.abs(line).min()) < FLICKER_LEAST:
        return False
    against_green = line[[0, 2]] / line[1]
    sizes = np.abs(np.log(np.abs(against_green)))
    return bool((sizes <= np.log(GREY_FACTOR)).all()) and bool(
        (np.abs(np.angle(against_green)) <= GREY_ANGLE).all()
    )
