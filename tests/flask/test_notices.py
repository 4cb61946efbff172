"""What is told where nothing is wrong, but a setting may not do what somebody meant by it."""

from __future__ import annotations

import functools
import os

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask.views import MethodView
from flask_calls import actual, look_anew

from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param
OTHER = "https://other.example"
REFUSING = {"allow_origins": [PAGE], "refuse_denied": True}


@pytest.fixture
def app():
    return flask.Flask("example", static_folder=None)


def add(app, path, decorate=lambda view: view, **options):
    app.add_url_rule(path, path.strip("/"), decorate(lambda: "answered"), **options)


@pytest.fixture
def warnings_of(caplog):
    """What is told at the first request, and at a check that comes later."""

    def told(app):
        for _ in range(2):
            actual(app, "/")
            look_anew()
        records = [record for record in caplog.records if record.name == "wsgicors"]
        assert all(record.levelname == "WARNING" for record in records)
        messages = [record.getMessage() for record in records]
        assert all(message.isascii() for message in messages)
        return messages

    return told


# --- a refusal that refuses nobody ----------------------------------------------------------------


def everybody_may_read(app):
    add(app, "/pay", methods=["POST"])
    add(app, "/own", same_origin)
    CORS(app, allow_origins="*", allow_credentials=[PAGE], refuse_denied=True)


def everybody_by_configuration(app):
    add(app, "/pay", methods=["POST"])
    add(app, "/own", same_origin)
    app.config.update(CORS_ALLOW_ORIGINS="*", CORS_REFUSE_DENIED="true")
    CORS(app)


def everybody_without_the_extension(app):
    app.config["CORS_REFUSE_DENIED"] = True
    add(app, "/pay", cross_origin(allow_origins="*"), methods=["POST"])
    add(app, "/", cross_origin(allow_origins=[PAGE]))


def one_view_reads_and_writes(app):
    add(app, "/pay", cross_origin(allow_origins="*"), methods=["GET", "POST"])
    CORS(app, **REFUSING)


def of_a_blueprint(app):
    shop = cross_origin(allow_origins="*")(flask.Blueprint("shop", __name__))
    shop.add_url_rule("/pay", "pay", lambda: "paid", methods=["POST"])
    app.register_blueprint(shop)
    CORS(app, **REFUSING)


def by_its_name(app):
    add(app, "/pay", methods=["POST"])
    CORS(app, **REFUSING, endpoints={"pay": {"allow_origins": "*"}})


def of_one_method(app):
    class Pay(MethodView):
        def get(self):
            return "seen"

        @cross_origin(allow_origins="*")
        def post(self):
            return "paid"

    app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
    CORS(app, **REFUSING)


@pytest.mark.parametrize(
    ("make", "places"),
    [
        ROW(everybody_may_read, ["CORS(...) at flask/test_notices.py:"], id="application"),
        ROW(
            everybody_by_configuration,
            ["app.config['CORS_ALLOW_ORIGINS']", "app.config['CORS_REFUSE_DENIED']"],
            id="configuration",
        ),
        ROW(
            everybody_without_the_extension,
            ["@cross_origin at flask/", "app.config['CORS_REFUSE_DENIED']"],
            id="without the extension",
        ),
        ROW(one_view_reads_and_writes, ["@cross_origin at flask/", "CORS(...) at"], id="view"),
        ROW(of_a_blueprint, ["@cross_origin at flask/", "CORS(...) at"], id="blueprint"),
        ROW(by_its_name, ["endpoints['pay'] at flask/", "CORS(...) at"], id="endpoints"),
        ROW(of_one_method, ["@cross_origin at flask/", "CORS(...) at"], id="method"),
    ],
)
def test_everybody_who_may_write_though_others_are_to_be_refused_is_told_once(
    app, warnings_of, make, places
):
    make(app)
    add(app, "/feed", cross_origin(allow_origins="*"))
    told = warnings_of(app)
    assert actual(app, "/pay", "POST", origin="https://evil.example").status_code == 200
    (message,) = told
    assert message.startswith("POST /pay: everybody is allowed there, so refuse_denied refuses")
    for part in [*places, "list them in allow_origins", "refuse_denied=False"]:
        assert part in message


