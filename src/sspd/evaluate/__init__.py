"""Scores of methods on datasets: reference first, every exclusion counted and named."""

from sspd.evaluate.contender import Contender, as_it_is, with_weights
from sspd.evaluate.metrics import METRICS, Interval, mean_interval, rate_errors, rate_intervals
from sspd.evaluate.paired import PairedTest, mean_ranks, paired_tests
from sspd.evaluate.paper import PaperRow, paper_rows
from sspd.evaluate.plan import Plan, plan_evaluation
from sspd.evaluate.protocols import PROTOCOLS, Protocol, get_protocol
from sspd.evaluate.quantities import QUANTITIES, Quantity
from sspd.evaluate.run import Evaluation, evaluate
from sspd.evaluate.scoring import SCORINGS, Scoring, get_scoring
from sspd.evaluate.split import Fold, Split
from sspd.evaluate.training import Training

__all__ = [
    "METRICS",
    "PROTOCOLS",
    "QUANTITIES",
    "SCORINGS",
    "Contender",
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
    "as_it_is",
    "evaluate",
    "get_protocol",
    "get_scoring",
    "mean_interval",
    "mean_ranks",
    "paired_tests",
    "paper_rows",
    "plan_evaluation",
    "rate_errors",
    "rate_intervals",
    "with_weights",
]
