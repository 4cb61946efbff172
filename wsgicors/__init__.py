"""CORS for WSGI applications and Flask; see `Policy` for the settings."""

from .cache import OriginCache
from .errors import ConfigError, Problem
from .middleware import CORSMiddleware, cors
from .policy import Policy

__all__ = ["CORSMiddleware", "ConfigError", "OriginCache", "Policy", "Problem", "cors"]


def __getattr__(name: str) -> object:
    """What 0.7 had here."""
    if name not in ("CORS", "make_middleware"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib
    import warnings

    warnings.warn(
        f"wsgicors.{name} is the one of 0.7; write from wsgicors import CORSMiddleware"
        " (in Flask from wsgicors.flask import CORS, in an ini file use = egg:wsgicors#middleware)",
        DeprecationWarning,
        stacklevel=2,
    )
    # It stands above this floor, so it is loaded only for whoever asks.
    return getattr(importlib.import_module(".compat.paste", __name__), name)
