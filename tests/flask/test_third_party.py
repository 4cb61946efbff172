"""Together with the extensions that people have already: they are the real ones, from PyPI."""

from __future__ import annotations

import gc
import re
import types
import warnings

import flask
import pytest
from exchanges import ADMIN, EVERYBODY, PAGE, callers
from flask.views import MethodView
from flask_calls import actual, cors_headers, granted_methods, preflight

from wsgicors import ConfigError
from wsgicors.flask import CORS, cross_origin, declarations, same_origin
from wsgicors.testing import Browser, CORSError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what they use and should not is their business
    apiflask = pytest.importorskip("apiflask")
    dash = pytest.importorskip("dash")
    flask_admin = pytest.importorskip("flask_admin")
    flask_appbuilder = pytest.importorskip("flask_appbuilder")
    flask_classful = pytest.importorskip("flask_classful")
    flask_injector = pytest.importorskip("flask_injector")
    flask_login = pytest.importorskip("flask_login")
    flask_restful = pytest.importorskip("flask_restful")
    flask_restx = pytest.importorskip("flask_restx")
    flask_sqlalchemy = pytest.importorskip("flask_sqlalchemy")
    flask_sock = pytest.importorskip("flask_sock")
    flask_smorest = pytest.importorskip("flask_smorest")
    marshmallow = pytest.importorskip("marshmallow")
    flask_wtf = pytest.importorskip("flask_wtf")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
ROW = pytest.param
JSON = {"Content-Type": "application/json"}


def governed(**fields):
    app = flask.Flask("example")
    app.config.update(SECRET_KEY="secret")
    CORS(app, **{"allow_origins": [PAGE], **fields})
    return app


# --- Flask-RESTX ----------------------------------------------------------------------------------


def restx_application():
    app = governed()
    api = flask_restx.Api(app, doc="/doc")
    items = api.namespace("items", decorators=[cross_origin(max_age=60)])

    @items.route("/<int:number>")
    class Item(flask_restx.Resource):
        def get(self, number):
            if number == 0:
                flask_restx.abort(404, "no such item")
            return {"number": number}

        @same_origin
        def delete(self, number):
            return "deleted"

        @cross_origin(allow_origins=[ADMIN], allow_headers=["Content-Type"])
        def put(self, number):
            return flask.request.json

    @cross_origin(allow_origins="*")
    class Public(flask_restx.Resource):
        def get(self):
            return "public"

    api.add_resource(Public, "/public")
    return app


def test_restx_resource_and_its_methods_have_their_policies():
    app = restx_application()
    assert callers(app, "/items/1") == {PAGE}
    assert Browser(app, PAGE).fetch("/items/1").json() == {"number": 1}
    assert callers(app, "/items/1", "DELETE") == set()
    assert callers(app, "/items/1", "PUT", headers=JSON, body="5") == {ADMIN}
    assert granted_methods(preflight(app, "/items/1", "PUT", origin=ADMIN)) == {"PUT"}
    assert callers(app, "/public") == EVERYBODY


def test_restx_namespace_takes_the_decorator_for_all_its_resources():
    assert cors_headers(preflight(restx_application(), "/items/1", "GET"))["Max-Age"] == "60"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ROW("/items/0", "GET", 404, id="abort"),
        ROW("/items/1", "POST", 405, id="wrong method"),
        ROW("/missing", "GET", 404, id="no such URL"),
        ROW("/doc", "GET", 200, id="its page"),
        ROW("/swagger.json", "GET", 200, id="its description"),
    ],
)
def test_restx_answers_of_its_own_can_be_read(path, method, status):
    app = restx_application()
    assert callers(app, path, method) == {PAGE}
    assert Browser(app, PAGE).fetch(path, method).status == status


def test_restx_resource_decorated_alone():
    app = flask.Flask("example")
    api = flask_restx.Api(app)

    @api.route("/item")
    @cross_origin(allow_origins=[PAGE])
    class Item(flask_restx.Resource):
        def put(self):
            return "put"

    assert Browser(app, origin=PAGE).fetch("/item", method="PUT").json() == "put"


