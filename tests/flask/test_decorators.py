"""The decorators: with the extension and alone, among other decorators, on all kinds of views."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
import sys

import flask
import pytest
from exchanges import ADMIN, EVIL, PAGE, callers
from flask.signals import request_started
from flask.views import MethodView, View
from flask_calls import actual, cors_headers, granted_methods, preflight
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from wsgicors import ConfigError, CORSMiddleware
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.flask.running import _watch
from wsgicors.testing import Browser, CORSError

ROW = pytest.param


@pytest.fixture(params=["with CORS(app)", "alone"])
def app(request):
    """An application in which views are shared by their own decorators only."""
    app = flask.Flask("example")
    if request.param != "alone":
        CORS(app, allow_origins=[])
    return app


@pytest.fixture
def alone():
    return flask.Flask("example")


@pytest.fixture
def governed():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    return app


def with_header(view):
    """A decorator as they are written everywhere."""

    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        response = flask.make_response(view(*args, **kwargs))
        response.headers["X-Wrapped"] = "yes"
        return response

    return wrapper


def assert_shared(app, path="/", method="PUT"):
    assert callers(app, path, method) == {PAGE}
    asked = preflight(app, path, method)
    assert method in granted_methods(asked)
    assert "Content-Type" not in asked.headers
    assert cors_headers(actual(app, path, method, origin=ADMIN)) == {"Vary": "Origin"}
    assert cors_headers(actual(app, path, method, origin=None)) == {"Vary": "Origin"}
    answered = actual(app, path, method)
    assert answered.status_code == 200
    return answered


# --- what can be decorated ------------------------------------------------------------------------


def test_view_function(app):
    @app.put("/")
    @cross_origin(allow_origins=[PAGE])
    def index():
        return "index"

    assert assert_shared(app).text == "index"


def test_async_view(app):
    @app.put("/<int:number>")
    @cross_origin(allow_origins=[PAGE])
    async def index(number):
        await asyncio.sleep(0)
        return f"index {number}"

    assert assert_shared(app, "/5").text == "index 5"


def test_view_class(app):
    @cross_origin(allow_origins=[PAGE])
    class Index(View):
        methods = ("PUT",)

        def dispatch_request(self):
            return "index"

    app.add_url_rule("/", view_func=Index.as_view("index"))
    assert_shared(app)


def test_method_view_class(app):
    @cross_origin(allow_origins=[PAGE])
    class Index(MethodView):
        def patch(self):
            return "patched"

        def put(self):
            return "put"

    app.add_url_rule("/", view_func=Index.as_view("index"))
    assert_shared(app, "/", "PUT")
    assert_shared(app, "/", "PATCH")


@pytest.mark.parametrize("is_async", [False, True])
def test_single_method_of_a_method_view(app, is_async):
    class Index(MethodView):
        def get(self):
            return "got"

        if is_async:

            @cross_origin(allow_origins=[PAGE])
            async def put(self):
                return type(self).__name__

        else:

            @cross_origin(allow_origins=[PAGE])
            def put(self):
                return type(self).__name__

    app.add_url_rule("/", view_func=Index.as_view("index"))
    assert assert_shared(app).text == "Index"
    assert callers(app) == set()


def test_decorators_attribute_of_a_class(app):
    class Index(MethodView):
        decorators = (cross_origin(allow_origins=[PAGE]),)

        def put(self):
            return "put"

    app.add_url_rule("/", view_func=Index.as_view("index"))
    assert_shared(app)


def test_class_that_is_made_anew_for_every_request_or_not(app):
    @cross_origin(allow_origins=[PAGE])
    class Index(MethodView):
        init_every_request = False

        def __init__(self, text):
            self.text = text

        def put(self):
            return self.text

    app.add_url_rule("/", view_func=Index.as_view("index", "one"))
    app.add_url_rule("/two", view_func=Index.as_view("two", "two"))
    assert assert_shared(app).text == "one"
    assert assert_shared(app, "/two").text == "two"


def test_callable_object(app):
    class Index:
        __name__ = "index"

        def __call__(self):
            return "index"

    app.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(Index()), methods=["PUT"])
    assert_shared(app)


def test_partial(app):
    view = functools.partial(lambda text: text, "partial")
    app.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(view), methods=["PUT"])
    assert_shared(app)


def test_bound_method(app):
    class Views:
        text = "bound"

        def index(self):
            return self.text

    app.add_url_rule(
        "/", "index", cross_origin(allow_origins=[PAGE])(Views().index), methods=["PUT"]
    )
    assert assert_shared(app).text == "bound"


def test_several_endpoints_that_share_a_function(app):
    def shared():
        return flask.request.endpoint

    decorated = cross_origin(allow_origins=[PAGE])(shared)
    app.add_url_rule("/one", "one", decorated, methods=["PUT"])
    app.add_url_rule("/two", "two", decorated, methods=["PUT"])
    app.add_url_rule("/bare", "bare", shared, methods=["PUT"])
    app.add_url_rule(
        "/admin", "admin", cross_origin(allow_origins=[ADMIN])(shared), methods=["PUT"]
    )
    assert assert_shared(app, "/one").text == "one"
    assert assert_shared(app, "/two").text == "two"
    assert callers(app, "/bare", "PUT") == set()
    assert callers(app, "/admin", "PUT") == {ADMIN}


def test_several_rules_of_one_endpoint(app):
    @app.put("/one")
    @app.put("/two")
    @cross_origin(allow_origins=[PAGE])
    def index():
        return "index"

    assert_shared(app, "/one")
    assert_shared(app, "/two")


def test_methods_that_the_function_names_itself(app):
    def index():
        return "index"

    index.methods = ["PUT"]
    app.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(index))
    assert_shared(app)
    assert actual(app, "/", "GET").status_code == 405


# --- among other decorators -----------------------------------------------------------------------


def test_below_another_decorator(app):
    @app.put("/")
    @with_header
    @cross_origin(allow_origins=[PAGE])
    def index():
        return "index"

    assert assert_shared(app).headers["X-Wrapped"] == "yes"


def test_above_another_decorator(app):
    @app.put("/")
    @cross_origin(allow_origins=[PAGE])
    @with_header
    def index():
        return "index"

    assert assert_shared(app).headers["X-Wrapped"] == "yes"


@pytest.mark.parametrize("above", [True, False])
def test_among_async_decorators(app, above):
    def awaiting(view):
        @functools.wraps(view)
        async def wrapper(*args, **kwargs):
            await asyncio.sleep(0)
            return f"awaited {await view(*args, **kwargs)}"

        return wrapper

    async def index():
        return "index"

    shared = cross_origin(allow_origins=[PAGE])
    view = shared(awaiting(index)) if above else awaiting(shared(index))
    app.add_url_rule("/", "index", view, methods=["PUT"])
    assert assert_shared(app).text == "awaited index"


def test_same_origin_is_not_opened_by_a_decorator_above_it_on_the_same_view(app):
    @app.put("/")
    @cross_origin(allow_origins=[PAGE])
    @same_origin
    def index():
        return "index"

    assert callers(app, "/", "PUT") == set()


def test_decorator_that_hides_the_view_hides_its_policy_too():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    def hiding(view):
        def wrapper():
            return view()

        return wrapper

    app.add_url_rule("/", "index", hiding(cross_origin(allow_origins=[PAGE])(lambda: "index")))
    assert callers(app) == set()


def test_login_check_above_never_sees_a_preflight_with_the_extension():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_headers=["Authorization"])

    def login_required(view):
        @functools.wraps(view)
        def wrapper():
            if "Authorization" not in flask.request.headers:
                flask.abort(401)
            return view()

        return wrapper

    @app.put("/")
    @login_required
    @cross_origin(max_age=60)
    def index():
        return "index"

    browser = Browser(app, origin=PAGE)
    assert browser.fetch("/", method="PUT").status == 401
    assert browser.fetch("/", method="PUT", headers={"Authorization": "Bearer x"}).text == "index"


# --- what needs the extension, because no decorator of ours is asked before the view is -----------


def test_single_method_that_a_mixin_brings(governed):
    class Puts:
        @cross_origin(allow_origins=[PAGE])
        def put(self):
            return "put"

    class Index(Puts, MethodView):
        pass

    governed.add_url_rule("/", view_func=Index.as_view("index"))
    assert_shared(governed)


def test_subclass_with_decorators_of_its_own(governed):
    @cross_origin(allow_origins=[PAGE])
    class Base(MethodView):
        def put(self):
            return "put"

    class Index(Base):
        decorators = (with_header,)

    governed.add_url_rule("/", view_func=Index.as_view("index"))
    assert assert_shared(governed).headers["X-Wrapped"] == "yes"


def test_between_other_decorators_of_a_method(governed):
    class Index(MethodView):
        @with_header
        @cross_origin(allow_origins=[PAGE])
        @with_header
        def put(self):
            return "put"

    governed.add_url_rule("/", view_func=Index.as_view("index"))
    assert_shared(governed)


def test_blueprint(governed):
    blueprint = cross_origin(allow_origins=[PAGE])(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    governed.register_blueprint(blueprint)
    assert_shared(governed)


# --- what a decorated view still is ---------------------------------------------------------------


def test_decorated_view_keeps_its_name_documentation_and_signature():
    @cross_origin(allow_origins="*")
    def item(number: int, *, verbose: bool = False) -> str:
        """Show an item."""

    assert (item.__name__, item.__doc__, item.__module__) == ("item", "Show an item.", __name__)
    assert list(inspect.signature(item).parameters) == ["number", "verbose"]


@pytest.mark.usefixtures("nothing_is_left")
def test_decorated_class_is_the_same_class():
    class Index(MethodView):
        pass

    assert cross_origin(allow_origins="*")(Index) is Index
    assert same_origin(Index) is Index


def test_decorated_view_can_be_called_outside_of_a_request():
    @cross_origin(allow_origins=[PAGE])
    def double(number):
        return 2 * number

    assert double(21) == 42
    with flask.Flask("example").app_context():
        assert double(21) == 42


def test_decorated_view_called_outside_of_a_request_sees_no_exception():
    assert cross_origin(allow_origins=[PAGE])(sys.exc_info)() == (None, None, None)


def test_view_that_only_the_application_can_call_is_left_to_it(governed):
    class Item:
        __name__ = "item"

        async def __call__(self):
            return "item"

    def ensure_sync(view):
        return (lambda: asyncio.run(view())) if isinstance(view, Item) else view

    governed.ensure_sync = ensure_sync
    governed.add_url_rule("/", view_func=cross_origin(allow_origins=[PAGE])(Item()))
    assert actual(governed).text == "item"


def test_decorated_async_view_can_be_awaited_outside_of_a_request():
    @cross_origin(allow_origins=[PAGE])
    async def double(number):
        return 2 * number

    assert asyncio.run(double(21)) == 42


def test_decorated_view_can_be_called_by_another_view(alone):
    @alone.get("/inner")
    @cross_origin(allow_origins=[PAGE])
    def inner():
        return "inner"

    @alone.get("/outer")
    def outer():
        return f"outer {inner()}"

    response = actual(alone, "/outer")
    assert (response.text, cors_headers(response)) == ("outer inner", {"Vary": "Origin"})


def test_decorated_method_can_be_called_by_a_subclass(app):
    class Base(MethodView):
        @cross_origin(allow_origins=[PAGE])
        def put(self):
            return "base"

    class Index(Base):
        @cross_origin(allow_origins=[PAGE])
        def put(self):
            return f"{super().put()} and index"

    app.add_url_rule("/", view_func=Index.as_view("index"))
    assert assert_shared(app).text == "base and index"


def test_wrong_field_is_refused_where_it_is_written():
    with pytest.raises(ConfigError, match="write allow_origins"):
        cross_origin(origins="*")


# --- alone, without the extension -----------------------------------------------------------------


def test_alone_shares_the_errors_of_the_view(alone):
    @alone.put("/<name>")
    @cross_origin(allow_origins=[PAGE])
    def index(name):
        if name == "crash":
            raise ZeroDivisionError
        flask.abort(409)

    browser = Browser(alone, origin=PAGE)
    assert browser.fetch("/conflict", method="PUT").status == 409
    assert browser.fetch("/crash", method="PUT").status == 500


def test_alone_other_views_are_untouched(alone):
    alone.add_url_rule("/open", "open", cross_origin(allow_origins=[PAGE])(lambda: "open"))
    alone.add_url_rule(
        "/other", "other", lambda: flask.Response(headers={"Access-Control-Allow-Origin": ADMIN})
    )
    actual(alone, "/open")
    assert cors_headers(actual(alone, "/other")) == {"Allow-Origin": ADMIN}
    assert preflight(alone, "/other", "GET").status_code == 200
    assert cors_headers(actual(alone, "/missing")) == {}


def test_alone_two_views_on_one_url_each_answer_for_their_own_method(alone):
    alone.add_url_rule(
        "/", "put", cross_origin(allow_origins=[PAGE])(lambda: "put"), methods=["PUT"]
    )
    alone.add_url_rule("/", "delete", same_origin(lambda: "deleted"), methods=["DELETE"])
    browser = Browser(alone, origin=PAGE)
    assert browser.fetch("/", method="PUT").text == "put"
    with pytest.raises(CORSError):
        browser.fetch("/", method="DELETE")


def opening_all(response):
    """What many applications have as a hook."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, PUT, DELETE"
    return response


