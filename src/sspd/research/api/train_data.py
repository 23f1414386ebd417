"""The faces that a training draws its clips from: where they are, and that they are there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.errors import SourceError
from sspd.research.api.sources import Data, Notice, training_sources
from sspd.research.datasets.faces_build import FaceStore
from sspd.research.datasets.faces_remote import StoreAddress
from sspd.research.recipes import AnyRecipe
from sspd.scale.mapping import MapOver
from sspd.utils.addresses import SCHEMES, scheme_of
from sspd.utils.places import make_folder
from sspd.utils.process_map import process_map
from sspd.utils.progress import OnProgress

if TYPE_CHECKING:
    from sspd.research.train.data import TrainingData


def face_store(faces: str | Path | None, out: Path) -> FaceStore:
    """Return the place of the cropped faces.

    Parameters
    ----------
    faces : path, str or None
        As the user gave it.
    out : Path
        Folder of the training.

    Returns
    -------
    Path or StoreAddress

    >>> face_store("s3://bucket/faces", Path("out")), face_store(None, Path("out"))
    (StoreAddress(address='s3://bucket/faces'), PosixPath('out/faces'))
    """
    from sspd.research.train.data import FACES_FOLDER

    if faces is not None and scheme_of(str(faces)) in SCHEMES:
        return StoreAddress(str(faces))
    return out / FACES_FOLDER if faces is None else Path(faces)


def faces_of(
    data: Data,
    recipe: AnyRecipe,
    out: Path,
    faces: str | Path | None,
    split: tuple[str | None, str | None],
    workers: tuple[int | None, MapOver],
    progress: OnProgress,
    notice: Notice,
) -> TrainingData:
    """Crop the faces of what is trained on, or find them.

    Parameters
    ----------
    data, recipe
        See `sspd.train`.
    out : Path
        Folder of the training; made if the data can be found.
    faces : path, str or None
        See `face_store`.
    split : tuple of str or None
        Protocol and fold.
    workers : (int or None, callable)
        Jobs, and how they are run (`sspd.scale.mapping.mapping_of`).
    progress, notice : callable
        See `sspd.train`.

    Returns
    -------
    TrainingData

    Raises
    ------
    SourceError
        Nothing of it can be used.
    """
    from sspd.research.train.data import needs_labels, prepare_data

    sources = training_sources(data, *split, needs_labels(recipe))
    make_folder(out)
    store, (jobs, over) = face_store(faces, out), workers
    if jobs is None:
        jobs = (os.cpu_count() or 1) if over is process_map else 0
    found = prepare_data(
        sources, recipe, store, jobs=jobs, over=over, progress=progress, notice=notice
    )
    name = os.fspath(data) if isinstance(data, str | os.PathLike) else "the data"
    if not found.has_faces:
        raise SourceError(f"{name}: none of its {found.n_sources} videos can be used")
    if not found.has_labels:
        raise SourceError(f"{name}: nothing to learn from; recipes such as 'laptop' need no labels")
    notice(f"training {recipe.name!r} on {len(found.videos)} videos, {found.n_skipped} skipped")
    return found