# --- Flask-Smorest --------------------------------------------------------------------------------


class ItemSchema(marshmallow.Schema):
    number = marshmallow.fields.Int(required=True)


def smorest_application():
    app = governed(allow_origins=[])
    app.config.update(API_TITLE="Items", API_VERSION="v1", OPENAPI_VERSION="3.0.2")
    api = flask_smorest.Api(app)
    items = cross_origin(allow_origins=[PAGE], allow_headers=["Content-Type"])(
        flask_smorest.Blueprint("items", __name__, url_prefix="/items")
    )

    @items.route("/")
    class Items(MethodView):
        @items.arguments(ItemSchema, location="json")
        @items.response(201, ItemSchema)
        def post(self, item):
            return item

        @same_origin
        @items.response(200)
        def delete(self):
            return None

    @items.route("/<int:number>")
    @items.response(200, ItemSchema)
    @cross_origin(max_age=60)
    def get_item(number):
        if number == 0:
            flask_smorest.abort(404, message="no such item")
        return {"number": number}

    api.register_blueprint(items)
    return app


def test_smorest_blueprint_views_and_methods_have_their_policies():
    app = smorest_application()
    assert cors_headers(preflight(app, "/items/5", "GET"))["Max-Age"] == "60"
    assert callers(app, "/items/5") == {PAGE}
    assert Browser(app, PAGE).fetch("/items/5").json() == {"number": 5}
    assert callers(app, "/items/", "DELETE") == set()
    sent = {"headers": JSON, "body": '{"number": 7}'}
    assert callers(app, "/items/", "POST", **sent) == {PAGE}
    response = Browser(app, PAGE).fetch("/items/", "POST", **sent)
    assert (response.status, response.json()) == (201, {"number": 7})


@pytest.mark.parametrize(
    ("path", "method", "sent", "status"),
    [
        ROW("/items/0", "GET", {}, 404, id="abort"),
        ROW(
            "/items/",
            "POST",
            {"headers": JSON, "body": '{"number": "none"}'},
            422,
            id="invalid arguments",
        ),
        ROW("/items/1", "POST", {}, 405, id="wrong method"),
    ],
)
def test_smorest_errors_can_be_read(path, method, sent, status):
    app = smorest_application()
    assert callers(app, path, method, **sent) == {PAGE}
    assert Browser(app, PAGE).fetch(path, method, **sent).status == status


def assert_closed(app, path, method="DELETE"):
    """Nobody else may use it, and a page of the application's own still can."""
    assert preflight(app, path, method).status_code == 403
    assert callers(app, path, method) == set()
    assert actual(app, path, method).status_code == 200


def test_smorest_view_class_can_be_closed_and_nested_blueprints_too():
    app = smorest_application_of(same_origin)
    assert_closed(app, "/items/")
    assert_closed(app, "/items/inner/")


def smorest_application_of(decorator):
    app = governed()
    app.config.update(API_TITLE="Items", API_VERSION="v1", OPENAPI_VERSION="3.0.2")
    api = flask_smorest.Api(app)
    items = flask_smorest.Blueprint("items", __name__, url_prefix="/items")
    inner = decorator(flask_smorest.Blueprint("inner", __name__, url_prefix="/inner"))

    @items.route("/")
    @decorator
    class Items(MethodView):
        @items.response(200)
        def delete(self):
            return {}

    @inner.route("/", methods=["DELETE"])
    @inner.response(200)
    def delete():
        return {}

    items.register_blueprint(inner)
    api.register_blueprint(items)
    return app


# --- APIFlask -------------------------------------------------------------------------------------


