"""A long video in parts: the result of the whole, to the bit, however it is cut and disturbed."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.errors import SSPDError, UsageError
from sspd.face import chunker
from sspd.face.chunker import TINY_S, ChunkerState, FaceChunker
from sspd.pipeline.batch.result import BatchResult, Task, measure_video
from sspd.pipeline.batch.serialize import to_record
from sspd.pipeline.loading import load_method
from sspd.pipeline.parts.measure import measure_part, parts_of
from sspd.pipeline.parts.plan import Unfit, next_round, plan_parts, segment_starts
from sspd.pipeline.parts.records import part_from, part_record
from sspd.scale.corpus import CorpusOptions
from sspd.scale.long_videos import measure_in_parts
from sspd.types import Box, FaceSegment, Frames, MeasureOptions
from sspd.video.file import VideoFile

POS = MeasureOptions(method="pos", box=SKIN_BOX)
FS = 10.0


@pytest.fixture(scope="module")
def make(
    tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]
) -> Callable[..., Path]:
    """Write a beating video with frames at given times, once."""
    folder = tmp_path_factory.mktemp("long")

    def make(name: str, t: NDArray[np.float64], **options: Any) -> Path:
        if (folder / name).exists():
            return folder / name
        pictures = beating_frames(t, 1.2)
        options = {"options": {"crf": "16", "g": "40"}, "rate": 10} | options
        return write_video(folder / name, pictures, t, **options)

    return make


def seconds(end_s: float, seed: int = 0) -> NDArray[np.float64]:
    """Times of frames, not evenly spaced."""
    jitter = np.random.default_rng(seed).uniform(0, 0.05, round(end_s * FS))
    t = np.arange(round(end_s * FS)) / FS + jitter
    return np.asarray(t - t[0])


def record(done: BatchResult) -> list[str]:
    """Everybody in a video, to the bit, without how long it took."""
    return [json.dumps(to_record(replace(v, timing_s={})), sort_keys=True) for v in done.faces]


def in_parts(
    video: Path, options: MeasureOptions, split_s: float = 30.0
) -> tuple[BatchResult, list[str]]:
    """Measure a video in parts in this process; what was done, in order."""
    method, done = load_method(options), list[str]()

    def engine(tasks: Iterator[Task | None]) -> Generator[BatchResult, None, None]:
        for task in tasks:
            if task is not None:
                done.append("whole" if task.part is None else next(iter(task.part)))
                found = measure_video(task, options, method)
                # as it comes from a worker
                part = None if found.part is None else json.loads(json.dumps(found.part))
                yield replace(found, part=part)

    tasks = iter([Task(7, str(video))])
    (found,) = measure_in_parts(engine, split_s, options.every_face, tasks)
    assert found.index == 7
    return found, done


def whole(video: Path, options: MeasureOptions) -> BatchResult:
    return measure_video(Task(7, str(video)), options, load_method(options))


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.mp4", {}),
        ("b.mkv", {"options": {"crf": "16", "g": "70", "bf": "3"}}),
        ("c.mp4", {"options": {"crf": "16", "x264-params": "open-gop=1:keyint=50:bframes=3"}}),
    ],
)
def test_parts_give_the_bytes_of_the_whole(
    make: Callable[..., Path], name: str, how: dict[str, Any]
) -> None:
    video = make(name, seconds(105.0), **how)
    found, done = in_parts(video, POS)
    assert done == ["split_s", "range", "range", "range", "files"]
    assert [w.spectral_bpm for w in found.vitals.windows] == pytest.approx([72] * 4, abs=1)
    assert record(found) == record(whole(video, POS))


def test_gaps_move_the_cuts(make: Callable[..., Path]) -> None:
    t = seconds(130.0)
    t = t[(t < 41.0) | (t > 47.5)]
    t = t[(t < 87.0) | (t > 90.1)]
    video = make("gaps.mp4", t)
    found, done = in_parts(video, POS)
    assert done.count("whole") == 0
    assert len(done) > done.index("files") == len(done) - 1
    assert any("2 gaps" in line for line in found.vitals.warnings)
    assert record(found) == record(whole(video, POS))


def test_an_end_is_kept_to(make: Callable[..., Path]) -> None:
    video, options = make("a.mp4", seconds(105.0)), replace(POS, end_s=70.0)
    found, done = in_parts(video, options)
    assert done == ["split_s", "range", "range", "files"]
    assert record(found) == record(whole(video, options))


@pytest.mark.parametrize("change", [{"start_s": 3.0}, {"fps": 10.0}])
def test_other_starts_and_clocks_are_measured_as_a_whole(
    make: Callable[..., Path], change: dict[str, float]
) -> None:
    video, options = make("a.mp4", seconds(105.0)), replace(POS, **change)
    found, done = in_parts(video, options)
    assert done == ["split_s"]
    assert record(found) == record(whole(video, options))


def test_a_damaged_video_is_measured_as_a_whole(make: Callable[..., Path]) -> None:
    video = make("a.mp4", seconds(105.0))
    data = bytearray(video.read_bytes())
    at = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[at : at + 3000] = bytes(3000)
    (broken := video.with_name("broken.mp4")).write_bytes(data)
    found, _ = in_parts(broken, POS)
    assert record(found) == record(whole(broken, POS))


def test_a_video_cut_short_is_measured_as_a_whole(make: Callable[..., Path]) -> None:
    video = make("long.mkv", seconds(105.0))
    (short := video.with_name("short.mkv")).write_bytes(video.read_bytes()[:-40_000])
    found, _ = in_parts(short, POS)
    assert any("cut short" in line for line in found.vitals.warnings)
    assert record(found) == record(whole(short, POS))


A, B = Box(8, 4, 40, 36), Box(50, 4, 94, 48)


def _faces_at(t: float, every: bool) -> list[Box]:
    """Somebody small at first; somebody larger beside, from 34 s on; alone from 65 s on."""
    return [A] if t < 34 else [B, A] if t < 65 or every else [B]


@pytest.mark.parametrize("every", [False, True])
def test_faces_are_those_that_the_run_before_knew(
    make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    """The parts' guess, the largest face, is wrong here; they are measured again."""
    now_s = [0.0]
    begin = FaceChunker._detect

    def detect(self: FaceChunker, rgb: NDArray[Any], white: int, t: float) -> Any:
        now_s[0] = t
        return begin(self, rgb, white, t)

    monkeypatch.setattr(FaceChunker, "_detect", detect)
    monkeypatch.setattr(chunker, "detect_faces", lambda rgb: _faces_at(now_s[0], every))
    video, options = make("two.mp4", seconds(95.0)), MeasureOptions(method="pos", every_face=every)
    found, done = in_parts(video, options)
    assert len(found.faces) == 1 + every
    assert done.count("range") > 3
    assert "whole" not in done
    assert record(found) == record(whole(video, options))


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from([0.8, 1.0, 1.1, 2.5, 40.0]), min_size=60, max_size=150),
    st.integers(0, 30),
)
def test_segments_start_where_the_plan_says(steps: list[float], where: int) -> None:
    """Whole runs, and runs from a planned start on, against the plan."""
    t = np.concatenate([[0.0], np.cumsum(steps)])
    end_s = float(t[-1]) + 0.5
    gaps = [(float(a), float(b)) for a, b in pairwise(t) if b - a > 2.0]
    planned = [s for s in segment_starts(end_s, gaps) if end_s - s >= 10.0]
    pictures = np.arange(t.size, dtype=np.uint8)[:, None, None, None].repeat(3, 3)
    pictures = pictures.repeat(8, 1).repeat(8, 2)
    found = _segments(pictures, t, end_s, None)
    starts = [float(part[0].start_s) for part in found]
    # a segment's first frame is the first at its start or after
    expected = [float(t[t >= s - TINY_S][0]) for s in planned]
    assert starts[: len(expected)] == expected
    start_s = planned[where % len(planned)]
    keep = t >= start_s - TINY_S
    rest = _segments(pictures[keep], t[keep], end_s, ChunkerState(start_s))
    first = starts.index(float(t[keep][0]))
    assert [_bytes(part) for part in rest] == [_bytes(part) for part in found[first:]]