@pytest.mark.parametrize("owner", ["app", "blueprint", "request"])
def test_alone_hooks_that_write_headers_open_no_closed_view(alone, owner):
    blueprint = flask.Blueprint("blueprint", "example")

    @blueprint.get("/secret")
    @same_origin
    def secret():
        if owner == "request":
            flask.after_this_request(opening_all)
        return "secret"

    {"app": alone, "blueprint": blueprint}.get(owner, flask.Flask("other")).after_request(
        opening_all
    )
    alone.register_blueprint(blueprint)
    answers = [actual(alone, "/secret") for _ in range(2)]
    assert [cors_headers(answer) for answer in answers] == [{"Vary": "Origin"}] * 2


def test_alone_hooks_that_write_headers_grant_no_method(alone):
    alone.after_request(opening_all)
    deleted = []
    alone.add_url_rule(
        "/", "put", cross_origin(allow_origins=[PAGE])(lambda: "put"), methods=["PUT"]
    )
    alone.add_url_rule(
        "/", "delete", same_origin(lambda: str(deleted.append(1))), methods=["DELETE"]
    )
    browser = Browser(alone, origin=PAGE)
    assert browser.fetch("/", "PUT").text == "put"
    with pytest.raises(CORSError):
        browser.fetch("/", "DELETE")
    assert deleted == []


