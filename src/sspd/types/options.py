"""Options of a measurement."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sspd.errors import UsageError
from sspd.types.frames import Box
from sspd.types.spans import check_fps, check_share, time_span, window_lengths


@dataclass(frozen=True)
class MeasureOptions:
    """Options of a measurement, checked.

    >>> MeasureOptions(window_s=3.0)
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
    """Time between the starts of windows, seconds; None: ``window_s``."""
    start_s: float = 0.0
    end_s: float | None = None
    """Time to stop at, seconds; None: the end of the video."""
    box: Box | None = None
    """Pixels of the upright video; None: the face is detected."""
    fps: float | None = None
    """Frames per second as the user states them; None: the video's own clock."""
    every_face: bool = False
    """True to measure every face, not the largest one alone."""
    smooth: bool = False
    """True if unsure windows may use their accepted neighbours (`sspd.vitals.neighbours`)."""
    min_confidence: float | None = None
    """Lowest confidence of an accepted window; None: that of `sspd.vitals.acceptance`."""

    def __post_init__(self) -> None:
        window_s, step_s = window_lengths(self.window_s, self.step_s)
        start_s, end_s = time_span(self.start_s, self.end_s)
        # as plain numbers: those of numpy do not go into JSON
        plain = {"window_s": window_s, "step_s": step_s, "start_s": start_s, "end_s": end_s}
        for name, value in plain.items():
            object.__setattr__(self, name, value)
        check_fps(self.fps)
        check_share("min_confidence", self.min_confidence)
        if self.every_face and self.box is not None:
            raise UsageError("a box says where one face is: every face is looked for without one")

    def to_dict(self) -> dict[str, Any]:
        """Return the options, ready for `json.dumps`.

        Returns
        -------
        dict

        >>> MeasureOptions.from_dict(MeasureOptions(box=Box(1, 2, 3, 4)).to_dict()).box
        Box(left=1, top=2, right=3, bottom=4)
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> MeasureOptions:
        """Restore options from the result of `to_dict`.

        Parameters
        ----------
        data : dict

        Returns
        -------
        MeasureOptions
        """
        box = data["box"]
        return cls(**data | {"box": None if box is None else Box(*box)})
