"""What a base of a view class declares in ``decorators`` is in force for a subclass, or is refused."""

from __future__ import annotations

import functools
import gc
import importlib.util

import flask
import pytest
from exchanges import ADMIN, EVIL, PAGE, callers
from flask.views import MethodView, View
from flask_calls import actual

from wsgicors import ConfigError, CORSMiddleware
from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param
restful, restx, classful = (
    importlib.import_module(name) if importlib.util.find_spec(name) else None
    for name in ("flask_restful", "flask_restx", "flask_classful")
)


def login_required(view):
    @functools.wraps(view)
    def wrapper(*args, **arguments):
        return view(*args, **arguments)

    return wrapper


def by_flask(app, view_class):
    app.add_url_rule("/secret", view_func=view_class.as_view("secret"))


def behind_what_hides_it(app, view_class):
    view = view_class.as_view("secret")
    app.add_url_rule("/secret", "secret", lambda **given: view(**given))  # noqa: PLW0108


def by_restful(app, view_class):
    restful.Api(app).add_resource(view_class, "/secret")


def by_restx(app, view_class):
    restx.Api(app).add_resource(view_class, "/secret")


def by_classful(app, view_class):
    view_class.get = lambda self: "secret"
    view_class.register(app, route_base="/secret")


class Answering(View):
    methods = ("GET",)

    def dispatch_request(self):
        return "secret"


KINDS = [
    ROW(MethodView, "decorators", by_flask, id="MethodView"),
    ROW(Answering, "decorators", by_flask, id="View"),
    ROW(MethodView, "decorators", behind_what_hides_it, id="hidden"),
]
if restful:
    KINDS += [
        ROW(restful.Resource, "decorators", by_restful, id="restful"),
        ROW(restful.Resource, "method_decorators", by_restful, id="restful methods"),
    ]
if restx:
    KINDS += [
        ROW(restx.Resource, "decorators", by_restx, id="restx"),
        ROW(restx.Resource, "method_decorators", by_restx, id="restx methods"),
    ]
if classful:
    KINDS += [ROW(classful.FlaskView, "decorators", by_classful, id="classful")]


def made(kind, *lists, register=by_flask, name="decorators", mark=lambda view_class: view_class):
    """An application with a class whose lineage has some lists, the base's first.

    :param mark: what decorates the class.
    """
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE, ADMIN])
    view_class = kind
    for number, decorators in enumerate(lists):
        own = {} if decorators is None else {name: decorators}
        view_class = type(f"Class{number}", (view_class,), own)
    view_class.get = lambda self: "secret"
    register(app, mark(view_class))
    return app


def refused(app):
    gc.collect()
    with pytest.raises(ConfigError) as caught:
        actual(app, "/secret")
    (problem,) = caught.value.problems
    assert problem.reason == "lost-in-subclass"
    return problem.message


@pytest.mark.parametrize(("kind", "name", "register"), KINDS)
def test_closed_base_whose_list_a_subclass_replaces_is_an_error_with_what_to_write(
    kind, name, register
):
    app = made(kind, [same_origin], [login_required], name=name, register=register)
    message = refused(app)
    for part in ("@same_origin", "'Class0'", "its subclass 'Class1'", "cross_origin(...)"):
        assert part in message
    assert f"Write {name} = [login_required, same_origin] in 'Class1'" in message


@pytest.mark.parametrize(("kind", "name", "register"), KINDS)
@pytest.mark.parametrize(
    ("lists", "shared"),
    [
        ROW([[same_origin], None], set(), id="inherited"),
        ROW([[same_origin], [login_required, same_origin]], set(), id="extended"),
        ROW([[cross_origin(allow_origins=[ADMIN])], None], {ADMIN}, id="inherited narrower"),
        ROW([[same_origin], [cross_origin(allow_origins=[ADMIN])]], {ADMIN}, id="said anew"),
        ROW([[login_required], [login_required]], {PAGE, ADMIN}, id="nothing said"),
        ROW([[login_required], [same_origin]], set(), id="closed in the subclass"),
    ],
)
def test_what_a_subclass_inherits_or_says_anew_is_in_force(kind, name, register, lists, shared):
    assert callers(made(kind, *lists, name=name, register=register), "/secret") == shared


def test_narrower_base_and_a_class_between_are_named():
    narrower = cross_origin(allow_origins=[ADMIN])
    message = refused(made(MethodView, [narrower], [lambda view: view], None))
    for part in ("@cross_origin at flask/", "'Class0'", "its subclass 'Class2': 'Class1' has"):
        assert part in message
    assert "Write decorators = [..., cross_origin(...)] in 'Class2'" in message


