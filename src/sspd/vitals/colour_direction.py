"""Evidence about a rate from the colours of a face and its background.

The pulse has another colour in each camera: AC/DC of red 0 to 0.9 and of blue 0 to 1.1 of that
of green. So nothing here divides by what green does more than the others. Each statement about the
change at the rate is judged by the noise beside it (`sspd.vitals.colour_line`), and
`ColourDirection.change_db` does not depend on the colour at all: any invertible mix of the three
channels, as of a colour matrix, gives the same number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.types import Signal
from sspd.vitals.colour_line import SLOWEST_HZ, ColourLine, colour_line
from sspd.vitals.lines import Complex, complex_cosine, late_cosine, near, part, relative, size_db

#: A background with a pixel value below this (0-255) is too dark to show a change of light.
DARK_BACKGROUND = 8.0


@dataclass(frozen=True, eq=False)
class ColourDirection:
    """Statements about the colours of a face at a rate; ``_db`` are ``-10 log10 p``."""

    change_db: float
    """The colours of the face change at the rate."""
    half_change_db: float
    """They change at half of the rate, as those of a slow heart do that was read double. NaN: that
    is below `SLOWEST_HZ`, or the window is too short."""
    beyond_grey_db: float
    """They do not all change alike, as they would by a light's strength or an exposure."""
    background_db: float
    """The background changes at the rate. NaN: not visible."""
    beyond_background_db: float
    """The face changes in other proportions than the background. NaN: not visible."""
    background_share: float
    """Change of the background along that of the face, as a fraction of it: about 0 for a pulse,
    0.3 or more for a light on both. NaN: not visible."""
    background_share_sd: float
    """Standard deviation of that share by noise alone; large where the face hardly changes."""
    box_share: float
    """The same of the whole face box, hair and edges included: blood changes less of it than of
    the middle of the face, a light changes both alike."""
    box_share_sd: float
    quarters_alike: float
    """Part of the power of four quarters that has one colour and phase, in units of the noise:
    1 for a pulse, 0.25 at least."""
    beyond_blood_db: float
    """They change in other proportions or phases than any pulse."""
    beside_blood: float
    """Part of the change, 0 to 1, that surely is none of any pulse's."""
    with_colours: float
    """Cosine between the waveform and the mix of colours that changes most clearly at the rate,
    -1 to 1; above 0, as more blood is less light."""
    weights: Complex
    """Weights of R, G and B in that mix, shape (3,)."""


def measure_colour_direction(
    values: NDArray[np.float64],
    quarters: NDArray[np.float64],
    box: NDArray[np.float64],
    background: NDArray[np.float64],
    fs: float,
    f_hz: float,
) -> ColourDirection | None:
    """Test the colours of a face and its background at a rate.

    Parameters
    ----------
    values : float64 array, shape (time,)
        Filtered waveform.
    quarters : float64 array, shape (time, 4, 3)
        Mean colours of the quarters of the middle of the face, pixel values.
    box : float64 array, shape (time, 3)
        Mean colours of the whole face box, pixel values.
    background : float64 array, shape (time, 3)
        Mean colours of the background, pixel values; NaN: not visible.
    fs, f_hz : float
        Sampling rate and rate, Hz.

    Returns
    -------
    ColourDirection or None
        None if the window is too short for the noise to be known, or nothing changes.

    >>> rng, t = np.random.default_rng(0), np.arange(900) / 30
    >>> wave = np.sin(2 * np.pi * 1.2 * t)
    >>> pulse = 1e-3 * wave[:, None] * np.array([0.1, 1.0, 0.3])
    >>> face = 120 * (1 - pulse[:, None] + rng.normal(0, 1e-3, (900, 4, 3)))
    >>> wall = 120 * (1 + rng.normal(0, 1e-3, (900, 3)))
    >>> box = 0.6 * face.mean(axis=1) + 0.4 * wall
    >>> found = measure_colour_direction(wave, face, box, wall, 30.0, 1.2)
    >>> found.change_db > 60, found.beyond_grey_db > 60, found.background_db < 20
    (True, True, True)
    >>> abs(found.background_share) < 3 * found.background_share_sd, round(found.box_share, 1)
    (True, 0.6)
    """
    by_quarter = relative(np.maximum(quarters, 1e-3).reshape(len(quarters), 12), fs)
    skin = by_quarter.reshape(-1, 4, 3).mean(axis=1)
    face = colour_line(skin, fs, f_hz)
    if face is None:
        return None
    wall = None
    if bool(np.isfinite(background).all()) and float(background.min()) > 0:
        wall = colour_line(relative(background, fs), fs, f_hz)
    lines = [colour_line(part, fs, f_hz) for part in by_quarter.reshape(-1, 4, 3).swapaxes(0, 1)]
    unknown = float("nan")
    background_share = _share(wall, face)
    box_share = _share(colour_line(relative(np.maximum(box, 1e-3), fs), fs, f_hz), face)
    return ColourDirection(
        change_db=face.significance_db(),
        half_change_db=_half_change_db(skin, fs, f_hz / 2),
        beyond_grey_db=face.significance_db(np.ones(3)),
        background_db=unknown if wall is None else wall.significance_db(),
        beyond_background_db=unknown if wall is None else face.significance_db(wall.vector),
        background_share=background_share[0],
        background_share_sd=background_share[1],
        box_share=box_share[0],
        box_share_sd=box_share[1],
        quarters_alike=_alike(face, [line for line in lines if line is not None]),
        beyond_blood_db=face.beyond_blood_db(),
        beside_blood=face.beside_blood(),
        with_colours=late_cosine(
            -face.mix(near(skin, fs, f_hz)), near(values[:, None], fs, f_hz)[:, 0], f_hz
        ),
        weights=face.weights,
    )


