"""Options of a simulated camera."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_choice, check_ranges

#: Interpolations of the colour mosaic.
DEMOSAICS = ("none", "bilinear")
#: Ranges of pixel values on the way to 8 bits; see `sspd.simulation.camera.levels`.
LEVELS = ("none", "full", "limited", "narrow", "wide")
#: Kinds of lamps on the mains; see `sspd.simulation.camera.rolling`.
LAMPS = ("none", "incandescent", "fluorescent", "electronic", "led", "led_rectified")

# Sensor, patterns, drift, exposure, tone, levels. Lowest and highest value, both allowed.
_RANGES: dict[str, tuple[float, float]] = {
    "full_well_e": (0.0, 1e8),
    "iso_gain": (1.0, 256.0),
    "read_noise_e": (0.0, 100.0),
    "red_gain": (0.25, 8.0),
    "blue_gain": (0.25, 8.0),
    "prnu_percent": (0.0, 10.0),
    "shading_percent": (0.0, 20.0),
    "row_levels": (0.0, 10.0),
    "column_levels": (0.0, 10.0),
    "band_percent": (0.0, 10.0),
    "band_px": (4.0, 4096.0),
    "band_hz": (-15.0, 15.0),
    "drift_percent": (0.0, 5.0),
    "balance_percent": (0.0, 5.0),
    "drift_slope": (0.0, 3.0),
    "drift_local": (0.0, 1.0),
    "ae_speed": (0.0, 1.0),
    "ae_delay_frames": (0, 30),
    "ae_step_percent": (0.0, 30.0),
    "ae_band_percent": (0.0, 30.0),
    "ae_face_weight": (0.0, 1.0),
    "ae_start_percent": (-80.0, 300.0),
    "awb_speed": (0.0, 1.0),
    "awb_period_frames": (1, 300),
    "awb_step_percent": (0.0, 30.0),
    "contrast": (-1.0, 1.0),
    "toe": (0.0, 1.0),
    "shoulder": (0.0, 1.0),
    "saturation_percent": (-100.0, 100.0),
    "matrix_percent": (0.0, 50.0),
    "local_tone": (0.0, 0.9),
    "local_tone_s": (0.0, 10.0),
}
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

    The modules of `sspd.simulation.camera` say where the sizes come from, and
    `sspd.simulation.camera.profiles` draws them as real cameras have them.

    Parameters
    ----------
    full_well_e, iso_gain, read_noise_e : float
        Electrons of a pixel that is white at the lowest ISO, gain of the ISO over it, and
        standard deviation of the read noise, electrons. A ``full_well_e`` of 0 leaves the noise
        of the sensor out.
    demosaic : str
        One of `DEMOSAICS`: "bilinear" correlates the noise of neighbouring pixels.
    red_gain, blue_gain : float
        Gain of the white balance over green, which raises the noise of the channel.
    prnu_percent, shading_percent : float
        Standard deviations of the response to light from pixel to pixel, and over large
        distances, percent of the light.
    row_levels, column_levels : float
        Standard deviations of fixed offsets of rows and columns, pixel values.
    band_percent, band_px, band_hz : float
        Horizontal bands that move: amplitude (half of peak to peak), percent of the pixel
        value, height of a period, pixels, and periods per second at one place.
    drift_percent, balance_percent : float
        Noise of light and gain, common to the channels, and of the white balance of red: level
        at 1 Hz, percent of the pixel value per sqrt(Hz), one-sided.
    drift_slope : float
        The power of both falls with the frequency to this power.
    drift_local : float
        Share of its power that differs over the frame, 0-1.
    ae_speed : float
        Automatic exposure: share of the logarithmic error that is corrected per frame.
    ae_delay_frames : int
        Frames from metering to the first frame with the new exposure, beyond the next.
    ae_step_percent, ae_band_percent : float
        Step of the exposure, percent, and largest error that is left alone. Steps larger than
        twice the band make the exposure hunt.
    ae_face_weight : float
        Weight of the face in metering, 0-1; the frame has the rest.
    ae_start_percent : float
        Error of the exposure at the first frame, percent.
    awb_speed : float
        Automatic white balance: share of the way to the aim per frame.
    awb_period_frames : int
        Frames from one aim to the next.
    awb_step_percent : float
        Step of the aim, percent.
    contrast, toe, shoulder : float
        Tone curve: steepness of the middle, compression of shadows and of highlights.
    saturation_percent, matrix_percent : float
        Change of the saturation, and standard deviation of the colour matrix, percent.
    local_tone, local_tone_s : float
        Local tone mapping: share of the local contrast with the frame that is taken away, and
        time constant with which it follows, s.
    levels : str
        One of `LEVELS`.
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

    Raises
    ------
    UsageError
        An option is out of its range; the message names it.

    >>> CameraSpec(full_well_e=6000, iso_gain=8).read_noise_e
    0.0
    """

    # sensor
    full_well_e: float = 0.0
    iso_gain: float = 1.0
    read_noise_e: float = 0.0
    demosaic: str = "none"
    red_gain: float = 1.0
    blue_gain: float = 1.0
    # fixed pattern
    prnu_percent: float = 0.0
    shading_percent: float = 0.0
    row_levels: float = 0.0
    column_levels: float = 0.0
    band_percent: float = 0.0
    band_px: float = 100.0
    band_hz: float = 0.5
    # drift
    drift_percent: float = 0.0
    balance_percent: float = 0.0
    drift_slope: float = 2.0
    drift_local: float = 0.0
    # exposure and white balance
    ae_speed: float = 0.0
    ae_delay_frames: int = 2
    ae_step_percent: float = 0.0
    ae_band_percent: float = 2.0
    ae_face_weight: float = 0.5
    ae_start_percent: float = 0.0
    awb_speed: float = 0.0
    awb_period_frames: int = 10
    awb_step_percent: float = 0.0
    # tone
    contrast: float = 0.0
    toe: float = 0.0
    shoulder: float = 0.0
    saturation_percent: float = 0.0
    matrix_percent: float = 0.0
    local_tone: float = 0.0
    local_tone_s: float = 0.3
    # levels
    levels: str = "none"
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
        check_choice("demosaic", self.demosaic, DEMOSAICS)
        check_choice("levels", self.levels, LEVELS)
        check_choice("lamp", self.lamp, LAMPS)
