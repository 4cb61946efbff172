"""A decorator above the route is found where the application is shared from the outside, too."""

from __future__ import annotations

import functools
import gc
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask.views import MethodView
from flask_calls import actual, preflight
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin, inspection, same_origin

ROW = pytest.param


def shared(app, **options):
    return CORSMiddleware(app, allow_origins=[PAGE], allow_credentials=True, **options)


def shop(*decorators):
    """An application in a factory, with decorators on its view, the outermost first."""
    app = flask.Flask("example")
    app.calls = []
    view = lambda: app.calls.append("me") or "secret"  # noqa: E731 - each needs one of its own
    view.__name__ = "me"
    for decorator in reversed(decorators):
        view = app.get("/me")(view) if decorator == "route" else decorator(view)
    return app


def elsewhere(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"not here"]


class InSlots:
    __slots__ = ("inner",)

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        return self.inner(environ, start_response)


class Framework:
    """It is no application, and has one."""

    def __init__(self, app):
        self.server = app

    def serve(self, environ, start_response):
        return self.server(environ, start_response)


class Proxied:
    """It tells what it wraps, and holds it where nobody sees it, as wrappers in C do."""

    def __init__(self, app):
        self.number = len(KEPT)
        KEPT.append(app)

    @property
    def __wrapped__(self):
        return KEPT[self.number]

    def __call__(self, environ, start_response):
        return self.__wrapped__(environ, start_response)


KEPT = []


def in_closure(app):
    def application(environ, start_response):
        return app(environ, start_response)

    return application


def with_argument(app, environ, start_response):
    return app(environ, start_response)


def in_default(app):
    return lambda environ, start_response, app=app: app(environ, start_response)


def under_wraps(app):
    @functools.wraps(app.wsgi_app)
    def application(*request):
        return application.__wrapped__(*request)

    return application


GLOBAL = None


def by_name(environ, start_response):
    return GLOBAL(environ, start_response)


class ByName:
    def __call__(self, environ, start_response):
        return GLOBAL(environ, start_response)


def with_any_arguments(*request):
    return GLOBAL(*request)


def in_module(environ, start_response):
    return MODULE.app(environ, start_response)


MODULE = types.ModuleType("shop")


def made_global(application):
    def around(app):
        globals()["GLOBAL"] = MODULE.app = app
        return shared(application)

    return around


def assigned(app):
    app.wsgi_app = shared(app.wsgi_app)
    return app


def assigned_around(app):
    app.wsgi_app = shared(ProxyFix(app.wsgi_app))
    return app


def under_another_app(app):
    outer = flask.Flask("outer")
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/shop": app})
    return outer


def under_a_governed_app(app):
    outer = under_another_app(app)
    CORS(outer, allow_origins=[PAGE], allow_credentials=True)
    return outer


AROUND = {
    "the application": shared,
    "its wsgi_app": lambda app: shared(app.wsgi_app),
    "assigned": assigned,
    "assigned, around another middleware": assigned_around,
    "ProxyFix": lambda app: shared(ProxyFix(app)),
    "ProxyFix of wsgi_app": lambda app: shared(ProxyFix(app.wsgi_app)),
    "ProxyFix outside": lambda app: ProxyFix(shared(app)),
    "a dispatcher": lambda app: shared(DispatcherMiddleware(elsewhere, {"/shop": app})),
    "a dispatcher of wsgi_app": lambda app: shared(DispatcherMiddleware(app.wsgi_app)),
    "a dispatcher in an application": lambda app: shared(under_another_app(app)),
    "an application that CORS governs": under_a_governed_app,
    "slots": lambda app: shared(InSlots(app)),
    "a wrapper": lambda app: shared(Proxied(app)),
    "a method of a framework": lambda app: shared(Framework(app).serve),
    "a closure": lambda app: shared(in_closure(app)),
    "a default": lambda app: shared(in_default(app)),
    "a partial": lambda app: shared(functools.partial(with_argument, app)),
    "wraps": lambda app: shared(under_wraps(app)),
    "a global name": made_global(by_name),
    "a global name in a class": made_global(ByName()),
    "a global name in a lambda": made_global(lambda e, s: GLOBAL(e, s)),  # noqa: PLW0108 - as is
    "a global name with any arguments": made_global(with_any_arguments),
    "a name in a module": made_global(in_module),
    "a proxy": lambda app: shared(LocalProxy(lambda: app)),
    "another one of its kind": lambda app: shared(shared(app)),
    "one that answers exceptions": lambda app: shared(app, answer_exceptions=True),
    "one on trial": lambda app: shared(app, trial=Policy(allow_origins=())),
    "one with routes": lambda app: shared(app, routes={"/other": None}),
    "one with resolve": lambda app: shared(app, resolve=lambda *_: Policy(max_age=5)),
    "an application twice": lambda app: shared(DispatcherMiddleware(app, {"/shop": app})),
}


