from __future__ import annotations

from pathlib import Path

import numpy as np

from sspd.research.evaluate.predictions import Prediction, load_prediction, save_prediction
from sspd.types import Signal


def test_no_flipped_bit_of_a_kept_waveform_is_read_in_silence(tmp_path: Path) -> None:
    path, rng = tmp_path / "a.npz", np.random.default_rng(2)
    values, windows = np.sin(np.arange(300) / 3.0), np.array([[0.0, 30.0, 72.0, 1.0]])
    save_prediction(path, Prediction(Signal(values, 30.0, 0.1), 30.0, windows, ("one",)), "key")
    whole, lost = path.read_bytes(), 0
    for place in rng.integers(0, len(whole), 60):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        found = load_prediction(path, "key")
        lost += found is None
        if found is not None:  # a date, a flag: nothing that is read
            assert found.signal is not None
            np.testing.assert_array_equal(found.signal.values, values)
            np.testing.assert_array_equal(found.windows, windows)
            assert (found.signal.fs, found.end_s, found.warnings) == (30.0, 30.0, ("one",))
    assert lost > 30
