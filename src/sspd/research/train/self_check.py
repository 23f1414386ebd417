"""Check without labels whether a training learned a pulse.

The check compares the rates that a network reads in probe clips of its own videos with those of
POS, an algorithm without training, on the mean colour of the same frames. It uses clips in which
POS is reliable: one clear peak, the same in both halves of the clip. A network that follows noise,
the video's beat or nothing agrees with POS by chance; one that gives the same rate for every video
does not agree where heart rates differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sspd.models.spec import MOST_SUMMATIONS
from sspd.research.train.clip_recipe import ClipRecipe
from sspd.research.train.sampler import Draw, Video, clip_at
from sspd.signal import bandpass, integrate, power_spectrum, pulse_frequency
from sspd.signal.color.pos import POS_WINDOW_S, pos_waveform

#: Number of probe clips, and their first epoch, which no training and no statistics reach.
PROBES, PROBE_EPOCH = 16, 1 << 21
#: Shortest clip that a rate is read from, seconds.
SHORTEST_PROBE_S = 2 * POS_WINDOW_S
#: Range of rates, and pass band of the filter before, Hz.
PROBE_RATES_HZ, PROBE_BAND_HZ = (0.66, 3.5), (0.5, 4.0)
#: Half width of a spectral peak, in units of 1 / clip length; that of a Hann window is 2.
LINE_PERIODS = 2.0
#: Two rates agree if they differ by at most this, beats per minute.
POS_TOLERANCE_BPM = 5.0
#: POS is reliable if at least this fraction of its power is in its peak.
SURE_IN_LINE = 0.55
#: A verdict needs this many clips with a reliable POS: one in twelve agrees by chance.
LEAST_JUDGED = 5
#: Fractions of clips that agree with POS: at or above the first a pulse was learned, at or below
#: the second none was. They come from nine networks after short trainings and three untrained
#: ones, each on videos of four or five kinds with a known pulse, 57 pairs. Where the network read
#: at least half of other videos of that kind correctly, the fraction was 0.2 or more (0.4 or more
#: in 51 of 54 pairs); in the other three pairs it was 0.2 or less.
LEARNED, NOT_LEARNED = 0.4, 0.2
#: With a smaller fraction of power in its peak, the network has no clear rate in most clips.
LEAST_IN_LINE = 0.4

#: Maps faces of one clip (t + 1, 3, s, s), pixel values 0-255, to a waveform (t,).
ForwardClip = Callable[[Tensor], NDArray[np.float64]]
Verdict = Literal["learned a pulse", "collapsed", "undecided"]


@dataclass(frozen=True)
class SelfCheck:
    """Result of a network on probe clips; NaN if a value cannot be computed."""

    clips: int
    judged: int
    """Number of clips in which POS is reliable."""
    with_pos: float
    """Fraction of those in which its rate is within `POS_TOLERANCE_BPM` of that of POS."""
    in_line: float
    """Fraction of its power in the peak at its rate, median of the clips."""
    halves: float
    """Fraction of clips whose two halves have the same rate."""
    spread_bpm: float
    """Standard deviation of its rates."""
    pos_in_line: float
    """`in_line` of POS: how clear the pulse is in these clips."""

    @property
    def score(self) -> float:
        """Score by which the best state of a training is chosen."""
        return (self.with_pos if self.judged else 0.0) + (self.in_line if self.clips else 0.0)

    def to_dict(self) -> dict[str, float | None]:
        """Return plain types for JSON; None for NaN."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def probe_clips(
    videos: Sequence[Video], recipe: ClipRecipe, seed: int, n: int = PROBES
) -> Iterator[Tensor]:
    """Yield clips of the videos in turn; the same seed gives the same clips.

    Parameters
    ----------
    videos : sequence of Video
    recipe : ClipRecipe
    seed : int
    n : int
        Number of clips.

    Yields
    ------
    Tensor, shape (t + 1, 3, s, s)
        Pixel values 0-255.
    """
    for i in range(n):
        draw = Draw(PROBE_EPOCH + i // len(videos), i % len(videos))
        yield torch.from_numpy(clip_at(videos[draw.video], draw, recipe, seed))


def check_network(
    forward_clip: ForwardClip,
    clips: Iterable[Tensor],
    fs: float,
    *,
    bgr: bool = False,
    integration_order: int | None = None,
) -> SelfCheck:
    """Check a network on probe clips.

    Parameters
    ----------
    forward_clip : callable
        Runs the network on one clip.
    clips : iterable of Tensor, shape (t + 1, 3, s, s)
        From `probe_clips`.
    fs : float
        Frame rate, Hz.
    bgr : bool
        Whether the channels are blue, green and red.
    integration_order : int or None
        How often its output is summed before it is read (`estimate_output_convention`);
        None: not known yet; the order that agrees best with POS is used.

    Returns
    -------
    SelfCheck

    Examples
    --------
    >>> clip = torch.rand(151, 3, 8, 8) + torch.sin(torch.arange(151.0) / 4)[:, None, None, None]
    >>> def brightness(faces):
    ...     return faces[1:].mean((1, 2, 3)).double().numpy()
    >>> found = check_network(brightness, [100 + clip] * 2, 30.0)
    >>> found.clips, found.in_line > 0.9, found.spread_bpm
    (2, True, 0.0)
    """
    waves, colours = [], []
    for clip in clips:
        wave = np.asarray(forward_clip(clip), np.float64)
        waves.append(wave if np.isfinite(wave).all() else np.zeros_like(wave))
        colours.append(pos_of_clip(clip, fs, bgr=bgr))
    if not waves or len(waves[0]) < SHORTEST_PROBE_S * fs:
        return SelfCheck(0, 0, *[float("nan")] * 5)
    pos = _readings(colours, fs, 0)
    reliable = pos.halves & (pos.in_line >= SURE_IN_LINE)
    orders = range(MOST_SUMMATIONS + 1) if integration_order is None else [integration_order]
    tried = [_readings(waves, fs, times) for times in orders]
    near = [
        60 * np.abs(each.rates_hz - pos.rates_hz)[reliable] <= POS_TOLERANCE_BPM for each in tried
    ]
    lines = [float(np.median(each.in_line)) for each in tried]
    best = max(range(len(tried)), key=lambda k: (near[k].sum(), lines[k]))
    own, agree = tried[best], near[best]
    known = own.rates_hz[np.isfinite(own.rates_hz)]
    return SelfCheck(
        clips=len(waves),
        judged=int(reliable.sum()),
        with_pos=float(agree.mean()) if reliable.any() else float("nan"),
        in_line=lines[best],
        halves=float(own.halves.mean()),
        spread_bpm=float(60 * known.std()) if known.size else 0.0,
        pos_in_line=float(np.median(pos.in_line)),
    )


class _Readings(NamedTuple):
    """For each clip: its rate, the fraction of power in its peak, and if both halves agree."""

    rates_hz: NDArray[np.float64]
    in_line: NDArray[np.float64]
    halves: NDArray[np.bool_]


def _readings(waves: Sequence[NDArray[np.float64]], fs: float, times: int) -> _Readings:
    """Read waveforms after this many summations."""
    found = [_read(integrate(wave, fs, times), fs) for wave in waves]
    return _Readings(*(np.array(column) for column in zip(*found, strict=True)))


def _read(wave: NDArray[np.float64], fs: float) -> tuple[float, float, bool]:
    """Return the rate in Hz, the fraction of power in its peak, and if both halves agree."""
    if np.ptp(wave) == 0:
        return float("nan"), 0.0, False
    filtered = bandpass(wave, fs, PROBE_BAND_HZ)
    rate = pulse_frequency(filtered, fs, PROBE_RATES_HZ)
    freqs, power = power_spectrum(filtered, fs, PROBE_BAND_HZ)
    near = np.abs(freqs - rate) <= LINE_PERIODS * fs / len(wave)
    line = float(power[near].sum() / max(power.sum(), 1e-300))
    half = len(filtered) // 2
    parts = [
        pulse_frequency(part, fs, PROBE_RATES_HZ) for part in (filtered[:half], filtered[half:])
    ]
    same = all(60 * abs(part - rate) <= 2 * POS_TOLERANCE_BPM for part in parts)
    return rate, line, same


def pos_of_clip(clip: Tensor, fs: float, *, bgr: bool = False) -> NDArray[np.float64]:
    """Compute POS of the middle of the faces; for frames without colour, their brightness.

    Parameters
    ----------
    clip : Tensor, shape (t + 1, 3, s, s)
        Pixel values 0-255.
    fs : float
        Frame rate, Hz.
    bgr : bool
        Whether the channels are blue, green and red.

    Returns
    -------
    float64 array, shape (t + 1,)
    """
    side = clip.shape[-1]
    low, high = side // 4, side - side // 4
    rgb = clip[:, :, low:high, low:high].double().mean(dim=(2, 3)).numpy()
    rgb = np.maximum(rgb[:, ::-1] if bgr else rgb, 1e-3)
    if np.abs(rgb - rgb[:, :1]).max() < 1e-3:
        return np.asarray(-rgb[:, 0])
    if len(rgb) < POS_WINDOW_S * fs + 1:
        return np.zeros(len(rgb))
    return pos_waveform(rgb, fs)


def diagnose(check: SelfCheck) -> tuple[Verdict, str]:
    """Return the verdict on a training from the self-check of its finished network.

    Parameters
    ----------
    check : SelfCheck

    Returns
    -------
    verdict : str
        ``learned a pulse``, ``collapsed`` (it follows something else or nothing) or
        ``undecided``.
    why : str
        One line.

    Examples
    --------
    >>> diagnose(SelfCheck(16, 12, 0.81, 0.7, 0.9, 25.0, 0.6))[0]
    'learned a pulse'
    >>> diagnose(SelfCheck(16, 12, 0.06, 0.9, 1.0, 0.2, 0.6))
    ('collapsed', 'its rates are those of POS in 6 % of 12 clips, and spread by 0.2 bpm')
    >>> diagnose(SelfCheck(16, 2, 0.5, 0.6, 0.3, 15.0, 0.4))
    ('undecided', 'POS is sure of a pulse in 2 of 16 clips, too few to say')
    """
    if not check.clips:
        return "undecided", "no clip is long enough to say"
    if check.in_line < LEAST_IN_LINE:
        return "collapsed", f"{100 * check.in_line:.0f} % of its power lies in a line"
    if check.judged < LEAST_JUDGED:
        sure = f"{check.judged} of {check.clips} clips"
        return "undecided", f"POS is sure of a pulse in {sure}, too few to say"
    agree = f"its rates are those of POS in {100 * check.with_pos:.0f} % of {check.judged} clips"
    why = f"{agree}, and spread by {check.spread_bpm:.1f} bpm"
    if check.with_pos >= LEARNED:
        return "learned a pulse", why
    return ("collapsed" if check.with_pos <= NOT_LEARNED else "undecided"), why
