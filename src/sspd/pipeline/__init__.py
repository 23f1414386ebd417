"""Measure the pulse in a video: source, session, vitals."""

from sspd.pipeline.camera import open_camera
from sspd.pipeline.executor import Buffers
from sspd.pipeline.loading import load_method
from sspd.pipeline.measuring import measure, measure_faces, stream
from sspd.pipeline.session import Session

__all__ = [
    "Buffers",
    "Session",
    "load_method",
    "measure",
    "measure_faces",
    "open_camera",
    "stream",
]
