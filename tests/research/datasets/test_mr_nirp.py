"""What is particular to both parts of MR-NIRP; the rest is the contract of all datasets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SourceError
from sspd.research.datasets.card import Dataset
from sspd.research.datasets.check import absent, check_recording
from sspd.research.datasets.mr_nirp_files import (
    EVEN,
    GREY_WEIGHTS,
    grey,
    has_mosaic,
    mosaic,
    write_pgm,
)
from sspd.research.datasets.table import get_dataset
from sspd.research.evaluate import get_protocol
from sspd.simulation import VideoSpec, simulate
from sspd.types import Recording

SPEC = VideoSpec(seed=2, duration_s=0.4, width=128, height=96, face_px=60, hr_bpm=75)
INDOOR, INDOOR_RGB = get_dataset("mr-nirp"), get_dataset("mr-nirp-rgb")
CAR, CAR_RGB = get_dataset("mr-nirp-car"), get_dataset("mr-nirp-car-rgb")
DRAWN = np.concatenate([part.rgb for part in simulate(SPEC)])


def only(dataset: Dataset, root: Path) -> Recording:
    (recording,) = dataset.recordings(root)
    return recording


def video(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Levels between 0 and 1, and times."""
    chunks = list(recording.frames(chunk=5))
    rgb = np.concatenate([chunk.rgb / chunk.max_value for chunk in chunks])
    return rgb, np.concatenate([chunk.t for chunk in chunks])


def is_grey_video(rgb: np.ndarray) -> None:
    wanted = sum(weight * DRAWN[..., k] for k, weight in enumerate(GREY_WEIGHTS)) / 256
    np.testing.assert_allclose(rgb, np.repeat(wanted[..., None], 3, axis=3), atol=0.5 / 4096 + 1e-4)


def is_colour_video(rgb: np.ndarray) -> None:
    """Colours are filled in, so only means are the same; order and levels would show there."""
    np.testing.assert_allclose(rgb.mean(axis=(1, 2)), DRAWN.mean(axis=(1, 2)) / 256, rtol=0.02)
    means = DRAWN.mean(axis=(0, 1, 2))
    assert np.ptp(means) > 0.1 * means.mean()  # the drawn video has a colour to get wrong


def test_what_was_given_out_is_expected() -> None:
    assert len(INDOOR.expected) == 15 and "Subject5_motion_940" not in INDOOR.expected
    assert INDOOR_RGB.expected == INDOOR.expected
    (bad,) = CAR_RGB.defects
    assert bad.recording == "subject2_garage_small_motion_940" and bad.excluded
    assert [defect.excluded for defect in CAR.defects] == [False]


@pytest.mark.slow
def test_numbers_beyond_what_was_given_out_are_more_people(tmp_path: Path) -> None:
    short = SPEC.replace(duration_s=0.1)
    names = [INDOOR.write(tmp_path, n, short) for n in range(18)]
    assert tuple(names[:15]) == INDOOR.expected
    assert names[15:] == ["Subject9_still_940", "Subject9_motion_940", "Subject10_still_940"]
    found = INDOOR.recordings(tmp_path)
    assert [(one.subject, one.condition) for one in found[:3]] == [
        ("1", "motion"),
        ("1", "still"),
        ("2", "motion"),
    ]
    assert absent(INDOOR, found) == []
    assert [one.recording for one in absent(INDOOR, found[1:])] == ["Subject1_motion_940"]
    subjects = [one.subject for one in found if int(one.subject) < 9]
    split = get_protocol("mr-nirp-leave-one-out").split("mr-nirp", tmp_path, subjects)
    assert [fold.test for fold in split.folds] == [(str(n),) for n in range(1, 9)]


