"""``flask cors``: its options, and its report as JSON for machines. For people there is `text`."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Callable

import click
from flask.cli import ScriptInfo

from ..errors import ConfigError
from ..fetch.fields import normalize_method
from ..fields import FIELDS
from ..review import ReviewError, name_of, review
from .report import Question, Report, Route, verdicts
from .text import gaps, lines

if TYPE_CHECKING:
    from flask import Flask

    from ..policy import Policy


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
@click.option("--path", metavar="PATH", help="Show the routes at this path, or below it.")
@click.option("--save", metavar="FILE", help="Write the policies in effect into a file.")
@click.option(
    "--against",
    metavar="FILE",
    help="Tell what has changed since a file was saved; status 1 if so.",
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
    path: str | None,
    save: str | None,
    against: str | None,
    style: str,
) -> None:
    """Show what each route shares with pages of other origins, and where that is set.

    Settings that contradict each other are reported with exit status 1, so that a deployment
    can stop on them.

    With --save and --against, a file beside the code says who may read what, and a pull request
    shows what has changed, the worst first.

    HEAD is listed where GET has another policy, and OPTIONS where the application answers it
    itself.
    """
    question = _question(origin, method, headers)
    is_reviewed = save is not None or against is not None
    if is_reviewed and (origin or method or path):
        raise click.UsageError(
            "--save and --against are for all routes; leave out the options that select some"
        )
    report = _report(context, Report.to_save if is_reviewed else Report.of)
    if is_reviewed:
        context.exit(_review(report, save, against))
    report = report.at(path, method)
    if style == "json":
        click.echo(json.dumps(_as_json(report, question), indent=2))
    else:
        # As much as the terminal has; of a pipe, what `COLUMNS` says.
        _echo(lines(report, question, shutil.get_terminal_size().columns))


def _review(report: Report, save: str | None, against: str | None) -> int:
    try:
        told, status = review(report.rules(), save, against)
    except ReviewError as error:
        raise _FileError(str(error)) from None
    _echo(told)
    for gap in gaps(report):
        click.echo(gap, err=True)
    return status


class _FileError(click.ClickException):
    """There is no file to compare with, or none can be written."""

    exit_code = 2


def _echo(text: Iterable[str]) -> None:
    # Routes may be written in a script that the terminal does not have.
    encoding = sys.stdout.encoding or "utf-8"
    for line in text:
        click.echo(line.rstrip().encode(encoding, "backslashreplace").decode(encoding))


def _question(origin: str | None, method: str | None, headers: tuple[str, ...]) -> Question | None:
    if origin is None:
        if headers:
            raise click.UsageError(
                "--header is set by a script; add --origin to say which page runs it"
            )
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


def _report(context: click.Context, look_through: Callable[[Flask], Report]) -> Report:
    try:
        app = context.ensure_object(ScriptInfo).load_app()
        # Where origins are known to a callable, it may well ask the application's database.
        context.with_resource(app.app_context())
        return look_through(app)
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
        "is_by_path": route.is_by_path,
        "is_socket": route.is_socket,
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
    return {"callable": name_of(value)} if callable(value) else value
