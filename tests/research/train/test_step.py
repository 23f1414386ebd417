from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
import torch
from torch import Tensor

from sspd.errors import TrainingError
from sspd.models.spec import PyramidSpec
from sspd.research.losses.sspd import sspd_loss
from sspd.research.recipes import Recipe
from sspd.research.train.sampler import Draw, generator_of
from sspd.research.train.state import TrainingState, new_state
from sspd.research.train.step import forward_both, make_views, take_step

DRAWS = [Draw(0, 0), Draw(0, 1)]


@pytest.fixture(scope="module")
def clips() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return 255 * torch.rand(2, 25, 3, 113, 113, generator=generator)


def _state(recipe: Recipe) -> TrainingState:
    return new_state(recipe, 0, torch.device("cpu"))


def _parameters(module: torch.nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in module.parameters()]


@pytest.mark.slow
def test_the_online_network_sees_the_masked_and_the_target_the_whole_view(
    tiny: Recipe, clips: Tensor
) -> None:
    views = make_views(clips, 96, tiny.views, [generator_of(d, 0) for d in DRAWS])
    state = _state(tiny)
    result = forward_both(state.online, state.target, views, tiny)
    online, target = state.online(views.masked), state.target(views.original)
    torch.testing.assert_close(result.online.rppg, online.rppg)
    torch.testing.assert_close(result.target.rppg, target.rppg)
    expected = sspd_loss(
        online.rppg, online.tokens, target.rppg, target.tokens, 12.0, (12.0, 12.0), tiny.loss
    )
    torch.testing.assert_close(result.parts, expected)
    assert result.online.rppg.requires_grad
    assert not result.target.rppg.requires_grad
    assert (views.masked == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)


def test_levels_that_halve_are_read_at_half_the_rate(tiny: Recipe, clips: Tensor) -> None:
    pyramid = PyramidSpec(widths=(5, 5), halving=True)
    recipe = replace(tiny, network=replace(tiny.network, pyramid=pyramid))
    views = make_views(clips, 96, recipe.views, [generator_of(d, 0) for d in DRAWS])
    state = _state(recipe)
    result = forward_both(state.online, state.target, views, recipe)
    online, target = result.online, result.target
    expected = sspd_loss(
        online.rppg, online.tokens, target.rppg, target.tokens, 12.0, (12.0, 6.0), recipe.loss
    )
    torch.testing.assert_close(result.parts.snr, expected.snr)


@pytest.mark.slow
def test_a_step_is_adam_and_then_the_moving_average(tiny: Recipe, clips: Tensor) -> None:
    state, twin = _state(tiny), _state(tiny)
    views = make_views(clips, 96, tiny.views, [generator_of(d, 0) for d in DRAWS])
    take_step(state, clips, DRAWS, tiny, seed=0, steps=4)
    before = _parameters(twin.target)
    forward_both(twin.online, twin.target, views, tiny).parts.total.backward()
    twin.optimiser.step()
    for ours, theirs in zip(_parameters(state.online), _parameters(twin.online), strict=True):
        assert torch.equal(ours, theirs)
    for ours, old, new in zip(
        _parameters(state.target), before, _parameters(twin.online), strict=True
    ):
        torch.testing.assert_close(ours, 0.9 * old + 0.1 * new)


@pytest.mark.slow
def test_the_rate_follows_its_schedule(tiny: Recipe, clips: Tensor) -> None:
    recipe = replace(tiny, warmup_steps=4, learning_rate=4e-3)
    state = _state(recipe)
    state.step = 2
    take_step(state, clips, DRAWS, recipe, seed=0, steps=10)
    assert state.optimiser.param_groups[0]["lr"] == pytest.approx(3e-3)


def test_a_loss_that_is_not_finite_moves_nothing(tiny: Recipe, clips: Tensor) -> None:
    state = _state(tiny)
    before = _parameters(state.online) + _parameters(state.target)
    broken = clips.clone()
    broken[0, 3] = torch.nan
    with pytest.raises(TrainingError, match="loss is not finite at step 0"):
        take_step(state, broken, DRAWS, tiny, seed=0, steps=4)
    after = _parameters(state.online) + _parameters(state.target)
    assert all(torch.equal(a, b) for a, b in zip(after, before, strict=True))


def test_a_gradient_that_is_not_finite_moves_nothing(tiny: Recipe, clips: Tensor) -> None:
    state = _state(tiny)
    before = _parameters(state.online) + _parameters(state.target)
    bias = state.online.measuring.predictor.conv4.bias
    assert bias is not None
    bias.register_hook(lambda gradient: gradient * torch.nan)
    with pytest.raises(TrainingError, match="not finite at step 0"):
        take_step(state, clips, DRAWS, tiny, seed=0, steps=4)
    after = _parameters(state.online) + _parameters(state.target)
    assert all(torch.equal(a, b) for a, b in zip(after, before, strict=True))


@pytest.mark.slow
def test_gradients_that_no_scale_makes_finite_end_a_float16_training(
    tiny: Recipe, clips: Tensor
) -> None:
    state = _state(replace(tiny, precision="f16"))
    bias = state.online.measuring.predictor.conv4.bias
    assert bias is not None
    bias.register_hook(lambda gradient: gradient * torch.nan)
    before = _parameters(state.online)
    state.scaler.load_state_dict({**state.scaler.state_dict(), "scale": 4.0})
    with pytest.raises(TrainingError, match="the gradient is not finite at step 2"):
        for step in range(6):
            state.step = step
            take_step(state, clips, DRAWS, replace(tiny, precision="f16"), seed=0, steps=6)
    assert all(torch.equal(a, b) for a, b in zip(_parameters(state.online), before, strict=True))


@pytest.mark.parametrize(
    "precision", ["bf16", pytest.param("f16", marks=pytest.mark.slow, id="f16")]
)
def test_half_precision_steps_are_near_those_in_full(
    tiny: Recipe, clips: Tensor, precision: Literal["bf16", "f16"]
) -> None:
    totals = []
    for recipe in (tiny, replace(tiny, precision=precision)):
        state = _state(recipe)
        result, health = take_step(state, clips, DRAWS, recipe, seed=0, steps=4)
        totals.append(result.parts.total)
        assert all(torch.isfinite(p).all() for p in state.online.parameters())
        assert -1 <= health.agreement <= 1
    assert totals[1].dtype == torch.float32
    assert totals[1].item() == pytest.approx(totals[0].item(), rel=0.1)
