"""The report of ``flask cors`` for people, as plain text; knows no command line."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import click

from ..review import name_of
from .report import Question, Report, Route, Verdict, verdicts

# A value has at least so much room, whatever the terminal is like.
_MIN_ROOM = 12
_MAX_ITEMS = 5

_VERDICTS = {True: ("allowed", "green"), False: ("denied", "red"), None: ("unknown", "yellow")}
_NO_ROUTE = "No route takes this method or path."
_CREDENTIALS = (
    "Credentials are cookies, HTTP authentication and TLS client certificates; they depend on"
    " allow_credentials."
)
_NO_HEADERS = (
    "This is about requests without headers of their own. A JSON body has one: ask with"
    ' --header "Content-Type: application/json".'
)
_STILL_SENT = (
    "A denied GET, HEAD or POST that needs no preflight still reaches its view, unless refuse_denied"
    " refuses it. The script cannot read the response."
)
_SOCKET = "Browsers do not apply CORS to WebSockets: the page can connect, with cookies, and read what comes."
_UNSET = (
    "A field that is left out is unset: the methods that the URL routes, no further headers, no"
    " credentials, and a preflight that is remembered for 5 seconds."
)
_DIVIDED = (
    "A preflight there permits only the method that it asks about, because browsers remember the"
    " answer for the URL."
)
_DECORATED_ONLY = (
    "CORS(app) is not in use: only what is decorated is governed, and its preflights are seen first"
    " by hooks such as before_request and by undecorated views of the same URL."
)
_BY_PATH = (
    "A route that has no policy of its own is shared as its path says: the first path in the list that"
    " fits decides, those of blueprints for their own routes. A route that none fits is not governed."
)
_NOT_GOVERNED = "Neither CORS(app) nor a decorator governs it; it depends on what the view sends."
_AS_PATH_SAYS = "No decorator says anything. Its path decides: see the list of paths."
_ON_TRIAL = (
    "Other settings are on trial. They change no response and are not shown: see the logger wsgicors and"
    " wsgicors.flask.trial_counts."
)
_WRAPPED = (
    "A CORSMiddleware is around app.wsgi_app: it writes the headers of every response that it"
    " governs, whatever is said here."
)


def lines(report: Report, question: Question | None, width: int) -> Iterator[str]:
    """The report.

    :param question: what a script would like to send; without one, the policies are shown.
    :param width: of a line, in characters.
    """
    if not report.routes:
        yield _NO_ROUTE
        return
    yield from _overview(report, width) if question is None else _answers(report, question, width)
    for caveat in _caveats(report):
        yield from _folded(caveat, width)


def _overview(report: Report, width: int) -> Iterator[str]:
    """Every policy with the routes that share it, and where that comes from."""
    places = _Places()
    for routes in _by_policy(report):
        for route in routes:
            yield from _folded(_title(*_names(route)), width, hanging=8)
        for field, items in _said(routes[0], report).items():
            said = ", ".join(items) + places.marks(routes, field)
            yield from _beside(f"    {field}", said, 23, width)
        yield ""
    for line in itertools.chain(places.legend(), [""], _notes(report)):
        yield from _folded(line, width)


def _by_policy(report: Report) -> list[list[Route]]:
    """The routes that share a policy, the first of each group in order."""
    groups: dict[object, list[Route]] = {}
    for route in report.routes:
        groups.setdefault(route.effective and route.effective.policy, []).append(route)
    return list(groups.values())


class _Places:
    """The places where settings were made, numbered so that they need not be repeated."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def marks(self, routes: list[Route], field: str) -> str:
        """What stands behind a value to refer to the legend."""
        places = dict.fromkeys(
            route.effective.sources[field] for route in routes if route.effective is not None
        )
        marks = [self._numbers.setdefault(each, len(self._numbers) + 1) for each in places]
        return "".join(f" [{mark}]" for mark in marks)

    def legend(self) -> Iterator[str]:
        """A line for each place."""
        for place, number in self._numbers.items():
            yield f"[{number}] {place}"


def _title(*names: str) -> str:
    return "  ".join(filter(None, names))


