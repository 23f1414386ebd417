from __future__ import annotations

import pytest
import torch

from helpers.networks import training_network
from sspd.models.spec import PyramidSpec
from sspd.research.train.ema import update_target


@pytest.mark.parametrize("momentum", [0.0, 0.9, 0.99, 1.0])
def test_the_target_moves_as_equation_13_says(momentum: float) -> None:
    spec = PyramidSpec(widths=(3,))
    online, target = training_network(spec), training_network(spec)
    with torch.no_grad():
        for parameter in target.parameters():
            parameter.add_(torch.randn_like(parameter))
    theirs = [p.detach().double() for p in online.parameters()]
    before = [p.detach().double().clone() for p in target.parameters()]
    update_target(target, online, momentum)
    for ours, old, new in zip(target.parameters(), before, theirs, strict=True):
        expected = momentum * old + (1 - momentum) * new
        torch.testing.assert_close(ours.detach().double(), expected, atol=1e-6, rtol=1e-6)
    assert all(torch.equal(a.double(), b) for a, b in zip(online.parameters(), theirs, strict=True))


def test_the_target_keeps_its_own_running_statistics() -> None:
    spec = PyramidSpec(widths=(3,))
    online, target = training_network(spec), training_network(spec)
    with torch.no_grad():
        for buffer in online.buffers():
            buffer.add_(1)
    before = [b.clone() for b in target.buffers()]
    update_target(target, online, 0.5)
    assert all(torch.equal(a, b) for a, b in zip(target.buffers(), before, strict=True))
