"""``flask cors``: its options, and its report as a table for people or JSON for machines."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
from flask.cli import ScriptInfo

from ..errors import ConfigError
from ..fetch.fields import normalize_method
from ..fields import FIELDS
from .report import Question, Report, Route, Verdict, verdicts

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from ..policy import Policy

# Below, a table of all fields would be cut up too much to be read.
_TABLE_WIDTH = 140
_MAX_ITEMS = 5

_VERDICTS = {True: ("allowed", "green"), False: ("denied", "red"), None: ("unknown", "yellow")}
_CREDENTIALS = (
    "Credentials are cookies, HTTP authentication and TLS client certificates; they depend on"
    " allow_credentials."
)
_STILL_SENT = (
    "A denied GET, HEAD or POST that needs no preflight still reaches its view: it is the response"
    " that the script cannot read."
)
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
    "What is not governed here may still be shared by its path: the resources that CORS(app) was told"
    " are not shown."
)
_WRAPPED = (
    "A CORSMiddleware is around app.wsgi_app: it writes the headers of every response that it"
    " governs, whatever is said here."
)


@click.command("cors", short_help="Show what each route shares with other origins.")
@click.option("--origin", metavar="URL", help="Say what a page of this origin could do, and why.")
@click.option("--method", metavar="METHOD", help="Show the routes that take this method.")
@click.option(
    "--header",
    "headers",
    metavar="NAME[: VALUE]",
    multiple=True,
    help="With --origin: a header that its script sets. Can be repeated.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="For people or for machines.",
)
@click.pass_context
def cors_command(
    context: click.Context,
    origin: str | None,
    method: str | None,
    headers: tuple[str, ...],
    style: str,
) -> None:
    """Show what each route shares with pages of other origins, and where that is set.

    Settings that contradict each other are reported with exit status 1, so that a deployment
    can stop on them.

    HEAD is listed where GET has another policy, and OPTIONS where the application answers it
    itself.
    """
    question = _question(origin, method, headers)
    report = _report(context)
    if method is not None:
        # Routing ignores case, which is not to say that a browser may.
        report = report.taking(method.upper())
    if style == "json":
        click.echo(json.dumps(_as_json(report, question), indent=2))
    else:
        _print(report, question)


def _question(origin: str | None, method: str | None, headers: tuple[str, ...]) -> Question | None:
    if origin is None:
        if headers:
            raise click.UsageError("--header is what a script sets; add --origin to say whose")
        return None
    spelled = normalize_method(method) if method else None
    question = Question(origin, spelled, tuple(map(_header, headers)))
    try:
        dropped = question.request(spelled or "GET").dropped
    except TypeError as error:
        raise click.UsageError(str(error)) from None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--origin") from None
    if dropped:
        message = f"no browser lets a script set {dropped[0]}"
        raise click.BadParameter(message, param_hint="--header")
    return question


def _header(text: str) -> tuple[str, str]:
    name, _, value = (part.strip() for part in text.partition(":"))
    # Without a preflight this one goes only with some values, which an API has no use for.
    usual_value = "application/json" if name.lower() == "content-type" else "1"
    return name, value or usual_value


def _report(context: click.Context) -> Report:
    try:
        app = context.ensure_object(ScriptInfo).load_app()
        # Where origins are known to a callable, it may well ask the application's database.
        context.with_resource(app.app_context())
        return Report.of(app)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


# --- for machines --------------------------------------------------------------------------------


def _as_json(report: Report, question: Question | None) -> dict[str, Any]:
    return {
        "governs_all": report.governs_all,
        "governs_paths": report.governs_paths,
        "is_wrapped": report.is_wrapped,
        "strays": [stray._asdict() for stray in report.strays],
        "routes": [_route_as_json(route, report, question) for route in report.routes],
    }


def _route_as_json(route: Route, report: Report, question: Question | None) -> dict[str, Any]:
    effective = route.effective
    item: dict[str, Any] = {
        "host": route.host or None,
        "rule": route.rule,
        "endpoint": route.endpoint,
        "methods": list(route.methods),
        "methods_differ": route.url in report.divided,
        "policy": None if effective is None else _policy_as_json(effective.policy),
        "sources": {} if effective is None else effective.sources,
    }
    if question is not None:
        item["browser"] = [verdict._asdict() for verdict in verdicts(route, question)]
    return item


def _policy_as_json(policy: Policy) -> dict[str, Any]:
    """Every field; ``None`` where one is unset."""
    return {field: _field_as_json(getattr(policy, field)) for field in FIELDS}


def _field_as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_field_as_json(item) for item in value]
    if isinstance(value, re.Pattern):
        return {"regex": value.pattern}
    return {"callable": _name(value)} if callable(value) else value


def _name(function: Any) -> str:
    """The name of a function, or of the class of some other callable."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


# --- for people ----------------------------------------------------------------------------------


def _print(report: Report, question: Question | None) -> None:
    console = _console()
    with console.capture() as captured:
        for part in _parts(report, question, console.width):
            console.print(part)
    text = re.sub(r" +$", "", captured.get(), flags=re.MULTILINE).strip("\n")
    # Routes may be written in a script that the terminal does not have.
    click.echo(text.encode(console.encoding, "backslashreplace").decode(console.encoding))


