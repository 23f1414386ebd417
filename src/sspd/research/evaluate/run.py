"""Evaluate methods on a dataset: train and measure what is missing, score it, write the results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sspd.errors import OutputError, SourceError, SSPDError
from sspd.research.datasets.card import Dataset
from sspd.research.evaluate.csv_cells import subjects_csv, windows_csv
from sspd.research.evaluate.entries import Entry
from sspd.research.evaluate.manifest import manifest
from sspd.research.evaluate.measuring import iter_predictions
from sspd.research.evaluate.native_rate import native_waveforms
from sspd.research.evaluate.paired import mean_ranks, paired_csv, paired_tests
from sspd.research.evaluate.paper import PaperRow, paper_rows
from sspd.research.evaluate.plan import Plan
from sspd.research.evaluate.predictions import Prediction, prediction_key
from sspd.research.evaluate.scoring import Scoring
from sspd.research.evaluate.split import Fold, Split
from sspd.research.evaluate.summary import MethodScore, score_methods
from sspd.research.evaluate.table import TABLES, conditions_markdown, parts_csv
from sspd.research.evaluate.windows import ScoredWindow, score_windows
from sspd.research.figures.agreement import Rates, draw_agreement, draw_conditions
from sspd.research.figures.ranks import draw_ranks
from sspd.research.figures.rates import draw_rates
from sspd.scale.mapping import MapOver
from sspd.types import Recording, Series
from sspd.utils.files import whole_file
from sspd.utils.places import make_folder
from sspd.utils.progress import OnProgress

#: Seed of the bootstrap's draws: the same rows give the same intervals.
BOOTSTRAP_SEED = 20_240
RANKS = (
    "mean rank of a subject's mean absolute error; a bar joins methods that do not differ"
    " (Wilcoxon over subjects, Holm, 0.05)"
)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Results of an evaluation: scores by method and quantity, all windows, and all failures."""

    scores: tuple[MethodScore, ...]
    windows: tuple[ScoredWindow, ...]
    failures: tuple[str, ...]
    """One line each."""
    folder: Path = Path()
    """Folder of the tables: ``out``, or one in it if ``out`` holds those of another scoring."""
    scoring: str = ""
    """Scoring by which rates were read, with its source."""

    @property
    def table(self) -> str:
        """The table of scores, in Markdown."""
        return (self.folder / "table.md").read_text(encoding="utf-8")


def evaluate(
    plan: Plan,
    scoring: Scoring,
    out: Path,
    *,
    keep_defects: bool = False,
    jobs: int = 1,
    over: MapOver | None = None,
    progress: OnProgress = lambda what, done, total: None,
) -> Evaluation:
    """Score methods on a dataset; saved predictions are not measured again.

    Parameters
    ----------
    plan : Plan
        Methods, recordings and splits, see `sspd.research.evaluate.plan_evaluation`. Recordings
        of other subjects than the split's test subjects are left out here.
    scoring : Scoring
    out : Path
        Folder for the tables, the windows, the manifest and the saved waveforms.
    keep_defects : bool
        Score recordings with known defects as well.
    jobs, over
        See `sspd.research.evaluate.measuring.iter_predictions`.
    progress : callable, optional
        Called with the current phase, the number of items done and their total.

    Returns
    -------
    Evaluation

    Raises
    ------
    UsageError
        The scoring cannot read the split's windows.
    SourceError
        No recording is left to score.
    OutputError
        ``out`` cannot be written.
    """
    split, entries = plan.split, plan.entries
    chosen, left_out = _chosen(plan.dataset, plan.recordings, split, keep_defects)
    folds = split.folds if split else (Fold("all", (), tuple({r.subject for r in chosen})),)
    source, scoring = scoring.source, scoring.in_windows(split.window_s if split else None)
    make_folder(out)
    count = _Count(len(chosen) * len(entries), len(folds), progress)
    rows: list[ScoredWindow] = []
    failures: list[str] = []
    weights: dict[str, dict[str, str | None]] = {one.name: {} for one in entries}
    first: dict[str, tuple[Fold, str]] = {}
    for fold, entry in product(folds, entries):
        own = [recording for recording in chosen if recording.subject in fold.test]
        count.begin(folds.index(fold), entry.name)
        try:
            make = entry.make(fold)
            method = make()
            weights[entry.name][fold.name] = method.weights
            folder = out / "waveforms" / entry.name
            if chosen[0] in own:
                first[entry.name] = fold, prediction_key(chosen[0], method)
            predictions = iter_predictions(
                own, method, make, folder, jobs=jobs, over=over, progress=count.more
            )
            for recording, prediction in predictions:
                try:
                    rows += _scored(recording, prediction, entry, scoring, fold if split else None)
                except SSPDError as error:
                    failures.append(f"{recording.name}, {entry.name}: {error}")
        except OutputError:
            raise
        except SSPDError as error:
            failures.append(f"fold {fold.name}, {entry.name}: {error}")
    progress("Scoring", 0, 0)
    scores = score_methods([one.name for one in entries], scoring.quantities, rows, BOOTSTRAP_SEED)
    folder = _folder(out, scoring.name)
    found = Evaluation(scores, tuple(rows), tuple(failures), folder, source)
    facts = manifest(plan, chosen, left_out, weights, scoring)
    paper = paper_rows(plan.dataset.name, plan.like_paper, scoring.name, cross=plan.from_vipl)
    _write(folder, found, facts, paper, scoring.caveat)
    _write_rates(out, chosen[0], entries, first)
    return found


