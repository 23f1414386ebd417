"""Draw the pipeline: the rooms that a video passes through, and what travels between them.

Run ``make pictures``. What is drawn is read from the code: that each room is imported by
`sspd.pipeline`, that its modules exist, and the type that the named function returns. Where
the code says otherwise this script fails, and tests/test_site.py compares the file.
"""

from __future__ import annotations

import re
import typing
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
FILE = HERE / "pipeline.svg"
WIDTH, MARGIN, BOX_WIDTH, BOX_HEIGHT, STEP = 640, 16, 380, 62, 106
SIDE_X, SIDE_WIDTH = 436, 188
FONT = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
INK, SOFT, TEAL, PALE, SAND = "#1f2d33", "#5a6b72", "#00796b", "#e3f2f0", "#f6efe2"


class Room(NamedTuple):
    """One box: a room, what it does, modules of it, and where its result's type stands."""

    name: str
    does: str
    modules: tuple[str, ...]
    result: str
    """``module:object``: the type that its annotations return."""
    travels: str
    """Name of a type in the drawing."""


ROOMS = (
    Room("video", "frames by time", ("read", "clock", "timestamps"), "video.read:read", "Frames"),
    Room(
        "face",
        "stabilized crops",
        ("detect", "track", "stabilize", "crop"),
        "face.track:iter_face_chunks",
        "FaceSegment",
    ),
    Room(
        "methods",
        "a waveform",
        ("sspd", "pos", "chrom", "networks"),
        "methods.method:Method.run",
        "Signal",
    ),
    Room(
        "vitals",
        "numbers, or reasons",
        ("heart_rate", "beats", "hrv", "acceptance"),
        "pipeline:measure",
        "Vitals",
    ),
    Room("report", "files and tables", ("json", "csv", "html", "overlay"), "", ""),
)
#: Beside the box of a number: a room, what it gives, and rooms inside it.
SIDE = {
    0: ("simulation", "videos, known pulse", ()),
    2: ("research", "trains the weights", ("losses", "views", "train")),
}


def main() -> None:
    """Write the picture beside this script."""
    FILE.write_text(picture(), encoding="utf-8")


def picture() -> str:
    """Return the picture as SVG."""
    check()
    height = 74 + STEP * len(ROOMS) + 6
    parts = [_text(MARGIN, 30, "a face video", 16, INK, "bold")]
    parts.append(_arrow(MARGIN + 40, 40, 70))
    for number, room in enumerate(ROOMS):
        top = 74 + STEP * number
        parts.append(_box(MARGIN, top, BOX_WIDTH, room.name, room.does, room.modules, PALE))
        if room.travels:
            parts.append(_arrow(MARGIN + 40, top + BOX_HEIGHT + 2, top + STEP - 4))
            parts.append(_text(MARGIN + 56, top + BOX_HEIGHT + 27, room.travels, 14, TEAL, "bold"))
        if number in SIDE:
            name, does, inside = SIDE[number]
            parts.append(_box(SIDE_X, top, SIDE_WIDTH, name, does, inside, SAND))
            parts.append(_across(SIDE_X - 4, MARGIN + BOX_WIDTH + 6, top + BOX_HEIGHT / 2))
    label = "The rooms that a video passes through, and the types that travel between them"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{label}" font-family="{FONT}">\n'
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def check() -> None:
    """Raise `LookupError` where the code is not as it is drawn."""
    package = Path(str(import_module("sspd.pipeline").__file__)).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(package.glob("*.py")))
    for room in ROOMS:
        if not re.search(rf"^from sspd\.{room.name}\b", source, re.MULTILINE):
            raise LookupError(f"sspd.pipeline no longer imports sspd.{room.name}")
        _need(f"sspd.{room.name}", room.modules)
        if room.result and room.travels not in _returned(room.result):
            raise LookupError(f"sspd.{room.result} no longer gives {room.travels}")
    for name, _, inside in SIDE.values():
        _need(f"sspd.{name}", inside)


def _need(package: str, modules: tuple[str, ...]) -> None:
    missing = [name for name in modules if find_spec(f"{package}.{name}") is None]
    if find_spec(package) is None or missing:
        raise LookupError(f"{package}: not there, or without {', '.join(missing)}")


def _returned(place: str) -> str:
    """Return the return type of ``module:object`` by its annotations."""
    module, path = place.split(":")
    owner, _, name = path.rpartition(".")
    found = import_module(f"sspd.{module}")
    if owner:  # a field that holds a function
        hint = typing.get_type_hints(getattr(found, owner))[name]
        return str(typing.get_args(hint)[-1])
    return str(typing.get_type_hints(getattr(found, name))["return"])


def _text(x: float, y: float, text: str, size: int, colour: str, weight: str = "normal") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}">'
        f"{escape(text)}</text>"
    )


def _box(
    x: int, top: int, width: int, name: str, does: str, modules: tuple[str, ...], fill: str
) -> str:
    words = f"{name}: {does}" if width == BOX_WIDTH else name
    below = " · ".join(modules) if width == BOX_WIDTH else does
    rect = (
        f'<rect x="{x}" y="{top}" width="{width}" height="{BOX_HEIGHT}" rx="8" fill="{fill}"'
        f' stroke="{TEAL if fill == PALE else "#b59a5b"}"/>'
    )
    return "\n".join(
        [
            rect,
            _text(x + 14, top + 26, words, 16, INK, "bold"),
            _text(x + 14, top + 48, below, 14, SOFT),
        ]
    )


def _arrow(x: float, top: float, bottom: float) -> str:
    return (
        f'<path d="M{x} {top}V{bottom - 7}" stroke="{TEAL}" stroke-width="2.5"/>'
        f'<path d="M{x - 6} {bottom - 9}h12l-6 9z" fill="{TEAL}"/>'
    )


def _across(start: float, end: float, y: float) -> str:
    return (
        f'<path d="M{start} {y}H{end + 7}" stroke="#b59a5b" stroke-width="2.5"/>'
        f'<path d="M{end + 9} {y - 6}v12l-9 -6z" fill="#b59a5b"/>'
    )


if __name__ == "__main__":
    main()
