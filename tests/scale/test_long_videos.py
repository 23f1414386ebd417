"""Long videos of a corpus in parts: the files of a run that measures them as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.pipeline.batch.result import BatchResult, Task, failed
from sspd.report.result import Vitals
from sspd.scale.corpus import measure_corpus
from sspd.scale.long_videos import measure_in_parts


@pytest.fixture(scope="module")
def long_folder(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """A long video, a short and a broken one."""
    place = tmp_path_factory.mktemp("long")
    for name, seconds in (("long.mp4", 95.0), ("short.mp4", 12.0)):
        t = np.arange(round(15 * seconds)) / 15
        how: dict[str, Any] = {"options": {"crf": "16", "g": "45"}, "rate": 15}
        write_video(place / name, beating_frames(t, 1.2), t, **how)
    (place / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(3000))
    return place


def files_of(out: Path) -> dict[str, bytes]:
    found = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    found["o.json"] = re.sub(rb'"timing_s": \{[^}]*\}', b"", found["o.json"])
    return found


def measured(folder: Path, out: Path, **more: Any) -> dict[str, bytes]:
    outputs = {"json": out / "o.json", "csv": out / "o.csv", "signal": out / "s.csv"}
    summary = measure_corpus(folder, outputs=outputs, method="pos", box=tuple(SKIN_BOX), **more)
    assert (summary.videos, summary.failed) == (3, 1)
    return files_of(out)


@pytest.mark.slow
def test_workers_that_share_a_video_write_the_files_of_one(
    long_folder: Path, tmp_path: Path
) -> None:
    (one := tmp_path / "whole").mkdir()
    (other := tmp_path / "parts").mkdir()
    whole = measured(long_folder, one, engine="local", jobs=2, split_s=0.0)
    parts = measured(long_folder, other, engine="local", jobs=2, split_s=30.0)
    assert parts == whole
    assert b"s-long.csv" in b" ".join(name.encode() for name in whole)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_actors_that_share_a_video_write_the_files_of_one(
    long_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="needs ray, of the extra scale")
    (one := tmp_path / "whole").mkdir()
    (other := tmp_path / "parts").mkdir()
    whole = measured(long_folder, one, engine="local", jobs=2, split_s=0.0)
    parts = measured(long_folder, other, engine="ray", jobs=2, split_s=30.0)
    assert parts == whole


def answers(replies: dict[str, Any]) -> tuple[Callable[..., Any], list[Task]]:
    """An engine that answers by what is asked, and what it was asked."""
    asked: list[Task] = []

    def engine(tasks: Iterator[Task | None]) -> Generator[BatchResult, None, None]:
        for task in tasks:
            assert task is not None  # nothing is in flight here
            asked.append(task)
            kind = "whole" if task.part is None else next(iter(task.part))
            part = replies.get(kind)
            nothing = Vitals(task.video, "pos", None, 0.0, None, ())
            if part == "fails":
                yield failed(task, "pos", None, ValueError("no"))
            else:
                yield BatchResult(task.index, nothing, part=part)

    return engine, asked


RANGES = [[0.0, 30.0, None], [30.0, None, [30.0, []]]]


@pytest.mark.parametrize(
    ("replies", "kinds"),
    [
        ({}, ["split_s"]),
        ({"split_s": {"parts": [RANGES[0]], "end_s": 60.0}}, ["split_s", "whole"]),
        ({"split_s": {"parts": RANGES}}, ["split_s", "whole"]),
        ({"split_s": {"parts": "all", "end_s": 60.0}}, ["split_s", "whole"]),
        (
            {"split_s": {"parts": RANGES, "end_s": 60.0}, "range": "fails"},
            ["split_s", "range", "whole"],
        ),
        (
            {"split_s": {"parts": RANGES, "end_s": 60.0}, "range": {"facts": 3}},
            ["split_s", "range", "whole"],
        ),
        (
            {
                "split_s": {"parts": RANGES, "end_s": 60.0},
                "range": {"facts": {"range": [0.0, 99.0, None]}, "segments": []},
            },
            ["split_s", "range", "whole"],
        ),
    ],
)
def test_whatever_a_worker_answers_there_is_one_result(
    replies: dict[str, Any], kinds: list[str]
) -> None:
    engine, asked = answers(replies)
    tasks = [Task(4, "a.mp4", {"signal": "s.csv"}), Task(9, "b.mp4")]
    found = list(measure_in_parts(engine, 30.0, False, iter(tasks)))
    assert [(done.index, done.vitals.source) for done in found] == [(4, "a.mp4"), (9, "b.mp4")]
    seen = ["whole" if task.part is None else next(iter(task.part)) for task in asked]
    assert seen == kinds * 2
    # a part writes no files: only what brings a result does
    assert all(task.outputs == {} for task in asked if task.part and "range" in task.part)
    assert len({task.index for task in asked}) == len(asked)
