"""The small network as a stream: faces of the time grid in, pulse values out, a state between.

A video cut anywhere gives the same values, and so does one that is resumed from a saved state.
Rules: a stream begins with an empty state, as does each segment of a video, so a face that
comes back begins a new one; frames are one step of the grid apart, and a gap is an error, after
which `NanoStream.reset` begins anew; pixel values are finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.models.nano_spec import NanoSpec
from sspd.network.nano_state import NanoState

#: Maps a face (1, 3, size, size) and a state (1, n) to a value and the next state.
NanoStep = Callable[[NDArray[np.float32], NDArray[np.float32]], tuple[float, NDArray[np.float32]]]
#: Largest difference of a step from that of the grid, as a fraction of it.
STEP_TOLERANCE = 0.2


@dataclass(frozen=True)
class StreamNetwork:
    """The small network ready to run, with the facts its input and output need."""

    spec: NanoSpec
    key: str
    """SHA-256 of the network's weights, which its states carry."""
    begin: Callable[[], NanoStep]
    """Makes the function of one stream; streams may run side by side. The first call compiles."""

    def stream(self, state: NanoState | None = None) -> NanoStream:
        """Start a stream, or continue one.

        Parameters
        ----------
        state : NanoState or None
            From `NanoStream.state`; None: nothing was seen before.

        Returns
        -------
        NanoStream

        Raises
        ------
        UsageError
            It is the state of another network.
        """
        return NanoStream(self, state)

    def __call__(
        self,
        faces: Iterable[NDArray[np.float32]],
        on_output: Callable[[NDArray[np.float64]], object] | None = None,
    ) -> NDArray[np.float64]:
        """Return the waveform of a whole segment.

        Parameters
        ----------
        faces : iterable of float32 arrays, shape (size, size, 3)
            RGB, pixel values 0-255, on the time grid of ``spec.fs``.
        on_output : callable, optional
            Is given the values so far, once per second of video.

        Returns
        -------
        float64 array, shape (t,)
            One value for each face, at its time, rising with the blood volume. The last ones,
            of the network's latency, are made as if the last face stood still.
        """
        stream, parts = self.stream(), [np.zeros(0)]
        every = max(1, round(self.spec.fs))
        for n, face in enumerate(faces, 1):
            parts.append(stream.push(face[None]))
            if on_output is not None and n % every == 0 and n > self.spec.latency:
                on_output(np.concatenate(parts))
        parts.append(stream.finish())
        return np.concatenate(parts)


class NanoStream:
    """One stream of faces through a network.

    Parameters
    ----------
    network : StreamNetwork
    state : NanoState or None
        See `StreamNetwork.stream`.
    """

    def __init__(self, network: StreamNetwork, state: NanoState | None = None) -> None:
        self._network, self._step = network, network.begin()
        self._ended = False
        self._state = NanoState.first(network.key, network.spec)
        if state is not None:
            state.require(network.key, network.spec)
            self._state = state

    @property
    def state(self) -> NanoState:
        """State after the last face, to continue from: `NanoState.to_bytes` saves it."""
        return self._state

    def push(self, faces: NDArray[np.float32], t_s: ArrayLike | None = None) -> NDArray[np.float64]:
        """Process the next faces, any number of them at once.

        Parameters
        ----------
        faces : float32 array, shape (n, size, size, 3)
            RGB, pixel values 0-255, on the time grid.
        t_s : array, shape (n,), optional
            Their times, seconds; None: they follow each other on the grid.

        Returns
        -------
        float64 array, shape (m,)
            The values of the next m faces that have one: of each, as soon as `NanoSpec.latency`
            more faces are there.

        Raises
        ------
        UsageError
            Faces of another shape, pixel values that are not finite, times that are not one step
            of the grid apart, or a stream that has ended. The state stays as it was.
        """
        if self._ended:
            raise UsageError("this stream has ended; reset() begins another one")
        spec, given = self._network.spec, np.asarray(faces, np.float32)
        if given.shape[1:] != (spec.size, spec.size, 3):
            raise UsageError(
                f"the network {spec.name!r} takes faces (n, {spec.size}, {spec.size}, 3), got"
                f" {given.shape}"
            )
        finite = np.isfinite(given).all(axis=(1, 2, 3))
        if not finite.all():
            raise UsageError(f"face {int(np.argmin(finite))} has pixel values that are not finite")
        end_s = self._end_of(t_s, len(given))
        state, found = self._state.values[None], []
        for face in given:
            value, state = self._step(np.ascontiguousarray(face.transpose(2, 0, 1))[None], state)
            found.append(value)
        early = max(0, spec.latency - self._state.frames)
        n_frames = self._state.frames + len(given)
        self._state = NanoState(self._network.key, n_frames, end_s, state[0])
        return np.array(found[early:], np.float64)

    def finish(self) -> NDArray[np.float64]:
        """End the stream, and return the values that its latency still holds back.

        Returns
        -------
        float64 array, shape (m,)
            m is `NanoSpec.latency`, or the number of faces if there were fewer. They are made as
            if the last face stood still, and are less sure than others.
        """
        spec, seen = self._network.spec, self._state.frames
        if not seen:
            self._ended = True
            return np.zeros(0)
        last = self._state.last_face(spec)
        values = self.push(np.broadcast_to(last, (spec.latency, *last.shape)))
        self._ended = True
        return values[-seen:]

    def reset(self) -> None:
        """Reset the stream: the next face is the first one, as after a gap."""
        self._ended = False
        self._state = NanoState.first(self._network.key, self._network.spec)

    def _end_of(self, t_s: ArrayLike | None, n: int) -> float | None:
        """Return the time of the last face, after checking the steps."""
        if t_s is None or not n:
            return self._state.end_s
        fs, times = self._network.spec.fs, np.asarray(t_s, np.float64)
        if times.shape != (n,):
            raise UsageError(f"{n} faces have times of shape {times.shape}; ({n},) would work")
        before = [] if self._state.end_s is None else [self._state.end_s]
        steps = np.diff(np.concatenate([before, times]))
        wrong = ~(np.abs(steps * fs - 1) <= STEP_TOLERANCE)
        if wrong.any() or not np.isfinite(times).all():
            step = float(steps[int(np.argmax(wrong))]) if wrong.any() else float("nan")
            raise UsageError(
                f"faces must be 1/{fs:g} s apart, got a step of {step:g} s;"
                " sspd.network.grid.to_grid puts them there, and reset() begins anew after a gap"
            )
        return float(times[-1])
