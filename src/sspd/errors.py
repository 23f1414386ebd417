"""Everything that ``sspd`` raises on purpose.

The tree::

    SSPDError
    ├── UsageError          an argument that cannot be right (exit code 2)
    ├── SourceError         a video or folder that cannot be used (exit code 1)
    │   ├── DecodeError     not a video, or damaged beyond reading
    │   └── NoVideoError    a readable file without pictures
    ├── WeightsError        a weights file that is wrong, damaged or unsafe
    ├── OutputError         a place that cannot be written
    ├── DependencyError     an optional package that is needed and absent
    └── TrainingError       a training that cannot go on
        └── ProcessLostError    another of the processes that train together is gone

One ``except`` holds them all:

>>> try:
...     raise DecodeError("a.mp4 is not a video that can be decoded")
... except SSPDError as error:
...     print(error)
a.mp4 is not a video that can be decoded
"""


class SSPDError(Exception):
    """The root: a message of one line that says what, where and what would work."""


class UsageError(SSPDError):
    """An argument that cannot be right."""


class SourceError(SSPDError):
    """A video or folder that cannot be used."""


class DecodeError(SourceError):
    """Not a video, or damaged beyond reading."""


class NoVideoError(SourceError):
    """A readable file without a video stream."""


class WeightsError(SSPDError):
    """A weights file that is wrong, damaged or unsafe."""


class OutputError(SSPDError):
    """A place that cannot be written."""


class DependencyError(SSPDError):
    """An optional package that is needed and absent; the message names the extra."""


class TrainingError(SSPDError):
    """A training that cannot go on; the last good checkpoint is kept."""


class ProcessLostError(TrainingError):
    """Another of the processes that train together is gone."""

    rank: int = 0
    """Of the process that raises it; the first one, 0, tells the user."""
