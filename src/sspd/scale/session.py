"""A session with Ray: one of this machine that ends with the run, or a cluster that stays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from sspd.errors import ClusterError
from sspd.utils.packages import require

#: Memory of Ray's object store here: results are a few kilobytes, videos never pass through it.
STORE_BYTES = 80 << 20
_NO_STATISTICS = "RAY_USAGE_STATS_ENABLED"


@contextmanager
def ray_session(address: str | None, jobs: int, note: Callable[[str], object]) -> Iterator[Any]:
    """Start Ray on this machine, or join a cluster; yield the module ``ray``.

    Usage statistics are off. What is started here asks for a token (``~/.ray/auth_token``, which
    Ray makes), unless ``RAY_AUTH_MODE`` says otherwise.

    Parameters
    ----------
    address : str or None
        Of a cluster, as `ray.init` takes it; None: this machine.
    jobs : int
        Cores to offer on this machine; 0: all of them.
    note : callable
        Called with one line about what is unsafe.

    Yields
    ------
    module

    Raises
    ------
    ClusterError
        The cluster cannot be reached.
    DependencyError
        Ray is not installed.
    """
    before = os.environ.get(_NO_STATISTICS)
    os.environ[_NO_STATISTICS] = "0"  # read when Ray is imported and started
    try:
        ray = require("ray", extra="scale", purpose="the engine ray")
        ours = not ray.is_initialized()
        if ours:
            _connect(ray, address, jobs)
    finally:
        if before is None:
            os.environ.pop(_NO_STATISTICS, None)
        else:
            os.environ[_NO_STATISTICS] = before
    try:
        if not _asks_for_token():
            note("this Ray cluster asks for no token: whoever reaches it can run anything on it")
        yield ray
    finally:
        if ours:
            ray.shutdown()


def _connect(ray: Any, address: str | None, jobs: int) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address is not None:
            ray.init(address=address, **quiet)
            return
        ray.init(
            address="local",
            num_cpus=jobs or None,
            object_store_memory=STORE_BYTES,
            include_dashboard=False,
            **quiet,
        )
    except Exception as error:
        with suppress(Exception):  # what had started already
            ray.shutdown()
        why = next(iter(str(error).splitlines()), "") or type(error).__name__
        where = "this machine" if address is None else address
        raise ClusterError(f"Ray at {where} cannot be reached ({why[:300]})") from error


def _asks_for_token() -> bool:
    try:
        raylet = import_module("ray._raylet")
        return bool(raylet.get_authentication_mode() != raylet.AuthenticationMode.DISABLED)
    except (ImportError, AttributeError):  # an older Ray, which has no tokens
        return False