def _segments(
    rgb: NDArray[np.uint8], t: NDArray[np.float64], end_s: float, state: ChunkerState | None
) -> list[list[FaceSegment]]:
    box, parts = Box(1, 1, 7, 7), dict[int, list[FaceSegment]]()
    cutter = FaceChunker(size=4, box=box, end_s=end_s, state=state)
    for chunk in [*cutter.push(Frames(rgb, t)), *cutter.close()]:
        parts.setdefault(chunk.segment_index, []).append(chunk)
    return list(parts.values())


def _bytes(parts: list[FaceSegment]) -> list[tuple[object, ...]]:
    return [
        (p.start_s, p.end_s, p.faces.rgb.tobytes(), p.frame_stats.change.tobytes()) for p in parts
    ]


def test_plans_cover_the_video_once() -> None:
    for end_s in (59.0, 75.0, 90.0, 3600.0, 28_800.4):
        parts = plan_parts(end_s, 45.0)
        assert parts[0].start_s == 0
        assert parts[-1].end_s is None
        assert all(a.end_s == b.start_s for a, b in pairwise(parts))
        assert all(part.state is not None for part in parts[1:])


def test_parts_that_do_not_fit_are_not_joined(make: Callable[..., Path]) -> None:
    video, method = make("two.mp4", seconds(95.0)), load_method(POS)
    ranges = parts_of(VideoFile(video), POS, 40.0)
    one, other = (measure_part(video, part, POS, method)[0] for part in ranges)
    assert next_round([one, other], 95.0, 40.0, False) == (list(ranges), [])
    assert one.after is not None
    moved = replace(one, after=one.after._replace(t=one.after.t + 0.01))
    changed = replace(one, after=one.after._replace(digest="0" * 32))
    for wrong in (moved, changed, replace(one, trouble="x"), replace(one, first=None)):
        assert isinstance(next_round([wrong, other], 95.0, 40.0, False), Unfit)


