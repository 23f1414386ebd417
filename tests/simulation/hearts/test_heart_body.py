"""The body around a heart: recoil of the head, and maps of the face."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sspd.simulation import HeartSpec, VideoSpec, cheek_mask, simulate, truth, write_truth
from sspd.simulation.hearts.cardiac import beat_model
from sspd.simulation.hearts.recoil import FACE_MM, recoil
from sspd.simulation.person.face import draw_person
from sspd.simulation.person.motion import head_poses
from sspd.simulation.render import render_pixels
from sspd.simulation.spec import frame_times
from sspd.simulation.stage import set_stage

NOTHING = HeartSpec(
    vlf_ms=0, lf_ms=0, hf_ms=0, breath_wander_percent=0, breath_baseline_percent=0,
    breath_amplitude_percent=0, age_years=0, bcg_mm=0, delay_ms=0, strength_percent=0,
)  # fmt: skip
SMALL = VideoSpec(
    seed=3, width=128, height=128, face_px=80, duration_s=4, hr_bpm=75, noise_levels=0,
    pulse_percent=3, transit_ms=0,
)  # fmt: skip


@pytest.mark.parametrize("face_px", [80, 300])
@pytest.mark.parametrize("bcg_mm", [0.05, 0.4])
@pytest.mark.parametrize("hr_bpm", [45.0, 75.0, 160.0])
def test_the_head_recoils_by_the_asked_way_after_each_beat(
    hr_bpm: float, bcg_mm: float, face_px: int
) -> None:
    spec = VideoSpec(seed=1, hr_bpm=hr_bpm, duration_s=12, heart=NOTHING)
    model, t = beat_model(spec), np.arange(0, 12, 0.002)
    y = recoil(bcg_mm, face_px, np.random.default_rng(2), model, t)
    assert np.ptp(y) == pytest.approx(bcg_mm / FACE_MM * face_px, rel=0.02)
    power = np.abs(np.fft.rfft(y * np.hanning(y.size))) ** 2
    f = np.fft.rfftfreq(y.size, 0.002)
    # between 0.6 and 8 Hz, and on the beat's own harmonics
    assert power[(f > 0.6) & (f < 8)].sum() > 0.97 * power.sum()
    order = f / (hr_bpm / 60)
    assert power[np.abs(order - np.rint(order)) < 0.3].sum() > 0.98 * power.sum()


def test_recoil_moves_the_head_only_up_and_down_and_leaves_the_rest_of_its_motion() -> None:
    still = VideoSpec(seed=1, motion="talking", heart=NOTHING)
    t = frame_times(still)
    plain, bobbing = (
        head_poses(spec, t) for spec in (still, still.replace(heart=replace(NOTHING, bcg_mm=0.3)))
    )
    for name in ("x", "roll", "yaw", "pitch", "mouth", "lids"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(bobbing, name))
    assert np.ptp(bobbing.y - plain.y) == pytest.approx(0.3 / FACE_MM * 200, rel=0.1)
    none = head_poses(still.replace(heart=None), t)
    np.testing.assert_array_equal(none.y, plain.y)


def test_a_face_without_a_pulse_has_no_recoil() -> None:
    spec = VideoSpec(seed=1, pulse_percent=0, heart=HeartSpec(bcg_mm=1.0))
    t = frame_times(spec)
    np.testing.assert_array_equal(head_poses(spec, t).y, head_poses(spec.replace(heart=None), t).y)


def test_everything_left_out_is_the_video_without_a_heart() -> None:
    """But for its beats, its breathing and the size of the breaths."""
    bare, plain = draw_person(SMALL.replace(heart=NOTHING)), draw_person(SMALL)
    for name in ("rgba", "pulse", "late", "turn", "nod"):
        np.testing.assert_array_equal(getattr(bare, name), getattr(plain, name))
    known = truth(SMALL.replace(heart=NOTHING))
    np.testing.assert_allclose(known.rr_s, 0.8, atol=1e-6)


@pytest.mark.parametrize(("delay_ms", "percent"), [(10.0, 0.0), (0.0, 30.0), (20.0, 10.0)])
def test_delay_and_strength_differ_over_the_face_as_asked(delay_ms: float, percent: float) -> None:
    spec = VideoSpec(
        seed=5, face_px=150, transit_ms=0, pulse_percent=1,
        heart=replace(NOTHING, delay_ms=delay_ms, strength_percent=percent),
    )  # fmt: skip
    varied, plain = draw_person(spec), draw_person(spec.replace(heart=None))
    skin = (varied.skin[varied.head_at]) & (np.abs(plain.pulse[..., 1]) > 0.02)
    rows, columns = np.nonzero(skin)
    keep = rows < np.quantile(rows, 0.85)  # not the neck
    place = (rows[keep], columns[keep])
    delay_s = -(varied.late[..., 1][place] / varied.pulse[..., 1][place])
    factor = varied.pulse[..., 1][place] / plain.pulse[..., 1][place]
    assert 1000 * delay_s.std() == pytest.approx(delay_ms, rel=0.15, abs=1e-6)
    assert 100 * (factor / factor.mean()).std() == pytest.approx(percent, rel=0.2, abs=1e-3)
    # neighbours are alike
    line = np.diff(
        varied.pulse[..., 1] / np.where(plain.pulse[..., 1], plain.pulse[..., 1], 1), axis=1
    )
    assert np.abs(line[skin[:, 1:] & skin[:, :-1]]).max() < 0.1
    # and the strength of the pulse on the cheeks is kept
    cheeks = varied.cheeks[varied.head_at]
    means = [person.pulse[..., 1][cheeks].mean() for person in (varied, plain)]
    assert means[0] == pytest.approx(means[1], rel=1e-4)


def test_rendered_regions_are_late_by_their_delay() -> None:
    heart = replace(NOTHING, delay_ms=20.0)
    spec = SMALL.replace(heart=heart, hr_bpm=60.0, fps=20.0, bit_rate=None)
    stage = set_stage(spec)
    # the sway of the head would change single pixels more than the pulse does
    for name in ("x", "y", "roll", "yaw", "pitch", "lids"):
        getattr(stage.poses, name)[:] = 0.0
    green = np.stack([render_pixels(stage, k)[..., 1] for k in range(stage.t.size)])
    line = np.tensordot(np.exp(-2j * np.pi * stage.t), green, axes=1)
    mask = cheek_mask(spec)
    rows, columns = np.nonzero(mask & (np.abs(line) > 0.3 * np.abs(line[mask]).max()))
    late = -np.angle(line[rows, columns] / line[mask].mean()) / (2 * np.pi)
    person = stage.person
    x = columns - stage.rest[0] + person.centre[0] - person.head_at[1].start
    y = rows - stage.rest[1] + person.centre[1] - person.head_at[0].start
    at = (np.rint(y).astype(int), np.rint(x).astype(int))
    drawn = -person.late[..., 1][at] / person.pulse[..., 1][at]
    fit = np.polyfit(drawn - drawn.mean(), late - late.mean(), 1)[0]
    assert fit == pytest.approx(1, abs=0.12)
    assert np.corrcoef(drawn, late)[0, 1] > 0.97


def test_a_video_with_a_heart_comes_back_from_its_truth_file(tmp_path: Path) -> None:
    spec = SMALL.replace(heart=HeartSpec(kind="standing", age_years=61, bcg_mm=0.2))
    write_truth(spec, tmp_path / "a.mp4")
    record = json.loads((tmp_path / "a.json").read_text())
    again = VideoSpec(**record["spec"])
    assert again == spec and isinstance(again.heart, HeartSpec)
    known = truth(spec)
    assert record["kind"] == "standing"
    np.testing.assert_allclose(record["rate_bpm"], known.rate_bpm, atol=1e-3)
    frames = [next(simulate(each, chunk=3)).rgb for each in (spec, again)]
    np.testing.assert_array_equal(*frames)
    # what is moved, pulses or differs over the face is seen
    assert not np.array_equal(frames[0], next(simulate(SMALL, chunk=3)).rgb)
