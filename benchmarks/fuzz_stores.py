"""Damage stored files of our own kinds: the part of `fuzz_files.py` that reads them again."""

from __future__ import annotations

import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sspd.errors import OutputError, SSPDError
from sspd.report.result import Vitals
from sspd.types import Signal

ABSURD: tuple[Any, ...] = (
    0,
    -1,
    True,
    None,
    "x",
    [],
    {},
    1e308,
    10**30,
    1e-9,
    "\x1b[31m\n",
    "a" * 5000,
    [[]] * 50,
)
Rng = np.random.Generator


def damaged(rng: Rng, data: bytes) -> bytes:
    """Flip bits, truncate, overwrite, move or double bytes, in one way or in three."""
    broken = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(broken)))
        end = min(len(broken), at + int(2 ** rng.uniform(0, 12)))
        way = int(rng.integers(6))
        if way <= 1:
            broken[at] ^= 1 << int(rng.integers(8))
        elif way == 2:
            del broken[max(1, at) :]
        elif way == 3:
            broken[at:end] = rng.bytes(end - at) if rng.random() < 0.7 else bytes(end - at)
        elif way == 4:
            broken[at:at] = broken[at:end]
        else:
            del broken[at : max(at, end - 1)]
        broken = broken or bytearray(b"\0")
    return bytes(broken)


def absurd(rng: Rng, value: Any) -> Any:
    """Put something absurd somewhere into a JSON value."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = sorted(value)[int(rng.integers(len(value)))]
        if rng.random() < 0.1:
            return {**value, f"{name}\n": value[name]}
        return {**value, name: absurd(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = int(rng.integers(len(value)))
        return [*value[:at], absurd(rng, value[at]), *value[at + 1 :]]
    return ABSURD[int(rng.integers(len(ABSURD)))]


def one_line(error: Exception) -> str:
    said = str(error)
    if not said or len(said) > 2000 or any(c in said for c in "\n\r\x1b\u202e"):
        raise AssertionError(f"not one plain line: {said[:200]!r}")
    return type(error).__name__


def some_vitals() -> Vitals:
    signal = Signal(np.sin(np.arange(40) / 3.0), 30.0, 0.5)
    return Vitals("a.mp4", "pos", None, 5.0, 30.0, (), ("too_short",), signal=signal)


def journal(folder: Path, seed: int) -> str:
    """Test a journal of three videos: all that is found in it must be what was written."""
    from sspd.pipeline.batch.journal import Journal
    from sspd.pipeline.batch.serialize import to_record

    rng, path = np.random.default_rng(seed), folder / "j"
    whole = Journal(path)
    for name in "abc":
        whole.add({"film": name, "outputs": {}}, some_vitals())
    whole.close()
    path.write_bytes(damaged(rng, path.read_bytes()))
    try:
        again = Journal(path, resume=True)
    except OutputError as error:
        return one_line(error)
    found = [again.find({"film": name, "outputs": {}}) for name in "abc"]
    wanted = to_record(some_vitals())
    if any(faces is not None and [to_record(f) for f in faces] != [wanted] for faces in found):
        raise AssertionError("a result changed in silence")
    told = again.add({"film": "d", "outputs": {}}, some_vitals())
    again.close()
    if told is not None:
        return one_line(OutputError(told))
    with closing(Journal(path, resume=True)) as third:
        kept = third.find({"film": "d", "outputs": {}})
    if kept is None:
        raise AssertionError("a result after the damage is lost")
    return f"{sum(faces is not None for faces in found)} of 3 videos found"


@cache
def _state() -> tuple[Any, bytes]:
    import torch

    from sspd.models.spec import NetworkSpec, PyramidSpec
    from sspd.research.recipes import Recipe
    from sspd.research.train.state import new_state, save_state, state_file

    spec = NetworkSpec(fs=12.0, size=96, token_size=8, pyramid=PyramidSpec(widths=(9, 5)))
    recipe = Recipe("fuzz", "this benchmark", spec, steps=2, epochs=None, crop_px=113, clip_s=4.0)
    with tempfile.TemporaryDirectory() as folder:
        state = new_state(recipe, 0, torch.device("cpu"))
        state.step = 7
        save_state(state, Path(folder), {"seed": 0})
        return recipe, state_file(Path(folder), 7).read_bytes()


def state(folder: Path, seed: int) -> str:
    """Test a training state: any damage must be rejected."""
    import torch

    from sspd.research.train.state import load_newest, new_state, state_file

    recipe, data = _state()
    path = state_file(folder, 7)
    path.parent.mkdir()
    bad = damaged(np.random.default_rng(seed), data)
    path.write_bytes(bad)
    try:
        load_newest(new_state(recipe, 1, torch.device("cpu")), folder, {"seed": 0})
    except SSPDError as error:
        return one_line(error)
    if bad != data:
        raise AssertionError("a damaged state was loaded in silence")
    return "read"


def unit(folder: Path, seed: int) -> str:
    """Test a waveform that `evaluate` saved: it must be the same, or be measured again."""
    from sspd.research.evaluate.predictions import Prediction, load_prediction, save_prediction

    rng, path = np.random.default_rng(seed), folder / "a.npz"
    windows = np.array([[0.0, 30.0, 72.0, 1.0]])
    kept = Prediction(Signal(np.sin(np.arange(300) / 3.0), 30.0, 0.1), 30.0, windows, ("one",))
    save_prediction(path, kept, "key")
    path.write_bytes(damaged(rng, path.read_bytes()))
    found = load_prediction(path, "key")
    if found is None:
        return "measured anew"
    assert found.signal is not None
    assert kept.signal is not None
    same = np.array_equal(found.signal.values, kept.signal.values)
    same &= (found.signal.fs, found.end_s, found.warnings) == (30.0, 30.0, ("one",))
    if not (same and np.array_equal(found.windows, windows)):
        raise AssertionError("a waveform changed in silence")
    return "read"


def faces(folder: Path, seed: int) -> str:
    """Test stored faces with one damaged file: they must be the same, or be rejected."""
    from sspd.research.datasets.faces import open_store, write_entry
    from sspd.types import FIXED_POINT_MAX, Frames

    rng = np.random.default_rng(seed)
    rgb = np.random.default_rng(0).integers(0, FIXED_POINT_MAX, (40, 8, 8, 3), dtype=np.uint16)
    stored = Frames(rgb, np.arange(40) / 25, FIXED_POINT_MAX)
    write_entry(folder, "a", stored, "a.mp4", still=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path = files[int(rng.integers(len(files)))]
    path.write_bytes(damaged(rng, path.read_bytes()))
    try:
        (entry,) = open_store(folder)
        found = entry.read(0, entry.times().size)
    except SSPDError as error:
        return one_line(error)
    facts = (entry.video, entry.size, entry.still) == ("a.mp4", 8, True)
    if not (facts and np.array_equal(found.rgb, rgb) and np.array_equal(found.t, stored.t)):
        raise AssertionError(f"stored faces changed in silence by {path.relative_to(folder)}")
    return "read"
