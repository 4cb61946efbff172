"""What a finding is; knows none of the things that can be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..fetch import Exchange

#: The gravest first.
SEVERITIES = ("critical", "high", "medium", "low")
#: No fault, but worth knowing.
INFORMATION = "information"


class Finding(NamedTuple):
    """Something that is wrong with a server."""

    #: One of ``SEVERITIES``, or ``INFORMATION``.
    severity: str
    #: A short code that stays the same from release to release.
    reason: str
    #: Why it matters.
    why: str
    #: What to write instead.
    remedy: str
    #: What was sent, and what came.
    exchange: Exchange
    #: Who was let in without being meant.
    origins: tuple[str, ...] = ()
