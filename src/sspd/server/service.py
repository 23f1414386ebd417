"""State of a running server: its folder, jobs, slots and metrics."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from sspd.errors import OutputError
from sspd.server.job_store import JobStore
from sspd.server.metrics import Metrics
from sspd.server.settings import ServerSettings
from sspd.server.tokens import TokenCheck
from sspd.server.work import Slots
from sspd.utils.locks import claim
from sspd.utils.places import make_folder

#: Results whose time is over are looked for so often, seconds.
EXPIRE_EVERY_S = 1.0
#: Letters of an id: 22 of the 64 that URLs may have, 132 bits nobody guesses.
ID_BYTES = 16
#: Free space that is left to the system, bytes.
_SPARE_BYTES = 256 << 20
_log = logging.getLogger("sspd.server")


class Service:
    """One server's state; begun once, stopped once.

    Parameters
    ----------
    settings : ServerSettings

    Raises
    ------
    OutputError
        The folder cannot be used, or another server uses it.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.tokens = TokenCheck(settings.tokens)
        self.uploads = Counter[str]()
        """Uploads in progress, by caller."""
        self.promised_bytes = 0
        """Bytes that uploads in progress may still need."""
        self.live = 0
        """Live sessions in progress."""
        self.stopping = False
        self.rendering = asyncio.Semaphore(1)
        """Held while a report is drawn: one at a time."""
        self._held = ExitStack()
        make_folder(settings.folder)
        self._held.enter_context(claim([settings.folder]))
        try:
            settings.folder.chmod(0o700)
            self.videos, self.scratch = (_fresh(settings.folder / n) for n in ("videos", "scratch"))
            self.store = JobStore(settings.folder / "jobs.sqlite")
        except OSError as error:
            self._held.close()
            raise OutputError(f"{settings.folder}: cannot be used ({error.strerror})") from error
        except BaseException:
            self._held.close()
            raise
        self.metrics = Metrics(self._counts)
        self.slots = Slots(settings, self.store, self.metrics, self.video_of, _threads(settings))

    def video_of(self, job_id: str) -> Path:
        """Return where the video of a job is.

        Parameters
        ----------
        job_id : str

        Returns
        -------
        Path
        """
        return self.videos / job_id

    def start(self) -> None:
        """Start to work, with what a server before this one left."""
        most = self.settings.bounds.restarts
        n = self.store.recover(most)
        if n:
            _log.warning("recovered jobs=%d", n)
        self._match_videos()
        self.slots.start()

    def stop(self) -> None:
        """End what runs, or queue it again, and close the files."""
        self.stopping = True
        self.slots.stop(self.settings.stop_s)
        self.store.close()
        self._held.close()

    async def expire_for_ever(self) -> None:
        """Delete results whose time is over, every second."""
        keep_s, keep_fetched_s = self.settings.keep_s, self.settings.keep_fetched_s
        while True:
            await asyncio.sleep(EXPIRE_EVERY_S)
            try:
                n = await run_in_threadpool(self.store.expire, keep_s, keep_fetched_s)
            except Exception as error:  # a full disk may have room again
                _log.error("expire error=%s", type(error).__name__)
                continue
            if n:
                _log.info("expired results=%d", n)

    def remove_video(self, job_id: str) -> None:
        """Remove the video of a job.

        Parameters
        ----------
        job_id : str
        """
        with suppress(OSError):
            self.video_of(job_id).unlink(missing_ok=True)

    def trouble(self) -> str | None:
        """Return why no new job can be taken now.

        Returns
        -------
        str or None
            None: it can.
        """
        if self.stopping:
            return "the server stops"
        if not self.slots.alive():
            return "no worker is ready"
        try:
            self.store.counts()
            free = shutil.disk_usage(self.videos).free
        except Exception:
            return "the journal cannot be read"
        return "the disk is full" if free < _SPARE_BYTES else None

    def has_room(self, n_bytes: int) -> bool:
        """Return whether a video has room beside those that wait and come in.

        Parameters
        ----------
        n_bytes : int

        Returns
        -------
        bool
        """
        stored = self.store.waiting()[1] + self.promised_bytes
        free = shutil.disk_usage(self.videos).free - self.promised_bytes
        return stored + n_bytes <= self.settings.max_stored_bytes and free - n_bytes > _SPARE_BYTES

    def _counts(self) -> Mapping[str, int]:
        return self.store.counts()

    def _match_videos(self) -> None:
        """Remove videos that no job needs, and end jobs without a video."""
        there = {path.name for path in self.videos.iterdir()}
        needed = self.store.waiting_ids()
        for name in there - needed:
            self.remove_video(name)
        for job_id in needed - there:
            self.store.fail(job_id, "its video is no longer there; send it again", "queued")


def new_id() -> str:
    """Return the id of a new job.

    Returns
    -------
    str
        22 letters that a URL may have.

    >>> len(new_id())
    22
    """
    return secrets.token_urlsafe(ID_BYTES)


def _fresh(folder: Path) -> Path:
    """A folder that only its owner may read."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.name == "scratch":  # of nobody now
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return folder


def _threads(settings: ServerSettings) -> int | None:
    """Processor threads of each worker: a share of the cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) // settings.jobs) if settings.jobs > 1 else None
