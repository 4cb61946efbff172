"""What is wrong with fields together: what would be no use, or open a door. Looks at no request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from re import Pattern
from typing import Any, NamedTuple

from .diagnosis import parse_pattern
from .errors import Problem, shown
from .origins import OriginPattern, OriginSet
from .strangers import Stranger, admits_only_insecure, strangers_admitted_by
from .suffixes import is_unlisted

Settings = Mapping[str, Any]

_NO_ORIGINS = Problem(
    "allow_origins",
    None,
    "missing",
    "nothing is shared by default; write the origins that may read responses,"
    ' "*" for everybody or [] for nobody',
)


class _Harm(NamedTuple):
    """What somebody who is trusted by mistake can do."""

    said: str
    #: The reason code for an origin that every page can have, and what to do about it.
    null: tuple[str, str]


_READ_DATA = _Harm(
    "with allow_credentials they can read your users' data",
    ("null-with-credentials", "leave it out, or do without credentials"),
)
_ACT = _Harm(
    "refuse_denied would not keep them from acting as your users",
    ("null-with-refuse-denied", "leave it out, or set refuse_denied=False"),
)


def conflicts(settings: Settings) -> list[Problem]:
    """What stands in the way of putting settings to use.

    :param settings: those of a policy, in canonical form, by field.
    """
    return [problem for _, problem in conflicts_by_cause(settings)]


def conflicts_by_cause(settings: Settings) -> Iterator[tuple[str | None, Problem]]:
    """The same, each with the other field that makes it one.

    :param settings: those of a policy, in canonical form, by field.
    """
    if "allow_origins" not in settings:
        yield None, _NO_ORIGINS
    trusted = settings.get("allow_credentials")
    if trusted:
        for problem in _conflicts_with_credentials(settings):
            yield "allow_credentials", problem
    # Where all may use credentials, the same origins were looked at already.
    if settings.get("refuse_denied") and trusted is not True:
        for problem in _conflicts_with_refusal(settings):
            yield "refuse_denied", problem


def unused_credentials(settings: Settings) -> list[Problem]:
    """Origins that may use credentials, but that the ``allow_origins`` beside them do not admit.

    :param settings: those that were written in one place.
    """
    trusted, origins = settings.get("allow_credentials"), settings.get("allow_origins")
    if not isinstance(trusted, tuple) or not isinstance(origins, tuple):
        return []
    listed = OriginSet(item for item in origins if isinstance(item, str))
    expressions = [item for item in origins if isinstance(item, re.Pattern)]
    return [
        _not_allowed(origin)
        for origin in trusted
        if isinstance(origin, str)
        and "*" not in origin
        and origin not in listed
        and not any(expression.fullmatch(origin) for expression in expressions)
    ]


def refuses_nothing(settings: Settings) -> bool:
    """Whether what is denied is to be refused, and nothing is denied.

    Where that was inherited it does no harm: others may have inherited it, too.
    """
    return bool(settings.get("refuse_denied")) and settings.get("allow_origins") == "*"


REFUSES_NOTHING = Problem(
    "refuse_denied",
    True,
    "refuses-nothing",
    'nothing is refused where allow_origins is "*", because nobody is denied; write the origins that may'
    " do something, or refuse_denied=False",
)


def method_overrides(policies: Iterable[Any]) -> list[str]:
    """The headers that some policies allow, and that make another method of the one that was allowed.

    :param policies: those that do not allow all methods anyway.
    """
    names = {name for policy in policies for name in policy.allow_headers or ()}
    return sorted(name for name in names if name.lower() in _OVERRIDES)


def overrides_by_wildcard(policy: Any, asked: Iterable[str]) -> list[str]:
    """Those of the headers that are asked for by which ``"*"`` allows what `method_overrides` is about.

    :param asked: names in lower case.
    """
    names = policy.allow_headers or ()
    named = {name.lower() for name in names}
    return sorted(_OVERRIDES.intersection(asked) - named) if "*" in names else []


# A request says in them that it is one of another method.
_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
OVERRIDE = (
    "allow_headers names %s: if the application obeys this header, a page that may POST can use any method,"
    " also one that the policy does not allow; leave it out, and let the page send the method itself"
)
OVERRIDE_BY_WILDCARD = (
    'allow_headers="*" lets %s pass for %s: if the application obeys this header, a page that may POST can use'
    " any method, also one that the policy does not allow; write the names of the headers, without this one"
)


def _not_allowed(origin: str) -> Problem:
    return Problem(
        "allow_credentials",
        origin,
        "origin-not-allowed",
        (
            f"{shown(origin)} may use credentials, but allow_origins does not have it; write it there too,"
            " or leave it out here"
        ),
    )


def _conflicts_with_credentials(settings: Settings) -> list[Problem]:
    problems = []
    trusted = settings["allow_credentials"]
    # A list says itself who may use credentials, so that nobody else need be trusted.
    field = "allow_credentials" if isinstance(trusted, tuple) else "allow_origins"
    items = settings.get(field)
    if items == "*":
        problems.append(_wildcard_with_credentials(field, "everybody", _WHO_MAY))
    elif isinstance(items, tuple):
        problems += _origin_conflicts(field, items, settings, _READ_DATA)
    if "*" in settings.get("expose_headers", ()):
        problems.append(
            _wildcard_with_credentials("expose_headers", "every header", _WHICH_HEADERS)
        )
    return problems


def _conflicts_with_refusal(settings: Settings) -> list[Problem]:
    """Where a stranger's page would not be refused, because it may have an origin that is allowed."""
    items = settings.get("allow_origins")
    if not isinstance(items, tuple):
        return []
    # No page of a stranger has an origin of plain http that is listed.
    settings = {**settings, "dangerously_allow_insecure_origins": True}
    return _origin_conflicts("allow_origins", items, settings, _ACT)


