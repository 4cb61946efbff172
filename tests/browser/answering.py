"""The servers of the differential: a WSGI application that answers as a case says, and keeps count.

The same application serves the browsers over sockets and the simulator without; it does not know
which of them asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from wsgicors import ConfigError, CORSMiddleware

from .cases import SANDBOX, SECURE, Answer, Case, Hop, Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OTHER = "https://other.example"
BODY = b"hello"


class Ports(tuple[int, ...]):
    """Where the servers listen."""

    __slots__ = ()

    def origin(self, place: Place) -> str:
        scheme = "https" if place.port == SECURE else "http"
        return f"{scheme}://{place.host}:{self[place.port]}"


@dataclass
class Sitting:
    """One case being tried: what stands for its placeholders, and what was sent."""

    case: Case
    id: str
    ports: Ports
    sent: list[dict[str, Any]] = field(default_factory=list)

    @property
    def page(self) -> str:
        """The origin of the page."""
        return "null" if self.case.page == SANDBOX else self.ports.origin(self.case.page)

    @property
    def path(self) -> str:
        return f"/case/{self.id}"

    def url(self, index: int) -> str:
        """The URL of a hop."""
        return f"{self.ports.origin(self.case.hops[index].place)}{self.path}/{index}"

    def filled(self, text: str) -> str:
        """A header value with what its placeholders stand for."""
        known = {"$page": self.page, "$PAGE": self.page.upper(), "$other": OTHER}
        known.update({"$path": self.path, "$id": self.id})
        for index in range(len(self.case.hops)):
            known[f"$scheme{index}"], _, known[f"$host{index}"] = self.url(index).partition("//")
            known[f"${index}"] = self.url(index)
        for name in sorted(known, key=len, reverse=True):
            text = text.replace(name, known[name])
        return text


class Answering:
    """Answers for the cases that were brought."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self._sittings: dict[str, Sitting] = {}
        self._lock = threading.Lock()

    def bring(self, case: Case, name: str) -> Sitting:
        """Have a case answered under an id of its own."""
        self._sittings[name] = Sitting(case, name, self.ports)
        return self._sittings[name]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _, _, name, index = environ["PATH_INFO"].split("/")
        sitting = self._sittings[name]
        index = int(index) if index.isdecimal() else -1
        sent = _sent(environ, index)
        with self._lock:
            count = sum(_is_alike(sent, other) for other in sitting.sent)
            sitting.sent.append(sent)
        app = _application(sitting, dict(enumerate(sitting.case.hops)).get(index), sent, count)
        return app(environ, start_response)


def _application(sitting: Sitting, hop: Hop | None, sent: dict[str, Any], count: int) -> Any:
    if hop is None:
        return Response("no such hop", 404)
    answers = hop.preflights if _is_preflight(sent) else hop.actuals
    answer = _response(sitting, answers[min(count, len(answers) - 1)])
    if not hop.policy:
        return answer
    try:
        return CORSMiddleware(answer, **{name: sitting.filled(value) for name, value in hop.policy})
    except ConfigError:
        # A case that was made simpler may be of a server that would not start.
        return Response("no such policy", 500)


def _response(sitting: Sitting, answer: Answer) -> Response:
    lines = [(name, sitting.filled(value)) for name, value in answer.headers]
    # Caches of HTTP are another matter.
    response = Response(BODY, answer.status, [("Cache-Control", "no-store"), *lines])
    response.autocorrect_location_header = False
    return response


def _sent(environ: WSGIEnvironment, index: str) -> dict[str, Any]:
    request = Request(environ)
    return {
        "time": time.time(),
        "method": request.method,
        "host": request.host,
        "hop": index,
        "headers": {name.lower(): value for name, value in request.headers},
        "body": request.get_data().decode(),
    }


def _is_preflight(sent: dict[str, Any]) -> bool:
    return sent["method"] == "OPTIONS" and "access-control-request-method" in sent["headers"]


def _is_alike(sent: dict[str, Any], other: dict[str, Any]) -> bool:
    return sent["hop"] == other["hop"] and _is_preflight(sent) == _is_preflight(other)
