"""Filters, sums, maxima and splines from their formulas, slowly, for `literal_scorings`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]


def butterworth(order: int, low_hz: float, high_hz: float, fs: float) -> tuple[Row, Row]:
    """Band-pass by poles on a circle, moved to the band, and the bilinear transform."""
    low, high = (2 * fs * np.tan(np.pi * f / fs) for f in (low_hz, high_hz))
    width, centre = high - low, np.sqrt(low * high)
    poles = []
    for k in range(order):
        p = np.exp(1j * np.pi * (2 * k + order + 1) / (2 * order)) * width / 2
        poles += [p + np.sqrt(p**2 - centre**2), p - np.sqrt(p**2 - centre**2)]
    gain = width**order * np.real((2 * fs) ** order / np.prod([2 * fs - p for p in poles]))
    b = gain * np.poly([1.0] * order + [-1.0] * order)
    a = np.real(np.poly([(2 * fs + p) / (2 * fs - p) for p in poles]))
    return b, a


def one_way(b: Row, a: Row, x: Row) -> Row:
    """The recurrence, as if the first sample had lasted for ever before."""
    before_x = np.full(len(b) - 1, x[0])
    before_y = np.full(len(a) - 1, x[0] * b.sum() / a.sum())
    xs, ys = np.concatenate([before_x, x]), np.concatenate([before_y, np.zeros(x.size)])
    for n in range(x.size):
        fed = np.dot(b, xs[n : n + len(b)][::-1])
        back = np.dot(a[1:], ys[n : n + len(a) - 1][::-1])
        ys[n + len(a) - 1] = (fed - back) / a[0]
    return ys[len(a) - 1 :]


def both_ways(b: Row, a: Row, x: Row, pad: int) -> Row:
    """Forward and back over ends that are turned about their last point."""
    left = [2 * x[0] - x[k] for k in range(pad, 0, -1)]
    right = [2 * x[-1] - x[-1 - k] for k in range(1, pad + 1)]
    long = np.array([*left, *x, *right])
    turned = one_way(b, a, one_way(b, a, long)[::-1])[::-1]
    return turned[pad : pad + x.size]


def sums(x: Row, freqs_hz: Row, fs: float) -> NDArray[np.complex128]:
    """The Fourier sum at each frequency."""
    n = np.arange(x.size)
    return np.array([np.sum(x * np.exp(-2j * np.pi * f / fs * n)) for f in freqs_hz])


def maxima(x: Row) -> list[int]:
    """Samples above both neighbours; of a flat top its middle, rounded down."""
    tops = []
    for k in range(1, len(x) - 1):
        last = k
        while last < len(x) - 1 and x[last + 1] == x[k]:
            last += 1
        if x[k - 1] < x[k] and last < len(x) - 1 and x[last + 1] < x[k]:
            tops.append((k + last) // 2)
    return tops


def fir(order: int, low: float, high: float) -> Row:
    """A Hamming window on the ideal band-pass, edges as shares of half the rate."""
    k = np.arange(order + 1) - order / 2
    taps = high * np.sinc(high * k) - low * np.sinc(low * k)
    taps *= 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(order + 1) / order)
    return taps / np.sum(taps * np.cos(np.pi * k * (low + high) / 2))


def spline(y: Row, at: Row) -> Row:
    """Cubic, through y at 0, 1, 2 ..., its ends without a knot: dense in second derivatives."""
    n = y.size
    m, v = np.zeros((n, n)), np.zeros(n)
    m[0, :3] = m[-1, -3:] = 1, -2, 1
    for k in range(1, n - 1):
        m[k, k - 1 : k + 2] = 1, 4, 1
        v[k] = 6 * (y[k - 1] - 2 * y[k] + y[k + 1])
    bend = np.linalg.solve(m, v)
    k = np.minimum(at.astype(int), n - 2)
    u = at - k
    line = y[k] * (1 - u) + y[k + 1] * u
    ends = ((1 - u) ** 3 - (1 - u)) * bend[k] + (u**3 - u) * bend[k + 1]
    return line + ends / 6
