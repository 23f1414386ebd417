"""Prepare training data: the faces of videos in a store, stabilized where asked, with labels.

The only place where videos become what a training draws clips from. `sspd.train`, the trained
folds of `sspd.evaluate` and the cells of `sspd ablate` all come through here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sspd.errors import SourceError
from sspd.research.datasets.faces import FaceEntry, open_store, store_bytes
from sspd.research.datasets.faces_build import (
    FaceStore,
    Source,
    still_entries,
    stored_faces,
)
from sspd.research.datasets.faces_remote import StoreAddress, open_remote
from sspd.research.recipes import AnyRecipe, BaselineRecipe, StudentRecipe
from sspd.research.train.labels import labels_beside, labels_or_rates
from sspd.research.train.sampler import Video, usable_videos
from sspd.scale.mapping import MapOver
from sspd.types import Recording, Series
from sspd.utils.process_map import process_map
from sspd.utils.progress import OnProgress

#: Folder of the stored faces in the folder of a training.
FACES_FOLDER = "faces"
#: Is given a line for the user.
Notice = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Videos that can be trained on, and those that cannot, a line each.

    Parameters
    ----------
    videos : tuple of Video
    recipe : Recipe, BaselineRecipe or StudentRecipe
        The one that was asked for; by rates, where the videos have no waveforms but rates.
    n_sources : int
        Videos that were asked for.
    unreadable, unlabelled, too_short : tuple of str
        What is left out: it cannot be read or shows no face; the recipe needs a label and it
        has none; it is shorter than a clip.
    faces : str
        The store that the clips are drawn from.
    """

    videos: tuple[Video, ...]
    recipe: AnyRecipe
    n_sources: int
    unreadable: tuple[str, ...]
    unlabelled: tuple[str, ...]
    too_short: tuple[str, ...]
    faces: str

    @property
    def n_skipped(self) -> int:
        """Number of videos that are left out."""
        return len(self.unreadable) + len(self.unlabelled) + len(self.too_short)

    @property
    def has_faces(self) -> bool:
        """True if a face was found in any of the videos."""
        return len(self.unreadable) < self.n_sources

    @property
    def has_labels(self) -> bool:
        """True if the recipe needs no labels, or any video has one."""
        return not needs_labels(self.recipe) or bool(self.videos or self.too_short)


def needs_labels(recipe: AnyRecipe) -> bool:
    """Return whether a recipe learns from labels: contact waveforms or rates.

    Parameters
    ----------
    recipe : Recipe, BaselineRecipe or StudentRecipe

    Returns
    -------
    bool

    >>> from sspd.research.recipes import find_recipe
    >>> needs_labels(find_recipe("laptop")), needs_labels(find_recipe("physnet"))
    (False, True)
    """
    return isinstance(recipe, BaselineRecipe) and recipe.kind == "labelled"


def prepare_data(
    sources: Sequence[Source] | FaceStore,
    recipe: AnyRecipe,
    store: FaceStore,
    *,
    jobs: int = 1,
    over: MapOver = process_map,
    progress: OnProgress = lambda what, done, total: None,
    notice: Notice = lambda line: None,
) -> TrainingData:
    """Crop the faces of videos into a store, find their labels, and leave out what is unusable.

    Faces that the store has already are not cropped again.

    Parameters
    ----------
    sources : sequence of Path or Recording, Path, or StoreAddress
        Videos; recordings of a dataset, of which only the frames are read unless the recipe
        needs labels; or the folder or address of a store of faces.
    recipe : Recipe, BaselineRecipe or StudentRecipe
        Says the size of the faces, whether they are stabilized, the length of a clip, and
        whether labels are needed.
    store : Path or StoreAddress
        Folder of the faces, made where it is missing, or their address.
    jobs : int
        Processes that crop faces.
    over : callable
        See `sspd.scale.mapping.mapping_of`.
    progress : callable
        Called with the name of the phase, the number done, and the total.
    notice : callable
        Is given a line for each video that is left out, and for what the faces take.

    Returns
    -------
    TrainingData
        Its ``videos`` may be empty.

    Raises
    ------
    OutputError
        The store cannot be written.
    SSPDError
        A worker process died.
    """
    size, stabilize = recipe.crop_px, getattr(recipe.network, "follow", False)
    if isinstance(recipe, StudentRecipe):  # for its teacher
        stabilize = recipe.stabilized
    unreadable: list[str] = []
    if isinstance(sources, FaceStore):
        entries = _of_store(sources, store, size, stabilize, progress)
        n_sources = len({entry.video for entry in entries})
    else:
        n_sources = len(sources)
        progress("Cropping faces", 0, n_sources)
        entries = stored_faces(
            sources,
            store,
            size,
            stabilize,
            jobs=jobs,
            over=over,
            progress=lambda done, total: progress("Cropping faces", done, total),
            skipped=lambda video, error: unreadable.append(_left_out(str(error), notice)),
        )
        if entries and isinstance(store, Path):
            notice(f"faces: {store_bytes(store) / 1e6:.0f} MB in {store}")
    labels, of_rates, unlabelled = _labels(sources, recipe, entries)
    for line in unlabelled:
        _left_out(line, notice)
    if of_rates and isinstance(recipe, BaselineRecipe):
        recipe = recipe.by_rates()
        notice("no waveforms that fit the videos; the network learns from rates")
    videos, short = usable_videos(entries, recipe.clip_s, labels, of_rates=of_rates)
    too_short = [f"{video}: shorter than a clip of {recipe.clip_s:g} s" for video in short]
    for line in too_short:
        _left_out(line, notice)
    left_out = tuple(unreadable), tuple(unlabelled), tuple(too_short)
    faces = str(videos[0].entries[0].path if videos else store)
    return TrainingData(tuple(videos), recipe, n_sources, *left_out, faces)


def _left_out(line: str, notice: Notice) -> str:
    notice(f"not trained on: {line}")
    return line


def _of_store(
    given: FaceStore, store: FaceStore, size: int, stabilize: bool, progress: OnProgress
) -> list[FaceEntry]:
    entries = open_remote(given) if isinstance(given, StoreAddress) else open_store(given)
    if not stabilize or all(entry.still for entry in entries):
        return entries
    if isinstance(given, StoreAddress) or isinstance(store, StoreAddress):
        raise SourceError(
            f"{given}: its faces are not stabilized, as the recipe needs them, and stores under"
            " addresses are not changed; crop the videos with this recipe"
        )
    held = []
    for entry in still_entries(entries, store, size):
        held.append(entry)
        progress("Stabilizing faces", len(held), len(entries))
    return held


def _labels(
    sources: Sequence[Source] | FaceStore, recipe: AnyRecipe, entries: Sequence[FaceEntry]
) -> tuple[dict[str, Series] | None, bool, list[str]]:
    """Labels by video (None: not needed), whether they are rates, and a line for each without."""
    if not needs_labels(recipe):
        return None, False, []
    if isinstance(sources, StoreAddress):
        raise SourceError(f"{sources}: labels are read beside stores on a disk alone; copy it")
    if isinstance(sources, Path):
        found, missing = labels_beside(sources, entries)
        return found, False, missing
    recordings = [source for source in sources if isinstance(source, Recording)]
    series, of_rates, missing = labels_or_rates(recordings)
    bare = [source for source in sources if isinstance(source, Path)]
    return series, of_rates, missing + [f"{video}: a video without labels" for video in bare]
