"""Checkpoints: safetensors files with the settings of the network as JSON in the header.

A file contains everything a measurement needs (`NetworkSpec`) and how it was made
(``made_by``). Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from sspd.errors import UsageError, WeightsError
from sspd.models.baseline_spec import BaselineSpec
from sspd.models.baselines import Baseline
from sspd.models.header import CHECKSUM, check_header, checksum, split_header
from sspd.models.nano import NanoNetwork
from sspd.models.nano_spec import NanoSpec
from sspd.models.network import MeasuringNetwork
from sspd.models.spec import NetworkSpec
from sspd.utils.files import write_whole
from sspd.utils.schema import strict_json, table

#: Names of the file format, in the header of every file.
FORMAT, BASELINE_FORMAT, NANO_FORMAT = "sspd-1", "sspd-baseline-1", "sspd-nano-1"
#: Networks that a checkpoint holds.
AnyNetwork = MeasuringNetwork | Baseline | NanoNetwork
#: Kinds of checkpoints, for messages.
_KINDS = {
    FORMAT: "of sspd",
    BASELINE_FORMAT: "of a method that is compared",
    NANO_FORMAT: "of the small network nano",
}
#: Keys of the header's metadata.
FACTS = ("format", "network", "made_by", CHECKSUM)
Spec = TypeVar("Spec")
Net = TypeVar("Net", bound=nn.Module)
#: Largest file that is read; no weights of these networks are larger.
LARGEST_FILE_BYTES = 1 << 30


def save_checkpoint(
    network: AnyNetwork, path: str | Path, made_by: dict[str, Any] | None = None
) -> None:
    """Write a network to a checkpoint file, atomically.

    Parameters
    ----------
    network : MeasuringNetwork, Baseline or NanoNetwork
    path : str or Path
        Output file, usually with the suffix ``.safetensors``.
    made_by : dict or None
        Origin of the weights, such as recipe, seed and steps (JSON types).

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    from safetensors.torch import save

    spec = json.dumps(network.spec.to_dict())
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    small = NANO_FORMAT if isinstance(network, NanoNetwork) else BASELINE_FORMAT
    kind = FORMAT if isinstance(network, MeasuringNetwork) else small
    metadata = {"format": kind, "network": spec, "made_by": json.dumps(made_by or {})}
    write_whole(Path(path), _with_sorted_facts(save(tensors, metadata=metadata)))


def _with_sorted_facts(data: bytes) -> bytes:
    """Return the file with a checksum, and with sorted metadata for reproducible bytes."""
    header, start = split_header(data)
    header["__metadata__"][CHECKSUM] = checksum(header, data[start:])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data[start:]


def load_checkpoint(path: str | Path) -> tuple[MeasuringNetwork, dict[str, Any]]:
    """Read a network from a checkpoint of `save_checkpoint`.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    network : MeasuringNetwork
        In evaluation mode, on the CPU.
    made_by : dict
        Origin of the weights.

    Raises
    ------
    WeightsError
        The file is missing, pickled, damaged, or not of this network.
    """
    network, made_by = _load(Path(path), FORMAT, NetworkSpec.from_dict, MeasuringNetwork)
    return network, made_by


def load_baseline(path: str | Path) -> tuple[Baseline, dict[str, Any]]:
    """Read a network of another paper from a checkpoint of `save_checkpoint`.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    network : Baseline
        In evaluation mode, on the CPU.
    made_by : dict
        Origin of the weights.

    Raises
    ------
    WeightsError
        The file is missing, pickled, damaged, or not of such a network.
    """
    return _load(Path(path), BASELINE_FORMAT, BaselineSpec.from_dict, Baseline)


def load_nano(path: str | Path) -> tuple[NanoNetwork, dict[str, Any]]:
    """Read a small streaming network from a checkpoint of `save_checkpoint`.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    network : NanoNetwork
        In evaluation mode, on the CPU.
    made_by : dict
        Origin of the weights.

    Raises
    ------
    WeightsError
        The file is missing, pickled, damaged, or not of such a network.
    """
    return _load(Path(path), NANO_FORMAT, NanoSpec.from_dict, NanoNetwork)


def load_any(path: str | Path) -> AnyNetwork:
    """Read a network of any kind from a checkpoint.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    MeasuringNetwork, Baseline or NanoNetwork
        In evaluation mode, on the CPU.

    Raises
    ------
    WeightsError
        As in `load_checkpoint`.
    """
    path = Path(path)
    found = read_safetensors(path)[1].get("format")
    if found == BASELINE_FORMAT:
        return load_baseline(path)[0]
    if found == NANO_FORMAT:
        return load_nano(path)[0]
    return load_checkpoint(path)[0]


def _load(
    path: Path,
    wanted: str,
    read_spec: Callable[[dict[str, Any]], Spec],
    build: Callable[[Spec], Net],
) -> tuple[Net, dict[str, Any]]:
    tensors, metadata = read_safetensors(path)
    found = metadata.get("format")
    if found != wanted:
        instead = f"; it is one {_KINDS[found]}" if found in _KINDS else ""
        raise WeightsError(
            f"{path}: not a checkpoint {_KINDS[wanted]} (no {wanted!r} in its header){instead}"
        )
    try:
        table("facts", metadata, FACTS)
        spec = read_spec(strict_json(metadata["network"]))
        made_by = json.loads(metadata.get("made_by", "{}"))
        if not isinstance(made_by, dict):
            raise TypeError("made_by is no table")
        with torch.device("meta"):
            _check_shapes(build(spec).state_dict(), tensors)
        network = build(spec)
        network.load_state_dict(tensors, strict=True)
    except (KeyError, TypeError, ValueError, RuntimeError, UsageError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path}: its contents do not fit the network ({reason})") from error
    return network.eval(), made_by


def _check_shapes(empty: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Raise `ValueError` if layers differ, before memory is allocated for the network."""
    wanted = {name: t.shape for name, t in empty.items()}
    found = {name: t.shape for name, t in tensors.items()}
    wrong = sorted(k for k in wanted | found if wanted.get(k) != found.get(k))
    if wrong:
        raise ValueError(f"{len(wrong)} layers differ, the first is {wrong[0]!r}")


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and metadata of any safetensors file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tensors : dict of str to Tensor
    metadata : dict of str to str

    Raises
    ------
    WeightsError
        The file is not a safetensors file, is damaged, or contains numbers that are not finite.
    """
    from safetensors import SafetensorError, safe_open

    refuse_unsafe(path)
    check_header(path)
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, struct.error) as error:
        raise WeightsError(f"{path}: not a safetensors file, or damaged ({error})") from error
    if not all(torch.isfinite(t).all() for t in tensors.values() if t.is_floating_point()):
        raise WeightsError(f"{path}: holds numbers that are not finite")
    return tensors, metadata


def refuse_unsafe(path: Path) -> None:
    """Raise an error for a weights file that is missing, too large or pickled.

    Parameters
    ----------
    path : Path

    Raises
    ------
    WeightsError
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise WeightsError(f"{path}: larger than any weights of this network")
    with path.open("rb") as file:
        head = file.read(9)
    # PyTorch's own files are zip archives of pickles, or plain pickles. A safetensors file
    # may also begin with 0x80: the length of its header, after which its JSON begins.
    if head.startswith((b"PK\x03\x04", b"\x80")) and head[8:] != b"{":
        raise WeightsError(
            f"{path}: a pickled PyTorch file, which could run code; weights of the released"
            " SSPD code can be turned into a checkpoint with `sspd import`"
        )