def test_alone_hook_that_came_later_is_overruled_too(alone):
    alone.add_url_rule("/", "secret", same_origin(lambda: "secret"))
    assert callers(alone) == set()
    alone.after_request_funcs[None].insert(0, opening_all)
    assert callers(alone) == set()
    assert len(alone.after_request_funcs[None]) == 2


def test_alone_response_that_the_application_keeps_is_not_changed(alone):
    kept = flask.Response("kept")
    alone.add_url_rule("/open", "open", cross_origin(allow_origins=[PAGE])(lambda: kept))
    alone.add_url_rule("/other", "other", lambda: kept)
    assert callers(alone, "/open") == {PAGE}
    assert callers(alone, "/other") == set()
    assert cors_headers(kept) == {}


def test_alone_answer_that_is_remembered_has_the_headers_of_each_request(alone):
    answers = {}

    def remembering(view):
        @functools.wraps(view)
        def wrapper():
            return answers.setdefault("it", None) or answers.update(it=view()) or answers["it"]

        return wrapper

    view = cross_origin(allow_origins=[PAGE, ADMIN])(lambda: flask.make_response("page"))
    alone.add_url_rule("/", "index", remembering(view))
    for _ in range(2):
        assert callers(alone) == {PAGE, ADMIN}
    assert cors_headers(answers["it"]) == {}


