"""Options of a simulated camera."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_choice, check_ranges

#: Kinds of lamps on the mains; see `sspd.simulation.camera.rolling`.
LAMPS = ("none", "incandescent", "fluorescent", "electronic", "led", "led_rectified")

_RANGES: dict[str, tuple[float, float]] = {"read_noise": (0.0, 20.0)}
# Optics, mains light and processing.
_RANGES |= {
    "focus_percent": (0.0, 5.0),
    "focus_hunts_per_min": (0.0, 30.0),
    "mains_hz": (45.0, 65.0),
    "lamp_share": (0.0, 1.0),
    "exposure_ms": (0.05, 200.0),
    "readout_ms": (0.0, 100.0),
    "temporal_denoise": (0.0, 0.95),
    "spatial_denoise": (0.0, 1.0),
    "sharpen": (0.0, 3.0),
    "sharpen_halo": (0.0, 255.0),
    "beauty": (0.0, 1.0),
    "beauty_unrest": (0.0, 30.0),
}


@dataclass(frozen=True)
class CameraSpec:
    """Options of a camera; what is 0 or "none" is left out.

    Parameters
    ----------
    read_noise : float
        Standard deviation of the noise of the dark, pixel values.
    focus_percent, focus_hunts_per_min : float
        Change of scale, percent, at the furthest point of a hunt for the focus (blur goes with
        it, see `sspd.simulation.camera.focus`), and mean number of hunts per minute.
    lamp : str
        One of `LAMPS`.
    mains_hz, lamp_share : float
        Mean frequency of the mains, Hz, and fraction of the light that is the lamp's.
    exposure_ms, readout_ms : float
        Exposure of a row, and time from the first to the last row of a frame, ms.
    temporal_denoise, spatial_denoise : float
        Weight of the past under strong noise, and strength of the filter over space (see
        `sspd.simulation.camera.denoise`).
    sharpen, sharpen_halo : float
        Factor on detail that is added, and largest overshoot of edges, pixel values.
    beauty, beauty_unrest : float
        Strength of the beauty filter, and standard deviation of its threshold of skin, pixel
        values.
    """

    read_noise: float = 1.0
    # optics, mains light and processing
    focus_percent: float = 0.0
    focus_hunts_per_min: float = 2.0
    lamp: str = "none"
    mains_hz: float = 50.0
    lamp_share: float = 1.0
    exposure_ms: float = 8.0
    readout_ms: float = 30.0
    temporal_denoise: float = 0.0
    spatial_denoise: float = 0.0
    sharpen: float = 0.0
    sharpen_halo: float = 12.0
    beauty: float = 0.0
    beauty_unrest: float = 3.0

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
        check_choice("lamp", self.lamp, LAMPS)
