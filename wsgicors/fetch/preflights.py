"""What the answer to a preflight permits, and the cache that remembers it; sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..names import SAFELISTED_METHODS
from . import fields, urls
from .engines import STANDARD, Engine

if TYPE_CHECKING:
    from .fields import HeaderList

#: The seconds for which an answer is kept that does not say for how long.
DEFAULT_MAX_AGE = 5


class Need(NamedTuple):
    """What a request needs a preflight to permit."""

    #: What the preflight says in ``Origin``.
    origin: str
    url: str
    method: str
    #: The CORS-unsafe request-header names, in lower case.
    header_names: tuple[str, ...]
    #: Whether the credentials mode is ``include``.
    credentials: bool
    #: Whose the answer is that is kept: an origin, or one fetch; ``None`` not to keep it, nor to look for one.
    cached_for: str | None
    #: That of the URL, which never crosses the wire, but is part of what answers are kept for.
    fragment: str = ""


class Permission(NamedTuple):
    """What the answer to a preflight permits; among the names may be a ``*``."""

    methods: frozenset[str]
    #: In lower case.
    header_names: frozenset[str]
    #: For how long it may be kept, in seconds.
    max_age: int = 0

    def covers_method(self, need: Need) -> bool:
        """Whether the method is permitted (Fetch standard, "CORS-preflight fetch", step 7.5)."""
        if need.method in SAFELISTED_METHODS:
            return True
        return self.lists_method(need)

    def lists_method(self, need: Need) -> bool:
        """Whether the method is permitted by name, or by a ``*``."""
        return _is_listed(need.method, self.methods, literally=need.credentials)

    def uncovered_headers(
        self, need: Need, engine: Engine, *, is_cached: bool = False
    ) -> tuple[str, ...]:
        """The header names that are not (Fetch standard, "CORS-preflight fetch", 7.6 and 7.7)."""
        return tuple(
            name
            for name in need.header_names
            if not _is_listed(
                name,
                self.header_names,
                literally=need.credentials or _is_literal(name, engine, is_cached=is_cached),
            )
        )


def read_permission(headers: HeaderList, engine: Engine = STANDARD) -> Permission:
    """Read the answer to a preflight.

    Fetch standard, `"CORS-preflight fetch" <https://fetch.spec.whatwg.org/#cors-preflight-fetch>`_,
    steps 7.1 to 7.3 and 7.8 to 7.10.

    :raises MalformedField: if ``Allow-Methods`` or ``Allow-Headers`` is no list of names.

    >>> read_permission((("Access-Control-Max-Age", "86400"),)).max_age
    86400
    """
    methods = fields.extract_list(headers, "Access-Control-Allow-Methods") or ()
    names = fields.extract_list(headers, "Access-Control-Allow-Headers") or ()
    return Permission(
        frozenset(methods), frozenset(name.lower() for name in names), _max_age(headers, engine)
    )


class PreflightCache:
    """The CORS-preflight cache of a browser.

    Fetch standard, `"CORS-preflight cache" <https://fetch.spec.whatwg.org/#concept-cache>`_.
    A simplification, owned up to: browsers also keep apart what pages on different sites caused
    (the network partition key); here, one cache is one partition.

    :param engine: whose cache it is.

    >>> cache = PreflightCache()
    >>> page = "https://app.example"
    >>> need = Need(page, "https://api.example/", "PUT", (), False, cached_for=page)
    >>> cache.store(need, Permission(frozenset({"PUT"}), frozenset(), max_age=60), now=0)
    >>> cache.covers(need, now=59), cache.covers(need, now=60)
    (True, False)
    """

    def __init__(self, engine: Engine = STANDARD) -> None:
        self._engine = engine
        self._entries: dict[tuple[str | None, str, str], dict[_Item, float]] = {}
        self._known_addresses: set[str] = set()

    def covers(self, need: Need, *, now: float) -> bool:
        """Whether a request can do without a preflight.

        Fetch standard, `"method cache entry match"
        <https://fetch.spec.whatwg.org/#concept-cache-match-method>`_ and "header-name cache entry
        match".

        :param now: seconds of the clock.
        """
        items = self._entries.get(_key(need))
        if items is None or self._is_distrusted(need):
            return False
        usable = [
            item for item, expires in items.items() if now < expires and self._is_usable(item, need)
        ]
        if _ANSWERED in (item.kind for item in usable) and self._is_covered(need, usable):
            return True
        if self._engine.keeps_one_answer_per_url:
            self.clear(need)
        return False

    def _is_covered(self, need: Need, items: Iterable[_Item]) -> bool:
        permission = Permission(
            frozenset(item.name for item in items if item.kind == "method"),
            frozenset(item.name for item in items if item.kind == "header"),
        )
        is_listed = permission.covers_method(need)
        if need.method == "HEAD" and not self._engine.caches_head:
            is_listed = permission.lists_method(need)
        return is_listed and not permission.uncovered_headers(need, self._engine, is_cached=True)

    def store(self, need: Need, permission: Permission, *, now: float) -> None:
        """Remember an answer.

        Fetch standard, `"create a new cache entry"
        <https://fetch.spec.whatwg.org/#concept-cache-create-entry>`_.

        :param need: what was asked.
        :param now: seconds of the clock.
        """
        is_ignored = permission.max_age == 0 and self._engine.ignores_answers_not_to_keep
        if need.cached_for is None or is_ignored:
            return
        if self._engine.keeps_one_answer_per_url:
            self.clear(need)
        items = self._entries.setdefault(_key(need), {})
        for item in _items(need, permission):
            items[item] = now + permission.max_age

    def clear(self, need: Need) -> None:
        """Forget the answers for an origin and a URL.

        Fetch standard, `"clear cache entries"
        <https://fetch.spec.whatwg.org/#concept-cache-clear>`_.
        """
        self._entries.pop(_key(need), None)

    def _is_distrusted(self, need: Need) -> bool:
        """Whether all that is kept for this address has to go, because it is looked up at last."""
        host = urls.parse_url(need.url).host
        if not self._engine.distrusts_addresses_once or not urls.is_address(host):
            return False
        if host in self._known_addresses:
            return False
        self._known_addresses.add(host)
        for key in [key for key in self._entries if urls.parse_url(key[1]).host == host]:
            del self._entries[key]
        return True

    def _is_usable(self, item: _Item, need: Need) -> bool:
        """Fetch standard, "cache entry match", as far as it is about credentials."""
        if item.name == "*" and not self._engine.caches_wildcards:
            return False
        if item.credentials == need.credentials:
            return True
        if item.name == "*" and not self._engine.caches_credentialed_wildcards:
            return False
        return item.credentials and self._engine.shares_credentialed_answers


def _key(need: Need) -> tuple[str | None, str, str]:
    return need.cached_for, need.url, need.fragment


# Stands for an answer itself, which may permit nothing by name.
_ANSWERED = "answer"


class _Item(NamedTuple):
    """One name that was permitted, as a cache entry of the standard has it."""

    #: ``method``, ``header`` or ``answer``.
    kind: str
    name: str
    credentials: bool


def _items(need: Need, permission: Permission) -> Iterator[_Item]:
    yield _Item(_ANSWERED, "", need.credentials)
    for name in permission.methods:
        yield _Item("method", name, need.credentials)
    for name in permission.header_names:
        yield _Item("header", name, need.credentials)


def _max_age(headers: HeaderList, engine: Engine) -> int:
    written = fields.get(headers, "Access-Control-Max-Age")
    if not written:
        return DEFAULT_MAX_AGE
    read = fields.int64_seconds if engine.signed_max_age else fields.delta_seconds
    seconds = read(written)
    if seconds is None:
        return engine.malformed_max_age
    ceiling = engine.max_age_ceiling
    return seconds if ceiling is None else min(seconds, ceiling)


def _is_literal(header_name: str, engine: Engine, *, is_cached: bool) -> bool:
    if header_name not in fields.CORS_NON_WILDCARD_REQUEST_HEADER_NAMES:
        return False
    if is_cached and not engine.caches_wildcard_for_authorization:
        return True
    return not engine.wildcard_covers_authorization


def _is_listed(name: str, names: frozenset[str], *, literally: bool) -> bool:
    return name in names or ("*" in names and not literally)
