"""The settings of recipes and networks that decide which clips are drawn, as protocols."""

from __future__ import annotations

from typing import Protocol


class ClipRecipe(Protocol):
    """The settings of a recipe that decide which clips are drawn."""

    @property
    def name(self) -> str:
        """Name of the recipe."""

    @property
    def network(self) -> ClipNetworkSpec:
        """Settings of the network."""

    @property
    def clip_s(self) -> float:
        """Length of a clip, seconds."""

    @property
    def n_differences(self) -> int:
        """Number of frame differences in a clip."""

    @property
    def drawn_px(self) -> int:
        """Largest height and width of a drawn face, pixels."""

    @property
    def batch(self) -> int:
        """Number of clips in a step."""

    @property
    def epochs(self) -> int | None:
        """Number of epochs; None: `steps` decides."""

    @property
    def steps(self) -> int | None:
        """Number of optimizer steps; None: `epochs` decides."""

    @property
    def clip_every_s(self) -> float | None:
        """Seconds of video for each clip of an epoch; None: one clip for each video."""

    @property
    def start_every_s(self) -> float | None:
        """Clips of a segment start at multiples of this, seconds; None: anywhere."""

    @property
    def least_batch(self) -> int:
        """Smallest number of clips in a step."""


class ClipNetworkSpec(Protocol):
    """The settings of a network that decide the rate, size and colours of its clips."""

    @property
    def fs(self) -> float:
        """Frame rate, Hz."""

    @property
    def size(self) -> int:
        """Height and width of the faces, pixels."""

    @property
    def colour(self) -> str:
        """Order of the channels: ``"rgb"`` or ``"bgr"``."""
