"""What of a network is settled by something other than its loss, in words for manifests."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

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
#: Of weights of the released code.
IMPORTED: Mapping[str, str] = MappingProxyType(
    {
        "state": "that of the file that was imported",
        "sign_and_integration": "not settled: the waveform stands as the released network gives it",
    }
)
#: Of weights that do not say it.
UNKNOWN = "not known: neither the weights nor a checkpoint beside them say it"
#: Of the weights of the package (MODEL_CARD.md), which are older than what says it in others.
SHIPPED_FACTS: Mapping[str, str] = MappingProxyType(
    {
        "state": "the last one, of step 310; before it, no other agreed clearly better with POS"
        " in clips of the training's own videos; no labels",
        "sign_and_integration": SIMULATED,
    }
)


def settled(select: Select, *, by_labels: bool = False) -> dict[str, str]:
    """How the state of a training, and sign and integration of its output, are settled.

    Parameters
    ----------
    select : str
    by_labels : bool
        Whether labels say which way up the waveform is, and whether it is a slope.

    >>> settled("last")["state"]
    'the last one'
    """
    return {
        "state": STATES[select],
        "sign_and_integration": BY_LABELS if by_labels else SIMULATED,
    }


def settled_of(made_by: Mapping[str, Any]) -> dict[str, str]:
    """What weights say of it themselves, in what they were made by.

    Parameters
    ----------
    made_by : mapping
        See `sspd.models.header.made_by`.

    >>> settled_of({"settled": settled("last")})["state"]
    'the last one'
    >>> settled_of({})["state"]
    'not known: neither the weights nor a checkpoint beside them say it'
    """
    told = made_by.get("settled")
    told = told if isinstance(told, Mapping) else {}
    names = ("state", "sign_and_integration")
    return {name: told[name] if isinstance(told.get(name), str) else UNKNOWN for name in names}


def checked_select(select: str) -> None:
    """`UsageError` for what selects nothing."""
    if select not in SELECTS:
        raise UsageError(f"select is one of {', '.join(SELECTS)}, not {select!r}")
