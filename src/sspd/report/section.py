"""One video in a report: the texts and numbers that its page prints."""

from __future__ import annotations

from typing import Any

from sspd.errors import SSPDError
from sspd.report.figures import drawings
from sspd.report.frame import face_image
from sspd.report.labels import HRV_WORDS, meanings, number, reason_text
from sspd.report.templates import Cell
from sspd.report.text import video_name
from sspd.types import Estimate, Respiration, Vitals, WindowVitals
from sspd.version import package_version


def video_section(vitals: Vitals, anchor: str, *, with_image: bool, alone: bool) -> dict[str, Any]:
    """Return the values of a video's section in ``page.html.j2``.

    Parameters
    ----------
    vitals : Vitals
    anchor : str
        Id of the section in the page.
    with_image : bool
        True to show a frame of the video.
    alone : bool
        True if the page has only this video, whose name is then the page's title.

    Returns
    -------
    Html

    Returns
    -------
    dict
        Plain text, rows of it, and images as bytes.

    >>> failed = Vitals("a.mp4", "pos", None, 0.0, None, (), error="a.mp4: no such file")
    >>> video_section(failed, "video-1", with_image=True, alone=False)
    {'anchor': 'video-1', 'title': 'a.mp4', 'error': 'a.mp4: no such file'}
    """
    said = {
        "anchor": anchor,
        "title": "" if alone else video_name(vitals),
        "error": vitals.error,
    }
    if vitals.error is not None:
        return said
    good = [window for window in vitals.windows if window.accepted]
    span_s = sum(window.end_s - window.start_s for window in good)
    return said | {
        "rate": "" if vitals.hr_bpm is None else number(vitals.hr_bpm),
        "accepted_of": f"{len(good)} of {len(vitals.windows)}, {span_s:.0f} s",
        "reasons": meanings(vitals.reasons),
        "face": _face(vitals, with_image),
        "facts": _facts(vitals),
        "drawings": drawings(vitals),
        "windows": [_window_row(window) for window in vitals.windows],
        "warnings": vitals.warnings,
        "made": _made(vitals),
    }


def _face(vitals: Vitals, with_image: bool) -> dict[str, Any]:
    if not with_image:
        return {"png": None, "caption": "Written without a frame of the video (--no-image)."}
    try:
        shown = face_image(vitals)
    except SSPDError as error:
        return {"png": None, "caption": f"A frame of the video cannot be shown: {error}"}
    box = "The face box was measured."
    if vitals.face_box is None:
        box = "No face was found in it."
    return {"png": shown.png, "caption": f"The video at {number(shown.t_s, 1, 's')}. {box}"}


def _value(estimate: Estimate | None, digits: int, unit: str = "") -> list[str]:
    """Return the cells after a value's name: the value, and its origin or the reason."""
    if estimate is None or estimate.value is None:
        why = estimate.reason if estimate is not None else None
        return ["–", reason_text(why)]
    return [number(estimate.value, digits, unit), _origin(estimate)]


def _breaths(breath: Respiration) -> list[str]:
    if breath.hz is None:
        return ["–", reason_text(breath.reason)]
    return [number(breath.breaths_per_minute, 1, "per minute"), _origin(breath)]


def _origin(made: Estimate | Respiration) -> str:
    beats = f"{made.n_beats} beats" if made.n_beats is not None else ""
    span = f"{made.span_s:.0f} s" if made.span_s is not None else ""
    joined = " in ".join(part for part in (beats, span) if part)
    return f"from {joined}" if joined else ""


def _facts(vitals: Vitals) -> list[list[str]]:
    none = "no reliable pulse"
    why = "" if vitals.accepted else none
    of = "mean over accepted windows" if vitals.accepted else "mean over all windows, none accepted"
    rows: list[list[str]] = [
        ["Heart rate", number(vitals.hr_bpm, 1, "bpm"), why or "peak of the spectrum"],
        [
            "Heart rate, by peaks",
            number(vitals.hr_peaks_bpm, 1, "bpm"),
            why or "median interval of the beats",
        ],
    ]
    rows += [
        [words.label, *_value(vitals.hrv.get(name), words.digits, words.unit)]
        for name, words in HRV_WORDS.items()
    ]
    rows += [
        ["Breathing rate", *_breaths(vitals.respiration)],
        [
            "Signal-to-noise ratio",
            number(vitals.snr_db, 1, "dB"),
            of if vitals.snr_db is not None else "not measured",
        ],
        [
            "Confidence",
            number(vitals.confidence, 2),
            "not measured"
            if vitals.snr_db is None
            else of
            if vitals.confidence is not None
            else "not calibrated for these weights",
        ],
    ]
    return rows


def _window_row(window: WindowVitals) -> list[str | Cell]:
    style = "yes" if window.accepted else "no"
    return [
        f"{number(window.start_s)} to {number(window.end_s)} s",
        number(window.hr_bpm, 1, "bpm"),
        number(window.hr_peaks_bpm, 1, "bpm"),
        number(window.snr_db, 1, "dB"),
        number(window.confidence, 2),
        Cell("accepted" if window.accepted else "rejected", style=style),
        " ".join(words.meaning for words in meanings(window.reasons)),
    ]


def _made(vitals: Vitals) -> list[list[str]]:
    spent = ", ".join(f"{name} {number(took, 2, 's')}" for name, took in vitals.timing_s.items())
    return [
        ["Source", vitals.source],
        ["Method", vitals.method],
        ["Weights", vitals.weights or "none"],
        ["Version", f"sspd {package_version()}"],
        ["Duration", number(vitals.duration_s, 2, "s")],
        ["Frames per second", number(vitals.fps, 2)],
        ["Face box", _box_words(vitals)],
        ["Computing time", spent or "not known"],
    ]


def _box_words(vitals: Vitals) -> str:
    box = vitals.face_box
    if box is None:
        return "none"
    return f"{box.width} × {box.height} pixels at {box.left}, {box.top} (left, top)"
