"""What `OriginCache` promises, above all that an invalidation holds."""

from __future__ import annotations

import functools
import os
import re
import signal
import threading
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import ContextVar
from datetime import timedelta
from uuid import UUID

import pytest
from exchanges import answer, environ_of, site

from wsgicors import ConfigError, CORSMiddleware, OriginCache, Policy
from wsgicors.headers import HeaderBuilder
from wsgicors.invalidation import RedisInvalidation

SHOP = "https://shop.example"
OTHER = "https://other.example"


class Name(str):
    """A text that shows itself in another way, as members of an Enum do."""

    __slots__ = ()

    def __str__(self) -> str:
        return "Name.A"


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


def test_a_lookup_that_asks_for_its_own_answer_is_told_so_and_denied(caplog):
    allowed = OriginCache(lambda origin: allowed(origin, {}), seconds=1000)
    builder = HeaderBuilder(Policy(allow_origins=allowed))
    decisions: list[bool] = []
    # A daemon, because it may wait for ever.
    thread = threading.Thread(
        target=lambda: decisions.append(builder.actual(SHOP).allowed), daemon=True
    )
    thread.start()
    thread.join(10)
    assert decisions == [False]
    assert "asks for its own answer" in caplog.text


def test_a_lookup_may_ask_about_another_tenant():
    above = {"child": "parent"}

    def lookup(origin, tenant):
        return tenant == "parent" or allowed(origin, above[tenant])

    allowed = OriginCache(lookup, seconds=1000, key=lambda tenant: tenant)
    assert allowed(SHOP, "child") is True


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


def test_what_a_lookup_waits_for_may_be_called_off():
    asked = []

    def lookup(origin):
        asked.append(origin)
        pending = Future()
        pending.cancel()
        return pending.result()

    with pytest.raises(CancelledError):
        OriginCache(lookup, seconds=1000)(SHOP, {})
    assert asked == [SHOP]


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


# --- what a look-up knows of the request ---------------------------------------------------------

CURRENT = ContextVar("tenant")


def at_tenant(app):
    """Middleware that says whose host it is, as people write it."""

    def application(environ, start_response):
        token = CURRENT.set(environ["HTTP_HOST"])
        try:
            return app(environ, start_response)
        finally:
            CURRENT.reset(token)

    return application


def test_without_key_a_lookup_is_told_nothing_of_the_tenant_so_that_no_other_gets_its_answer(
    caplog,
):
    tenants = {"acme.example": {SHOP}, "other.example": set()}
    cache = OriginCache(lambda origin: origin in tenants[CURRENT.get()], seconds=300)
    app = at_tenant(CORSMiddleware(site(), allow_origins=cache))
    environs = [environ_of(origin=SHOP, HTTP_HOST=host) for host in tenants for _ in range(2)]
    assert [answer(app, each).decision.allowed for each in environs] == [False] * 4
    assert [message for message in caplog.messages if "write key=... and" in message] == [
        caplog.messages[0]
    ]


def test_without_key_a_context_variable_has_its_default():
    tenant = ContextVar("tenant", default="nobody")
    tenant.set("acme")
    cache = OriginCache(lambda origin: tenant.get() == "acme", seconds=300)
    assert not cache(SHOP, {})


def test_with_key_a_lookup_is_asked_where_the_request_is():
    token = CURRENT.set("acme")
    cache = OriginCache(lambda *_: CURRENT.get() == "acme", seconds=300, key=lambda _: "acme")
    assert cache(SHOP, {})
    CURRENT.reset(token)


def test_what_a_lookup_sets_is_gone_with_it():
    cache = OriginCache(lambda origin: bool(CURRENT.set(origin)), seconds=300)
    assert cache(SHOP, {})
    assert CURRENT.get(None) is None


@pytest.mark.parametrize("error", [KeyError("table"), OSError("gone"), UnicodeError("x")])
def test_an_error_that_says_nothing_of_a_request_gets_no_hint(error, caplog):
    def lookup(origin):
        raise error

    with pytest.raises(type(error)):
        OriginCache(lookup, seconds=1)(SHOP, {})
    assert not caplog.messages


# --- threads that ask the same -------------------------------------------------------------------


class SlowDatabase(Database):
    """A look-up that ends when it is told to."""

    def __init__(self, *origins: str) -> None:
        super().__init__(*origins)
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def has(self, origin: str) -> bool:
        answer = super().has(origin)
        self.asked.set()
        assert self.may_answer.wait(10)
        return answer


