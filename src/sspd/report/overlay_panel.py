"""Panel below an annotated video: heart rate, rejection reasons and the current waveform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.report.labels import advice, sentence
from sspd.report.selection import drawn_waveform, rejected_spans, window_at
from sspd.types import Signal, Vitals, WindowVitals

#: Visible length of the waveform, seconds; the newest sample is at the right.
VIEW_S = 8.0
#: Notice in the panel.
SHORT_NOTICE = "Not a medical device."
_PAPER, _INK, _SOFT = (250, 250, 250), (28, 36, 48), (91, 102, 117)
_LINE, _BEAT, _GOOD, _BAD = (31, 78, 121), (192, 57, 43), (46, 125, 50), (179, 57, 43)
_REJECTED = (243, 214, 211)
_FONT = cv2.FONT_HERSHEY_DUPLEX
#: Fractional bits of the pixel coordinates in which curves are drawn.
_SHIFT = 4


def _unit(width: int, height: int) -> float:
    """Return the scale of letters and lines; 1 for a video of 640x480."""
    return float(np.clip(min(width / 480, np.sqrt(width * height) / 600), 0.66, 5.0))


def panel_height(width: int, height: int) -> int:
    """Return the height of the panel below a video, pixels.

    Parameters
    ----------
    width, height : int
        Size of the video, pixels.

    Returns
    -------
    int

    >>> panel_height(640, 480), panel_height(96, 64)
    (139, 99)
    """
    return round(150 * _unit(width, height))


@dataclass(frozen=True, eq=False)
class Panel:
    """Content of the panel for the whole video.

    Parameters
    ----------
    unit : float
        Scale of letters and lines; 1 for a video of 640x480.
    waveforms : tuple of Signal
        Parts of the waveform without gaps, scaled to -1 to 1.
    beats_s : float64 array, shape (beats,)
        Times of the beats, seconds.
    windows : tuple of WindowVitals
    rejected : list of (start_s, end_s)
        Rejected time spans, seconds.
    reasons : tuple of str
        Rejection reasons of the video, shown at times without a window.
    """

    unit: float
    waveforms: tuple[Signal, ...]
    beats_s: NDArray[np.float64]
    windows: tuple[WindowVitals, ...]
    rejected: list[tuple[float, float]]
    reasons: tuple[str, ...]

    def paint(self, canvas: NDArray[np.uint8], t_s: float) -> None:
        """Draw the panel at a time of the video, in place.

        Parameters
        ----------
        canvas : uint8 array, shape (height, width, 3)
            Part of the RGB frame that the panel fills.
        t_s : float
            Timestamp of the frame, seconds.
        """
        canvas[:] = _PAPER
        margin, u = round(12 * self.unit), self.unit
        self._words(canvas, t_s, margin)
        field = canvas[round(66 * u) : -max(1, round(8 * u)), margin:-margin]
        for start_s, end_s in self.rejected:
            left, right = (self._x(field, t, t_s) for t in (start_s, end_s))
            if left < field.shape[1] and right > 0:
                field[:, max(0, int(left)) : max(0, int(right))] = _REJECTED
        for wave in self.waveforms:
            self._curve(field, wave, t_s)

    def _words(self, canvas: NDArray[np.uint8], t_s: float, margin: int) -> None:
        u, right = self.unit, canvas.shape[1] - margin
        window = window_at(self.windows, t_s)
        clock = f"{t_s:.1f} s"
        taken = _write(canvas, clock, (right, round(28 * u)), 13 * u, _SOFT, align_right=True)
        room = right - margin - taken - round(12 * u)
        if window is not None and window.hr_bpm is not None:
            rate = f"{window.hr_bpm:.1f} bpm"
            _write(canvas, rate, (margin, round(30 * u)), 19 * u, _GOOD, room)
            below = SHORT_NOTICE
        else:
            _write(canvas, "no reliable pulse", (margin, round(30 * u)), 17 * u, _BAD, room)
            reasons = window.reasons if window is not None else self.reasons
            # there is room for one reason with its advice
            why = advice(reasons[:1]) if reasons else "Nothing was measured here."
            more = f" (+{len(reasons) - 1} more)" if len(reasons) > 1 else ""
            below = f"{sentence(why)}{more} {SHORT_NOTICE}"
        _write(canvas, below, (margin, round(53 * u)), 12 * u, _SOFT, right - margin)

    def _x(self, field: NDArray[np.uint8], t: float, now_s: float) -> float:
        """Return the x coordinate of a time, with room for the dot at the newest sample."""
        width = field.shape[1] - 5 * self.unit
        return float(width * (1 - (now_s - t) / VIEW_S))

    def _curve(self, field: NDArray[np.uint8], wave: Signal, now_s: float) -> None:
        t = wave.t
        a, b = np.searchsorted(t, [now_s - VIEW_S, now_s + 1e-6], side="right").tolist()
        if b - a < 2:
            return
        xs = [self._x(field, time, now_s) for time in t[a:b]]
        points = np.column_stack([xs, self._y(field, wave.values[a:b])])
        fixed = np.round(points * (1 << _SHIFT)).astype(np.int32)
        thick = max(1, round(1.8 * self.unit))
        cv2.polylines(field, [fixed], False, _LINE, thick, cv2.LINE_AA, _SHIFT)
        inside = self.beats_s[(self.beats_s >= t[a]) & (self.beats_s <= t[b - 1])]
        heights = self._y(field, np.interp(inside, t[a:b], wave.values[a:b]))
        for beat, height in zip(inside, heights, strict=True):
            self._dot(field, self._x(field, beat, now_s), height, _BEAT)
        if now_s - t[b - 1] < 2 / wave.fs:
            self._dot(field, points[-1, 0], points[-1, 1], _INK)

    def _y(self, field: NDArray[np.uint8], values: NDArray[np.float64]) -> NDArray[np.float64]:
        half = field.shape[0] / 2
        y: NDArray[np.float64] = half - np.clip(values, -1, 1) * (half - 4 * self.unit)
        return y

    def _dot(
        self, field: NDArray[np.uint8], x: float, y: float, colour: tuple[int, int, int]
    ) -> None:
        centre = (round(x * (1 << _SHIFT)), round(y * (1 << _SHIFT)))
        radius = round(3.2 * self.unit * (1 << _SHIFT))
        cv2.circle(field, centre, radius, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def make_panel(vitals: Vitals, width: int, height: int) -> Panel:
    """Make the panel of a video.

    Parameters
    ----------
    vitals : Vitals
    width, height : int
        Size of the video, pixels.

    Returns
    -------
    Panel

    >>> nothing = Vitals("a.mp4", "pos", None, 9.0, 30.0, (), reasons=("no_face",))
    >>> make_panel(nothing, 640, 480).waveforms
    ()
    """
    filtered = drawn_waveform(vitals)
    size = _usual_size(vitals, filtered)
    return Panel(
        unit=_unit(width, height),
        waveforms=tuple(Signal(p.values / size, p.fs, p.start_s) for p in filtered),
        beats_s=np.zeros(0) if vitals.beats_s is None else vitals.beats_s,
        windows=vitals.windows,
        rejected=rejected_spans(vitals.windows),
        reasons=vitals.reasons,
    )


def _usual_size(vitals: Vitals, filtered: Sequence[Signal]) -> float:
    """Return the amplitude drawn as 1: a little more than that of the accepted pulse, or of all."""
    good = [p.between(w.start_s, w.end_s) for w in vitals.windows if w.accepted for p in filtered]
    values = np.concatenate([np.zeros(1), *(part.values for part in (good or filtered))])
    return max(1.2 * float(np.quantile(np.abs(values), 0.98)), 1e-12)


def _write(
    canvas: NDArray[np.uint8],
    text: str,
    at: tuple[int, int],
    size: float,
    colour: tuple[int, int, int],
    room: int | None = None,
    *,
    align_right: bool = False,
) -> int:
    """Write a line with capitals ``size`` pixels high, or smaller to fit, and return its width."""
    # the font has ASCII letters only
    plain = text.encode("ascii", "replace").decode()
    thick = max(1, round(size / 12))
    scale = cv2.getFontScaleFromHeight(_FONT, max(1, round(size)), thick)
    width = cv2.getTextSize(plain, _FONT, scale, thick)[0][0]
    if room is not None and width > room:
        scale, width = scale * room / width, room
    start = (at[0] - width, at[1]) if align_right else at
    cv2.putText(canvas, plain, start, _FONT, scale, colour, thick, cv2.LINE_AA)
    return width
