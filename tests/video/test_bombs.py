"""Small files that ask for much: hours between two frames, thousands of frames a second, sizes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sspd
from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.errors import SourceError
from sspd.methods import get_method
from sspd.pipeline.by_face import by_face
from sspd.pipeline.segments import run_segments
from sspd.report.csv import write_signal_csv
from sspd.report.json import write_json
from sspd.video import allowed
from sspd.video.bounds import GAP_S, MAX_SPAN_S, MIN_STEP_S, bounded
from sspd.video.read import probe, read
from sspd.video.restamp import read_with_timestamps
from sspd.video.sequence import read_images

Make = Callable[..., Any]
FPS = 30


@given(st.lists(st.floats(1e-6, 1e12), max_size=30))
def test_times_stay_within_bounds_whatever_the_file_says(steps: list[float]) -> None:
    times = np.cumsum(steps).tolist()
    told: list[str] = []
    kept = [t for _, t in bounded("a.mp4", enumerate(times), told.append)]
    assert kept == [t for t in times if t in kept]
    assert all(t < MAX_SPAN_S for t in kept)
    assert all(b - a >= MIN_STEP_S * 0.99 for a, b in pairwise(kept))
    gaps = sum(b - a > GAP_S for a, b in pairwise(kept))
    assert any(f"{gaps} gaps" in line for line in told) == bool(gaps)
    assert any("beyond 24 h" in line for line in told) == any(t >= MAX_SPAN_S for t in times)
    assert all(line.startswith("a.mp4: ") and "\n" not in line for line in told)


def with_gap(folder: Path, gap_s: float, gaps: int = 1, seconds: float = 20.0) -> Path:
    """A face that beats for so long in all, its time interrupted."""
    k = np.arange(round(seconds * FPS))
    t = k / FPS + gap_s * (k * (gaps + 1) // len(k))
    path, tick = folder / "gap.mkv", Fraction(1, 1000)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options={"crf": "16"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = stream.time_base = tick
        for rgb, at_s in zip(beating_frames(k / FPS, 1.2), t, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            frame.pts, frame.time_base = round(at_s * 1000), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("gap_s", [2.5, 80_000.0, 1e6, 1e9])
def test_a_gap_is_measured_on_both_sides_and_not_across(gap_s: float, tmp_path: Path) -> None:
    path = with_gap(tmp_path, gap_s)
    vitals = sspd.measure(path, method="pos", box=SKIN_BOX)
    sides = [(0.0, 10.0), (10.0 + gap_s, 20.0 + gap_s)][: 2 if gap_s < MAX_SPAN_S else 1]
    assert [(w.start_s, w.end_s) for w in vitals.windows] == [
        (pytest.approx(a, abs=0.05), pytest.approx(b, abs=0.05)) for a, b in sides
    ]
    assert [w.spectral_bpm for w in vitals.windows] == pytest.approx([72] * len(sides), abs=2)
    assert vitals.fps == pytest.approx(FPS, rel=0.01)  # of frames, not of the hours between
    (told,) = vitals.warnings
    assert ("1 gaps" if len(sides) == 2 else "beyond 24 h") in told
    assert vitals.signal is not None
    assert len(vitals.signal) <= MAX_SPAN_S * FPS
    # and no file grows with it
    write_signal_csv(vitals, tmp_path / "s.csv")
    write_json([vitals], tmp_path / "o.json")
    rows = (tmp_path / "s.csv").read_text().splitlines()[1:]
    assert 300 * len(sides) <= len(rows) <= 300 * len(sides) + 5
    assert (tmp_path / "o.json").stat().st_size < 10_000


def test_many_gaps_leave_nothing_to_read(tmp_path: Path) -> None:
    vitals = sspd.measure(
        with_gap(tmp_path, 2000.0, gaps=40, seconds=8.0), method="pos", box=SKIN_BOX
    )
    assert (vitals.windows, vitals.reasons) == ((), ("too_short",))
    assert "40 gaps" in vitals.warnings[0]


def test_a_face_that_is_away_has_windows_and_a_gap_has_none() -> None:
    """Of two people in a video with a gap: each is missing for a while, and the video too."""
    from sspd.face.track import iter_face_chunks

    t = np.concatenate([np.arange(0, 600), np.arange(9000, 9600)]) / FPS
    rgb = beating_frames(t[:300], 1.2)
    chunks = [sspd.types.Frames(rgb, t[k : k + 300]) for k in range(0, 1200, 300)]
    waves = run_segments(iter_face_chunks(chunks, size=8, box=SKIN_BOX), get_method("pos"))
    first, then = [each for each in waves if each.segment.box is not None]
    assert (first.segment.end_s, then.segment.start_s) == pytest.approx((20.0, 300.0), abs=0.05)
    ((_, own),) = by_face(waves)
    assert [each.segment.start_s for each in own] == pytest.approx([0.0, 300.0])
    ((_, late),) = by_face([then])  # and before whom nobody was there: nothing
    assert len(late) == 1


def test_the_same_bounds_hold_for_times_from_elsewhere(
    video: Path, tmp_path: Path, patches: Make
) -> None:
    timestamps = np.array([0.0, 1e-5, 0.04, 50.0, 1e7, 1e7 + 1])
    told: list[str] = []
    times = [t for c in read_with_timestamps(video, timestamps, warn=told.append) for t in c.t]
    assert times == [0.0, 0.04, 50.0]
    assert sum("beyond 24 h" in line or "gaps" in line or "0.5 ms" in line for line in told) == 3
    import cv2

    files = [tmp_path / f"{k}.png" for k in range(6)]
    for file in files:
        file.write_bytes(cv2.imencode(".png", patches(1)[0])[1].tobytes())
    times = [t for chunk in read_images(files, timestamps, warn=told.append) for t in chunk.t]
    assert times == [0.0, 0.04, 50.0]


def test_thousands_of_frames_a_second_are_thinned(
    tmp_path: Path, write_video: Make, patches: Make
) -> None:
    t = np.arange(2000) * 2e-5  # two ticks of a ninety-thousandth
    rgb = np.repeat(patches(1), 2000, axis=0)
    path = write_video(tmp_path / "dense.mkv", rgb[:, :16, :16], t, muxer={})
    dense = write_video(tmp_path / "dense.mp4", rgb[:, :16, :16], t)
    for video in (path, dense):
        told: list[str] = []
        n = sum(len(chunk) for chunk in read(video, warn=told.append))
        assert n <= 0.04 / MIN_STEP_S + 1
        assert told


@pytest.mark.parametrize("size", [(8192, 8192), (8000, 5000), (8193, 1)])
def test_sizes_of_no_camera_are_refused_before_a_frame_is_decoded(
    size: tuple[int, int], tmp_path: Path, patches: Make
) -> None:
    path = tmp_path / "large.avi"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("rawvideo", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(patches(1)[0], format="rgb24")
        container.mux(stream.encode(frame))
    data = path.read_bytes().replace(struct.pack("<II", 96, 64), struct.pack("<II", *size))
    path.write_bytes(data)
    with pytest.raises(SourceError, match=f"{size[0]}x{size[1]} pixels are larger than"):
        probe(path)


@pytest.mark.parametrize("count", [1 << 24, 0x0FFFFFFF, 0xFFFFFFFF])
def test_key_frames_that_no_flv_holds_take_no_memory(
    count: int, tmp_path: Path, write_video: Make, patches: Make
) -> None:
    data = write_video(tmp_path / "a.flv", patches(12), codec="flv").read_bytes()
    lists = b"".join(
        struct.pack(">H", len(name)) + name + b"\x0a" + struct.pack(">I", count)
        for name in (b"times", b"filepositions")
    )
    body = b"\2\0\x0aonMetaData\x08\0\0\0\1\0\x09keyframes\3" + lists + b"\0\0\x09"
    tag = b"\x12" + len(body).to_bytes(3, "big") + bytes(7) + body
    path = tmp_path / "much.flv"
    path.write_bytes(data[:13] + tag + struct.pack(">I", len(tag)) + data[13:])
    resource = pytest.importorskip("resource")
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told: list[str] = []
    assert sum(len(chunk) for chunk in read(path, warn=told.append)) == 12
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000


def _joined(folder: Path, write_video: Make, patches: Make) -> Path:
    """One stream whose pictures become larger on the way."""
    options = {"crf": "20", "x264-params": "repeat-headers=1"}
    small = write_video(folder / "small.h264", patches(10), options=options)
    large = write_video(folder / "large.h264", patches(10, 240, 320), options=options)
    path = folder / "grows.h264"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    return path


def test_a_stream_that_grows_is_scaled(tmp_path: Path, write_video: Make, patches: Make) -> None:
    chunks = list(read(_joined(tmp_path, write_video, patches)))
    assert sum(len(chunk) for chunk in chunks) == 20
    assert {chunk.rgb.shape[1:] for chunk in chunks} == {(64, 96, 3)}


def test_a_stream_that_grows_beyond_the_bound_is_cut_there(
    tmp_path: Path, write_video: Make, patches: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _joined(tmp_path, write_video, patches)
    monkeypatch.setattr(allowed, "MAX_PIXELS", 10_000)
    told: list[str] = []
    assert 1 <= sum(len(chunk) for chunk in read(path, warn=told.append)) <= 10
    assert any("damaged" in line for line in told)
