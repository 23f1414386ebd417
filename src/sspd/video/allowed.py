"""Allowed containers and codecs: those of cameras, phones, editors and archives.

FFmpeg reads many formats that are not videos: playlists and scripts (HLS, DASH, concat),
numbered images (image2), session descriptions, subtitles, drawn text, filter graphs. Several
of them name other files or addresses, which FFmpeg then opens: a playlist called
``holiday.mp4`` could read any video on this disk. Therefore only the formats listed here are
opened, and the demuxer decides about the format, not the file's name. FFmpeg itself checks the
container before it reads a header, and the codec before it decodes a frame.

Not in the list, because they open files beside their own: image2, hls, dash, concat, imf,
mlv (its ``.M00``, ``.M01`` ...), vobsub. MP4 and MOV may refer to tracks in other files
(``dref``); FFmpeg follows such references only with an option (``enable_drefs``).
"""

from __future__ import annotations

from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from sspd.errors import DecodeError
from sspd.video.rgb import MAX_PIXELS, MAX_SIDE

#: Allowed demuxers, by FFmpeg's names (one of several names is enough).
CONTAINERS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "ogg", "mxf", "gxf", "wtv"),
    *("nut", "dv", "ivf", "yuv4mpegpipe", "gif", "apng"),
    # elementary streams, which have no timestamps
    *("h264", "hevc", "vvc", "av1", "obu", "m4v", "mjpeg", "mpegvideo", "h263", "vc1"),
    # audio, so that the error names the missing video stream
    *("wav", "mp3", "flac", "aac"),
)
#: Allowed video decoders, by FFmpeg's names. Audio and subtitles are never decoded.
VIDEO_CODECS = (
    *("h264", "hevc", "vvc", "av1", "libdav1d", "vp8", "vp9", "libvpx", "libvpx-vp9"),
    *("mpeg4", "mpeg2video", "mpeg1video", "mpegvideo", "h263", "h263i", "h263p", "flv"),
    *("msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "theora", "vp6", "vp6f"),
    *("mjpeg", "mjpegb", "jpeg2000", "dvvideo", "svq1", "svq3", "cinepak", "msvideo1"),
    *("prores", "prores_raw", "dnxhd", "cfhd", "apv", "rawvideo", "v210", "v308", "v408", "v410"),
    *("yuv4", "r210", "r10k", "ffv1", "ffvhuff", "huffyuv", "utvideo", "magicyuv", "lagarith"),
    *("qtrle", "msrle", "png", "gif", "apng"),
)
_PLAINLY = "mp4, mov, mkv, webm, avi, mpg, ts, wmv, ogv"


def decoder_options() -> dict[str, str]:
    """Return FFmpeg's options for a decoder, which limit the size of all frames.

    Returns
    -------
    dict of str to str

    >>> decoder_options()
    {'max_pixels': '37748736'}
    """
    return {"max_pixels": str(MAX_PIXELS)}


def open_options() -> dict[str, str]:
    """Return FFmpeg's options for opening an untrusted file.

    Returns
    -------
    dict of str to str

    >>> open_options()["protocol_whitelist"]
    'file'
    """
    return {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(CONTAINERS),
        "codec_whitelist": ",".join(VIDEO_CODECS),
        # larger than `MAX_PIXELS`, so that `checked_size` can name the size in its error
        "max_pixels": str(MAX_SIDE**2),
    }


def cannot_open(path: str | Path, error: Exception) -> DecodeError:
    """Return the error for a file that FFmpeg did not open.

    Parameters
    ----------
    path : str or Path
    error : Exception
        Raised by FFmpeg.

    Returns
    -------
    DecodeError

    >>> print(cannot_open("a.mp4", ValueError("no such thing")))
    a.mp4: not a video that can be decoded (no such thing)
    """
    why = str(getattr(error, "strerror", None) or error).lower()
    if isinstance(error, av.ArgumentError):  # raised for a format outside of the whitelist
        why = f"a kind of file that is not opened, such as playlists and images; {_PLAINLY} are"
    return DecodeError(f"{path}: not a video that can be decoded ({why})")


def check_container(path: str | Path, container: InputContainer) -> None:
    """Raise an error for a container that is not in `CONTAINERS`.

    Parameters
    ----------
    path : str or Path
        For the message.
    container : av.container.InputContainer

    Raises
    ------
    DecodeError
    """
    if not set(container.format.name.split(",")) & set(CONTAINERS):
        raise DecodeError(
            f"{path}: not a video that can be decoded ({container.format.name} is not opened;"
            f" {_PLAINLY} are)"
        )


def check_codec(path: str | Path, stream: VideoStream) -> None:
    """Raise an error for a video stream with a codec that is not in `VIDEO_CODECS`.

    Parameters
    ----------
    path : str or Path
        For the message.
    stream : av.video.stream.VideoStream

    Raises
    ------
    DecodeError
    """
    codec = None if stream.codec_context is None else stream.codec_context.name
    if codec not in VIDEO_CODECS:
        raise DecodeError(f"{path}: not a video that can be decoded (codec {codec or 'unknown'})")
