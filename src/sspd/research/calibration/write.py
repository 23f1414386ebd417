"""Write a fitted confidence or equalizer: into new weights, or alone without weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sspd.types import ConfidenceSpec, EqualizerSpec
from sspd.utils.files import whole_file


def write_confidence(
    checkpoint: Path, files: Sequence[Path], spec: ConfidenceSpec, facts: Mapping[str, Any]
) -> None:
    """Write weights with another confidence, as a checkpoint and as ONNX.

    Parameters
    ----------
    checkpoint : Path
        The weights.
    files : sequence of Path
        The new files: ``.safetensors`` and ``.onnx``.
    spec : ConfidenceSpec
    facts : mapping
        How it was fitted: stands in ``made_by`` under ``confidence``, beside what was there.

    Raises
    ------
    WeightsError
        The weights cannot be read.
    OutputError
        A file cannot be written.
    """
    from sspd.models.checkpoint import load_any, save_checkpoint
    from sspd.models.header import made_by
    from sspd.network.export import export_onnx

    network = load_any(checkpoint)
    # a spec of the network's own kind, whichever that is
    network.spec = replace(network.spec, confidence=spec)
    save_checkpoint(network, files[0], made_by(checkpoint) | {"confidence": dict(facts)})
    export_onnx(network, files[1])


def write_equalizer(
    checkpoint: Path, files: Sequence[Path], spec: EqualizerSpec, facts: Mapping[str, Any]
) -> None:
    """Write weights with another equalizer, as a checkpoint and as ONNX.

    Parameters
    ----------
    checkpoint : Path
        The weights; everything else of them stays.
    files : sequence of Path
        The new files: ``.safetensors`` and ``.onnx``.
    spec : EqualizerSpec
    facts : mapping
        How it was fitted: stands in ``made_by`` under ``equalizer``, beside what was there.

    Raises
    ------
    WeightsError
        The weights cannot be read.
    OutputError
        A file cannot be written.
    """
    from sspd.models.checkpoint import load_checkpoint, save_checkpoint
    from sspd.network.export import export_onnx

    network, made_by = load_checkpoint(checkpoint)
    network.spec = replace(network.spec, equalizer=spec)
    save_checkpoint(network, files[0], made_by | {"equalizer": dict(facts)})
    export_onnx(network, files[1])


def write_confidence_alone(file: Path, spec: ConfidenceSpec, facts: Mapping[str, Any]) -> None:
    """Write a confidence as JSON, which `sspd.types.ConfidenceSpec.from_dict` reads.

    Parameters
    ----------
    file : Path
    spec : ConfidenceSpec
    facts : mapping
        How it was fitted.
    """
    content = {"confidence": asdict(spec), "made_by": dict(facts)}
    with whole_file(file) as part:
        part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
