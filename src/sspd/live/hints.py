"""Hints of a live measurement: a fixed list, one at a time, that do not flutter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sspd.video.camera.states import CAMERA_STATES, WITH_FRAMES

#: Hints in the order of their importance, with the sentence that is shown.
HINTS: Mapping[str, str] = MappingProxyType(
    {
        **{
            state: f"{words.meaning} {words.help}".rstrip()
            for state, words in CAMERA_STATES.items()
            if state not in (*WITH_FRAMES, "opening", "ended")
        },
        "face_the_camera": "Face the camera.",
        "one_person": "One person at a time, please: the largest face is measured.",
        "move_closer": "Move closer to the camera.",
        "move_back": "Move back a little.",
        "center": "Move to the middle of the image.",
        "more_light": "More light on the face, please.",
        "less_light": "Less light on the face, please: it is overexposed.",
        "sit_still": "Sit still.",
        "flicker": "A light or a screen flickers. Use daylight, or another light.",
        "too_slow": "The camera is too slow. More light makes it faster.",
        "overloaded": "This computer is too slow. Close other programs, or use --method pos.",
        "rate_changes": "The heart rate is changing. Rest a moment.",
        "irregular": "The rhythm is irregular: one rate does not describe it.",
        "out_of_range": "The rate may lie outside 40-200 bpm, which cannot be measured.",
        "clock_unknown": "The camera does not say when its frames were captured.",
        "unclear": "No clear pulse yet. More light, and sitting still, help most.",
    }
)
#: Hints that are shown at once, and go at once: the camera's own.
AT_ONCE = frozenset(HINTS) & frozenset(CAMERA_STATES) - WITH_FRAMES
#: Time that a condition must last until its hint is shown, and least time that a hint is shown,
#: seconds.
APPEAR_S, STAY_S = 1.0, 2.5


@dataclass(frozen=True)
class HintState:
    """The hint that is shown, and since when each condition holds.

    Parameters
    ----------
    name : str or None
        One of `HINTS`; None: nothing is to be said.
    since_s : float
        When it appeared, seconds.
    begun_s : mapping of str to float
        When each condition that holds began, seconds.
    """

    name: str | None = None
    since_s: float = -STAY_S
    begun_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str | None:
        """Sentence of the hint; None without one."""
        return None if self.name is None else HINTS[self.name]


def next_hint(state: HintState, conditions: Iterable[str], time_s: float) -> HintState:
    """Return the hint after one more moment.

    Parameters
    ----------
    state : HintState
    conditions : iterable of str
        Names of `HINTS` whose conditions hold now.
    time_s : float
        Now, seconds; never earlier than before.

    Returns
    -------
    HintState
        The most important hint whose condition has held for `APPEAR_S`; a hint that was shown
        before stays for `STAY_S`. Those of `AT_ONCE` neither wait nor stay.

    Raises
    ------
    KeyError
        A condition is not in the list.

    >>> state = next_hint(HintState(), ["sit_still"], 0.0)
    >>> state.text, next_hint(state, ["sit_still"], 1.0).text
    (None, 'Sit still.')
    """
    holding = set(conditions)
    if unknown := holding - HINTS.keys():
        raise KeyError(f"no such hint: {', '.join(sorted(unknown))}")
    begun_s = {name: state.begun_s.get(name, time_s) for name in holding}
    ripe = [
        name
        for name in HINTS
        if name in holding and (name in AT_ONCE or time_s - begun_s[name] >= APPEAR_S)
    ]
    wanted = ripe[0] if ripe else None
    must_stay = state.name not in AT_ONCE and time_s - state.since_s < STAY_S
    if state.name is not None and must_stay and wanted not in AT_ONCE:
        wanted = state.name
    if wanted == state.name:
        return HintState(state.name, state.since_s, begun_s)
    return HintState(wanted, time_s, begun_s)
