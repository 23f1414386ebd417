"""A function over many items on Ray: what the processes of this machine give."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import sspd
from sspd.errors import ClusterError, SSPDError, UsageError
from sspd.research.api.train_on_ray import environment_of
from sspd.scale.mapping import mapping_of, ray_map
from sspd.scale.session import ray_session
from sspd.utils.process_map import Words, process_map


class StoppedError(Exception):
    """The end of the steps: what follows them takes minutes, whoever started the processes."""


WORDS = Words(str, "nothing is kept")


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """Ray on this machine, two cores, for all tests of this file."""
    pytest.importorskip("ray", reason="needs ray, of the extra scale")
    with ExitStack() as stack:
        for left in (2, 1, 0):
            try:
                module = stack.enter_context(ray_session(None, 2, lambda line: None))
                break
            except ClusterError:  # Ray gives itself 30 s to start, too few on a busy machine
                if not left:
                    raise
        yield module


def test_an_engine_that_is_none_is_refused() -> None:
    assert mapping_of("local") is process_map
    for engine, address in (("soup", None), ("local", "10.0.0.5:6379")):
        with pytest.raises(UsageError):
            mapping_of(engine, address)


def test_nothing_to_do_starts_nothing() -> None:
    assert list(ray_map(abs, [], 2, WORDS)) == []


@pytest.mark.parametrize("command", ["simulate", "evaluate", "train"])
def test_an_address_without_ray_is_wrong_usage(command: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    calls: dict[str, Any] = {
        "simulate": partial(sspd.simulate, tmp_path, 1, address="a:1"),
        "evaluate": partial(sspd.evaluate, "ubfc-rppg:/none", tmp_path, ["pos"], address="a:1"),
        "train": partial(sspd.train, tmp_path / "data", out=tmp_path / "out", address="a:1"),
    }
    with pytest.raises(UsageError, match="needs the engine ray"):
        calls[command]()


def test_the_environment_is_that_of_torchrun() -> None:
    every = [environment_of(rank, 2, 2, ("10.0.0.5", 29400)) for rank in range(4)]
    assert [e["RANK"] for e in every] == ["0", "1", "2", "3"]
    assert [e["LOCAL_RANK"] for e in every] == ["0", "1", "0", "1"]
    assert [e["GROUP_RANK"] for e in every] == ["0", "0", "1", "1"]
    same = {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2", "GROUP_WORLD_SIZE": "2"}
    same |= {"MASTER_ADDR": "10.0.0.5", "MASTER_PORT": "29400"}
    assert all(same.items() <= e.items() for e in every)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
class TestOnRay:
    def test_results_are_those_of_this_machine(self, ray: Any) -> None:
        items = [4.0, 9.0, 16.0, 25.0, 36.0]
        found = dict(ray_map(math.sqrt, iter(items), 2, WORDS))
        assert found == dict(process_map(math.sqrt, items, 1, WORDS))
        assert dict(ray_map(math.sqrt, items, 0, WORDS)) == found

    def test_an_error_is_raised_as_it_is(self, ray: Any) -> None:
        with pytest.raises(ValueError, match=r"math domain error|nonnegative") as caught:
            list(ray_map(math.sqrt, [-1.0], 2, WORDS))
        assert caught.value.__notes__ == ["on a cluster, at -1.0"]

    def test_what_kills_its_worker_three_times_is_named(self, ray: Any) -> None:
        notes: list[str] = []
        with pytest.raises(SSPDError, match="7: its worker process died; nothing is kept"):
            list(ray_map(os._exit, [7], 2, WORDS, note=notes.append))
        assert len(notes) == 2
        assert all(note.startswith("7: its worker ended") for note in notes)

    def test_simulated_videos_are_those_of_this_machine(self, ray: Any, tmp_path: Path) -> None:
        how: dict[str, Any] = {"seconds": 1.0, "size": (160, 120), "fps": 10.0, "preset": "still"}
        sspd.simulate(tmp_path / "here", 3, **how)
        made = sspd.simulate(tmp_path / "there", 3, engine="ray", jobs=0, **how)
        assert made.n_written == 3

        def files(out: Path) -> dict[str, bytes]:
            found = [path for path in out.rglob("*") if path.is_file()]
            return {str(path.relative_to(out)): path.read_bytes() for path in found}

        here, there = files(tmp_path / "here"), files(tmp_path / "there")
        assert here == there
        assert len(here) > 3

    def test_scores_are_those_of_this_machine(self, ray: Any, tmp_path: Path) -> None:
        how: dict[str, Any] = {"seconds": 12.0, "size": (320, 240), "fps": 15.0, "seed": 5}
        sspd.simulate(tmp_path / "data", 2, layout="ubfc-rppg", **how)
        data = f"ubfc-rppg:{tmp_path / 'data'}"
        here = sspd.evaluate(data, tmp_path / "here", ["pos", "green"])
        there = sspd.evaluate(data, tmp_path / "there", ["pos", "green"], engine="ray", jobs=0)
        assert there.failures == here.failures == ()
        assert there.table.replace("there", "here") == here.table
        windows = "windows.csv"
        assert (tmp_path / "there" / windows).read_bytes() == (
            tmp_path / "here" / windows
        ).read_bytes()

    def test_a_training_of_two_processes(self, ray: Any, tmp_path: Path) -> None:
        pytest.importorskip("lightning_fabric", reason="needs lightning-fabric")
        from dataclasses import replace

        from helpers.tiny_recipe import TINY
        from sspd.research.train.log import read_metrics

        sspd.simulate(tmp_path / "faces", 4, layout="faces", seconds=4.0, size=(160, 120), fps=15.0)
        recipe = replace(TINY, steps=3, batch=4, crop_px=151)
        notes: list[str] = []

        seen: list[str] = []

        def progress(what: str, done: int, total: int) -> None:
            training = what.startswith("Training")
            if (training and total and done >= 3) or (not training and "Training" in seen):
                raise StoppedError
            seen.append(what.split(",")[0])

        curves = []
        for name, more in (("one", {}), ("two", {"engine": "ray", "devices": 2})):
            how: dict[str, Any] = {"device": "cpu", "notice": notes.append, "progress": progress}
            seen.clear()
            with suppress(StoppedError):  # a quick training ends before it is told to
                sspd.train(tmp_path / "faces", recipe, tmp_path / name, **how, **more)
            curves.append([row["loss/total"] for row in read_metrics(tmp_path / name)][:3])
        assert len(curves[0]) == len(curves[1]) == 3
        assert curves[1][0] == pytest.approx(curves[0][0], rel=1e-3)
        # a first step with Adam moves each weight by the sign of its gradient, however small
        assert curves[1] == pytest.approx(curves[0], rel=1e-2)
        assert any("training" in line for line in notes)
