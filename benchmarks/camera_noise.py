"""Noise in time of fixed places of a video: level at 1 Hz, slope, correlations, noise of pixels.

Run: python benchmarks/camera_noise.py VIDEO NAME=LEFT,TOP,RIGHT,BOTTOM ... [--pulse HZ]

The mean colour of each place is divided by its mean in time; the one-sided power density is the
median over windows of 8 s (Welch), to which ``level**2 / f**slope + floor**2`` is fitted in
logarithms, 0.2 Hz to the Nyquist frequency, without the pulse and two harmonics. The figures in
`sspd.simulation.camera` were made by this script.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.signal import butter, sosfiltfilt, welch

from sspd.types import Box
from sspd.video.read import read

Array = NDArray[np.float64]
WINDOW_S, LOW_HZ, SETTLE_S = 8.0, 0.2, 1.0
#: Answers to differences along rows and columns alone (Immerkaer, Computer Vision and Image
#: Understanding, 1996).
_CROSS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def fit_noise(x: Array, fs: float, pulse_hz: float | None = None) -> tuple[float, float, float]:
    """Return the level at 1 Hz, the slope of the power, and the floor of a series' spectrum.

    The levels are in units of ``x`` per sqrt(Hz), the slope is that of the power.
    """
    size = min(int(WINDOW_S * fs), x.size // 2)
    f, power = welch(  # type: ignore[call-overload]
        x, fs, nperseg=size, detrend="linear", average="median"
    )
    use = (f >= LOW_HZ) & (f < 0.48 * fs)
    for harmonic in (1, 2, 3) if pulse_hz else ():
        use &= np.abs(f - harmonic * (pulse_hz or 0)) > 0.25
    log_f, log_power = np.log(f[use]), np.log(power[use])
    bottom = float(log_power[-20:].mean())

    def residuals(p: Array) -> Array:
        off: Array = np.logaddexp(p[0] - p[1] * log_f, p[2]) - log_power
        return off

    start = [bottom + 2.0, 1.5, bottom - 1.0]
    fit = least_squares(residuals, start, bounds=([-40, 0, -40], [20, 4, 20]), loss="soft_l1")
    return float(np.exp(fit.x[0] / 2)), float(fit.x[1]), float(np.exp(fit.x[2] / 2))


def pixel_noise(patch: NDArray[np.float32]) -> Array:
    """Return the noise of neighbouring pixels of a place, pixel values of R, G and B."""
    answer = np.abs(cv2.filter2D(patch, -1, _CROSS)[2:-2, 2:-2])
    return np.asarray(np.sqrt(np.pi / 2) / 6 * answer.mean(axis=(0, 1)), np.float64)


def read_places(path: str, places: dict[str, Box]) -> tuple[float, dict[str, Array], Array]:
    """Return the frame rate, the mean colours and the noise of pixels of each place."""
    means: dict[str, list[Array]] = {name: [] for name in places}
    noise: list[list[Array]] = []
    times: list[Array] = []
    for chunk in read(path):
        times.append(chunk.t)
        for frame in chunk.rgb:
            cuts = [frame[b.top : b.bottom, b.left : b.right] for b in places.values()]
            for name, cut in zip(places, cuts, strict=True):
                means[name].append(cut.mean(axis=(0, 1), dtype=np.float64))
        noise.append([pixel_noise(cut.astype(np.float32)) for cut in cuts])
    t = np.concatenate(times)
    fs = (t.size - 1) / float(t[-1] - t[0])
    skip = round(SETTLE_S * fs)
    colors = {name: np.array(rows)[skip:] for name, rows in means.items()}
    return fs, colors, np.mean(noise, axis=0)


def correlation(a: Array, b: Array, fs: float) -> float:
    """Return the correlation at 0.5-5 Hz, median over 5 s."""
    sos = butter(2, [0.5, 5.0], "band", fs=fs, output="sos")
    a, b = sosfiltfilt(sos, a), sosfiltfilt(sos, b)
    size = int(5 * fs)
    starts = range(0, a.size - size, size)
    return float(np.median([np.corrcoef(a[i : i + size], b[i : i + size])[0, 1] for i in starts]))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("video")
    parser.add_argument("places", nargs="+", metavar="NAME=LEFT,TOP,RIGHT,BOTTOM")
    parser.add_argument("--pulse", type=float, default=None, metavar="HZ")
    given = parser.parse_args()
    places = {
        name: Box(*(int(n) for n in numbers.split(",")))
        for name, numbers in (place.split("=") for place in given.places)
    }
    fs, colors, noise = read_places(given.video, places)
    print(
        "place: pixel values | level at 1 Hz, %/sqrt(Hz), R G B R-G B-G | slopes | noise of pixels"
    )
    relative = {name: 100 * (x / x.mean(axis=0) - 1) for name, x in colors.items()}
    for (name, x), pixels in zip(relative.items(), noise, strict=True):
        series = [*x.T, x[:, 0] - x[:, 1], x[:, 2] - x[:, 1]]
        fits = [fit_noise(one, fs, given.pulse) for one in series]
        means = " ".join(f"{value:.0f}" for value in colors[name].mean(axis=0))
        levels = " ".join(f"{level:.3f}" for level, _, _ in fits)
        slopes = " ".join(f"{slope:.1f}" for _, slope, _ in fits)
        print(f"{name}: {means} | {levels} | {slopes} | " + " ".join(f"{n:.2f}" for n in pixels))
        rg, gb = correlation(x[:, 0], x[:, 1], fs), correlation(x[:, 1], x[:, 2], fs)
        print(f"  correlation of R and G {rg:.2f}, of G and B {gb:.2f}")
    names = list(relative)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            value = correlation(relative[one][:, 1], relative[other][:, 1], fs)
            print(f"correlation of green, {one} and {other}: {value:.2f}")


if __name__ == "__main__":
    main()
