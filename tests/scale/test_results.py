"""Results of a corpus are kept on the disk, and written in order, in bounded parts."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from sspd.methods.registry import get_method
from sspd.pipeline.batch import BatchResult
from sspd.pipeline.batch.result import Task
from sspd.scale import shards
from sspd.scale.inputs import Row
from sspd.scale.results import write_results
from sspd.scale.run import CorpusRun
from sspd.scale.shards import write_shards
from sspd.scale.spool import Spool, SpooledResult
from sspd.types import MeasureOptions, Vitals, WindowVitals
from sspd.utils.stores import Stores


def night(name: str, n_windows: int) -> Vitals:
    windows = [
        WindowVitals(30.0 * k, 30.0 * k + 30, 60.0, 60.0, 5.0, 0.1, False, ("motion",))
        for k in range(n_windows)
    ]
    return Vitals(name, "pos", None, 30.0 * n_windows, 30.0, tuple(windows), ("motion",))


def test_shards_are_the_same_however_few_windows_are_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra scale")
    from pyarrow import parquet

    results = [SpooledResult((night(f"{k}.mp4", 40),), {"subject": k}) for k in range(7)]
    tables = []
    for most in 10**6, 50, 1:
        monkeypatch.setattr(shards, "GROUP_WINDOWS", most)
        monkeypatch.setattr(shards, "SHARD_ROWS", 4)
        place = tmp_path / str(most)
        assert write_shards(iter(results), {"subject": "int"}, str(place), Stores()) == 2
        tables.append(parquet.read_table(place).to_pylist())
    assert tables[0] == tables[1] == tables[2]
    assert [row["subject"] for row in tables[0]] == list(range(7))
    assert len(tables[0][3]["windows"]) == 40 and tables[0][3]["reasons"] == ["motion"]


def test_a_corpus_without_videos_has_the_columns(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra scale")
    from pyarrow import parquet

    place = tmp_path / "shards"
    place.mkdir()
    (place / "part-000001.parquet").write_bytes(b"of a longer run")
    (place / "notes.txt").write_text("not ours")
    assert write_shards(iter([]), {"subject": "text"}, str(place), Stores()) == 1
    assert {path.name for path in place.iterdir()} == {"part-000000.parquet", "notes.txt"}
    assert "subject" in parquet.read_table(place / "part-000000.parquet").column_names


def test_names_of_files_count_on_for_each_name() -> None:
    spool = Spool()
    assert [spool.count_name(name) for name in ("a", "\udcff", "a", "A")] == [1, 1, 2, 1]
    spool.close()


def peak_of(n: int, folder: Path) -> int:
    """Most bytes of Python's while n videos, none of which is there, are measured and written."""

    def engine(tasks: Iterator[Task]) -> Iterator[BatchResult]:
        for task in tasks:
            assert run.in_flight == 1
            yield BatchResult(task.index, night(task.video, 2))

    run = CorpusRun(
        rows=(Row(f"s3://bucket/{k % 7}/v.mp4", {"subject": k}) for k in range(n)),
        outputs={"signal": "s3://bucket/s.csv"},
        options=MeasureOptions(method="pos"),
        method=get_method("pos"),
    )
    tracemalloc.start()
    try:
        run.measure(engine)  # type: ignore[arg-type]
        outputs = {"json": str(folder / "a.json"), "csv": str(folder / "a.csv")}
        write_results(run.spool, {"subject": "int"}, outputs, Stores())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        run.spool.close()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_videos(tmp_path: Path) -> None:
    peak_of(20, tmp_path)  # what is imported and kept once
    few, many = peak_of(200, tmp_path), peak_of(2000, tmp_path)
    assert many < 1.2 * few + 20_000
    assert (tmp_path / "a.csv").read_text().count("\n") == 2001
