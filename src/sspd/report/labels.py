"""Rejection reasons, names of values and numbers in plain words, for reports."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

#: Invisible characters that are kept in names: joiners of Persian, Indian scripts and emoji.
_JOINERS = "\u200c\u200d"
#: Characters that begin a formula in some spreadsheets.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


class ReasonWords(NamedTuple):
    """Meaning of a rejection reason, and advice."""

    meaning: str
    help: str


#: Words for each of `sspd.vitals.REASONS`; the README has the same table.
REASON_WORDS = {
    "no_face": ReasonWords(
        "No face was found.", "Face the camera, or give the face box (--box L,T,R,B)."
    ),
    "face_lost": ReasonWords("The face was lost during the video.", "Stay in view of the camera."),
    "too_short": ReasonWords("There is less than 8 s to measure.", "Record a longer video."),
    "low_snr": ReasonWords(
        "No pulse stands out from the noise.", "Use more light, sit still, and compress less."
    ),
    "readouts_disagree": ReasonWords(
        "Estimates of the heart rate disagree.", "Use more light, sit still, and compress less."
    ),
    "rate_changes": ReasonWords(
        "The heart rate changes too much within the window.",
        "Rest first, or measure shorter windows (--window 10).",
    ),
    "irregular": ReasonWords(
        "The rhythm is irregular: one rate does not describe it.",
        "Measure again. If it stays irregular, ask a doctor about an ECG.",
    ),
    "out_of_range": ReasonWords(
        "The heart rate may lie outside 40-200 bpm.",
        "Such rates cannot be measured from video. Check the pulse by hand.",
    ),
    "motion": ReasonWords("The head moved too much.", "Sit still."),
    "flicker": ReasonWords(
        "A light or a screen flickers at a rate that a heart could have.",
        "Use daylight, or another light.",
    ),
    "too_dark": ReasonWords("The face is too dark.", "Use more light, or a longer exposure."),
    "overexposed": ReasonWords(
        "The face is overexposed.", "Use less light, or a shorter exposure."
    ),
    "compression": ReasonWords(
        "Compression removed or distorted the pulse.", "Use a higher bit rate."
    ),
    "frame_rate_too_low": ReasonWords(
        "Fewer than 12 new frames per second.", "Use a faster camera, or more light."
    ),
    "clock_unknown": ReasonWords(
        "The video does not say how fast it was recorded.",
        "Give the camera's frame rate (--fps), or use the original file.",
    ),
}


class EstimateWords(NamedTuple):
    """Label of a value, its unit, and its number of decimal places."""

    label: str
    unit: str
    digits: int


#: Words for each of `sspd.vitals.HRV_NAMES`.
HRV_WORDS = {
    "rmssd_ms": EstimateWords("RMSSD, from beat to beat", "ms", 0),
    "sdnn_ms": EstimateWords("SDNN, over all beats", "ms", 0),
    "pnn50": EstimateWords("pNN50, steps over 50 ms", "%", 1),
    "mean_nn_ms": EstimateWords("Mean beat interval", "ms", 0),
    "lf_nu": EstimateWords("Low frequencies, LF", "of LF + HF", 2),
    "hf_nu": EstimateWords("High frequencies, HF", "of LF + HF", 2),
    "lf_hf": EstimateWords("LF / HF", "", 2),
}


#: Plain words for reasons of single values, which are unchanged in the JSON for programs.
_VALUE_REASONS = {
    "no accepted stretch": "no accepted window",
    "mostly the video's noise": "mostly noise of the video",
}


def reason_text(reason: str | None) -> str:
    """Return the reason why a value is missing, in plain words.

    Parameters
    ----------
    reason : str or None

    Returns
    -------
    str

    >>> reason_text("no accepted stretch"), reason_text("needs 60 s"), reason_text(None)
    ('no accepted window', 'needs 60 s', 'not measured')
    """
    return _VALUE_REASONS.get(reason or "", reason or "not measured")


def meanings(reasons: Sequence[str]) -> list[ReasonWords]:
    """Return rejection reasons in plain words; an unknown reason is shown by its name.

    Parameters
    ----------
    reasons : sequence of str
        Names from `sspd.vitals.REASONS`.

    Returns
    -------
    list of ReasonWords

    >>> meanings(["too_short", "eclipse_of_the_sun"])[1].meaning
    'Eclipse of the sun.'
    """
    return [
        REASON_WORDS.get(reason, ReasonWords(f"{reason.replace('_', ' ').capitalize()}.", ""))
        for reason in reasons
    ]


def advice(reasons: Sequence[str]) -> str:
    """Return rejection reasons as one line: their meanings, then advice, each once.

    Parameters
    ----------
    reasons : sequence of str
        Names from `sspd.vitals.REASONS`.

    Returns
    -------
    str

    >>> advice(["low_snr", "readouts_disagree"])  # doctest: +ELLIPSIS
    'no pulse stands out ...; estimates of the heart rate disagree. Use more light, ...'
    >>> advice([])
    'no reliable pulse.'
    """
    words = meanings(reasons) or [ReasonWords("No reliable pulse.", "")]
    meaning = "; ".join(dict.fromkeys(_inside(one.meaning.rstrip(".")) for one in words))
    helps = dict.fromkeys(one.help for one in words if one.help)
    return " ".join([f"{meaning}.", *helps])


def sentence(text: str) -> str:
    """Return text with a capital letter at the start.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    >>> sentence("no face was found.")
    'No face was found.'
    """
    return text[:1].upper() + text[1:]


def _inside(text: str) -> str:
    """Return a sentence with a small letter at the start, for use inside another."""
    return text[:1].lower() + text[1:]


def number(value: float | None, digits: int = 1, unit: str = "") -> str:
    """Return a number with its unit as text, or a dash if it is unknown.

    Parameters
    ----------
    value : float or None
    digits : int
        Decimal places.
    unit : str
        Written after the number.

    Returns
    -------
    str

    >>> number(71.96, 1, "bpm"), number(-3.2, 0), number(None), number(float("nan"))
    ('72.0 bpm', '−3', '–', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f} {unit}".rstrip().replace("-", "−")


