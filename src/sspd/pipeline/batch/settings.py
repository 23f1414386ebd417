"""How videos are measured, as data that another process and another day can compare."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sspd.errors import UsageError, WeightsError
from sspd.methods.method import Method
from sspd.types import Box
from sspd.types.arguments import time_span, window_lengths
from sspd.utils.content import file_digest
from sspd.version import package_version
from sspd.video.clock import check_fps
from sspd.vitals import cut_windows


@dataclass(frozen=True)
class Settings:
    """What `sspd.measure` takes beside the video, checked.

    >>> Settings(window_s=3.0)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a window needs 8 s or more, got 3 s
    """

    method: str = "sspd"
    weights: str | None = None
    """A file of weights; None: those shipped with the package."""
    precision: str = "f32"
    window_s: float = 30.0
    step_s: float | None = None
    start_s: float = 0.0
    end_s: float | None = None
    box: Box | None = None
    """Pixels of the upright video; None: the face is looked for."""
    fps: float | None = None
    """Frames per second as the user states them; None: the video's own clock."""
    every_face: bool = False
    """Whether everybody is measured, not the largest face alone."""

    def __post_init__(self) -> None:
        window_s, step_s = window_lengths(self.window_s, self.step_s)
        cut_windows(0.0, 0.0, window_s, step_s)
        start_s, end_s = time_span(self.start_s, self.end_s)
        # as they were meant: numbers of numpy stand in no JSON
        told = {"window_s": window_s, "step_s": step_s, "start_s": start_s, "end_s": end_s}
        for name, value in told.items():
            object.__setattr__(self, name, value)
        check_fps(self.fps)
        if self.every_face and self.box is not None:
            raise UsageError("a box says where one face is: every face is looked for without one")

    def to_dict(self) -> dict[str, Any]:
        """The settings, ready for `json.dumps`.

        >>> Settings.from_dict(Settings(box=Box(1, 2, 3, 4)).to_dict()).box
        Box(left=1, top=2, right=3, bottom=4)
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Settings:
        """The settings that `to_dict` was asked for."""
        box = data["box"]
        return cls(**data | {"box": None if box is None else Box(*box)})

    def ready(self, threads: int | None = None) -> Method:
        """Load the method.

        Parameters
        ----------
        threads : int or None
            See `sspd.methods.get_method`.

        Raises
        ------
        SSPDError
            See `sspd.methods.get_method`.
        """
        from sspd.methods.registry import get_method

        return get_method(
            self.method, weights=self.weights, precision=self.precision, threads=threads
        )


def identity(settings: Settings, method: Method) -> dict[str, Any]:
    """All that a number depends on beside the video: options, weights by content, version.

    Parameters
    ----------
    settings : Settings
    method : Method
        What `Settings.ready` gave.

    Returns
    -------
    dict
        JSON types. Where the weights lie is left out: what they hold stands in it.

    Raises
    ------
    WeightsError
        The weights cannot be read.

    >>> settings = Settings(method="pos")
    >>> identity(settings, settings.ready())["weights_sha256"] is None
    True
    """
    options = settings.to_dict()
    options["weights"] = method.weights
    options["weights_sha256"] = _weights_hash(settings) if method.weights is not None else None
    return options | {"version": package_version()}


def _weights_hash(settings: Settings) -> str:
    from sspd.network.load import shipped_weights

    path = shipped_weights(".onnx") if settings.weights is None else Path(settings.weights)
    try:
        return file_digest(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror})") from error