def ask_at_once(pool, cache, number=50):
    """The answers to come for many threads, all of which have asked."""
    started = threading.Barrier(number + 1)

    def ask():
        started.wait(10)
        return cache(SHOP, {})

    answers = [pool.submit(ask) for _ in range(number)]
    started.wait(10)
    return answers


@pytest.fixture
def pool():
    with ThreadPoolExecutor(50) as pool:
        yield pool


@pytest.mark.parametrize("origins", [(SHOP,), ()], ids=["allowed", "denied"])
def test_threads_that_ask_the_same_ask_once(pool, origins):
    database = SlowDatabase(*origins)
    answers = ask_at_once(pool, OriginCache(database.has, seconds=1000))
    database.may_answer.set()
    assert [answer.result(10) for answer in answers] == [bool(origins)] * 50
    assert database.lookups == 1


def test_a_lookup_that_raises_leaves_nobody_waiting(pool):
    def lookup(origin):
        time.sleep(0.2)
        raise OSError("database is away")

    answers = ask_at_once(pool, OriginCache(lookup, seconds=1000))
    assert {type(answer.exception(10)) for answer in answers} == {OSError}


def test_a_thread_that_is_ended_while_it_asks_leaves_nobody_waiting(pool):
    asked, may_end = threading.Event(), threading.Event()

    def lookup(origin):
        if not asked.is_set():
            asked.set()
            assert may_end.wait(10)
            raise SystemExit
        return True

    allowed = OriginCache(lookup, seconds=1000)
    ended = pool.submit(allowed, SHOP, {})
    assert asked.wait(10)
    waiting = pool.submit(allowed, SHOP, {})
    may_end.set()
    assert isinstance(ended.exception(10), SystemExit)
    assert waiting.result(10) is True


def test_who_asks_after_an_invalidation_does_not_wait_for_an_answer_from_before(pool):
    database = SlowDatabase(SHOP)
    allowed = OriginCache(database.has, seconds=1000)
    before = pool.submit(allowed, SHOP, {})
    assert database.asked.wait(10)
    database.origins.clear()
    allowed.invalidate(SHOP)
    after = pool.submit(allowed, SHOP, {})
    database.may_answer.set()
    assert after.result(10) is False
    assert before.result(10) is False


def test_whoever_invalidates_while_many_ask_is_given_the_new_answer(pool):
    is_customer, is_over = False, threading.Event()

    def lookup(origin):
        answer = is_customer
        time.sleep(0.001)
        return answer

    def ask_on():
        while not is_over.is_set():
            allowed(SHOP, {})

    allowed = OriginCache(lookup, seconds=1000)
    asking = [pool.submit(ask_on) for _ in range(10)]
    for _ in range(100):
        is_customer = not is_customer
        allowed.invalidate(SHOP)
        assert allowed(SHOP, {}) is is_customer
    is_over.set()
    for asks in asking:
        asks.result(10)


def test_an_invalidation_of_another_origin_has_nobody_ask_again(pool):
    database = SlowDatabase(SHOP)
    allowed = OriginCache(database.has, seconds=1000)
    answer = pool.submit(allowed, SHOP, {})
    assert database.asked.wait(10)
    allowed.invalidate("https://other.example")
    database.may_answer.set()
    assert answer.result(10) is True
    assert database.lookups == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_that_is_forked_during_a_lookup_does_not_wait_for_it(pool):
    database = SlowDatabase(SHOP)
    allowed = OriginCache(database.has, seconds=1000)
    answer = pool.submit(allowed, SHOP, {})
    assert database.asked.wait(10)
    with allowed._lock:
        child = os.fork()
        if not child:
            database.may_answer = threading.Event()
            database.may_answer.set()
            signal.alarm(10)
            os._exit(0 if allowed(SHOP, {}) else 1)
    assert os.waitpid(child, 0)[1] == 0
    database.may_answer.set()
    assert answer.result(10) is True


# --- tenants --------------------------------------------------------------------------------------


class Tenants:
    """Origins by tenant, with a list of what was asked."""

    def __init__(self, **origins: set[str]) -> None:
        self.origins = origins
        self.asked: list[tuple[str, object]] = []

    def has(self, origin: str, tenant: object) -> bool:
        self.asked.append((origin, tenant))
        return origin in self.origins.get(str(tenant), ())


def tenant_of(environ):
    return environ["tenant"]


def test_the_origin_of_one_tenant_is_not_let_in_at_another():
    tenants = Tenants(acme={SHOP}, other=set())
    allowed = OriginCache(tenants.has, seconds=1000, key=tenant_of)
    answers = [allowed(SHOP, {"tenant": tenant}) for tenant in ["acme", "other"] * 2]
    assert answers == [True, False] * 2
    assert tenants.asked == [(SHOP, "acme"), (SHOP, "other")]


