"""``sspd simulate``: videos of faces with a known pulse, and their true rates."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.cli.console import interruptible
from sspd.cli.messages import show
from sspd.errors import OutputError, UsageError
from sspd.research.datasets.table import DATASETS, get_dataset
from sspd.utils.partials import hold_folder
from sspd.utils.places import make_folder
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

    from sspd.simulation import VideoSpec

#: How videos and truths can be laid out in the folder, besides the layouts of datasets.
OWN_LAYOUTS = ("folder", "faces")

#: What Ctrl-C leaves.
KEPT = "complete videos are kept, the same command continues"


def simulate(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="Folder for the videos; created if missing.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Number of videos.")] = 12,
    seconds: Annotated[
        float, typer.Option("--seconds", help="Length of each video, seconds.")
    ] = 30.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same videos.")] = 0,
    fps: Annotated[float | None, typer.Option("--fps", help="Frames per second.")] = None,
    size: Annotated[str, typer.Option("--size", help="Width x height, pixels.")] = "640x480",
    preset: Annotated[
        str,
        typer.Option(
            "--preset",
            help="Kind of video: varied, still, talking, translation, rotation, nodding, drift,"
            " flicker, swinging, compressed, weak or train.",
        ),
    ] = "varied",
    layout: Annotated[
        str,
        typer.Option(
            "--layout",
            help="folder: videos, and truth/ beside them; faces: only the face crops, for"
            " training, many times faster than videos; or the name of a dataset (see sspd"
            " datasets): files as in that dataset, and truth/ beside them.",
        ),
    ] = "folder",
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", min=1, help="Videos at the same time, for the layouts folder and faces."
        ),
    ] = 1,
) -> None:
    """Write videos of simulated faces with a known pulse, and their true rates in truth/.

    A complete video with the same options is kept. Another file of that name is
    never overwritten.
    """
    layouts = dict.fromkeys([*OWN_LAYOUTS, *DATASETS])
    if layout not in layouts:
        raise UsageError(f"simulate: --layout must be one of {', '.join(layouts)}, got {layout!r}")
    videos = _videos(out, n, seconds, seed, fps, _parse_size(size), preset)
    inside = "truth" if layout in OWN_LAYOUTS else "**/"
    context.with_resource(hold_folder(out, inside))
    if layout not in OWN_LAYOUTS:
        if jobs > 1:
            raise UsageError(f"simulate: --jobs is for --layout {' and '.join(OWN_LAYOUTS)} alone")
        written = _write_layout(layout, out, [spec for _, spec in videos])
        show(f"{out}: {written} videos written, {n - written} kept, truth in truth/")
        return
    faces = layout == "faces"
    # said before the first video is drawn, not after an hour
    waiting = [
        (path, spec)
        for path, spec in videos
        if not _is_whole(path.with_suffix(".zarr") if faces else path, spec)
    ]
    _write_all(out, waiting, _write_faces if faces else _write_video, jobs)
    told = f"{len(waiting)} videos written, {n - len(waiting)} kept, truth in truth/"
    show(f"{out}: {'faces of ' if faces else ''}{told}")


def _parse_size(size: str) -> tuple[int, int]:
    sides = size.lower().split("x")
    if len(sides) != 2 or not all(side.isdecimal() for side in sides):
        raise UsageError(f"simulate: --size must be like 640x480, got {size!r}")
    width, height = (int(side) for side in sides)
    if width % 2 or height % 2:
        raise UsageError(f"simulate: --size needs even sides (H.264), got {size!r}")
    return width, height


def _videos(
    out: Path,
    n: int,
    seconds: float,
    seed: int,
    fps: float | None,
    size: tuple[int, int],
    preset: str,
) -> list[tuple[Path, VideoSpec]]:
    import numpy as np

    from sspd.simulation import random_spec

    fixed = {"duration_s": seconds, "width": size[0], "height": size[1]}
    if fps is not None:
        fixed["fps"] = fps
    return [
        # video i is the same whatever --n is
        (
            out / f"video_{i:04d}.mp4",
            random_spec(np.random.default_rng([seed, i]), preset, **fixed),
        )
        for i in range(n)
    ]


def _truth_of(path: Path) -> Path:
    return path.parent / "truth" / path.name


def _is_whole(path: Path, spec: VideoSpec) -> bool:
    """Whether the video is there with its truth; raises where something else is."""
    import json

    record = _truth_of(path).with_suffix(".json")
    if not path.exists():
        return False
    try:
        known = json.loads(record.read_text(encoding="utf-8"))["spec"]
    except (OSError, ValueError, KeyError, TypeError):
        known = None
    if known != spec.record():
        raise OutputError(
            f"{path}: is already there and is another video; choose an empty folder, or the"
            " options it was made with"
        )
    return True


def _write_video(path: Path, spec: VideoSpec) -> None:
    from sspd.simulation import write_truth, write_video

    # truth first: a video that is there always has its truth
    write_truth(spec, _truth_of(path))
    write_video(spec, path)


def _write_faces(path: Path, spec: VideoSpec) -> None:
    """Into the store that `sspd train` reads; videos with a bit rate go through H.264."""
    from sspd.research.datasets.faces import write_entry
    from sspd.simulation import simulate_faces, write_truth

    write_truth(spec, _truth_of(path))
    faces = simulate_faces(spec, encode=spec.bit_rate is not None)
    write_entry(path.parent, path.stem, faces, path.stem, simulated_seed=spec.seed)


def _write_layout(layout: str, out: Path, specs: list[VideoSpec]) -> int:
    """How many videos were written; the others were there."""
    from sspd.research.datasets.simulated_layout import waiting, write_layout

    dataset = get_dataset(layout)
    left = waiting(dataset, out, dict(enumerate(specs)))
    with interruptible(KEPT), Meter("Simulating", len(left), "videos") as meter:
        for _ in meter.track(write_layout(dataset, out, left)):
            pass
    return len(left)


def _write_all(
    out: Path,
    videos: list[tuple[Path, VideoSpec]],
    write: Callable[[Path, VideoSpec], None],
    jobs: int,
) -> None:
    """Write the videos, several at a time, under a bar; makes the folder for the truth."""
    from sspd.utils.process_map import Words, process_map

    make_folder(out / "truth")
    written = process_map(partial(_written, write), videos, jobs, Words(_file_of, KEPT))
    meter = Meter("Simulating", len(videos), "videos")
    with interruptible(KEPT), closing(written), meter:
        for _ in meter.track(written):
            pass


def _file_of(video: tuple[Path, VideoSpec]) -> str:
    return str(video[0])


def _written(write: Callable[[Path, VideoSpec], None], video: tuple[Path, VideoSpec]) -> None:
    write(*video)
