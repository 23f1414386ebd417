"""A training whose clips come from an object store: the losses of one from the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.object_stores import Bucket, environment, serving
from sspd.errors import SourceError
from sspd.research.datasets.faces import open_store
from sspd.research.datasets.faces_remote import StoreAddress, open_remote, upload
from sspd.research.recipes import Recipe, find_recipe, get_baseline
from sspd.research.train.data import prepare_data
from sspd.research.train.log import read_metrics
from sspd.research.train.loop import TrainingProgress, train
from sspd.research.train.sampler import usable_videos

pytest.importorskip("obstore", reason="needs obstore, of the extra scale")


class StoppedError(Exception):
    """The end of the steps: what follows them draws no clips."""


def stop(progress: TrainingProgress) -> None:
    if progress.step == progress.steps:
        raise StoppedError


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, store: Path) -> Iterator[StoreAddress]:
    """The store of `conftest`, on a server."""
    with serving(Bucket()) as port:
        for name, value in environment(port).items():
            monkeypatch.setenv(name, value)
        found = StoreAddress("s3://bucket/faces")
        assert len(list(upload(store, found))) == 3
        yield found


def test_a_store_under_an_address_is_what_is_trained_on(
    address: StoreAddress, store: Path, tmp_path: Path, tiny: Recipe
) -> None:
    here = prepare_data(store, tiny, tmp_path / "faces")
    there = prepare_data(address, tiny, tmp_path / "faces")
    assert [video.name for video in there.videos] == [video.name for video in here.videos]
    assert there.n_sources == 3
    still = replace(tiny, network=replace(tiny.network, follow=True))
    with pytest.raises(SourceError, match="not stabilized"):
        prepare_data(address, still, tmp_path / "faces")
    with pytest.raises(SourceError, match="labels are read beside stores on a disk"):
        prepare_data(address, find_recipe("physnet"), tmp_path / "faces")


@pytest.mark.slow
def test_the_losses_are_those_from_the_disk(
    address: StoreAddress, store: Path, tmp_path: Path
) -> None:
    small = get_baseline("contrast-phys-laptop")
    network = replace(small.network, fs=12.0, size=32, clip=20)
    recipe = replace(small, network=network, batch=2, steps=50, precision="f32")
    curves = []
    for name, entries in (("disk", open_store(store)), ("store", open_remote(address))):
        videos, short = usable_videos(entries, recipe.clip_s)
        assert not short
        with pytest.raises(StoppedError):
            train(videos, recipe, tmp_path / name, seed=3, device="cpu", on_step=stop)
        curves.append([row["loss/total"] for row in read_metrics(tmp_path / name)])
    disk, streamed = curves
    assert len(disk) == 50
    assert len(set(disk)) > 40
    assert streamed == pytest.approx(disk, rel=1e-4, abs=1e-4)
