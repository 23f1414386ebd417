"""Films with two people, and with one who leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import sspd
from sspd.containers import Frames
from sspd.video.simulate import FilmSpec, simulate, truth
from sspd.video.write import write_h264

SIDE = 240
LEFT = FilmSpec(
    seed=3,
    hr_bpm=64,
    lf_ms=5.0,
    hf_ms=5.0,
    pulse_percent=1.2,
    noise_levels=1.0,
    face_px=140,
    width=SIDE,
    height=SIDE,
    duration_s=45.0,
    fps=20.0,
)
RIGHT = replace(LEFT, seed=11, hr_bpm=97, face_px=110, skin_tone=4)
#: Here the second person leaves, and the background stays.
LEAVES_S = 29.0


def both(leaves: bool) -> Iterator[Frames]:
    gone = None
    for one, other in zip(simulate(LEFT), simulate(RIGHT), strict=True):
        beside = other.rgb.copy()
        if gone is None:
            gone = np.full_like(beside[0], 90)
        if leaves:
            beside[other.t >= LEAVES_S] = gone
        yield Frames(np.concatenate([one.rgb, beside], axis=2), one.t)


@pytest.fixture(scope="module", params=[False, True], ids=["stay", "one leaves"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / f"two {request.param}.mp4"
    write_h264(path, both(request.param), fps=LEFT.fps)
    return path


@pytest.mark.slow
def test_every_person_is_measured_for_as_long_as_they_are_there(film: Path) -> None:
    results = sspd.measure_faces(film, method="green")
    assert [vitals.face_id for vitals in results] == [0, 1]
    for vitals, spec, right in zip(results, (LEFT, RIGHT), (False, True), strict=True):
        assert vitals.face_box is not None
        assert (vitals.face_box.left >= SIDE - 20) == right
        assert vitals.windows[0].spectral_bpm == pytest.approx(truth(spec).hr_bpm, abs=3)
        assert vitals.duration_s == pytest.approx(45, abs=0.1)
        last = vitals.windows[-1]
        if right and "True" in film.name:
            assert last.reasons == ("face_lost",)
            assert (last.start_s, last.end_s) == pytest.approx((30, 45), abs=0.1)
        else:
            assert last.spectral_bpm == pytest.approx(truth(spec).hr_bpm, abs=3)


@pytest.mark.slow
def test_one_person_is_the_largest_and_stays_so(film: Path) -> None:
    vitals = sspd.measure(film, method="green")
    everybody = sspd.measure_faces(film, method="green")
    assert vitals.face_box == everybody[0].face_box
    assert vitals.signal is not None
    assert everybody[0].signal is not None
    np.testing.assert_array_equal(vitals.signal.values, everybody[0].signal.values)


def test_a_film_without_a_face_gives_one_result(
    tmp_path: Path, write_film: Callable[..., Path], patches: Callable[..., NDArray[np.uint8]]
) -> None:
    t = np.arange(300) / 30
    film = write_film(tmp_path / "wall.mp4", patches(10).repeat(30, axis=0), t)
    (vitals,) = sspd.measure_faces(film, method="green")
    assert vitals.face_box is None
    assert vitals.reasons == ("no_face",)
