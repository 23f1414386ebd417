"""Section of one video in an HTML report."""

from __future__ import annotations

from sspd.errors import SSPDError
from sspd.report.figures import Drawing, drawings
from sspd.report.frame import face_image
from sspd.report.labels import HRV_WORDS, meanings, number, reason_text
from sspd.report.markup import Html, element, image, joined, table
from sspd.report.text import NOTICE, video_name
from sspd.types import Estimate, Respiration, Vitals, WindowVitals
from sspd.version import package_version


def video_section(vitals: Vitals, anchor: str, *, with_image: bool, alone: bool) -> Html:
    """Return the HTML section of one video.

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

    >>> failed = Vitals("a.mp4", "pos", None, 0.0, None, (), error="a.mp4: no such file")
    >>> section = video_section(failed, "video-1", with_image=True, alone=False)
    >>> "could not be measured" in section, "a.mp4: no such file" in section
    (True, True)
    """
    title = Html() if alone else element("h2", video_name(vitals))
    if vitals.error is not None:
        said = element("p", "This video could not be measured", class_="headline none")
        rest = element("p", vitals.error)
    else:
        said = _headline(vitals)
        facts = element("div", _vitals_table(vitals), class_="facts")
        top = element("div", _face(vitals, with_image), facts, class_="top")
        figures = element("div", *map(_figure, drawings(vitals)), class_="drawings")
        rest = joined([top, figures, _windows(vitals), _warnings(vitals), _made(vitals)])
        # a page with one video has the notice in its footer
        rest = rest if alone else Html(rest + element("p", NOTICE, class_="notice"))
    return element("section", title, Html("\n"), said, Html("\n"), rest, id=anchor, class_="film")


def _headline(vitals: Vitals) -> Html:
    good = [window for window in vitals.windows if window.accepted]
    if vitals.hr_bpm is None:
        reasons = [
            element("li", element("strong", words.meaning), f" {words.help}".rstrip())
            for words in meanings(vitals.reasons)
        ]
        return Html(
            element("p", "No reliable pulse", class_="headline none")
            + element("ul", *reasons, class_="reasons")
        )
    unit = element("small", "beats per minute")
    rate = element("p", number(vitals.hr_bpm), Html(" "), unit, class_="headline good")
    span_s = sum(window.end_s - window.start_s for window in good)
    of = f"{len(good)} of {len(vitals.windows)}, {span_s:.0f} s"
    return Html(rate + element("p", f"Heart rate, mean over the accepted windows ({of})."))


def _face(vitals: Vitals, with_image: bool) -> Html:
    if not with_image:
        words = "Written without a frame of the video (--no-image)."
        return element("figure", element("figcaption", words), class_="face")
    try:
        shown = face_image(vitals)
    except SSPDError as error:
        words = f"A frame of the video cannot be shown: {error}"
        return element("figure", element("figcaption", words), class_="face")
    at = number(shown.t_s, 1, "s")
    if vitals.face_box is None:
        words = f"The video at {at}. No face was found in it."
    else:
        words = f"The video at {at}. The face box was measured."
    shown_image = image(shown.png, "image/png", words)
    return element("figure", shown_image, element("figcaption", words), class_="face")


def _figure(drawing: Drawing) -> Html:
    return element(
        "figure",
        element("h3", drawing.title),
        element(
            "div", image(drawing.svg, "image/svg+xml", f"{drawing.title}: drawing"), class_="scroll"
        ),
        element("figcaption", drawing.caption),
        class_="wide" if drawing.wide else "half",
    )


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


def _vitals_table(vitals: Vitals) -> Html:
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
    return Html(
        element("h3", "Vitals")
        + table(["", "value", "how measured, or why not"], rows, class_="vitals")
    )


def _windows(vitals: Vitals) -> Html:
    header = ["window", "heart rate", "by peaks", "SNR", "confidence", "result", "reasons"]
    rows = [_window_row(window) for window in vitals.windows]
    title = element("h3", "Windows")
    if not rows:
        return Html(title + element("p", "None: the video is too short, or shows no face."))
    return Html(title + element("div", table(header, rows, class_="windows"), class_="scroll"))


def _window_row(window: WindowVitals) -> list[object]:
    style = "yes" if window.accepted else "no"
    return [
        f"{number(window.start_s)} to {number(window.end_s)} s",
        number(window.hr_bpm, 1, "bpm"),
        number(window.hr_peaks_bpm, 1, "bpm"),
        number(window.snr_db, 1, "dB"),
        number(window.confidence, 2),
        element("span", "accepted" if window.accepted else "rejected", class_=style),
        " ".join(words.meaning for words in meanings(window.reasons)),
    ]


def _warnings(vitals: Vitals) -> Html:
    lines = [element("li", warning) for warning in vitals.warnings]
    said = element("ul", *lines) if lines else element("p", "None.")
    return Html(element("h3", "Warnings") + said)


def _made(vitals: Vitals) -> Html:
    spent = ", ".join(f"{name} {number(took, 2, 's')}" for name, took in vitals.timing_s.items())
    rows = [
        ["Source", vitals.source],
        ["Method", vitals.method],
        ["Weights", vitals.weights or "none"],
        ["Version", f"sspd {package_version()}"],
        ["Duration", number(vitals.duration_s, 2, "s")],
        ["Frames per second", number(vitals.fps, 2)],
        ["Face box", _box_words(vitals)],
        ["Computing time", spent or "not known"],
    ]
    return Html(element("h3", "How it was measured") + table([], rows, class_="made"))


def _box_words(vitals: Vitals) -> str:
    box = vitals.face_box
    if box is None:
        return "none"
    return f"{box.width} × {box.height} pixels at {box.left}, {box.top} (left, top)"