def test_apiflask_views_classes_and_blueprints_can_be_closed():
    app = apiflask.APIFlask("example")
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    closed = same_origin(apiflask.APIBlueprint("closed", __name__, url_prefix="/blueprint"))

    @app.delete("/function")
    @app.output({"id": apiflask.fields.Integer()})
    @same_origin
    def function():
        return {"id": 1}

    @app.delete("/outside")
    @same_origin
    @app.output({"id": apiflask.fields.Integer()})
    def outside():
        return {"id": 1}

    class Item(apiflask.views.MethodView):
        @same_origin
        @app.output({"id": apiflask.fields.Integer()})
        def delete(self):
            return {"id": 1}

    app.add_url_rule("/class", view_func=Item.as_view("item"))

    @closed.delete("/")
    @closed.output({"id": apiflask.fields.Integer()})
    def inside():
        return {"id": 1}

    app.register_blueprint(closed)
    for path in ("/function", "/outside", "/class", "/blueprint/"):
        assert_closed(app, path)


# --- Flask-RESTful --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "decorators",
    [
        ROW([same_origin], id="list"),
        ROW({"delete": [same_origin]}, id="by method"),
        ROW([cross_origin(allow_origins=[])], id="with fields"),
        ROW([cross_origin(max_age=60), same_origin], id="several"),
    ],
)
def test_restful_method_decorators_take_effect(decorators):
    class Item(flask_restful.Resource):
        method_decorators = decorators

        def delete(self):
            return "deleted"

    app = governed(allow_credentials=True)
    flask_restful.Api(app).add_resource(Item, "/item")
    assert_closed(app, "/item")


def test_restful_method_decorators_hold_for_what_runs_before_the_method(nothing_declared):
    class Item(flask_restful.Resource):
        method_decorators = (same_origin,)

        def get(self):
            return "item"

    app = governed()
    flask_restful.Api(app).add_resource(Item, "/item")
    app.before_request(lambda: "refused")
    assert callers(app, "/item") == set()


def test_restful_method_decorators_share_as_they_say():
    class Item(flask_restful.Resource):
        method_decorators = (cross_origin(allow_origins=[ADMIN]),)

        def put(self):
            return "put"

    app = governed()
    flask_restful.Api(app).add_resource(Item, "/item")
    assert callers(app, "/item", "PUT") == {ADMIN}


def test_restful_method_decorators_leave_nothing_behind():
    class Item(flask_restful.Resource):
        method_decorators = (same_origin,)

        def get(self):
            return "item"

    app = governed()
    flask_restful.Api(app).add_resource(Item, "/item")
    actual(app, "/item")
    resolver = app.extensions["wsgicors"]
    remembered = dict(resolver._by_view)
    before = sum(1 for _ in declarations.all_declared())
    for _ in range(50):
        actual(app, "/item")
    gc.collect()
    assert sum(1 for _ in declarations.all_declared()) <= before
    assert resolver._by_view == remembered


def test_restful_decorators_of_the_api_take_effect():
    class Item(flask_restful.Resource):
        def delete(self):
            return "deleted"

    app = governed()
    flask_restful.Api(app, decorators=[same_origin]).add_resource(Item, "/item")
    assert_closed(app, "/item")


# --- Flask-RESTX: namespaces ----------------------------------------------------------------------


@pytest.mark.parametrize("late", [False, True])
def test_restx_namespace_can_be_closed(late):
    app = governed()
    secrets = flask_restx.Namespace("secrets")
    api = flask_restx.Api(app, doc=False)
    assert same_origin(secrets) is secrets
    if not late:
        api.add_namespace(secrets)

    @secrets.route("/")
    class Secret(flask_restx.Resource):
        def delete(self):
            return "deleted"

    if late:
        api.add_namespace(secrets)
    assert_closed(app, "/secrets/")


def test_restx_namespace_that_has_resources_already_is_refused():
    api = flask_restx.Api(governed(), doc=False)
    secrets = api.namespace("secrets")
    secrets.route("/")(type("Secret", (flask_restx.Resource,), {}))
    with pytest.raises(ConfigError, match="before you add the first one"):
        same_origin(secrets)


def on_blueprint(make):
    def made(app):
        blueprint = flask.Blueprint("b", __name__)
        api = make(blueprint)
        return api, lambda: app.register_blueprint(blueprint)

    return made


def on_application(make):
    return lambda app: (make(app), lambda: None)