def test_websocket_that_everybody_may_open_though_others_are_to_be_refused_is_told(
    app, warnings_of
):
    add(app, "/feed", cross_origin(allow_origins="*"), websocket=True)
    CORS(app, **REFUSING)
    (message,) = warnings_of(app)
    assert message.startswith("WebSocket /feed: everybody is allowed there")


@pytest.mark.parametrize(
    ("decorate", "options"),
    [
        ROW(cross_origin(allow_origins="*", refuse_denied=False), {}, id="it is said"),
        ROW(cross_origin(allow_origins=[ADMIN]), {}, id="some are allowed"),
        ROW(cross_origin(allow_origins="*"), {"methods": ["GET", "OPTIONS"]}, id="nothing writes"),
        ROW(cross_origin(allow_origins="*"), {"build_only": True}, id="nobody comes there"),
    ],
)
def test_where_everybody_is_meant_or_nobody_writes_nothing_is_told(
    app, warnings_of, decorate, options
):
    add(app, "/pay", decorate, **{"methods": ["POST"], **options})
    CORS(app, **REFUSING)
    assert warnings_of(app) == []


def test_bare_view_is_not_taken_for_an_open_one_beside_it(app, warnings_of):
    shop = flask.Blueprint("shop", __name__)
    decorated = cross_origin(allow_origins="*")(lambda: "open")
    shop.add_url_rule("/open", "open", decorated, methods=["POST"])
    shop.add_url_rule("/pay", "pay", lambda: "paid", methods=["POST"])
    app.register_blueprint(shop)
    CORS(app, **REFUSING)
    (message,) = warnings_of(app)
    assert message.startswith("POST /open: ")


def test_where_nothing_is_refused_nothing_is_told_of_everybody(app, warnings_of):
    add(app, "/pay", methods=["POST"])
    add(app, "/own", same_origin)
    CORS(app, allow_origins="*")
    assert warnings_of(app) == []


def test_of_very_many_routes_for_everybody_the_first_are_named(app, warnings_of):
    for number in range(200):
        part = flask.Blueprint(f"part{number}", __name__)
        if number % 2:
            cross_origin(allow_origins="*")(part)
        part.add_url_rule(f"/{number}", "put", lambda: "put", methods=["GET", "PUT"])
        part.add_url_rule(
            f"/{number}/item", "item", cross_origin()(lambda: "item"), methods=["PATCH"]
        )
        app.register_blueprint(part)
    CORS(app, **REFUSING)
    (message,) = warnings_of(app)
    assert message.startswith("PUT /1, ")
    assert " and 194 more: everybody" in message
    assert len(message) < 900


def test_route_that_comes_later_is_told_alone(app, warnings_of):
    everybody_may_read(app)
    assert len(warnings_of(app)) == 1
    app.url_map.add(app.url_rule_class("/late", endpoint="pay", methods=["PUT"]))
    assert [each.partition(":")[0] for each in warnings_of(app)] == ["POST /pay", "PUT /late"]


# --- WebSockets -----------------------------------------------------------------------------------


def with_a_wrapper(app, decorate):
    """As Flask-Sock has it."""
    view = decorate(lambda socket: None)

    @app.route("/inbox", websocket=True, endpoint="inbox")
    @functools.wraps(view)
    def opened():
        return view("socket")


def with_a_blueprint(app, decorate):
    shop = flask.Blueprint("shop", __name__)
    with_a_wrapper(shop, decorate)
    app.register_blueprint(shop)


def with_a_rule(app, decorate):
    add(app, "/inbox", decorate, websocket=True)


@pytest.mark.parametrize(
    "route",
    [with_a_wrapper, with_a_blueprint, with_a_rule],
    ids=lambda each: each.__name__,
)
@pytest.mark.parametrize(
    ("decorate", "fields", "place"),
    [
        ROW(same_origin, {"allow_origins": "*"}, "@same_origin at flask/", id="closed"),
        ROW(lambda view: view, {"allow_origins": [PAGE]}, "CORS(...) at flask/", id="inherited"),
        ROW(
            cross_origin(allow_origins=lambda origin, environ: origin == PAGE),
            {"allow_origins": "*"},
            "@cross_origin at flask/",
            id="callable",
        ),
    ],
)
def test_websocket_that_any_page_can_open_is_told_once(
    app, warnings_of, route, decorate, fields, place
):
    route(app, decorate)
    CORS(app, **fields)
    (message,) = warnings_of(app)
    assert message.startswith("WebSocket /inbox: browsers do not apply CORS to WebSockets, so any")
    assert place in message
    assert "refuse_denied=True" in message


