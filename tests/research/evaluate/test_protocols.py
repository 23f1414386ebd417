"""Splits: nobody is trained on and tested, everybody is tested once, folds come from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import SourceError, UsageError
from sspd.research.datasets.vipl_folds import write_folds
from sspd.research.evaluate import PROTOCOLS, Fold, Split, get_protocol
from sspd.research.evaluate.split import deal

PURE = [f"{n:02d}" for n in range(1, 11)]


@given(st.sets(st.integers(1, 200), min_size=2, max_size=40), st.integers(2, 12))
def test_folds_that_are_dealt_test_everybody_once(numbers: set[int], n_folds: int) -> None:
    subjects = [f"s{n}" for n in numbers]
    if len(subjects) < n_folds:
        with pytest.raises(UsageError, match=f"got {len(subjects)}"):
            deal(subjects, n_folds)
        return
    folds = deal(subjects, n_folds)
    assert sorted(one for fold in folds for one in fold.test) == sorted(subjects)
    for fold in folds:
        assert set(fold.train) | set(fold.test) == set(subjects)
        assert not set(fold.train) & set(fold.test)
        assert abs(len(fold.test) - len(subjects) / n_folds) < 1
    assert deal(list(reversed(subjects)) * 2, n_folds) == folds


def test_a_subject_in_two_folds_or_on_both_sides_is_rejected() -> None:
    with pytest.raises(UsageError, match="fold 2: trained on and tested: b"):
        Fold("2", ("a", "b"), ("b",))
    folds = (Fold("1", ("c",), ("a", "b")), Fold("2", ("c",), ("b",)))
    with pytest.raises(UsageError, match="mine: tested in two folds: b"):
        Split("mine", "me", folds)


def test_published_splits() -> None:
    from sspd.research.datasets.ubfc_rppg import SUBJECTS

    (fold,) = get_protocol("ubfc-30-12").split("ubfc-rppg", Path(), SUBJECTS).folds
    assert (len(fold.train), len(fold.test)) == (30, 12)
    assert set(fold.train + fold.test) == set(SUBJECTS)
    (fold,) = get_protocol("pure-hr-cnn").split("pure", Path(), PURE).folds
    assert fold.test == ("02", "03", "10") and len(fold.train) == 7
    (fold,) = get_protocol("pure-contrast-phys").split("pure", Path(), PURE).folds
    assert fold.test == ("06", "08", "09", "10") and len(fold.train) == 6
    assert all(len(protocol.source) > 20 for protocol in PROTOCOLS.values())


def test_part_of_a_copy_is_split_and_what_it_lacks_is_named() -> None:
    split = get_protocol("pure-hr-cnn").split("pure", Path(), ["01", "02", "04"])
    assert split.folds == (Fold("1", ("01", "04"), ("02",)),)
    assert split.absent == ("05", "06", "07", "08", "09", "03", "10")
    with pytest.raises(UsageError, match=r"no subject to test is here; it needs .*02, 03, 10"):
        get_protocol("pure-hr-cnn").split("pure", Path(), ["01", "04"])
    with pytest.raises(UsageError, match="for pure, not for ubfc-rppg"):
        get_protocol("pure-hr-cnn").split("ubfc-rppg", Path(), ["subject1"])


def test_each_subject_once_and_several_folds_want_a_name() -> None:
    split = get_protocol("leave-one-out").split("pure", Path(), PURE)
    assert [fold.name for fold in split.folds] == PURE
    assert all(fold.test == (fold.name,) and len(fold.train) == 9 for fold in split.folds)
    assert split.fold("03").test == ("03",)
    with pytest.raises(UsageError, match="several folds; name one of 01, 02"):
        split.fold(None)
    with pytest.raises(UsageError, match="no fold '11'"):
        split.fold("11")
    with pytest.raises(UsageError, match="got 1"):
        get_protocol("leave-one-out").split("pure", Path(), ["01", "01"])
    with pytest.raises(UsageError, match="and 2-fold, 3-fold"):
        get_protocol("1-fold")


def test_folds_of_vipl_come_from_its_files(tmp_path: Path) -> None:
    people = [f"p{n}" for n in range(1, 12)]
    with pytest.raises(SourceError, match=r"fold1\.mat"):
        get_protocol("vipl-5-fold").split("vipl-hr", tmp_path, people)
    write_folds(tmp_path, list(range(1, 12)))
    split = get_protocol("vipl-5-fold").split("vipl-hr", tmp_path, people)
    assert [fold.name for fold in split.folds] == ["1", "2", "3", "4", "5"]
    assert split.folds[0].test == ("p1", "p6", "p11")
    assert set(split.folds[0].train) == set(people) - {"p1", "p6", "p11"}
    short = get_protocol("vipl-fold-1-160").split("vipl-hr", tmp_path, people)
    assert [fold.test for fold in short.folds] == [("p1", "p6", "p11")]
    assert short.window_s == pytest.approx(5.3333, abs=1e-3)
    assert get_protocol("vipl-5-fold").recipe == "paper-vipl-hr"
