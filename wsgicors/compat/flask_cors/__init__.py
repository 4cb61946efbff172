"""Flask-CORS's names and options; what they mean is said in `Policy`.

It runs what ran with Flask-CORS, and allows nothing that Flask-CORS refused.
"""

# `wsgicors.flask` finds what these have.
from . import ahead as _ahead  # noqa: F401
from . import leftovers as _leftovers  # noqa: F401
from .decorator import cross_origin
from .extension import CORS
from .version import __version__ as __version__

__all__ = ["CORS", "cross_origin"]
