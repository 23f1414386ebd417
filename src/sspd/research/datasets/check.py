"""What a copy of a dataset lacks: missing, damaged, unreadable, out of step.

Nothing is changed. Each thing that is found is a `Finding` with the recording's name and
one of these kinds::

    missing       a recording or file that should be there
    video          pictures that cannot be decoded, or not all of them
    gap           a stretch without pictures
    reference     contact signals that cannot be read
    out of step   video and contact signal do not begin and end together
    changed       a file differs from the index         (see `sspd.research.datasets.checksums`)
    new           a file that the index does not know   not a fault
    defect        known of all copies of the dataset    not a fault
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SSPDError
from sspd.research.datasets.card import Dataset
from sspd.types import Recording, Series
from sspd.utils.process_map import Words, process_map

#: A stretch without pictures that is longer is told, seconds.
MAX_GAP_S = 0.5
#: Video and contact signal may begin and end so far apart, seconds.
MAX_STEP_S = 1.0
#: Kinds that say nothing against the copy.
HARMLESS = ("new", "defect")


@dataclass(frozen=True)
class Finding:
    """One thing that is to be said of a copy.

    Parameters
    ----------
    recording : str
        Its name; empty: none in particular.
    kind : str
        See the module.
    text : str
        One line.

    >>> Finding("subject9", "missing", "not there").is_fault
    True
    """

    recording: str
    kind: str
    text: str

    @property
    def is_fault(self) -> bool:
        """Whether the copy is not whole for it."""
        return self.kind not in HARMLESS


@dataclass(frozen=True)
class Summary:
    """A copy in numbers, and all that was found.

    Parameters
    ----------
    n, whole, amiss : int
        Recordings: those that are there or should be, those without a finding, the rest.
    findings : tuple of Finding
    """

    n: int
    whole: int
    amiss: int
    findings: tuple[Finding, ...]


def absent(dataset: Dataset, recordings: Sequence[Recording]) -> list[Finding]:
    """The recordings of a whole copy that are not there.

    Of one with a defect that leaves it out of scores nothing is lost: that is no fault.

    Parameters
    ----------
    dataset : Dataset
    recordings : sequence of Recording
        Those that are there.
    """
    there = {recording.name for recording in recordings}
    known = {defect.recording: defect for defect in dataset.defects if defect.excluded}
    found = []
    for name in dataset.expected:
        if name in there:
            continue
        if name in known:
            text = f"not there, as known: {known[name].why} ({known[name].source})"
            found.append(Finding(name, "defect", text))
        else:
            found.append(Finding(name, "missing", f"this recording of {dataset.title} is missing"))
    return found


def summarise(
    recordings: Sequence[Recording], lost: Sequence[Finding], found: Sequence[Finding]
) -> Summary:
    """Count what was found; a new file is nobody's finding, a known absence nobody's lack.

    Parameters
    ----------
    recordings : sequence of Recording
        Those that are there.
    lost : sequence of Finding
        As `absent` gives them.
    found : sequence of Finding
        Of those that are there, and of files that belong to none.

    >>> summarise([], [Finding("a", "missing", "")], []).n
    1
    """
    there = {recording.name for recording in recordings}
    missing = sum(finding.is_fault for finding in lost)
    amiss = {finding.recording for finding in found if finding.kind != "new"} & there
    n, k = len(there) + missing, len(amiss) + missing
    return Summary(n, n - k, k, (*lost, *found))


def check(
    dataset: Dataset, recordings: Sequence[Recording], *, quick: bool = False, jobs: int = 1
) -> Iterator[list[Finding]]:
    """What is to be said of each recording in turn, lazily; an empty list: it is whole.

    Parameters
    ----------
    dataset : Dataset
    recordings : sequence of Recording
    quick : bool
        Only the first picture of each video is decoded, not all of them; videos that are
        cut short, gaps and lengths are not found.
    jobs : int
        Processes.

    Raises
    ------
    SSPDError
        A process died.
    """
    look = partial(_look, dataset, quick=quick)
    words = Words[Recording](lambda recording: recording.name)
    for _, found in process_map(look, recordings, jobs, words, ordered=True):
        yield found


def _look(dataset: Dataset, recording: Recording, quick: bool) -> list[Finding]:
    """As `check_recording`; a fault of ours is loud, and says where."""
    try:
        return check_recording(dataset, recording, quick)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise RuntimeError(f"{recording.name} cannot be checked: {what}") from error


def check_recording(dataset: Dataset, recording: Recording, quick: bool = False) -> list[Finding]:
    """What is to be said of one recording.

    Parameters
    ----------
    dataset : Dataset
    recording : Recording
    quick : bool
        See `check`.
    """
    tell = partial(Finding, recording.name)
    found = [tell("missing", f"{file}: missing") for file in recording.files if not file.exists()]
    known = [defect for defect in dataset.defects if defect.recording == recording.name]
    defects = [tell("defect", f"known: {defect.why} ({defect.source})") for defect in known]
    if recording.video.exists():
        t, told = _picture_times(recording, quick)
        found += [tell("film", text) for text in told]
        found += [tell("gap", text) for text in _gaps(t)]
    else:
        t = np.empty(0)
    if all(file.exists() for file in recording.files):
        paired = recording.condition in dataset.one_sample_per_frame
        found += _check_references(recording, np.empty(0) if quick else t, paired)
    return found + defects


def _picture_times(recording: Recording, quick: bool) -> tuple[NDArray[np.float64], list[str]]:
    """The times of the pictures that can be decoded, and what was wrong with the video."""
    told: list[str] = []
    times: list[NDArray[np.float64]] = []
    try:
        for chunk in recording.frames(chunk=1 if quick else 32, warn=told.append):
            times.append(chunk.t)
            if quick:
                break
        if not times:
            told.append(f"{recording.video}: no frames in it")
    except SSPDError as error:
        told.append(str(error))
    return np.concatenate(times) if times else np.empty(0), told


def _gaps(t: NDArray[np.float64]) -> list[str]:
    steps = np.diff(t)
    places = np.flatnonzero(steps > MAX_GAP_S)
    if not places.size:
        return []
    more = f", and {places.size - 1} more such gaps" if places.size > 1 else ""
    return [f"no frame for {steps[places[0]]:.1f} s after {t[places[0]]:.1f} s{more}"]


def _check_references(
    recording: Recording, t: NDArray[np.float64], paired: bool
) -> Iterator[Finding]:
    try:
        known = recording.references()
    except SSPDError as error:
        yield Finding(recording.name, "reference", str(error))
        return
    signals = {
        "contact waveform": known.bvp,
        "heart rate": known.hr_bpm,
        "breathing": known.respiration,
    }
    for name, signal in signals.items():
        if signal and t.size > 1 and (text := _out_of_step(t, signal)):
            yield Finding(recording.name, "out of step", f"{name}: {text}")
    if paired and known.bvp is not None and t.size and abs(len(known.bvp) - t.size) > 1:
        text = f"{t.size} frames and {len(known.bvp)} contact samples, one a frame is wanted"
        yield Finding(recording.name, "out of step", text)


def _out_of_step(t: NDArray[np.float64], signal: Series) -> str:
    """What is wrong where the signal does not run as long as the video; else nothing."""
    video, contact = _stretch(t), _stretch(signal.t)
    if max(abs(video[0] - contact[0]), abs(video[1] - contact[1])) <= MAX_STEP_S:
        return ""
    return (
        f"runs from {contact[0]:.1f} s to {contact[1]:.1f} s, the video from {video[0]:.1f} s"
        f" to {video[1]:.1f} s"
    )


def _stretch(t: NDArray[np.float64]) -> tuple[float, float]:
    """Begin and end, seconds; the last sample stands for one step more."""
    step = float(np.median(np.diff(t))) if t.size > 1 else 0.0
    return float(t[0]), float(t[-1]) + step
