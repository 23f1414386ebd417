"""Scores of methods on datasets: reference first, every exclusion counted and named."""

from sspd.evaluate.metrics import METRICS, Interval, rate_errors, rate_intervals
from sspd.evaluate.protocols import PROTOCOLS, Protocol, get_protocol
from sspd.evaluate.run import Evaluation, evaluate
from sspd.evaluate.scoring import SCORINGS, Scoring, get_scoring

__all__ = [
    "METRICS",
    "PROTOCOLS",
    "SCORINGS",
    "Evaluation",
    "Interval",
    "Protocol",
    "Scoring",
    "evaluate",
    "get_protocol",
    "get_scoring",
    "rate_errors",
    "rate_intervals",
]
