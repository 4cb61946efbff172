"""What crossed the wire in each run, as the server saw it; knows WSGI, not what should happen."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.exceptions import NotFound, TooManyRequests

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Whoever leaves the demonstration open for a week should not find it grown.
MOST_RUNS = 500
MOST_EXCHANGES = 40
MOST_LOG_LINES = 40
LONGEST_VALUE = 1000

_current_run: ContextVar[Run | None] = ContextVar("wsgicors_demo_run", default=None)


@dataclass
class Exchange:
    """One request and its answer."""

    method: str
    host: str
    path: str
    request: Headers
    #: None until the answer starts.
    status: int | None = None
    response: Headers = field(default_factory=Headers)

    @property
    def is_preflight(self) -> bool:
        """The Fetch standard, "CORS-preflight request": OPTIONS with a requested method."""
        return self.method == "OPTIONS" and "Access-Control-Request-Method" in self.request

    def as_json(self) -> dict[str, Any]:
        """What the page draws."""
        return {
            "preflight": self.is_preflight,
            "method": self.method,
            "host": self.host,
            "path": self.path,
            "request": list(self.request),
            "status": self.status,
            "response": list(self.response),
        }


@dataclass
class Run:
    """One go at one scenario."""

    id: str
    scenario: str
    exchanges: list[Exchange] = field(default_factory=list)
    #: What the loggers below ``wsgicors`` said meanwhile.
    log: list[str] = field(default_factory=list)
    #: What became of each step in the browser, in its own words.
    results: list[dict[str, Any]] = field(default_factory=list)

    @property
    def preflights(self) -> list[Exchange]:
        """The questions that the browser asked of its own accord."""
        return [exchange for exchange in self.exchanges if exchange.is_preflight]

    @property
    def actuals(self) -> list[Exchange]:
        """The requests that the page asked for."""
        return [exchange for exchange in self.exchanges if not exchange.is_preflight]

    def record(self, app: WSGIApplication) -> WSGIApplication:
        """Wrap an application so that its exchanges are added to this run."""

        def recording(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if len(self.exchanges) >= MOST_EXCHANGES:
                return TooManyRequests()(environ, start_response)
            exchange = _exchange(environ)
            self.exchanges.append(exchange)
            with _logging_to(self):
                return app(environ, _noting(exchange, start_response))

        return recording


def _exchange(environ: WSGIEnvironment) -> Exchange:
    sent = ((name, value[:LONGEST_VALUE]) for name, value in EnvironHeaders(environ))
    return Exchange(
        method=environ["REQUEST_METHOD"],
        host=environ["HTTP_HOST"],
        path=environ["PATH_INFO"],
        request=Headers(sent),
    )


def _noting(exchange: Exchange, start_response: StartResponse) -> StartResponse:
    def noting_start_response(status: str, headers: list[Any], *exc_info: Any) -> Any:
        exchange.status = int(status[:3])
        exchange.response = Headers(headers)
        return start_response(status, headers, *exc_info)

    return noting_start_response


@contextmanager
def _logging_to(run: Run) -> Iterator[None]:
    token = _current_run.set(run)
    try:
        yield
    finally:
        _current_run.reset(token)


class RunLog(logging.Handler):
    """Files each log record under the run whose request caused it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Add the message, without a traceback, to the run that is being served."""
        run = _current_run.get()
        if run is not None and len(run.log) < MOST_LOG_LINES:
            run.log.append(record.getMessage()[:LONGEST_VALUE])


class Recorder:
    """The latest runs by their id."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def begin(self, scenario: str) -> Run:
        """Start a run, and forget the oldest when there are too many.

        The id is random, not counted: it stands in every URL, and browsers keep answers to
        preflights by URL, also beyond a restart of the demonstration.
        """
        run = Run(secrets.token_hex(4), scenario)
        self._runs[run.id] = run
        while len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        return run

    def __getitem__(self, run_id: str) -> Run:
        """The run with this id.

        :raises NotFound: when there is none, or none any more.
        """
        try:
            return self._runs[run_id]
        except KeyError:
            raise NotFound(f"No such run; only the last {MOST_RUNS} are kept.") from None

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))
