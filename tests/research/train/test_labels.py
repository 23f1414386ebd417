"""Labels: the contact waveform at the times of a network's values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SourceError, TrainingError
from sspd.models.baseline_spec import BaselineSpec
from sspd.models.checkpoint import load_baseline
from sspd.research.datasets.faces import open_store
from sspd.research.recipes import BaselineRecipe, get_baseline, get_recipe
from sspd.research.train.labels import (
    fitted,
    label_of_clip,
    labels_beside,
    labels_of,
    labels_or_rates,
    rate_of_clip,
)
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import train
from sspd.research.train.sampler import Draw, place_of, usable_videos
from sspd.simulation import VideoSpec, write_truth
from sspd.types import Recording, References, Series


def spec(input: str, summations: int) -> BaselineSpec:
    return BaselineSpec(
        "physnet",
        fs=30.0,
        size=32,
        clip=120,
        input=input,
        summations=summations,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("given", "summations", "later_s"),
    [("pictures", 0, 0.0), ("differences", 0, 0.5 / 30), ("both", 1, 0.5 / 30)],
)
def test_values_lie_where_the_network_says_them(
    given: str, summations: int, later_s: float
) -> None:
    """A contact clock of 61 Hz that began long before the video."""
    t = -5 + np.arange(0, 30, 1 / 61)
    hz = 1.3
    label = Series(t, 7 + 3 * np.sin(2 * np.pi * hz * t))
    found = label_of_clip(label, 4.2, 120, spec(given, summations))
    place = 4.2 + np.arange(120) / 30 + later_s
    phase = 2 * np.pi * hz * place
    expected = np.cos(phase) if summations else np.sin(phase)
    assert found.dtype == np.float32 and abs(float(found.mean())) < 1e-6
    assert np.corrcoef(found, expected)[0, 1] > 0.999


def test_slow_drift_is_not_learned() -> None:
    t = np.arange(0, 30, 1 / 60)
    pulse = np.sin(2 * np.pi * 1.3 * t)
    with_drift = Series(t, pulse + 20 * np.sin(2 * np.pi * 0.05 * t))
    a, b = (
        label_of_clip(s, 10.0, 120, spec("pictures", 0)) for s in (Series(t, pulse), with_drift)
    )
    assert np.corrcoef(a, b)[0, 1] > 0.99


def recording(name: str, references: References | None) -> Recording:
    def known() -> References:
        if references is None:
            raise SourceError(f"{name}.csv: damaged")
        return references

    return Recording(
        name=name,
        subject=name,
        condition="still",
        video=Path(f"{name}.mp4"),
        frames=lambda: iter(()),
        references=known,
        files=(),
    )


def test_recordings_without_a_waveform_are_named() -> None:
    bvp = Series(np.arange(3.0), np.zeros(3))
    rates = References(hr_bpm=bvp)
    labels, missing = labels_of(
        [recording("a", References(bvp=bvp)), recording("b", rates), recording("c", None)]
    )
    assert list(labels) == ["a.mp4"]
    assert missing == ["b: no contact waveform to learn from", "c: c.csv: damaged"]


def test_the_truth_beside_simulated_faces(store: Path, tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    write_truth(VideoSpec(seed=0, duration_s=3.0), tmp_path / "truth" / "video0.mp4.mp4")
    labels, missing = labels_beside(tmp_path, open_store(store))
    assert list(labels) == ["video0.mp4"]
    assert len(missing) == 2 and "video1.mp4.csv" in missing[0]


def test_clips_are_drawn_where_the_label_reaches(store: Path) -> None:
    """Of 3 s of video the contact saw the middle second and a half."""
    entries = open_store(store)
    label = Series(np.arange(0.5, 2.01, 0.1), np.zeros(16))
    videos, short = usable_videos(entries, 1.0, {entries[0].video: label})
    assert [video.name for video in videos] == [entries[0].video] and not short
    begins = [place_of(videos[0], Draw(k, 0), 1.0, 0)[1] for k in range(50)]
    assert 0.5 <= min(begins) < 0.6 and 0.9 < max(begins) <= 1.0
    assert usable_videos(entries, 2.0, {entries[0].video: label}) == ([], [entries[0].video])
    assert usable_videos(entries, 1.0, {}) == ([], [])


def test_where_no_recording_has_a_waveform_their_rates_are_learned() -> None:
    rates = Series(np.arange(30.0), np.r_[0.0, np.full(14, 60.0), np.full(15, 90.0)])
    only = [recording("b", References(hr_bpm=rates)), recording("c", None)]
    found = labels_or_rates(only)
    assert (list(found.series), found.of_rates, found.missing) == (
        ["b.mp4"],
        True,
        ["c: c.csv: damaged"],
    )
    with_wave = [*only, recording("a", References(bvp=rates))]
    found = labels_or_rates(with_wave)
    assert (list(found.series), found.of_rates, len(found.missing)) == (["a.mp4"], False, 2)
    recipe = get_baseline("physnet")
    assert fitted(recipe, with_wave) is recipe
    by_rates = fitted(recipe, only)
    assert isinstance(by_rates, BaselineRecipe)
    assert [name for name, _ in by_rates.losses] == ["rate-entropy", "rate-distribution"]
    assert not by_rates.upright and "rates alone" in by_rates.source
    assert dict(get_baseline("physformer").by_rates().losses) == {
        "rate-entropy": 1.0,
        "rate-distribution": 1.0,
    }
    for name in ("contrast-phys", "hr-cnn"):  # no labels, or rates anyway
        assert fitted(get_baseline(name), only) == get_baseline(name)
    assert fitted(get_recipe("paper"), only) == get_recipe("paper")
    assert rate_of_clip(rates, 0.0, 5.0) == 60.0  # 0 is the device's sign for none
    assert rate_of_clip(rates, 12.0, 5.0) == pytest.approx(75.0)
    assert rate_of_clip(rates, 40.0, 5.0) == 90.0


@pytest.mark.slow
def test_a_network_learns_from_rates_alone(store: Path, tmp_path: Path) -> None:
    """The loss falls on videos of which nothing but the rate is known: VIPL-HR's case."""
    entries = open_store(store)
    rates = {entry.video: Series(np.arange(-1.0, 5.0), np.full(6, 90.0)) for entry in entries}
    laptop = get_baseline("deepphys-laptop").by_rates()
    small = replace(laptop.network, fs=15.0, size=20, clip=30)
    recipe = replace(laptop, network=small, batch=3, steps=12, precision="f32")
    videos, short = usable_videos(entries, recipe.clip_s, rates, of_rates=True)
    assert len(videos) == 3 and not short and videos[0].label is None
    weights = train(videos, recipe, tmp_path, device="cpu")
    rows = read_metrics(tmp_path)
    losses = [row["loss/total"] for row in rows]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    assert {key for key in rows[0] if key.startswith("loss/")} == {
        *("loss/total", "loss/rate-entropy", "loss/rate-distribution")
    }
    made_by = load_baseline(weights)[1]
    assert "simulated" in made_by["settled"]["sign_and_integration"]
    # a loss of waveforms would have nothing to learn from
    with pytest.raises(TrainingError, match="there are only heart rates"):
        train(videos, replace(recipe, losses=(("pearson", 1.0),)), tmp_path / "b", device="cpu")
