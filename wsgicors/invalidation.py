"""Carry `OriginCache.invalidate` to every process and machine, over Redis or PostgreSQL.

In each process one thread listens, from the first question on, and has the caches forget what it hears.
It asks the broker for a sign of life every `HEARTBEAT_SECONDS`, on the connection on which messages arrive:
whoever has the answer has all earlier messages too. For `SILENCE_SECONDS` from when it asked, the process is
*informed*, and only then may a cache use what it remembers. Whatever breaks (the broker, the network, the
thread, a fork), that time runs out by itself.

A message is a JSON object with ``origin``, ``key``, both or neither. What is left out, or ``null``, means
all; so does an empty message.
"""

from __future__ import annotations

import json
import logging
import re
import selectors
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from weakref import WeakSet

from .cache import text_of
from .errors import ConfigError, Problem, called_as, shown
from .forks import Lock

if TYPE_CHECKING:
    from .cache import OriginCache

__all__ = ["InvalidationError", "PostgresInvalidation", "RedisInvalidation"]

logger = logging.getLogger("wsgicors")

#: How often a broker is asked for a sign of life.
HEARTBEAT_SECONDS = 1
#: A broker that is silent for so long is taken for lost.
SILENCE_SECONDS = 3

_NEVER = float("-inf")
_CHANNEL = re.compile(r"[A-Za-z0-9_.:-]{1,63}")
# What PostgreSQL carries at the most.
_MAX_MESSAGE_LENGTH = 8000


class InvalidationError(ConnectionError):
    """Raised when the other processes could not be told what to forget.

    The process itself has forgotten it. Where the broker is down, nobody uses what is remembered. Where
    it is only out of reach from here, others do until their ``seconds`` are over: so tell them again.
    """


class Sign(Enum):
    """What a broker answers, beside messages."""

    #: From now on every message arrives.
    BEGUN = "begun"
    #: Every message up to now has arrived.
    ALIVE = "alive"


class Line(Protocol):
    """A connection on which messages arrive, once the broker has said that it has ``BEGUN``."""

    def ask(self) -> None:
        """Ask the broker for a sign that it is ``ALIVE``."""

    def hear(self, seconds: float) -> str | bytes | Sign | None:
        """The next message or sign; ``None`` if there is none so soon."""


class Listener(ABC):
    """What the brokers have in common: the thread that listens, and up to when this process is informed.

    :param channel: up to 63 letters, digits and ``_ . : -``.
    :raises ConfigError: if the URL or the channel is none.
    """

    _thread: threading.Thread | None

    def __init__(self, url: str, channel: str) -> None:
        problems = [*self._problems_of_url(url), *_problems_of_channel(channel)]
        if problems:
            raise ConfigError(problems)
        self._url = url
        self._channel = channel
        self._caches: WeakSet[OriginCache] = WeakSet()
        self._lock = Lock()
        self.start_anew()

    def join(self, cache: OriginCache) -> None:
        """Have a cache forget what is told on the channel."""
        with self._lock:
            self._caches.add(cache)

    def is_informed(self) -> bool:
        """Whether what this process remembers may be used; if not, see to it that it soon may."""
        if time.monotonic() < self._informed_until:
            return True
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._listen, name="wsgicors-invalidation", daemon=True
                )
                self._thread.start()
        return False

    def send(self, origin: str | None, key: str | None) -> None:
        """Tell all processes that listen.

        :raises InvalidationError: if that fails.
        """
        try:
            self._publish(json.dumps({"origin": origin, "key": key}))
        except Exception as error:
            message = (
                f"this process has forgotten, but {type(self).__name__} could not tell the others"
            )
            raise InvalidationError(f"{message}: {error}") from error

    def start_anew(self) -> None:
        """Begin again in a process that was forked: it has no thread that would listen."""
        self._informed_until = _NEVER
        self._fault = ""
        self._thread = None

    @abstractmethod
    def _problems_of_url(self, url: object) -> Iterator[Problem]:
        """What is wrong with a URL."""

    @abstractmethod
    def _connect(self) -> AbstractContextManager[Line]:
        """A connection that is closed behind whoever has used it."""

    @abstractmethod
    def _publish(self, message: str) -> None:
        """Have all listeners hear a message."""

    def _listen(self) -> None:
        """Listen for as long as there is a cache, over as many connections as it takes."""
        while self._caches:
            try:
                self._follow()
            except Exception as error:  # noqa: BLE001 - whatever a driver raises, the next connection may work
                self._lose(error)
                time.sleep(HEARTBEAT_SECONDS)
        self._informed_until = _NEVER

    def _follow(self) -> None:
        asked, is_answered = time.monotonic(), False
        with self._connect() as line:
            while self._caches:
                heard = line.hear(HEARTBEAT_SECONDS)
                if isinstance(heard, Sign):
                    is_answered = True
                    self._renew(heard, asked)
                elif heard is not None:
                    self._take(heard)
                elif time.monotonic() > asked + SILENCE_SECONDS:
                    raise TimeoutError(f"nothing came for {SILENCE_SECONDS} seconds")
                if is_answered and time.monotonic() >= asked + HEARTBEAT_SECONDS:
                    asked, is_answered = time.monotonic(), False
                    line.ask()

    def _renew(self, sign: Sign, asked: float) -> None:
        """Be informed again for a while, since all that was told until the broker was asked is known."""
        if sign is Sign.BEGUN or time.monotonic() >= self._informed_until:
            self._informed_until = _NEVER
            self._forget(None, None)
            self._fault = ""
            logger.info("%s receives invalidations", type(self).__name__)
        self._informed_until = asked + SILENCE_SECONDS

    def _lose(self, error: Exception) -> None:
        self._informed_until = _NEVER
        fault = f"{type(error).__name__}: {' '.join(str(error).split())!a}"
        if fault != self._fault:
            self._fault = fault
            message = "%s receives no invalidations, so each request is looked up again: %s"
            logger.warning(message, type(self).__name__, fault)

    def _take(self, message: str | bytes) -> None:
        try:
            origin, key = _read(message)
        except (TypeError, ValueError, RecursionError) as error:
            warning = "%s on channel %s is not an invalidation, so everything is forgotten: %s"
            logger.warning(warning, shown(message), self._channel, ascii(str(error)))
            origin = key = None
        self._forget(origin, key)

    def _forget(self, origin: str | None, key: str | None) -> None:
        with self._lock:
            caches = list(self._caches)
        for cache in caches:
            cache.forget(origin, key)


