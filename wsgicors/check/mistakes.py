"""The mistakes that let origins in: who can use each of them, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from .findings import Finding

if TYPE_CHECKING:
    from ..fetch import Exchange


class Mistake(NamedTuple):
    """One way to allow more than was meant."""

    #: How severe it is where the user's credentials come along.
    with_credentials: str
    without_credentials: str
    #: What is wrong, and who gets in: the beginning of a sentence.
    who: str
    remedy: str
    #: The mistakes that let in the same origins and more.
    implied_by: tuple[str, ...] = ()


_COMPARE = (
    "Compare the whole Origin header with each origin of a list"
    ' (allow_origins=["https://app.example.com"]).'
)
_ESCAPE = f"{_COMPARE} In a regular expression, escape the dots and match to the very end."
_IN_CLEAR = "What comes over plain http can be rewritten on the user's network, so anybody there"

#: By the kind of a hostile origin.
MISTAKES = {
    "any-origin": Mistake(
        "critical",
        "low",
        "Whatever origin asks is allowed, so every site that a user visits",
        "Copy Origin into Access-Control-Allow-Origin only if it is on a list"
        ' (allow_origins=["https://app.example.com"]). What everybody may read is sent with "*"'
        ' and without Access-Control-Allow-Credentials (allow_origins="*").',
    ),
    "null-origin": Mistake(
        "high",
        "low",
        "Any site can open a sandboxed frame, whose origin is null, so every site that a user"
        " visits",
        'Take "null" out of the list. What everybody may read is sent with "*" and without'
        ' Access-Control-Allow-Credentials (allow_origins="*").',
        implied_by=("any-origin",),
    ),
    "prefix": Mistake(
        "high",
        "medium",
        "Only the beginning of the origin is compared, so whoever registers a name that goes on"
        " from there",
        _COMPARE,
        implied_by=("any-origin",),
    ),
    "suffix": Mistake(
        "high",
        "medium",
        "Only the end of the origin is compared, so whoever registers a name that ends like it",
        f"{_COMPARE} For subdomains, compare with the dot before the name"
        ' (allow_origins=["https://*.example.com"]).',
        implied_by=("any-origin", "public-suffix"),
    ),
    "unescaped-dot": Mistake(
        "high",
        "medium",
        "A dot stands for any character, so whoever registers a name with another one in its place",
        _ESCAPE,
        implied_by=("any-origin", "public-suffix", "suffix"),
    ),
    "special-characters": Mistake(
        "high",
        "medium",
        "The comparison ends at a character that browsers accept in host names, so whoever owns the"
        " name behind it",
        _ESCAPE,
        implied_by=("any-origin", "prefix"),
    ),
    "public-suffix": Mistake(
        "high",
        "medium",
        "Everybody can have a name below this public suffix, so any stranger there",
        'Allow the names below one that is yours (allow_origins=["https://*.example.com"]).',
        implied_by=("any-origin",),
    ),
    "http-twin": Mistake(
        "high",
        "low",
        _IN_CLEAR,
        "Allow the https origin only, and redirect its pages from http to https.",
        implied_by=("any-origin",),
    ),
    "insecure-origin": Mistake(
        "high",
        "low",
        _IN_CLEAR,
        "Serve that page over https, and allow its https origin in place of this one.",
    ),
    "subdomain": Mistake(
        "medium",
        "low",
        "Every subdomain is allowed, so one that is forgotten, rented out or broken into",
        "List the origins that you mean (allow_origins). If all subdomains are meant, tell this"
        ' scan: --origin "https://*.example.com".',
        implied_by=("any-origin", "public-suffix"),
    ),
    "other-port": Mistake(
        "medium",
        "low",
        "Every port of the host is allowed, so any other program that serves pages there",
        f"{_COMPARE} The port is part of it.",
        implied_by=("any-origin", "prefix"),
    ),
    "loose-comparison": Mistake(
        "low",
        "low",
        "Origins are taken apart or changed (case, dot at the end, user name) before they are"
        " compared, which is how worse mistakes begin: a page of this origin",
        _COMPARE,
        implied_by=("any-origin", "prefix"),
    ),
}


def let_in(
    kind: str, origins: Iterable[str], exchange: Exchange, *, reads: bool, credentials: bool
) -> Finding:
    """Origins are allowed that should not be.

    :param kind: one of ``MISTAKES``.
    :param exchange: how one of them was let in.
    :param reads: whether responses can be read, and not only preflighted requests be sent.
    :param credentials: whether the user's credentials go along.
    """
    mistake = MISTAKES[kind]
    does = "can read the response" if reads else "can send requests that need a preflight"
    how = "with the user's cookies" if credentials else "though without the user's cookies"
    severity = mistake.with_credentials if credentials else mistake.without_credentials
    why = f"{mistake.who} {does}, {how}."
    return Finding(severity, kind, why, mistake.remedy, exchange, tuple(origins))
