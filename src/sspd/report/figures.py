"""Figures of a report, one SVG each, with title and caption."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sspd.report.axes import draw_excerpt, draw_rates, draw_spectrum, draw_whole, spectrum_part
from sspd.report.maps import SIMILARITY_SPAN_S, column_s, draw_similarity, draw_spectrogram
from sspd.report.selection import drawn_waveform, excerpt, in_pulse_band, rejected_spans
from sspd.types import Signal, Vitals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Sizes, inches: a wide figure fills the page, two others are shown side by side.
WIDE, HALF = (9.0, 1.8), (4.4, 2.7)


@dataclass(frozen=True)
class Drawing:
    """Figure of a report.

    Parameters
    ----------
    name : str
        Short name for the page's internal use.
    title, caption : str
        Text above and below the figure.
    svg : bytes
        SVG file, without pixels of the video and without untrusted names.
    wide : bool
        True if it fills the width of the page.
    """

    name: str
    title: str
    caption: str
    svg: bytes
    wide: bool


def drawings(vitals: Vitals) -> list[Drawing]:
    """Draw all figures of a report; none without a waveform.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    list of Drawing

    >>> drawings(Vitals("a.mp4", "pos", None, 9.0, 30.0, (), reasons=("no_face",)))
    []
    """
    filtered = in_pulse_band(vitals)
    if not filtered:
        return []
    drawn = drawn_waveform(vitals)
    near, shown = excerpt(vitals, filtered), excerpt(vitals, drawn)
    part = spectrum_part(vitals, filtered)
    rejected = bool(rejected_spans(vitals.windows))
    shaded = " Shaded: rejected." if rejected else ""
    filter_words = _OF_ACCEPTED if vitals.accepted else _OF_REJECTED
    rate_words = f"{_RATES}{' and shaded' if rejected else ''}: rejected."
    found = [
        _drawing("waveform", "Waveform", filter_words, lambda a: draw_excerpt(a, vitals, shown)),
        _drawing("rates", "Heart rate over time", rate_words, lambda a: draw_rates(a, vitals)),
    ]
    if shown is None or len(shown) < sum(map(len, drawn)):
        words = f"The same waveform over the whole video.{shaded}"
        draw = partial(draw_whole, vitals=vitals, filtered=drawn)
        found.append(_drawing("whole", "Whole video", words, draw))
    return [
        *found,
        _drawing("spectrogram", "Spectrogram", _spectrogram_words(filtered),
                 lambda a: draw_spectrogram(a, vitals, filtered)),
        _drawing("spectrum", "Spectrum", f"{_SPECTRUM} {_span_words(part)}.",
                 lambda a: draw_spectrum(a, vitals, part), HALF),
        _drawing("similarity", "Self-similarity", f"{_SIMILARITY} {_span_words(near)}.",
                 lambda a: draw_similarity(a, near), HALF),
    ]  # fmt: skip


_WAVEFORM = "The skin color's change with the pulse, without a unit"
_OF_ACCEPTED = (
    f"{_WAVEFORM}. Accepted parts are filtered to a band around the heart rate, and beats are"
    " detected there; other parts are filtered to 0.5–4 Hz. Dots are beats."
)
_OF_REJECTED = f"{_WAVEFORM}, filtered to 0.5–4 Hz."
_RATES = (
    "A line is the heart rate of a window by its spectrum, a × that by its peaks, and a small"
    " dot the rate from one beat to the next. Green: accepted. Red"
)
_SPECTRUM = "The power of each rate in the waveform,"
_SIMILARITY = (
    "Cosine similarity of the waveform's delay embedding: each point compares the"
    f" {SIMILARITY_SPAN_S:g} s that follow one time with those that follow another. A regular"
    " pulse gives stripes along the diagonal. Computed from the waveform, not taken from the"
    " network;"
)


def _span_words(part: Signal | None) -> str:
    if part is None:
        return "too short here"
    return f"from {part.t[0]:.1f} s to {part.t[-1]:.1f} s"


def _spectrogram_words(filtered: list[Signal]) -> str:
    seconds = column_s(filtered)
    if seconds is None:
        return "The video is too short for a spectrum over time."
    return (
        f"The spectrum over time: each column is the spectrum of {seconds:.2g} s;"
        " the strongest rate is darkest."
    )


def _drawing(
    name: str,
    title: str,
    caption: str,
    draw: Callable[[Axes], None],
    size: tuple[float, float] = WIDE,
) -> Drawing:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # Text is kept as text, and the same result gives the same bytes.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "sspd", "font.size": 9}):
        # the resolution affects only the maps, which are bitmaps in the SVG
        figure = Figure(figsize=size, dpi=150, layout="constrained", facecolor="none")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        memory = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")
            figure.savefig(memory, format="svg", metadata={"Date": None, "Creator": None})
    # without the document type declaration, which contains a web address
    svg = memory.getvalue()
    return Drawing(name, title, caption, svg[svg.index(b"<svg") :], size == WIDE)
