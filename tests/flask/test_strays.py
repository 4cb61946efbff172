"""What was declared and leads nowhere is told: above the route, or of what no route leads to."""

from __future__ import annotations

import functools
import gc
import json
import sys
import types
import weakref

import flask
import pytest
from click.testing import CliRunner
from exchanges import PAGE, callers
from flask.cli import ScriptInfo
from flask.views import MethodView
from flask_calls import actual, preflight

from wsgicors import ConfigError, CORSMiddleware
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.flask.command import cors_command
from wsgicors.flask.strays import idle

ROW = pytest.param
pytestmark = pytest.mark.usefixtures("nothing_is_left")


def with_header(view):
    @functools.wraps(view)
    def wrapper():
        return view()

    return wrapper


def made(*decorators):
    """An application in a factory, with decorators on its view, the outermost first."""
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    blueprint = flask.Blueprint("shop", __name__)
    view = lambda: "secret"  # noqa: E731 - each application needs one of its own
    routes = {"app": app.get("/secret", endpoint="secret"), "blueprint": blueprint.get("/secret")}
    view.__name__ = "secret"
    for decorator in reversed(decorators):
        view = routes.get(decorator, decorator)(view)
    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("route", ["app", "blueprint"])
@pytest.mark.parametrize(
    "above",
    [
        ROW([same_origin], id="same_origin"),
        ROW([cross_origin(max_age=5)], id="cross_origin"),
        ROW([cross_origin(max_age=5), same_origin], id="both"),
        ROW([same_origin, with_header], id="over another decorator"),
    ],
)
@pytest.mark.parametrize("below", [[], [with_header], [cross_origin(max_age=5)]])
@pytest.mark.parametrize("ask", [actual, preflight])
def test_decorator_above_the_route_is_found_at_the_first_check(route, above, below, ask):
    app = made(*above, route, *below)
    gc.collect()
    with pytest.raises(ConfigError) as caught:
        ask(app, "/secret")
    for part in ("above the route", "put it below the route", "/secret", "_origin at flask/"):
        assert part in str(caught.value)


@pytest.mark.parametrize("route", ["app", "blueprint"])
@pytest.mark.parametrize(
    "below",
    [[same_origin], [with_header, same_origin], [same_origin, with_header], [same_origin] * 2],
)
def test_decorator_below_the_route_is_not_mistaken_for_one_above(route, below):
    app = made(with_header, route, *below)
    assert callers(app, "/secret") == set()


def test_function_that_is_decorated_for_one_application_may_be_bare_in_another():
    def shared():
        return "shared"

    one, other = flask.Flask("one"), flask.Flask("other")
    one.add_url_rule("/", "index", same_origin(shared))
    other.add_url_rule("/", "index", shared)
    for app in (one, other):
        CORS(app, allow_origins=[PAGE])
    assert callers(other) == {PAGE}
    assert callers(one) == set()


@pytest.mark.parametrize("above", [[], [with_header], [cross_origin(max_age=5)]])
def test_function_may_be_bare_at_one_route_and_decorated_where_its_endpoint_was_set(above):
    def shared():
        return "shared"

    view = same_origin(shared)
    for decorator in above:
        view = decorator(view)
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/open", "open", shared)
    app.url_map.add(app.url_rule_class("/closed", endpoint="closed", methods=["GET"]))
    app.endpoint("closed")(view)
    assert callers(app, "/closed") == set()
    assert callers(app, "/open") == {PAGE}


@pytest.mark.parametrize("has_rule", [True, False])
def test_decorator_above_a_class_is_found_whatever_methods_its_rule_has(has_rule):
    class Secrets(MethodView):
        def get(self):
            return "secret"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    if has_rule:
        app.url_map.add(app.url_rule_class("/secret", endpoint="secret"))
    app.view_functions["secret"] = Secrets.as_view("secret")
    same_origin(app.view_functions["secret"])
    with pytest.raises(ConfigError, match="stands above the route of 'secret'"):
        actual(app, "/secret")


def added(app, view):
    app.add_url_rule("/", "index", view)


def set_for_an_endpoint(app, view):
    app.url_map.add(app.url_rule_class("/", endpoint="index", methods=["GET"]))
    app.endpoint("index")(view)


def of_a_partial(app, view):
    added(app, functools.partial(view))


def in_a_blueprint(app, view):
    blueprint = flask.Blueprint("internal", __name__)
    added(blueprint, view)
    app.register_blueprint(blueprint)


def within_what_hides_it(app, view):
    added(app, without_wraps(view))


