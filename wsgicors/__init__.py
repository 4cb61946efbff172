"""CORS for WSGI applications and Flask; see `Policy` for the settings."""

from .errors import ConfigError as ConfigError
from .errors import Problem as Problem
from .middleware import CORSMiddleware as CORSMiddleware
from .middleware import cors as cors
from .policy import Policy as Policy
