"""What a scenario is made of; the scenarios themselves stand in :mod:`wsgicors.demo.table`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .checks import Check
from .recorder import Run

#: The fields of a policy, as JSON knows them.
Fields = dict[str, Any]

#: One thing for the page to do: ``{"do": name of an action in static/actions.js, ...}``.
Step = dict[str, Any]


class Addresses(NamedTuple):
    """Where the two servers are reached, as origins."""

    page: str
    #: The API under a host name of its own: another site.
    cross_site: str
    #: The API under the page's host name: another origin, the same site.
    same_site: str


@dataclass(frozen=True)
class ByHand:
    """Answers that wsgicors has no part in: what other servers send, and wsgicors never would."""

    preflight_status: int = 204
    preflight: tuple[tuple[str, str], ...] = ()
    actual: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What the page shows in place of a policy."""
        return {
            "preflightStatus": self.preflight_status,
            "preflight": self.preflight,
            "actual": self.actual,
        }


@dataclass(frozen=True)
class Scenario:
    """One row of the page."""

    id: str
    title: str
    #: The rule behind it, in a sentence or two.
    why: str
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    #: Whether the script gets what it asked for when everything is as it should be.
    allowed: bool = True
    policy: Fields = field(default_factory=dict)
    #: How a browser is known to depart from the standard here, if one does.
    departs: Check | None = None
    #: In place of a policy: answers that wsgicors has no part in.
    by_hand: ByHand | None = None

    def as_json(self) -> dict[str, Any]:
        """What the page needs to show the row and to run it."""
        return {
            "id": self.id,
            "title": self.title,
            "why": self.why,
            "steps": self.steps,
            "checks": [check.text for check in self.checks],
            "allowed": self.allowed,
            "departs": self.departs and self.departs.text,
            "byHand": self.by_hand and self.by_hand.as_json(),
        }

    def judge(self, run: Run, page: str) -> dict[str, Any]:
        """Hold a finished run against what the standard expects.

        :param page: the origin of the page.
        """
        held = [check(run, page) for check in self.checks]
        return {"verdict": self._verdict(run, page, all(held)), "held": held}

    def _verdict(self, run: Run, page: str, all_held: bool) -> str:
        if any("unsupported" in result for result in run.results):
            return "untried"
        if all_held:
            return "expected"
        return "departs" if self.departs and self.departs(run, page) else "differs"


class Group(NamedTuple):
    """A heading of the page, and the rows below it."""

    title: str
    scenarios: tuple[Scenario, ...]
