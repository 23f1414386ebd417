"""Methods on a dataset: measure what is not measured yet, score, write."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sspd.containers import Recording
from sspd.datasets.card import Dataset
from sspd.errors import OutputError, SourceError, SSPDError, UsageError
from sspd.evaluate.protocols import Protocol
from sspd.evaluate.scoring import Scoring
from sspd.evaluate.table import TABLES, MethodScore, score_method, subjects_csv, windows_csv
from sspd.evaluate.units import Unit, keep_unit, kept_unit, measure_unit, unit_key
from sspd.evaluate.windows import ScoredWindow, score_windows
from sspd.methods import Method
from sspd.report.agreement import Rates, draw_agreement, draw_conditions
from sspd.version import package_version
from sspd.video.files import whole_file

#: Of the bootstrap's draws: the same rows give the same intervals.
SEED = 20_240
#: Packages on whose versions numbers may depend.
_PACKAGES = ("numpy", "scipy", "av", "opencv-python-headless", "dlib-bin", "openvino")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came of it: a row a method, every window, and what could not be read."""

    scores: tuple[MethodScore, ...]
    windows: tuple[ScoredWindow, ...]
    failures: tuple[str, ...]
    """One line each."""


def evaluate(
    dataset: Dataset,
    recordings: Sequence[Recording],
    methods: Sequence[Method],
    scoring: Scoring,
    out: Path,
    *,
    protocol: Protocol | None = None,
    keep_defects: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score methods on a dataset; what was measured before is not measured again.

    Parameters
    ----------
    dataset : Dataset
    recordings : sequence of Recording
        All of them; those outside of the protocol's test subjects are left out here.
    methods : sequence of Method
    scoring : Scoring
    out : Path
        Folder for the tables, the windows, the manifest and the kept waveforms.
    protocol : Protocol or None
        Whose test subjects are scored; None: everybody.
    keep_defects : bool
        Score recordings that are known to be bad as well.
    progress : callable, optional
        Is told how many units of how many are done.

    Returns
    -------
    Evaluation

    Raises
    ------
    UsageError
        A protocol of another dataset.
    SourceError
        Nothing is left to score.
    OutputError
        ``out`` cannot be written.
    """
    chosen, left_out = _chosen(dataset, recordings, protocol, keep_defects)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be made ({error.strerror})") from error
    rows: list[ScoredWindow] = []
    failures: list[str] = []
    total = len(chosen) * len(methods)
    for done, (recording, method) in enumerate((r, m) for r in chosen for m in methods):
        try:
            unit = _unit(recording, method, out)
            rows += score_windows(recording, recording.references(), unit, method.name, scoring)
        except OutputError:
            raise
        except SSPDError as error:
            failures.append(f"{recording.name}, {method.name}: {error}")
        if progress is not None:
            progress(done + 1, total)
    scores = tuple(
        score_method(method.name, [row for row in rows if row.method == method.name], SEED)
        for method in methods
    )
    found = Evaluation(scores, tuple(rows), tuple(failures))
    facts = _manifest(dataset, chosen, left_out, methods, scoring, protocol)
    _write(out, found, facts)
    return found


def _chosen(
    dataset: Dataset, recordings: Sequence[Recording], protocol: Protocol | None, bad: bool
) -> tuple[list[Recording], dict[str, str]]:
    """What is scored, and the names of what is not, with the reason."""
    if protocol is not None and protocol.dataset != dataset.name:
        raise UsageError(
            f"the protocol {protocol.name} is one of {protocol.dataset}, not of {dataset.name}"
        )
    defects = {} if bad else {d.recording: d.why for d in dataset.defects if d.excluded}
    left_out: dict[str, str] = {}
    chosen = []
    for recording in recordings:
        if protocol is not None and recording.subject not in protocol.test:
            left_out[recording.name] = "not a test subject"
        elif recording.name in defects:
            left_out[recording.name] = defects[recording.name]
        else:
            chosen.append(recording)
    if not chosen:
        whose = "" if protocol is None else f"; {protocol.name} tests {', '.join(protocol.test)}"
        raise SourceError(f"{dataset.name}: none of {len(recordings)} is left to score{whose}")
    return chosen, left_out


def _unit(recording: Recording, method: Method, out: Path) -> Unit:
    key = unit_key(recording, method)
    path = out / "waveforms" / method.name / f"{recording.name}.npz"
    unit = kept_unit(path, key)
    if unit is None:
        unit = measure_unit(recording, method)
        keep_unit(path, unit, key)
    return unit


def _manifest(
    dataset: Dataset,
    chosen: Sequence[Recording],
    left_out: dict[str, str],
    methods: Sequence[Method],
    scoring: Scoring,
    protocol: Protocol | None,
) -> dict[str, Any]:
    return {
        "sspd": package_version(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "dataset": dataset.name,
        "protocol": None if protocol is None else asdict(protocol),
        "scoring": {"name": scoring.name, "source": scoring.source, "window_s": scoring.window_s},
        "methods": [
            {"name": m.name, "citation": m.citation, "weights": m.weights} for m in methods
        ],
        "face": "dlib frontal detector, largest face of the beginning, one box every 30 s",
        "bootstrap": {"by": "subject", "seed": SEED},
        "subjects": list(dict.fromkeys(recording.subject for recording in chosen)),
        "recordings": {recording.name: _hashes(recording) for recording in chosen},
        "left_out": left_out,
    }


def _hashes(recording: Recording) -> dict[str, str]:
    """SHA-256 of a recording's files; of a folder of pictures their names and sizes."""
    found = {}
    for path in recording.files:
        if path.is_dir():
            listing = sorted((p.name, p.stat().st_size) for p in path.iterdir())
            found[path.name] = "names " + hashlib.sha256(repr(listing).encode()).hexdigest()
        elif path.exists():
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _write(out: Path, found: Evaluation, facts: dict[str, Any]) -> None:
    texts = {name: table(found.scores) for name, table in TABLES.items()}
    texts["windows.csv"] = windows_csv(found.windows)
    texts["subjects.csv"] = subjects_csv(found.windows)
    facts |= {"failures": list(found.failures)}
    texts["manifest.json"] = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    for name, text in texts.items():
        with whole_file(out / name) as part:
            part.write_text(text, encoding="utf-8")
    used = [row for row in found.windows if row.estimate_bpm and not row.excluded]
    names = [score.method for score in found.scores]
    draw_agreement(out / "agreement.png", {name: _rates(used, name) for name in names})
    draw_conditions(out / "conditions.png", {name: _errors(used, name) for name in names})


def _rates(rows: Sequence[ScoredWindow], method: str) -> tuple[Rates, Rates]:
    own = [(row.reference_bpm, row.estimate_bpm) for row in rows if row.method == method]
    reference, estimate = np.array(own, np.float64).reshape(-1, 2).T
    return reference, estimate


def _errors(rows: Sequence[ScoredWindow], method: str) -> dict[str, Rates]:
    """Absolute errors by condition."""
    conditions = dict.fromkeys(row.condition for row in rows)
    found = {}
    for condition in conditions:
        some = _rates([row for row in rows if row.condition == condition], method)
        found[condition] = np.abs(some[1] - some[0])
    return found


def labelled(method: Method, weights: Path, precision: str) -> Method:
    """The method, its weights named so that others are never taken for them.

    Parameters
    ----------
    method : Method
    weights : Path
        The file that it was made of.
    precision : str
        Of its arithmetic.

    Raises
    ------
    SourceError
        The file cannot be read.
    """
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as error:
        raise SourceError(f"{weights}: {(error.strerror or '').lower()}") from error
    return replace(method, weights=f"{weights.name} {digest} {precision}")
