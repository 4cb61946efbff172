"""Who is timed against whom, and with which requests. What follows from the costs is not said here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from timeit import timeit
from typing import TYPE_CHECKING, Any, Callable, Dict, NamedTuple, Tuple

from . import libraries
from .environs import (
    ORIGIN,
    REQUESTS,
    actual,
    always_another,
    anyone_of,
    below_pattern,
    exact_origin,
    from_origins,
    preflight,
    repeated,
    start_response,
    unlisted_origin,
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


Lanes = Dict[Lane, Tuple[Any, "Draw"]]
Times = Dict[Lane, "Costs"]

#: A request to a framework takes about so many times as long as one to the bare application.
_FRAMEWORK_WEIGHT = 20


def _few_rounds(effort: Effort) -> range:
    """For races whose rounds take long."""
    return range(-(-effort.rounds // 5))


# --- libraries ----------------------------------------------------------------------------------


def plain_wsgi(effort: Effort, track: Track) -> Times:
    """Each policy under both releases of wsgicors, the bare application and the closure."""
    apps = {
        ("bare", ""): libraries.bare(),
        ("closure", ""): libraries.closure(),
        ("wsgicors", "reflecting"): libraries.ours(libraries.WILDCARD, **libraries.REFLECTING),
    }
    for policy, origins in libraries.POLICIES.items():
        apps["wsgicors", policy] = libraries.ours(origins)
        apps[libraries.PREDECESSOR, policy] = libraries.predecessor(origins)
    draws = {kind: repeated(environ, effort.batch) for kind, environ in REQUESTS.items()}
    for kind, environ in (("allowed", actual()), ("preflight", preflight())):
        another = from_origins(environ, always_another(), effort.batch)
        draws[f"{kind}, never seen before"] = another
    return race(_lanes(apps, draws), track(range(effort.rounds), "plain WSGI"))


def frameworks(effort: Effort, track: Track) -> Times:
    """Each framework alone, and with each library for it."""
    wsgi_apps = {
        ("bare Flask", ""): libraries.bare_flask(),
        ("wsgicors in Flask", ""): libraries.our_flask([ORIGIN]),
        ("Flask-CORS", ""): libraries.flask_cors([ORIGIN]),
        ("bare Falcon", ""): libraries.bare_falcon(),
        ("Falcon", ""): libraries.falcon_cors([ORIGIN]),
    }
    asgi_apps = {
        ("bare ASGI", ""): libraries.bare_asgi(),
        ("Starlette", ""): libraries.starlette_cors([ORIGIN]),
    }
    batch = -(-effort.batch // _FRAMEWORK_WEIGHT)
    draws = {kind: repeated(environ, batch) for kind, environ in REQUESTS.items()}
    scopes = {kind: _scopes(draw) for kind, draw in draws.items()}
    lanes = {**_lanes(wsgi_apps, draws), **_lanes(asgi_apps, scopes)}
    return race(lanes, track(range(effort.rounds), "frameworks"))


def _lanes(apps: dict[tuple[str, str], Any], draws: dict[str, Draw]) -> Lanes:
    """Every application with every kind of request."""
    return {
        Lane(*names, request): (app, draw)
        for names, app in apps.items()
        for request, draw in draws.items()
    }


def _scopes(draw: Draw) -> Draw:
    return lambda: [libraries.as_scope(environ) for environ in draw()]


# --- many origins -------------------------------------------------------------------------------


def many_origins(effort: Effort, track: Track) -> Times:
    """A policy with all origins and patterns against one with one of each kind.

    Requests come from the same origin over and over, and then from any by chance. The latter
    measure the memory of the machine too: whatever holds the origins is larger than its caches.
    """
    numbers = {"one": (1, 1), "many": (effort.exact_origins, effort.wildcard_patterns)}
    lanes: Lanes = {}
    for name, (exact, wildcards) in numbers.items():
        app = libraries.ours(libraries.origins(exact, wildcards))
        kinds = {"exact": (exact_origin, exact), "wildcard": (below_pattern, wildcards)}
        for kind, (origin, number) in {**kinds, "denied": (unlisted_origin, exact)}.items():
            same = actual(origin(number // 2))
            lanes[Lane(name, kind, "same origin")] = app, repeated(same, effort.batch)
            draw = from_origins(actual(), anyone_of(origin, number), effort.batch)
            lanes[Lane(name, kind, "any origin")] = app, draw
    return race(lanes, track(range(effort.rounds), "many origins"))


class ByNumber(NamedTuple):
    """A library whose cost may depend on the number of origins."""

    library: str
    bare: str
    make: Callable[[list[str]], Any]
    is_asgi: bool = False


BY_NUMBER = (
    ByNumber("wsgicors", "bare", libraries.ours),
    ByNumber(
        libraries.PREDECESSOR, "bare", lambda origins: libraries.predecessor(" ".join(origins))
    ),
    ByNumber("wsgicors in Flask", "bare Flask", libraries.our_flask),
    ByNumber("Flask-CORS", "bare Flask", libraries.flask_cors),
    ByNumber("Falcon", "bare Falcon", libraries.falcon_cors),
    ByNumber("Starlette", "bare ASGI", libraries.starlette_cors, is_asgi=True),
)
_BARE = {
    "bare": libraries.bare,
    "bare Flask": libraries.bare_flask,
    "bare Falcon": libraries.bare_falcon,
    "bare ASGI": libraries.bare_asgi,
}
#: Seconds; a library that takes longer for a request is not asked about more origins.
_TOO_LONG = 2e-3


def by_number_of_origins(effort: Effort, track: Track) -> Times:
    """Every library with ever more exact origins; each request is from another of them."""
    batch = -(-effort.batch // _FRAMEWORK_WEIGHT)
    lanes: Lanes = {}
    for contestant in BY_NUMBER:
        lanes.update(_lanes_by_number(contestant, effort.numbers_of_origins, batch))
    return race(lanes, track(_few_rounds(effort), "ever more origins"))


def _lanes_by_number(
    contestant: ByNumber, numbers: tuple[int, ...], batch: int
) -> Iterator[tuple[Lane, tuple[Any, Draw]]]:
    library, bare, make, is_asgi = contestant
    for number in numbers:
        draw = from_origins(actual(), anyone_of(exact_origin, number), batch)
        draw = _scopes(draw) if is_asgi else draw
        yield Lane(bare, "", "allowed"), (_BARE[bare](), draw)
        app = make(libraries.origins(number))
        yield Lane(library, str(number), "allowed"), (app, draw)
        if _takes_too_long(app, draw):
            return


def _takes_too_long(app: Any, draw: Draw) -> bool:
    environs = iter(draw())
    return timeit(lambda: app(next(environs), start_response), number=1) > _TOO_LONG


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