def keeping(view):
    """A cache that keeps what a view raises, too, as that of Flask-Caching does."""
    kept = []

    @functools.wraps(view)
    def wrapper():
        answer = pickle.loads(kept[0]) if kept else None
        if answer is None:
            try:
                answer = view()
            except HTTPException as error:
                answer = error
            kept[:] = [pickle.dumps(answer)]
        if isinstance(answer, HTTPException):
            raise answer
        return answer

    return wrapper


@pytest.mark.parametrize("is_governed", [True, False])
@pytest.mark.parametrize("origin", [PAGE, EVIL, None])
def test_cache_above_a_decorator_keeps_no_answer_that_is_not_the_view_s(is_governed, origin):
    app = flask.Flask("example")
    if is_governed:
        CORS(app, allow_origins=[])
    app.add_url_rule("/", "index", keeping(cross_origin(allow_origins=[PAGE])(lambda: "page")))
    asked = {"Access-Control-Request-Method": "GET"} if origin else {}
    assert actual(app, "/", "OPTIONS", origin=origin, headers=asked).text != "page"
    answer = actual(app, "/", origin=PAGE)
    assert (answer.status_code, answer.text) == (200, "page")


def test_cache_above_a_decorator_keeps_what_the_view_raises():
    runs = []

    @keeping
    @cross_origin(allow_origins=[PAGE])
    def index():
        runs.append(1)
        flask.abort(410)

    app = flask.Flask("example")
    app.add_url_rule("/", "index", index)
    assert [actual(app, "/").status_code for _ in range(2)] == [410, 410]
    assert runs == [1]


