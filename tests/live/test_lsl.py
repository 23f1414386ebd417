"""Streams of the Lab Streaming Layer: what a recorder receives, and at which times."""

from __future__ import annotations

import time

import numpy as np
import pytest

from sspd.live.view import LiveView
from sspd.types import Signal, Update

pylsl = pytest.importorskip("pylsl")

from sspd.live.lsl import KINDS, LslStreams  # noqa: E402


@pytest.mark.slow
def test_a_recorder_receives_waveform_rate_and_beats() -> None:
    name = f"sspd-test-{time.monotonic_ns()}"
    streams = LslStreams(name, 30.0)
    inlets = {}
    for what in KINDS:
        found = pylsl.resolve_byprop("name", f"{name} {what}", timeout=10.0)
        if not found:
            pytest.skip("LSL finds no streams on this machine")
        inlets[what] = pylsl.StreamInlet(found[0])
        inlets[what].open_stream(timeout=10.0)
    wave = Signal(np.sin(np.arange(60) / 4), 30.0, 8.0)
    update = Update(10.0, 0, None, None, (), None, wave)
    beats_s = np.array([8.2, 8.9, 9.7])
    view = LiveView(
        10.0, "tracking", "running", 72.0, None, waveform=wave, beats_s=beats_s, update=update
    )
    before_s = pylsl.local_clock() - 10.25
    streams.send(view, behind_s=10.25)
    values, times = [], []
    until_s = time.monotonic() + 10.0
    while len(values) < 60 and time.monotonic() < until_s:
        some, at = inlets["waveform"].pull_chunk(timeout=0.5)
        values, times = values + some, times + at
    assert np.ravel(values) == pytest.approx(wave.values, abs=1e-6)
    assert np.diff(times) == pytest.approx(1 / 30, abs=1e-4)
    assert times[-1] == pytest.approx(before_s + wave.t[-1], abs=0.1)
    (rate, confidence), at_s = inlets["rate"].pull_sample(timeout=5.0)
    assert (rate, np.isnan(confidence)) == (72.0, True)
    assert at_s == pytest.approx(before_s + 10.0, abs=0.1)
    beat_times = [inlets["beats"].pull_sample(timeout=5.0)[1] for _ in range(2)]
    assert beat_times == pytest.approx([before_s + 8.2, before_s + 8.9], abs=0.1)
    # one that may still move is not sent, and none twice
    streams.send(view, behind_s=10.25)
    assert inlets["beats"].pull_sample(timeout=0.3) == (None, None)
