"""The same small application under each library that is compared. Knows no clock."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import wsgicors

from .environs import FOREIGN, ORIGIN, PATTERNS, exact_origin

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
_CONSTANT_FOR_PREFLIGHTS = [
    ("Access-Control-Allow-Origin", ORIGIN),
    ("Access-Control-Allow-Methods", ", ".join(_METHODS)),
    ("Access-Control-Allow-Headers", ", ".join(_HEADERS)),
    ("Access-Control-Max-Age", str(_MAX_AGE)),
    ("Vary", "Origin"),
]

Lines = tuple[tuple[str, str], ...]

_TWO: Lines = (("Content-Type", "text/plain"), ("Content-Length", "5"))
_SIX: Lines = (
    *_TWO,
    ("X-Content-Type-Options", "nosniff"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("Content-Security-Policy", "default-src 'self'"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)
_EIGHT: Lines = (*_SIX, ("X-Frame-Options", "DENY"), ("X-Request-Id", "5f0c2d9e"))
_VARY = ("Vary", "Cookie")
#: The header lines that an application sends; six, where nothing else is said.
SHAPES: dict[str, Lines] = {
    "two header lines": _TWO,
    "six header lines": _SIX,
    "eight header lines": _EIGHT,
    "two header lines and a Vary": (*_TWO, _VARY),
    "six header lines and a Vary": (*_SIX, _VARY),
    "eight header lines and a Vary": (*_EIGHT, _VARY),
}


def origins(exact: int, wildcards: int = 0) -> list[str]:
    """So many exact origins, and so many patterns of each kind, in new strings."""
    patterns = [
        pattern.format(number) for pattern in PATTERNS.values() for number in range(wildcards)
    ]
    return [*map(exact_origin, range(exact)), *patterns]


# --- plain WSGI ---------------------------------------------------------------------------------


def bare(lines: Lines = _SIX) -> WSGIApplication:
    """The application alone."""

    def hello(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*lines])
        return [b"hello"]

    # Python adapts the code of a function to those who call it and to whom it calls. Each
    # library gets an application with code of its own, as it has in a server.
    hello.__code__ = hello.__code__.replace()
    return hello


def closure(lines: Lines = _SIX) -> WSGIApplication:
    """The least that is written by hand for any application: constant headers, whoever asks.

    It takes whatever an application may send: headers in another container than a list, and
    ``exc_info`` or not.
    """
    app = bare(lines)

    def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, list(headers) + _CONSTANT, *exc_info)

        return app(environ, start)

    return middleware


def barest(lines: Lines = _SIX) -> WSGIApplication:
    """The same for this application alone, which sends a list and no ``exc_info``."""
    app = bare(lines)

    def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]]) -> Any:
            return start_response(status, headers + _CONSTANT)

        return app(environ, start)

    return middleware


def closure_for_preflights() -> WSGIApplication:
    """The least that answers preflights, with constant headers too."""
    app = bare()

    def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "OPTIONS":
            return app(environ, start_response)
        start_response("204 No Content", [*_CONSTANT_FOR_PREFLIGHTS])
        return [b""]

    return middleware


def ours(origins: Any, lines: Lines = _SIX, **fields: Any) -> WSGIApplication:
    """Wsgicors."""
    return wsgicors.CORSMiddleware(bare(lines), policy(allow_origins=origins, **fields))


def policy(**fields: Any) -> wsgicors.Policy:
    """What is granted in all these applications, but for the fields that are given."""
    usual = {"allow_methods": _METHODS, "allow_headers": _HEADERS, "max_age": _MAX_AGE}
    return wsgicors.Policy(**{**usual, **fields})


def ours_with() -> dict[str, WSGIApplication]:
    """Wsgicors with each thing on that can be on, by what it is."""
    base = policy(allow_origins=ORIGIN)
    cache = wsgicors.OriginCache({ORIGIN}.__contains__, seconds=300)

    def middleware(**arguments: Any) -> WSGIApplication:
        return wsgicors.CORSMiddleware(bare(), **arguments)

    return {
        "refuse_denied": ours(ORIGIN, refuse_denied=True),
        "trial": middleware(policy=base, trial=base),
        "trial of a stricter policy": middleware(policy=base, trial=policy(allow_origins=[])),
        "answer_exceptions": middleware(policy=base, answer_exceptions=True),
        "credentials for one, reading for all": ours("*", allow_credentials=[ORIGIN]),
        "OriginCache": ours(cache),
        "routes": middleware(
            routes={"/": None, "/items": base, "/static": policy(allow_origins="*")}
        ),
        "resolve": middleware(resolve=lambda environ, method: base),
    }


def ours_for_tenants(tenants: int) -> WSGIApplication:
    """Wsgicors with a policy for each tenant, whose number is the name of the host."""
    policies = {
        str(number): policy(allow_origins=[exact_origin(number)]) for number in range(tenants)
    }
    return wsgicors.CORSMiddleware(
        bare(), resolve=lambda environ, method: policies[environ["HTTP_HOST"]]
    )


def predecessor(origins: str, lines: Lines = _SIX) -> WSGIApplication:
    """Wsgicors 0.7.0."""
    app: WSGIApplication = _load_predecessor().CORS(
        bare(lines),
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


def _undecorated(view: Any) -> Any:
    return view


def bare_flask(lines: Lines = _SIX, decorator: Callable[[Any], Any] = _undecorated) -> Any:
    """A Flask application alone.

    :param decorator: for the view that is asked for.
    """
    import flask

    app = flask.Flask(__name__)

    @app.get("/items/<int:number>")
    @decorator
    def item(number: int) -> flask.Response:
        return flask.Response(b"hello", headers=[*lines])

    @app.put("/items/<int:number>")
    def put_item(number: int) -> flask.Response:
        return flask.Response(status=204)

    @app.get("/folders/<int:number>/")
    def folder(number: int) -> flask.Response:
        return flask.Response(b"hello", headers=[*lines])

    return app


def our_flask(origins: Any, lines: Lines = _SIX, **fields: Any) -> Any:
    """Wsgicors' extension."""
    return _with_our_extension(bare_flask(lines), origins, **fields)


