from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sspd.research.losses.deviation import diagonal_deviation
from sspd.research.losses.pearson import negative_pearson
from sspd.research.losses.pyramid import pyramid_distance
from sspd.research.losses.similarity import self_similarity_map, self_similarity_wave
from sspd.research.losses.spectral import noise_to_signal, psd_distance
from sspd.research.losses.sspd import LossParts, sspd_loss
from sspd.research.recipes import LossSpec, get_recipe

FS = 30.0


def _outputs(seed: int, counts: tuple[int, ...] = (52, 46, 42)) -> tuple[Tensor, list[Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    rppg = torch.randn(2, 60, generator=generator)
    return rppg, [torch.randn(2, count, 16, generator=generator) for count in counts]


def test_the_released_loss_and_its_gradients_are_met(shared: Path) -> None:
    reference = np.load(shared / "reference" / "released_loss.npz")
    tensors = {k: torch.from_numpy(reference[k]) for k in reference.files if reference[k].ndim}
    rppg = tensors["online_rppg"].requires_grad_()
    tokens = [tensors[f"online_tokens{i}"].requires_grad_() for i in (1, 2, 3)]
    spec = get_recipe("released").loss
    parts = sspd_loss(
        rppg,
        tokens,
        tensors["target_rppg"],
        [tensors[f"target_tokens{i}"] for i in (1, 2, 3)],
        FS,
        [FS] * 3,
        spec,
    )
    parts.total.backward()
    names = {"total": "total", "rpd": "rppg_weighted", "tspd": "pyramid_weighted"}
    names |= {"sd": "sd_weighted", "snr": "snr_weighted"}
    for ours, theirs in names.items():
        got = getattr(parts, ours).item()
        assert got == pytest.approx(float(reference[theirs]), rel=1e-4), ours
    for got, name in ((rppg.grad, "grad_online_rppg"), (tokens[0].grad, "grad_online_tokens1")):
        expected = reference[name]
        np.testing.assert_allclose(got, expected, atol=1e-4 * np.abs(expected).max())


def test_the_parts_are_weighted_as_equations_8_and_12_say() -> None:
    (y, u), (z, v) = _outputs(0), _outputs(1)
    parts = sspd_loss(y, u, z, v, FS, [FS] * 3, LossSpec())
    maps, others = ([self_similarity_map(x) for x in tokens] for tokens in (u, v))
    rpd = negative_pearson(y, z) + psd_distance(y, z)
    tspd = sum(pyramid_distance(a, b) for a, b in zip(maps, others, strict=True))
    sd = sum(diagonal_deviation(m) for m in maps) / 3
    noise = [noise_to_signal(self_similarity_wave(m), FS, (0.5, 3.0)) for m in maps]
    expected = LossParts(
        rpd + tspd + 0.8 * sd + 0.6 * sum(noise) / 3, rpd, tspd, 0.8 * sd, 0.6 * sum(noise) / 3
    )
    for got, value in zip(parts, expected, strict=True):
        torch.testing.assert_close(got, value)


def test_each_weight_scales_its_part_alone() -> None:
    (y, u), (z, v) = _outputs(0), _outputs(1)
    plain = sspd_loss(y, u, z, v, FS, [FS] * 3, LossSpec())
    for name in ("rpd", "tspd", "sd", "snr"):
        spec = LossSpec(**{f"{name}_weight": 0.0})
        parts = sspd_loss(y, u, z, v, FS, [FS] * 3, spec)
        assert getattr(parts, name) == 0
        torch.testing.assert_close(parts.total, plain.total - getattr(plain, name))


def test_each_level_is_read_at_its_own_rate() -> None:
    (y, u), (z, v) = _outputs(0), _outputs(1)
    halved = sspd_loss(y, u, z, v, FS, [FS, FS / 2, FS / 4], LossSpec())
    noise = [
        noise_to_signal(self_similarity_wave(self_similarity_map(x)), FS / 2**i, (0.5, 3.0))
        for i, x in enumerate(u)
    ]
    torch.testing.assert_close(halved.snr, 0.6 * sum(noise) / 3)


def test_the_target_gets_no_gradient() -> None:
    (y, u), (z, v) = _outputs(0), _outputs(1)
    for tensor in (y, z, *u, *v):
        tensor.requires_grad_()
    sspd_loss(y, u, z, v, FS, [FS] * 3, LossSpec()).total.backward()
    assert all(x.grad is not None and x.grad.abs().sum() > 0 for x in (y, *u))
    assert all(x.grad is None for x in (z, *v))


def test_equal_outputs_leave_only_the_regularisations() -> None:
    y, u = _outputs(0)
    parts = sspd_loss(y, u, y, u, FS, [FS] * 3, LossSpec())
    assert parts.rpd.item() == pytest.approx(0, abs=1e-5)
    assert parts.tspd == 0
    assert min(parts.sd.item(), parts.snr.item()) > 0


def test_the_spec_says_whether_0_hz_counts() -> None:
    (y, _), (z, _) = _outputs(0), _outputs(1)
    ones = [torch.ones(2, count, 16) for count in (52, 46, 42)]
    counted = sspd_loss(y, ones, z, ones, FS, [FS] * 3, LossSpec())
    taken_off = sspd_loss(y, ones, z, ones, FS, [FS] * 3, LossSpec(snr_counts_dc=False))
    assert taken_off.snr < 1e-3 < 1e3 < counted.snr
    assert torch.equal(taken_off.rpd, counted.rpd)


@pytest.mark.parametrize("reading", ["paper", "released"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_outputs_give_a_float32_loss_even_inside_autocast(
    reading: str, dtype: torch.dtype
) -> None:
    (y, u), (z, v) = _outputs(0), _outputs(1)
    spec = LossSpec(reading=reading)  # type: ignore[arg-type]
    rounded = [x.to(dtype) for x in u], [x.to(dtype) for x in v]
    outside = sspd_loss(y.to(dtype), rounded[0], z.to(dtype), rounded[1], FS, [FS] * 3, spec)
    with torch.autocast("cpu", torch.bfloat16):
        inside = sspd_loss(y.to(dtype), rounded[0], z.to(dtype), rounded[1], FS, [FS] * 3, spec)
    for a, b in zip(outside, inside, strict=True):
        assert a.dtype == torch.float32
        assert torch.equal(a, b)


@pytest.mark.parametrize(("counts_dc", "least", "most"), [(True, -0.1, 0.2), (False, 0.6, 1.0)])
def test_regularised_alone_maps_go_to_ones_only_where_0_hz_costs_nothing(
    counts_dc: bool, least: float, most: float
) -> None:
    """Free tokens that lean to one side, under alpha L_SD + beta L_SNR (Sec. III-D3)."""
    own = torch.Generator().manual_seed(0)
    tokens = (1 + torch.randn(1, 60, 16, generator=own)).requires_grad_()
    optimiser = torch.optim.Adam([tokens], lr=0.05)
    for _ in range(150):
        map_ = self_similarity_map(tokens)
        wave = self_similarity_wave(map_)
        noise = noise_to_signal(wave, FS, (0.5, 3.7), counts_dc=counts_dc)
        optimiser.zero_grad()
        (0.8 * diagonal_deviation(map_) + 0.6 * noise).backward()
        optimiser.step()
    assert least < float(map_.detach().mean()) < most