def _half_change_db(skin: NDArray[np.float64], fs: float, f_hz: float) -> float:
    line = colour_line(skin, fs, f_hz) if f_hz >= SLOWEST_HZ else None
    return float("nan") if line is None else line.significance_db()


def _share(other: ColourLine | None, face: ColourLine) -> tuple[float, float]:
    """Return the change of another region along that of the face, and what noise makes of it."""
    if other is None:
        return float("nan"), float("nan")
    # weighted as for the face, so that its noisiest colour decides least
    weights = np.linalg.solve(face.regular, face.vector)
    weights = weights / max(float(np.vdot(weights, face.vector).real), 1e-30)
    share = float(np.vdot(weights, other.vector).real)
    return share, float(np.sqrt(np.mean(np.real(other.noise @ weights.conj()) ** 2)))


def _alike(face: ColourLine, lines: list[ColourLine]) -> float:
    """Return the part of the quarters' power that is one colour and phase."""
    if len(lines) < 4:
        return float("nan")
    # in units of the noise, so that no colour weighs more because it is noisier
    root = np.linalg.cholesky(face.regular)
    white = np.linalg.solve(root, np.stack([line.vector for line in lines], axis=1))
    powers = np.linalg.svd(white, compute_uv=False) ** 2
    return float(powers[0] / max(powers.sum(), 1e-30))


def colour_features(
    filtered: Signal,
    quarters: NDArray[np.float64],
    box: NDArray[np.float64],
    background: NDArray[np.float64],
    f_hz: float,
) -> dict[str, float]:
    """Compare the colours of face and background with the waveform.

    Parameters
    ----------
    filtered : Signal
        Window of the filtered waveform.
    quarters : float64 array, shape (time, 4, 3)
        Mean colours of the quarters of the middle of the face, pixel values above 0.
    box, background : float64 array, shape (time, 3)
        Mean colours of the face box and of the background, pixel values.
    f_hz : float
        Rate, Hz.

    Returns
    -------
    dict of str to float
        Fields of `sspd.vitals.quality_features.QualityFeatures`.
    """
    fs = filtered.fs
    wall = background
    if not (np.isfinite(background).all() and float(background.min()) > DARK_BACKGROUND):
        wall = np.full_like(background, np.nan)
    found = measure_colour_direction(filtered.values, quarters, box, wall, fs, f_hz)
    ours = near(filtered.values[:, None], fs, f_hz)[:, 0]
    by_quarter = near(relative(quarters.reshape(len(quarters), 12), fs), fs, f_hz)
    # more blood is less light, so the sign is inverted; (time, 4, 3), (time, 3)
    skin = -by_quarter.reshape(-1, 4, 3)
    by_colour = skin.mean(axis=1)
    edges = near(relative(box, fs), fs, f_hz) + by_colour
    size = _rms(part(by_colour, ours))
    return {
        **_direction(found),
        "sway_db": size_db(_rms(part(edges, ours)), size),
        "with_sway": abs(complex_cosine(edges.mean(axis=1), ours)),
        "side_share": _side_share(skin, ours, found),
    }


def _direction(found: ColourDirection | None) -> dict[str, float]:
    """Return what the colours say about the rate; NaN: the window is too short for it."""
    names = {
        **{name: name for name in ("change_db", "half_change_db", "beyond_grey_db")},
        **{name: name for name in ("beyond_blood_db", "beside_blood", "box_share")},
        **{name: name for name in ("background_share", "background_share_sd")},
        "with_mix": "with_colours",
        "alike": "quarters_alike",
    }
    unknown = float("nan")
    return {
        ours: unknown if found is None else float(getattr(found, theirs))
        for ours, theirs in names.items()
    }


def _rms(amplitudes: Complex) -> float:
    return max(float(np.sqrt((np.abs(amplitudes) ** 2).mean())), 1e-12)


def _side_share(skin: Complex, ours: Complex, found: ColourDirection | None) -> float:
    """Return weaker over stronger side; skin is (time, 4, 3), quarters left and right in turn."""
    mix = np.array([-0.5, 1.0, -0.5]) if found is None else found.weights.real
    sides = (skin @ mix).reshape(-1, 2, 2).mean(axis=1)
    # in phase with the stronger side, as a filter, a codec or a network may delay one of them all
    weaker, stronger = sorted(part(sides, ours).tolist(), key=abs)
    return float((weaker / stronger).real) if stronger else 0.0
