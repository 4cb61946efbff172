"""CORS for Flask: the extension and its decorators."""

# One gives look-ups what they may know of Flask, the other looks at applications when Flask runs them.
from . import lookups as _lookups  # noqa: F401
from . import running as _running  # noqa: F401
from .decisions import decision as decision
from .decorators import cross_origin as cross_origin
from .decorators import same_origin as same_origin
from .denials import denied as denied
from .extension import CORS as CORS
from .trial import trial_counts as trial_counts
