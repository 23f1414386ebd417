"""The small network is taught through the one loop: seeded, resumable, by its teacher alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from helpers.networks import measuring_network, nano_network
from sspd.errors import SSPDError, TrainingError, UsageError, WeightsError
from sspd.models.checkpoint import load_nano, save_checkpoint
from sspd.models.nano_spec import NanoSpec
from sspd.models.network import pad_to_even
from sspd.network import load_network
from sspd.network.nano_load import load_stream_network
from sspd.research.recipes import BaselineRecipe, Recipe, StudentRecipe, choose_recipe, get_recipe
from sspd.research.train.export import train_and_export
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import MODEL_FILE, train
from sspd.research.train.process_group import ProcessGroup, require_enough_clips
from sspd.research.train.sampler import Draw, Video, clip_at
from sspd.research.train.state import read_state_file, saved_steps, state_file
from sspd.research.train.student_step import make_student_views, new_student
from sspd.research.train.teacher import certainty, load_teacher, teacher_file
from sspd.research.train.trainers import trainer_for
from sspd.research.views.mdm import frame_differences
from sspd.signal import bandpass, equalize, integrate
from sspd.types import EqualizerSpec

CPU = torch.device("cpu")
TINY = StudentRecipe(
    "tiny-nano",
    "these tests",
    NanoSpec(fs=12.0, size=36, latency=4, regions=6, values=6, width=8, dilations=(1, 2)),
    clip_s=2.5,
    skip_s=0.25,
    widths=(5, 3),
    batch=2,
    steps=3,
    warmup_steps=1,
    learning_rate=1e-2,
    crop_px=113,
)
EQUALIZER = EqualizerSpec((0.1, 0.8, 0.1), 0.02)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    network = measuring_network(
        fs=12.0, token_size=32, polarity=-1, summations=1, equalizer=EQUALIZER
    )
    save_checkpoint(network, path)
    return path


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sspd.research.train.calibration_videos.VIDEOS", 1)
        patch.setattr("sspd.research.train.calibration_videos.DURATION_S", 3.0)
        yield


def _state(out: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = read_state_file(state_file(out, saved_steps(out)[-1]))[
        "network"
    ]
    return found


@pytest.mark.slow
def test_it_is_taught_and_exported(videos: list[Video], teacher: Path, tmp_path: Path) -> None:
    weights, exported = train_and_export(
        videos, TINY, tmp_path, seed=3, device="cpu", teacher=teacher, name="pupil"
    )
    network, made_by = load_nano(weights)
    assert network.spec.name == "pupil" and made_by["step"] == 3
    assert len(made_by["teacher"]) == 64
    assert "taught" in made_by["settled"]["sign_and_integration"]
    before = new_student(TINY, 3, CPU).network.state_dict()
    moved = [name for name, value in network.state_dict().items() if not value.equal(before[name])]
    assert moved == list(before)
    rows = read_metrics(tmp_path)
    assert len(rows) == 3
    for row in rows:
        parts = [row[f"loss/{name}"] for name in ("rpd", "band", "tspd")]
        assert row["loss/total"] == pytest.approx(sum(parts), rel=1e-5)
        assert 0 < row["certainty"] <= 1
    assert json.loads((tmp_path / "verdict.json").read_text())["verdict"]
    for file in (weights, exported, tmp_path / "model-int8.onnx"):
        assert load_stream_network(file).spec.name == "pupil"


@pytest.mark.slow
def test_a_stopped_training_continues_to_the_same_bits(
    videos: list[Video], teacher: Path, tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    for out in ("whole", "parts"):
        if out == "parts":
            with pytest.raises(RuntimeError, match="stopped"):
                train(
                    *(videos, TINY, tmp_path / out),
                    seed=3,
                    device="cpu",
                    teacher=teacher,
                    checkpoint_s=0.0,
                    on_step=lambda now: _stop(now.step),
                )
        train(
            *(videos, TINY, tmp_path / out),
            seed=3,
            device="cpu",
            teacher=teacher,
            resume=out == "parts",
        )
    whole, parts = (_state(tmp_path / out) for out in ("whole", "parts"))
    for name, value in whole.items():
        assert torch.equal(value, parts[name]), name


def _stop(step: int) -> None:
    if step == 2:
        raise RuntimeError("stopped")


@pytest.mark.slow
def test_another_teacher_is_another_training(
    videos: list[Video], teacher: Path, tmp_path: Path
) -> None:
    short = replace(TINY, steps=1)
    train(videos, short, tmp_path / "run", device="cpu", teacher=teacher)
    other = tmp_path / "other.safetensors"
    save_checkpoint(measuring_network(seed=1, fs=12.0, token_size=32), other)
    with pytest.raises(TrainingError, match="other teacher"):
        train(videos, short, tmp_path / "run", device="cpu", teacher=other, resume=True)


def test_the_lesson_is_the_measured_waveform_at_the_frames(
    videos: list[Video], teacher: Path
) -> None:
    clip = torch.from_numpy(clip_at(videos[0], Draw(0, 0), TINY, 0))
    lesson = load_teacher(teacher, TINY, CPU).teach(clip[None])
    assert lesson.waves.shape == (1, 31) and lesson.features.shape == (1, 30, 32)
    network = load_network(teacher)
    from sspd.research.views.lga import global_view

    faces = global_view(clip, 96)[None]
    measured = network(frame_differences(faces)[0].transpose(0, 1).numpy())
    pulse = bandpass(equalize(measured, EQUALIZER), 12.0, (0.5, 5.4))
    at_s = (network.spec.lag_steps + np.arange(30)) / 12 - EQUALIZER.delay_s
    between = np.interp(at_s, np.arange(31) / 12, lesson.waves[0].double().numpy())
    assert np.corrcoef(between[2:-2], pulse[2:-2])[0, 1] > 0.99
    with torch.no_grad():
        whole = measuring_network(fs=12.0, token_size=32).features(
            pad_to_even(frame_differences(faces))
        )
    torch.testing.assert_close(
        lesson.features[0], whole.sequence[0, :, :30].T, atol=1e-4, rtol=1e-4
    )
    assert integrate(measured, 12.0, 0).shape == (30,)


def test_a_lesson_is_given_once_for_each_place(
    videos: list[Video], teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = torch.from_numpy(np.stack([clip_at(v, Draw(0, 0), TINY, 0) for v in videos[:2]]))
    asked: list[int] = []
    known = load_teacher(teacher, TINY, CPU)

    def run(faces: Tensor) -> tuple[Tensor, Tensor]:
        asked.append(len(faces))
        return known.run(faces)

    counting = replace(known, run=run)
    first = counting.teach(clips, [(0, 0, 0.0), (1, 0, 0.0)])
    again = counting.teach(clips.flip(0), [(1, 0, 0.0), (0, 0, 0.0)])
    assert len(asked) == 2
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one, other.flip(0))
    counting.teach(clips[:1])  # of nobody knows where, so it is kept for nobody
    assert len(asked) == 3 and len(counting.kept) == 2
    monkeypatch.setattr("sspd.research.train.teacher.MOST_KEPT_BYTES", 1)
    counting.teach(clips[:1], [(0, 0, 0.5)])
    assert list(counting.kept) == [(0, 0, 0.5)]


def test_views_are_of_seed_and_draw_alone(videos: list[Video]) -> None:
    clips = torch.from_numpy(clip_at(videos[0], Draw(0, 0), TINY, 0))[None]
    one, again = (make_student_views(clips, [Draw(0, 0)], TINY, 0) for _ in range(2))
    assert torch.equal(one, again) and one.shape == (2, 31, 3, 36, 36)
    assert not torch.equal(one[0], one[1])
    assert not torch.equal(one, make_student_views(clips, [Draw(1, 0)], TINY, 0))
    assert float(one.min()) >= 0 and float(one.max()) <= 255


def test_an_unsure_waveform_weighs_little() -> None:
    t, rng = np.arange(300) / 30, np.random.default_rng(0)
    clean = np.sin(2 * np.pi * 1.3 * t)
    two_rates = np.concatenate([clean[:150], np.sin(2 * np.pi * 2.1 * t[150:])])
    noise = [certainty(rng.normal(size=300), 30.0) for _ in range(20)]
    assert certainty(clean, 30.0) == 1.0
    assert certainty(clean + 0.5 * rng.normal(size=300), 30.0) > 0.5 > np.mean(noise)
    assert certainty(two_rates, 30.0) <= 0.5
    assert certainty(np.zeros(300), 30.0) == 0.0


def test_what_cannot_teach_is_refused(teacher: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="'shipped' would work"):
        teacher_file(tmp_path / "missing.safetensors")
    assert teacher_file(teacher.with_suffix(".onnx")) == teacher
    save_checkpoint(nano_network(), tmp_path / "nano.safetensors")
    with pytest.raises(WeightsError, match="of the small network nano"):
        load_teacher(tmp_path / "nano.safetensors", TINY, CPU)
    for changed in (replace(TINY, crop_px=90), replace(TINY, network=NanoSpec(fs=30.0))):
        with pytest.raises(UsageError, match="a teacher at 12 Hz with faces of 96"):
            load_teacher(teacher, changed, CPU)


@pytest.mark.parametrize(
    ("start", "message"), [("shipped", "no weights of this name"), ("other", "its layers differ")]
)
def test_initial_weights_must_fit(teacher: Path, tmp_path: Path, start: str, message: str) -> None:
    save_checkpoint(nano_network(), tmp_path / "other")
    trainer = trainer_for(TINY, teacher=teacher)
    with pytest.raises(SSPDError, match=message):
        trainer.begin(0, CPU, start if start == "shipped" else str(tmp_path / start))


def test_it_continues_from_weights_of_its_own(teacher: Path, tmp_path: Path) -> None:
    own = new_student(TINY, 5, CPU).network
    save_checkpoint(own, tmp_path / MODEL_FILE)
    state = trainer_for(TINY, teacher=teacher).begin(0, CPU, str(tmp_path / MODEL_FILE))
    for name, value in own.state_dict().items():
        assert torch.equal(state.network.state_dict()[name], value)


def test_recipes_with_a_teacher_are_chosen_as_others(tmp_path: Path) -> None:
    recipe = choose_recipe("nano", steps=7, precision="bf16")
    assert isinstance(recipe, StudentRecipe) and not isinstance(recipe, Recipe | BaselineRecipe)
    assert (recipe.steps, recipe.precision, recipe.method) == (7, "bf16", "sspd")
    assert json.loads(json.dumps(recipe.to_dict()))["network"]["size"] == 48
    with pytest.raises(UsageError, match="one process"):
        require_enough_clips(recipe, 9, ProcessGroup(0, 2))
    for wrong in ({"clip_s": 2.0}, {"views_per_clip": 0}, {"epochs": 3}, {"least_weight": 2.0}):
        with pytest.raises(UsageError):
            replace(recipe, **wrong)
    assert get_recipe("laptop").name == "laptop"
