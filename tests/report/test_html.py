from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers import results
from sspd.errors import OutputError
from sspd.report.html import write_html
from sspd.report.labels import HRV_WORDS, REASON_WORDS
from sspd.report.text import NOTICE
from sspd.types import Box, Estimate, FaceSpan, Respiration, Vitals
from sspd.vitals import REASONS

#: Elements without an end tag.
VOID = {"meta", "img", "link", "br", "hr", "input", "source", "embed", "base"}
#: Attributes that make a page load something.
LOADING = {"src", "srcset", "href", "data", "poster", "action", "background", "style"}


class Page(HTMLParser):
    """A page that is read strictly: every tag is closed, in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.style = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        elif data.strip():
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    def pictures(self, kind: str) -> list[bytes]:
        head = f"data:{kind};base64,"
        found = [source for source in self.values("src") if source.startswith(head)]
        return [base64.b64decode(source.removeprefix(head), validate=True) for source in found]


def check_alone(page: Page) -> None:
    """Nothing in a page runs, or is loaded from elsewhere."""
    assert {"script", "link", "iframe", "object", "embed", "base"}.isdisjoint(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in LOADING:
            assert value.startswith(("data:image/", "#")), (name, value[:80])
    assert "@import" not in page.style
    assert "url(" not in page.style
    for svg in page.pictures("image/svg+xml"):
        assert not re.search(rb"<script|<foreignObject|\son\w+=", svg)
        links = re.findall(rb'(?:xlink:)?href="([^"]*)"', svg)
        assert all(link.startswith((b"#", b"data:image/png;base64,")) for link in links)
    ids = page.values("id")
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Vitals:
    """A good result whose video is there: plain magenta, so that its pixels can be found."""
    rgb = np.broadcast_to(np.array([200, 40, 180], np.uint8), (3, 64, 96, 3))
    path = write_video(tmp_path_factory.mktemp("html") / "magenta.mp4", rgb)
    box = Box(20, 10, 70, 50)
    spans = (FaceSpan(0.0, 0.1, box),)
    return replace(results.measured(), source=str(path), face_box=box, faces=spans)


def _page(path: Path, *given: Vitals, with_image: bool = True) -> Page:
    write_html(given, path, with_image=with_image)
    page = Page(path)
    check_alone(page)
    return page


def test_a_report_holds_all_that_was_measured(filmed: Vitals, tmp_path: Path) -> None:
    some = dict(filmed.hrv) | {"sdnn_ms": Estimate(41.2, 88, 85.0)}
    page = _page(tmp_path / "a.html", replace(filmed, hrv=some))
    assert page.tags.count("h1") == 1
    assert [page.words[i + 1] for i, word in enumerate(page.words) if word == "66.0"] == [
        "beats per minute"
    ]
    snr = f"{filmed.snr_db:.1f} dB"
    for words in ("41 ms from 88 beats in 85 s", "needs 60 s", "15.0 per minute", snr):
        assert words in page.text
    for figure in HRV_WORDS.values():
        assert figure.label in page.text
    assert "not calibrated for these weights" in page.text
    for window in filmed.windows:
        assert f"{window.start_s:.1f} to {window.end_s:.1f} s" in page.text
    assert page.text.count("accepted") >= 3
    assert REASON_WORDS["low_snr"].meaning in page.text
    assert "cut short" in page.text
    for words in (filmed.source, "Method pos", "Weights none", "Version sspd", "29.97", "120.00 s"):
        assert words in page.text
    assert "decode 1.23 s, face 1.00 s, network 2.00 s, total 4.30 s" in page.text
    assert "Not a medical device" in page.text
    assert len(page.pictures("image/svg+xml")) == 6
    assert "delay embedding" in page.text
    assert all(page.values("alt"))
    assert "@media print" in page.style
    assert "A4" in page.style


@pytest.mark.slow
def test_the_video_is_shown_with_its_box_unless_it_shall_not(
    filmed: Vitals, tmp_path: Path
) -> None:
    (png,) = _page(tmp_path / "a.html", filmed).pictures("image/png")
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture[5, 5] == pytest.approx([180, 40, 200], abs=12)
    assert (picture[30, 20] == 255).all()
    without = _page(tmp_path / "b.html", filmed, with_image=False)
    assert without.pictures("image/png") == []
    assert "without a frame of the video" in without.text
    assert len(without.pictures("image/svg+xml")) == 6
    magenta = np.array([180, 40, 200])
    for svg in without.pictures("image/svg+xml"):
        for inner in re.findall(rb'"data:image/png;base64,([^"]+)"', svg):
            pixels = cv2.imdecode(np.frombuffer(base64.b64decode(inner), np.uint8), 1)
            assert pixels is not None
            assert np.abs(pixels.astype(int) - magenta).sum(axis=2).min() > 60


def test_a_video_that_is_gone_leaves_the_rest(tmp_path: Path) -> None:
    page = _page(tmp_path / "a.html", results.measured())
    assert page.pictures("image/png") == []
    assert "cannot be shown: videos/good one.mp4: no such file" in page.text
    assert len(page.pictures("image/svg+xml")) == 6


def test_no_pulse_is_said_in_plain_words_with_what_helps(tmp_path: Path) -> None:
    page = _page(tmp_path / "a.html", replace(results.rejected(), reasons=REASONS))
    assert "No reliable pulse" in page.text
    for words in REASON_WORDS.values():
        assert f"{words.meaning} {words.help}" in page.text
    assert not re.search(r"\d\.\d (bpm|beats per minute)", page.text)
    assert not page.pictures("image/svg+xml")


@pytest.mark.slow
def test_a_page_says_once_that_it_is_no_medical_device(filmed: Vitals, tmp_path: Path) -> None:
    """On paper each video of several begins a page of its own, so each section says it too."""
    assert _page(tmp_path / "a.html", filmed).text.count(NOTICE) == 1
    assert _page(tmp_path / "b.html", filmed, filmed).text.count(NOTICE) == 3


@pytest.mark.slow
def test_captions_name_only_what_is_drawn(filmed: Vitals, tmp_path: Path) -> None:
    good = tuple(window for window in filmed.windows if window.accepted)
    accepted = _page(tmp_path / "a.html", replace(filmed, windows=good)).text
    assert "Dots are beats." in accepted and "Green: accepted. Red: rejected." in accepted
    windows = tuple(replace(w, accepted=False, reasons=("motion",)) for w in filmed.windows)
    rejected = _page(tmp_path / "b.html", replace(filmed, windows=windows)).text
    assert "without a unit, filtered to 0.5–4 Hz." in rejected and "Dots are" not in rejected
    assert "Red and shaded: rejected." in rejected


@pytest.mark.slow
def test_several_videos_are_one_page_with_a_table_in_front(filmed: Vitals, tmp_path: Path) -> None:
    given = [filmed, results.rejected(), results.failed(), replace(filmed, face_id=1)]
    page = _page(tmp_path / "a.html", *given)
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
    assert page.values("href") == [f"#video-{i}" for i in range(1, 5)]
    assert page.values("id") == [f"video-{i}" for i in range(1, 5)]
    assert page.tags.count("h1") == 1
    assert page.tags.count("h2") == 4
    assert "2 of 4 videos have an accepted heart rate." in page.text
    assert "magenta.mp4, face 2" in page.text
    assert "This video could not be measured c.mp4: no such file" in page.text
    assert "failed" in page.text


@pytest.mark.slow
def test_several_faces_of_a_video_are_called_so(filmed: Vitals, tmp_path: Path) -> None:
    page = _page(tmp_path / "a.html", filmed, replace(filmed, face_id=1))
    assert "2 faces in 1 video" in page.text
    assert "2 of 2 faces have an accepted heart rate." in page.text


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.mp4",
        '"><img src=x onerror=alert(1)>.mp4',
        "' onmouseover='alert(1).mp4",
        "</style><script>1</script>",
        "&lt;b&gt; &amp; %s {x} $x^$.mp4",
        "bytes \udcff\udcfe.mp4",
        "turned \u202e4pm.exe",
        "顔 \n\x1b[31m.mp4",
        "x" * 4000,
    ],
    ids=range(9),
)
def test_names_from_outside_stay_words(name: str, tmp_path: Path) -> None:
    odd = replace(
        results.rejected(),
        source=f"videos/{name}",
        method=name,
        weights=name,
        warnings=(name,),
        reasons=(name,),
        timing_s={name: 1.0},
        respiration=Respiration(None, reason=name),
        hrv={"sdnn_ms": Estimate(None, reason=name)},
    )
    failed = replace(results.failed(), source=name, error=name)
    plain = _page(tmp_path / "plain.html", results.rejected(), results.failed())
    page = _page(tmp_path / "odd.html", odd, failed)
    assert sorted(set(page.tags)) == sorted(set(plain.tags))
    assert page.values("onerror") == page.values("onmouseover") == []
    kept = name.split("\n")[0].replace("\udcff\udcfe", "??").replace("\u202e", "?")
    assert " ".join(kept.split()) in page.text


def test_the_page_forbids_its_reader_to_load_anything(filmed: Vitals, tmp_path: Path) -> None:
    page = _page(tmp_path / "a.html", filmed)
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "script" not in policy


def test_a_place_that_cannot_be_written_is_one_error(filmed: Vitals, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_html([filmed], tmp_path / "gone" / "a.html")
    (tmp_path / "a.html").write_text("old")
    with pytest.raises(AttributeError):
        write_html([filmed, None], tmp_path / "a.html")  # type: ignore[list-item]
    assert (tmp_path / "a.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
