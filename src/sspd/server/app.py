"""The application: routes to endpoints, behind the guard, around one service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import ASGIApp

from sspd.server import measurements, pages
from sspd.server.device_page import device_page
from sspd.server.guard import Guard
from sspd.server.live import live
from sspd.server.service import Service

_ONE = "/v1/measurements/{job_id}"


def application(service: Service) -> ASGIApp:
    """Return the application of a server; its lifespan starts and stops the service.

    Parameters
    ----------
    service : Service

    Returns
    -------
    ASGI application
    """

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
        await run_in_threadpool(service.start)
        expiring = asyncio.create_task(service.expire_for_ever())
        try:
            yield {"service": service}
        finally:
            service.stopping = True
            expiring.cancel()
            with suppress(asyncio.CancelledError):
                await expiring
            await run_in_threadpool(service.stop)

    return Guard(Router(routes(), redirect_slashes=False, lifespan=lifespan), service)


def routes() -> list[BaseRoute]:
    """Return all routes.

    Returns
    -------
    list of starlette.routing.BaseRoute
    """
    return [
        Route("/", pages.page, methods=["GET"]),
        Route("/docs", pages.docs, methods=["GET"]),
        Route("/openapi.json", pages.openapi, methods=["GET"]),
        Route("/static/{name}", pages.static, methods=["GET"]),
        Route("/page/", device_page, methods=["GET"]),
        Route("/page/{name}", device_page, methods=["GET"]),
        Route("/healthz", pages.healthz, methods=["GET"]),
        Route("/readyz", pages.readyz, methods=["GET"]),
        Route("/metrics", pages.metrics, methods=["GET"]),
        Route("/v1/measurements", measurements.create, methods=["POST"]),
        Route(_ONE, measurements.measurement, methods=["GET", "DELETE"]),
        Route(f"{_ONE}/csv", measurements.csv, methods=["GET"]),
        Route(f"{_ONE}/report", measurements.report, methods=["GET"]),
        Route(f"{_ONE}/waveform", measurements.waveform, methods=["GET"]),
        WebSocketRoute("/v1/live", live),
    ]
