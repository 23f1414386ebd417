"""The networks that a protocol asks for: trained once a fold, kept, taken up again.

    <out>/faces/                   cropped faces, each video's once for all folds
    <out>/models/<name>-<key>/     one training: state, log, model.safetensors, model.onnx

The key is a hash of what makes the network: recipe, seed and the videos as they are now. No
label is read but by recipes of other papers that learn from labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.errors import TrainingError, UsageError
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.types import Recording
from sspd.utils.content import content_key, facts_of_files
from sspd.utils.packages import require
from sspd.utils.progress import Told

if TYPE_CHECKING:
    from sspd.research.train.sampler import Video


@dataclass(frozen=True)
class Training:
    """How the networks of a protocol are trained.

    Parameters
    ----------
    recipes : mapping
        Method -> how its network is trained.
    out : Path
        Folder for the faces and the models.
    seed : int
        The same seed, videos and machine give the same weights.
    device : str
        See `sspd.research.train.loop.train`.
    jobs : int
        Processes that cut out faces.
    told : callable
        Progress.
    warn : callable
        Is given a line for each video that cannot be trained on, and what the faces take.
    """

    recipes: Mapping[str, Recipe | BaselineRecipe]
    out: Path
    seed: int = 0
    device: str = "auto"
    jobs: int = 1
    told: Told = lambda what, done, total: None
    warn: Callable[[str], None] = lambda line: None

    def recipe_of(self, method: str) -> Recipe | BaselineRecipe:
        """How the network of a method is trained.

        Raises
        ------
        UsageError
            It is not told.
        """
        if method not in self.recipes:
            raise UsageError(f"no recipe is given for the method {method!r}")
        return self.recipes[method]


def trained_weights(
    training: Training, method: str, recordings: Sequence[Recording], name: str
) -> Path:
    """Train a method's network on recordings, or find the one that was trained so before.

    A training that was stopped goes on where it was.

    Parameters
    ----------
    training : Training
    method : str
    recordings : sequence of Recording
        Their pictures alone are read, but by recipes that learn from labels.
    name : str
        Of the network; a part of a file's name.

    Returns
    -------
    Path
        The weights, ``.onnx``; ``.safetensors`` beside it.

    Raises
    ------
    TrainingError
        Nothing can be trained on, or the training failed.
    DependencyError
        Torch is not installed.
    """
    from sspd.research.train.labels import fitted

    recipe = fitted(training.recipe_of(method), recordings)
    name = name if method == "sspd" else f"{name}-{method}"
    folder = training.out / "models" / f"{name}-{_key(recipe, training.seed, recordings)[:10]}"
    weights = folder / "model.onnx"
    if weights.exists():
        return weights
    # before an hour of cutting faces
    require("torch", extra="train", purpose="training", instead="give --weights")
    from sspd.models.checkpoint import load_any
    from sspd.network.export import export_onnx
    from sspd.research.train.loop import TrainingProgress, train
    from sspd.research.train.state import saved_steps

    def told(now: TrainingProgress) -> None:
        training.told(f"Training {name}, loss {now.loss:.3f}", now.step, now.steps)

    checkpoint = train(
        _videos(training, recipe, recordings),
        recipe,
        folder,
        seed=training.seed,
        device=training.device,
        resume=bool(saved_steps(folder)),
        name=name,
        on_step=told,
        on_phase=lambda what: training.told(f"{what}, {name}", 0, 0),
    )
    training.told(f"Exporting, {name}", 0, 0)
    export_onnx(load_any(checkpoint), weights)
    return weights


def _key(recipe: Recipe | BaselineRecipe, seed: int, recordings: Sequence[Recording]) -> str:
    videos = [(one.name, *facts) for one in recordings for facts in facts_of_files(one.files)]
    return content_key([recipe.to_dict(), seed, videos])


def _videos(
    training: Training, recipe: Recipe | BaselineRecipe, recordings: Sequence[Recording]
) -> list[Video]:
    from sspd.research.datasets.faces import store_bytes
    from sspd.research.datasets.faces_build import stored_faces
    from sspd.research.train.labels import labels_or_rates
    from sspd.research.train.sampler import usable_videos

    entries = stored_faces(
        recordings,
        training.out / "faces",
        recipe.crop_px,
        getattr(recipe.network, "follow", False),
        jobs=training.jobs,
        progress=lambda done, total: training.told("Cropping faces", done, total),
        skipped=lambda video, error: training.warn(f"not trained on: {error}"),
    )
    if entries:
        store = training.out / "faces"
        training.warn(f"faces: {store_bytes(store) / 1e6:.0f} MB in {store}")
    labels, of_rates = None, False
    if isinstance(recipe, BaselineRecipe) and recipe.kind == "labelled":
        labels, of_rates, missing = labels_or_rates(recordings)
        for line in missing:
            training.warn(f"not trained on: {line}")
    videos, short = usable_videos(entries, recipe.clip_s, labels, of_rates=of_rates)
    for video in short:
        training.warn(f"not trained on: {video}: shorter than a clip of {recipe.clip_s:g} s")
    if not videos:
        raise TrainingError(f"none of {len(recordings)} recordings can be trained on")
    return videos
