"""Random hearts over the range of recorded ones."""

from __future__ import annotations

import numpy as np

from sspd.simulation.hearts.options import CHANGING_KINDS, HEART_KINDS, HeartSpec
from sspd.simulation.ranges import check_choice, log_uniform

# Median at 70 beats per minute, standard deviation of its logarithm, and power of the rate by
# which it shrinks. The recordings of 12 people at rest (85 s each, 54-83 bpm) have powers of
# 1.9, 1.1 and 3.4, and spreads of 0.5, 0.35 and 0.4; with these medians windows of 30 s have
# their SDNN (65 ms in the median, 35-111 in 5-95 %), RMSSD (49, 25-132) and shares of the
# bands. In exercise all parts shrink further than the low one does at rest (Monfredi et al.,
# Hypertension 2014).
_PARTS: dict[str, tuple[float, float, float]] = {
    "vlf_ms": (33.0, 0.5, 2.0),
    "lf_ms": (43.0, 0.4, 2.0),
    "hf_ms": (38.0, 0.45, 3.0),
}
#: Largest deviation of one part, ms.
_MOST_MS = 130.0
#: Below this rate the variability grows no further.
_SLOWEST_BPM = 50.0
#: Rates that a change may reach, beats per minute.
_REACHED_BPM = (34.0, 210.0)


def random_heart(rng: np.random.Generator, hr_bpm: float, kind: str = "sinus") -> HeartSpec:
    """Draw a heart as people have at a rate: less variable when it is fast.

    Parameters
    ----------
    rng : np.random.Generator
    hr_bpm : float
        Mean rate, beats per minute.
    kind : str
        One of `HEART_KINDS`.

    Returns
    -------
    HeartSpec
        A change of the rate is cut so that it stays within 34-210 beats per minute.

    Raises
    ------
    UsageError
        There is no such kind; the message lists them.

    >>> rest, run = (random_heart(np.random.default_rng(0), rate) for rate in (60.0, 150.0))
    >>> bool(rest.hf_ms > 10 * run.hf_ms)
    True
    """
    check_choice("heart.kind", kind, HEART_KINDS)
    pace = 70.0 / max(hr_bpm, _SLOWEST_BPM)
    spreads = np.clip(rng.standard_normal(len(_PARTS)), -2, 2)
    parts = {
        name: float(min(median * np.exp(spread * drawn) * pace**power, _MOST_MS))
        for (name, (median, spread, power)), drawn in zip(_PARTS.items(), spreads, strict=True)
    }
    room = min(hr_bpm - _REACHED_BPM[0], _REACHED_BPM[1] - hr_bpm)
    change = rng.uniform(12.0, 45.0)

    return HeartSpec(
        **parts,
        kind=kind,
        breath_wander_percent=float(rng.uniform(6.0, 20.0)),
        breath_baseline_percent=log_uniform(rng, 5.0, 70.0),
        breath_amplitude_percent=log_uniform(rng, 2.0, 15.0),
        change_bpm=float(max(min(change, room), 0.0)) if kind in CHANGING_KINDS else 0.0,
        change_s=float(rng.uniform(12.0, 60.0)),
        early_percent=float(rng.uniform(4.0, 30.0)) if kind == "early" else 0.0,
        age_years=float(rng.uniform(20.0, 80.0)),
        bcg_mm=log_uniform(rng, 0.03, 0.3),
        # the faster, the higher the pressure and the speed of the wave
        delay_ms=float(rng.uniform(2.0, 20.0) * min(pace, 1.0)),
        strength_percent=float(rng.uniform(5.0, 35.0)),
    )
