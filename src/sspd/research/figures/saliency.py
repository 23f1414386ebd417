"""Plot which parts of faces a network's waveform comes from: the paper's Fig. 10."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.report.axes import new_figure
from sspd.report.labels import legible
from sspd.utils.files import whole_file

#: Opacity of the map over the face at the largest activation.
STRENGTH = 0.75


def draw_saliency(
    path: str | Path,
    face: NDArray[np.uint8],
    maps: Mapping[str, NDArray[np.float64]],
    title: str,
    *,
    image: bool = True,
) -> None:
    """Draw the face, and beside it each layer's map over the face.

    Parameters
    ----------
    path : str or Path
        PNG, SVG or PDF, by its suffix.
    face : uint8 array, shape (size, size, 3)
    maps : mapping of str to float64 array, shape (size, size)
        Layer -> activation, 0 to 1.
    title : str
    image : bool
        Whether the face is shown; without it, only the maps are.
    """
    from matplotlib import colormaps

    figure = new_figure(2.4 * (len(maps) + image), 2.9)
    row = figure.subplots(1, len(maps) + image, squeeze=False)[0]
    if image:
        row[0].imshow(face)
        row[0].set_title("first frame", fontsize=9)
    grey = np.repeat(face.mean(axis=2, keepdims=True), 3, axis=2) / 255 if image else None
    for axes, (name, values) in zip(row[int(image) :], maps.items(), strict=True):
        colours = colormaps["inferno"](values)[..., :3]
        share = STRENGTH * values[..., None] if grey is not None else 1.0
        under = 0.0 if grey is None else grey * (1 - share)
        axes.imshow(np.clip(under + share * colours, 0, 1))
        axes.set_title(legible(name), fontsize=9, parse_math=False)
    for axes in row:
        axes.set(xticks=[], yticks=[])
    figure.suptitle(legible(title), fontsize=9, parse_math=False)
    with whole_file(path) as part:
        figure.savefig(part)
