"""The API of the demonstration: a small Flask application under each scenario's policy in turn.

Knows how a policy is put to use and swapped, not what a browser makes of the answers.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from wsgiref.util import shift_path_info

from flask import Blueprint, Flask, Response, jsonify, redirect, request
from werkzeug.exceptions import HTTPException, NotFound

from .. import CORSMiddleware, Policy
from ..flask import CORS
from .checks import PAGE
from .recorder import Recorder
from .scenario import Addresses, ByHand, Fields, Scenario

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: The two ways to put a policy to use, as the page names them.
LAYERS = {"flask": "Flask extension", "wsgi": "WSGI middleware"}

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
        path=request.script_root,
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
            headers=[
                (name, value.replace(PAGE, page))
                for name, value in (answers.preflight if is_preflight else answers.actual)
            ],
        )
        return response(environ, start_response)

    return application


class Governed:
    """The API under one policy, which can be changed while it runs, once for each layer.

    :param plain: the API without any CORS, which the middleware wraps.
    :param policy: the policy to begin with.
    """

    def __init__(self, plain: Flask, policy: Policy) -> None:
        self.original = policy
        self._middleware = CORSMiddleware(plain, policy)
        self.change(policy)

    def change(self, policy: Policy) -> None:
        """Put another policy in force.

        :raises ConfigError: when it cannot be put to use; the old one stays then.
        """
        extended = create_app()
        CORS(extended, **policy.settings())
        self._middleware.policy = policy
        self.policy = policy
        self.layers: Mapping[str, WSGIApplication] = {"flask": extended, "wsgi": self._middleware}


class Api:
    """The WSGI application that serves every scenario, each run below a path of its own.

    The path is ``/layer/scenario/run/``, and below it what the scenario asks for.

    :param scenarios: what to serve.
    :param addresses: where page and API are; under any other host name it answers nothing.
    :param recorder: where the exchanges are kept.
    """

    def __init__(
        self, scenarios: Iterable[Scenario], addresses: Addresses, recorder: Recorder
    ) -> None:
        self._origins = (addresses.cross_site, addresses.same_site)
        self._recorder = recorder
        self._governed: dict[str, Governed] = {}
        self._by_hand: dict[str, WSGIApplication] = {}
        plain = create_app()
        for scenario in scenarios:
            if scenario.by_hand is not None:
                self._by_hand[scenario.id] = by_hand(scenario.by_hand, addresses.page)
            else:
                policy = Policy(**with_page(scenario.policy, addresses.page))
                self._governed[scenario.id] = Governed(plain, policy)

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
        if layer not in LAYERS or scenario != run.scenario:
            raise NotFound
        return run.record(self._by_hand.get(scenario) or self._governed[scenario].layers[layer])

    def governed(self, scenario: str) -> Governed:
        """The API under the policy of one scenario.

        :raises NotFound: when no policy of wsgicors governs that scenario.
        """
        try:
            return self._governed[scenario]
        except KeyError:
            raise NotFound("No policy of wsgicors governs that scenario.") from None


def with_page(fields: Fields, page: str) -> Fields:
    """Replace :data:`~wsgicors.demo.checks.PAGE` in the values of a policy.

    >>> with_page({"allow_origins": ["$page"], "max_age": 5}, "http://localhost:7070")
    {'allow_origins': ['http://localhost:7070'], 'max_age': 5}
    """
    return {name: _with_page(value, page) for name, value in fields.items()}


def _with_page(value: Any, page: str) -> Any:
    return [item.replace(PAGE, page) for item in value] if isinstance(value, list) else value