PLACES = [added, set_for_an_endpoint, of_a_partial, in_a_blueprint, within_what_hides_it]


@pytest.mark.parametrize("place", PLACES)
def test_function_may_be_bare_in_an_application_and_closed_in_one_that_is_not_looked_at_yet(place):
    def shared():
        return "shared"

    public, internal = flask.Flask("public"), flask.Flask("internal")
    for app in (public, internal):
        CORS(app, allow_origins=[PAGE])
    added(public, shared)
    closed = same_origin(shared)
    place(internal, closed)
    assert (callers(public), callers(internal)) == ({PAGE}, set())


@pytest.mark.parametrize("place", PLACES)
def test_function_may_be_bare_at_one_route_and_decorated_at_another_in_whatever_way(place):
    def shared():
        return "shared"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/open", "open", shared)
    closed = same_origin(shared)
    place(app, closed)
    assert (callers(app, "/open"), callers(app)) == ({PAGE}, set())


def test_function_that_is_closed_for_no_application_so_far_is_an_error_that_says_what_to_do():
    def shared():
        return "shared"

    public, internal = flask.Flask("public"), flask.Flask("internal")
    CORS(public, allow_origins=[PAGE])
    added(public, shared)
    closed = same_origin(shared)
    with pytest.raises(ConfigError, match="for another application, register the result there"):
        actual(public)
    added(internal, closed)
    assert callers(public) == {PAGE}


class Called:
    """Its instances are views."""

    def __call__(self):
        return "secret"

    def method(self):
        return "secret"


def with_statement_on(kind):
    """An application of whose view something is said, but what the decorator gives back is lost."""
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    class Secrets(MethodView):
        def get(self):
            return "secret"

    def secret():
        return "secret"

    target, view = {
        "partial": [functools.partial(secret)] * 2,
        "instance": [Called()] * 2,
        "bound method": [Called().method] * 2,
        "method of a class": (Secrets.get, Secrets.as_view("secret")),
        "view of a class": [Secrets.as_view("secret")] * 2,
        "function under another decorator": (secret, with_header(secret)),
        "function in a cache": (secret, functools.lru_cache(secret)),
    }[kind]
    app.add_url_rule("/secret", "secret", view)
    same_origin(target)
    return app


@pytest.mark.parametrize(
    "kind",
    [
        "partial",
        "instance",
        "bound method",
        "method of a class",
        "view of a class",
        "function under another decorator",
        "function in a cache",
    ],
)
def test_decorator_whose_result_nobody_keeps_is_found_at_the_first_check(kind):
    app = with_statement_on(kind)
    gc.collect()
    with pytest.raises(ConfigError, match="pass its result to Flask"):
        actual(app, "/secret")


def test_method_that_a_subclass_closes_stays_open_in_its_base():
    class Items(MethodView):
        def get(self):
            return "items"

    class ClosedItems(Items):
        get = same_origin(Items.get)

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/items", view_func=Items.as_view("items"))
    app.add_url_rule("/closed", view_func=ClosedItems.as_view("closed"))
    gc.collect()
    assert (callers(app, "/items"), callers(app, "/closed")) == ({PAGE}, set())


def test_view_that_is_decorated_anew_is_what_its_last_decorator_says():
    def items():
        return "items"

    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    view = same_origin(items)
    view = cross_origin(allow_origins=[PAGE])(items)
    app.add_url_rule("/items", "items", with_header(view))
    gc.collect()
    assert callers(app, "/items") == {PAGE}


class Timed:
    """A decorator for functions and methods, as a class."""

    def __init__(self, view):
        self.view = view
        functools.update_wrapper(self, view)

    def __get__(self, instance, owner):
        return self if instance is None else types.MethodType(self, instance)

    def __call__(self, *args):
        return self.view(*args)


def test_decorated_method_is_not_mistaken_for_all_that_share_a_class_of_decorators():
    class Closed(MethodView):
        @same_origin
        @Timed
        def get(self):
            return "closed"

    class Open(MethodView):
        @Timed
        def get(self):
            return "open"

    app = flask.Flask("example")
    app.add_url_rule("/closed", view_func=Closed.as_view("closed"))
    app.add_url_rule("/open", view_func=Open.as_view("open"))
    CORS(app, allow_origins=[PAGE])
    Closed().get  # noqa: B018 - it is decorated as it is bound
    assert callers(app, "/open") == {PAGE}
    assert callers(app, "/closed") == set()


