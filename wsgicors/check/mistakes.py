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
_IN_CLEAR = "Anybody on the user's network can change what comes over plain http, so anybody there"

#: By the kind of a hostile origin.
MISTAKES = {
    "any-origin": Mistake(
        "critical",
        "low",
        "Every origin that asks is allowed, so every site that a user visits",
        "Copy Origin into Access-Control-Allow-Origin only if it is on a list"
        ' (allow_origins=["https://app.example.com"]). If everybody may read it, send "*" without'
        ' Access-Control-Allow-Credentials (allow_origins="*").',
    ),
    "null-origin": Mistake(
        "high",
        "low",
        "Every site can open a sandboxed frame with the origin null, so every site that a user visits",
        (
            'Take "null" out of the list. If everybody may read it, send "*" without'
            ' Access-Control-Allow-Credentials (allow_origins="*").'
        ),
        implied_by=("any-origin",),
    ),
    "prefix": Mistake(
        "high",
        "medium",
        "Only the beginning of the origin is compared, so whoever registers a longer name that begins like it",
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
        (
            "A dot in the expression stands for any character, so whoever registers a name with another"
            " character there"
        ),
        _ESCAPE,
        implied_by=("any-origin", "public-suffix", "suffix"),
    ),
    "shortened": Mistake(
        "high",
        "medium",
        (
            "The origin is looked for in a text, and not in a list, so whoever registers a name that the text"
            " has in it"
        ),
        f'{_COMPARE} In Python, origin in ("https://app.example.com") looks in a text: a list has a comma, or'
        " brackets.",
        implied_by=("any-origin", "other-suffix"),
    ),
    "other-suffix": Mistake(
        "high",
        "medium",
        "The end of the name may be any, so whoever registers the name under another one",
        "Write each name in full"
        ' (allow_origins=["https://app.example.com", "https://app.example.org"]).',
        implied_by=("any-origin", "prefix"),
    ),
    "special-characters": Mistake(
        "high",
        "medium",
        "The comparison stops at a special character in the host name, so whoever owns the name after it",
        _ESCAPE,
        implied_by=("any-origin", "prefix"),
    ),
    "public-suffix": Mistake(
        "high",
        "medium",
        "Anybody can register a name below this public suffix, so any stranger there",
        'Allow only names below your own domain (allow_origins=["https://*.example.com"]).',
        implied_by=("any-origin",),
    ),
    "shared-host": Mistake(
        "high",
        "medium",
        "Anybody can get a name at this host in a minute, so any stranger there",
        'Allow only your own name there (allow_origins=["https://my-app.netlify.app"]). For previews, keep'
        ' your own part of the name (allow_origins=["https://deploy-preview-*--my-app.netlify.app"]).',
        implied_by=("any-origin", "public-suffix"),
    ),
    "local-name": Mistake(
        "high",
        "medium",
        (
            "An origin is allowed if localhost, or the address of this machine, is anywhere in it, so"
            " whoever registers such a name"
        ),
        f'{_COMPARE} For every port of this machine, write allow_origins=["http://localhost:*"].',
        implied_by=("any-origin",),
    ),
    "address": Mistake(
        "high",
        "medium",
        "Every IP address is allowed, so whoever has a server, or a device in the user's network",
        'Allow only your own address, with its port (allow_origins=["http://192.168.1.20:8080"]).',
        implied_by=("any-origin",),
    ),
    "extension": Mistake(
        "high",
        "medium",
        "Every extension of this kind is allowed, so any that a user has installed",
        "Allow only your own extension, by its identity"
        ' (allow_origins=["chrome-extension://<id>"]).',
        implied_by=("any-origin",),
    ),
    "local-file": Mistake(
        "high",
        "low",
        (
            "Every file that is opened in a desktop or mobile application may have the origin file://, so"
            " whoever makes a user open one"
        ),
        'Take "file://" out of the list, or share only what everybody may read'
        ' (allow_origins="*").',
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
        "Every subdomain is allowed, so a subdomain that is forgotten, rented out or hacked",
        "List the origins that you need (allow_origins). If you need all subdomains, tell this scan:"
        ' --origin "https://*.example.com".',
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
        (
            "Origins are changed before they are compared (case, dot at the end, user name). Worse mistakes"
            " often begin like this. A page of this origin"
        ),
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
    how = "with the user's cookies" if credentials else "but without the user's cookies"
    severity = mistake.with_credentials if credentials else mistake.without_credentials
    why = f"{mistake.who} {does}, {how}."
    return Finding(severity, kind, why, mistake.remedy, exchange, tuple(origins))
