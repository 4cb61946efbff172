"""The two servers on loopback: knows ports, threads and how to stop, nothing of what is served."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from ..logs import lines_a_minute, logger
from .api import Api
from .page import Page
from .recorder import Recorder, RunLog
from .scenario import Addresses
from .table import GROUPS, SCENARIOS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: The page is visited as "localhost", the API asked as "127.0.0.1": two names make two sites.
LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """Raised when another program listens on a port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port


class Demo:
    """The page and the API, and what they share; to be served at the addresses given."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.recorder = Recorder()
        self.api = Api(SCENARIOS.values(), addresses, self.recorder)
        self.page = Page(GROUPS, addresses, self.api, self.recorder)


@contextmanager
def running(port: int, api_port: int) -> Iterator[Demo]:
    """Serve the demonstration for as long as the context lasts.

    :param port: where the page listens; 0 picks a free port.
    :param api_port: where the API listens; 0 picks a free port.
    :raises PortTaken: when another program listens there.
    :raises OSError: when the system refuses the port for another reason.

    >>> with running(port=0, api_port=0) as demo:
    ...     demo.addresses.page.startswith("http://localhost:")
    True
    """
    with _listening(port) as page_socket, _listening(api_port) as api_socket:
        demo = Demo(_addresses(page_socket.getsockname()[1], api_socket.getsockname()[1]))
        with _logged(), _served(page_socket, demo.page.app), _served(api_socket, demo.api):
            yield demo


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        listening = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise _explained(error, port) from error
    with listening:
        _check_twin(listening.getsockname()[1])
        yield listening


def _check_twin(port: int) -> None:
    """Make sure that nobody has the port over IPv6, where browsers look for localhost first."""
    try:
        socket.create_server(("::1", port), family=socket.AF_INET6).close()
    except OSError as error:
        # A machine without IPv6 has no twin to fear.
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port) from error


def _explained(error: OSError, port: int) -> Exception:
    return PortTaken(port) if error.errno == errno.EADDRINUSE else error


def _addresses(port: int, api_port: int) -> Addresses:
    return Addresses(
        page=f"http://localhost:{port}",
        cross_site=f"http://{LOOPBACK}:{api_port}",
        same_site=f"http://localhost:{api_port}",
    )


@contextmanager
def _logged() -> Iterator[None]:
    """Have each run keep what the library says about it, however many runs there are a minute."""
    handler, level = RunLog(), logger.level
    logger.removeFilter(lines_a_minute)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        logger.addFilter(lines_a_minute)


@contextmanager
def _served(listening: socket.socket, app: WSGIApplication) -> Iterator[None]:
    host, port = listening.getsockname()
    # Given a port alone, Werkzeug ends the process when that is taken; a socket it just uses.
    server = make_server(
        host,
        port,
        app,
        threaded=True,
        request_handler=_QuietHandler,
        fd=listening.fileno(),
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


class _QuietHandler(WSGIRequestHandler):
    """Serves without a line for each request: the page shows them, and better."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Write nothing."""
