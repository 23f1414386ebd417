"""Texts for manifests: how a network's state, sign and integration order were chosen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from sspd.errors import UsageError

#: The state of a training that measures: the last one, as in papers, or the best self-check.
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
#: For weights of the released code.
IMPORTED: Mapping[str, str] = MappingProxyType(
    {
        "state": "that of the file that was imported",
        "sign_and_integration": "not settled: the waveform stands as the released network gives it",
    }
)
#: For weights without this information.
UNKNOWN = "not known: neither the weights nor a checkpoint beside them say it"
#: For the weights of the package (MODEL_CARD.md), which are older than this information.
SHIPPED_FACTS: Mapping[str, str] = MappingProxyType(
    {
        "state": "the last one, of step 310; before it, no other agreed clearly better with POS"
        " in clips of the training's own videos; no labels",
        "sign_and_integration": SIMULATED,
    }
)


def settled(select: Select, *, by_labels: bool = False) -> dict[str, str]:
    """Describe how the state of a training, and sign and integration order, are chosen.

    Parameters
    ----------
    select : str
        ``"last"`` or ``"best"``.
    by_labels : bool
        Whether labels fix the sign and the integration order.

    Returns
    -------
    dict of str to str
        ``state`` and ``sign_and_integration``.

    >>> settled("last")["state"]
    'the last one'
    """
    return {
        "state": STATES[select],
        "sign_and_integration": BY_LABELS if by_labels else SIMULATED,
    }


def settled_of(made_by: Mapping[str, Any]) -> dict[str, str]:
    """Return what weights say about it themselves, in their metadata.

    Parameters
    ----------
    made_by : mapping
        See `sspd.models.header.made_by`.

    Returns
    -------
    dict of str to str
        ``state`` and ``sign_and_integration``.

    >>> settled_of({"settled": settled("last")})["state"]
    'the last one'
    >>> settled_of({})["state"]
    'not known: neither the weights nor a checkpoint beside them say it'
    """
    stored = made_by.get("settled")
    stored = stored if isinstance(stored, Mapping) else {}
    names = ("state", "sign_and_integration")
    return {name: stored[name] if isinstance(stored.get(name), str) else UNKNOWN for name in names}


def require_select(select: str) -> None:
    """Raise `UsageError` for an unknown value of ``select``.

    Parameters
    ----------
    select : str
    """
    if select not in SELECTS:
        raise UsageError(f"select is one of {', '.join(SELECTS)}, not {select!r}")
