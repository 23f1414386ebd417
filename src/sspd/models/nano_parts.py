"""Parts of the small streaming network: each maps a chunk and what it remembers to both anew."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspd.models.nano_spec import TIME_KERNEL

#: Memory of the running mean of faces, by which differences are divided, seconds.
MEAN_S = 2.0
#: Added to that mean, pixel values: in the dark, noise is not enlarged without bound.
DARK = 8.0
#: Factors on the relative change since the frame before and since the mean of the last seconds:
#: a pulse of 0.3 % becomes about 0.1. Beyond `CLIP` it is motion, and is cut off.
DIFFERENCE_GAIN, CENTRED_GAIN, CLIP = 100.0, 50.0, 4.0
#: Slope of the rectifiers below 0.
SLOPE = 0.2
#: The count of frames stops here, long after it has no effect; float32 would lose ones later.
MOST_COUNT = 1e6


def gains(count: Tensor, t: int, fs: float, memory_s: float) -> Tensor:
    """Return the weights of the next frames in a running mean.

    The first frames count alike, so that the mean is right from the first one on; later ones
    count exponentially.

    Parameters
    ----------
    count : Tensor, shape (n, 1)
        Frames before these.
    t : int
        Number of frames.
    fs : float
        Frame rate, Hz.
    memory_s : float
        Time constant, seconds.

    Returns
    -------
    Tensor, shape (n, t)

    >>> gains(torch.zeros(1, 1), 3, 30.0, 2.0)
    tensor([[1.0000, 0.5000, 0.3333]])
    """
    number = count + torch.arange(1, t + 1, dtype=count.dtype, device=count.device)
    return torch.clamp(1 / number, min=1 / (memory_s * fs + 1))


def running_mean(values: Tensor, mean: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Average values over the past, frame by frame.

    Parameters
    ----------
    values : Tensor, shape (n, t, ...)
    mean : Tensor, shape (n, ...)
        The mean before these.
    weights : Tensor, shape (n, t)
        From `gains`.

    Returns
    -------
    means : Tensor, shape (n, t, ...)
    mean : Tensor, shape (n, ...)
        The last one.
    """
    n, t = int(values.shape[0]), int(values.shape[1])
    # taken apart once: the gradient of each indexed frame would be as large as all of them
    frames = (values[:, 0],) if t == 1 else values.unbind(dim=1)
    means = []
    for k, frame in enumerate(frames):
        weight = weights[:, k].reshape(n, *[1] * (mean.ndim - 1))
        mean = mean + weight * (frame - mean)
        means.append(mean)
    return torch.stack(means, dim=1), mean


def earlier(values: Tensor, held: Tensor, step: int) -> tuple[list[Tensor], Tensor]:
    """Return values beside those one and two steps before.

    Parameters
    ----------
    values : Tensor, shape (n, t, ...)
    held : Tensor, shape (n, 2 * step, ...)
        The last ones before these.
    step : int
        Frames.

    Returns
    -------
    rows : list of Tensor, each shape (n, t, ...)
        Two steps before, one step before, now.
    held : Tensor, shape (n, 2 * step, ...)
        The last ones now.
    """
    t = int(values.shape[1])
    whole = torch.cat([held, values], dim=1)
    return [whole[:, k * step : k * step + t] for k in range(TIME_KERNEL)], whole[:, t:]


class RegionMemory(nn.Module):
    """Convolution in time of each region's channels, added to them.

    Parameters
    ----------
    channels : int
    step : int
        Frames between the three that are joined.
    """

    def __init__(self, channels: int, step: int) -> None:
        super().__init__()
        self.step = step
        self.join = nn.Conv2d(TIME_KERNEL * channels, channels, 1)

    def forward(self, maps: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
        """Map the maps of frames and those of the frames before to new ones.

        Parameters
        ----------
        maps : Tensor, shape (n, t, c, h, w)
        held : Tensor, shape (n, 2 * step, c, h, w)

        Returns
        -------
        maps : Tensor, shape (n, t, c, h, w)
        held : Tensor, shape (n, 2 * step, c, h, w)
            The last ones now.
        """
        rows, held = earlier(maps, held, self.step)
        joined = self.join(frames_apart(torch.cat(rows, dim=2)))
        return maps + rectified(joined).reshape([int(side) for side in maps.shape]), held


class GatedMemory(nn.Module):
    """Gated temporal convolution with a residual path (WaveNet, van den Oord et al., 2016).

    Parameters
    ----------
    width : int
        Channels.
    dilation : int
        Frames between the three that are joined.
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.join = nn.Linear(TIME_KERNEL * width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, values: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
        """Map the values of frames and those of the frames before to new ones.

        Parameters
        ----------
        values : Tensor, shape (n, t, width)
        held : Tensor, shape (n, 2 * dilation, width)

        Returns
        -------
        values : Tensor, shape (n, t, width)
        held : Tensor, shape (n, 2 * dilation, width)
            The last ones now.
        """
        rows, held = earlier(values, held, self.dilation)
        content, gate = self.join(torch.cat(rows, dim=2)).chunk(2, dim=2)
        return values + self.out(torch.tanh(content) * torch.sigmoid(gate)), held


def frames_apart(values: Tensor) -> Tensor:
    """Join the axes of videos and frames, for layers that know no time.

    Parameters
    ----------
    values : Tensor, shape (n, t, c, h, w)

    Returns
    -------
    Tensor, shape (n * t, c, h, w)
    """
    n, t, *shape = (int(side) for side in values.shape)
    return values.reshape(n * t, *shape)


def rectified(values: Tensor) -> Tensor:
    """Apply the leaky rectifier.

    Parameters
    ----------
    values : Tensor

    Returns
    -------
    Tensor
    """
    return torch.nn.functional.leaky_relu(values, SLOPE)
