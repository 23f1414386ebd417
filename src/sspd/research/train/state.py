"""The whole state of a training on disk, so that it goes on to the same bits.

Nothing random is stored: every draw is a function of the seed and the step.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from sspd.errors import OutputError, TrainingError, WeightsError
from sspd.models.network import TrainingNetwork, initialise
from sspd.research.recipes import Recipe
from sspd.utils.files import write_whole

STATES_FOLDER = "states"
#: What a state's file begins with; the SHA-256 is that of all bytes after it.
_HEAD = b"sspd-state-2 sha256 %b\n"
#: How many of the newest states stay.
KEPT = 2
#: No state was looked at yet: its step and its score.
NO_BEST = (-1, float("-inf"))


class Resumable(Protocol):
    """What of a training's state is written, whatever it trains."""

    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int
    elapsed_s: float
    best: tuple[int, float]

    def modules(self) -> dict[str, nn.Module]:
        """Its networks by name."""


@dataclass
class TrainingState:
    """Two networks, the optimiser, and how far they are; changes at every step."""

    online: TrainingNetwork
    target: TrainingNetwork
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int = 0
    elapsed_s: float = 0.0
    best: tuple[int, float] = NO_BEST
    """Step and score of the best state so far."""

    def modules(self) -> dict[str, nn.Module]:
        """The two networks by name."""
        return {"online": self.online, "target": self.target}


def new_state(recipe: Recipe, seed: int, device: torch.device) -> TrainingState:
    """Both networks equal at the start, the target without gradients (Algorithm 1)."""
    online = TrainingNetwork(recipe.network, recipe.stop_gradient)
    initialise(online, torch.Generator().manual_seed(seed))
    target = TrainingNetwork(recipe.network, recipe.stop_gradient)
    target.load_state_dict(online.state_dict())
    online.to(device)
    target.to(device).requires_grad_(False)
    optimiser = torch.optim.Adam(online.parameters(), lr=recipe.learning_rate)
    # Only float16 has so small a range that gradients must be scaled into it.
    scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "f16")
    return TrainingState(online, target, optimiser, scaler)


def save_state(state: Resumable, out: Path, identity: dict[str, Any]) -> None:
    """Write the state whole: a kill leaves the ones before.

    The newest `KEPT` states stay, and the one that was the best.

    Parameters
    ----------
    state : Resumable
    out : Path
        The training's folder.
    identity : dict
        What a resumed run must have in common with this one.

    Raises
    ------
    OutputError
        It cannot be written; what was there stays.
    """
    buffer = io.BytesIO()
    content = {
        "identity": json.dumps(identity, sort_keys=True),
        "step": state.step,
        "elapsed_s": state.elapsed_s,
        "best": list(state.best),
        "optimiser": state.optimiser.state_dict(),
        "scaler": state.scaler.state_dict(),
        **{name: module.state_dict() for name, module in state.modules().items()},
    }
    torch.save(content, buffer)
    folder = out / STATES_FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror})") from error
    write_whole(state_file(out, state.step), _with_checksum(buffer.getvalue()))
    for step in saved_steps(out)[:-KEPT]:
        if step != state.best[0]:
            state_file(out, step).unlink(missing_ok=True)


def state_file(out: Path, step: int) -> Path:
    """Where the state of a step lies.

    >>> state_file(Path("run"), 120).as_posix()
    'run/states/00000120.pt'
    """
    return out / STATES_FOLDER / f"{step:08d}.pt"


def saved_steps(out: Path) -> list[int]:
    """The steps whose states are there, in order."""
    return sorted(int(p.stem) for p in (out / STATES_FOLDER).glob("*.pt") if p.stem.isdigit())


def load_newest(state: Resumable, out: Path, identity: dict[str, Any]) -> str | None:
    """Fill a new state, in place, from the newest one that is whole.

    Returns
    -------
    str or None
        Where the newest is damaged and an older one was taken: a line that says so.

    Raises
    ------
    TrainingError
        If the folder's training had other settings, videos or seed.
    WeightsError
        If none is whole.
    """
    damaged: WeightsError | None = None
    for step in reversed(saved_steps(out)):
        try:
            load_state(state, state_file(out, step), identity)
        except WeightsError as error:
            damaged = damaged or error
            continue
        if damaged is None:
            return None
        return f"{damaged}; going on from the state of step {step}"
    if damaged is not None:
        raise WeightsError(f"{damaged}; no other state is there: train anew, into another --out")
    raise WeightsError(f"{out}: holds no state of a training")


def load_state(state: Resumable, path: Path, identity: dict[str, Any]) -> None:
    """Fill a new state, in place, from a file that `save_state` wrote.

    Raises
    ------
    TrainingError
        If the training had other settings, videos or seed.
    WeightsError
        If the file is damaged.
    """
    try:
        content = read_content(path)
        before = json.loads(content["identity"])
        now = json.loads(json.dumps(identity))
        if before != now:
            changed = sorted(k for k in now | before if now.get(k) != before.get(k))
            raise TrainingError(
                f"{path.parent.parent}: the training there had other {', '.join(changed)};"
                " resume it with the same, or give another --out"
            )
        step, elapsed_s = int(content["step"]), float(content["elapsed_s"])
        best = int(content["best"][0]), float(content["best"][1])
        for name, module in state.modules().items():
            module.load_state_dict(content[name])
        state.optimiser.load_state_dict(content["optimiser"])
        state.scaler.load_state_dict(content["scaler"])
        state.step, state.elapsed_s, state.best = step, elapsed_s, best
    except TrainingError:
        raise
    except Exception as error:  # damaged pickles raise whatever their bytes happen to mean
        why = f" ({error})" if isinstance(error, WeightsError) else ""
        raise WeightsError(f"{path}: not the state of a training, or damaged{why}") from error


def read_content(path: Path) -> dict[str, Any]:
    """What stands in a state's file, its checksum compared first; nothing in it is run.

    Raises
    ------
    WeightsError
        The checksum is another, or there is none.
    Exception
        Whatever PyTorch raises for bytes that are no state.
    """
    data = path.read_bytes()
    head = len(_HEAD % b"") + 64
    if not data.startswith(_HEAD.split(b"%b")[0]):
        raise WeightsError("no checksum: made by an older version, or none of ours")
    if data[:head] != _with_checksum(data[head:])[:head]:
        raise WeightsError("its checksum is another")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content: dict[str, Any] = torch.load(
            io.BytesIO(data[head:]), map_location="cpu", weights_only=True
        )
    return content


def _with_checksum(data: bytes) -> bytes:
    """A state behind its SHA-256: PyTorch loads one with a flipped bit in silence."""
    return _HEAD % hashlib.sha256(data).hexdigest().encode() + data
