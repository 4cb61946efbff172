"""Settings from ``app.config`` in every form it can hold, and the place of each in messages."""

from __future__ import annotations

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask_calls import actual, cors_headers, preflight

from wsgicors import ConfigError
from wsgicors.flask import CORS

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
        ROW("CORS_ALLOW_CREDENTIALS", "yes", "neither true nor false", id="no boolean"),
        ROW("CORS_ALLOW_CREDENTIALS", 1, "neither true nor false", id="a number for a boolean"),
        ROW("CORS_ALLOW_ORIGIN", PAGE, "write CORS_ALLOW_ORIGINS", id="singular"),
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


def test_all_wrong_keys_are_named_at_once():
    app = flask.Flask("example")
    app.config.update(CORS_ALLOW_ORIGINS="nonsense", CORS_MAX_AGE=-1, CORS_PINEAPPLE=1)
    with pytest.raises(ConfigError) as caught:
        CORS(app)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["CORS_ALLOW_ORIGINS", "CORS_MAX_AGE", "CORS_PINEAPPLE"]


def test_none_in_config_leaves_the_key_unset():
    app = flask.Flask("example")
    app.config.update(CORS_ALLOW_ORIGINS=[PAGE], CORS_MAX_AGE=None)
    app.add_url_rule("/", "index", lambda: "index")
    CORS(app)
    assert "Max-Age" not in cors_headers(preflight(app))


def test_keys_of_others_are_left_alone():
    app = configured(CORS_ALLOW_ORIGINS=[PAGE], SCORS_MAX_AGE="x", CORSAIR=1, cors_max_age="x")
    assert callers(app) == {PAGE}


def test_config_that_is_set_after_init_app_still_counts():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", lambda: "index")
    CORS(app)
    app.config["CORS_ALLOW_ORIGINS"] = [PAGE]
    assert callers(app) == {PAGE}
