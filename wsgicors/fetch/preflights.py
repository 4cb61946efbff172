"""What the answer to a preflight permits, and the cache that remembers it; sends nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from wsgicors.policy import SAFELISTED_METHODS

from . import fields, urls
from .engines import STANDARD, Engine

if TYPE_CHECKING:
    from .fields import HeaderList

#: The seconds for which an answer is kept that does not say for how long.
DEFAULT_MAX_AGE = 5

# RFC 9111, section 1.2.2
_DELTA_SECONDS = re.compile(r"[0-9]+")


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
        return _is_listed(need.method, self.methods, literally=need.credentials)

    def uncovered_headers(self, need: Need, engine: Engine) -> tuple[str, ...]:
        """The header names that are not (Fetch standard, "CORS-preflight fetch", 7.6 and 7.7)."""
        return tuple(
            name
            for name in need.header_names
            if not _is_listed(
                name, self.header_names, literally=need.credentials or _is_literal(name, engine)
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
    Simplifications, owned up to. Browsers also keep apart what pages on different sites caused
    (the network partition key): here, one cache is one partition. And by the letter of the
    standard a ``*`` once answered to a request with credentials would, out of the cache, be a
    wildcard for the next; here as in every engine it is none.

    :param engine: whose cache it is.

    >>> cache = PreflightCache()
    >>> need = Need("https://app.example", "https://api.example/", "PUT", (), False)
    >>> cache.store(need, Permission(frozenset({"PUT"}), frozenset(), max_age=60), now=0)
    >>> cache.covers(need, now=59), cache.covers(need, now=60)
    (True, False)
    """

    def __init__(self, engine: Engine = STANDARD) -> None:
        self._engine = engine
        self._entries: dict[tuple[str, str], dict[_Item, float]] = {}
        self._known_hosts: set[str] = set()

    def covers(self, need: Need, *, now: float) -> bool:
        """Whether a request can do without a preflight.

        Fetch standard, `"method cache entry match"
        <https://fetch.spec.whatwg.org/#concept-cache-match-method>`_ and "header-name cache entry
        match".

        :param now: seconds of the clock.
        """
        items = self._entries.get((need.origin, need.url))
        if items is None:
            return False
        live = [item for item, expires in items.items() if now < expires]
        permission = self._permission(live, need)
        if permission.covers_method(need) and not permission.uncovered_headers(need, self._engine):
            return True
        if self._engine.keeps_one_answer_per_url:
            self.clear(need)
        return False

    def store(self, need: Need, permission: Permission, *, now: float) -> None:
        """Remember an answer.

        Fetch standard, `"create a new cache entry"
        <https://fetch.spec.whatwg.org/#concept-cache-create-entry>`_.

        :param need: what was asked.
        :param now: seconds of the clock.
        """
        if self._is_first_to_host(need.url) and not self._engine.caches_first_preflight:
            return
        if self._engine.keeps_one_answer_per_url:
            self.clear(need)
        items = self._entries.setdefault((need.origin, need.url), {})
        expires = now + permission.max_age
        items.update(
            (_Item("method", name, need.credentials), expires) for name in permission.methods
        )
        items.update(
            (_Item("header", name, need.credentials), expires) for name in permission.header_names
        )

    def clear(self, need: Need) -> None:
        """Forget the answers for an origin and a URL.

        Fetch standard, `"clear cache entries"
        <https://fetch.spec.whatwg.org/#concept-cache-clear>`_.
        """
        self._entries.pop((need.origin, need.url), None)

    def _is_first_to_host(self, url: str) -> bool:
        host = urls.parse_url(url).host
        is_first = host not in self._known_hosts
        self._known_hosts.add(host)
        return is_first

    def _permission(self, items: Iterable[_Item], need: Need) -> Permission:
        """What these items permit to such a request, put together."""
        usable = [item for item in items if self._is_usable(item, need)]
        return Permission(
            frozenset(item.name for item in usable if item.kind == "method"),
            frozenset(item.name for item in usable if item.kind == "header"),
        )

    def _is_usable(self, item: _Item, need: Need) -> bool:
        """Fetch standard, "cache entry match", as far as it is about credentials."""
        if item.name == "*" and not self._engine.caches_wildcards:
            return False
        if item.credentials == need.credentials:
            return True
        return item.credentials and self._engine.shares_credentialed_answers


class _Item(NamedTuple):
    """One name that was permitted, as a cache entry of the standard has it."""

    #: ``method`` or ``header``.
    kind: str
    name: str
    credentials: bool


def _max_age(headers: HeaderList, engine: Engine) -> int:
    written = fields.get(headers, "Access-Control-Max-Age")
    if written is None:
        return DEFAULT_MAX_AGE
    if not _DELTA_SECONDS.fullmatch(written):
        return engine.malformed_max_age
    ceiling = engine.max_age_ceiling
    return int(written) if ceiling is None else min(int(written), ceiling)


def _is_literal(header_name: str, engine: Engine) -> bool:
    return (
        header_name in fields.CORS_NON_WILDCARD_REQUEST_HEADER_NAMES
        and not engine.wildcard_covers_authorization
    )


def _is_listed(name: str, names: frozenset[str], *, literally: bool) -> bool:
    return name in names or ("*" in names and not literally)