def test_alone_view_beside_an_undecorated_one_lends_it_nothing(alone):
    alone.add_url_rule(
        "/", "put", cross_origin(allow_origins=[PAGE])(lambda: "put"), methods=["PUT"]
    )
    alone.add_url_rule("/", "delete", lambda: "deleted", methods=["DELETE"])
    browser = Browser(alone, origin=PAGE)
    assert browser.fetch("/", method="PUT").text == "put"
    with pytest.raises(CORSError):
        browser.fetch("/", method="DELETE")


def lost_preflights(caplog):
    return [record.getMessage() for record in caplog.records if "preflights" in record.message]


HAS_SIGNALS = hasattr(request_started, "receivers")


def unheard():
    """Have nobody hear of requests, as in Flask 2.2 without blinker."""
    if HAS_SIGNALS:
        request_started.disconnect(_watch._look_at)


def decorated_for_each_request(alone):
    """A view as Flask-RESTful has it: what is declared of it is not known before it is called."""

    class Resource(MethodView):
        method_decorators = (cross_origin(allow_origins=[PAGE]),)

        def put(self):
            return "index"

        def dispatch_request(self):
            view = self.put
            for decorate in self.method_decorators:
                view = decorate(view)
            return view()

    alone.add_url_rule("/", view_func=Resource.as_view("index"))


def test_alone_view_whose_preflights_flask_answers_is_told_of_once(alone, caplog):
    decorated_for_each_request(alone)
    unheard()
    assert cors_headers(actual(alone, "/", "PUT"))["Allow-Origin"] == PAGE
    assert granted_methods(preflight(alone)) == set()
    (message,) = lost_preflights(caplog)
    advice = ("Add CORS(app, allow_origins=[])", "If a CORSMiddleware is around the application")
    for part in ("'index'", "@cross_origin at flask/", *advice):
        assert part in message


def test_alone_view_is_not_told_of_where_a_layer_around_it_answers_preflights(alone, caplog):
    decorated_for_each_request(alone)
    unheard()
    around = CORSMiddleware(alone, allow_origins=[PAGE], allow_methods=["PUT"])
    assert callers(around, "/", "PUT") == {PAGE}
    assert lost_preflights(caplog) == []


def taken_later(alone, share):
    alone.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    alone.view_functions["index"] = share(lambda: "index")


def set_for_a_rule(alone, share):
    alone.url_map.add(alone.url_rule_class("/", endpoint="index", methods=["PUT"]))
    alone.endpoint("index")(share(lambda: "index"))


