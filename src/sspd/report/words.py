"""Reasons, figures and numbers in plain words, for those who read a report."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

#: Invisible, and yet letters: joiners of Persian, of Indian scripts and of emoji.
_JOINERS = "\u200c\u200d"
#: What a formula begins with, for one spreadsheet or another.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


class ReasonWords(NamedTuple):
    """What a reason means, and what helps."""

    meaning: str
    help: str


#: One row for each of `sspd.vitals.REASONS`; the README's table says the same.
REASON_WORDS = {
    "no_face": ReasonWords(
        "No face was found.", "Face the camera, or state the face box (--box L,T,R,B)."
    ),
    "face_lost": ReasonWords("The face was lost during the video.", "Stay in view of the camera."),
    "too_short": ReasonWords("Less than 8 s to measure.", "Record a longer video."),
    "low_snr": ReasonWords(
        "No rhythm stands out of the noise.", "More light, stillness, less compression."
    ),
    "readouts_disagree": ReasonWords(
        "Two ways of reading the rate disagree.", "More light, stillness, less compression."
    ),
    "rate_changes": ReasonWords(
        "The heart rate changes too much within the window.",
        "Rest first, or measure shorter windows (--window 10).",
    ),
    "irregular": ReasonWords(
        "The rhythm is irregular: one rate does not describe it.",
        "Measure again. If it stays so, ask a doctor for an ECG.",
    ),
    "out_of_range": ReasonWords(
        "The heart rate may lie outside 40-200 beats per minute.",
        "Check the pulse by hand; such rates cannot be measured.",
    ),
    "motion": ReasonWords("The head moved too much.", "Sit still."),
    "flicker": ReasonWords(
        "A light or a screen flickers in the range of heart rates.",
        "Use daylight, or another light.",
    ),
    "too_dark": ReasonWords("The face is too dark.", "More light, or a longer exposure."),
    "overexposed": ReasonWords("The face is overexposed.", "Less light, or a shorter exposure."),
    "compression": ReasonWords(
        "Compression removed most of the skin's signal.", "Use a higher bit rate."
    ),
    "frame_rate_too_low": ReasonWords(
        "Fewer than 12 new frames per second.", "Use a faster camera, or more light."
    ),
    "clock_unknown": ReasonWords(
        "The video does not say how fast it was recorded.",
        "State the camera's frame rate (--fps), or use the original file.",
    ),
}


class EstimateWords(NamedTuple):
    """What a number is called, its unit, and how many digits are worth printing."""

    label: str
    unit: str
    digits: int


#: One row for each of `sspd.vitals.HRV_NAMES`.
HRV_WORDS = {
    "rmssd_ms": EstimateWords("RMSSD, from beat to beat", "ms", 0),
    "sdnn_ms": EstimateWords("SDNN, over all beats", "ms", 0),
    "pnn50": EstimateWords("pNN50, steps over 50 ms", "%", 1),
    "mean_nn_ms": EstimateWords("Mean beat interval", "ms", 0),
    "lf_nu": EstimateWords("Low frequencies, LF", "of LF + HF", 2),
    "hf_nu": EstimateWords("High frequencies, HF", "of LF + HF", 2),
    "lf_hf": EstimateWords("LF / HF", "", 2),
}


def meanings(reasons: Sequence[str]) -> list[ReasonWords]:
    """Say reasons in plain words; one that has none yet is said by its name.

    >>> meanings(["too_short", "eclipse_of_the_sun"])[1].meaning
    'Eclipse of the sun.'
    """
    return [
        REASON_WORDS.get(reason, ReasonWords(f"{reason.replace('_', ' ').capitalize()}.", ""))
        for reason in reasons
    ]


def advice(reasons: Sequence[str]) -> str:
    """Say reasons in one line: what they mean, then what helps, each once.

    >>> advice(["low_snr", "readouts_disagree"])  # doctest: +ELLIPSIS
    'no rhythm ...; two ways of reading the rate disagree. More light, stillness, ...'
    >>> advice([])
    'no reliable pulse.'
    """
    words = meanings(reasons) or [ReasonWords("No reliable pulse.", "")]
    meaning = "; ".join(dict.fromkeys(_inside(one.meaning.rstrip(".")) for one in words))
    helps = dict.fromkeys(one.help for one in words if one.help)
    return " ".join([f"{meaning}.", *helps])


def _inside(sentence: str) -> str:
    """A sentence as it begins inside another."""
    return sentence[:1].lower() + sentence[1:]


def number(value: float | None, digits: int = 1, unit: str = "") -> str:
    """Print a number with its unit, or a dash where there is none.

    Parameters
    ----------
    value : float or None
    digits : int
        After the point.
    unit : str
        Put behind it.

    >>> number(71.96, 1, "bpm"), number(-3.2, 0), number(None), number(float("nan"))
    ('72.0 bpm', '−3', '–', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f} {unit}".rstrip().replace("-", "−")


def legible(text: str) -> str:
    """A name from outside as one line of letters; what is none becomes a question mark.

    Those are bytes of a file name that are no text, control characters, and invisible
    ones that turn the direction of writing, with which a name could lie.

    >>> legible("bad" + chr(0xDCFF) + chr(7) + chr(0x202E) + ".mp4")
    'bad???.mp4'
    """
    return "".join(c if c in _JOINERS or _is_letter(c) else "?" for c in text)


def legible_lines(text: str) -> str:
    r"""A text of several lines, each made `legible`.

    >>> legible_lines("a" + chr(27) + "[2J\nb")
    'a?[2J\nb'
    """
    return "\n".join(legible(line) for line in text.split("\n"))


def escaped_name(text: str) -> str:
    r"""A name from outside in a file for programs: what `legible` refuses, as an escape.

    Nothing is lost, and a terminal that is shown the file obeys nothing.

    >>> escaped_name("a" + chr(27) + "]52;c;QQ==" + chr(7))
    'a\\x1b]52;c;QQ==\\x07'
    """
    return "".join(
        c if c in _JOINERS or _is_letter(c) else c.encode("unicode_escape").decode() for c in text
    )


def csv_cell(text: str) -> str:
    """A name from outside as a cell of a table that no spreadsheet runs as a formula.

    One that begins with ``=``, ``+``, ``-`` or ``@`` (also the wide ones of East Asian
    fonts) gets an apostrophe in front, as OWASP has it ("CSV injection"); a number stays.

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