@pytest.mark.parametrize(
    ("decorate", "fields"),
    [
        ROW(cross_origin(refuse_denied=True), {"allow_origins": [PAGE]}, id="refused"),
        ROW(same_origin, REFUSING, id="refused everywhere"),
        ROW(cross_origin(refuse_denied=False), REFUSING, id="it is said"),
        ROW(lambda view: view, {"allow_origins": "*"}, id="for everybody"),
        ROW(
            lambda view: view,
            {"allow_origins": [PAGE], "endpoints": {"inbox": None}},
            id="not governed",
        ),
    ],
)
def test_websocket_that_is_closed_or_meant_to_be_open_is_not_told(
    app, warnings_of, decorate, fields
):
    with_a_rule(app, decorate)
    CORS(app, **fields)
    assert warnings_of(app) == []


def test_websocket_is_told_where_there_are_decorators_alone(app, warnings_of):
    with_a_rule(app, same_origin)
    add(app, "/", cross_origin(allow_origins="*"))
    (message,) = warnings_of(app)
    assert message.startswith("WebSocket /inbox: ")


def test_of_very_many_websockets_the_first_are_named(app, warnings_of):
    for number in range(20):
        add(app, f"/{number}", websocket=True)
    CORS(app, allow_origins=[PAGE])
    (message,) = warnings_of(app)
    assert "WebSocket /5 and 14 more: browsers" in message


# --- what does not count --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decorate", "said", "field"),
    [
        ROW(cross_origin(allow_origins="*"), {"allow_origins": []}, "allow_origins", id="opened"),
        ROW(same_origin, {"allow_origins": [PAGE]}, "allow_origins", id="closed"),
        ROW(
            cross_origin(refuse_denied=False),
            {"refuse_denied": True},
            "refuse_denied",
            id="refusal",
        ),
    ],
)
def test_name_in_endpoints_that_a_decorator_overrules_is_told_once(
    app, warnings_of, decorate, said, field
):
    add(app, "/secret", decorate)
    CORS(app, allow_origins=[ADMIN], endpoints={"secret": {**said, "max_age": 60}})
    (message,) = warnings_of(app)
    assert f"overrules {field} of endpoints['secret'] at flask/test_notices.py:" in message
    assert "_origin at flask/test_notices.py:" in message
    assert "max_age" not in message


def test_name_in_endpoints_that_a_method_overrules_is_told(app, warnings_of):
    class Secret(MethodView):
        def get(self):
            return "secret"

        @cross_origin(allow_origins="*")
        def post(self):
            return "secret"

    app.add_url_rule("/secret", view_func=Secret.as_view("secret"))
    CORS(app, allow_origins=[], endpoints={"secret": {"allow_origins": [PAGE]}})
    (message,) = warnings_of(app)
    assert "@cross_origin at flask/test_notices.py:" in message


