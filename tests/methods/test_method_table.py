from __future__ import annotations

import pytest

from sspd.errors import UsageError, WeightsError
from sspd.methods import get_method, method_names
from sspd.methods.registry import citation


def test_names_are_sorted_and_cited() -> None:
    assert list(method_names()) == sorted(method_names())
    for name in method_names():
        assert len(citation(name)) > 40
        assert "20" in citation(name)  # a year


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="physnet, pos, remotephys, sinc, sspd"):
        get_method("tea")


def test_weights_belong_to_the_network() -> None:
    with pytest.raises(UsageError, match="no weights"):
        get_method("pos", weights="a.onnx")
    with pytest.raises(WeightsError, match=r"missing\.onnx"):
        get_method("sspd", weights="missing.onnx")
