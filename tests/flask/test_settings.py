"""Settings from ``app.config`` in every form it can hold, and the place of each in messages."""

from __future__ import annotations

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask_calls import actual, cors_headers, look_anew, preflight

from wsgicors import ConfigError
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.flask.settings import named

ROW = pytest.param


def configured(**config):
    app = flask.Flask("example")
    app.config.update(config)
    app.add_url_rule("/", "index", lambda: "index", methods=["GET", "PUT"])
    CORS(app)
    return app


@pytest.mark.parametrize(
    "value",
    [
        ROW([PAGE, ADMIN], id="list"),
        ROW((PAGE, ADMIN), id="tuple"),
        ROW({PAGE, ADMIN}, id="set"),
        ROW(f"{PAGE} {ADMIN}", id="string with blanks"),
        ROW(f"{PAGE},{ADMIN}", id="string with commas"),
        ROW(f"\n    {PAGE}\n    {ADMIN}\n", id="string over several lines"),
        ROW(lambda origin, environ: origin in (PAGE, ADMIN), id="callable"),
    ],
)
def test_config_takes_origins_in_every_form(value):
    assert callers(configured(CORS_ALLOW_ORIGINS=value)) == {PAGE, ADMIN}


@pytest.mark.parametrize("once", [iter, lambda items: (each for each in items)], ids=str)
def test_what_can_be_read_once_counts_in_the_configuration(once):
    """In `CORS` and before the first response, for each field and also where it changes nothing."""
    keys = ("ALLOW_METHODS", "ALLOW_HEADERS", "EXPOSE_HEADERS")
    lists = {f"CORS_{key}": once(["PUT"]) for key in keys}
    app = configured(
        CORS_ALLOW_ORIGINS=once([PAGE, ADMIN]), CORS_ALLOW_CREDENTIALS=once([ADMIN]), **lists
    )
    sent = cors_headers(preflight(app, "/", "PUT", origin=ADMIN))
    assert (sent["Allow-Origin"], sent["Allow-Credentials"]) == (ADMIN, "true")
    assert (sent["Allow-Methods"], sent["Allow-Headers"].lower()) == ("PUT", "put")
    assert "Allow-Credentials" not in cors_headers(preflight(app, "/", "PUT", origin=PAGE))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ROW(
            {"FLASK_CORS_ALLOW_ORIGINS": PAGE},
            {"Allow-Origin": PAGE, "Vary": "Origin"},
            id="one origin",
        ),
        ROW(
            {"FLASK_CORS_ALLOW_ORIGINS": f"{ADMIN} {PAGE}"},
            {"Allow-Origin": PAGE, "Vary": "Origin"},
            id="origins with blanks",
        ),
        ROW(
            {"FLASK_CORS_ALLOW_ORIGINS": f'["{ADMIN}", "{PAGE}"]'},
            {"Allow-Origin": PAGE, "Vary": "Origin"},
            id="origins as JSON",
        ),
        ROW({"FLASK_CORS_ALLOW_ORIGINS": "*"}, {"Allow-Origin": "*"}, id="a bare asterisk"),
        ROW({"FLASK_CORS_ALLOW_ORIGINS": '"*"'}, {"Allow-Origin": "*"}, id="an asterisk as JSON"),
        ROW(
            {"FLASK_CORS_ALLOW_ORIGINS": '["*"]'}, {"Allow-Origin": "*"}, id="an asterisk in a list"
        ),
        ROW({"FLASK_CORS_ALLOW_ORIGINS": ""}, {"Vary": "Origin"}, id="nothing: nobody"),
        ROW({"FLASK_CORS_ALLOW_ORIGINS": "[]"}, {"Vary": "Origin"}, id="an empty list: nobody"),
        ROW(
            {"FLASK_CORS_ALLOW_ORIGINS": PAGE, "FLASK_CORS_EXPOSE_HEADERS": "ETag Link"},
            {"Allow-Origin": PAGE, "Expose-Headers": "ETag, Link", "Vary": "Origin"},
            id="names with blanks",
        ),
        *(
            ROW(
                {"FLASK_CORS_ALLOW_ORIGINS": PAGE, "FLASK_CORS_ALLOW_CREDENTIALS": value},
                {"Allow-Origin": PAGE, "Allow-Credentials": "true", "Vary": "Origin"},
                id=f"credentials {value}",
            )
            for value in ("true", "True", "TRUE", '"true"')
        ),
        *(
            ROW(
                {"FLASK_CORS_ALLOW_ORIGINS": PAGE, "FLASK_CORS_ALLOW_CREDENTIALS": value},
                {"Allow-Origin": PAGE, "Vary": "Origin"},
                id=f"credentials {value}",
            )
            for value in ("false", "False", "null")
        ),
    ],
)
def test_config_from_the_environment_decides_actual_responses(monkeypatch, environment, expected):
    assert cors_headers(actual(_from_environment(monkeypatch, environment))) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ROW(
            {"MAX_AGE": "600"},
            {"Max-Age": "600", "Allow-Methods": "GET, HEAD, OPTIONS, PUT"},
            id="number",
        ),
        ROW(
            {"MAX_AGE": '"600"'},
            {"Max-Age": "600", "Allow-Methods": "GET, HEAD, OPTIONS, PUT"},
            id="quoted number",
        ),
        ROW({"ALLOW_METHODS": "GET, PUT"}, {"Allow-Methods": "GET, PUT"}, id="methods"),
        ROW({"ALLOW_METHODS": '["PUT"]'}, {"Allow-Methods": "PUT"}, id="methods as JSON"),
        ROW({"ALLOW_METHODS": "*"}, {"Allow-Methods": "*"}, id="all methods"),
        ROW(
            {"ALLOW_METHODS": "PUT", "ALLOW_HEADERS": "Content-Type X-Token"},
            {"Allow-Methods": "PUT", "Allow-Headers": "Content-Type, X-Token"},
            id="headers",
        ),
    ],
)
def test_config_from_the_environment_decides_preflights(monkeypatch, environment, expected):
    prefixed = {f"FLASK_CORS_{name}": value for name, value in environment.items()}
    app = _from_environment(monkeypatch, {"FLASK_CORS_ALLOW_ORIGINS": PAGE, **prefixed})
    assert cors_headers(preflight(app)) == {"Allow-Origin": PAGE, "Vary": "Origin", **expected}