API_MAKERS = [
    ROW(on_application(flask_restful.Api), flask_restful.Resource, id="RESTful"),
    ROW(on_application(flask_restx.Api), flask_restx.Resource, id="RESTX"),
    ROW(on_blueprint(flask_restful.Api), flask_restful.Resource, id="RESTful on a blueprint"),
    ROW(on_blueprint(flask_restx.Api), flask_restx.Resource, id="RESTX on a blueprint"),
]


@pytest.mark.parametrize("decorator", [same_origin, cross_origin(allow_origins=[ADMIN])])
@pytest.mark.parametrize(("make", "resource"), API_MAKERS)
def test_api_that_has_resources_already_is_refused(make, resource, decorator):
    api, _ = make(governed())
    api.add_resource(type("Secret", (resource,), {"get": lambda self: "secret"}), "/secret")
    with pytest.raises(ConfigError, match="before you add the first one"):
        decorator(api)


@pytest.mark.parametrize(("make", "resource"), API_MAKERS)
def test_api_can_be_closed_before_it_has_resources(make, resource):
    app = governed()
    api, register = make(app)
    assert same_origin(api) is api
    secret = type("Secret", (resource,), {"delete": lambda self: "deleted"})
    api.add_resource(secret, "/secret")
    register()
    assert_closed(app, "/secret")


@pytest.mark.parametrize(
    "kind",
    [flask_restx.Namespace, flask_restx.Api, flask_restful.Api],
    ids=lambda kind: kind.__module__,
)
def test_class_of_apis_and_namespaces_is_refused(kind):
    with pytest.raises(ConfigError, match="decorate what you make of it"):
        same_origin(type("Secrets", (kind,), {"own": lambda self: "not a view"}))


def restx_with_pages(app, close):
    blueprint = flask.Blueprint("b", __name__)
    api = flask_restx.Api(blueprint)
    close(api, blueprint)
    api.route("/x")(type("X", (flask_restx.Resource,), {"get": lambda self: "secret"}))
    app.register_blueprint(blueprint)


@pytest.mark.parametrize(
    ("endpoints", "close", "shared"),
    [
        ROW({}, lambda api, blueprint: same_origin(api), {PAGE}, id="neither"),
        ROW({}, lambda api, blueprint: same_origin(blueprint), set(), id="by the blueprint"),
        ROW(
            {"b.specs": {"allow_origins": []}, "b.doc": {"allow_origins": []}},
            lambda api, blueprint: same_origin(api),
            set(),
            id="by their endpoints",
        ),
    ],
)
def test_pages_of_restx_are_closed_as_the_documentation_says(endpoints, close, shared):
    app = governed(endpoints=endpoints)
    restx_with_pages(app, close)
    assert callers(app, "/x") == set()
    assert [callers(app, path) for path in ("/swagger.json", "/")] == [shared, shared]


def test_api_that_is_closed_too_late_is_found_at_the_first_request_too():
    app = governed()
    api = flask_restful.Api(app)
    # Its endpoint is called like the description that Flask-RESTX makes itself.
    api.add_resource(type("Specs", (flask_restful.Resource,), {"get": lambda self: "s"}), "/specs")
    same_origin(api)
    with pytest.raises(ConfigError, match="in decorators of Api, is not in force"):
        actual(app, "/specs")


# --- Flask-Injector -------------------------------------------------------------------------------


def as_it_is(thing):
    return thing


class Service:
    word = "deleted"


def add_view(app, view_class):
    app.add_url_rule("/item", view_func=view_class.as_view("item"))


def add_with_restful(app, view_class):
    flask_restful.Api(app).add_resource(view_class, "/item")


def add_with_restx(app, view_class):
    flask_restx.Api(app).add_resource(view_class, "/item")


