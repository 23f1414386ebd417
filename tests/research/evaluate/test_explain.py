"""LayerCAM: gradients by hand, places by marking, skin by the simulator that knows it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from sspd.cli.main import app
from sspd.errors import OutputError, SourceError, UsageError
from sspd.models.network import MeasuringNetwork
from sspd.models.spec import NetworkSpec
from sspd.research.evaluate.explain import _equalized, explain, map_to_face
from sspd.research.evaluate.layer_cam import LAYERS, layer_cam, layer_offset
from sspd.research.losses.pearson import negative_pearson
from sspd.signal import equalize
from sspd.simulation import VideoSpec, skin_mask, truth, write_truth, write_video
from sspd.types import EqualizerSpec, Series

SPEC = VideoSpec(
    seed=5, hr_bpm=80, face_px=110, width=256, height=208, duration_s=4.0, pulse_percent=1.0
)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explained") / "video.mp4"
    write_video(SPEC, path)
    write_truth(SPEC, path)
    return path


@pytest.fixture(scope="module")
def network() -> MeasuringNetwork:
    torch.manual_seed(0)
    return MeasuringNetwork(NetworkSpec(fs=30.0, size=96, token_size=64)).eval()


@pytest.mark.parametrize("n", [9, 40, 150])
def test_the_equalizer_is_that_of_a_measurement(n: int) -> None:
    taps = tuple(np.hanning(33)[1:-1].tolist())
    spec = NetworkSpec(fs=30.0, equalizer=EqualizerSpec(tuple(tap / 16 for tap in taps)))
    wave = np.random.default_rng(0).standard_normal(n)
    assert spec.equalizer is not None
    np.testing.assert_allclose(
        _equalized(torch.from_numpy(wave)[None], spec)[0], equalize(wave, spec.equalizer)
    )
    plain = torch.from_numpy(wave)[None]
    assert _equalized(plain, NetworkSpec(fs=30.0)) is plain


@pytest.mark.parametrize("known", [True, False])
def test_maps_are_gradients_times_activations(network: MeasuringNetwork, known: bool) -> None:
    torch.manual_seed(1)
    x, wave = torch.randn(1, 3, 9, 96, 96), torch.randn(9)
    score = (lambda y: -negative_pearson(y, wave[None])) if known else torch.var
    found = layer_cam(network, x, score)
    backbone = network.backbone
    y = torch.cat([x, x[:, :, -1:]], dim=2)  # an odd clip is made even
    z = backbone.norm(y)
    kept = []
    for block in backbone.blocks:
        z = torch.tanh(block.norm1(block.conv1(z)))
        z = block.conv2(z)
        kept.append(z)
        z = torch.nn.functional.avg_pool3d(torch.tanh(block.norm2(z)), (1, 2, 2))
    z = torch.tanh(backbone.conv_norm(backbone.conv(z)))
    out = network.predictor(z)[:, :9]
    for name, activation in zip(LAYERS, kept, strict=True):
        (gradient,) = torch.autograd.grad(score(out), activation, retain_graph=True)
        expected = (gradient.clamp(min=0) * activation).sum(dim=1).clamp(min=0)[0, :9]
        torch.testing.assert_close(found[name], expected, rtol=1e-3, atol=1e-8)
    assert all(p.grad is None for p in network.parameters())
    with pytest.raises(UsageError, match="choose from ConvBlock1_Conv2"):
        layer_cam(network, x, torch.var, layers=["ConvBlock9"])


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_lie_where_a_mark_moves_them(network: MeasuringNetwork, layer: str) -> None:
    """One pixel of the face changes a patch of the map; its middle is that pixel's place."""
    first, step = layer_offset(layer)
    seen = []
    block = network.backbone.blocks[LAYERS.index(layer)]
    hook = block.conv2.register_forward_hook(lambda *args: seen.append(args[2]))  # type: ignore[union-attr]
    x = torch.zeros(1, 3, 4, 96, 96)
    marked = x.clone()
    row, column = 46, 49  # near the middle: at an edge the patch is cut off
    marked[..., row, column] = 1.0
    with torch.no_grad():
        network(x), network(marked)
    hook.remove()
    change = (seen[1] - seen[0]).abs().sum(dim=(0, 1, 2)) > 0
    rows, columns = change.any(dim=1).nonzero().flatten(), change.any(dim=0).nonzero().flatten()
    middle = [float((k.min() + k.max() + 1) / 2) * step + first for k in (rows, columns)]
    assert abs(middle[0] - row - 0.5) <= step and abs(middle[1] - column - 0.5) <= step


def test_maps_are_put_where_they_belong() -> None:
    out = map_to_face(np.arange(4.0).reshape(2, 2), 9, 3, 2)
    assert out.max() == 1.0 and out[:3].sum() == 0 and out[7:].sum() == 0
    assert out[5, 5] == out[6, 6] == 1.0 and out[3, 5] == pytest.approx(1 / 3)
    assert not map_to_face(np.zeros((2, 2)), 9, 3, 2).any()


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False])
def test_the_shipped_network_uses_skin(video: Path, known: bool) -> None:
    pulse = truth(SPEC)
    found = explain(video, reference=Series(pulse.t, pulse.bvp) if known else None)
    box, size = found.box, found.face.shape[0]
    skin = skin_mask(SPEC)[box.top : box.bottom, box.left : box.right].astype(np.float32)
    inside = cv2.resize(skin, (size, size), interpolation=cv2.INTER_AREA) > 0.5
    assert inside.mean() < 0.65  # what a map of nothing in particular would have
    assert list(found.maps) == list(LAYERS) and found.by_reference == known
    for name, values in found.maps.items():
        assert (values * inside).sum() / values.sum() > 0.7, name


@pytest.mark.slow
def test_the_command_draws_it(video: Path, tmp_path: Path) -> None:
    def run(*arguments: object):  # type: ignore[no-untyped-def]
        return CliRunner().invoke(app, ["explain", *map(str, arguments)])

    plot = tmp_path / "a.png"
    known = video.with_suffix(".csv")
    result = run(video, "--plot", plot, "--truth", known, "--seconds", 2, "--layer", LAYERS[1])
    assert result.exit_code == 0, result.output
    assert "LayerCAM of ConvBlock2_Conv2, by the contact waveform" in result.stdout
    assert plot.read_bytes()[:4] == b"\x89PNG"
    for arguments, error, words in (
        ((video, "--plot", tmp_path / "a.txt"), UsageError, "--plot ends in"),
        ((video, "--plot", tmp_path / "attic" / "a.png"), OutputError, "does not exist"),
        ((video, "--weights", "a.onnx", "--plot", plot), UsageError, "gradients need"),
        ((video, "--start", 3.9, "--plot", plot), UsageError, "needs at least 1 s of face"),
        ((video, "--start", 50, "--plot", plot), SourceError, "no face from 50 to 60 s"),
        ((video, "--layer", "x", "--plot", plot), UsageError, "no layer 'x'"),
    ):
        result = run(*arguments)
        assert isinstance(result.exception, error), (arguments, result.exception)
        assert words in str(result.exception)
