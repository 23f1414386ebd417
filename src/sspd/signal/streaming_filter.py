"""A band-pass without delay over a waveform that is still growing, in bounded memory.

`sspd.signal.bandpass` filters forward and backward. The forward pass is causal: its state is
all that the past leaves. The backward pass begins at the end of the waveform, and what it
begins with fades: `settle_samples` later in its run the true end no longer matters. So a value
that far from the end is final, and values nearer to it can be given as they would be if the
waveform ended now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import bandpass, butterworth, checked, edge_samples

#: Remaining effect of the start of the backward pass at which a value counts as final.
SETTLED = 1e-10


@dataclass(frozen=True, eq=False)
class FilterState:
    """Band-pass of a waveform so far; made by `begin_filter`, continued by `push_filter`.

    ``raw`` and ``forward`` hold the samples from number ``kept_from`` on, before the filter and
    after its forward pass; ``forward`` is empty as long as ``passed`` is None, since the forward
    pass begins with a reflection of the first samples.
    """

    fs: float
    f_range: tuple[float, float]
    order: int
    kept_from: int
    raw: NDArray[np.float64]
    forward: NDArray[np.float64]
    passed: NDArray[np.float64] | None
    """State of the forward pass, shape (sections, 2)."""
    offset: float
    """First sample, subtracted from all, so that rounding stays relative to the changes."""

    @property
    def n_samples(self) -> int:
        """Number of samples that were pushed."""
        return self.kept_from + self.raw.size


def begin_filter(fs: float, f_range: tuple[float, float], *, order: int = 2) -> FilterState:
    """Begin to filter a waveform of which no sample is known yet.

    Parameters
    ----------
    fs, f_range, order
        See `sspd.signal.bandpass`.

    Returns
    -------
    FilterState

    Raises
    ------
    UsageError
        The rate is not positive, or the band does not fit it.

    >>> begin_filter(30.0, (0.5, 4.0)).n_samples
    0
    """
    butterworth(fs, f_range, order)  # checks
    none = np.zeros(0)
    return FilterState(fs, f_range, order, 0, none, none, None, 0.0)


def settle_samples(fs: float, f_range: tuple[float, float], *, order: int = 2) -> int:
    """Return the number of later samples after which a filtered value is final.

    Parameters
    ----------
    fs, f_range, order
        See `sspd.signal.bandpass`.

    Returns
    -------
    int
        About 11 s for a lower edge of 0.5 Hz: until the slowest pole has fallen to `SETTLED`.

    >>> settle_samples(30.0, (0.5, 4.0))
    334
    """
    poles = scipy.signal.sos2zpk(butterworth(fs, f_range, order))[1]
    return int(np.ceil(np.log(SETTLED) / np.log(np.abs(poles).max())))


def push_filter(state: FilterState, sig: ArrayLike) -> FilterState:
    """Filter further samples of a waveform.

    Parameters
    ----------
    state : FilterState
        Not changed.
    sig : array, shape (time,)
        The next samples, any number of them.

    Returns
    -------
    FilterState
        The same, bit for bit, however the samples are cut.

    Raises
    ------
    UsageError
        A sample is not finite.

    >>> state = push_filter(begin_filter(30.0, (0.5, 4.0)), np.ones(100))
    >>> push_filter(state, np.ones(50)).n_samples
    150
    """
    values = checked(sig, state.fs, at_least=0)
    if not values.size:
        return state
    offset = state.offset if state.n_samples else float(values[0])
    raw = np.concatenate([state.raw, values - offset])
    sos = butterworth(state.fs, state.f_range, state.order)
    margin = edge_samples(state.fs, state.f_range)
    passed, forward = state.passed, state.forward
    if passed is not None:
        more, passed = scipy.signal.sosfilt(sos, raw[-values.size :], zi=passed)
        forward = np.concatenate([forward, more])
    elif raw.size > margin:
        before = 2 * raw[0] - raw[margin:0:-1]
        steady = scipy.signal.sosfilt_zi(sos) * before[0]
        # first the part that is known to every cut, so that blocks are the same for each
        passed = scipy.signal.sosfilt(sos, before, zi=steady)[1]
        forward, passed = scipy.signal.sosfilt(sos, raw, zi=passed)
    return replace(state, raw=raw, forward=forward, passed=passed, offset=offset)


def trim_filter(state: FilterState, first: int) -> FilterState:
    """Discard the samples before a number, as far as they are not needed any more.

    Parameters
    ----------
    state : FilterState
    first : int
        Number of the first sample that will be asked for.

    Returns
    -------
    FilterState
        With the last samples in any case: the reflection at the end needs them.

    >>> state = push_filter(begin_filter(30.0, (0.5, 4.0)), np.ones(1000))
    >>> trim_filter(state, 400).raw.size, trim_filter(state, 999).raw.size
    (600, 91)
    """
    margin = edge_samples(state.fs, state.f_range)
    drop = min(first, state.n_samples - margin - 1) - state.kept_from
    if state.passed is None or drop <= 0:
        return state
    return replace(
        state,
        kept_from=state.kept_from + drop,
        raw=state.raw[drop:].copy(),
        forward=state.forward[drop:].copy(),
    )


def filtered_now(state: FilterState, first: int) -> NDArray[np.float64]:
    """Return the filtered samples from a number on, as if the waveform ended now.

    Parameters
    ----------
    state : FilterState
    first : int
        Number of a sample that was not dropped.

    Returns
    -------
    float64 array, shape (time,)
        The end of the result of `sspd.signal.bandpass` for all samples.

    Raises
    ------
    UsageError
        The sample was dropped, or the waveform is too short to be filtered.

    >>> t = np.arange(300) / 30
    >>> state = push_filter(begin_filter(30.0, (0.5, 4.0)), np.sin(8 * t))
    >>> bool(np.allclose(filtered_now(state, 200), bandpass(np.sin(8 * t), 30.0, (0.5, 4.0))[200:]))
    True
    """
    start = _place(state, first)
    if state.passed is None:
        return bandpass(state.raw, state.fs, state.f_range, order=state.order)[start:]
    sos = butterworth(state.fs, state.f_range, state.order)
    margin = edge_samples(state.fs, state.f_range)
    after = 2 * state.raw[-1] - state.raw[-2 : -margin - 2 : -1]
    beyond, _ = scipy.signal.sosfilt(sos, after, zi=state.passed)
    return _backward(sos, np.concatenate([state.forward[start:], beyond]))[:-margin]


def filtered_for_good(state: FilterState, first: int, end: int) -> NDArray[np.float64]:
    """Return filtered samples that no later sample changes by more than a `SETTLED` part.

    Parameters
    ----------
    state : FilterState
    first, end : int
        Numbers of the first sample and of the one after the last.

    Returns
    -------
    float64 array, shape (time,)
        The same for every later state.

    Raises
    ------
    UsageError
        A sample was dropped, or fewer than `settle_samples` follow the last one.

    >>> state = push_filter(begin_filter(30.0, (0.5, 4.0)), np.sin(np.arange(600) / 4))
    >>> later = push_filter(state, np.zeros(300))
    >>> bool((filtered_for_good(state, 0, 200) == filtered_for_good(later, 0, 200)).all())
    True
    """
    start = _place(state, first)
    stop = end + settle_samples(state.fs, state.f_range, order=state.order)
    if state.passed is None or stop > state.n_samples:
        raise UsageError(
            f"sample {end} of a waveform is final when {stop} are known, not {state.n_samples}"
        )
    sos = butterworth(state.fs, state.f_range, state.order)
    backward = _backward(sos, state.forward[start : stop - state.kept_from])
    return backward[: end - first]


def _place(state: FilterState, first: int) -> int:
    if not state.kept_from <= first <= state.n_samples:
        raise UsageError(
            f"sample {first} of a waveform is not kept: "
            f"those from {state.kept_from} to {state.n_samples} are"
        )
    return first - state.kept_from


def _backward(sos: NDArray[np.float64], forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter from the end to the beginning, from the steady state of the last value."""
    steady = scipy.signal.sosfilt_zi(sos) * forward[-1]
    out: NDArray[np.float64] = scipy.signal.sosfilt(sos, forward[::-1], zi=steady)[0][::-1]
    return out
