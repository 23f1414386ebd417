"""The networks of other papers by name, each behind what turns faces into its input."""

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
from sspd.models.prepare import FromFaces, motion_and_looks, normalised_differences, standardised

#: Pictures among which channels are shifted, as the papers have it, or what of it divides
#: the clip.
CAN_FRAMES, EFFICIENT_FRAMES = 20, 10
PREPARE: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "pictures": standardised,
        "differences": normalised_differences,
        "both": motion_and_looks,
    }
)


class PerFrame(nn.Module):
    """A network of pictures, given clips.

    Parameters
    ----------
    network : nn.Module
        Maps (t, c, h, w) to (t,).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, clips: Tensor) -> Tensor:
        """Map (n, c, t, h, w) to (n, t)."""
        n, c, t, h, w = clips.shape
        pictures = clips.transpose(1, 2).reshape(n * t, c, h, w)
        wave: Tensor = self.network(pictures)
        return wave.view(n, t)


def _can(spec: BaselineSpec) -> nn.Module:
    return PerFrame(CAN(gcd(CAN_FRAMES, spec.clip), spec.size))


def _efficientphys(spec: BaselineSpec) -> nn.Module:
    return PerFrame(EfficientPhys(gcd(EFFICIENT_FRAMES, spec.clip), spec.size))


#: Name -> what builds it.
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
    """A network of another paper, from faces to a waveform.

    Parameters
    ----------
    spec : BaselineSpec

    Raises
    ------
    UsageError
        No network of that name.

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
        """Map faces (n, 3, t + 1, h, w) to waveforms of parts of the face, (n, parts, t).

        Parameters
        ----------
        faces : Tensor
            Levels 0-255. A network that does not look at parts gives one waveform.
        """
        given = self.prepare(faces)
        if isinstance(self.network, ContrastNet):
            return self.network.blocks(given)
        whole: Tensor = self.network(given)
        return whole[:, None]
