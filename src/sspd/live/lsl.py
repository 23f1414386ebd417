"""A live measurement as streams of the Lab Streaming Layer (LSL), for recorders of a lab."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from sspd.live.view import LiveView
from sspd.utils.packages import require

#: A beat is sent when the waveform has gone on for so long after it, seconds: then it stays.
SETTLED_S = 1.0
#: Names of the streams' kinds, as other programs of physiology use them.
KINDS = {"waveform": "PPG", "rate": "HeartRate", "beats": "Markers"}


class LslStreams:
    """Three streams: the waveform, the rate with its confidence, and the beats as markers.

    Times are those of LSL's clock at which frames were captured. The waveform comes as late as
    the method has it. A rate that is not accepted is NaN.

    Parameters
    ----------
    name : str
        Names of the streams begin with it.
    fs : float
        Rate of the waveform, Hz.

    Raises
    ------
    DependencyError
        pylsl is not installed.
    """

    def __init__(self, name: str, fs: float) -> None:
        self._lsl = require("pylsl", extra="lsl", purpose="--lsl")
        with suppress(AttributeError, RuntimeError):  # it writes lines into the display otherwise
            self._lsl.set_config_content("[log]\nlevel = -3\n")
        self._waveform = self._outlet(name, "waveform", 1, fs, ["pulse"])
        self._rate = self._outlet(name, "rate", 2, 0.0, ["hr_bpm", "confidence"])
        self._beats = self._outlet(name, "beats", 1, 0.0, ["beat"], text=True)
        self._sent_s = -np.inf

    def send(self, view: LiveView, behind_s: float) -> None:
        """Send what an update brought.

        Parameters
        ----------
        view : LiveView
        behind_s : float
            Time since the capture of a frame with the time 0, seconds.
        """
        update = view.update
        if update is None or update.final:
            return
        zero_s = self._lsl.local_clock() - behind_s
        if update.signal is not None:
            values = update.signal.values.astype(np.float32).reshape(-1, 1)
            # LSL takes the time of the last sample of a chunk
            self._waveform.push_chunk(values.tolist(), zero_s + float(update.signal.t[-1]))
        rate, sure = view.rate_bpm, view.confidence
        row = [np.nan if value is None else float(value) for value in (rate, sure)]
        self._rate.push_sample(row, zero_s + update.time_s)
        if view.waveform is None:
            return
        end_s = view.waveform.start_s + view.waveform.duration_s - SETTLED_S
        for beat_s in view.beats_s[(view.beats_s > self._sent_s) & (view.beats_s <= end_s)]:
            self._beats.push_sample(["beat"], zero_s + float(beat_s))
        self._sent_s = max(self._sent_s, end_s)

    def _outlet(
        self, name: str, what: str, n: int, fs: float, labels: list[str], text: bool = False
    ) -> Any:
        lsl = self._lsl
        kind = lsl.cf_string if text else lsl.cf_float32
        info = lsl.StreamInfo(f"{name} {what}", KINDS[what], n, fs, kind, f"{name}-{what}")
        channels = info.desc().append_child("channels")
        for label in labels:
            channels.append_child("channel").append_child_value("label", label)
        return lsl.StreamOutlet(info)
