"""Folds of subjects for training and test; no subject is in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sspd.errors import UsageError
from sspd.research.datasets.card import natural
from sspd.types import Recording


@dataclass(frozen=True)
class Fold:
    """One training and its test.

    Parameters
    ----------
    name : str
    train, test : tuple of str
        Subjects; none is in both.

    Raises
    ------
    UsageError
        A subject is in both.

    >>> Fold("1", ("01",), ("01",))
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: fold 1: trained on and tested: 01
    """

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        both = [subject for subject in self.train if subject in set(self.test)]
        if both:
            raise UsageError(f"fold {self.name}: trained on and tested: {', '.join(both)}")


@dataclass(frozen=True)
class Split:
    """A protocol applied to the subjects of a copy of a dataset.

    Parameters
    ----------
    protocol : str
        Name of the protocol.
    source : str
        Publication or code that uses this split.
    folds : tuple of Fold
        No subject is tested in two folds.
    absent : tuple of str
        Subjects that the protocol names and the copy lacks.
    window_s : float or None
        Length of the windows, seconds; None: that of the scoring.
    without : tuple of str
        Recordings whose condition contains one of these words are left out.

    Raises
    ------
    UsageError
        A subject is tested twice, or there is no fold.
    """

    protocol: str
    source: str
    folds: tuple[Fold, ...]
    absent: tuple[str, ...] = ()
    window_s: float | None = None
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        tested = [subject for fold in self.folds for subject in fold.test]
        twice = sorted({subject for subject in tested if tested.count(subject) > 1})
        if twice:
            raise UsageError(f"{self.protocol}: tested in two folds: {', '.join(twice)}")
        if not self.folds:
            lacking = f"; it needs {', '.join(self.absent)}" if self.absent else ""
            raise UsageError(f"{self.protocol}: no subject to test is here{lacking}")

    def fold(self, name: str | None) -> Fold:
        """Return the fold with this name, or the only fold if no name is given.

        Parameters
        ----------
        name : str or None

        Returns
        -------
        Fold

        Raises
        ------
        UsageError
            There is no such fold, or there are several and no name is given.

        >>> split([Fold("a", ("1",), ("2",)), Fold("b", ("2",), ("1",))]).fold("b").train
        ('2',)
        """
        names = [fold.name for fold in self.folds]
        if name is None and len(names) == 1:
            return self.folds[0]
        if name not in names:
            asked = "several folds" if name is None else f"no fold {name!r}"
            raise UsageError(f"{self.protocol}: {asked}; name one of {', '.join(names)}")
        return self.folds[names.index(str(name))]

    def to_train(self, recordings: Sequence[Recording], fold: str | None) -> list[Recording]:
        """Return the recordings that a fold trains on.

        Parameters
        ----------
        recordings : sequence of Recording
        fold : str or None
            Name of the fold, see `fold`.

        Returns
        -------
        list of Recording

        Raises
        ------
        UsageError
            There is no such fold.
        """
        train = set(self.fold(fold).train)
        return [one for one in recordings if one.subject in train and not self.leaves_out(one)]

    def leaves_out(self, recording: Recording) -> str:
        """Return the word for which the protocol leaves a recording out; empty if it does not.

        Parameters
        ----------
        recording : Recording

        Returns
        -------
        str
        """
        return next((word for word in self.without if word in recording.condition), "")


def split(
    folds: Sequence[Fold],
    subjects: Sequence[str] | None = None,
    protocol: str = "own",
    source: str = "ours",
) -> Split:
    """Limit folds to the subjects of a copy.

    Parameters
    ----------
    folds : sequence of Fold
    subjects : sequence of str or None
        Subjects of the copy; None: all of them are there.
    protocol, source : str
        See `Split`.

    Returns
    -------
    Split
        Without folds that have no test subject left; missing subjects are in ``absent``.

    >>> split([Fold("a", ("1", "3"), ("2",))], ["1", "2"]).absent
    ('3',)
    """
    if subjects is None:
        return Split(protocol, source, tuple(folds))
    here = set(subjects)
    kept = [
        replace(
            fold,
            train=tuple(one for one in fold.train if one in here),
            test=tuple(one for one in fold.test if one in here),
        )
        for fold in folds
    ]
    named = dict.fromkeys(one for fold in folds for one in (*fold.train, *fold.test))
    absent = tuple(one for one in named if one not in here)
    return Split(protocol, source, tuple(fold for fold in kept if fold.test), absent)


def deal(subjects: Sequence[str], n_folds: int) -> tuple[Fold, ...]:
    """Split subjects, sorted by name, into folds in turn.

    Parameters
    ----------
    subjects : sequence of str
        In any order, with repetitions: the same subjects give the same folds.
    n_folds : int

    Returns
    -------
    tuple of Fold

    Raises
    ------
    UsageError
        There are fewer subjects than folds.

    >>> [fold.test for fold in deal(["s10", "s2", "s1"], 2)]
    [('s1', 's10'), ('s2',)]
    """
    people = sorted(set(subjects), key=natural)
    if n_folds < 2 or len(people) < n_folds:
        raise UsageError(
            f"{n_folds} folds need at least {max(n_folds, 2)} subjects, got {len(people)}"
        )
    hands = [tuple(people[k::n_folds]) for k in range(n_folds)]
    return tuple(
        Fold(str(k + 1), tuple(one for one in people if one not in hand), hand)
        for k, hand in enumerate(hands)
    )
