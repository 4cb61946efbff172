"""``answer_exceptions``: what escapes an application is answered with a 500 that carries the headers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable

from .errors import log_exception, shown
from .logs import logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .names import HeaderLine

_TEXT = b"Internal Server Error\n"
_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(_TEXT)))]


def answering(app: WSGIApplication) -> WSGIApplication:
    """The application, whose exceptions are answered as long as it has not started the response."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = _Response(environ, start_response)
        try:
            body = app(environ, response.start)
        except Exception:
            if response.has_started:
                raise
            return response.crash()
        return body if response.has_started else _Body(body, response)

    return application


class _Response:
    """The response to one request, as far as it is known whether it has started."""

    def __init__(self, environ: WSGIEnvironment, start_response: StartResponse) -> None:
        self._environ = environ
        self._start_response = start_response
        self._is_begun = False
        self.has_started = False

    def start(
        self, status: str, headers: list[HeaderLine], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        self._is_begun = True
        write = self._start_response(status, headers, *filter(None, [exc_info]))
        # Not before: a server may refuse header lines.
        self.has_started = True
        return write

    def crash(self) -> list[bytes]:
        """Answer for an exception that is being handled."""
        method, path = self._environ["REQUEST_METHOD"], self._environ.get("PATH_INFO", "")
        log_exception(logger, "crashed in %s %s, answered with 500", shown(method), shown(path))
        # A server may have taken the status of a response whose lines it then refused.
        exc_info = sys.exc_info() if self._is_begun else None
        self.start("500 Internal Server Error", _HEADERS.copy(), exc_info)
        return [b"" if method == "HEAD" else _TEXT]


class _Body:
    """The body of a response that starts while it is read."""

    def __init__(self, body: Iterable[bytes], response: _Response) -> None:
        self._body = body
        self._response = response
        self._chunks: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._chunks is None:
                self._chunks = iter(self._body)
            return next(self._chunks)
        except StopIteration:
            raise
        except Exception:
            if self._response.has_started:
                raise
            self._chunks = iter(self._response.crash())
            return next(self._chunks)

    def close(self) -> None:
        """Close the body of the application, as PEP 3333 asks for."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
