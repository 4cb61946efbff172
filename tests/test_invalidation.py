"""What is invalidated in one process is forgotten in all, whatever breaks; with real brokers."""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from brokers import Postgres, Redis, eventually, running

from wsgicors import ConfigError, CORSMiddleware, OriginCache
from wsgicors.invalidation import (
    HEARTBEAT_SECONDS,
    SILENCE_SECONDS,
    InvalidationError,
    PostgresInvalidation,
    RedisInvalidation,
)

SHOP = "https://shop.example"
OTHER = "https://other.example"
CARRIERS = {Redis: RedisInvalidation, Postgres: PostgresInvalidation}


class Database:
    """Origins of tenants that can be looked up, with a list of what was asked."""

    def __init__(self, *origins):
        self.origins = set(origins)
        self.asked = []

    def has(self, origin, key=None):
        self.asked.append((origin, key))
        return origin in self.origins

    def numbers_of_lookups(self, cache, *questions):
        """How often a question leads to another look-up: 0 where it is remembered."""
        before = len(self.asked)
        for origin, environ in questions:
            cache(origin, environ)
        return len(self.asked) - before


@pytest.fixture(scope="module", params=CARRIERS, ids=lambda kind: kind.__name__)
def broker(request):
    with running(request.param) as broker:
        yield broker


@pytest.fixture
def carrier(broker):
    """Makes what carries invalidations; each one stands for a process of its own."""
    return lambda channel="wsgicors": CARRIERS[type(broker)](broker.url, channel)


def cache_of(database, invalidation, **arguments):
    """A cache that remembers, since its process is informed."""
    cache = OriginCache(database.has, seconds=1000, invalidation=invalidation, **arguments)
    eventually(invalidation.is_informed, 10)
    return cache


def remembers(cache, database, origin=SHOP, environ=None):
    cache(origin, environ or {})
    return database.numbers_of_lookups(cache, (origin, environ or {})) == 0


@pytest.fixture
def database():
    return Database(SHOP, OTHER)


@pytest.fixture
def alone():
    """No thread of an earlier test listens any more."""
    gc.collect()  # an exception and its frames may hold one another, and so a cache
    eventually(lambda: not listening_threads(), SILENCE_SECONDS + 2)


def listening_threads():
    return [thread for thread in threading.enumerate() if thread.name == "wsgicors-invalidation"]


def test_an_invalidation_reaches_other_processes_within_a_second(carrier, database):
    here, there = (cache_of(database, carrier()) for _ in range(2))
    assert remembers(here, database)
    assert remembers(there, database)
    database.origins.clear()
    here.invalidate(SHOP)
    assert not here(SHOP, {})
    eventually(lambda: not there(SHOP, {}), 1)


@pytest.mark.parametrize(
    ("what", "forgotten"),
    [
        pytest.param({"origin": SHOP}, {(SHOP, "a"), (SHOP, "b")}, id="origin"),
        pytest.param({"key": "a"}, {(SHOP, "a"), (OTHER, "a")}, id="key"),
        pytest.param({"origin": SHOP, "key": "a"}, {(SHOP, "a")}, id="origin and key"),
        pytest.param({}, {(SHOP, "a"), (SHOP, "b"), (OTHER, "a"), (OTHER, "b")}, id="all"),
    ],
)
def test_what_is_named_is_forgotten_elsewhere_and_nothing_else(carrier, database, what, forgotten):
    here = cache_of(database, carrier("tenants"), key=lambda environ: environ["tenant"])
    there = cache_of(database, carrier("tenants"), key=lambda environ: environ["tenant"])
    questions = [(origin, {"tenant": key}) for origin in (SHOP, OTHER) for key in "ab"]
    assert database.numbers_of_lookups(there, *questions) == 4
    here.invalidate(**what)
    time.sleep(0.5)
    database.asked.clear()
    database.numbers_of_lookups(there, *questions)
    assert set(database.asked) == forgotten


