"""What is wrong with fields together: what would be no use, or open a door. Looks at no request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from re import Pattern
from typing import Any

from .diagnosis import parse_pattern
from .errors import Problem, shown
from .origins import OriginPattern

Settings = Mapping[str, Any]

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


def _conflicts_with_credentials(settings: Settings) -> list[Problem]:
    problems = []
    origins = settings.get("allow_origins")
    if origins == "*":
        problems.append(
            _wildcard_with_credentials(
                "allow_origins", "write the origins, or a callable that knows them"
            )
        )
    elif isinstance(origins, tuple):
        for item in origins:
            problems += _origin_conflicts(item, settings)
    if "*" in (settings.get("expose_headers", ())):
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


def _origin_conflicts(item: str | Pattern[str], settings: Settings) -> list[Problem]:
    """What is wrong with trusting this origin or pattern with credentials."""
    if isinstance(item, re.Pattern):
        neighbours = (
            () if settings.get("dangerously_allow_public_suffixes") else _MADE_UP_NEIGHBOURS
        )
        strangers = (*_MADE_UP_ORIGINS, *neighbours)
        return [_regex_matches_all(item)] if any(map(item.fullmatch, strangers)) else []
    if item == "null":
        return [_NULL_WITH_CREDENTIALS]
    # Most origins are of this kind, and there may be very many of them.
    if item.startswith("https://") and "*" not in item:
        return []
    return _pattern_conflicts(item, parse_pattern(item), settings)


def _pattern_conflicts(item: str, pattern: OriginPattern, settings: Settings) -> list[Problem]:
    problems = []
    if not pattern.is_secure and not settings.get("dangerously_allow_insecure_origins"):
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
    if pattern.covers_strangers and not settings.get("dangerously_allow_public_suffixes"):
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
