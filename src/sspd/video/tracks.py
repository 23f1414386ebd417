"""Choice of the video track in a file with several."""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from sspd.errors import NoVideoError
from sspd.video.allowed import VIDEO_CODECS, check_codec

#: Dispositions of tracks that are not videos: cover images, thumbnails of a seek bar, posters.
NOT_A_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def video_tracks(container: InputContainer) -> list[VideoStream]:
    """Return the video tracks of a file, without covers, thumbnails and still images.

    Parameters
    ----------
    container : av.container.InputContainer

    Returns
    -------
    list of VideoStream
    """
    return [stream for stream in container.streams.video if not stream.disposition & NOT_A_VIDEO]


def chosen_track(path: str | Path, container: InputContainer) -> VideoStream:
    """Return the track to read: the default one, else the largest, else the first of these.

    The default is used if the file marks exactly one track; many writers mark every track.

    Parameters
    ----------
    path : str or Path
        For error messages.
    container : av.container.InputContainer

    Returns
    -------
    VideoStream

    Raises
    ------
    NoVideoError
        There is no video track.
    DecodeError
        No track has a codec that is allowed.
    """
    tracks = video_tracks(container)
    if not tracks:
        raise NoVideoError(f"{path}: no video stream in it, {len(container.streams)} other streams")
    usable = [track for track in tracks if track.codec_context and _codec(track) in VIDEO_CODECS]
    if not usable:
        check_codec(path, tracks[0])
    default = [track for track in usable if track.disposition & Disposition.default]
    return default[0] if len(default) == 1 else max(usable, key=_pixels)


def tracks_note(path: str | Path, container: InputContainer, chosen: VideoStream) -> str | None:
    """Return a line about the choice of one of several tracks.

    Parameters
    ----------
    path : str or Path
        For the text.
    container : av.container.InputContainer
    chosen : VideoStream
        The track that is read.

    Returns
    -------
    str or None
        None if there is only one video track.
    """
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
