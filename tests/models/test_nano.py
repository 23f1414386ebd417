"""The small streaming network: the same in pieces, causal, and as small as it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from helpers.networks import NANO, measuring_network, nano_network, random_faces
from sspd.errors import UsageError, WeightsError
from sspd.models.checkpoint import load_any, load_checkpoint, load_nano, save_checkpoint
from sspd.models.nano import NanoNetwork, NanoOutput, whole_waveform
from sspd.models.nano_parts import gains, running_mean
from sspd.models.nano_spec import MOST_LATENCY_S, MOST_STATE_BYTES, NanoSpec
from sspd.research.evaluate.operation_count import count_parameters, multiply_adds_per_frame
from sspd.research.recipes import STUDENTS
from sspd.types import ConfidenceSpec, EqualizerSpec

#: The network that is trained.
OURS = STUDENTS["nano"].network
MOST_MULTIPLY_ADDS, MOST_PARAMETERS = 15e6, 150_000


def tensor(faces: NDArray[np.float32]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(faces.transpose(0, 3, 1, 2)))[None]


@torch.no_grad()
def in_pieces(network: NanoNetwork, faces: torch.Tensor, lengths: list[int]) -> NanoOutput:
    state, outputs, at = None, [], 0
    for n in lengths:
        out = network(faces[:, at : at + n], state)
        state, at = out.state, at + n
        outputs.append(out)
    assert state is not None and at == faces.shape[1]
    waves, features = (
        torch.cat([getattr(out, name) for out in outputs], dim=1) for name in ("wave", "features")
    )
    return NanoOutput(waves, features, state)


@pytest.mark.parametrize("lengths", [[1] * 90, [7] * 12 + [6], [60, 30], [1, 88, 1]])
def test_pieces_of_any_length_give_what_the_whole_gives(lengths: list[int]) -> None:
    network, faces = nano_network(), tensor(random_faces(90))
    with torch.no_grad():
        whole = network(faces)
    assert whole.wave.std() > 0.01  # an empty network would agree too
    for found, wanted in zip(in_pieces(network, faces, lengths), whole, strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_nothing_later_changes_a_value_and_what_is_earlier_does() -> None:
    network, faces = nano_network(), tensor(random_faces(60))
    other = faces.clone()
    other[:, 40] += 30
    with torch.no_grad():
        one, two = network(faces).wave[0], network(other).wave[0]
    torch.testing.assert_close(one[:40], two[:40], atol=0, rtol=0)
    assert (one[40:] - two[40:]).abs().max() > 1e-3


def test_videos_of_a_batch_do_not_see_each_other() -> None:
    network = nano_network()
    one, two = (tensor(random_faces(20, seed=seed)) for seed in (1, 2))
    with torch.no_grad():
        both = network(torch.cat([one, two]))
        torch.testing.assert_close(both.wave[1:], network(two).wave, atol=1e-5, rtol=1e-5)


def test_a_still_face_has_no_pulse() -> None:
    network, still = nano_network(), tensor(random_faces(1).repeat(150, axis=0))
    with torch.no_grad():
        wave = network(still).wave[0]
        assert float(wave[120:].std()) < 1e-3 < float(network(tensor(random_faces(150))).wave.std())
    assert torch.isfinite(wave).all()


def test_a_running_mean_is_the_slow_formula() -> None:
    values = np.random.default_rng(0).normal(size=50)
    weights = gains(torch.zeros(1, 1), 50, 30.0, 0.5)
    means, last = running_mean(torch.from_numpy(values)[None], torch.zeros(1), weights.double())
    mean, slow = 0.0, []
    for k, value in enumerate(values):
        share = max(1 / (k + 1), 1 / (0.5 * 30 + 1))
        mean = (1 - share) * mean + share * value
        slow.append(mean)
    np.testing.assert_allclose(means[0].numpy(), slow, rtol=1e-6)
    assert last.item() == means[0, -1].item()
    np.testing.assert_allclose(slow[9], values[:10].mean())  # the first ones count alike


def test_the_work_of_a_frame_is_counted_and_small() -> None:
    spec = OURS
    side, half, v, w = spec.map_size, spec.size // 2, spec.values, spec.width
    c, regions = spec.regions, side * side
    by_hand = (
        9 * 6 * 16 * half**2 + 9 * 16 * c * regions  # changes
        + 2 * 3 * c * c * regions + 9 * c * c * regions + c * v * regions
        + 9 * 3 * 12 * half**2 + 9 * 12 * 16 * regions + 9 * 16 * 16 * regions  # looks
        + (16 + 2 * v // 3) * 24 * regions + 24 * spec.heads * regions  # reliability
        + spec.heads * v * regions + spec.heads * v * w
        + len(spec.dilations) * (3 * w * 2 * w + w * w) + w * w // 2 + w // 2
    )  # fmt: skip
    network = NanoNetwork(spec)
    assert multiply_adds_per_frame(network) == by_hand < MOST_MULTIPLY_ADDS
    assert count_parameters(network) < MOST_PARAMETERS
    assert spec.state_bytes <= MOST_STATE_BYTES
    assert 0 < spec.latency_s <= MOST_LATENCY_S


def test_the_largest_settings_stay_within_what_is_promised() -> None:
    """No file can ask for a state beyond the limit, whatever it says."""
    for size in (36, 48, 72):
        for regions in (8, 64):
            try:
                spec = NanoSpec(fs=30.0, size=size, regions=regions)
            except UsageError as error:
                assert "too large" in str(error)
            else:
                assert spec.state_bytes <= MOST_STATE_BYTES


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"size": 34}, "size"),
        ({"size": 46}, "multiple of 4"),
        ({"size": 76}, "size"),
        ({"latency": 16}, "latency"),
        ({"latency": -1}, "latency"),
        ({"latency": True}, "latency"),
        ({"values": 25}, "values"),
        ({"dilations": ()}, "dilations"),
        ({"dilations": (1, 65)}, "dilation"),
        ({"dilations": 4}, "dilations"),
        ({"regions": 1.5}, "regions"),
        ({"width": 1000}, "width"),
        ({"heads": 0}, "heads"),
        ({"fs": float("nan")}, "fs"),
        ({"name": "a\nb"}, "name"),
        ({"follow": 1}, "follow"),
        ({"regions": 64, "size": 72}, "state"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        replace(OURS, **wrong)
    with pytest.raises(UsageError):
        NanoSpec.from_dict({**OURS.to_dict(), **wrong})


def test_settings_come_back_from_a_file(tmp_path: Path) -> None:
    equalizer = EqualizerSpec((0.25, 0.5, 0.25), 0.02)
    confidence = ConfidenceSpec(1.0, (("snr_db", 0.5),))
    network = nano_network(equalizer=equalizer, confidence=confidence, name="mine", latency=9)
    save_checkpoint(network, tmp_path / "nano.safetensors", {"recipe": "nano"})
    found, made_by = load_nano(tmp_path / "nano.safetensors")
    assert found.spec == network.spec and made_by == {"recipe": "nano"}
    assert isinstance(load_any(tmp_path / "nano.safetensors"), NanoNetwork)
    for name, value in network.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)


def test_files_of_other_networks_are_told_apart(tmp_path: Path) -> None:
    save_checkpoint(nano_network(), tmp_path / "nano.safetensors")
    save_checkpoint(measuring_network(), tmp_path / "sspd.safetensors")
    with pytest.raises(WeightsError, match="of the small network nano"):
        load_checkpoint(tmp_path / "nano.safetensors")
    with pytest.raises(WeightsError, match="it is one of sspd"):
        load_nano(tmp_path / "sspd.safetensors")
    with pytest.raises(UsageError, match="another network"):
        NanoSpec.from_dict({**OURS.to_dict(), "network": "physnet"})
    with pytest.raises(UsageError, match="unknown network settings"):
        NanoSpec.from_dict({**OURS.to_dict(), "layers": 3})


def test_a_state_of_another_network_and_other_faces_are_refused() -> None:
    network, other = nano_network(), nano_network(width=32)
    state = other(tensor(random_faces(2))).state
    with pytest.raises(UsageError, match="the state of the network"):
        network(tensor(random_faces(2)), state)
    with pytest.raises(UsageError, match="takes faces"):
        network(tensor(random_faces(2, size=40)))


@pytest.mark.parametrize("latency", [0, 7])
def test_the_latency_is_taken_out_of_a_whole_waveform(latency: int) -> None:
    network, faces = nano_network(latency=latency), tensor(random_faces(40))
    with torch.no_grad():
        wave, late = whole_waveform(network, faces), network(faces).wave
    assert wave.shape == (1, 40) and NANO.lag_steps == 0
    torch.testing.assert_close(wave[:, : 40 - latency], late[:, latency:], atol=1e-5, rtol=1e-5)
