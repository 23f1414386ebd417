"""Import of weights of the code that the paper's authors released.

Their networks take BGR differences and name their layers differently. Their pyramids divide
the attention by the number of tokens, apply tanh after the projection and resample the residual
to the nearest token (see the recipe ``released``).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from sspd.errors import WeightsError
from sspd.models.checkpoint import LARGEST_FILE_BYTES
from sspd.models.network import MeasuringNetwork
from sspd.models.pyramid import SelfSimilarityModel
from sspd.models.spec import NetworkSpec

#: Frame rate of the released code, Hz.
RELEASED_FS = 30.0

_BACKBONE = {
    "BN.": "backbone.norm.",
    "backbone_step4.Conv_Layer1.": "backbone.conv.",
    "backbone_step4.BN1.": "backbone.conv_norm.",
    **{
        f"backbone_step{i + 1}.{theirs}.": f"backbone.blocks.{i}.{ours}."
        for i in range(3)
        for theirs, ours in (
            ("Conv_Layer1", "conv1"),
            ("BN1", "norm1"),
            ("Conv_Layer2", "conv2"),
            ("BN2", "norm2"),
        )
    },
    **{f"predictor.bn{i}.": f"predictor.norm{i}." for i in (1, 2, 3)},
    **{f"predictor.conv{i}.": f"predictor.conv{i}." for i in (1, 2, 3, 4)},
}
_PYRAMID = {
    "attn.proj_q.": "attention.query.",
    "attn.proj_k.": "attention.key.",
    "attn.proj_v.": "attention.value.",
    "proj.": "projection.",
    "tokenizer.": "tokenizer.",
}


def _rename(name: str, table: Mapping[str, str]) -> str | None:
    for theirs, ours in table.items():
        if name.startswith(theirs):
            return ours + name[len(theirs) :]
    return None


def import_released(path: str | Path, name: str = "released") -> MeasuringNetwork:
    """Read a state dict of the released code (``.pth``) into a measuring network.

    The file is unpickled with PyTorch's ``weights_only`` reader, which builds only tensors and
    plain containers and executes nothing.

    Parameters
    ----------
    path : str or Path
        A state dict with the released layer names. The prefix ``module.`` and the layers of
        the pyramid are ignored.
    name : str
        Name of the weights, for reports.

    Returns
    -------
    MeasuringNetwork
        In evaluation mode.

    Raises
    ------
    WeightsError
        The file is missing or unsafe, or its layers are not those of the network.
    """
    path = Path(path)
    state = _read_state(path)
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        plain = key.removeprefix("module.")
        if plain.startswith("ts_block"):
            continue
        ours = _rename(plain, _BACKBONE)
        if ours is None:
            raise WeightsError(f"{path}: layer {key!r} is not one of the released network")
        renamed[ours] = value
    network = MeasuringNetwork(NetworkSpec(fs=RELEASED_FS, colour="bgr", name=name))
    try:
        network.load_state_dict(renamed, strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"{path}: its layers do not fit the network ({reason})") from error
    if not all(torch.isfinite(value).all() for value in network.state_dict().values()):
        raise WeightsError(f"{path}: holds numbers that are not finite")
    return network.eval()


def _read_state(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise WeightsError(f"{path}: larger than any weights of this network")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged pickles may raise any exception
        raise WeightsError(
            f"{path}: not a bare PyTorch state dict that can be read safely"
        ) from error
    if not isinstance(state, dict) or not all(
        isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()
    ):
        raise WeightsError(f"{path}: not a bare state dict (names to tensors)")
    return state


def load_released_pyramid(model: SelfSimilarityModel, state: Mapping[str, Tensor]) -> None:
    """Load a pyramid, in place, from layers like ``ts_block1.tokenizer.conv.weight``.

    Parameters
    ----------
    model : SelfSimilarityModel
        Pyramid to fill.
    state : mapping of str to Tensor
        Layers of the released code.

    Raises
    ------
    WeightsError
        A layer is not one of the released pyramid.
    """
    renamed = {}
    for key, value in state.items():
        block, _, rest = key.partition(".")
        ours = _rename(rest, _PYRAMID)
        if ours is None:
            raise WeightsError(f"layer {key!r} is not one of the released pyramid")
        renamed[f"blocks.{int(block.removeprefix('ts_block')) - 1}.{ours}"] = value
    model.load_state_dict(renamed, strict=True)
