"""A camera as a source: frames in time, named states, reconnects, nothing left behind."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.fake_cameras import FakeCamera, SteppedCamera, within
from sspd.errors import CameraError, DecodeError, UsageError
from sspd.pipeline import open_camera, stream
from sspd.pipeline.camera import CameraSource
from sspd.pipeline.executor import Buffers
from sspd.types import VideoSource
from sspd.video.camera.device import Locks
from sspd.video.camera.opening import find_camera

#: A state is named within this time, seconds.
NAMED_S = 2.0
GONE, BUSY = OSError(errno.ENODEV, "No such device"), OSError(errno.EBUSY, "busy")
DENIED, MISSING = OSError(errno.EACCES, "denied"), OSError(errno.ENOENT, "no such file")


def test_frames_come_with_their_times() -> None:
    fake = FakeCamera([(40, "end")], fps=200.0)
    with CameraSource(fake.camera()) as camera:
        assert isinstance(camera, VideoSource)
        assert (camera.info.width, camera.info.height, camera.info.duration_s) == (64, 48, None)
        frames = [each for each in camera.frames() if len(each)]
    t = np.concatenate([each.t for each in frames])
    assert t[0] == 0.0
    assert len(t) == 40
    assert np.diff(t) == pytest.approx(1 / 200, abs=1e-6)
    assert [int(each.rgb[0, 0, 0, 0]) for each in frames] == list(range(60, 100))
    assert camera.state == "ended"
    assert fake.open_now == 0


def test_nobody_waits_for_a_slow_reader_and_the_newest_frames_are_kept() -> None:
    frame_bytes = 48 * 64 * 3
    fake = FakeCamera([(60, "end")], fps=400.0)
    source = CameraSource(fake.camera(), buffers=Buffers(camera_bytes=5 * frame_bytes))
    with source as camera:
        _ = camera.info
        for _ in within(5.0):
            if camera.counts["frames"] == 60:
                break
        values = [int(each.rgb[0, 0, 0, 0]) for each in camera.frames() if len(each)]
    first, *rest = values  # one was taken when the camera was opened
    assert 60 <= first < 115
    assert rest == list(range(115, 120))
    assert camera.counts["dropped"] == 54
    assert any("54 of 60 frames were dropped" in line for line in camera.warnings)


@pytest.mark.parametrize(
    ("error", "state"), [(BUSY, "busy"), (DENIED, "denied"), (MISSING, "missing")]
)
def test_a_camera_that_cannot_be_opened_says_why(error: OSError, state: str) -> None:
    fake, before = FakeCamera([error]), threading.active_count()
    camera, began_s = CameraSource(fake.camera()), time.monotonic()
    with pytest.raises(CameraError, match=f"fake camera: .*\\({state}") as caught:
        _ = camera.info
    assert caught.value.state == state
    assert time.monotonic() - began_s < NAMED_S
    assert threading.active_count() == before


@pytest.mark.slow
def test_a_camera_that_opens_and_gives_nothing_is_stalled() -> None:
    fake = FakeCamera([(0, "stall")])
    camera, began_s = CameraSource(fake.camera()), time.monotonic()
    with pytest.raises(CameraError) as caught:
        _ = camera.info
    assert caught.value.state == "stalled"
    assert time.monotonic() - began_s < NAMED_S
    assert fake.open_now == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ([(30, GONE), MISSING], "unplugged"),
        ([(30, GONE), BUSY], "busy"),
        ([(30, GONE), DENIED], "denied"),
        ([(30, OSError(errno.EIO, "i/o")), MISSING], "unplugged"),
        ([(30, "stall")], "stalled"),
        ([(30, GONE), (0, "stall")], "unplugged"),
    ],
    ids=str,
)
def test_trouble_has_a_name_within_two_seconds(parts: list[object], state: str) -> None:
    fake = FakeCamera(parts)  # type: ignore[arg-type]
    with CameraSource(fake.camera()) as camera:
        frames, last_s = camera.frames(), time.monotonic()
        for each in frames:
            if len(each):
                last_s = time.monotonic()
            elif camera.state == state:
                break
            assert time.monotonic() - last_s < NAMED_S, camera.state
        assert time.monotonic() - last_s < NAMED_S
    assert fake.open_now == 0


def test_a_slow_camera_and_repeated_frames_are_noticed() -> None:
    """Thirty frames a second, of which each is shown four times."""
    fake = FakeCamera([(1000, "end")], fps=30.0)
    fake.picture = lambda k: np.full((8, 8, 3), k // 4 % 256, np.uint8)
    with CameraSource(fake.camera()) as camera:
        began_s, frames = time.monotonic(), camera.frames()
        while camera.state != "too_slow":
            next(frames)
            assert time.monotonic() - began_s < NAMED_S
        assert camera.counts["repeated"] > 0.6 * camera.counts["frames"]


@pytest.mark.slow
def test_it_goes_on_after_a_reconnect_and_time_has_passed() -> None:
    fake = FakeCamera([(30, GONE), MISSING, (30, "end")])
    with CameraSource(fake.camera()) as camera:
        frames = [each for each in camera.frames() if len(each)]
    t = np.concatenate([each.t for each in frames])
    assert len(t) == 60
    gaps = np.flatnonzero(np.diff(t) > 0.1)
    assert gaps.tolist() == [29]
    assert t[30] - t[29] == pytest.approx(0.75, abs=0.3)
    assert any("opened 2 times" in line for line in camera.warnings)


@pytest.mark.slow
def test_many_reconnects_leave_no_thread_and_no_handle() -> None:
    fake = FakeCamera([(3, GONE)] * 20, fps=1000.0)
    before, handles = threading.active_count(), _handles()
    with CameraSource(fake.camera()) as camera:
        for _ in camera.frames():
            assert fake.open_now <= 1
            if fake.opened >= 12:
                break
        assert threading.active_count() == before + 1
    assert fake.open_now == 0
    assert threading.active_count() == before
    assert _handles() == handles


def _handles() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_locked_or_said() -> None:
    fake = FakeCamera([(40, "end")], settle_s=0.1, locks=Locks(True, False))
    with CameraSource(fake.camera()) as camera:
        n = sum(len(each) for each in camera.frames())
    assert fake.locked == 1
    assert 25 <= n <= 31  # what came before the controls stood still is left out
    assert any("white balance cannot be locked" in line for line in camera.warnings)


def test_a_closed_camera_is_closed() -> None:
    camera = CameraSource(FakeCamera([(10, "end")]).camera())
    camera.close()
    with pytest.raises(UsageError, match="was closed"):
        _ = camera.info


@pytest.mark.slow
def test_a_played_video_comes_in_its_own_time(video: Path) -> None:
    began_s = time.monotonic()
    with open_camera(video) as camera:
        assert camera.info.codec == "h264"
        t = np.concatenate([each.t for each in camera.frames()])
    assert 0.9 < time.monotonic() - began_s < 3.0
    assert t == pytest.approx(np.arange(30) / 30, abs=1e-3)


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no video")
    with pytest.raises(DecodeError, match=r"notes\.txt"):
        _ = open_camera(wrong).info


@pytest.mark.parametrize("wrong", [-1, "ftp://host/a", True, 1.5, "file://x.mp4://"])
def test_what_is_no_camera(wrong: object) -> None:
    with pytest.raises(UsageError):
        find_camera(wrong)  # type: ignore[arg-type]


@pytest.mark.slow
def test_updates_name_the_camera_and_have_no_rate_without_it() -> None:
    """An unplugged camera: within 2 s an update says so, and never a rate of before."""
    t = np.arange(330) / 30
    source = SteppedCamera(beating_frames(t, 1.25), t.tolist(), gone=GONE).source
    seen, last_rate_s, gone_s = [], 0.0, None
    for update in stream(source, method="pos", box=SKIN_BOX, window_s=8.0):
        now_s = source.time_s
        if update.camera == "unplugged" and not update.final:
            gone_s = gone_s or now_s
            assert update.hr_bpm is None
            assert update.hint is not None
            if now_s - gone_s > 2.5:
                source.close()
        elif update.hr_bpm is not None and not update.final:
            last_rate_s = now_s
            seen.append(update.hr_bpm)
    assert seen == pytest.approx([75.0] * len(seen), abs=1.5)
    assert seen
    assert gone_s is not None
    assert 0 < gone_s - last_rate_s < 1.0 + NAMED_S
