"""Change of three colours at a rate, with the noise beside it.

The change is a complex vector of three colours. Its noise is measured where no pulse is: at
frequencies beside the rate and its harmonics, with the covariance of the colours there. A
statement about the vector is judged by Hotelling's test for complex samples (Giri, Ann. Math.
Stat. 1965): ``-10 log10 p``, so that 30 is one in a thousand, whatever the length, rate, colour
and strength.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from sspd.vitals.lines import MOST_DB, Complex

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
#: Delays of red, green and blue, seconds: they come from different depths of the skin.
BLOOD_DELAYS_S = np.array(
    [[red, 0.0, blue] for red in np.linspace(-0.05, 0.05, 5) for blue in (-0.025, 0.0, 0.025)]
)
#: Part of a change that may lie beside these: the steps between them, and delays of some ms.
BLOOD_TOLERANCE = 0.25
#: Standard deviations of the noise by which a sure value exceeds it.
SURE_DEVIATIONS = 2.0
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
    f_hz : float
        The rate, Hz.
    """

    vector: Complex
    noise: Complex
    f_hz: float

    @property
    def covariance(self) -> Complex:
        """Covariance of the noise, shape (3, 3)."""
        return np.asarray(self.noise.T @ self.noise.conj() / len(self.noise), np.complex128)

    @property
    def regular(self) -> Complex:
        """Covariance that can be inverted whatever the noise, shape (3, 3)."""
        covariance = self.covariance
        return np.asarray(covariance + 1e-12 * np.trace(covariance).real * np.eye(3), np.complex128)

    def significance_db(
        self, without: Complex | NDArray[np.float64] | None = None, tolerance: float = 0.0
    ) -> float:
        """Return how sure it is that the colours change at the rate.

        Parameters
        ----------
        without : array, shape (3,), or None
            A direction; what lies along it, in whatever strength and phase, does not count.
        tolerance : float
            Part of the whole change that does not count either.

        Returns
        -------
        float
            ``-10 log10`` of the probability that noise alone shows so much, 0 to
            `MOST_SURE_DB`.
        """
        free, n = 3, len(self.noise)
        covariance = self.regular
        weighted = np.linalg.solve(covariance, self.vector)
        whole = power = float(np.vdot(self.vector, weighted).real)
        if without is not None and np.any(without):
            along = np.linalg.solve(covariance, np.asarray(without, np.complex128))
            power -= float(abs(np.vdot(along, self.vector)) ** 2 / np.vdot(without, along).real)
            free = 2  # the same as the test of two mixes in which the direction cancels
        power = max(np.sqrt(max(power, 0.0)) - tolerance * np.sqrt(max(whole, 0.0)), 0.0) ** 2
        ratio = power / len(self.noise) * (n - free + 1) / free
        p = float(scipy.special.fdtrc(2 * free, 2 * (n - free + 1), ratio))
        return float(np.clip(-10 * np.log10(max(p, 1e-300)), 0.0, MOST_SURE_DB))

    def beyond_blood_db(self) -> float:
        """Return how sure it is that no pulse alone makes this change.

        Returns
        -------
        float
            The `significance_db` of what is left beside the likest of `BLOOD_COLOURS`, in any
            strength and phase, but for `BLOOD_TOLERANCE`: the colours of a pulse have small
            delays between them.
        """
        weighted = np.linalg.solve(self.regular, BLOOD_COLOURS.T.astype(np.complex128)).T
        along = np.abs(weighted @ self.vector.conj()) ** 2
        likest = int((along / np.einsum("ij,ij->i", BLOOD_COLOURS, weighted).real).argmax())
        return self.significance_db(BLOOD_COLOURS[likest], BLOOD_TOLERANCE)

    def beside_blood(self) -> float:
        """Return how much of the change surely is none of a pulse's.

        `beyond_blood_db` cannot tell a light of two colours from blood under a grey noise: it
        takes what is grey for noise. Here the colours themselves count.

        Returns
        -------
        float
            What is left beside the nearest of `BLOOD_COLOURS` with `BLOOD_DELAYS_S`, in any
            strength and phase, less `SURE_DEVIATIONS` of the noise in that direction, as a
            fraction of the whole: 0 to 1.

        >>> noise = 0.1 * np.ones((5, 3), np.complex128)
        >>> light, blood = (np.array(of, np.complex128) for of in ([-2, 1, 1], [0.3, 1, 0.5]))
        >>> [round(ColourLine(of, noise, 1.2).beside_blood(), 1) for of in (light, blood)]
        [0.7, 0.0]
        """
        late = np.exp(-2j * np.pi * self.f_hz * BLOOD_DELAYS_S)
        colours = (BLOOD_COLOURS[:, None] * late).reshape(-1, 3)
        colours /= np.linalg.norm(colours, axis=1, keepdims=True)
        strengths = colours.conj() @ self.vector
        nearest = int(np.abs(strengths).argmax())
        rest = self.vector - strengths[nearest] * colours[nearest]
        left, whole = float(np.linalg.norm(rest)), float(np.linalg.norm(self.vector))
        if left == 0:
            return 0.0
        noise = float(np.sqrt(np.mean(np.abs(self.noise @ rest.conj()) ** 2))) / left
        return max(left - SURE_DEVIATIONS * noise, 0.0) / whole

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
        return np.asarray(rows @ self.weights.conj(), np.complex128)

    @property
    def weights(self) -> Complex:
        """Weights of R, G and B in that mix, shape (3,)."""
        green = self.vector[1]
        turn = green.conj() / abs(green) if abs(green) > 0 else 1.0
        return np.asarray(np.linalg.solve(self.regular, self.vector * turn), np.complex128)


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
    return ColourLine(amplitudes[-1], amplitudes[:-1], f_hz)


def _beside(f_hz: float, cell_hz: float, fs: float) -> NDArray[np.float64]:
    """Return frequencies beside a rate at which there is no pulse, Hz."""
    # Quarters of a cell make distances of exactly the limits, which rounding must not decide.
    little = 1e-6 * cell_hz
    clear_hz, spacing_hz = CLEAR_CELLS * cell_hz - little, SPACING_CELLS * cell_hz - little
    low = max(BESIDE_HZ[0], CLEAR_CELLS * cell_hz)
    steps = low + cell_hz / 4 * np.arange(int((MOST_BESIDE_HZ - low) * 4 / cell_hz + 1e-6) + 1)
    beside = f_hz + np.stack([-steps, steps], axis=1).ravel()  # the nearest first
    multiples = f_hz * np.arange(1, 8)
    far = np.abs(beside[:, None] - multiples).min(axis=1) >= clear_hz
    inside = (beside >= SLOWEST_HZ - little) & (beside < 0.45 * fs - little)
    taken: list[float] = []
    for at_hz in beside[far & inside].tolist():
        if len(taken) >= FREQUENCIES and abs(at_hz - f_hz) > BESIDE_HZ[1] + little:
            break
        if all(abs(at_hz - other) >= spacing_hz for other in taken):
            taken.append(at_hz)
    return np.array(taken)
