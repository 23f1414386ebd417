"""States of a camera, from facts and from errors."""

from __future__ import annotations

import errno
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import CameraError, SourceError
from sspd.video.camera.opening import find_camera
from sspd.video.camera.states import (
    CAMERA_STATES,
    LEAST_NEW_FPS,
    STALL_S,
    WITH_FRAMES,
    CameraStatus,
    camera_error,
    camera_state,
    error_state,
)
from sspd.vitals.acceptance import LEAST_FPS

STATUSES = st.builds(
    CameraStatus,
    error=st.sampled_from([None, "busy", "denied", "missing", "unplugged"]),
    since_s=st.floats(0, 100),
    new_fps=st.none() | st.floats(0, 240),
    dropped=st.floats(0, 1),
    seen=st.booleans(),
    ended=st.booleans(),
)


@given(STATUSES)
def test_every_status_has_a_state_that_is_in_the_list(status: CameraStatus) -> None:
    state = camera_state(status)
    assert state in CAMERA_STATES
    if status.error is not None or status.ended or status.since_s >= STALL_S or not status.seen:
        assert state not in WITH_FRAMES


def test_the_slowest_camera_is_that_of_the_slowest_accepted_video() -> None:
    assert LEAST_NEW_FPS == LEAST_FPS


@pytest.mark.parametrize(
    ("number", "first", "later"),
    [
        (errno.EBUSY, "busy", "busy"),
        (errno.EACCES, "denied", "denied"),
        (errno.EPERM, "denied", "denied"),
        (errno.ENOENT, "missing", "unplugged"),
        (errno.ENODEV, "missing", "unplugged"),
        (errno.EIO, "stalled", "unplugged"),
    ],
)
def test_errors_of_the_system(number: int, first: str, later: str) -> None:
    assert error_state(OSError(number, "x"), False) == first
    assert error_state(OSError(number, "x"), True) == later


@pytest.mark.parametrize("state", sorted(CAMERA_STATES))
def test_an_error_names_its_state_and_what_helps(state: str) -> None:
    error = camera_error("camera 3", state, "no such device")
    assert isinstance(error, SourceError)
    assert (type(error), error.state) == (CameraError, state)
    assert str(error).startswith("camera 3: ")
    assert f"({state}: no such device)" in str(error)
    assert CAMERA_STATES[state].help in str(error)
    assert error_state(error, False) == state


def test_a_camera_that_was_there_is_unplugged() -> None:
    assert error_state(camera_error("c", "missing"), True) == "unplugged"


@pytest.mark.skipif(sys.platform != "linux", reason="has no devices as files")
def test_what_is_plain_without_opening_it() -> None:
    camera = find_camera(977)
    with pytest.raises(CameraError, match=r"camera 977: .*no /dev/video977"):
        camera.check()
    find_camera("rtsp://host/door").check()  # nothing is known of it yet