@pytest.mark.parametrize(
    ("decorate", "name", "said"),
    [
        ROW(cross_origin(max_age=60), "b.secret", {"allow_origins": []}, id="another field"),
        ROW(
            cross_origin(allow_origins=[PAGE, ADMIN]),
            "b.secret",
            {"allow_origins": [ADMIN, PAGE]},
            id="the same",
        ),
        ROW(cross_origin(allow_origins="*"), "b.*", {"allow_origins": []}, id="a blueprint's"),
    ],
)
def test_name_in_endpoints_that_counts_or_is_broad_is_not_told(
    app, warnings_of, decorate, name, said
):
    blueprint = cross_origin(allow_origins=[])(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/secret", "secret", decorate(lambda: "secret"))
    app.register_blueprint(blueprint)
    CORS(app, allow_origins=[PAGE], endpoints={name: said})
    assert warnings_of(app) == []


def test_of_very_many_names_the_first_are_told(app, warnings_of):
    names = [f"view{number}" for number in range(20)]
    for name in names:
        add(app, f"/{name}", cross_origin(allow_origins="*"))
    CORS(app, allow_origins=[], endpoints={name: {"allow_origins": []} for name in names})
    (message,) = warnings_of(app)
    assert " and 14 more: " in message


@pytest.mark.parametrize(
    ("key", "value", "fields", "says"),
    [
        ROW("ALLOW_ORIGINS", PAGE, {"allow_origins": "*"}, "CORS(...)", id="origins"),
        ROW(
            "REFUSE_DENIED",
            True,
            {"allow_origins": [PAGE], "refuse_denied": False},
            "CORS(...)",
            id="refusal",
        ),
    ],
)
def test_key_that_arguments_overrule_is_told_once(app, warnings_of, key, value, fields, says):
    app.config[f"CORS_{key}"] = value
    CORS(app, **fields)
    (message,) = warnings_of(app)
    assert message.startswith(f"app.config['CORS_{key}'] has no effect")
    assert f"{says} at flask/test_notices.py:" in message
    assert f"Leave {key.lower()} out in one" in message


def test_variable_that_arguments_overrule_is_told(app, warnings_of, monkeypatch):
    monkeypatch.setenv("FLASK_CORS_ALLOW_ORIGINS", PAGE)
    monkeypatch.setenv("FLASK_CORS_MAX_AGE", "60")
    app.config.from_prefixed_env()
    cors = CORS()
    cors.init_app(app, allow_origins="*", max_age=5)
    told = warnings_of(app)
    assert [each.partition(" ")[0] for each in told] == [
        "app.config['CORS_ALLOW_ORIGINS']",
        "app.config['CORS_MAX_AGE']",
    ]
    assert all("init_app(...) at" in each and "environment" in each for each in told)


@pytest.mark.parametrize(
    "fields",
    [
        ROW({"max_age": 5}, id="another field"),
        ROW({"allow_origins": [ADMIN, PAGE]}, id="the same"),
        ROW({"trial": {"allow_origins": "*"}}, id="on trial"),
    ],
)
def test_key_that_counts_is_not_told(app, warnings_of, fields):
    app.config["CORS_ALLOW_ORIGINS"] = [PAGE, ADMIN]
    CORS(app, **fields)
    assert warnings_of(app) == []
    assert callers(app, "/") == {PAGE, ADMIN}


def test_mapping_of_keys_is_told_once(app, warnings_of, monkeypatch):
    monkeypatch.setenv("FLASK_CORS__REFUSE_DENIED", "true")
    app.config.from_prefixed_env()
    assert app.config["CORS"] == {"REFUSE_DENIED": True}
    CORS(app, allow_origins=[PAGE])
    (message,) = warnings_of(app)
    assert message.startswith("app.config['CORS'] is a mapping, and wsgicors does not read")
    assert "set app.config['CORS_REFUSE_DENIED']." in message
    assert "FLASK_CORS_ALLOW_ORIGINS" in message


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ROW("FLASK_CORS_REFUSE_DENIED", "true", "FLASK_CORS_REFUSE_DENIED in", id="flag"),
        ROW("FLASK_CORS_REFUSE_DENIED", "1", "FLASK_CORS_REFUSE_DENIED in", id="no flag"),
        ROW("FLASK_CORS__REFUSE_DENIED", "1", "FLASK_CORS__REFUSE_DENIED in", id="two underscores"),
        ROW(
            "SHOP_CORS_REFUSE_DENIED",
            "true",
            "SHOP_CORS_REFUSE_DENIED (write FLASK_CORS_REFUSE_DENIED) in",
            id="another prefix",
        ),
        ROW(
            "FLASK_REFUSE_DENIED",
            "true",
            "FLASK_REFUSE_DENIED in",
            id="without CORS_",
        ),
        ROW("FLASK_CORS_ALLOW_ORIGINS", PAGE, "FLASK_CORS_ALLOW_ORIGINS in", id="narrower"),
        ROW("FLASK_CORS_ORIGINS", OTHER, "FLASK_CORS_ORIGINS in", id="others, by another name"),
        ROW(
            "CORS_REFUSE_DENIED",
            "true",
            "CORS_REFUSE_DENIED (write FLASK_CORS_REFUSE_DENIED) in",
            id="short",
        ),
    ],
)
def test_variable_that_nothing_reads_is_told_once(app, warnings_of, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    CORS(app, allow_origins=[PAGE, ADMIN])
    (message,) = warnings_of(app)
    assert message.startswith(f"{says} the environment says what is not in force")
    assert "app.config.from_prefixed_env()" in message
    assert value not in message or value == "1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ROW("FLASK_CORS_ALLOW_ORIGINS", f"{ADMIN} {PAGE}", id="handed on"),
        ROW("FLASK_CORS_ALLOW_ORIGINS", f'["{ADMIN}", "{PAGE}"]', id="handed on, as JSON"),
        ROW("CORS_ORIGINS", PAGE, id="handed on, with more"),
        ROW("CORS_ORIGINS", "a;b", id="read in another way"),
        ROW("CORS_ALLOW_CREDENTIALS", "false", id="as it is"),
        ROW("CORS_ENABLED", "1", id="no field"),
        ROW("FLASK_CORS_REFUSE_DENIED", "null", id="nothing"),
        ROW("cors_refuse_denied", "true", id="in lower case"),
        ROW("FLASK_ENV", "production", id="of Flask"),
    ],
)
def test_variable_that_is_read_by_somebody_is_not_told(app, warnings_of, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    CORS(app, allow_origins=[PAGE, ADMIN])
    assert warnings_of(app) == []


def test_variables_of_a_program_that_looks_them_up_are_not_told(app, warnings_of, monkeypatch):
    monkeypatch.setenv("CORS_ORIGINS", PAGE)
    CORS(app, allow_origins=lambda origin, environ: origin in os.environ["CORS_ORIGINS"].split())
    assert warnings_of(app) == []


@pytest.mark.parametrize("prefix", ["FLASK", "CORS", "SHOP"])
def test_variable_that_became_a_key_is_told_there_alone(app, warnings_of, monkeypatch, prefix):
    monkeypatch.setenv(f"{prefix}_CORS_REFUSE_DENIED".replace("CORS_CORS", "CORS"), "true")
    app.config.from_prefixed_env(prefix)
    CORS(app, allow_origins=[PAGE], refuse_denied=False)
    (message,) = warnings_of(app)
    assert message.startswith("app.config['")


@pytest.mark.parametrize(
    ("key", "value"),
    [("REFUSE_DENIED", True), ("ALLOW_ORIGINS", [PAGE, OTHER]), ("ALLOW_CREDENTIALS", True)],
)
def test_key_without_its_prefix_is_told_once(app, warnings_of, key, value):
    app.config[key] = value
    CORS(app, allow_origins=[PAGE, ADMIN])
    (message,) = warnings_of(app)
    assert message == (
        f"app.config['{key}'] says what is not in force, because nothing reads it; write"
        f" app.config['CORS_{key}']"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ROW("ALLOW_ORIGINS", [PAGE], id="handed on"),
        ROW("REFUSE_DENIED", False, id="as it is"),
        ROW("MAX_AGE", 60, id="too general"),
        ROW("ALLOW_ORIGINS", {"shop": PAGE}, id="something else"),
        ROW("allow_credentials", True, id="in lower case"),
    ],
)
def test_key_without_the_prefix_may_be_the_applications_own(app, warnings_of, key, value):
    app.config[key] = value
    CORS(app, allow_origins=[PAGE, ADMIN])
    assert warnings_of(app) == []


