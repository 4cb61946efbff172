"""What large policies take, in bytes and in seconds to build them, and what requests leave."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from statistics import median
from typing import TYPE_CHECKING, Any, Callable

from . import libraries
from .environs import Environ, actual, preflight, start_response
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


def _apps() -> list[Any]:
    """Whatever could remember a request."""
    import wsgicors

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
