from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest

from helpers import results
from sspd.errors import OutputError, SourceError
from sspd.report import overlay as overlay_module
from sspd.report.overlay import write_overlay
from sspd.report.overlay_panel import make_panel, panel_height
from sspd.types import Box, FaceSpan, Signal, Vitals, WindowVitals

GREY, PAPER, REFUSED = 110, (250, 250, 250), (243, 214, 211)
LINE, GOOD, BAD = (31, 78, 121), (46, 125, 50), (179, 57, 43)


class Back(NamedTuple):
    """A video as it is read back with PyAV."""

    rgb: np.ndarray
    t: np.ndarray
    codec: str


def back(path: Path) -> Back:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert not container.streams.audio
        codec = container.streams.video[0].codec_context.name
    rgb = np.stack([frame.to_ndarray(format="rgb24") for frame in frames]).astype(int)
    return Back(rgb, np.array([float(frame.time or 0) for frame in frames]), codec)


def near(rgb: np.ndarray, colour: tuple[int, int, int], within: int = 40) -> np.ndarray:
    return np.abs(rgb - np.array(colour)).sum(axis=-1) < within


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Any:
    """A grey video of any size at any times."""

    def make(t: np.ndarray, width: int = 320, height: int = 240, **options: Any) -> Path:
        rgb = np.full((t.size, height, width, 3), GREY, np.uint8)
        return write_video(tmp_path_factory.mktemp("grey") / "video.mp4", rgb, t, **options)

    return make


def pulse(path: Path, t: np.ndarray, *faces: FaceSpan) -> Vitals:
    """The first half is accepted at 72 bpm, the second rejected."""
    middle, end = float(t[0] + t[-1]) / 2, float(t[-1]) + 0.04
    values = np.sin(2 * np.pi * 1.2 * np.arange(round(30 * end)) / 30)
    return Vitals(
        source=str(path),
        method="pos",
        weights=None,
        duration_s=end,
        fps=30.0,
        windows=(
            WindowVitals(0.0, middle, 72.0, 72.0, 9.0, None, True),
            WindowVitals(middle, end, 99.0, 99.0, 0.0, None, False, ("low_snr", "motion")),
        ),
        face_box=next((span.box for span in faces if span.box), None),
        faces=faces,
        signal=Signal(values, 30.0),
        beats_s=np.arange(0.2, middle, 1 / 1.2),
    )


