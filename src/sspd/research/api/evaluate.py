"""`sspd.evaluate`: methods on a dataset become scores and tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from sspd.errors import UsageError
from sspd.methods.registry import takes_weights
from sspd.research.api.sources import NamedData, Notice, dataset_text
from sspd.research.evaluate.plan import plan_evaluation
from sspd.research.evaluate.protocols import get_protocol
from sspd.research.evaluate.run import Evaluation
from sspd.research.evaluate.run import evaluate as run
from sspd.research.evaluate.scoring import get_scoring
from sspd.research.evaluate.training import Training
from sspd.research.recipes import (
    STUDENTS,
    AnyRecipe,
    Recipe,
    RecipeLike,
    StudentRecipe,
    choose_recipe,
    get_recipe,
)
from sspd.scale.mapping import check_jobs, mapping_of
from sspd.utils.partials import hold_folder
from sspd.utils.progress import OnProgress

SHIPPED = "shipped"
#: A network of one method, or networks by method; ``"shipped"`` is the package's.
Weights = str | os.PathLike[str] | Mapping[str, str | os.PathLike[str]]


def evaluate(
    data: NamedData,
    out: str | Path,
    methods: str | Sequence[str] = ("sspd",),
    *,
    protocol: str | None = None,
    weights: Weights | None = None,
    train_on: NamedData | None = None,
    recipe: RecipeLike | None = None,
    steps: int | None = None,
    select: str | None = None,
    seed: int = 0,
    device: str = "auto",
    scoring: str | None = None,
    keep_defects: bool = False,
    precision: str = "f32",
    jobs: int = 1,
    engine: str = "local",
    address: str | None = None,
    progress: OnProgress = lambda what, done, total: None,
    notice: Notice = lambda line: None,
) -> Evaluation:
    """Score methods on a dataset; with a protocol, train the networks first.

    The same call continues where it was stopped, and repeats nothing that is done.

    Parameters
    ----------
    data : str or tuple
        The dataset that is tested, as ``"NAME:PATH"`` or ``(name, path)``.
    out : path
        Folder for tables, windows, waveforms and networks.
    methods : str or sequence of str
        Names of `sspd.method_names`.
    protocol : str, optional
        Split of the subjects: networks are trained for each fold on its train subjects, and
        its test subjects are scored. None: the shipped network is scored on all subjects.
    weights : path, str or mapping, optional
        Use this network, do not train one: a file for ``sspd`` or for the only method with a
        network, a mapping of methods to files for several, or ``"shipped"``.
    train_on : str or tuple, optional
        Another dataset: networks are trained there (for each fold of ``protocol``, if given)
        and tested on all of ``data``.
    recipe : str, Recipe, BaselineRecipe or StudentRecipe, optional
        Of the training; None: that of the protocol.
    steps : int, optional
        Optimizer steps, instead of the recipe's.
    select : str, optional
        State of the training that is scored: ``last`` or ``best``.
    seed : int
        Of the training.
    device : str
        Of the training: ``auto``, ``cpu`` or ``cuda``.
    scoring : str, optional
        How rates are read, a name of `sspd.research.evaluate.SCORINGS`; None: that of the
        protocol, else ``spectral``.
    keep_defects : bool
        Also score recordings with known defects.
    precision : str
        Arithmetic of the network: ``f32``, ``bf16``, ``int8`` or ``auto``.
    jobs : int
        Processes that measure; with ``engine="ray"``, videos measured at a time, 0: as many as
        the cluster has cores for.
    engine, address : str
        See `sspd.scale.mapping.mapping_of`. On a cluster, ``out`` and the dataset are in folders
        that all nodes share; networks are trained on this machine.
    progress : callable, optional
        Called with what is done, how many of it, and how many there are (0: nobody knows).
    notice : callable, optional
        Called with a line for whatever is left out, and for how networks are trained.

    Returns
    -------
    Evaluation
        Scores, windows and failures; ``table`` is the table of results in Markdown.

    Raises
    ------
    UsageError
        No such dataset, method, protocol or scoring, or what does not go together.
    SourceError
        Nothing of the dataset is found, or nothing is left to score.
    OutputError
        ``out`` cannot be written, or another run holds it.

    Examples
    --------
    >>> found = evaluate("ubfc-rppg:/data/UBFC", "runs/ubfc", ["sspd", "pos"])  # doctest: +SKIP
    >>> print(found.table)                                                      # doctest: +SKIP
    | method | ...

    It needs a dataset on disk, so it is skipped here; ``sspd.simulate(..., layout=...)``
    writes simulated videos in the layout of any. A wrong argument is an error at once:

    >>> evaluate("ubfc-rppg:/data/UBFC", "runs/ubfc", steps=3)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: evaluate: nothing is trained, so recipe, steps and select do nothing
    """
    out, jobs = Path(out), check_jobs(jobs, engine)
    over = None if engine == "local" and address is None else mapping_of(engine, address, notice)
    names = [methods] if isinstance(methods, str) else list(methods)
    if not names or len(set(names)) != len(names):
        raise UsageError("evaluate: one or more different methods are needed")
    given = _given(weights, [name for name in names if takes_weights(name)])
    networks = [name for name in names if takes_weights(name) and name not in given]
    trains = bool(networks) and (protocol or train_on) is not None
    if not trains and any(one is not None for one in (recipe, steps, select)):
        raise UsageError("evaluate: nothing is trained, so recipe, steps and select do nothing")
    preset = get_scoring(scoring or _scoring_of(protocol, train_on is not None))
    training = None
    if trains:
        recipes = _recipes(networks, protocol, recipe, steps, select)
        training = Training(
            recipes, out, seed=seed, device=device, jobs=jobs or 1, progress=progress, warn=notice
        )
    with hold_folder(out, "waveforms/*"):
        plan = plan_evaluation(
            dataset_text(data),
            names,
            protocol=protocol,
            weights=given,
            training=training,
            train_on=None if train_on is None else dataset_text(train_on),
            precision=precision,
            threads=_threads(jobs, over is not None),
        )
        if training is not None:
            notice(_how(training))
        defects = keep_defects
        return run(plan, preset, out, keep_defects=defects, jobs=jobs, over=over, progress=progress)


def _threads(jobs: int, on_cluster: bool) -> int | None:
    """Threads of each network; on a cluster a worker has one core."""
    if on_cluster:
        return 1
    return max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None


def _how(training: Training) -> str:
    how = ", ".join(f"{name} by {one.name!r}" for name, one in training.recipes.items())
    return (
        f"trained for each fold: {how}; networks in {training.out / 'models'};"
        " weights 'shipped' scores the shipped one"
    )


def _scoring_of(protocol: str | None, trains_elsewhere: bool) -> str:
    """Return the scoring of the protocol under test; spectral if there is no protocol."""
    return get_protocol(protocol).scoring if protocol and not trains_elsewhere else "spectral"


def _given(weights: Weights | None, networks: Sequence[str]) -> dict[str, Path]:
    """Files by method."""
    from sspd.network.load import find_weights

    if weights is None:
        return {}
    if not isinstance(weights, Mapping):
        weights = {network_of(str(weights), networks): weights}
    return {
        name: find_weights(None if (name, str(file)) == ("sspd", SHIPPED) else file)
        for name, file in weights.items()
    }


def network_of(file: str, networks: Sequence[str]) -> str:
    """Return the method that a single weights file is for.

    Parameters
    ----------
    file : str
        A path, or ``shipped``.
    networks : sequence of str
        The methods with a network: of one, it is that; of several, ``sspd``.

    Returns
    -------
    str

    >>> network_of("mine.onnx", ["physnet"]), network_of("shipped", ["physnet"])
    ('physnet', 'sspd')
    """
    return networks[0] if len(networks) == 1 and file != SHIPPED else "sspd"


def _recipes(
    networks: Sequence[str],
    protocol: str | None,
    recipe: RecipeLike | None,
    steps: int | None,
    select: str | None,
) -> dict[str, AnyRecipe]:
    """Return the recipe of each method: the requested one for sspd, their own for others."""
    if recipe is None:
        recipe = "paper" if protocol is None else get_protocol(protocol).recipe
    if recipe in STUDENTS or isinstance(recipe, StudentRecipe):
        raise UsageError("evaluate trains no small network: sspd train does, then give --weights")
    chosen = get_recipe(recipe) if isinstance(recipe, str) else recipe
    own: dict[str, RecipeLike] = {}
    if isinstance(chosen, Recipe):
        suffix = "-laptop" if chosen.name in ("laptop", "shipped") else ""
        own.update({name: name + suffix for name in networks}, sspd=chosen)
    elif list(networks) == [chosen.method]:
        own = {chosen.method: chosen}
    else:
        raise UsageError(f"evaluate: the recipe {chosen.name!r} trains {chosen.method} alone")
    return {name: choose_recipe(own[name], steps=steps, select=select) for name in networks}
