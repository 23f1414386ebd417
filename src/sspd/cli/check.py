"""``sspd check``: completeness and integrity of a copy of a dataset."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.cli.console import interruptible
from sspd.cli.messages import show
from sspd.errors import UsageError
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from sspd.research.datasets.check import Finding, Summary

#: If more recordings are missing, they share one line.
MOST_NAMED = 6

#: State of the copy after Ctrl-C.
NOTHING_CHANGED = "no file was changed"


def check(
    data: Annotated[
        str, typer.Argument(help="NAME:FOLDER (see sspd datasets), or a folder of videos.")
    ],
    quick: Annotated[
        bool, typer.Option("--quick", help="Decode only the first frame of each video.")
    ] = False,
    index: Annotated[
        Path | None,
        typer.Option(
            "--index", help="Compare all files with this index of checksums; written if missing."
        ),
    ] = None,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="Write the findings as JSON.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Videos checked at the same time.")
    ] = 1,
) -> None:
    """Report what is missing, damaged, unreadable or out of sync in a dataset.

    Decodes every video completely. Defects that all copies have are reported,
    but do not count as faults.
    """
    from sspd.research.datasets import check as checks
    from sspd.research.datasets.checksums import (
        checksums,
        compare,
        files_of,
        read_index,
        write_index,
    )
    from sspd.research.datasets.table import named_dataset

    # a folder may have a colon in its name
    plain = ":" not in data or Path(data).is_dir()
    dataset, root = named_dataset(f"folder:{data}" if plain else data)
    if index is not None and json_out is not None and index.resolve() == json_out.resolve():
        raise UsageError("check: --index and --json are the same file")
    recordings = dataset.recordings(root)
    outputs = [path for path in (index, json_out) if path is not None]
    _check_outputs(outputs, json_out, root)
    known = read_index(index) if index is not None and index.exists() else None
    lost = checks.absent(dataset, recordings)
    found: list[Finding] = []
    findings = checks.check(dataset, recordings, quick=quick, jobs=jobs)
    with (
        interruptible(NOTHING_CHANGED),
        Meter("Checking", len(recordings), "recordings") as meter,
    ):
        for some in meter.track(findings):
            found += some
    if index is not None:
        files = files_of(root, outputs)
        with (
            interruptible(NOTHING_CHANGED),
            Meter("Reading files", len(files), "files") as meter,
        ):
            now = dict(meter.track(checksums(root, files)))
        if known is None:
            write_index(index, now)
        else:
            found += compare(root, recordings, known, now)
    summary = checks.summarise(recordings, lost, found)
    for line in _lines(summary.findings, lost):
        show(line)
    if json_out is not None:
        _write_json(json_out, dataset.name, summary)
    show(f"{summary.n} recordings: {summary.whole} complete, {summary.amiss} with findings")
    if any(finding.is_fault for finding in summary.findings):
        raise typer.Exit(1)


def _check_outputs(outputs: Sequence[Path], json_out: Path | None, root: Path) -> None:
    from sspd.utils.files import check_output
    from sspd.utils.partials import remove_parts

    for path in outputs:
        check_output(path)
        remove_parts(path)
    if json_out and json_out.exists() and json_out.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{json_out}: is inside the dataset; choose another place")


def _lines(findings: Sequence[Finding], lost: Sequence[Finding]) -> Iterator[str]:
    """Format one line for each finding; many missing recordings share one line."""
    gone = [finding.recording for finding in lost if finding.kind == "missing"]
    together = set(gone) if len(gone) > MOST_NAMED else set()
    for finding in findings:
        if finding.recording not in together:
            yield _line(finding)
    if together:
        yield f"missing: {len(gone)} recordings, {gone[0]}, {gone[1]} ... {gone[-1]} (--json: all)"


def _line(finding: Finding) -> str:
    """Format a finding as one line, for any characters in names of files and folders."""
    text = f"{finding.recording or '-'}: {finding.kind}: {finding.text}"
    line = "".join(char if char.isprintable() else " " for char in text)
    encoding = sys.stdout.encoding or "utf-8"
    return line.encode(encoding, "replace").decode(encoding)


def _write_json(path: Path, name: str, summary: Summary) -> None:
    from dataclasses import asdict

    from sspd.utils.files import whole_file

    record = {"schema_version": 1, "dataset": name, **asdict(summary)}
    with whole_file(path) as part:
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
