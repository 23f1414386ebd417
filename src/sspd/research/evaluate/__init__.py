"""Score methods on datasets: references come first, and every exclusion is counted and named."""

from sspd.research.evaluate.entries import Entry, network_entry, untrained_entry
from sspd.research.evaluate.metrics import (
    METRICS,
    Interval,
    mean_interval,
    rate_errors,
    rate_intervals,
)
from sspd.research.evaluate.paired import PairedTest, mean_ranks, paired_tests
from sspd.research.evaluate.paper import PaperRow, paper_rows
from sspd.research.evaluate.plan import Plan, plan_evaluation
from sspd.research.evaluate.protocols import PROTOCOLS, Protocol, get_protocol
from sspd.research.evaluate.quantities import QUANTITIES, Quantity
from sspd.research.evaluate.run import Evaluation, evaluate
from sspd.research.evaluate.scoring import SCORINGS, Scoring, get_scoring
from sspd.research.evaluate.split import Fold, Split
from sspd.research.evaluate.training import Training

__all__ = [
    "METRICS",
    "PROTOCOLS",
    "QUANTITIES",
    "SCORINGS",
    "Entry",
    "Evaluation",
    "Fold",
    "Interval",
    "PairedTest",
    "PaperRow",
    "Plan",
    "Protocol",
    "Quantity",
    "Scoring",
    "Split",
    "Training",
    "evaluate",
    "get_protocol",
    "get_scoring",
    "mean_interval",
    "mean_ranks",
    "network_entry",
    "paired_tests",
    "paper_rows",
    "plan_evaluation",
    "rate_errors",
    "rate_intervals",
    "untrained_entry",
]
