"""What is set in a Flask application that a ``CORSMiddleware`` is around, which reads no configuration."""

from __future__ import annotations

import subprocess
import sys

import flask
import pytest
from exchanges import PAGE
from flask_calls import actual
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.compat import flask_cors as compatible
from wsgicors.flask import CORS

ROW = pytest.param
OTHER = "https://other.example"


def site(**config):
    app = flask.Flask("example")
    app.config.update(config)
    app.add_url_rule("/", "index", lambda: "hello", methods=["GET", "POST"])
    return app


def told(application, caplog):
    for _ in range(2):
        actual(application)
    return caplog.messages


def around(app):
    return CORSMiddleware(app, allow_origins=[PAGE])


def inside(app):
    app.wsgi_app = CORSMiddleware(app.wsgi_app, allow_origins=[PAGE])
    return app


def mounted(app):
    return CORSMiddleware(
        DispatcherMiddleware(flask.Flask("outer"), {"/in": app}), allow_origins=[PAGE]
    )


@pytest.mark.parametrize("serve", [around, inside, mounted])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CORS_REFUSE_DENIED", True),
        ("CORS_REFUSE_DENYED", "true"),
        ("cors_allow_origins", [OTHER]),
        ("CORS_ALLOW_CREDENTIALS", True),
    ],
)
def test_key_that_no_middleware_reads_is_told_once(serve, key, value, caplog):
    (message,) = told(serve(site(**{key: value})), caplog)
    assert message.startswith(f"app.config['{key}'] says what is not in force: CORSMiddleware")


def test_variable_that_no_middleware_reads_is_told_once(monkeypatch, caplog):
    monkeypatch.setenv("FLASK_CORS_REFUSE_DENIED", "true")
    (message,) = told(around(site()), caplog)
    assert message.startswith("FLASK_CORS_REFUSE_DENIED in the environment says what is not in")


@pytest.mark.parametrize(
    "config",
    [
        ROW({"CORS_ALLOW_ORIGINS": PAGE}, id="handed on"),
        ROW({"CORS_REFUSE_DENIED": False}, id="as it is"),
        ROW({"CORS_ENABLED": True}, id="no option"),
        ROW({"REFUSE_DENIED": "x"}, id="another name"),
    ],
)
def test_key_that_says_what_is_in_force_is_not_told(config, caplog):
    assert told(around(site(**config)), caplog) == []


def test_key_that_a_resolve_may_read_is_not_told(caplog):
    app = site(CORS_ALLOW_ORIGINS=OTHER)
    served = CORSMiddleware(
        app, resolve=lambda *_: Policy(allow_origins=app.config["CORS_ALLOW_ORIGINS"])
    )
    assert told(served, caplog) == []


@pytest.mark.parametrize("extension", [CORS, compatible.CORS])
def test_key_that_an_extension_reads_is_not_told(extension, caplog):
    app = site(CORS_MAX_AGE=60, CORS_ALLOW_ORIGINS=PAGE, CORS_ORIGINS=None)
    if extension is compatible.CORS:
        app.config.pop("CORS_ALLOW_ORIGINS")
    extension(app)
    assert not any("CORSMiddleware reads" in each for each in told(around(app), caplog))


def test_what_stands_between_may_be_anything(caplog):
    app = site(CORS_REFUSE_DENIED=True)
    app.wsgi_app = ProxyFix(app.wsgi_app)
    assert told(around(app), caplog) == []


def test_it_needs_no_import_of_the_extension():
    program = """
import flask, sys, wsgicors
app = flask.Flask("example")
app.config["CORS_REFUSE_DENIED"] = True
app.wsgi_app = wsgicors.CORSMiddleware(app.wsgi_app, allow_origins="*")
app.test_client().get("/")
assert "wsgicors.flask" not in sys.modules
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "app.config['CORS_REFUSE_DENIED'] says what is not in force" in ran.stderr


def test_layer_around_the_application_that_holds_it_is_an_error():
    app = site()
    app.wsgi_app = CORSMiddleware(app, allow_origins=[PAGE])
    with pytest.raises(ConfigError, match=r"write app\.wsgi_app = CORSMiddleware\(app\.wsgi_app"):
        actual(app)
