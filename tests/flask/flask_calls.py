"""How the Flask tests ask an application: as a browser's preflight, or as the actual request.

Every exchange goes through ``wsgiref.validate``. It knows no policies: what should come back, each
test says itself.
"""

from __future__ import annotations

from wsgiref.validate import validator

import flask
from exchanges import PAGE
from werkzeug.test import Client

from wsgicors.flask import cross_origin


def preflight(app, path="/", method="PUT", *, origin=PAGE, headers=None, **options):
    """Ask before a request with ``method``, as a browser on a page of ``origin`` does."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers is not None:
        asked["Access-Control-Request-Headers"] = headers
    return _opened(app, path, "OPTIONS", asked, options)


def actual(app, path="/", method="GET", *, origin=PAGE, headers=None, **options):
    """Send a request that is no preflight; without ``Origin`` if that is None."""
    sent = {**(headers or {}), **({} if origin is None else {"Origin": origin})}
    return _opened(app, path, method, sent, options)


def _opened(app, path, method, headers, options):
    # Buffered, so that the application's iterable is closed as servers close it.
    return Client(validator(app)).open(
        path, method=method, headers=headers, buffered=True, **options
    )


def cors_headers(response):
    """The lines that CORS is about, by short name; none may be there twice."""
    lines = {}
    for name, value in response.headers:
        if name.startswith("Access-Control-") or name == "Vary":
            assert name not in lines, f"two lines of {name}"
            lines[name] = value
    return {name.replace("Access-Control-", ""): value for name, value in lines.items()}


def granted_methods(response):
    """The methods that a preflight's answer grants."""
    listed = response.headers.get("Access-Control-Allow-Methods", "")
    return {name.strip() for name in listed.split(",") if name.strip()}


def look_anew():
    """Have all be looked at anew, because something was declared."""
    blueprint = cross_origin(max_age=60)(flask.Blueprint("late", __name__))
    flask.Flask("another").register_blueprint(blueprint)
