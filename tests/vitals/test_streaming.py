from __future__ import annotations

import pickle
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.pulses import pulse_wave
from sspd.errors import UsageError
from sspd.signal import equalize_signal, unbroken_runs
from sspd.types import ConfidenceSpec, EqualizerSpec, FrameStats, Signal, WindowVitals
from sspd.vitals import (
    ReadoutSettings,
    ReadoutUpdate,
    analyze_beats,
    begin_readout,
    close_readout,
    cut_windows,
    pulse_band,
    push_readout,
    read_windows,
    rhythm_now,
    stream_readout,
    unread_windows,
    window_now,
)
from sspd.vitals.acceptance import still_scene
from sspd.vitals.streaming_state import RHYTHM_S, ReadoutState
from sspd.vitals.windows import SHORTEST_WAVEFORM_S, read_window

SURE = ConfidenceSpec(0.5, (("snr", 0.3), ("with_mix", 1.0), ("pos_apart", -0.2)))
EQUALIZER = EqualizerSpec((0.25, 0.5, 0.25))


def made(seconds: float, seed: int, fs: float = 20.0, bpm: float = 70.0) -> Signal:
    rng = np.random.default_rng(seed)
    values = pulse_wave(bpm, seconds, rng, fs=fs).values
    return Signal(values + 0.3 * rng.normal(size=values.size), fs, 3.7)


def colours(signal: Signal, seed: int = 0) -> FrameStats:
    """Frames at another rate than the waveform, whose colours have its pulse."""
    t = signal.start_s - 0.4 + np.arange(int(15 * (signal.duration_s + 1))) / 15
    pulse = np.interp(t, signal.t, np.nan_to_num(signal.values))
    rgb = 120 * (1 - 0.003 * pulse[:, None, None] * np.array([0.4, 1.0, 0.6]))
    rgb = rgb + np.random.default_rng(seed).normal(0, 0.05, (t.size, 4, 3))
    face = rgb.mean(axis=1).astype(np.float32)
    return replace(still_scene(t), quarters_rgb=rgb.astype(np.float32), face_rgb=face)


def numbers(windows: Any) -> list[tuple[Any, ...]]:
    rows = []
    for window in windows:
        rates = (window.spectral_bpm, window.peaks_bpm, window.snr_db, window.confidence)
        found = [np.nan if rate is None else rate for rate in rates]
        rows.append((window.start_s, window.end_s, *found, *window.track_bpm))
    return rows


def same(ours: Any, theirs: Any, tolerance: float = 1e-6) -> None:
    assert [w.reasons for w in ours] == [w.reasons for w in theirs]
    for a, b in zip(numbers(ours), numbers(theirs), strict=True):
        assert a == pytest.approx(b, abs=tolerance, nan_ok=True)


def read_plainly(signal: Signal, rows: FrameStats, asked: ReadoutSettings) -> list[WindowVitals]:
    """The whole of each run filtered at once, then cut."""
    found: list[WindowVitals] = []
    for run in unbroken_runs(signal):
        end_s = run.start_s + run.duration_s
        if run.duration_s < SHORTEST_WAVEFORM_S:
            found += unread_windows(run.start_s, end_s, "too_short", window_s=asked.window_s)
            continue
        filtered = Signal(pulse_band(run.values, run.fs), run.fs, run.start_s)
        for a, b in cut_windows(run.start_s, end_s, asked.window_s, asked.step_s):
            window = read_window(filtered.between(a, b), rows, confidence=asked.confidence)
            found.append(replace(window, start_s=a, end_s=b))
    return found


def drained(
    signal: Signal, rows: FrameStats, asked: ReadoutSettings, cuts: list[int]
) -> list[WindowVitals]:
    state, found = begin_readout(asked), []
    for values in np.split(signal.values, sorted(cuts)):
        end_s = signal.start_s + (state.n_samples + state.held.size + values.size) / signal.fs
        known = state.frame_stats.t
        more = rows.between(known[-1] + 1e-6 if known.size else -np.inf, end_s)
        state, windows = push_readout(state, values, more)
        found += windows
    known = state.frame_stats.t
    state, _ = push_readout(state, [], rows.between(known[-1] + 1e-6 if known.size else 0, np.inf))
    return [*found, *close_readout(state)]


LENGTHS = st.lists(st.floats(0.0, 70.0), min_size=1, max_size=3)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(LENGTHS, st.lists(st.integers(0, 3000), max_size=6), st.booleans())
def test_any_cut_reads_as_the_whole(lengths: list[float], cuts: list[int], sure: bool) -> None:
    parts = [made(10 + s, k, bpm=60 + 20 * k).values for k, s in enumerate(lengths)]
    gaps = [np.full(int(7 * s) % 40 + 1, np.nan) for s in lengths]
    values = np.concatenate([x for pair in zip(parts, gaps, strict=True) for x in pair])
    signal = Signal(values, 20.0, 3.7)
    asked = ReadoutSettings(20.0, 3.7, window_s=20.0, confidence=SURE if sure else None)
    rows = colours(signal)
    plain = read_plainly(signal, rows, asked)
    cut = drained(signal, rows, asked, cuts)
    same(cut, plain)
    whole = read_windows(signal, rows, window_s=20.0, confidence=asked.confidence)
    same(whole, cut, 0.0)


def test_overlapping_windows_read_as_the_whole() -> None:
    signal = made(75.0, 5)
    asked = ReadoutSettings(20.0, 3.7, window_s=15.0, step_s=6.0)
    rows = still_scene(signal.t)
    same(drained(signal, rows, asked, [333, 700, 701, 1400]), read_plainly(signal, rows, asked))


