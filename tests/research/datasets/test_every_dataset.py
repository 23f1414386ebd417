"""One contract for all readers, on simulated videos written in each dataset's layout."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SourceError, UsageError
from sspd.research.datasets.card import Dataset
from sspd.research.datasets.table import DATASETS, get_dataset, open_dataset
from sspd.signal import bandpass, find_beats
from sspd.simulation import VideoSpec, contact_bvp, frame_times
from sspd.types import Recording, Series

#: Every dataset is simulated, in its own layout.
pytestmark = pytest.mark.slow

#: Numbers of the recordings that are written: the first two, and one of another kind.
NUMBERS = {
    "cohface": (0, 6),
    "ibvp": (0, 5),
    "lgi-ppgi": (0, 5),
    "mmpd": (0, 21),
    "mr-nirp": (0, 2),
    "mr-nirp-car": (0, 121),
    "mr-nirp-car-rgb": (0, 121),
    "mr-nirp-rgb": (0, 2),
    "pure": (0, 7),
    "scamps": (0, 1),
    "ubfc-phys": (0, 4),
    "ubfc-rppg": (0, 1, 42),
    "vipl-hr": (0, 1, 4),
}
DURATION_S = 12.0


def spec_of(place: int) -> VideoSpec:
    return VideoSpec(
        seed=70 + place,
        duration_s=DURATION_S,
        width=192,
        height=160,
        face_px=100,
        hr_bpm=64.0 + 11 * place,
    )


Layout = tuple[Dataset, Path, dict[str, VideoSpec]]


@pytest.fixture(scope="session", params=sorted(DATASETS))
def layout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    dataset = get_dataset(request.param)
    root = tmp_path_factory.mktemp(dataset.name)
    specs = [spec_of(place) for place in range(len(NUMBERS.get(dataset.name, (0, 1))))]
    numbers = NUMBERS.get(dataset.name, (0, 1))
    names = [dataset.write(root, n, spec) for n, spec in zip(numbers, specs, strict=True)]
    return dataset, root, dict(zip(names, specs, strict=True))


@pytest.fixture(scope="session")
def recordings(layout: Layout) -> list[Recording]:
    dataset, root, _ = layout
    return dataset.recordings(root)


def test_what_was_written_is_found(layout: Layout, recordings: list[Recording]) -> None:
    dataset, _, specs = layout
    assert sorted(recording.name for recording in recordings) == sorted(specs)
    for recording in recordings:
        assert recording.subject and recording.condition
        assert recording.video in recording.files
        assert all(file.exists() for file in recording.files)
        assert not dataset.expected or recording.name in dataset.expected or recording.condition


def test_a_recording_travels_to_other_processes(recordings: list[Recording]) -> None:
    for recording in recordings:
        again = pickle.loads(pickle.dumps(recording))
        assert again.name == recording.name and again.files == recording.files


def test_opening_reads_no_video(
    layout: Layout, recordings: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    import av
    import cv2

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture was read")

    monkeypatch.setattr(av, "open", refuse)
    monkeypatch.setattr(cv2, "imread", refuse)
    monkeypatch.setattr(cv2, "imdecode", refuse)
    dataset, root, _ = layout
    assert len(dataset.recordings(root)) == len(recordings)


def test_frames_have_their_times(layout: Layout, recordings: list[Recording]) -> None:
    _, _, specs = layout
    for recording in recordings:
        spec = specs[recording.name]
        chunks = list(recording.frames(chunk=16))
        assert all(len(chunk) <= 16 for chunk in chunks)
        t = np.concatenate([chunk.t for chunk in chunks])
        assert bool((np.diff(t) > 0).all()) and t[0] >= 0
        assert abs(t[-1] - frame_times(spec)[-1]) <= 2 / spec.fps
        part = np.concatenate([c.t for c in recording.frames(start_s=1.0, end_s=2.0)])
        assert part.tolist() == t[(t >= 1.0) & (t < 2.0)].tolist()


def test_frames_are_upright_faces_in_rgb(layout: Layout, recordings: list[Recording]) -> None:
    from sspd.simulation import simulate

    _, _, specs = layout
    for recording in recordings:
        seen = next(iter(recording.frames(chunk=1)))
        drawn = next(simulate(specs[recording.name], chunk=1)).rgb[0] / 255.0
        shown = seen.rgb[0] / seen.max_value
        assert shown.shape == drawn.shape
        grey = np.ptp(shown.mean(axis=(0, 1))) < 1e-6  # near infrared: one channel thrice
        wanted = drawn.mean(axis=2, keepdims=True) if grey else drawn
        assert (
            float(np.corrcoef(shown.ravel(), np.broadcast_to(wanted, shown.shape).ravel())[0, 1])
            > 0.97
        )


def test_the_truth_comes_back(layout: Layout, recordings: list[Recording]) -> None:
    """Heart rate within 0.1 bpm, time within one sample of the contact's clock."""
    _, _, specs = layout
    for recording in recordings:
        spec, known = specs[recording.name], recording.references()
        if known.bvp is not None:
            inside = (known.bvp.t >= 0) & (known.bvp.t <= spec.duration_s)
            bvp = Series(known.bvp.t[inside], known.bvp.values[inside])
            assert abs(_rate(bvp) - _rate(_true_bvp(spec, bvp.t))) <= 0.1
            assert abs(_lag(known.bvp, spec)) <= 1 / known.bvp.fs
        if known.hr_bpm is not None:
            assert abs(float(np.mean(known.hr_bpm.values)) - spec.hr_bpm) <= 2.0
        assert known.bvp is not None or known.hr_bpm is not None