def _read(message: str | bytes) -> tuple[str | None, str | None]:
    """The origin and the key that a message names; ``None`` for all of them.

    >>> _read('{"origin": "https://shop.example", "key": 7}')
    ('https://shop.example', '7')
    >>> _read("")
    (None, None)
    """
    if not message:
        return None, None
    if len(message) > _MAX_MESSAGE_LENGTH:
        raise ValueError(f"it is longer than {_MAX_MESSAGE_LENGTH} bytes")
    told = json.loads(message)
    if not isinstance(told, dict) or not told.keys() <= {"origin", "key"}:
        raise ValueError("write a JSON object with origin and key, or nothing")
    key = told.get("key")
    return told.get("origin"), None if key is None else text_of(key)


class RedisInvalidation(Listener):
    """Tell of invalidations over Redis (``pip install "wsgicors[redis]>=1.0"``).

    Anything that can publish can tell: ``redis-cli PUBLISH wsgicors '{"origin": "https://shop.example"}'``.

    :param url: as the package redis takes it, such as ``redis://localhost:6379`` or
        ``unix:///run/redis.sock``. Redis keeps no channels apart by the number of a database.
    :param channel: where to tell: up to 63 letters, digits and ``_ . : -``. All caches on a channel
        forget what is told there.
    :raises ConfigError: if the URL or the channel is none. Nothing is connected yet.
    :raises ImportError: if the package redis is not installed.

    >>> from wsgicors import OriginCache
    >>> from wsgicors.invalidation import RedisInvalidation
    >>> allowed = OriginCache(
    ...     {"https://shop.example"}.__contains__,
    ...     seconds=300,
    ...     invalidation=RedisInvalidation("redis://localhost:6379"),
    ... )
    """

    @called_as('RedisInvalidation("redis://localhost:6379", channel="wsgicors")')
    def __init__(self, url: str, channel: str = "wsgicors") -> None:
        self._driver = _driver("redis", type(self).__name__, "redis")
        super().__init__(url, channel)

    def _problems_of_url(self, url: object) -> Iterator[Problem]:
        try:
            self._driver.connection.parse_url(url)
        except (ValueError, TypeError, AttributeError):
            yield _no_url(url, "redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH")

    def _client(self) -> Any:
        retry, backoff = import_module("redis.retry"), import_module("redis.backoff")
        return self._driver.Redis.from_url(
            self._url,
            # The newer protocol answers a ping in another way.
            protocol=2,
            socket_connect_timeout=SILENCE_SECONDS,
            socket_timeout=SILENCE_SECONDS,
            # It would connect anew and not say that messages were missed.
            retry=retry.Retry(backoff.NoBackoff(), 0),
        )

    def _publish(self, message: str) -> None:
        with self._client() as client:
            client.publish(self._channel, message)

    @contextmanager
    def _connect(self) -> Iterator[Line]:
        with self._client() as client, client.pubsub() as pubsub:
            pubsub.subscribe(self._channel)
            yield _RedisLine(pubsub)


