"""`Policy`: the fields of a CORS policy, their validation and merging; writes no header.

Every form in which a field may be given is parsed here, once, into one canonical form. What
is wrong in a field by itself is found when the policy is made; what is wrong only in company
(``conflicts``) when the policy is put to use, because a policy may be partial until then.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Mapping
from collections.abc import Iterable as IterableABC
from datetime import timedelta
from re import Pattern
from typing import TYPE_CHECKING, Any, Callable, NoReturn

from .errors import ConfigError, Problem, shown
from .origins import OriginError, OriginPattern, parse_pattern

if TYPE_CHECKING:
    from typing import TypedDict

    from _typeshed.wsgi import WSGIEnvironment
    from typing_extensions import Literal, Unpack

    OriginCallable = Callable[[str, WSGIEnvironment], bool]

    class PolicyFields(TypedDict, total=False):
        """What the fields of a policy may be written as."""

        allow_origins: str | Pattern[str] | Iterable[str | Pattern[str]] | OriginCallable
        allow_methods: str | Iterable[str]
        allow_headers: str | Iterable[str]
        expose_headers: str | Iterable[str]
        allow_credentials: bool | str
        max_age: int | timedelta | str
        dangerously_allow_insecure_origins: bool | str
        dangerously_allow_public_suffixes: bool | str


#: Fetch standard, "CORS-safelisted method": sent across origins whatever a preflight says.
SAFELISTED_METHODS = ("GET", "HEAD", "POST")
#: Fetch standard, "normalize a method": browsers send these in upper case.
NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
#: RFC 9110, section 9.2.1: they ask for nothing to be done.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: The methods that the views of one URL can be expected to have.
USUAL_METHODS = frozenset({*NORMALIZED_METHODS, "PATCH"})
#: Fetch standard, "forbidden method".
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
#: Fetch standard, "forbidden request-header", in lower case; see also the prefixes.
FORBIDDEN_REQUEST_HEADERS = frozenset(
    """accept-charset accept-encoding access-control-request-headers
    access-control-request-method connection content-length cookie cookie2 date dnt expect host
    keep-alive origin referer set-cookie te trailer transfer-encoding upgrade via""".split()
)
FORBIDDEN_REQUEST_HEADER_PREFIXES = ("proxy-", "sec-")
#: Fetch standard, "forbidden response-header name", in lower case.
FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})
#: RFC 9110, section 5.6.2.
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_MAX_AGE_CEILING = 86400

Complain = Callable[[object, str, str], None]


class Policy:
    """Who may read what across origins: immutable, and partial until it is put to use.

    Fields that are not given are *unset*; they read as ``None`` and are inherited when
    policies are merged. Wherever a list is taken, a string is read as one, its items separated
    by commas or blanks; numbers and booleans may be strings too. So settings from a
    configuration file or the environment need no conversion.

    :param allow_origins: who may read responses: ``"*"`` for everybody, or any number of exact
        origins (``https://app.example.com``), patterns (``https://*.example.com`` for all its
        subdomains, ``http://localhost:*`` for any port) and compiled regular expressions, which
        must match in full; or a callable ``(origin, environ) -> bool``. ``[]`` shares with
        nobody. There is no default.
    :param allow_methods: the methods that may be used, case-sensitive, or ``"*"``. Unset, it means
        GET, HEAD and POST, which browsers always send; in Flask, what the URL routes.
    :param allow_headers: the request headers that scripts may set beside the safelisted ones, or
        ``"*"``, which does not cover ``Authorization``: name that one beside it.
    :param expose_headers: the response headers that scripts may read beside the safelisted ones,
        or ``"*"``.
    :param allow_credentials: whether requests may carry cookies, HTTP authentication or TLS client
        certificates. Unset, it means no.
    :param max_age: for how long a browser may remember the answer to a preflight: whole seconds
        from 0 to 86400, or a ``timedelta``. Unset, browsers take 5 seconds.
    :param dangerously_allow_insecure_origins: with credentials, accept origins that are not https,
        which anybody on the network can pose as.
    :param dangerously_allow_public_suffixes: with credentials, accept wildcards over public
        suffixes, below which anybody can register a name.
    :raises ConfigError: if a field is unknown or wrong by itself, with all such problems.

    >>> base = Policy(allow_origins="https://a.example https://*.b.example", max_age=600)
    >>> base.allow_origins
    ('https://a.example', 'https://*.b.example')
    >>> base.merge(Policy(allow_credentials=True, max_age=5))
    Policy(allow_origins=('https://a.example', 'https://*.b.example'), allow_credentials=True, max_age=5)

    The rules behind the fields are those of the Fetch standard, `"CORS protocol"
    <https://fetch.spec.whatwg.org/#http-cors-protocol>`_.
    """

    __slots__ = (
        "allow_credentials",
        "allow_headers",
        "allow_methods",
        "allow_origins",
        "dangerously_allow_insecure_origins",
        "dangerously_allow_public_suffixes",
        "expose_headers",
        "max_age",
    )

    allow_origins: Literal["*"] | tuple[str | Pattern[str], ...] | OriginCallable | None
    allow_methods: Literal["*"] | tuple[str, ...] | None
    #: ``"*"`` may also stand among other names, as ``Authorization`` beside it.
    allow_headers: Literal["*"] | tuple[str, ...] | None
    expose_headers: Literal["*"] | tuple[str, ...] | None
    allow_credentials: bool | None
    #: Seconds.
    max_age: int | None
    dangerously_allow_insecure_origins: bool | None
    dangerously_allow_public_suffixes: bool | None

    def __init__(self, **fields: Unpack[PolicyFields]) -> None:
        problems = [
            _unknown_field(name, value) for name, value in fields.items() if name not in FIELDS
        ]
        self._set(
            {name: _parsed(name, fields[name], problems) for name in FIELDS if name in fields}  # type: ignore[literal-required]
        )
        if problems:
            raise ConfigError(problems)

    def merge(self, other: Policy) -> Policy:
        """A new policy in which each field that the other one sets replaces that of this one.

        :param other: the more specific policy.

        >>> Policy(allow_origins="*", max_age=60).merge(Policy(max_age=5))
        Policy(allow_origins='*', max_age=5)
        """
        return _restored({**self.settings(), **other.settings()})

    def settings(self) -> dict[str, Any]:
        """The fields that are set, in canonical form, by name.

        >>> Policy(allow_methods="GET, PUT").settings()
        {'allow_methods': ('GET', 'PUT')}
        """
        values = ((name, getattr(self, name)) for name in FIELDS)
        return {name: value for name, value in values if value is not None}

    def conflicts(self) -> tuple[Problem, ...]:
        """What stands in the way of putting this policy to use: fields wrong together or missing.

        >>> [problem.reason for problem in Policy(allow_origins="*", allow_credentials=True).conflicts()]
        ['wildcard-with-credentials']
        """
        problems = []
        if self.allow_origins is None:
            problems.append(_NO_ORIGINS)
        if self.allow_credentials:
            problems += _conflicts_with_credentials(self)
        return tuple(problems)

    def _set(self, settings: dict[str, Any]) -> None:
        for name in FIELDS:
            object.__setattr__(self, name, settings.get(name))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Policy is immutable; write policy.merge(Policy({name}=...))")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Policy is immutable")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Policy):
            return NotImplemented
        return self.settings() == other.settings()

    def __hash__(self) -> int:
        # A callable need not be hashable.
        return hash(
            tuple(
                (name, None if callable(value) else value)
                for name, value in self.settings().items()
            )
        )

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], Policy], tuple[dict[str, Any]]]:
        return _restored, (self.settings(),)

    def __repr__(self) -> str:
        return (
            f"Policy({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"
        )


def _restored(settings: dict[str, Any]) -> Policy:
    """A policy from settings in canonical form, which need no second validation."""
    policy = Policy.__new__(Policy)
    policy._set(settings)
    return policy


# --- one field alone: every form in which it may be written, into one -------------------------


def _parsed(name: str, value: object, problems: list[Problem]) -> object:
    def complain(value: object, reason: str, message: str) -> None:
        problems.append(Problem(name, value, reason, message))

    if value is None:
        complain(value, "wrong-type", "None is no value; leave the field out to have it unset")
        return None
    return FIELDS[name](value, complain)


def _origins(value: object, complain: Complain) -> object:
    if callable(value):
        if not is_sync_callable(value):
            complain(
                value, "wrong-type", "the callable must not be async: its result is never awaited"
            )
        return value
    items = [value] if isinstance(value, re.Pattern) else _items(value, complain)
    if _is_wildcard(items, complain, "origins"):
        return "*"
    for item in items:
        _check_origin(item, complain)
    return tuple(items)


def is_sync_callable(value: object) -> bool:
    """Whether something can be called, and not only to be awaited: WSGI has nobody to await it."""
    if not callable(value):
        return False
    return not any(map(inspect.iscoroutinefunction, (value, type(value).__call__)))


def _check_origin(item: object, complain: Complain) -> None:
    if isinstance(item, re.Pattern):
        if not isinstance(item.pattern, str):
            complain(item, "wrong-type", f"{shown(item)} matches bytes; compile it from a str")
    elif not isinstance(item, str):
        complain(
            item, "wrong-type", f"{shown(item)} is neither a str nor a compiled regular expression"
        )
    elif item not in ("null", "*"):
        try:
            parse_pattern(item)
        except OriginError as error:
            complain(item, error.reason, f"{shown(item)} {error.message}")


def _methods(value: object, complain: Complain) -> object:
    methods = _tokens(value, complain, "method")
    if _is_wildcard(methods, complain, "methods"):
        return "*"
    for method in methods:
        upper = method.upper()
        if upper in FORBIDDEN_METHODS:
            _complain_of_forbidden(method, "sends it on behalf of a script", complain)
        elif upper in NORMALIZED_METHODS and method != upper:
            complain(
                method, "not-normalized", f"browsers send {shown(method)} as {upper!r}; write that"
            )
    return tuple(dict.fromkeys(methods))


def _request_headers(value: object, complain: Complain) -> object:
    names = _header_names(value, complain)
    for name in names:
        if is_forbidden_request_header(name):
            _complain_of_forbidden(name, "lets a script set it", complain)
    return names


def _response_headers(value: object, complain: Complain) -> object:
    names = _header_names(value, complain)
    for name in names:
        if name.lower() in FORBIDDEN_RESPONSE_HEADERS:
            _complain_of_forbidden(name, "lets a script read it", complain)
    return names


def is_forbidden_request_header(name: str) -> bool:
    """Whether no script can set a header, whatever its value (Fetch, "forbidden request-header").

    >>> is_forbidden_request_header("Sec-Fetch-Mode"), is_forbidden_request_header("X-Token")
    (True, False)
    """
    lowered = name.lower()
    return lowered in FORBIDDEN_REQUEST_HEADERS or lowered.startswith(
        FORBIDDEN_REQUEST_HEADER_PREFIXES
    )


def _complain_of_forbidden(name: str, deed: str, complain: Complain) -> None:
    complain(name, "forbidden", f"{shown(name)} is forbidden: no browser {deed}; leave it out")


def _header_names(value: object, complain: Complain) -> Literal["*"] | tuple[str, ...]:
    # Names are case-insensitive: the first spelling of each stands.
    first_spellings: dict[str, str] = {}
    for name in _tokens(value, complain, "header name"):
        first_spellings.setdefault(name.lower(), name)
    names = tuple(first_spellings.values())
    return "*" if names == ("*",) else names


def _tokens(value: object, complain: Complain, what: str) -> list[str]:
    tokens = []
    for item in _items(value, complain):
        if isinstance(item, str) and TOKEN.fullmatch(item):
            tokens.append(item)
        else:
            complain(item, "malformed", f"{shown(item)} is no {what} (letters, digits and hyphens)")
    return tokens


def _items(value: object, complain: Complain) -> list[Any]:
    if isinstance(value, str):
        return [item for item in re.split(r"[,\s]+", value) if item]
    if isinstance(value, IterableABC) and not isinstance(value, (bytes, bytearray, Mapping)):
        # A set has no order of its own, and two runs of a program should send the same header.
        return sorted(value, key=str) if isinstance(value, (set, frozenset)) else list(value)
    complain(value, "wrong-type", f"{shown(value)} is neither a string nor a list of them")
    return []


def _is_wildcard(items: list[Any], complain: Complain, what: str) -> bool:
    if "*" in items and len(items) > 1:
        complain(
            "*",
            "wildcard-among-others",
            f'"*" already means all {what}; write it alone or leave it out',
        )
    return items == ["*"]


def _flag(value: object, complain: Complain) -> object:
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        complain(value, "wrong-type", f"{shown(value)} is neither true nor false")
    return value


def _seconds(value: object, complain: Complain) -> object:
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", value, re.ASCII):
        value = int(value)
    elif isinstance(value, timedelta) and not value.microseconds:
        value = value.days * 86400 + value.seconds
    if not isinstance(value, int) or isinstance(value, bool):
        complain(
            value,
            "wrong-type",
            f"{shown(value)} is no number of whole seconds, nor a timedelta of such",
        )
    elif not 0 <= value <= _MAX_AGE_CEILING:
        complain(
            value,
            "out-of-range",
            f"{shown(value)} is out of range: write whole seconds from 0 (do not cache) to"
            f" {_MAX_AGE_CEILING} (one day)",
        )
    return value


#: Each field with the function that parses what may be written there.
FIELDS: dict[str, Callable[[object, Complain], object]] = {
    "allow_origins": _origins,
    "allow_methods": _methods,
    "allow_headers": _request_headers,
    "expose_headers": _response_headers,
    "allow_credentials": _flag,
    "max_age": _seconds,
    "dangerously_allow_insecure_origins": _flag,
    "dangerously_allow_public_suffixes": _flag,
}


# --- fields together -----------------------------------------------------------------------------

_NO_ORIGINS = Problem(
    "allow_origins",
    None,
    "missing",
    "nothing is shared by default; write the origins that may read responses,"
    ' "*" for everybody or [] for nobody',
)
# Nobody lists an origin of this made-up name: what matches it matches anything, or at least
# anything under a name below which everybody can have one.
_MADE_UP_HOST = "wsgicors-probe-7f3a"
_MADE_UP_ORIGINS = (f"https://{_MADE_UP_HOST}.invalid", f"http://{_MADE_UP_HOST}.invalid:8081")
_MADE_UP_NEIGHBOURS = tuple(
    f"https://{_MADE_UP_HOST}.{suffix}"
    for suffix in "com net org io dev app co.uk github.io netlify.app vercel.app pages.dev".split()
)


def _conflicts_with_credentials(policy: Policy) -> list[Problem]:
    problems = []
    if policy.allow_origins == "*":
        problems.append(
            _wildcard_with_credentials(
                "allow_origins", "write the origins, or a callable that knows them"
            )
        )
    elif isinstance(policy.allow_origins, tuple):
        for item in policy.allow_origins:
            problems += _origin_conflicts(item, policy)
    if "*" in (policy.expose_headers or ()):
        problems.append(
            _wildcard_with_credentials("expose_headers", "write the names of the headers")
        )
    return problems


def _wildcard_with_credentials(field: str, remedy: str) -> Problem:
    # Fetch standard, "CORS protocol and credentials".
    return Problem(
        field,
        "*",
        "wildcard-with-credentials",
        f'browsers take "*" literally where allow_credentials is set; {remedy}, or do without credentials',
    )


def _origin_conflicts(item: str | Pattern[str], policy: Policy) -> list[Problem]:
    """What is wrong with trusting this origin or pattern with credentials."""
    if isinstance(item, re.Pattern):
        neighbours = () if policy.dangerously_allow_public_suffixes else _MADE_UP_NEIGHBOURS
        strangers = (*_MADE_UP_ORIGINS, *neighbours)
        return [_regex_matches_all(item)] if any(map(item.fullmatch, strangers)) else []
    if item == "null":
        return [_NULL_WITH_CREDENTIALS]
    # Most origins are of this kind, and there may be very many of them.
    if item.startswith("https://") and "*" not in item:
        return []
    return _pattern_conflicts(item, parse_pattern(item), policy)


def _pattern_conflicts(item: str, pattern: OriginPattern, policy: Policy) -> list[Problem]:
    problems = []
    if not pattern.is_secure and not policy.dangerously_allow_insecure_origins:
        problems.append(
            Problem(
                "allow_origins",
                item,
                "insecure-origin",
                f"{shown(item)} is not https: with allow_credentials, whoever controls a network"
                " between can pose as it and read your users' data; write https://, or set"
                " dangerously_allow_insecure_origins=True",
            )
        )
    if pattern.covers_strangers and not policy.dangerously_allow_public_suffixes:
        problems.append(
            Problem(
                "allow_origins",
                item,
                "public-suffix",
                f"{shown(item)} covers names that anybody can register (Public Suffix List): with"
                " allow_credentials they can read your users' data; write the names that are"
                " yours, or set dangerously_allow_public_suffixes=True",
            )
        )
    return problems


_NULL_WITH_CREDENTIALS = Problem(
    "allow_origins",
    "null",
    "null-with-credentials",
    "'null' is the origin of every sandboxed frame and local file, so anybody's: with"
    " allow_credentials they can read your users' data; leave it out, or do without credentials",
)


def _regex_matches_all(item: Pattern[str]) -> Problem:
    return Problem(
        "allow_origins",
        item,
        "matches-any-origin",
        f"{shown(item.pattern)} matches origins that nobody has thought of: with allow_credentials"
        " any of them can read your users' data; write one that names the hosts",
    )


# --- fields that do not exist ------------------------------------------------------------------

_WITHDRAWN = (
    "browsers withdrew the preflight headers of Private Network Access in favour of a permission"
    " prompt (Local Network Access), so there is nothing left to allow; leave it out"
)
_ROUTES = "to govern only some paths write routes={prefix: Policy(...)}; in Flask decorate blueprints or views"
_AUTOMATIC = "it is always done; leave it out"

# What other CORS libraries call things, in snake case without a prefix of "cors_": the field
# that does the same here, or what to do where there is none.
_NAMES_ELSEWHERE = {
    **dict.fromkeys(
        """origin origins allow_origin allowed_origin allowed_origins origin_whitelist allow_all_origins
        origin_allow_all allow_origin_regex allow_origin_regexes allowed_origin_regexes
        origin_regex_whitelist allow_origin_func allow_origin_request_func allow_origins_regex
        allow_any_origin""".split(),
        "allow_origins",
    ),
    **dict.fromkeys(
        "method methods allow_method allowed_methods request_methods".split(), "allow_methods"
    ),
    **dict.fromkeys(
        "header headers allow_header allowed_headers request_headers".split(), "allow_headers"
    ),
    **dict.fromkeys(
        "expose exposed exposed_headers response_headers exposes_headers".split(), "expose_headers"
    ),
    **dict.fromkeys(
        "credentials credentialed supports_credentials support_credentials allowed_credentials".split(),
        "allow_credentials",
    ),
    **dict.fromkeys(
        "maxage max_age_seconds max_age_in_seconds preflight_max_age".split(), "max_age"
    ),
    **dict.fromkeys("resources urls_regex path_prefix policies matchstrategy".split(), _ROUTES),
    **dict.fromkeys(
        "vary vary_header intercept_exceptions always_send automatic_options".split(), _AUTOMATIC
    ),
    **dict.fromkeys(
        "allow_private_network allow_private_networks private_network private_network_access".split(),
        _WITHDRAWN,
    ),
    "send_wildcard": 'allow_origins="*" always sends "*", and a list of origins never does; leave it out',
    "replace_https_referer": "it served an old CSRF check and has no use; leave it out",
    "preflight_continue": "to leave a path to the application write routes={prefix: None}",
    "options_passthrough": "to leave a path to the application write routes={prefix: None}",
    "options_success_status": "a preflight is answered with 204, which every browser takes; leave it out",
}


_MEANINGS = {**_NAMES_ELSEWHERE, **{name: name for name in FIELDS}}


def _unknown_field(name: str, value: object) -> Problem:
    advice = _advice(_snake_case(name))
    message = f"there is no field {shown(name)}; {advice}"
    return Problem(name, value, "unknown-field", message)


def _advice(name: str) -> str:
    meant = _MEANINGS.get(_nearest(name))
    if meant is None:
        return f"the fields are {', '.join(FIELDS)}"
    return f"write {meant}" if meant in FIELDS else meant


def nearest_field(name: str) -> str | None:
    """The field that somebody who wrote another name probably meant.

    >>> nearest_field("CORS_SUPPORTS_CREDENTIALS"), nearest_field("orgins"), nearest_field("pineapple")
    ('allow_credentials', 'allow_origins', None)
    """
    meant = _MEANINGS.get(_nearest(_snake_case(name)))
    return meant if meant in FIELDS else None


def _nearest(name: str) -> str:
    return next(iter(difflib.get_close_matches(name, _MEANINGS, n=1, cutoff=0.75)), name)


def _snake_case(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return snake.removeprefix("cors_")
