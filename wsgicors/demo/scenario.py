"""What a scenario is made of; the scenarios themselves stand in :mod:`wsgicors.demo.table`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .. import Policy
from .checks import PAGE, Check
from .recorder import Run
from .words import Words

#: The fields of a policy, as JSON knows them.
Fields = dict[str, Any]

#: Headers written by hand.
Headers = tuple[tuple[str, str], ...]

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
    preflight: Headers = ()
    actual: Headers = ()

    def as_json(self, page: str) -> dict[str, Any]:
        """What the page shows in place of a policy."""
        return {
            "preflightStatus": self.preflight_status,
            "preflight": headers_with_page(self.preflight, page),
            "actual": headers_with_page(self.actual, page),
        }


def headers_with_page(headers: Headers, page: str) -> list[tuple[str, str]]:
    """Replace :data:`~wsgicors.demo.checks.PAGE` in the values of headers."""
    return [(name, value.replace(PAGE, page)) for name, value in headers]


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

    def policy_for(self, page: str) -> Policy | None:
        """The policy that the row begins with.

        :param page: the origin of the page, which stands for :data:`~wsgicors.demo.checks.PAGE`.
        """
        return None if self.by_hand else Policy(**with_page(self.policy, page))

    def as_json(self, words: Words, page: str) -> dict[str, Any]:
        """What the page needs to show the row and to run it."""
        return {
            "id": self.id,
            "title": words(self.title),
            "why": words(self.why),
            "steps": self.steps,
            "checks": [check.text(words, page) for check in self.checks],
            "allowed": self.allowed,
            "byHand": self.by_hand and self.by_hand.as_json(page),
        }


def with_page(fields: Fields, page: str) -> Fields:
    """Replace :data:`~wsgicors.demo.checks.PAGE` in the values of a policy.

    >>> with_page({"allow_origins": ["$page"], "max_age": 5}, "http://localhost:7070")
    {'allow_origins': ['http://localhost:7070'], 'max_age': 5}
    """
    return {name: _with_page(value, page) for name, value in fields.items()}


def _with_page(value: Any, page: str) -> Any:
    return [item.replace(PAGE, page) for item in value] if isinstance(value, list) else value


class Expectation(NamedTuple):
    """What must come of a run."""

    #: Whether the script gets what it asks for.
    allowed: bool
    checks: tuple[Check, ...]
    #: How a browser is known to depart from the standard here, if one does.
    departs: Check | None = None

    def judge(self, run: Run, page: str) -> dict[str, Any]:
        """Hold a finished run against it.

        :param page: the origin of the page.
        """
        held = [check(run, page) for check in self.checks]
        return {"verdict": self._verdict(run, page, all(held)), "held": held}

    def _verdict(self, run: Run, page: str, all_held: bool) -> str:
        if any(result.unsupported for result in run.results):
            return "untried"
        if all_held:
            return "expected"
        return "departs" if self.departs and self.departs(run, page) else "differs"


class Group(NamedTuple):
    """A heading of the page, and the rows below it."""

    id: str
    title: str
    scenarios: tuple[Scenario, ...]
