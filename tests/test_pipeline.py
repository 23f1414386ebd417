from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sspd
from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.errors import NoVideoError, SourceError, UsageError, WeightsError
from sspd.face.chunker import FaceChunker
from sspd.methods import Method
from sspd.simulation import VideoSpec, truth, write_video
from sspd.types import FaceSegment, Frames, Signal
from sspd.vitals import HRV_NAMES

WriteVideo = Callable[..., Path]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, write_video: WriteVideo) -> WriteVideo:
    """A video of beating skin at given times."""

    def beating_video(t: np.ndarray, hz: float = 1.2, **light: float) -> Path:
        path = tmp_path_factory.mktemp("videos") / "skin.mp4"
        return write_video(path, beating_frames(t, hz, **light), t, options={"crf": "16"})

    return beating_video


@pytest.fixture(scope="module")
def skin(make: WriteVideo) -> Path:
    """Forty seconds at 30 pictures a second, 72 beats a minute."""
    return make(np.arange(1200) / 30)


def test_eight_seconds_at_25_frames_per_second_are_measured(make: WriteVideo) -> None:
    vitals = sspd.measure(make(np.arange(200) / 25), method="pos", box=SKIN_BOX)
    assert vitals.hr_bpm == pytest.approx(72, abs=1.5)
    short = sspd.measure(make(np.arange(187) / 25), method="pos", box=SKIN_BOX)
    assert short.reasons == ("too_short",)


@pytest.mark.slow
def test_a_video_becomes_vitals(skin: Path) -> None:
    vitals = sspd.measure(skin, method="pos", box=SKIN_BOX)
    assert vitals.accepted
    assert vitals.hr_bpm == pytest.approx(72, abs=0.3)
    assert vitals.hr_peaks_bpm == pytest.approx(72, abs=1)
    assert (vitals.source, vitals.method, vitals.weights) == (str(skin), "pos", None)
    assert vitals.fps == pytest.approx(30)
    assert vitals.duration_s == pytest.approx(40, abs=0.05)
    assert [(w.start_s, round(w.end_s)) for w in vitals.windows] == [(0, 30), (30, 40)]
    assert vitals.face_box == SKIN_BOX
    assert [span.box for span in vitals.faces] == [SKIN_BOX, SKIN_BOX]
    assert [span.start_s for span in vitals.faces] == pytest.approx([0, 30], abs=1e-3)
    assert tuple(vitals.hrv) == HRV_NAMES
    assert vitals.hrv["sdnn_ms"].reason == "needs 60 s"
    assert set(vitals.timing_s) == {"decode", "face", "network", "total"}
    # They run side by side: each is shorter than the whole, their sum need not be.
    for part in ("decode", "face", "network"):
        assert 0 < vitals.timing_s[part] <= vitals.timing_s["total"]
    assert all(spent >= 0 for spent in vitals.timing_s.values())
    assert vitals.signal is not None
    assert vitals.beats_s is not None
    assert 60 / np.median(np.diff(vitals.beats_s)) == pytest.approx(72, abs=1)


@pytest.mark.slow
@pytest.mark.parametrize("fps", [15, 25, 60])
def test_every_frame_rate_reads_the_same(fps: int, make: WriteVideo) -> None:
    # Green: the codec keeps brightness, at 60 pictures a second little of the colour.
    vitals = sspd.measure(make(np.arange(12 * fps) / fps), method="green", box=SKIN_BOX)
    assert vitals.hr_bpm == pytest.approx(72, abs=0.6)
    assert vitals.fps == pytest.approx(fps, rel=0.01)


def test_uneven_timestamps_read_the_same(make: WriteVideo) -> None:
    t = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.05, 360))
    vitals = sspd.measure(make(t - t[0]), method="pos", box=SKIN_BOX)
    assert vitals.hr_bpm == pytest.approx(72, abs=0.6)


def test_a_part_of_the_video(skin: Path) -> None:
    vitals = sspd.measure(skin, method="pos", box=SKIN_BOX, start_s=12.0, end_s=24.0)
    (window,) = vitals.windows
    assert (window.start_s, window.end_s) == pytest.approx((12.0, 24.0), abs=0.05)
    assert vitals.duration_s == pytest.approx(12.0, abs=0.05)
    (span,) = vitals.faces
    assert span.start_s == pytest.approx(12.0, abs=0.05)
    assert 23.9 < span.end_s <= 24.0
    assert vitals.signal is not None
    assert vitals.signal.start_s == pytest.approx(12.0, abs=0.05)


def test_windows_and_steps(skin: Path) -> None:
    vitals = sspd.measure(skin, method="green", box=SKIN_BOX, window_s=10.0, step_s=5.0)
    assert [round(w.start_s) for w in vitals.windows] == [0, 5, 10, 15, 20, 25, 30]
    assert all(w.spectral_bpm == pytest.approx(72, abs=1) for w in vitals.windows)


def test_a_lamp_is_refused(make: WriteVideo) -> None:
    video = make(np.arange(600) / 30, depth=0.0, lamp=0.01, lamp_hz=1.1)
    vitals = sspd.measure(video, method="green", box=SKIN_BOX)
    assert vitals.estimate_bpm == pytest.approx(66, abs=1)
    assert vitals.hr_bpm is None
    assert "flicker" in vitals.reasons


