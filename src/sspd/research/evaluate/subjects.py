"""Selection of a dataset's recordings for training and for testing, by a protocol."""

from __future__ import annotations

from collections.abc import Sequence

from sspd.research.datasets.card import Dataset
from sspd.research.datasets.table import named_dataset
from sspd.research.evaluate.protocols import get_protocol
from sspd.research.evaluate.split import Split
from sspd.types import Recording


def open_split(data: str, protocol: str | None) -> tuple[Dataset, list[Recording], Split | None]:
    """Open a dataset, and split its subjects.

    Parameters
    ----------
    data : str
        ``NAME:PATH``.
    protocol : str or None
        None: no split.

    Returns
    -------
    dataset : Dataset
    recordings : list of Recording
        All of them; no video is opened.
    split : Split or None

    Raises
    ------
    UsageError
        No such dataset or protocol, or one of another dataset.
    SourceError
        Nothing of the dataset is found.
    """
    dataset, root = named_dataset(data)
    recordings = dataset.recordings(root)
    if protocol is None:
        return dataset, recordings, None
    subjects = [recording.subject for recording in recordings]
    return dataset, recordings, get_protocol(protocol).split(dataset.name, root, subjects)


def training_recordings(
    dataset: Dataset,
    recordings: Sequence[Recording],
    split: Split | None = None,
    fold: str | None = None,
) -> list[Recording]:
    """Return the recordings that are trained on: of a fold's train subjects, without defects.

    Parameters
    ----------
    dataset : Dataset
        Says which of its recordings are known to be defective.
    recordings : sequence of Recording
    split : Split or None
        None: all subjects.
    fold : str or None
        A name of the split's folds; None: its only one.

    Returns
    -------
    list of Recording

    Raises
    ------
    UsageError
        No such fold.
    """
    own = list(recordings) if split is None else split.to_train(recordings, fold)
    defects = {defect.recording for defect in dataset.defects if defect.excluded}
    return [recording for recording in own if recording.name not in defects]
