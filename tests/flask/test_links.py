"""A declaration takes effect on whatever a view can be made of, and whatever is put around it."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask.views import MethodView, View
from flask_calls import actual, cors_headers, look_anew, preflight
from werkzeug.utils import cached_property, import_string

from wsgicors.flask import CORS, cross_origin, links, same_origin, views

ROW = pytest.param


def secret(self=None):
    return "secret"


class Users:
    """With a method of each kind, all of them decorated."""

    @same_origin
    def method(self):
        return "secret"

    @same_origin
    @classmethod
    def above_class_method(cls):
        return "secret"

    @classmethod
    @same_origin
    def below_class_method(cls):
        return "secret"

    @same_origin
    @staticmethod
    def above_static_method():
        return "secret"

    @staticmethod
    @same_origin
    def below_static_method():
        return "secret"

    partial_method = functools.partialmethod(same_origin(secret))

    def bare(self):
        return "secret"

    @classmethod
    def bare_of_class(cls):
        return "secret"


@same_origin
class ClosedUsers(Users):
    def own(self):
        return "secret"


class Called:
    @same_origin
    def __call__(self):
        return "secret"


class CalledBare:
    methods = ("GET",)

    def __call__(self):
        return "secret"


@same_origin
class CalledOfClosedClass(CalledBare):
    pass


class Slotted:
    __slots__ = ()

    def __call__(self):
        return "secret"


@dataclasses.dataclass
class Data:
    """Its instances compare by value, and have no hash."""

    text: str

    def __call__(self):
        return self.text


@dataclasses.dataclass(frozen=True)
class FrozenData:
    text: str

    @same_origin
    def __call__(self):
        return self.text


class Stubborn:
    """It refuses to be compared, hashed or asked for what it has not."""

    def __eq__(self, other):
        raise RuntimeError

    def __hash__(self):
        raise RuntimeError

    def __bool__(self):
        raise RuntimeError

    @same_origin
    def __call__(self):
        return "secret"


class TimedMethod:
    """A decorator that is a class, and binds as functions do."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *arguments):
        return self.function(*arguments)

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self.function, instance)


class WithTimed:
    @same_origin
    @TimedMethod
    def above(self):
        return "secret"

    @TimedMethod
    @same_origin
    def below(self):
        return "secret"


class LazyView:
    """As in Flask's documentation, "Lazily Loading Views"."""

    def __init__(self, import_name):
        self.__module__, self.__name__ = import_name.rsplit(".", 1)
        self.import_name = import_name

    @cached_property
    def view(self):
        return import_string(self.import_name)

    def __call__(self, *args, **kwargs):
        return self.view(*args, **kwargs)


@pytest.fixture(autouse=True)
def lazy_module(monkeypatch):
    module = types.ModuleType("lazily_imported")
    module.secret = same_origin(secret)
    module.renamed = same_origin(lambda: "secret")
    monkeypatch.setitem(sys.modules, "lazily_imported", module)


