"""What gunicorn serves for `benchmarks.server`: the same application, without and with CORS."""

from __future__ import annotations

from . import libraries
from .environs import ORIGIN

bare = libraries.bare()
governed = libraries.ours([ORIGIN])
