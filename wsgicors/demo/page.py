"""The page's own server: its files, the list of scenarios, runs and policies; not the API.

Everything here is for this page alone. No other origin gets a CORS header, only the page itself may
ask for data, and no foreign page can frame this one or keep a handle on its window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, request

from .. import ConfigError, Policy
from .api import LAYERS, Api, Governed
from .checks import PAGE
from .recorder import Recorder
from .scenario import Addresses, Group, Scenario

MOST_BYTES = 64 * 1024

_SAFE = ("GET", "HEAD")
_FILES = ("index", "static")
_FRAME = "/static/frame.html"
_NOT_YOURS = "only the page itself may do this"


class Page:
    """What the page can ask its server for, as a Flask application in ``app``.

    :param groups: the rows, below their headings.
    :param addresses: where page and API are.
    :param api: whose policies the page may change.
    :param recorder: where the runs are kept.
    """

    def __init__(
        self, groups: Iterable[Group], addresses: Addresses, api: Api, recorder: Recorder
    ) -> None:
        self.groups = tuple(groups)
        self.scenarios = {
            scenario.id: scenario for group in self.groups for scenario in group.scenarios
        }
        self.addresses = addresses
        self.api = api
        self.recorder = recorder
        self.app = self._create_app()

    def _create_app(self) -> Flask:
        app = Flask(__name__)
        app.before_request(self._only_at_home)
        app.before_request(self._only_for_the_page)
        app.before_request(_only_what_is_json)
        app.after_request(self._sealed)
        app.add_url_rule(
            "/", view_func=lambda: app.send_static_file("index.html"), endpoint="index"
        )
        app.add_url_rule("/scenarios", view_func=self.list_scenarios)
        app.add_url_rule("/runs", view_func=self.begin_run, methods=["POST"])
        app.add_url_rule("/runs/<run_id>/results", view_func=self.finish_run, methods=["POST"])
        app.add_url_rule("/policies/<scenario>", view_func=self.change_policy, methods=["PUT"])
        app.add_url_rule("/policies/<scenario>", view_func=self.reset_policy, methods=["DELETE"])
        return app

    # --- who may ask ----------------------------------------------------------------------------

    def _only_at_home(self) -> Any:
        """Send who comes by another name, rebound by DNS perhaps, to the page's own."""
        if request.host_url.rstrip("/") != self.addresses.page:
            return redirect(f"{self.addresses.page}/")
        return None

    def _only_for_the_page(self) -> None:
        # Anybody may link to the page and its files; all else is asked by the page's own scripts.
        if request.endpoint in _FILES and request.method in _SAFE:
            return
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            abort(403, _NOT_YOURS)
        if request.method not in _SAFE and request.headers.get("Origin") != self.addresses.page:
            abort(403, _NOT_YOURS)

    def _sealed(self, response: Response) -> Response:
        # The page's origin is written out, because to a sandboxed frame 'self' may mean nobody.
        page, api, twin = self.addresses
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src {page} {api}; style-src {page}; font-src {api}; "
            f"media-src {api}; img-src {page} {api}; connect-src {page} {api} {twin}; "
            f"frame-src {page}; frame-ancestors {page}; base-uri 'none'; form-action 'none'"
            # Opened as a window of its own, it is not of the page's origin either.
            + ("; sandbox allow-scripts" if request.path == _FRAME else "")
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    # --- what may be asked ----------------------------------------------------------------------

    def list_scenarios(self) -> Response:
        """All that the page has to show, and where the API is."""
        listed = {
            "page": self.addresses.page,
            "sites": {
                "cross-site": self.addresses.cross_site,
                "same-site": self.addresses.same_site,
            },
            "layers": LAYERS,
            "groups": [self._listed(group) for group in self.groups],
        }
        text = self.app.json.dumps(listed)
        return Response(text.replace(PAGE, self.addresses.page), mimetype="application/json")

    def begin_run(self) -> Response:
        """Open a run of one scenario; its exchanges are recorded below its id."""
        run = self.recorder.begin(self._scenario(_body().get("scenario")).id)
        return jsonify(run=run.id)

    def finish_run(self, run_id: str) -> Response:
        """Take what became of each step in the browser; judge it with what the server saw."""
        run = self.recorder[run_id]
        run.results = _results(_body().get("results"))
        return jsonify(
            **self._scenario(run.scenario).judge(run, self.addresses.page),
            exchanges=[exchange.as_json() for exchange in run.exchanges],
            log=run.log,
        )

    def change_policy(self, scenario: str) -> Any:
        """Put another policy in force, or say in the library's own words why not."""
        governed = self.api.governed(scenario)
        try:
            governed.change(Policy(**_body()))
        except ConfigError as error:
            problems = [
                {"field": problem.field, "message": problem.message} for problem in error.problems
            ]
            return jsonify(message=str(error), problems=problems), 422
        return jsonify(policy=_policy(governed))

    def reset_policy(self, scenario: str) -> Response:
        """Go back to the policy that the scenario began with."""
        governed = self.api.governed(scenario)
        governed.change(governed.original)
        return jsonify(policy=_policy(governed))

    def _listed(self, group: Group) -> dict[str, Any]:
        return {
            "title": group.title,
            "scenarios": [
                {**scenario.as_json(), "policy": self._policy_of(scenario)}
                for scenario in group.scenarios
            ],
        }

    def _policy_of(self, scenario: Scenario) -> dict[str, Any] | None:
        return None if scenario.by_hand else _policy(self.api.governed(scenario.id))

    def _scenario(self, scenario: Any) -> Scenario:
        if not isinstance(scenario, str) or scenario not in self.scenarios:
            abort(404, "no such scenario")
        return self.scenarios[scenario]


def _policy(governed: Governed) -> dict[str, Any]:
    settings = governed.policy.settings()
    return {
        "fields": {name: _written(value) for name, value in settings.items()},
        "code": [f"{name}={_as_list(value)!r}" for name, value in settings.items()],
        "changed": governed.policy != governed.original,
    }


def _written(value: Any) -> str:
    """As it would be written into a configuration file, which is how the form shows it."""
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _only_what_is_json() -> None:
    if request.method in _SAFE:
        return
    if not request.is_json:
        abort(415, "send JSON")
    # Flask's own limit, MAX_CONTENT_LENGTH, covers forms alone before Werkzeug 2.3.
    if request.content_length is None or request.content_length > MOST_BYTES:
        abort(413, f"send at most {MOST_BYTES} bytes, and say how many")


def _body() -> Mapping[str, Any]:
    try:
        body = request.get_json()
    except RecursionError:
        abort(400, "the JSON is nested too deeply")
    if not isinstance(body, dict):
        abort(400, "send a JSON object")
    return body


def _results(results: Any) -> list[dict[str, Any]]:
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        abort(400, "results must be a list of objects")
    return results