def _with_our_extension(app: Any, origins: Any, **fields: Any) -> Any:
    from wsgicors.flask import CORS

    usual = {"allow_headers": _HEADERS, "max_age": _MAX_AGE}
    CORS(app, allow_origins=origins, **{**usual, **fields})
    return app


def flask_cors(origins: Any, lines: Lines = _SIX) -> Any:
    """Flask-CORS."""
    return _with_flask_cors(bare_flask(lines), origins)


def _with_flask_cors(app: Any, origins: Any) -> Any:
    from flask_cors import CORS

    CORS(app, origins=origins, methods=_METHODS, allow_headers=_HEADERS, max_age=_MAX_AGE)
    return app


def our_decorated_flask(origins: Any) -> Any:
    """Wsgicors' extension, where the view that is asked for has settings of its own."""
    from wsgicors.flask import CORS, cross_origin

    app = bare_flask(decorator=cross_origin(allow_origins=origins))
    CORS(app, allow_origins=[FOREIGN])
    return app


def decorated_flask_cors(origins: Any) -> Any:
    """Flask-CORS in the same way: its decorator, which needs no extension."""
    from flask_cors import cross_origin

    return bare_flask(decorator=cross_origin(origins=origins))


#: Makes nothing but the application, to which routes are then added.
LARGE_FLASK: dict[str, Callable[[Any], Any]] = {
    "wsgicors in Flask": lambda app: _with_our_extension(app, [ORIGIN]),
    "Flask-CORS": lambda app: _with_flask_cors(app, [ORIGIN]),
}
_IN_A_BLUEPRINT = 10
#: Of the ten routes of a blueprint: the one with a slash at its end, and the one with a decorator.
FOLDER, DECORATED = 8, 9


def large_flask(library: str, routes: int) -> Any:
    """A Flask application of so many routes, ten in each blueprint, with a library."""
    import flask

    app = LARGE_FLASK[library](flask.Flask(__name__))
    for first in range(0, routes, _IN_A_BLUEPRINT):
        blueprint = flask.Blueprint(f"part-{first}", __name__)
        for number in range(first, min(first + _IN_A_BLUEPRINT, routes)):
            view = _numbered_view()
            if library == "wsgicors in Flask" and number % _IN_A_BLUEPRINT == DECORATED:
                view = _with_settings(view)
            path = path_of_route(number).format("<int:number>")
            blueprint.add_url_rule(path, str(number), view, methods=["GET", "PUT"])
        app.register_blueprint(blueprint)
    return app


def path_of_route(number: int) -> str:
    """The path of a route, with braces for the number in it."""
    slash = "/" if number % _IN_A_BLUEPRINT == FOLDER else ""
    return f"/part-{number // _IN_A_BLUEPRINT}/things-{number}/{{}}{slash}"


def _numbered_view() -> Any:
    def view(number: int) -> str:
        return "hello"

    return view


def _with_settings(view: Any) -> Any:
    from wsgicors.flask import cross_origin

    return cross_origin(expose_headers=["x-total"])(view)


def bare_falcon(*middleware: Any) -> Any:
    """A Falcon application alone."""
    import falcon

    class Items:
        def on_get(self, request: falcon.Request, response: falcon.Response, number: str) -> None:
            response.data = b"hello"
            response.set_headers([*_SIX])

        def on_put(self, request: falcon.Request, response: falcon.Response, number: str) -> None:
            response.status = falcon.HTTP_204

    app = falcon.App(media_type="text/plain", middleware=list(middleware))
    app.add_route("/items/{number}", Items())
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


_SIX_IN_BYTES = [(name.lower().encode(), value.encode()) for name, value in _SIX]


async def _asgi_hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [*_SIX_IN_BYTES]})
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
