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

from sspd.errors import TrainingError, UsageError
from sspd.research.recipes import AnyRecipe
from sspd.types import Recording
from sspd.utils.content import content_key, facts_of_files
from sspd.utils.packages import require
from sspd.utils.progress import OnProgress


@dataclass(frozen=True)
class Training:
    """Settings of the trainings of a protocol.

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
    progress : callable
        Progress.
    warn : callable
        Is given a line for each video that cannot be trained on, and what the faces take.
    """

    recipes: Mapping[str, AnyRecipe]
    out: Path
    seed: int = 0
    device: str = "auto"
    jobs: int = 1
    progress: OnProgress = lambda what, done, total: None
    warn: Callable[[str], None] = lambda line: None

    def recipe_of(self, method: str) -> AnyRecipe:
        """Return the recipe of a method's network.

        Parameters
        ----------
        method : str

        Returns
        -------
        Recipe, BaselineRecipe or StudentRecipe

        Raises
        ------
        UsageError
            No recipe is given for it.
        """
        if method not in self.recipes:
            raise UsageError(f"no recipe is given for the method {method!r}")
        return self.recipes[method]


def trained_weights(
    training: Training, method: str, recordings: Sequence[Recording], name: str
) -> Path:
    """Train a method's network on recordings, or find the one of an earlier run.

    An interrupted training is continued.

    Parameters
    ----------
    training : Training
    method : str
    recordings : sequence of Recording
        Only their frames are read, except by recipes that learn from labels.
    name : str
        Name of the network, a part of its file name.

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
    from sspd.research.train.data import FACES_FOLDER, prepare_data
    from sspd.research.train.export import train_and_export
    from sspd.research.train.state import saved_steps

    data = prepare_data(
        recordings,
        recipe,
        training.out / FACES_FOLDER,
        jobs=training.jobs,
        progress=training.progress,
        notice=training.warn,
    )
    if not data.videos:
        raise TrainingError(f"none of {len(recordings)} recordings can be trained on")
    train_and_export(
        data.videos,
        data.recipe,
        folder,
        seed=training.seed,
        device=training.device,
        resume=bool(saved_steps(folder)),
        name=name,
        progress=training.progress,
    )
    return weights


def _key(recipe: AnyRecipe, seed: int, recordings: Sequence[Recording]) -> str:
    videos = [(one.name, *facts) for one in recordings for facts in facts_of_files(one.files)]
    return content_key([recipe.to_dict(), seed, videos])
