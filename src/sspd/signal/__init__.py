"""Signal processing as pure functions ``f(sig, fs)``; numpy and scipy only."""

from sspd.signal.equalizer import equalize, equalize_signal, fit_equalizer
from sspd.signal.filters import bandpass, bandpass_power_gain, detrend, standardise
from sspd.signal.integral import integrate
from sspd.signal.join import join_signals, unbroken_runs
from sspd.signal.peaks import find_beats, interval_spread
from sspd.signal.quality import band_shares, snr_db
from sspd.signal.resample import resample_times
from sspd.signal.similarity import self_similarity
from sspd.signal.spectrogram import spectrogram
from sspd.signal.spectrum import peak_frequency, power_spectrum, pulse_frequency
from sspd.signal.wavelet import released_readout

__all__ = [
    "band_shares",
    "bandpass",
    "bandpass_power_gain",
    "detrend",
    "equalize",
    "equalize_signal",
    "find_beats",
    "fit_equalizer",
    "integrate",
    "interval_spread",
    "join_signals",
    "peak_frequency",
    "power_spectrum",
    "pulse_frequency",
    "released_readout",
    "resample_times",
    "self_similarity",
    "snr_db",
    "spectrogram",
    "standardise",
    "unbroken_runs",
]
