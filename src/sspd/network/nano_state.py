"""State of a stream through the small network, which can be saved and continued from."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.models.nano_spec import MOST_STATE_BYTES, NanoSpec, state_layout
from sspd.utils.schema import strict_json, table

#: First line of a saved state, and its longest second line, bytes.
_FORMAT, _MOST_HEAD = b"sspd-nano-state-1\n", 1000


@dataclass(frozen=True, eq=False)
class NanoState:
    """All that a stream remembers.

    Parameters
    ----------
    network : str
        SHA-256 of the weights of its network.
    frames : int
        Number of faces so far.
    end_s : float or None
        Time of the last one, seconds, if times were given.
    values : float32 array, shape (n,)
        See `sspd.models.nano_spec.state_layout`.
    """

    network: str
    frames: int
    end_s: float | None
    values: NDArray[np.float32]

    @classmethod
    def first(cls, network: str, spec: NanoSpec) -> NanoState:
        """Return the state before the first face.

        Parameters
        ----------
        network : str
        spec : NanoSpec

        Returns
        -------
        NanoState

        >>> NanoState.first("", NanoSpec(fs=30.0)).frames
        0
        """
        return cls(network, 0, None, np.zeros(spec.state_floats, np.float32))

    def require(self, network: str, spec: NanoSpec) -> None:
        """Raise an error unless it is a state of this network.

        Parameters
        ----------
        network : str
        spec : NanoSpec

        Raises
        ------
        UsageError
        """
        if self.network != network or self.values.shape != (spec.state_floats,):
            raise UsageError(
                f"this state is of another network than {spec.name!r}; continue with the weights"
                " that made it, or begin without a state"
            )

    def last_face(self, spec: NanoSpec) -> NDArray[np.float32]:
        """Return the last face.

        Parameters
        ----------
        spec : NanoSpec

        Returns
        -------
        float32 array, shape (size, size, 3)
        """
        layout, begin = state_layout(spec), 0
        for name, shape in layout.items():
            if name == "before":
                break
            begin += math.prod(shape)
        n = math.prod(layout["before"])
        return self.values[begin : begin + n].reshape(layout["before"]).transpose(1, 2, 0)

    def to_bytes(self) -> bytes:
        """Return the state as bytes for a file.

        Returns
        -------
        bytes
            At most `MOST_STATE_BYTES` and a short head.

        >>> state = NanoState.first("ab", NanoSpec(fs=30.0))
        >>> NanoState.from_bytes(state.to_bytes()).network
        'ab'
        """
        data = self.values.astype("<f4").tobytes()
        facts = {"network": self.network, "frames": self.frames, "end_s": self.end_s}
        head = json.dumps({**facts, "sha256": hashlib.sha256(data).hexdigest()})
        return _FORMAT + head.encode() + b"\n" + data

    @classmethod
    def from_bytes(cls, data: bytes) -> NanoState:
        """Read a state of `to_bytes`.

        Parameters
        ----------
        data : bytes

        Returns
        -------
        NanoState

        Raises
        ------
        UsageError
            It is no such state, or damaged.
        """
        try:
            return cls(*_parsed(data))
        except (ValueError, KeyError, TypeError, UsageError) as error:
            why = str(error).splitlines()[0]
            raise UsageError(f"not a state of a stream, or damaged ({why})") from error


def _parsed(data: bytes) -> tuple[str, int, float | None, NDArray[np.float32]]:
    if not data.startswith(_FORMAT) or len(data) > MOST_STATE_BYTES + _MOST_HEAD:
        raise ValueError("another beginning, or too long")
    start = data.index(b"\n", len(_FORMAT), len(_FORMAT) + _MOST_HEAD) + 1
    names = {"network", "frames", "end_s", "sha256"}
    facts = table("facts", strict_json(data[len(_FORMAT) : start]), names)
    if hashlib.sha256(data[start:]).hexdigest() != facts["sha256"]:
        raise ValueError("its checksum is another")
    network, frames, end_s = facts["network"], facts["frames"], facts["end_s"]
    if not isinstance(network, str) or type(frames) is not int or frames < 0:
        raise ValueError("no network or no number of frames")
    if end_s is not None and not (isinstance(end_s, float) and math.isfinite(end_s)):
        raise ValueError("a time that is none")
    values = np.frombuffer(data[start:], "<f4").astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("numbers that are not finite")
    return network, frames, end_s, values
