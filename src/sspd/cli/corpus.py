"""``sspd measure`` of a corpus: lists, stores and clusters; nothing grows with the videos."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sspd.cli.journals import close_journal, open_journal
from sspd.cli.messages import Messages, show
from sspd.cli.options import jobs_of
from sspd.errors import SSPDError, UsageError
from sspd.utils.addresses import typed_address

if TYPE_CHECKING:
    from sspd.pipeline.batch import BatchResult, Journal
    from sspd.scale.summary import CorpusSummary
    from sspd.types import MeasureOptions

#: Exit code of a run that Ctrl-C interrupted, as shells have it.
BROKEN_OFF = 130


@dataclass(frozen=True)
class Placing:
    """Options of the command that say where videos are measured."""

    engine: str
    address: str | None
    jobs: int
    limit_s: float | None
    split_s: float | None
    allow_http: bool
    resume: bool


def is_corpus(sources: Sequence[Path], outputs: Mapping[str, Path | None]) -> bool:
    """Return whether a command names lists or stores, or wants results that a corpus has.

    Parameters
    ----------
    sources : sequence of Path
    outputs : mapping of str to Path or None
        Outputs by the option's name.

    Returns
    -------
    bool

    >>> is_corpus([Path("a.mp4")], {"json": Path("s3://bucket/out.json")})
    True
    >>> is_corpus([Path("a.mp4")], {"json": Path("out.json"), "parquet": None})
    False
    """
    named = [path for path in outputs.values() if path is not None]
    lists = any(source.suffix.lower() in (".csv", ".parquet") for source in sources)
    stored = any(typed_address(path) is not None for path in [*sources, *named])
    return lists or stored or outputs.get("parquet") is not None


def measure_as_corpus(
    context: typer.Context,
    sources: Sequence[Path],
    asked: Mapping[str, Path | None],
    options: MeasureOptions,
    placing: Placing,
) -> int:
    """Measure a corpus, and print one line at the end.

    Parameters
    ----------
    context : typer.Context
    sources : sequence of Path
    asked : mapping of str to Path or None
        Outputs by the option's name.
    options : MeasureOptions
    placing : Placing

    Returns
    -------
    int
        Exit code.

    Raises
    ------
    SSPDError
        Before work starts: what cannot be right. After it: an output that cannot be written.
    """
    from sspd.pipeline.parts.plan import PART_S
    from sspd.scale.corpus import CorpusOptions, run_corpus

    messages = Messages()
    outputs = _outputs(asked)
    how = CorpusOptions(
        engine=placing.engine,
        address=placing.address,
        jobs=jobs_of(context, placing.engine, placing.jobs),
        limit_s=placing.limit_s,
        allow_http=placing.allow_http,
        outputs=outputs,
        split_s=PART_S if placing.split_s is None else placing.split_s,
    )
    names = [typed_address(source) or str(source) for source in sources]
    journal = _journal(context, outputs, placing.resume, messages)
    counter = _Counter(messages)
    try:
        with counter:
            summary = run_corpus(
                names, options, how, journal=journal, on_result=counter.add, note=messages.note
            )
    except SSPDError:
        close_journal(journal, ended_well=False)
        raise
    unfinished = close_journal(journal, ended_well=summary.complete)
    again = "; the same command with --resume continues" if unfinished else ""
    show(f"{summary}{again}", err="-" in map(str, outputs.values()))
    return _code(summary, messages)


def _outputs(asked: Mapping[str, Path | None]) -> dict[str, str]:
    """Kind to place: a report is a page a video."""
    if asked.get("overlay") is not None:
        raise UsageError("--overlay is not for lists, stores and clusters; measure the video alone")
    named = {kind: path for kind, path in asked.items() if path is not None}
    kinds = {kind: "page" if kind == "report" else kind for kind in named}
    return {kinds[kind]: typed_address(path) or str(path) for kind, path in named.items()}


def _journal(
    context: typer.Context, outputs: Mapping[str, str], resume: bool, messages: Messages
) -> Journal | None:
    """The journal, on this machine: beside the first output, or in this folder."""
    from sspd.utils.locks import claim

    # of a store, what the output is called there
    places = {
        kind: Path(place.rstrip("/").rpartition("/")[2] if typed_address(place) else place)
        for kind, place in outputs.items()
    }
    context.with_resource(claim([path for kind, path in places.items() if kind != "parquet"]))
    journal = open_journal(places, resume, messages)
    if journal is not None:
        context.call_on_close(journal.close)
    return journal


def _code(summary: CorpusSummary, messages: Messages) -> int:
    if summary.interrupted:
        return BROKEN_OFF
    if summary.misused:
        return 2
    if messages.failed:
        return 1
    return 0 if summary.measured == summary.videos else 3


class _Counter:
    """One line of progress: videos, failures and rate; failures are lines of their own."""

    def __init__(self, messages: Messages) -> None:
        from sspd.utils.progress import Meter

        self._messages, self._before = messages, messages.out
        self._meter = Meter("videos", None)
        self._n = self._failed = self._resumed = 0
        self._began_s = time.monotonic()

    def __enter__(self) -> _Counter:
        self._meter.__enter__()
        if self._meter.is_bar:
            self._messages.out = self._meter.line
        return self

    def __exit__(self, *_: object) -> None:
        self._messages.out = self._before
        self._meter.__exit__()

    def add(self, done: BatchResult) -> None:
        vitals = done.vitals
        self._n += 1
        self._failed += vitals.error is not None
        if vitals.error is not None:
            self._messages.fail(vitals.error, done.misused)
        for line in done.failures:
            self._messages.fail(line)
        self._resumed += done.resumed
        spent_s = max(time.monotonic() - self._began_s, 1e-3)
        rate = 60 * (self._n - self._resumed) / spent_s
        count = f"{self._n}, {self._failed} failed, {rate:.1f} a minute"
        (self._meter.skip if done.resumed else self._meter.update)(self._n, count=count)
