"""A live measurement: from a face to its rate, and the recording of it has the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sspd
import sspd.video.sources
from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.fake_cameras import SteppedCamera
from sspd.errors import OutputError
from sspd.live.hints import HINTS
from sspd.live.recorder import Recorder, on_ticks
from sspd.live.run import LiveMeasurement
from sspd.live.view import LiveView
from sspd.pipeline import load_method
from sspd.types import Frames, MeasureOptions, Vitals

T = np.arange(15 * 30) / 30
RATE_BPM = 72.0
PICTURES = beating_frames(T, RATE_BPM / 60)


def _measured(
    recording: Path | None = None, stop_s: float = 1e9, pictures: np.ndarray = PICTURES
) -> tuple[list[LiveView], list[Vitals]]:
    options = MeasureOptions(method="pos", box=SKIN_BOX, end_s=14.0)
    views: list[LiveView] = []
    with SteppedCamera(pictures, T.tolist()).source as camera:
        recorder = None if recording is None else Recorder(recording, 30.0)
        live = LiveMeasurement(
            camera,
            options,
            load_method(options),
            recorder=recorder,
            stopped=lambda: bool(views) and views[-1].time_s > stop_s,
        )
        for view in live.views():
            views.append(view)
        if recorder is not None:
            recorder.close()
    return views, list(live.results)


@pytest.mark.slow
def test_a_recording_measured_later_gives_the_same(tmp_path: Path) -> None:
    views, (live,) = _measured(tmp_path / "live.mkv")
    later = sspd.measure(tmp_path / "live.mkv", method="pos", box=SKIN_BOX, end_s=14.0)
    assert live.hr_bpm == pytest.approx(RATE_BPM, abs=1.0)
    assert later.hr_bpm == pytest.approx(live.hr_bpm, abs=0.05)
    assert [w.reasons for w in later.windows] == [w.reasons for w in live.windows]
    assert later.signal is not None
    assert live.signal is not None
    assert later.signal.values == pytest.approx(live.signal.values, abs=1e-6)
    names = [view.phase for view in views]
    changes = [n for k, n in enumerate(names) if k == 0 or n != names[k - 1]]
    assert changes == ["warming_up", "tracking", "done"]
    assert views[-1].results == (live,)
    rates = [view.rate_bpm for view in views if view.rate_bpm is not None]
    assert rates == pytest.approx([RATE_BPM] * len(rates), abs=2.0)
    tracked = [view for view in views if view.phase == "tracking"][-1]
    assert tracked.gauges is not None
    assert tracked.gauges.width == pytest.approx(40 / 96)
    assert tracked.waveform is not None
    assert 8.0 < tracked.waveform.duration_s <= 10.1
    assert len(tracked.beats_s) >= 7
    assert all(view.latency_s is None or view.latency_s < 0.2 for view in views)


def test_it_ends_when_it_is_asked_to() -> None:
    views, (vitals,) = _measured(stop_s=4.0)
    assert views[-1].phase == "done"
    assert 3.9 < views[-1].time_s < 5.0
    assert vitals.reasons == ("too_short",)


@pytest.mark.slow
def test_noise_has_no_rate_and_a_hint() -> None:
    rng = np.random.default_rng(5)
    noise = rng.integers(90, 130, PICTURES.shape, np.uint8)
    views, (vitals,) = _measured(pictures=noise)
    assert vitals.hr_bpm is None
    assert all(view.rate_bpm is None for view in views)
    assert {view.phase for view in views} == {"warming_up", "done"}
    assert views[-1].hint in HINTS


@pytest.mark.slow
def test_without_a_face_it_searches_and_says_what_helps() -> None:
    grey = [np.full((48, 64, 3), 90 + k % 3, np.uint8) for k in range(90)]
    options = MeasureOptions(method="pos")
    with SteppedCamera(grey, T[:90].tolist()).source as camera:
        live = LiveMeasurement(camera, options, load_method(options))
        views = list(live.views())
    assert {view.phase for view in views} == {"searching", "done"}
    assert views[-1].hint == "face_the_camera"
    assert all(view.rate_bpm is None for view in views)
    assert live.results[0].reasons == ("no_face",)


def test_a_recording_holds_exactly_what_it_was_given(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frames = [
        on_ticks(Frames(rng.integers(0, 256, (1, 32, 48, 3), np.uint8), np.array([k / 29.97])))
        for k in range(12)
    ]
    with Recorder(tmp_path / "a.mkv", 29.97) as recorder:
        for each in frames:
            recorder.add(each)
    found = list(sspd.video.sources.open_source(tmp_path / "a.mkv", chunk=1).frames())
    assert [float(each.t[0]) for each in found] == [float(each.t[0]) for each in frames]
    for one, other in zip(found, frames, strict=True):
        assert np.array_equal(one.rgb, other.rgb)


def test_a_recording_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    frames = Frames(np.zeros((1, 32, 32, 3), np.uint8), np.zeros(1))
    with pytest.raises(KeyboardInterrupt), Recorder(tmp_path / "a.mkv", 30.0) as recorder:
        recorder.add(frames)
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_recording_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.mkv"):
        Recorder(tmp_path / "a.mp4", 30.0)
    recorder = Recorder(tmp_path / "missing" / "a.mkv", 30.0)
    with pytest.raises(OutputError, match="missing"):
        recorder.close()
