"""Labels: the contact waveform at the times of a network's values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sspd.containers import Recording, References, Series
from sspd.datasets.faces import open_store
from sspd.errors import SourceError
from sspd.recipes import BaselineSpec
from sspd.train.labels import label_of_clip, labels_beside, labels_of
from sspd.train.sampler import Draw, place_of, usable_films
from sspd.video.simulate import FilmSpec, write_truth


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
    """A contact clock of 61 Hz that began long before the film."""
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
        film=Path(f"{name}.mp4"),
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
    write_truth(FilmSpec(seed=0, duration_s=3.0), tmp_path / "truth" / "film0.mp4.mp4")
    labels, missing = labels_beside(tmp_path, open_store(store))
    assert list(labels) == ["film0.mp4"]
    assert len(missing) == 2 and "film1.mp4.csv" in missing[0]


def test_clips_are_drawn_where_the_label_reaches(store: Path) -> None:
    """Of 3 s of film the contact saw the middle second and a half."""
    entries = open_store(store)
    label = Series(np.arange(0.5, 2.01, 0.1), np.zeros(16))
    films, short = usable_films(entries, 1.0, {entries[0].film: label})
    assert [film.name for film in films] == [entries[0].film] and not short
    begins = [place_of(films[0], Draw(k, 0), 1.0, 0)[1] for k in range(50)]
    assert 0.5 <= min(begins) < 0.6 and 0.9 < max(begins) <= 1.0
    assert usable_films(entries, 2.0, {entries[0].film: label}) == ([], [entries[0].film])
    assert usable_films(entries, 1.0, {}) == ([], [])