_WHICH_HEADERS = "write the names of the headers, or do without credentials"
_WHO_MAY = (
    "write the origins, or a callable that knows them, or do without credentials; if everybody may read and"
    " only some may use credentials, list those: allow_credentials=[...]"
)


def _wildcard_with_credentials(field: str, meant: str, remedy: str) -> Problem:
    # Fetch standard, "CORS protocol and credentials".
    return Problem(
        field,
        "*",
        "wildcard-with-credentials",
        f'with allow_credentials, "*" does not mean {meant} to browsers; {remedy}',
    )


def _origin_conflicts(
    field: str, items: Iterable[str | Pattern[str]], settings: Settings, harm: _Harm
) -> list[Problem]:
    """What is wrong with trusting origins, patterns and expressions."""
    problems = []
    for item in items:
        # Most origins are of this kind, and there may be very many of them.
        if isinstance(item, str) and item.startswith("https://") and "*" not in item:
            continue
        found = (
            _expression_faults(item, settings, harm)
            if isinstance(item, re.Pattern)
            else _text_faults(item, settings, harm)
        )
        problems += [Problem(field, item, reason, message) for reason, message in found]
    return problems


def _text_faults(item: str, settings: Settings, harm: _Harm) -> list[tuple[str, str]]:
    if item == "null":
        return [_null_fault(harm)]
    return _pattern_faults(item, parse_pattern(item), settings, harm)


def _null_fault(harm: _Harm) -> tuple[str, str]:
    reason, remedy = harm.null
    return reason, (
        f"'null' is the origin of every sandboxed frame and local file, so anybody can have it: {harm.said};"
        f" {remedy}"
    )


