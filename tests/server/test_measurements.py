"""A video comes in over HTTP; what is fetched is what the library measures; then it is gone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import sspd
from helpers.beating_faces import SKIN_BOX
from helpers.servers import Caller, until
from sspd.server.openapi import document
from sspd.server.service import Service

PLACE = "/v1/measurements"


def _checked(name: str, reply: Any) -> None:
    """What is answered is what the document says, to the letter."""
    schema = {"$ref": f"#/components/schemas/{name}"} | document(token=False)
    jsonschema.Draft202012Validator(schema).validate(reply)


def _without_time(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in row.keys() - {"source", "timing_s"}}


@pytest.fixture(scope="module")
def measured(running: tuple[Caller, Service], beating_video: Path) -> dict[str, Any]:
    call, _ = running
    return call.wait(call.send(beating_video))


def test_the_result_is_that_of_the_library(
    measured: dict[str, Any], call: Caller, service: Service, beating_video: Path
) -> None:
    _checked("Measurement", measured)
    assert measured["state"] == "done"
    (row,) = measured["results"]
    expected = sspd.measure(beating_video, method="pos", box=SKIN_BOX)
    assert expected.hr_bpm == pytest.approx(72.0, abs=1.0)
    assert _without_time(row) == _without_time(json.loads(json.dumps(expected.to_dict())))
    assert row["source"] == measured["id"]
    until(lambda: not list(service.videos.iterdir()))  # gone as soon as it was measured


def test_its_files_are_those_of_the_command(measured: dict[str, Any], call: Caller) -> None:
    place = f"{PLACE}/{measured['id']}"
    (row,) = csv.DictReader(io.StringIO(call("GET", f"{place}/csv").body.decode()))
    assert float(row["hr_bpm"]) == measured["results"][0]["hr_bpm"]
    samples = list(csv.DictReader(io.StringIO(call("GET", f"{place}/waveform").body.decode())))
    assert len(samples) > 250
    beats = sum(int(sample["beat"]) for sample in samples)
    assert beats == pytest.approx(12, abs=2)
    assert call("GET", f"{place}/waveform?face=7").status == 404


@pytest.mark.slow
def test_the_report_loads_nothing(measured: dict[str, Any], call: Caller) -> None:
    report = call("GET", f"{PLACE}/{measured['id']}/report")
    assert report.status == 200
    assert b"72." in report.body
    assert b"<script" not in report.body
    assert b"Ada" not in report.body
    assert report.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_options_are_those_of_the_command(call: Caller, beating_video: Path) -> None:
    reply = call.wait(call.send(beating_video, end=7, face="largest"))
    (row,) = reply["results"]
    assert row["duration_s"] == pytest.approx(7.0, abs=0.1)
    assert row["reasons"] == ["too_short"]
    assert [words["help"] for words in reply["advice"]] == ["Record a longer video."]


def test_a_key_makes_a_second_try_safe(call: Caller, service: Service, beating_video: Path) -> None:
    headers = {"Idempotency-Key": "my own key"}
    first = call.send(beating_video, headers)
    again = call("POST", PLACE, beating_video.read_bytes(), headers)
    _checked("Promise", again.json)
    assert (again.status, again.json["id"], again.json["repeated"]) == (202, first, True)
    other = call("POST", PLACE, beating_video.read_bytes()[:-1], headers)
    assert (other.status, other.json["code"]) == (422, "key_reused")
    others = call("POST", f"{PLACE}?end=9", beating_video.read_bytes(), headers)
    assert (others.status, others.json["code"]) == (422, "key_reused")
    call.wait(first)
    until(lambda: not list(service.videos.iterdir()))


def test_what_is_no_video_fails_with_a_sentence_and_no_place(
    call: Caller, service: Service
) -> None:
    answer = call("POST", PLACE, b"not a video at all")
    reply = call.wait(answer.json["id"])
    _checked("Measurement", reply)
    assert (reply["state"], reply["results"], reply["tries"]) == ("failed", None, 0)
    assert reply["reason"].startswith("video: not a video that can be decoded")
    csv_answer = call("GET", f"{PLACE}/{answer.json['id']}/csv")
    assert (csv_answer.status, csv_answer.json["code"]) == (409, "failed")
    until(lambda: not list(service.videos.iterdir()))


def test_deleted_is_gone(call: Caller, service: Service, beating_video: Path) -> None:
    job_id = call.send(beating_video)
    assert call("DELETE", f"{PLACE}/{job_id}").status == 204
    for method in ("GET", "DELETE"):
        answer = call(method, f"{PLACE}/{job_id}")
        _checked("Problem", answer.json)
        assert answer.status == 404
    assert service.store.find(job_id) is None
    assert job_id not in {path.name for path in service.videos.iterdir()}
    call.wait(call.send(beating_video))  # its worker goes on


def test_a_result_that_is_not_there_yet_says_so(call: Caller, beating_video: Path) -> None:
    ids = [call.send(beating_video) for _ in range(2)]
    answer = call("GET", f"{PLACE}/{ids[1]}/report")
    assert (answer.status, answer.json["code"]) == (409, "not_ready")
    assert answer.headers["retry-after"] == "1"
    for job_id in ids:
        assert call.wait(job_id)["state"] == "done"


def test_only_what_was_fetched_counts_as_fetched(
    call: Caller, service: Service, beating_video: Path
) -> None:
    job_id = call.send(beating_video, end=4)
    until(lambda: (job := service.store.find(job_id)) is None or job.ended_s is not None)
    for path in ("", "/csv"):
        assert call("HEAD", f"{PLACE}/{job_id}{path}").status == 200
    job = service.store.find(job_id)
    assert job is not None and job.fetched_s is None
    reply = call("GET", f"{PLACE}/{job_id}").json
    job = service.store.find(job_id)
    assert job is not None and job.fetched_s is not None
    keep_s = service.settings.keep_fetched_s
    assert reply["expires_s"] == pytest.approx(job.fetched_s + keep_s, abs=1.0)


def test_metrics_count_what_happened(call: Caller, measured: dict[str, Any]) -> None:
    answer = call("GET", "/metrics")
    text = answer.body.decode()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    done = [line for line in text.splitlines() if line.startswith("sspd_jobs_ended_total{")]
    assert any('outcome="done"' in line and float(line.split()[-1]) >= 1 for line in done)
    assert 'sspd_jobs{state="queued"}' in text
    assert measured["id"] not in text
