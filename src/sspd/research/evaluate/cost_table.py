"""Format costs as a table beside the paper's Table IV, and as JSON."""

from __future__ import annotations

import csv
import io
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sspd.errors import SourceError
from sspd.research.datasets.texts import read_text
from sspd.research.evaluate.cost import REFERENCE_NETWORK, Cost
from sspd.research.figures.costs import CostPoint
from sspd.version import package_version

#: Frames of the clip, and size of the faces in pixels, in the paper's Table IV.
PAPER_CLIP = (300, 128)
#: Table IV of the paper: million parameters, its "GFLOPs", time relative to PhysNet. RemotePPG
#: uses the network of Contrast-Phys.
PAPER_COSTS = MappingProxyType(
    {
        "physnet": ("0.77", "131.47", "1.00"),
        "can": ("7.50", "225.01", "3.19"),
        "physformer": ("7.38", "94.89", "2.91"),
        "contrast-phys": ("0.86", "256.68", "1.88"),
        "sspd": ("0.78", "84.79", "1.00"),
    }
)


def cost_table(costs: Sequence[Cost], *, frames: int, size: int) -> str:
    """Format counts and times as Markdown; the paper's numbers are in brackets.

    Parameters
    ----------
    costs : sequence of Cost
    frames, size : int
        Clip length (frames) and face size (pixels), as given to
        `sspd.research.evaluate.cost.measure_costs`.

    Returns
    -------
    str
        A Markdown table. The paper's counts and times appear only for its own clip (`PAPER_CLIP`).

    >>> row = Cost("physnet", 770_000, 131_000_000_000, {"torch": (2.0, 2.2, 2.4)})
    >>> print(cost_table([row], frames=300, size=128).splitlines()[2])
    | physnet | 0.77 (0.77) | 131.0 (131.47) | 2.20 s ± 0.20, x1.00 (x1.00) |
    """
    runtimes = list(costs[0].seconds) if costs else []
    heads = ["network", "parameters, M", "multiply-adds, G", *(f"time, {one}" for one in runtimes)]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    same = (frames, size) == PAPER_CLIP
    unit = {one.name: one for one in costs}.get(REFERENCE_NETWORK)
    for cost in costs:
        paper = PAPER_COSTS.get(cost.name, ("-", "-", "-"))
        cells = [
            cost.name,
            f"{cost.parameters / 1e6:.2f} ({paper[0]})",
            f"{cost.multiply_adds / 1e9:.1f}" + (f" ({paper[1]})" if same else ""),
        ]
        for runtime in runtimes:
            text = f"{cost.median_s(runtime):.2f} s ± {cost.spread_s(runtime):.2f}"
            if unit is not None:
                ratio = cost.median_s(runtime) / unit.median_s(runtime)
                printed = "-" if paper[2] == "-" else f"x{paper[2]}"
                text += f", x{ratio:.2f}" + (f" ({printed})" if same else "")
            cells.append(text)
        lines.append(f"| {' | '.join(cells)} |")
    note = (
        f"{frames} frames of {size}x{size}. In brackets: Table IV of the paper (its GPU)."
        " Times: median and interquartile range."
    )
    return "\n".join([*lines, "", note]) + "\n"


def cost_json(
    costs: Sequence[Cost], *, frames: int, size: int, threads: int | None
) -> dict[str, Any]:
    """Return all counts and times in plain types for JSON.

    Parameters
    ----------
    costs : sequence of Cost
    frames, size, threads
        As given to `sspd.research.evaluate.cost.measure_costs`.

    Returns
    -------
    dict
    """
    return {
        "sspd": package_version(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "frames": frames,
        "size": size,
        "threads": threads,
        "networks": [
            {
                "name": one.name,
                "parameters": one.parameters,
                "multiply_adds": one.multiply_adds,
                "seconds": {name: list(rounds) for name, rounds in one.seconds.items()},
            }
            for one in costs
        ],
    }


#: Methods that use another method's network, and so take the same time.
SAME_NETWORK = MappingProxyType({"remotephys": "contrast-phys", "sinc": "physnet"})


def read_errors(folder: Path) -> dict[str, tuple[float, float, float]]:
    """Read each method's mean absolute error of the heart rate from an evaluation.

    Parameters
    ----------
    folder : Path
        Output folder of ``sspd evaluate``.

    Returns
    -------
    dict
        Method -> error and the ends of its interval, beats per minute; NaN where there is none.

    Raises
    ------
    SourceError
        The folder has no table of scores.
    """
    file = folder / "table.csv"
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(file))))
        return {
            row["method"]: (float(row["mae"]), _end(row["mae_low"]), _end(row["mae_high"]))
            for row in rows
            if row["quantity"] == "hr_bpm" and row["windows"] and row["mae"]
        }
    except (KeyError, ValueError, csv.Error) as error:
        raise SourceError(f"{file}: no table of scores ({error})") from error


def _end(cell: str) -> float:
    return float(cell) if cell else float("nan")


def cost_points(
    costs: Sequence[Cost], errors: Mapping[str, tuple[float, float, float]], runtime: str
) -> list[CostPoint]:
    """List the methods that have both a time and an error.

    Parameters
    ----------
    costs : sequence of Cost
    errors : mapping
        From `read_errors`.
    runtime : str
        The runtime to take the times from.

    Returns
    -------
    list of CostPoint
    """
    seconds = {cost.name: cost.median_s(runtime) for cost in costs}
    return [
        CostPoint(name, seconds[SAME_NETWORK.get(name, name)], *error)
        for name, error in errors.items()
        if SAME_NETWORK.get(name, name) in seconds
    ]
