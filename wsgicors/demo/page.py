"""The page's own server: its files, the list of scenarios, explanations, runs and policies; not the API.

Everything here is for this page alone. No other origin gets a CORS header, only the page itself may
ask for data, and no foreign page can frame this one or keep a handle on its window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request

from .. import ConfigError, Policy
from ..fetch.catalogue import PAGE as EXPLANATIONS
from ..fetch.sentences import N_
from ..testing import CHROMIUM, FIREFOX, STANDARD, WEBKIT, Engine
from .api import LAYERS, Api
from .checks import Check
from .copies import as_written, copies
from .explanations import explanations
from .faults import fault
from .prediction import Outcome, checks, predict
from .problems import problems
from .recorder import MOST_RESULTS, Recorder, Result, Run
from .scenario import Addresses, Expectation, Group, Scenario
from .words import LANGUAGES, Words, choose

MOST_BYTES = 64 * 1024

_SAFE = ("GET", "HEAD")
_FILES = ("index", "explanations", "static")
_FRAME = "/static/frame.html"
# More than the rows have, in both layers.
_MOST_PREDICTIONS = 256
_NOT_YOURS = "only the page itself may do this"


class Page:
    """What the page can ask its server for, as a Flask application in ``app``.

    :param groups: the rows, below their headings.
    :param addresses: where page and API are.
    :param api: what answers the runs.
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
        self._outcomes = lru_cache(_MOST_PREDICTIONS)(self._predicted)
        self.app = self._create_app()

    def _create_app(self) -> Flask:
        app = Flask(__name__)
        app.before_request(self._only_at_home)
        app.before_request(self._only_for_the_page)
        app.before_request(_only_what_is_json)
        app.after_request(self._sealed)
        app.add_url_rule("/", view_func=self.show, endpoint="index")
        app.add_url_rule(f"/{EXPLANATIONS}", view_func=explain, endpoint="explanations")
        app.add_url_rule("/scenarios", view_func=self.list_scenarios)
        app.add_url_rule("/runs", view_func=self.begin_run, methods=["POST"])
        app.add_url_rule("/runs/<run_id>/results", view_func=self.finish_run, methods=["POST"])
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

    def show(self) -> str:
        """The page itself, in the language that is asked for."""
        return _rendered(
            "index.html", layers=LAYERS, addresses=self.addresses, troubleshooting=EXPLANATIONS
        )

    def list_scenarios(self) -> Response:
        """All that the page has to show, and where the API is."""
        words = _words()
        return jsonify(
            page=self.addresses.page,
            sites={
                "cross-site": self.addresses.cross_site,
                "same-site": self.addresses.same_site,
            },
            words=words.catalogue,
            groups=[self._listed(group, words) for group in self.groups],
        )

    def begin_run(self) -> Any:
        """Open a run under a policy of the page's; its exchanges are recorded below its id.

        Where the policy is wrong, it is said why.
        """
        body = _body()
        scenario, layer = self._scenario(body.get("scenario")), body.get("layer", "flask")
        if layer not in tuple(LAYERS):
            abort(404, "no such layer")
        try:
            policy = self._policy(scenario, body.get("policy"))
            self.api.application(Run("", scenario.id, layer, policy))
        except ConfigError as error:
            return jsonify(problems=problems(error, _words())), 422
        run = self.recorder.begin(scenario.id, layer, policy)
        return jsonify(run=run.id, **self._expected(run, _words()))

    def finish_run(self, run_id: str) -> Response:
        """Take what became of each step in the browser; judge it with what the server saw."""
        run, words = self.recorder[run_id], _words()
        run.results = _results(_body().get("results"))
        expected, page = self.expectation(run), self.addresses.page
        return jsonify(
            **expected.judge(run, page),
            departs=expected.departs and expected.departs.text(words, page),
            fault=fault(self._outcomes(run.scenario, run.layer, run.policy)[-1], words),
            exchanges=[exchange.as_json() for exchange in run.exchanges],
            log=run.log,
        )

    # --- what is expected -----------------------------------------------------------------------

    def expectation(self, run: Run) -> Expectation:
        """What must come of a run: it follows the run's policy, which need not be the row's own."""
        scenario = self.scenarios[run.scenario]
        if run.policy == scenario.policy_for(self.addresses.page):
            return Expectation(scenario.allowed, scenario.checks, scenario.departs)
        outcomes = self._outcomes(run.scenario, run.layer, run.policy)
        departs = Check(N_("This browser departs from the standard here"), self._is_of_an_engine)
        return Expectation(outcomes[-1].ok, checks(scenario, outcomes), departs)

    def _is_of_an_engine(self, run: Run, page: str) -> bool:
        """Whether a run went as in one of the browsers whose departures are known."""
        scenario = self.scenarios[run.scenario]
        if scenario.departs and scenario.departs(run, page):
            return True
        return any(
            all(check(run, page) for check in checks(scenario, self._outcomes_in(run, engine)))
            for engine in (CHROMIUM, FIREFOX, WEBKIT)
        )

    def _outcomes_in(self, run: Run, engine: Engine) -> tuple[Outcome, ...]:
        return self._outcomes(run.scenario, run.layer, run.policy, engine)

    def _predicted(
        self, scenario: str, layer: str, policy: Policy | None, engine: Engine = STANDARD
    ) -> tuple[Outcome, ...]:
        app = self.api.application(Run("", scenario, layer, policy))
        return predict(app, self.scenarios[scenario], self.addresses, engine)

    def _expected(self, run: Run, words: Words) -> dict[str, Any]:
        expected = self.expectation(run)
        return {
            "allowed": expected.allowed,
            "checks": [check.text(words, self.addresses.page) for check in expected.checks],
            "policy": self._written(run.scenario, run.layer, run.policy),
        }

    def _written(self, scenario: str, layer: str, policy: Policy | None) -> dict[str, Any] | None:
        if policy is None:
            return None
        outcomes = self._outcomes(scenario, layer, policy)
        settings = policy.settings()
        return {
            "fields": {name: as_written(value) for name, value in settings.items()},
            "copies": copies(policy, self.scenarios[scenario], outcomes),
            "changed": policy != self.scenarios[scenario].policy_for(self.addresses.page),
        }

    def _listed(self, group: Group, words: Words) -> dict[str, Any]:
        page = self.addresses.page
        return {
            "id": group.id,
            "title": words(group.title),
            "scenarios": [
                {
                    **scenario.as_json(words, page),
                    # Both layers come to the same under it, and this one is ready sooner.
                    "policy": self._written(scenario.id, "wsgi", scenario.policy_for(page)),
                }
                for scenario in group.scenarios
            ],
        }

    def _scenario(self, scenario: Any) -> Scenario:
        if not isinstance(scenario, str) or scenario not in self.scenarios:
            abort(404, "no such scenario")
        return self.scenarios[scenario]

    def _policy(self, scenario: Scenario, fields: Any) -> Policy | None:
        if fields is None or scenario.by_hand:
            return scenario.policy_for(self.addresses.page)
        if not isinstance(fields, dict) or not all(isinstance(v, str) for v in fields.values()):
            abort(400, "a policy is an object of strings")
        return Policy(**fields)


def explain() -> str:
    """What each refusal means, in the language that is asked for."""
    return _rendered("troubleshooting.html", parts=explanations(_words()))


def _rendered(template: str, **values: Any) -> str:
    words = _words()
    return render_template(
        template, _=words, language=words.language, languages=LANGUAGES, **values
    )


def _words() -> Words:
    return choose(request.args.get("lang"), request.accept_languages)


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


def _results(told: Any) -> list[Result]:
    if not isinstance(told, list) or not all(isinstance(result, dict) for result in told):
        abort(400, "results must be a list of objects")
    return [Result.from_json(result) for result in told[:MOST_RESULTS]]
