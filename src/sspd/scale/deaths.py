"""Causes that Ray reports for an actor that ended, and the wait before the next one."""

from __future__ import annotations

#: Pause before a video, and a place for an actor, is tried again, seconds; doubled each time.
PAUSE_S, MAX_PAUSE_S = 0.5, 30.0


def pause_s(n: int) -> float:
    """Return how long to wait after the n-th death.

    Parameters
    ----------
    n : int
        1 or more.

    Returns
    -------
    float
        Seconds.

    >>> [pause_s(n) for n in (1, 2, 20)]
    [0.5, 1.0, 30.0]
    """
    return min(MAX_PAUSE_S, PAUSE_S * 2.0 ** (n - 1))


def is_of_node(error: Exception) -> bool:
    """Return whether an actor ended because its node did.

    Parameters
    ----------
    error : Exception
        Of Ray.

    Returns
    -------
    bool
    """
    text = str(error).lower()
    return getattr(error, "preempted", False) or "node died" in text or "its node" in text


def brief(error: Exception) -> str:
    r"""Return the last line of Ray's words that says something, without numbers of one run.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str

    >>> brief(RuntimeError("The actor died.\n\tclass_name: VideoActor"))
    'The actor died.'
    """
    if type(error).__name__ == "ActorUnavailableError":
        return "its process has ended, or its node cannot be reached"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ([line for line in lines if ":" not in line[:20]] or lines or ["no words"])[-1][:200]
