"""The equalizer in the facts of weights: bounded, checked, and absent from older files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from helpers.networks import measuring_network
from sspd.errors import UsageError, WeightsError
from sspd.models.checkpoint import load_checkpoint, save_checkpoint
from sspd.models.spec import NetworkSpec
from sspd.network import load_network
from sspd.network.load import shipped_weights
from sspd.types import EqualizerSpec
from sspd.types.equalizer import DELAY_KEY, MOST_TAPS

ONE = EqualizerSpec((0.25, 0.5, 0.25), 0.0125)
HOSTILE: list[Any] = [
    [],
    "taps",
    {},
    {"taps": []},
    {"taps": "111"},
    {"taps": {"0": 1.0}},
    {"taps": [1.0, 1.0]},
    {"taps": [0.1] * (MOST_TAPS + 2)},
    {"taps": [0.2, 1.0, 0.1]},
    {"taps": [[1.0]]},
    {"taps": ["1"]},
    {"taps": [True]},
    {"taps": [None]},
    {"taps": [math.nan]},
    {"taps": [math.inf]},
    {"taps": [1e300, 1.0, 1e300]},
    {"taps": [0.0, 0.0, 0.0]},  # removes the pulse
    {"taps": [-1.0]},  # turns it over
    {"taps": [-0.5, 1.0, -0.5]},  # leaves noise alone
    {"taps": [99.0]},
    {"taps": [1.0], "delay_s": 1.0},
    {"taps": [1.0], "delay_s": "0"},
    {"taps": [1.0], "delay_s": math.nan},
    {"taps": [1.0], DELAY_KEY: 1.0},
    {"taps": [1.0], DELAY_KEY: "0"},
    {"taps": [1.0], DELAY_KEY: math.nan},
    {"taps": [1.0], "more": 1},
]


@pytest.mark.parametrize("facts", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_equalizer_is_rejected_in_one_line(facts: Any) -> None:
    with pytest.raises(UsageError, match="equalizer") as error:
        NetworkSpec.from_dict({"fs": 30.0, "equalizer": facts})
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


def test_a_file_with_a_hostile_equalizer_is_rejected(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    network = measuring_network()
    facts = network.spec.to_dict() | {"equalizer": {"taps": [0.2, 1.0, 0.1]}}
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    path = tmp_path / "hostile.safetensors"
    save_file(tensors, path, metadata={"format": "sspd-1", "network": json.dumps(facts)})
    with pytest.raises(WeightsError, match="taps must be symmetric"):
        load_checkpoint(path)


def test_an_equalizer_is_kept_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_checkpoint(measuring_network(equalizer=ONE), path)
    assert load_checkpoint(path)[0].spec.equalizer == ONE
    spec = NetworkSpec(fs=30.0, equalizer=ONE)
    assert NetworkSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(("summations", "delay_s"), [(0, 0.0156), (1, -0.0011), (2, -0.0177)])
def test_older_files_counted_half_a_step_for_each_integration(
    summations: int, delay_s: float
) -> None:
    older = {"taps": [0.25, 0.5, 0.25], "delay_s": 0.0156}
    facts = {"fs": 30.0, "summations": summations, "equalizer": older}
    spec = NetworkSpec.from_dict(facts)
    assert spec.equalizer is not None
    assert spec.equalizer.delay_s == pytest.approx(delay_s, abs=1e-4)
    # the pulse that is shown stays where it was: half a step for each, less its delay
    shown_steps = 0.5 + 0.5 * summations - 0.0156 * 30
    assert spec.lag_steps == pytest.approx(shown_steps)
    assert NetworkSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize("facts", [{}, {"equalizer": None}])
def test_older_files_have_none(facts: dict[str, Any]) -> None:
    assert NetworkSpec.from_dict({"fs": 30.0, **facts}).equalizer is None
    assert "equalizer" not in NetworkSpec(fs=30.0).to_dict()


def test_both_files_of_the_package_have_the_same_equalizer() -> None:
    pytest.importorskip("torch")
    spec = load_network().spec
    assert spec.equalizer is not None
    assert load_checkpoint(shipped_weights(".safetensors"))[0].spec == spec
    one, two = spec.equalizer.gain([0.7, 2.0], spec.fs)
    assert one > 2 * two, "slow hearts are raised"
