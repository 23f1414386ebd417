"""Every colour method against its equations, written out slowly; what each is made for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.methods.ssr import ssr_waveform
from sspd.signal import bandpass, detrend
from sspd.signal.color.chrom import chrom_waveform
from sspd.signal.color.components import most_pulsatile, principal
from sspd.signal.color.ica import ica_waveform, jade
from sspd.signal.color.lgi import lgi_waveform
from sspd.signal.color.omit import omit_waveform
from sspd.signal.color.pbv import pbv_waveform
from sspd.signal.color.pca import pca_waveform
from sspd.signal.color.pos import pos_waveform

FS = 30.0
SKIN = np.array([170.0, 120.0, 100.0])
PBV = np.array([0.33, 0.77, 0.53])
T = np.arange(600) / FS
PULSE = np.sin(2 * np.pi * 1.25 * T) + 0.3 * np.sin(2 * np.pi * 2.5 * T + 0.4)
Waveform = Callable[[np.ndarray, float], np.ndarray]
METHODS: dict[str, Waveform] = {
    "chrom": chrom_waveform,
    "ica": ica_waveform,
    "lgi": lgi_waveform,
    "omit": omit_waveform,
    "pbv": pbv_waveform,
    "pca": pca_waveform,
    "pos": lambda rgb, fs: -pos_waveform(rgb, fs),
}


def colours(pulse: np.ndarray, light: np.ndarray | float = 0.0) -> np.ndarray:
    shine = np.broadcast_to(1 + np.asarray(light), pulse.shape)
    return SKIN * shine[:, None] * (1 - 0.01 * pulse[:, None] * PBV)


def random_colours(seed: int, n: int = 150) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(40, 200, 3) * (1 + 0.01 * rng.standard_normal((n, 3)))


@pytest.mark.parametrize("name", METHODS)
def test_a_clean_pulse_comes_back(name: str) -> None:
    wave = METHODS[name](colours(PULSE), FS)
    kept = bandpass(PULSE, FS, (0.6, 4.0))[30:-30]
    assert np.corrcoef(bandpass(wave, FS, (0.6, 4.0))[30:-30], kept)[0, 1] >= 0.98


@pytest.mark.parametrize("name", ["chrom", "pos", "lgi", "omit"])
def test_light_that_swings_is_suppressed(name: str) -> None:
    """The same swing of 1 % in light is 20 times smaller than the pulse of 1 %."""
    swing = 0.01 * np.sin(2 * np.pi * 1.6 * T)
    light = METHODS[name](colours(np.zeros_like(T), swing), FS)
    blood = METHODS[name](colours(np.sin(2 * np.pi * 1.6 * T)), FS)
    assert np.abs(light[60:-60]).max() * 20 < np.abs(blood[60:-60]).max()


@pytest.mark.parametrize("name", METHODS)
def test_too_short_is_said(name: str) -> None:
    with pytest.raises(UsageError, match="needs"):
        METHODS[name](np.full((20, 3), 90.0), FS)


def _overlapped(rgb: np.ndarray, width: int, part: Callable[[np.ndarray], np.ndarray]):  # type: ignore[no-untyped-def]
    """Half-overlapping Hann windows and a last one at the end, sample by sample."""
    n = len(rgb)
    starts = []
    start = 0
    while start < n - width:
        starts.append(start)
        start += width // 2
    starts.append(n - width)
    total, weight = [0.0] * n, [0.0] * n
    for start in starts:
        window = rgb[start : start + width]
        change = window / np.array([window[:, c].mean() for c in range(3)]) - 1
        wave = part(change)
        for k in range(width):
            hann = 0.5 - 0.5 * np.cos(2 * np.pi * (k + 1) / (width + 1))
            total[start + k] += hann * wave[k]
            weight[start + k] += hann
    return np.array(total) / np.array(weight)


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_chrom_and_pbv_equal_their_equations(seed: int) -> None:
    rgb = random_colours(seed)

    def chrom(change: np.ndarray) -> np.ndarray:
        r, g, b = change[:, 0], change[:, 1], change[:, 2]
        x, y = (bandpass(s, FS, (40 / 60, 4.0)) for s in (3 * r - 2 * g, 1.5 * r + g - 1.5 * b))
        return x - np.sqrt(x.var() / y.var()) * y

    def pbv(change: np.ndarray) -> np.ndarray:
        weights = np.linalg.solve(change.T @ change, PBV)
        return -(change @ (weights / np.sqrt((weights**2).sum())))

    np.testing.assert_allclose(chrom_waveform(rgb, FS), _overlapped(rgb, 48, chrom), atol=1e-9)
    np.testing.assert_allclose(pbv_waveform(rgb, FS), _overlapped(rgb, 96, pbv), atol=1e-9)


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_lgi_and_omit_equal_their_equations(seed: int) -> None:
    x = random_colours(seed).T
    u = np.linalg.eigh(x @ x.T)[1][:, -1]
    lgi = (np.eye(3) - np.outer(u, u)) @ x
    np.testing.assert_allclose(lgi_waveform(x.T, FS), -detrend(lgi[1], FS, 0.4), atol=1e-8)
    # the first column of Q is the first column of the matrix, of length 1
    first = x[:, 0] / np.sqrt((x[:, 0] ** 2).sum())
    omit = x - np.outer(first, first @ x)
    np.testing.assert_allclose(omit_waveform(x.T, FS), -detrend(omit[1], FS, 0.4), atol=1e-8)


@settings(max_examples=10)
@given(st.integers(0, 2**31))
def test_2sr_equals_its_algorithm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = SKIN * rng.uniform(0.8, 1.2, (1, 40, 3)) * (1 + 0.01 * rng.standard_normal((70, 1, 3)))
    matrices = np.stack([p.T @ p / 40 for p in pixels])
    out = np.zeros(70)
    for last in range(29, 70):
        first = last - 29
        rows = []
        value0, vector0 = _sorted(matrices[first])
        for t in range(first, last + 1):
            value, vector = _sorted(matrices[t])
            row = np.zeros(3)
            for k in (1, 2):
                u = vector0[:, k]
                row += np.sqrt(value[0] / value0[k]) * (vector[:, 0] @ u) * u
            rows.append(row)
        sr = np.array(rows)
        p = sr[:, 0] - sr[:, 0].std() / sr[:, 1].std() * sr[:, 1]
        out[first : last + 1] += p - p.mean()
    np.testing.assert_allclose(ssr_waveform(matrices, FS), out, atol=1e-8)
    with pytest.raises(UsageError, match="2SR needs 30"):
        ssr_waveform(matrices[:29], FS)


def _sorted(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value, vector = np.linalg.eig(matrix)
    order = np.argsort(value)[::-1]
    value, vector = value[order], vector[:, order]
    if vector[:, 0].sum() < 0:
        vector[:, 0] *= -1
    return value, vector


def test_jade_finds_independent_sources() -> None:
    rng = np.random.default_rng(5)
    sources = np.stack([np.sin(9 * T), np.sign(np.sin(4 * T)), rng.laplace(size=T.size)])
    found = jade(principal(rng.standard_normal((3, 3)) @ (sources - sources.mean(1)[:, None])))
    match = np.abs(np.corrcoef(found, sources)[:3, 3:])
    assert (match.max(axis=0) > 0.97).all() and sorted(match.argmax(axis=0)) == [0, 1, 2]


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_jade_leaves_no_rotation_that_is_more_diagonal(seed: int) -> None:
    """Its contrast, over all cumulant matrices, against rotations around each axis."""
    white = principal(np.random.default_rng(seed).laplace(size=(3, 400)) ** 3)

    def contrast(z: np.ndarray) -> float:
        total = 0.0
        for p in range(3):
            for q in range(3):
                e = np.zeros((3, 3))
                e[p, q] = 1.0
                moment = sum(float(c @ e @ c) * np.outer(c, c) for c in z.T) / z.shape[1]
                total += float((np.diag(moment - e - e.T - np.trace(e) * np.eye(3)) ** 2).sum())
        return total

    found = jade(white)
    best = contrast(found)
    for axis in range(3):
        for angle in (-0.05, 0.05):
            a, b = [k for k in range(3) if k != axis]
            turned = found.copy()
            turned[a] = np.cos(angle) * found[a] - np.sin(angle) * found[b]
            turned[b] = np.sin(angle) * found[a] + np.cos(angle) * found[b]
            assert contrast(turned) <= best * (1 + 1e-9)


def test_ica_keeps_sign_and_component_under_noise() -> None:
    light = 0.01 * np.sign(np.sin(2 * np.pi * 0.31 * T))
    for seed in range(12):
        noise = 0.05 * np.random.default_rng(seed).standard_normal((T.size, 3))
        wave = ica_waveform(colours(PULSE, light) + noise, FS)
        assert np.corrcoef(wave, PULSE)[0, 1] > 0.9, seed


def test_principal_components_are_white_and_the_pulse_is_chosen() -> None:
    rng = np.random.default_rng(2)
    mixed = rng.standard_normal((3, 3)) @ rng.standard_normal((3, 500))
    white = principal(mixed - mixed.mean(axis=1, keepdims=True))
    np.testing.assert_allclose(white @ white.T / 500, np.eye(3), atol=1e-9)
    noise = rng.standard_normal((2, 600))
    chosen = most_pulsatile(np.stack([noise[0], PULSE, noise[1]]), FS)
    np.testing.assert_array_equal(chosen, PULSE)