def _from_environment(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = flask.Flask("example")
    app.config.from_prefixed_env()
    app.add_url_rule("/", "index", lambda: "index", methods=["GET", "PUT"])
    CORS(app)
    return app


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ROW(
            "CORS_ALLOW_ORIGINS",
            "https://a.example/",
            "app.config['CORS_ALLOW_ORIGINS']",
            id="trailing slash",
        ),
        ROW("CORS_MAX_AGE", "soon", "app.config['CORS_MAX_AGE']", id="no number"),
        ROW("CORS_ALLOW_CREDENTIALS", "yes", "is not true, not false", id="no boolean"),
        ROW("CORS_ALLOW_CREDENTIALS", 1, "is not true, not false", id="a number for a boolean"),
        ROW("CORS_ALLOW_ORIGIN", PAGE, "write CORS_ALLOW_ORIGINS", id="singular"),
        ROW("CORS_ALLOWED_HOSTS", ["api.example"], "hosts are not origins", id="hosts"),
        ROW("CORS_ORIGINS", PAGE, "write CORS_ALLOW_ORIGINS", id="Flask-CORS's origins"),
        ROW(
            "CORS_SUPPORTS_CREDENTIALS",
            True,
            "write CORS_ALLOW_CREDENTIALS",
            id="Flask-CORS's credentials",
        ),
        ROW("CORS_METHODS", ["PUT"], "write CORS_ALLOW_METHODS", id="Flask-CORS's methods"),
        ROW(
            "CORS_RESOURCES",
            {"/api/*": {}},
            "decorate blueprints or views",
            id="Flask-CORS's resources",
        ),
        ROW(
            "CORS_ENDPOINTS",
            {"admin.*": {"allow_origins": []}},
            "name endpoints in CORS(...)",
            id="endpoints, which are no key",
        ),
        ROW(
            "CORS_TRIAL",
            {"allow_origins": []},
            "CORS(app, ..., trial={...})",
            id="a trial, which is no key",
        ),
        ROW("CORS_SEND_WILDCARD", True, "leave it out", id="Flask-CORS's send_wildcard"),
    ],
)
def test_wrong_key_is_refused_at_once_and_named(key, value, said):
    app = flask.Flask("example")
    app.config["CORS_ALLOW_ORIGINS"] = []
    app.config[key] = value
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    assert [problem.field for problem in caught.value.problems] == [key]
    assert said in str(caught.value)
    assert repr(key) in str(caught.value)


