from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import results
from sspd.report.selection import (
    EXCERPT_S,
    beats_between,
    excerpt,
    in_pulse_band,
    rejected_spans,
    window_at,
)
from sspd.types import Signal, WindowVitals

SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 15), st.booleans()), min_size=0, max_size=8
)


def _window(start_s: float, end_s: float, accepted: bool) -> WindowVitals:
    return WindowVitals(start_s, end_s, 60.0, 60.0, 5.0, None, accepted)


@given(SPANS)
def test_a_moment_is_refused_where_only_refused_windows_cover_it(
    spans: list[tuple[int, int, bool]],
) -> None:
    windows = [_window(a, a + n, good) for a, n, good in spans]
    found = rejected_spans(windows)
    assert found == sorted(found)
    assert all(b < c for (_, b), (c, _) in pairwise(found))
    for t in np.arange(60) + 0.5:
        around = [w for w in windows if w.start_s < t < w.end_s]
        refused = bool(around) and not any(w.accepted for w in around)
        assert any(a < t < b for a, b in found) == refused
        speaking = window_at(windows, t)
        assert (speaking is not None and not speaking.accepted) == refused


def test_the_most_central_window_speaks() -> None:
    windows = [_window(start, start + 30.0, True) for start in (0.0, 10.0, 20.0)]
    assert window_at(windows, 24.0) is windows[1]
    assert window_at(windows, 49.9) is windows[2]
    assert window_at(windows, 50.0) is None


def test_the_excerpt_lies_in_an_accepted_window() -> None:
    measured = results.measured()
    part = excerpt(measured, in_pulse_band(measured))
    assert part is not None
    assert part.duration_s == pytest.approx(EXCERPT_S, abs=0.05)
    assert any(
        w.accepted and w.start_s <= part.t[0] <= w.end_s - EXCERPT_S for w in measured.windows
    )
    assert beats_between(measured, part.t[0], part.t[-1]).size == pytest.approx(11, abs=1)


def test_without_windows_or_where_they_have_no_waveform_the_longest_piece_is_shown() -> None:
    measured = results.measured()
    filtered = in_pulse_band(measured)
    assert [round(piece.start_s) for piece in filtered] == [0, 65]
    for windows in ((), (_window(500.0, 530.0, True),)):
        part = excerpt(replace(measured, windows=windows), filtered)
        assert part is not None
        assert part.duration_s == pytest.approx(EXCERPT_S, abs=0.05)
    assert excerpt(measured, []) is None


def test_no_waveform_or_too_short_ones_give_no_pieces() -> None:
    assert in_pulse_band(results.rejected()) == []
    short = replace(results.measured(), signal=Signal(np.ones(60), 30.0))
    assert in_pulse_band(short) == []