@pytest.mark.parametrize(
    "name", ["decorator", "Decorators", "decoraters", "method_decorator", "METHOD_DECORATORS"]
)
@pytest.mark.parametrize("lists", [[[same_origin], None], [[login_required], [same_origin]]])
def test_list_whose_name_is_a_slip_is_an_error(name, lists):
    message = refused(made(MethodView, *lists, name=name))
    assert f"@same_origin, in {name} of 'Class" in message
    assert "Write the decorator above the class or its methods" in message


@pytest.mark.parametrize("name", ["admin_decorators", "undecorated", "decoration", "views"])
def test_list_of_another_name_is_its_class_s_own(name):
    assert callers(made(MethodView, [same_origin], name=name), "/secret") == {PAGE, ADMIN}


def test_list_beside_what_says_the_same_is_no_error():
    app = made(MethodView, [same_origin], name="decorator", mark=same_origin)
    assert callers(app, "/secret") == set()


APIS = [ROW(each, id=each.__name__) for each in (restful, restx) if each]


if APIS:

    def secret(extension):
        return type("Secret", (extension.Resource,), {"get": lambda self: "secret"})

    @pytest.mark.parametrize("extension", APIS)
    @pytest.mark.parametrize("decorate", [same_origin, cross_origin(allow_origins=[PAGE])])
    def test_decorators_that_come_to_an_api_after_its_views_are_an_error(extension, decorate):
        app = flask.Flask("example")
        CORS(app, allow_origins=[PAGE, ADMIN])
        api = type("OwnApi", (extension.Api,), {})(app)
        api.add_resource(secret(extension), "/secret")
        api.decorators = [decorate]
        api.add_resource(secret(extension), "/other", endpoint="other")
        message = refused(app)
        assert "origin" in message
        assert "in decorators of OwnApi, is not in force for all of its views" in message
        assert "OwnApi(..., decorators=[...])" in message

    @pytest.mark.parametrize("extension", APIS)
    @pytest.mark.parametrize("is_late", [False, True], ids=["given", "set before the views"])
    def test_decorators_that_come_to_an_api_before_its_views_are_in_force(extension, is_late):
        app = flask.Flask("example")
        CORS(app, allow_origins=[PAGE, ADMIN])
        api = extension.Api(app, **({} if is_late else {"decorators": [same_origin]}))
        if is_late:
            api.decorators = [same_origin]
        api.add_resource(secret(extension), "/secret")
        assert callers(app, "/secret") == set()


if restx:

    @pytest.mark.parametrize("is_late", [False, True])
    def test_decorators_of_a_namespace_count_if_they_come_before_its_views(is_late):
        app = flask.Flask("example")
        CORS(app, allow_origins=[PAGE, ADMIN])
        api = restx.Api(app)
        closed, other = api.namespace("closed", path="/"), api.namespace("other")
        other.add_resource(secret(restx), "/other")
        if not is_late:
            closed.decorators = [same_origin]
        closed.add_resource(secret(restx), "/secret")
        if is_late:
            closed.decorators = [same_origin]
            message = refused(app)
            assert "in decorators of Namespace, is not in force for all of its views" in message
        else:
            assert callers(app, "/secret") == set()
            assert callers(app, "/other/other") == {PAGE, ADMIN}


if restful:

    def test_list_by_method_is_written_by_method():
        lists = [{"get": [same_origin]}, {"get": [login_required]}]
        message = refused(
            made(restful.Resource, *lists, name="method_decorators", register=by_restful)
        )
        assert 'Write method_decorators = {"get": [login_required, same_origin]}' in message

    def test_list_by_method_of_another_method_is_in_force_still():
        lists = [{"put": [same_origin]}, {"get": [login_required]}]
        app = made(restful.Resource, *lists, name="method_decorators", register=by_restful)
        assert callers(app, "/secret") == {PAGE, ADMIN}


@pytest.mark.parametrize(
    ("mark", "shared"),
    [(same_origin, set()), (cross_origin(allow_origins=[PAGE]), {PAGE})],
)
def test_decorator_of_the_subclass_stands_in_the_place_of_the_list(mark, shared):
    app = made(MethodView, [same_origin], [login_required], mark=mark)
    assert callers(app, "/secret") == shared


def test_decorator_of_a_method_stands_in_the_place_of_the_list():
    def mark(view_class):
        view_class.get = cross_origin(allow_origins=[PAGE])(view_class.get)
        return view_class

    app = made(MethodView, [same_origin], [login_required], mark=mark)
    assert callers(app, "/secret") == {PAGE}


def test_decorator_that_applies_ours_stands_in_the_place_of_the_list():
    app = made(MethodView, [same_origin], [lambda view: login_required(same_origin(view))])
    assert callers(app, "/secret") == set()


