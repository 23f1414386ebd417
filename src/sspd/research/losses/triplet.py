"""Triplet loss: views of one video close, the same video at another speed far (RemotePPG)."""

from __future__ import annotations

from torch import Tensor


def triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """Subtract the mean distance of all views to the negative from that to the positive.

    Parameters
    ----------
    anchor, positive, negative : Tensor, shape (views, frequencies)
        Spectra of views as fractions of the band's power.

    Returns
    -------
    Tensor, scalar

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
