"""The API of the demonstration: a small Flask application under the policy of each run.

Knows how a policy is put to use, not what a browser makes of the answers.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from wsgiref.util import shift_path_info

from flask import Blueprint, Flask, Response, jsonify, redirect, request
from werkzeug.exceptions import HTTPException, NotFound

from .. import CORSMiddleware, Policy
from ..fetch.sentences import N_
from ..flask import CORS
from .recorder import Recorder, Run
from .scenario import Addresses, ByHand, Scenario, headers_with_page

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: The two ways to put a policy to use, as the page names them.
LAYERS = {"flask": N_("Flask extension"), "wsgi": N_("WSGI middleware")}

# Each policy that is put to use is an application of its own. So many are kept, and made anew when
# an older one is asked again.
_MOST_APPLICATIONS = 128

resources = Blueprint("resources", __name__)
account = Blueprint("account", __name__)


@resources.route("/items", methods=["GET", "POST"])
def items() -> Response:
    """Something to read, and something that a form could post to."""
    return jsonify(items=["apple", "pear"], did=request.method)


@resources.route("/items/<int:number>", methods=["PUT", "PATCH", "DELETE"])
def item(number: int) -> Response:
    """Something that only preflighted methods reach."""
    return jsonify(item=number, did=request.method)


@resources.post("/doc")
def doc() -> Response:
    """The resource of MDN's example, which also varies by encoding."""
    body = gzip.compress(b"Some content")
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, mimetype="text/plain", headers=headers)


@resources.route("/report", methods=["GET", "PUT"])
def report() -> Response:
    """A response with headers of its own."""
    response = jsonify(rows=42)
    response.headers.update({"X-Total-Count": "42", "X-Internal": "not for scripts"})
    return response


@resources.get("/own-headers")
def own_headers() -> Response:
    """A view that writes a CORS header itself, as old code does."""
    return Response("mine", headers={"Access-Control-Allow-Origin": "https://old.example.com"})


@resources.put("/folder/")
def folder() -> Response:
    """Flask redirects /folder to here."""
    return jsonify(did=request.method)


@resources.get("/moved")
def moved() -> Any:
    """A redirect within the API."""
    return redirect(f"{request.script_root}/items")


@resources.get("/moved-elsewhere")
def moved_elsewhere() -> Any:
    """A redirect to the API's other address, which is another origin."""
    host, _, port = request.host.partition(":")
    other = "localhost" if host == "127.0.0.1" else "127.0.0.1"
    return redirect(f"http://{other}:{port}{request.script_root}/items")


@resources.get("/crash")
def crash() -> Response:
    """A view with a bug."""
    raise RuntimeError("this view always crashes")


@resources.post("/login")
def login() -> Response:
    """Set a cookie that only this run sees, because its path is the run's."""
    response = jsonify(welcome="guest")
    cross_site = request.args.get("samesite") == "None"
    response.set_cookie(
        "session",
        "guest",
        max_age=60,
        path=request.script_root or "/",
        httponly=True,
        secure=cross_site,
        samesite="None" if cross_site else "Lax",
    )
    return response


@account.before_request
def demand_credentials() -> Any:
    """Refuse whatever comes without a session or a password, before any view is looked at."""
    if "session" in request.cookies or request.authorization:
        return None
    return jsonify(error="log in first"), 401


@account.route("/account", methods=["GET", "PUT"])
def show_account() -> Response:
    """Something for whoever has logged in."""
    return jsonify(name="guest", did=request.method)


def create_app() -> Flask:
    """The API without any CORS."""
    app = Flask(__name__, static_folder="assets", static_url_path="/static")
    app.register_blueprint(resources)
    app.register_blueprint(account)

    @app.after_request
    def keep_out_of_caches(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def by_hand(answers: ByHand, page: str) -> WSGIApplication:
    """An application that sends the CORS headers it is told to, without wsgicors.

    :param page: the origin that stands for :data:`~wsgicors.demo.checks.PAGE`.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_preflight = environ["REQUEST_METHOD"] == "OPTIONS"
        response = Response(
            "written by hand",
            mimetype="text/plain",
            status=answers.preflight_status if is_preflight else 200,
            headers=headers_with_page(answers.preflight if is_preflight else answers.actual, page),
        )
        return response(environ, start_response)

    return application


class Api:
    """The WSGI application that serves every scenario, each run below a path of its own.

    The path is ``/layer/scenario/run/``, and below it what the scenario asks for. The policy is
    the run's, so nobody changes it for anybody else.

    :param scenarios: what to serve.
    :param addresses: where page and API are; under any other host name it answers nothing.
    :param recorder: where the exchanges are kept.
    """

    def __init__(
        self, scenarios: Iterable[Scenario], addresses: Addresses, recorder: Recorder
    ) -> None:
        self._origins = (addresses.cross_site, addresses.same_site)
        self._recorder = recorder
        self._plain = create_app()
        self._by_hand = {
            scenario.id: by_hand(scenario.by_hand, addresses.page)
            for scenario in scenarios
            if scenario.by_hand
        }
        self._governed = lru_cache(_MOST_APPLICATIONS)(self._govern)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request of a known run; all others get a 404 without any CORS header."""
        try:
            app = self._recorded_app(environ)
        except HTTPException as refusal:
            return refusal(environ, start_response)
        return app(environ, start_response)

    def _recorded_app(self, environ: WSGIEnvironment) -> WSGIApplication:
        if f"http://{environ.get('HTTP_HOST')}" not in self._origins:
            raise NotFound
        layer, scenario, run_id = (shift_path_info(environ) or "" for _ in range(3))
        run = self._recorder[run_id]
        if (layer, scenario) != (run.layer, run.scenario):
            raise NotFound
        return run.record(self.application(run))

    def application(self, run: Run) -> WSGIApplication:
        """What answers a run.

        :raises ConfigError: if its policy cannot be put to use.
        """
        if run.policy is None:
            return self._by_hand[run.scenario]
        return self._governed(run.layer, run.policy)

    def _govern(self, layer: str, policy: Policy) -> WSGIApplication:
        # Found out here for both, because the extension looks at its settings only when it is asked.
        middleware = CORSMiddleware(self._plain, policy)
        if layer == "wsgi":
            return middleware
        app = create_app()
        CORS(app, **policy.settings())
        return app