@pytest.mark.parametrize(("number", "subject"), [(0, "1"), (2, "2"), (10, "6")])
def test_each_camera_is_a_dataset(tmp_path: Path, number: int, subject: str) -> None:
    """Number 2 has its cameras' folders named wrongly, number 10 another mosaic."""
    INDOOR.write(tmp_path, number, SPEC)
    assert only(INDOOR, tmp_path).subject == only(INDOOR_RGB, tmp_path).subject == subject
    is_grey_video(video(only(INDOOR, tmp_path))[0])
    is_colour_video(video(only(INDOOR_RGB, tmp_path))[0])
    for dataset in (INDOOR, INDOOR_RGB):
        kinds = {finding.kind for finding in check_recording(dataset, only(dataset, tmp_path))}
        assert kinds <= {"defect"}


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_a_mosaic_is_distinguished_from_grey(tmp_path: Path, slope: float) -> None:
    """Of pictures that are much brighter on one side, too; colours differ by 2 %, levels by 1 %."""
    ramp = 10_000 + slope * (np.arange(64) * 8 + np.arange(48)[:, None])
    noisy = ramp + np.random.default_rng(0).normal(0, 50, ramp.shape)
    write_pgm(tmp_path, 0, noisy.astype(np.uint16))
    noisy[::2, ::2] *= 1 + 2 * EVEN
    write_pgm(tmp_path, 1, noisy.astype(np.uint16))
    grey_one, mosaic_one = sorted(tmp_path.iterdir())
    (tmp_path / "Frame00002.pgm").write_bytes(b"P5 nothing")
    broken = tmp_path / "Frame00002.pgm"
    assert not has_mosaic([grey_one]) and not has_mosaic([broken, grey_one, mosaic_one])
    assert has_mosaic([mosaic_one]) and has_mosaic([broken, mosaic_one, grey_one])
    assert not has_mosaic([broken])


def test_a_folder_without_its_name_is_recognized_by_its_frames(tmp_path: Path) -> None:
    INDOOR.write(tmp_path, 2, SPEC)
    folder = tmp_path / "Subject2_still_940"
    assert sorted(one.name for one in folder.iterdir()) == ["PulseOX", "RGB", "cam_flea3_1"]
    # the other way round: as the names say
    (folder / "RGB").rename(folder / "aside")
    (folder / "cam_flea3_1").rename(folder / "RGB")
    (folder / "aside").rename(folder / "cam_flea3_1")
    is_grey_video(video(only(INDOOR, tmp_path))[0])
    is_colour_video(video(only(INDOOR_RGB, tmp_path))[0])
    # one that cannot be read says nothing; the next one does
    (folder / "cam_flea3_1" / "Frame00000.pgm").write_bytes(b"P5 nothing")
    assert len(video(only(INDOOR, tmp_path))[1]) == len(DRAWN) - 1
    # alone, the name counts
    (folder / "RGB").rename(tmp_path / "aside")
    assert only(INDOOR, tmp_path).video.name == "cam_flea3_1"
    assert len(video(only(INDOOR, tmp_path))[1]) == len(DRAWN) - 1
    with pytest.raises(SourceError, match="RGB: no such folder"):
        list(only(INDOOR_RGB, tmp_path).frames())


@pytest.mark.parametrize("white", [255, 1023, 4095, 65535])
def test_grey_levels_of_any_depth_are_three_equal_channels(tmp_path: Path, white: int) -> None:
    camera = tmp_path / "Subject3_motion_940" / "NIR"
    camera.mkdir(parents=True)
    levels = np.random.default_rng(0).integers(0, white + 1, (6, 8))
    data = levels.astype(">u2" if white > 255 else "u1").tobytes()
    (camera / "Frame00000.pgm").write_bytes(b"P5\n8 6\n%d\n" % white + data)
    (chunk,) = only(INDOOR, tmp_path).frames()
    assert chunk.max_value == white
    np.testing.assert_array_equal(chunk.rgb[0], np.repeat(levels[..., None], 3, axis=2))


