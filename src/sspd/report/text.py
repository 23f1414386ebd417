"""Vitals as text: names, headlines and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sspd.report.labels import legible
from sspd.types import Vitals

#: Notice under every table and report.
NOTICE = "Not a medical device: do not base a diagnosis or treatment on these numbers."


def video_name(vitals: Vitals) -> str:
    """Return the name of a video for headings; unprintable characters become question marks.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    str

    >>> video_name(Vitals("videos/a.mp4", "pos", None, 9.0, 30.0, (), face_id=1))
    'a.mp4, face 2'
    """
    name = legible(Path(vitals.source).name or vitals.source)
    return f"{name}, face {vitals.face_id + 1}" if vitals.face_id else name


def headline(vitals: Vitals) -> str:
    """Return the result in a few words.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    str

    >>> headline(Vitals("a.mp4", "sspd", None, 9.0, 30.0, (), reasons=("no_face",)))
    'no reliable pulse: no face'
    """
    if vitals.error is not None:
        return "failed"
    if vitals.hr_bpm is None:
        why = ", ".join(reason.replace("_", " ") for reason in vitals.reasons)
        return f"no reliable pulse: {why or 'unknown'}"
    return f"{vitals.hr_bpm:.1f} bpm"


def video_count(results: Sequence[Vitals]) -> int:
    """Count the videos of results; several faces of one video count once.

    Parameters
    ----------
    results : sequence of Vitals
        Faces of one video follow each other.

    Returns
    -------
    int

    >>> one, other = (Vitals("a.mp4", "pos", None, 5.0, None, (), face_id=k) for k in (0, 1))
    >>> video_count([one, other]), video_count([one, one])
    (1, 2)
    """
    videos, before = 0, None
    for vitals in results:
        same = before is not None and before.source == vitals.source
        if before is None or not same or vitals.face_id <= before.face_id:
            videos += 1
        before = vitals
    return videos


def video_words(results: Sequence[Vitals]) -> str:
    """Return the number of videos in words, with that of faces if it differs.

    Parameters
    ----------
    results : sequence of Vitals

    Returns
    -------
    str

    >>> one, other = (Vitals("a.mp4", "pos", None, 5.0, None, (), face_id=k) for k in (0, 1))
    >>> video_words([one, other]), video_words([one, one])
    ('2 faces in 1 video', '2 videos')
    """
    videos = video_count(results)
    faces = sum(vitals.error is None for vitals in results)
    what = "" if videos == len(results) else f"{faces} faces in "
    return f"{what}{videos} video{'' if videos == 1 else 's'}"


def summary(results: Sequence[Vitals]) -> str:
    """Summarize all videos in one line: measured, rejected with reasons, failed.

    Parameters
    ----------
    results : sequence of Vitals

    Returns
    -------
    str

    >>> short = Vitals("a.mp4", "pos", None, 5.0, None, (), reasons=("too_short",))
    >>> summary([short, Vitals("b.mp4", "pos", None, 0.0, None, (), error="no such file")])
    '2 videos: 0 measured, 1 without a reliable pulse (too short 1), 1 failed'
    """
    measured = sum(vitals.accepted for vitals in results)
    failed = sum(vitals.error is not None for vitals in results)
    reasons = Counter(
        reason for vitals in results if vitals.error is None for reason in vitals.reasons
    )
    rejected = f"{len(results) - measured - failed} without a reliable pulse"
    # a video may have several reasons
    listed = ", ".join(f"{why.replace('_', ' ')} {n}" for why, n in reasons.most_common())
    why = f" ({listed})" if listed else ""
    return f"{video_words(results)}: {measured} measured, {rejected}{why}, {failed} failed"