def test_decorator_of_the_base_above_its_list_opens_no_subclass():
    class Base(MethodView):
        decorators = [same_origin]  # noqa: RUF012 - as Flask has it

    cross_origin(max_age=5)(Base)

    class Secret(Base):
        decorators = [login_required]  # noqa: RUF012 - as Flask has it

        def get(self):
            return "secret"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    by_flask(app, Secret)
    refused(app)


def test_mixin_behind_the_class_of_flask_is_told_of():
    class Closed:
        decorators = [same_origin]  # noqa: RUF012 - as Flask has it

    class Secret(MethodView, Closed):
        def get(self):
            return "secret"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    by_flask(app, Secret)
    message = refused(app)
    assert "'View' has decorators of its own" in message
    assert "Write decorators = [same_origin] in" in message


def test_mixin_ahead_of_the_class_of_flask_is_in_force():
    class Closed:
        decorators = [same_origin]  # noqa: RUF012 - as Flask has it

    class Secret(Closed, MethodView):
        def get(self):
            return "secret"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    by_flask(app, Secret)
    assert callers(app, "/secret") == set()


# --- methods --------------------------------------------------------------------------------------

NARROWER = cross_origin(allow_origins=[ADMIN])
REFUSING = cross_origin(refuse_denied=True, allow_origins=[ADMIN, PAGE])


def overriding(kind, name, said, own=lambda method: method, mark=lambda view_class: view_class):
    """An application with a class whose method takes the place of one of its base."""
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE, ADMIN])
    base = type("Base", (kind,), {name: said(lambda self: "base")})
    inner = type("Inner", (base,), {name: own(lambda self: "secret"), "methods": ["GET"]})
    by_flask(app, mark(inner))
    return app


@pytest.mark.parametrize(("kind", "name"), [(MethodView, "get"), (View, "dispatch_request")])
@pytest.mark.parametrize("said", [same_origin, REFUSING])
def test_method_that_takes_the_place_of_a_closed_one_is_an_error(kind, name, said):
    message = refused(overriding(kind, name, said))
    parts = ("cross_origin(...)", f"calls 'Base.{name}', with super(),", "a method of its own")
    for part in (f"'Base.{name}', is not in force for 'Inner.{name}'", *parts):
        assert part in message


@pytest.mark.parametrize(("kind", "name"), [(MethodView, "get"), (View, "dispatch_request")])
@pytest.mark.parametrize(
    ("said", "own", "mark", "shared"),
    [
        ROW(same_origin, same_origin, None, set(), id="said again"),
        ROW(same_origin, NARROWER, None, {ADMIN}, id="said otherwise"),
        ROW(same_origin, None, NARROWER, {ADMIN}, id="said of the class"),
        ROW(cross_origin(max_age=5), None, None, {ADMIN, PAGE}, id="nobody is kept out"),
        ROW(login_required, None, None, {ADMIN, PAGE}, id="nothing said"),
    ],
)
def test_method_of_which_enough_is_said_is_in_force(kind, name, said, own, mark, shared):
    nothing = lambda thing: thing  # noqa: E731 - the same for both
    app = overriding(kind, name, said, own or nothing, mark or nothing)
    assert callers(app, "/secret") == shared


def overridden_under(
    said, own=lambda method: method, mark=lambda view_class: view_class, **options
):
    """A class whose method takes the place of one of its base, in an application with some settings."""
    app = flask.Flask("example")
    CORS(app, **{"allow_origins": [PAGE, ADMIN], **options})
    base = type("Base", (MethodView,), {"get": said(lambda self: "base")})
    by_flask(app, mark(type("Inner", (base,), {"get": own(lambda self: "secret")})))
    return app


@pytest.mark.parametrize(
    ("said", "own", "mark"),
    [
        ROW(same_origin, cross_origin(max_age=5), None, id="something else is said of the method"),
        ROW(REFUSING, cross_origin(allow_headers=["X-A"]), None, id="headers are"),
        ROW(same_origin, None, cross_origin(max_age=5), id="something else is said of the class"),
        ROW(NARROWER, None, None, id="it was narrower than the application"),
    ],
)
def test_what_says_nothing_of_who_may_read_stands_in_no_place(said, own, mark):
    nothing = lambda thing: thing  # noqa: E731 - the same for both
    message = refused(overridden_under(said, own or nothing, mark or nothing))
    assert "is not in force for 'Inner.get'" in message


@pytest.mark.parametrize(
    ("said", "options", "shared"),
    [
        ROW(same_origin, {"allow_origins": []}, set(), id="the application shares nothing"),
        ROW(
            same_origin,
            {"endpoints": {"secret": {"allow_origins": []}}},
            set(),
            id="closed by name",
        ),
        ROW(REFUSING, {"refuse_denied": True}, {ADMIN, PAGE}, id="the application refuses"),
        ROW(
            cross_origin(allow_origins=[EVIL]),
            {},
            {ADMIN, PAGE},
            id="others were let in, and are no more",
        ),
    ],
)
def test_what_holds_for_all_of_the_application_is_enough(said, options, shared):
    assert callers(overridden_under(said, **options), "/secret") == shared


