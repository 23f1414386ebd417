"""One published method per module, behind one interface: `get_method`."""

from sspd.methods.method import Method, MethodEntry
from sspd.methods.registry import citation, get_method, method_names, needs, takes_weights

__all__ = [
    "Method",
    "MethodEntry",
    "citation",
    "get_method",
    "method_names",
    "needs",
    "takes_weights",
]