def test_a_record_is_the_part_and_nothing_else_is_believed(make: Callable[..., Path]) -> None:
    video, method = make("a.mp4", seconds(105.0)), load_method(POS)
    facts, segments = measure_part(video, plan_parts(105.0, 30.0)[0], POS, method)
    made = part_record(facts, segments)
    again = part_from(json.loads(json.dumps(made)))
    assert json.dumps(part_record(*again)) == json.dumps(made)
    wrong: list[Any] = [3, {}, {"facts": made["facts"]}, made | {"segments": [{}]}]
    stats = made["segments"][0]["stats"]
    for text in ("%", stats["t"][:-8], stats["t"][:-3]):
        segment = made["segments"][0] | {"stats": stats | {"t": text}}
        wrong.append(made | {"segments": [segment]})
    for each in wrong:
        with pytest.raises(ValueError):
            part_from(json.loads(json.dumps(each)))


def test_parts_are_no_shorter_than_a_segment() -> None:
    with pytest.raises(UsageError, match="30 s or more"):
        CorpusOptions(split_s=10.0)
    assert CorpusOptions(split_s=0.0).split_s == 0


@pytest.mark.slow
@pytest.mark.parametrize("every", [False, True])
def test_a_face_that_moves_before_a_network(tmp_path: Path, every: bool) -> None:
    """Detector, stabilized head, network and read-out of the real thing."""
    pytest.importorskip("torch", reason="a network of random weights is made with torch")
    from helpers.networks import measuring_network
    from sspd.models.checkpoint import save_checkpoint
    from sspd.simulation import VideoSpec, write_video

    network = measuring_network(token_size=64, follow=True)
    save_checkpoint(network, weights := tmp_path / "random.safetensors", {})
    spec = VideoSpec(seed=3, hr_bpm=70.0, duration_s=75.0, width=320, height=240, face_px=120)
    write_video(spec, video := tmp_path / "face.mp4")
    options = MeasureOptions(every_face=every, weights=str(weights))
    found, done = in_parts(video, options)
    assert done == ["split_s", "range", "range", "range", "files"]
    assert found.vitals.face_box is not None
    assert found.vitals.signal is not None
    assert len(found.vitals.signal) > 2000
    assert record(found) == record(whole(video, options))


def test_what_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (broken := tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(3000))
    found, done = in_parts(broken, POS)
    assert done == ["split_s"]
    assert record(found) == record(whole(broken, POS))
    with pytest.raises(SSPDError):
        measure_part(broken, plan_parts(90.0, 30.0)[0], POS, load_method(POS))