@pytest.mark.parametrize(
    ("value", "told"), [({"enabled": True}, 1), ({1: 2}, 1), ({}, 0), (True, 0), (None, 0)]
)
def test_whatever_else_stands_there_is_told_if_it_is_a_mapping(app, warnings_of, value, told):
    app.config["CORS"] = value
    CORS(app, allow_origins=[PAGE])
    assert len(warnings_of(app)) == told


# --- what is said twice of one blueprint ----------------------------------------------------------

MINE = {"allow_origins": [PAGE], "expose_headers": ["ETag", "Link"]}
MORE = {"allow_origins": [PAGE, ADMIN]}


@pytest.mark.parametrize(
    ("first", "second", "fields"),
    [
        ROW({"allow_origins": [PAGE]}, {"allow_origins": "*"}, ["allow_origins"], id="everybody"),
        ROW({"allow_origins": [PAGE]}, {"allow_origins": [ADMIN]}, ["allow_origins"], id="others"),
        ROW({"allow_origins": [PAGE]}, MORE, ["allow_origins"], id="more"),
        ROW(
            {"allow_origins": [PAGE]},
            {"allow_origins": lambda *_: True},
            ["allow_origins"],
            id="callable",
        ),
        ROW(
            MINE, {**MORE, "expose_headers": "*"}, ["allow_origins", "expose_headers"], id="fields"
        ),
        ROW({"refuse_denied": True}, {"refuse_denied": False}, ["refuse_denied"], id="refusal"),
        ROW(
            {"allow_credentials": False},
            {"allow_credentials": [PAGE]},
            ["allow_credentials"],
            id="cookies",
        ),
        ROW(
            {"allow_methods": ["GET"]},
            {"allow_methods": ["GET", "PUT"]},
            ["allow_methods"],
            id="methods",
        ),
        ROW({"allow_origins": "*"}, {"allow_origins": [PAGE]}, [], id="fewer"),
        ROW(MORE, {"allow_origins": [PAGE]}, [], id="fewer of a list"),
        ROW({"allow_origins": [PAGE]}, {"allow_origins": []}, [], id="nobody"),
        ROW({"allow_credentials": True}, {"allow_credentials": [PAGE]}, [], id="cookies of fewer"),
        ROW({"refuse_denied": False}, {"refuse_denied": True}, [], id="refuses more"),
        ROW({"max_age": 5}, {"max_age": 60}, [], id="max_age"),
        ROW({"allow_origins": [PAGE]}, {"max_age": 60}, [], id="another field"),
        ROW(MORE, {"allow_origins": [ADMIN, PAGE]}, [], id="another order"),
    ],
)
@pytest.mark.parametrize("kind", ["decorators", "name", "name of a nested one"])
def test_blueprint_for_which_a_second_place_lets_in_more_is_told_of(
    app, warnings_of, kind, first, second, fields
):
    b = flask.Blueprint("b", __name__)
    b.add_url_rule("/items", "items", lambda: "items")
    if kind == "decorators":
        cross_origin(**first)(b)
    cross_origin(**second)(b)
    name = "b.*"
    if kind == "name of a nested one":
        inner = flask.Blueprint("inner", __name__)
        inner.add_url_rule("/inner", "items", lambda: "items")
        b.register_blueprint(inner)
        name = "b.inner.*"
    app.register_blueprint(b)
    CORS(app, allow_origins=[PAGE], endpoints={} if kind == "decorators" else {name: first})
    told = [message for message in warnings_of(app) if "has no effect" in message]
    assert len(told) == bool(fields)
    for message in told:
        assert message.count("it is set by @cross_origin at flask/") == len(fields)
        assert all(f"{field} of " in message for field in fields)
        assert "blueprint" in message


