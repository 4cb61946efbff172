"""An application by its name, as command lines have it: ``module:application``."""

from __future__ import annotations

import inspect
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_IDENTIFIERS = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
#: What the name of an application looks like.
NAME = rf"{_IDENTIFIERS}:{_IDENTIFIERS}"


class NotLoaded(Exception):
    """Raised where a name leads to no application; its text is one line that says why."""


def load(name: str) -> WSGIApplication:
    """The application of a name.

    :raises NotLoaded: if there is none.

    >>> load("wsgiref.simple_server:demo_app").__name__
    'demo_app'
    """
    # Where "python -m" and Flask's own command look first.
    sys.path.insert(0, str(Path.cwd()))
    try:
        application = pkgutil.resolve_name(name)
    except (Exception, SystemExit) as error:
        looked = f"(looked in {Path.cwd()} first)"
        raise NotLoaded(f"cannot import {name} {looked}: {named(error)}") from error
    _check_callable(name, application)
    return cast("WSGIApplication", application)


def _check_callable(name: str, application: object) -> None:
    try:
        inspect.signature(application).bind({}, None)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        message = (
            f"{name} cannot be called with (environ, start_response): name a WSGI application, not"
            " a function that makes one; if it is one for ASGI, serve it and name its URL"
        )
        raise NotLoaded(message) from error


def named(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {one_line(str(error))}"


def one_line(text: str) -> str:
    """A text without its line ends."""
    return " ".join(text.split())