@pytest.mark.parametrize(
    ("what", "forgotten"),
    [
        ({"origin": SHOP}, {(SHOP, "a"), (SHOP, "b"), (SHOP, None)}),
        ({"key": "a"}, {(SHOP, "a"), (OTHER, "a"), (SHOP, None), (OTHER, None)}),
        ({"origin": SHOP, "key": "a"}, {(SHOP, "a"), (SHOP, None)}),
        ({}, {(origin, key) for origin in (SHOP, OTHER) for key in ("a", "b", None)}),
    ],
    ids=["origin", "key", "origin and key", "all"],
)
def test_an_invalidation_is_about_what_it_names(what, forgotten):
    tenants = Tenants()
    allowed = OriginCache(tenants.has, seconds=1000, key=tenant_of)
    questions = [(origin, {"tenant": key}) for origin in (SHOP, OTHER) for key in ("a", "b", None)]
    for question in questions:
        allowed(*question)
    allowed.invalidate(**what)
    tenants.asked.clear()
    for question in questions:
        allowed(*question)
    assert set(tenants.asked) == forgotten


TENANT = UUID("0b59a76b-07a5-4cb8-9d1f-d5a3b5d0f4ae")


@pytest.mark.parametrize(("key", "same"), [(7, "7"), (TENANT, str(TENANT)), (Name("a"), "a")])
def test_a_key_and_its_text_are_one_key(key, same):
    tenants = Tenants()
    allowed = OriginCache(tenants.has, seconds=1000, key=tenant_of)
    allowed(SHOP, {"tenant": key})
    allowed(SHOP, {"tenant": same})
    assert tenants.asked == [(SHOP, key)]
    allowed.invalidate(key=same)
    allowed(SHOP, {"tenant": key})
    assert len(tenants.asked) == 2


@pytest.mark.parametrize(
    "key", [True, 1.0, b"a", ["a"], object()], ids=lambda key: type(key).__name__
)
def test_what_is_the_same_only_by_chance_is_no_key(key):
    allowed = OriginCache(Tenants().has, seconds=1000, key=tenant_of)
    with pytest.raises(
        TypeError, match="cannot be a key: give text, a whole number, a UUID or None"
    ):
        allowed(SHOP, {"tenant": key})
    with pytest.raises(TypeError, match="cannot be a key"):
        allowed.invalidate(key=key)


def test_a_key_that_cannot_be_told_denies():
    builder = HeaderBuilder(
        Policy(allow_origins=OriginCache(Tenants().has, seconds=1000, key=tenant_of))
    )
    assert not builder.actual(SHOP, {}).allowed


@pytest.mark.parametrize("what", [{"origin": f"{SHOP}/"}, {"origin": 3}], ids=["slash", "number"])
def test_what_is_no_origin_may_mean_any(what, caplog):
    database = Database(SHOP)
    allowed = OriginCache(database.has, seconds=1000)
    allowed(SHOP, {})
    allowed.invalidate(**what)
    allowed(SHOP, {})
    assert database.lookups == 2
    assert "is not an origin as browsers send it, so all origins are forgotten" in caplog.text


@pytest.mark.parametrize(
    ("origin", "tenant"),
    [(f"https://{'a.' * 300}example", "a"), (SHOP, "a" * 513)],
    ids=["origin", "key"],
)
def test_what_is_too_long_to_be_remembered_is_looked_up_each_time(origin, tenant):
    tenants = Tenants(**{tenant: {origin}})
    allowed = OriginCache(tenants.has, seconds=1000, key=tenant_of)
    assert [allowed(origin, {"tenant": tenant}) for _ in range(2)] == [True, True]
    assert len(tenants.asked) == 2


# --- a database that is away ----------------------------------------------------------------------


class Unreliable(Database):
    is_away = False

    def has(self, origin: str) -> bool:
        if self.is_away:
            raise OSError("database is away")
        return super().has(origin)


@pytest.mark.parametrize("origins", [(SHOP,), ()], ids=["allowed", "denied"])
def test_while_the_database_is_away_an_answer_is_used_beyond_its_time(origins, caplog):
    database, clock = Unreliable(*origins), Clock()
    allowed = OriginCache(database.has, seconds=10, stale_seconds=5, clock=clock)
    allowed(SHOP, {})
    database.is_away = True
    for clock.now in (10.0, 14.9):
        assert allowed(SHOP, {}) is bool(origins)
    assert "the earlier answer is used" in caplog.text
    clock.now = 15.0
    with pytest.raises(OSError, match="away"):
        allowed(SHOP, {})


