"""Which video track of a file is read, where it has several."""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from sspd.errors import NoVideoError
from sspd.video.allowed import CODECS, check_codec

#: Pictures beside a video: the cover of a song, thumbnails of a seek bar, a poster.
LOOKAHEAD_CHUNKS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def video_tracks(container: InputContainer) -> list[VideoStream]:
    """The tracks that hold a video; covers, thumbnails and still images are none."""
    return [
        stream for stream in container.streams.video if not stream.disposition & LOOKAHEAD_CHUNKS
    ]


def chosen_track(path: str | Path, container: InputContainer) -> VideoStream:
    """Give the track to read: the default one, else the largest, else the first of those.

    The default counts where the file names exactly one; many writers mark every track so.

    Raises
    ------
    NoVideoError
        There is none.
    DecodeError
        None has a codec that is opened.
    """
    tracks = video_tracks(container)
    if not tracks:
        raise NoVideoError(f"{path}: no video stream in it, {len(container.streams)} other streams")
    usable = [track for track in tracks if track.codec_context and _codec(track) in CODECS]
    if not usable:
        check_codec(path, tracks[0])
    default = [track for track in usable if track.disposition & Disposition.default]
    return default[0] if len(default) == 1 else max(usable, key=_pixels)


def tracks_note(path: str | Path, container: InputContainer, chosen: VideoStream) -> str | None:
    """One line that says which of several tracks is read; None where there is one."""
    tracks = video_tracks(container)
    if len(tracks) < 2:
        return None
    context = chosen.codec_context
    place = 1 + next(k for k, track in enumerate(tracks) if track.index == chosen.index)
    return (
        f"{path}: {len(tracks)} video tracks; track {place} is read"
        f" ({context.width}x{context.height}, {context.name})"
    )


def _codec(track: VideoStream) -> str:
    return track.codec_context.name


def _pixels(track: VideoStream) -> int:
    return track.codec_context.width * track.codec_context.height
