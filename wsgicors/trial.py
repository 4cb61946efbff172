"""``trial``: a policy that is judged beside the one in force, and enforced nowhere."""

from __future__ import annotations

from collections import Counter, OrderedDict
from logging import INFO
from typing import TYPE_CHECKING

from .errors import shown
from .forks import Lock
from .logs import logger
from .origins import MAX_ORIGIN_LENGTH
from .outcomes import outcome

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .headers import Decision, HeaderBuilder
    from .resolvers import Resolver

#: Where in ``environ`` the decision of the trial stands.
TRIAL = "wsgicors.trial"
#: Stands for all origins that are counted together, because there are too many of them.
OTHERS = "(others)"

_MAX_COUNTED = 1024
# First segments of paths, and what is told of each. The oldest goes when a new one comes, so that a
# flood on one path silences no other.
_MAX_SEGMENTS = 256
_MAX_TOLD = 64
_MAX_SEGMENT_LENGTH = 80


class Trial:
    """Compares what is decided with what another policy would decide, and keeps count."""

    def __init__(self) -> None:
        self._lock = Lock()
        #: How many requests would come to another outcome, by origin and reason.
        self.counts: Counter[tuple[str | None, str]] = Counter()
        self._told: OrderedDict[str, set[tuple[str | None, str]]] = OrderedDict()

    def beside(self, resolver: Resolver, tried: Resolver) -> Resolver:
        """A resolver that has each request judged by what another one gives, too."""

        def resolver_with_trial(
            environ: WSGIEnvironment, is_preflight: bool
        ) -> HeaderBuilder | None:
            builder = resolver(environ, is_preflight)
            other = None if builder is None else tried(environ, is_preflight)
            if builder is not None and other is not None:
                in_force = outcome(builder, environ, is_preflight)
                decision = outcome(other, environ, is_preflight)
                self.compare(in_force, decision, environ, is_preflight)
            return builder

        return resolver_with_trial

    def compare(
        self, in_force: Decision, decision: Decision, environ: WSGIEnvironment, is_preflight: bool
    ) -> None:
        """Compare the decision in force with the one of the trial, and make that known."""
        environ[TRIAL] = decision
        if (decision.allowed, decision.refused) != (in_force.allowed, in_force.refused):
            self._note(environ, decision, is_preflight)

    def _note(self, environ: WSGIEnvironment, decision: Decision, is_preflight: bool) -> None:
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and len(origin) > MAX_ORIGIN_LENGTH:
            origin = OTHERS
        asked = "HTTP_ACCESS_CONTROL_REQUEST_METHOD" if is_preflight else "REQUEST_METHOD"
        method = environ[asked][:_MAX_SEGMENT_LENGTH]
        with self._lock:
            self._count(origin, decision.reason)
            is_first = logger.isEnabledFor(INFO) and self._is_first(environ, origin, method)
        if is_first:
            path, outcome_ = shown(environ.get("PATH_INFO", "")), _outcome_of(decision)
            logger.info(_LINE, outcome_, decision.reason, shown(origin), shown(method), path)

    def _count(self, origin: str | None, reason: str) -> None:
        key = (origin, reason)
        if key not in self.counts and len(self.counts) >= _MAX_COUNTED:
            key = (OTHERS, reason)
        self.counts[key] += 1

    def _is_first(self, environ: WSGIEnvironment, origin: str | None, method: str) -> bool:
        segment = environ.get("PATH_INFO", "").lstrip("/").partition("/")[0][:_MAX_SEGMENT_LENGTH]
        told = self._told.setdefault(segment, set())
        if len(self._told) > _MAX_SEGMENTS:
            self._told.popitem(last=False)
        if (origin, method) in told or len(told) >= _MAX_TOLD:
            return False
        told.add((origin, method))
        return True


_LINE = "trial: would be %s (%s): origin %s, %s %s"


def _outcome_of(decision: Decision) -> str:
    if decision.refused:
        return "refused"
    return "allowed" if decision.allowed else "denied"