def path_in(around):
    return "/shop/me" if "dispatcher in" in around or "governs" in around else "/me"


def path_below(around):
    return "/shop/me" if around == "a dispatcher" else path_in(around)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("above", [[same_origin], [cross_origin(max_age=5)]])
def test_decorator_above_the_route_is_found_whatever_stands_around(around, above):
    app = shop(*above, "route")
    served = AROUND[around](app)
    gc.collect()
    for _ in range(2):
        with pytest.raises(ConfigError) as caught:
            actual(served, path_below(around))
        assert [problem.reason for problem in caught.value.problems] == ["above-the-route"]
        assert "/me" in str(caught.value)
    assert app.calls == []


@pytest.mark.parametrize("around", AROUND)
def test_decorator_below_the_route_is_not_mistaken_whatever_stands_around(around):
    app = shop("route", same_origin)
    assert callers(AROUND[around](app), path_below(around)) == set()
    assert set(app.calls) == {"me"}


def test_decorator_whose_result_nobody_keeps_is_found_from_the_outside():
    app = shop("route")
    same_origin(app.view_functions["me"])
    with pytest.raises(ConfigError, match="pass its result to Flask"):
        actual(shared(app), "/me")


def test_what_is_mended_is_answered():
    app = shop(same_origin, "route")
    served = shared(app)
    with pytest.raises(ConfigError):
        actual(served, "/me")
    app.view_functions["me"] = same_origin(lambda: "mended")
    assert actual(served, "/me").text == "mended"


def test_what_is_misplaced_in_all_applications_is_told_at_once():
    apps = {f"/{number}": shop(same_origin, "route") for number in range(3)}
    with pytest.raises(ConfigError) as caught:
        actual(shared(DispatcherMiddleware(elsewhere, apps)))
    assert len(caught.value.problems) == 3


def test_an_application_that_is_not_inside_is_none_of_its_business():
    shop(same_origin, "route")
    assert callers(shared(shop("route")), "/me") == {PAGE}


def test_preflights_are_answered_and_the_request_that_follows_is_not():
    served = shared(shop(same_origin, "route"))
    assert preflight(served, "/me", "GET").status_code == 204
    with pytest.raises(ConfigError):
        actual(served, "/me")


def test_what_is_not_governed_is_not_looked_at():
    served = shared(shop(same_origin, "route"), routes={"/me": None})
    assert actual(served, "/me").access_control_allow_origin is None


@pytest.mark.parametrize("decorators", [(same_origin, "route"), ("route", same_origin)])
def test_requests_that_race_for_the_first_are_all_treated_alike(decorators):
    together = threading.Barrier(8)
    served = shared(shop(*decorators))

    def ask(_):
        together.wait()
        try:
            return actual(served, "/me").status_code
        except ConfigError:
            return "refused"

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, range(8)))
    assert answers == ({200} if decorators[0] == "route" else {"refused"})


def looked_at(monkeypatch):
    """The applications whose routes are looked at, as they are."""
    found = []
    look = inspection.above_routes
    monkeypatch.setattr(
        inspection, "above_routes", lambda app, views: found.append(app) or look(app, views)
    )
    return found


def test_a_middleware_for_each_request_looks_once(monkeypatch):
    app, found = shop("route", same_origin), looked_at(monkeypatch)
    for _ in range(3):
        assert actual(shared(app), "/me").status_code == 200
    assert found == [app]


