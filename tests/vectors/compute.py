"""What the read-out makes of each test vector's input, group by group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sspd.signal import (
    bandpass,
    bandpass_power_gain,
    detrend,
    equalize,
    find_beats,
    peak_frequency,
    power_spectrum,
    pulse_frequency,
    snr_db,
    standardise,
)
from sspd.signal.streaming_filter import edge_samples, settle_samples
from sspd.types import EqualizerSpec, WindowVitals
from sspd.vitals import (
    ReadoutSettings,
    Rhythm,
    beat_sizes,
    good_intervals,
    hrv,
    pulse_band,
    read_rate,
    respiration,
    stream_readout,
    time_beats,
)
from sspd.vitals.heart_rate import Reading, follow_rate, read_half, read_rate_near
from vectors.of_frames import (
    colour,
    confidence,
    crops,
    direction,
    flicker,
    frames,
    lines,
    quality,
    reasons,
    repeats,
)

BAND = (0.5, 4.0)
Case = dict[str, Any]


def plain(value: Any) -> Any:
    """Return numbers with ten significant digits, as JSON holds them; NaN becomes None."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, float):
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return value


def filters(given: Case) -> Case:
    """Filter one waveform in every way."""
    values, fs = np.array(given["values"]), given["fs"]
    return {
        "bandpass": bandpass(values, fs, BAND)[::3],
        "narrow": bandpass(values, fs, (0.84, 1.6))[::7],
        "detrended": detrend(values, fs, 0.5)[::7],
        "standardised": standardise(values)[::7],
        "equalized": equalize(values, EqualizerSpec(tuple(given["taps"])))[::7],
        "power_gain": bandpass_power_gain(given["freqs_hz"], fs, BAND),
        "edge_samples": edge_samples(fs, BAND),
        "settle_samples": settle_samples(fs, BAND),
    }


def spectrum(given: Case) -> Case:
    """Take the spectrum of one filtered waveform, its peaks, and the signal-to-noise ratio."""
    fs = given["fs"]
    values = pulse_band(given["values"], fs)
    freqs, power = power_spectrum(values, fs, (0.6, 3.6))
    pulse_hz = pulse_frequency(values, fs, (0.6, 3.6))
    return {
        "freqs_hz": freqs[::9],
        "power": power[::9],
        "peak_hz": peak_frequency(values, fs, (0.6, 3.6)),
        "pulse_hz": pulse_hz,
        "snr_db": snr_db(values, fs, pulse_hz, BAND),
        "beats_s": find_beats(values, fs),
    }


def of_reading(reading: Reading | None) -> Case | None:
    """Return the numbers of a reading, the tracked rate once a second."""
    if reading is None:
        return None
    track = reading.track
    return {
        "spectral_bpm": reading.spectral_bpm,
        "peaks_bpm": reading.peaks_bpm,
        "snr_db": reading.snr_db,
        "track_hz": None if track is None else track.f_hz[:: round(track.fs)],
    }


def rate(given: Case) -> Case:
    """Read the rate of one window in every way."""
    fs = given["fs"]
    values = pulse_band(given["values"], fs)
    reading = read_rate(values, fs)
    return {
        "filtered": values[::20],
        "reading": of_reading(reading),
        "followed": of_reading(follow_rate(values, fs, reading)),
        "half": of_reading(read_half(values, fs, reading)),
        "near": of_reading(read_rate_near(values, fs, given["near_hz"])),
    }


def beats(given: Case) -> Case:
    """Detect the beats of a waveform, with everything that is made of them."""
    fs, values = given["fs"], np.array(given["values"])
    timed = time_beats(values, fs, given["slowest_bpm"], given["fastest_bpm"])
    noise, span_s = timed.noise, values.size / fs
    sizes = beat_sizes(pulse_band(values, fs), fs, timed.beats_s)
    assert noise.gain is not None
    return {
        "beats_s": timed.beats_s,
        "reliable": timed.reliable,
        "sizes": sizes,
        "noise": {
            "sdnn_ms": noise.sdnn_ms,
            "rmssd_ms": noise.rmssd_ms,
            "density": noise.density[::20],
            "gain": noise.gain[::20],
        },
        "hrv": of_hrv(hrv(timed.beats_s, span_s=span_s, reliable=timed.reliable, noise=noise)),
        "respiration": of_breath(respiration(timed.beats_s, sizes, span_s=span_s)),
    }


def of_hrv(found: Any) -> Case:
    """Return the values of the variability, or the reasons."""
    return {name: [each.value, each.n_beats, each.reason] for name, each in found.items()}


def of_breath(found: Any) -> list[Any]:
    """Return a breathing rate, or the reason."""
    return [found.hz, found.n_beats, found.reason]


def intervals(given: Case) -> Case:
    """Compute the variability and the breathing of known beats."""
    at = np.array(given["beats_s"])
    return {
        "good": good_intervals(at)[1],
        "hrv": of_hrv(hrv(at)),
        "respiration": of_breath(
            respiration(at, np.array(given["sizes"]), span_s=float(np.ptp(at)))
        ),
    }


def of_window(window: WindowVitals | None) -> Case | None:
    """Return the numbers of a window."""
    if window is None:
        return None
    names = ("start_s", "end_s", "spectral_bpm", "peaks_bpm", "snr_db")
    numbers = {name: getattr(window, name) for name in names}
    return {**numbers, "reasons": list(window.reasons), "track_bpm": list(window.track_bpm)}


def of_rhythm(rhythm: Rhythm) -> Case:
    """Return the numbers of a rhythm."""
    return {
        "n_beats": int(rhythm.beats_s.size),
        "last_beat_s": float(rhythm.beats_s[-1]) if rhythm.beats_s.size else None,
        "hrv": of_hrv(rhythm.hrv),
        "respiration": of_breath(rhythm.respiration),
    }


def streaming(given: Case) -> Case:
    """Read a waveform without frames second by second; None is a gap."""
    values = np.array([np.nan if v is None else v for v in given["values"]])
    taps = given["taps"]
    asked = ReadoutSettings(
        given["fs"],
        given["start_s"],
        given["window_s"],
        given["step_s"],
        equalizer=EqualizerSpec(tuple(taps)) if taps else None,
    )
    updates = list(stream_readout([(values, None)], asked))
    return {
        "complete": [of_window(window) for update in updates for window in update.complete],
        "updates": [
            {
                "end_s": update.end_s,
                "window": of_window(update.window),
                "rhythm": of_rhythm(update.rhythm),
            }
            for k, update in enumerate(updates)
            if k % given["every"] == given["every"] - 1 or update.final
        ],
    }


GROUPS: dict[str, Callable[[Case], Case | None]] = {
    "filters": filters,
    "spectrum": spectrum,
    "rate": rate,
    "beats": beats,
    "intervals": intervals,
    "streaming": streaming,
    "colour": colour,
    "frames": frames,
    "lines": lines,
    "flicker": flicker,
    "reasons": reasons,
    "direction": direction,
    "quality": quality,
    "confidence": confidence,
    "crops": crops,
    "repeats": repeats,
}


def outputs(group: str, given: Case) -> Case | None:
    """Compute what a case must give."""
    found: Case | None = plain(GROUPS[group](given))
    return found
