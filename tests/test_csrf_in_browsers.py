"""With ``refuse_denied`` a stranger's page can do nothing: shown in real browsers.

One visit goes from page to page: the application's own, one of an allowed origin, and those of two
strangers. Each page submits a form, calls ``fetch`` and opens a WebSocket, at an application that
refuses and at one that does not. Then it leads on. Both applications count what they did, and for
whom.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from urllib.parse import quote

import flask
import pytest
from browser.engines import ENGINES, visiting
from serving import served
from werkzeug.wrappers import Request, Response

from wsgicors import CORSMiddleware
from wsgicors.flask import CORS

each_engine = pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])

# The fragment of the address says what to do. So all pages are the same.
PAGE = """
<!doctype html>
<form method="post" target="answer"></form>
<iframe name="answer"></iframe>
<script type="module">
const plan = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const form = document.querySelector("form"), frame = document.querySelector("iframe");
const { name } = plan.stops.shift();
await new Promise((done) => addEventListener("load", done));
for (const target of plan.targets) {
  const address = (action) => `${target}/${action}?by=${name}`;
  form.action = address("form");
  await new Promise((done) => { frame.onload = done; form.submit(); });
  await fetch(address("fetch"), { method: "POST", mode: "no-cors", credentials: "include" });
  const socket = new WebSocket(address("socket").replace("http", "ws"));
  await new Promise((done) => { socket.onclose = done; });
}
const [next] = plan.stops;
location = next
  ? `${next.url}#${encodeURIComponent(JSON.stringify(plan))}`
  : `${plan.targets[0]}/link?by=${name}`;
</script>
"""


def page(*_):
    """Serve the page, and log the visitor in."""
    response = Response(PAGE, mimetype="text/html")
    response.set_cookie("session", "alice", httponly=True, samesite="Lax")
    return response


def action(request):
    """Who did what, and as which user."""
    return request.args["by"], request.path.strip("/"), request.cookies.get("session")


def wsgi_application(done, **fields):
    simple_websocket = pytest.importorskip("simple_websocket", reason="it comes with flask-sock")

    @Request.application
    def application(request):
        if request.path == "/page":
            return page()
        socket = simple_websocket.Server(request.environ) if request.path == "/socket" else None
        done.append(action(request))
        if socket:
            socket.close()
        return Response()

    return CORSMiddleware(application, **fields)


def flask_application(done, **fields):
    flask_sock = pytest.importorskip("flask_sock")
    app = flask.Flask("app")

    def act(*_):
        done.append(action(flask.request))
        return ""

    app.add_url_rule("/page", view_func=page)
    app.add_url_rule("/link", "link", act)
    app.add_url_rule("/form", "form", act, methods=["POST"])
    app.add_url_rule("/fetch", "fetch", act, methods=["POST"])
    flask_sock.Sock(app).route("/socket")(act)
    CORS(app, **fields)
    return app


class Watched:
    """An application, what it has done, and what was answered with a 403 in its place."""

    def __init__(self, make, **fields):
        self.done, self.refused = [], []
        self._app = make(self.done, **fields)

    def __call__(self, environ, start_response):
        def start(status, *rest):
            if status == "403 Forbidden":
                self.refused.append(action(Request(environ)))
            return start_response(status, *rest)

        return self._app(environ, start)

    @property
    def tried(self):
        return self.done + self.refused


def visited(engine, make):
    """Let a browser go through all pages: the application that refuses, and the other one."""
    with ExitStack() as stack:
        allowed, neighbour = (stack.enter_context(served(Request.application(page))) for _ in "12")
        fields = {"allow_origins": [allowed], "allow_credentials": True}
        refusing, open_ = (Watched(make, **fields, refuse_denied=word) for word in (True, False))
        targets = [stack.enter_context(served(app)) for app in (refusing, open_)]
        stops = {
            "own": f"{targets[0]}/page",
            "allowed": allowed,
            # On another port: of the same site, so that the cookie goes with all that it sends.
            "neighbour": neighbour,
            "stranger": neighbour.replace("localhost", "127.0.0.1"),
        }
        plan = {"targets": targets, "stops": [{"name": n, "url": stops[n]} for n in stops]}
        address = f"{stops['own']}#{quote(json.dumps(plan))}"
        with visiting(engine, address) as visit:
            visit.wait_until(lambda: ("stranger", "link", "alice") in refusing.tried, seconds=120)
    return refusing, open_


def actions(*names, user):
    return {(name, what, user) for name in names for what in ("form", "fetch", "socket")}


@pytest.mark.browser
@each_engine
@pytest.mark.parametrize("make", [wsgi_application, flask_application])
def test_a_strangers_page_can_visit_and_do_nothing(engine, make):
    refusing, open_ = visited(engine, make)
    friends = actions("own", "allowed", user="alice")
    strangers = actions("neighbour", user="alice") | actions("stranger", user=None)
    assert set(refusing.done) == friends | {("stranger", "link", "alice")}
    assert set(refusing.refused) == strangers
    assert set(open_.done) == friends | strangers
    assert open_.refused == []
