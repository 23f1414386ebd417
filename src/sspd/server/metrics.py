"""Numbers of a running server, for Prometheus: counts and times, no names and no addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

#: Upper bounds of the histograms, seconds.
_JOB_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_REQUEST_S = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)


class Metrics:
    """All metrics of one server, in a registry of its own.

    Parameters
    ----------
    jobs_by_state : callable
        Returns the number of jobs by state, when metrics are asked for.
    """

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, jobs_by_state: Callable[[], Mapping[str, int]]) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Jobs(jobs_by_state))
        self.requests = Counter(
            *("sspd_http_requests", "Answers by endpoint and status."),
            labelnames=("endpoint", "status"),
            registry=registry,
        )
        self.request_s = Histogram(
            *("sspd_http_request_seconds", "Time from request to answer."),
            labelnames=("endpoint",),
            buckets=_REQUEST_S,
            registry=registry,
        )
        self.ended = Counter(
            *("sspd_jobs_ended", "Jobs that ended, by outcome."),
            labelnames=("outcome",),
            registry=registry,
        )
        self.job_s = Histogram(
            *("sspd_job_seconds", "Time from a job's upload to its end."),
            buckets=_JOB_S,
            registry=registry,
        )
        self.worker_deaths = Counter(
            *("sspd_worker_deaths", "Worker processes that ended during a video."),
            registry=registry,
        )
        self.uploaded = Counter(
            *("sspd_uploaded_bytes", "Bytes of videos received."), registry=registry
        )
        self.live = Gauge("sspd_live_sessions", "Live sessions now.", registry=registry)
        self.live_frames = Counter(
            *("sspd_live_frames", "Frames of live sessions received."), registry=registry
        )

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format.

        Returns
        -------
        bytes
        """
        return generate_latest(self._registry)


class _Jobs(Collector):
    """Jobs in the journal now."""

    def __init__(self, by_state: Callable[[], Mapping[str, int]]) -> None:
        self._by_state = by_state

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily("sspd_jobs", "Jobs in the journal, by state.")]

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily("sspd_jobs", "Jobs in the journal, by state.", labels=["state"])
        for state, n in self._by_state().items():
            family.add_metric([state], n)
        yield family