def test_no_face_is_a_reason(skin: Path) -> None:
    vitals = sspd.measure(skin, method="pos", end_s=5.0)
    assert vitals.reasons == ("no_face",)
    assert vitals.hr_bpm is None
    assert vitals.face_box is None
    assert vitals.signal is None
    assert vitals.hrv["sdnn_ms"].reason == "no accepted stretch"


@pytest.mark.parametrize("n", [1, 2, 30, 200])
def test_a_short_video_is_too_short(n: int, make: WriteVideo) -> None:
    vitals = sspd.measure(make(np.arange(n) / 30), method="pos", box=SKIN_BOX)
    assert vitals.reasons == ("too_short",)
    assert vitals.hr_bpm is None


def test_five_pictures_a_second_are_refused(make: WriteVideo) -> None:
    vitals = sspd.measure(make(np.arange(60) / 5), method="pos", box=SKIN_BOX)
    assert "frame_rate_too_low" in vitals.reasons
    assert vitals.hr_bpm is None


def test_still_skin_is_refused(make: WriteVideo) -> None:
    vitals = sspd.measure(make(np.arange(450) / 30, depth=0.0), method="pos", box=SKIN_BOX)
    assert vitals.hr_bpm is None
    assert vitals.reasons


@pytest.mark.slow
def test_a_lost_face_leaves_a_gap(skin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sspd.measure(skin, method="pos", box=SKIN_BOX)

    def run(faces: Iterable[Frames]) -> Signal | None:
        t = np.concatenate([piece.t for piece in faces])
        return whole.signal.between(t[0], t[-1] + 0.03) if whole.signal else None

    class Chunker(FaceChunker):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options | {"segment_s": 10.0, "box": SKIN_BOX})

        def push(self, frames: Frames) -> Iterator[FaceSegment]:
            found = super().push(frames)
            return (replace(p, box=None) if p.segment_index == 1 else p for p in found)

    monkeypatch.setattr("sspd.pipeline.session.FaceChunker", Chunker)
    vitals = sspd.measure(skin, method=Method("pos", "", 30.0, 8, run))
    spans = [(round(w.start_s), round(w.end_s), w.reasons) for w in vitals.windows]
    assert spans == [(0, 10, ()), (10, 20, ("face_lost",)), (20, 40, ())]
    assert [span.box is None for span in vitals.faces] == [False, True, False, False]
    assert vitals.signal is not None
    assert np.isnan(vitals.signal.between(10.5, 19.5).values).all()
    assert vitals.hrv["sdnn_ms"].span_s == pytest.approx(20, abs=0.1)


def test_what_cannot_be_used_raises(
    tmp_path: Path, skin: Path, write_sound: Callable[..., Path]
) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(SourceError, match=r"missing\.mp4"):
        sspd.measure(tmp_path / "missing.mp4", method="pos")
    with pytest.raises(SourceError, match=r"empty\.mp4"):
        sspd.measure(tmp_path / "empty.mp4", method="pos")
    with pytest.raises(NoVideoError, match=r"sound\.wav"):
        sspd.measure(write_sound(tmp_path / "sound.wav"), method="pos")
    with pytest.raises(SourceError, match="no frames from 90 s"):
        sspd.measure(skin, method="pos", start_s=90.0)
    with pytest.raises(UsageError, match="window"):
        sspd.measure(skin, method="pos", window_s=2.0)
    with pytest.raises(WeightsError):
        sspd.measure(skin, weights=tmp_path / "none.onnx")


@pytest.mark.slow
@pytest.mark.parametrize(("speed_px_s", "hr_bpm"), [(130.0, 81.0), (60.0, 127.0)])
def test_a_head_that_moves_fast_is_read(speed_px_s: float, hr_bpm: float, tmp_path: Path) -> None:
    spec = VideoSpec(
        seed=8,
        duration_s=16.0,
        motion="translation",
        speed_px_s=speed_px_s,
        hr_bpm=hr_bpm,
        lf_ms=5.0,
        hf_ms=5.0,
        noise_levels=1.5,
    )
    write_video(spec, tmp_path / "fast.mp4")
    vitals = sspd.measure(tmp_path / "fast.mp4")
    assert vitals.estimate_bpm == pytest.approx(truth(spec).hr_bpm, abs=2)
    # at four face widths in five seconds the colours say nothing any more: read, not accepted
    assert vitals.accepted == (speed_px_s < 100)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "end_s", "bpm", "within"), [("face.mp4", None, 53, 1.5), ("an1.mp4", 25.0, 60, 3)]
)
def test_real_videos_by_the_colour_methods(
    name: str, end_s: float | None, bpm: float, within: float, shared: Path
) -> None:
    for method in ("pos", "green"):
        vitals = sspd.measure(shared / "data" / name, method=method, end_s=end_s)
        assert vitals.estimate_bpm == pytest.approx(bpm, abs=within)


@pytest.mark.slow
def test_a_real_video_that_no_method_reads_is_refused(shared: Path) -> None:
    for method in ("pos", "green"):
        vitals = sspd.measure(shared / "data" / "mp7.mp4", method=method)
        assert vitals.hr_bpm is None
