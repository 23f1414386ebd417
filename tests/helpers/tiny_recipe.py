"""A recipe that trains in seconds: few channels, 12 pictures a second."""

from __future__ import annotations

from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.research.recipes import Recipe

TINY = Recipe(
    name="tiny",
    source="these tests",
    network=NetworkSpec(fs=12.0, size=96, token_size=64, pyramid=PyramidSpec(widths=(9, 5))),
    clip_s=2.0,
    batch=2,
    epochs=None,
    steps=1,
    crop_px=113,
)
