from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.features import CLEAN
from sspd.errors import UsageError, WeightsError
from sspd.models.spec import NetworkSpec
from sspd.network import load_network
from sspd.types import ConfidenceSpec
from sspd.vitals.confidence import AGAINST, FOR, TERMS, confidence_of
from sspd.vitals.quality_features import QualityFeatures

any_db = st.floats(-40.0, 40.0)
any_bpm = st.floats(0.0, 220.0)


@st.composite
def evidence(draw: st.DrawFn) -> QualityFeatures:
    values = {}
    for field in fields(QualityFeatures):
        kind = any_db if field.name.endswith("_db") else any_bpm
        kind = st.floats(-1.0, 1.0) if field.name.startswith("with_") else kind
        values[field.name] = draw(kind)
    for name in ("change_db", "with_mix", "alike", "box_share", "background_share"):
        values[name] = draw(st.one_of(st.just(float("nan")), st.just(values[name])))
    values["duration_s"] = draw(st.floats(8.0, 7200.0))
    values["flicker"] = draw(st.sampled_from([0.0, 1.0]))
    return QualityFeatures(**values)


@pytest.fixture(scope="module")
def shipped() -> ConfidenceSpec:
    spec = load_network(threads=1).spec.confidence
    assert spec is not None, "the shipped weights come with their confidence"
    return spec


@given(found=evidence())
def test_terms_are_bounded_and_speak_one_way(found: QualityFeatures) -> None:
    for name, term in TERMS.items():
        assert -15.0 <= term(found) <= 60.0, name
    assert not set(FOR) & set(AGAINST)


@given(found=evidence())
def test_confidence_is_a_probability(found: QualityFeatures) -> None:
    spec = ConfidenceSpec(0.3, tuple((name, 1e3) for name in TERMS))
    assert 0.01 <= confidence_of(found, spec) <= 0.99


def test_against_the_formula_written_out() -> None:
    spec = ConfidenceSpec(-1.0, (("snr", 0.25), ("peaks_apart", -0.5)))
    logit = -1.0 + 0.25 * 8.0 - 0.5 * 0.3
    assert confidence_of(CLEAN, spec) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_the_shipped_weights_speak_in_their_directions(shipped: ConfidenceSpec) -> None:
    assert {name for name, _ in shipped.weights} <= set(TERMS)
    for name, weight in shipped.weights:
        assert (weight > 0) == (name in FOR), name


@pytest.mark.parametrize(
    "worse",
    [
        {"snr_db": -4.0, "uneven": 0.35},
        {"with_pos": -0.2, "with_mix": 0.0},
        {"background_share": 0.8, "flicker": 1.0},
        {"line_db": 4.0},
        {"odd_lines_db": 30.0, "pos_half_bpm": 0.5, "pos_bpm": 40.0},
        {"beyond_blood_db": 70.0, "change_db": 5.0},
        {"halves_bpm": 40.0, "pos_bpm": 40.0},
    ],
)
def test_clean_videos_are_accepted_and_each_fault_lowers_the_confidence(
    worse: dict[str, float], shipped: ConfidenceSpec
) -> None:
    assert confidence_of(CLEAN, shipped) > 0.95
    assert confidence_of(replace(CLEAN, **worse), shipped) < confidence_of(CLEAN, shipped) - 0.01


def test_terms_of_another_version_are_refused() -> None:
    with pytest.raises(WeightsError, match="moon_phase"):
        confidence_of(CLEAN, ConfidenceSpec(0.0, (("moon_phase", 1.0),)))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "1", 1e300])
def test_weights_that_are_no_numbers_are_refused(bad: float) -> None:
    with pytest.raises(UsageError, match="snr"):
        ConfidenceSpec(0.0, (("snr", bad),))


def test_a_network_carries_its_confidence() -> None:
    spec = NetworkSpec(fs=30.0, confidence=ConfidenceSpec(-0.5, (("snr", 0.2), ("lamp", -2.0))))
    assert NetworkSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    older = json.loads(json.dumps(NetworkSpec(fs=30.0).to_dict())) | {"calibrated": False}
    assert NetworkSpec.from_dict(older).confidence is None
