"""Networks of other papers through the one loop: each learns from simulated faces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sspd.errors import TrainingError, UsageError, WeightsError
from sspd.face.crop import resize_area
from sspd.models.checkpoint import load_baseline
from sspd.network import load_clip_network
from sspd.network.grid import to_grid
from sspd.research.datasets.faces import FaceEntry, open_store, write_entry
from sspd.research.recipes import TRAINED_METHODS, BaselineRecipe, get_baseline
from sspd.research.train.baseline_step import FASTEST, SLOWEST, _speed, change_speed, new_baseline
from sspd.research.train.labels import labels_beside
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import train
from sspd.research.train.sampler import Draw, Video, usable_videos
from sspd.research.train.step_types import Batch
from sspd.research.train.trainers import trainer_for
from sspd.signal import bandpass, peak_frequency
from sspd.simulation import VideoSpec, simulate_faces, truth, write_truth
from sspd.types import Frames

FS, SIZE, CLIP = 15.0, 32, 64
#: Networks of single pictures do with less.
FASTER = {"can": 20, "deepphys": 20, "efficientphys": 20, "hr-cnn": 28}
RATES = (54, 63, 72, 81, 90, 99, 108, 117)
HELD_OUT = (67, 76, 86, 95, 111)
CPU = torch.device("cpu")


def small(name: str, steps: int) -> BaselineRecipe:
    """A method's recipe for two cores, on faces and clips that train in seconds."""
    recipe = get_baseline(f"{name}-laptop")
    network = replace(recipe.network, fs=FS, size=FASTER.get(name, SIZE), clip=CLIP)
    # PhysNet's decoder can beat at a quarter of the rate: that must not be a pulse
    band_hz = (0.66, 3.0)
    return replace(
        recipe,
        network=network,
        batch=4,
        steps=steps,
        warmup_steps=5,
        precision="f32",
        band_hz=band_hz,
    )


def video(hr_bpm: float, seconds: float) -> VideoSpec:
    return VideoSpec(
        seed=int(hr_bpm),
        hr_bpm=hr_bpm,
        duration_s=seconds,
        fps=FS,
        width=160,
        height=120,
        face_px=80,
        pulse_percent=1.5,
    )


