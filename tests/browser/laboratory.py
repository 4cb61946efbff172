"""Tries cases in a real browser: serves its pages and their jobs; knows nothing of what is right."""

from __future__ import annotations

import hashlib
import itertools
import json
import queue
import re
import secrets
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import trustme
from serving import Quiet, running
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from .answering import Answering, Ports, Sitting
from .cases import SANDBOX, SECURE, Answer, Case, Hop, Place, Step
from .drawing import HOSTS
from .engines import Engine, Visit, visiting

SCRIPT = Path(__file__).with_name("laboratory.js")
LOOPBACK = ("127.0.0.1", "::1")


class Trial(NamedTuple):
    """What came of a case in a browser."""

    sitting: Sitting
    #: What the script was told, step by step; ``began`` is when, in seconds of this machine's clock.
    outcomes: list[dict[str, Any]]


class Laboratory:
    """A browser at work; its pages ask for jobs as long as it lives."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.answering = Answering(ports)
        #: The (lower-case) headers that the browser sends with everything.
        self.usual: dict[str, str] = {}
        self._jobs: queue.Queue[tuple[str, list[Sitting]]] = queue.Queue()
        self._results: dict[str, list[dict[str, Any]]] = {}
        self._waiting: tuple[str, list[Sitting]] | None = None
        self._visit: Visit | None = None
        self._name = secrets.token_hex(3)
        self._numbers = itertools.count()

    @property
    def start(self) -> str:
        return self._address(Place())

    def _address(self, place: Place) -> str:
        return f"{self.ports.origin(place)}/"

    def attend(self, visit: Visit) -> None:
        self._visit = visit

    def try_(self, cases: Iterable[Case], seconds: float = 120) -> list[Trial]:
        """Have the browser try the cases, those of one page in a row, in the order of first use."""
        sittings = [self._sitting(case) for case in cases]
        by_page: dict[str, list[Sitting]] = {}
        for sitting in sittings:
            page = self._address(sitting.case.page)
            by_page.setdefault(page, []).append(sitting)
        for job in by_page.items():
            self._jobs.put(job)
        self._visit.wait_until(lambda: self._results.keys() >= {s.id for s in sittings}, seconds)
        return [Trial(sitting, self._results[sitting.id]) for sitting in sittings]

    def _sitting(self, case: Case) -> Sitting:
        return self.answering.bring(case, f"{self._name}-{next(self._numbers)}")

    # --- the server of the pages -----------------------------------------------------------------

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        if request.path.startswith("/case/"):
            return self.answering(environ, start_response)
        response = self._control(request)
        # A sandboxed page is a stranger even to its own server.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _control(self, request: Request) -> Response:
        if request.path == "/job":
            self.usual.update((name.lower(), value) for name, value in request.headers)
            return self._job(request.args["page"])
        if request.path == "/results":
            for each in json.loads(request.get_data()):
                self._results[each["id"]] = each["outcomes"]
            return Response("ok")
        if request.path == "/":
            return _page(request)
        return Response("nothing here", 404)

    def _job(self, page: str) -> Response:
        try:
            job = self._waiting or self._jobs.get(timeout=1)
        except queue.Empty:
            return _json({"first": [], "cases": []})
        self._waiting = None
        if job[0] != page:
            self._waiting = job
            return _json({"go": job[0]})
        first = [self._sitting(case) for case in _warm_up(job[1][0].case)]
        return _json({"first": list(map(_told, first)), "cases": list(map(_told, job[1]))})


def _warm_up(case: Case) -> list[Case]:
    """The same page, twice asking each address for something that needs a preflight."""
    sharing = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"))
    answers = (Answer(headers=sharing),)
    return [
        Case(case.page, (Hop(place, answers, answers),), (Step("PUT"),) * 4)
        for place in (Place("127.0.0.1", 1), Place("[::1]", 1))
    ]


def _json(value: Any) -> Response:
    return Response(json.dumps(value), mimetype="application/json")


def _page(request: Request) -> Response:
    script = SCRIPT.read_text().replace("$page", request.base_url)
    html = f'<!doctype html><link rel="icon" href="data:,"><script type="module">{script}</script>'
    response = Response(html, mimetype="text/html")
    if request.host.startswith(SANDBOX.host):
        response.headers["Content-Security-Policy"] = "sandbox allow-scripts"
    return response


def _told(sitting: Sitting) -> dict[str, Any]:
    steps = [{"url": sitting.url(0), **vars(step)} for step in sitting.case.steps]
    return {"id": sitting.id, "steps": steps}


class Identity:
    """What the servers show to browsers that ask them over TLS.

    :param hosts: the names and addresses that it is good for.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = tuple(hosts)
        certificate = trustme.CA().issue_cert(*(host.strip("[]") for host in self._hosts))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        self._der = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())

    def trusted_by_firefox(self, port: int) -> str:
        """The file of a profile that has it trusted; other engines trust whatever they are shown."""
        digest = hashlib.sha256(self._der).hexdigest().upper()
        fingerprint = ":".join(re.findall("..", digest))
        sha256 = "OID.2.16.840.1.101.3.4.2.1"
        return "".join(f"{host}:{port}:\t{sha256}\t{fingerprint}\t\n" for host in self._hosts)


@contextmanager
def laboratory(engine: Engine) -> Iterator[Laboratory]:
    """A browser that tries cases for as long as the context lasts."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(_listening()) for _ in range(3)]
        ports = Ports(pair[0].getsockname()[1] for pair in sockets)
        lab, identity = Laboratory(ports), Identity(HOSTS)
        for index, pair in enumerate(sockets):
            context = identity.context if index == SECURE else None
            for each in pair:
                stack.enter_context(_served(each, lab, context))
        trust = {"cert_override.txt": identity.trusted_by_firefox(ports[SECURE])}
        lab.attend(stack.enter_context(visiting(engine, lab.start, trust)))
        yield lab


@contextmanager
def _listening() -> Iterator[list[socket.socket]]:
    """One port at both addresses of this machine, because a browser may try either first."""
    with socket.create_server(("127.0.0.1", 0)) as four:
        port = four.getsockname()[1]
        with socket.create_server(("::1", port), family=socket.AF_INET6) as six:
            yield [four, six]


@contextmanager
def _served(listening: socket.socket, app: Any, context: ssl.SSLContext | None) -> Iterator[None]:
    host, port = listening.getsockname()[:2]
    more = {"request_handler": Quiet, "fd": listening.fileno(), "ssl_context": context}
    with running(make_server(host, port, app, threaded=True, **more)):
        yield