def test_channels_are_kept_apart(carrier, database):
    here, there = cache_of(database, carrier("a")), cache_of(database, carrier("b"))
    assert remembers(there, database)
    here.invalidate()
    time.sleep(0.3)
    assert database.numbers_of_lookups(there, (SHOP, {})) == 0


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{}",
        json.dumps({"origin": SHOP}),
        json.dumps({"origin": SHOP, "key": None}),
        json.dumps({"origin": SHOP, "key": 7}),
        json.dumps({"key": "7"}),
    ],
)
def test_any_program_can_tell(broker, carrier, database, message, caplog):
    cache = cache_of(database, carrier(), key=lambda environ: environ["tenant"])
    assert remembers(cache, database, environ={"tenant": 7})
    database.origins.clear()
    broker.tell("wsgicors", message)
    eventually(lambda: not cache(SHOP, {"tenant": 7}), 1)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("forget it", id="no JSON"),
        pytest.param("[" * 7000, id="nested deeply"),
        pytest.param('"https://other.example"', id="no object"),
        pytest.param('{"orgin": "https://other.example"}', id="misspelt"),
        pytest.param('{"origin": "https://Other.example/"}', id="no origin as browsers write it"),
        pytest.param('{"origin": ["https://other.example"]}', id="a list for an origin"),
        pytest.param('{"origin": "https://other.example", "key": true}', id="no key"),
        pytest.param('{"key": 1e400}', id="a number that is not whole"),
        pytest.param("\r\nroot logged in", id="line ends"),
    ],
)
def test_a_message_that_makes_no_sense_has_everything_forgotten(
    broker, carrier, database, message, caplog
):
    cache = cache_of(database, carrier())
    assert remembers(cache, database)
    database.origins.clear()
    broker.tell("wsgicors", message)
    eventually(lambda: not cache(SHOP, {}), 1)
    eventually(lambda: "forgotten" in caplog.text, 1)
    assert all("\n" not in record.getMessage() for record in caplog.records)


def test_a_message_that_is_too_long_has_everything_forgotten(database):
    with running(Redis) as broker:
        cache = cache_of(database, RedisInvalidation(broker.url))
        assert remembers(cache, database)
        database.origins.clear()
        broker.tell("wsgicors", '{"origin": "https://other.example"}' + " " * 10_000_000)
        eventually(lambda: not cache(SHOP, {}), 1)


@pytest.mark.usefixtures("alone")
def test_while_the_broker_is_away_nothing_is_remembered_and_nothing_stale_is_used(
    broker, carrier, database, caplog
):
    cache = cache_of(database, carrier(), stale_seconds=1000)
    assert remembers(cache, database)
    broker.stop()
    try:
        eventually(lambda: not remembers(cache, database), 1)
        assert database.numbers_of_lookups(cache, *[(SHOP, {})] * 5) == 5
        with pytest.raises(InvalidationError, match="could not tell the others"):
            cache.invalidate(SHOP)
        cache._lookup = lambda origin: 1 / 0
        with pytest.raises(ZeroDivisionError):
            cache(SHOP, {})
        time.sleep(2 * HEARTBEAT_SECONDS)
    finally:
        broker.start()
    assert 1 <= caplog.text.count("receives no invalidations") <= 2  # lost, and not found again
    cache._lookup = database.has
    eventually(lambda: remembers(cache, database), 5)


def test_what_was_remembered_before_the_broker_was_away_is_dropped(broker, carrier, database):
    cache = cache_of(database, carrier())
    assert remembers(cache, database)
    broker.stop()
    database.origins.clear()
    broker.start()
    assert not cache(SHOP, {})
    eventually(lambda: remembers(cache, database), 5)
    assert not cache(SHOP, {})


def test_a_broker_that_is_connected_but_silent_is_noticed_in_time(broker, carrier, database):
    cache = cache_of(database, carrier())
    assert remembers(cache, database)
    with broker.frozen():
        frozen = time.monotonic()
        database.origins.clear()
        eventually(lambda: not cache(SHOP, {}), SILENCE_SECONDS + 0.2)
        while time.monotonic() < frozen + 2 * SILENCE_SECONDS + 1:
            assert not cache(SHOP, {})
            assert not remembers(cache, database)
            time.sleep(0.1)
    eventually(lambda: remembers(cache, database), SILENCE_SECONDS + 2)


def test_who_tells_a_silent_broker_hears_of_it(broker, carrier, database):
    cache = cache_of(database, carrier())
    with broker.frozen():
        begun = time.monotonic()
        with pytest.raises(InvalidationError):
            cache.invalidate()
        assert time.monotonic() - begun < 2 * SILENCE_SECONDS
    eventually(lambda: remembers(cache, database), SILENCE_SECONDS + 2)


def test_a_broker_that_is_not_there_at_first_is_found_later(broker, carrier, database):
    broker.stop()
    try:
        cache = OriginCache(database.has, seconds=1000, invalidation=carrier())
        assert not remembers(cache, database)
    finally:
        broker.start()
    eventually(lambda: remembers(cache, database), 5)


