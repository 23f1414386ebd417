"""Check a copy of a dataset: missing, damaged, unreadable and out-of-step recordings.

No file is changed. Each `Finding` has the recording's name and one of these kinds::

    missing       a recording or file that should be there
    film          frames that cannot be decoded, or not all of them
    gap           a gap without frames
    reference     contact signals that cannot be read
    out of step   video and contact signal do not begin and end together
    changed       a file differs from the index         (see `sspd.research.datasets.checksums`)
    new           a file that is not in the index       not a fault
    defect        known in all copies of the dataset    not a fault
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

#: Longer gaps without frames are reported, seconds.
MAX_GAP_S = 0.5
#: Largest allowed difference between the ends of video and contact signal, seconds.
MAX_STEP_S = 1.0
#: Kinds that are not faults of the copy.
HARMLESS = ("new", "defect")


@dataclass(frozen=True)
class Finding:
    """One finding about a copy of a dataset.

    Parameters
    ----------
    recording : str
        Its name; empty: no recording in particular.
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
        """True if the copy is incomplete or damaged because of it."""
        return self.kind not in HARMLESS


@dataclass(frozen=True)
class Summary:
    """Numbers of recordings, and all findings.

    Parameters
    ----------
    n : int
        Recordings that are there or should be.
    whole : int
        Those without a finding.
    amiss : int
        The rest.
    findings : tuple of Finding
    """

    n: int
    whole: int
    amiss: int
    findings: tuple[Finding, ...]


def absent(dataset: Dataset, recordings: Sequence[Recording]) -> list[Finding]:
    """List the recordings of a complete copy that are missing.

    A missing recording with a defect that excludes it from scores is not a fault.

    Parameters
    ----------
    dataset : Dataset
    recordings : sequence of Recording
        Those that are there.

    Returns
    -------
    list of Finding
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
    """Count recordings and findings; new files and known absences do not count as faults.

    Parameters
    ----------
    recordings : sequence of Recording
        Those that are there.
    lost : sequence of Finding
        From `absent`.
    found : sequence of Finding
        Findings about recordings that are there, and about files that belong to none.

    Returns
    -------
    Summary

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
    """Yield the findings of each recording in turn; an empty list means that it is complete.

    Parameters
    ----------
    dataset : Dataset
    recordings : sequence of Recording
    quick : bool
        Decode only the first frame of each video; truncated videos, gaps and wrong lengths are
        then not found.
    jobs : int
        Number of processes.

    Yields
    ------
    list of Finding

    Raises
    ------
    SSPDError
        A process died.
    """
    check_one = partial(_check_one, dataset, quick=quick)
    words = Words[Recording](lambda recording: recording.name)
    for _, found in process_map(check_one, recordings, jobs, words, ordered=True):
        yield found


def _check_one(dataset: Dataset, recording: Recording, quick: bool) -> list[Finding]:
    """Run `check_recording`; an unexpected error names the recording."""
    try:
        return check_recording(dataset, recording, quick)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise RuntimeError(f"{recording.name} cannot be checked: {what}") from error


def check_recording(dataset: Dataset, recording: Recording, quick: bool = False) -> list[Finding]:
    """Check one recording.

    Parameters
    ----------
    dataset : Dataset
    recording : Recording
    quick : bool
        See `check`.

    Returns
    -------
    list of Finding
    """
    finding = partial(Finding, recording.name)
    found = [
        finding("missing", f"{file}: missing") for file in recording.files if not file.exists()
    ]
    known = [defect for defect in dataset.defects if defect.recording == recording.name]
    defects = [finding("defect", f"known: {defect.why} ({defect.source})") for defect in known]
    if recording.video.exists():
        t, warnings = _frame_times(recording, quick)
        found += [finding("film", text) for text in warnings]
        found += [finding("gap", text) for text in _gaps(t)]
    else:
        t = np.empty(0)
    if all(file.exists() for file in recording.files):
        paired = recording.condition in dataset.one_sample_per_frame
        found += _check_references(recording, np.empty(0) if quick else t, paired)
    return found + defects


def _frame_times(recording: Recording, quick: bool) -> tuple[NDArray[np.float64], list[str]]:
    """Return the times of the frames that can be decoded, and all warnings about the video."""
    warnings: list[str] = []
    times: list[NDArray[np.float64]] = []
    try:
        for chunk in recording.frames(chunk=1 if quick else 32, warn=warnings.append):
            times.append(chunk.t)
            if quick:
                break
        if not times:
            warnings.append(f"{recording.video}: no frames in it")
    except SSPDError as error:
        warnings.append(str(error))
    return np.concatenate(times) if times else np.empty(0), warnings


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
        text = f"{t.size} frames and {len(known.bvp)} contact samples, must be one per frame"
        yield Finding(recording.name, "out of step", text)


def _out_of_step(t: NDArray[np.float64], signal: Series) -> str:
    """Describe how the signal's times differ from those of the video; empty if they fit."""
    video, contact = _time_range(t), _time_range(signal.t)
    if max(abs(video[0] - contact[0]), abs(video[1] - contact[1])) <= MAX_STEP_S:
        return ""
    return (
        f"runs from {contact[0]:.1f} s to {contact[1]:.1f} s, the video from {video[0]:.1f} s"
        f" to {video[1]:.1f} s"
    )


def _time_range(t: NDArray[np.float64]) -> tuple[float, float]:
    """Return begin and end in seconds; the last sample lasts one step."""
    step = float(np.median(np.diff(t))) if t.size > 1 else 0.0
    return float(t[0]), float(t[-1]) + step
