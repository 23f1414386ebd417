"""The journal of a command, beside its first output."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.errors import UsageError

if TYPE_CHECKING:
    from sspd.cli.messages import Messages
    from sspd.pipeline.batch import Journal


def open_journal(outputs: Mapping[str, Path], resume: bool, messages: Messages) -> Journal | None:
    """Open the journal, beside the first output; without outputs there is nothing to keep.

    Parameters
    ----------
    outputs : mapping of str to Path
        Outputs by the option's name.
    resume : bool
    messages : Messages

    Returns
    -------
    Journal or None

    Raises
    ------
    UsageError
        Nothing to resume from.
    OutputError
        It cannot be read.
    """
    from sspd.pipeline.batch import Journal
    from sspd.utils.places import is_stream

    files = [path for path in outputs.values() if not is_stream(path)]
    if not files:
        if resume and not messages.failed:
            raise UsageError(
                "--resume needs an output file (--json, --csv): the journal is beside it"
            )
        return None
    first = files[0]
    journal = Journal(first.with_name(f"{first.name}.journal"), resume=resume)
    if journal.found_results and not resume:
        messages.note(
            f"{journal.path}: has {journal.found_results} videos of an interrupted run;"
            " with --resume they would not be measured again"
        )
    return journal


def close_journal(journal: Journal | None, *, ended_well: bool) -> bool:
    """Remove the journal where nothing is left to be done, else close it.

    Parameters
    ----------
    journal : Journal or None
    ended_well : bool

    Returns
    -------
    bool
        True if one stays.
    """
    if journal is None:
        return False
    if ended_well:
        journal.remove()
    journal.close()
    return journal.path.exists()