def _pattern_faults(
    item: str, pattern: OriginPattern, settings: Settings, harm: _Harm
) -> list[tuple[str, str]]:
    if pattern.is_anybodys:
        # No page of the web can have one, so that strangers cannot act by it.
        return [("anybodys-origin", f"{shown(item)} {_ANYBODYS}")] if harm is _READ_DATA else []
    faults = []
    if not pattern.is_secure and not settings.get("dangerously_allow_insecure_origins"):
        faults.append(("insecure-origin", f"{shown(item)} {_INSECURE}"))
    if pattern.covers_strangers and not settings.get("dangerously_allow_public_suffixes"):
        covers = _UNLISTED if is_unlisted(pattern.host) else _PUBLIC_SUFFIX
        faults.append(("public-suffix", f"{shown(item)} {covers.format(harm.said, pattern.host)}"))
    return faults


_ANYBODYS = (
    "is the origin of local files, or of any application or extension of that scheme, so anybody can have it:"
    f" {_READ_DATA.said}; write the one that is yours, or do without credentials"
)
_INSECURE = (
    "is not https: with allow_credentials, whoever controls the network can pretend to be it and read your"
    " users' data; write https://, or set dangerously_allow_insecure_origins=True"
)
_PUBLIC_SUFFIX = (
    "covers names that anybody can register (Public Suffix List): {}; write the names that are"
    " yours, or set dangerously_allow_public_suffixes=True"
)
_UNLISTED = (
    "covers all names of a network that uses .{1} inside, whoever has them: {0}; write a longer name, such as"
    " 'https://*.shop.{1}', or set dangerously_allow_public_suffixes=True"
)


def _expression_faults(
    expression: Pattern[str], settings: Settings, harm: _Harm
) -> list[tuple[str, str]]:
    takes_insecure = settings.get("dangerously_allow_insecure_origins")
    schemes = ("https", "http") if takes_insecure else ("https",)
    written = shown(expression.pattern)
    strangers = strangers_admitted_by(expression, schemes)
    if harm is _ACT:
        strangers = [each for each in strangers if _is_of_the_web(each)]
    if settings.get("dangerously_allow_public_suffixes"):
        strangers = [each for each in strangers if each.reason in _NEVER_TAKEN]
    if strangers:
        return [(strangers[0].reason, f"{written} {_admits(strangers[0], harm)}")]
    insecure = None if takes_insecure else admits_only_insecure(expression)
    if insecure is not None:
        return [("insecure-origin", f"{written} admits {shown(insecure)}, which {_INSECURE}")]
    # With credentials, this one is denied when it comes.
    if harm is _ACT and expression.fullmatch("null"):
        return [_null_fault(harm)]
    return []


def _is_of_the_web(stranger: Stranger) -> bool:
    return stranger.origin is None or stranger.origin.startswith(("https:", "http:"))


# Whatever opt-out is set.
_NEVER_TAKEN = ("matches-any-origin", "cannot-be-checked")


def _admits(stranger: Stranger, harm: _Harm) -> str:
    if stranger.origin is None:
        return (
            "cannot be checked for strangers that it allows; write it without lookahead, lookbehind and"
            " backreferences, with ^ and $ only at its ends, or list origins and patterns such as"
            " 'https://*.example.com'"
        )
    if stranger.beside is not None:
        both = "|".join(domain.replace(".", r"\.") for domain in stranger.domains)
        return (
            f"also allows {shown(stranger.origin)} beside {shown(stranger.beside)}, and one of them may belong"
            f" to a stranger: {harm.said}; leave no single character of the name out, and write each name that"
            f" is yours: (?:{both})"
        )
    remedy = _REMEDIES[stranger.reason]
    return f"also allows {shown(stranger.origin)}, which may belong to a stranger: {harm.said}; {remedy}"


_REMEDIES = {
    "matches-any-origin": r"write one that spells out the end of the name, such as r'https://[a-z]+\.example\.com'",
    "admits-strangers": (
        r"write \. for each dot, also for one before the name, and repeat nothing in the name, or use a pattern"
        " such as 'https://*.example.com'"
    ),
    "without-dot": (
        r"put alternatives in parentheses, such as r'https://(?:app|www)\.example\.com'; if the name is yours,"
        " list it by itself"
    ),
    "public-suffix": (
        "write the names that are yours, or set dangerously_allow_public_suffixes=True"
    ),
}