def test_all_wrong_keys_are_named_at_once():
    app = flask.Flask("example")
    app.config.update(CORS_ALLOW_ORIGINS="nonsense", CORS_MAX_AGE=-1, CORS_DENY_ORIGINS="x")
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["CORS_ALLOW_ORIGINS", "CORS_DENY_ORIGINS", "CORS_MAX_AGE"]


def test_none_in_config_leaves_the_key_unset():
    app = flask.Flask("example")
    app.config.update(CORS_ALLOW_ORIGINS=[PAGE], CORS_MAX_AGE=None)
    app.add_url_rule("/", "index", lambda: "index")
    CORS(app)
    assert "Max-Age" not in cors_headers(preflight(app))


def test_keys_of_others_are_left_alone():
    app = configured(CORS_ALLOW_ORIGINS=[PAGE], SCORS_MAX_AGE="x", CORSAIR=1, cors_max_age="x")
    assert callers(app) == {PAGE}


@pytest.mark.parametrize(
    ("key", "value", "instead"),
    [
        ROW("cors_refuse_denied", True, "CORS_REFUSE_DENIED", id="lower case"),
        ROW("Cors_allow_origins", [ADMIN], "CORS_ALLOW_ORIGINS", id="mixed case"),
        ROW("cors_ALLOW_CREDENTIALS", "false", "CORS_ALLOW_CREDENTIALS", id="prefix alone"),
        ROW("cors_origins", [ADMIN], "CORS_ALLOW_ORIGINS", id="name of another library"),
        ROW("cors_alow_methods", ["GET"], "CORS_ALLOW_METHODS", id="misspelled"),
        ROW("CORS-REFUSE-DENIED", True, "CORS_REFUSE_DENIED", id="dashes"),
        ROW(" CORS_REFUSE_DENIED", True, "CORS_REFUSE_DENIED", id="blank"),
        ROW("WSGICORS_REFUSE_DENIED", True, "CORS_REFUSE_DENIED", id="name of the library"),
        ROW("FLASK_CORS_REFUSE_DENIED", True, "CORS_REFUSE_DENIED", id="as in the environment"),
    ],
)
@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after CORS(app)"])
def test_key_that_is_not_in_capitals_is_told_how_to_be_written(key, value, instead, is_late):
    app = configured(**{"CORS_ALLOW_ORIGINS": [PAGE], **({} if is_late else {key: value})})
    app.config[key] = value
    with pytest.raises(ConfigError, match=f"no such key; write {instead}, in capitals") as caught:
        actual(app)
    assert [problem.field for problem in caught.value.problems] == [key]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ROW("cors_allow_origins", [PAGE], id="handed on to CORS"),
        ROW("cors_origins", PAGE, id="handed on, by another name"),
        ROW("cors_max_age", 60, id="handed on to a decorator"),
        ROW("cors_max_age", "soon", id="does not fit"),
        ROW("cors_allow_methods", None, id="nothing"),
        ROW("cors_enabled", True, id="no field"),
        ROW("cors_options", {"origins": "*"}, id="mapping"),
        ROW("corsair_max_age", 60, id="another word"),
    ],
)
def test_key_that_is_not_in_capitals_may_be_the_applications_own(key, value, caplog):
    app = flask.Flask("example")
    app.config[key] = value
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "index", cross_origin(max_age=60)(lambda: "index"))
    app.add_url_rule("/other", "other", lambda: "other")
    assert callers(app) == {PAGE}
    assert not caplog.messages


