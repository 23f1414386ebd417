"""Measure the pulse in a video: source, session, vitals."""

from sspd.pipeline.executor import Buffers
from sspd.pipeline.measuring import measure, measure_faces, stream
from sspd.pipeline.session import Session, load_method

__all__ = ["Buffers", "Session", "load_method", "measure", "measure_faces", "stream"]
