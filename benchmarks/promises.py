"""What is promised, and how the figures follow from what was measured. Measures nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from .environs import PATTERNS
from .libraries import POLICIES, PREDECESSOR, SHAPES
from .races import FEW_LINES, MANY_LINES, Lane
from .timing import Estimate, ratio

if TYPE_CHECKING:
    from .effort import Effort
    from .memory import Taken
    from .races import Times
    from .startup import Registered
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
    #: Who does better than wsgicors here, if a peer does.
    winner: str | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the promise is kept; ``None`` where there is none."""
        return None if self.limit is None else self.limit.admits(self.measured.value)


ADDED = "Added to an actual request, against what the closure adds"
ADDED_BAREST = "Added to an actual request, against what the barest closure adds"
ADDED_BEFORE = f"Added to an actual request, against what {PREDECESSOR} adds"
ADDED_UNDER = "Added to an actual request with six header lines, by policy and by what is on"
WHOLE = "A whole preflight, against a request through the closure"
WHOLE_ALONE = "A whole preflight, against a closure that answers it without the application"
UNSEEN = "A request of an origin never seen before, against one that was"
FLASK_ADDED = "Flask: added to an actual request, against what Flask-CORS adds to an allowed one"
FLASK_WHOLE = "Flask: a whole preflight, how many times as fast as with Flask-CORS"
ROUTES = "Flask: a request, with many routes against ten"
CHECKING = "Flask: the check before the first response, against the registration of the routes"
MANY = "A request, with many origins against one of each kind"
BUILDING = "A policy with many origins"
TENANTS = "A request, with a policy for each of many tenants against ten"
OVERSIZED = "A request with 1 MiB in one header, against an ordinary one under the same policy"
TAKEN = "Memory that a request with 1 MiB in one header takes"
GROWTH = "Memory that is left behind"
STARTUP = "Startup, each in a process of its own"


def _winner(peer: str, ours_against_theirs: Estimate) -> str | None:
    """The peer, if it costs less."""
    return peer if ours_against_theirs.value > 1 else None


# --- plain WSGI ---------------------------------------------------------------------------------

#: What each number of header lines may add, and what a denial may add to that.
_BY_LINES = {"two header lines": 2, "six header lines": 2.5, "eight header lines": 2.75}
_WITH_VARY = 3.5
_ON_TOP = {"denied": 0.5, "denied, over plain http": 1}
_REQUESTS = ("allowed", "denied", "denied, over plain http", "no origin")


def of_shapes(times: Times) -> Iterator[Row]:
    """What the middleware adds, by what the application sends."""
    for shape, request in product(SHAPES, _REQUESTS):
        limit = _BY_LINES.get(shape, _WITH_VARY) + _ON_TOP.get(request, 0)
        figure = _added_against("closure", times, shape, request)
        yield Row(ADDED, f"{shape}: {request}", "times", Limit(AT_MOST, limit), figure)
    for shape, request in product(SHAPES, _REQUESTS):
        figure = _added_against("barest closure", times, shape, request)
        yield Row(ADDED_BAREST, f"{shape}: {request}", "times", None, figure)
    for shape, request in product(SHAPES, _REQUESTS):
        promised = request == "allowed" and "Vary" not in shape
        limit_before = Limit(AT_MOST, 1) if promised else None
        figure = _added_against(PREDECESSOR, times, shape, request)
        winner = _winner(PREDECESSOR, figure)
        yield Row(ADDED_BEFORE, f"{shape}: {request}", "times", limit_before, figure, winner)


def _added_against(other: str, times: Times, shape: str, request: str) -> Estimate:
    ours, theirs = (
        times[Lane(library, shape, request)] - times[Lane("bare", shape, request)]
        for library in ("wsgicors", other)
    )
    return ratio(ours, theirs)


