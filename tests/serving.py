"""Applications served for real, on a free port of this machine; knows nothing of CORS."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from werkzeug.serving import WSGIRequestHandler, make_server


@contextlib.contextmanager
def served(app, ssl_context=None):
    """Serve a WSGI application in threads, and say where."""
    options = {"threaded": True, "request_handler": Quiet, "ssl_context": ssl_context}
    with make_server("127.0.0.1", 0, app, **options) as server, running(server):
        yield f"{'https' if ssl_context else 'http'}://localhost:{server.server_port}"


@contextlib.contextmanager
def running(server):
    """Let a server of the standard library, or of Werkzeug, run in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def served_by_uvicorn(app):
    """Serve an ASGI application, and say where."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://localhost:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Quiet(WSGIRequestHandler):
    def log(self, *args):
        pass
