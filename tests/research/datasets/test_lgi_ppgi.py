"""LGI-PPGI: XML that is not trusted, and two clocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SourceError
from sspd.research.datasets.lgi_ppgi import (
    DATASET,
    read_contact,
    read_frames,
    read_samples,
    recordings,
)
from sspd.simulation import VideoSpec

HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def _xml(path: Path, rows: list[tuple[float, ...]]) -> Path:
    """Samples as elements, in elements of other names, as found in the field."""
    text = ""
    for n, row in enumerate(rows):
        cells = "".join(f"<value{i}>{cell}</value{i}>\n" for i, cell in enumerate((n, *row)))
        text += f"<value{n}>\n{cells}</value{n}>\n"
    path.write_text(f"{HEAD}\n<any>\n{text}</any>")
    return path


def test_only_elements_that_are_samples_count(tmp_path: Path) -> None:
    path = _xml(tmp_path / "a.xml", [(60, 5), (61, 6), (62, 7), (63, 8)])
    assert read_samples(path, "value1", "value2").tolist() == [[60, 5], [61, 6], [62, 7], [63, 8]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'{HEAD}<!DOCTYPE a [<!ENTITY b "c">]><a><v><value1>&b;</value1></v></a>', "DOCTYPE"),
        (f'{HEAD}<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE"),
        ("<a><b>", "not XML"),
        ("1,2,3", "not XML"),
        ("<a><value1>\n<value0>1</value0></value1></a>", "no element with value1"),
        ("<a><v><value1>fast</value1></v></a>", "not a number"),
        ("<a><v><value1>nan</value1></v></a>", "not finite"),
    ],
)
def test_other_xml_is_rejected(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text)
    with pytest.raises(SourceError, match=told):
        read_samples(path, "value1")


@pytest.mark.parametrize(
    ("samples", "first", "start_s"),
    [(120, 60, 0.0), (61, 0, 0.0), (40, 0, 0.0)],
    ids=["longer", "as long", "shorter"],
)
def test_the_oximeter_stops_with_the_video(
    tmp_path: Path, samples: int, first: int, start_s: float
) -> None:
    timer = _xml(tmp_path / "timer.xml", [(40 + 100.0 * n,) for n in range(11)])  # 1 s
    contact = _xml(tmp_path / "contact.xml", [(70, n) for n in range(samples)])
    bvp = read_contact(contact, timer).bvp
    assert bvp is not None
    assert bvp.values[0] == pytest.approx(first, abs=1)
    assert bvp.t[0] == pytest.approx(start_s, abs=1 / 60)
    assert bvp.values[-1] == samples - 1


def test_camera_times_are_used_where_they_are(tmp_path: Path) -> None:
    spec = VideoSpec(duration_s=1, width=96, height=96, face_px=60)
    DATASET.write(tmp_path, 0, spec)
    (one,) = recordings(tmp_path)
    timer = one.video.parent / "cv_camera_sensor_timer_stream_handler.xml"
    stamped = np.concatenate([chunk.t for chunk in one.frames()])
    assert stamped[-1] == pytest.approx(29 / 30, abs=1e-3)
    timer.unlink()
    nominal = np.concatenate([chunk.t for chunk in read_frames(one.video, timer)])
    assert nominal.size == stamped.size
    assert nominal[-1] == pytest.approx(29 / 25)
