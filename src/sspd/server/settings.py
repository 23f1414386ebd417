"""Settings of a server: where it listens, who may call it, and its limits."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from sspd.errors import UsageError
from sspd.types import MeasureOptions


@dataclass(frozen=True)
class Bounds:
    """Limits of one server against callers that are hostile or broken."""

    head_s: float = 10.0
    """Longest time without a complete request head on an open connection, seconds."""
    free_s: float = 20.0
    """Time that an upload may take however slow it is, seconds."""
    slowest_bytes_per_s: float = 16_384.0
    """Lowest mean rate of an upload after that time."""
    sockets: int = 4000
    """Most connections at a time."""
    uploads: int = 32
    """Most uploads at a time."""
    uploads_each: int = 8
    """Most uploads of one caller at a time."""
    send_s: float = 120.0
    """Longest time that a caller takes nothing of an answer, seconds."""
    tries: int = 3
    """Most worker processes that one video may end."""
    restarts: int = 10
    """Most ends of the whole server during one video."""
    frame_bytes: int = 1 << 20
    """Largest message of a live socket."""
    frames_per_s: float = 60.0
    """Highest mean rate of a live socket; who sends faster is read more slowly."""
    frames_at_once: int = 120
    """Frames that may come at once above that rate."""
    silence_s: float = 10.0
    """Longest time without a message on a live socket, seconds."""
    behind_s: float = 5.0
    """Longest time that a live session may be behind its frames, seconds."""
    live_s: float = 3600.0
    """Longest live session, seconds."""


@dataclass(frozen=True)
class ServerSettings:
    """Settings of a server, checked.

    >>> ServerSettings(Path("data"), host="0.0.0.0")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: 0.0.0.0 can be reached from other machines: give --token-file (or
    SSPD_TOKENS), or stay on 127.0.0.1
    """

    folder: Path
    """Videos that wait, and the journal of all jobs."""
    host: str = "127.0.0.1"
    port: int = 8000
    tokens: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Host names, beside those of this machine, by which it may be called."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies whose statement of the caller's address is trusted."""
    certificate: Path | None = None
    key: Path | None = None
    options: MeasureOptions = field(default_factory=MeasureOptions)
    """Method, weights and precision of all jobs; the rest are defaults that a job may change."""
    jobs: int = 1
    limit_s: float = 300.0
    """Seconds that one video may take in its worker process."""
    max_video_bytes: int = 500 << 20
    max_stored_bytes: int = 4000 << 20
    """Most bytes of all videos that wait."""
    max_waiting: int = 200
    max_waiting_each: int = 50
    """Most jobs of one caller that wait."""
    keep_s: float = 3600.0
    keep_fetched_s: float = 60.0
    live: int = 2
    """Most live sessions at a time."""
    stop_s: float = 20.0
    """Time that running measurements get to end when the server is stopped, seconds."""
    bounds: Bounds = field(default_factory=Bounds)
    page: Path = Path(__file__).resolve().parent / "page"
    """Folder of the built page that measures on the visitor's device, if there is one."""

    def __post_init__(self) -> None:
        if not self.tokens and not is_loopback(self.host):
            raise UsageError(
                f"{self.host} can be reached from other machines: give --token-file (or"
                " SSPD_TOKENS), or stay on 127.0.0.1"
            )
        if (self.certificate is None) != (self.key is None):
            raise UsageError("--tls-cert and --tls-key belong together: give both, or neither")
        if not 0 <= self.port < 1 << 16:
            raise UsageError(f"--port is 0 to 65535, got {self.port}")
        for place in self.proxies:
            _check_network(place)
        for name, value, least in (
            ("--jobs", self.jobs, 1),
            ("--live", self.live, 0),
            ("--keep", self.keep_s, 1),
            ("--keep-fetched", self.keep_fetched_s, 0),
            ("--limit", self.limit_s, 1),
            ("--max-mb", self.max_video_bytes, 1),
            ("--store-mb", self.max_stored_bytes, self.max_video_bytes),
        ):
            if not value >= least:
                raise UsageError(f"{name} must be {least} or more, got {value}")

    @property
    def scheme(self) -> str:
        """Scheme of its own addresses."""
        return "http" if self.certificate is None else "https"


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine alone.

    Parameters
    ----------
    host : str
        Address, or ``localhost``.

    Returns
    -------
    bool

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "a.example")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_network(place: str) -> None:
    try:
        ipaddress.ip_network(place)
    except ValueError:
        raise UsageError(
            f"--proxy is an address or a network, such as 172.30.83.0/24, not {place!r}"
        ) from None
