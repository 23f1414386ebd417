"""Cameras and streams by PyAV: V4L2, AVFoundation, DirectShow, addresses, and pipes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from sspd.errors import DecodeError
from sspd.video.allowed import CONTAINERS, VIDEO_CODECS, check_codec, decoder_options
from sspd.video.camera.controls import CameraControls
from sspd.video.camera.device import DeviceFacts, EndOfDevice, Locks, Shot
from sspd.video.rgb import converter

#: Size and rate that are asked for; the driver gives what is nearest.
WIDTH, HEIGHT, FPS = 640, 480, 30
#: Longest time to open a camera, and for a stream to give its next part, seconds.
OPEN_S, READ_S = 10.0, 2.0
#: Time between two requests to a camera that has no frame yet, seconds.
_ASK_S = 0.002
#: FFmpeg's AVFMT_FLAG_NONBLOCK, which has no name among its options: reading returns at once.
_NONBLOCK = "+4"
#: Addresses that are opened, and the protocols that each needs.
PROTOCOLS: Mapping[str, str] = {
    "rtsp": "rtsp,rtp,rtcp,udp,tcp",
    "rtsps": "rtsp,rtsps,rtp,rtcp,udp,tcp,tls",
    "http": "http,tcp",
    "https": "https,tls,tcp",
}
_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}


class AvDevice:
    """A container that PyAV opened, read frame by frame: `sspd.video.camera.device.Device`.

    Parameters
    ----------
    container : av.container.InputContainer
        Closed with the device.
    facts : DeviceFacts
    path : str or None
        Of a V4L2 camera, for its controls.
    file : object with ``close``, or None
        Closed after the container, which reads from it.
    """

    def __init__(
        self, container: Any, facts: DeviceFacts, path: str | None = None, file: Any = None
    ) -> None:
        self.facts = facts
        self._file = file
        self._container = container
        self._stream = container.streams.video[0]
        check_codec(facts.name, self._stream)
        self._stream.codec_context.options = decoder_options()
        # frames of several threads come later, and a live one is wanted now
        self._stream.thread_type = "NONE"
        self._packets = container.demux(self._stream)
        self._decoded: Iterator[VideoFrame] = iter(())
        self._convert: Any = None
        self._controls = CameraControls(path)
        self.settle_s = self._controls.settle_s

    def read(self, wait_s: float) -> Shot | None:
        """Return the next frame, see `sspd.video.camera.device.Device.read`.

        Parameters
        ----------
        wait_s : float
            Seconds.

        Returns
        -------
        Shot or None
        """
        until_s = time.monotonic() + wait_s
        while True:
            frame = next(self._decoded, None)
            if frame is not None:
                return self._shot(frame)
            if not self._demux():
                if time.monotonic() >= until_s:
                    return None
                time.sleep(_ASK_S)

    def lock(self) -> Locks:
        """Lock exposure and white balance, where the camera is one of V4L2.

        Returns
        -------
        Locks
        """
        return self._controls.lock()

    def close(self) -> None:
        """Close the container; controls are as before."""
        self._controls.close()
        self._decoded = iter(())
        with suppress(av.FFmpegError, OSError):
            self._container.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _demux(self) -> bool:
        """Decode the next packet; False where there is none yet."""
        try:
            packet = next(self._packets, None)
            if packet is None:
                raise EndOfDevice
            self._decoded = iter(self._stream.decode(packet))
        except av.BlockingIOError:
            self._packets = self._container.demux(self._stream)
            return False
        except av.EOFError:
            raise EndOfDevice from None
        except av.InvalidDataError:  # a damaged frame; the next one may be whole
            self._packets = self._container.demux(self._stream)
        return True

    def _shot(self, frame: VideoFrame) -> Shot:
        if self._convert is None:
            self._convert, self._shape = converter(self.facts.name, frame)
        rgb = np.empty((*self._shape, 3), np.uint8)
        self._convert(frame, rgb)
        if frame.pts is None or not frame.time_base:
            return Shot(rgb, None)
        return Shot(rgb, float(frame.pts * frame.time_base))


def camera_path(number: int) -> tuple[str, str]:
    """Return FFmpeg's name of a camera, and the name of the system's interface.

    Parameters
    ----------
    number : int
        Of the camera, from 0.

    Returns
    -------
    path, kind : str

    Raises
    ------
    FileNotFoundError
        There is none of this number.
    """
    kind = _FORMATS.get(sys.platform, "v4l2")
    if kind == "v4l2":
        return f"/dev/video{number}", kind
    found = [d for d in av.enumerate_input_devices(kind) if "video" in str(d.media_types)]
    if number >= len(found):
        raise FileNotFoundError(2, f"{len(found)} cameras are there")
    name = found[number].description if kind == "dshow" else str(number)
    return (f"video={name}" if kind == "dshow" else f"{name}:none"), kind


def open_camera_device(path: str, kind: str, name: str) -> AvDevice:
    """Open a camera.

    Parameters
    ----------
    path : str
        FFmpeg's name of it.
    kind : str
        ``v4l2``, ``avfoundation`` or ``dshow``.
    name : str
        For messages.

    Returns
    -------
    AvDevice

    Raises
    ------
    OSError
        It cannot be opened.
    ValueError
        PyAV was built without this interface.
    """
    wanted = {"video_size": f"{WIDTH}x{HEIGHT}", "framerate": str(FPS)}
    always = {"fflags": _NONBLOCK}
    try:
        container = _open(path, kind, always | wanted)
    except av.ArgumentError:  # AVFoundation and DirectShow refuse what a camera does not have
        container = _open(path, kind, always)
    facts = _facts(container, name)
    return AvDevice(container, facts, path if kind == "v4l2" else None)


def open_address(address: str, name: str) -> AvDevice:
    """Open a stream by its address.

    Parameters
    ----------
    address : str
        Its scheme is one of `PROTOCOLS`.
    name : str
        For messages, without a password.

    Returns
    -------
    AvDevice

    Raises
    ------
    OSError
        It cannot be opened.
    """
    options = {
        "protocol_whitelist": PROTOCOLS[address.partition(":")[0].lower()],
        "format_whitelist": ",".join((*CONTAINERS, "rtsp", "sdp", "rtp", "mpjpeg")),
        "codec_whitelist": ",".join(VIDEO_CODECS),
        "fflags": "nobuffer",
    }
    container = av.open(
        address, metadata_errors="ignore", options=options, timeout=(OPEN_S, READ_S)
    )
    return AvDevice(container, _facts(container, name))


def open_stream_file(file: Any, name: str) -> AvDevice:
    """Open a video that comes through a file object, such as a pipe.

    Parameters
    ----------
    file : object with ``read`` and ``close``
        Closed with the device.
    name : str

    Returns
    -------
    AvDevice

    Raises
    ------
    OSError
        It is no video.
    """
    options = {
        "format_whitelist": ",".join(CONTAINERS),
        "codec_whitelist": ",".join(VIDEO_CODECS),
        "protocol_whitelist": "",
        # enough to know a stream that comes as it is captured
        "probesize": str(1 << 20),
        "analyzeduration": "1000000",
        "fflags": "nobuffer",
    }
    container = av.open(file, metadata_errors="ignore", options=options)
    return AvDevice(container, _facts(container, name), file=file)


def _open(path: str, kind: str, options: dict[str, str]) -> Any:
    # for the container alone: its decoder would take the size that was asked for as its own
    return av.open(path, format=kind, container_options=options, timeout=(OPEN_S, None))


def _facts(container: Any, name: str) -> DeviceFacts:
    if not container.streams.video:
        container.close()
        raise DecodeError(f"{name}: has no video")
    stream = container.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate
    codec = "raw" if stream.codec_context.name == "rawvideo" else stream.codec_context.name
    return DeviceFacts(name, codec, float(rate) if rate else None)
