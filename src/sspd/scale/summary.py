"""Counts of a corpus, while it is measured and at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sspd.pipeline.batch.result import BatchResult


@dataclass
class CorpusSummary:
    """Counts of the videos of a corpus: measured, rejected, failed."""

    videos: int = 0
    measured: int = 0
    """Videos with an accepted rate of their largest face."""
    failed: int = 0
    """Videos that could not be measured."""
    resumed: int = 0
    """Videos whose result stood in the journal."""
    unwritten: int = 0
    """Files that could not be written."""
    misused: bool = False
    """True if an argument was at fault for one of them."""
    video_s: float = 0.0
    """Seconds of video that were measured."""
    elapsed_s: float = 0.0
    interrupted: bool = False
    """True if Ctrl-C came before the end."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Rejection reasons, counted by video."""

    @property
    def rejected(self) -> int:
        """Number of videos without a reliable pulse."""
        return self.videos - self.measured - self.failed

    @property
    def complete(self) -> bool:
        """True if nothing is left to be tried again."""
        return not (self.interrupted or self.failed or self.unwritten)

    def add(self, done: BatchResult) -> None:
        """Count a video.

        Parameters
        ----------
        done : BatchResult
        """
        vitals = done.vitals
        self.videos += 1
        self.measured += vitals.accepted
        self.failed += vitals.error is not None
        self.resumed += done.resumed
        self.unwritten += len(done.failures)
        self.misused = self.misused or done.misused
        if vitals.error is None:
            self.video_s += vitals.duration_s
            self.reasons.update(vitals.reasons)

    def __str__(self) -> str:
        listed = ", ".join(f"{why.replace('_', ' ')} {n}" for why, n in self.reasons.most_common())
        why = f" ({listed})" if listed else ""
        resumed = f"; {self.resumed} by a run before" if self.resumed else ""
        return (
            f"{self.videos} videos: {self.measured} measured, {self.rejected} without a reliable"
            f" pulse{why}, {self.failed} failed{resumed}"
        )
