"""Real files without a pulse, through the whole command: nothing is accepted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import sspd
from sspd.errors import WeightsError
from sspd.methods import get_method
from sspd.simulation import VideoSpec, truth, write_video
from sspd.types import ConfidenceSpec

LAMP = {"flicker_percent": 1.0, "flicker_hz": 1.3}
SWING = {"swing_percent": 4.0, "swing_hz": 1.2}
NOD = {"motion": "nodding", "angle_deg": 2.0, "nod_hz": 1.1}


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, LAMP, SWING, NOD], ids=["still", "lamp", "swing", "nod"])
def test_a_mannequin_has_no_heart_rate(options: dict[str, object], tmp_path: Path) -> None:
    spec = VideoSpec(seed=21, duration_s=12.0, pulse_percent=0.0, face_px=160)
    write_video(spec.replace(**options), tmp_path / "mannequin.mp4")
    vitals = sspd.measure(tmp_path / "mannequin.mp4")
    assert vitals.hr_bpm is None and vitals.reasons
    assert vitals.confidence is not None and vitals.confidence < 0.8
    assert vitals.estimate_bpm is not None


@pytest.mark.slow
def test_a_pulse_is_accepted_and_other_weights_have_no_confidence(tmp_path: Path) -> None:
    spec = VideoSpec(seed=21, duration_s=12.0, pulse_percent=1.0, face_px=160, hr_bpm=68.0)
    write_video(spec, tmp_path / "face.mp4")
    vitals = sspd.measure(tmp_path / "face.mp4")
    assert vitals.hr_bpm == pytest.approx(truth(spec).hr_bpm, abs=1.5)
    assert vitals.confidence is not None and vitals.confidence > 0.8
    assert sspd.measure(tmp_path / "face.mp4", method="pos").confidence is None


def test_a_confidence_of_another_version_is_refused_before_the_video_is_read(
    tmp_path: Path,
) -> None:
    strange = replace(get_method("pos"), confidence=ConfidenceSpec(0.0, (("moon_phase", 1.0),)))
    with pytest.raises(WeightsError, match="moon_phase"):
        sspd.measure(tmp_path / "no_such_video.mp4", method=strange)