def test_function_that_nobody_keeps_is_not_mistaken_for_all_that_share_a_class_of_decorators():
    same_origin(with_header(Timed(lambda: "helper")))
    app = flask.Flask("example")
    app.add_url_rule("/", "index", Timed(lambda: "open"))
    CORS(app, allow_origins=[PAGE])
    assert callers(app) == {PAGE}


def without_wraps(view):
    def inner(*args):
        return view(*args)

    return inner


class WithoutWraps:
    """The same as an instance."""

    def __init__(self, view):
        self.view = view

    def __call__(self, *args):
        return self.view(*args)


def marked(view):
    view.is_marked = True
    return view


def between_two_routes(app, closed):
    one, other = flask.Blueprint("one", __name__), flask.Blueprint("other", __name__)

    @other.get("/other")
    @closed
    @one.get("/secret")
    def secret():
        return "secret"

    app.register_blueprint(one)
    app.register_blueprint(other)


def between_two_endpoints(app, closed):
    @app.get("/other", endpoint="other")
    @closed
    @with_header
    @app.get("/secret")
    async def secret():
        return "secret"


def over_what_hides_the_view(app, closed):
    @closed
    @without_wraps
    @app.get("/secret")
    def secret():
        return "secret"


def over_an_instance_that_hides_the_view(app, closed):
    @closed
    @with_header
    @WithoutWraps
    @app.get("/secret")
    def secret():
        return "secret"


def over_a_route_that_runs_the_view(app, closed):
    def route(rule):
        def register(view):
            app.add_url_rule(rule, "secret", without_wraps(view))
            return view

        return register

    @closed
    @route("/secret")
    def secret():
        return "secret"


def over_a_route_with_another_declaration_below(app, closed):
    @app.get("/other", endpoint="other")
    @closed
    @app.get("/secret")
    @cross_origin(max_age=5)
    def secret():
        return "secret"


def within_another_decorator(app, closed):
    def private(view):
        return closed(with_header(view))

    @private
    @without_wraps
    @app.get("/secret")
    def secret():
        return "secret"


def in_one_line(app, closed):
    # fmt: off
    @app.get("/other", endpoint="other")
    @closed
    @app.get("/secret")
    def secret(): return "secret"
    # fmt: on


def of_a_method(app, closed):
    class Secrets:
        @app.get("/other", endpoint="other")
        @closed
        @app.get("/secret")
        def secret(self=None):
            return "secret"


def lost_within_what_hides_the_view(app, closed):
    def secret():
        return "secret"

    app.add_url_rule("/secret", "secret", without_wraps(secret))
    closed(secret)


def lost_within_an_instance_that_hides_the_view(app, closed):
    def secret():
        return "secret"

    app.add_url_rule("/secret", "secret", WithoutWraps(functools.partial(secret)))
    closed(secret)


@pytest.mark.parametrize(
    "closed",
    [
        ROW(same_origin, id="same_origin"),
        ROW(cross_origin(refuse_denied=True), id="refuse_denied"),
        ROW(cross_origin(allow_origins=["https://other.example"]), id="other origins"),
    ],
)
@pytest.mark.parametrize(
    "misplaced",
    [
        between_two_routes,
        between_two_endpoints,
        over_what_hides_the_view,
        over_an_instance_that_hides_the_view,
        over_a_route_that_runs_the_view,
        over_a_route_with_another_declaration_below,
        within_another_decorator,
        in_one_line,
        of_a_method,
        lost_within_what_hides_the_view,
        lost_within_an_instance_that_hides_the_view,
    ],
)
def test_declaration_that_a_route_of_its_view_lacks_is_found_at_the_first_check(misplaced, closed):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    misplaced(app, closed)
    gc.collect()
    with pytest.raises(ConfigError) as caught:
        actual(app, "/secret")
    (problem,) = caught.value.problems
    assert problem.reason == "above-the-route"
    assert "(/secret)" in problem.message


def told_of_idle(declared, caplog):
    """What is told of functions that stand in another one; tests may have left more behind."""
    told = [each for each in caplog.messages if "has no effect so far" in each]
    return [each for each in told if f"{declared.__name__}.<locals>" in each]


def bare_and_closed(app):
    def report():
        return "report"

    app.add_url_rule("/open", "open", report)
    for number in range(2):
        app.add_url_rule(f"/closed/{number}", str(number), same_origin(report))


def bare_and_closed_by_one_decorator(app):
    def route(rule):
        def register(view):
            app.add_url_rule(rule, "open", view)
            app.add_url_rule("/closed", "closed", same_origin(view))
            return view

        return register

    @route("/open")
    def report():
        return "report"