class _RedisLine:
    _SIGNS: ClassVar = {"subscribe": Sign.BEGUN, "pong": Sign.ALIVE}

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub

    def ask(self) -> None:
        self._pubsub.ping()

    def hear(self, seconds: float) -> str | bytes | Sign | None:
        heard = self._pubsub.get_message(timeout=seconds)
        if heard is None:
            return None
        sign = self._SIGNS.get(heard["type"])
        message: str | bytes = heard["data"]
        return sign or message


class PostgresInvalidation(Listener):
    """Tell of invalidations over PostgreSQL's LISTEN and NOTIFY (``pip install "wsgicors[postgres]>=1.0"``).

    Each process that asks holds one connection. It must lead to the server itself: a pooler that gives
    each transaction another connection loses what is told. A trigger can tell too; the documentation has one.

    :param url: as libpq takes it, such as ``postgresql://user:password@localhost/shop``.
    :param channel: where to tell: up to 63 letters, digits and ``_ . : -``. All caches on a channel
        forget what is told there.
    :raises ConfigError: if the URL or the channel is none. Nothing is connected yet.
    :raises ImportError: if the package psycopg is not installed.

    >>> from wsgicors import OriginCache
    >>> from wsgicors.invalidation import PostgresInvalidation
    >>> allowed = OriginCache(
    ...     {"https://shop.example"}.__contains__,
    ...     seconds=300,
    ...     invalidation=PostgresInvalidation("postgresql://localhost/shop"),
    ... )
    """

    @called_as('PostgresInvalidation("postgresql://localhost/shop", channel="wsgicors")')
    def __init__(self, url: str, channel: str = "wsgicors") -> None:
        self._driver = _driver("psycopg", type(self).__name__, "postgres")
        super().__init__(url, channel)

    def _problems_of_url(self, url: object) -> Iterator[Problem]:
        try:
            self._driver.conninfo.conninfo_to_dict(url)
        except (self._driver.Error, TypeError, ValueError, AttributeError):
            yield _no_url(url, "postgresql://USER:PASSWORD@HOST/DATABASE")

    def _session(self) -> Any:
        return self._driver.connect(
            self._url,
            autocommit=True,
            connect_timeout=SILENCE_SECONDS,
            tcp_user_timeout=SILENCE_SECONDS * 1000,
        )

    def _publish(self, message: str) -> None:
        with closing(self._session()) as session:
            session.execute("SELECT pg_notify(%s, %s)", (self._channel, message))

    @contextmanager
    def _connect(self) -> Iterator[Line]:
        with closing(self._session()) as session, selectors.DefaultSelector() as selector:
            selector.register(session.pgconn.socket, selectors.EVENT_READ)
            yield _PostgresLine(session.pgconn, selector, self._channel)


class _PostgresLine:
    """Of the driver's levels the one that never waits: a server that has stopped must not hold the thread."""

    def __init__(self, connection: Any, selector: selectors.BaseSelector, channel: str) -> None:
        self._connection = connection
        self._selector = selector
        self._send(f'LISTEN "{channel}"', Sign.BEGUN)

    def ask(self) -> None:
        self._send("", Sign.ALIVE)

    def hear(self, seconds: float) -> str | bytes | Sign | None:
        heard = self._received()
        if heard is None and self._selector.select(seconds):
            self._connection.consume_input()
            heard = self._received()
        return heard

    def _send(self, query: str, sign: Sign) -> None:
        self._connection.send_query(query.encode())
        self._awaited: Sign | None = sign

    def _received(self) -> bytes | Sign | None:
        """A message first: it came before the answer that follows it."""
        notification = self._connection.notifies()
        if notification is not None:
            message: bytes = notification.extra
            return message
        while self._awaited is not None and not self._connection.is_busy():
            result = self._connection.get_result()
            if result is None:
                sign, self._awaited = self._awaited, None
                return sign
            if result.error_message:
                raise ConnectionError(result.error_message.decode("utf-8", "replace"))
        return None


def _driver(module: str, needed_by: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        hint = f'{needed_by} needs the package {module}: pip install "wsgicors[{extra}]>=1.0"'
        raise ImportError(hint, name=module) from error


def _problems_of_channel(channel: object) -> Iterator[Problem]:
    if not isinstance(channel, str) or not _CHANNEL.fullmatch(channel):
        message = f"{shown(channel)} is not the name of a channel: write up to 63 letters, digits and _ . : -"
        yield Problem("channel", channel, "malformed", message)


def _no_url(url: object, form: str) -> Problem:
    # A URL may hold a password, so that it is not shown.
    return Problem("url", None, "malformed", f"the driver does not accept this URL: write {form}")