def legible(text: str) -> str:
    """Return an untrusted name as one printable line; other characters become ``?``.

    Replaced are undecodable bytes of a file name, control characters, and invisible marks that
    change the direction of writing, which could disguise a name.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    >>> legible("bad" + chr(0xDCFF) + chr(7) + chr(0x202E) + ".mp4")
    'bad???.mp4'
    """
    return "".join(c if c in _JOINERS or _is_letter(c) else "?" for c in text)


def legible_lines(text: str) -> str:
    r"""Return a text of several lines, each made `legible`.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    >>> legible_lines("a" + chr(27) + "[2J\nb")
    'a?[2J\nb'
    """
    return "\n".join(legible(line) for line in text.split("\n"))


def escaped_name(text: str) -> str:
    r"""Return an untrusted name for a data file, with unprintable characters escaped.

    Nothing is lost, and a terminal that shows the file executes no control sequence.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    >>> escaped_name("a" + chr(27) + "]52;c;QQ==" + chr(7))
    'a\\x1b]52;c;QQ==\\x07'
    """
    return "".join(
        c if c in _JOINERS or _is_letter(c) else c.encode("unicode_escape").decode() for c in text
    )


def csv_cell(text: str) -> str:
    """Return an untrusted name as a CSV cell that no spreadsheet executes as a formula.

    A name that begins with ``=``, ``+``, ``-`` or ``@`` (also the wide ones of East Asian
    fonts) gets an apostrophe in front, as OWASP advises ("CSV injection"). A number is
    unchanged.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    >>> csv_cell("=HYPERLINK(A1)"), csv_cell("-1.5"), csv_cell("-1+cmd|' /C calc'!A0")
    ("'=HYPERLINK(A1)", '-1.5', "'-1+cmd|' /C calc'!A0")
    """
    shown = escaped_name(text)
    if not shown.lstrip().startswith(_FORMULA):
        return shown
    try:
        float(shown)
    except ValueError:
        return f"'{shown}"
    return shown


def _is_letter(c: str) -> bool:
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
