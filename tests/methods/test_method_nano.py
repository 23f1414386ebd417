"""The small network as a method: its values stand at the frames' times, at any frame rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from helpers.beating_faces import beating
from helpers.networks import measuring_network, nano_network
from sspd.errors import UsageError, WeightsError
from sspd.face.stabilize import STABILIZE_PX
from sspd.methods import get_method
from sspd.models.nano import NanoNetwork, NanoOutput
from sspd.network.export import export_onnx
from sspd.signal import bandpass
from sspd.types import EqualizerSpec, Frames, MeasureOptions


class Green(NanoNetwork):
    """Gives the green of the mean face, `latency` frames late: what an ideal network would."""

    def forward(self, faces: torch.Tensor, state: torch.Tensor | None = None) -> NanoOutput:
        out = super().forward(faces, state)
        assert state is not None
        held = state[:, -self.spec.latency :]
        green = -faces[:, :, 1].mean(dim=(2, 3))
        late = torch.cat([held, green], dim=1)
        kept = torch.cat([out.state[:, : -self.spec.latency], late[:, 1:]], dim=1)
        return NanoOutput(late[:, :1], out.features, kept)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last convolution in time is as long as the latency: its memory holds the values."""
    spec = nano_network(latency=8, width=4, dilations=(1, 4), name="green").spec
    path = tmp_path_factory.mktemp("method") / "green.onnx"
    export_onnx(Green(spec).eval(), path)
    return path


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_values_stand_at_their_time(file: Path, fps: float) -> None:
    method = get_method("sspd", weights=file)
    assert (method.fs, method.size, method.weights) == (30.0, 36, "green")
    t = 2.0 + np.arange(int(8 * fps)) / fps
    faces = beating(t, lambda s: 8 * np.sin(2 * np.pi * 0.9 * s), 36).faces
    wave = method.run([faces])
    assert wave is not None and wave.start_s == 2.0
    assert wave.t[-1] == pytest.approx(t[-1], abs=1 / 30)
    kept = bandpass(wave.values, 30.0, (0.5, 4.0))
    known = np.sin(2 * np.pi * 0.9 * wave.t)
    likeness = [np.corrcoef(kept[20:-20], np.roll(known, k)[20:-20])[0, 1] for k in (-2, 0, 2)]
    assert abs(likeness[1]) > 0.98 and np.argmax(np.abs(likeness)) == 1


def test_chunks_do_not_matter_and_the_waveform_is_told_meanwhile(file: Path) -> None:
    method, told = get_method("sspd", weights=file), []
    faces = beating(np.arange(100) / 30, np.sin, 36).faces
    cuts = [slice(k, k + 13) for k in range(0, 100, 13)]
    pieces = [Frames(faces.rgb[cut], faces.t[cut], faces.max_value) for cut in cuts]
    assert method.stages is not None
    wave = method.stages.waveform(iter(pieces), told.append)
    whole = method.run([faces])
    assert wave is not None and whole is not None
    np.testing.assert_array_equal(wave.values, whole.values)
    assert [signal.values.size for signal in told] == [22, 52, 82]


def test_too_few_faces_give_none(file: Path) -> None:
    run = get_method("sspd", weights=file).run
    assert run([beating(np.arange(3) / 30, np.sin, 36).faces]) is None
    assert run([beating(np.arange(4) / 30, np.sin, 36).faces]) is not None
    assert run([]) is None


def test_facts_of_the_file_become_those_of_the_method(tmp_path: Path) -> None:
    equalizer = EqualizerSpec((0.25, 0.5, 0.25))
    export_onnx(nano_network(follow=True, equalizer=equalizer), tmp_path / "n.onnx")
    method = get_method("sspd", weights=tmp_path / "n.onnx")
    assert (method.name, method.size, method.equalizer) == ("sspd", STABILIZE_PX, equalizer)


def test_what_cannot_be_measured_with_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="runs in f32"):
        get_method("sspd", weights=file, precision="int8")
    with pytest.raises(WeightsError, match="no weights of this name come with this version"):
        get_method("sspd", weights="nano")
    with pytest.raises(WeightsError, match="not a network exported by sspd"):
        get_method("physnet", weights=file)
    export_onnx(measuring_network(), tmp_path / "large.onnx")
    assert get_method("sspd", weights=tmp_path / "large.onnx").size == 96
    assert MeasureOptions(weights=str(file)).weights is not None
