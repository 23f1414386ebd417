"""These tests are of the tricks themselves, so they are on here whatever the environment says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sspd.accel.switch import VARIABLE


@pytest.fixture(scope="module", autouse=True)
def tricks_on() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        yield
