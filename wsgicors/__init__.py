"""CORS for WSGI applications and Flask; see `Policy` for the settings."""

from .cache import OriginCache
from .errors import ConfigError, Problem
from .middleware import CORSMiddleware, cors
from .policy import Policy

__all__ = ["CORSMiddleware", "ConfigError", "OriginCache", "Policy", "Problem", "cors"]
