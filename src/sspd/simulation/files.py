"""Files of simulated videos and their references.

``NAME.mp4`` is the video, H.264; with a codec it ends as `video_suffix` says. Its reference
consists of two text files:

``NAME.csv``
    one row per frame of the file: ``time_s`` (seconds from the first frame, 6 decimals) and
    ``bvp`` (blood volume pulse at that time, rising at systole, 6 decimals); with a codec also
    ``frame``, the number of the camera's frame that it shows.
``NAME.json``
    ``beats_s`` (beat times, seconds), ``hr_bpm`` (mean rate of the beats; null for a video
    without a pulse), ``rate_bpm`` (mean rate of each whole second), ``kind`` (of the rhythm;
    see `sspd.simulation.Truth`), ``respiration_hz``, and ``spec``: all options of the video,
    from which it can be rendered again to the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

from sspd.simulation.codecs.transmission import write_transmitted
from sspd.simulation.render import simulate
from sspd.simulation.spec import VideoSpec
from sspd.simulation.truth import truth
from sspd.types import Frames
from sspd.utils.files import whole_file


def write_video(spec: VideoSpec, path: str | Path, frames: Iterable[Frames] | None = None) -> None:
    """Render a video and write it by its codec, atomically.

    Parameters
    ----------
    spec : VideoSpec
    path : str or Path
        Output file, with the suffix of `sspd.simulation.video_suffix`; without a codec ``.mp4``.
    frames : iterable of Frames or None
        Frames of the camera, where they are not those of `simulate` (see its ``alter``).

    Raises
    ------
    OutputError
        The file cannot be written.
    UsageError
        The sides of the video are odd, the file has another suffix than its codec needs, or
        PyAV lacks the encoder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spec = VideoSpec(duration_s=0.1, width=128, height=96, face_px=60)
    ...     write_video(spec, f"{folder}/a.mp4")
    ...     Path(f"{folder}/a.mp4").stat().st_size > 0
    True
    """
    write_transmitted(path, simulate(spec) if frames is None else frames, spec)


def write_truth(spec: VideoSpec, path: str | Path) -> None:
    """Write the reference of a video as ``.csv`` and ``.json`` files.

    Parameters
    ----------
    spec : VideoSpec
    path : str or Path
        File name; its suffix is replaced.

    Raises
    ------
    OutputError
        A file cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_truth(VideoSpec(duration_s=0.1), f"{folder}/a.mp4")
    ...     print(Path(f"{folder}/a.csv").read_text().splitlines()[0])
    time_s,bvp
    """
    known = truth(spec)
    header = "time_s,bvp"
    rows = [f"{t:.6f},{bvp:.6f}" for t, bvp in zip(known.t, known.bvp, strict=True)]
    if spec.codec is not None:
        header += ",frame"
        rows = [f"{row},{frame}" for row, frame in zip(rows, known.frame, strict=True)]
    record = {
        "beats_s": [round(float(beat), 6) for beat in known.beats_s],
        "hr_bpm": None if math.isnan(known.hr_bpm) else round(known.hr_bpm, 4),
        "rate_bpm": [round(float(rate), 3) for rate in known.rate_bpm],
        "kind": known.kind,
        "respiration_hz": known.respiration_hz,
        "spec": spec.record(),
    }
    path = Path(path)
    with whole_file(path.with_suffix(".csv")) as part:
        part.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    # last, so that a .json marks a complete reference
    with whole_file(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