def _folded(text: str, width: int, hanging: int = 0) -> list[str]:
    """A paragraph in lines of some width; an origin that is longer stays whole."""
    wrapper = textwrap.TextWrapper(
        max(width, _MIN_ROOM),
        subsequent_indent=" " * hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return wrapper.wrap(text) or [""]


def _beside(name: str, text: str, indent: int, width: int) -> Iterator[str]:
    """A name, and in a second column what is to be said of it."""
    room = max(_MIN_ROOM, *map(len, text.split()))
    if len(name) > indent - 2 or width - indent < room:
        yield name
        name, indent = "", min(indent, 6)
    first, *others = _folded(text, width - indent)
    yield name.ljust(indent) + first
    yield from (" " * indent + other for other in others)


def _notes(report: Report) -> Iterator[str]:
    if any(route.effective for route in report.routes):
        yield _UNSET
    urls = dict.fromkeys(route.url for route in report.routes if route.url in report.divided)
    if urls:
        yield f"The methods of {', '.join(urls)} have different policies. {_DIVIDED}"


def gaps(report: Report) -> Iterator[str]:
    """Who else may say what is shared, beside the routes."""
    if report.governs_paths:
        yield _BY_PATH
    if report.is_wrapped:
        yield _WRAPPED
    if report.is_on_trial:
        yield _ON_TRIAL


def _caveats(report: Report) -> Iterator[str]:
    if not (report.governs_all or report.governs_paths):
        yield _DECORATED_ONLY
    yield from gaps(report)
    for where, what in report.strays:
        yield f"{where}, of {what}, governs no route of this application."


def _names(route: Route) -> tuple[str, str, str]:
    return route.url, _methods(route, route.methods), route.endpoint or ""


def _methods(route: Route, methods: Sequence[str]) -> str:
    """The methods, without a HEAD that goes with its GET."""
    if route.is_socket:
        return "WebSocket"
    return ", ".join(method for method in methods if method != "HEAD" or "GET" not in methods)


def _said(route: Route, report: Report) -> dict[str, list[str]]:
    """The fields that have an effect, and the items of each in words."""
    if route.effective is None:
        return {"allow_origins": ["as its path says" if report.governs_paths else "not governed"]}
    settings = route.effective.policy.settings()
    if settings["allow_origins"] == ():
        return {"allow_origins": ["nobody"]}
    return {field: list(_items(value)) for field, value in settings.items()}


def _items(value: Any) -> Iterator[str]:
    items = value if isinstance(value, tuple) else (value,)
    yield from map(_text, items[:_MAX_ITEMS])
    if len(items) > _MAX_ITEMS:
        yield f"and {len(items) - _MAX_ITEMS} more"


def _text(item: Any) -> str:
    if isinstance(item, re.Pattern):
        return f"regex {item.pattern}"
    if callable(item):
        return f"callable {name_of(item)}"
    if isinstance(item, bool):
        return str(item).lower()
    return f"{item} s" if isinstance(item, int) else str(item)


def _answers(report: Report, question: Question, width: int) -> Iterator[str]:
    """What a browser could do with the methods of each route, and why."""
    sending = "".join(f", sending {name}" for name, _ in question.headers)
    yield from _folded(f"What a script of {question.origin} could do{sending}:", width)
    yield ""
    groups: dict[tuple[bool | None, str], list[str]] = {}
    outcomes: set[bool | None] = set()
    for route in report.routes:
        for methods, verdict in _answers_for(route, question):
            if not route.is_socket:
                outcomes.add(verdict.allowed)
            key = (verdict.allowed, _why(verdict, route, report))
            groups.setdefault(key, []).append(_title(route.url, methods))
    for (allowed, why), titles in groups.items():
        yield from _answer(allowed, why, titles, width)
    yield "" if groups else _NO_ROUTE
    for note in _notes_on_answers(outcomes, question):
        yield from _folded(note, width)


def _notes_on_answers(outcomes: set[bool | None], question: Question) -> Iterator[str]:
    """What holds for requests, as WebSockets are none."""
    if True in outcomes:
        yield _CREDENTIALS
    if True in outcomes and not question.headers:
        yield _NO_HEADERS
    if False in outcomes:
        yield _STILL_SENT


def _answers_for(route: Route, question: Question) -> Iterator[tuple[str, Verdict]]:
    for _, group in itertools.groupby(verdicts(route, question), lambda verdict: verdict[1:]):
        alike = list(group)
        yield _methods(route, [verdict.method for verdict in alike]), alike[0]


def _answer(allowed: bool | None, why: str, titles: list[str], width: int) -> Iterator[str]:
    """Routes of which the same is to be said, and what that is."""
    word, colour = _VERDICTS[allowed]
    for title in titles:
        first, *others = _folded(title, width - 9)
        yield f"{click.style(word, fg=colour)}{' ' * (9 - len(word))}{first}"
        yield from (f"{' ' * 9}{other}" for other in others)
    yield from (f"{' ' * 9}{line}" for line in _folded(why, width - 9))


_INSTEAD_OF_SAME_ORIGIN = (
    "If this origin is to be allowed, write @cross_origin(...) there, in place of @same_origin."
)


def _why(verdict: Verdict, route: Route, report: Report) -> str:
    if route.effective is None or verdict.field is None:
        return _AS_PATH_SAYS if report.governs_paths else _NOT_GOVERNED
    place = route.effective.sources.get(verdict.field)
    said = f"{verdict.field} is {'not set' if place is None else f'set by {place}'}"
    if not verdict.allowed and place is not None and place.startswith("@same_origin"):
        return f"{said}, which shares it with no other origin. {_INSTEAD_OF_SAME_ORIGIN}"
    if not verdict.allowed:
        return f"{said}, which does not allow it. {verdict.remedy}"
    if verdict.reason == "socket":
        return f"{said}. {_SOCKET} {verdict.remedy}"
    extent = "also with" if verdict.allowed_with_credentials else "only without"
    return f"{said}; {extent} credentials."
