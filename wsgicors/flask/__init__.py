"""CORS for Flask: the extension and its decorators."""

from .decorators import cross_origin as cross_origin
from .decorators import same_origin as same_origin
from .extension import CORS as CORS
from .trial import trial_counts as trial_counts
