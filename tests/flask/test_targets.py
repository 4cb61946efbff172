"""Whatever cannot be decorated is refused at once, with what to write instead."""

from __future__ import annotations

import functools
import inspect

import flask
import pytest
from exchanges import PAGE
from flask.views import MethodView
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param
pytestmark = pytest.mark.usefixtures("nothing_is_left")


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return []


class Middleware:
    def __call__(self, environ, start_response):
        return wsgi(environ, start_response)


class OnTop:
    """A framework that has a Flask application, as Dash has."""

    def __init__(self):
        self.server = flask.Flask("example")

    def __call__(self, *args):
        return self.server(*args)

    def run(self):
        self.server.run()


class Holder:
    """A view that holds the application."""

    app = flask.Flask("held")

    def __call__(self):
        return self.app.name


class Settings:
    DEBUG = True


@pytest.mark.parametrize("decorator", [same_origin, same_origin(), cross_origin(max_age=5)])
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ROW("items", "endpoints=", id="string"),
        ROW(7, "takes a view", id="number"),
        ROW(None, "takes a view", id="None"),
        ROW([], "takes a view", id="list"),
        ROW(property(lambda self: 1), "above the function", id="property"),
        ROW(functools.partialmethod(wsgi), "above the function", id="partialmethod"),
        ROW(flask, "takes a view", id="module"),
        ROW(flask.Flask("b"), "write CORS(app", id="application"),
        ROW(flask.Flask, "write CORS(app", id="class of applications"),
        ROW(OnTop(), "write CORS(app.server, ...)", id="framework on top of Flask"),
        ROW(flask.Blueprint, "no method", id="class of blueprints"),
        ROW(wsgi, "CORSMiddleware", id="WSGI application"),
        ROW(functools.partial(wsgi), "CORSMiddleware", id="partial of a WSGI application"),
        ROW(flask.Flask("c").wsgi_app, "CORSMiddleware", id="wsgi_app"),
        ROW(Middleware(), "CORSMiddleware", id="WSGI middleware"),
        ROW(Middleware, "CORSMiddleware", id="class of WSGI middleware"),
        ROW(ProxyFix(wsgi), "CORSMiddleware", id="ProxyFix"),
        ROW(CORSMiddleware(wsgi, allow_origins="*"), "CORSMiddleware", id="CORSMiddleware"),
        ROW(int, "no method", id="int"),
        ROW(ValueError, "no method", id="exception"),
        ROW(Settings, "no method", id="class without methods"),
    ],
)
def test_wrong_target_is_refused_at_once(decorator, target, said):
    with pytest.raises(ConfigError) as caught:
        decorator(target)
    assert said in str(caught.value)
    assert "flask/test_targets.py:" in str(caught.value)


@pytest.mark.parametrize(
    "argument",
    [
        ROW(wsgi, id="function"),
        ROW(MethodView, id="class"),
        ROW(flask.Blueprint("b", "b"), id="blueprint"),
    ],
)
def test_bare_cross_origin_is_refused(argument):
    with pytest.raises(ConfigError, match=r"write @cross_origin\(\.\.\.\) with parentheses"):
        cross_origin(argument)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("CORS", lambda value: CORS(flask.Flask("example"), value)),
        ("init_app", lambda value: CORS().init_app(flask.Flask("example"), value)),
        ("cross_origin", cross_origin),
        ("Policy", Policy),
    ],
    ids=["CORS", "init_app", "cross_origin", "Policy"],
)
@pytest.mark.parametrize("value", ["*", ["https://app.example.com"]], ids=["everybody", "list"])
def test_origins_without_the_name_of_their_field_are_told_it(name, call, value):
    with pytest.raises(ConfigError) as caught:
        call(value)
    (problem,) = caught.value.problems
    assert (problem.field, problem.value, problem.reason) == (name, value, "positional-argument")
    assert problem.message.endswith(f"write {name}(allow_origins={value!r})")


@pytest.mark.parametrize("origins", ["https://a.example", "*", ["https://a.example"], None])
def test_cross_origin_with_positional_origins_is_refused(origins):
    with pytest.raises(ConfigError) as caught:
        cross_origin(origins)
    assert f"write cross_origin(allow_origins={origins!r})" in str(caught.value)


@pytest.mark.parametrize("give", [CORS, lambda app: CORS().init_app(app)])
@pytest.mark.parametrize(
    ("app", "said"),
    [
        ROW(flask.Blueprint("b", __name__), "cross_origin(...)(blueprint)", id="blueprint"),
        ROW("example", "a Flask application", id="string"),
        ROW(wsgi, "CORSMiddleware(app, ...)", id="WSGI application"),
        ROW(OnTop(), "CORS(app.server, ...)", id="framework on top of Flask"),
    ],
)
def test_extension_for_no_application_is_refused(give, app, said):
    with pytest.raises(ConfigError) as caught:
        give(app)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "decorator", [same_origin, same_origin(), cross_origin(allow_origins=[PAGE])]
)
def test_function_stays_a_function(decorator):
    class Views:
        @decorator
        def method(self):
            """Answer."""
            return self

    class Undecorated:
        def method(self):
            return self

    assert inspect.isfunction(decorator(lambda: "view"))
    assert inspect.isfunction(Views.method)
    assert inspect.ismethod(Views().method)
    assert inspect.isfunction(decorator(MethodView.as_view("view")))
    assert vars(Views).keys() == vars(Undecorated).keys()
    views = Views()
    assert views.method() is views


def test_view_that_holds_an_application_is_a_view():
    assert same_origin(Holder())() == "held"


def test_view_with_arguments_that_sound_like_wsgi_is_a_view():
    assert same_origin(lambda environ, name, more: name)("a", "b", "c") == "b"


def test_same_origin_with_fields_says_which_decorator_takes_them():
    with pytest.raises(ConfigError) as caught:
        same_origin(refuse_denied=True, max_age=5)
    assert str(caught.value) == (
        "same_origin: it takes no fields; write"
        " @cross_origin(allow_origins=[], refuse_denied=True, max_age=5)"
    )
    assert isinstance(caught.value, TypeError)
