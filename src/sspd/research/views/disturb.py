"""Views that differ in light, noise, sharpness and coding, so that only the pulse is shared.

The two views of the paper differ in place, size and mask (Sec. III-B). Whatever else a video
contains is in both of them: light that drifts, noise of the sensor, steps of the codec. A
network can then agree with itself about these. Here each view gets its own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sspd.research.recipes import Disturbance

#: Side of a block of a codec, pixels of the view.
BLOCK_PX = 8
#: Frames between two key frames.
KEY_FRAMES = (8, 60)
#: Share of the drift that each colour has for itself, and that changes across the face.
_OWN_COLOUR, _ACROSS = 0.3, 0.5
#: Power of the frequency by which the drift's amplitude falls: between white and 1/f power.
_FALLS = (0.0, 1.0)


def disturb(view: Tensor, sizes: Disturbance | None, generator: torch.Generator) -> Tensor:
    """Add changes of light, noise, sharpness and coding to a view, each of a size that is drawn.

    Parameters
    ----------
    view : Tensor, shape (t, 3, h, w)
        Pixel values 0-255.
    sizes : Disturbance or None
        Largest sizes; None: the view is returned as it is, and nothing is drawn.
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    Tensor, shape (t, 3, h, w)
        A new one.

    Examples
    --------
    >>> g = torch.Generator().manual_seed(0)
    >>> disturb(torch.zeros(9, 3, 16, 16), Disturbance(noise_levels=1.0), g).shape
    torch.Size([9, 3, 16, 16])
    """
    if sizes is None:
        return view
    light, noise, block, blur = torch.rand(4, generator=generator).tolist()
    if sizes.light_percent:
        view = view * light_gains(view, sizes.light_percent / 100 * light, generator)
    if sizes.blur_px:
        view = blurred(view, sizes.blur_px * blur)
    if sizes.noise_levels:
        drawn = torch.randn(view.shape, generator=generator, dtype=view.dtype)
        view = torch.add(view, drawn.to(view.device), alpha=sizes.noise_levels * noise)
    if sizes.block_levels:
        view = view + block_offsets(view, sizes.block_levels * block, generator)
    return view


def light_gains(view: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    """Draw the gain of a drifting light, which falls a little askew on the face.

    Parameters
    ----------
    view : Tensor, shape (t, 3, h, w)
    deviation : float
        Standard deviation of the mean gain of a frame.
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    Tensor, shape (t, 3, h, w)
        Of mean 1 over time.

    Examples
    --------
    >>> g = torch.Generator().manual_seed(0)
    >>> gains = light_gains(torch.ones(300, 3, 8, 8), 0.01, g)
    >>> round(float(gains.mean(dim=(1, 2, 3)).std()), 4)
    0.01
    """
    t, _, h, w = view.shape
    power = float(torch.empty(()).uniform_(*_FALLS, generator=generator))
    drift = _drift(t, 6, power, generator)  # common, three colours, across, down
    colours = drift[:, :1] + _OWN_COLOUR * drift[:, 1:4]
    colours = colours / colours.mean(dim=1).std().clamp(min=1e-12)
    x = torch.linspace(-1, 1, w)
    y = torch.linspace(-1, 1, h)
    askew = drift[:, 4, None, None] * x + drift[:, 5, None, None] * y[:, None]
    gain = 1 + deviation * (colours[:, :, None, None] + _ACROSS * askew[:, None])
    return gain.to(view.device, view.dtype)


def _drift(t: int, n: int, power: float, generator: torch.Generator) -> Tensor:
    """Draw noise whose amplitude falls with a power of frequency; (t, n), variance 1, mean 0."""
    white = torch.fft.rfft(torch.randn(2 * t, n, generator=generator), dim=0)
    k = torch.arange(len(white), dtype=torch.float32)
    shaped = white * (k.clamp(min=1.0) ** -power * (k > 0))[:, None]
    drift = torch.fft.irfft(shaped, n=2 * t, dim=0)[:t]  # half: an end unlike the beginning
    drift = drift - drift.mean(dim=0)
    scaled: Tensor = drift / drift.std(dim=0).clamp(min=1e-12)
    return scaled


def blurred(view: Tensor, deviation_px: float) -> Tensor:
    """Apply a Gaussian blur; below a quarter of a pixel frames stay as they are.

    Parameters
    ----------
    view : Tensor, shape (t, 3, h, w)
    deviation_px : float
        Standard deviation, pixels.

    Returns
    -------
    Tensor, shape (t, 3, h, w)

    Examples
    --------
    >>> blurred(torch.ones(1, 3, 8, 8), 1.0).round(decimals=5).unique()
    tensor([1.])
    """
    if deviation_px < 0.25:
        return view
    # a matrix for each axis: far faster than convolutions of single channels
    down, across = (_blur_matrix(n, deviation_px).to(view) for n in view.shape[-2:])
    return down @ (view @ across.T)


def _blur_matrix(n: int, deviation_px: float) -> Tensor:
    """Return the weights of a blur along an axis of n pixels, (n, n); edges are repeated."""
    offsets = torch.arange(-math.ceil(3 * deviation_px), math.ceil(3 * deviation_px) + 1)
    weights = torch.exp(-0.5 * (offsets / deviation_px) ** 2)
    place = torch.arange(n)[:, None].expand(n, len(offsets))
    matrix = torch.zeros(n, n)
    pixels = (place + offsets).clamp(0, n - 1)
    return matrix.index_put_(
        (place, pixels), (weights / weights.sum()).expand_as(pixels), accumulate=True
    )


def block_offsets(view: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    """Draw offsets of the blocks of a codec: new at each key frame, smaller until the next.

    Parameters
    ----------
    view : Tensor, shape (t, 3, h, w)
    deviation : float
        Standard deviation at a key frame, pixel values.
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    Tensor, shape (t, 1, h, w)
        Equal for all colours, as the error of luma.

    Examples
    --------
    >>> g = torch.Generator().manual_seed(0)
    >>> block_offsets(torch.zeros(30, 3, 20, 20), 1.0, g).shape
    torch.Size([30, 1, 20, 20])
    """
    t, _, h, w = view.shape
    every = int(torch.randint(*KEY_FRAMES, (1,), generator=generator))
    first = int(torch.randint(0, every, (1,), generator=generator))
    number = (torch.arange(t) + first) // every
    since = ((torch.arange(t) + first) % every) / every
    rows, columns = (-(-side // BLOCK_PX) for side in (h, w))
    drawn = torch.randn(int(number[-1]) + 1, rows, columns, generator=generator)
    blocks = deviation * drawn[number] * (1 - since)[:, None, None]
    whole = blocks.repeat_interleave(BLOCK_PX, 1).repeat_interleave(BLOCK_PX, 2)
    return whole[:, None, :h, :w].to(view.device, view.dtype)
