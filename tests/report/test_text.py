from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from helpers import results
from sspd.report.table import print_results
from sspd.report.text import headline, summary
from sspd.types import Vitals


def test_headlines() -> None:
    measured = results.measured()
    refused = results.rejected()
    failed = results.failed()
    assert headline(measured) == f"{measured.hr_bpm:.1f} bpm"
    assert headline(refused) == "no reliable pulse: no face"
    assert headline(failed) == "failed"


def test_the_table_holds_every_source_and_the_notice() -> None:
    measured = results.measured()
    refused = results.rejected()
    failed = results.failed()
    console = Console(width=160, record=True, file=StringIO())
    odd = replace(measured, source="videos/[red]name.mp4")
    print_results([measured, refused, failed, odd], console)
    text = console.export_text()
    for part in ("good one.mp4", "b.mp4", "c.mp4", "[red]name.mp4", "Not a medical device"):
        assert part in text


def test_all_videos_in_one_line() -> None:
    rejected = [
        Vitals("d.mp4", "pos", None, 30.0, 30.0, (), reasons=reasons)
        for reasons in [("no_face",), ("low_snr", "no_face"), ("low_snr",), ("no_face",)]
    ]
    line = summary([results.measured(), *rejected, results.failed()])
    assert line == (
        "6 videos: 1 measured, 4 without a reliable pulse (no face 3, low snr 2), 1 failed"
    )
    assert summary([results.measured()] * 2) == (
        "2 videos: 2 measured, 0 without a reliable pulse, 0 failed"
    )
