from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.face import chunker
from sspd.face.chunker import CROP_CHUNK_FRAMES
from sspd.face.crop import crop_resize, pad_box
from sspd.face.track import face_segments, iter_face_chunks
from sspd.types import FIXED_POINT_MAX, Box, FaceSegment, Frames
from sspd.video.read import read

FPS = 10.0
HEIGHT, WIDTH = 48, 64


def pictures(t: NDArray[np.float64]) -> Frames:
    """Noise whose top left pixel tells the time, in tenths of a second, modulo 250."""
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 250, (len(t), HEIGHT, WIDTH, 3)).astype(np.uint8)
    rgb[:, 0, 0, 0] = np.round(t * 10) % 250
    return Frames(rgb, t)


def video(seconds: float, chunk: int = 16, start_s: float = 0.0) -> Iterator[Frames]:
    t = start_s + np.arange(round(seconds * FPS)) / FPS
    frames = pictures(t)
    for k in range(0, len(t), chunk):
        yield Frames(frames.rgb[k : k + chunk], frames.t[k : k + chunk])


class Looks:
    """A detector that finds what `boxes` says at a time, and remembers when it was asked."""

    def __init__(self, *boxes: tuple[float, float, Box]) -> None:
        self.boxes = boxes
        self.asked_s: list[float] = []

    def __call__(self, rgb: NDArray[np.uint8]) -> list[Box]:
        now_s = float(rgb[0, 0, 0]) / 10
        self.asked_s.append(now_s)
        return [box for first, last, box in self.boxes if first <= now_s < last]


A, B = Box(20, 20, 40, 40), Box(30, 16, 44, 30)
PADDED_A, PADDED_B = (pad_box(box, HEIGHT, WIDTH) for box in (A, B))


def segments(
    monkeypatch: pytest.MonkeyPatch, looks: Looks, seconds: float, **options: float
) -> list[FaceSegment]:
    monkeypatch.setattr(chunker, "detect_faces", looks)
    found = list(face_segments(video(seconds), size=8, segment_s=10.0, end_s=seconds, **options))
    ends = [(s.start_s, s.end_s) for s in found]
    np.testing.assert_allclose([e[0] for e in ends[1:]], [e[1] for e in ends[:-1]])
    assert ends[0][0] == 0
    assert ends[-1][1] == pytest.approx(seconds)
    return found


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunker, "SHORTEST_SEGMENT_S", 4.0)


def test_one_box_a_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks((0, 9, A), (9, 99, B))
    found = segments(monkeypatch, looks, 25.0)
    assert [s.box for s in found] == [PADDED_A, PADDED_B, PADDED_B]
    assert [len(s.faces) for s in found] == [100, 100, 50]
    assert [s.start_s for s in found] == pytest.approx([0, 10, 20])
    assert looks.asked_s == pytest.approx([0, 10, 20])


def test_faces_are_the_crops_in_fixed_point(monkeypatch: pytest.MonkeyPatch) -> None:
    segment = segments(monkeypatch, Looks((0, 99, A)), 3.0)[0]
    rgb = pictures(segment.faces.t).rgb
    assert segment.faces.max_value == FIXED_POINT_MAX
    assert len(segment.frame_stats.t) == len(segment.faces) == 30
    for k in (0, 7, 29):
        crop = crop_resize(rgb[k], PADDED_A, 8)
        np.testing.assert_allclose(segment.faces.rgb[k] / 256, crop, atol=0.502 / 256)


def test_cutting_into_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunker, "detect_faces", Looks((0, 9, A), (9, 99, B)))
    once, often = (list(face_segments(video(13.0, n), size=8, segment_s=5.0)) for n in (999, 7))
    assert len(once) == len(often) == 3
    for a, b in zip(once, often, strict=True):
        assert (a.box, a.start_s, a.end_s) == (b.box, b.start_s, b.end_s)
        np.testing.assert_array_equal(a.faces.rgb, b.faces.rgb)
        np.testing.assert_array_equal(a.frame_stats.motion, b.frame_stats.motion)


