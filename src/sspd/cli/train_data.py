"""The inputs of ``sspd train``: videos, a dataset or stored faces, and labels if needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sspd.cli.messages import show
from sspd.errors import SourceError, SSPDError, UsageError
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sspd.research.datasets.faces import FaceEntry
    from sspd.types import Recording, Series

FACES_FOLDER = "faces"


def recordings_in(
    data: Path, protocol: str | None, fold: str | None, name_weights: bool
) -> list[Recording] | None:
    """A dataset's recordings, of a split's train subjects alone; None: it is a folder.

    A folder of videos is a dataset as well where their contact waveforms are wanted.
    """
    from sspd.research.datasets.faces import is_store
    from sspd.research.datasets.table import DATASETS, get_dataset, named_dataset
    from sspd.research.evaluate import get_protocol

    name = str(data).partition(":")[0]
    if fold is not None and protocol is None:
        raise UsageError("train: --fold is one of a --protocol")
    if data.is_dir() or name == str(data) or name not in DATASETS:
        if protocol is not None:
            raise UsageError("train: --protocol wants a dataset, like ubfc-rppg:/data/UBFC")
        if name_weights and data.is_dir() and not is_store(data):
            return get_dataset("folder").recordings(data)
        return None
    split = None if protocol is None else get_protocol(protocol)
    dataset, root = named_dataset(str(data))
    recordings = dataset.recordings(root)
    if split is not None:
        found = split.split(name, root, [recording.subject for recording in recordings])
        recordings = found.to_train(recordings, fold)
    if not recordings:
        raise SourceError(f"{data}: none of its recordings is trained on")
    left_out = {defect.recording for defect in dataset.defects if defect.excluded}
    return [recording for recording in recordings if recording.name not in left_out]


def stored_or_cut(
    data: Path,
    recordings: list[Recording] | None,
    out: Path,
    size: int,
    follow: bool,
    jobs: int,
) -> tuple[list[FaceEntry], int]:
    """Return the stored faces of the data, and the number of videos that cannot be used."""
    from sspd.research.datasets.faces import is_store, open_store, store_bytes
    from sspd.research.datasets.faces_build import Source, still_entries, stored_faces
    from sspd.video.folder import videos_in

    if recordings is None and not data.is_dir():
        raise SourceError(f"{data}: not a folder; give a folder of videos")
    store = out / FACES_FOLDER
    if recordings is None and is_store(data):
        entries = open_store(data)
        if not follow:
            return entries, 0
        held = still_entries(entries, store, size)
        with Meter("Stabilizing faces", len(entries), "videos") as meter:
            return list(meter.track(held)), 0
    sources: Sequence[Source] = videos_in(data) if recordings is None else recordings
    if not sources:
        raise SourceError(f"{data}: no video in this folder")
    failed: list[Path] = []

    def skip(video: Path, error: SSPDError) -> None:
        say(f"skipped: {error}")
        failed.append(video)

    with Meter("Cropping faces", len(sources), "videos") as meter:
        entries = stored_faces(
            sources, store, size, follow, jobs=jobs, progress=meter.update, skipped=skip
        )
    if not entries:
        raise SourceError(f"{data}: none of its {len(sources)} videos can be used")
    say(f"faces: {store_bytes(store) / 1e6:.0f} MB in {store}")
    return entries, len(failed)


def label_series(
    data: Path, recordings: list[Recording] | None, entries: list[FaceEntry]
) -> tuple[dict[str, Series], bool]:
    """Return contact waveforms by video, or rates where there are none; report what has none."""
    from sspd.research.train.labels import labels_beside, labels_or_rates

    of_rates = False
    if recordings is None:
        found, missing = labels_beside(data, entries)
    else:
        found, of_rates, missing = labels_or_rates(recordings)
    for line in missing:
        say(f"skipped: {line}")
    if not found:
        raise SourceError(f"{data}: nothing to learn from; recipes such as 'laptop' need no labels")
    if of_rates:
        say(f"{data}: has no waveforms that fit its videos; the network learns from its rates")
    return found, of_rates


def say(text: str) -> None:
    """A line on standard error."""
    show(f"sspd: {text}", err=True)