def as_a_partial(alone, share):
    view = functools.partial(share(lambda: "index"))
    alone.add_url_rule("/", "index", view, methods=["PUT"])


def of_a_mixin(alone, share):
    @share
    class Putting:
        def put(self):
            return "index"

    view_class = type("Index", (Putting, MethodView), {"methods": ["PUT"]})
    alone.add_url_rule("/", view_func=view_class.as_view("index"))


def of_a_class_that_is_none_of_flask(alone, share):
    @share
    class Index:
        def put(self):
            return "index"

    alone.add_url_rule("/", "index", Index().put, methods=["PUT"])


@pytest.mark.skipif(not HAS_SIGNALS, reason="Flask 2.2 has no signals without blinker")
@pytest.mark.parametrize(
    "add",
    [
        taken_later,
        set_for_a_rule,
        as_a_partial,
        of_a_mixin,
        of_a_class_that_is_none_of_flask,
    ],
)
def test_alone_view_that_flask_asks_for_nothing_is_answered_for(alone, add, caplog):
    add(alone, cross_origin(allow_origins=[PAGE]))
    for _ in range(2):
        assert "PUT" in granted_methods(preflight(alone))
        assert callers(alone, "/", "PUT") == {PAGE}
    assert lost_preflights(caplog) == []


def test_what_the_advice_says_of_a_middleware_around_the_application_is_so(alone):
    alone.add_url_rule("/", "index", lambda: "index")
    assert callers(CORSMiddleware(alone, allow_origins=[PAGE])) == {PAGE}
    CORS(alone, allow_origins=[])
    assert callers(CORSMiddleware(alone, allow_origins=[PAGE])) == set()


def test_alone_view_whose_preflights_are_answered_is_not_told_of(alone, caplog):
    alone.add_url_rule("/open", "open", cross_origin(allow_origins=[PAGE])(lambda: "open"))
    alone.add_url_rule("/closed", "closed", lambda: "closed")
    alone.view_functions["closed"] = same_origin(lambda: "closed")
    blueprint = cross_origin(allow_origins=[PAGE])(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/blueprint", "index", lambda: "index", methods=["PUT"])
    alone.register_blueprint(blueprint)
    assert callers(alone, "/open") == callers(alone, "/blueprint", "PUT") == {PAGE}
    assert lost_preflights(caplog) == []


def test_view_that_is_replaced_is_not_told_of_where_the_extension_answers(governed, caplog):
    governed.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    governed.view_functions["index"] = cross_origin(allow_origins=[PAGE])(lambda: "index")
    assert callers(governed, "/", "PUT") == {PAGE}
    assert lost_preflights(caplog) == []


def test_alone_before_request_comes_first(alone):
    @alone.before_request
    def refuse():
        return "no", 401

    alone.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(lambda: "index"))
    assert preflight(alone, "/", "GET").status_code == 401


def test_alone_view_that_a_hook_runs_stops_no_preflight_of_another(alone):
    footer = cross_origin(allow_origins=[PAGE])(lambda: "footer")

    @alone.after_request
    def append(response):
        response.set_data(response.get_data() + footer().encode())
        return response

    alone.add_url_rule("/", "index", lambda: "index and ")
    for _ in range(2):
        assert preflight(alone, "/", "GET").status_code == 200
        assert actual(alone, "/").text == "index and footer"


def test_alone_view_of_a_rule_of_werkzeug_answers_its_preflights(alone):
    alone.url_map.add(Rule("/", endpoint="index", methods=["PUT", "OPTIONS"]))
    alone.endpoint("index")(cross_origin(allow_origins=[PAGE])(lambda: "index"))
    assert_shared(alone)


class OnlyByName(flask.Response):
    """A class of responses that takes what Flask gives it, and no more."""

    def __init__(self, response=None, **options):
        super().__init__(response, **options)


