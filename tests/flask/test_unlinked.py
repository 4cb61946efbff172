"""A decorated view that runs where its settings are not in force is shared with those whom both admit."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import threading

import flask
import pytest
from exchanges import ADMIN, EVIL, PAGE, callers
from flask.views import MethodView
from flask_calls import actual, cors_headers, preflight

from wsgicors import CORSMiddleware
from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param
OPEN = {"allow_origins": [PAGE, ADMIN], "allow_credentials": True}


def hiding(view):
    """A decorator without `functools.wraps`."""

    def wrapper(**arguments):
        return view(**arguments)

    return wrapper


def remembering(view):
    """A decorator without `functools.wraps` that runs a view once."""
    answers = []

    def wrapper():
        if not answers:
            answers.append(view())
        return answers[0]

    return wrapper


class Remembering:
    """The same as a class."""

    def __init__(self, view):
        self.view, self.answers = view, []

    def __call__(self):
        if not self.answers:
            self.answers.append(self.view())
        return self.answers[0]


def governed(view, *, methods=("GET", "DELETE"), **fields):
    app = flask.Flask("example")
    CORS(app, **(fields or OPEN))
    app.add_url_rule("/", "index", view, methods=methods)
    return app


def told(caplog):
    return [record for record in caplog.records if record.name == "wsgicors"]


class Hidden:
    """Views that lead to a decorated one in ways that nothing tells."""

    @staticmethod
    def by_a_name_of_the_module():
        return closed()

    @staticmethod
    def by_a_table():
        return TABLE["closed"]()

    by_a_wrapper = staticmethod(hiding(same_origin(lambda: "secret")))


@same_origin
def closed():
    return "secret"


TABLE = {"closed": closed}


@same_origin
async def closed_async():
    return "secret"


async def awaiting():
    return await closed_async()


class LateMethod(MethodView):
    def get(self):
        return same_origin(lambda: "secret")()

    delete = get


@pytest.mark.parametrize(
    "view",
    [
        ROW(Hidden.by_a_name_of_the_module, id="name of the module"),
        ROW(Hidden.by_a_table, id="table"),
        ROW(Hidden.by_a_wrapper, id="wrapper"),
        ROW(hiding(hiding(closed)), id="two wrappers"),
        ROW(hiding(functools.partial(closed)), id="wrapper of a partial"),
        ROW(remembering(closed), id="wrapper that remembers"),
        ROW(Remembering(closed), id="instance that remembers"),
        ROW(functools.partial(lambda view: view(), closed), id="argument of a partial"),
        ROW(awaiting, id="async"),
        ROW(LateMethod.as_view("late"), id="decorated for each request"),
    ],
)
def test_hidden_view_is_shared_with_nobody_and_an_error_says_why_once(view, caplog):
    app = governed(view)
    for _ in range(2):
        assert callers(app) == set()
        assert cors_headers(actual(app)) == {"Vary": "Origin"}
    (record,) = told(caplog)
    assert record.levelno == logging.ERROR
    for part in ("@same_origin at flask/test_unlinked.py:", "'index'", "nobody", "functools.wraps"):
        assert part in record.getMessage()


def test_view_that_only_names_a_closed_one_is_told_how_to_name_it(caplog):
    @same_origin
    def login():
        return "login"

    app = governed(lambda: flask.url_for(login.__name__))
    app.add_url_rule("/login", "login", login)
    assert callers(app) == set()
    assert "or holds it" in caplog.text
    assert "give it the name of the endpoint" in caplog.text
    named = governed(lambda: flask.url_for("login"))
    named.add_url_rule("/login", "login", login)
    assert callers(named) == {PAGE, ADMIN}


@pytest.mark.parametrize(
    "view",
    [
        ROW(hiding(closed), id="wrapper"),
        ROW(hiding(hiding(closed)), id="two wrappers"),
        ROW(functools.partial(lambda view: view(), closed), id="argument of a partial"),
    ],
)
def test_preflight_of_what_a_view_holds_is_denied_before_it_ever_ran(view):
    assert preflight(governed(view), "/", "DELETE").status_code == 403


def test_hidden_view_refuses_what_it_says_before_it_runs():
    runs = []
    view = hiding(cross_origin(refuse_denied=True)(lambda: runs.append("run") or "view"))
    app = governed(view)
    assert actual(app, "/", "DELETE", origin=EVIL).status_code == 403
    assert runs == []
    assert actual(app, "/", "DELETE").status_code == 200


def test_preflight_is_denied_once_it_was_seen_what_runs():
    app = governed(Hidden.by_a_table)
    assert preflight(app, "/", "DELETE").status_code == 204
    actual(app, "/", "DELETE")
    assert preflight(app, "/", "DELETE").status_code == 403


@pytest.mark.parametrize(
    ("declared", "governing", "shared", "level"),
    [
        ROW([ADMIN], OPEN, {ADMIN}, logging.WARNING, id="narrower"),
        ROW([ADMIN, EVIL], OPEN, {ADMIN}, logging.WARNING, id="overlapping"),
        ROW("*", {"allow_origins": [ADMIN]}, {ADMIN}, logging.WARNING, id="wider"),
        ROW([EVIL], OPEN, set(), logging.ERROR, id="others"),
        ROW("*", OPEN, set(), logging.ERROR, id="in conflict"),
        ROW([PAGE], {"allow_origins": []}, set(), logging.ERROR, id="shared with nobody"),
        ROW("https://*.example.com", OPEN, {PAGE, ADMIN}, logging.WARNING, id="pattern"),
        ROW([PAGE, ADMIN], OPEN, {PAGE, ADMIN}, None, id="the same"),
    ],
)
def test_response_is_shared_with_those_whom_both_admit(declared, governing, shared, level, caplog):
    app = governed(hiding(cross_origin(allow_origins=declared)(lambda: "view")), **governing)
    assert callers(app) == shared
    assert callers(app, "/", "DELETE") == shared
    assert {record.levelno for record in told(caplog)} == ({level} - {None})


def test_credentials_and_exposed_headers_are_those_of_both():
    view = cross_origin(allow_credentials=False, expose_headers=["Link"])(lambda: "view")
    app = governed(hiding(view), **OPEN, expose_headers=["ETag", "Link"])
    assert cors_headers(actual(app)) == {
        "Allow-Origin": PAGE,
        "Expose-Headers": "Link",
        "Vary": "Origin",
    }


def test_dispatcher_is_narrowed_only_where_it_runs_what_is_closed():
    @cross_origin(allow_origins=[ADMIN])
    def for_admin():
        return "admin"

    views = {"closed": closed, "admin": for_admin, "open": lambda: "open"}

    def dispatcher():
        return views[flask.request.args["view"]]()

    app = governed(dispatcher)
    assert callers(app, "/?view=open") == {PAGE, ADMIN}
    assert callers(app, "/?view=closed") == set()
    assert callers(app, "/?view=admin") == {ADMIN}
    assert callers(app, "/?view=open") == {PAGE, ADMIN}


def test_error_of_a_hidden_view_is_not_shared_either():
    @same_origin
    def crashing():
        return 1 / 0

    app = governed(hiding(crashing))
    assert callers(app) == set()


def test_hidden_view_behind_middleware_that_copies_is_not_shared_either():
    app = flask.Flask("example")
    inside = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inside(dict(environ), start_response)
    CORS(app, **OPEN)
    app.add_url_rule("/", "index", Hidden.by_a_table)
    assert callers(app) == set()


def in_a_thread():
    """Run a view as Flask's documentation has greenlets run: with a copy of the request's context."""
    answers = []
    run = flask.copy_current_request_context(lambda: answers.append(Hidden.by_a_table()))
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answers[0]


def test_hidden_view_that_runs_in_a_thread_is_shared_with_nobody():
    app = governed(in_a_thread)
    assert cors_headers(actual(app, "/", "DELETE")) == {"Vary": "Origin"}
    assert preflight(app, "/", "DELETE").status_code == 403


def test_view_that_copies_its_context_is_under_its_own_policy():
    view = cross_origin(allow_origins=[PAGE])(in_a_thread_alone)
    app = governed(view, allow_origins=[ADMIN])
    assert callers(app) == {PAGE}


def in_a_thread_alone():
    flask.copy_current_request_context(lambda: None)()
    return "own"


@same_origin
class Secrets:
    """Its methods are not decorated themselves, so they do not tell when they run."""

    def read(self):
        return "secret"


class InSlot:
    __slots__ = ("read",)

    def __init__(self, read):
        self.read = read

    def __call__(self):
        return self.read()


def by_name(owner):
    def dispatcher():
        return getattr(owner() if isinstance(owner, type) else owner, "read")()  # noqa: B009

    return dispatcher


@pytest.mark.parametrize(
    "view",
    [
        ROW(by_name(Secrets), id="class"),
        ROW(by_name(Secrets()), id="instance"),
        ROW(hiding(Secrets().read), id="method"),
        ROW(InSlot(Secrets().read), id="slot"),
        ROW(InSlot(closed), id="decorated view in a slot"),
        ROW(functools.partial(lambda owner: owner.read(), Secrets()), id="argument"),
    ],
)
def test_method_of_a_closed_class_that_is_called_by_name_is_not_shared(view):
    app = governed(view)
    assert preflight(app, "/", "DELETE").status_code == 403
    assert callers(app) == set()


class Overriding(flask.Request):
    """A request that says itself which method it is."""

    @property
    def method(self):
        return self.environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", self.environ["REQUEST_METHOD"])

    @method.setter
    def method(self, value):
        """Leave it as the environ has it."""


def test_method_that_the_request_overrides_is_the_one_that_counts():
    class Item(MethodView):
        def post(self):
            return "posted"

        @same_origin
        def delete(self):
            return "deleted"

    app = governed(Item.as_view("item"), methods=["POST", "DELETE"])
    app.request_class = Overriding
    overridden = actual(app, "/", "POST", headers={"X-HTTP-Method-Override": "DELETE"})
    assert overridden.text == "deleted"
    assert cors_headers(overridden) == {"Vary": "Origin"}
    assert "Allow-Origin" in cors_headers(actual(app, "/", "POST"))


def test_alone_a_hidden_view_is_shared_with_nobody_and_an_error_says_why(caplog):
    app = flask.Flask("example")
    app.add_url_rule("/", "index", hiding(cross_origin(allow_origins=[PAGE])(lambda: "view")))
    assert callers(app) == set()
    (record,) = told(caplog)
    assert record.levelno == logging.ERROR


def test_alone_an_open_view_that_runs_a_closed_one_is_not_shared():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(Hidden.by_a_table))
    assert callers(app) == set()


def opening(view):
    """A view that shares with everybody by itself."""
    return lambda: (view(), 200, {"Access-Control-Allow-Origin": "*"})


def calling_by_name():
    return closed()


def unfound(app):
    app.register_error_handler(404, lambda error: closed())


def undecorated(app):
    app.add_url_rule("/", "index", calling_by_name, methods=["GET", "DELETE"])


@pytest.mark.parametrize("add", [unfound, undecorated])
def test_closed_view_that_runs_where_nothing_governs_stays_closed_within_another_layer(add, caplog):
    app = flask.Flask("example")
    add(app)
    assert callers(CORSMiddleware(app, allow_origins=[PAGE])) == set()
    (record,) = told(caplog)
    assert (record.levelno, "shared with nobody" in record.message) == (logging.ERROR, True)


def test_endpoint_that_is_not_governed_opens_no_closed_view_that_it_runs():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", opening(calling_by_name), methods=["GET", "DELETE"])
    app.add_url_rule("/other", "other", opening(lambda: "other"))
    CORS(app, endpoints={"index": None, "other": None}, **OPEN)
    assert cors_headers(actual(app)) == {"Vary": "Origin"}
    assert preflight(app, "/", "GET").status_code == 403
    assert cors_headers(actual(app, "/other")) == {"Allow-Origin": "*"}


def test_decorating_for_each_request_leaves_nothing_behind():
    from wsgicors.flask import declarations

    app = governed(LateMethod.as_view("late"))
    actual(app)
    gc.collect()
    before = sum(1 for _ in declarations.all_declared())
    for _ in range(20):
        actual(app)
    gc.collect()
    assert sum(1 for _ in declarations.all_declared()) <= before


def test_coroutines_of_a_decorated_view_can_be_awaited_outside_of_requests():
    assert asyncio.run(awaiting()) == "secret"


def by_errorhandler(app, decorated):
    app.errorhandler(404)(decorated)


def by_register_error_handler(app, decorated):
    app.register_error_handler(404, functools.partial(decorated))


def by_app_errorhandler(app, decorated):
    blueprint = flask.Blueprint("errors", __name__)
    blueprint.app_errorhandler(404)(decorated)
    app.register_blueprint(blueprint)


def by_before_request(app, decorated):
    app.before_request(decorated)


def by_before_app_request(app, decorated):
    blueprint = flask.Blueprint("hooks", __name__)
    blueprint.before_app_request(decorated)
    app.register_blueprint(blueprint)


BESIDE_VIEWS = [
    by_errorhandler,
    by_register_error_handler,
    by_app_errorhandler,
    by_before_request,
    by_before_app_request,
]


def with_function_beside_views(add, decorate, **fields):
    app = flask.Flask("example")
    CORS(app, **(fields or OPEN))
    add(app, decorate(lambda *given: ("not found", 404)))
    return app


@pytest.mark.parametrize("add", BESIDE_VIEWS)
@pytest.mark.parametrize(
    ("decorate", "shared"),
    [
        ROW(same_origin, set(), id="closed"),
        ROW(cross_origin(allow_origins=[]), set(), id="nobody"),
        ROW(cross_origin(allow_origins=[ADMIN]), {ADMIN}, id="narrower"),
        ROW(cross_origin(allow_origins=[ADMIN, PAGE]), {PAGE, ADMIN}, id="the same"),
    ],
)
def test_hook_or_error_handler_that_shares_with_fewer_is_in_force_in_silence(
    add, decorate, shared, caplog
):
    fields = {**OPEN, "allow_headers": ["X-Token"], "expose_headers": ["ETag"], "max_age": 60}
    app = with_function_beside_views(add, decorate, **fields)
    assert callers(app, "/nowhere") == shared
    assert not told(caplog)


@pytest.mark.parametrize("add", BESIDE_VIEWS)
def test_hook_or_error_handler_that_wants_what_it_cannot_have_is_told_so(add, caplog):
    app = with_function_beside_views(add, cross_origin(allow_origins=[ADMIN, PAGE, EVIL]))
    actual(app, "/nowhere")
    (record,) = told(caplog)
    assert "A hook or an error handler can only take away" in record.getMessage()


@pytest.mark.parametrize("add", BESIDE_VIEWS)
def test_hook_or_error_handler_that_refuses_does_so_in_silence(add, caplog):
    app = with_function_beside_views(add, cross_origin(refuse_denied=True))
    assert actual(app, "/nowhere", "POST", origin="https://stranger.example").status_code == 403
    actual(app, "/nowhere", origin=PAGE)
    assert not told(caplog)


def test_closed_error_handler_is_silent_where_another_layer_shares(caplog):
    app = flask.Flask("example")
    by_errorhandler(app, same_origin(lambda error: ("not found", 404)))
    assert callers(CORSMiddleware(app, allow_origins=[PAGE]), "/nowhere") == set()
    assert not told(caplog)


def running_another(inner, outer, **fields):
    """An application with a view that runs another one, which has a route, by a name."""
    app = flask.Flask("example")
    CORS(app, **(fields or OPEN))
    app.add_url_rule("/inner", "inner", inner(lambda: "inner"))

    def run_it():
        return app.view_functions["inner"]()

    app.add_url_rule("/", "outer", outer(run_it))
    return app


@pytest.mark.parametrize(
    ("inner", "outer", "shared"),
    [
        ROW({"allow_origins": [ADMIN, PAGE]}, {"allow_origins": [PAGE, ADMIN]}, {PAGE, ADMIN}),
        ROW({"allow_origins": [PAGE, ADMIN, EVIL]}, {}, {PAGE, ADMIN}, id="wider"),
        ROW({"max_age": 5}, {"allow_origins": [PAGE]}, {PAGE}, id="inherits more"),
        ROW({"allow_origins": "*", "allow_credentials": False}, {"allow_origins": []}, set()),
        ROW({"allow_headers": ["X-Token"]}, {}, {PAGE, ADMIN}, id="more headers"),
    ],
)
def test_view_with_a_route_that_takes_nothing_away_is_run_in_silence(inner, outer, shared, caplog):
    app = running_another(cross_origin(**inner), cross_origin(**outer))
    assert callers(app) == shared
    assert not told(caplog)


@pytest.mark.parametrize(
    "inner",
    [
        {"allow_origins": [PAGE]},
        {"allow_origins": "*", "allow_credentials": False},
        {"refuse_denied": True},
        {"allow_methods": ["POST"]},
    ],
)
def test_view_with_a_route_that_takes_something_away_is_told_of_where_it_runs(inner, caplog):
    actual(running_another(cross_origin(**inner), lambda view: view))
    (record,) = told(caplog)
    assert "functools.wraps" in record.getMessage()


@pytest.mark.skipif(
    not hasattr(flask.signals.request_started, "receivers"),
    reason="Flask 2.2 has no signals without blinker",
)
@pytest.mark.parametrize("is_governed", [True, False], ids=["CORS", "CORSMiddleware"])
def test_closed_after_request_closes_the_first_response_too(is_governed):
    app = flask.Flask("example")
    app.add_url_rule("/", "index", lambda: "index")
    app.after_request(same_origin(lambda response: response))
    shared = app if is_governed else CORSMiddleware(app, allow_origins=[PAGE])
    if is_governed:
        CORS(app, allow_origins=[PAGE])
    assert [cors_headers(actual(shared)) for _ in range(2)] == [{"Vary": "Origin"}] * 2


# --- a view that calls another one, and loses nothing by that -------------------------------------

BELOW = {"allow_origins": ["https://*.example.com", "https://app.example.net"]}
KNOWN = {"allow_origins": lambda origin, environ: origin == PAGE}


@pytest.mark.parametrize(
    ("fields", "of_caller", "of_called"),
    [
        ROW(BELOW, {}, {"max_age": 60}, id="patterns, max_age"),
        ROW(BELOW, {}, {"expose_headers": ["ETag"]}, id="patterns, exposed headers"),
        ROW(BELOW, {"allow_origins": [PAGE]}, {}, id="inherited patterns, fewer"),
        ROW(BELOW, {"allow_origins": ["https://*.example.com"]}, BELOW, id="fewer patterns"),
        ROW(KNOWN, {}, {"max_age": 60}, id="callable, max_age"),
        ROW(
            {**KNOWN, "allow_credentials": True},
            {},
            {"expose_headers": ["ETag"]},
            id="callable, exposed headers",
        ),
        ROW({"allow_origins": "*"}, {"allow_origins": []}, KNOWN, id="nobody and a callable"),
        ROW(KNOWN, {"allow_origins": []}, BELOW, id="nobody and patterns"),
    ],
)
def test_view_that_calls_one_that_takes_nothing_away_is_shared_as_it_says(
    caplog, fields, of_caller, of_called
):
    app = flask.Flask("example")
    CORS(app, **fields)
    called = cross_origin(**of_called)(lambda: "called")
    app.add_url_rule("/called", "called", called)
    app.add_url_rule("/alone", "alone", cross_origin(**of_caller)(lambda: "caller"))
    app.add_url_rule("/", "index", cross_origin(**of_caller)(lambda: [called()]))
    for origin in (PAGE, ADMIN, EVIL):
        assert cors_headers(actual(app, origin=origin)) == cors_headers(
            actual(app, "/alone", origin=origin)
        )
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("said", "told"), [({"max_age": 60}, 0), ({"expose_headers": ["ETag"]}, 1)]
)
def test_view_without_a_route_loses_nothing_by_a_max_age(caplog, said, told):
    handlers = {"x": cross_origin(**said)(lambda: "x")}
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/<name>", "handle", lambda name: handlers[name]())
    assert cors_headers(actual(app, "/x"))["Allow-Origin"] == PAGE
    assert len(caplog.messages) == told


def test_callable_that_two_views_have_denies_what_the_guards_of_either_deny():
    everybody = {"allow_origins": lambda origin, environ: True}
    app = flask.Flask("example")
    CORS(app, **everybody)
    app.add_url_rule("/", "index", hiding(cross_origin(allow_credentials=True)(lambda: "called")))
    answer = actual(app, origin="http://cafe.example.com")
    assert "Allow-Origin" not in cors_headers(answer)


class Listed(MethodView):
    decorators = (same_origin,)

    def get(self):
        return "seen"


class Heir(Listed):
    pass


class LateMaker:
    """Decorates views by a list of its own, as the ``Api`` of an extension does."""

    def __init__(self):
        self.decorators = [same_origin]

    def made(self, view):
        for decorate in self.decorators:
            view = decorate(view)
        return view


class Resource:
    """Decorates its method as it calls it, as extensions do."""

    method_decorators = (same_origin,)

    def run(self):
        view = lambda: "seen"  # noqa: E731 - it is decorated
        for decorate in self.method_decorators:
            view = decorate(view)
        return view()


@pytest.mark.parametrize(
    ("make", "place"),
    [
        ROW(lambda: Heir.as_view("a"), "(in decorators of 'Listed')", id="class of Flask"),
        ROW(lambda: LateMaker().made(lambda: ""), "(in decorators of 'LateMaker')", id="instance"),
        ROW(lambda: Resource().run, "(in method_decorators of 'Resource')", id="for each request"),
    ],
)
def test_decorator_in_a_list_is_told_by_the_class_that_has_the_list(make, place, caplog):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "index", hiding(make()))
    assert "Allow-Origin" not in cors_headers(actual(app))
    assert f"@same_origin {place} says about the view" in caplog.text
