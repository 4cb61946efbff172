"""Where a trial of a case and a prediction of it disagree; and the smallest case in which they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any

from wsgicors.fetch import Engine

from .cases import Case, simpler
from .laboratory import Trial
from .prediction import Prediction

# The request headers that every case is about; others only if its scripts set them.
COMPARED = frozenset(
    {
        "accept",
        "access-control-request-headers",
        "access-control-request-method",
        "authorization",
        "content-type",
        "cookie",
        "origin",
    }
)
# What a real server says of itself.
OF_SERVERS = frozenset({"connection", "date", "server"})


def disagreement(trial: Trial, engine: Engine, usual: Mapping[str, str]) -> str:
    """The first thing that the simulator says otherwise, or nothing.

    :param usual: the (lower-case) headers that the browser sends with everything.
    """
    prediction = Prediction(trial, engine)
    real = (*_requests(trial, usual), *_outcomes(trial.outcomes))
    simulated = (*_requests(prediction, {}), *_outcomes(prediction.outcomes))
    for one, other in zip_longest(real, simulated):
        if one != other:
            return f"the browser: {_told(one, other)}; the simulator: {_told(other, one)}"
    return ""


def smallest(
    case: Case, why: str, tried: Callable[[Sequence[Case]], Sequence[str]]
) -> tuple[Case, str]:
    """Make a case simpler for as long as there is disagreement on it.

    :param why: what the disagreement is.
    :param tried: tells the disagreement on each of some cases.
    """
    candidates = simpler(case)
    # As many as a page tries at once.
    while batch := list(islice(candidates, 24)):
        for candidate, found in zip(batch, tried(batch)):
            if found:
                return smallest(candidate, found, tried)
    return case, why


def _requests(trial: Any, usual: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """What crossed the wire, as far as the case is about it."""
    set_by_scripts = {name.lower() for step in trial.sitting.case.steps for name, _ in step.headers}
    for sent in trial.sitting.sent:
        headers = {
            name: value
            for name, value in sent["headers"].items()
            if name in COMPARED or (name in set_by_scripts and usual.get(name) != value)
        }
        cookie = _own_cookies(headers.pop("cookie", ""), trial.sitting.id)
        yield {
            "request": f"{sent['method']} ${sent['hop']}",
            **{f"header {name}": headers[name] for name in sorted(headers)},
            "header cookie": cookie,
            "body": sent["body"],
        }


def _own_cookies(cookies: str, id_: str) -> str:
    """Those of this case: others of the same site may have left some."""
    return "; ".join(each for each in cookies.split("; ") if each.partition("=")[0].endswith(id_))


def _outcomes(outcomes: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the script was told."""
    for outcome in outcomes:
        told = {name: value for name, value in outcome.items() if name not in ("began", "headers")}
        headers = outcome.get("headers", {})
        told.update(
            {f"header {name}": headers[name] for name in sorted(headers.keys() - OF_SERVERS)}
        )
        yield told


def _told(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str:
    """The one, as far as it differs from the other, and what it is about."""
    if one is None:
        return "nothing"
    told = {
        name: value
        for name, value in one.items()
        if name in ("request", "outcome") or (other or {}).get(name) != value
    }
    return ", ".join(f"{name} {value!r}" for name, value in told.items() if value != "")
