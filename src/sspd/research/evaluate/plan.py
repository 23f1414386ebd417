"""Plan an evaluation from a command's arguments: datasets, methods, splits and trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sspd.errors import UsageError
from sspd.methods.registry import takes_weights
from sspd.models.header import made_by
from sspd.research.datasets.card import Dataset
from sspd.research.evaluate.entries import Entry, network_entry, untrained_entry
from sspd.research.evaluate.protocols import get_protocol
from sspd.research.evaluate.split import Fold, Split
from sspd.research.evaluate.subjects import open_split, training_recordings
from sspd.research.evaluate.training import Training, trained_weights
from sspd.research.recipes import AnyRecipe
from sspd.research.recipes.settled import SHIPPED_FACTS, settled_of
from sspd.types import Recording

#: The method whose weights come with the package.
SHIPPED_METHOD = "sspd"


@dataclass(frozen=True, eq=False)
class Plan:
    """The input of `sspd.research.evaluate.evaluate`."""

    dataset: Dataset
    recordings: Sequence[Recording]
    entries: tuple[Entry, ...]
    split: Split | None = None
    trained: Mapping[str, Any] | None = None
    """Recipes, seed, dataset and split of the trainings; None: nothing is trained."""

    @property
    def like_paper(self) -> str | None:
        """Name of the split if it is a published one, for comparison with the paper; else None."""
        published = self.split is not None and get_protocol(self.split.protocol).dataset
        return self.split.protocol if self.split is not None and published else None

    @property
    def from_vipl(self) -> bool:
        """True if it trains on VIPL-HR and tests elsewhere, as the paper's † rows do."""
        source = (self.trained or {}).get("dataset")
        return source == "vipl-hr" and source != self.dataset.name


def plan_evaluation(
    data: str,
    methods: Sequence[str],
    *,
    protocol: str | None = None,
    weights: Mapping[str, Path] | None = None,
    training: Training | None = None,
    train_on: str | None = None,
    precision: str = "f32",
    threads: int | None = None,
) -> Plan:
    """Plan which subjects train and test which methods.

    Parameters
    ----------
    data : str
        ``NAME:PATH`` of the tested dataset.
    methods : sequence of str
        See `sspd.methods.method_names`.
    protocol : str or None
        Splits `data`, or the dataset of `train_on`. None: all subjects are tested.
    weights : mapping or None
        Method -> file of its network, for methods that are networks.
    training : Training or None
        How networks without given weights are trained for each fold; None: ``sspd`` uses the
        shipped weights, and other networks need given ones.
    train_on : str or None
        ``NAME:PATH`` of another dataset: a network trained on each of its folds is tested
        on all of `data`, one row each.
    precision, threads
        Of networks, see `sspd.methods.get_method`.

    Returns
    -------
    Plan

    Raises
    ------
    UsageError
        No such dataset, method or protocol, or arguments that do not go together.
    SourceError
        A dataset has no recordings in its folder.
    """
    given = dict(weights or {})
    networks = [name for name in methods if takes_weights(name)]
    _check(methods, networks, given, train_on, data)
    dataset, recordings, split = open_split(data, None if train_on else protocol)
    trained = [name for name in networks if name not in given] if training else []
    run = partial(network_entry, precision=precision, threads=threads)
    by: _Source | None = None
    if trained:
        by = _source(dataset, recordings, split, protocol, train_on)
    entries: list[Entry] = []
    for name in methods:
        if name in trained and training is not None and by is not None:
            own = partial(run, settled_by=_recipe(training, name, by).settled)
            entries += _trained(name, training, by, across=train_on is not None, run=own)
        elif name in networks:
            file = given.get(name) or _shipped(name)
            entries.append(run(name, partial(_same, file), settled_by=_settled(file)))
        else:
            entries.append(untrained_entry(name))
    facts = None if training is None or by is None else _facts(training, trained, by)
    return Plan(dataset, recordings, tuple(entries), split, facts)