def test_an_answer_that_was_under_way_when_it_was_invalidated_elsewhere_is_not_kept(carrier):
    asked, may_answer, origins = threading.Event(), threading.Event(), {SHOP}

    def slow(origin):
        answer = origin in origins
        asked.set()
        assert may_answer.wait(10)
        return answer

    here, there = carrier(), carrier()
    cache = OriginCache(slow, seconds=1000, invalidation=here)
    other = OriginCache(bool, seconds=1000, invalidation=there)
    eventually(here.is_informed, 10)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(cache, SHOP, {})
        assert asked.wait(10)
        origins.clear()
        other.invalidate(SHOP)
        time.sleep(0.5)
        may_answer.set()
        assert answer.result(10) is False
    assert not cache(SHOP, {})


@pytest.mark.usefixtures("alone")
def test_caches_of_one_process_share_a_connection(carrier, database):
    shared = carrier()
    caches = [cache_of(database, shared) for _ in range(2)]
    assert len(listening_threads()) == 1
    assert all(remembers(cache, database) for cache in caches)
    database.origins.clear()
    caches[0].invalidate()
    eventually(lambda: not caches[1](SHOP, {}), 1)


@pytest.mark.usefixtures("alone")
def test_the_thread_ends_with_the_last_cache(carrier, database):
    cache = cache_of(database, carrier())
    assert listening_threads()
    del cache
    eventually(lambda: not listening_threads(), 2 * HEARTBEAT_SECONDS)


# --- PostgreSQL -----------------------------------------------------------------------------------


def test_an_origin_that_is_revoked_in_plain_sql_is_not_let_in_a_second_later(database):
    import psycopg

    guide = (Path(__file__).parent.parent / "docs" / "origins.rst").read_text("utf-8")
    trigger = re.search(r"code-block:: postgresql\n\n((?:   .*\n|\n)+)", guide)[1]
    with running(Postgres) as broker, psycopg.connect(broker.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE origins (origin text, tenant text)")
        connection.execute(trigger)
        connection.execute("INSERT INTO origins VALUES (%s, '7')", [SHOP])

        def lookup(origin, tenant):
            query = "SELECT 1 FROM origins WHERE origin = %s AND tenant = %s"
            with psycopg.connect(broker.url) as session:
                return session.execute(query, (origin, tenant)).fetchone() is not None

        invalidation = PostgresInvalidation(broker.url)
        cache = OriginCache(
            lookup, seconds=1000, key=lambda environ: "7", invalidation=invalidation
        )
        eventually(invalidation.is_informed, 10)
        for revoke in [
            "DELETE FROM origins",
            "UPDATE origins SET tenant = '8'",
            "TRUNCATE origins",
        ]:
            connection.execute("TRUNCATE origins")
            connection.execute("INSERT INTO origins VALUES (%s, '7')", [SHOP])
            eventually(lambda: cache(SHOP, {}), 1)
            connection.execute(revoke)
            eventually(lambda: not cache(SHOP, {}), 1)


# --- what can be wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CARRIERS.values(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "url",
    ["shop:secret@localhost/", "postgresql+psycopg://shop:secret@localhost/", 3, None],
)
def test_a_url_of_another_kind_is_refused_and_not_shown(kind, url):
    with pytest.raises(ConfigError, match=r"write (redis|postgresql)://") as error:
        kind(url, "a channel")
    assert [problem.field for problem in error.value.problems] == ["url", "channel"]
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("channel", ["", "a b", 'a"b', "a" * 64, "café", None, 3, "a\n"])
def test_a_channel_that_not_all_brokers_take_is_refused(channel):
    with pytest.raises(ConfigError, match=r"channel: .* write up to 63 letters"):
        RedisInvalidation("redis://localhost", channel)


