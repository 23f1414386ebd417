"""Costs as a table beside the paper's Table IV, and as JSON."""

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
from sspd.research.evaluate.cost import UNIT, Cost
from sspd.research.figures.costs import CostPoint
from sspd.version import package_version

#: Pictures and their side in the paper's Table IV.
PAPER_CLIP = (300, 128)
#: Table IV of the paper: million parameters, its "GFLOPs", time over PhysNet's. RemotePPG has
#: the network of Contrast-Phys.
PAPER = MappingProxyType(
    {
        "physnet": ("0.77", "131.47", "1.00"),
        "can": ("7.50", "225.01", "3.19"),
        "physformer": ("7.38", "94.89", "2.91"),
        "contrast-phys": ("0.86", "256.68", "1.88"),
        "sspd": ("0.78", "84.79", "1.00"),
    }
)


def cost_table(costs: Sequence[Cost], *, frames: int, size: int) -> str:
    """Markdown: counts and times, with the paper's in brackets where the clip is the paper's.

    Parameters
    ----------
    costs : sequence of Cost
    frames, size : int
        As `sspd.research.evaluate.cost.measure_costs` was given them.

    >>> row = Cost("physnet", 770_000, 131_000_000_000, {"torch": (2.0, 2.2, 2.4)})
    >>> print(cost_table([row], frames=300, size=128).splitlines()[2])
    | physnet | 0.77 (0.77) | 131.0 (131.47) | 2.20 s ± 0.20, x1.00 (x1.00) |
    """
    runtimes = list(costs[0].seconds) if costs else []
    heads = ["network", "parameters, M", "multiply-adds, G", *(f"time, {one}" for one in runtimes)]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    same = (frames, size) == PAPER_CLIP
    unit = {one.name: one for one in costs}.get(UNIT)
    for cost in costs:
        paper = PAPER.get(cost.name, ("-", "-", "-"))
        cells = [
            cost.name,
            f"{cost.parameters / 1e6:.2f} ({paper[0]})",
            f"{cost.multiply_adds / 1e9:.1f}" + (f" ({paper[1]})" if same else ""),
        ]
        for runtime in runtimes:
            told = f"{cost.median_s(runtime):.2f} s ± {cost.spread_s(runtime):.2f}"
            if unit is not None:
                ratio = cost.median_s(runtime) / unit.median_s(runtime)
                printed = "-" if paper[2] == "-" else f"x{paper[2]}"
                told += f", x{ratio:.2f}" + (f" ({printed})" if same else "")
            cells.append(told)
        lines.append(f"| {' | '.join(cells)} |")
    note = (
        f"{frames} frames of {size}x{size}. In brackets: Table IV of the paper (its GPU)."
        " Times: median and quartile distance."
    )
    return "\n".join([*lines, "", note]) + "\n"


def cost_json(
    costs: Sequence[Cost], *, frames: int, size: int, threads: int | None
) -> dict[str, Any]:
    """Everything that was counted and timed.

    Parameters
    ----------
    costs : sequence of Cost
    frames, size, threads
        As `sspd.research.evaluate.cost.measure_costs` was given them.
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


#: Methods whose network is another's; a time of one is a time of both.
SHARED = MappingProxyType({"remotephys": "contrast-phys", "sinc": "physnet"})


def read_errors(folder: Path) -> dict[str, tuple[float, float, float]]:
    """Method -> mean absolute error of the heart rate and its interval, of an evaluation.

    Parameters
    ----------
    folder : Path
        What ``sspd evaluate`` wrote.

    Raises
    ------
    SourceError
        It has no table of scores.
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
    """Methods that have both a time and an error.

    Parameters
    ----------
    costs : sequence of Cost
    errors : mapping
        From `read_errors`.
    runtime : str
        Whose times.
    """
    seconds = {cost.name: cost.median_s(runtime) for cost in costs}
    return [
        CostPoint(name, seconds[SHARED.get(name, name)], *told)
        for name, told in errors.items()
        if SHARED.get(name, name) in seconds
    ]
