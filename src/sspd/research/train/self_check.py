"""Whether a training learned a pulse, seen without labels.

The rates that a network reads in probe clips of its own videos are held against those of
POS, an algorithm that learns nothing, on the mean colour of the same pictures, where that is
sure of itself: one clear line, the same in both halves of the clip. A network that follows
noise, the video's beat or nothing agrees with it by chance, one that says the same of every
video not even where hearts differ.
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
from sspd.research.train.sampler import ClipRecipe, Draw, Video, clip_at
from sspd.signal import bandpass, integrate, power_spectrum, pulse_frequency
from sspd.signal.color.pos import POS_WINDOW_S, pos_waveform

#: Clips that are looked at, of epochs that no training and no statistics reach.
PROBES, PROBE_EPOCH = 16, 1 << 21
#: Of shorter clips no rate is read, seconds.
SHORTEST_S = 2 * POS_WINDOW_S
#: Where rates are looked for, and what is let through before, Hz.
RATES_HZ, PASS_HZ = (0.66, 3.5), (0.5, 4.0)
#: Half the width of a line: of a rhythm so many seconds long, in periods; Hann's is 2.
LINE_PERIODS = 2.0
#: Rates so near are the same, beats a minute.
AGREE_BPM = 5.0
#: POS is sure where so much of its power lies in its line.
SURE_IN_LINE = 0.55
#: Fewer clips in which it is say nothing: by chance one in twelve agrees with it.
LEAST_JUDGED = 5
#: Shares of those that agree with POS: from the first on a pulse was learned, up to the
#: second one was not. Nine networks after short trainings and three after none looked at
#: videos of four or five kinds, 57 pairs whose truth is known: where half or more of other
#: videos of the kind were read right 0.2 or more agreed, 0.4 or more in 51 of 54; where less
#: were (three), 0.2 or less.
LEARNED, NOT_LEARNED = 0.4, 0.2
#: Below this share of power in its line the network says nothing of most clips.
LEAST_IN_LINE = 0.4

#: Maps faces of one clip (t + 1, 3, s, s), levels 0-255, to a waveform (t,).
ForwardClip = Callable[[Tensor], NDArray[np.float64]]
Verdict = Literal["learned a pulse", "collapsed", "undecided"]


@dataclass(frozen=True)
class SelfCheck:
    """What is seen of a network in probe clips; NaN where nothing can be said."""

    clips: int
    judged: int
    """Clips in which POS is sure of itself."""
    with_pos: float
    """Share of those in which its rate is within `AGREE_BPM` of that of POS."""
    in_line: float
    """Share of its power in the line of its rate, median of the clips."""
    halves: float
    """Share of the clips of whose two halves it gives the same rate."""
    spread_bpm: float
    """Standard deviation of its rates."""
    pos_in_line: float
    """`in_line` of POS: how much of a pulse can be seen at all."""

    @property
    def score(self) -> float:
        """By which of several states of a training the best is taken."""
        return (self.with_pos if self.judged else 0.0) + (self.in_line if self.clips else 0.0)

    def to_dict(self) -> dict[str, float | None]:
        """Plain types for JSON; None where nothing can be said."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def probe_clips(
    videos: Sequence[Video], recipe: ClipRecipe, seed: int, n: int = PROBES
) -> Iterator[Tensor]:
    """Clips of the videos in turn, each (t + 1, 3, s, s); the same seed, the same clips.

    Parameters
    ----------
    videos : sequence of Video
    recipe : ClipRecipe
    seed, n : int
    """
    for i in range(n):
        draw = Draw(PROBE_EPOCH + i // len(videos), i % len(videos))
        yield torch.from_numpy(clip_at(videos[draw.video], draw, recipe, seed))


def read_signs(
    forward_clip: ForwardClip,
    clips: Iterable[Tensor],
    fs: float,
    *,
    bgr: bool = False,
    summations: int | None = None,
) -> SelfCheck:
    """Look at a network through probe clips.

    Parameters
    ----------
    forward_clip : callable
        The network on one clip.
    clips : iterable of Tensor, shape (t + 1, 3, s, s)
        As `probe_clips` gives them.
    fs : float
        Pictures a second, Hz.
    bgr : bool
        Whether the channels are blue, green and red.
    summations : int or None
        How often its output is summed before it is read (`estimate_output_convention`);
        None: not known yet, and the sum counts by which most rates are those of POS.

    Examples
    --------
    >>> clip = torch.rand(151, 3, 8, 8) + torch.sin(torch.arange(151.0) / 4)[:, None, None, None]
    >>> signs = read_signs(lambda c: c[1:].mean((1, 2, 3)).double().numpy(), [100 + clip] * 2, 30.0)
    >>> signs.clips, signs.in_line > 0.9, signs.spread_bpm
    (2, True, 0.0)
    """
    waves, colours = [], []
    for clip in clips:
        wave = np.asarray(forward_clip(clip), np.float64)
        waves.append(wave if np.isfinite(wave).all() else np.zeros_like(wave))
        colours.append(skin_wave(clip, fs, bgr=bgr))
    if not waves or len(waves[0]) < SHORTEST_S * fs:
        return SelfCheck(0, 0, *[float("nan")] * 5)
    pos = _readings(colours, fs, 0)
    sure = pos.halves & (pos.in_line >= SURE_IN_LINE)
    sums = range(MOST_SUMMATIONS + 1) if summations is None else [summations]
    tried = [_readings(waves, fs, times) for times in sums]
    near = [60 * np.abs(each.rates_hz - pos.rates_hz)[sure] <= AGREE_BPM for each in tried]
    lines = [float(np.median(each.in_line)) for each in tried]
    best = max(range(len(tried)), key=lambda k: (near[k].sum(), lines[k]))
    own, agree = tried[best], near[best]
    known = own.rates_hz[np.isfinite(own.rates_hz)]
    return SelfCheck(
        clips=len(waves),
        judged=int(sure.sum()),
        with_pos=float(agree.mean()) if sure.any() else float("nan"),
        in_line=lines[best],
        halves=float(own.halves.mean()),
        spread_bpm=float(60 * known.std()) if known.size else 0.0,
        pos_in_line=float(np.median(pos.in_line)),
    )


class _Readings(NamedTuple):
    """Of each clip: the rate, the share of power in its line, whether both halves have it."""

    rates_hz: NDArray[np.float64]
    in_line: NDArray[np.float64]
    halves: NDArray[np.bool_]


def _readings(waves: Sequence[NDArray[np.float64]], fs: float, times: int) -> _Readings:
    """What waveforms, summed so many times, say."""
    found = [_read(integrate(wave, fs, times), fs) for wave in waves]
    return _Readings(*(np.array(column) for column in zip(*found, strict=True)))


def _read(wave: NDArray[np.float64], fs: float) -> tuple[float, float, bool]:
    """Rate, Hz; share of power in its line; whether both halves have it."""
    if np.ptp(wave) == 0:
        return float("nan"), 0.0, False
    filtered = bandpass(wave, fs, PASS_HZ)
    rate = pulse_frequency(filtered, fs, RATES_HZ)
    freqs, power = power_spectrum(filtered, fs, PASS_HZ)
    near = np.abs(freqs - rate) <= LINE_PERIODS * fs / len(wave)
    line = float(power[near].sum() / max(power.sum(), 1e-300))
    half = len(filtered) // 2
    parts = [pulse_frequency(part, fs, RATES_HZ) for part in (filtered[:half], filtered[half:])]
    same = all(60 * abs(part - rate) <= 2 * AGREE_BPM for part in parts)
    return rate, line, same


def skin_wave(clip: Tensor, fs: float, *, bgr: bool = False) -> NDArray[np.float64]:
    """POS of the middle of the faces; of pictures without colour, their brightness.

    Parameters
    ----------
    clip : Tensor, shape (t + 1, 3, s, s)
        Levels 0-255.
    fs : float
    bgr : bool

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


def diagnose(signs: SelfCheck) -> tuple[Verdict, str]:
    """What the signs of a finished network say of its training, and why.

    Parameters
    ----------
    signs : SelfCheck

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
    if not signs.clips:
        return "undecided", "no clip is long enough to say"
    if signs.in_line < LEAST_IN_LINE:
        return "collapsed", f"{100 * signs.in_line:.0f} % of its power lies in a line"
    if signs.judged < LEAST_JUDGED:
        sure = f"{signs.judged} of {signs.clips} clips"
        return "undecided", f"POS is sure of a pulse in {sure}, too few to say"
    agree = f"its rates are those of POS in {100 * signs.with_pos:.0f} % of {signs.judged} clips"
    why = f"{agree}, and spread by {signs.spread_bpm:.1f} bpm"
    if signs.with_pos >= LEARNED:
        return "learned a pulse", why
    return ("collapsed" if signs.with_pos <= NOT_LEARNED else "undecided"), why
