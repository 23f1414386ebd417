from __future__ import annotations

from collections.abc import Iterator

import pytest

from sspd.accel.switch import VARIABLE


@pytest.fixture(scope="module")
def tricks_on() -> Iterator[None]:
    """For tests of a trick itself: it is on whatever the environment says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        yield


@pytest.fixture
def tricks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything by its plain twin."""
    monkeypatch.setenv(VARIABLE, "off")
