"""Heart rate, its variability and breathing from an ordinary face video.

>>> import sspd
>>> vitals = sspd.measure("face.mp4")                                # doctest: +SKIP
>>> print(vitals.hr_bpm, vitals.reasons)                             # doctest: +SKIP
53.1 ()

Importing the package is cheap; numpy, the network's runtime and dlib load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sspd.errors import CameraError as CameraError
    from sspd.errors import ClusterError as ClusterError
    from sspd.errors import DecodeError as DecodeError
    from sspd.errors import DependencyError as DependencyError
    from sspd.errors import NoVideoError as NoVideoError
    from sspd.errors import OutputError as OutputError
    from sspd.errors import SourceError as SourceError
    from sspd.errors import SSPDError as SSPDError
    from sspd.errors import TrainingError as TrainingError
    from sspd.errors import UsageError as UsageError
    from sspd.errors import WeightsError as WeightsError
    from sspd.methods.method import Method as Method
    from sspd.methods.registry import get_method as get_method
    from sspd.methods.registry import method_names as method_names
    from sspd.pipeline import Session as Session
    from sspd.pipeline import measure as measure
    from sspd.pipeline import measure_faces as measure_faces
    from sspd.pipeline import open_camera as open_camera
    from sspd.pipeline import stream as stream
    from sspd.pipeline.batch.journal import Journal as Journal
    from sspd.pipeline.batch.result import BatchResult as BatchResult
    from sspd.pipeline.batch.run import measure_many as measure_many
    from sspd.report.result import Vitals as Vitals
    from sspd.research.api.calibrate import calibrate as calibrate
    from sspd.research.api.evaluate import evaluate as evaluate
    from sspd.research.api.simulate import simulate as simulate
    from sspd.research.api.train import train as train
    from sspd.scale.corpus import measure_corpus as measure_corpus
    from sspd.scale.summary import CorpusSummary as CorpusSummary
    from sspd.types import Box as Box
    from sspd.types import Estimate as Estimate
    from sspd.types import FaceSegment as FaceSegment
    from sspd.types import FaceSpan as FaceSpan
    from sspd.types import Frames as Frames
    from sspd.types import FrameStats as FrameStats
    from sspd.types import MeasureOptions as MeasureOptions
    from sspd.types import Respiration as Respiration
    from sspd.types import Signal as Signal
    from sspd.types import Update as Update
    from sspd.types import VideoInfo as VideoInfo
    from sspd.types import VideoSource as VideoSource
    from sspd.types import WindowVitals as WindowVitals

    __version__: str

#: Public name -> the module that holds it.
_HOMES = {
    "BatchResult": "sspd.pipeline.batch.result",
    "Box": "sspd.types",
    "CameraError": "sspd.errors",
    "ClusterError": "sspd.errors",
    "CorpusSummary": "sspd.scale.summary",
    "DecodeError": "sspd.errors",
    "DependencyError": "sspd.errors",
    "Estimate": "sspd.types",
    "FaceSegment": "sspd.types",
    "FaceSpan": "sspd.types",
    "FrameStats": "sspd.types",
    "Frames": "sspd.types",
    "Journal": "sspd.pipeline.batch.journal",
    "MeasureOptions": "sspd.types",
    "Method": "sspd.methods.method",
    "NoVideoError": "sspd.errors",
    "OutputError": "sspd.errors",
    "Respiration": "sspd.types",
    "SSPDError": "sspd.errors",
    "Session": "sspd.pipeline",
    "Signal": "sspd.types",
    "SourceError": "sspd.errors",
    "TrainingError": "sspd.errors",
    "Update": "sspd.types",
    "UsageError": "sspd.errors",
    "VideoInfo": "sspd.types",
    "VideoSource": "sspd.types",
    "Vitals": "sspd.report.result",
    "WeightsError": "sspd.errors",
    "WindowVitals": "sspd.types",
    "calibrate": "sspd.research.api.calibrate",
    "evaluate": "sspd.research.api.evaluate",
    "get_method": "sspd.methods.registry",
    "measure": "sspd.pipeline",
    "measure_corpus": "sspd.scale.corpus",
    "measure_faces": "sspd.pipeline",
    "measure_many": "sspd.pipeline.batch.run",
    "method_names": "sspd.methods.registry",
    "open_camera": "sspd.pipeline",
    "simulate": "sspd.research.api.simulate",
    "stream": "sspd.pipeline",
    "train": "sspd.research.api.train",
}

# Literal, so that type checkers and readers see it; a test holds it equal to _HOMES.
__all__ = [
    "BatchResult",
    "Box",
    "CameraError",
    "ClusterError",
    "CorpusSummary",
    "DecodeError",
    "DependencyError",
    "Estimate",
    "FaceSegment",
    "FaceSpan",
    "FrameStats",
    "Frames",
    "Journal",
    "MeasureOptions",
    "Method",
    "NoVideoError",
    "OutputError",
    "Respiration",
    "SSPDError",
    "Session",
    "Signal",
    "SourceError",
    "TrainingError",
    "Update",
    "UsageError",
    "VideoInfo",
    "VideoSource",
    "Vitals",
    "WeightsError",
    "WindowVitals",
    "__version__",
    "calibrate",
    "evaluate",
    "get_method",
    "measure",
    "measure_corpus",
    "measure_faces",
    "measure_many",
    "method_names",
    "open_camera",
    "simulate",
    "stream",
    "train",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from sspd.version import package_version

        return package_version()
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
