"""What is wrong with fields together: what would be no use, or open a door. Looks at no request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from re import Pattern
from typing import Any

from .diagnosis import parse_pattern
from .errors import Problem, shown
from .origins import OriginPattern, OriginSet
from .strangers import Stranger, admits_only_insecure, strangers_admitted_by

Settings = Mapping[str, Any]

_NO_ORIGINS = Problem(
    "allow_origins",
    None,
    "missing",
    "nothing is shared by default; write the origins that may read responses,"
    ' "*" for everybody or [] for nobody',
)
_READ_DATA = "with allow_credentials they can read your users' data"


def conflicts(settings: Settings) -> list[Problem]:
    """What stands in the way of putting settings to use.

    :param settings: those of a policy, in canonical form, by field.
    """
    problems = []
    if "allow_origins" not in settings:
        problems.append(_NO_ORIGINS)
    if settings.get("allow_credentials"):
        problems += _conflicts_with_credentials(settings)
    return problems


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
        problems.append(_wildcard_with_credentials(field, _WHO_MAY))
    elif isinstance(items, tuple):
        problems += _origin_conflicts(field, items, settings)
    if "*" in settings.get("expose_headers", ()):
        problems.append(_wildcard_with_credentials("expose_headers", _WHICH_HEADERS))
    return problems


_WHICH_HEADERS = "write the names of the headers, or do without credentials"
_WHO_MAY = (
    "write the origins, or a callable that knows them, or do without credentials; if everybody may read and"
    " only some may use credentials, list those: allow_credentials=[...]"
)


def _wildcard_with_credentials(field: str, remedy: str) -> Problem:
    # Fetch standard, "CORS protocol and credentials".
    return Problem(
        field,
        "*",
        "wildcard-with-credentials",
        f'with allow_credentials, browsers take "*" literally; {remedy}',
    )


def _origin_conflicts(
    field: str, items: Iterable[str | Pattern[str]], settings: Settings
) -> list[Problem]:
    """What is wrong with trusting origins, patterns and expressions with credentials."""
    problems = []
    for item in items:
        # Most origins are of this kind, and there may be very many of them.
        if isinstance(item, str) and item.startswith("https://") and "*" not in item:
            continue
        found = (
            _expression_faults(item, settings)
            if isinstance(item, re.Pattern)
            else _text_faults(item, settings)
        )
        problems += [Problem(field, item, reason, message) for reason, message in found]
    return problems


def _text_faults(item: str, settings: Settings) -> list[tuple[str, str]]:
    if item == "null":
        return [("null-with-credentials", _NULL_WITH_CREDENTIALS)]
    return _pattern_faults(item, parse_pattern(item), settings)


_NULL_WITH_CREDENTIALS = (
    f"'null' is the origin of every sandboxed frame and local file, so anybody can have it: {_READ_DATA};"
    " leave it out, or do without credentials"
)


def _pattern_faults(item: str, pattern: OriginPattern, settings: Settings) -> list[tuple[str, str]]:
    if pattern.is_anybodys:
        return [("anybodys-origin", f"{shown(item)} {_ANYBODYS}")]
    faults = []
    if not pattern.is_secure and not settings.get("dangerously_allow_insecure_origins"):
        faults.append(("insecure-origin", f"{shown(item)} {_INSECURE}"))
    if pattern.covers_strangers and not settings.get("dangerously_allow_public_suffixes"):
        faults.append(("public-suffix", f"{shown(item)} {_PUBLIC_SUFFIX}"))
    return faults


_ANYBODYS = (
    "is the origin of local files, or of any application or extension of that scheme, so anybody can have it:"
    f" {_READ_DATA}; write the one that is yours, or do without credentials"
)
_INSECURE = (
    "is not https: with allow_credentials, whoever controls the network can pretend to be it and read your"
    " users' data; write https://, or set dangerously_allow_insecure_origins=True"
)
_PUBLIC_SUFFIX = (
    f"covers names that anybody can register (Public Suffix List): {_READ_DATA}; write the names that are"
    " yours, or set dangerously_allow_public_suffixes=True"
)


def _expression_faults(expression: Pattern[str], settings: Settings) -> list[tuple[str, str]]:
    takes_insecure = settings.get("dangerously_allow_insecure_origins")
    schemes = ("https", "http") if takes_insecure else ("https",)
    written = shown(expression.pattern)
    strangers = strangers_admitted_by(expression, schemes)
    if settings.get("dangerously_allow_public_suffixes"):
        strangers = [each for each in strangers if each.reason in _NEVER_TAKEN]
    if strangers:
        return [(strangers[0].reason, f"{written} {_admits(strangers[0])}")]
    insecure = None if takes_insecure else admits_only_insecure(expression)
    if insecure is not None:
        return [("insecure-origin", f"{written} admits {shown(insecure)}, which {_INSECURE}")]
    return []


# Whatever opt-out is set.
_NEVER_TAKEN = ("matches-any-origin", "cannot-be-checked")


def _admits(stranger: Stranger) -> str:
    if stranger.origin is None:
        return (
            "cannot be checked for strangers that it allows; write it without lookahead, lookbehind and"
            " backreferences, with ^ and $ only at its ends, or list origins and patterns such as"
            " 'https://*.example.com'"
        )
    remedy = _REMEDIES[stranger.reason]
    return f"also allows {shown(stranger.origin)}, which may belong to a stranger: {_READ_DATA}; {remedy}"


_REMEDIES = {
    "matches-any-origin": r"write one that spells out the end of the name, such as r'https://[a-z]+\.example\.com'",
    "admits-strangers": (
        r"write \. for each dot, also for one before the name, or use a pattern such as 'https://*.example.com'"
    ),
    "public-suffix": (
        "write the names that are yours, or set dangerously_allow_public_suffixes=True"
    ),
}