def bare_and_closed_in_lines_of_a_console(app):
    names = {"app": app, "same_origin": same_origin}
    for line in (
        "@app.get('/open')\ndef report():\n    return 'report'\n",
        "app.add_url_rule('/closed', 'closed', same_origin(report))\n",
    ):
        exec(compile(line, "<stdin>", "single"), names)


def bare_and_closed_in_one_line(app):
    # fmt: off
    view = lambda: "report"; app.add_url_rule("/open", "open", view); app.add_url_rule("/closed", "closed", same_origin(view))  # noqa: E501, E702, E731
    # fmt: on


def below_all_routes(app):
    @app.get("/closed", endpoint="closed")
    @app.get("/closed/too", endpoint="closed_too")
    @with_header
    @same_origin
    @marked
    def report():
        return "report"


def between_what_hides_the_view(app):
    @app.get("/closed")
    @without_wraps
    @same_origin
    @without_wraps
    def report():
        return "report"


def on_methods(app):
    class Reports(MethodView):
        @same_origin
        @marked
        def get(self):
            return "report"

    class Others(Reports):
        @cross_origin(allow_origins=[])
        def get(self):
            return super().get()

    app.add_url_rule("/closed", view_func=Reports.as_view("closed"))
    app.add_url_rule("/others", view_func=Others.as_view("others"))


def below_hooks(app):
    @app.errorhandler(ZeroDivisionError)
    @same_origin
    @marked
    def failed(error):
        return "failed", 500

    app.add_url_rule("/closed", "closed", lambda: 1 / 0)


def in_a_factory_that_is_called_twice(app):
    for name in ("closed", "too"):

        @app.get(f"/{name}", endpoint=name)
        @same_origin
        @marked
        def report():
            return "report"


def below_a_registry(app):
    @marked
    @same_origin
    def report():
        return "report"

    @same_origin
    def other():
        return "other"

    app.add_url_rule("/closed", "closed", lambda: report() + other())


def registered_by_a_call(app):
    @same_origin
    @marked
    def report():
        return "report"

    app.add_url_rule("/closed", "closed", report)


@pytest.mark.parametrize(
    "placed",
    [
        registered_by_a_call,
        bare_and_closed,
        bare_and_closed_by_one_decorator,
        bare_and_closed_in_lines_of_a_console,
        bare_and_closed_in_one_line,
        below_all_routes,
        between_what_hides_the_view,
        on_methods,
        below_hooks,
        in_a_factory_that_is_called_twice,
        below_a_registry,
    ],
)
def test_declaration_that_is_where_it_should_be_is_accepted_in_silence(placed, caplog):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    placed(app)
    assert callers(app, "/nowhere") == {PAGE}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/open", "/closed")):
            assert callers(app, rule.rule) == ({PAGE} if rule.rule == "/open" else set())
    assert not told_of_idle(placed, caplog)


if sys.version_info >= (3, 12):

    def test_function_with_parameters_of_types_has_a_head():
        app = flask.Flask("example")
        CORS(app, allow_origins=[PAGE])
        source = (
            "@app.get('/other', endpoint='other')\n@same_origin\n@app.get('/secret')\n"
            "def secret[T](given: T = None): return 'secret'\n"
        )
        exec(source, {"app": app, "same_origin": same_origin})
        with pytest.raises(ConfigError, match="put it below the route"):
            actual(app, "/secret")


HOOKS = {
    "before_request": "before_request function",
    "after_request": "after_request function",
    "url_value_preprocessor": "url_value_preprocessor function",
    "before_app_request": "before_request function",
    "errorhandler": "error handler",
    "app_errorhandler": "error handler",
}


def made_with_hook(name):
    """An application with what registers a hook, of itself or of a blueprint."""
    app, blueprint = flask.Flask("example"), flask.Blueprint("shop", __name__)
    CORS(app, allow_origins=[PAGE])
    register = getattr(blueprint if "app_" in name else app, name)
    return app, blueprint, register(404) if "error" in name else register


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize("between", [marked, with_header, without_wraps])
def test_declaration_above_a_hook_is_found_at_the_first_check(name, between):
    app, blueprint, register = made_with_hook(name)

    @same_origin
    @between
    @register
    def hook(*given):
        return None

    app.register_blueprint(blueprint)
    with pytest.raises(ConfigError) as caught:
        actual(app, "/nowhere")
    (problem,) = caught.value.problems
    assert problem.reason == "above-the-route"
    assert f"above the {HOOKS[name]} {problem.value.__qualname__}" in problem.message
    advice = f"write it below {name.replace('app_', '')}"
    assert ("write it at the views" if name.startswith("after") else advice) in problem.message


