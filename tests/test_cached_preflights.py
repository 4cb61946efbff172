"""What a browser remembers of one method must not open another: shown in real browsers.

A page on one origin calls a Flask application on another. The page posts what happened to its
own server, and the application counts what reached it.
"""

from __future__ import annotations

import flask
import pytest
from browser.engines import ENGINES, visiting
from serving import served

from wsgicors.flask import CORS, cross_origin, same_origin

each_engine = pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])

# Twice each: the first answer to a preflight may not be kept (Firefox, for an address).
SCRIPT = """
const outcomes = [];
for (const [method, headers] of CALLS) {
  try {
    const response = await fetch(API, { method, headers, body: "{}" });
    outcomes.push(`${method} ${response.status}`);
  } catch {
    outcomes.push(`${method} refused`);
  }
}
await fetch("/told", {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(outcomes),
});
"""


def tried(engine, app, path, calls):
    """What a page of another origin gets for its calls, one after the other."""
    told = []
    page = flask.Flask("page")
    page.add_url_rule("/", "page", lambda: '<script type="module" src="/script.js"></script>')
    page.add_url_rule(
        "/told", "told", lambda: told.append(flask.request.json) or "", methods=["POST"]
    )
    with served(page) as origin, served(app) as api:
        address = api.replace("localhost", "127.0.0.1")
        script = f"const API = {address + path!r}, CALLS = {flask.json.dumps(calls)};{SCRIPT}"
        page.add_url_rule(
            "/script.js", "script", lambda: flask.Response(script, mimetype="text/javascript")
        )
        app.config["CORS_ALLOW_ORIGINS"] = [origin]
        with visiting(engine, origin) as visit:
            visit.wait_until(lambda: told, seconds=120)
    return told[0]


def recording(reached, word):
    def view():
        reached.append(word)
        return word

    return view


@pytest.mark.browser
@each_engine
def test_a_put_that_is_allowed_and_cached_carries_no_delete(engine):
    app, reached = flask.Flask("api"), []
    CORS(app, max_age=600, allow_methods=["PUT", "DELETE"])
    app.add_url_rule("/item", "put", recording(reached, "put"), methods=["PUT"])
    app.add_url_rule(
        "/item", "delete", same_origin(recording(reached, "delete")), methods=["DELETE"]
    )
    calls = [["PUT", {}], ["PUT", {}], ["PUT", {}], ["DELETE", {}], ["PUT", {}]]
    outcomes = tried(engine, app, "/item", calls)
    assert outcomes == ["PUT 200", "PUT 200", "PUT 200", "DELETE refused", "PUT 200"]
    assert reached == ["put"] * 4


@pytest.mark.browser
@each_engine
def test_headers_that_are_allowed_for_a_put_do_not_go_with_a_post(engine):
    app, reached = flask.Flask("api"), []
    CORS(app, max_age=600)
    json = {"Content-Type": "application/json"}
    put = cross_origin(allow_headers=["Content-Type"])(recording(reached, "put"))
    app.add_url_rule("/item", "put", put, methods=["PUT"])
    app.add_url_rule("/item", "post", same_origin(recording(reached, "post")), methods=["POST"])
    calls = [["PUT", json], ["PUT", json], ["PUT", json], ["POST", json]]
    outcomes = tried(engine, app, "/item", calls)
    assert outcomes == ["PUT 200", "PUT 200", "PUT 200", "POST refused"]
    assert reached == ["put"] * 3
