"""Vitals as one self-contained HTML page: images embedded, no network, no scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from sspd.report.labels import number
from sspd.report.section import video_section
from sspd.report.templates import Cell, fill
from sspd.report.text import NOTICE, headline, video_count, video_name, video_words
from sspd.types import Vitals
from sspd.utils.files import whole_file

#: Content security policy: the browser must not load or run anything, even if a name were
#: ever read as a tag.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_html(results: Sequence[Vitals], path: str | Path, *, with_image: bool = True) -> None:
    """Write the report of one or several videos as one HTML page, atomically.

    Parameters
    ----------
    results : sequence of Vitals
        One section each; several also get a summary table.
    path : str or Path
        Output file.
    with_image : bool
        False leaves out all pixels of the video.

    Raises
    ------
    OutputError
        ``path`` cannot be written.

    >>> import tempfile
    >>> rejected = Vitals("a.mp4", "pos", None, 5.0, 30.0, (), reasons=("too_short",))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_html([rejected], f"{folder}/a.html", with_image=False)
    ...     page = Path(folder, "a.html").read_text(encoding="utf-8")
    >>> "No reliable pulse" in page, "<img" in page
    (True, False)
    """
    # Written part by part, as the images of a hundred videos would fill the memory.
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_page(results, with_image))


def write_page(vitals: Vitals, path: str | Path) -> None:
    """Write the report of one video without its pixels, atomically.

    Parameters
    ----------
    vitals : Vitals
    path : str or Path
        Output file.

    Raises
    ------
    OutputError
        ``path`` cannot be written.
    """
    write_html([vitals], path, with_image=False)


def _page(results: Sequence[Vitals], with_image: bool) -> Iterator[str]:
    from markupsafe import Markup

    alone = len(results) == 1
    css = files("sspd.report").joinpath("page.css").read_text(encoding="utf-8")
    return fill(
        "page.html.j2",
        title=video_name(results[0]) if alone else video_words(results),
        policy=POLICY,
        css=Markup(css),  # ours
        summary=None if alone else _summary(results),
        sections=(
            video_section(vitals, f"video-{i}", with_image=with_image, alone=alone)
            for i, vitals in enumerate(results, 1)
        ),
        notice=NOTICE,
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"),
    )


def _summary(results: Sequence[Vitals]) -> dict[str, Any]:
    header = [
        "video",
        "heart rate",
        "by peaks",
        "windows",
        "SNR",
        "RMSSD",
        "breaths/min",
        "length",
    ]
    rows = [_summary_row(vitals, f"#video-{i}") for i, vitals in enumerate(results, 1)]
    good = sum(vitals.accepted for vitals in results)
    what = "videos" if video_count(results) == len(results) else "faces"
    said = f"{good} of {len(results)} {what} have an accepted heart rate."
    return {"said": said, "header": header, "rows": rows}


def _summary_row(vitals: Vitals, link: str) -> list[str | Cell]:
    style = "failed" if vitals.error else "yes" if vitals.accepted else "no"
    good = sum(window.accepted for window in vitals.windows)
    return [
        Cell(video_name(vitals), link=link),
        Cell(headline(vitals), style=style),
        number(vitals.hr_peaks_bpm),
        f"{good}/{len(vitals.windows)}",
        number(vitals.snr_db, 1, "dB"),
        number(vitals.hrv["rmssd_ms"].value, 0, "ms") if "rmssd_ms" in vitals.hrv else "–",
        number(vitals.respiration.breaths_per_minute),
        "–" if vitals.error else number(vitals.duration_s, 1, "s"),
    ]