def of_policies(times: Times) -> Iterator[Row]:
    """What the middleware adds, by its policy; of what can be on besides, nothing is promised."""
    for lane in times:
        if lane.library == "wsgicors" and not _is_impossible(lane):
            limit = Limit(AT_MOST, _BY_LINES["six header lines"] + _ON_TOP.get(lane.request, 0))
            ours, closure = (
                times[each] - times[Lane("bare", "", lane.request)]
                for each in (lane, Lane("closure", "", lane.request))
            )
            promised = limit if lane.policy in POLICIES else None
            yield Row(ADDED_UNDER, _case(lane), "times", promised, ratio(ours, closure))


def _is_impossible(lane: Lane) -> bool:
    """Whether nobody is denied under the policy of a lane about a denial."""
    return "denied" in lane.request and ("*" in lane.policy or "for all" in lane.policy)


def of_preflights(times: Times) -> Iterator[Row]:
    """What whole preflights cost, and refusals."""
    limits = {"preflight": 3.5, "denied preflight": 4}
    for lane in times:
        if lane.library != "wsgicors" or _is_impossible(lane):
            continue
        if lane.request in limits:
            promised = lane.policy in (*POLICIES, "reflecting")
            limit = Limit(AT_MOST, limits[lane.request]) if promised else None
            figure = ratio(times[lane], times[Lane("closure", "", lane.request)])
            yield Row(WHOLE, _case(lane), "times", limit, figure)
    refused = Lane("wsgicors", "refuse_denied", "POST, denied")
    figure = ratio(times[refused], times[Lane("closure", "", "preflight")])
    yield Row(WHOLE, "refuse_denied: a POST that is refused", "times", None, figure)
    for lane in times:
        if lane.library == "wsgicors" and lane.policy in POLICIES and lane.request == "preflight":
            figure = ratio(times[lane], times[Lane("closure for preflights", "", "preflight")])
            yield Row(WHOLE_ALONE, _case(lane), "times", None, figure)


def _case(lane: Lane) -> str:
    return f"{lane.policy}: {lane.request}"


def of_unseen(times: Times) -> Iterator[Row]:
    """What it costs to look at an origin for the first time."""
    limits = {"actual request": Limit(AT_MOST, 4), "preflight": Limit(AT_MOST, 6)}
    for (request, limit), kind in product(limits.items(), PATTERNS):
        new, again = (
            times[Lane("wsgicors", kind, f"{request}, {when}")]
            for when in ("never seen before", "again")
        )
        yield Row(UNSEEN, f"{kind}: {request}", "times", limit, ratio(new, again))


# --- Flask --------------------------------------------------------------------------------------

_MANY_LINES_ON_TOP = 0.05
_IN_FLASK = {
    "allowed": 0.1,
    "no origin": 0.1,
    "denied": 0.15,
    "denied, over plain http": 0.15,
    "404": 0.15,
    "405": 0.5,
    "redirect to the slash": 0.5,
}


def of_flask(times: Times, at_views: Times) -> Iterator[Row]:
    """What the extension adds.

    :param at_views: the same with settings at the view, of which nothing is promised.
    """
    for request, limit in _IN_FLASK.items():
        yield _flask_row(times, FEW_LINES, request, Limit(AT_MOST, limit))
    for request in _REQUESTS:
        limit = round(_IN_FLASK[request] + _MANY_LINES_ON_TOP, 2)
        yield _flask_row(times, MANY_LINES, request, Limit(AT_MOST, limit))
    for request in ("allowed", "no origin", "denied"):
        row = _flask_row(at_views, FEW_LINES, request, None)
        yield row._replace(case=f"settings at the view: {request}")


def _flask_row(times: Times, shape: str, request: str, limit: Limit | None) -> Row:
    # What is promised of a denial is promised in terms of what is allowed.
    allowed = "allowed" if request in _REQUESTS else request
    ours = _added_in_flask(times, Lane("wsgicors in Flask", shape, request))
    theirs = _added_in_flask(times, Lane("Flask-CORS", shape, allowed))
    figure = ratio(ours, theirs)
    winner = _winner("Flask-CORS", figure)
    return Row(FLASK_ADDED, f"{shape}: {request}", "times", limit, figure, winner)


