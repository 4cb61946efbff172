"""Who is timed against whom, with which requests. Knows nothing of what is promised."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import cycle, product
from time import thread_time
from timeit import Timer
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from . import libraries
from .environs import (
    FOREIGN,
    ORIGIN,
    PATTERNS,
    REQUESTS,
    actual,
    always_another,
    any_shop,
    any_tenant,
    at_another_url,
    below,
    exact_origin,
    numbered,
    over_http,
    preflight,
    received,
    repeated,
    start_response,
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


# --- what it adds -------------------------------------------------------------------------------

_ACTUAL = ("allowed", "denied", "denied, over plain http", "no origin")


def shapes(effort: Effort, track: Track) -> Times:
    """Applications that send more and other header lines, under both releases and the closure."""
    makers: dict[str, Callable[[libraries.Lines], Any]] = {
        "bare": libraries.bare,
        "closure": libraries.closure,
        "barest closure": libraries.barest,
        "wsgicors": lambda lines: libraries.ours([ORIGIN], lines),
        libraries.PREDECESSOR: lambda lines: libraries.predecessor(ORIGIN, lines),
    }
    apps = {
        (library, shape): make(lines)
        for library, make in makers.items()
        for shape, lines in libraries.SHAPES.items()
    }
    draws = {kind: at_another_url(REQUESTS[kind], effort.batch) for kind in _ACTUAL}
    return race(_lanes(apps, draws), track(range(effort.rounds), "plain WSGI"))


def policies(effort: Effort, track: Track) -> Times:
    """Each policy, and each thing that can be on, where the application sends six header lines."""
    apps: dict[tuple[str, str], Any] = {
        ("bare", ""): libraries.bare(),
        ("closure", ""): libraries.closure(),
    }
    for policy, origins in libraries.POLICIES.items():
        apps["wsgicors", policy] = libraries.ours(origins)
    for name, app in libraries.ours_with().items():
        apps["wsgicors", name] = app
    draws = {kind: at_another_url(REQUESTS[kind], effort.batch) for kind in _ACTUAL}
    return race(_lanes(apps, draws), track(range(effort.rounds), "policies"))


def preflights(effort: Effort, track: Track) -> Times:
    """Each policy, and each thing that can be on, against closures with constant headers."""
    apps: dict[tuple[str, str], Any] = {
        ("closure", ""): libraries.closure(),
        ("closure for preflights", ""): libraries.closure_for_preflights(),
        ("wsgicors", "reflecting"): libraries.ours(libraries.WILDCARD, **libraries.REFLECTING),
    }
    for policy, origins in libraries.POLICIES.items():
        apps["wsgicors", policy] = libraries.ours(origins)
    for name, app in libraries.ours_with().items():
        apps["wsgicors", name] = app
    draws = {
        kind: at_another_url(environ, effort.batch)
        for kind, environ in {
            "preflight": preflight(),
            "denied preflight": preflight(FOREIGN),
            "POST, denied": {**actual(FOREIGN), "REQUEST_METHOD": "POST"},
        }.items()
    }
    return race(_lanes(apps, draws), track(range(effort.rounds), "preflights"))


def never_seen_before(effort: Effort, track: Track) -> Times:
    """Origins below a wildcard, the same over and over and each for the first time."""
    lanes: Lanes = {}
    environs = {"actual request": actual(), "preflight": preflight()}
    for (kind, pattern), (request, environ) in product(PATTERNS.items(), environs.items()):
        only = pattern.format(1)
        same = repeated({**environ, "HTTP_ORIGIN": below(only, 1)}, effort.batch)
        another = always_another(lambda only=only: only)  # type: ignore[misc]
        new = repeated(environ, effort.batch, HTTP_ORIGIN=another)
        # In an application of their own, where they make nobody be forgotten.
        lanes[Lane("wsgicors", kind, f"{request}, again")] = libraries.ours(only), same
        lanes[Lane("wsgicors", kind, f"{request}, never seen before")] = libraries.ours(only), new
    return race(lanes, track(_few_rounds(effort), "never seen before"))


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
        for request in ("allowed", "preflight"):
            draw = at_another_url(REQUESTS[request], _batch(bare, effort))
            lanes[Lane(name, "", request)] = app, _taken_by(bare, draw)
    return race(lanes, track(range(effort.rounds), "every library"))


# --- Flask --------------------------------------------------------------------------------------

_FLASK_REQUESTS = {
    **{kind: (REQUESTS[kind], "/items/{}") for kind in _ACTUAL},
    "404": (actual(), "/nothing/{}"),
    "405": ({**actual(), "REQUEST_METHOD": "DELETE"}, "/items/{}"),
    "redirect to the slash": (actual(), "/folders/{}"),
}
FEW_LINES, MANY_LINES = "six header lines", "eight header lines and a Vary"


def in_flask(effort: Effort, track: Track) -> Times:
    """Both Flask extensions, and Flask alone, with few header lines and with many."""
    makers: dict[str, Callable[[libraries.Lines], Any]] = {
        "bare Flask": libraries.bare_flask,
        "wsgicors in Flask": lambda lines: libraries.our_flask([ORIGIN], lines),
        "Flask-CORS": lambda lines: libraries.flask_cors([ORIGIN], lines),
    }
    lanes: Lanes = {}
    for (library, make), shape in product(makers.items(), (FEW_LINES, MANY_LINES)):
        kinds = _FLASK_REQUESTS if shape == FEW_LINES else _ACTUAL
        apps = {(library, shape): make(libraries.SHAPES[shape])}
        lanes.update(_lanes(apps, {kind: _flask_draw(kind, effort) for kind in kinds}))
    return race(lanes, track(range(effort.rounds), "Flask"))


def _flask_draw(kind: str, effort: Effort) -> Draw:
    environ, path = _FLASK_REQUESTS[kind]
    return at_another_url(environ, _batch("bare Flask", effort), path)


def decorated_views(effort: Effort, track: Track) -> Times:
    """Both Flask extensions where the view has settings of its own, and Flask alone."""
    apps = {
        ("bare Flask", FEW_LINES): libraries.bare_flask(),
        ("wsgicors in Flask", FEW_LINES): libraries.our_decorated_flask([ORIGIN]),
        ("Flask-CORS", FEW_LINES): libraries.decorated_flask_cors([ORIGIN]),
    }
    draws = {kind: _flask_draw(kind, effort) for kind in ("allowed", "denied", "no origin")}
    return race(_lanes(apps, draws), track(range(effort.rounds), "decorated views"))


def by_number_of_routes(apps: dict[tuple[str, int], Any], effort: Effort, track: Track) -> Times:
    """Preflights under both extensions, and all requests under ours, with ever more routes.

    :param apps: by library and number of routes.
    """
    lanes: Lanes = {}
    for (library, routes), app in apps.items():
        kinds = {**_route_preflights(routes), **_other_route_requests(library, routes)}
        if routes > 1:
            any_rule, new_rule = _other_rules(app, routes)
            kinds["a preflight of any rule"] = preflight(), any_rule
        if routes == effort.numbers_of_routes[-1]:  # of fewer, each would come again
            kinds["a preflight of a rule never asked for before"] = preflight(), new_rule
        for request, (environ, paths) in kinds.items():
            seconds = _seconds(app, repeated(environ, 1, PATH_INFO=paths))
            batch = min(_batch("bare Flask", effort), 1 + int(_LONG / seconds))
            draw = repeated(environ, batch, PATH_INFO=paths)
            lanes[Lane(library, str(routes), request)] = app, draw
    return race(lanes, track(_few_rounds(effort), "ever more routes"))


Requests = dict[str, "tuple[Environ, Callable[[], str]]"]


def _route_preflights(routes: int) -> Requests:
    first = _first_of_the_last(routes)
    unrouted = {**preflight(), "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PATCH"}
    return {
        "a preflight of the same URL": (preflight(), lambda: first.format(7)),
        "a preflight of another URL": (preflight(), numbered(first)),
        "a denied preflight": (preflight(FOREIGN), numbered(first)),
        "a preflight of a method that is not routed": (unrouted, numbered(first)),
    }


def _other_rules(app: Any, routes: int) -> tuple[Callable[[], str], Callable[[], str]]:
    """Paths of half of the rules, each of which has been asked for once, and of the others."""
    paths = [libraries.path_of_route(number) for number in range(routes)]
    paths = [path.format(7) for path in paths if not path.endswith("/")]
    random.shuffle(paths)
    before, never = paths[: len(paths) // 2], cycle(paths[len(paths) // 2 :])
    for path in before:
        app(received({**preflight(), "PATH_INFO": path}), start_response)
    return lambda: random.choice(before), lambda: next(never)


def _other_route_requests(library: str, routes: int) -> Requests:
    if library != "wsgicors in Flask" or routes == 1:
        return {}
    first = _first_of_the_last(routes)
    at_view = libraries.path_of_route(routes - 10 + libraries.DECORATED)
    folder = libraries.path_of_route(routes - 10 + libraries.FOLDER).rstrip("/")
    return {
        "allowed": (actual(), numbered(first)),
        "denied": (actual(FOREIGN), numbered(first)),
        "settings at the view": (actual(), numbered(at_view)),
        "a preflight, settings at the view": (preflight(), numbered(at_view)),
        "404": (actual(), numbered("/nothing/{}")),
        "405": ({**actual(), "REQUEST_METHOD": "DELETE"}, numbered(first)),
        "redirect to the slash": (actual(), numbered(folder)),
    }


def _first_of_the_last(routes: int) -> str:
    """The path of the first route of the last blueprint."""
    return libraries.path_of_route((routes - 1) // 10 * 10)


# --- many origins, many tenants -----------------------------------------------------------------


def many_origins(effort: Effort, track: Track) -> Times:
    """A policy with all origins and patterns against one with one of each kind.

    Requests come from the same origin over and over, and then from any.
    """
    lanes: Lanes = {}
    numbers = {"one": (1, 1), "many": (effort.exact_origins, effort.wildcard_patterns)}
    for name, (exact, wildcards) in numbers.items():
        app = libraries.ours(libraries.origins(exact, wildcards))
        for kind, (same, any_origin) in _origins_of_requests(exact, wildcards).items():
            environ = actual(FOREIGN) if kind == "denied" else actual()
            draw = repeated({**environ, "HTTP_ORIGIN": same}, effort.batch)
            lanes[Lane(name, kind, "same origin")] = app, draw
            draw = repeated(environ, effort.batch, HTTP_ORIGIN=any_origin)
            lanes[Lane(name, kind, "any origin")] = app, draw
    return race(lanes, track(range(effort.rounds), "many origins"))


def _origins_of_requests(exact: int, wildcards: int) -> dict[str, tuple[str, Callable[[], str]]]:
    """For each kind of request one origin, and what gives any."""
    kinds = {"exact": (exact_origin(exact // 2), any_shop(exact))}
    for kind, pattern in PATTERNS.items():
        same = below(pattern.format(wildcards // 2), 1)
        kinds[kind] = same, always_another(any_tenant(pattern, wildcards))
    kinds["denied"] = FOREIGN, always_another(lambda: "https://*.example.org")
    return kinds


#: So many tenants ask again and again, of whatever number there is.
BUSY = 64


def by_number_of_tenants(effort: Effort, track: Track) -> Times:
    """``resolve`` over ever more policies; each of them has been asked once before."""
    lanes: Lanes = {}
    for tenants in effort.numbers_of_tenants:
        app = libraries.ours_for_tenants(tenants)
        for request, environ in {"actual request": actual(), "preflight": preflight()}.items():
            for tenant in range(tenants):
                app(received(_of_tenant(environ, tenant)), start_response)
            for which, some in {"the same 64": min(BUSY, tenants), "all": tenants}.items():
                draw = _of_tenants(environ, some, effort.batch)
                lanes[Lane("wsgicors", str(tenants), f"{request}, {which}")] = app, draw
    return race(lanes, track(_few_rounds(effort), "ever more tenants"))


def _of_tenant(environ: Environ, tenant: int) -> Environ:
    return {**environ, "HTTP_HOST": str(tenant), "HTTP_ORIGIN": exact_origin(tenant)}


def _of_tenants(environ: Environ, tenants: int, times: int) -> Draw:
    """Draws so many requests, each of any of so many tenants."""
    return lambda: [received(_of_tenant(environ, random.randrange(tenants))) for _ in range(times)]


#: Seconds. A library is not asked about so many origins that a request takes longer than the
#: first; where batches would take longer than the second, they are smaller.
_TOO_LONG, _LONG = 10e-3, 2e-3


def by_number_of_origins(effort: Effort, track: Track) -> Times:
    """Every library with ever more exact origins; each request is from another of them."""
    lanes: Lanes = {}
    for name, make in libraries.BARE.items():
        draw = at_another_url(actual(), _batch(name, effort))
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
        seconds = _seconds(app, _taken_by(library.bare, repeated(actual(), 1, HTTP_ORIGIN=origin)))
        if seconds > _TOO_LONG:
            break
        batch = min(_batch(library.bare, effort), 1 + int(_LONG / seconds))
        draw = _taken_by(library.bare, repeated(actual(), batch, HTTP_ORIGIN=origin))
        yield Lane(library.name, str(number), "allowed"), (app, draw)


def _seconds(app: Any, draw: Draw) -> float:
    """Of the quickest of a few requests, about."""
    names = {"app": app, "draw": draw, "start_response": start_response}
    timer = Timer("app(*draw(), start_response)", timer=thread_time, globals=names)
    return min(timer.repeat(number=1, repeat=5))


# --- hostile input ------------------------------------------------------------------------------


def oversized(effort: Effort, track: Track) -> Times:
    """Requests with one huge header, and ordinary ones, under each of our policies."""
    lanes: Lanes = {}
    kinds = oversized_requests(effort.oversized)
    for ((library, policy), app), (kind, environs) in product(
        hostile_apps().items(), kinds.items()
    ):
        if library != "bare Flask" or "preflight" not in kind:  # that is no business of Flask's
            for size, environ in zip(("ordinary", "oversized"), environs):
                lanes[Lane(library, policy, f"{kind}, {size}")] = app, _warmed(app, environ)
    return race(lanes, track(range(min(effort.rounds, _SURE)), "oversized headers"))


def hostile_apps() -> dict[tuple[str, str], Any]:
    """Each of our policies, plain and in Flask, and Flask alone."""
    expression = re.compile(r"https://\w+\.example\.com")
    plain = {
        "one origin": libraries.ours(ORIGIN),
        "wildcard": libraries.ours(libraries.WILDCARD),
        "regular expression": libraries.ours([expression]),
        "callable": libraries.ours(lambda origin, environ: origin == ORIGIN),
        '"*"': libraries.ours("*"),
        "reflecting": libraries.ours(libraries.WILDCARD, **libraries.REFLECTING),
        **libraries.ours_with(),
    }
    in_flask = {
        "one origin": libraries.our_flask([ORIGIN]),
        "reflecting": libraries.our_flask([libraries.WILDCARD], **libraries.REFLECTING),
        "refuse_denied": libraries.our_flask([libraries.WILDCARD], refuse_denied=True),
        "settings at the view": libraries.our_decorated_flask([ORIGIN]),
    }
    return {
        **{("wsgicors", policy): app for policy, app in plain.items()},
        ("bare Flask", ""): libraries.bare_flask(),
        **{("wsgicors in Flask", policy): app for policy, app in in_flask.items()},
    }


#: Requests in a batch, and rounds: the strings are large.
_FEW, _SURE = 5, 25


def _warmed(app: Any, environ: Environ) -> Draw:
    """Draws a few such requests, and brings them and the code back into the processor's caches.

    The making of such large strings has filled these, which is no work of the application. It
    is run with the model of the requests, so that nobody has read the strings that are drawn.
    """
    # Flask alone takes long for some.
    few = min(_FEW, 1 + int(_LONG / _seconds(app, repeated(environ, 1))))
    draw = repeated(environ, few)

    def drawn() -> list[Environ]:
        environs = draw()
        for copy in [environ.copy() for environ in environs]:
            copy.update(environ)
            app(copy, start_response)
        return environs

    return drawn


def oversized_requests(size: int) -> dict[str, tuple[Environ, Environ]]:
    """Each kind of request that is ``size`` bytes long in one header, after an ordinary one."""
    put = {**actual(), "REQUEST_METHOD": "PUT"}
    denied = {**actual(FOREIGN), "REQUEST_METHOD": "PUT"}
    label, labels = f"https://{'a' * size}.example.com", f"https://{'a.' * (size // 2)}example.com"
    names = "HTTP_ACCESS_CONTROL_REQUEST_HEADERS"
    huge = {
        "a preflight: Access-Control-Request-Headers, one name": (preflight(), names, "x" * size),
        "a preflight: Access-Control-Request-Headers, many": (
            preflight(),
            names,
            "a," * (size // 2),
        ),
        "a preflight: Access-Control-Request-Headers, commas": (preflight(), names, "," * size),
        "a preflight: Access-Control-Request-Method": (
            preflight(),
            "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
            "X" * size,
        ),
        "a preflight: Origin, one label": (preflight(), "HTTP_ORIGIN", label),
        "a preflight: Origin, many labels": (preflight(), "HTTP_ORIGIN", labels),
        "a preflight: Host": (preflight(), "HTTP_HOST", "a" * size),
        "a denied preflight: Host": (over_http(preflight(FOREIGN)), "HTTP_HOST", "a" * size),
        "a denied preflight: Sec-Fetch-Site": (
            preflight(FOREIGN),
            "HTTP_SEC_FETCH_SITE",
            "a" * size,
        ),
        "an actual request: Origin, one label": (put, "HTTP_ORIGIN", label),
        "an actual request: Origin, many labels": (put, "HTTP_ORIGIN", labels),
        "an actual request: Host": (put, "HTTP_HOST", "a" * size),
        "a denied request: Host": (over_http(denied), "HTTP_HOST", "a" * size),
        "a denied request: Sec-Fetch-Site": (denied, "HTTP_SEC_FETCH_SITE", "a" * size),
    }
    return {
        kind: (environ, {**environ, key: value}) for kind, (environ, key, value) in huge.items()
    }
