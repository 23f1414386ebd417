"""Options of a heart that wanders as recorded ones do, and of the body around it."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_choice, check_ranges

#: Kinds of rhythm. The first four are sinus rhythms, at a constant mean rate or changing.
HEART_KINDS = (
    "sinus", "exercise", "recovery", "standing", "early", "bigeminy", "fibrillation",
)  # fmt: skip
#: Kinds whose rate changes during the video.
CHANGING_KINDS = ("exercise", "recovery", "standing")
#: Ages for which there is a waveform, years.
YOUNGEST, OLDEST = 20.0, 80.0

_RANGES: dict[str, tuple[float, float]] = {
    "vlf_ms": (0.0, 150.0),
    "lf_ms": (0.0, 150.0),
    "hf_ms": (0.0, 150.0),
    "breath_wander_percent": (0.0, 40.0),
    "breath_baseline_percent": (0.0, 150.0),
    "breath_amplitude_percent": (0.0, 50.0),
    "change_bpm": (0.0, 90.0),
    "change_s": (3.0, 200.0),
    "early_percent": (0.0, 40.0),
    "age_years": (0.0, OLDEST),
    "bcg_mm": (0.0, 2.0),
    "delay_ms": (0.0, 40.0),
    "strength_percent": (0.0, 60.0),
}


@dataclass(frozen=True)
class HeartSpec:
    """Options of a heart; the mean rate is ``hr_bpm`` of the video. 0 leaves a piece out.

    Parameters
    ----------
    vlf_ms, lf_ms, hf_ms : float
        Standard deviation of the beat intervals, ms, from noise below 0.04 Hz, from 0.04 to
        0.15 Hz, and around the breathing rate; expected values, a short video has more or
        less. The default is the median of people at rest at 70 bpm (see
        `sspd.simulation.hearts.draw`).
    breath_wander_percent : float
        Standard deviation of the breathing rate, percent of ``respiration_hz``. The peak of
        those recordings with much respiratory arrhythmia is 10 and 13 % wide.
    breath_baseline_percent, breath_amplitude_percent : float
        Change of the blood volume and of the pulse's strength by a breath (half of peak to
        peak), percent of the pulse; its change of the rate is ``hf_ms``. On the fingers of
        those people the baseline has 10-75 % (0.12-0.45 Hz).
    kind : str
        One of `HEART_KINDS`: a rate that is constant, rises (exercise), falls (recovery), or
        rises, overshoots and settles (standing up); early ventricular beats, every second beat
        early (bigeminy), atrial fibrillation (``lf_ms`` and so on do not apply).
    change_bpm, change_s : float
        Size of the change of the rate, beats per minute, and time constant of exercise and
        recovery, s.
    early_percent : float
        Early beats of the kind "early", percent of all.
    age_years : float
        20-80: waveform by age and timed in seconds (see `sspd.simulation.hearts.pulse_wave`); 0:
        that of a video without a heart, timed by phase.
    bcg_mm : float
        Vertical movement of the head by the heart's recoil, peak to peak, mm.
    delay_ms, strength_percent : float
        Standard deviation over the face of the pulse's delay, and of its strength.

    Raises
    ------
    UsageError
        An option is out of its range; the message names it.

    >>> HeartSpec(kind="standing", change_bpm=30).lf_ms
    43.0
    """

    vlf_ms: float = 33.0
    lf_ms: float = 43.0
    hf_ms: float = 38.0
    breath_wander_percent: float = 12.0
    breath_baseline_percent: float = 20.0
    breath_amplitude_percent: float = 8.0
    kind: str = "sinus"
    change_bpm: float = 25.0
    change_s: float = 30.0
    early_percent: float = 12.0
    age_years: float = 40.0
    bcg_mm: float = 0.1
    delay_ms: float = 10.0
    strength_percent: float = 20.0

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
        check_choice("heart.kind", self.kind, HEART_KINDS)
        if self.age_years:
            check_ranges(self, {"age_years": (YOUNGEST, OLDEST)})

    @property
    def rhythm(self) -> str:
        """Kind that the heart really has: a change or early beats of size 0 are left out."""
        if self.kind in CHANGING_KINDS and self.change_bpm == 0:
            return "sinus"
        return "sinus" if self.kind == "early" and self.early_percent == 0 else self.kind