def test_looks_on_until_a_face_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks((2.3, 99, A))
    found = segments(monkeypatch, looks, 15.0)
    assert [s.box for s in found] == [None, PADDED_A, PADDED_A]
    assert [s.start_s for s in found] == pytest.approx([0, 2.5, 10])
    assert len(found[0].faces) == len(found[0].frame_stats.t) == 0
    assert len(found[1].faces) == 75
    assert looks.asked_s == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5, 10])


def test_no_face_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    found = segments(monkeypatch, Looks(), 15.0)
    assert [s.box for s in found] == [None, None]
    assert all(s.faces.rgb.shape == (0, 8, 8, 3) for s in found)


def test_a_short_rest_belongs_to_the_segment_before(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = segments(monkeypatch, Looks((0, 9, A), (9, 99, B)), 13.9)
    assert found.box == PADDED_A
    assert len(found.faces) == 139


def test_a_rest_long_enough_has_its_own_box(monkeypatch: pytest.MonkeyPatch) -> None:
    found = segments(monkeypatch, Looks((0, 9, A), (9, 99, B)), 14.1)
    assert [s.box for s in found] == [PADDED_A, PADDED_B]


@pytest.mark.parametrize("stated_s", [13.0, 3.0, 1e9, -5.0, None])
def test_a_video_that_lies_about_its_length_is_cut_all_the_same(
    stated_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunker, "detect_faces", Looks((0, 99, A)))
    found = list(face_segments(video(60.0), size=8, segment_s=10.0, end_s=stated_s))
    assert sum(len(s.faces) for s in found) == 600
    assert max(len(s.faces) for s in found) <= 140


def test_a_face_lost_at_the_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    found = segments(monkeypatch, Looks((0, 9, A), (12, 99, B)), 17.0)
    assert [s.box for s in found] == [PADDED_A, None, PADDED_B]


def test_pieces_are_short_and_make_up_their_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunker, "detect_faces", Looks((2.3, 99, A)))
    options = {"size": 8, "segment_s": 10.0}
    pieces = list(iter_face_chunks(video(25.0), **options))  # type: ignore[arg-type]
    whole = list(face_segments(video(25.0), **options))  # type: ignore[arg-type]
    assert max(len(piece.faces) for piece in pieces) == CROP_CHUNK_FRAMES
    for segment in whole:
        parts = [piece for piece in pieces if piece.segment_index == segment.segment_index]
        joined = np.concatenate([part.faces.rgb for part in parts])
        np.testing.assert_array_equal(joined, segment.faces.rgb)
        motion = np.concatenate([part.frame_stats.motion for part in parts])
        np.testing.assert_array_equal(motion, segment.frame_stats.motion)
        assert (parts[0].start_s, parts[-1].end_s) == (segment.start_s, segment.end_s)


def test_every_face_has_its_own_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Box(4, 20, 16, 32)
    looks = Looks((0, 19, A), (0, 9, both), (19, 99, both))
    monkeypatch.setattr(chunker, "detect_faces", looks)
    pieces = list(iter_face_chunks(video(30.0), size=8, segment_s=10.0, every=True))
    seen = {
        (p.face_id, p.segment_index, round(p.start_s) // 10) for p in pieces if p.start_s % 10 == 0
    }
    assert seen == {(0, 0, 0), (1, 1, 0), (0, 2, 1), (1, 3, 2)}
    assert {p.box for p in pieces if p.face_id == 1} == {pad_box(both, HEIGHT, WIDTH)}


def test_a_given_box_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks((0, 99, A))
    found = segments(monkeypatch, looks, 15.0, box=Box(3, 4, 50, 30))  # type: ignore[arg-type]
    assert [s.box for s in found] == [Box(3, 4, 50, 30)] * 2
    assert looks.asked_s == []


def test_it_is_lazy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunker, "detect_faces", Looks((0, 99, A)))
    seen: list[float] = []

    def chunks() -> Iterator[Frames]:
        for chunk in video(60.0, 10):
            seen.append(float(chunk.t[-1]))
            yield chunk

    next(iter_face_chunks(chunks(), size=8, segment_s=10.0))
    assert len(seen) == ceil(CROP_CHUNK_FRAMES / 10)