def test_a_gap_in_the_numbers_is_one_in_time(tmp_path: Path) -> None:
    INDOOR.write(tmp_path, 0, SPEC)
    for n in (0, 1, 5, 6):
        (tmp_path / "Subject1_still_940" / "NIR" / f"Frame{n:05d}.pgm").unlink()
    _, t = video(only(INDOOR, tmp_path))
    np.testing.assert_allclose(t, (np.array([2, 3, 4, 7, 8, 9, 10, 11]) - 2) / 30)
    _, t = video(only(INDOOR_RGB, tmp_path))
    np.testing.assert_allclose(t, np.arange(12) / 30)


def lower(folder: Path) -> None:
    for entry in sorted(folder.rglob("*"), reverse=True):
        entry.rename(entry.with_name(entry.name.lower()))


@pytest.mark.parametrize(("dataset", "number"), [(INDOOR, 0), (CAR_RGB, 121)])
def test_case_does_not_matter(tmp_path: Path, dataset: Dataset, number: int) -> None:
    name = dataset.write(tmp_path, number, SPEC)
    lower(tmp_path)
    recording = only(dataset, tmp_path)
    assert recording.name == name
    assert check_recording(dataset, recording) == []


def test_two_of_one_name_are_rejected(tmp_path: Path) -> None:
    INDOOR.write(tmp_path, 0, SPEC.replace(duration_s=0.1))
    (tmp_path / "subject01_STILL_940").mkdir()
    with pytest.raises(SourceError, match="Subject1_still_940 is here twice"):
        INDOOR.recordings(tmp_path)


@pytest.mark.parametrize(("dataset", "number"), [(INDOOR_RGB, 0), (CAR, 1)])
def test_a_folder_in_one_of_its_name_is_read(tmp_path: Path, dataset: Dataset, number: int) -> None:
    dataset.write(tmp_path, number, SPEC)
    before = video(only(dataset, tmp_path))
    for place in (only(dataset, tmp_path).video, only(dataset, tmp_path).files[-1].parent):
        outer = place.with_name(place.name.replace("OX", "Ox"))  # as one tool left it
        place.rename(tmp_path / "aside")
        outer.mkdir()
        (tmp_path / "aside").rename(outer / place.name)
    np.testing.assert_array_equal(video(only(dataset, tmp_path))[0], before[0])
    assert len(only(dataset, tmp_path).references().bvp or ()) > 0


@pytest.mark.parametrize(("place", "kind"), [("RGB", "film"), ("PulseOX", "reference")])
def test_an_archive_is_not_unpacked_but_named(tmp_path: Path, place: str, kind: str) -> None:
    CAR_RGB.write(tmp_path, 0, SPEC)
    folder = only(CAR_RGB, tmp_path).video.parent
    (folder / place).rename(tmp_path / "aside")
    (folder / f"{place}.zip").write_bytes(b"PK")
    recording = only(CAR_RGB, tmp_path)
    (finding,) = check_recording(CAR_RGB, recording)
    assert finding.kind == kind
    assert finding.text.endswith(f"{place}.zip: still packed; unpack it in its folder")


def test_only_lit_frames_are_given_at_their_times(tmp_path: Path) -> None:
    CAR.write(tmp_path, 0, SPEC)
    recording = only(CAR, tmp_path)
    assert len(list(recording.video.iterdir())) == 2 * len(DRAWN)
    rgb, t = video(recording)
    is_grey_video(rgb)
    np.testing.assert_allclose(t, np.arange(len(DRAWN)) / 30)
    is_colour_video(video(only(CAR_RGB, tmp_path))[0])
    # lit pictures keep their numbers' parity, whatever is lost
    (recording.video / "Frame00001.pgm").unlink()
    (recording.video / "Frame00007.pgm").unlink()
    (recording.video / "Frame00012.pgm").unlink()
    again, t = video(recording)
    kept = np.delete(np.arange(len(DRAWN)), [0, 3])
    np.testing.assert_array_equal(again, rgb[kept])
    np.testing.assert_allclose(t, kept / 30 - 1 / 60)
    # and are found if the first ones cannot be read
    (recording.video / "Frame00003.pgm").write_bytes(b"P5 nothing")
    told: list[str] = []
    (chunk,) = recording.frames(warn=told.append)
    np.testing.assert_array_equal(chunk.rgb / chunk.max_value, rgb[kept[1:]])
    assert "1 of 10 frames left out" in told[0]


