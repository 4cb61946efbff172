"""An application that was written for Flask-CORS: the errors tell what to write instead."""

from __future__ import annotations

import re

import flask
import pytest

from wsgicors import ConfigError
from wsgicors.flask import CORS, cross_origin
from wsgicors.testing import Browser

ROW = pytest.param

#: Every option of Flask-CORS 6, and what the error must say to whoever still writes it.
OPTIONS = [
    ROW("origins", "*", r"write allow_origins$", id="origins"),
    ROW("methods", ["PUT"], r"write allow_methods$", id="methods"),
    ROW("expose_headers", "ETag", None, id="expose_headers"),
    ROW("allow_headers", "X-Token", None, id="allow_headers"),
    ROW("supports_credentials", True, r"write allow_credentials$", id="supports_credentials"),
    ROW("max_age", 60, None, id="max_age"),
    ROW(
        "send_wildcard",
        True,
        r'allow_origins="\*" always sends "\*".*leave it out',
        id="send_wildcard",
    ),
    ROW("vary_header", True, r"always done; leave it out", id="vary_header"),
    ROW(
        "resources", {r"/api/*": {"origins": "*"}}, r"decorate blueprints or views", id="resources"
    ),
    ROW("intercept_exceptions", True, r"always done; leave it out", id="intercept_exceptions"),
    ROW("always_send", True, r"always done; leave it out", id="always_send"),
    ROW("automatic_options", True, r"always done; leave it out", id="automatic_options"),
    ROW("allow_private_network", True, r"have replaced.*leave it out", id="allow_private_network"),
]


def _argument(name, value):
    CORS(flask.Flask("ported"), allow_origins=[], **{name: value})


def _decorator(name, value):
    cross_origin(**{name: value})


def _config(name, value):
    app = flask.Flask("ported")
    app.config[f"CORS_{name.upper()}"] = value
    CORS(app, allow_origins=[])


@pytest.mark.parametrize(("name", "value", "advice"), OPTIONS)
@pytest.mark.parametrize("write", [_argument, _decorator, _config])
def test_each_option_of_flask_cors_is_taken_or_its_new_name_told(write, name, value, advice):
    if advice is None:
        write(name, value)
        return
    with pytest.raises(ConfigError) as caught:
        write(name, value)
    (problem,) = caught.value.problems
    if write is _config:
        advice = advice.replace("write allow", "write CORS_allow")
        assert re.search(advice, problem.message, re.IGNORECASE)
    else:
        assert re.search(advice, problem.message)


def test_whole_call_of_flask_cors_tells_all_new_names_at_once():
    with pytest.raises(ConfigError) as caught:
        CORS(
            flask.Flask("ported"),
            resources={r"/api/*": {"origins": "https://app.example.com"}},
            origins="https://app.example.com",
            methods=["GET", "PUT"],
            supports_credentials=True,
            max_age=60,
        )
    text = str(caught.value)
    assert text.startswith("4 problems")
    for name in (
        "allow_origins",
        "allow_methods",
        "allow_credentials",
        "decorate blueprints or views",
    ):
        assert name in text


def test_changing_import_and_names_is_enough():
    app = flask.Flask("ported")
    CORS(
        app,
        allow_origins="https://app.example.com",
        allow_methods=["GET", "PUT"],
        allow_credentials=True,
    )

    @app.put("/items")
    @cross_origin(allow_origins=["https://admin.example.com"])
    def items():
        return "items"

    browser = Browser(app, "https://admin.example.com")
    assert browser.fetch("/items", "PUT", credentials="include").text == "items"


def test_bare_decorator_tells_what_is_missing():
    app = flask.Flask("ported")
    CORS(app)
    app.add_url_rule("/", "index", cross_origin()(lambda: "index"))
    with pytest.raises(ConfigError, match='"\\*" for everybody'):
        app.test_client().get("/")
