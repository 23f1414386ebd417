"""`sspd.measure`, called from somebody's program, changes nothing of their process."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from sspd.simulation import VideoSpec, write_video

#: What a measurement may import, of packages that are not Python's own.
NEEDED = {"av", "cv2", "dlib", "numpy", "openvino", "scipy"}
#: What OpenVINO imports where it is installed.
THEIRS = {"absl", "charset_normalizer", "packaging"}

#: Where packages lie.
INSTALLED = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}

#: Everything of a process that a call could change and that can be read back.
LOOK = """
import atexit, faulthandler, gc, json, locale, logging, os, random, resource, signal, sys
import tempfile, threading, time, warnings
import av, cv2, dlib, numpy, openvino, scipy.signal, torch  # their own settings, before the call
import sspd

def own_heaps(threads):  # whether each thread of the caller's gets a heap of its own, as usual
    import ctypes
    libc = ctypes.CDLL(None)
    for call in (libc.fopen, libc.malloc):
        call.restype = ctypes.c_void_p
    places, go = [], threading.Barrier(threads + 1)
    def take():
        places.append(libc.malloc(1000) >> 26)  # an arena's heap is aligned to 64 MB
        go.wait()
    each = [threading.Thread(target=take) for _ in range(threads)]
    for thread in each:
        thread.start()
    go.wait()
    for thread in each:
        thread.join()
    return len({*places, libc.malloc(1000) >> 26}) == threads + 1

def look(threads):
    signals = {int(n): repr(signal.getsignal(n)) for n in signal.valid_signals()}
    limits = [resource.getrlimit(getattr(resource, n)) for n in dir(resource) if "RLIMIT_" in n]
    return {
        "switch interval": sys.getswitchinterval(),
        "gc": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), repr(gc.callbacks)],
        "heaps": own_heaps(threads) if sys.platform == "linux" else None,
        "cv2": [cv2.getNumThreads(), cv2.useOptimized(), cv2.utils.logging.getLogLevel()],
        "torch": [torch.get_num_threads(), torch.get_num_interop_threads(),
                  str(torch.get_default_dtype()), torch.is_grad_enabled()],
        "numpy": [repr(numpy.geterr()), str(numpy.random.get_state()),
                  str(numpy.get_printoptions())],
        "random": hash(random.getstate()),
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "cores": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "tiny numbers": float(numpy.float32(1e-40) * numpy.float32(1)) > 0,
        "environment": dict(os.environ),
        "folder": [os.getcwd(), os.umask(os.umask(0o22))],
        "signals": signals,
        "limits": limits,
        "warnings": [repr(warnings.filters), repr(warnings.showwarning)],
        "logging": [logging.root.level, repr(logging.root.handlers), logging.root.disabled],
        "hooks": [repr(h) for h in (sys.excepthook, threading.excepthook, sys.unraisablehook)],
        "traces": [repr(sys.gettrace()), repr(sys.getprofile()), repr(threading.gettrace())],
        "paths": [sys.path, repr(sys.meta_path), repr(sys.path_hooks)],
        "streams": [id(sys.stdin), id(sys.stdout), id(sys.stderr)],
        "atexit": atexit._ncallbacks(),
        "faulthandler": faulthandler.is_enabled(),
        "locale": locale.setlocale(locale.LC_ALL),
        "recursion": sys.getrecursionlimit(),
        "threads": [thread.name for thread in threading.enumerate()],
    }

before = look(2)
rate = sspd.measure(sys.argv[1]).hr_bpm
print(json.dumps([before, look(5), rate]))  # more than there are heaps from before
"""
#: What is imported by a measurement in a process that had imported nothing.
MODULES = """
import json, sys
before = set(sys.modules)
import sspd
sspd.measure(sys.argv[1])
new = {name: sys.modules[name] for name in set(sys.modules) - before}
print(json.dumps({name: getattr(module, "__file__", None) for name, module in new.items()}))
"""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "face.mp4"
    spec = VideoSpec(seed=3, duration_s=8.5, hr_bpm=74.0, width=240, height=180, face_px=96)
    write_video(spec, path)
    return path


def answer(code: str, video: Path) -> Any:
    command = [sys.executable, "-c", code, str(video)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return json.loads(ran.stdout)


@pytest.mark.slow
def test_a_call_leaves_the_process_as_it_was(video: Path) -> None:
    before, after, rate = answer(LOOK, video)
    assert rate is not None, "else little of the way was gone"
    assert after == before
    assert before["heaps"] in (None, True)


@pytest.mark.slow
def test_a_call_imports_what_measuring_needs_and_no_more(video: Path) -> None:
    packages = {
        Path(file).relative_to(root).parts[0]
        for name, file in answer(MODULES, video).items()
        for root in map(Path, INSTALLED)
        if file and not name.startswith("sspd") and Path(file).is_relative_to(root)
    }
    packages = {name.split(".")[0].removesuffix("_pybind11").removeprefix("_") for name in packages}
    assert packages >= {"av", "dlib", "openvino"}
    assert packages <= NEEDED | THEIRS
