"""What large policies take, in bytes and in seconds to build them, and what requests leave."""

from __future__ import annotations

import gc
import itertools
import sys
import time
import tracemalloc
from statistics import median
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import wsgicors

from . import libraries
from .environs import Environ, actual, exact_origin, preflight, received, start_response
from .races import hostile_apps, oversized_requests
from .timing import Estimate, little_garbage

if TYPE_CHECKING:
    from .effort import Effort, Track

#: Requests that fill whatever is bounded, before growth is looked for.
_WARM_UP = 20_000
_STEPS = 50


def bytes_per_origin(effort: Effort) -> float:
    """What a policy with all origins takes for each of them, beside the strings themselves."""
    origins = _all_origins(effort)
    tracemalloc.start()
    middleware = libraries.ours(origins)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del middleware
    return used / len(origins)


def seconds_to_build(effort: Effort, track: Track) -> Estimate:
    """How long it takes to put such a policy to use."""
    seconds = []
    for _ in track(range(effort.builds), "building large policies"):
        origins = _all_origins(effort)
        start = time.thread_time()
        libraries.ours(origins)
        seconds.append(time.thread_time() - start)
    return Estimate(median(seconds), min(seconds), max(seconds))


def _all_origins(effort: Effort) -> list[str]:
    return libraries.origins(effort.exact_origins, effort.wildcard_patterns)


def growth(effort: Effort, track: Track) -> int:
    """Blocks of memory that are left of requests none of which resembles another.

    Whatever remembers a request holds at least one small object of it, and the interpreter keeps
    count of these; counting bytes would take minutes. What is bounded fills up and is emptied
    again, so the most of the second half is compared with the most of the first.
    """
    apps = _apps()
    _send(apps, range(_WARM_UP))
    blocks: list[int] = []
    step = -(-effort.distinct_requests // _STEPS)
    firsts = range(_WARM_UP, _WARM_UP + effort.distinct_requests, step)
    with little_garbage():
        for first in track(firsts, "distinct requests"):
            _send(apps, range(first, first + step))
            blocks.append(_blocks())
    half = len(blocks) // 2
    return max(blocks[half:]) - max(blocks[:half])


def left_by_policies(effort: Effort, track: Track) -> int:
    """Blocks of memory that are left of policies that ``resolve`` made for one request each."""
    numbers = itertools.count()
    middleware = wsgicors.CORSMiddleware(
        libraries.bare(),
        resolve=lambda environ, method: libraries.policy(
            allow_origins=[exact_origin(next(numbers))]
        ),
    )
    step = -(-effort.thrown_away // _STEPS)
    # What is bounded is full by then.
    _ask(middleware, step)
    before = _blocks()
    for _ in track(range(_STEPS), "policies thrown away"):
        _ask(middleware, step)
    return _blocks() - before


def _ask(app: Any, times: int) -> None:
    for number in range(times):
        environ = preflight() if number % 2 else actual()
        app(received(environ), start_response)


class Taken(NamedTuple):
    """Bytes of one request."""

    at_most: float
    afterwards: float

    def __sub__(self, other: Taken) -> Taken:
        return Taken(self.at_most - other.at_most, self.afterwards - other.afterwards)


def taken_by_oversized(effort: Effort, track: Track) -> dict[tuple[str, str], Taken]:
    """What one request with a huge header takes, by library and what was asked where."""
    taken: dict[tuple[str, str], Taken] = {}
    alone: dict[str, Taken] = {}
    requests = oversized_requests(effort.oversized)
    apps = hostile_apps()
    bare = apps.pop(("bare Flask", ""))
    for kind, environs in requests.items():
        # A preflight is no business of Flask's.
        alone[kind] = Taken(0, 0) if "preflight" in kind else _taken(bare, *environs)
    names = list(apps)
    for number in track(range(len(names)), "memory of oversized headers"):
        library, policy = names[number]
        for kind, environs in requests.items():
            all_of_it = _taken(apps[library, policy], *environs)
            own = all_of_it - alone[kind] if library == "wsgicors in Flask" else all_of_it
            taken[library, f"{kind} ({policy})"] = own
    return taken


def _taken(app: Any, ordinary: Environ, huge: Environ) -> Taken:
    # What is made once for every policy is there by then.
    for environ in (ordinary, huge):
        app(received(environ), start_response)
    environ = received(huge)
    tracemalloc.start()
    app(environ, start_response)
    environ.clear()
    afterwards, at_most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Taken(at_most, afterwards)


def _apps() -> list[Any]:
    """Whatever could remember a request."""
    reflecting = wsgicors.Policy(allow_origins=libraries.WILDCARD, **libraries.REFLECTING)
    return [
        libraries.ours(libraries.WILDCARD),
        libraries.ours(libraries.WILDCARD, **libraries.REFLECTING),
        wsgicors.CORSMiddleware(libraries.bare(), routes={"/": reflecting, "/none": None}),
        wsgicors.CORSMiddleware(libraries.bare(), resolve=lambda environ, method: reflecting),
        libraries.our_flask(libraries.WILDCARD),
    ]


def _send(apps: list[Any], numbers: range) -> None:
    for number in numbers:
        app = apps[number % len(apps)]
        environ = _DISTINCT[number // len(apps) % len(_DISTINCT)](number)
        b"".join(app({**environ, "PATH_INFO": f"/{number}"}, start_response))


def _distinct_preflight(origin: str) -> Callable[[int], Environ]:
    """Preflights for another method and other headers each time."""
    return lambda number: {
        **preflight(origin.format(number), headers=f"x-{number},content-type"),
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": f"METHOD{number}",
    }


_DISTINCT: tuple[Callable[[int], Environ], ...] = (
    lambda number: actual(f"https://app-{number}.example.com"),
    lambda number: actual(f"https://app-{number}.example.org"),
    _distinct_preflight("https://app-{}.example.com"),
    _distinct_preflight("https://app-{}.example.org"),
)


def _blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()
