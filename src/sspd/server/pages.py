"""Pages about the server itself: the start page, the documentation, health and metrics."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sspd.report.text import NOTICE
from sspd.server.device_page import is_built
from sspd.server.openapi import document
from sspd.server.problems import Problem
from sspd.server.service import Service

#: A page loads what lies beside it on this server, and nothing else.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Files of the pages; no other name is looked for.
_STATIC = {"page.css": "text/css", "page.js": "text/javascript"}


async def page(request: Request) -> Response:
    """Show the start page.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    service = _service(request)
    return _html(
        "start.html.j2",
        notice=NOTICE,
        token=service.tokens.wanted,
        device_page=is_built(service.settings.page),
        most_mb=service.settings.max_video_bytes >> 20,
        keep_minutes=max(1, round(service.settings.keep_s / 60)),
    )


async def docs(request: Request) -> Response:
    """Show the documentation of the interface, made from its document.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    described = document(token=_service(request).tokens.wanted)
    return _html("docs.html.j2", notice=NOTICE, api=described)


async def openapi(request: Request) -> Response:
    """Return the OpenAPI document.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    return JSONResponse(document(token=_service(request).tokens.wanted))


async def static(request: Request) -> Response:
    """Return a file of the pages.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    name = request.path_params["name"]
    if name not in _STATIC:
        raise Problem("not_found", "there is nothing here")
    data = files("sspd.server").joinpath("static", name).read_bytes()
    return Response(data, media_type=_STATIC[name])


async def healthz(request: Request) -> Response:
    """Return that the server lives.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Return whether the server takes videos.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
        200, or 503 with a reason.
    """
    trouble = await run_in_threadpool(_service(request).trouble)
    if trouble is not None:
        return JSONResponse({"status": "not ready", "detail": trouble}, 503)
    return JSONResponse({"status": "ready"})


async def metrics(request: Request) -> Response:
    """Return metrics for Prometheus.

    Parameters
    ----------
    request : starlette.requests.Request

    Returns
    -------
    starlette.responses.Response
    """
    found = _service(request).metrics
    text = await run_in_threadpool(found.text)
    return Response(text, media_type=found.content_type)


def _service(request: Request) -> Service:
    service: Service = request.scope["state"]["service"]
    return service


def _html(name: str, **values: Any) -> Response:
    text = _templates().get_template(name).render(**values)
    headers = {"Content-Security-Policy": _PAGE_POLICY}
    return Response(text, 200, headers, "text/html; charset=utf-8")


@cache
def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("sspd.server"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["json"] = lambda value: json.dumps(value, indent=1)
    return pages
