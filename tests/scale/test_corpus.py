"""A corpus gives what the local command gives, to the byte, and loses nothing."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import sspd
from helpers.object_stores import Bucket
from sspd.errors import OutputError, UsageError
from sspd.pipeline.batch import BatchResult
from sspd.report.csv import write_csv
from sspd.report.json import write_json
from sspd.scale import results, shards
from sspd.scale.corpus import measure_corpus

pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra scale")
pytestmark = pytest.mark.slow


def without_times(path: Path) -> str:
    """A JSON of results but for how long each took."""
    return re.sub(r'"timing_s": \{[^}]*\}', "", path.read_text())


def local(folder: Path, out: Path, options: dict[str, Any]) -> None:
    """What `sspd measure` writes of a folder."""
    videos = sorted(folder.rglob("*.mp4"))
    done = sorted(sspd.measure_many(videos, **options), key=lambda one: one.index)
    faces = [face for one in done for face in one.faces]
    write_json(faces, out / "local.json")
    write_csv(faces, out / "local.csv")


def parquet_rows(place: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    return [row for p in sorted(place.iterdir()) for row in parquet.read_table(p).to_pylist()]


def test_results_are_those_of_the_local_command(
    folder: Path, tmp_path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_ROWS", 2)
    local(folder, tmp_path, options)
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "part-000007.parquet").write_bytes(b"of a longer run")
    kinds = {"json": "o.json", "csv": "o.csv", "parquet": "shards", "signal": "s.csv"}
    summary = measure_corpus(
        folder,
        engine="local",
        jobs=2,
        outputs={kind: tmp_path / name for kind, name in kinds.items()}
        | {"page": tmp_path / "p.html"},
        **options,
    )
    assert without_times(tmp_path / "o.json") == without_times(tmp_path / "local.json")
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "local.csv").read_bytes()
    assert (summary.videos, summary.measured, summary.failed) == (5, 2, 2)
    assert {path.name for path in tmp_path.glob("[sp]-*")} == {
        *("s-a.csv", "s-a-2.csv", "s-still.csv"),
        *("p-a.html", "p-a-2.html", "p-still.html"),
    }
    assert [path.name for path in sorted((tmp_path / "shards").iterdir())] == [
        f"part-00000{k}.parquet" for k in range(3)
    ]
    rows = parquet_rows(tmp_path / "shards")
    written = json.loads((tmp_path / "o.json").read_text())
    assert [row["source"] for row in rows] == [row["source"] for row in written]
    for row, full in zip(rows, written, strict=True):
        same = ("hr_bpm", "accepted", "reasons", "confidence", "windows", "warnings", "fps")
        assert {name: row[name] for name in same} == {name: full[name] for name in same}
        assert row["error"] == full.get("error")


def test_a_store_gives_and_takes_the_same(
    bucket: Bucket, folder: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    local(folder, tmp_path, options)
    place = "s3://bucket/out"
    outputs = {kind: f"{place}/r.{kind}" for kind in ("json", "csv")} | {"parquet": f"{place}/r"}
    outputs |= {"signal": f"{place}/s.csv", "page": f"{place}/p.html"}
    bucket.objects["out/r/part-000009.parquet"] = b"of a longer run"
    measure_corpus("s3://bucket/videos/", engine="local", jobs=1, outputs=outputs, **options)
    found = bucket.objects["out/r.json"].decode().replace("s3://bucket/videos", str(folder))
    (tmp_path / "stored.json").write_text(found)
    assert without_times(tmp_path / "stored.json") == without_times(tmp_path / "local.json")
    of_films = {key for key in bucket.objects if key.startswith("out/")}
    assert of_films == {
        *("out/r.json", "out/r.csv", "out/r/part-000000.parquet"),
        *(f"out/{name}" for name in ("s-a.csv", "s-a-2.csv", "s-still.csv")),
        *(f"out/{name}" for name in ("p-a.html", "p-a-2.html", "p-still.html")),
    }
    measure_corpus(folder, engine="local", outputs={"signal": tmp_path / "s.csv"}, **options)
    assert bucket.objects["out/s-a-2.csv"] == (tmp_path / "s-a-2.csv").read_bytes()


def manifest(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_columns_of_a_list_are_carried_along(
    folder: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    rows = [
        ("subject", "video", "note"),
        ("7", str(folder / "a.mp4"), "=1+1"),
        ("8", "gone.mp4", ""),
    ]
    source = manifest(tmp_path / "videos.csv", rows)
    kinds = {"json": "o.json", "csv": "o.csv", "parquet": "shards"}
    outputs = {kind: tmp_path / name for kind, name in kinds.items()}
    summary = measure_corpus(source, engine="local", outputs=outputs, **options)
    assert (summary.videos, summary.failed) == (2, 1)
    first, second = json.loads(outputs["json"].read_text())
    assert first["columns"] == {"subject": "7", "note": "=1+1"} and first["accepted"]
    assert second["error"] == f"{tmp_path}/gone.mp4: no such file"
    table = list(csv.DictReader(outputs["csv"].read_text().splitlines()))
    assert [row["subject"] for row in table] == ["7", "8"]
    assert table[0]["note"] == "'=1+1"  # no formula for whoever opens the table
    assert [row["note"] for row in parquet_rows(outputs["parquet"])] == ["=1+1", ""]


def test_what_the_journal_has_is_not_given_to_the_engine(
    bucket: Bucket, tmp_path: Path, options: dict[str, Any]
) -> None:
    outputs = {"json": tmp_path / "o.json", "signal": "s3://bucket/out/s.csv"}
    where = tmp_path / "o.json.journal"
    seen: list[BatchResult] = []

    def stops(done: BatchResult) -> None:
        seen.append(done)
        if len([one for one in seen if one.vitals.error is None]) == 2:
            raise KeyboardInterrupt

    settings: dict[str, Any] = {"engine": "local", "jobs": 1, "outputs": outputs, **options}
    journal = sspd.Journal(where)
    with pytest.raises(KeyboardInterrupt):
        measure_corpus("s3://bucket/videos", journal=journal, on_result=stops, **settings)
    journal.close()
    assert len(json.loads(outputs["json"].read_text())) == len(seen)  # type: ignore[attr-defined]
    bucket.asked.clear()
    journal = sspd.Journal(where, resume=True)
    summary = measure_corpus("s3://bucket/videos", journal=journal, **settings)
    journal.close()
    assert (summary.videos, summary.resumed, summary.measured) == (5, 2, 2)
    assert len(json.loads(outputs["json"].read_text())) == 5  # type: ignore[attr-defined]
    known = {one.vitals.source.removeprefix("s3://bucket/") for one in seen if not one.vitals.error}
    assert known.isdisjoint(key for method, key, _ in bucket.asked if method == "GET")
    # content that changed is measured again
    bucket.objects["videos/a.mp4"] = bucket.objects["videos/deeper/a.mp4"]
    journal = sspd.Journal(where, resume=True)
    assert measure_corpus("s3://bucket/videos", journal=journal, **settings).resumed == 2
    journal.close()


@pytest.mark.parametrize(
    ("fault", "words"),
    [("gone*", "no such file"), ("403*", "may not be opened"), ("changed*", "changed while")],
)
def test_what_a_store_refuses_is_a_row_with_a_reason(
    bucket: Bucket, tmp_path: Path, options: dict[str, Any], fault: str, words: str
) -> None:
    bucket.faults["videos/a.mp4"] = [fault]
    out = tmp_path / "o.json"
    measure_corpus("s3://bucket/videos", engine="local", jobs=1, outputs={"json": out}, **options)
    rows = {row["source"]: row for row in json.loads(out.read_text())}
    assert words in rows["s3://bucket/videos/a.mp4"]["error"]
    assert rows["s3://bucket/videos/deeper/a.mp4"]["accepted"]


def test_a_file_that_cannot_be_sent_is_named_and_tried_again(
    bucket: Bucket, folder: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    bucket.faults["out/s.csv"] = ["403"]
    settings: dict[str, Any] = {"engine": "local", "outputs": {"signal": "s3://bucket/out/s.csv"}}
    seen: list[BatchResult] = []
    video = folder / "a.mp4"
    for resumed in False, False, True:
        journal = sspd.Journal(tmp_path / "j", resume=True)
        summary = measure_corpus(
            video, journal=journal, on_result=seen.append, **settings, **options
        )
        journal.close()
        assert summary.resumed == resumed
    assert "s3://bucket/out/s.csv: cannot be written" in seen[0].failures[0]
    assert not seen[1].failures and "out/s.csv" in bucket.objects


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"engine": "spark"}, UsageError, "the engine is one of local, ray"),
        ({"engine": "local", "address": "auto"}, UsageError, "needs the engine ray"),
        ({"engine": "local", "jobs": -1}, UsageError, "0 or more"),
        ({"engine": "local", "outputs": {"overlay": "o.mp4"}}, UsageError, "'overlay'"),
        (
            {"engine": "local", "allow_http": True, "outputs": {"json": "https://a/b"}},
            OutputError,
            "takes no results",
        ),
        ({"engine": "local", "outputs": {"json": "s3://bucket/"}}, OutputError, "file name"),
    ],
)
def test_what_cannot_be_right_is_said_before_work_starts(
    settings: dict[str, Any], error: type[Exception], words: str
) -> None:
    pytest.importorskip("obstore", reason="needs obstore, of the extra scale")
    with pytest.raises(error, match=words):
        measure_corpus("a.mp4", method="pos", **settings)


def test_one_file_that_fails_does_not_stop_the_others(
    bucket: Bucket, folder: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    bucket.faults["out/r.json"] = ["403*"]
    outputs = {"json": "s3://bucket/out/r.json", "csv": str(tmp_path / "o.csv")}
    with pytest.raises(OutputError, match=r"r\.json: cannot be written"):
        measure_corpus(folder / "empty.mp4", engine="local", outputs=outputs, **options)
    assert "an empty file" in (tmp_path / "o.csv").read_text()
    assert results.WHOLE_OUTPUTS == ("json", "csv", "parquet")
