"""Published splits as data, each with its source, and our own splits for any dataset."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from sspd.errors import UsageError
from sspd.research.datasets.vipl_folds import read_folds
from sspd.research.evaluate.split import Fold, Split, deal, split

#: Function of a dataset's folder and its subjects that returns folds.
MakeFolds = Callable[[Path, Sequence[str]], Sequence[Fold]]


@dataclass(frozen=True)
class Protocol:
    """Split of a dataset's subjects into training and test.

    Parameters
    ----------
    name : str
    dataset : str or None
        Name of the dataset; None: any.
    source : str
        Publication or code that uses this split.
    folds : callable
        Function of a dataset's folder and its subjects that returns folds.
    recipe : str
        Default recipe for the method of this package.
    window_s : float or None
        Length of the tested windows, seconds; None: that of the scoring.
    scoring : str
        Default scoring.
    without : tuple of str
        Recordings whose condition contains one of these words are left out.
    """

    name: str
    dataset: str | None
    source: str
    folds: MakeFolds
    recipe: str = "paper"
    window_s: float | None = None
    without: tuple[str, ...] = ()
    scoring: str = "spectral"

    def split(self, dataset: str, root: Path, subjects: Sequence[str]) -> Split:
        """Apply the protocol to a copy of a dataset.

        Parameters
        ----------
        dataset : str
            Name of the dataset.
        root : Path
            Folder of the copy.
        subjects : sequence of str
            Subjects of its recordings.

        Returns
        -------
        Split

        Raises
        ------
        UsageError
            The protocol is for another dataset, or there are too few subjects.
        SourceError
            The folds are in files of the dataset that cannot be read.
        """
        if self.dataset not in (None, dataset):
            raise UsageError(f"the protocol {self.name} is for {self.dataset}, not for {dataset}")
        made = split(self.folds(root, subjects), subjects, self.name, self.source)
        return replace(made, window_s=self.window_s, without=self.without)


def _once(train: Sequence[str], test: Sequence[str]) -> MakeFolds:
    fold = Fold("1", tuple(train), tuple(test))
    return lambda root, subjects: (fold,)


def _pure(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{n:02d}" for n in numbers)


def _ubfc(*numbers: int) -> tuple[str, ...]:
    return tuple(f"subject{n}" for n in numbers)


def _vipl(root: Path, subjects: Sequence[str], only: int | None = None) -> list[Fold]:
    tests = read_folds(root)
    folds = []
    for n, test in enumerate(tests, 1):
        train = tuple(one for other in tests if other is not test for one in other)
        if only in (None, n):
            folds.append(Fold(str(n), train, test))
    return folds


def _each(root: Path, subjects: Sequence[str]) -> tuple[Fold, ...]:
    people = deal(subjects, len(set(subjects)))
    return tuple(replace(fold, name=fold.test[0]) for fold in people)


def _dealt(root: Path, subjects: Sequence[str], n_folds: int) -> tuple[Fold, ...]:
    return deal(subjects, n_folds)


_ALL = (
    Protocol(
        "pure-hr-cnn",
        "pure",
        "Spetlik et al., HR-CNN, BMVC 2018, protocol files; also Gideon and Stent, ICCV 2021",
        _once(_pure(1, 4, 5, 6, 7, 8, 9), _pure(2, 3, 10)),
    ),
    Protocol(
        "pure-contrast-phys",
        "pure",
        "Sun and Li, Contrast-Phys+, TPAMI 2024, released code",
        _once(_pure(1, 2, 3, 4, 5, 7), _pure(6, 8, 9, 10)),
    ),
    Protocol(
        "ubfc-30-12",
        "ubfc-rppg",
        "the paper's released code; also Sun and Li, Contrast-Phys, ECCV 2022",
        _once(
            _ubfc(1, 3, 4, 5, *range(8, 19), 20, *range(22, 28), *range(30, 38)),
            _ubfc(*range(38, 50)),
        ),
    ),
    Protocol(
        "vipl-5-fold",
        "vipl-hr",
        "Niu et al., RhythmNet, TIP 2020: the folds that come with the dataset, colour cameras",
        _vipl,
        recipe="paper-vipl-hr",
        without=("near infrared",),
        scoring="vipl",
    ),
    Protocol(
        "vipl-fold-1-160",
        "vipl-hr",
        "the paper, Sec. IV-C, after ViViT [26]: fold 1 alone, windows of 160 frames at 30 Hz",
        partial(_vipl, only=1),
        recipe="paper-vipl-160",
        window_s=160 / 30,
        without=("near infrared",),
        scoring="sspd",
    ),
    Protocol(
        "mr-nirp-leave-one-out",
        "mr-nirp",
        "Sun and Li, Contrast-Phys, ECCV 2022: one subject (both videos) is tested, the rest train",
        _each,
    ),
    Protocol(
        "leave-one-out", None, "ours: one subject is tested, the others are trained on", _each
    ),
)
PROTOCOLS = MappingProxyType({protocol.name: protocol for protocol in _ALL})
_N_FOLD = re.compile(r"([2-9]|[1-9]\d)-fold")


def get_protocol(name: str) -> Protocol:
    """Return the protocol with this name, or deal subjects into N folds for ``N-fold``.

    Parameters
    ----------
    name : str
        A name of `PROTOCOLS`, or ``2-fold``, ``3-fold`` and so on.

    Returns
    -------
    Protocol

    Raises
    ------
    UsageError
        There is no such protocol; the message lists all of them.

    >>> made = get_protocol("3-fold").split("pure", Path(), ["01", "02", "03", "04"])
    >>> [fold.test for fold in made.folds]
    [('01', '04'), ('02',), ('03',)]
    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    dealt = _N_FOLD.fullmatch(name)
    if dealt is None:
        known = ", ".join(PROTOCOLS)
        raise UsageError(f"no protocol {name!r}; there are: {known}, and 2-fold, 3-fold ...")
    source = "ours: subjects by their names, dealt into folds in turn"
    return Protocol(name, None, source, partial(_dealt, n_folds=int(dealt[1])))
