"""Measurements over HTTP: a video comes in, a job is promised, its result is fetched."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sspd.pipeline.batch.serialize import from_record
from sspd.report.json import vitals_to_dict
from sspd.report.labels import meanings
from sspd.report.result import Vitals
from sspd.server.files import csv_file, report_file, waveform_file
from sspd.server.job_options import options_of_query
from sspd.server.jobs import WAITING, Job
from sspd.server.problems import Problem
from sspd.server.service import Service, new_id
from sspd.server.uploads import Upload, check_size, receive, too_large
from sspd.utils.content import text_key

#: Content security policy of a report, which contains its images and its style.
_REPORT_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
#: Longest idempotency key, characters.
_LONGEST_KEY = 200


async def create(request: Request) -> Response:
    """Store a video and promise its measurement.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
        202, with the job's id.
    """
    service = _service(request)
    settings, client = service.settings, request.scope["client_name"]
    if service.stopping:
        raise Problem("stopping", "the server stops; try another time", retry_s=30)
    key = _key(request)
    options = options_of_query(request.query_params.multi_items(), settings.options)
    text = json.dumps(options.to_dict(), sort_keys=True)
    check_size(request, settings.max_video_bytes)
    await run_in_threadpool(_check_room, service, client)
    job_id = new_id()
    with _counted(service, client, _expected_bytes(request, settings.max_video_bytes)):
        upload = await receive(
            request, service.video_of(job_id), settings.max_video_bytes, settings.bounds
        )
    service.metrics.uploaded.inc(upload.size)
    job = await run_in_threadpool(_added, service, job_id, client, key, upload, text)
    service.slots.wake()
    place = f"/v1/measurements/{job.id}"
    headers = {"Location": place, "Retry-After": "1"}
    body = {"id": job.id, "state": job.state, "url": place, "repeated": job.id != job_id}
    return JSONResponse(body, 202, headers)


async def measurement(request: Request) -> Response:
    """Return the state of a job, and its result; or delete it, even while it runs.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
        204 where it was deleted.
    """
    service, job = _service(request), await _job(request)
    if request.method == "DELETE":
        return await _deleted(service, job)
    body = await run_in_threadpool(_state, service, job)
    if job.state in WAITING:
        return JSONResponse(body, headers={"Retry-After": "1"})
    await _mark_fetched(request, job)
    return JSONResponse(body)


async def _deleted(service: Service, job: Job) -> Response:
    await run_in_threadpool(service.store.delete, job.id)
    service.slots.forget(job.id)
    await run_in_threadpool(service.remove_video, job.id)
    return Response(status_code=204)


async def csv(request: Request) -> Response:
    """Return the results as CSV, one row a face.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    faces = await _faces(request)
    data = await run_in_threadpool(csv_file, faces, _service(request).scratch)
    return _file(data, "text/csv; charset=utf-8", "result.csv")


async def report(request: Request) -> Response:
    """Return the report to read or print, without a frame of the video.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    service, faces = _service(request), await _faces(request)
    async with service.rendering:
        data = await run_in_threadpool(report_file, faces, service.scratch)
    headers = {"Content-Security-Policy": _REPORT_POLICY}
    return Response(data, 200, headers, "text/html; charset=utf-8")


async def waveform(request: Request) -> Response:
    """Return the waveform of one face as CSV, one row a sample.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    asked = request.query_params.get("face", "0")
    faces = [face for face in await _faces(request) if str(face.face_id) == asked]
    if not faces:
        raise Problem("not_found", "no face of this number; the result lists them as face_id")
    data = await run_in_threadpool(waveform_file, faces[0], _service(request).scratch)
    return _file(data, "text/csv; charset=utf-8", "waveform.csv")


def _service(request: Request) -> Service:
    service = request.scope["state"]["service"]
    assert isinstance(service, Service)
    return service


async def _job(request: Request) -> Job:
    """The job of the path, if it is the caller's own."""
    store = _service(request).store
    job = await run_in_threadpool(store.find, request.path_params["job_id"])
    owner = request.scope["client_name"]
    # without tokens the id alone opens it: addresses change, and are shared
    if job is None or (owner.startswith("token-") and owner != job.client):
        raise Problem("not_found", "no such measurement; results are deleted after a while")
    return job


