"""The page that measures on the device: built from its lock file, against Python, in Chromium."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sspd
from helpers.formula_network import formula_network
from helpers.networks import nano_network
from helpers.page_videos import frames_of, person, side_by_side, write_mjpeg, write_webm, write_y4m
from helpers.servers import thread_server
from sspd.network.export import export_onnx
from sspd.report.csv import CSV_COLUMNS
from sspd.report.json import vitals_to_dict
from sspd.research.recipes.student import NANO as NANO_RECIPE
from sspd.server.settings import ServerSettings
from sspd.types import Box
from test_web_js import NO_NETWORK

PACKAGE = Path(__file__).resolve().parents[1] / "web" / "page"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
#: Errors that a page may have against Python on the same frames.
MOST_BPM, MOST_CONFIDENCE = 0.2, 0.02
#: Readings under this are noise, in which two lines may be as high as each other: which one is
#: read depends on the last bits of frames that a browser saw, and they differ from run to run.
NOISE_CONFIDENCE = 0.1
#: A face box of `person`.
PAGE_BOX = Box(100, 40, 230, 170)
pytestmark = pytest.mark.slow


def node(*command: str | Path, timeout_s: float = 600, **more: str) -> str:
    """What a command prints; skip where Node or the registry is not to be had."""
    found = shutil.which(str(command[0]))
    if found is None:
        pytest.skip(f"{command[0]} is not installed: the page is not tested here")
    done = subprocess.run(
        [found, *map(str, command[1:])],
        cwd=PACKAGE,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env={**os.environ, **more},
    )
    if done.returncode and any(word in done.stderr for word in NO_NETWORK):
        pytest.skip("npm reaches no registry: the page is not tested here")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the built page, its network and the compiled tests."""
    version = node("node", "--version").strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        pytest.skip(f"node {version} is older than 20: the page is not tested here")
    if not (PACKAGE / "node_modules" / "esbuild").is_dir():
        node("npm", "ci", "--no-audit", "--no-fund")
    folder = tmp_path_factory.mktemp("page")
    formula_network(folder / "model.onnx")
    node("npm", "run", "types")
    node("node", "build.mjs", "--tests")
    printed = node("node", "build.mjs", "--model", folder / "model.onnx", "--out", folder / "page")
    assert int(re.search(r"^(\d+) bytes compressed in all$", printed, re.MULTILINE)[1]) < 6e6  # type: ignore[index]
    return folder


def python_on(folder: Path, frames: np.ndarray, t: np.ndarray, box: Box) -> Any:
    """What Python measures on frames in a box."""
    return sspd.measure(
        frames, timestamps_s=t, box=box, method="sspd", weights=str(folder / "model.onnx")
    )


def measured(
    folder: Path, tmp: Path, frames: np.ndarray, t: np.ndarray, box: Box, **more: int
) -> Any:
    """What the page's code measures on frames in a box, in Node."""
    frames.tofile(tmp / "frames.rgb")
    size = {"w": frames.shape[2], "h": frames.shape[1]}
    facts = {"t": t.tolist(), "box": list(box), **size, **more}
    (tmp / "frames.json").write_text(json.dumps(facts))
    tool = PACKAGE / "build" / "tools" / "measure-frames.mjs"
    given = folder / "model.onnx", tmp / "frames.rgb", tmp / "frames.json"
    return json.loads(node("node", tool, *given))


def check(found: dict[str, Any], vitals: Any, *, least_confidence: float = 0.0) -> None:
    """Hold what the page found against Python; rates from a confidence on."""
    assert len(found["windows"]) == len(vitals.windows) == 1
    ours, theirs = found["windows"][0], vitals.windows[0]
    assert ours["confidence"] == pytest.approx(theirs.confidence, abs=MOST_CONFIDENCE)
    if theirs.confidence >= least_confidence:
        assert ours["spectralBpm"] == pytest.approx(theirs.spectral_bpm, abs=MOST_BPM)
    assert ours["reasons"] == list(theirs.reasons)


