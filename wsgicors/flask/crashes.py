"""Crashes in debug mode, of which a script of another origin is to read the traceback.

In debug mode Flask raises what nobody handled, for the debugger outside to show it. That is right
for a page that somebody navigates to. A script could not read it: the debugger knows no CORS.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import flask
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PROPAGATE = "PROPAGATE_EXCEPTIONS"
# In the ``environ`` of a request whose response gets its headers within Flask.
_WITHIN = "wsgicors.flask.within"


def is_raised_to_a_script(app: flask.Flask, environ: WSGIEnvironment) -> bool:
    """Whether a crash is raised for the debugger, though a script has made the request."""
    is_debugged = app.debug and not app.testing
    return is_debugged and not _is_propagated(app) and is_from_a_script(environ)


def is_from_a_script(environ: WSGIEnvironment) -> bool:
    """Whether a script of a page has made a request."""
    return "HTTP_ORIGIN" in environ and environ.get("HTTP_SEC_FETCH_MODE") != "navigate"


def _is_propagated(app: flask.Flask) -> bool:
    """Whether somebody wants all exceptions raised, and has said so."""
    said = app.config[_PROPAGATE]
    return bool(said) and not isinstance(said, _ByRequest)


def crash_report() -> Response:
    """The response to a script: the exception that is being handled, as the debugger gives it as text."""
    return Response(_traceback(), 500, mimetype="text/plain")


def _traceback() -> bytes:
    # It is slow to import, and nobody needs it in production.
    from werkzeug.debug.tbtools import DebugTraceback

    error = sys.exc_info()[1]
    assert error is not None, "an exception is being handled"
    return DebugTraceback(error).render_traceback_text().encode(errors="backslashreplace")


class _ByRequest:
    """``PROPAGATE_EXCEPTIONS`` as it is in debug mode, but for scripts, as Flask asks for each crash."""

    def __init__(self, app: flask.Flask) -> None:
        self._app = app

    def __bool__(self) -> bool:
        return self._app.testing or (self._app.debug and not _is_answered_within())


def _is_answered_within() -> bool:
    environ = flask.request.environ if flask.has_request_context() else {}
    return _WITHIN in environ and is_from_a_script(environ)


def answer_within(app: flask.Flask, request: flask.Request) -> None:
    """Have a crash of this request answered by Flask, which can be seen to, instead of being raised."""
    request.environ[_WITHIN] = True
    if app.debug and app.config[_PROPAGATE] is None:
        app.config[_PROPAGATE] = _ByRequest(app)


def show_crash(app: flask.Flask, response: flask.Response) -> None:
    """Put the traceback into the response to a crash that was answered within Flask."""
    is_by_request = isinstance(app.config[_PROPAGATE], _ByRequest)
    # Flask makes the response while it handles the exception.
    is_handling = response.status_code == 500 and sys.exc_info()[1] is not None
    if is_by_request and is_handling and not app.config[_PROPAGATE]:
        response.data = _traceback()
        response.mimetype = "text/plain"