def test_the_brighter_half_is_the_lit_one(tmp_path: Path) -> None:
    camera = tmp_path / "Subject4" / "subject4_driving_large_motion_975" / "NIR"
    camera.mkdir(parents=True)
    for n in range(10, 30):
        write_pgm(camera, n, np.full((8, 8), 40 if n % 2 == 0 else 41, np.uint16))
    rgb, t = video(only(CAR, tmp_path))
    assert len(rgb) == 10 and rgb.max() == rgb.min() == 41 / 65535
    np.testing.assert_allclose(t, (np.arange(11, 30, 2) - 10) / 60)
    for n in range(10, 30):
        write_pgm(camera, n, np.full((8, 8), 40, np.uint16))
    np.testing.assert_allclose(video(only(CAR, tmp_path))[1], np.arange(10) / 30)
    condition = "driving, large motion, 975 nm"
    assert (only(CAR, tmp_path).subject, only(CAR, tmp_path).condition) == ("4", condition)


def test_subject_16_is_2_at_night(tmp_path: Path) -> None:
    short = SPEC.replace(duration_s=0.1)
    assert CAR.write(tmp_path, 8, short) == "subject2_garage_still_940"
    assert CAR.write(tmp_path, 120, short) == "subject16_garage_still_940"
    assert CAR.write(tmp_path, 135, short) == "subject17_driving_small_motion_975"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["Subject17", "subject16", "subject2"]
    assert [(one.subject, one.condition) for one in CAR.recordings(tmp_path)] == [
        ("2", "garage, still, 940 nm"),
        ("2", "garage, still, 940 nm, night"),
        ("17", "driving, small motion, 975 nm"),
    ]


def test_what_is_no_recording_is_none(tmp_path: Path) -> None:
    CAR.write(tmp_path, 0, SPEC.replace(duration_s=0.1))
    for stray in ("Subject1/notes_garage_still_940", "Subject1/subject1_garage_still", "x/y"):
        (tmp_path / stray).mkdir(parents=True)
    (tmp_path / "Subject1" / "subject1_driving_still_940").write_text("a file")
    assert only(CAR, tmp_path).name == "subject1_garage_still_940"


@pytest.mark.parametrize("pattern", ["RGGB", "BGGR", "GRBG", "GBRG"])
def test_a_mosaic_has_one_colour_a_pixel(pattern: str) -> None:
    slow = np.array(
        [
            [
                int(DRAWN[0, y, x, "RGB".index(pattern[2 * (y % 2) + x % 2])]) * 256
                for x in range(128)
            ]
            for y in range(96)
        ]
    )
    np.testing.assert_array_equal(mosaic(DRAWN[0], pattern), slow)


def test_grey_has_the_pulse(tmp_path: Path) -> None:
    """The rate of the face's mean grey level, by the highest bin of 10 s."""
    spec = SPEC.replace(duration_s=10.0, hr_bpm=78.0, pulse_percent=2.0, noise_levels=0.5)
    levels = [grey(rgb)[30:66, 44:84].mean() for part in simulate(spec) for rgb in part.rgb]
    t = np.arange(len(levels)) / spec.fps
    flat = np.array(levels) - np.polyval(np.polyfit(t, levels, 3), t)
    bpm = np.arange(45.0, 180.0, 0.5)
    power = [abs(np.exp(-2j * np.pi * rate / 60 * t) @ (flat * np.hanning(t.size))) for rate in bpm]
    assert abs(bpm[int(np.argmax(power))] - 78.0) <= 3.0
