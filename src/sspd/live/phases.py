"""Phases of a live measurement, as a pure function of what is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sspd.pipeline.drain import OLDEST_S
from sspd.types import AGREE_BPM

#: All phases, in their usual order.
PHASES = ("idle", "searching", "warming_up", "tracking", "recovering", "done")
#: Words for each, for people.
PHASE_WORDS = {
    "idle": "waiting for the camera",
    "searching": "looking for a face",
    "warming_up": "measuring, no rate yet",
    "tracking": "measuring",
    "recovering": "lost the pulse",
    "done": "done",
}
#: A face that is not seen for this long is lost, seconds: detectors miss one now and then.
LOST_S = 1.5
#: Longest time in which a lost pulse may be found again before the session starts anew, seconds.
RECOVER_S = 10.0
#: Two rates of two updates agree if they differ by this much at most, bpm.
STEADY_BPM = AGREE_BPM


@dataclass(frozen=True)
class Seen:
    """Facts of one moment.

    Parameters
    ----------
    time_s : float
        Now, seconds; never earlier than before.
    frames : bool
        Whether the camera gives frames that can be measured.
    face : bool
        Whether a face is seen.
    is_update : bool
        Whether a window was read just now; ``rate_bpm`` belongs to it.
    rate_bpm : float or None
        The accepted rate of that window, beats per minute; None: it was rejected.
    over : bool
        Whether the measurement has ended.
    """

    time_s: float
    frames: bool = True
    face: bool = True
    is_update: bool = False
    rate_bpm: float | None = None
    over: bool = False


@dataclass(frozen=True)
class Phase:
    """Phase of a live measurement.

    Parameters
    ----------
    name : str
        One of `PHASES`.
    since_s : float
        When it began, seconds.
    face_s : float
        When a face was seen last, seconds.
    rate_bpm : float or None
        The rate of the last update, accepted or None, beats per minute.
    rate_s : float
        Time of that update, seconds.
    """

    name: str = "idle"
    since_s: float = 0.0
    face_s: float = -LOST_S
    rate_bpm: float | None = None
    rate_s: float = -OLDEST_S

    def shown_bpm(self, time_s: float) -> float | None:
        """Return the rate that may be shown now, beats per minute.

        Parameters
        ----------
        time_s : float
            Now, seconds.

        Returns
        -------
        float or None
            Only while tracking, and only one that was accepted in the last `OLDEST_S`.
        """
        fresh = time_s - self.rate_s < OLDEST_S
        return self.rate_bpm if self.name == "tracking" and fresh else None


def next_phase(phase: Phase, seen: Seen) -> Phase:
    """Return the phase after one more moment.

    A rate is tracked once two updates, one after the other, accepted rates that agree: the
    acceptance of `sspd.measure` holds for one look at a window, and here it is looked at once
    a second.

    Parameters
    ----------
    phase : Phase
    seen : Seen

    Returns
    -------
    Phase

    >>> phase = next_phase(Phase(), Seen(0.1))
    >>> phase.name, next_phase(phase, Seen(0.2, frames=False, face=False)).name
    ('warming_up', 'warming_up')
    """
    if phase.name == "done":
        return phase
    face_s = seen.time_s if seen.face and seen.frames else phase.face_s
    before, now = phase.rate_bpm, seen.rate_bpm
    steady = before is not None and now is not None and abs(before - now) <= STEADY_BPM
    known = replace(phase, face_s=face_s)
    if seen.is_update:
        known = replace(known, rate_bpm=seen.rate_bpm, rate_s=seen.time_s)
    name = _name(known, seen, steady)
    return known if name == phase.name else replace(known, name=name, since_s=seen.time_s)


def _name(phase: Phase, seen: Seen, steady: bool) -> str:
    if seen.over:
        return "done"
    face = seen.time_s - phase.face_s < LOST_S
    if phase.name == "idle":
        if not seen.frames:
            return "idle"
        return "warming_up" if face else "searching"
    if phase.name in ("searching", "warming_up"):
        if not face:
            return "searching"
        if seen.frames and seen.is_update and steady:
            return "tracking"
        return "warming_up"
    if phase.name == "tracking":
        lost = not seen.frames or not face or (seen.is_update and not steady)
        lost = lost or seen.time_s - phase.rate_s >= OLDEST_S
        return "recovering" if lost else "tracking"
    if seen.frames and face and seen.is_update and steady:
        return "tracking"
    if seen.time_s - phase.since_s < RECOVER_S:
        return "recovering"
    return "warming_up" if face and seen.frames else "searching"