@pytest.mark.parametrize(
    ("seed", "options", "jitter_s", "accepted"),
    [
        (5, {}, 0.0, True),
        (6, {"hr_bpm": 104.0}, 0.012, True),
        (7, {"face_px": 60, "hr_bpm": 55.0, "pulse_percent": 3.0}, 0.005, True),
        (8, {"pulse_percent": 0.0}, 0.005, False),
        (
            9,
            {"motion": "nodding", "angle_deg": 5.0, "nod_hz": 1.2, "pulse_percent": 0.3},
            0.0,
            False,
        ),
    ],
)
def test_the_page_measures_what_python_measures(
    built: Path,
    tmp_path: Path,
    seed: int,
    options: dict[str, Any],
    jitter_s: float,
    accepted: bool,
) -> None:
    frames = np.stack(list(frames_of(person(12.0, seed, **options))))
    rng = np.random.default_rng(seed)
    t = np.arange(len(frames)) / 30 + rng.uniform(-jitter_s, jitter_s, len(frames))
    vitals = sspd.measure(frames, timestamps_s=t, method="sspd", weights=str(built / "model.onnx"))
    assert vitals.face_box is not None
    found = measured(built, tmp_path, frames, t, vitals.face_box)
    check(found, vitals)
    assert vitals.accepted is accepted
    assert len(found["beats"]) == len(vitals.beats_s)
    assert np.allclose(np.array(found["beats"]) - t[0], vitals.beats_s, atol=0.005)
    assert found["fps"] == pytest.approx(vitals.fps, rel=1e-3)
    same = np.corrcoef(found["values"], vitals.signal.values)[0, 1]
    assert same > 0.9999


def test_one_thread_keeps_up_with_a_camera(built: Path, tmp_path: Path) -> None:
    """The small network (with random weights) and an update a second, beside 30 frames."""
    spec = NANO_RECIPE.network
    export_onnx(nano_network(**asdict(spec)), tmp_path / "model.onnx")
    frames = np.stack(list(frames_of(person(12.0, 5))))
    t = np.arange(len(frames)) / 30
    found = measured(tmp_path, tmp_path, frames, t, PAGE_BOX, every=30)
    assert len(found["values"]) == len(t)
    assert found["workMs"] < 1000 / 30  # of the processor: waiting for it does not count


@pytest.mark.parametrize("loop_s", [1.4, 3.6, None])
def test_a_loop_is_seen_as_python_sees_it(
    built: Path, tmp_path: Path, loop_s: float | None
) -> None:
    """Noise tells a loop of exact frames; the colours one that a codec changed."""
    frames = np.stack(list(frames_of(person(12.0, 12))))
    if loop_s is not None:
        frames = frames[np.arange(len(frames)) % round(30 * loop_s)]
    if loop_s == 1.4:  # as if a codec had changed the details
        rng = np.random.default_rng(0)
        frames = frames + rng.integers(0, 3, frames.shape, np.uint8)
    t = np.arange(len(frames)) / 30
    vitals = python_on(built, frames, t, PAGE_BOX)
    found = measured(built, tmp_path, frames, t, PAGE_BOX)
    check(found, vitals)
    assert found["fps"] == pytest.approx(vitals.fps, abs=0.2)
    assert ("frame_rate_too_low" in vitals.reasons) is (loop_s is not None)


