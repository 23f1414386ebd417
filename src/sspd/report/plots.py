"""The plot of one result."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.errors import OutputError
from sspd.report.axes import (
    draw_excerpt,
    draw_rates,
    draw_spectrum,
    draw_whole,
    new_figure,
    spectrum_part,
)
from sspd.report.labels import advice, legible, sentence
from sspd.report.selection import drawn_waveform, excerpt, in_pulse_band, rejected_spans
from sspd.report.text import headline, video_name
from sspd.types import Vitals
from sspd.utils.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_vitals(vitals: Vitals, path: str | Path) -> None:
    """Plot waveform, spectrum and heart rate over time to a PNG, SVG or PDF file.

    Parameters
    ----------
    vitals : Vitals
    path : str or Path
        The suffix decides the format.

    Raises
    ------
    OutputError
        ``path`` cannot be written, or its suffix is not an image format.
    """
    check_plot(path)
    figure = vitals_figure(vitals)
    with whole_file(path) as partial, warnings.catch_warnings():
        # letters missing in the font are drawn as boxes
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(partial)


def vitals_figure(vitals: Vitals) -> Figure:
    """Plot waveform, spectrum and heart rate over time.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    matplotlib.figure.Figure
        Not shown on a screen.

    >>> vitals_figure(Vitals("a.mp4", "pos", None, 9.0, 30.0, ())).get_suptitle()
    'a.mp4: no reliable pulse: unknown'
    """
    figure = new_figure(10, 7.2)
    filtered, drawn = in_pulse_band(vitals), drawn_waveform(vitals)
    part = excerpt(vitals, drawn)
    longer = part is None or len(part) < sum(map(len, drawn))
    heights = (1.1, 0.7, 1.2) if longer else (1.8, 1.2)
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    near = figure.add_subplot(grid[0, :])
    spectrum, rates = figure.add_subplot(grid[-1, 0]), figure.add_subplot(grid[-1, 1])
    draw_excerpt(near, vitals, part)
    band = "in which beats were detected" if vitals.accepted else "at 0.5–4 Hz"
    near.set_title(f"Pulse waveform {band}" + (" (excerpt)" if longer else ""))
    if longer:
        whole = figure.add_subplot(grid[1, :])
        draw_whole(whole, vitals, drawn)
        rejected = bool(rejected_spans(vitals.windows))
        whole.set_title("Whole video" + (" (shaded: rejected)" if rejected else ""))
    draw_spectrum(spectrum, vitals, spectrum_part(vitals, filtered))
    spectrum.set_title("Spectrum")
    draw_rates(rates, vitals)
    rates.set_title(
        "Heart rate: lines by spectrum, × by peaks, dots from beat to beat", fontsize=10
    )
    # matplotlib would typeset dollar signs in a name as mathematics
    title = legible(f"{video_name(vitals)}: {headline(vitals)}")
    figure.suptitle(title, fontsize=15, weight="bold", parse_math=False)
    weights = f", weights {vitals.weights}" if vitals.weights else ""
    made = f"method {vitals.method}{weights}; not a medical device"
    why = "" if vitals.accepted or vitals.error else f"{_lines(advice(vitals.reasons))}\n"
    figure.supxlabel(why + legible(made), fontsize=8, parse_math=False)
    return figure


def _lines(text: str) -> str:
    """Break a sentence into lines of the figure's width."""
    return textwrap.fill(sentence(text), 150)


def check_plot(path: str | Path) -> None:
    """Raise an error if a suffix is not an image format.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    OutputError
        Its suffix is not an image format.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    known = FigureCanvasAgg.get_supported_filetypes()
    if Path(path).suffix.lstrip(".").lower() not in known:
        raise OutputError(f"{path}: a plot is written as .png, .svg or .pdf")
