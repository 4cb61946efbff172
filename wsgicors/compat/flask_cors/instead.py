"""Imported, it puts this package in the place of ``flask_cors``, for programs that one cannot edit."""

import sys

from . import core, decorator, extension, version

sys.modules["flask_cors"] = sys.modules[__package__]
for _module in (core, decorator, extension, version):
    sys.modules[_module.__name__.replace(__package__, "flask_cors")] = _module
