"""What can be asked of a finished run, in sentences for the page; knows no particular scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from werkzeug.datastructures import Headers

from .recorder import Run

#: Stands for the origin of the page, which is known only once the servers listen.
PAGE = "$page"

# The messages whose headers a check can ask about: those of the last preflight and actual request.
_MESSAGES: dict[str, Callable[[Run], Headers]] = {
    "preflight": lambda run: run.preflights[-1].request,
    "preflight answer": lambda run: run.preflights[-1].response,
    "request": lambda run: run.actuals[-1].request,
    "answer": lambda run: run.actuals[-1].response,
}
_SENT_BY = {
    "preflight": "The preflight carries",
    "preflight answer": "The preflight is answered with",
    "request": "The request carries",
    "answer": "The response has",
}


@dataclass(frozen=True)
class Check:
    """One expectation: a sentence, and whether a run fulfils it."""

    text: str
    #: Takes the run and the origin of the page. A run that lacks what is asked about does not hold.
    holds: Callable[[Run, str], bool]

    def __call__(self, run: Run, page: str) -> bool:
        """Whether the run fulfils it."""
        try:
            return self.holds(run, page)
        except (IndexError, KeyError):
            return False


def reads(status: int = 200, step: int = -1) -> Check:
    """The script may read the response to a step (the last one unless told)."""
    return Check(
        f"The script reads the response, status {status}{_of(step)}",
        lambda run, page: run.results[step]["ok"] and run.results[step]["status"] == status,
    )


def loads(what: str) -> Check:
    """A resource that is no ``fetch()`` arrives, and can be used."""
    return Check(f"{what} can be used", lambda run, page: bool(run.results[-1]["ok"]))


def refused(step: int = -1) -> Check:
    """The script learns that the request failed, no more: the Fetch standard, "network error"."""
    return Check(
        f"The script is told only that it failed{_of(step)}",
        lambda run, page: run.results[step]["ok"] is False,
    )


def fails_with(name: str, meaning: str) -> Check:
    """The failure is this kind of exception, and no other."""
    return Check(
        f"{meaning} ({name})",
        lambda run, page: (
            run.results[-1]["ok"] is False and run.results[-1]["error"].startswith(name)
        ),
    )


def finds(key: str, value: Any, text: str) -> Check:
    """What the script sees of the last response beyond its status and headers."""
    return Check(text, lambda run, page: run.results[-1][key] == value)


def exposes(name: str, value: str) -> Check:
    """The script can read a header: the Fetch standard, "CORS-exposed header-name list"."""
    return Check(
        f"The script can read {name}: {value}",
        lambda run, page: Headers(run.results[-1]["headers"]).get(name) == value,
    )


def hides(name: str) -> Check:
    """A response header is there, and the script does not see it."""
    return Check(
        f"{name} is in the response, and the script cannot see it",
        lambda run, page: (
            name in run.actuals[-1].response and name not in Headers(run.results[-1]["headers"])
        ),
    )


def preflights(count: int) -> Check:
    """How often the browser asked first."""
    return Check(
        f"The server sees {_counted(count, 'preflight')}",
        lambda run, page: len(run.preflights) == count,
    )


def actuals(count: int) -> Check:
    """How many of the page's own requests arrived."""
    return Check(
        f"The server sees {_counted(count, 'actual request')}",
        lambda run, page: len(run.actuals) == count,
    )


def preflight_status(status: int) -> Check:
    """How the preflight was answered."""
    return Check(
        f"The preflight is answered with status {status}",
        lambda run, page: run.preflights[-1].status == status,
    )


def status(code: int) -> Check:
    """How the actual request was answered, whoever may read it."""
    return Check(
        f"The server answers with status {code}", lambda run, page: run.actuals[-1].status == code
    )


def has(message: str, name: str, value: str) -> Check:
    """A message has this header exactly once; in the value :data:`PAGE` is the page's origin."""
    return Check(
        f"{_SENT_BY[message]} {name}: {value}",
        lambda run, page: _MESSAGES[message](run).getlist(name) == [value.replace(PAGE, page)],
    )


def lacks(message: str, name: str) -> Check:
    """A message was sent without this header."""
    return Check(
        f"{_SENT_BY[message]} no {name}", lambda run, page: name not in _MESSAGES[message](run)
    )


def logs(words: str) -> Check:
    """The server's own log tells what the script is not told."""
    return Check(
        f"The server's log says “{words}”", lambda run, page: any(words in line for line in run.log)
    )


def _of(step: int) -> str:
    return "" if step == -1 else f" (step {step + 1})"


def _counted(count: int, noun: str) -> str:
    amount = ["no", "one", "two", "three", "four"][count]
    return f"{amount} {noun}" if count == 1 else f"{amount} {noun}s"
