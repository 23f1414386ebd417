"""What `sspd.measure` gives: the numbers, and how they show themselves."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from sspd import types
from sspd.utils.packages import require

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

#: A notebook shows so many windows of a long video.
MOST_ROWS = 12
#: Inches of the waveform's picture in a notebook.
PICTURE = (7.0, 1.6)


class Vitals(types.Vitals):
    """What was measured of one face, as data (`sspd.types.Vitals`) that can be shown.

    In a notebook it is a picture of the waveform and a table of the windows.

    >>> vitals = Vitals("a.mp4", "pos", None, 5.0, 30.0, (), reasons=("too_short",))
    >>> vitals
    Vitals('a.mp4', rejected: too_short, confidence unknown)
    >>> vitals.to_dict()["reasons"]
    ['too_short']
    """

    def to_dict(self) -> dict[str, Any]:
        """Give the object that stands in the JSON: its keys, its rounding, no waveform."""
        from sspd.report.json import vitals_to_dict

        return vitals_to_dict(self)

    def to_frame(self) -> pandas.DataFrame:
        """Give the windows as a table of pandas; a row a window, columns as in the JSON.

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
        """Draw waveform, spectrum and heart rate over time, as ``--plot`` does.

        Returns
        -------
        matplotlib.figure.Figure
            It belongs to no window; ``savefig`` writes it.
        """
        from sspd.report.plots import vitals_figure

        return vitals_figure(self)

    def _repr_html_(self) -> str:
        """Headline, waveform and windows for a notebook; everything is in the text itself."""
        from sspd.report.labels import advice, sentence
        from sspd.report.templates import fill
        from sspd.report.text import NOTICE, headline, video_name

        rejected = self.error is None and not self.accepted
        rows = self._window_rows()
        parts = fill(
            "notebook.html.j2",
            title=f"{video_name(self)}: {headline(self)}",
            said=self.error or (sentence(advice(self.reasons)) if rejected else ""),
            png=self._picture(),
            rows=rows,
            more=len(self.windows) - len(rows),
            notice=NOTICE,
        )
        return "".join(parts)

    def _picture(self) -> bytes | None:
        from sspd.report.axes import draw_excerpt, new_figure
        from sspd.report.selection import drawn_waveform, excerpt

        part = excerpt(self, drawn_waveform(self))
        if part is None:
            return None
        figure = new_figure(*PICTURE)
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
