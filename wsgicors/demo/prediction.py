"""What must come of a scenario under any policy, found out by :class:`~wsgicors.testing.Browser`.

The rows of the table say what their own policy leads to. A policy that somebody writes into the
form has no such row, so the browser's half of the protocol goes through the steps beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..fetch.fields import is_forbidden_request_header
from ..fetch.sentences import N_
from ..testing import STANDARD, Browser, Engine, NetworkError
from .checks import Check, actuals, finds, loads, preflights, reads, refused
from .scenario import Addresses, Scenario, Step

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from ..testing import Exchange

_OPTIONS = ("method", "headers", "body", "mode", "credentials")
_CALLS = ("fetch", "sandboxed-fetch", "xhr")
_USED_WITH_CORS_ALONE = ("canvas", "webgl", "video")


@dataclass(frozen=True)
class Call:
    """A step, as a call of :meth:`wsgicors.testing.Browser.fetch`."""

    path: str
    options: dict[str, Any]
    #: The API's address, and the origin of who calls.
    base_url: str
    origin: str
    #: Whether a response that was not shared may arrive and still be of no use.
    tainted: bool = False


@dataclass(frozen=True)
class Outcome:
    """What must come of one step; the first two are unset for one that is no call."""

    call: Call | None = None
    status: int = 0
    error: NetworkError | None = None
    exchanges: tuple[Exchange, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the script gets what it asks for."""
        return self.error is None and not (self.call and self.call.tainted)


def calls(scenario: Scenario, addresses: Addresses) -> list[Call | None]:
    """The steps of a scenario as calls; ``None`` for one that lets time pass."""
    return [_call(step, addresses) for step in scenario.steps]


def predict(
    app: WSGIApplication, scenario: Scenario, addresses: Addresses, engine: Engine = STANDARD
) -> tuple[Outcome, ...]:
    """Go through the steps as a browser does.

    :param app: the API under the policy in question.
    :param engine: whose departures from the standard to share.
    """
    time = _Clock()
    browser = Browser(app, addresses.page, addresses.cross_site, engine=engine, clock=time)
    outcomes = []
    for step, call in zip(scenario.steps, calls(scenario, addresses)):
        time.now += step.get("seconds", 0)
        outcomes.append(_outcome(browser, call) if call else Outcome())
    return tuple(outcomes)


def checks(scenario: Scenario, outcomes: tuple[Outcome, ...]) -> tuple[Check, ...]:
    """What to hold a run against, where the policy is not the scenario's own."""
    results = [*_results(scenario.steps, outcomes)]
    if any(step["do"] not in (*_CALLS, "wait") or "upload" in step for step in scenario.steps):
        # A browser may ask for a video in parts, and before an upload for reasons of its own.
        return tuple(results)
    kinds = [exchange.kind for outcome in outcomes for exchange in outcome.exchanges]
    return (*results, preflights(kinds.count("preflight")), actuals(kinds.count("actual")))


class _Clock:
    """The time of a prediction, in seconds, in which nobody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _call(step: Step, addresses: Addresses) -> Call | None:
    if step["do"] == "wait":
        return None
    return Call(
        path=step["path"],
        options=_options(step),
        base_url=addresses.same_site if step.get("site") else addresses.cross_site,
        origin="null" if step["do"] == "sandboxed-fetch" else addresses.page,
        tainted=_is_tainted(step),
    )


def _options(step: Step) -> dict[str, Any]:
    options = {name: step[name] for name in _OPTIONS if name in step}
    if "headers" in options:
        # A script may try to set them all; no browser sends them.
        options["headers"] = {
            name: value
            for name, value in options["headers"].items()
            if not is_forbidden_request_header(name, value)
        }
    if step.get("withCredentials"):
        options["credentials"] = "include"
    if _is_tainted(step):
        options.update(mode="no-cors", credentials="include")
    return options


def _is_tainted(step: Step) -> bool:
    return step["do"] in _USED_WITH_CORS_ALONE and "crossOrigin" not in step


def _outcome(browser: Browser, call: Call) -> Outcome:
    browser.origin = call.origin
    try:
        response = browser.fetch(call.base_url + call.path, **call.options)
    except NetworkError as error:
        return Outcome(call, error=error, exchanges=error.exchanges)
    return Outcome(call, response.status, exchanges=response.exchanges)


def _results(steps: Iterable[Step], outcomes: tuple[Outcome, ...]) -> Iterator[Check]:
    for number, (step, outcome) in enumerate(zip(steps, outcomes)):
        if outcome.call:
            yield _result(step, outcome, number if number < len(outcomes) - 1 else -1)


def _result(step: Step, outcome: Outcome, at: int) -> Check:
    if not outcome.ok:
        return refused(at)
    if step.get("mode") == "no-cors":
        return finds("type", "opaque", N_("The response is opaque"))
    if step["do"] in _CALLS:
        return reads(outcome.status, at)
    return loads(N_("What was loaded can be used"))
