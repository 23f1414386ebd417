"""One published method a module, behind one interface: `get_method`."""

from sspd.methods.base import Method, citation, get_method, method_names

__all__ = ["Method", "citation", "get_method", "method_names"]
