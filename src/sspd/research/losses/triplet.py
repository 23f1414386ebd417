"""A video and its like near, the same video at another speed far (RemotePPG)."""

from __future__ import annotations

from torch import Tensor


def triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """Mean distance of all views to the positive's less that to the negative's.

    Parameters
    ----------
    anchor, positive, negative : Tensor, shape (views, frequencies)
        Spectra of views as shares of their bands.

    Notes
    -----
    Gideon and Stent, ICCV 2021, Sec. 3.4 (multi-view triplet loss), with squared distances
    of spectra, its measure for pulses of unknown phase.

    Examples
    --------
    >>> import torch
    >>> one, other = torch.eye(2)[:1], torch.eye(2)[1:]
    >>> triplet(one, one, other).item()
    -2.0
    """
    near = (anchor[:, None] - positive[None]).square().sum(dim=2)
    far = (anchor[:, None] - negative[None]).square().sum(dim=2)
    return (near - far).mean()
