from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import results
from sspd.cli.inputs import Found
from sspd.cli.outputs import usable_outputs, video_outputs, write_whole
from sspd.report.outputs import VIDEO_OUTPUTS, write_outputs
from sspd.types import FaceSpan, Frames, Vitals
from sspd.video.read import read
from sspd.video.write import write_h264

Outputs = dict[str, Path]
#: Every output, and a file that it writes.
KINDS = {
    "json": "a.json",
    "csv": "a.csv",
    "report": "a.html",
    "plot": "a.png",
    "signal": "s.csv",
    "overlay": "o.mp4",
}
HOSTILE = ["<script>alert(1)<\u2215script>", "$x^$", "\udcff\udcfe", "\u202e4pm\n\x1b[31m", "'\"&"]


def _found(given: Sequence[Vitals]) -> list[Found]:
    return [(Path(vitals.source), vitals.error) for vitals in given]


def _usable(asked: dict[str, Path | None], given: Sequence[Vitals], said: list[str]) -> Outputs:
    return usable_outputs(asked, _found(given), said.append)


def _write(given: Sequence[Vitals], outputs: Outputs, said: list[str]) -> None:
    """Every file, as the command writes them: each video's own, then those of all."""
    measured = [vitals for vitals in given if vitals.error is None]
    for vitals, files in zip(measured, video_outputs(_found(given), outputs), strict=True):
        said += write_outputs(vitals, files)
    write_whole(given, outputs, said.append, with_image=True)


def _measured(folder: Path, name: str = "film") -> Vitals:
    """A good result with its video, half a second of grey."""
    path = folder / f"{name}.mp4"
    frames = Frames(np.full((15, 64, 96, 3), 110, np.uint8), np.arange(15) / 30)
    write_h264(path, [frames], fps=30)
    span = FaceSpan(0.0, 0.5, results.measured().face_box)
    return replace(results.measured(), source=str(path), faces=(span,))


def _asked(folder: Path) -> dict[str, Path | None]:
    return {kind: folder / name for kind, name in KINDS.items()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_every_output_takes_any_name(name: str, tmp_path: Path, out: Path) -> None:
    said: list[str] = []
    vitals = replace(_measured(tmp_path, name), warnings=(name,), method=name, weights=name)
    _write([vitals], _usable(_asked(out), [vitals], said), said)
    assert said == []
    assert sorted(path.name for path in out.iterdir()) == sorted(KINDS.values())
    assert "<script" not in (out / "a.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_several_videos_share_a_file_or_get_one_each(tmp_path: Path, out: Path) -> None:
    said: list[str] = []
    given = [_measured(tmp_path, name) for name in ("x", "y")]
    given.insert(1, replace(results.failed(), source=str(tmp_path / "gone.mp4")))
    _write(given, _usable(_asked(out), given, said), said)
    assert said == []
    expected = {name for kind, name in KINDS.items() if kind not in VIDEO_OUTPUTS}
    for kind in KINDS.keys() & VIDEO_OUTPUTS:
        stem, suffix = KINDS[kind].split(".")
        expected |= {f"{stem}-x.{suffix}", f"{stem}-y.{suffix}"}
    assert {path.name for path in out.iterdir()} == expected


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_one_that_fails_leaves_the_others(kind: str, tmp_path: Path, out: Path) -> None:
    said: list[str] = []
    vitals = _measured(tmp_path)
    asked = _asked(out) | {kind: out / "missing" / KINDS[kind]}
    outputs = _usable(asked, [vitals], said)
    assert len(said) == 1
    assert "missing" in said[0]
    assert outputs.keys() == KINDS.keys() - {kind}
    # and where it turns out only later
    taken = dict(outputs) | {kind: out / "missing" / KINDS[kind]}
    _write([vitals], taken, said)
    assert len(said) == 2
    assert {path.name for path in out.iterdir()} == set(KINDS.values()) - {KINDS[kind]}


def test_an_unexpected_fault_is_reported_with_its_file(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr("sspd.report.plots.plot_vitals", broken)
    said: list[str] = []
    given = [_measured(tmp_path, name) for name in ("x", "y")]
    _write(given, {"plot": out / "a.png", "csv": out / "a.csv"}, said)
    why = "unexpected RuntimeError: no ink"
    assert said == [f"{out / 'a-x.png'}: {why}", f"{out / 'a-y.png'}: {why}"]
    assert [path.name for path in out.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_video_is_never_replaced(kind: str, tmp_path: Path) -> None:
    said: list[str] = []
    video, other = (Path(_measured(tmp_path, name).source) for name in ("video", "video-other"))
    (tmp_path / "link").symlink_to(tmp_path)
    assert (
        usable_outputs({kind: tmp_path / "link" / "video.mp4"}, [(video, None)], said.append) == {}
    )
    assert "video.mp4: is one of the videos, which would be lost" in said[0]
    if kind in VIDEO_OUTPUTS:
        other.rename(tmp_path / "other.mp4")
        (tmp_path / "video-other.mp4").touch()
        videos = [(tmp_path / name, None) for name in ("other.mp4", "video-other.mp4")]
        assert usable_outputs({kind: tmp_path / "video.mp4"}, videos, said.append) == {}
        assert "video-other.mp4" in said[1]
    assert next(iter(read(video))).rgb.shape == (15, 64, 96, 3)


def test_no_file_of_a_further_face_replaces_a_video(tmp_path: Path) -> None:
    found = [(tmp_path / name, None) for name in ("a.mp4", "o-face2.mp4")]
    asked = {"overlay": tmp_path / "o.mp4"}
    said: list[str] = []
    assert usable_outputs(asked, found[:1], said.append, every_face=True) == asked
    plain = {"plot": tmp_path / "o.png"}
    assert usable_outputs(plain, found, said.append, every_face=True) == plain
    one = [found[1]]
    assert usable_outputs(asked, one, said.append) == asked
    assert not said
    assert usable_outputs(asked, one, said.append, every_face=True) == {}
    assert said == [f"{found[1][0]}: is one of the videos, which would be lost"]


def test_an_overlay_is_an_mp4_and_what_is_not_asked_is_not_there(out: Path) -> None:
    said: list[str] = []
    asked = dict.fromkeys(KINDS) | {"overlay": out / "o.avi", "json": out / "o.MP4"}
    assert usable_outputs(asked, [(Path("a.mp4"), None)], said.append) == {"json": out / "o.MP4"}
    assert said == [f"{out / 'o.avi'}: an annotated video is written as .mp4"]
