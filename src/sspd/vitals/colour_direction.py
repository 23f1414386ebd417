"""Change of colours at a rate, judged by its own uncertainty (a prototype, not in the confidence).

The pulse has another colour in each camera: AC/DC of red 0 to 0.9 and of blue 0 to 1.1 of that
of green. A feature that divides by green's surplus, ``G - (R + B) / 2``, is then large or small
for the camera's sake. Here the change at the rate is a complex vector of three colours, and its
noise is measured where no pulse is: at frequencies beside the rate and its harmonics, with the
covariance of the colours there. Each number is the significance of one statement about the
vector, by Hotelling's test for complex samples (Giri, Ann. Math. Stat. 1965):
``-10 log10 p``, so that 30 is one in a thousand, whatever the length, rate, colour and strength.

`ColourDirection.change_db` does not depend on the colour at all: any invertible mix of the three
channels, as of a colour matrix, gives the same number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.vitals.lines import MOST_DB, Complex, cosine, near, relative

#: Noise is measured between these distances from the rate, Hz (breathing modulates a pulse by
#: less than the first), further away where this gives too few frequencies, and not nearer than
#: so many cells of resolution to a multiple of it.
BESIDE_HZ, CLEAR_CELLS = (0.3, 0.9), 3.0
#: Slower changes are trends, Hz.
SLOWEST_HZ = 0.45
#: Spacing of the frequencies, cells: under a Hann window they are then almost independent.
SPACING_CELLS = 2.5
#: Number of frequencies that is looked for, and the least for a covariance of three colours.
FREQUENCIES, LEAST_FREQUENCIES = 8, 5
#: Largest distance from the rate, Hz.
MOST_BESIDE_HZ = 3.0
#: Colours that a pulse may have: AC/DC of red and blue relative to green, over the range that
#: cameras show.
BLOOD_COLOURS = np.array(
    [[red, 1.0, blue] for red in np.linspace(0.0, 0.9, 7) for blue in np.linspace(0.0, 1.1, 8)]
)
#: All statements are less sure than this, dB.
MOST_SURE_DB = 5 * MOST_DB


@dataclass(frozen=True, eq=False)
class ColourLine:
    """Change of three colours at a rate, and the noise beside it.

    Parameters
    ----------
    vector : complex128 array, shape (3,)
        Relative amplitudes of R, G and B at the rate.
    noise : complex128 array, shape (frequencies, 3)
        The same at frequencies beside the rate.
    """

    vector: Complex
    noise: Complex

    @property
    def covariance(self) -> Complex:
        """Covariance of the noise, shape (3, 3)."""
        return np.asarray(self.noise.T @ self.noise.conj() / len(self.noise), np.complex128)

    @property
    def regular(self) -> Complex:
        """Covariance that can be inverted whatever the noise, shape (3, 3)."""
        covariance = self.covariance
        return np.asarray(covariance + 1e-12 * np.trace(covariance).real * np.eye(3), np.complex128)

    def significance_db(self, without: Complex | NDArray[np.float64] | None = None) -> float:
        """Return how sure it is that the colours change at the rate.

        Parameters
        ----------
        without : array, shape (3,), or None
            A direction; what lies along it, in whatever strength and phase, does not count.

        Returns
        -------
        float
            ``-10 log10`` of the probability that noise alone shows so much, 0 to
            `MOST_SURE_DB`.
        """
        from scipy.stats import f as f_distribution

        free, n = 3, len(self.noise)
        covariance = self.regular
        weighted = np.linalg.solve(covariance, self.vector)
        power = float(np.vdot(self.vector, weighted).real)
        if without is not None and np.any(without):
            along = np.linalg.solve(covariance, np.asarray(without, np.complex128))
            power -= float(abs(np.vdot(along, self.vector)) ** 2 / np.vdot(without, along).real)
            free = 2  # the same as the test of two mixes in which the direction cancels
        ratio = max(power, 0.0) / len(self.noise) * (n - free + 1) / free
        log_p = float(f_distribution.logsf(ratio, 2 * free, 2 * (n - free + 1)))
        return float(np.clip(-10 / np.log(10) * log_p, 0.0, MOST_SURE_DB))

    def beyond_blood_db(self) -> float:
        """Return how sure it is that no pulse alone makes this change.

        Returns
        -------
        float
            The `significance_db` of what is left beside the likest of `BLOOD_COLOURS`, in any
            strength and phase.
        """
        weighted = np.linalg.solve(self.regular, BLOOD_COLOURS.T.astype(np.complex128)).T
        along = np.abs(weighted @ self.vector.conj()) ** 2
        likest = int((along / np.einsum("ij,ij->i", BLOOD_COLOURS, weighted).real).argmax())
        return self.significance_db(BLOOD_COLOURS[likest])

    def mix(self, rows: Complex) -> Complex:
        """Return the mix of colours in which the change stands out most from the noise.

        Parameters
        ----------
        rows : complex128 array, shape (time, 3)
            Analytic signals of R, G and B.

        Returns
        -------
        complex128 array, shape (time,)
            In phase with the change of green.
        """
        green = self.vector[1]
        turn = green.conj() / abs(green) if abs(green) > 0 else 1.0
        weights = np.linalg.solve(self.regular, self.vector * turn)
        return np.asarray(rows @ weights.conj(), np.complex128)


@dataclass(frozen=True)
class ColourDirection:
    """Statements about the colours of a face at a rate; ``_db`` are ``-10 log10 p``."""

    change_db: float
    """The colours of the face change at the rate."""
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
    with_colours: float
    """Cosine between the waveform and the mix of colours that changes most clearly at the rate,
    -1 to 1; above 0, as more blood is less light."""


def colour_line(rows: NDArray[np.float64], fs: float, f_hz: float) -> ColourLine | None:
    """Measure the change of colours at a rate, and the noise beside it.

    Parameters
    ----------
    rows : float64 array, shape (time, 3)
        Relative deviations of R, G and B, without trend (`sspd.vitals.lines.relative`).
    fs, f_hz : float
        Sampling rate and rate, Hz.

    Returns
    -------
    ColourLine or None
        None if the window is too short for the noise to be known, or nothing changes.

    >>> rows = np.random.default_rng(0).normal(size=(900, 3))
    >>> found = colour_line(rows, 30.0, 1.2)
    >>> found.significance_db() < 20, colour_line(0 * rows, 30.0, 1.2) is None
    (True, True)
    """
    n = rows.shape[0]
    beside_hz = _beside(f_hz, fs / n, fs)
    if beside_hz.size < LEAST_FREQUENCIES or np.linalg.matrix_rank(rows) < 3:
        return None
    window = np.hanning(n + 2)[1:-1]
    at_hz = np.append(beside_hz, f_hz)
    turning = np.exp(-2j * np.pi * at_hz[:, None] / fs * np.arange(n))
    amplitudes = (turning * window) @ rows * (2 / window.sum())
    # the power of drifting light, and of cameras' slow noise, falls about as 1/f
    amplitudes *= np.sqrt(at_hz / f_hz)[:, None]
    return ColourLine(amplitudes[-1], amplitudes[:-1])


def _beside(f_hz: float, cell_hz: float, fs: float) -> NDArray[np.float64]:
    """Return frequencies beside a rate at which there is no pulse, Hz."""
    low = max(BESIDE_HZ[0], CLEAR_CELLS * cell_hz)
    steps = np.arange(low, MOST_BESIDE_HZ, cell_hz / 4)
    beside = f_hz + np.stack([-steps, steps], axis=1).ravel()  # the nearest first
    multiples = f_hz * np.arange(1, 8)
    far = np.abs(beside[:, None] - multiples).min(axis=1) >= CLEAR_CELLS * cell_hz
    taken: list[float] = []
    for at_hz in beside[far & (beside >= SLOWEST_HZ) & (beside < 0.45 * fs)].tolist():
        if len(taken) >= FREQUENCIES and abs(at_hz - f_hz) > BESIDE_HZ[1]:
            break
        if all(abs(at_hz - other) >= SPACING_CELLS * cell_hz for other in taken):
            taken.append(at_hz)
    return np.array(taken)


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
        beyond_grey_db=face.significance_db(np.ones(3)),
        background_db=unknown if wall is None else wall.significance_db(),
        beyond_background_db=unknown if wall is None else face.significance_db(wall.vector),
        background_share=background_share[0],
        background_share_sd=background_share[1],
        box_share=box_share[0],
        box_share_sd=box_share[1],
        quarters_alike=_alike(face, [line for line in lines if line is not None]),
        beyond_blood_db=face.beyond_blood_db(),
        with_colours=cosine(-face.mix(near(skin, fs, f_hz)), near(values[:, None], fs, f_hz)[:, 0]),
    )


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