@pytest.mark.parametrize("decorators", [[same_origin], [NARROWER]])
def test_a_list_of_the_class_is_enough(decorators):
    def mark(view_class):
        view_class.decorators = decorators
        return view_class

    assert PAGE not in callers(overridden_under(same_origin, mark=mark), "/secret")


class ClosedBase(MethodView):
    @same_origin
    def get(self):
        return "base"

    def put(self):
        return "put"


class Calling(ClosedBase):
    @cross_origin(allow_origins=[PAGE])
    def get(self):
        return super().get()


class CallingAnother(ClosedBase):
    def put(self):
        return self.get()


@pytest.mark.parametrize(
    ("view_class", "method", "is_of_base"),
    [(Calling, "GET", True), (CallingAnother, "PUT", False)],
)
def test_method_that_calls_a_closed_one_of_its_base_is_told_to_share_the_rest(
    view_class, method, is_of_base, caplog
):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE, ADMIN])
    app.add_url_rule("/secret", view_func=view_class.as_view("secret"))
    assert actual(app, "/secret", method).access_control_allow_origin is None
    (line,) = caplog.messages
    assert ("Move what the two have in common to a method of its own" in line) == is_of_base
    assert ("functools.wraps" in line) == (not is_of_base)


def test_any_method_of_a_base_counts():
    class Listing(View):
        def dispatch_request(self):
            return self.render()

        @same_origin
        def render(self):
            return "base"

    class Users(Listing):
        def render(self):
            return "secret"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    by_flask(app, Users)
    assert "Users.render" in refused(app)


class Controller:
    """Its methods are registered one by one, and nobody reads its lists."""

    def index(self):
        return "secret"


@pytest.mark.parametrize("name", ["decorators", "method_decorators"])
@pytest.mark.parametrize("said", [same_origin, NARROWER, REFUSING])
def test_a_list_that_nobody_reads_is_an_error(name, said):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE, ADMIN])
    own = type("Own", (Controller,), {name: [said]})
    app.add_url_rule("/secret", view_func=own().index)
    assert f"in {name} of 'Own', is not in force" in refused(app)


def test_a_list_that_is_set_too_late_is_an_error():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE, ADMIN])
    late = type("Late", (MethodView,), {"get": lambda self: "secret"})
    by_flask(app, late)
    late.decorators = [same_origin]
    assert "in decorators of 'Late', is not in force" in refused(app)


def test_a_list_that_something_of_ones_own_reads_is_in_force():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE, ADMIN])
    own = type("Own", (Controller,), {"decorators": [login_required, NARROWER]})
    view = own().index
    for decorate in own.decorators:
        view = decorate(view)
    app.add_url_rule("/secret", "secret", view)
    assert callers(app, "/secret") == {ADMIN}


# --- methods that something else calls than the view of their class --------------------------------


# A view that holds the class in a closure would be found by that.
BY_NAME = {}


@pytest.mark.parametrize(
    "call",
    [
        lambda view_class: view_class().get(),
        lambda view_class: view_class().dispatch_request(),
        lambda view_class: view_class.get(view_class()),
        lambda view_class: view_class.as_view("another")(),
    ],
)
@pytest.mark.parametrize("shares", [lambda app: CORS(app, allow_origins=[PAGE]) and None, None])
def test_what_is_said_of_a_class_holds_where_another_view_calls_its_methods(call, shares):
    class Orders(MethodView):
        def get(self):
            return "secret"

    BY_NAME["orders"] = same_origin(Orders)
    app = flask.Flask("example")
    app.add_url_rule("/orders", view_func=Orders.as_view("orders"))
    app.add_url_rule("/secret", "dashboard", lambda: call(BY_NAME["orders"]))
    if shares is not None:
        shares(app)
    served = app if shares else CORSMiddleware(app, allow_origins=[PAGE])
    assert callers(served, "/secret") == callers(served, "/orders") == set()


def test_a_class_that_refuses_does_so_where_another_view_calls_its_methods():
    done = []

    class Orders(MethodView):
        def post(self):
            done.append("post")
            return "done"

    BY_NAME["orders"] = cross_origin(refuse_denied=True)(Orders)
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/old", "old", lambda: BY_NAME["orders"]().post(), methods=["POST"])
    assert actual(app, "/old", "POST", origin=EVIL).status_code == 403
    assert done == []
    assert actual(app, "/old", "POST", origin=PAGE).text == "done"
