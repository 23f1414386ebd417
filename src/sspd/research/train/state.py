"""Save the whole state of a training, so that a resumed training gives the same bits.

No random state is saved: every draw is a function of the seed and the step.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import nn

from sspd.errors import OutputError, TrainingError, WeightsError
from sspd.models.network import TrainingNetwork, initialise
from sspd.research.recipes import Recipe
from sspd.utils.files import write_whole

STATES_FOLDER = "states"
#: Header of a state's file, with the SHA-256 of all bytes after it.
_HEAD = b"sspd-state-2 sha256 %b\n"
#: Number of newest states that are kept.
KEPT_STATES = 2
#: Step and score of the best state before any check.
NO_BEST = (-1, float("-inf"))
AnyModule = TypeVar("AnyModule", bound=nn.Module)


class Resumable(Protocol):
    """A training state that can be saved, for any kind of training."""

    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int
    elapsed_s: float
    best: tuple[int, float]

    def modules(self) -> dict[str, nn.Module]:
        """Return its networks by name."""


@dataclass
class TrainingState:
    """Two networks, their optimizer and their progress; changes at every step."""

    online: TrainingNetwork
    target: TrainingNetwork
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int = 0
    elapsed_s: float = 0.0
    best: tuple[int, float] = NO_BEST
    """Step and score of the best state so far."""

    def modules(self) -> dict[str, nn.Module]:
        """Return the two networks by name."""
        return {"online": self.online, "target": self.target}


@dataclass
class OneNetworkState(Generic[AnyModule]):
    """A network that is trained alone, its optimizer and its progress; changes at every step."""

    network: AnyModule
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int = 0
    elapsed_s: float = 0.0
    best: tuple[int, float] = NO_BEST

    def modules(self) -> dict[str, nn.Module]:
        """Return the network by name."""
        return {"network": self.network}


def new_state(recipe: Recipe, seed: int, device: torch.device) -> TrainingState:
    """Make two equal networks, the target without gradients (Algorithm 1).

    Parameters
    ----------
    recipe : Recipe
    seed : int
    device : torch.device

    Returns
    -------
    TrainingState
        Step 0.
    """
    online = TrainingNetwork(recipe.network, recipe.stop_gradient)
    initialise(online, torch.Generator().manual_seed(seed))
    target = TrainingNetwork(recipe.network, recipe.stop_gradient)
    target.load_state_dict(online.state_dict())
    online.to(device)
    target.to(device).requires_grad_(False)
    optimiser = torch.optim.Adam(online.parameters(), lr=recipe.learning_rate)
    # only float16 has such a small range that gradients must be scaled
    scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "f16")
    return TrainingState(online, target, optimiser, scaler)


def save_state(state: Resumable, out: Path, identity: dict[str, Any]) -> None:
    """Save the state as a whole file; after a kill, the earlier ones are still there.

    The newest `KEPT_STATES` states stay, and the best one.

    Parameters
    ----------
    state : Resumable
    out : Path
        Folder of the training.
    identity : dict
        Settings that a resumed run must share with this one.

    Raises
    ------
    OutputError
        The state cannot be written; the earlier ones stay.
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
    for step in saved_steps(out)[:-KEPT_STATES]:
        if step != state.best[0]:
            state_file(out, step).unlink(missing_ok=True)


def state_file(out: Path, step: int) -> Path:
    """Return the path of the state of a step.

    Parameters
    ----------
    out : Path
        Folder of the training.
    step : int

    Returns
    -------
    Path

    >>> state_file(Path("run"), 120).as_posix()
    'run/states/00000120.pt'
    """
    return out / STATES_FOLDER / f"{step:08d}.pt"


def saved_steps(out: Path) -> list[int]:
    """Return the steps whose states are saved, in order.

    Parameters
    ----------
    out : Path
        Folder of the training.

    Returns
    -------
    list of int
    """
    return sorted(int(p.stem) for p in (out / STATES_FOLDER).glob("*.pt") if p.stem.isdigit())


def load_newest(state: Resumable, out: Path, identity: dict[str, Any]) -> str | None:
    """Fill a new state, in place, from the newest one that is whole.

    Parameters
    ----------
    state : Resumable
    out : Path
        Folder of the training.
    identity : dict
        Settings that the saved state must share.

    Returns
    -------
    str or None
        One line if the newest state is damaged and an older one was loaded.

    Raises
    ------
    TrainingError
        The training in the folder had other settings, videos or seed.
    WeightsError
        No state is whole.
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
        raise WeightsError(f"{damaged}; there is no other state: train again, with another --out")
    raise WeightsError(f"{out}: holds no state of a training")


def load_state(state: Resumable, path: Path, identity: dict[str, Any]) -> None:
    """Fill a new state, in place, from a file that `save_state` wrote.

    Parameters
    ----------
    state : Resumable
    path : Path
    identity : dict
        Settings that the saved state must share.

    Raises
    ------
    TrainingError
        The training had other settings, videos or seed.
    WeightsError
        The file is damaged.
    """
    try:
        content = read_state_file(path)
        before = json.loads(content["identity"])
        now = json.loads(json.dumps(identity))
        if before != now:
            changed = sorted(k for k in now | before if now.get(k) != before.get(k))
            changed = [{"films": "videos"}.get(name, name) for name in changed]
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
    except Exception as error:  # damaged files may raise nearly any error
        why = f" ({error})" if isinstance(error, WeightsError) else ""
        raise WeightsError(f"{path}: not the state of a training, or damaged{why}") from error


def read_state_file(path: Path) -> dict[str, Any]:
    """Read a state's file after comparing its checksum; nothing in it is executed.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    WeightsError
        The checksum differs, or there is none.
    Exception
        Any error of PyTorch for bytes that are no state.
    """
    data = path.read_bytes()
    head = len(_HEAD % b"") + 64
    if not data.startswith(_HEAD.split(b"%b")[0]):
        raise WeightsError("no checksum: of an older version, or not a state of sspd")
    if data[:head] != _with_checksum(data[head:])[:head]:
        raise WeightsError("its checksum is wrong")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content: dict[str, Any] = torch.load(
            io.BytesIO(data[head:]), map_location="cpu", weights_only=True
        )
    return content


def _with_checksum(data: bytes) -> bytes:
    """Put the SHA-256 before a state: PyTorch loads a file with a flipped bit without an error."""
    return _HEAD % hashlib.sha256(data).hexdigest().encode() + data
