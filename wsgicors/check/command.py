"""``python -m wsgicors check``: its arguments, what it prints and how it ends."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..diagnosis import OriginError, parse_pattern
from ..fetch import Request
from . import report
from .findings import INFORMATION, SEVERITIES
from .hostile import STRANGER
from .notes import notes
from .scan import scan
from .target import Target, Unaskable, opened
from .verdict import judge

if TYPE_CHECKING:
    from .scan import Scan

FINE, REFUSED, NOT_ASKED = range(3)

_MOST_COLUMNS = 100
# The gravest first.
_GRAVITY = (*SEVERITIES, INFORMATION)
_EPILOG = """\
examples:
  %(prog)s https://api.example.com/items \\
      --origin https://app.example.com --method PUT
  %(prog)s shop:app/items --header "X-Token: 1"
  %(prog)s https://api.example.com/items --scan \\
      --origin https://app.example.com

The request is really sent, without a body: a DELETE that is
allowed deletes. --scan sends GET requests, preflights, and two
requests with a method that no server knows.

exit status:
  0  allowed; with --scan, nothing found
  1  refused; with --scan, something found that is at least as grave
     as --fail-on says
  2  could not be asked"""


def main(arguments: Sequence[str]) -> int:
    """Ask, and tell the outcome.

    :returns: the exit status: 0 if all is well, 1 if it is not, 2 if no answer was to be had.
    :raises SystemExit: with 2, for arguments that make no sense.

    >>> main(["wsgiref.simple_server:demo_app", "--origin", "https://shop.example"])
    A page of origin https://shop.example asks for GET https://localhost/.
    ...
    1
    """
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        with opened(chosen.target) as target:
            answer = _scan if chosen.scan else _judge
            return answer(target, chosen, parser)
    except Unaskable as error:
        sys.stderr.write(f"wsgicors check: {error}\n")
        return NOT_ASKED
    except KeyboardInterrupt:
        sys.stderr.write("wsgicors check: stopped\n")
        return NOT_ASKED


def _judge(target: Target, chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    origins = chosen.origin or [_example_origin(target)]
    requests = [_request(target, origin, "GET", chosen, parser) for origin in origins]
    verdicts = [judge(request, target.send) for request in requests]
    told = [(verdict, notes(verdict, is_served=target.is_served)) for verdict in verdicts]
    if chosen.json:
        _print_json(target, checks=[report.verdict_as_json(*each) for each in told])
    else:
        page = _page()
        for each in told:
            report.write_verdict(page, *each)
            page.gap()
        if not chosen.origin:
            page.say("Name the page's origin with --origin. This one is only an example.")
        _print(page, target)
    return REFUSED if any(verdict.refusal for verdict in verdicts) else FINE


def _example_origin(target: Target) -> str:
    # A page that came over https may not load what is not encrypted.
    scheme = "https" if target.url.is_potentially_trustworthy else "http"
    return f"{scheme}://app.example.com"


def _scan(target: Target, chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if chosen.credentials:
        parser.error("--scan asks both with and without credentials: leave out --credentials")
    request = _request(target, STRANGER, "PUT", chosen, parser)
    found = scan(request, chosen.origin, target.send)
    if chosen.json:
        _print_json(target, **report.scan_as_json(found))
    else:
        page = _page()
        report.write_scan(page, str(target.url), found)
        _print(page, target)
    return REFUSED if _is_grave(found, chosen.fail_on) else FINE


def _is_grave(found: Scan, least: str) -> bool:
    grave = _GRAVITY[: _GRAVITY.index(least) + 1]
    return any(finding.severity in grave for finding in (*found.findings, *found.information))


def _request(
    target: Target,
    origin: str,
    usual_method: str,
    chosen: argparse.Namespace,
    parser: argparse.ArgumentParser,
) -> Request:
    try:
        request = Request.from_script(
            str(target.url),
            origin=origin,
            method=chosen.method or usual_method,
            headers=chosen.header,
            credentials="include" if chosen.credentials else "same-origin",
        )
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    if request.dropped:
        parser.error(f"argument --header: no browser lets a script set {request.dropped[0]}")
    return request


def _page() -> report.Page:
    columns = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
    return report.Page(columns, colour=sys.stdout.isatty() and not _is_plain())


def _is_plain() -> bool:
    # https://no-color.org
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def _print(page: report.Page, target: Target) -> None:
    count = target.requests
    page.say(f"{count} request{'' if count == 1 else 's'} sent.")
    sys.stdout.write(f"{page}\n")


def _print_json(target: Target, **results: Any) -> None:
    told = {"url": str(target.url), "requests": target.requests, **results}
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


# --- the arguments -------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wsgicors check",
        description="Ask a server what a browser would ask, and tell what a page could do there.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "target",
        metavar="TARGET",
        help="a URL, or a WSGI application as module:name[/path] or module:function()[/path]",
    )
    add(
        "--origin",
        action="append",
        default=[],
        type=_pattern,
        help="the page's origin; with --scan, an origin that is allowed, as in allow_origins (can be repeated)",
    )
    add("--method", help="what the page sends (GET); with --scan, what preflights ask for (PUT)")
    add(
        "--header",
        action="append",
        default=[],
        type=_header,
        metavar='"NAME: VALUE"',
        help="a header that the page's script sets (can be repeated)",
    )
    add("--credentials", action="store_true", help="the script includes cookies")
    add(
        "--scan",
        action="store_true",
        help="ask from origins that should not be trusted, and tell what is wrong",
    )
    add(
        "--fail-on",
        choices=_GRAVITY,
        default="low",
        help="with --scan, the exit status is 1 from this severity on (low)",
    )
    add("--json", action="store_true", help="print JSON")
    return parser


def _pattern(text: str) -> str:
    try:
        if text != "null":
            parse_pattern(text)
    except OriginError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None
    return text


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        name, _, value = text.partition("=")
        message = f'{text!r} is not a header: write "{name.strip()}: {value.strip() or "VALUE"}"'
        raise argparse.ArgumentTypeError(message)
    return name.strip(), value.strip()
