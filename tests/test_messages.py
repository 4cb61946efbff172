"""The messages of what people get wrong, all in one place: ``pytest -s tests/test_messages.py`` prints them.

Each says what is wrong, and what to write instead. Read them aloud after a change.
"""

from __future__ import annotations

import re
from datetime import timedelta
from wsgiref.simple_server import demo_app

import flask
import pytest

from wsgicors import ConfigError, CORSMiddleware, OriginCache, Policy, cors
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.testing import Browser

APP = "https://app.example.com"
CREDENTIALS = {"allow_credentials": True}


async def asynchronous(environ, method):
    return None


def governed(**fields):
    return CORSMiddleware(demo_app, **fields)


def flask_app():
    return flask.Flask("shop")


def first_answer(**config):
    app = flask_app()
    app.config.update(config)
    CORS(app, allow_origins=[APP])
    app.test_client().get("/")


def above_the_route(share):
    app = flask_app()
    share(app)

    @same_origin
    @app.get("/secret")
    def secret():
        return ""

    app.test_client().get("/secret")


def by_middleware(app):
    app.wsgi_app = CORSMiddleware(app.wsgi_app, allow_origins=[APP])


def twice():
    app = flask_app()
    CORS(app, allow_origins="*")
    CORS(app, allow_origins="*")


SLIPS = {
    "nothing": governed,
    "a misspelt field": lambda: Policy(alow_origins=APP),
    "a name of Flask-CORS": lambda: Policy(supports_credentials=True),
    "a field that would close": lambda: Policy(disallow_origins=APP),
    "another header": lambda: Policy(timing_allow_origin="*"),
    "a withdrawn header": lambda: Policy(allow_private_network=True),
    "a slash": lambda: Policy(allow_origins=f"{APP}/"),
    "no scheme": lambda: Policy(allow_origins="app.example.com"),
    "upper case": lambda: Policy(allow_origins="https://App.example.com"),
    "a default port": lambda: Policy(allow_origins=f"{APP}:443"),
    "Unicode": lambda: Policy(allow_origins="https://bücher.example"),
    "an expression in a string": lambda: Policy(allow_origins=r"https://.*\.example\.com"),
    "a wildcard without a dot": lambda: Policy(allow_origins="https://*example.com"),
    "a wildcard in the middle": lambda: Policy(allow_origins="https://a.*.example.com"),
    "a wildcard at the end": lambda: Policy(allow_origins="https://example.*"),
    "every scheme": lambda: Policy(allow_origins="*://app.example.com"),
    '"*" among others': lambda: Policy(allow_origins=["*", APP]),
    "a slow expression": lambda: Policy(allow_origins=re.compile(r"https://([a-z]+\.?)+\.example")),
    "an expression with a path": lambda: Policy(allow_origins=re.compile("https://a/.*")),
    "a method in lower case": lambda: Policy(allow_methods="put"),
    "a forbidden method": lambda: Policy(allow_methods="TRACE"),
    "a forbidden header": lambda: Policy(allow_headers="Cookie"),
    "a header of responses": lambda: Policy(allow_headers="Access-Control-Allow-Origin"),
    "a header of requests": lambda: Policy(expose_headers="Origin"),
    "a cookie": lambda: Policy(expose_headers="Set-Cookie"),
    "a word for true": lambda: Policy(allow_credentials="yes"),
    "everybody with credentials": lambda: Policy(allow_origins="*", allow_credentials="*"),
    "trusted, but not allowed": lambda: Policy(
        allow_origins=APP, allow_credentials=["https://b.example"]
    ),
    "a time with a unit": lambda: Policy(max_age="10m"),
    "a long time": lambda: Policy(max_age=timedelta(days=400)),
    "a dict to merge": lambda: Policy().merge({"max_age": 5}),
    '"*" with credentials': lambda: governed(allow_origins="*", **CREDENTIALS),
    "null with credentials": lambda: governed(allow_origins="null", **CREDENTIALS),
    "http with credentials": lambda: governed(allow_origins="http://a.example", **CREDENTIALS),
    "a public suffix": lambda: governed(allow_origins="https://*.github.io", **CREDENTIALS),
    "any extension": lambda: governed(allow_origins="moz-extension://*", **CREDENTIALS),
    "strangers": lambda: governed(
        allow_origins=re.compile("https://app.example.com"), **CREDENTIALS
    ),
    "all exposed with credentials": lambda: governed(
        allow_origins=APP, expose_headers="*", **CREDENTIALS
    ),
    "no application": lambda: CORSMiddleware("app", allow_origins="*"),
    "a policy of 0.7": lambda: CORSMiddleware(demo_app, "free"),
    "a bare decorator": lambda: cors(demo_app),
    "a route with a pattern": lambda: governed(
        allow_origins="*", routes={"/a/*": Policy(allow_origins=[])}
    ),
    "an async resolve": lambda: governed(resolve=asynchronous),
    "two ways to resolve": lambda: governed(routes={}, resolve=lambda environ, method: None),
    "a cache of nothing": lambda: OriginCache(3, seconds="x"),
    "a bare cross_origin": lambda: cross_origin(lambda: ""),
    "an origin without its field": lambda: cross_origin(APP),
    "a string decorated": lambda: same_origin("items"),
    "an application decorated": lambda: cross_origin(allow_origins="*")(flask_app()),
    "a decorator above the route": lambda: above_the_route(
        lambda app: CORS(app, allow_origins=[APP])
    ),
    "a decorator above the route, without CORS": lambda: above_the_route(by_middleware),
    "a dict for a route": lambda: governed(
        allow_origins="*", routes={"/a": {"allow_origins": APP}}
    ),
    "a blueprint for CORS": lambda: CORS(flask.Blueprint("shop", "shop"), allow_origins="*"),
    "CORS twice": twice,
    "resources in Flask": lambda: CORS(flask_app(), resources={"/api/*": {}}),
    "a string for an endpoint": lambda: CORS(
        flask_app(), allow_origins="*", endpoints={"static": "*"}
    ),
    "a key that resembles a field": lambda: first_answer(CORS_ORIGINS=APP),
    "a body that is a dict": lambda: Browser(demo_app, origin=APP).fetch(
        "/", method="POST", body={"a": 1}
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_told_with_what_to_do(slip):
    with pytest.raises((ConfigError, TypeError)) as caught:
        SLIPS[slip]()
    message = str(caught.value)
    print(f"\n{slip}:\n    {message}")  # noqa: T201 - for whoever reads them aloud
    assert message.isascii()
    # It says what to write, what to leave out, or what there is.
    assert re.search(r"\bwrite\b|\bleave\b|\blist\b|\bis ignored\b|; |: ", message)
    for sentence in re.split(r"[.;:] ", message):
        assert len(sentence.split()) <= 40, sentence
