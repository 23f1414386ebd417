"""PhysNet: 3D convolutions that learn from contact waveforms."""

from __future__ import annotations

from functools import partial

from sspd.methods.learned import NEEDS, build_learned

__all__ = ["CITATION", "NEEDS", "build"]

CITATION = (
    "Z. Yu, X. Li, G. Zhao, Remote photoplethysmograph signal measurement from facial videos "
    "using spatio-temporal networks, British Machine Vision Conference, 2019"
)
build = partial(build_learned, "physnet", CITATION)