@pytest.mark.parametrize(
    "make_view",
    [
        ROW(lambda: Users().method, id="method"),
        ROW(lambda: Users.below_class_method, id="class method"),
        ROW(lambda: Users().below_class_method, id="class method of an instance"),
        ROW(lambda: Users.above_class_method, id="decorator over classmethod"),
        ROW(lambda: Users.below_static_method, id="static method"),
        ROW(lambda: Users.above_static_method, id="decorator over staticmethod"),
        ROW(lambda: Users().partial_method, id="partialmethod"),
        ROW(lambda: functools.partial(Users.partial_method, None), id="partialmethod of a class"),
        ROW(lambda: same_origin(Users().bare), id="bound method"),
        ROW(lambda: ClosedUsers().own, id="method of a decorated class"),
        ROW(lambda: ClosedUsers().bare, id="method that a decorated class inherits"),
        ROW(lambda: ClosedUsers().bare_of_class, id="class method of a decorated class"),
        ROW(lambda: functools.partial(ClosedUsers.own, None), id="function of a decorated class"),
        ROW(lambda: functools.partial(same_origin(secret)), id="partial of a decorated view"),
        ROW(lambda: same_origin(functools.partial(secret)), id="decorated partial"),
        ROW(lambda: functools.partial(functools.partial(same_origin(secret)), None), id="partials"),
        ROW(lambda: functools.partial(Users().method), id="partial of a method"),
        ROW(Called, id="decorated __call__"),
        ROW(CalledOfClosedClass, id="instance of a decorated class"),
        ROW(lambda: same_origin(CalledBare()), id="decorated instance"),
        ROW(lambda: same_origin(Slotted()), id="decorated instance with slots"),
        ROW(lambda: same_origin(Data("secret")), id="decorated instance of a dataclass"),
        ROW(lambda: FrozenData("secret"), id="decorated __call__ of a dataclass"),
        ROW(Stubborn, id="instance that refuses to be compared"),
        ROW(lambda: same_origin(Stubborn()), id="decorated instance that refuses to be compared"),
        ROW(lambda: WithTimed().above, id="over a decorator that is a class"),
        ROW(lambda: WithTimed().below, id="under a decorator that is a class"),
        ROW(lambda: LazyView("lazily_imported.secret"), id="lazily imported"),
        ROW(lambda: LazyView("lazily_imported.renamed"), id="lazily imported, by another name"),
        ROW(lambda: same_origin(LazyView("os.getcwd")), id="lazily imported builtin, decorated"),
        ROW(lambda: functools.lru_cache(same_origin(secret)), id="cached"),
        ROW(lambda: same_origin(functools.lru_cache(secret)), id="over a cache"),
        ROW(
            lambda: functools.partial(functools.singledispatch(same_origin(secret)), None),
            id="singledispatch",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_is_closed_stays_closed(make_view, caplog):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    app.add_url_rule("/secret", "secret", make_view(), methods=["GET", "DELETE"])
    assert preflight(app, "/secret", "DELETE").status_code == 403
    assert callers(app, "/secret") == set()
    assert actual(app, "/secret").status_code == 200
    assert not caplog.records


@pytest.mark.parametrize(
    "make_view",
    [
        ROW(lambda open_: functools.partial(open_(secret)), id="partial"),
        ROW(lambda open_: open_(functools.partial(secret)), id="decorated partial"),
        ROW(lambda open_: open_(Users().bare), id="bound method"),
        ROW(lambda open_: open_(CalledBare()), id="instance"),
        ROW(lambda open_: types.MethodType(open_(secret), object()), id="method"),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_what_is_opened_is_open(make_view, alone):
    app = flask.Flask("example")
    if not alone:
        CORS(app, allow_origins=[])
    view = make_view(cross_origin(allow_origins=[PAGE]))
    app.add_url_rule("/", "index", view, methods=["GET", "PUT"])
    assert callers(app) == {PAGE}
    assert not alone or cors_headers(actual(app))["Allow-Origin"] == PAGE


def copying(view):
    """A wrapper that is said to stand for what the view stands for; the library `decorator` makes such."""

    def wrapper(*args, **kwargs):
        return view(*args, **kwargs)

    wrapper.__wrapped__ = view
    wrapper.__dict__.update(view.__dict__)
    return wrapper


@pytest.mark.parametrize("decorators", [[copying], [copying, copying], [functools.wraps, copying]])
def test_wrapper_that_copies_all_of_a_decorated_view_does_not_pass_it_by(decorators, caplog):
    view = cross_origin(allow_origins=[ADMIN])(lambda: "open")
    for decorator in decorators:
        view = copying(view) if decorator is copying else functools.wraps(view)(copying(view))
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "index", view, methods=["PUT"])
    assert callers(app, "/", "PUT") == {ADMIN}
    assert not caplog.records


def test_wrapper_of_a_bound_method_leaves_what_is_said_of_the_method_there():
    @same_origin
    class Items:
        @cross_origin(allow_origins=[PAGE])
        def index(self):
            return "index"

    bound = Items().index
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    app.add_url_rule("/", "index", functools.wraps(bound)(functools.partial(bound)))
    assert callers(app, "/") == {PAGE}


def test_lazily_imported_view_is_open_as_it_says(monkeypatch):
    sys.modules["lazily_imported"].secret = cross_origin(allow_origins=[PAGE])(secret)
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    app.add_url_rule("/", view_func=LazyView("lazily_imported.secret"), methods=["PUT"])
    assert callers(app, "/", "PUT") == {PAGE}


def test_lazily_imported_view_that_cannot_be_imported_leaves_the_others_alone():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/broken", view_func=LazyView("no_such_module.view"))
    app.add_url_rule("/", "index", same_origin(secret))
    app.add_url_rule("/open", "open", lambda: "open")
    assert callers(app) == set()
    assert callers(app, "/open") == {PAGE}


def test_dispatcher_that_holds_an_open_view_is_not_opened_by_it():
    class Dispatcher:
        def __init__(self):
            self.view = cross_origin(allow_origins=[PAGE])(lambda: "open")

        def __call__(self):
            return "secret" if "secret" in flask.request.args else self.view()

    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    app.add_url_rule("/", "index", Dispatcher())
    assert callers(app, "/?secret") == set()
    assert callers(app) == set()


def test_method_says_more_than_its_class_and_neither_opens_the_other():
    @same_origin
    class Closed:
        @cross_origin(allow_origins=[PAGE])
        def opened(self):
            return "open"

        def closed(self):
            return "closed"

    app = flask.Flask("example")
    CORS(app, allow_origins=[ADMIN])
    app.add_url_rule("/open", "open", Closed().opened)
    app.add_url_rule("/closed", "closed", Closed().closed)
    assert callers(app, "/open") == {PAGE}
    assert callers(app, "/closed") == set()


def test_dispatch_of_a_view_class_can_be_decorated():
    class Secret(View):
        @same_origin
        def dispatch_request(self):
            return "secret"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", view_func=Secret.as_view("secret"))
    assert callers(app) == set()


def test_endless_chain_of_wrapped_views_ends():
    class Endless:
        __name__ = "endless"

        def __getattr__(self, name):
            if name in ("methods", "required_methods", "provide_automatic_options"):
                raise AttributeError(name)
            return Endless()

        def __call__(self):
            return "endless"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    same_origin(secret)
    app.add_url_rule("/", view_func=Endless())
    assert callers(app) == {PAGE}


# --- what is put in its place later -----------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_method_that_is_swapped_after_the_first_request(method):
    class Items(MethodView):
        def get(self):
            return "got"

        def delete(self):
            return "deleted"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", view_func=Items.as_view("items"))
    closed = same_origin(secret)
    assert callers(app, "/", method) == {PAGE}
    setattr(Items, method.lower(), closed)
    assert preflight(app, "/", method).status_code == 403
    assert callers(app, "/", method) == set()


def test_call_that_is_swapped_after_the_first_request():
    class Item:
        def __call__(self):
            return "item"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "item", Item(), methods=["DELETE"])
    assert callers(app, "/", "DELETE") == {PAGE}
    Item.__call__ = same_origin(Item.__call__)
    assert preflight(app, "/", "DELETE").status_code == 403
    assert callers(app, "/", "DELETE") == set()


def test_class_that_is_decorated_after_the_first_request():
    class Items(Users):
        pass

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "item", Items().bare, methods=["DELETE"])
    assert callers(app, "/", "DELETE") == {PAGE}
    same_origin(Items)
    assert callers(app, "/", "DELETE") == set()


@pytest.mark.parametrize("number", [1, 20])
def test_decorated_classes_are_listed_once_for_all_views(number, monkeypatch):
    class Closed(MethodView):
        def get(self):
            return "secret"

    # As for a class of a module.
    Closed.get.__qualname__ = "Closed.get"
    same_origin(Closed)
    app = flask.Flask("example", static_folder=None)
    for index in range(number):
        app.add_url_rule(f"/{index}", view_func=Closed.as_view(f"closed{index}"))
    CORS(app, allow_origins=[PAGE])
    listed = []
    monkeypatch.setattr(links, "declared_classes", lambda: listed.append(1) or [Closed])
    app.extensions["wsgicors"].ensure_checked()
    assert len(listed) == 1
    assert callers(app, "/0") == set()


def counting_looks(monkeypatch):
    looks = []

    class Counting(views.View):
        __slots__ = ()

        def __init__(self, view):
            looks.append(view)
            super().__init__(view)

    monkeypatch.setattr(views, "View", Counting)
    return looks


def test_a_view_is_looked_at_once_for_all_of_its_methods(monkeypatch):
    looks = counting_looks(monkeypatch)
    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[PAGE])
    view = cross_origin(max_age=60)(lambda: "item")
    app.add_url_rule("/", "item", view, methods=["GET", "PUT", "DELETE"])
    for method in ("GET", "PUT", "DELETE"):
        assert callers(app, "/", method) == {PAGE}
    assert looks == [view]


def test_a_blueprint_that_is_decorated_late_has_no_view_looked_at_again(monkeypatch):
    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "item", cross_origin(max_age=60)(lambda: "item"))
    assert callers(app) == {PAGE}
    looks = counting_looks(monkeypatch)
    look_anew()
    assert callers(app) == {PAGE}
    assert looks == []


def test_policies_follow_an_endpoint_whose_view_becomes_a_class_and_a_function_again():
    class Closed(MethodView):
        @same_origin
        def put(self):
            return "closed"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "item", lambda: "open", methods=["GET", "PUT"])
    function, view = app.view_functions["item"], Closed.as_view("item")
    for each, allowed in ((function, {PAGE}), (view, set()), (function, {PAGE}), (view, set())):
        app.view_functions["item"] = each
        assert callers(app, "/", "PUT") == allowed


def test_dispatch_of_a_class_that_is_swapped_after_the_first_request():
    class Item(MethodView):
        def put(self):
            return "put"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", view_func=Item.as_view("item"))
    assert callers(app, "/", "PUT") == {PAGE}
    Item.dispatch_request = same_origin(secret)
    assert preflight(app, "/", "PUT").status_code == 403
    assert callers(app, "/", "PUT") == set()
