"""The whole state of a training on disk, so that it goes on to the same bits.

Nothing random is stored: every draw is a function of the seed and the step.
"""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from sspd.errors import TrainingError, WeightsError
from sspd.nn.checkpoint import write_whole
from sspd.nn.network import TrainingNetwork, initialise
from sspd.recipes import Recipe

STATE_FILE = "state.pt"


class Resumable(Protocol):
    """What of a training's state is written, whatever it trains."""

    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int
    elapsed_s: float

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
    """Write the state whole: a kill leaves the one before.

    `identity` is what a resumed run must have in common with this one.
    """
    buffer = io.BytesIO()
    content = {
        "identity": json.dumps(identity, sort_keys=True),
        "step": state.step,
        "elapsed_s": state.elapsed_s,
        "optimiser": state.optimiser.state_dict(),
        "scaler": state.scaler.state_dict(),
        **{name: module.state_dict() for name, module in state.modules().items()},
    }
    torch.save(content, buffer)
    write_whole(out / STATE_FILE, buffer.getvalue())


def load_state(state: Resumable, out: Path, identity: dict[str, Any]) -> None:
    """Fill a new state, in place, from what `save_state` wrote.

    Raises
    ------
    TrainingError
        If the folder's training had other settings, films or seed.
    WeightsError
        If the file is damaged.
    """
    path = out / STATE_FILE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
        before = json.loads(content["identity"])
        now = json.loads(json.dumps(identity))
        if before != now:
            changed = sorted(k for k in now | before if now.get(k) != before.get(k))
            raise TrainingError(
                f"{out}: the training there had other {', '.join(changed)}; resume it with the"
                " same, or give another --out"
            )
        for name, module in state.modules().items():
            module.load_state_dict(content[name])
        state.optimiser.load_state_dict(content["optimiser"])
        state.scaler.load_state_dict(content["scaler"])
        state.step = int(content["step"])
        state.elapsed_s = float(content["elapsed_s"])
    except TrainingError:
        raise
    except Exception as error:  # damaged pickles raise whatever their bytes happen to mean
        raise WeightsError(f"{path}: not the state of a training, or damaged") from error
