"""A memory for slow questions about origins; knows neither policies nor HTTP.

What is asked is a *question*: an origin and, where there are tenants, the key of one. While it is
looked up it is *under way*: whoever asks the same waits for that answer. An invalidation forgets
answers and calls off what is under way, so that no answer from before it can come in afterwards.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, ExitStack
from contextvars import Context
from typing import Any, Callable, NamedTuple, Optional, Protocol
from uuid import UUID

from .errors import ConfigError, Problem, called_as, shown, shown_traceback
from .fields import ORIGIN, are_swapped, is_sync_callable, takes
from .forks import Lock, begin_in_forked_processes
from .origins import MAX_ORIGIN_LENGTH, is_origin

logger = logging.getLogger("wsgicors")

# Invalidations that come faster than answers: then the safe answer is no.
_MAX_ATTEMPTS = 5
# A longer key is looked up, but not remembered, so that the size bounds the memory too.
_MAX_KEY_LENGTH = 512


#: What a look-up may count on though it knows of no request, asked for where a request may be under way.
SURROUNDINGS: list[Callable[[], AbstractContextManager[object]]] = []

#: What is asked: an origin, and the key as text where there is one.
Question = tuple[str, Optional[str]]


class _Answer(NamedTuple):
    allowed: bool
    #: The time up to which it is good.
    until: float


class _Pending(Future[bool]):
    """An answer that is not there yet."""

    def __init__(self) -> None:
        super().__init__()
        #: The thread that looks it up.
        self.asker = threading.get_ident()

    def allowed(self) -> bool | None:
        """Wait for it; ``None`` if an invalidation has called it off."""
        try:
            return self.result()
        except CancelledError:
            # What a lookup itself waits for may be called off, too: that is an error of its own.
            if not self.cancelled():
                raise
            return None


class Invalidation(Protocol):
    """What carries invalidations between processes; see `wsgicors.invalidation`."""

    def join(self, cache: OriginCache) -> None:
        """Have a cache forget what is invalidated elsewhere from now on."""

    def is_informed(self) -> bool:
        """Whether this process hears of invalidations, so that something may be remembered."""

    def send(self, origin: str | None, key: str | None) -> None:
        """Tell all other processes what to forget."""

    def start_anew(self) -> None:
        """Begin again in a process that was forked."""


class OriginCache:
    """Remember for a while which origins are allowed, where that is a question to a database.

    Use it as ``allow_origins``. It is safe to share between threads, and to fork. Threads that ask
    about the same unknown origin ask once: the others wait for the answer.

    :param lookup: says whether an origin is allowed, as ``lookup(origin)``; with ``key``, as
        ``lookup(origin, key)``. What it raises is raised to all who wait, and not remembered. Without
        ``key``, its answer holds for every request, so it is asked outside of any: context variables are
        empty, and Flask has an application context of its own, where there was one, and no ``request``.
    :param seconds: for how long an answer is good.
    :param size: how many answers are kept; the oldest go first.
    :param key: gives the tenant of a request, as ``key(environ)``: text, a whole number, a ``UUID``
        or ``None``. Answers are remembered for each key by itself. A number and its text are one key.
    :param stale_seconds: for how long after its time an answer is still used where ``lookup`` raises.
    :param invalidation: carries :meth:`invalidate` to other processes and machines: a
        `RedisInvalidation <wsgicors.invalidation.RedisInvalidation>` or a `PostgresInvalidation
        <wsgicors.invalidation.PostgresInvalidation>`. Without one, each process knows only of its own.
    :param clock: gives the time in seconds, for tests.
    :raises ConfigError: if an argument is wrong, with all that are.

    >>> from wsgicors import OriginCache, Policy
    >>> customers = {"https://shop.example"}
    >>> allowed = OriginCache(customers.__contains__, seconds=300)
    >>> policy = Policy(allow_origins=allowed, allow_credentials=True)
    >>> allowed("https://shop.example", {})
    True
    >>> customers.clear()
    >>> allowed.invalidate("https://shop.example")
    >>> allowed("https://shop.example", {})
    False

    With tenants, each by the host that was asked:

    >>> tenants = {"acme.example": {"https://shop.example"}}
    >>> allowed = OriginCache(
    ...     lambda origin, host: origin in tenants.get(host, ()),
    ...     seconds=300,
    ...     key=lambda environ: environ["HTTP_HOST"],
    ... )
    >>> allowed("https://shop.example", {"HTTP_HOST": "acme.example"})
    True
    >>> allowed("https://shop.example", {"HTTP_HOST": "other.example"})
    False
    """

    @called_as("OriginCache(lookup, seconds=300)")
    def __init__(
        self,
        lookup: Callable[..., bool],
        *,
        seconds: float,
        size: int = 10_000,
        key: Callable[[Any], str | int | UUID | None] | None = None,
        stale_seconds: float = 0,
        invalidation: Invalidation | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        problems = [
            *_problems_of_callables(lookup, key, clock),
            *_problems_of_numbers(seconds=seconds, stale_seconds=stale_seconds),
            *_problems_of_size(size),
            *_problems_of_invalidation(invalidation),
        ]
        if problems:
            raise ConfigError(problems)
        self._lookup = lookup
        self._seconds = seconds
        self._size = size
        self._key = key
        self._stale_seconds = stale_seconds
        self._invalidation = invalidation
        self._clock = clock
        self._answers: OrderedDict[Question, _Answer] = OrderedDict()
        self._lock = Lock()
        self._is_hint_given = False
        self._begin()
        begin_in_forked_processes(self)
        if invalidation is not None:
            invalidation.join(self)

    def __call__(self, origin: str, environ: Any) -> bool:
        """Give the answer about an origin, known or looked up.

        :raises TypeError: if ``key`` or ``lookup`` returned what they may not.
        """
        key = None if self._key is None else self._key(environ)
        name = None if key is None else text_of(key)
        known = self._answers.get((origin, name))
        if known is not None and self._clock() < known.until and self._is_informed():
            return known.allowed
        return self._ask((origin, name), key)

    @called_as("cache.invalidate(origin, key=...)")
    def invalidate(self, origin: str | None = None, *, key: str | int | UUID | None = None) -> None:
        """Forget the answers about an origin, about a key, about one origin for one key; or all.

        Questions that are under way meanwhile are asked again. Whoever asks once this has returned is
        given no answer from before. Call it when the change is committed. An ``origin`` that is not
        written as browsers send it may mean any: then all are forgotten, and a warning says so.

        With ``invalidation``, the other processes are told. Without, they give the old answer until its
        ``seconds`` are over.

        :param origin: the origin; ``None`` for all.
        :param key: as ``key(environ)`` gives it; ``None`` for all.
        :raises TypeError: if ``key`` can be none.
        :raises InvalidationError: if the others could not be told. This process has forgotten all the same.
        """
        name = None if key is None else text_of(key)
        self.forget(origin, name)
        if self._invalidation is not None:
            self._invalidation.send(*_subject(origin, name))

    def forget(self, origin: str | None, key: str | None) -> None:
        """Do what :meth:`invalidate` does, in this process alone."""
        origin, key = _subject(origin, key, warn=True)
        with self._lock:
            for question in self._about(origin, key, self._answers):
                del self._answers[question]
            for question in self._about(origin, key, self._under_way):
                self._under_way.pop(question).cancel()

    def _asked(self) -> tuple[Callable[..., bool], Callable[[Any], object] | None]:
        """Who is asked, ``lookup`` and ``key``: for a review, because the answers are theirs."""
        return self._lookup, self._key

    def _begin(self) -> None:
        """With nobody who awaits something."""
        self._under_way: dict[Question, _Pending] = {}

    def start_anew(self) -> None:
        """Begin in a process that was forked: the threads that awaited something are in the other one."""
        self._begin()
        if self._invalidation is not None:
            self._invalidation.start_anew()

    def _about(
        self, origin: str | None, key: str | None, questions: dict[Question, Any]
    ) -> list[Question]:
        """Those of the questions that an invalidation is about; one without a key is about any."""
        if origin is not None and (key is not None or self._key is None):
            candidates: set[Question] = {(origin, key), (origin, None)}
            return [question for question in candidates if question in questions]
        return [
            question
            for question in questions
            if origin in (None, question[0]) and (key is None or question[1] in (None, key))
        ]

    def _is_informed(self) -> bool:
        return self._invalidation is None or self._invalidation.is_informed()

    def _ask(self, question: Question, key: Any) -> bool:
        """Look up what is not known, if possible together with others who ask the same."""
        for _ in range(_MAX_ATTEMPTS):
            if not _may_be_remembered(question) or not self._is_informed():
                return self._look_up(question, key)
            allowed = self._ask_together(question, key)
            if allowed is not None:
                return allowed
        return False

    def _ask_together(self, question: Question, key: Any) -> bool | None:
        """Give the answer that is known by now or under way, or look it up for all.

        :returns: ``None`` if an invalidation came in between.
        """
        with self._lock:
            known = self._answers.get(question)
            if known is not None and self._clock() < known.until:
                return known.allowed
            answer = self._under_way.get(question)
            is_first = answer is None
            if answer is None:
                answer = self._under_way[question] = _Pending()
            elif answer.asker == threading.get_ident():
                # It would wait for itself.
                raise RuntimeError(f"the lookup of {shown(question[0])} asks for its own answer")
        if is_first:
            self._answer(answer, question, key)
        return answer.allowed()

    def _answer(self, answer: _Pending, question: Question, key: Any) -> None:
        asked = self._clock()
        try:
            allowed = self._look_up(question, key)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are given it
            self._fail(answer, question, error)
        else:
            self._keep(answer, question, _Answer(allowed, asked + self._seconds))
        finally:
            # A thread may also be ended. Nobody may wait for what will never come.
            self._call_off(answer, question)

    def _look_up(self, question: Question, key: Any) -> bool:
        origin, _ = question
        allowed = self._ask_outside(origin) if self._key is None else self._lookup(origin, key)
        if not isinstance(allowed, bool):
            message = f"lookup returned {shown(allowed)} for {shown(origin)}"
            raise TypeError(f"{message}: return True or False")
        return allowed

    def _ask_outside(self, origin: str) -> Any:
        """Ask where nothing is known of the request, because the answer is remembered for all of them."""
        # Made here, where it may be known which application that is.
        surroundings = [each() for each in SURROUNDINGS]
        try:
            return Context().run(_within, surroundings, self._lookup, origin)
        except Exception as error:
            # This is what context variables raise, and Flask's request.
            if type(error) in (LookupError, RuntimeError) and not self._is_hint_given:
                self._is_hint_given = True
                logger.warning(_OUTSIDE, shown(str(error)))
            raise

    def _keep(self, pending: _Pending, question: Question, answer: _Answer) -> None:
        """Remember an answer and give it to those who wait, unless it may be from before an invalidation."""
        with self._lock:
            if pending.cancelled() or not self._is_informed():
                return
            self._answers[question] = answer
            self._answers.move_to_end(question)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)
            pending.set_result(answer.allowed)

    def _fail(self, pending: _Pending, question: Question, error: Exception) -> None:
        """Give those who wait the error, or the answer from before where it may still be used."""
        with self._lock:
            if pending.cancelled() or not self._is_informed():
                return
            known = self._answers.get(question)
            if known is None or self._clock() >= known.until + self._stale_seconds:
                pending.set_exception(error)
                return
            pending.set_result(known.allowed)
        message = "the lookup of %s raised an exception; the earlier answer is used\n%s"
        logger.warning(message, shown(question[0]), shown_traceback(error))

    def _call_off(self, answer: _Pending, question: Question) -> None:
        with self._lock:
            if self._under_way.get(question) is answer:
                del self._under_way[question]
            answer.cancel()


def _within(
    surroundings: list[AbstractContextManager[object]], lookup: Callable[[str], Any], origin: str
) -> Any:
    with ExitStack() as stack:
        for each in surroundings:
            stack.enter_context(each)
        return lookup(origin)


_OUTSIDE = (
    "the lookup of an OriginCache raised %s. Without key it is asked outside of the request, because its answer"
    " is remembered for all requests. If the answer depends on the tenant, or on anything else of the request,"
    " write key=... and lookup(origin, key). If it does not, use nothing of the request there; for the database"
    " of a Flask application, write with app.app_context()"
)


# --- what is asked about -------------------------------------------------------------------------


def text_of(key: object) -> str:
    """Write a key as text, so that it is the same in a message as in this process."""
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, int) and not isinstance(key, bool):
        return int.__repr__(key)
    if isinstance(key, UUID):
        return str(key)
    raise TypeError(f"{shown(key)} cannot be a key: give text, a whole number, a UUID or None")


def _may_be_remembered(question: Question) -> bool:
    origin, key = question
    return len(origin) <= MAX_ORIGIN_LENGTH and len(key or "") <= _MAX_KEY_LENGTH


def _subject(
    origin: str | None, key: str | None, *, warn: bool = False
) -> tuple[str | None, str | None]:
    """What to forget: what was named or, where a name cannot be trusted, all that it may mean."""
    if origin is not None and not _is_serialized(origin):
        if warn:
            message = "%s is not an origin as browsers send it, so all origins are forgotten"
            logger.warning(message, shown(origin))
        origin = None
    return origin, key if key is None or len(key) <= _MAX_KEY_LENGTH else None


def _is_serialized(origin: object) -> bool:
    return isinstance(origin, str) and (origin == "null" or is_origin(origin))


# --- what can be wrong with the arguments --------------------------------------------------------


def _problems_of_callables(lookup: object, key: object, clock: object) -> Iterator[Problem]:
    asked = "lookup(origin)" if key is None else "lookup(origin, key)"
    if not is_sync_callable(lookup):
        yield _wrong_type("lookup", lookup, f"a function that is not async, called as {asked}")
    elif not takes(lookup, 1 if key is None else 2):
        message = f"{shown(lookup)} cannot be called as {asked}: write one that can"
        yield Problem("lookup", lookup, "wrong-type", message)
    elif key is not None and are_swapped(lookup, ORIGIN, ("key",)):
        message = f"{shown(lookup)} is called as {asked}: write its arguments in this order"
        yield Problem("lookup", lookup, "wrong-type", message)
    if key is not None and not (is_sync_callable(key) and takes(key, 1)):
        yield _wrong_type("key", key, "a function that is not async, called as key(environ)")
    if not (is_sync_callable(clock) and takes(clock, 0)):
        yield _wrong_type("clock", clock, "a function that gives seconds, called as clock()")


def _problems_of_numbers(**numbers: object) -> Iterator[Problem]:
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield _wrong_type(name, value, f"a number of seconds, such as {name}=300")
        elif not value >= 0:
            message = f"{value!r} is out of range: write seconds, 0 or more"
            yield Problem(name, value, "out-of-range", message)


def _problems_of_size(size: object) -> Iterator[Problem]:
    if isinstance(size, bool) or not isinstance(size, int):
        yield _wrong_type("size", size, "how many answers to keep, such as size=10_000")
    elif size < 1:
        message = f"{size!r} is out of range: write how many answers to keep, 1 or more"
        yield Problem("size", size, "out-of-range", message)


def _problems_of_invalidation(invalidation: object) -> Iterator[Problem]:
    methods = ("join", "is_informed", "send", "start_anew")
    if invalidation is None or (
        not isinstance(invalidation, type) and all(hasattr(invalidation, name) for name in methods)
    ):
        return
    advice = "RedisInvalidation(url) or PostgresInvalidation(url), both from wsgicors.invalidation"
    yield _wrong_type("invalidation", invalidation, advice)


def _wrong_type(field: str, value: object, advice: str) -> Problem:
    message = f"{shown(value)} does not fit here: write {advice}"
    return Problem(field, value, "wrong-type", message)
