"""One contract for all methods: time, rate, sign, pieces, and nothing out of nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers.beating_faces import beating
from sspd.errors import UsageError, WeightsError
from sspd.methods import Method, citation, get_method, method_names, needs, takes_weights
from sspd.methods.method import ANY_LIGHT, COLOUR
from sspd.models.baselines import Baseline
from sspd.network.export import export_onnx
from sspd.research.recipes import TRAINED_METHODS, get_baseline
from sspd.signal import bandpass, peak_frequency
from sspd.types import FaceSegment, Frames

NETWORKS = [name for name in method_names() if takes_weights(name)]
#: Networks want faces that look like faces: tests of their own give them some.
COLOUR_METHODS = [name for name in method_names() if name not in NETWORKS]


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Weights of every network that none come with, small, as training writes them."""
    folder = tmp_path_factory.mktemp("untrained")
    found = {}
    for name in TRAINED_METHODS:
        spec = replace(get_baseline(f"{name}-laptop").network, size=32, clip=60, name="untrained")
        torch.manual_seed(0)
        found[name] = folder / f"{name}.onnx"
        export_onnx(Baseline(spec).eval(), found[name])
    return found


def made(name: str, untrained: dict[str, Path]) -> Method:
    return get_method(name, weights=untrained.get(name), threads=1)


@pytest.fixture(scope="session", params=method_names())
def method(request: pytest.FixtureRequest, untrained: dict[str, Path]) -> Method:
    return made(request.param, untrained)


@pytest.fixture(scope="session", params=COLOUR_METHODS)
def colour(request: pytest.FixtureRequest) -> Method:
    return get_method(request.param)


@pytest.fixture(scope="session", params=TRAINED_METHODS)
def network(request: pytest.FixtureRequest, untrained: dict[str, Path]) -> Method:
    return made(request.param, untrained)


def sine(hz: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda t: np.sin(2 * np.pi * hz * t)


def skin(t: np.ndarray, hz: float, size: int = 8) -> Frames:
    return speckled(beating(t, sine(hz), size))


def speckled(segment: FaceSegment) -> Frames:
    """Skin whose pixels differ in colour, as skin's do: 2SR lives from it."""
    rgb = segment.faces.rgb.astype(np.float64)
    spots = np.random.default_rng(3).uniform(0.8, 1.2, (1, *rgb.shape[1:3], 3))
    return Frames((rgb * spots).round().astype(np.uint16), segment.faces.t, 65280)


def rate_hz(values: np.ndarray) -> float:
    return peak_frequency(bandpass(values, 30.0, (0.5, 4.0)), 30.0, (0.6, 3.6))


@pytest.mark.slow
def test_a_method_says_what_it_is(method: Method) -> None:
    assert method.name in method_names() and method.citation == citation(method.name)
    assert method.needs == needs(method.name)
    assert (method.weights is not None) == takes_weights(method.name)
    assert takes_weights(method.name) == ("weights" in method.needs)
    assert method.fs > 0 and method.size > 0


@pytest.mark.parametrize("fps", [15.0, 24.0, 29.97, 30.0, 60.0])
def test_rate_time_and_sign_at_every_frame_rate(colour: Method, fps: float) -> None:
    t = 5.0 + np.arange(int(20 * fps)) / fps
    wave = colour.run([skin(t, 1.3)])
    assert wave is not None
    assert (wave.fs, wave.start_s) == (30.0, 5.0)
    assert wave.duration_s == pytest.approx(20.0, abs=0.11)
    assert rate_hz(wave.values) == pytest.approx(1.3, abs=0.01)
    # It rises with the blood volume, without delay.
    kept = bandpass(wave.values, 30.0, (0.5, 4.0))[60:-60]
    assert np.corrcoef(kept, sine(1.3)(wave.t)[60:-60])[0, 1] > 0.85


def test_uneven_timestamps(colour: Method) -> None:
    t = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.05, 600))
    wave = colour.run([skin(t, 1.7)])
    assert wave is not None and rate_hz(wave.values) == pytest.approx(1.7, abs=0.01)


@pytest.mark.parametrize("n", [0, 1, 2, 20])
def test_too_few_pictures_give_none(colour: Method, n: int) -> None:
    faces = skin(np.arange(30) / 30, 1.0)
    assert colour.run([Frames(faces.rgb[:n], faces.t[:n], 65280)]) is None


def test_pieces_of_any_length_are_the_whole(colour: Method) -> None:
    faces = skin(np.arange(400) / 30, 1.1)
    whole = colour.run([faces])
    cuts = [0, 1, 2, 40, 41, 300, 300, 400]
    parts = [Frames(faces.rgb[a:b], faces.t[a:b], faces.max_value) for a, b in pairwise(cuts)]
    pieces = colour.run(parts)
    assert whole is not None and pieces is not None
    np.testing.assert_allclose(pieces.values, whole.values, atol=1e-9)


