"""What a look-up of an `OriginCache` finds of Flask, and what it must not find."""

from __future__ import annotations

import flask
import pytest

from wsgicors import OriginCache
from wsgicors.flask import CORS, cross_origin

SHOP = "https://shop.example"
TENANTS = {"acme.example": {SHOP}, "other.example": set()}


def hosted(allowed, **more):
    app = flask.Flask("hosted")

    @app.before_request
    def find_tenant():
        flask.g.tenant = flask.request.host

    @app.get("/")
    def index():
        return "secret"

    CORS(app, allow_origins=OriginCache(allowed, seconds=300), **more)
    return app


def is_shared(app, host="acme.example", **more):
    response = app.test_client().get(
        "/", base_url=f"https://{host}", headers={"Origin": SHOP}, **more
    )
    assert response.text == "secret"
    return response.access_control_allow_origin == SHOP


@pytest.mark.parametrize(
    "lookup",
    [
        lambda origin: origin in TENANTS[flask.request.host],
        lambda origin: origin in TENANTS[flask.g.tenant],
        lambda origin: origin in TENANTS[flask.session.get("tenant", flask.request.host)],
    ],
    ids=["request", "g", "session"],
)
def test_what_is_of_a_request_is_not_there_so_that_no_tenant_gets_the_answer_of_another(lookup):
    app = hosted(lookup)
    assert not any(is_shared(app, host) for host in [*TENANTS, *TENANTS])


def test_what_is_of_the_application_is_there():
    def lookup(origin):
        return origin in flask.current_app.config["CUSTOMERS"]

    app = hosted(lookup)
    app.config["CUSTOMERS"] = {SHOP}
    assert is_shared(app)


def test_a_connection_that_a_lookup_keeps_in_g_is_closed_as_ever():
    closed, opened = [], []

    def lookup(origin):
        if "connection" not in flask.g:
            opened.append(origin)
            flask.g.connection = origin
        return True

    app = hosted(lookup)
    app.teardown_appcontext(lambda error: closed.append(flask.g.pop("connection", None)))
    assert is_shared(app)
    assert (opened, closed) == ([SHOP], [SHOP, None])
    assert is_shared(app)
    assert opened == [SHOP]


def test_so_it_is_for_a_decorated_view_alone():
    app = flask.Flask("alone")
    cache = OriginCache(lambda origin: origin in TENANTS[flask.request.host], seconds=300)

    @app.get("/")
    @cross_origin(allow_origins=cache)
    def index():
        return "secret"

    assert not any(is_shared(app, host) for host in TENANTS)


def test_the_view_still_has_its_own_request_and_g():
    app = hosted(lambda origin: True)

    @app.after_request
    def tell(response):
        response.headers["X-Tenant"] = flask.g.tenant + flask.request.path
        return response

    response = app.test_client().get("/", base_url="https://acme.example", headers={"Origin": SHOP})
    assert response.headers["X-Tenant"] == "acme.example/"