def test_what_is_more_specific_than_a_blueprint_may_say_more(app, warnings_of):
    b, inner = (flask.Blueprint(name, __name__) for name in ("b", "inner"))
    b.add_url_rule("/items", "items", cross_origin(allow_origins="*")(lambda: "items"))
    cross_origin(allow_origins=[PAGE])(b)
    cross_origin(allow_origins="*")(inner)
    inner.add_url_rule("/inner", "items", lambda: "items")
    b.register_blueprint(inner)
    app.register_blueprint(b)
    CORS(app, allow_origins=[], endpoints={"b.*": {"allow_origins": [PAGE]}})
    assert warnings_of(app) == []


def test_blueprint_that_says_more_than_its_name_is_closed_by_the_names_of_its_endpoints(app):
    b = cross_origin(allow_origins="*")(flask.Blueprint("b", __name__))
    b.add_url_rule("/items", "items", lambda: "items")
    app.register_blueprint(b)
    CORS(app, allow_origins=[], endpoints={"b.items": {"allow_origins": []}})
    assert callers(app, "/items") == set()


# --- what is on trial -----------------------------------------------------------------------------


def test_what_is_on_trial_alone_is_not_told(app, warnings_of):
    add(app, "/pay", cross_origin(allow_origins="*"), methods=["POST"])
    add(app, "/inbox", websocket=True)
    CORS(app, allow_origins="*", trial={"allow_origins": [PAGE]})
    assert warnings_of(app) == []
    stricter = flask.Flask("stricter", static_folder=None)
    add(stricter, "/pay", cross_origin(allow_origins="*"), methods=["POST"])
    CORS(stricter, allow_origins=[PAGE], trial=REFUSING)
    assert warnings_of(stricter) == []
