"""A corpus in another's S3 (moto's): videos are read from it, results written to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers.object_stores import environment, moto_server
from sspd.scale.corpus import measure_corpus
from sspd.utils.stores import Stores

pytest.importorskip("obstore", reason="needs obstore, of the extra scale")
pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra scale")
pytestmark = pytest.mark.slow


def test_s3_gives_and_takes_what_a_folder_does(
    folder: Path, tmp_path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"json": "o.json", "csv": "o.csv", "parquet": "shards", "signal": "s.csv"}
    here = {kind: tmp_path / name for kind, name in kinds.items()}
    measure_corpus(folder, engine="local", jobs=1, outputs=here, **options)
    with moto_server() as port:
        for name, value in environment(port).items():
            monkeypatch.setenv(name, value)
        stores = Stores()
        for path in (path for path in folder.rglob("*") if path.is_file()):
            stores.write(f"s3://bucket/videos/{path.relative_to(folder)}", path)
        there = {kind: f"s3://bucket/out/{name}" for kind, name in kinds.items()}
        for n in (7, 8):  # of a run that had more
            stores.write(f"{there['parquet']}/part-00000{n}.parquet", b"old")
        measure_corpus("s3://bucket/videos/", engine="local", jobs=1, outputs=there, **options)
        keys = {address for address, _ in stores.list("s3://bucket/out/")}
        size = stores.facts(there["json"]).size
        rows = json.loads(stores.read(there["json"], 0, size))
        size = stores.facts("s3://bucket/out/s-a-2.csv").size
        signal = stores.read("s3://bucket/out/s-a-2.csv", 0, size)
        gone = "s3://bucket/videos/gone.mp4"
        assert measure_corpus(gone, engine="local", **options).failed == 1
        assert measure_corpus("s3://no-bucket/a", engine="local", **options).failed == 1
    names = ("o.json", "o.csv", "shards/part-000000.parquet", "s-a.csv", "s-a-2.csv", "s-still.csv")
    assert keys == {f"s3://bucket/out/{name}" for name in names}
    assert signal == (tmp_path / "s-a-2.csv").read_bytes()
    for row, same in zip(rows, json.loads(here["json"].read_text()), strict=True):
        ours = {name: row[name] for name in row if name not in ("source", "timing_s", "error")}
        assert ours == {name: same[name] for name in ours}
        assert row["source"].removeprefix("s3://bucket/videos/") in same["source"]
