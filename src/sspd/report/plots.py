"""One picture of one result."""

from __future__ import annotations

import warnings
from pathlib import Path

from sspd.containers import Vitals
from sspd.errors import OutputError
from sspd.report.axes import (
    draw_excerpt,
    draw_rates,
    draw_spectrum,
    draw_whole,
    spectrum_part,
)
from sspd.report.reading import excerpt, in_pulse_band, refused_stretches
from sspd.report.text import film_name, headline
from sspd.report.words import legible
from sspd.utils.files import whole_file


def plot_vitals(vitals: Vitals, path: str | Path) -> None:
    """Draw waveform, spectrum and heart rate over time; PNG, SVG or PDF by suffix.

    Parameters
    ----------
    vitals : Vitals
    path : str or Path

    Raises
    ------
    OutputError
        ``path`` cannot be written, or its suffix is no picture format.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_picture(path)
    figure = Figure(figsize=(10, 7.2), dpi=110, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 2, height_ratios=(1.1, 0.7, 1.2))
    near, whole = figure.add_subplot(grid[0, :]), figure.add_subplot(grid[1, :])
    spectrum, rates = figure.add_subplot(grid[2, 0]), figure.add_subplot(grid[2, 1])
    filtered = in_pulse_band(vitals)
    draw_excerpt(near, vitals, excerpt(vitals, filtered))
    near.set_title("Pulse waveform, 0.5–4 Hz (excerpt)")
    draw_whole(whole, vitals, filtered)
    refused = bool(refused_stretches(vitals.windows))
    whole.set_title("Whole film" + (" (shaded: refused)" if refused else ""))
    draw_spectrum(spectrum, vitals, spectrum_part(vitals, filtered))
    spectrum.set_title("Spectrum")
    draw_rates(rates, vitals)
    rates.set_title("Heart rate: bars by spectrum, × by peaks, dots from beat to beat", fontsize=10)
    # a name may hold what matplotlib would take for mathematics
    title = legible(f"{film_name(vitals)}: {headline(vitals)}")
    figure.suptitle(title, fontsize=15, weight="bold", parse_math=False)
    weights = f", weights {vitals.weights}" if vitals.weights else ""
    made = f"method {vitals.method}{weights}; not a medical device"
    figure.supxlabel(legible(made), fontsize=8, parse_math=False)
    with whole_file(path) as partial, warnings.catch_warnings():
        # or letters that its font has not: boxes stand for them
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(partial)


def check_picture(path: str | Path) -> None:
    """Raise `OutputError` where a suffix is no picture format."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    known = FigureCanvasAgg.get_supported_filetypes()
    if Path(path).suffix.lstrip(".").lower() not in known:
        raise OutputError(f"{path}: a picture is written as png, svg or pdf, by its suffix")