def test_an_answer_beyond_its_time_is_not_used_while_the_database_is_there():
    database, clock = Unreliable(SHOP), Clock()
    allowed = OriginCache(database.has, seconds=10, stale_seconds=1000, clock=clock)
    allowed(SHOP, {})
    database.origins.clear()
    clock.now = 10.0
    assert not allowed(SHOP, {})


def test_an_answer_that_was_invalidated_is_not_used_when_the_database_is_away():
    database = Unreliable(SHOP)
    allowed = OriginCache(database.has, seconds=1000, stale_seconds=1000)
    allowed(SHOP, {})
    database.is_away = True
    allowed.invalidate(SHOP)
    with pytest.raises(OSError, match="away"):
        allowed(SHOP, {})


def test_an_answer_is_as_old_as_its_question():
    clock = Clock()

    def slow(origin: str) -> bool:
        clock.now += 9
        return True

    allowed = OriginCache(slow, seconds=10, clock=clock)
    allowed(SHOP, {})
    clock.now = 10.0
    allowed(SHOP, {})
    assert clock.now == 19.0


# --- what can be wrong ----------------------------------------------------------------------------


async def asynchronous(origin: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"lookup": 3},
            "lookup: 3 does not fit here: write a function that is not async, called as lookup(origin)",
        ),
        ({"lookup": asynchronous}, "write a function that is not async, called as lookup(origin)"),
        ({"lookup": lambda: True}, "cannot be called as lookup(origin): write one that can"),
        (
            {"lookup": lambda origin: True, "key": tenant_of},
            "cannot be called as lookup(origin, key)",
        ),
        (
            {"lookup": lambda tenant, origin: True, "key": tenant_of},
            "is called as lookup(origin, key): write its arguments in this order",
        ),
        (
            {"key": "tenant"},
            "key: 'tenant' does not fit here: write a function that is not async, called as key(environ)",
        ),
        (
            {"seconds": "x"},
            "seconds: 'x' does not fit here: write a number of seconds, such as seconds=300",
        ),
        ({"seconds": timedelta(5)}, "does not fit here: write a number of seconds"),
        ({"seconds": True}, "seconds: True does not fit here"),
        ({"seconds": -1}, "seconds: -1 is out of range: write seconds, 0 or more"),
        ({"seconds": float("nan")}, "seconds: nan is out of range"),
        (
            {"stale_seconds": None},
            "stale_seconds: None does not fit here: write a number of seconds",
        ),
        ({"size": 0}, "size: 0 is out of range: write how many answers to keep, 1 or more"),
        ({"size": 1.5}, "size: 1.5 does not fit here: write how many answers to keep"),
        ({"invalidation": "redis://"}, "write RedisInvalidation(url) or PostgresInvalidation(url)"),
        ({"invalidation": RedisInvalidation}, "write RedisInvalidation(url)"),
    ],
)
def test_an_argument_that_is_wrong_says_what_to_write(arguments, message):
    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        OriginCache(**{"lookup": lambda *asked: True, "seconds": 5, **arguments})
    assert len(error.value.problems) == 1


@pytest.mark.parametrize("lookup", [{SHOP: True}.get, {SHOP}.__contains__, vars])
def test_a_lookup_that_does_not_tell_what_it_takes_is_taken(lookup):
    assert OriginCache(lookup, seconds=5)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ConfigError) as error:
        OriginCache(3, seconds="x", size=0, key=4, stale_seconds=-1, invalidation=5)
    fields = [problem.field for problem in error.value.problems]
    assert fields == ["lookup", "key", "seconds", "stale_seconds", "size", "invalidation"]


@pytest.mark.parametrize("answer", [1, None, "yes", (1,)])
def test_a_lookup_that_says_neither_yes_nor_no_is_an_error(answer):
    allowed = OriginCache(lambda origin: answer, seconds=1000)
    with pytest.raises(TypeError, match=re.escape(f"lookup returned {answer!r} for")):
        allowed(SHOP, {})


def test_a_wrapper_of_a_lookup_or_a_key_is_asked_for_what_it_takes_itself():
    lookup = functools.wraps(lambda: True)(lambda origin, key: True)
    key = functools.wraps(lambda: True)(lambda environ: "tenant")
    cache = OriginCache(lookup, seconds=60, size=10, key=key)
    assert cache("https://app.example.com", {}) is True