@pytest.mark.parametrize("where", ["method", "class", "list"])
@pytest.mark.parametrize(
    ("base", "add"),
    [
        ROW(MethodView, add_view, id="Flask"),
        ROW(flask_restful.Resource, add_with_restful, id="RESTful"),
        ROW(flask_restx.Resource, add_with_restx, id="RESTX"),
    ],
)
@pytest.mark.parametrize("is_governed", [True, False], ids=["CORS", "alone"])
def test_injector_gives_closed_views_what_they_ask_for(base, add, where, is_governed):
    class Item(base):
        decorators = [cross_origin(allow_origins=[])] if where == "list" else []

        def __init__(self, service: Service, **more):
            self.service = service

        def get(self):
            return "got"

        @(same_origin if where == "method" else as_it_is)
        def delete(self):
            return self.service.word

    Item.__init__ = flask_injector.inject(Item.__init__)
    app = governed() if is_governed else flask.Flask("example")
    add(app, same_origin(Item) if where == "class" else Item)
    flask_injector.FlaskInjector(app=app, modules=[])
    assert_closed(app, "/item")
    assert "deleted" in actual(app, "/item", "DELETE").text
    assert callers(app, "/item") == ({PAGE} if is_governed and where == "method" else set())
    options = app.test_client().options("/item")
    assert (options.status_code, options.allow) == (200, {"GET", "HEAD", "DELETE", "OPTIONS"})


# --- Flask-Classful -------------------------------------------------------------------------------


def classful_application(decorate_class, decorate_method):
    app = governed()

    class Items(flask_classful.FlaskView):
        def index(self):
            return "open"

        @decorate_method
        def delete(self, number):
            return f"deleted {number}"

        @flask_classful.route("/purge", methods=["DELETE"])
        @decorate_method
        def purge(self):
            return "purged"

    decorate_class(Items).register(app)
    return app


def test_classful_methods_can_be_closed_and_keep_their_routes():
    app = classful_application(lambda items: items, same_origin)
    assert_closed(app, "/items/5/")
    assert_closed(app, "/items/purge/")
    assert actual(app, "/items/5/", "DELETE").text == "deleted 5"
    assert callers(app, "/items/") == {PAGE}


def test_classful_class_can_be_closed():
    app = classful_application(same_origin, lambda method: method)
    assert_closed(app, "/items/5/")
    assert_closed(app, "/items/purge/")
    assert callers(app, "/items/") == set()


def test_classful_method_can_be_opened():
    app = classful_application(same_origin, cross_origin(allow_origins=[ADMIN]))
    assert callers(app, "/items/5/", "DELETE") == {ADMIN}
    assert callers(app, "/items/") == set()


# --- Flask-Admin ----------------------------------------------------------------------------------


def admin_application(decorate_class, decorate_method):
    class Secrets(flask_admin.BaseView):
        @flask_admin.expose("/")
        def index(self):
            return "open"

        @flask_admin.expose("/below", methods=["DELETE"])
        @decorate_method
        def below(self):
            return "deleted"

        @decorate_method
        @flask_admin.expose("/above", methods=["DELETE"])
        def above(self):
            return "deleted"

    app = governed()
    admin = flask_admin.Admin(app)
    admin.add_view(decorate_class(Secrets)(name="Secrets", endpoint="secrets", url="/secrets"))
    return app


def test_admin_views_can_be_closed():
    app = admin_application(lambda view: view, same_origin)
    assert_closed(app, "/secrets/below")
    assert_closed(app, "/secrets/above")
    assert callers(app, "/secrets/") == {PAGE}


def test_admin_view_class_can_be_closed():
    app = admin_application(same_origin, lambda view: view)
    assert_closed(app, "/secrets/below")
    assert callers(app, "/secrets/") == set()


# --- Flask-AppBuilder -----------------------------------------------------------------------------


def appbuilder_application(decorate_class, decorate_method):
    class Secrets(flask_appbuilder.BaseView):
        route_base = "/secrets"

        @flask_appbuilder.expose("/", methods=["GET"])
        def index(self):
            return "open"

        @flask_appbuilder.expose("/below", methods=["DELETE"])
        @decorate_method
        def below(self):
            return "deleted"

    class Api(flask_appbuilder.api.BaseApi):
        resource_name = "secrets"

        @flask_appbuilder.expose("/below", methods=["DELETE"])
        @decorate_method
        def below(self):
            return self.response(200, message="deleted")

    app = governed()
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", FAB_ADD_SECURITY_VIEWS=False)
    database = flask_sqlalchemy.SQLAlchemy(app)
    with app.app_context():
        builder = flask_appbuilder.AppBuilder(app, database.session)
        builder.add_view_no_menu(decorate_class(Secrets))
        builder.add_api(decorate_class(Api))
    return app