def test_what_comes_between_two_first_requests_is_looked_at(monkeypatch):
    app, found = shop("route", same_origin), looked_at(monkeypatch)
    assert actual(shared(DispatcherMiddleware(elsewhere, {"/shop": app}))).status_code == 404
    same_origin(app.get("/late")(lambda: "late"))
    with pytest.raises(ConfigError, match="/late"):
        actual(shared(app), "/late")
    assert found == [app, app]


def test_what_is_declared_between_two_first_requests_is_looked_at():
    app = shop("route")
    actual(shared(app), "/other")
    same_origin(app.view_functions["me"])
    with pytest.raises(ConfigError):
        actual(shared(app), "/me")


def test_what_becomes_a_view_between_two_first_requests_is_looked_at():
    def late():
        return "late"

    app, kept = shop("route"), same_origin(late)
    assert actual(shared(app), "/me").status_code == 200
    app.view_functions["late"] = late
    app.url_map.add(app.url_rule_class("/late", endpoint="late", methods=["GET"]))
    with pytest.raises(ConfigError, match="/late"):
        actual(shared(app), "/late")
    assert kept is not late


class Lazy:
    """It makes the application when the first request comes."""

    def __init__(self, *decorators):
        self.decorators, self.instances = decorators, {}

    def __call__(self, environ, start_response):
        app = self.instances.setdefault(
            "shop", self.instances.get("shop") or shop(*self.decorators)
        )
        return app(environ, start_response)


@pytest.mark.parametrize("more", [{}, {"answer_exceptions": True}])
def test_an_application_that_is_made_with_the_first_request_is_looked_at(more):
    served = shared(Lazy(same_origin, "route"), **more)
    # Flask itself answers what comes before it is seen from the outside.
    assert actual(served, "/me").status_code == 500
    for _ in range(2):
        with pytest.raises(ConfigError):
            actual(served, "/me")
    assert callers(shared(Lazy("route", same_origin), **more), "/me") == set()


def test_what_is_declared_while_an_application_is_looked_at_is_looked_at_then(monkeypatch):
    app, late = shop("route"), [same_origin(lambda: "of another application")]
    look = inspection.above_routes

    def look_slowly(app, views):
        yield from look(app, views)
        if len(late) == 1:
            late.append(same_origin(app.get("/late")(lambda: "late")))

    monkeypatch.setattr(inspection, "above_routes", look_slowly)
    served = shared(app)
    assert actual(served, "/me").status_code == 500
    with pytest.raises(ConfigError, match="/late"):
        actual(served, "/me")


def test_what_is_decorated_for_each_request_is_no_news(monkeypatch):
    app = shop("route", same_origin)

    @app.get("/anew")
    def anew():
        return same_origin(lambda: "anew")()

    served = shared(app)
    assert actual(served, "/anew").status_code == 200
    monkeypatch.setattr(inspection, "applications", None)
    for _ in range(3):
        assert actual(served, "/anew").text == "anew"


class Endless:
    """Its parts are many, and each leads to the others."""

    def __init__(self, app):
        self.parts = {number: in_closure(self) for number in range(5000)}
        self.app = in_closure(in_closure(app))

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


def test_an_application_is_found_beside_very_many_other_things():
    with pytest.raises(ConfigError):
        actual(shared(Endless(shop(same_origin, "route"))), "/me")


def test_what_stands_very_far_inside_is_not_followed_without_end():
    app = shop(same_origin, "route")
    for _ in range(900):
        app = in_closure(app)
    with pytest.raises(ConfigError):
        actual(shared(app), "/me")
    many = [in_closure(elsewhere) for _ in range(5000)]
    applications = inspection.applications([many, [[[app]]]])
    assert list(applications) == []


def test_a_proxy_that_stands_for_nothing_is_passed_by():
    nothing = LocalProxy(flask.current_app._get_current_object)
    assert list(inspection.applications([nothing, shop()])) != []


# --- what is declared where no view runs that could answer for it ---------------------------------


class Restful(MethodView):
    def get(self):
        return "secret"


def pages():
    class Pages:
        def home(self):
            return "secret"

        def __call__(self):
            return "secret"

    return Pages


