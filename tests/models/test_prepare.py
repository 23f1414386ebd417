"""What networks are given of faces, against its formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sspd.models.prepare import (
    first_frames,
    frame_differences,
    motion_and_appearance,
    normalised_differences,
    standardised,
)


def test_inputs_equal_their_formulas_clip_by_clip() -> None:
    faces = 255 * torch.rand(2, 3, 5, 4, 4) * torch.tensor([1.0, 0.2]).view(2, 1, 1, 1, 1)
    first, then = faces[:, :, :-1].numpy(), faces[:, :, 1:].numpy()
    np.testing.assert_allclose(first_frames(faces), first)
    np.testing.assert_allclose(frame_differences(faces), then - first, atol=1e-4)
    both = motion_and_appearance(faces).numpy()
    assert both.shape == (2, 6, 4, 4, 4)
    for k in range(2):
        motion = (then[k] - first[k]) / (then[k] + first[k] + 1e-6)
        np.testing.assert_allclose(both[k, :3], motion / motion.std(), rtol=1e-3, atol=1e-5)
        looks = (first[k] - first[k].mean()) / first[k].std()
        np.testing.assert_allclose(both[k, 3:], looks, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("prepare", [standardised, normalised_differences])
def test_black_is_no_division_by_zero(prepare) -> None:  # type: ignore[no-untyped-def]
    assert not bool(prepare(torch.zeros(1, 3, 4, 2, 2)).any())
