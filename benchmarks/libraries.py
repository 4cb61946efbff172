"""The same small application under each library that is compared. Knows no clock."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import wsgicors

from .environs import FOREIGN, ORIGIN, exact_origin, tenant

if TYPE_CHECKING:
    from types import ModuleType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREDECESSOR = "wsgicors 0.7.0"
_CACHE = Path(__file__).parent.parent / "build" / "peers"

WILDCARD = "https://*.example.com"
#: The origins of the policies that are compared; both releases of wsgicors write them alike.
POLICIES = {"one origin": ORIGIN, "wildcard": WILDCARD, '"*"': "*"}
#: On top: what is granted is what was asked for.
REFLECTING: dict[str, Any] = {"allow_headers": "*", "allow_credentials": True}
_METHODS = ["GET", "PUT"]
_HEADERS = ["content-type", "x-token"]
_MAX_AGE = 600

_CONSTANT = [("Access-Control-Allow-Origin", ORIGIN), ("Vary", "Origin")]


def origins(exact: int, wildcards: int = 0) -> list[str]:
    """So many origins of both kinds, in new strings."""
    patterns = [f"https://*.{tenant(number)}" for number in range(wildcards)]
    return [*map(exact_origin, range(exact)), *patterns]


# --- plain WSGI ---------------------------------------------------------------------------------


def bare() -> WSGIApplication:
    """The application alone."""
    # Python adapts the code of a function to those who call it and to whom it calls. Each
    # library gets an application with code of its own, as it has in a server.
    return FunctionType(_hello.__code__.replace(), globals())


def _hello(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def closure() -> WSGIApplication:
    """The least that can be written by hand: constant headers, whoever asks."""
    app = bare()

    def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, headers + _CONSTANT, exc_info)

        return app(environ, start)

    return middleware


def ours(origins: Any, **fields: Any) -> WSGIApplication:
    """Wsgicors."""
    policy = {"allow_methods": _METHODS, "allow_headers": _HEADERS, "max_age": _MAX_AGE}
    return wsgicors.CORSMiddleware(bare(), allow_origins=origins, **{**policy, **fields})


def predecessor(origins: str) -> WSGIApplication:
    """Wsgicors 0.7.0."""
    app: WSGIApplication = _load_predecessor().CORS(
        bare(),
        origin=origins,
        methods=",".join(_METHODS),
        headers=",".join(_HEADERS),
        maxage=str(_MAX_AGE),
    )
    return app


def _load_predecessor() -> ModuleType:
    """Load it under another name: it calls itself ``wsgicors`` too."""
    spec = importlib.util.spec_from_file_location("wsgicors_0_7_0", _installed_predecessor())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _installed_predecessor() -> Path:
    folder = _CACHE / PREDECESSOR.replace(" ", "-")
    if not (folder / "wsgicors.py").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        subprocess.run([*command, folder, PREDECESSOR.replace(" ", "==")], check=True)
    return folder / "wsgicors.py"


# --- frameworks ---------------------------------------------------------------------------------


def bare_flask(decorator: Callable[[Any], Any] | None = None) -> Any:
    """A Flask application alone.

    :param decorator: for the view that is asked for.
    """
    import flask

    app = flask.Flask(__name__)

    @app.get("/items")
    @(decorator or _undecorated)
    def items() -> flask.Response:
        return flask.Response(b"hello", content_type="text/plain")

    @app.put("/items")
    def put_items() -> flask.Response:
        return flask.Response(status=204)

    return app


def _undecorated(view: Any) -> Any:
    return view


def our_flask(origins: Any) -> Any:
    """Wsgicors' extension."""
    from wsgicors.flask import CORS

    app = bare_flask()
    CORS(app, allow_origins=origins, allow_headers=_HEADERS, max_age=_MAX_AGE)
    return app


def flask_cors(origins: Any) -> Any:
    """Flask-CORS."""
    from flask_cors import CORS

    app = bare_flask()
    CORS(app, origins=origins, methods=_METHODS, allow_headers=_HEADERS, max_age=_MAX_AGE)
    return app


def our_decorated_flask(origins: Any) -> Any:
    """Wsgicors' extension, where the view that is asked for has settings of its own."""
    from wsgicors.flask import CORS, cross_origin

    app = bare_flask(cross_origin(allow_origins=origins))
    CORS(app, allow_origins=[FOREIGN])
    return app


def decorated_flask_cors(origins: Any) -> Any:
    """Flask-CORS in the same way: its decorator, which needs no extension."""
    from flask_cors import cross_origin

    return bare_flask(cross_origin(origins=origins))


def bare_falcon(*middleware: Any) -> Any:
    """A Falcon application alone."""
    import falcon

    class Items:
        def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
            response.data = b"hello"

        def on_put(self, request: falcon.Request, response: falcon.Response) -> None:
            response.status = falcon.HTTP_204

    app = falcon.App(media_type="text/plain", middleware=list(middleware))
    app.add_route("/items", Items())
    return app


def falcon_cors(origins: Any) -> Any:
    """Falcon's own middleware."""
    import falcon

    return bare_falcon(falcon.CORSMiddleware(allow_origins=origins))


def bare_asgi() -> Any:
    """An ASGI application alone, run to its end by whoever calls it like a WSGI application."""
    return _as_wsgi(_asgi_hello)


def starlette_cors(origins: Any) -> Any:
    """Starlette's middleware around it."""
    from starlette.middleware.cors import CORSMiddleware

    return _as_wsgi(
        CORSMiddleware(
            _asgi_hello,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            max_age=_MAX_AGE,
        )
    )


async def _asgi_hello(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


async def _send(message: Any) -> None:
    pass


def _as_wsgi(app: Any) -> Any:
    """Run it without an event loop, which it does not need as long as nothing waits."""

    def call(scope: Any, start_response: Any) -> None:
        coroutine = app(scope, None, _send)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("the ASGI application waits for something")

    return call


def as_scope(environ: WSGIEnvironment) -> dict[str, Any]:
    """The request as ASGI tells it."""
    headers = [
        (name[len("HTTP_") :].lower().replace("_", "-").encode(), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    return {"type": "http", "method": method, "path": path, "headers": headers}


# --- all of them --------------------------------------------------------------------------------


class Library(NamedTuple):
    """One of those that are compared."""

    name: str
    #: The application that its cost is on top of.
    bare: str
    #: Makes the application with the library, which allows certain origins.
    make: Callable[[list[str]], Any]


#: The one application that takes no ``environ``, but a scope.
ASGI = "bare ASGI"
BARE: dict[str, Callable[[], Any]] = {
    "bare": bare,
    "bare Flask": bare_flask,
    "bare Falcon": bare_falcon,
    ASGI: bare_asgi,
}
CLOSURE = Library("closure", "bare", lambda origins: closure())
LIBRARIES = (
    Library("wsgicors", "bare", ours),
    Library(PREDECESSOR, "bare", lambda origins: predecessor(" ".join(origins))),
    Library("wsgicors in Flask", "bare Flask", our_flask),
    Library("Flask-CORS", "bare Flask", flask_cors),
    Library("Falcon", "bare Falcon", falcon_cors),
    Library("Starlette", ASGI, starlette_cors),
)