def test_segments_count_from_the_first_picture_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunker, "detect_faces", Looks((0, 99, A)))
    found = list(face_segments(video(15.0, start_s=7.0), size=8, segment_s=10.0))
    assert [s.start_s for s in found] == pytest.approx([7, 17])


def test_a_segment_ends_at_a_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunker, "detect_faces", Looks((0, 99, A)))
    t = np.concatenate([np.arange(50), np.arange(230, 380)]) / FPS
    found = list(face_segments([pictures(t)], size=8, segment_s=10.0))
    assert [s.start_s for s in found] == pytest.approx([0, 23, 33])


def test_one_picture() -> None:
    only = Frames(np.zeros((1, 48, 64, 3), np.uint8), np.zeros(1))
    (segment,) = face_segments([only], size=8, box=A)
    assert (segment.start_s, segment.end_s, len(segment.faces)) == (0, 0, 1)
    assert list(face_segments([], size=8)) == []


@pytest.mark.parametrize("box", [Box(-1, 0, 5, 5), Box(0, 0, 65, 5), Box(5, 5, 5, 9)])
def test_a_box_outside_is_refused(box: Box) -> None:
    with pytest.raises(UsageError, match="64x48"):
        list(face_segments(video(1.0), size=8, box=box))


def test_sizes_are_checked() -> None:
    with pytest.raises(UsageError):
        list(face_segments(video(1.0), size=0))


def test_a_real_video(shared: Path) -> None:
    (segment,) = face_segments(read(shared / "data" / "face.mp4", end_s=2.0), size=128)
    assert segment.box is not None
    assert segment.faces.rgb.shape == (60, 128, 128, 3)
    red, green, blue = segment.frame_stats.face_rgb.mean(0)
    assert red > green > blue
    # the box fills so much of the frame that what is left says nothing about the light
    assert np.isnan(segment.frame_stats.background_rgb).all()


@pytest.mark.parametrize("white", [65535, 1023, 4095])
def test_deeper_pictures_give_the_same_faces(monkeypatch: pytest.MonkeyPatch, white: int) -> None:
    seen: list[NDArray[np.uint8]] = []
    monkeypatch.setattr(chunker, "detect_faces", lambda rgb: seen.append(rgb) or [A])
    eight = list(video(1.0))
    eight[0].rgb[:, 20:25, 25:30] = 255
    eight[0].rgb[:, 25:30, 25:30] = 20
    deep = [
        Frames(np.rint(chunk.rgb * (white / 255)).astype(np.uint16), chunk.t, white)
        for chunk in eight
    ]
    (want,), (got,) = (list(face_segments(chunks, size=8)) for chunks in (eight, deep))
    np.testing.assert_array_equal(seen[0], seen[1])
    assert got.faces.max_value == FIXED_POINT_MAX and got.box == want.box
    step = 256 * 255 / white
    np.testing.assert_allclose(got.faces.rgb, want.faces.rgb.astype(float), atol=0.5 * step + 1.5)
    for name, rows in vars(want.frame_stats).items():
        np.testing.assert_allclose(getattr(got.frame_stats, name), rows, atol=0.1, err_msg=name)
    np.testing.assert_array_equal(got.frame_stats.dark, want.frame_stats.dark)
    np.testing.assert_allclose(got.frame_stats.overexposed, want.frame_stats.overexposed, atol=1e-6)
    assert want.frame_stats.dark.min() > 0 and want.frame_stats.overexposed.min() > 0


def test_levels_beyond_white_are_white() -> None:
    rgb = np.full((2, HEIGHT, WIDTH, 3), 5000, np.uint16)
    (segment,) = face_segments([Frames(rgb, np.arange(2) / 10, 1023)], size=8, box=A)
    assert (segment.faces.rgb == FIXED_POINT_MAX).all()
