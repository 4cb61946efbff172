"""``CORS(app, ..., trial={...})``: settings that are judged beside those in force, for a Flask application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Callable

import flask

from ..errors import ConfigError, called_as
from ..layers import DECISION
from ..outcomes import outcome
from ..policy import Policy
from ..requests import is_preflight
from ..trial import TRIAL as DECISION_ON_TRIAL
from ..trial import Trial
from .crossing import ARRIVED
from .decisions import decided_by
from .declarations import Layer
from .resolver import UrlMapResolver
from .settings import policy_said
from .targets import application, no_application
from .under_way import request_under_way

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..names import HeaderLine
    from ..policy import PolicyFields

#: The key in ``app.extensions`` of an application that has a trial.
TRIAL = "wsgicors-trial"
_ASKS = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"


@called_as("trial_counts(app)")
def trial_counts(app: flask.Flask) -> dict[tuple[str | None, str], int]:
    """How many requests would come to another outcome under ``trial``, by origin and reason.

    :param app: the application, or ``current_app``. Without a trial, nothing is counted.
    :raises ConfigError: if it is none.

    >>> from wsgicors.flask import CORS
    >>> app = flask.Flask("example")
    >>> cors = CORS(app, allow_origins="*", trial={"allow_origins": ["https://app.example.com"]})
    >>> response = app.test_client().get("/", headers={"Origin": "https://old.example.com"})
    >>> trial_counts(app)
    {('https://old.example.com', 'origin-not-allowed'): 1}
    """
    app = application(app)
    problem = no_application(app, "trial_counts")
    if problem is not None:
        raise ConfigError([problem])
    trial: Trial | None = app.extensions.get(TRIAL)
    return {} if trial is None else dict(trial.counts)


def trial_layer(trial: Policy | PolicyFields, where: str) -> Layer:
    """What is on trial, in the place of the arguments of ``CORS``.

    :raises ConfigError: if a field is wrong by itself.
    """
    try:
        policy = policy_said(trial, "trial")
    except ConfigError as error:
        problems = [p._replace(message=f"in trial: {p.message}") for p in error.problems]
        raise ConfigError(problems) from None
    return Layer(policy, f"trial at {where}")


class OnTrial:
    """A governed application, with all that it answers judged by other settings, too."""

    def __init__(
        self,
        app: flask.Flask,
        governed: WSGIApplication,
        in_force: UrlMapResolver,
        layer: Layer,
        endpoints: Mapping[str, Layer | None],
    ) -> None:
        self._app = app
        self._in_force = in_force
        self._governed = governed
        self._resolver = UrlMapResolver(app, [layer], endpoints, is_in_force=False)
        self._trial = app.extensions[TRIAL] = Trial()
        # Flask runs these ahead of hooks and views, also where it has found no route.
        app.url_value_preprocessors[None].append(self._foresee)

    def _foresee(self, *routed: object) -> None:
        """Have hooks and views find the decision, which is compared when the response starts."""
        request = request_under_way()
        decision = decided_by(self._resolver, request)
        if decision is not None and decided_by(self._in_force, request) is not None:
            request.environ[DECISION_ON_TRIAL] = decision

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Have the request answered, and judged when the response starts."""
        if self._resolver.checked_map is not self._app.url_map:
            self._resolver.ensure_checked()
        path = environ.get("PATH_INFO", "")

        def start(
            status: str, headers: list[HeaderLine], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            # Not before now is it known where Flask has routed the request.
            self._judge(environ, path)
            return start_response(status, headers, *filter(None, [exc_info]))

        return self._governed(environ, start)

    def _judge(self, environ: WSGIEnvironment, path: str) -> None:
        in_force, is_asked_before = environ.get(DECISION), is_preflight(environ)
        arrived: flask.Request | None = environ.get(ARRIVED)
        inside = environ if arrived is None else arrived.environ
        # A preflight goes through in the place of what may be refused.
        if inside["REQUEST_METHOD"] == "OPTIONS" and _ASKS in inside:
            builder = self._resolver(inside, inside[_ASKS])
        elif arrived is not None:
            builder = self._resolver.builder_where_routed(arrived)
        else:
            builder = self._resolver.builder_of_request(environ, path)
        if in_force is not None and builder is not None:
            decision = outcome(builder, environ, is_asked_before)
            self._trial.compare(in_force, decision, environ, is_asked_before)