@pytest.mark.parametrize(
    "decorators",
    [
        ROW((lambda view: view, same_origin), id="methods"),
        ROW((same_origin, lambda view: view), id="classes"),
    ],
)
def test_appbuilder_views_and_apis_can_be_closed(decorators):
    app = appbuilder_application(*decorators)
    assert_closed(app, "/secrets/below")
    assert_closed(app, "/api/v1/secrets/below")


# --- Flask-Login ----------------------------------------------------------------------------------


def login_application(**fields):
    app = governed(allow_credentials=True, **fields)
    app.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)
    loaded = []
    manager = flask_login.LoginManager(app)

    @manager.user_loader
    def load_user(user_id):
        loaded.append(user_id)
        user = flask_login.UserMixin()
        user.id = user_id
        return user

    @app.post("/login")
    def login():
        flask_login.login_user(load_user("me"))
        return "in"

    @app.put("/secret")
    @flask_login.login_required
    def secret():
        return f"secret of {flask_login.current_user.id}"

    return app, loaded


def test_login_required_never_sees_a_preflight():
    app, loaded = login_application()

    @app.before_request
    @flask_login.login_required
    def everywhere():
        loaded.append("hook")

    assert preflight(app, "/secret").status_code == 204
    assert loaded == []


def test_login_refusal_can_be_read_across_origins():
    app, _ = login_application()
    assert (
        Browser(app, origin=PAGE).fetch("/secret", method="PUT", credentials="include").status
        == 401
    )


def test_login_works_across_origins():
    app, _ = login_application()
    browser = Browser(app, origin=PAGE)
    browser.fetch("/login", method="POST", credentials="include")
    assert browser.fetch("/secret", method="PUT", credentials="include").text == "secret of me"
    browser = Browser(app, origin=ADMIN)
    with pytest.raises(CORSError):
        browser.fetch("/secret", method="PUT", credentials="include")


@pytest.mark.parametrize("extension", [True, False])
def test_login_required_above_and_below_the_decorator(extension):
    app = flask.Flask("example")
    app.secret_key = "secret"
    flask_login.LoginManager(app).user_loader(lambda user_id: None)
    if extension:
        CORS(app, allow_origins=[])
    shared = cross_origin(allow_origins=[PAGE])
    required = flask_login.login_required
    app.add_url_rule("/above", "above", required(shared(lambda: "")), methods=["PUT"])
    app.add_url_rule("/below", "below", shared(required(lambda: "")), methods=["PUT"])
    assert preflight(app, "/above").status_code == 204
    assert callers(app, "/below", "PUT") == {PAGE}
    assert callers(app, "/above", "PUT") == {PAGE}


# --- Flask-WTF ------------------------------------------------------------------------------------


def csrf_application():
    app = governed(
        allow_credentials=True, allow_headers=["X-CSRFToken"], expose_headers=["X-CSRFToken"]
    )
    app.config.update(
        SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True, WTF_CSRF_SSL_STRICT=False
    )
    csrf = flask_wtf.CSRFProtect(app)

    @app.get("/token")
    def token():
        return flask.Response("", headers={"X-CSRFToken": flask_wtf.csrf.generate_csrf()})

    @app.put("/item")
    def put_item():
        return "put"

    @app.put("/exempt")
    @csrf.exempt
    @cross_origin(max_age=60)
    def exempt():
        return "exempt"

    return app


def test_csrf_protection_never_sees_a_preflight():
    assert preflight(csrf_application(), "/item", headers="x-csrftoken").status_code == 204


def test_csrf_refusal_can_be_read_across_origins():
    response = Browser(csrf_application(), origin=PAGE).fetch(
        "/item", method="PUT", credentials="include"
    )
    assert response.status == 400
    assert "CSRF" in response.text


