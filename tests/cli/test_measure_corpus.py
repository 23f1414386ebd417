"""`sspd measure` of lists, stores and clusters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def test_what_a_corpus_cannot_have_is_refused_in_one_line(
    measure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, words in (
        (["videos.csv", "--overlay", "o.mp4"], "--overlay is not for lists"),
        (["a.mp4", "--engine", "spark"], "the engine is one of local, ray"),
        (["a.mp4", "--address", "auto"], "needs the engine ray"),
        (["videos.csv"], "videos.csv: cannot be read"),
        (["a.mp4", "--parquet", "out", "--resume", "--limit", "0"], "more than 0 s"),
    ):
        code, out, errors = measure(*arguments)
        assert (code, out, len(errors)) == (2, "", 1), errors
        assert words in errors[0]
    assert not list(tmp_path.iterdir())


def test_web_servers_are_opened_only_with_the_option(measure: Any) -> None:
    code, out, errors = measure("http://127.0.0.1:1/a.mp4")
    assert code == 1 and "1 failed" in out
    assert "only where they are asked for (--allow-http" in errors[0]


@pytest.mark.slow
def test_a_list_is_measured_and_resumed(measure: Any, videos: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra scale")
    listed, out = tmp_path / "videos.csv", tmp_path / "o.json"
    listed.write_text(f"video,subject\n{videos / 'b.mp4'},7\ngone.mp4,8\n")
    arguments = [listed, "--json", out, "--parquet", tmp_path / "shards"]
    code, said, errors = measure(*arguments)
    assert (code, len(errors)) == (1, 1) and "gone.mp4: no such file" in errors[0]
    assert said.startswith("2 videos: 1 measured, 0 without a reliable pulse, 1 failed")
    assert "--resume continues" in said
    assert [row["columns"]["subject"] for row in json.loads(out.read_text())] == ["7", "8"]
    listed.write_text(f"video,subject\n{videos / 'b.mp4'},9\n")  # what is beside does not matter
    code, said, errors = measure(*arguments, "--resume")
    assert (code, errors) == (0, []) and "; 1 by a run before" in said
    assert json.loads(out.read_text())[0]["columns"] == {"subject": "9"}
    assert {path.name for path in tmp_path.iterdir()} == {"videos.csv", "o.json", "shards"}
