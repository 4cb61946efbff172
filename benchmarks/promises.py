"""What is promised, and how the figures follow from what was measured. Measures nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from .libraries import PREDECESSOR
from .races import Lane, oversized_preflights
from .timing import Estimate, ratio

if TYPE_CHECKING:
    from .effort import Effort
    from .races import Times
    from .timing import Costs


class Limit(NamedTuple):
    """How far a figure may go."""

    bound: str
    value: float

    def admits(self, figure: float) -> bool:
        """Whether a figure keeps it."""
        return figure <= self.value if self.bound == AT_MOST else figure >= self.value


AT_MOST, AT_LEAST = "≤", "≥"


class Row(NamedTuple):
    """One figure."""

    #: What is compared with what.
    subject: str
    #: Under which policy, with which request.
    case: str
    unit: str
    #: ``None`` where nothing is promised: the row is there to be known.
    limit: Limit | None
    measured: Estimate

    @property
    def is_met(self) -> bool | None:
        """Whether the promise is kept; ``None`` where there is none."""
        return None if self.limit is None else self.limit.admits(self.measured.value)


ADDED = "Added to an actual request, against what the closure adds"
ADDED_BEFORE = f"Added to an actual request, against what {PREDECESSOR} adds"
WHOLE = "A whole preflight, against a request through the closure"
FLASK_ADDED = "Flask: added to an actual request, against what Flask-CORS adds"
FLASK_WHOLE = "Flask: a whole preflight, how many times as fast as with Flask-CORS"
MANY = "A request, with many origins against one of each kind"
BUILDING = "A policy with many origins"
OVERSIZED = "A preflight with 1 MiB in one header, against an ordinary one under the same policy"
GROWTH = "Memory that distinct requests leave behind"

_ANOTHER = "never seen before"


def of_plain_wsgi(times: Times) -> Iterator[Row]:
    """What the middleware costs."""
    for lane in _ACTUAL:
        closure = _added(times, Lane("closure", "", lane.request), "bare")
        figure = ratio(_added(times, lane, "bare"), closure)
        yield Row(ADDED, _case(lane), "times", _three_times(lane), figure)
    for lane in _ACTUAL:
        before = _added(times, lane._replace(library=PREDECESSOR), "bare")
        limit = Limit(AT_MOST, 1) if lane.request == "allowed" else None
        yield Row(
            ADDED_BEFORE, _case(lane), "times", limit, ratio(_added(times, lane, "bare"), before)
        )
    for lane in _PREFLIGHTS:
        closure = times[Lane("closure", "", lane.request)]
        yield Row(WHOLE, _case(lane), "times", _three_times(lane), ratio(times[lane], closure))


def _three_times(lane: Lane) -> Limit | None:
    """The limit for what browsers ask again and again; the first time is told without one."""
    return None if _ANOTHER in lane.request else Limit(AT_MOST, 3)


_ACTUAL = [
    Lane("wsgicors", policy, request)
    for policy, requests in {
        "one origin": ("allowed", "denied", "no origin"),
        "wildcard": ("allowed", "denied", "no origin", f"allowed, {_ANOTHER}"),
        '"*"': ("allowed", "no origin"),
    }.items()
    for request in requests
]
_PREFLIGHTS = [
    Lane("wsgicors", policy, request)
    for policy, requests in {
        "one origin": ("preflight", "denied preflight"),
        "wildcard": ("preflight", f"preflight, {_ANOTHER}"),
        '"*"': ("preflight",),
        "reflecting": ("preflight",),
    }.items()
    for request in requests
]


def _case(lane: Lane) -> str:
    return f"{lane.policy}: {lane.request}"


def of_flask(times: Times, at_views: Times) -> Iterator[Row]:
    """What the extension costs.

    :param at_views: the same with settings at the view, of which nothing is promised. Nor is it of
        denials, where Flask-CORS has two thirds as much to do.
    """
    for request, limit in {"allowed": _A_TENTH, "no origin": _A_TENTH, "denied": None}.items():
        yield Row(FLASK_ADDED, request, "times", limit, _added_to_flask(times, request))
    for request in ("allowed", "no origin", "denied"):
        case = f"settings at the view: {request}"
        yield Row(FLASK_ADDED, case, "times", None, _added_to_flask(at_views, request))
    for request in ("preflight", "denied preflight"):
        ours = times[Lane("wsgicors in Flask", "", request)]
        theirs = times[Lane("Flask-CORS", "", request)]
        yield Row(FLASK_WHOLE, request, "times", Limit(AT_LEAST, 5), ratio(theirs, ours))


_A_TENTH = Limit(AT_MOST, 0.1)


def _added_to_flask(times: Times, request: str) -> Estimate:
    added = _added(times, Lane("wsgicors in Flask", "", request), "bare Flask")
    return ratio(added, _added(times, Lane("Flask-CORS", "", request), "bare Flask"))


def _added(times: Times, lane: Lane, bare: str) -> Costs:
    return times[lane] - times[Lane(bare, "", lane.request)]


def of_many_origins(times: Times) -> Iterator[Row]:
    """What the number of origins costs per request."""
    for origin in ("same origin", "any origin"):
        limit = Limit(AT_MOST, 1.2) if origin == "same origin" else None
        for kind in ("exact", "wildcard", "denied"):
            many, one = (times[Lane(number, kind, origin)] for number in ("many", "one"))
            yield Row(MANY, f"{_MANY_CASES[kind]}, {origin}", "times", limit, ratio(many, one))


_MANY_CASES = {"exact": "allowed by name", "wildcard": "allowed by a wildcard", "denied": "denied"}


def of_building(bytes_per_origin: float, seconds: Estimate) -> Iterator[Row]:
    """What the number of origins costs beforehand."""
    measured = Estimate(bytes_per_origin, bytes_per_origin, bytes_per_origin)
    case = "memory for each origin, beside the strings"
    yield Row(BUILDING, case, "bytes", Limit(AT_MOST, 400), measured)
    yield Row(BUILDING, "time to build", "seconds", Limit(AT_MOST, 2), seconds)


def of_oversized(times: Times) -> Iterator[Row]:
    """What hostile preflights cost, under the policy that takes longest."""
    policies = dict.fromkeys(lane.policy for lane in times)
    for request in oversized_preflights(0):
        ratios = {
            policy: ratio(
                times[Lane("wsgicors", policy, request)],
                times[Lane("wsgicors", policy, "ordinary")],
            )
            for policy in policies
        }
        worst = max(ratios, key=lambda policy: ratios[policy].value)
        case = f"{request} ({worst})"
        yield Row(OVERSIZED, case, "times", Limit(AT_MOST, 3), ratios[worst])


def of_growth(effort: Effort, left: int) -> Iterator[Row]:
    """What requests leave behind."""
    case = f"after {effort.distinct_requests:,} requests"
    yield Row(GROWTH, case, "blocks", _NO_GROWTH, Estimate(left, left, left))


# Not zero, because what the interpreter itself keeps for later comes and goes.
_NO_GROWTH = Limit(AT_MOST, 1000)
