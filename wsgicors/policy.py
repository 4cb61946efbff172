"""`Policy`: the fields of a CORS policy, their validation and merging; writes no header.

Every form in which a field may be given is parsed here, once, into one canonical form. What
is wrong in a field by itself is found when the policy is made; what is wrong only in company
(``conflicts``) when the policy is put to use, because a policy may be partial until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, NoReturn

from .attributes import SaidWhenMade
from .errors import ConfigError, Problem, called_as, shown
from .fields import FIELDS, parsed
from .guards import conflicts, unused_credentials
from .vocabulary import unknown_field, without_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta
    from re import Pattern
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
        allow_credentials: bool | str | Pattern[str] | Iterable[str | Pattern[str]]
        max_age: int | timedelta | str
        refuse_denied: bool | str
        dangerously_allow_insecure_origins: bool | str
        dangerously_allow_public_suffixes: bool | str


class Policy(SaidWhenMade):
    """Who may read what across origins: immutable, and partial until it is put to use.

    Fields that are not given are *unset*; they read as ``None`` and are inherited when
    policies are merged. Wherever a list is taken, a string is read as one, its items separated
    by commas or blanks; numbers and booleans may be strings too. So settings from a
    configuration file or the environment need no conversion.

    :param allow_origins: who may read responses. ``"*"`` is everybody, and ``[]`` nobody. A list may
        hold exact origins (``https://app.example.com``, ``tauri://localhost``), patterns, and
        compiled regular expressions, which must match in full. Patterns are
        ``https://*.example.com`` (all subdomains), ``https://pr-*.example.com`` (names that begin
        so), ``http://localhost:*`` (any port) and ``moz-extension://*`` (any extension). A callable
        ``(origin, environ) -> bool`` decides by itself. There is no default.
    :param allow_methods: the methods that may be used, case-sensitive, or ``"*"``. Unset, it means
        GET, HEAD and POST, which browsers always send; in Flask, what the URL routes.
    :param allow_headers: the request headers that scripts may set beside the safelisted ones, or
        ``"*"``, which does not cover ``Authorization``: name that one beside it.
    :param expose_headers: the response headers that scripts may read beside the safelisted ones,
        or ``"*"``.
    :param allow_credentials: whether requests may carry cookies, HTTP authentication or TLS client
        certificates; or which of the allowed origins may use them, as a list of origins, patterns and
        compiled expressions. Unset, it means no.
    :param max_age: for how long a browser may remember the answer to a preflight: whole seconds
        from 0 to 86400, or a ``timedelta``. Unset, browsers take 5 seconds.
    :param refuse_denied: whether what a foreign page may not read it may not do either: its
        requests that may have effects (all but GET, HEAD and OPTIONS, and WebSocket handshakes) are
        answered with 403 ahead of the application, unless its origin is allowed. Unset, it means no.
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
        "__weakref__",
        "_compiled",
        "allow_credentials",
        "allow_headers",
        "allow_methods",
        "allow_origins",
        "dangerously_allow_insecure_origins",
        "dangerously_allow_public_suffixes",
        "expose_headers",
        "max_age",
        "refuse_denied",
    )

    _named_when_made = frozenset(FIELDS)
    _instead_in_class = "{0} = Policy({1}=...)"

    allow_origins: Literal["*"] | tuple[str | Pattern[str], ...] | OriginCallable | None
    allow_methods: Literal["*"] | tuple[str, ...] | None
    #: ``"*"`` may also stand among other names, as ``Authorization`` beside it.
    allow_headers: Literal["*"] | tuple[str, ...] | None
    expose_headers: Literal["*"] | tuple[str, ...] | None
    allow_credentials: bool | tuple[str | Pattern[str], ...] | None
    #: Seconds.
    max_age: int | None
    refuse_denied: bool | None
    dangerously_allow_insecure_origins: bool | None
    dangerously_allow_public_suffixes: bool | None
    # What somebody has made of this policy and wants to find here again. It goes when the policy goes.
    _compiled: Any

    def __init__(self, /, *misplaced: Any, **fields: Unpack[PolicyFields]) -> None:
        problems = [without_name("Policy", each) for each in misplaced] + [
            unknown_field(name, value) for name, value in fields.items() if name not in FIELDS
        ]
        settings = {
            name: parsed(name, fields[name], problems)  # type: ignore[literal-required]
            for name in FIELDS
            if name in fields
        }
        problems = problems or unused_credentials(settings)
        self._set(settings)
        if problems:
            raise ConfigError(problems)

    @called_as("policy.merge(Policy(max_age=5))")
    def merge(self, other: Policy) -> Policy:
        """A new policy in which each field that the other one sets replaces that of this one.

        :param other: the more specific policy.
        :raises ConfigError: if it is something else.

        >>> Policy(allow_origins="*", max_age=60).merge(Policy(max_age=5))
        Policy(allow_origins='*', max_age=5)
        """
        if not isinstance(other, Policy):
            message = f"{shown(other)} is not a Policy; write merge(Policy(...))"
            raise ConfigError([Problem("policy", other, "wrong-type", message)])
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
        return tuple(conflicts(self.settings()))

    def _set(self, settings: dict[str, Any]) -> None:
        for name in FIELDS:
            object.__setattr__(self, name, settings.get(name))
        self._keep(None)

    def _keep(self, compiled: object) -> None:
        """Have something found here again that was made of this policy."""
        object.__setattr__(self, "_compiled", compiled)

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
