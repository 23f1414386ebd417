from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sspd.errors import OutputError, TrainingError, WeightsError
from sspd.research.recipes import Recipe
from sspd.research.train.state import (
    KEPT_STATES,
    TrainingState,
    _with_checksum,
    load_newest,
    new_state,
    read_state_file,
    save_state,
    saved_steps,
    state_file,
)

CPU = torch.device("cpu")
#: Key of the identity -> its name in messages, where they differ.
SAID = {"films": "videos"}
IDENTITY = {"recipe": {"batch": 2, "band": (0.5, 3.0)}, "seed": 0, "films": ["a"], "init": None}


def _moved(recipe: Recipe) -> TrainingState:
    """A state after an optimiser step on random gradients."""
    state = new_state(recipe, 0, CPU)
    for parameter in state.online.parameters():
        parameter.grad = torch.randn_like(parameter)
    state.optimiser.step()
    for buffer in (*state.online.buffers(), *state.target.buffers()):
        buffer.add_(1)
    state.step, state.elapsed_s = 7, 12.5
    return state


def _tensors(state: TrainingState) -> list[torch.Tensor]:
    found = [t for m in state.modules().values() for t in m.state_dict().values()]
    for slots in state.optimiser.state.values():
        found += [slots["exp_avg"], slots["exp_avg_sq"], slots["step"]]
    return found


@pytest.mark.slow
def test_both_networks_start_equal_and_the_target_without_gradients(tiny: Recipe) -> None:
    state = new_state(tiny, 3, CPU)
    pairs = zip(state.online.state_dict().values(), state.target.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert all(p.requires_grad for p in state.online.parameters())
    assert not any(p.requires_grad for p in state.target.parameters())
    assert state.online.training
    assert state.target.training
    again, other = new_state(tiny, 3, CPU), new_state(tiny, 4, CPU)
    first = next(state.online.measuring.backbone.blocks[0].conv1.parameters())
    assert torch.equal(first, next(again.online.measuring.backbone.blocks[0].conv1.parameters()))
    assert not torch.equal(
        first, next(other.online.measuring.backbone.blocks[0].conv1.parameters())
    )


def test_a_state_comes_back_to_the_bit(tiny: Recipe, tmp_path: Path) -> None:
    state = _moved(tiny)
    save_state(state, tmp_path, IDENTITY)
    back = new_state(tiny, 99, CPU)
    load_newest(back, tmp_path, IDENTITY)
    assert (back.step, back.elapsed_s) == (7, 12.5)
    pairs = list(zip(_tensors(state), _tensors(back), strict=True))
    assert len(pairs) > 100
    assert all(torch.equal(a, b) for a, b in pairs)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [state_file(tmp_path, 7)]


@pytest.mark.parametrize("key", sorted(IDENTITY))
def test_another_training_is_rejected_by_name(tiny: Recipe, tmp_path: Path, key: str) -> None:
    save_state(new_state(tiny, 0, CPU), tmp_path, IDENTITY)
    with pytest.raises(TrainingError, match=f"had other {SAID.get(key, key)};"):
        load_newest(new_state(tiny, 0, CPU), tmp_path, {**IDENTITY, key: "another"})


def test_damaged_states_are_rejected(tiny: Recipe, tmp_path: Path) -> None:
    state, path = _moved(tiny), state_file(tmp_path, 7)
    save_state(state, tmp_path, IDENTITY)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for bad in (b"", b"x", whole[:100], whole[: len(whole) // 2], whole[:-1], rng.bytes(300)):
        path.write_bytes(bad)
        with pytest.raises(WeightsError, match="not the state of a training") as caught:
            load_newest(new_state(tiny, 0, CPU), tmp_path, IDENTITY)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        [],
        torch.zeros(3),
        {},
        {"identity": 3},
        {"identity": "[]"},
        {"identity": "{"},
        {"optimiser": []},
        {"optimiser": {"state": {}, "param_groups": []}},
        {"step": "many"},
        {"best": 3},
        {"online": None},
        {"target": {"a": torch.zeros(1)}},
    ],
)
def test_states_of_another_shape_are_rejected(tiny: Recipe, tmp_path: Path, content: Any) -> None:
    path = state_file(tmp_path, 7)
    path.parent.mkdir()
    if isinstance(content, dict) and content:
        save_state(_moved(tiny), tmp_path, IDENTITY)
        content = {**read_state_file(path), **content}
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.write_bytes(_with_checksum(buffer.getvalue()))
    with pytest.raises((WeightsError, TrainingError)):
        load_newest(new_state(tiny, 0, CPU), tmp_path, IDENTITY)


@pytest.mark.slow
def test_no_flipped_bit_is_loaded_in_silence(tiny: Recipe, tmp_path: Path) -> None:
    state, rng = _moved(tiny), np.random.default_rng(1)
    for state.step in (7, 8):
        save_state(state, tmp_path, IDENTITY)
    newest = state_file(tmp_path, 8)
    whole = newest.read_bytes()
    places = [*range(0, 100, 9), *rng.integers(0, len(whole), 12)]
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        newest.write_bytes(broken)
        said = load_newest(new_state(tiny, 0, CPU), tmp_path, IDENTITY)
        assert said is not None
        assert "00000008.pt" in said
        assert said.endswith("going on from the state of step 7")
    state_file(tmp_path, 7).write_bytes(broken)
    with pytest.raises(WeightsError, match=r"00000008.pt.*train again, with another --out"):
        load_newest(new_state(tiny, 0, CPU), tmp_path, IDENTITY)


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(os.environ["SSPD_TEST_EVIL"]),))


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_state_does_not_run(
    tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setenv("SSPD_TEST_EVIL", str(tmp_path / "ran"))
    path = state_file(tmp_path, 3)
    path.parent.mkdir()
    if zipped:
        torch.save({"identity": _Evil()}, path)
    else:
        (path).write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(WeightsError, match="not the state of a training"):
        load_newest(new_state(tiny, 0, CPU), tmp_path, IDENTITY)
    assert not (tmp_path / "ran").exists()


def test_the_newest_states_stay_and_the_best(tiny: Recipe, tmp_path: Path) -> None:
    state = _moved(tiny)
    for state.step in range(0, 60, 10):
        if state.step == 20:
            state.best = (20, 1.5)
        save_state(state, tmp_path, IDENTITY)
    assert saved_steps(tmp_path) == [20, *range(60 - 10 * KEPT_STATES, 60, 10)]
    back = new_state(tiny, 99, CPU)
    assert load_newest(back, tmp_path, IDENTITY) is None
    assert (back.step, back.best) == (50, (20, 1.5))


def test_a_damaged_state_is_passed_over_and_said(tiny: Recipe, tmp_path: Path) -> None:
    state = _moved(tiny)
    for state.step in (7, 8):
        save_state(state, tmp_path, IDENTITY)
    newest = state_file(tmp_path, 8)
    newest.write_bytes(newest.read_bytes()[:-20])
    back = new_state(tiny, 99, CPU)
    said = load_newest(back, tmp_path, IDENTITY)
    assert said is not None
    assert "00000008.pt: not the state" in said
    assert said.endswith("going on from the state of step 7")
    assert back.step == 7


def test_a_place_that_cannot_be_written_is_named(tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be made"):
        save_state(new_state(tiny, 0, CPU), tmp_path / "absent", IDENTITY)