def test_csrf_token_goes_across_origins():
    browser = Browser(csrf_application(), origin=PAGE)
    token = browser.fetch("/token", credentials="include").headers["X-CSRFToken"]
    response = browser.fetch(
        "/item", method="PUT", credentials="include", headers={"X-CSRFToken": token}
    )
    assert response.text == "put"


def test_csrf_exemption_of_a_decorated_view_holds():
    assert Browser(csrf_application(), origin=PAGE).fetch("/exempt", method="PUT").text == "exempt"


# --- Flask-Sock -----------------------------------------------------------------------------------


@pytest.mark.parametrize("has_blueprint", [False, True])
def test_websocket_of_flask_sock_that_any_page_can_open_is_told(has_blueprint, caplog):
    app = governed()
    blueprint = flask.Blueprint("shop", __name__) if has_blueprint else None
    sock = flask_sock.Sock(app)

    @sock.route("/inbox", bp=blueprint)
    @same_origin
    def inbox(socket):
        socket.send("secret")

    if blueprint is not None:
        app.register_blueprint(blueprint)
    actual(app)
    (message,) = caplog.messages
    assert message.startswith("WebSocket /inbox: browsers do not apply CORS to WebSockets")
    assert "@same_origin at flask/" in message


# --- Dash -----------------------------------------------------------------------------------------


def test_dash_application_cannot_be_decorated():
    with pytest.raises(ConfigError, match=r"write CORS\(app\.server, \.\.\.\)"):
        same_origin(dash.Dash("example"))


def test_dash_pages_and_callbacks_are_governed_as_endpoints():
    server = flask.Flask("example")
    page = dash.Dash("example", server=server, url_base_pathname="/dash/")
    page.layout = dash.html.Div(id="out")
    page.callback(dash.Output("out", "children"), dash.Input("out", "n_clicks"))(
        lambda clicks: "clicked"
    )
    callback = "/dash/_dash-update-component"
    CORS(
        server,
        allow_origins=[],
        endpoints={callback: {"allow_origins": [PAGE], "allow_headers": ["Content-Type"]}},
    )
    asked = {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [{"id": "out", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["out.n_clicks"],
    }
    sent = {"headers": JSON, "body": flask.json.dumps(asked)}
    assert callers(server, callback, "POST", **sent) == {PAGE}
    response = Browser(server, PAGE).fetch(callback, "POST", **sent)
    assert response.json()["response"]["out"]["children"] == "clicked"
    assert re.search("<title>Dash</title>", actual(server, "/dash/").text)
    assert callers(server, "/dash/") == set()


@pytest.mark.parametrize("is_default", [True, False])
def test_closed_error_handler_of_restx_is_in_force_in_silence(is_default, caplog):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    api = flask_restx.Api(app)
    closed_handler = same_origin(lambda error: ({"message": "failed"}, 400))
    api.errorhandler(closed_handler) if is_default else api.errorhandler(KeyError)(closed_handler)

    @api.route("/crash")
    class Crash(flask_restx.Resource):
        def get(self):
            raise KeyError

    assert callers(app, "/crash") == set()
    assert not [each for each in caplog.records if each.name == "wsgicors"]


def test_list_that_flask_admin_does_not_read_is_an_error():
    class Secret(flask_admin.BaseView):
        decorators = (same_origin,)

        @flask_admin.expose("/")
        def index(self):
            return "secret"

    app = governed()
    flask_admin.Admin(app).add_view(Secret(endpoint="secret"))
    with pytest.raises(ConfigError, match=r"decorators of .*Secret.* is not in force"):
        actual(app, "/admin/secret/")


def test_list_of_flask_restful_for_a_method_in_capitals_is_an_error():
    class Item(flask_restful.Resource):
        method_decorators = types.MappingProxyType({"POST": [same_origin]})

        def post(self):
            return "saved"

    app = governed()
    flask_restful.Api(app).add_resource(Item, "/item")
    with pytest.raises(ConfigError, match=r"method_decorators of .*Item.* is not in force"):
        actual(app, "/item", "POST")
