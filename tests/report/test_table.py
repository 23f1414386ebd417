from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from helpers import results
from sspd.report.labels import REASON_WORDS, advice
from sspd.report.table import ELLIPSIS, print_results, short_names, video_names
from sspd.types import Vitals

LONG = [f"recording_of_the_subject_number_{n}_in_condition_A_take_2.mp4" for n in (14, 15)]


def _rejected(source: str, *reasons: str) -> Vitals:
    return Vitals(source, "sspd", None, 30.0, 30.0, (), reasons=reasons)


def _printed(rows: list[Vitals], width: int, encoding: str = "utf-8") -> str:
    class Named(StringIO):
        pass

    file = Named()
    Named.encoding = encoding  # type: ignore[assignment]
    print_results(rows, Console(file=file, width=width, force_terminal=True, color_system=None))
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_each_video_has_one_line_and_its_rate_and_name(width: int) -> None:
    rows = [results.measured(), results.failed()]
    rows += [_rejected(name, "low_snr", "readouts_disagree", "motion") for name in LONG]
    table = _printed(rows, width).split("good one.mp4")[1].splitlines()
    assert all(cell_len(line) <= width for line in table)
    assert f"{rows[0].hr_bpm:.1f} bpm" in table[0]
    assert "failed" in table[1]
    assert all("rejected" in line for line in table[2:4])
    first, second = (line.split()[0] for line in table[2:4])
    assert first != second
    assert all(ELLIPSIS in name for name in (first, second)) == (width < 140)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_reasons_and_their_advice_stand_under_the_table(width: int) -> None:
    words = REASON_WORDS["low_snr"]
    rows = [_rejected("face.mp4", "low_snr"), _rejected("b.mp4", *REASON_WORDS), results.measured()]
    text = " ".join(_printed(rows, width).split())
    advised = "no pulse stands out from the noise. Use more light, sit still, and compress less."
    assert f"face.mp4: {advised}" in text
    assert all(one.help in text and one.meaning[1:-1] in text for one in REASON_WORDS.values())
    assert text.count(words.help) == 2
    assert "good one.mp4:" not in text


def test_a_console_without_utf_8_gets_letters_that_it_has() -> None:
    heading = _printed([results.measured()], 80, "ascii").split("good one")[0]
    assert set(heading.splitlines()[-1]) == {"-"}


def test_videos_of_one_name_are_told_apart_by_their_folders() -> None:
    sources = ["day 1/cam/a.mp4", "day 2/cam/a.mp4", "b.mp4", "day 2/cam/c.mp4", "b.mp4"]
    rows = [_rejected(source, "no_face") for source in sources]
    assert video_names(rows) == ["day 1/cam/a.mp4", "day 2/cam/a.mp4", "b.mp4", "c.mp4", "b.mp4"]
    faces = [replace(rows[0], face_id=k) for k in (0, 1)]
    assert video_names(faces) == ["a.mp4", "a.mp4, face 2"]


@given(
    st.lists(st.text(st.sampled_from("ab_\u4eba."), min_size=1, max_size=40), max_size=8),
    st.integers(8, 30),
)
def test_short_names_fit_and_stay_apart(names: list[str], width: int) -> None:
    short = short_names(names, width)
    assert all(cell_len(name) <= width for name in short)
    assert len(set(zip(names, short, strict=True))) == len(set(names))
    for i, name in enumerate(names):
        if cell_len(name) <= width and short.count(name) == 1:
            assert short[i] == name


def test_names_whose_ends_alone_differ() -> None:
    names = [f"{'x' * 30}{n}{'y' * 30}" for n in range(3)]
    assert len(set(short_names(names, 12))) == 3


def test_advice_is_said_once() -> None:
    said = advice(["low_snr", "readouts_disagree", "an_eclipse"])
    assert said == (
        "no pulse stands out from the noise; estimates of the heart rate disagree; an eclipse."
        " Use more light, sit still, and compress less."
    )