def test_faces_are_found_where_the_detector_finds_them(built: Path, tmp_path: Path) -> None:
    """Held against OpenVINO, which reads the same file, and dlib's box."""
    import cv2
    import openvino

    from sspd.face.crop import pad_box
    from sspd.face.detect import detect_faces

    frame = next(frames_of(person(1.0, 11, width=400, height=240)))
    frame.tofile(tmp_path / "frame.rgb")
    weights = PACKAGE / "node_modules/@mediapipe/face_detection/face_detection_short_range.tflite"
    tool = PACKAGE / "build" / "tools" / "detect-faces.mjs"
    found = json.loads(node("node", tool, weights, tmp_path / "frame.rgb", "400", "240"))
    square = np.full((400, 400, 3), 0, np.uint8)
    square[80:320] = frame
    given = cv2.resize(square, (128, 128), interpolation=cv2.INTER_AREA) / np.float32(127.5) - 1
    network = openvino.Core().compile_model(weights, "CPU")
    outputs = list(network(given[None]).values())
    boxes, scores = sorted(outputs, key=lambda rows: -rows.shape[-1])
    best = int(scores[0, :, 0].argmax())
    cells = [(16, k // 2) for k in range(512)] + [(8, k // 6) for k in range(384)]
    side, cell = cells[best]
    x = boxes[0, best, 0] / 128 + (cell % side + 0.5) / side
    y = boxes[0, best, 1] / 128 + (cell // side + 0.5) / side
    wide = boxes[0, best, 2] / 128
    (face,) = found["faces"]
    assert face["score"] == pytest.approx(1 / (1 + np.exp(-scores[0, best, 0])), abs=0.02)
    assert face["x"] + face["width"] / 2 == pytest.approx(400 * x, abs=3)
    assert face["y"] + face["height"] / 2 == pytest.approx(400 * y - 80, abs=3)
    assert face["width"] == pytest.approx(400 * wide, rel=0.05)
    ours, theirs = Box(*found["box"]), pad_box(detect_faces(frame)[0], 240, 400)
    both = max(0, min(ours.right, theirs.right) - max(ours.left, theirs.left)) * max(
        0, min(ours.bottom, theirs.bottom) - max(ours.top, theirs.top)
    )
    union = ours.width * ours.height + theirs.width * theirs.height - both
    assert both / union > 0.75


def test_the_package_for_npm_has_what_it_needs(built: Path) -> None:
    saved = node("npm", "pack", "--dry-run", "--json", SSPD_MODEL=str(built / "model.onnx"))
    (packed,) = json.loads(saved[saved.index("[\n") :])
    files = {file["path"] for file in packed["files"]}
    page = ("scan.js", "jspsych.js", "worker.js", "model.onnx", "faces.tflite", "index.html")
    assert {f"build/page/{name}" for name in page} <= files
    assert {"build/types/page/src/scan.d.ts", "build/types/page/src/jspsych.d.ts"} <= files
    assert not [name for name in files if "test" in name or name.startswith("src/")]


@pytest.fixture(scope="module")
def videos(built: Path) -> Path:
    """The built page with videos for a browser's camera beside it."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: the page is not tested in a browser here")
    write_y4m(built / "one.y4m", frames_of(person(16.0, 5)))
    write_mjpeg(built / "one.mjpeg", frames_of(person(16.0, 5)))
    write_y4m(built / "dead.y4m", frames_of(person(16.0, 8, pulse_percent=0.0)))
    wall = np.random.default_rng(0).integers(90, 130, (30, 240, 320, 3), np.uint8)
    write_y4m(built / "wall.y4m", wall)
    dark = (np.uint8(0.25 * frame) for frame in frames_of(person(4.0, 5)))
    write_y4m(built / "dark.y4m", dark)
    pair = side_by_side(frames_of(person(4.0, 5)), frames_of(person(4.0, 6)))
    write_y4m(built / "two.y4m", pair)
    example = built / "example"
    node("node", "build.mjs", "--model", built / "model.onnx", "--example", example)
    write_webm(built / "one.webm", frames_of(person(16.0, 5)))
    return built


@pytest.mark.parametrize("name", ["one.y4m", "one.mjpeg", "dead.y4m"])
def test_a_browser_measures_what_python_measures(videos: Path, tmp_path: Path, name: str) -> None:
    tool = PACKAGE / "build" / "tools" / "try-page.mjs"
    node("node", tool, videos / "page", videos / name, tmp_path, SSPD_CHROMIUM=str(CHROMIUM))
    saved = json.loads((tmp_path / "page.json").read_text())
    final, shots, updates = saved["final"], saved["shots"], saved["updates"]
    assert not saved["said"], saved["said"]
    size = shots[0]["height"], shots[0]["width"], 4
    frames = np.fromfile(tmp_path / "frames.rgba", np.uint8).reshape(-1, *size)[..., :3]
    box = Box(**final["box"])
    t = np.array([shot["t"] for shot in shots])
    used = slice(len(shots) - final["frames"], None)  # from the first one with a face on
    vitals = python_on(videos, np.ascontiguousarray(frames[used]), t[used], box)
    check(final, vitals, least_confidence=NOISE_CONFIDENCE)
    assert vitals.confidence is not None
    assert (vitals.confidence >= NOISE_CONFIDENCE) == name.startswith("one")
    (row,), theirs = json.loads(final["json"]), vitals_to_dict(vitals)
    assert row.keys() == theirs.keys() and row["windows"][0].keys() == theirs["windows"][0].keys()
    for key in ("start_s", "end_s", "accepted", "track_bpm"):
        assert row["windows"][0][key] == pytest.approx(theirs["windows"][0][key], abs=0.1)
    assert next(csv.reader([final["csv"]])) == list(CSV_COLUMNS)
    shown = [update for update in updates if update["hrBpm"] is not None]
    assert bool(shown) == name.startswith("one") == vitals.accepted
    if shown:
        assert shown[0]["timeS"] - updates[0]["timeS"] <= 12.0
        assert final["hrBpm"] == pytest.approx(72.0, abs=3.0)


def test_the_tests_of_the_page_pass(videos: Path, tmp_path: Path) -> None:
    """Those of web/page/test, in the browser against `sspd serve`."""
    packed = tmp_path / "page"
    node("node", "build.mjs", "--model", videos / "model.onnx", "--out", packed, "--packed")
    settings = ServerSettings(tmp_path / "serve", port=0, page=packed, names=("page.test",))
    with thread_server(settings) as (call, _):
        found = node(
            *("node", "--test", "build/test/"),
            SSPD_PAGE_FIXTURES=str(videos),
            SSPD_PAGE_ADDRESS=f"http://localhost:{call.port}/page",
            SSPD_CHROMIUM=str(CHROMIUM),
        )
    passed = re.search(r"^(?:#|ℹ) pass (\d+)$", found, re.MULTILINE)
    assert passed is not None and int(passed[1]) >= 18, found[-2000:]
