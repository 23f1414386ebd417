"""Settings of what a view of a clip may lose to light, camera and codec."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sspd.errors import UsageError


@dataclass(frozen=True)
class Disturbance:
    """Largest changes of light, sensor noise, sharpness and coding of a view; 0: none.

    Each view of each clip draws its own sizes between 0 and these, so what the two views of a
    clip share is the pulse, and not its light, noise or codec.

    Examples
    --------
    >>> Disturbance(light_percent=1.0).noise_levels
    0.0
    """

    light_percent: float = 0.0
    """Standard deviation of a 1/f drift of the light, percent of the pixel value."""
    noise_levels: float = 0.0
    """Standard deviation of the noise of a pixel, pixel values."""
    block_levels: float = 0.0
    """Standard deviation of the offsets of blocks, new at every key frame, pixel values."""
    blur_px: float = 0.0
    """Standard deviation of a blur, pixels of the view."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not 0 <= value <= 20:
                raise UsageError(f"{each.name} of a disturbance must be 0 to 20, got {value}")