@pytest.mark.parametrize("name", HOOKS)
def test_declaration_below_a_hook_is_in_force(name):
    app, blueprint, register = made_with_hook(name)

    @register
    @same_origin
    def hook(*given):
        if "error" in name:
            return "not found", 404
        return given[0] if name == "after_request" else None

    app.register_blueprint(blueprint)
    assert callers(app, "/nowhere") == set()


def test_declaration_above_a_teardown_is_not_sent_below():
    app, _, register = made_with_hook("teardown_request")

    @same_origin
    @register
    def hook(error):
        """Close what was opened."""
        return

    with pytest.raises(ConfigError, match="leave it out, because that runs after the response"):
        actual(app, "/nowhere")


def above_a_registry(app):
    registry = {}

    def register(view):
        registry[view.__name__] = view
        return view

    @same_origin
    @register
    def secret():
        return "secret"

    app.add_url_rule("/<name>", "run", lambda name: registry[name]())


# Before Python 3.11, code is not told in the line of which decorator it runs.
if sys.version_info >= (3, 11):

    def test_declaration_above_a_registry_is_told_of_once(caplog):
        app = flask.Flask("example")
        CORS(app, allow_origins=[PAGE])
        above_a_registry(app)
        for each in (app, *made_with_hook("errorhandler")[:1]):
            actual(each, "/secret")
        (told,) = told_of_idle(above_a_registry, caplog)
        assert "test_strays.py" in told


def of_a_blueprint_that_is_not_registered(app):
    @flask.Blueprint("later", __name__).get("/later")
    @same_origin
    @marked
    def later():
        return "later"


def of_a_helper(app):
    @same_origin
    @with_header
    def helper():
        return "helper"

    app.add_url_rule("/helped", "helped", lambda: helper())  # noqa: PLW0108 - as is


def of_a_method_that_is_marked(app):
    class Helper:
        @same_origin
        @marked
        def run(self):
            return "helper"

    app.add_url_rule("/helped", "helped", lambda: Helper().run())


def of_a_blueprint_that_another_application_has(app):
    blueprint = flask.Blueprint("elsewhere", __name__)

    @blueprint.get("/elsewhere")
    @same_origin
    @marked
    def elsewhere():
        return "elsewhere"

    flask.Flask("other").register_blueprint(blueprint)


@pytest.mark.parametrize(
    "declared",
    [
        of_a_blueprint_that_is_not_registered,
        of_a_helper,
        of_a_method_that_is_marked,
        of_a_blueprint_that_another_application_has,
    ],
)
def test_declaration_that_may_count_later_is_not_told_of(declared, caplog):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    declared(app)
    actual(app, "/")
    assert not told_of_idle(declared, caplog)


def dropped_of_static_files(app):
    same_origin(app.send_static_file)
    return app.send_static_file.__qualname__


def dropped_of_a_view_that_is_hidden(app):
    def report():
        return "report"

    def hiding():
        return app.report()

    app.add_url_rule("/", "index", hiding)
    app.report = report
    same_origin(report)
    return report.__qualname__


def dropped_of_a_view_of_no_route(app):
    def report():
        return "report"

    cross_origin(allow_origins=[])(with_header(report))
    app.report = report
    return report.__qualname__


def declared_twice_and_dropped(app):
    for _ in range(2):
        same_origin(app.send_static_file)
    same_origin(app.send_static_file)
    return app.send_static_file.__qualname__


DROPPED = [
    dropped_of_static_files,
    dropped_of_a_view_that_is_hidden,
    dropped_of_a_view_of_no_route,
    declared_twice_and_dropped,
]


def told_of_dropped(app, drop, caplog):
    list(idle())
    what = drop(app)
    gc.collect()
    for _ in range(2):
        actual(app, "/nowhere")
    return [each for each in caplog.messages if f"about {what} has no effect so far" in each]


