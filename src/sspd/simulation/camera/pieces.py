"""Pieces of a camera by name, and cameras with one of them left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sspd.errors import UsageError
from sspd.simulation.camera.options import CameraSpec


@dataclass(frozen=True)
class Piece:
    """Options of one piece of a camera.

    Parameters
    ----------
    switches : tuple of str
        Options that leave it out if all of them are 0 or "none".
    details : tuple of str
        Options that have no effect without it.
    """

    switches: tuple[str, ...]
    details: tuple[str, ...] = ()


#: Every option of `CameraSpec` belongs to one piece.
PIECES: Mapping[str, Piece] = MappingProxyType(
    {
        "drift": Piece(("drift_percent", "balance_percent"), ("drift_slope", "drift_local")),
        "focus": Piece(("focus_percent",), ("focus_hunts_per_min",)),
        "mains": Piece(("lamp",), ("mains_hz", "lamp_share", "exposure_ms", "readout_ms")),
        "exposure": Piece(
            ("ae_speed",),
            (
                "ae_delay_frames",
                "ae_step_percent",
                "ae_band_percent",
                "ae_face_weight",
                "ae_start_percent",
            ),
        ),
        "white_balance": Piece(("awb_speed",), ("awb_period_frames", "awb_step_percent")),
        "pattern": Piece(("prnu_percent", "shading_percent", "row_levels", "column_levels")),
        "bands": Piece(("band_percent",), ("band_px", "band_hz")),
        "sensor": Piece(
            ("full_well_e",), ("iso_gain", "read_noise_e", "demosaic", "red_gain", "blue_gain")
        ),
        "color": Piece(("saturation_percent", "matrix_percent")),
        "tone": Piece(("contrast", "toe", "shoulder")),
        "local_tone": Piece(("local_tone",), ("local_tone_s",)),
        "temporal_denoise": Piece(("temporal_denoise",)),
        "spatial_denoise": Piece(("spatial_denoise",)),
        "sharpen": Piece(("sharpen",), ("sharpen_halo",)),
        "beauty": Piece(("beauty",), ("beauty_unrest",)),
        "levels": Piece(("levels",)),
    }
)


def piece_names() -> tuple[str, ...]:
    """Return the names of the pieces of a camera.

    Returns
    -------
    tuple of str

    >>> "temporal_denoise" in piece_names()
    True
    """
    return tuple(PIECES)


def without_piece(options: CameraSpec, name: str) -> CameraSpec:
    """Return the same camera with one piece left out.

    Parameters
    ----------
    options : CameraSpec
    name : str
        One of `piece_names`.

    Returns
    -------
    CameraSpec

    Raises
    ------
    UsageError
        There is no such piece; the message lists them.

    >>> without_piece(CameraSpec(sharpen=1.0, beauty=0.5), "sharpen").sharpen
    0.0
    """
    if name not in PIECES:
        known = ", ".join(PIECES)
        raise UsageError(f"simulate: a camera has no piece {name!r}; its pieces are {known}")
    switches = PIECES[name].switches
    off = {one: "none" if isinstance(getattr(options, one), str) else 0 for one in switches}
    kept = {one: type(getattr(options, one))(value) for one, value in off.items()}
    return dataclasses.replace(options, **kept)