@dataclass
class _Count:
    """Count progress over all methods and folds."""

    total: int
    folds: int
    report: OnProgress
    done: int = 0
    where: str = ""

    def begin(self, fold: int, method: str) -> None:
        """Name the method and fold that come next."""
        self.where = f"{method}, fold {fold + 1} of {self.folds}" if self.folds > 1 else method
        self.report(f"Preparing, {self.where}", 0, 0)

    def more(self, n: int) -> None:
        self.done += n
        self.report(f"Measuring, {self.where}", self.done, self.total)


def _scored(
    recording: Recording,
    prediction: Prediction | str,
    by: Entry,
    scoring: Scoring,
    fold: Fold | None,
) -> list[ScoredWindow]:
    if isinstance(prediction, str):
        raise SourceError(prediction)
    name = "" if fold is None else fold.name
    return score_windows(recording, recording.references(), prediction, by.name, scoring, name)


def _chosen(
    dataset: Dataset, recordings: Sequence[Recording], split: Split | None, bad: bool
) -> tuple[list[Recording], dict[str, str]]:
    """Return the recordings that are scored, and the others by name with the reason."""
    defects = {} if bad else {d.recording: d.why for d in dataset.defects if d.excluded}
    tested = None if split is None else {one for fold in split.folds for one in fold.test}
    left_out: dict[str, str] = {}
    chosen = []
    for recording in recordings:
        unwanted = "" if split is None else split.leaves_out(recording)
        if tested is not None and recording.subject not in tested:
            left_out[recording.name] = "not a test subject"
        elif unwanted:
            left_out[recording.name] = f"{unwanted}, which the protocol leaves out"
        elif recording.name in defects:
            left_out[recording.name] = defects[recording.name]
        else:
            chosen.append(recording)
    if not chosen:
        raise SourceError(f"{dataset.name}: none of {len(recordings)} recordings is left to score")
    return chosen, left_out


def _folder(out: Path, scoring: str) -> Path:
    """Return ``out`` for its first scoring, and a folder in it for every other one."""
    try:
        first = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["scoring"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return out
    if first == scoring:
        return out
    other = out / scoring
    try:
        other.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{other}: cannot be made ({error.strerror})") from error
    return other


def _write(
    out: Path, found: Evaluation, facts: dict[str, Any], paper: Sequence[PaperRow], caveat: str
) -> None:
    texts = {name: table(found.scores, paper, caveat) for name, table in TABLES.items()}
    texts["windows.csv"] = windows_csv(found.windows)
    texts["subjects.csv"] = subjects_csv(found.windows)
    facts |= {
        "bootstrap": {"by": "subject", "seed": BOOTSTRAP_SEED},
        "failures": list(found.failures),
    }
    texts["manifest.json"] = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    tests = paired_tests(found.windows)
    if tests:
        texts["paired.csv"] = paired_csv(tests)
    parts = {
        "folds.csv": parts_csv(found.windows, BOOTSTRAP_SEED, "fold"),
        "conditions.csv": parts_csv(found.windows, BOOTSTRAP_SEED, "condition"),
        "conditions.md": conditions_markdown(found.windows, BOOTSTRAP_SEED),
    }
    texts |= {name: text for name, text in parts.items() if text}
    for name, text in texts.items():
        with whole_file(out / name) as part:
            part.write_text(text, encoding="utf-8")
    if tests:
        different = {frozenset((test.first, test.second)) for test in tests if test.differ}
        draw_ranks(out / "ranks.png", mean_ranks(found.windows), different, RANKS)
    used = [row for row in found.windows if row.quantity == "hr_bpm" and not row.excluded]
    names = list(dict.fromkeys(score.method for score in found.scores))
    draw_agreement(out / "agreement.png", {name: _rates(used, name) for name in names})
    draw_conditions(out / "conditions.png", {name: _errors(used, name) for name in names})


def _write_rates(
    out: Path,
    recording: Recording,
    entries: Sequence[Entry],
    first: Mapping[str, tuple[Fold, str]],
) -> None:
    """Draw the first tested recording at three rates, for each network of this package (Fig. 7)."""
    waves = {}
    for entry in entries:
        if entry.network is None or entry.name not in first:
            continue
        fold, key = first[entry.name]
        load = partial(entry.network, fold)
        try:
            folder = out / "waveforms" / entry.name
            waves[entry.name] = native_waveforms(recording, load, folder, key)
        except OutputError:
            raise
        except SSPDError:
            continue  # reported with its scores
    if waves:
        draw_rates(out / "rates.png", recording.name, waves, _label(recording))


def _label(recording: Recording) -> Series | None:
    try:
        return recording.references().bvp
    except SSPDError:
        return None


def _rates(rows: Sequence[ScoredWindow], method: str) -> tuple[Rates, Rates]:
    own = [(row.reference, row.estimate) for row in rows if row.method == method]
    reference, estimate = np.array(own, np.float64).reshape(-1, 2).T
    return reference, estimate


def _errors(rows: Sequence[ScoredWindow], method: str) -> dict[str, Rates]:
    """Group absolute errors by condition."""
    conditions = dict.fromkeys(row.condition for row in rows)
    found = {}
    for condition in conditions:
        some = _rates([row for row in rows if row.condition == condition], method)
        found[condition] = np.abs(some[1] - some[0])
    return found