@pytest.mark.parametrize("drop", DROPPED)
@pytest.mark.parametrize("is_governed", [True, False], ids=["CORS", "CORSMiddleware"])
def test_declaration_whose_result_nobody_kept_is_told_of_with_what_to_write(
    drop, is_governed, caplog
):
    app = flask.Flask("example")
    if is_governed:
        CORS(app, allow_origins=[PAGE])
    else:
        app.wsgi_app = CORSMiddleware(app.wsgi_app, allow_origins=[PAGE])
    told = told_of_dropped(app, drop, caplog)
    assert len(told) == (2 if drop is declared_twice_and_dropped else 1)
    for part in (
        "_origin at flask/test_strays.py",
        "pass its result to Flask",
        'endpoints={"static"',
    ):
        assert part in told[0]


def test_command_tells_of_a_declaration_whose_result_nobody_kept():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    same_origin(app.send_static_file)
    strays = json.loads(told_by_command(app, "--format", "json"))["strays"]
    assert any(stray["what"] == app.send_static_file.__qualname__ for stray in strays)


def held_for_later(app):
    def report():
        return "report"

    app.report, app.later = report, same_origin(report)


def decorated_anew(app):
    def report():
        return "report"

    same_origin(report)
    app.add_url_rule("/closed", "closed", cross_origin(allow_origins=[])(report))


def decorated_for_each_request(app):
    def report():
        return "report"

    def refuse_first():
        same_origin(report)
        return "refused", 401

    app.add_url_rule("/", "index", refuse_first)
    app.test_client().get("/")
    app.report = report


def of_a_class_that_is_gone(app):
    class Report:
        def read(self):
            return "report"

    class Closed(Report):
        read = same_origin(Report.read)

    app.report = Report


def looked_at_as_it_is_bound(app):
    class Secrets(MethodView):
        @same_origin
        @Timed
        def get(self):
            return "secret"

    app.add_url_rule("/closed", view_func=Secrets.as_view("closed"))
    assert Secrets().get


def used_by_another_application(app):
    def report():
        return "report"

    flask.Flask("other").add_url_rule("/", "index", same_origin(report))
    app.report = report


@pytest.mark.parametrize(
    "declare",
    [
        held_for_later,
        decorated_anew,
        decorated_for_each_request,
        of_a_class_that_is_gone,
        looked_at_as_it_is_bound,
        used_by_another_application,
    ],
)
def test_declaration_that_counts_or_may_count_is_not_taken_for_dropped(declare, caplog):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    list(idle())
    declare(app)
    gc.collect()
    actual(app, "/nowhere")
    last = flask.Flask("last")
    CORS(last, allow_origins=[PAGE])
    actual(last, "/nowhere")
    told = [each for each in caplog.messages if "has no effect so far" in each]
    assert not [each for each in told if f"{declare.__name__}.<locals>" in each]


def test_nothing_that_was_decorated_is_kept_alive():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    @app.get("/")
    @without_wraps
    @same_origin
    @without_wraps
    def index():
        return "index"

    actual(app, "/")
    known = [weakref.ref(index), weakref.ref(app), weakref.ref(index.__closure__[0].cell_contents)]
    del app, index
    gc.collect()
    assert [each() for each in known] == [None] * 3


def test_decorator_in_the_place_of_flask_corss_is_no_error_above_the_route():
    from wsgicors.compat.flask_cors import cross_origin as compatible

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    @app.get("/other", endpoint="other")
    @compatible(origins="https://other.example")
    @app.get("/open")
    def index():
        return "index"

    assert callers(app, "/open") == {PAGE}


def told_by_command(app, *arguments):  # cut into lines as wide as a terminal
    script = ScriptInfo(create_app=lambda: app)
    return CliRunner().invoke(cors_command, arguments, obj=script).output


def test_command_tells_of_declarations_that_govern_no_route():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    @same_origin
    def never_registered():
        return "secret"

    @same_origin
    class NeverRegistered(MethodView):
        def get(self):
            return "secret"

    @app.get("/")
    @same_origin
    def registered():
        return "secret"

    forgotten = same_origin(flask.Blueprint("forgotten", __name__))
    elsewhere = same_origin(flask.Blueprint("elsewhere", __name__))
    flask.Flask("other").register_blueprint(elsewhere)
    app.add_url_rule("/hidden", "hidden", lambda: never_registered())  # noqa: PLW0108 - as is
    shown = "".join(told_by_command(app).split())
    strays = json.loads(told_by_command(app, "--format", "json"))["strays"]
    for name in ("never_registered", "NeverRegistered", "forgotten"):
        assert name in shown
        assert any(name in stray["what"] and "test_strays.py" in stray["where"] for stray in strays)
    assert not any(stray["what"].endswith(".registered") for stray in strays)
    assert not any(stray["what"] == elsewhere.name for stray in strays)
    assert forgotten.name == "forgotten"