def _added_in_flask(times: Times, lane: Lane) -> Costs:
    return times[lane] - times[lane._replace(library="bare Flask")]


def of_routes(times: Times, effort: Effort) -> Iterator[Row]:
    """What the number of routes does to preflights, and to all requests."""
    for lane in times:
        if "preflight" in lane.request and lane._replace(library="Flask-CORS") in times:
            yield from _against_flask_cors(times, lane)
    few, many = str(effort.few_routes), str(effort.numbers_of_routes[-1])
    for lane in times:
        is_ours = lane.library == "wsgicors in Flask" and lane.policy == many
        if is_ours and lane._replace(policy=few) in times:
            limit = None if lane.request == _ANY_RULE else Limit(AT_MOST, 1.3)
            figure = ratio(times[lane], times[lane._replace(policy=few)])
            yield Row(ROUTES, f"{int(many):,} routes: {lane.request}", "times", limit, figure)


# Ten rules stay in the processor's caches, ten thousand do not; Flask alone has that too.
_ANY_RULE = "a preflight of any rule"


def _against_flask_cors(times: Times, lane: Lane) -> Iterator[Row]:
    if lane.library == "Flask-CORS":
        return
    limit = Limit(AT_LEAST, _TIMES_AS_FAST.get(lane.request, 10))
    figure = ratio(times[lane._replace(library="Flask-CORS")], times[lane])
    winner = "Flask-CORS" if figure.value < 1 else None
    routes = "1 route" if lane.policy == "1" else f"{int(lane.policy):,} routes"
    yield Row(FLASK_WHOLE, f"{routes}: {lane.request}", "times", limit, figure, winner)


_TIMES_AS_FAST = {
    "a preflight of a method that is not routed": 4,
    _ANY_RULE: 3,
    "a preflight of a rule never asked for before": 3,
}


def of_checking(registered: dict[tuple[str, int], Registered]) -> Iterator[Row]:
    """What is looked at before the first response, in milliseconds and against the registration."""
    for (library, routes), each in registered.items():
        if library == "wsgicors in Flask":
            share = each.first / each.registration
            limit = Limit(AT_MOST, 0.05) if routes >= _MANY_ROUTES else None
            case = f"{routes:,} routes" if routes > 1 else "1 route"
            yield Row(CHECKING, case, "times", limit, _sure(share))
            ours, theirs = (
                _sure(one.first * 1e3) for one in (each, registered["Flask-CORS", routes])
            )
            winner = "Flask-CORS" if theirs.value < ours.value else None
            yield Row(CHECKING, f"{case}: the first request", "ms", None, ours, winner)
            yield Row(CHECKING, f"{case}: the first request, Flask-CORS", "ms", None, theirs)


_MANY_ROUTES = 10_000


def _sure(value: float) -> Estimate:
    """What was measured once, or counted."""
    return Estimate(value, value, value)


# --- many origins, many tenants -----------------------------------------------------------------


def of_many_origins(times: Times) -> Iterator[Row]:
    """What the number of origins costs per request."""
    for origin in ("same origin", "any origin"):
        limit = Limit(AT_MOST, 1.2) if origin == "same origin" else None
        for kind in ("exact", *PATTERNS, "denied"):
            many, one = (times[Lane(number, kind, origin)] for number in ("many", "one"))
            case = kind if kind == "denied" else f"allowed, {kind}"
            yield Row(MANY, f"{case}: {origin}", "times", limit, ratio(many, one))


def of_building(bytes_per_origin: float, seconds: Estimate) -> Iterator[Row]:
    """What the number of origins costs beforehand."""
    case = "memory for each origin, beside the strings"
    yield Row(BUILDING, case, "bytes", Limit(AT_MOST, 400), _sure(bytes_per_origin))
    yield Row(BUILDING, "time to build", "seconds", Limit(AT_MOST, 2), seconds)


