"""Mappings that are read once: what is changed in them afterwards has no effect, and is an error."""

from __future__ import annotations

from collections import UserDict

import flask
import pytest
from exchanges import ADMIN, EVIL, PAGE, answer, environ_of, site

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.flask import CORS

ROW = pytest.param
CLOSED = {"allow_origins": []}
NAMES = ("x", "y")


def flask_app():
    app = flask.Flask("example", static_folder=None)
    for name in NAMES:
        app.add_url_rule(f"/{name}", name, lambda: "answered")
    return app


def extension(given):
    app = flask_app()
    CORS(app, allow_origins="*", endpoints=given)
    return app


def extension_of_a_factory(given):
    cors = CORS(allow_origins="*", endpoints=given)
    app = flask_app()
    cors.init_app(app)
    return app


def extension_for_one_application(given):
    app = flask_app()
    CORS(allow_origins="*").init_app(app, endpoints=given)
    return app


def middleware(given):
    return CORSMiddleware(site(), allow_origins="*", routes=given)


def said(kind, name, value):
    """A key and a value for one kind of mapping."""
    return (f"/{name}", value and Policy(**value)) if kind is middleware else (name, value)


def problems_of(app):
    with pytest.raises(ConfigError) as caught:
        answer(app, environ_of("/x", origin=EVIL))
    return caught.value.problems


KINDS = [extension, extension_of_a_factory, extension_for_one_application, middleware]


@pytest.mark.parametrize("kind", KINDS)
def test_mapping_that_is_filled_too_late_is_an_error(kind):
    given = {}
    app = kind(given)
    key, value = said(kind, "x", CLOSED)
    given[key] = value
    for _ in range(2):
        (problem,) = problems_of(app)
        assert (problem.value, problem.reason) == (key, "changed-too-late")
        assert f"{key!r} was set, changed or removed after " in problem.message
    del given[key]
    assert answer(app, environ_of("/x", origin=EVIL)).decision.allowed


def change(given, key, value):
    given[key] = value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "alter", [change, lambda given, key, value: given.pop(key)], ids=["change", "remove"]
)
def test_mapping_that_is_changed_too_late_is_an_error(kind, alter):
    key, value = said(kind, "x", {"allow_origins": [PAGE]})
    given = {key: value}
    app = kind(given)
    alter(given, *said(kind, "x", CLOSED))
    assert [problem.value for problem in problems_of(app)] == [key]


@pytest.mark.parametrize("kind", KINDS[:3])
def test_fields_that_are_changed_too_late_are_an_error(kind):
    given = {"x": {"allow_origins": [PAGE]}}
    app = kind(given)
    given["x"]["allow_origins"] = []
    assert [problem.value for problem in problems_of(app)] == ["x"]


@pytest.mark.parametrize("kind", KINDS)
def test_mapping_that_another_one_reads_as_it_is_then_may_be_changed(kind):
    given = {}
    app = kind(given)
    key, value = said(kind, "x", CLOSED)
    given[key] = value
    assert not answer(kind(given), environ_of("/x", origin=EVIL)).decision.allowed
    again = kind(given)
    assert answer(app, environ_of("/x", origin=EVIL)).decision.allowed
    assert not answer(again, environ_of("/x", origin=EVIL)).decision.allowed


@pytest.mark.parametrize("kind", KINDS)
def test_mapping_that_stays_as_it_was_is_no_error(kind):
    key, value = said(kind, "x", {"allow_origins": (each for each in [ADMIN])})
    app = kind({key: value})
    assert answer(app, environ_of("/x", origin=ADMIN)).decision.allowed


def test_mapping_may_be_changed_when_all_was_looked_at():
    given = {}
    app = extension(given)
    answer(app, environ_of("/x", origin=EVIL))
    given["x"] = CLOSED
    assert answer(app, environ_of("/x", origin=EVIL)).decision.allowed


def test_mapping_of_another_kind_is_read_only_once():
    routes = UserDict()
    app = CORSMiddleware(site(), allow_origins="*", routes=routes)
    routes["/x"] = Policy(allow_origins=[])
    assert answer(app, environ_of("/x", origin=EVIL)).decision.allowed
