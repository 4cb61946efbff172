"""Who is timed against whom, with which requests. Knows nothing of what is promised."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from time import thread_time
from timeit import Timer
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from . import libraries
from .environs import (
    ORIGIN,
    REQUESTS,
    actual,
    always_another,
    any_shop,
    exact_origin,
    from_origins,
    preflight,
    repeated,
    start_response,
    tenant,
)
from .timing import race

if TYPE_CHECKING:
    from .effort import Effort, Track
    from .environs import Draw, Environ
    from .timing import Costs


class Lane(NamedTuple):
    """Where in a race a contestant runs."""

    library: str
    policy: str
    request: str


Lanes = dict[Lane, "tuple[Any, Draw]"]
Times = dict[Lane, "Costs"]

#: A request to a framework takes about so many times as long as one to the bare application.
_FRAMEWORK_WEIGHT = 5


def _batch(bare: str, effort: Effort) -> int:
    """Requests in a batch, for everything that is on top of such an application."""
    return effort.batch if bare == "bare" else -(-effort.batch // _FRAMEWORK_WEIGHT)


def _taken_by(bare: str, draw: Draw) -> Draw:
    """The requests as such an application takes them."""
    if bare != libraries.ASGI:
        return draw
    return lambda: [libraries.as_scope(environ) for environ in draw()]


def _few_rounds(effort: Effort) -> range:
    """For races whose rounds take long."""
    return range(-(-effort.rounds // 5))


# --- libraries ----------------------------------------------------------------------------------


def plain_wsgi(effort: Effort, track: Track) -> Times:
    """Each policy under both releases of wsgicors, the bare application and the closure."""
    again = {kind: repeated(environ, effort.batch) for kind, environ in REQUESTS.items()}
    lanes = _lanes(_plain_apps(), again)
    # They have applications of their own, where they make nobody be forgotten.
    lanes.update(_lanes(_plain_apps(), _never_seen_before(effort)))
    return race(lanes, track(range(effort.rounds), "plain WSGI"))


def _plain_apps() -> dict[tuple[str, str], Any]:
    apps = {
        ("bare", ""): libraries.bare(),
        ("closure", ""): libraries.closure(),
        ("wsgicors", "reflecting"): libraries.ours(libraries.WILDCARD, **libraries.REFLECTING),
    }
    for policy, origins in libraries.POLICIES.items():
        apps["wsgicors", policy] = libraries.ours(origins)
        apps[libraries.PREDECESSOR, policy] = libraries.predecessor(origins)
    return apps


def _never_seen_before(effort: Effort) -> dict[str, Draw]:
    other = always_another(lambda: "example.com")
    kinds = {"allowed": actual(), "preflight": preflight()}
    return {
        f"{kind}, never seen before": from_origins(environ, other, effort.batch)
        for kind, environ in kinds.items()
    }


def _lanes(apps: dict[tuple[str, str], Any], draws: dict[str, Draw]) -> Lanes:
    return {
        Lane(*names, request): (app, draw)
        for names, app in apps.items()
        for request, draw in draws.items()
    }


def every_library(effort: Effort, track: Track) -> Times:
    """Each library with a policy of one origin, and each application alone."""
    apps = {name: (name, make()) for name, make in libraries.BARE.items()}
    for library in (libraries.CLOSURE, *libraries.LIBRARIES):
        apps[library.name] = library.bare, library.make([ORIGIN])
    lanes: Lanes = {}
    for name, (bare, app) in apps.items():
        for request, environ in REQUESTS.items():
            draw = repeated(environ, _batch(bare, effort))
            lanes[Lane(name, "", request)] = app, _taken_by(bare, draw)
    return race(lanes, track(range(effort.rounds), "every library"))


def decorated_views(effort: Effort, track: Track) -> Times:
    """Both Flask extensions where the view has settings of its own, and Flask alone."""
    apps = {
        ("bare Flask", ""): libraries.bare_flask(),
        ("wsgicors in Flask", ""): libraries.our_decorated_flask([ORIGIN]),
        ("Flask-CORS", ""): libraries.decorated_flask_cors([ORIGIN]),
    }
    kinds = ("allowed", "denied", "no origin")
    batch = _batch("bare Flask", effort)
    draws = {kind: repeated(REQUESTS[kind], batch) for kind in kinds}
    return race(_lanes(apps, draws), track(range(effort.rounds), "decorated views"))


# --- many origins -------------------------------------------------------------------------------


def many_origins(effort: Effort, track: Track) -> Times:
    """A policy with all origins and patterns against one with one of each kind.

    Requests come from the same origin over and over, and then from any.
    """
    lanes: Lanes = {}
    numbers = {"one": (1, 1), "many": (effort.exact_origins, effort.wildcard_patterns)}
    for name, (exact, wildcards) in numbers.items():
        app = libraries.ours(libraries.origins(exact, wildcards))
        for kind, (same, any_origin) in _origins_of_requests(exact, wildcards).items():
            draw = repeated(actual(same), effort.batch)
            lanes[Lane(name, kind, "same origin")] = app, draw
            draw = from_origins(actual(), any_origin, effort.batch)
            lanes[Lane(name, kind, "any origin")] = app, draw
    return race(lanes, track(range(effort.rounds), "many origins"))


def _origins_of_requests(exact: int, wildcards: int) -> dict[str, tuple[str, Callable[[], str]]]:
    """For each kind of request one origin, and what gives any."""
    return {
        "exact": (exact_origin(exact // 2), any_shop(exact)),
        "wildcard": (
            f"https://app.{tenant(wildcards // 2)}",
            always_another(lambda: tenant(random.randrange(wildcards))),
        ),
        "denied": ("https://app.example.org", always_another(lambda: "example.org")),
    }


#: Seconds. A library is not asked about so many origins that a request takes longer than the
#: first; where batches would take longer than the second, they are smaller.
_TOO_LONG, _LONG = 10e-3, 2e-3


def by_number_of_origins(effort: Effort, track: Track) -> Times:
    """Every library with ever more exact origins; each request is from another of them."""
    lanes: Lanes = {}
    for name, make in libraries.BARE.items():
        draw = repeated(actual(), _batch(name, effort))
        lanes[Lane(name, "", "allowed")] = make(), _taken_by(name, draw)
    for library in libraries.LIBRARIES:
        lanes.update(_lanes_by_number(library, effort))
    return race(lanes, track(_few_rounds(effort), "ever more origins"))


def _lanes_by_number(
    library: libraries.Library, effort: Effort
) -> Iterator[tuple[Lane, tuple[Any, Draw]]]:
    for number in effort.numbers_of_origins:
        app = library.make(libraries.origins(number))
        origin = any_shop(number)
        seconds = _seconds(app, _taken_by(library.bare, from_origins(actual(), origin, 1)))
        if seconds > _TOO_LONG:
            break
        batch = min(_batch(library.bare, effort), 1 + int(_LONG / seconds))
        draw = _taken_by(library.bare, from_origins(actual(), origin, batch))
        yield Lane(library.name, str(number), "allowed"), (app, draw)


def _seconds(app: Any, draw: Draw) -> float:
    """Of the quickest of a few requests, about."""
    names = {"app": app, "draw": draw, "start_response": start_response}
    timer = Timer("app(*draw(), start_response)", timer=thread_time, globals=names)
    return min(timer.repeat(number=1, repeat=5))


# --- hostile input ------------------------------------------------------------------------------


def oversized(effort: Effort, track: Track) -> Times:
    """Preflights with one huge header, and ordinary ones."""
    apps = {
        "one origin": libraries.ours(ORIGIN),
        "wildcard": libraries.ours(libraries.WILDCARD),
        "regular expression": libraries.ours([re.compile(r"https://\w+\.example\.com")]),
        '"*"': libraries.ours("*"),
        "reflecting": libraries.ours(libraries.WILDCARD, **libraries.REFLECTING),
    }
    environs = {"ordinary": preflight(), **oversized_preflights(effort.oversized)}
    lanes: Lanes = {
        Lane("wsgicors", policy, request): (app, _warmed(app, environ))
        for policy, app in apps.items()
        for request, environ in environs.items()
    }
    return race(lanes, track(_few_rounds(effort), "oversized headers"))


_FEW = 5


def _warmed(app: Any, environ: Environ) -> Draw:
    """Draws a few such requests, and brings them and the code back into the processor's caches.

    The making of such large strings has filled these, which is no work of the application. It
    is run with the model of the requests, so that nobody has read the strings that are drawn.
    """
    draw = repeated(environ, _FEW)

    def drawn() -> list[Environ]:
        environs = draw()
        for copy in [environ.copy() for environ in environs]:
            copy.update(environ)
            app(copy, start_response)
        return environs

    return drawn


def oversized_preflights(size: int) -> dict[str, Environ]:
    """Each kind of preflight that is ``size`` bytes long in one header."""
    return {
        "Access-Control-Request-Headers, one name": preflight(headers="x" * size),
        "Access-Control-Request-Headers, many names": preflight(headers="a," * (size // 2)),
        "Access-Control-Request-Headers, only commas": preflight(headers="," * size),
        "Origin, one label": preflight("https://" + "a" * size + ".example.com"),
        "Origin, many labels": preflight("https://" + "a." * (size // 2) + "example.com"),
    }
