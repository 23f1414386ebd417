"""What an evaluation is made of, from the words of a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sspd.containers import Recording
from sspd.datasets.card import Dataset
from sspd.datasets.table import named_dataset
from sspd.errors import UsageError
from sspd.evaluate.contender import Contender, as_it_is, with_weights
from sspd.evaluate.protocols import get_protocol
from sspd.evaluate.split import Fold, Split
from sspd.evaluate.training import Training, trained_weights

#: The method that folds train.
TRAINED = "sspd"


@dataclass(frozen=True, eq=False)
class Plan:
    """What `sspd.evaluate.evaluate` is given."""

    dataset: Dataset
    recordings: Sequence[Recording]
    contenders: tuple[Contender, ...]
    split: Split | None = None
    trained: Mapping[str, Any] | None = None
    """Facts of the trainings; None: nothing is trained."""

    @property
    def like_paper(self) -> str | None:
        """The split's name where it is a published one, so that the paper's rows compare."""
        published = self.split is not None and get_protocol(self.split.protocol).dataset
        return self.split.protocol if self.split is not None and published else None

    @property
    def from_vipl(self) -> bool:
        """Whether it is trained on VIPL-HR and tested elsewhere, as the paper's † rows are."""
        source = (self.trained or {}).get("dataset")
        return source == "vipl-hr" and source != self.dataset.name


def plan_evaluation(
    data: str,
    methods: Sequence[str],
    *,
    protocol: str | None = None,
    weights: Path | None = None,
    training: Training | None = None,
    train_on: str | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Plan:
    """Settle who is trained and tested on what.

    Parameters
    ----------
    data : str
        ``NAME:PATH`` of what is tested.
    methods : sequence of str
    protocol : str or None
        Splits `data`; with `train_on`, that. None: everybody is tested.
    weights : Path or None
        A network for the method ``sspd``.
    training : Training or None
        How ``sspd`` is trained for each fold; None: the weights are used.
    train_on : str or None
        ``NAME:PATH`` of another dataset: a network trained on each of its folds is tested
        on all of `data`, a row each.
    precision, threads
        Of the network, see `sspd.methods.get_method`.

    Raises
    ------
    UsageError
        No such dataset, method or protocol, or what does not go together.
    SourceError
        Nothing of a dataset is found.
    """
    others = tuple(as_it_is(name) for name in methods if name != TRAINED)
    if TRAINED not in methods and (train_on is not None or weights is not None):
        raise UsageError(f"of the methods {', '.join(methods)} none has weights: add {TRAINED}")
    if train_on is not None and train_on.partition(":")[0] == data.partition(":")[0]:
        raise UsageError(
            f"{train_on}: the dataset that is tested; its own split is --protocol without"
            " --train-on"
        )
    dataset, recordings, split = _opened(data, None if train_on else protocol)
    if TRAINED not in methods:
        return Plan(dataset, recordings, others, split)
    if training is None:
        path = weights or _shipped()
        fixed = with_weights(lambda fold: path, precision, threads)
        return Plan(dataset, recordings, _in_order(methods, (fixed,), others), split)
    if train_on is None:
        source, films, by = dataset, recordings, split
        if by is None:
            raise UsageError("to train, name a protocol, or another dataset to train on")
        made = with_weights(_by_fold(training, source, films, by), precision, threads)
        own: tuple[Contender, ...] = (made,)
    else:
        source, films, by = _opened(train_on, protocol)
        by = by or _whole(films)
        own = tuple(
            _of_fold(training, source, films, by, fold, precision, threads) for fold in by.folds
        )
    facts = {
        "recipe": training.recipe.to_dict(),
        "seed": training.seed,
        "dataset": source.name,
        "split": asdict(by),
    }
    return Plan(dataset, recordings, _in_order(methods, own, others), split, facts)


def _opened(data: str, protocol: str | None) -> tuple[Dataset, list[Recording], Split | None]:
    dataset, root = named_dataset(data)
    recordings = dataset.recordings(root)
    if protocol is None:
        return dataset, recordings, None
    subjects = [recording.subject for recording in recordings]
    return dataset, recordings, get_protocol(protocol).split(dataset.name, root, subjects)


def _in_order(
    methods: Sequence[str], own: tuple[Contender, ...], others: tuple[Contender, ...]
) -> tuple[Contender, ...]:
    place = list(methods).index(TRAINED)
    return (*others[:place], *own, *others[place:])


def _whole(recordings: Sequence[Recording]) -> Split:
    """Everybody is trained on; nobody of this dataset is tested."""
    people = tuple(dict.fromkeys(recording.subject for recording in recordings))
    return Split("all", "ours: trained on all subjects", (Fold("all", people, ()),))


def _by_fold(
    training: Training, source: Dataset, films: Sequence[Recording], by: Split
) -> Callable[[Fold], Path]:
    def weights(fold: Fold) -> Path:
        return trained_weights(
            training, _good(source, by.to_train(films, fold.name)), f"{by.protocol}-{fold.name}"
        )

    return weights


def _of_fold(
    training: Training,
    source: Dataset,
    films: Sequence[Recording],
    by: Split,
    fold: Fold,
    precision: str,
    threads: int | None,
) -> Contender:
    """The network of one fold of another dataset, whoever is tested."""
    weights = _by_fold(training, source, films, by)
    name = f"{TRAINED}-{source.name}" + (f"-{fold.name}" if len(by.folds) > 1 else "")
    return with_weights(lambda tested: weights(fold), precision, threads, name)


def _good(source: Dataset, recordings: Sequence[Recording]) -> list[Recording]:
    defects = {defect.recording for defect in source.defects if defect.excluded}
    return [recording for recording in recordings if recording.name not in defects]


def _shipped() -> Path:
    from sspd.runtime.network import shipped_weights

    return shipped_weights(".onnx")