@pytest.mark.parametrize("origin", [PAGE, EVIL])
def test_alone_class_of_responses_need_not_be_made_as_flask_makes_its_own(alone, origin):
    class Answers(OnlyByName):
        pass

    alone.response_class = Answers
    seen = []
    alone.after_request(lambda response: seen.append(type(response)) or response)
    alone.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(lambda: "index"))
    status = 204 if origin == PAGE else 403
    assert preflight(alone, "/", "GET", origin=origin).status_code == status
    assert seen == [Answers]


@pytest.mark.parametrize("is_governed", [True, False])
def test_options_are_answered_where_http_exceptions_are_trapped(is_governed):
    app = flask.Flask("example")
    app.config["TRAP_HTTP_EXCEPTIONS"] = True
    if is_governed:
        CORS(app, allow_origins=[])
    app.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(lambda: "index"))
    assert actual(app, "/", "OPTIONS", origin=None).headers["Allow"]
    assert preflight(app, "/", "GET").status_code == 204


def test_alone_merges_with_the_config(alone):
    alone.config["CORS_MAX_AGE"] = 60
    alone.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(lambda: "index"))
    assert cors_headers(preflight(alone, "/", "GET"))["Max-Age"] == "60"


def test_alone_merges_with_its_blueprints(alone):
    blueprint = cross_origin(max_age=60)(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(lambda: "index"))
    alone.register_blueprint(blueprint)
    assert cors_headers(preflight(alone, "/", "GET"))["Max-Age"] == "60"