def test_the_same_faces_give_the_same_bytes(colour: Method) -> None:
    faces = skin(np.arange(300) / 30, 1.1)
    first, second = colour.run([faces]), colour.run([faces])
    assert first is not None and second is not None
    assert first.values.tobytes() == second.values.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("level", [1, 77, 255])
def test_a_constant_has_no_pulse_and_no_nan(method: Method, level: int) -> None:
    size = method.size if takes_weights(method.name) else 8
    rgb = np.full((150, size, size, 3), level, np.uint8)
    wave = method.run([Frames(rgb, np.arange(150) / 30)])
    if wave is not None:
        assert np.isfinite(wave.values).all()
        if not takes_weights(method.name):
            np.testing.assert_array_equal(wave.values, 0.0)


def test_black_faces_are_none_or_flat(colour: Method) -> None:
    wave = colour.run([Frames(np.zeros((150, 8, 8, 3), np.uint8), np.arange(150) / 30)])
    assert wave is None or not wave.values.any()


def test_brightness_leaves_the_rate_alone(colour: Method) -> None:
    faces = skin(np.arange(600) / 30, 1.45)
    rates = []
    for scale in (0.4, 1.0):
        rgb = (faces.rgb * scale).round().astype(np.uint16)
        wave = colour.run([Frames(rgb, faces.t, faces.max_value)])
        assert wave is not None
        rates.append(rate_hz(wave.values))
    assert rates[0] == pytest.approx(rates[1], abs=0.1 / 60)


def test_a_grey_video_is_flat_for_methods_of_colour_and_read_by_the_others(colour: Method) -> None:
    """Near infrared comes as three equal channels."""
    faces = skin(np.arange(600) / 30, 1.2)
    grey = np.repeat(faces.rgb[..., 1:2], 3, axis=3)
    wave = colour.run([Frames(grey, faces.t, faces.max_value)])
    if colour.needs == COLOUR:
        assert wave is None or not wave.values.any()
    else:
        assert colour.needs == ANY_LIGHT and wave is not None
        assert rate_hz(wave.values) == pytest.approx(1.2, abs=0.01)


def noisy(t: np.ndarray, size: int) -> Frames:
    rng = np.random.default_rng(4)
    return Frames(rng.integers(60, 200, (t.size, size, size, 3)).astype(np.uint8), t)


@pytest.mark.slow
@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_networks_give_a_value_a_step_of_their_grid(network: Method, fps: float) -> None:
    t = 5.0 + np.arange(int(4 * fps)) / fps
    wave = network.run([noisy(t, network.size)])
    assert wave is not None and wave.fs == 30.0
    assert 5.0 <= wave.start_s <= 5.0 + 1.01 / 30
    assert wave.duration_s == pytest.approx(4.0, abs=0.15)
    assert np.isfinite(wave.values).all() and wave.values.std() > 0


@pytest.mark.slow
def test_networks_take_pieces_for_the_whole_and_are_the_same_again(network: Method) -> None:
    faces = noisy(np.arange(150) / 30, network.size)
    whole, again = network.run([faces]), network.run([faces])
    cuts = [0, 1, 40, 40, 130, 150]
    parts = [Frames(faces.rgb[a:b], faces.t[a:b]) for a, b in pairwise(cuts)]
    pieces = network.run(parts)
    assert whole is not None and again is not None and pieces is not None
    assert whole.values.tobytes() == again.values.tobytes()
    np.testing.assert_allclose(pieces.values, whole.values, atol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 60])
def test_networks_give_none_for_less_than_a_clip(network: Method, n: int) -> None:
    assert network.run([noisy(np.arange(n) / 30, network.size)]) is None


def test_brightness_hardly_changes_what_networks_give(network: Method) -> None:
    faces = noisy(np.arange(90) / 30, network.size)
    darker = Frames((faces.rgb * 0.7).round().astype(np.uint8), faces.t)
    bright, dark = network.run([faces]), network.run([darker])
    assert bright is not None and dark is not None
    assert np.corrcoef(bright.values, dark.values)[0, 1] > 0.95


def test_networks_without_weights_say_how_to_get_some(untrained: dict[str, Path]) -> None:
    for name in TRAINED_METHODS:
        with pytest.raises(UsageError, match=f"--recipe {name}-laptop"):
            get_method(name)
    with pytest.raises(WeightsError, match="holds a 'physnet', the method needs a 'can'"):
        get_method("can", weights=untrained["physnet"])
    with pytest.raises(WeightsError, match="not a network exported by sspd"):
        get_method("sspd", weights=untrained["physnet"])