def test_key_in_two_cases_is_refused(monkeypatch):
    monkeypatch.setenv("FLASK_CORS_ALLOW_ORIGINS", PAGE)
    monkeypatch.setenv("FLASK_CORS_allow_origins", ADMIN)
    app = flask.Flask("example")
    app.config.from_prefixed_env()
    with pytest.raises(ConfigError, match="the same as CORS_ALLOW_ORIGINS; leave one"):
        CORS(app)


def test_config_that_is_set_after_init_app_still_counts():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", lambda: "index")
    CORS(app)
    app.config["CORS_ALLOW_ORIGINS"] = [PAGE]
    assert callers(app) == {PAGE}


@pytest.mark.parametrize(
    ("key", "value"), [("CORS_ENABLED", True), ("CORS_OPTIONS", {"origins": "*"})]
)
def test_key_that_resembles_no_field_is_somebody_elses_and_told_of_once(key, value, caplog):
    app = configured(CORS_ALLOW_ORIGINS=[PAGE], **{key: value})
    assert callers(app) == {PAGE}
    look_anew()
    assert callers(app) == {PAGE}
    told = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [key in record.getMessage() for record in told] == [True]


@pytest.mark.parametrize(
    "key", ["CORS_ORGINS", "CORS_ALOW_METHODS", "CORS_SUPPORTS_CREDENTIALS", "CORS_ROUTES"]
)
def test_key_that_resembles_a_field_is_refused_whenever_it_is_set(key):
    app = configured(CORS_ALLOW_ORIGINS=[PAGE])
    app.config[key] = "x"
    with pytest.raises(ConfigError, match=key):
        actual(app)


def test_two_keys_are_one_place():
    app = configured(CORS_ALLOW_ORIGINS=[PAGE], CORS_ALLOW_CREDENTIALS=[ADMIN])
    with pytest.raises(ConfigError, match="allow_origins does not have it") as caught:
        actual(app)
    assert [problem.field for problem in caught.value.problems] == ["CORS_ALLOW_CREDENTIALS"]


def test_key_that_is_set_later_completes_one_that_was_there():
    app = configured(CORS_ALLOW_CREDENTIALS=[ADMIN], CORS_ALLOW_ORIGINS=[PAGE])
    app.config["CORS_ALLOW_ORIGINS"] = [PAGE, ADMIN]
    assert callers(app) == {PAGE, ADMIN}


def test_view_that_is_shared_with_fewer_inherits_the_keys_in_peace():
    app = configured(CORS_ALLOW_ORIGINS=[PAGE, ADMIN], CORS_ALLOW_CREDENTIALS=[ADMIN])
    app.add_url_rule("/own", "own", same_origin(lambda: "own"))
    assert callers(app, "/own") == set()


@pytest.mark.parametrize(
    "declared",
    [
        ROW(lambda **fields: CORS(flask.Flask("example"), **fields), id="CORS"),
        ROW(lambda **fields: CORS().init_app(flask.Flask("example"), **fields), id="init_app"),
        ROW(cross_origin, id="cross_origin"),
        ROW(lambda **fields: CORS(endpoints={"static": fields}), id="endpoints"),
    ],
)
@pytest.mark.parametrize("field", ["resources", "routes", "preflight_continue"])
def test_paths_are_told_what_to_write_in_flask(declared, field):
    with pytest.raises(ConfigError) as caught:
        declared(**{field: {"/api": None}})
    assert f"there is no field {field!r}; in Flask decorate blueprints or views" in str(
        caught.value
    )
    assert "routes={" not in str(caught.value)


@pytest.mark.parametrize(("number", "end"), [(6, "GET /5"), (7, "GET /5 and 1 more")])
def test_of_many_places_the_first_six_are_named(number, end):
    assert named([(f"/{place}", "GET") for place in range(number)]).endswith(end)
