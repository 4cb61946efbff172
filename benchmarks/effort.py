"""How thoroughly the suite measures, and how it shows its progress. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable

#: Gives the steps that it is given, and shows meanwhile how far they have come, under a name.
Track = Callable[[Iterable[int], str], Iterable[int]]


@dataclass(frozen=True)
class Effort:
    """How often everything is done. The quantities that the promises name are those of `FULL`."""

    name: str
    #: Batches of requests that each contestant gets.
    rounds: int
    #: Requests in a batch, of an application that takes microseconds.
    batch: int
    exact_origins: int
    wildcard_patterns: int
    #: Policies are built so many times.
    builds: int
    #: The numbers of origins of the curves.
    numbers_of_origins: tuple[int, ...]
    #: The numbers of routes of a Flask application, and the one that others are compared with.
    numbers_of_routes: tuple[int, ...]
    few_routes: int
    #: The numbers of policies of a ``resolve``, and the one that others are compared with.
    numbers_of_tenants: tuple[int, ...]
    few_tenants: int
    #: Policies that are made for one request each.
    thrown_away: int
    distinct_requests: int
    #: Bytes in an oversized header.
    oversized: int
    #: Processes of each kind that are started.
    starts: int
    #: Turns that each real server gets, and how long each takes in seconds.
    server_turns: int
    server_seconds: int
    #: Requests that are run with instructions counted; none if 0.
    counted_requests: int


FULL = Effort(
    name="full",
    rounds=1000,
    batch=100,
    exact_origins=100_000,
    wildcard_patterns=10_000,
    builds=5,
    numbers_of_origins=(1, 10, 100, 1_000, 10_000, 100_000),
    numbers_of_routes=(1, 10, 500, 10_000),
    few_routes=10,
    numbers_of_tenants=(1, 10, 100, 1_000, 10_000, 100_000),
    few_tenants=10,
    thrown_away=50_000,
    starts=10,
    distinct_requests=1_000_000,
    oversized=2**20,
    server_turns=12,
    server_seconds=2,
    counted_requests=500,
)
QUICK = Effort(
    name="quick",
    rounds=100,
    batch=100,
    exact_origins=100_000,
    wildcard_patterns=10_000,
    builds=1,
    numbers_of_origins=(1, 100, 10_000),
    numbers_of_routes=(1, 10, 500, 10_000),
    few_routes=10,
    numbers_of_tenants=(10, 1_000, 10_000),
    few_tenants=10,
    thrown_away=2_000,
    starts=2,
    distinct_requests=50_000,
    oversized=2**20,
    server_turns=2,
    server_seconds=1,
    counted_requests=0,
)
#: Shows that the suite works; what it measures means nothing.
SMOKE = Effort(
    name="smoke",
    rounds=2,
    batch=2,
    exact_origins=20,
    wildcard_patterns=2,
    builds=1,
    numbers_of_origins=(1, 10),
    numbers_of_routes=(1, 10, 20),
    few_routes=10,
    numbers_of_tenants=(10, 100),
    few_tenants=10,
    thrown_away=50,
    starts=1,
    distinct_requests=100,
    oversized=2**12,
    server_turns=1,
    server_seconds=1,
    counted_requests=0,
)
EFFORTS = {effort.name: effort for effort in (FULL, QUICK, SMOKE)}
