"""What of a network is settled by something other than its loss, in words for manifests."""

from __future__ import annotations

from typing import Literal

from sspd.errors import UsageError

#: Which state of a training is taken: its last one, as papers do, or the best of a few looks.
Select = Literal["last", "best"]
SELECTS: tuple[Select, ...] = ("last", "best")

STATES: dict[Select, str] = {
    "last": "the last one",
    "best": "of those after 50, 75, 87.5 and 100 % of the steps the one whose rates agree best"
    " with those of POS in clips of the training's own videos; the last one but for a clearly"
    " better one; no labels",
}
SIMULATED = (
    "simulated videos whose pulse is known: by which most of their rates are read right, and"
    " which way up it correlates with it"
)
BY_LABELS = "the contact waveforms that it was trained on"
#: Of weights that were not trained in the same run.
UNKNOWN_STATE = "see the weights' own file: what they were made by stands there"


def settled(select: Select | None, *, by_labels: bool = False) -> dict[str, str]:
    """How the state of a training, and sign and integration of its output, are settled.

    Parameters
    ----------
    select : str or None
        None: of weights that come from elsewhere.
    by_labels : bool
        Whether labels say which way up the waveform is, and whether it is a slope.

    >>> settled("last")["state"]
    'the last one'
    """
    return {
        "state": UNKNOWN_STATE if select is None else STATES[select],
        "sign_and_integration": BY_LABELS if by_labels else SIMULATED,
    }


def checked_select(select: str) -> None:
    """`UsageError` for what selects nothing."""
    if select not in SELECTS:
        raise UsageError(f"select is one of {', '.join(SELECTS)}, not {select!r}")