def as_base(decorate):
    base = decorate(type("Private", (MethodView,), {}))
    return type("Account", (base, Restful), {"decorators": [lambda view: view]}).as_view("me")


def as_mixin(decorate):
    guarded = decorate(type("Guarded", (), {"get": lambda self: "secret"}))
    return type("Account", (guarded, MethodView), {}).as_view("me")


def as_class_with_other_decorators(decorate):
    account = decorate(type("Account", (Restful,), {}))
    account.decorators = [lambda view: view]
    return account.as_view("me")


def as_class_that_has_made_its_view(decorate):
    account = type("Account", (Restful,), {})
    view = account.as_view("me")
    decorate(account)
    return view


def as_class_with_a_way_of_its_own(decorate):
    def as_view(cls, name):
        return lambda: cls().get()

    account = decorate(type("Account", (Restful,), {}))
    account.as_view = classmethod(as_view)
    view = account.as_view("me")
    view.view_class = account
    return view


def as_method_of_plain_class(decorate):
    return decorate(pages())().home


def as_instance_of_class(decorate):
    return decorate(pages())()


CLASSES = [
    as_base,
    as_mixin,
    as_class_with_other_decorators,
    as_class_that_has_made_its_view,
    as_class_with_a_way_of_its_own,
    as_method_of_plain_class,
    as_instance_of_class,
]


@pytest.mark.parametrize("view", CLASSES)
@pytest.mark.parametrize(
    ("decorate", "who"),
    [(same_origin, set()), (cross_origin(allow_origins=[ADMIN]), {ADMIN})],
    ids=["same_origin", "cross_origin"],
)
def test_what_is_declared_of_a_class_holds_where_the_application_is_shared(view, decorate, who):
    app = flask.Flask("example")
    app.add_url_rule("/", "me", view(decorate))
    outside = CORSMiddleware(app, allow_origins=[PAGE, ADMIN], allow_credentials=True)
    assert callers(outside) == who


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("hooks", ["blueprint", "application"])
def test_what_a_hook_answers_for_a_closed_blueprint_is_closed(place, hooks):
    app, blueprint = flask.Flask("example"), flask.Blueprint("b", "example")
    if place == "before":
        same_origin(blueprint)
    (blueprint if hooks == "blueprint" else app).before_request(lambda: "hello user 7")
    if place == "after":
        same_origin(blueprint)
    blueprint.add_url_rule("/", "index", lambda: "index")
    app.register_blueprint(blueprint)
    assert callers(shared(app)) == set()


def test_what_nothing_is_said_of_is_shared_beside_what_is_closed():
    app = shop("route", same_origin)
    app.add_url_rule("/", "index", lambda: "index")
    assert callers(shared(app), "/") == {PAGE}
    assert callers(shared(app), "/me") == set()


def test_an_application_of_which_nothing_is_said_is_left_as_it_is():
    """Another one in the process has decorators; this one has keys that are Flask-CORS's."""
    shop("route", same_origin)
    app = flask.Flask("plain")
    app.config["CORS_ORIGINS"] = "*"
    app.add_url_rule("/", "index", lambda: "index")
    assert callers(shared(app), "/") == {PAGE}
    assert app.after_request_funcs == {}


def test_a_class_that_is_closed_after_a_request_is_closed_with_the_next():
    app = flask.Flask("example")
    account = type("Account", (Restful,), {})
    app.add_url_rule("/", "me", account.as_view("me"))
    outside = shared(app)
    shop("route", same_origin)
    assert callers(outside) == {PAGE}
    same_origin(account)
    assert callers(outside) == set()


def test_an_unused_decorator_is_told_before_it_is_known_which_application_it_is_for(caplog):
    app = flask.Flask("example")

    @same_origin
    @app.get("/me")
    def me():
        return "secret"

    apps = frozenset([app])

    def application(environ, start_response):
        return next(iter(apps))(environ, start_response)

    for _ in range(2):
        actual(shared(application), "/me")
    told = [record.getMessage() for record in caplog.records if "no route uses" in record.msg]
    # Before, it cannot be told that a decorator is the first of several.
    assert len(told) == (sys.version_info >= (3, 11))
