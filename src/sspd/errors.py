"""Errors that ``sspd`` raises on purpose.

The tree::

    SSPDError
    ├── UsageError          an invalid argument (exit code 2)
    ├── SourceError         a video or folder that cannot be used (exit code 1)
    │   ├── DecodeError     not a video, or damaged beyond decoding
    │   ├── NoVideoError    a readable file without a video stream
    │   ├── CameraError     a camera that cannot be read
    │   └── WorkerDiedError a video whose worker process ended
    ├── WeightsError        a weights file that is wrong, damaged or unsafe
    ├── OutputError         an output that cannot be written
    ├── ClusterError        a cluster that cannot be reached, or keeps no worker
    ├── DependencyError     a required optional package that is not installed
    └── TrainingError       a training that cannot continue
        └── ProcessLostError    another process of a distributed training has ended

One ``except`` catches them all:

>>> try:
...     raise DecodeError("a.mp4 is not a video that can be decoded")
... except SSPDError as error:
...     print(error)
a.mp4 is not a video that can be decoded
"""


class SSPDError(Exception):
    """Base class, with a one-line message: what was wrong, where, and what would work."""


class UsageError(SSPDError):
    """Invalid argument."""


class SourceError(SSPDError):
    """Video or folder that cannot be used."""


class DecodeError(SourceError):
    """File that is not a video, or is damaged beyond decoding."""


class NoVideoError(SourceError):
    """Readable file without a video stream."""


class CameraError(SourceError):
    """Camera that cannot be read."""

    state: str = "missing"
    """One of `sspd.video.camera.states.CAMERA_STATES`."""


class WorkerDiedError(SourceError):
    """Video whose worker process ended: by the video, or by what else took its memory."""


class WeightsError(SSPDError):
    """Weights file that is wrong, damaged or unsafe."""


class OutputError(SSPDError):
    """Output that cannot be written."""


class ClusterError(SSPDError):
    """Cluster that cannot be reached, keeps no worker, or has another version of the package."""


class DependencyError(SSPDError):
    """Required optional package that is not installed; the message names the extra."""


class TrainingError(SSPDError):
    """Training that cannot continue; the last good checkpoint is kept."""


class ProcessLostError(TrainingError):
    """End of another process of a distributed training."""

    rank: int = 0
    """Rank of the process that raises it; the first one, 0, tells the user."""
