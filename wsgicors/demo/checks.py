"""What can be asked of a finished run, in sentences for the page; knows no particular scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from werkzeug.datastructures import Headers

from ..fetch.sentences import N_
from .recorder import Run
from .words import Words

#: Stands for the origin of the page, which is known only once the servers listen.
PAGE = "$page"

# The messages whose headers a check can ask about: those of the last preflight and actual request.
_MESSAGES: dict[str, Callable[[Run], Headers]] = {
    "preflight": lambda run: run.preflights[-1].request,
    "preflight answer": lambda run: run.preflights[-1].response,
    "request": lambda run: run.actuals[-1].request,
    "answer": lambda run: run.actuals[-1].response,
}
_HAS = {
    "preflight": N_("The preflight carries {name}: {value}"),
    "preflight answer": N_("The preflight is answered with {name}: {value}"),
    "request": N_("The request carries {name}: {value}"),
    "answer": N_("The response has {name}: {value}"),
}
_LACKS = {
    "preflight": N_("The preflight carries no {name}"),
    "preflight answer": N_("The preflight is answered with no {name}"),
    "request": N_("The request carries no {name}"),
    "answer": N_("The response has no {name}"),
}


@dataclass(frozen=True)
class Check:
    """One expectation: a sentence, and whether a run fulfils it."""

    sentence: str
    #: Takes the run and the origin of the page. A run that lacks what is asked about does not hold.
    holds: Callable[[Run, str], bool]
    #: What stands in the sentence's braces.
    values: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, run: Run, page: str) -> bool:
        """Whether the run fulfils it."""
        try:
            return self.holds(run, page)
        except (IndexError, KeyError):
            return False

    def text(self, words: Words, page: str) -> str:
        """The sentence in a language; :data:`PAGE` in it is the page's origin."""
        return words(self.sentence, **self.values).replace(PAGE, page)


def reads(status: int = 200, step: int = -1) -> Check:
    """The script may read the response to a step (the last one unless told)."""
    return Check(
        N_("The script reads the response, status {status}")
        if step == -1
        else N_("The script reads the response to step {step}, status {status}"),
        lambda run, page: run.results[step].ok and run.results[step].status == status,
        {"status": status, "step": step + 1},
    )


def loads(sentence: str) -> Check:
    """A resource arrives and can be used, whatever its status."""
    return Check(sentence, lambda run, page: run.results[-1].ok)


def refused(step: int = -1) -> Check:
    """The script learns that the request failed, no more: the Fetch standard, "network error"."""
    return Check(
        N_("The script is told only that it failed")
        if step == -1
        else N_("The script is told only that step {step} failed"),
        lambda run, page: run.results[step].failed,
        {"step": step + 1},
    )


def fails_with(name: str, sentence: str) -> Check:
    """The failure is this kind of exception, and no other."""
    return Check(
        sentence,
        lambda run, page: run.results[-1].failed and run.results[-1].error.startswith(name),
        {"name": name},
    )


def finds(key: str, value: Any, sentence: str) -> Check:
    """What the script sees of the last response beyond its status and headers."""
    return Check(sentence, lambda run, page: getattr(run.results[-1], key) == value)


def exposes(name: str, value: str) -> Check:
    """The script can read a header: the Fetch standard, "CORS-exposed header-name list"."""
    return Check(
        N_("The script can read {name}: {value}"),
        lambda run, page: run.results[-1].headers.get(name) == value,
        {"name": name, "value": value},
    )


def hides(name: str) -> Check:
    """A response header is there, and the script does not see it."""
    return Check(
        N_("{name} is in the response, and the script cannot see it"),
        lambda run, page: name in run.actuals[-1].response and name not in run.results[-1].headers,
        {"name": name},
    )


def preflights(count: int) -> Check:
    """How often the browser asked first."""
    return Check(
        N_("Preflights at the server: {count}"),
        lambda run, page: len(run.preflights) == count,
        {"count": count},
    )


def actuals(count: int) -> Check:
    """How many of the page's own requests arrived."""
    return Check(
        N_("Actual requests at the server: {count}"),
        lambda run, page: len(run.actuals) == count,
        {"count": count},
    )


def preflight_status(status: int) -> Check:
    """How the preflight was answered."""
    return Check(
        N_("The preflight is answered with status {status}"),
        lambda run, page: run.preflights[-1].status == status,
        {"status": status},
    )


def status(code: int) -> Check:
    """How the actual request was answered, whoever may read it."""
    return Check(
        N_("The server answers with status {status}"),
        lambda run, page: run.actuals[-1].status == code,
        {"status": code},
    )


def has(message: str, name: str, value: str) -> Check:
    """A message has this header exactly once; in the value :data:`PAGE` is the page's origin."""
    return Check(
        _HAS[message],
        lambda run, page: _MESSAGES[message](run).getlist(name) == [value.replace(PAGE, page)],
        {"name": name, "value": value},
    )


def lacks(message: str, name: str) -> Check:
    """A message was sent without this header."""
    return Check(
        _LACKS[message], lambda run, page: name not in _MESSAGES[message](run), {"name": name}
    )


def logs(part: str) -> Check:
    """The server's own log tells what the script is not told."""
    return Check(
        N_("The server's log says “{part}”"),
        lambda run, page: any(part in line for line in run.log),
        {"part": part},
    )