class _RichMissing(click.ClickException):
    """A table was asked for where nothing can draw it."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            'the table needs rich: pip install "wsgicors[cli]" (--format json does without)'
        )


def _console() -> Console:
    try:
        from rich.console import Console
    except ImportError:
        raise _RichMissing from None
    return Console(markup=False, emoji=False, highlight=False)


def _parts(report: Report, question: Question | None, width: int) -> Iterator[RenderableType]:
    if not report.routes:
        yield "No route takes this method."
    elif question is None:
        yield from _overview(report, width)
    else:
        yield from _answers(report, question)


def _overview(report: Report, width: int) -> Iterator[RenderableType]:
    """Every route with its policy, and where that comes from."""
    places = _Places()
    yield from _table(report, places) if width >= _TABLE_WIDTH else _list(report, places)
    yield from places.legend()
    yield ""
    yield from _notes(report)
    yield from _caveats(report)


class _Places:
    """The places where settings were made, numbered so that a table need not repeat them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, route: Route, field: str) -> str:
        """What stands behind a value to refer to the legend."""
        if route.effective is None:
            return ""
        place = route.effective.sources[field]
        return f" [{self._numbers.setdefault(place, len(self._numbers) + 1)}]"

    def legend(self) -> Iterator[str]:
        """A line for each place."""
        for place, number in self._numbers.items():
            yield f"[{number}] {place}"


def _table(report: Report, places: _Places) -> Iterator[RenderableType]:
    """A row for each route, a column for each field that is set anywhere."""
    from rich import box
    from rich.table import Table

    said = {field for route in report.routes for field in _said(route)}
    fields = [field for field in FIELDS if field in said]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in ("route", "methods", "endpoint", *fields):
        table.add_column(heading.replace("_", "_\n", 1), overflow="fold")
    for route in report.routes:
        table.add_row(*_names(route), *_cells(route, fields, places))
    yield table


def _cells(route: Route, fields: list[str], places: _Places) -> Iterator[str]:
    said = _said(route)
    for field in fields:
        yield "\n".join(said[field]) + places.mark(route, field) if field in said else ""


def _list(report: Report, places: _Places) -> Iterator[RenderableType]:
    """Neighbouring routes that share a policy, and its fields below them."""
    from rich.padding import Padding

    for _, group in itertools.groupby(report.routes, lambda route: route.effective):
        routes = list(group)
        yield from (_title(route.url, *_names(route)[1:]) for route in routes)
        yield Padding(_grid(_lines(routes[0], places)), (0, 0, 1, 4))


def _lines(route: Route, places: _Places) -> Iterator[tuple[str, str]]:
    for field, items in _said(route).items():
        yield field, ", ".join(items) + places.mark(route, field)


def _title(url: str, *names: str) -> Text:
    from rich.text import Text

    return Text("  ").join([Text(url, style="bold"), *map(Text, filter(None, names))])


def _grid(rows: Iterable[tuple[RenderableType, RenderableType]]) -> Table:
    """Two columns without lines, of which the second makes room for the first."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _notes(report: Report) -> Iterator[str]:
    if any(route.effective for route in report.routes):
        yield _UNSET
    urls = dict.fromkeys(route.url for route in report.routes if route.url in report.divided)
    if urls:
        yield f"The methods of {', '.join(urls)} have different policies. {_DIVIDED}"


def _caveats(report: Report) -> Iterator[str]:
    if report.governs_paths:
        yield _BY_PATH
    elif not report.governs_all:
        yield _DECORATED_ONLY
    if report.is_wrapped:
        yield _WRAPPED
    for where, what in report.strays:
        yield f"{where}, of {what}, governs no route of this application."


def _names(route: Route) -> tuple[str, str, str]:
    return route.url, _methods(route.methods), route.endpoint or ""


def _methods(methods: Sequence[str]) -> str:
    """The methods, without a HEAD that goes with its GET."""
    return ", ".join(method for method in methods if method != "HEAD" or "GET" not in methods)


def _said(route: Route) -> dict[str, list[str]]:
    """The fields that have an effect, and the items of each in words."""
    if route.effective is None:
        return {"allow_origins": ["not governed"]}
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
        return f"callable {_name(item)}"
    if isinstance(item, bool):
        return str(item).lower()
    return f"{item} s" if isinstance(item, int) else str(item)


def _answers(report: Report, question: Question) -> Iterator[RenderableType]:
    """What a browser could do with the methods of each route, and why."""
    answers = [answer for route in report.routes for answer in _answers_for(route, question)]
    sending = "".join(f", sending {name}" for name, _ in question.headers)
    yield f"What a script of {question.origin} could do{sending}:\n"
    yield _grid(_answer_cells(*answer) for answer in answers)
    outcomes = {verdict.allowed for _, _, verdict in answers}
    yield ""
    if True in outcomes:
        yield _CREDENTIALS
    if False in outcomes:
        yield _STILL_SENT
    yield from _caveats(report)


def _answers_for(route: Route, question: Question) -> Iterator[tuple[Route, str, Verdict]]:
    for _, group in itertools.groupby(verdicts(route, question), lambda verdict: verdict[1:]):
        alike = list(group)
        yield route, _methods([verdict.method for verdict in alike]), alike[0]


def _answer_cells(route: Route, methods: str, verdict: Verdict) -> tuple[Text, Text]:
    from rich.text import Text

    why = Text("\n").join([_title(route.url, methods), Text(_why(verdict, route))])
    return Text(*_VERDICTS[verdict.allowed]), why


def _why(verdict: Verdict, route: Route) -> str:
    if route.effective is None or verdict.field is None:
        return "Neither CORS(app) nor a decorator governs it; it depends on what the view sends."
    place = route.effective.sources.get(verdict.field)
    said = f"{verdict.field} is {'not set' if place is None else f'set by {place}'}"
    if not verdict.allowed:
        return f"{said}, which does not allow it. {verdict.remedy}"
    extent = "also with" if verdict.allowed_with_credentials else "only without"
    return f"{said}; {extent} credentials."