def of_tenants(times: Times, effort: Effort) -> Iterator[Row]:
    """What the number of policies costs per request."""
    many = effort.numbers_of_tenants[-1]
    limits = {"the same 64": Limit(AT_MOST, 1.3), "all": Limit(AT_MOST, 2.5)}
    for request, (which, limit) in product(("actual request", "preflight"), limits.items()):
        few = times[Lane("wsgicors", str(effort.few_tenants), f"{request}, all")]
        figure = ratio(times[Lane("wsgicors", str(many), f"{request}, {which}")], few)
        case = f"{many:,} policies: {request}, {_WHICH[which]}"
        yield Row(TENANTS, case, "times", limit, figure)


_WHICH = {"the same 64": "the same 64 again", "all": "of any of them"}


# --- hostile input, growth ----------------------------------------------------------------------


def of_oversized(times: Times) -> Iterator[Row]:
    """What hostile requests cost, under the policy that takes longest."""
    for library, kind in product(("wsgicors", "wsgicors in Flask"), _kinds(times)):
        ratios = {
            lane.policy: _against_ordinary(times, lane)
            for lane in times
            if lane.library == library and lane.request == f"{kind}, oversized"
        }
        worst = max(ratios, key=lambda policy: ratios[policy].value)
        where = "Flask, " if library == "wsgicors in Flask" else ""
        case = f"{where}{kind} ({worst})"
        yield Row(OVERSIZED, case, "times", Limit(AT_MOST, 3), ratios[worst])


def _kinds(times: Times) -> list[str]:
    return list(dict.fromkeys(lane.request.rpartition(", ")[0] for lane in times))


def _against_ordinary(times: Times, lane: Lane) -> Estimate:
    """Against Flask alone with the same bytes, where it is Flask that they slow down."""
    ordinary = lane._replace(request=lane.request.replace(", oversized", ", ordinary"))
    if lane.library == "wsgicors" or "preflight" in lane.request:
        return ratio(times[lane], times[ordinary])
    alone = times[lane._replace(library="bare Flask", policy="")]
    return min(ratio(times[lane], times[ordinary]), ratio(times[lane], alone))


def of_taken(taken: dict[tuple[str, str], Taken]) -> Iterator[Row]:
    """What hostile requests take, in the worst of all cases.

    :param taken: by library and case.
    """
    limits = {"at_most": ("taken", 64), "afterwards": ("kept", 1)}
    for library, (field, (verb, kibibytes)) in product(
        ("wsgicors", "wsgicors in Flask"), limits.items()
    ):
        every = {
            case: getattr(each, field) for (where, case), each in taken.items() if where == library
        }
        worst = max(every, key=lambda case: every[case])
        case = f"{library}, {verb}: {worst}"
        yield Row(TAKEN, case, "KiB", Limit(AT_MOST, kibibytes), _sure(every[worst] / 1024))


def of_growth(effort: Effort, requests: int, policies: int) -> Iterator[Row]:
    """What requests, and policies that were thrown away, leave behind.

    :param requests: blocks of memory, as are those of policies.
    """
    case = f"by {effort.distinct_requests:,} requests, none like another"
    yield Row(GROWTH, case, "blocks", _NO_GROWTH, _sure(requests))
    case = f"by {effort.thrown_away:,} policies of resolve, each used once"
    yield Row(GROWTH, case, "blocks", _NO_GROWTH, _sure(policies))


# Not zero, because what the interpreter itself keeps for later comes and goes.
_NO_GROWTH = Limit(AT_MOST, 1000)


# --- startup ------------------------------------------------------------------------------------


def of_startup(seconds: dict[str, Estimate], peers: dict[str, str]) -> Iterator[Row]:
    """What it takes to begin.

    :param peers: what does the same with Flask-CORS, by what is ours.
    """
    for case, estimate in seconds.items():
        peer = peers.get(case)
        is_beaten = peer is not None and seconds[peer].value < estimate.value
        in_ms = Estimate(*(value * 1e3 for value in estimate))
        yield Row(STARTUP, case, "ms", None, in_ms, "Flask-CORS" if is_beaten else None)