async def _faces(request: Request) -> list[Vitals]:
    job = await _job(request)
    if job.state in WAITING:
        raise Problem("not_ready", "not measured yet; ask again", retry_s=1)
    if job.faces is None:
        raise Problem("failed", f"it could not be measured: {job.reason}")
    await _mark_fetched(request, job)
    return _restored(job)


async def _mark_fetched(request: Request, job: Job) -> None:
    if request.method == "GET":  # not by HEAD, which fetches nothing
        await run_in_threadpool(_service(request).store.fetched, job.id)


def _restored(job: Job) -> list[Vitals]:
    return [from_record(record) for record in json.loads(job.faces or b"[]")]


def _state(service: Service, job: Job) -> dict[str, Any]:
    settings, progress = service.settings, service.slots.progress(job.id)
    faces = _restored(job)
    reasons = dict.fromkeys(reason for face in faces for reason in face.reasons)
    expires_s = None
    if job.ended_s is not None:
        fetched_s = job.fetched_s or time.time()
        expires_s = min(job.ended_s + settings.keep_s, fetched_s + settings.keep_fetched_s)
    return {
        "id": job.id,
        "state": job.state,
        "progress": None if progress is None else {"phase": progress[0], "done": progress[1]},
        "created_s": round(job.created_s, 3),
        "ended_s": None if job.ended_s is None else round(job.ended_s, 3),
        "expires_s": None if expires_s is None else round(expires_s, 3),
        "tries": job.tries,
        "reason": job.reason,
        "results": [vitals_to_dict(face) for face in faces] if job.state == "done" else None,
        "advice": [
            {"reason": reason, "meaning": words.meaning, "help": words.help}
            for reason, words in zip(reasons, meanings(tuple(reasons)), strict=True)
        ],
    }


def _key(request: Request) -> str | None:
    """The hash of the idempotency key: a caller may put a name into it."""
    found = request.headers.getlist("idempotency-key")
    if not found:
        return None
    if len(found) > 1 or not 0 < len(found[0]) <= _LONGEST_KEY:
        raise Problem("invalid", f"an idempotency key has 1 to {_LONGEST_KEY} characters")
    return text_key(found[0])


def _check_room(service: Service, client: str) -> None:
    settings = service.settings
    if service.store.waiting(client)[0] >= settings.max_waiting_each:
        raise Problem("too_many", "too many of your measurements wait; fetch some", retry_s=10)
    if service.store.waiting()[0] >= settings.max_waiting:
        raise Problem("busy", "too many measurements wait; try later", retry_s=30)


def _expected_bytes(request: Request, most_bytes: int) -> int:
    stated = request.headers.get("content-length", "")
    return min(int(stated[:18]), most_bytes) if stated.isdecimal() else most_bytes


@contextmanager
def _counted(service: Service, client: str, n_bytes: int) -> Iterator[None]:
    """Hold an upload's place and room while it comes in."""
    bounds = service.settings.bounds
    if service.uploads[client] >= bounds.uploads_each:
        raise Problem("too_many", "too many of your uploads at a time; try later", retry_s=5)
    if service.uploads.total() >= bounds.uploads:
        raise Problem("busy", "too many uploads at a time; try later", retry_s=5)
    if not service.has_room(n_bytes):
        raise Problem("storage", "too many videos wait here; try later", retry_s=30)
    service.uploads[client] += 1
    service.promised_bytes += n_bytes
    try:
        yield
    finally:
        service.uploads[client] -= 1
        service.uploads += Counter()  # forgets callers without any
        service.promised_bytes -= n_bytes


def _added(
    service: Service, job_id: str, client: str, key: str | None, upload: Upload, options: str
) -> Job:
    """Promise a job, or find the one that the key names: the same body, the same options."""
    size, sha256 = upload.size, upload.sha256
    job = Job(job_id, client, key, "queued", size, sha256, options, time.time())
    try:
        if size > service.settings.max_video_bytes:
            raise too_large(service.settings.max_video_bytes)
        added = service.store.add(job)
    except BaseException:
        service.remove_video(job_id)
        raise
    if added.id != job_id:
        service.remove_video(job_id)
        if (added.sha256, added.options) != (sha256, options):
            raise Problem("key_reused", "this idempotency key belongs to another video or options")
    return added


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, 200, headers, kind)