def _true_bvp(spec: VideoSpec, t: np.ndarray) -> Series:
    return contact_bvp(spec, t)  # modelled for 3 s beyond the video's ends too


def _rate(bvp: Series) -> float:
    fs = 100.0
    t = np.arange(bvp.t[0], bvp.t[-1], 1 / fs)
    beats = find_beats(bandpass(np.interp(t, bvp.t, bvp.values), fs, (0.6, 4.0)), fs, 0.27)
    return 60 / float(np.diff(beats).mean())


def _lag(bvp: Series, spec: VideoSpec) -> float:
    """Seconds by which the reference is late."""
    lags = np.arange(-0.2, 0.2, 0.002)
    inside = (bvp.t > 0.3) & (bvp.t < spec.duration_s - 0.3)
    fits = [
        np.corrcoef(_true_bvp(spec, bvp.t[inside] - lag).values, bvp.values[inside])[0, 1]
        for lag in lags
    ]
    return float(lags[int(np.argmax(fits))])


def test_the_card_is_filled_in(layout: Layout) -> None:
    dataset = layout[0]
    assert DATASETS[dataset.name] == dataset.name.replace("-", "_")
    for text in (dataset.title, dataset.citation, dataset.licence, dataset.tree.strip()):
        assert text
    assert len(set(dataset.expected)) == len(dataset.expected)
    for defect in dataset.defects:
        assert defect.why and defect.source
        # what only some copies have is known of, not expected
        named = not dataset.expected or defect.recording in dataset.expected
        assert named or not defect.excluded


def test_a_file_that_is_gone_is_named(
    layout: Layout, tmp_path: Path, recordings: list[Recording]
) -> None:
    """Each file of a recording is needed, and missed by name when it is asked for.

    A recording that is one file is not found without it; one found before misses it.
    """
    for file in recordings[0].files:
        aside = tmp_path / "aside"
        file.rename(aside)
        try:
            dataset, root, _ = layout
            found = {recording.name: recording for recording in dataset.recordings(root)}
            assert (recordings[0].name in found) == (len(recordings[0].files) > 1)
            damaged = found.get(recordings[0].name, recordings[0])
            with pytest.raises(SourceError, match=file.name):
                list(damaged.frames())
                damaged.references()
        finally:
            aside.rename(file)


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_a_folder_of_something_else_shows_the_tree(name: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(SourceError, match="required: "):
        open_dataset(f"{name}:{tmp_path}")
    with pytest.raises(SourceError, match="no such folder"):
        open_dataset(f"{name}:{tmp_path / 'absent'}")


@pytest.mark.parametrize("data", ["ubfc-rppg", "ubfc-rppg:", "ubfc:/x", ""])
def test_a_name_that_is_none_says_which_there_are(data: str) -> None:
    with pytest.raises(UsageError, match="ubfc-rppg"):
        open_dataset(data)
