"""Who is admitted: which origins may read, and which of them with credentials.

What is listed by name is looked up by whoever asks here. This is about all others: patterns, expressions
and callables, and the guards that hold whatever admits an origin.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Callable

from .errors import log_exception, shown
from .origins import OriginSet, is_origin, read_pattern
from .requests import Asked, readings

if TYPE_CHECKING:
    from .policy import Policy

logger = logging.getLogger("wsgicors")

#: Where in ``environ`` there is a place for what callables answer about a request, which may be needed
#: twice: another time they might say something else.
ANSWERS = "wsgicors.answers"


class Origins:
    """``allow_origins``: who is listed by name, and whether any others are admitted."""

    def __init__(self, policy: Policy) -> None:
        origins: Any = policy.allow_origins
        self.is_wildcard = origins == "*"
        self.is_dynamic = callable(origins)
        self._predicate = origins if self.is_dynamic else None
        self._items = _Items(() if self.is_wildcard or self.is_dynamic else origins)
        self.listed = self._items.listed
        self.are_all_listed = not self.is_dynamic and self._items.are_all_listed
        #: Whether there is anything to ask beyond patterns.
        self._is_asked = self.is_dynamic or self._items.has_expressions
        # The list in its place says itself who may use credentials.
        self._is_guarded = policy.allow_credentials is True
        self._takes_insecure = bool(policy.dangerously_allow_insecure_origins)
        self._is_null_refused = bool(policy.refuse_denied)

    def admit(self, origin: str, environ: Any) -> bool:
        """Whether an origin that is not listed is allowed."""
        # Called by name: an operator takes longer to lead to a method.
        if self._items.patterns.__contains__(origin):
            return True
        if not self._is_asked or not (is_origin(origin) or (origin == "null" and self.is_dynamic)):
            return False
        if self._predicate is None:
            is_admitted = self._items.match(origin)
        else:
            is_admitted = _says_yes(self._predicate, origin, environ)
        if is_admitted and self._is_guarded:
            return _may_use_credentials(origin, self._takes_insecure, "is denied")
        if origin == "null" and is_admitted and self._is_null_refused:
            logger.warning(_NULL)
            return False
        return is_admitted


# Where it is listed, that is an error. Of other origins that are anybody's, no page of the web has one.
_NULL = (
    "'null' is denied although allow_origins said True: every page can open a sandboxed frame, which has this"
    " origin, so refuse_denied would not keep strangers from acting as your users; return False for it, or"
    " write refuse_denied=False where everybody may act"
)


# Without credentials, with them.
EITHER_USE = (False, True)


class Credentialed:
    """``allow_credentials``: which of the allowed origins may use them."""

    def __init__(self, policy: Policy) -> None:
        said: Any = policy.allow_credentials
        self.depends_on_origin = isinstance(said, tuple)
        self._always = said is True
        self._items = _Items(said if self.depends_on_origin else ())
        self.listed = self._items.listed
        self._exact = frozenset(self.listed)
        self.are_all_listed = self._items.are_all_listed
        self._takes_insecure = bool(policy.dangerously_allow_insecure_origins)
        #: Whether grants are used without credentials, with them, or either way.
        self.uses = EITHER_USE if self.depends_on_origin else (self._always,)

    def admit(self, origin: str) -> bool:
        """Whether an origin may use credentials, if it is allowed."""
        if not self.depends_on_origin:
            return self._always
        if origin in self._exact or origin in self._items.patterns:
            return True
        if not is_origin(origin) or not self._items.match(origin):
            return False
        return _may_use_credentials(origin, self._takes_insecure, "uses no credentials")


class _Items:
    """A list of origins, patterns and compiled expressions, sorted by how they are looked up."""

    def __init__(self, items: Iterable[Any]) -> None:
        items = list(items)
        texts = [item for item in items if isinstance(item, str)]
        self._expressions = [item for item in items if not isinstance(item, str)]
        self.listed = [text for text in texts if "*" not in text]
        self.patterns = OriginSet(text for text in texts if "*" in text)
        self.has_expressions = bool(self._expressions)
        self.are_all_listed = not (self.patterns or self.has_expressions)

    def match(self, origin: str) -> bool:
        """Whether an expression admits an origin."""
        return any(expression.fullmatch(origin) for expression in self._expressions)


def _may_use_credentials(origin: str, takes_insecure: bool, otherwise: str) -> bool:
    """Whether an origin that was not listed as it is may use credentials: it must be whose it says.

    :param otherwise: what becomes of it if it may not, for the log.
    """
    pattern = read_pattern(origin)
    if pattern is None or pattern.is_anybodys:
        return False
    if pattern.is_secure or takes_insecure:
        return True
    logger.warning(_NOT_HTTPS, shown(origin), otherwise)
    return False


_NOT_HTTPS = (
    "%s is not https, so it %s although the policy allows it: with allow_credentials, whoever controls the"
    " network can pretend to be it; use https there, or set dangerously_allow_insecure_origins=True"
)


def _says_yes(predicate: Callable[[str, Any], bool], origin: str, environ: Any) -> bool:
    """Ask a callable of the user's; once, where somebody has put a place for answers into ``environ``."""
    answers = None if environ is None else environ.get(ANSWERS)
    if answers is None:
        return _asked_of_all(predicate, origin, environ)
    # Where an application is mounted, it is asked about another path; for a preflight, about other methods.
    names = ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO")
    key = (id(predicate), origin, *map(environ.get, names))
    if key not in answers:
        is_yes = _asked_of_all(predicate, origin, environ)
        # With the callable, so that no other can have the same identity meanwhile.
        answers[key] = (is_yes, predicate, getattr(environ, "is_method_read", True))
    is_yes, _, is_method_read = answers[key]
    if isinstance(environ, Asked):
        environ.is_method_read = is_method_read
    return bool(is_yes)


def _asked_of_all(predicate: Callable[[str, Any], bool], origin: str, environ: Any) -> bool:
    """What a callable says of all the ways in which the path of a request can be read."""
    read = readings(environ) if environ else ()
    if not read:
        if isinstance(environ, Asked):
            environ.is_method_read = False
        return _asked(predicate, origin, environ)
    return all(_asked(predicate, origin, each) for each in read)


def _asked(predicate: Callable[[str, Any], bool], origin: str, environ: Any) -> bool:
    """What a callable says, which can only ever open the door by saying exactly ``True``."""
    try:
        answer = predicate(origin, environ)
    except Exception:  # noqa: BLE001 - it is logged, and denies
        log_exception(
            logger, "allow_origins raised an exception for %s, so it is denied", shown(origin)
        )
        return False
    if not isinstance(answer, bool):
        message = "allow_origins returned %s for %s, so it is denied: return True or False"
        logger.error(message, shown(answer), shown(origin))
    return answer is True
