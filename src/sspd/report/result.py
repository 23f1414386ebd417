"""Result of `sspd.measure`, with its display in notebooks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from sspd import types
from sspd.utils.packages import require

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

#: Largest number of windows that are shown in a notebook.
MOST_ROWS = 12
#: Size of the waveform plot in a notebook, inches.
PLOT_INCHES = (7.0, 1.6)


class Vitals(types.Vitals):
    """Vital signs of one face in one video (`sspd.types.Vitals`) that can be displayed.

    In a notebook they are shown as a plot of the waveform and a table of the windows.

    >>> vitals = Vitals("a.mp4", "pos", None, 5.0, 30.0, (), reasons=("too_short",))
    >>> vitals
    Vitals('a.mp4', rejected: too_short, confidence unknown)
    >>> vitals.to_dict()["reasons"]
    ['too_short']
    """

    def to_dict(self) -> dict[str, Any]:
        """Return the results as in the JSON output: same keys, same rounding, no waveform.

        Returns
        -------
        dict
        """
        from sspd.report.json import vitals_to_dict

        return vitals_to_dict(self)

    def to_frame(self) -> pandas.DataFrame:
        """Return the windows as a pandas table: one row per window, columns as in the JSON.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        DependencyError
            pandas is not installed.
        """
        require("pandas", extra=None, purpose="to_frame")
        import pandas

        from sspd.report.json import WINDOW_KEYS

        return pandas.DataFrame(self.to_dict()["windows"], columns=list(WINDOW_KEYS))

    def plot(self) -> Figure:
        """Plot waveform, spectrum and heart rate over time, as ``--plot`` does.

        Returns
        -------
        matplotlib.figure.Figure
            Not shown on a screen; ``savefig`` writes it.
        """
        from sspd.report.plots import vitals_figure

        return vitals_figure(self)

    def _repr_html_(self) -> str:
        """Return headline, waveform and windows as self-contained HTML for a notebook."""
        from sspd.report.labels import advice, sentence
        from sspd.report.templates import fill
        from sspd.report.text import NOTICE, headline, video_name

        rejected = self.error is None and not self.accepted
        rows = self._window_rows()
        parts = fill(
            "notebook.html.j2",
            title=f"{video_name(self)}: {headline(self)}",
            said=self.error or (sentence(advice(self.reasons)) if rejected else ""),
            png=self._waveform_png(),
            rows=rows,
            more=len(self.windows) - len(rows),
            notice=NOTICE,
        )
        return "".join(parts)

    def _waveform_png(self) -> bytes | None:
        from sspd.report.axes import draw_excerpt, new_figure
        from sspd.report.selection import drawn_waveform, excerpt

        part = excerpt(self, drawn_waveform(self))
        if part is None:
            return None
        figure = new_figure(*PLOT_INCHES)
        draw_excerpt(figure.add_subplot(), self, part)
        memory = io.BytesIO()
        figure.savefig(memory, format="png", dpi=90)
        return memory.getvalue()

    def _window_rows(self) -> list[list[str]]:
        from sspd.report.labels import meanings, number

        return [
            [
                f"{number(window.start_s)} to {number(window.end_s)} s",
                number(window.hr_bpm, 1, "bpm"),
                number(window.confidence, 2),
                number(window.snr_db, 1, "dB"),
                " ".join(words.meaning for words in meanings(window.reasons)),
            ]
            for window in self.windows[:MOST_ROWS]
        ]
