"""Record how scores were made: versions, subjects and hashes of all files."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from sspd.research.evaluate.plan import Plan
from sspd.research.evaluate.scoring import Scoring
from sspd.types import Recording
from sspd.utils.content import file_digest, text_key
from sspd.version import package_version

#: Packages whose versions may change the numbers.
_PACKAGES = ("numpy", "scipy", "av", "opencv-python-headless", "dlib-bin", "openvino")


def manifest(
    plan: Plan,
    chosen: Sequence[Recording],
    left_out: Mapping[str, str],
    weights: Mapping[str, Mapping[str, str | None]],
    scoring: Scoring,
) -> dict[str, Any]:
    """Collect everything that the scores depend on, for JSON.

    Parameters
    ----------
    plan : Plan
    chosen : sequence of Recording
        The recordings that are scored.
    left_out : mapping
        Name of a recording -> the reason why it is not scored.
    weights : mapping
        Entry -> fold -> its weights; None: the method has none.
    scoring : Scoring

    Returns
    -------
    dict
        Plain types.
    """
    return {
        "sspd": package_version(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "dataset": plan.dataset.name,
        "protocol": None if plan.split is None else asdict(plan.split),
        "scoring": scoring.facts(),
        "methods": [
            {
                "name": one.name,
                "citation": one.citation,
                "weights": dict(weights[one.name]),
                "settled": None if one.settled is None else dict(one.settled),
            }
            for one in plan.entries
        ],
        "trained": plan.trained,
        "face": "dlib frontal detector, largest face of the beginning, one box every 30 s",
        "subjects": list(dict.fromkeys(recording.subject for recording in chosen)),
        "recordings": {recording.name: _hashes(recording) for recording in chosen},
        "left_out": dict(left_out),
    }


def _hashes(recording: Recording) -> dict[str, str]:
    """Hash a recording's files (SHA-256); for a folder of images, its names and sizes."""
    found = {}
    for path in recording.files:
        if path.is_dir():
            listing = sorted((p.name, p.stat().st_size) for p in path.iterdir())
            found[path.name] = "names " + text_key(repr(listing))
        elif path.exists():
            found[path.name] = file_digest(path)
    return found
