"""What was decorated, is gone, and has never come to an application is told of."""

from __future__ import annotations

import copy
import gc
import json

import flask
import pytest
from click.testing import CliRunner
from exchanges import PAGE
from flask.cli import ScriptInfo
from flask.views import MethodView
from flask_calls import actual

from wsgicors import CORSMiddleware
from wsgicors.flask import CORS, cross_origin, gone, same_origin
from wsgicors.flask.command import cors_command
from wsgicors.flask.strays import idle

NOBODY = cross_origin(allow_origins=[])


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch):
    """Each thing is told once, and what other tests have left behind is told too."""
    monkeypatch.setattr(gone, "_fates", {})
    list(idle())


def governed(app):
    CORS(app, allow_origins=[PAGE])


def surrounded(app):
    app.wsgi_app = CORSMiddleware(app.wsgi_app, allow_origins=[PAGE])


def blueprint(name="admin"):
    made = flask.Blueprint(name, __name__, url_prefix=f"/{name}")
    made.add_url_rule("/", "index", lambda: "secret")
    return made


def view_class(*bases):
    return type("Secret", bases or (MethodView,), {"get": lambda self: "secret"})


def told(caplog, cover=governed):
    """What the first check of another application tells."""
    gc.collect()
    app = flask.Flask("last")
    cover(app)
    for _ in range(2):
        actual(app, "/nowhere")
    return [each for each in caplog.messages if "has no effect" in each]


@pytest.mark.parametrize("cover", [governed, surrounded])
@pytest.mark.parametrize("decorator", [same_origin, NOBODY])
@pytest.mark.parametrize(("make", "name"), [(blueprint, "admin"), (view_class, "Secret")])
def test_what_is_gone_without_having_been_registered_is_told_once(
    make, name, decorator, cover, caplog
):
    decorator(make())
    flask.Flask("example").register_blueprint(blueprint())
    (message,) = told(caplog, cover)
    assert f"says about {name} has no effect" in message
    assert message.startswith("what @")
    assert "app.register_blueprint(admin)" in message


def nested_in_a_blueprint_that_is_gone():
    blueprint("outer").register_blueprint(same_origin(blueprint()))


def beside_another_one_of_the_same_place():
    for name in ("admin", "other"):
        closed = same_origin(blueprint(name))
        if name == "other":
            flask.Flask("example").register_blueprint(closed)


@pytest.mark.parametrize(
    "drop", [nested_in_a_blueprint_that_is_gone, beside_another_one_of_the_same_place]
)
def test_blueprint_that_came_to_no_application_is_told(drop, caplog):
    drop()
    (message,) = told(caplog)
    assert "says about admin has no effect" in message


def registered_where_the_application_is_gone():
    flask.Flask("example").register_blueprint(same_origin(blueprint()))


def registered_before():
    late = blueprint()
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.register_blueprint(late)
    same_origin(late)


def nested():
    outer = blueprint("outer")
    outer.register_blueprint(same_origin(blueprint()))
    flask.Flask("example").register_blueprint(outer)


def registered_as_a_copy():
    flask.Flask("example").register_blueprint(copy.copy(same_origin(blueprint())))


def one_of_two_of_a_factory():
    for is_registered in (True, False):
        made = same_origin(blueprint())
        if is_registered:
            flask.Flask("example").register_blueprint(made)


def one_that_is_kept():
    flask.current_app.later = same_origin(blueprint()), same_origin(view_class())


def within_a_request():
    with flask.current_app.test_request_context():
        same_origin(blueprint())
        same_origin(view_class())


def class_with_a_view():
    flask.Flask("example").add_url_rule("/", view_func=same_origin(view_class()).as_view("v"))


def class_whose_subclass_has_a_view():
    view = view_class(same_origin(view_class())).as_view("v")
    flask.Flask("example").add_url_rule("/", view_func=view)


def class_whose_subclass_is_decorated_too():
    view = same_origin(view_class(same_origin(view_class()))).as_view("v")
    flask.Flask("example").add_url_rule("/", view_func=view)


def class_that_has_made_its_view_before():
    late = view_class()
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", view_func=late.as_view("v"))
    same_origin(late)
    actual(app, "/nowhere")


def class_whose_method_another_view_runs():
    app = flask.Flask("example")
    app.closed = same_origin(view_class())
    app.add_url_rule("/", "index", lambda: flask.current_app.closed().get())
    assert actual(app).text == "secret"


def class_that_is_no_view_class():
    same_origin(type("Controller", (), {"index": lambda self: "secret"}))


@pytest.mark.parametrize(
    "declare",
    [
        registered_where_the_application_is_gone,
        registered_before,
        nested,
        registered_as_a_copy,
        one_of_two_of_a_factory,
        one_that_is_kept,
        within_a_request,
        class_with_a_view,
        class_whose_subclass_has_a_view,
        class_whose_subclass_is_decorated_too,
        class_that_has_made_its_view_before,
        class_whose_method_another_view_runs,
        class_that_is_no_view_class,
    ],
)
def test_what_counts_or_may_count_is_not_taken_for_gone(declare, caplog):
    with flask.Flask("keeper").app_context():
        declare()
        assert not told(caplog)


def test_command_tells_of_what_is_gone():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    NOBODY(blueprint("forgotten"))
    script = ScriptInfo(create_app=lambda: app)
    output = CliRunner().invoke(cors_command, ["--format", "json"], obj=script).output
    assert "forgotten" in [stray["what"] for stray in json.loads(output)["strays"]]
