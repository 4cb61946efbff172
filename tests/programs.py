"""Programs that people run, and what browsers get from them: ``python tests/programs.py moto``.

They import ``flask_cors``, whichever that is.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import flask
import flask_cors
from werkzeug.test import Client

from wsgicors.testing import Browser, CORSError

PAGES = (
    "https://app.example.com",
    "http://localhost:3000",
    "http://127.0.0.1:27180",
    "moz-extension://4c5a1f0e-0b7c-4a52-9d0c-6b7f7a3c2d10",
    "https://app.example.com.evil.net",
    "null",
)
JSON = {"Content-Type": "application/json"}


def moto():
    """Two services, and a bucket that has rules of its own."""
    from moto.server import DomainDispatcherApplication, create_backend_app

    os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
    app = DomainDispatcherApplication(create_backend_app)
    client = Client(app)
    rules = (
        "<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example.com</AllowedOrigin>"
        "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>"
    )
    for path, body in (("/plain", ""), ("/ruled", ""), ("/ruled?cors", rules)):
        client.put(path, "https://s3.amazonaws.com", data=body)
    calls = [
        ("GET", "/", {}),
        ("PUT", "/plain/a", {"X-Amz-Acl": "private"}),
        ("PUT", "/ruled/a", {"X-Amz-Acl": "private"}),
        ("GET", "/ruled/a", {}),
        ("GET", "/missing/a", {}),
    ]
    return app, "https://s3.amazonaws.com", calls


def mlflow():
    """Its security module, and the hooks that come with it; its server needs a database and more."""
    import mlflow as package

    server = ModuleType("mlflow.server")
    server.__path__ = [str(Path(package.__file__).parent / "server")]
    sys.modules[server.__name__] = server
    from mlflow.server.security import init_security_middleware

    app = flask.Flask("mlflow")
    init_security_middleware(app)
    return app, "http://localhost:5000", with_views(app, "/api/2.0/mlflow/runs", "/ajax-api/runs")


def mlflow_for_one():
    os.environ["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] = "https://app.example.com"
    return mlflow()


def mlflow_for_everybody():
    os.environ["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] = "*"
    return mlflow()


def activitywatch():
    from aw_server.server import create_app

    app = create_app("127.0.0.1", testing=True)
    return (
        app,
        "http://127.0.0.1:5600",
        [
            ("GET", "/api/0/info", {}),
            ("GET", "/api/0/buckets/", {}),
            ("POST", "/api/0/buckets/b", JSON),
            ("DELETE", "/api/0/buckets/b", {}),
            ("GET", "/nothing", {}),
        ],
    )


def pygeoapi():
    folder = Path(tempfile.mkdtemp())
    (folder / "config.yml").write_text(json.dumps(GEO_CONFIG))
    (folder / "openapi.yml").write_text(json.dumps({"openapi": "3.0.2", "paths": {}, "info": {}}))
    os.environ["PYGEOAPI_CONFIG"] = str(folder / "config.yml")
    os.environ["PYGEOAPI_OPENAPI"] = str(folder / "openapi.yml")
    from pygeoapi.flask_app import APP

    return (
        APP,
        "http://localhost:5000",
        [
            ("GET", "/?f=json", {}),
            ("GET", "/conformance?f=json", {"X-Token": "1"}),
            ("POST", "/processes/hello/execution", JSON),
            ("GET", "/nothing", {}),
        ],
    )


GEO_CONFIG = {
    "server": {
        "bind": {"host": "127.0.0.1", "port": 5000},
        "url": "http://localhost:5000",
        "mimetype": "application/json",
        "encoding": "utf-8",
        "languages": ["en-US"],
        "cors": True,
        "limits": {"default_items": 10, "max_items": 10},
        "map": {"url": "https://tile.example/{z}/{x}/{y}.png", "attribution": "none"},
    },
    "logging": {"level": "ERROR"},
    "metadata": {
        "identification": {
            "title": {"en": "t"},
            "description": {"en": "d"},
            "keywords": {"en": ["k"]},
            "keywords_type": "theme",
            "terms_of_service": "none",
            "url": "https://example.org",
        },
        "license": {"name": "none", "url": "https://example.org"},
        "provider": {"name": "p", "url": "https://example.org"},
        "contact": {"name": "c", "email": "c@example.org", "url": "https://example.org"},
    },
    "resources": {},
}


def dash():
    from dash import Dash, html

    app = Dash("program")
    app.layout = html.Div("hello")
    flask_cors.CORS(app.server, resources={r"/_dash*": {"origins": "https://app.example.com"}})
    return (
        app.server,
        "http://localhost:8050",
        [
            ("GET", "/_dash-layout", {}),
            ("GET", "/", {}),
            ("POST", "/_dash-update-component", JSON),
        ],
    )


def of_connexion():
    import connexion as package

    app = package.FlaskApp("program")
    app.add_api(SPECIFICATION, resolver=package.Resolver(lambda name: lambda **values: "seen"))
    return app


def connexion():
    app = of_connexion()
    flask_cors.CORS(app.app, origins=["https://app.example.com"], supports_credentials=True)
    return app.app, "http://localhost:8080", CONNEXION_CALLS


def connexion_3():
    """It is ASGI, and has Flask inside."""
    from a2wsgi import ASGIMiddleware

    app = of_connexion()
    flask_cors.CORS(app.app, origins=["https://app.example.com"], supports_credentials=True)
    return ASGIMiddleware(app), "http://localhost:8080", CONNEXION_CALLS


def connexion_3_around_wsgicors():
    from a2wsgi import ASGIMiddleware

    from wsgicors.flask import CORS

    app = of_connexion()
    CORS(app.app, **SHARED)
    return ASGIMiddleware(app), "http://localhost:8080", CONNEXION_CALLS


def connexion_3_behind_starlette():
    from a2wsgi import ASGIMiddleware
    from connexion.middleware import MiddlewarePosition
    from starlette.middleware.cors import CORSMiddleware

    app = of_connexion()
    first = MiddlewarePosition.BEFORE_EXCEPTION
    app.add_middleware(CORSMiddleware, position=first, **SHARED)
    return ASGIMiddleware(app), "http://localhost:8080", CONNEXION_CALLS


def connexion_3_behind_wsgicors():
    from a2wsgi import ASGIMiddleware

    from wsgicors import CORSMiddleware

    app = CORSMiddleware(ASGIMiddleware(of_connexion()), **SHARED)
    return app, "http://localhost:8080", CONNEXION_CALLS


SHARED = {
    "allow_origins": ["https://app.example.com"],
    "allow_methods": ["GET", "PUT"],
    "allow_headers": ["Content-Type"],
    "allow_credentials": True,
}
CONNEXION_CALLS = [
    ("GET", "/items", {}),
    ("GET", "/nothing", {}),
    ("PUT", "/items", JSON),
    ("DELETE", "/items", {}),
]
OPERATIONS = {
    method: {"operationId": method, "responses": {"200": {"description": "seen"}}}
    for method in ("get", "put")
}
SPECIFICATION = {
    "openapi": "3.0.0",
    "info": {"title": "items", "version": "1"},
    "paths": {"/items": OPERATIONS},
}


def appbuilder():
    from flask_appbuilder import AppBuilder
    from flask_appbuilder.api import BaseApi, expose
    from flask_appbuilder.models.sqla.base import SQLA

    class Items(BaseApi):
        resource_name = "items"

        @expose("/", methods=["GET", "PUT"])
        def items(self):
            return self.response(200, message="seen")

        @expose("/own", methods=["GET", "PUT"])
        @flask_cors.cross_origin(origins=["http://localhost:3000"])
        def own(self):
            return self.response(200, message="own")

    app = flask.Flask("program")
    app.config.update(SECRET_KEY="secret", SQLALCHEMY_DATABASE_URI="sqlite://", CORS_OPTIONS={})
    flask_cors.CORS(app, resources={r"/api/*": {"origins": "https://app.example.com"}})
    with app.app_context():
        builder = AppBuilder(app, SQLA(app).session)
        builder.add_api(Items)
    return (
        app,
        "http://localhost:5000",
        [
            ("GET", "/api/v1/items/", {}),
            ("PUT", "/api/v1/items/", JSON),
            ("PUT", "/api/v1/items/own", JSON),
            ("POST", "/api/v1/security/login", JSON),
            ("GET", "/login/", {}),
        ],
    )


def terracotta():
    """Tiles for this machine, by an expression without an end, and what is known of them for everybody."""
    from terracotta import get_driver, update_settings
    from terracotta.server import create_app

    database = str(Path(tempfile.mkdtemp()) / "tiles.sqlite")
    get_driver(database).create(["name"])
    update_settings(DRIVER_PATH=database)
    return (
        create_app(),
        "http://localhost:5000",
        [
            ("GET", "/keys", {}),
            ("GET", "/metadata/none", {}),
            ("GET", "/singleband/none/preview.png", {}),
            ("POST", "/compute/preview.png", JSON),
            ("GET", "/nothing", {}),
        ],
    )


def locust():
    """The page from which a test of load is started; its Flask application is in debug mode."""
    from locust.env import Environment

    environment = Environment(user_classes=[], events=None)
    app = environment.create_web_ui("127.0.0.1", 0, delayed_start=True).app
    return (
        app,
        "http://localhost:8089",
        [
            ("GET", "/", {}),
            ("GET", "/exceptions", {"X-Token": "1"}),
            ("POST", "/swarm", JSON),
            ("GET", "/stop", {}),
            ("GET", "/nothing", {}),
        ],
    )


def with_views(app, *paths):
    """Views at some paths, and calls for them."""
    for path in paths:
        app.add_url_rule(path, path, lambda: "seen", methods=["GET", "POST", "DELETE"])
    methods = (("GET", {}), ("POST", JSON), ("DELETE", {"X-Token": "1"}))
    return [(method, path, headers) for path in paths for method, headers in methods]


def outcomes(app, base_url, calls):
    """For each page and call the status that its script sees, or ``None``."""
    return {
        f"{page} {method} {path} {credentials}": outcome(
            Browser(app, page, base_url),
            path,
            method=method,
            headers=headers,
            credentials=credentials,
        )
        for page in PAGES
        for method, path, headers in calls
        for credentials in ("omit", "include")
    }


def outcome(browser, path, **call):
    body = "{}" if call["method"] in ("POST", "PUT") else None
    try:
        return browser.fetch(path, body=body, **call).status
    except CORSError:
        return None


if __name__ == "__main__":
    found = outcomes(*globals()[sys.argv[1]]())
    sys.stdout.write(json.dumps({"library": flask_cors.CORS.__module__, "outcomes": found}))
