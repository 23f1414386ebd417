"""Names of datasets, and where each is: those of this package and of other packages.

Another package adds a dataset with an entry point of the group ``sspd.datasets`` that names a
`sspd.research.datasets.card.Dataset`::

    [project.entry-points."sspd.datasets"]
    mine = "my_package.my_dataset:DATASET"
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sspd.errors import UsageError
from sspd.utils.plugins import load_plugin, plugins

if TYPE_CHECKING:
    from sspd.research.datasets.card import Dataset
    from sspd.types import Recording

#: Group of the entry points by which other packages add datasets.
GROUP = "sspd.datasets"
#: Name -> module, which holds a `Dataset` called ``DATASET``.
DATASETS = MappingProxyType(
    {
        "cohface": "cohface",
        "folder": "folder",
        "ibvp": "ibvp",
        "lgi-ppgi": "lgi_ppgi",
        "mmpd": "mmpd",
        "mr-nirp": "mr_nirp",
        "mr-nirp-car": "mr_nirp_car",
        "mr-nirp-car-rgb": "mr_nirp_car_rgb",
        "mr-nirp-rgb": "mr_nirp_rgb",
        "pure": "pure",
        "scamps": "scamps",
        "ubfc-phys": "ubfc_phys",
        "ubfc-rppg": "ubfc_rppg",
        "vipl-hr": "vipl_hr",
    }
)


def dataset_names() -> tuple[str, ...]:
    """Return the names of all datasets, those of other packages too, sorted.

    >>> dataset_names()[:2]
    ('cohface', 'folder')
    """
    return tuple(sorted({*DATASETS, *plugins(GROUP)}))


def get_dataset(name: str) -> Dataset:
    """Return the dataset with this name.

    Parameters
    ----------
    name : str
        A name of `DATASETS`.

    Returns
    -------
    Dataset

    Raises
    ------
    UsageError
        There is none; the message lists those there are.
    DependencyError
        It is another package's, and cannot be imported.

    >>> get_dataset("ubfc-rppg").title
    'UBFC-rPPG'
    """
    if name in DATASETS:  # a plug-in does not take the place of a dataset of ours
        dataset: Dataset = import_module(f"sspd.research.datasets.{DATASETS[name]}").DATASET
        return dataset
    if name in plugins(GROUP):
        from sspd.research.datasets.card import Dataset

        return load_plugin(GROUP, name, Dataset)
    raise UsageError(f"no dataset {name!r}; there are: {', '.join(dataset_names())}")


def named_dataset(data: str) -> tuple[Dataset, Path]:
    """Return a dataset and the folder of its copy, from ``NAME:PATH``.

    Parameters
    ----------
    data : str

    Returns
    -------
    dataset : Dataset
    root : Path

    Raises
    ------
    UsageError
        The text has another form, or there is no such dataset.

    >>> named_dataset("ubfc-rppg:/data/UBFC")[1].name
    'UBFC'
    """
    name, colon, path = data.partition(":")
    if not colon or not path:
        raise UsageError(f"{data!r}: give a dataset as NAME:PATH, like ubfc-rppg:/data/UBFC")
    return get_dataset(name), Path(path)


def open_dataset(data: str) -> tuple[Dataset, list[Recording]]:
    """Return a dataset and its recordings, from ``NAME:PATH``; no video is opened.

    Parameters
    ----------
    data : str

    Returns
    -------
    dataset : Dataset
    recordings : list of Recording

    Raises
    ------
    UsageError
        The text has another form, or there is no such dataset.
    SourceError
        The folder has no recordings of it.
    """
    dataset, root = named_dataset(data)
    return dataset, dataset.recordings(root)