@pytest.fixture(scope="session")
def beating(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of simulated faces with their truth beside it."""
    folder = tmp_path_factory.mktemp("beating")
    (folder / "truth").mkdir()
    for hr_bpm in RATES:
        spec = video(hr_bpm, 7.0)
        write_truth(spec, folder / "truth" / f"video{hr_bpm}.mp4")
        write_entry(folder, f"video{hr_bpm}", simulate_faces(spec, SIZE), f"video{hr_bpm}")
    return folder


@pytest.fixture(scope="session")
def held_out() -> list[tuple[float, Frames]]:
    specs = [video(hr_bpm, 8.0) for hr_bpm in HELD_OUT]
    return [(truth(spec).hr_bpm, simulate_faces(spec, SIZE)) for spec in specs]


@pytest.fixture(scope="session")
def videos(beating: Path) -> list[Video]:
    entries: list[FaceEntry] = open_store(beating)
    labels, missing = labels_beside(beating, entries)
    assert not missing
    return usable_videos(entries, CLIP * FASTEST / FS, labels)[0]


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sspd.research.train.monitor.PROBES", 1)
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 3)
    monkeypatch.setattr("sspd.research.train.calibration_videos.DURATION_S", 6.0)


def errors_bpm(weights: Path, held_out: list[tuple[float, Frames]]) -> list[float]:
    network = load_clip_network(weights)
    errors = []
    for hr_bpm, faces in held_out:
        grid = to_grid(faces, FS)
        wave = network(resize_area(face, network.spec.size) for face in grid)
        assert wave is not None
        errors.append(
            abs(60 * peak_frequency(bandpass(wave, FS, (0.7, 3.5)), FS, (0.7, 3.0)) - hr_bpm)
        )
    return errors


#: How wrong a guess of the middle rate is in the mean; one at random is wrong by more.
CHANCE_BPM = float(np.mean(np.abs(np.array(HELD_OUT) - np.median(HELD_OUT))))
STEPS = {"physformer": 100}
#: SiNC wants hundreds of steps of many clips: a training of seconds gives one rate for all.
IN_SECONDS = [name for name in TRAINED_METHODS if name != "sinc"]


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_SECONDS)
def test_each_method_learns_a_pulse_in_seconds(
    name: str, videos: list[Video], held_out: list[tuple[float, Frames]], tmp_path: Path
) -> None:
    weights = train(videos, small(name, STEPS.get(name, 40)), tmp_path, seed=1, device="cpu")
    assert np.mean(errors_bpm(weights, held_out)) < CHANCE_BPM / 2
    rows = read_metrics(tmp_path)
    parts = {key for key in rows[0] if key.startswith("loss/")} - {"loss/total"}
    assert parts == {f"loss/{term}" for term, _ in get_baseline(name).losses}
    assert rows[0]["loss/total"] == pytest.approx(sum(rows[0][part] for part in parts), rel=1e-4)
    network, made_by = load_baseline(weights)
    assert network.spec.name == tmp_path.name and made_by["recipe"]["kind"] == small(name, 1).kind


@pytest.mark.slow
def test_sinc_gets_nearer_to_what_a_pulse_is(videos: list[Video], tmp_path: Path) -> None:
    """In few steps what lies outside of the band goes; rates come later."""
    train(videos, small("sinc", 15), tmp_path, seed=1, device="cpu")
    rows = read_metrics(tmp_path)
    assert rows[-1]["loss/bandwidth"] < 0.6 * rows[0]["loss/bandwidth"]
    assert rows[-1]["loss/total"] < rows[0]["loss/total"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["can", "remotephys"])
def test_the_same_seed_gives_the_same_bytes_also_after_a_stop(
    name: str, videos: list[Video], tmp_path: Path
) -> None:
    """CAN has dropout, RemotePPG draws speeds and views: nothing of that is remembered."""
    recipe = small(name, 2)
    whole = train(videos, recipe, tmp_path / "whole", seed=3, device="cpu", name="x")

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(
            videos, recipe, tmp_path / "again", seed=3, device="cpu", checkpoint_s=0, on_step=stop
        )
    again = train(videos, recipe, tmp_path / "again", seed=3, device="cpu", resume=True, name="x")
    assert whole.read_bytes() == again.read_bytes()
    other = train(videos, recipe, tmp_path / "other", seed=4, device="cpu", name="x")
    assert whole.read_bytes() != other.read_bytes()


@pytest.mark.slow
def test_weights_to_start_from_are_of_the_same_network(videos: list[Video], tmp_path: Path) -> None:
    recipe = replace(small("physnet", 1), learning_rate=1e-9)
    first = train(videos, recipe, tmp_path / "a", seed=0, device="cpu")
    then = train(videos, recipe, tmp_path / "b", seed=9, device="cpu", init=first)
    a, b = (load_baseline(file)[0].state_dict() for file in (first, then))
    for key, value in a.items():
        if value.is_floating_point() and "running" not in key:
            torch.testing.assert_close(b[key], value, atol=1e-6, rtol=0)
    with pytest.raises(WeightsError, match="layers differ"):
        train(videos, small("remotephys", 1), tmp_path / "c", device="cpu", init=first)
    with pytest.raises(UsageError, match="no weights of 'physnet' come with the package"):
        train(videos, recipe, tmp_path / "d", device="cpu", init="shipped")


@pytest.mark.slow
def test_what_a_kind_of_training_needs_is_said(videos: list[Video], tmp_path: Path) -> None:
    mute = [replace(one, label=None) for one in videos]
    with pytest.raises(TrainingError, match="learns from labels, it has none"):
        train(mute, small("physnet", 1), tmp_path / "a", device="cpu")
    with pytest.raises(TrainingError, match="compares videos: it needs two or more"):
        recipe = replace(small("contrast-phys", 1), batch=1)
        train(videos, recipe, tmp_path / "b", device="cpu")


def test_losses_that_are_not_finite_end_a_training() -> None:
    recipe = small("sinc", 4)
    state = new_baseline(recipe, 0, CPU)
    before = [p.detach().clone() for p in state.network.parameters()]
    clips = torch.full((2, recipe.n_differences + 1, 3, SIZE, SIZE), torch.nan)
    with pytest.raises(TrainingError, match="loss is not finite at step 0"):
        trainer_for(recipe).step(state, Batch(clips, [Draw(0, 0), Draw(0, 1)], 2), 0, 4)
    for old, new in zip(before, state.network.parameters(), strict=True):
        assert torch.equal(old, new)


def test_videos_are_played_at_other_speeds() -> None:
    t = torch.arange(100.0)
    for speed in (0.7, 1.0, 1.4):
        expected = np.arange(60)[2:] * speed
        np.testing.assert_allclose(change_speed(t[None], speed, 60)[0, 2:], expected, atol=1e-4)
    clip = t.view(1, 1, 100, 1, 1).expand(1, 3, 100, 2, 2)
    np.testing.assert_allclose(
        change_speed(clip, 1.4, 60)[0, 0, 2:, 1, 0], np.arange(2, 60) * 1.4, 1e-5
    )


def test_noise_does_not_beat_at_other_speeds() -> None:
    """Its strength is the same wherever between two pictures a picture falls."""
    noise = torch.randn(4000, 130, generator=torch.Generator().manual_seed(1))
    for speed in (0.8, 1.1, 1.25):
        power = change_speed(noise, speed, 100).var(dim=0)[2:]
        assert float(power.max() / power.min()) < 1.3


def test_speeds_are_drawn_from_their_range() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = np.array([_speed(generator, apart=True) for _ in range(500)])
    assert drawn.min() >= SLOWEST and drawn.max() <= FASTEST
    assert not ((drawn > 0.8) & (drawn < 1.25)).any()
    assert (drawn < 0.8).any() and (drawn > 1.25).any()
    free = np.array([_speed(generator, apart=False) for _ in range(500)])
    assert free.min() < 0.7 and free.max() > 1.45 and ((free > 0.8) & (free < 1.25)).any()


def test_recipes_are_data() -> None:
    for name in TRAINED_METHODS:
        paper, laptop = get_baseline(name), get_baseline(f"{name}-laptop")
        assert paper.method == laptop.method == name
        assert json.loads(json.dumps(paper.to_dict()))["source"]
        assert laptop.network.network == paper.network.network
        assert dict(laptop.losses).keys() == dict(paper.losses).keys() and laptop.kind == paper.kind


def test_physformers_frequency_losses_grow_fivefold_over_its_epochs() -> None:
    """beta = 1.0 * 5 ** (epoch / 25), CVPR 2022, Sec. 3.4; the time loss weighs 0.1 throughout."""
    recipe, per_epoch = get_baseline("physformer"), 7
    steps = 25 * per_epoch
    for epoch in range(25):
        expected = 1.0
        for _ in range(epoch):
            expected *= 5 ** (1 / 25)
        for step in (epoch * per_epoch, (epoch + 1) * per_epoch - 1):
            now = dict(recipe.at(step, steps).losses)
            assert now["pearson"] == 0.1
            assert now["rate-entropy"] == now["rate-distribution"] == pytest.approx(expected)
    laptop = get_baseline("physformer-laptop")  # of steps: it grows with each
    weights = [dict(laptop.at(step, 250).losses)["rate-entropy"] for step in (0, 125, 249)]
    assert weights == pytest.approx([1.0, 5**0.5, 5 ** (249 / 250)])
    for name in TRAINED_METHODS:
        if name != "physformer":
            assert get_baseline(name).at(3, 9) == get_baseline(name)
    with pytest.raises(UsageError, match="curriculum"):
        replace(recipe, curriculum=0.0)
    with pytest.raises(UsageError, match="clip_every_s"):
        replace(recipe, clip_every_s=-1.0)


@pytest.mark.slow
def test_a_step_weighs_losses_as_the_curriculum_says() -> None:
    recipe = replace(small("physformer", 4), curriculum=5.0, precision="f32")
    clips = torch.rand(2, CLIP + 1, 3, SIZE, SIZE) * 255
    t = torch.arange(CLIP) / FS
    waves = torch.sin(2 * torch.pi * 1.5 * t).repeat(2, 1)
    batch = Batch(clips, [Draw(0, 0), Draw(0, 1)], 2, waves)
    parts = []
    for step in (0, 2):
        state = new_baseline(recipe, 0, CPU)
        state.step = step
        parts.append(trainer_for(recipe).step(state, batch, 0, 4).parts)
    first, later = parts
    torch.testing.assert_close(later["rate-entropy"], 5**0.5 * first["rate-entropy"])
    torch.testing.assert_close(later["pearson"], first["pearson"])
