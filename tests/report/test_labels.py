from __future__ import annotations

from sspd.report.labels import HRV_WORDS, REASON_WORDS, legible, meanings, number
from sspd.vitals import HRV_NAMES, REASONS


def test_every_reason_and_figure_has_its_words() -> None:
    assert tuple(REASON_WORDS) == REASONS
    assert tuple(HRV_WORDS) == HRV_NAMES
    for words in REASON_WORDS.values():
        assert words.meaning.endswith(".")
        assert words.help.endswith(".")


def test_reasons_keep_their_order_and_unknown_ones_their_name() -> None:
    found = meanings(["motion", "solar_storm"])
    assert found[0] == REASON_WORDS["motion"]
    assert (found[1].meaning, found[1].help) == ("Solar storm.", "")


def test_numbers_carry_their_unit_and_nothing_is_a_dash() -> None:
    assert number(3.14159, 2, "Hz") == "3.14 Hz"
    assert number(-0.5, 1, "dB") == "−0.5 dB"
    assert number(1.0, 0) == "1"
    for nothing in (None, float("nan"), float("inf")):
        assert number(nothing, 1, "bpm") == "–"


def test_what_hides_or_turns_words_is_shown_as_a_question_mark() -> None:
    assert legible("film\u202e4pm.exe") == "film?4pm.exe"
    assert legible("bell\a nul\0 tab\t line\n lone\udcff") == "bell? nul? tab? line? lone?"
    for kept in ("Gesicht 顔 é", "👩\u200d🔬", "narrow\u202fspace", "<&>"):
        assert legible(kept) == kept
