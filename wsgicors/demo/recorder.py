"""What crossed the wire in each run, as the server saw it; knows WSGI, not what should happen.

All of it comes from a browser that may be anybody's, so each part has the type and the length that
are written here, whatever was sent.
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.exceptions import NotFound, TooManyRequests

from .. import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Whoever leaves the demonstration open for a week should not find it grown.
MOST_RUNS = 500
MOST_EXCHANGES = 40
MOST_HEADERS = 40
MOST_LOG_LINES = 40
MOST_RESULTS = 10
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


@dataclass(frozen=True)
class Result:
    """What became of one step in the browser, in its own words."""

    ok: bool = False
    status: int = 0
    type: str = ""
    text: str = ""
    error: str = ""
    redirected: bool = False
    #: Whether the browser cannot do this at all.
    unsupported: bool = False
    headers: Headers = field(default_factory=Headers)

    @property
    def failed(self) -> bool:
        """Whether the script was told of a failure."""
        return not self.ok and not self.unsupported

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Result:
        """Take what the page tells; what has no sensible type is left out.

        >>> Result.from_json({"ok": True, "status": 200, "text": ["odd"]}).text
        ''
        """
        status, headers = told.get("status"), told.get("headers")
        return cls(
            ok=told.get("ok") is True,
            status=status if isinstance(status, int) else 0,
            redirected=told.get("redirected") is True,
            unsupported="unsupported" in told,
            headers=_bounded(headers.items()) if isinstance(headers, dict) else Headers(),
            **{name: _text(told.get(name)) for name in ("type", "text", "error")},
        )


@dataclass
class Run:
    """One go at one scenario."""

    id: str
    scenario: str
    #: In which way the API is governed; a key of :data:`~wsgicors.demo.api.LAYERS`.
    layer: str = "flask"
    #: ``None`` where no policy governs.
    policy: Policy | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    #: What the loggers below ``wsgicors`` said meanwhile.
    log: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

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
    return Exchange(
        method=environ["REQUEST_METHOD"][:LONGEST_VALUE],
        host=environ["HTTP_HOST"],
        path=environ["PATH_INFO"][:LONGEST_VALUE],
        request=_bounded(EnvironHeaders(environ)),
    )


def _bounded(headers: Iterable[tuple[Any, Any]]) -> Headers:
    """The first headers, none of them long, and with no line end in them."""
    return Headers([(_text(name), _text(value)) for name, value in islice(headers, MOST_HEADERS)])


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return text.replace("\r", " ").replace("\n", " ")[:LONGEST_VALUE]


def _noting(exchange: Exchange, start_response: StartResponse) -> StartResponse:
    def noting_start_response(status: str, headers: list[Any], *exc_info: Any) -> Any:
        exchange.status = int(status[:3])
        exchange.response = _bounded(headers)
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

    def begin(self, scenario: str, layer: str = "flask", policy: Policy | None = None) -> Run:
        """Start a run, and forget the oldest when there are too many.

        The id is random, not counted: it stands in every URL, and browsers keep answers to
        preflights by URL, also beyond a restart of the demonstration.
        """
        run = Run(secrets.token_hex(8), scenario, layer, policy)
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
