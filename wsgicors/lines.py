"""The header lines of a response: the application's and those of a decision, put together.

A policy is the only author of ``Access-Control-*`` on what it governs, and a co-author of ``Vary``.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

from .errors import shown
from .names import CREDENTIALS, TOKEN, VARY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .headers import Decision
    from .names import HeaderLine

logger = logging.getLogger("wsgicors")

#: Names of header lines that need no closer look, as they were seen to be written.
PLAIN_NAMES: set[str] = set()
# No sane application has more of them, nor more different values of `Vary`.
_MAX_REMEMBERED = 1024
# How many of an application's names are told of.
_MAX_TOLD = 16

_EXPOSE = "access-control-expose-headers"
_REPLACED = (
    "the application wrote %s on a response that a policy governs, so the policy replaced it. Write it in"
    " the policy, or exempt the path"
)

#: By what the application wrote, its ``Vary`` and ours in one line. What names ``Origin`` itself is not among
#: them, as it may be of a layer inside (`layers.py`).
VARY_LINES: dict[str, HeaderLine] = {}


class Author:
    """Writes the lines of responses for one application, and tells once of each name that is lost."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        #: Whether it was told that something inside does not share what is shared here.
        self.has_told_of_denial = False

    def with_headers(
        self, headers: list[HeaderLine], decision: Decision, tells: bool = True
    ) -> list[HeaderLine]:
        """The application's header lines and those of a decision, in a new list.

        :param headers: of the application. Its ``Access-Control-*`` lines are dropped, but for the
            names that it exposes; its ``Vary`` is merged.
        :param tells: whether the log shall tell what is lost.

        >>> from wsgicors import Policy
        >>> from wsgicors.headers import HeaderBuilder
        >>> decision = HeaderBuilder(Policy(allow_origins="https://a.example")).actual("https://a.example")
        >>> Author().with_headers([("vary", "Accept-Encoding")], decision)
        [('Access-Control-Allow-Origin', 'https://a.example'), ('Vary', 'Accept-Encoding, Origin')]
        """
        # All of them are looked at, so that all are known the next time.
        are_plain = [line[0] in PLAIN_NAMES or _is_plain(line[0]) for line in headers]
        if all(are_plain):
            return headers + decision.lines
        return self._merged(headers, decision, tells)

    def _merged(
        self, headers: list[HeaderLine], decision: Decision, tells: bool
    ) -> list[HeaderLine]:
        """The same, whatever lines there are."""
        by_kind: dict[str, list[HeaderLine]] = defaultdict(list)
        for line in headers:
            by_kind[_kind(line[0].lower(), decision)].append(line)
        for name, _ in by_kind["lost"] if tells else ():
            self._tell(name)
        kept, exposed, vary = by_kind["kept"], by_kind["exposed"], by_kind["vary"]
        lines = _exposing([value for _, value in exposed], decision) if exposed else decision.lines
        if not vary:
            return kept + lines
        values = ",".join([value for _, value in vary])
        return [*kept, *lines[:-1], (VARY, _merged_vary(values))]

    def _tell(self, name: str) -> None:
        name = name.title()
        if name not in self._told and len(self._told) < _MAX_TOLD:
            self._told.add(name)
            logger.warning(_REPLACED, shown(name))


def _kind(name: str, decision: Decision) -> str:
    """What becomes of a line of the application's, by its name in lower case."""
    if name == "vary" and decision.vary:
        return "vary"
    if name == _EXPOSE:
        return "exposed"
    return "lost" if name.startswith("access-control-") else "kept"


def _is_plain(name: str) -> bool:
    lowered = name.lower()
    if lowered == "vary" or lowered.startswith("access-control-"):
        return False
    if len(PLAIN_NAMES) < _MAX_REMEMBERED:
        PLAIN_NAMES.add(name)
    return True


def merge_vary(whole: list[HeaderLine], headers: list[HeaderLine], vary: HeaderLine) -> None:
    """Make one line of the application's ``Vary`` and of ours, which is the last of all lines.

    :param whole: the application's header lines and ours.
    :param headers: the application's alone.
    :param vary: the one of these that is its ``Vary``, with a value that is known.

    >>> headers = [("Vary", "Cookie"), ("Server", "x")]
    >>> VARY_LINES["Cookie"] = ("Vary", "Cookie, Origin")
    >>> whole = [*headers, ("Vary", "Origin")]
    >>> merge_vary(whole, headers, headers[0])
    >>> whole
    [('Server', 'x'), ('Vary', 'Cookie, Origin')]
    """
    # It is added late, mostly, so it is looked for from the end.
    at = len(headers) - 1
    while headers[at] is not vary:
        at -= 1
    whole[-1] = VARY_LINES[whole.pop(at)[1]]


def varies_by_origin(headers: list[HeaderLine]) -> bool:
    """Whether the application says by itself that a response depends on ``Origin``.

    ``Vary: *`` says nothing about that. Values without ``Origin`` are remembered, each with its line.
    """
    # All of them are looked at, so that all are known the next time.
    return True in [_names_origin(line[1]) for line in headers if line[0].lower() == "vary"]


def _names_origin(vary: str) -> bool:
    if vary in VARY_LINES:
        return False
    if "origin" in _by_lower_case(vary.split(",")):
        return True
    if len(VARY_LINES) < _MAX_REMEMBERED:
        VARY_LINES[vary] = (VARY, _merged_vary(vary))
    return False


def _merged_vary(values: str) -> str:
    # RFC 9110, section 12.5.5: "*" says already that the response varies by anything. A decision about an
    # actual request varies by ``Origin`` alone.
    merged = _by_lower_case([*values.split(","), "Origin"])
    return "*" if "*" in merged else ", ".join(merged.values())


def _exposing(values: list[str], decision: Decision) -> list[HeaderLine]:
    """The lines of a decision, with the names that the application exposes itself among them."""
    if not decision.origin_allowed:
        return decision.lines
    lines = [line for line in decision.lines if line[0].lower() != _EXPOSE]
    ours = [line[1] for line in decision.lines if line[0].lower() == _EXPOSE]
    names = _by_lower_case(",".join([*ours, *values]).split(","))
    if CREDENTIALS in lines:
        # Then it would stand for a header of that name.
        names.pop("*", None)
    exposed = "*" if "*" in names else ", ".join(filter(TOKEN.fullmatch, names.values()))
    after_origin = len(lines) - len(decision.vary[:1])
    line = [("Access-Control-Expose-Headers", exposed)] if exposed else []
    return [*lines[:after_origin], *line, *lines[after_origin:]]


def _by_lower_case(names: Iterable[str]) -> dict[str, str]:
    """Each name once, in its first spelling."""
    spellings: dict[str, str] = {}
    for name in names:
        spellings.setdefault(name.strip().lower(), name.strip())
    spellings.pop("", None)
    return spellings
