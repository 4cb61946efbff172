"""Random programs: in whatever shape somebody declares something of a view, it holds, or something is raised.

Each is written out and run, because a decorator is looked for where it stands. `hypothesis` prints the
smallest program that fails.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import types

import flask
import pytest
from exchanges import EVIL, PAGE
from flask.views import MethodView
from flask_calls import actual, preflight
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from wsgicors import ConfigError, CORSMiddleware
from wsgicors.flask import CORS

# --- what stands between a route and a view -------------------------------------------------------


def call(view, *args, **values):
    return flask.current_app.ensure_sync(view)(*args, **values)


def with_wraps(view):
    @functools.wraps(view)
    def inner(*args, **values):
        return call(view, *args, **values)

    return inner


def without_wraps(view):
    return lambda *args, **values: call(view, *args, **values)


def as_response(view):
    @functools.wraps(view)
    def inner(*args, **values):
        return flask.make_response(call(view, *args, **values))

    return inner


def cached(view):
    """It holds the view, and need not run it."""
    known = []

    def inner(*args, **values):
        known[:] = known or [
            flask.make_response(call(view, *args, **values)).get_data(as_text=True)
        ]
        return known[0]

    return inner


class Instance:
    def __init__(self, view):
        self.view = view

    def __call__(self, *args, **values):
        return call(self.view, *args, **values)


def updated_instance(view):
    class Updated:
        def __call__(self, *args, **values):
            return call(view, *args, **values)

    return functools.update_wrapper(Updated(), view)


def in_table(view):
    table = {"view": view}
    return lambda *args, **values: call(table["view"], *args, **values)


def in_module(view):
    module = types.ModuleType("shop")
    module.view = view
    return lambda *args, **values: call(module.view, *args, **values)


def by_methods(view):
    class Methods(MethodView):
        def get(self, *args, **values):
            return call(view, *args, **values)

        put = get

    return Methods.as_view("methods")


def by_dispatch(view):
    class Dispatch(flask.views.View):
        methods = ("GET", "PUT")

        def dispatch_request(self, *args, **values):
            return call(view, *args, **values)

    return Dispatch.as_view("dispatch")


def in_context(view):
    return lambda *args: flask.copy_current_request_context(view)(*args)  # noqa: PLW0108 - a new one


LINKING = [with_wraps, updated_instance, as_response]
HOLDING = [without_wraps, Instance, by_methods, by_dispatch, cached, in_context]
HIDING = [in_table, in_module]

# --- how Flask comes to it ------------------------------------------------------------------------

METHODS = ["GET", "PUT"]


def by_route(app, view):
    app.add_url_rule("/", "me", view, methods=METHODS)


def in_blueprints(app, view):
    outer, inner = flask.Blueprint("outer", __name__), flask.Blueprint("inner", __name__)
    by_route(inner, view)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def by_endpoint(app, view):
    app.add_url_rule("/", "me", methods=METHODS)
    app.endpoint("me")(view)


def by_another_view(app, view):
    app.config["VIEW"] = view
    by_route(app, lambda: call(flask.current_app.config["VIEW"]))


def by_name(app, view):
    app.add_url_rule("/elsewhere", "elsewhere", view, methods=METHODS)
    by_route(app, lambda: call(flask.current_app.view_functions["elsewhere"]))


def by_hook(app, view):
    app.before_request(lambda: None if flask.request.method == "OPTIONS" else call(view))


def by_error_handler(app, view):
    app.register_error_handler(404, lambda error: by_error(view))


def by_error(view):
    return "not found" if flask.request.method == "OPTIONS" else call(view)


DIRECTLY = [by_route, in_blueprints, by_endpoint]
SOMEHOW = [by_another_view, by_name, by_hook, by_error_handler]

# --- what shares it -------------------------------------------------------------------------------


def governed(app):
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    return app


def around(app):
    return CORSMiddleware(app, allow_origins=[PAGE], allow_credentials=True, allow_methods=METHODS)


def around_what_cannot_be_seen(app):
    held = types.SimpleNamespace(app=app)
    return around(lambda *request: held.app(*request))  # noqa: PLW0108 - as it is


def both(app):
    return around(governed(app))


def alone(app):
    return app


OUTSIDE = [governed, around, around_what_cannot_be_seen, both]

# --- programs -------------------------------------------------------------------------------------

NARROW = "cross_origin(allow_origins=[ADMIN])"
REFUSING = "cross_origin(allow_origins=[PAGE], refuse_denied=True)"
ROUTE = "functools.partial(by_route, app)"
HEAD = """\
import functools, flask
from flask.views import MethodView
from exchanges import ADMIN, PAGE
from wsgicors.flask import cross_origin, same_origin
from {name} import *
app, calls = flask.Flask("example"), []
"""
FUNCTION = "def view(**values):\n    calls.append(1)\n    return 'secret'\n"
BODY = "    def get(self, **values):\n        calls.append(1)\n        return 'secret'\n"


def named(functions):
    return st.sampled_from([getattr(each, "__qualname__", str(each)) for each in functions])


def written_function(draw, said, between, below):
    """The decorators stand above a function, the route among them or not."""
    decorators = [*draw(below), said, *draw(between)]
    # What is declared above a table is told of, and not found.
    has_route = not {each.__name__ for each in HIDING} & {*decorators} and draw(st.booleans())
    if has_route:
        decorators.insert(draw(st.integers(0, len(decorators))), "route")
    lines = "".join(f"@{each}\n" for each in reversed(decorators))
    keyword = "async " if draw(st.booleans()) else ""
    return f"{lines}{keyword}{FUNCTION}", has_route


def written_class(draw, said, between, _):
    """It is said of a class, of a base that another one inherits from, or of the methods."""
    place = draw(st.sampled_from(["class", "base", "methods", "list"]))
    own = draw(st.sampled_from(["", "    decorators = [with_wraps]\n"]))
    of_methods = draw(st.lists(named([with_wraps, as_response]), max_size=1))
    above = "".join(f"    @{each}\n" for each in [said, *of_methods])
    methods = f"{BODY}    put = get\n"
    text = {
        "class": f"@{said}\nclass View(MethodView):\n{own}{methods}",
        "base": f"@{said}\nclass Base(MethodView):\n{methods}class View(Base):\n{own or '    pass'}\n",
        "methods": f"class View(MethodView):\n{own}{above}{methods}",
        "list": f"class View(MethodView):\n    decorators = [{said}]\n{methods}",
    }[place]
    text += "view = View.as_view('view')\n"
    return text + "".join(f"view = {each}(view)\n" for each in draw(between)), False


@st.composite
def programs(draw, said, between, ways, outside):
    some = st.lists(named(between), max_size=2)
    write = draw(st.sampled_from([written_function, written_class]))
    text, has_route = write(draw, said, some, some)
    is_early = draw(st.booleans())
    way, share = draw(named(ways)), draw(named(outside))
    served = f"served = {share}(app)\n"
    come = "" if has_route else f"{way}(app, view)\n"
    head = HEAD.format(name=__name__)
    route = "def route(view):\n    by_route(app, view)\n    return view\n"
    is_early = is_early and share == "governed"
    return head + route + (served if is_early else "") + text + come + ("" if is_early else served)


NUMBERS = iter(range(10**9))


@pytest.fixture
def run(tmp_path):
    def run(text):
        name = f"program_{next(NUMBERS)}"
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        program = importlib.util.module_from_spec(spec)
        sys.modules[name] = program
        try:
            spec.loader.exec_module(program)
        finally:
            del sys.modules[name]
        program.app.testing = True
        return program

    return run


def asked(program, method, origin):
    """The response, if there is one."""
    try:
        preflight(program.served, "/", "PUT", origin=origin)
        return actual(program.served, "/", method, origin=origin)
    except ConfigError:
        return None


CASES = settings(
    max_examples=int(os.environ.get("WSGICORS_CASES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SEEN = [*LINKING, *HOLDING]
RUNNING = [each for each in [*SEEN, *HIDING] if each is not cached]


@CASES
@given(
    programs("same_origin", SEEN, DIRECTLY, OUTSIDE)
    | programs(NARROW, SEEN, DIRECTLY, OUTSIDE)
    | programs("same_origin", RUNNING, [*DIRECTLY, *SOMEHOW], OUTSIDE)
)
def test_what_is_closed_is_shared_with_nobody_else(run, text):
    note(text)
    program = run(text)
    for method in ("GET", "PUT", "GET"):
        response = asked(program, method, PAGE)
        is_shared = response is not None and "Access-Control-Allow-Origin" in response.headers
        assert not (is_shared and "secret" in response.text)


@CASES
@given(programs(REFUSING, RUNNING, [*DIRECTLY, *SOMEHOW], [*OUTSIDE, alone]))
def test_what_refuses_does_nothing_for_a_stranger(run, text):
    note(text)
    program = run(text)
    for _ in range(2):
        asked(program, "PUT", EVIL)
    assert program.calls == []


@CASES
@given(programs("same_origin", LINKING, DIRECTLY, [*OUTSIDE, alone]))
def test_what_is_written_rightly_is_answered(run, text):
    note(text)
    program = run(text.replace("@route\n", ""))
    if "@route\n" in text:
        by_route(program.app, program.view)
    assert actual(program.served, "/", origin=PAGE).text == "secret"
