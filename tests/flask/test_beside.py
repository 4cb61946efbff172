"""Applications beside one that refuses what is denied, to which requests come past it, are told of."""

from __future__ import annotations

import sys
import threading

import flask
import pytest
from exchanges import EVIL, PAGE
from flask_calls import actual
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import CORSMiddleware
from wsgicors.compat import flask_cors
from wsgicors.flask import CORS, beside

ROW = pytest.param
REFUSING = {"allow_origins": [PAGE], "refuse_denied": True}


def application(name, *methods):
    app = flask.Flask(name)
    app.add_url_rule("/", "index", lambda: "written", methods=methods or ["GET", "POST"])
    return app


def admin():
    return application("admin")


def governed(app, **fields):
    CORS(app, **{**REFUSING, **fields})
    return app


def governed_by_compat(app):
    flask_cors.CORS(app, origins=[PAGE])
    return app


def mounting(*mounted):
    mounts = {f"/{number}": each for number, each in enumerate(mounted)}
    return lambda app: DispatcherMiddleware(app, mounts)


def elsewhere(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b""]


def by_hand(app):
    other = admin()
    return lambda environ, start: (other if "admin" in environ else app)(environ, start)


def told(around, caplog, before=lambda app: app, outside=lambda app: app, **fields):
    app = application("site")
    app.wsgi_app = before(app.wsgi_app)
    CORS(app, **{"allow_origins": [PAGE], "refuse_denied": True, **fields})
    app.wsgi_app = around(app.wsgi_app)
    for path in ("/", "/0/", "/"):
        actual(outside(app), path)
    return [message for message in caplog.messages if "stands beside" in message]


@pytest.mark.parametrize(
    "around",
    [
        ROW(mounting(admin()), id="dispatcher"),
        ROW(mounting(admin().wsgi_app), id="its method"),
        ROW(mounting(ProxyFix(admin())), id="middleware around it"),
        ROW(lambda app: ProxyFix(mounting(admin())(app)), id="middleware around both"),
        ROW(lambda app: mounting(admin())(mounting(governed(admin()))(app)), id="two dispatchers"),
        ROW(by_hand, id="function"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"trial": {"allow_origins": [EVIL]}}], ids=["", "trial"])
def test_what_stands_beside_an_application_that_refuses_is_told_once(around, more, caplog):
    (message,) = told(around, caplog, **more)
    assert message.startswith("refuse_denied of CORS(app) of the application 'site' refuses")
    assert "refuses nothing in 'admin', which stands beside it" in message
    assert "before CORS(app)" in message
    assert "CORS(other, ..., refuse_denied=True)" in message


@pytest.mark.skipif(
    not hasattr(flask.request_started, "receivers"),
    reason="Flask 2.2 has no signals without blinker",
)
def test_it_is_told_where_the_first_request_comes_to_the_other_one(caplog):
    app = application("site")
    CORS(app, **REFUSING)
    app.wsgi_app = mounting(admin())(app.wsgi_app)
    actual(app, "/0/")
    assert len([message for message in caplog.messages if "stands beside" in message]) == 1


def test_what_is_told_is_so():
    app = application("site")
    CORS(app, **REFUSING)
    app.wsgi_app = mounting(admin())(app.wsgi_app)
    answers = [actual(app, path, "POST", origin=EVIL).status_code for path in ("/", "/0/")]
    assert answers == [403, 200]


def test_a_dispatcher_that_was_there_before_is_governed(caplog):
    assert told(lambda app: app, caplog, before=mounting(admin())) == []


@pytest.mark.parametrize(
    "around",
    [
        ROW(lambda app: app, id="nothing around"),
        ROW(ProxyFix, id="nothing beside"),
        ROW(mounting(governed(admin())), id="governs itself"),
        ROW(mounting(governed(admin(), refuse_denied=False)), id="refuses nobody, as was said"),
        ROW(mounting(governed_by_compat(admin())), id="governs itself as Flask-CORS does"),
        ROW(mounting(CORSMiddleware(admin(), **REFUSING)), id="a layer around it"),
        ROW(mounting(application("documents", "GET")), id="only reads"),
        ROW(mounting(elsewhere), id="not known"),
        ROW(
            lambda app: CORSMiddleware(mounting(admin())(app), **REFUSING), id="a layer around both"
        ),
    ],
)
def test_what_is_governed_or_does_nothing_is_not_told(around, caplog):
    assert told(around, caplog) == []


def test_where_a_layer_stands_around_all_of_it_nothing_is_told(caplog):
    outside = lambda app: CORSMiddleware(app, **REFUSING)  # noqa: E731
    assert told(mounting(admin()), caplog, outside=outside) == []


def test_where_nothing_is_refused_nothing_is_told(caplog):
    assert told(mounting(admin()), caplog, refuse_denied=False) == []


def test_applications_may_be_made_while_requests_come():
    apps, kept = [governed(application("site")) for _ in range(200)], []
    making = threading.Thread(
        target=lambda: kept.extend(governed(application("late")) for _ in range(400))
    )
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        making.start()
        while making.is_alive():
            beside.tell_if_beside(kept[-1] if kept else apps[0], {})
    finally:
        sys.setswitchinterval(interval)
        making.join()
    assert len(kept) == 400
