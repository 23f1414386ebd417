"""Networks of other papers by name, each with the preparation of its input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import gcd
from types import MappingProxyType

from torch import Tensor, nn

from sspd.errors import UsageError
from sspd.models.baseline_spec import BaselineSpec
from sspd.models.can import CAN
from sspd.models.efficientphys import EfficientPhys
from sspd.models.hr_cnn import Extractor
from sspd.models.physformer import PhysFormer
from sspd.models.physnet import ContrastNet, PhysNet
from sspd.models.prepare import (
    FromFaces,
    motion_and_appearance,
    normalised_differences,
    standardised,
)

#: Lengths of the groups of frames in which channels are shifted, as in the papers; a clip that
#: is no multiple of it takes the greatest common divisor.
CAN_FRAMES, EFFICIENT_FRAMES = 20, 10
#: Preparation of each kind of input, by name.
PREPARE: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "pictures": standardised,
        "differences": normalised_differences,
        "both": motion_and_appearance,
    }
)


class PerFrame(nn.Module):
    """Network of single frames, applied to clips.

    Parameters
    ----------
    network : nn.Module
        Maps (t, c, h, w) to (t,).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips to waveforms.

        Parameters
        ----------
        clips : Tensor, shape (n, c, t, h, w)

        Returns
        -------
        Tensor, shape (n, t)
        """
        n, c, t, h, w = clips.shape
        frames = clips.transpose(1, 2).reshape(n * t, c, h, w)
        wave: Tensor = self.network(frames)
        return wave.view(n, t)


def _can(spec: BaselineSpec) -> nn.Module:
    return PerFrame(CAN(gcd(CAN_FRAMES, spec.clip), spec.size))


def _efficientphys(spec: BaselineSpec) -> nn.Module:
    return PerFrame(EfficientPhys(gcd(EFFICIENT_FRAMES, spec.clip), spec.size))


#: Functions that build a network from its specification, by name.
NETWORKS: Mapping[str, Callable[[BaselineSpec], nn.Module]] = MappingProxyType(
    {
        "can": _can,
        "contrast-phys": lambda spec: ContrastNet(regions=2),
        "deepphys": lambda spec: PerFrame(CAN(None, spec.size)),
        "efficientphys": _efficientphys,
        "hr-cnn": lambda spec: PerFrame(Extractor(spec.size)),
        "physformer": lambda spec: PhysFormer(),
        "physnet": lambda spec: PhysNet(),
        "remotephys": lambda spec: ContrastNet(regions=1),
    }
)


class Baseline(FromFaces):
    """Network of another paper, from faces to a waveform.

    Parameters
    ----------
    spec : BaselineSpec

    Raises
    ------
    UsageError
        There is no network of that name.

    Examples
    --------
    >>> import torch
    >>> network = Baseline(BaselineSpec("physnet", fs=30.0, size=32, clip=8)).eval()
    >>> network(torch.zeros(1, 3, 9, 32, 32)).shape
    torch.Size([1, 8])
    """

    def __init__(self, spec: BaselineSpec) -> None:
        if spec.network not in NETWORKS:
            raise UsageError(f"no network {spec.network!r}; there are: {', '.join(NETWORKS)}")
        super().__init__(PREPARE[spec.input], NETWORKS[spec.network](spec))
        self.spec = spec

    def regions(self, faces: Tensor) -> Tensor:
        """Map faces to waveforms of the network's regions of the face.

        Parameters
        ----------
        faces : Tensor, shape (n, 3, t + 1, h, w)
            Pixel values 0-255.

        Returns
        -------
        Tensor, shape (n, regions, t)
            One region for a network without regions.
        """
        given = self.prepare(faces)
        if isinstance(self.network, ContrastNet):
            return self.network.blocks(given)
        whole: Tensor = self.network(given)
        return whole[:, None]