def _check(
    methods: Sequence[str],
    networks: Sequence[str],
    given: Mapping[str, Path],
    train_on: str | None,
    data: str,
) -> None:
    for name in given:
        if name not in methods:
            raise UsageError(f"weights for {name!r}, which is not among the methods")
        if name not in networks:
            raise UsageError(f"the method {name!r} uses no weights")
    if train_on is not None and not networks:
        raise UsageError(
            f"none of the methods {', '.join(methods)} has weights: add {SHIPPED_METHOD}"
        )
    if train_on is not None and train_on.partition(":")[0] == data.partition(":")[0]:
        raise UsageError(
            f"{train_on}: this dataset is the tested one; for its own split use --protocol without"
            " --train-on"
        )


def _same(path: Path, fold: Fold) -> Path:
    """Return the same file for every fold."""
    return path


def _settled(file: Path) -> Mapping[str, str]:
    """Say how state, sign and integration order of given weights were chosen, if known."""
    from sspd.network.load import shipped_weights

    if file.resolve() == shipped_weights(file.suffix).resolve():
        return SHIPPED_FACTS
    return settled_of(made_by(file))


@dataclass(frozen=True, eq=False)
class _Source:
    """The dataset, recordings and split that networks are trained on."""

    dataset: Dataset
    videos: Sequence[Recording]
    split: Split

    def weights(self, name: str, training: Training, fold: Fold) -> Path:
        videos = training_recordings(self.dataset, self.videos, self.split, fold.name)
        return trained_weights(training, name, videos, f"{self.split.protocol}-{fold.name}")


def _source(
    dataset: Dataset,
    recordings: Sequence[Recording],
    split: Split | None,
    protocol: str | None,
    train_on: str | None,
) -> _Source:
    if train_on is not None:
        source, videos, by = open_split(train_on, protocol)
        return _Source(source, videos, by or _whole(videos))
    if split is None:
        raise UsageError("a training needs a protocol, or another dataset to train on")
    return _Source(dataset, recordings, split)


def _trained(
    name: str, training: Training, by: _Source, *, across: bool, run: Callable[..., Entry]
) -> list[Entry]:
    """List a method trained for each fold; across datasets, one entry for each network."""
    if not across:
        return [run(name, partial(by.weights, name, training))]
    rows = []
    for fold in by.split.folds:
        row = f"{name}-{by.dataset.name}" + (f"-{fold.name}" if len(by.split.folds) > 1 else "")
        weights = partial(_of_fold, by, name, training, fold)
        rows.append(run(name, weights, name=row))
    return rows


def _of_fold(by: _Source, name: str, training: Training, fold: Fold, tested: Fold) -> Path:
    """Return the weights of one fold of another dataset, the same for every tested fold."""
    return by.weights(name, training, fold)


def _recipe(training: Training, name: str, by: _Source) -> AnyRecipe:
    """Return a method's recipe for these videos: by rates if they have no waveforms."""
    from sspd.research.train.labels import fitted

    return fitted(training.recipe_of(name), by.videos)


def _facts(training: Training, trained: Sequence[str], by: _Source) -> dict[str, Any]:
    return {
        "recipes": {name: _recipe(training, name, by).to_dict() for name in trained},
        "seed": training.seed,
        "dataset": by.dataset.name,
        "split": asdict(by.split),
    }


def _whole(recordings: Sequence[Recording]) -> Split:
    """Make a split that trains on all subjects of this dataset and tests none."""
    people = tuple(dict.fromkeys(recording.subject for recording in recordings))
    return Split("all", "ours: trained on all subjects", (Fold("all", people, ()),))


def _shipped(name: str) -> Path:
    from sspd.network.load import shipped_weights

    if name != SHIPPED_METHOD:
        raise UsageError(
            f"no weights of {name!r} come with the package: give a file ({name}=FILE), a protocol"
            " or another dataset to train on"
        )
    return shipped_weights(".onnx")