def test_alone_blueprint_shares_its_views(alone):
    blueprint = cross_origin(allow_origins=[PAGE])(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    blueprint.add_url_rule("/closed", "closed", same_origin(lambda: "closed"), methods=["PUT"])
    alone.register_blueprint(blueprint)
    assert_shared(alone)
    assert callers(alone, "/closed", "PUT") == set()


@pytest.mark.parametrize(
    ("decorate", "governs", "is_late", "is_told"),
    [
        (cross_origin(allow_origins=[PAGE]), False, True, True),
        (cross_origin(allow_origins=[PAGE]), True, True, False),
        (cross_origin(allow_origins=[PAGE]), False, False, False),
        (same_origin, False, True, True),
        (same_origin, True, True, False),
    ],
)
def test_alone_blueprint_that_is_decorated_too_late_is_told_of(
    alone, decorate, governs, is_late, is_told, caplog
):
    if governs:
        CORS(alone, allow_origins=[])
    blueprint = flask.Blueprint("late", __name__)
    blueprint.add_url_rule("/", "index", lambda: "index")
    if not is_late:
        decorate(blueprint)
    alone.register_blueprint(blueprint)
    # What is said again, in another factory, finds the hook of the first time.
    decorate(blueprint)
    assert not caplog.messages
    is_shared = decorate is not same_origin and not is_told
    assert callers(alone) == ({PAGE} if is_shared else set())
    assert callers(alone) == ({PAGE} if is_shared else set())
    told = [each for each in caplog.messages if "register_blueprint" in each]
    assert len(told) == is_told
    assert "at flask/test_decorators.py" in caplog.text or not is_told


@pytest.mark.parametrize("is_governed", [True, False])
def test_options_are_answered_where_another_view_stands_in_the_place_of_a_decorated_one(
    is_governed, alone
):
    if is_governed:
        CORS(alone, allow_origins=[PAGE])
    alone.testing = True
    alone.add_url_rule("/", "index", same_origin(lambda: "index"), methods=["PUT"])
    alone.view_functions["index"] = lambda: {"PUT": "another"}[flask.request.method]
    for _ in range(2):
        assert alone.test_client().options("/").allow == {"PUT", "OPTIONS"}
    assert actual(alone, "/", "PUT").text == "another"
    assert len(alone.before_request_funcs[None]) == 1


def test_decorated_view_within_the_one_that_stands_in_its_place_answers_alone(alone):
    shared = cross_origin(allow_origins=[PAGE])(lambda: "index")
    alone.add_url_rule("/", "index", shared, methods=["PUT"])
    alone.view_functions["index"] = lambda: shared()  # noqa: PLW0108 - it hides the view
    assert preflight(alone, "/", "PUT").status_code == 403
    assert alone.test_client().options("/").allow == {"PUT", "OPTIONS"}
    assert not alone.before_request_funcs


@pytest.mark.parametrize("govern", [CORS, lambda app, **said: CORS(**said).init_app(app)])
def test_late_blueprint_is_not_told_of_where_the_extension_comes_later(govern, alone, caplog):
    blueprint = flask.Blueprint("late", __name__)
    blueprint.add_url_rule("/", "index", lambda: "index")
    alone.register_blueprint(blueprint)
    same_origin(blueprint)
    govern(alone, allow_origins="*")
    assert callers(alone) == set()
    assert not caplog.messages


@pytest.mark.parametrize("governs", [False, True])
def test_late_blueprint_is_told_of_after_the_request_of_another_application(governs, alone, caplog):
    blueprint, other = flask.Blueprint("late", __name__), flask.Flask("other")
    alone.register_blueprint(blueprint)
    same_origin(blueprint)
    if governs:
        CORS(other, allow_origins="*")
    for app in (other, alone):
        assert not caplog.messages
        actual(app)
    assert "'late', so it has no effect without CORS(app)" in caplog.text


def test_alone_blueprint_inside_another_shares_its_views(alone):
    outer = cross_origin(allow_origins=[PAGE])(flask.Blueprint("outer", __name__))
    inner = flask.Blueprint("inner", __name__, url_prefix="/inner")
    inner.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    outer.register_blueprint(inner)
    alone.register_blueprint(outer)
    assert_shared(alone, "/inner/")


def test_alone_replaces_what_the_view_wrote_itself(alone):
    @alone.get("/")
    @cross_origin(allow_origins=[PAGE])
    def index():
        return flask.Response(headers={"Access-Control-Allow-Origin": "*", "Vary": "Accept"})

    assert cors_headers(actual(alone)) == {"Allow-Origin": PAGE, "Vary": "Accept, Origin"}


def test_alone_leaves_headers_that_responses_share_as_they_are(alone):
    headers = Headers([("Cache-Control", "no-store")])
    shared = cross_origin(allow_origins=[PAGE])(lambda: flask.Response(headers=headers))
    alone.add_url_rule("/shared", "shared", shared)
    alone.add_url_rule("/private", "private", lambda: flask.Response(headers=headers))
    assert callers(alone, "/shared") == {PAGE}
    assert callers(alone, "/private") == set()


def test_alone_takes_headers_of_any_kind(alone):
    @alone.get("/")
    @cross_origin(allow_origins=[PAGE])
    def view():
        response = flask.Response()
        response.headers = [("Content-Type", "text/plain")]
        return response

    assert callers(alone) == {PAGE}


def test_alone_session_cookie_keeps_its_vary(alone):
    alone.secret_key = "secret"

    @alone.get("/")
    @cross_origin(allow_origins=[PAGE], allow_credentials=True)
    def index():
        flask.session["user"] = "me"
        return "index"

    vary = cors_headers(actual(alone))["Vary"]
    assert sorted(vary.split(", ")) == ["Cookie", "Origin"]


def test_alone_automatic_options_tells_the_methods(alone):
    alone.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(lambda: "index"))
    assert set(actual(alone, "/", "OPTIONS").allow) == {"GET", "HEAD", "OPTIONS"}
    assert callers(alone, "/", "OPTIONS") == {PAGE}


def test_alone_explicit_options_are_the_view_s_own(alone):
    view = cross_origin(allow_origins=[PAGE])(lambda: flask.request.method)
    alone.add_url_rule("/", "index", view, methods=["PUT", "OPTIONS"])
    assert actual(alone, "/", "OPTIONS").text == "OPTIONS"
    assert_shared(alone)


def test_alone_streams_as_before(alone):
    @alone.get("/")
    @cross_origin(allow_origins=[PAGE])
    def index():
        return flask.Response(
            flask.stream_with_context(flask.request.path + str(n) for n in range(3))
        )

    assert callers(alone) == {PAGE}
    assert Browser(alone, PAGE).fetch("/").text == "/0/1/2"