@pytest.mark.slow
def test_every_picture_keeps_its_time_and_gets_its_box(grey: Any, tmp_path: Path) -> None:
    t = np.cumsum(np.random.default_rng(0).uniform(0.015, 0.06, 260))
    t -= t[0]
    video = grey(t)
    first, second = Box(40, 30, 140, 130), Box(160, 60, 280, 180)
    faces = (
        FaceSpan(0.0, 2.0, None),
        FaceSpan(2.0, 5.0, first),
        FaceSpan(5.0, float(t[-1]) + 0.04, second),
    )
    write_overlay(pulse(video, t, *faces), tmp_path / "o.mp4")
    found = back(tmp_path / "o.mp4")
    assert found.codec == "h264"
    np.testing.assert_allclose(found.t, back(video).t, atol=2 / 90_000)
    assert found.rgb.shape[1:3] == (240 + panel_height(320, 240) + 1, 320)
    for k in range(0, t.size, 13):
        for since, until, box in faces:
            drawn = box is not None and since <= t[k] < until
            for edge in (first, second) if box is None else (box,):
                middle = ((edge.left + edge.right) // 2, (edge.top + edge.bottom) // 2)
                assert found.rgb[k, middle[1], middle[0]] == pytest.approx(GREY, abs=8)
            if box is not None:
                corner = found.rgb[k, box.top, box.left : box.right]
                assert (corner.mean() > 200) == drawn


@pytest.mark.slow
def test_the_strip_shows_the_rate_or_why_there_is_none(grey: Any, tmp_path: Path) -> None:
    t = np.arange(360) / 30
    video = grey(t)
    write_overlay(pulse(video, t, FaceSpan(0.0, 12.0, Box(10, 10, 90, 90))), tmp_path / "o.mp4")
    strip = back(tmp_path / "o.mp4").rgb[:, 240:]
    words = strip[:, :30]
    accepted, rejected = words[100], words[300]
    assert near(accepted, GOOD, 90).sum() > 30
    assert near(accepted, BAD, 60).sum() == 0
    assert near(rejected, BAD, 90).sum() > 30
    assert near(rejected, GOOD, 60).sum() == 0
    field = strip[:, 46:-8, 10:-10]
    assert near(field[100], REFUSED).mean() < 0.01
    assert near(field[355], REFUSED).mean() > 0.4
    # it runs: what stood at the right moves to the left, and one period on looks the same
    curve = near(field, LINE, 120)
    assert curve[170].any(axis=0).mean() > 0.6
    assert curve[60, :, : field.shape[2] // 2].sum() == 0
    assert (curve[150] & curve[175]).sum() > 0.5 * curve[150].sum()
    assert (curve[150] & curve[162]).sum() < 0.5 * curve[150].sum()


@pytest.mark.parametrize(("width", "height"), [(97, 65), (321, 239), (641, 301), (96, 64)])
def test_odd_and_small_videos(width: int, height: int, grey: Any, tmp_path: Path) -> None:
    t = np.arange(12) / 30
    # planar RGB has no halved sides, so that odd ones can be
    video = grey(t, width, height, codec="libx264rgb", pix_fmt="rgb24")
    write_overlay(pulse(video, t, FaceSpan(0.0, 0.4, Box(5, 5, 60, 60))), tmp_path / "o.mp4")
    found = back(tmp_path / "o.mp4")
    _, tall, wide, _ = found.rgb.shape
    assert tall % 2 == wide % 2 == 0
    assert wide in (max(320, width), max(320, width) + 1)
    assert 0 <= tall - height - panel_height(width, height) <= 1
    left = (wide - width) // 2
    assert found.rgb[5, height // 2, left + width - 10] == pytest.approx(GREY, abs=8)
    assert found.rgb[5, 20, left + 5].mean() > 220
    if left > 8:
        assert found.rgb[5, height // 2, left - 6] == pytest.approx(0, abs=12)


def test_only_what_was_measured_is_shown(grey: Any, tmp_path: Path) -> None:
    t = np.arange(90) / 30
    video = grey(t)
    part = pulse(video, t, FaceSpan(1.0, 2.0, Box(10, 10, 90, 90)))
    write_overlay(part, tmp_path / "o.mp4")
    found = back(tmp_path / "o.mp4")
    np.testing.assert_allclose(found.t, np.arange(30) / 30, atol=2 / 90_000)


def test_a_rotated_video_stands_upright(grey: Any, tmp_path: Path) -> None:
    unit = 1 << 16
    matrix = (0, unit, 0, -unit, 0, 0, 240 * unit, 0, 1 << 30)
    t = np.arange(6) / 30
    video = grey(t, prepare=lambda stream: stream.set_display_matrix(matrix))
    write_overlay(pulse(video, t, FaceSpan(0.0, 0.2, Box(20, 200, 220, 310))), tmp_path / "o.mp4")
    found = back(tmp_path / "o.mp4").rgb
    # 240 wide and 320 high now, in the middle of the least width
    assert found.shape[2] == 320
    assert found[3, 310:320, 40:280].mean() == pytest.approx(GREY, abs=8)
    assert found[3, 200, 70:250].mean() > 200


@pytest.mark.slow
def test_without_a_face_or_a_waveform_there_is_still_a_video(grey: Any, tmp_path: Path) -> None:
    t = np.arange(20) / 30
    video = grey(t)
    for faces in ((FaceSpan(0.0, 0.7, None),), ()):
        none = replace(results.rejected(), source=str(video), faces=faces, windows=())
        write_overlay(none, tmp_path / "o.mp4")
        found = back(tmp_path / "o.mp4")
        assert len(found.t) == 20
        assert found.rgb[10, :240] == pytest.approx(GREY, abs=10)
        assert near(found.rgb[10, 240:270], BAD, 90).sum() > 30


def test_one_picture_is_a_video(grey: Any, tmp_path: Path) -> None:
    video = grey(np.zeros(1))
    one = replace(
        results.rejected(), source=str(video), faces=(FaceSpan(0.0, 0.0, None),), fps=None
    )
    write_overlay(one, tmp_path / "o.mp4")
    assert len(back(tmp_path / "o.mp4").t) == 1


def test_it_goes_chunk_by_chunk(grey: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    t = np.arange(100) / 30
    video = grey(t)
    sizes: list[int] = []

    def counted(path: Path, frames: Any, **_: object) -> None:
        sizes.extend(len(chunk) for chunk in frames)

    monkeypatch.setattr(overlay_module, "write_h264", counted)
    write_overlay(pulse(video, t, FaceSpan(0.0, 3.4, None)), tmp_path / "o.mp4")
    assert sizes == [32, 32, 32, 4]


def test_what_cannot_be_is_one_error_and_leaves_nothing(grey: Any, tmp_path: Path) -> None:
    t = np.arange(10) / 30
    video = grey(t)
    before = video.read_bytes()
    vitals = pulse(video, t, FaceSpan(0.0, 0.4, None))
    with pytest.raises(OutputError, match=r"\.mp4"):
        write_overlay(vitals, tmp_path / "o.avi")
    with pytest.raises(OutputError, match="cannot be written"):
        write_overlay(vitals, tmp_path / "gone" / "o.mp4")
    with pytest.raises(OutputError, match="video itself"):
        write_overlay(vitals, video)
    with pytest.raises(SourceError, match="any more"):
        write_overlay(replace(vitals, faces=(FaceSpan(9.0, 10.0, None),)), tmp_path / "o.mp4")
    with pytest.raises(SourceError, match="no such file"):
        write_overlay(replace(vitals, source=str(tmp_path / "gone.mp4")), tmp_path / "o.mp4")
    assert video.read_bytes() == before
    assert not list(tmp_path.iterdir())


def test_long_reasons_and_other_letters_fit(grey: Any) -> None:
    windows = (WindowVitals(0.0, 9.0, None, None, None, None, False, ("low_snr",) * 12 + ("é",)),)
    panel = make_panel(replace(results.rejected(), windows=windows), 320, 240)
    canvas = np.zeros((panel_height(320, 240), 320, 3), np.uint8)
    panel.paint(canvas, 3.0)
    assert (canvas[:, -6:] == PAPER).all()
