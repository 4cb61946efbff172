"""A memory for slow questions about origins; knows neither policies nor HTTP."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Any, Callable

# Invalidations that come faster than answers: then the safe answer is no.
_MAX_ATTEMPTS = 3


class OriginCache:
    """Remember for a while which origins are allowed, where that is a question to a database.

    Use it as ``allow_origins``. It is safe to share between threads.

    :param lookup: says whether an origin is allowed. What it raises is raised, and not remembered.
    :param seconds: for how long an answer is good.
    :param size: how many answers are kept; the oldest go first.
    :param clock: gives the time in seconds, for tests.
    :raises ValueError: if ``seconds`` is negative or ``size`` less than 1.

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
    """

    def __init__(
        self,
        lookup: Callable[[str], bool],
        *,
        seconds: float,
        size: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not seconds >= 0 or size < 1:
            raise ValueError(
                f"OriginCache needs seconds of 0 or more and a size of 1 or more, not {seconds!r} and {size!r}"
            )
        self._lookup = lookup
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._answers: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._invalidations = 0
        self._lock = threading.Lock()

    def __call__(self, origin: str, environ: Any) -> bool:
        """Give the answer about an origin, known or looked up."""
        known = self._answers.get(origin)
        if known is not None and self._clock() < known[1]:
            return known[0]
        for _ in range(_MAX_ATTEMPTS):
            invalidations = self._invalidations
            answer = self._lookup(origin)
            if self._keep(origin, answer, invalidations):
                return answer
        return False

    def invalidate(self, origin: str | None = None) -> None:
        """Forget the answer about an origin, or all answers.

        Questions that are under way meanwhile are asked again. Whoever asks once this has returned is
        given no answer from before.

        :param origin: the origin; ``None`` for all.
        """
        with self._lock:
            self._invalidations += 1
            if origin is None:
                self._answers.clear()
            else:
                self._answers.pop(origin, None)

    def _keep(self, origin: str, answer: bool, invalidations: int) -> bool:
        """Remember an answer, unless it may be from before an invalidation."""
        with self._lock:
            if self._invalidations != invalidations:
                return False
            self._answers[origin] = (answer, self._clock() + self._seconds)
            self._answers.move_to_end(origin)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)
            return True
