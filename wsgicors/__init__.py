"""CORS for WSGI applications and Flask; see `Policy` for the settings."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cache import OriginCache
    from .errors import ConfigError, Problem
    from .middleware import CORSMiddleware, cors
    from .policy import Policy

__all__ = ["CORSMiddleware", "ConfigError", "OriginCache", "Policy", "Problem", "cors"]

# Imported when they are asked for, because pytest imports the plugin of this package, and so the
# package, in every run of everybody who has installed it.
_MODULES = {
    "CORSMiddleware": "middleware",
    "ConfigError": "errors",
    "OriginCache": "cache",
    "Policy": "policy",
    "Problem": "errors",
    "cors": "middleware",
}
_OF_0_7 = ("CORS", "make_middleware")


def __getattr__(name: str) -> object:
    """One of the names above, or what 0.7 had here."""
    import importlib
    import warnings

    if name in _MODULES:
        value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = value
        return value
    if name not in _OF_0_7:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(
        f"wsgicors.{name} is the one of 0.7; write from wsgicors import CORSMiddleware"
        " (in Flask from wsgicors.flask import CORS, in an ini file use = egg:wsgicors#middleware)",
        DeprecationWarning,
        stacklevel=2,
    )
    # It stands above this floor, so it is loaded only for whoever asks.
    return getattr(importlib.import_module(".compat.paste", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
