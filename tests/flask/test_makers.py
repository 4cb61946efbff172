"""A function that makes what should be decorated is refused when it gives that back."""

from __future__ import annotations

import functools

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask.views import MethodView

from wsgicors import ConfigError
from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param
pytestmark = pytest.mark.usefixtures("nothing_is_left")


class OfSomebody(flask.Blueprint):
    pass


class Secret(MethodView):
    def get(self):
        return "secret"


def view():
    return "secret"


MADE = {
    "application": (lambda: flask.Flask("made"), r"makes the application .* write CORS\(app"),
    "blueprint": (lambda: flask.Blueprint("made", __name__), r"same_origin\(blueprint\)"),
    "kind of blueprint": (lambda: OfSomebody("made", __name__), r"same_origin\(blueprint\)"),
}
VIEWS = {
    "function": (lambda: view, r"same_origin\(view\)"),
    "view of a class": (lambda: Secret.as_view("secret"), r"same_origin\(view\)"),
    "class": (lambda: Secret, r"same_origin\(view\)"),
}


def rows(made):
    return [ROW(*each, id=name) for name, each in made.items()]


def alone(make):
    return make()


def within_a_request_that_was_made_current(make):
    with flask.Flask("example").test_request_context():
        return make()


def after_a_request_of_a_client(make):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    with app.test_client() as client:
        client.get("/")
        return make()


@pytest.mark.parametrize(
    "call", [alone, within_a_request_that_was_made_current, after_a_request_of_a_client]
)
@pytest.mark.parametrize("decorator", [same_origin, cross_origin(allow_origins=[ADMIN])])
@pytest.mark.parametrize(("make", "said"), rows({**MADE, **VIEWS}))
def test_what_makes_views_is_refused(make, said, decorator, call):
    maker = decorator(make)
    for _ in range(2):
        with pytest.raises(ConfigError, match=said) as caught:
            call(maker)
        assert "flask/test_makers.py:" in str(caught.value)


def test_what_makes_views_is_refused_whatever_it_is():
    with pytest.raises(ConfigError, match="is said of 'partial', which is no view"):
        same_origin(functools.partial(flask.Flask, "made"))()


def governed():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    return app


@pytest.mark.parametrize(("make", "said"), rows(MADE))
def test_what_makes_an_application_or_blueprint_for_a_request_is_refused(make, said):
    app, maker = governed(), same_origin(make)
    app.testing = True
    app.add_url_rule("/", "make", lambda: str(maker()))
    with pytest.raises(ConfigError, match=said):
        app.test_client().get("/")


@pytest.mark.parametrize(("make", "said"), rows(VIEWS))
def test_what_a_view_asks_for_a_function_takes_part_in_its_answer(make, said):
    app, maker = governed(), same_origin(make)
    app.add_url_rule("/", "make", lambda: str(maker()))
    assert callers(app, "/") == set()


def inner():
    app = flask.Flask("inner")
    app.add_url_rule("/", "view", view)
    return app


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"secret"]


def by_a_function(app, decorator, answer):
    app.add_url_rule("/", "answer", decorator(lambda: answer))


def by_a_method(app, decorator, answer):
    methods = {"get": decorator(lambda self: answer)}
    app.add_url_rule("/", view_func=type("Answer", (MethodView,), methods).as_view("answer"))


@pytest.mark.parametrize("register", [by_a_function, by_a_method])
@pytest.mark.parametrize("make", [inner, lambda: wsgi], ids=["application", "function"])
def test_view_may_answer_with_a_wsgi_application(make, register):
    app = governed()
    register(app, cross_origin(allow_origins=[ADMIN]), make())
    assert callers(app, "/") == {ADMIN}
    assert app.test_client().get("/").text == "secret"


def test_view_that_answers_with_an_application_may_be_called_by_a_test():
    app, answer = governed(), inner()
    answering = same_origin(lambda: answer)
    app.add_url_rule("/", "answer", answering)
    assert answering() is answer


@pytest.mark.parametrize("made", ["text", None, 5, wsgi, Secret()])
def test_view_may_be_called_without_a_request(made):
    assert same_origin(lambda: made)() is made