@pytest.mark.parametrize(
    ("kind", "module", "extra"),
    [
        ("RedisInvalidation", "redis", "redis"),
        ("PostgresInvalidation", "psycopg", "postgres"),
    ],
)
def test_without_its_package_it_says_what_to_install(kind, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    invalidation = sys.modules["wsgicors.invalidation"]
    with pytest.raises(
        ImportError, match=rf'{kind} needs .*: pip install "wsgicors\[{extra}\]>=1.0"'
    ):
        getattr(invalidation, kind)("redis://localhost")


# --- forking servers: this file is the module of their application, too ---------------------------

FOLDER = "WSGICORS_TEST_FOLDER"


def lookup_in_file(origin):
    with Path(os.environ[FOLDER], "lookups").open("a") as lookups:
        lookups.write(".")
    return origin in Path(os.environ[FOLDER], "origins").read_text().split()


def make_application():
    kind, url = os.environ["WSGICORS_TEST_BROKER"].split(" ")
    invalidation = globals()[kind](url)
    cache = OriginCache(lookup_in_file, seconds=1000, invalidation=invalidation)

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/invalidate":
            cache.invalidate(SHOP)
        time.sleep(0.02)  # so that other workers get something to do
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{os.getpid()} {invalidation.is_informed()}".encode()]

    if "WSGICORS_TEST_WARM" in os.environ:
        eventually(invalidation.is_informed, 10)
        assert cache(SHOP, {})
    return CORSMiddleware(application, allow_origins=cache, allow_credentials=True)


#: Seconds for workers to come up: requests wait meanwhile, and each worker loads this file by itself.
COMES_UP = 90


class Server:
    def __init__(self, port):
        self.port = port

    def get(self, path="/"):
        """The worker that answered, whether it is informed, and whether the origin is let in."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=COMES_UP)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Origin": SHOP})
            response = connection.getresponse()
            worker, informed = response.read().decode().split()
            return worker, informed == "True", "Access-Control-Allow-Origin" in response.headers

    def ask_all(self, workers=4):
        """The answers of all workers, each asked at least twice."""
        answers = []
        with ThreadPoolExecutor(2 * workers) as pool:
            deadline = time.monotonic() + COMES_UP
            while len({worker for worker, *_ in answers[workers:]}) < workers:
                assert time.monotonic() < deadline
                answers += pool.map(lambda _: self.get(), range(4 * workers))
        return answers


@contextlib.contextmanager
def gunicorn(broker, folder, *options, **environment):
    pytest.importorskip("gunicorn")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "WSGICORS_TEST_BROKER": f"{CARRIERS[type(broker)].__name__} {broker.url}",
        FOLDER: str(folder),
        **environment,
    }
    command = [sys.executable, "-m", "gunicorn", "--workers=4", "--log-level=warning", *options]
    place = ["--chdir", str(Path(__file__).parent), f"{Path(__file__).stem}:make_application()"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, handle = listening.getsockname()[1], listening.fileno()
        process = subprocess.Popen(
            [*command, f"--bind=fd://{handle}", *place], pass_fds=[handle], env=environment
        )
    try:
        yield Server(port)
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.servers
@pytest.mark.parametrize(
    ("options", "environment"),
    [
        pytest.param((), {}, id="each worker loads the application"),
        pytest.param(("--preload",), {}, id="preloaded"),
        pytest.param(("--preload",), {"WSGICORS_TEST_WARM": "1"}, id="preloaded and in use"),
        pytest.param(("--preload", "--threads=4"), {}, id="preloaded, with threads"),
    ],
)
def test_no_worker_lets_a_revoked_origin_in(broker, tmp_path, options, environment):
    origins, lookups = tmp_path / "origins", tmp_path / "lookups"
    origins.write_text(SHOP)
    with gunicorn(broker, tmp_path, *options, **environment) as server:
        eventually(lambda: all(informed for _, informed, _ in server.ask_all()), COMES_UP)
        assert all(allowed for *_, allowed in server.ask_all())
        before = len(lookups.read_text())
        server.ask_all()
        assert len(lookups.read_text()) == before, "they do not remember"
        origins.write_text("")
        server.get("/invalidate")
        time.sleep(1)
        assert not any(allowed for *_, allowed in server.ask_all())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_that_is_forked_hears_by_itself_and_its_parent_goes_on(carrier, database):
    invalidation = carrier()
    cache = cache_of(database, invalidation)
    assert remembers(cache, database)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            knew = invalidation.is_informed()
            eventually(lambda: remembers(cache, database), 10)
            os.write(writing, b"ready, not informed at first" if not knew else b"informed at once")
            database.origins.clear()
            eventually(lambda: not cache(SHOP, {}), 10)
            os.write(writing, b"heard")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        assert pipe.read(100) == b"ready, not informed at first"
        database.origins.clear()
        cache_of(database, carrier()).invalidate()
        assert pipe.read(100) == b"heard"
    os.waitpid(child, 0)
    eventually(lambda: not cache(SHOP, {}), 1)
    assert invalidation.is_informed()
