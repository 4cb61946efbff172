"""What `OriginCache` promises, above all that an invalidation holds."""

from __future__ import annotations

import threading

import pytest

from wsgicors import CORSMiddleware, OriginCache, Policy
from wsgicors.headers import HeaderBuilder

SHOP = "https://shop.example"


class Database:
    """Origins that can be looked up, with a count of the look-ups."""

    def __init__(self, *origins: str) -> None:
        self.origins = set(origins)
        self.lookups = 0

    def has(self, origin: str) -> bool:
        self.lookups += 1
        return origin in self.origins


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("origins", [(SHOP,), ()], ids=["allowed", "denied"])
def test_an_answer_is_looked_up_once_while_it_is_good(origins):
    database, clock = Database(*origins), Clock()
    allowed = OriginCache(database.has, seconds=10, clock=clock)
    answers = [allowed(SHOP, {}), allowed(SHOP, {})]
    clock.now = 9.9
    assert [*answers, allowed(SHOP, {})] == [bool(origins)] * 3
    assert database.lookups == 1


def test_an_answer_is_looked_up_again_once_its_time_is_over():
    database, clock = Database(SHOP), Clock()
    allowed = OriginCache(database.has, seconds=10, clock=clock)
    assert allowed(SHOP, {})
    database.origins.clear()
    clock.now = 10.0
    assert not allowed(SHOP, {})


@pytest.mark.parametrize("origin", [SHOP, None], ids=["one origin", "all origins"])
def test_an_invalidated_answer_is_never_given_again(origin):
    database = Database(SHOP)
    allowed = OriginCache(database.has, seconds=1000)
    assert allowed(SHOP, {})
    database.origins.clear()
    allowed.invalidate(origin)
    assert not allowed(SHOP, {})


def test_invalidating_one_origin_keeps_the_answers_about_others():
    database = Database(SHOP, "https://other.example")
    allowed = OriginCache(database.has, seconds=1000)
    allowed(SHOP, {}), allowed("https://other.example", {})
    allowed.invalidate(SHOP)
    allowed("https://other.example", {})
    assert database.lookups == 2


def test_an_answer_from_before_an_invalidation_is_neither_given_nor_kept():
    asked, may_answer = threading.Event(), threading.Event()
    origins = {SHOP}

    def slow(origin: str) -> bool:
        answer = origin in origins
        asked.set()
        assert may_answer.wait(10)
        return answer

    allowed = OriginCache(slow, seconds=1000)
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(allowed(SHOP, {})))
    thread.start()
    assert asked.wait(10)
    origins.clear()
    allowed.invalidate()
    may_answer.set()
    thread.join(10)
    assert answers == [False]
    assert not allowed(SHOP, {})


def test_endless_invalidations_deny():
    def lookup(origin: str) -> bool:
        allowed.invalidate()
        return True

    allowed = OriginCache(lookup, seconds=1000)
    assert allowed(SHOP, {}) is False


def test_no_more_answers_are_kept_than_its_size():
    database = Database()
    allowed = OriginCache(database.has, seconds=1000, size=2)
    for number in (1, 2, 3, 3, 2):
        allowed(f"https://{number}.example", {})
    assert database.lookups == 3
    allowed("https://1.example", {})
    assert database.lookups == 4


def test_an_error_is_raised_and_not_remembered():
    outcomes = [OSError("database is away"), True]

    def lookup(origin: str) -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    allowed = OriginCache(lookup, seconds=1000)
    with pytest.raises(OSError, match="database is away"):
        allowed(SHOP, {})
    assert allowed(SHOP, {})


def test_a_policy_over_a_cache_follows_the_invalidation():
    database = Database(SHOP)
    allowed = OriginCache(database.has, seconds=1000)
    builder = HeaderBuilder(Policy(allow_origins=allowed, allow_credentials=True))
    assert builder.actual(SHOP).allowed
    assert builder.preflight(SHOP, "GET").allowed
    database.origins.clear()
    allowed.invalidate()
    assert not builder.actual(SHOP).allowed
    assert not builder.preflight(SHOP, "GET").allowed


def test_a_middleware_takes_a_cache():
    middleware = CORSMiddleware(
        lambda environ, start: [], allow_origins=OriginCache(Database(SHOP).has, seconds=1)
    )
    assert middleware.policy is not None


@pytest.mark.parametrize(("seconds", "size"), [(-1, 10), (float("nan"), 10), (1, 0)])
def test_a_time_or_size_that_means_nothing_is_refused(seconds, size):
    with pytest.raises(ValueError, match="OriginCache needs"):
        OriginCache(bool, seconds=seconds, size=size)
