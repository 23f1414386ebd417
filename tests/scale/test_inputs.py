"""Rows of a corpus: folders, lists and stores, listed while they are measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.object_stores import Bucket, environment, serving
from sspd.errors import SSPDError, UsageError
from sspd.report.json import write_json_rows
from sspd.scale.inputs import carried_columns, list_rows, with_facts
from sspd.scale.manifests import manifest_rows, place_of
from sspd.scale.places import file_beside, stem_of
from sspd.utils.addresses import typed_address
from sspd.utils.stores import Stores


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    pytest.importorskip("obstore", reason="needs obstore, of the extra scale")
    with serving(found := Bucket()) as port:
        for name, value in environment(port).items():
            monkeypatch.setenv(name, value)
        yield found


def videos(sources: list[str]) -> list[tuple[str, str | None]]:
    return [(row.video, row.problem) for row in list_rows(sources, Stores())]


def test_a_million_keys_are_not_listed_at_once(store: Bucket) -> None:
    store.numbered = 1_000_000
    rows = with_facts(list_rows(["s3://bucket/many"], Stores()), Stores())
    assert next(rows).video == "s3://bucket/many/0000000.mp4"
    pages = len(store.asked)
    assert pages <= 3
    last = list(islice(rows, 5000))[-1]
    assert last.video == "s3://bucket/many/0005000.mp4" and last.facts is not None
    assert len(store.asked) <= pages + 6


def test_a_folder_of_a_store_has_its_videos_and_nothing_beside(store: Bucket) -> None:
    keys = ["a/b.mp4", "a/.hidden/c.mp4", "a/notes.txt", "ab/d.mp4", "a/deep/e.MOV", "a/raw"]
    store.objects = dict.fromkeys(keys, b"x")
    assert videos(["s3://bucket/a/"]) == [
        ("s3://bucket/a/b.mp4", None),
        ("s3://bucket/a/deep/e.MOV", None),
    ]
    assert videos(["s3://bucket/a/raw"]) == [("s3://bucket/a/raw", None)]  # named itself
    ((_, problem),) = videos(["s3://bucket/other"])
    assert problem is not None and "no video under it" in problem


def test_what_is_not_there_is_known_before_it_is_given_away(store: Bucket) -> None:
    store.objects = {"b.mp4": b"xy"}
    named = [f"s3://bucket/{name}.mp4" for name in "ab"]
    first, second = with_facts(list_rows(named, Stores()), Stores())
    assert first.problem == "s3://bucket/a.mp4: no such file"
    assert second.facts is not None and second.facts.size == 2


def test_a_store_that_cannot_be_listed_is_a_row_and_others_follow(
    store: Bucket, tmp_path: Path
) -> None:
    found = videos(["http://127.0.0.1:1/a.mp4", str(tmp_path), "s3://bucket/a/../b.mp4", "c.mp4"])
    problems = [problem or "" for _, problem in found]
    assert "only where they are asked for" in problems[0]
    assert "no video in this folder" in problems[1]
    assert "cannot be addressed" in problems[2]
    assert found[3] == ("c.mp4", None)


def test_a_list_in_a_store_is_read_by_ranges(store: Bucket) -> None:
    store.objects = {"x/videos.csv": "video,subject\nb.mp4,Ä\ns3://other/c.mp4,2\n".encode()}
    rows = list(list_rows(["s3://bucket/x/videos.csv"], Stores()))
    assert [row.video for row in rows] == ["s3://bucket/x/b.mp4", "s3://other/c.mp4"]
    assert rows[0].columns == {"subject": "Ä"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"film,subject\na.mp4,1\n", "no column of videos"),
        (b"video,hr_bpm\na.mp4,1\n", "'hr_bpm' is one of the results'"),
        (b"video,video\na.mp4,1\n", "each once"),
        (b"", "first row must name"),
        (b"video\n\xff\n", "no CSV table in UTF-8"),
        (b'video\n"a', "no CSV table"),
        (b"video\n" + bytes([97]) * (1 << 20), "a line of over"),
    ],
)
def test_lists_that_are_none_are_refused_in_words(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "videos.csv"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=words):
        carried_columns([str(path)], Stores())
        list(manifest_rows(str(path), Stores()))


def test_rows_before_a_damaged_one_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "videos.csv"
    path.write_text("video,subject\na.mp4,1\n\n,2\nb.mp4\n")
    found = videos([str(path)])
    assert found[0] == (str(tmp_path / "a.mp4"), None)
    assert "has no name" in str(found[1][1]) and "row 5 has 1 cells" in str(found[2][1])


def test_parquet_columns_keep_their_kinds(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow, of the extra scale")
    from pyarrow import parquet

    path = tmp_path / "videos.parquet"
    day = __import__("datetime").date(2026, 11, 30)
    table = {"uri": ["a.mp4"], "age": [41], "dark": [True], "lux": [0.5], "day": [day]}
    parquet.write_table(pyarrow.table(table), path)
    kinds = {"age": "int", "dark": "bool", "lux": "float", "day": "text"}
    assert carried_columns([str(path)], Stores()) == kinds
    (row,) = list_rows([str(path)], Stores())
    assert row.columns == {"age": 41, "dark": True, "lux": 0.5, "day": "2026-11-30"}
    other = tmp_path / "more.csv"
    other.write_text("video,age\nb.mp4,old\n")
    assert carried_columns([str(path), str(other)], Stores())["age"] == "text"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(SSPDError, match=r"videos\.parquet: no Parquet file"):
        carried_columns([str(path)], Stores())


@pytest.mark.parametrize("video", ["/etc/passwd", "~/a.mp4", "file:///etc/passwd", "C:\\a.mp4"])
def test_a_list_in_a_store_names_no_file_of_this_machine(video: str) -> None:
    with pytest.raises(UsageError, match="a file of this machine"):
        place_of(video, "s3://bucket/videos.csv")


def test_names_of_files_are_those_of_the_command() -> None:
    assert stem_of("s3://bucket/a/b.c.mp4") == "b.c"
    assert file_beside("s3://bucket/p.csv", "") == "s3://bucket/p.csv"
    assert typed_address(Path("s3://bucket/a/b.mp4")) == "s3://bucket/a/b.mp4"
    assert typed_address("https://host/a.mp4") == "https://host/a.mp4"
    assert typed_address(Path("a/b.mp4")) is None


@settings(max_examples=40)
@given(
    st.lists(
        st.dictionaries(
            st.text(),
            st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            max_size=3,
        ),
        max_size=3,
    )
)
def test_json_row_by_row_is_json_at_once(rows: list[dict[str, object]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        write_json_rows(rows, path)
        text = path.read_text(encoding="utf-8")
    assert json.loads(text) == rows
    whole = json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    if whole.isascii() and whole.replace("\n", "").isprintable():
        assert text == whole