def updates(signal: Signal, rows: FrameStats, cuts: list[int]) -> list[ReadoutUpdate]:
    asked = ReadoutSettings(signal.fs, signal.start_s, 20.0, equalizer=EQUALIZER)
    ends = [*sorted(cuts), len(signal)]
    told_s, chunks, first = -np.inf, [], 0
    for end in ends:
        end_s = signal.start_s + end / signal.fs
        chunks.append((signal.values[first:end], rows.between(told_s, end_s + 0.3)))
        told_s, first = end_s + 0.3, end
    return list(stream_readout(chunks, asked))


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(st.lists(st.integers(0, 440), max_size=5))
def test_updates_do_not_depend_on_the_cuts(cuts: list[int]) -> None:
    signal = made(22.0, 6)
    signal.values[100:130] = np.nan
    rows = colours(signal)
    whole, cut = updates(signal, rows, []), updates(signal, rows, cuts)
    assert len(whole) == 23
    for one, other in zip(whole, cut, strict=True):
        assert (one.end_s, one.final) == (other.end_s, other.final)
        assert (one.rhythm.beats_s == other.rhythm.beats_s).all()
        assert one.rhythm.hrv == other.rhythm.hrv
        assert one.complete == other.complete
        assert one.window == other.window


@pytest.mark.slow
def test_an_update_is_the_batch_read_out_of_the_samples_so_far() -> None:
    signal = made(66.0, 7)
    rows = colours(signal)
    asked = ReadoutSettings(20.0, 3.7, 20.0, equalizer=EQUALIZER)
    for n in (300, 650, 1320):
        known = rows.between(0, 3.7 + n / 20)
        state, _ = push_readout(begin_readout(asked), signal.values[:n], known)
        so_far = Signal(signal.values[:n], 20.0, 3.7)
        filtered = Signal(pulse_band(so_far.values, 20.0), 20.0, 3.7)
        window = window_now(state)
        assert window is not None
        plain = read_window(filtered.between(3.7 + n / 20 - 20, 99), known)
        same([window], [replace(plain, start_s=window.start_s, end_s=window.end_s)])
        windows = read_windows(so_far, known, window_s=20.0)
        rhythm = analyze_beats(equalize_signal(so_far, EQUALIZER), windows, so_far)
        ours = rhythm_now(state)
        assert ours.beats_s == pytest.approx(rhythm.beats_s, abs=1e-6)
        for name, found in rhythm.hrv.items():
            assert ours.hrv[name].value == pytest.approx(found.value, abs=1e-6)
            assert ours.hrv[name].reason == found.reason
        assert ours.respiration.hz == pytest.approx(rhythm.respiration.hz, abs=1e-6)


def size_of(state: ReadoutState) -> int:
    return len(pickle.dumps(state))


@pytest.mark.slow
def test_memory_is_bounded() -> None:
    asked = ReadoutSettings(20.0)
    minute = made(60.0, 8).values
    state, sizes = begin_readout(asked), []
    for k in range(60):
        rows = still_scene(60.0 * k + np.arange(900) / 15)
        state, _ = push_readout(state, minute, rows)
        sizes.append(size_of(state))
    assert max(sizes[8:]) <= 1.02 * max(sizes[:8])
    assert max(sizes) < 600_000
    for name in fields(state):
        assert getattr(state, name.name) is not None


@pytest.mark.slow
def test_the_rhythm_is_that_of_the_last_five_minutes() -> None:
    signal = made(400.0, 9, fs=12.0)
    state, found = push_readout(begin_readout(ReadoutSettings(12.0, 3.7)), signal.values)
    rhythm = rhythm_now(state)
    assert found
    first_s = 3.7 + 400 - RHYTHM_S
    assert first_s <= rhythm.beats_s[0] < first_s + 32
    windows = [w for w in read_windows(signal, still_scene(np.zeros(0))) if w.start_s >= first_s]
    plain = analyze_beats(signal, windows)
    assert rhythm.beats_s == pytest.approx(plain.beats_s, abs=1e-6)
    assert rhythm.hrv["rmssd_ms"].value == pytest.approx(plain.hrv["rmssd_ms"].value, abs=1e-6)


def test_a_gap_begins_a_new_piece() -> None:
    values = made(40.0, 10).values
    values[200:220] = np.nan
    state, windows = push_readout(begin_readout(ReadoutSettings(20.0)), values)
    assert [(w.start_s, w.end_s) for w in windows] == [(0.0, 10.0)]
    (rest,) = close_readout(state)
    assert (rest.start_s, rest.end_s) == (11.0, 40.0)
    gone, _ = push_readout(state, np.full(100, np.nan))
    assert window_now(gone) is None
    assert rhythm_now(gone).beats_s.size


def test_bad_input_is_named() -> None:
    state = begin_readout(ReadoutSettings(20.0))
    with pytest.raises(UsageError, match="one dimension"):
        push_readout(state, np.zeros((3, 3)))
    rows = still_scene(np.arange(30) / 15)
    state, _ = push_readout(state, np.zeros(40), rows)
    with pytest.raises(UsageError, match="must follow"):
        push_readout(state, [], rows)
    with pytest.raises(UsageError, match="ahead"):
        push_readout(state, [], still_scene(np.array([500.0])))
    with pytest.raises(UsageError, match="ahead"):
        list(stream_readout([(np.zeros(3), still_scene(np.array([500.0])))], ReadoutSettings(20.0)))
    for wrong in ({"fs": 0.0}, {"fs": float("nan")}, {"fs": 30.0, "window_s": 1.0}):
        with pytest.raises(UsageError):
            ReadoutSettings(**wrong)
