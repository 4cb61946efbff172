"""What has been found out, as text for people and as JSON for machines; finds out nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..fetch import transcript
from ..fetch.catalogue import more_about
from .findings import SEVERITIES
from .verdict import headers_to_send

if TYPE_CHECKING:
    from ..fetch import Exchange, NetworkError
    from .findings import Finding
    from .notes import Note
    from .scan import Scan
    from .verdict import Verdict

_INDENT = "  "
_MOST_SHOWN = 4
# Select Graphic Rendition (ECMA-48, 8.3.117); each is beside a word that says the same.
_COLOURS = {
    "ALLOWED": "32",
    "NOTHING FOUND": "32",
    "REFUSED": "31",
    "CRITICAL": "1;31",
    "HIGH": "31",
    "MEDIUM": "33",
    "LOW": "36",
    "INFORMATION": "36",
}


class Page:
    """Lines that fit.

    :param width: in columns.
    :param colour: whether the words of the outcome are coloured.
    """

    def __init__(self, width: int, *, colour: bool) -> None:
        self._width = width
        self._colour = colour
        self._lines: list[str] = []

    def __str__(self) -> str:
        return "\n".join(self._lines).rstrip("\n")

    def gap(self) -> None:
        """Leave a line blank."""
        self._lines.append("")

    def say(self, text: str, depth: int = 0) -> None:
        """Add a paragraph."""
        self._wrap(text, _INDENT * depth, _INDENT * depth)

    def item(self, label: str, text: str, depth: int = 0) -> None:
        """Add a paragraph that has a label, and hangs below its beginning."""
        lead = _INDENT * depth
        self._wrap(f"{label} {text}", lead, lead + _INDENT)

    def outcome(self, word: str, text: str) -> None:
        """Add the one line to look for."""
        first = len(self._lines)
        self.say(f"{word}: {text}")
        if self._colour:
            painted = f"\x1b[{_COLOURS[word]}m{word}\x1b[0m"
            self._lines[first] = self._lines[first].replace(word, painted, 1)

    def exchange(self, exchange: Exchange) -> None:
        """Add what crossed the wire."""
        for line in transcript([exchange]):
            self._wrap(line, _INDENT, _INDENT * 4)

    def _wrap(self, text: str, first: str, following: str) -> None:
        self._lines += textwrap.wrap(
            text,
            self._width,
            initial_indent=first,
            subsequent_indent=following,
            break_long_words=False,
            break_on_hyphens=False,
        )


# --- a request, for people -----------------------------------------------------------------------


def write_verdict(page: Page, verdict: Verdict, told: Iterable[Note] = ()) -> None:
    """Tell step by step what became of a request, and then what there is to know beside it."""
    request = verdict.request
    cookies = " with credentials" if request.credentials == "include" else ""
    page.say(f"A page of origin {request.origin} asks for {request.method} {request.url}{cookies}.")
    for number, exchange in enumerate(verdict.exchanges, 1):
        page.gap()
        page.say(f"{number}. {_STEPS[exchange.kind]}")
        page.exchange(exchange)
    page.gap()
    if verdict.refusal is None:
        _write_allowed(page, verdict)
    else:
        _write_refused(page, verdict.refusal)
    for note in told:
        page.gap()
        page.item("Note:", note.why)
        page.say(note.remedy, depth=1)
        page.say(more_about(note.reason), depth=1)


_STEPS = {
    "preflight": "The browser asks for permission (preflight):",
    "actual": "The browser sends the request:",
}


def _write_allowed(page: Page, verdict: Verdict) -> None:
    assert verdict.response is not None
    if verdict.response.type == "basic":
        page.outcome(
            "ALLOWED", "the page and the URL have the same origin, so CORS does not apply."
        )
        return
    page.outcome("ALLOWED", f"the script can read the response (status {verdict.response.status}).")
    hidden = verdict.hidden_header_names
    if hidden:
        names = ", ".join(hidden)
        page.item("Hidden from it:", f"{names} (expose_headers, Access-Control-Expose-Headers).")


def _write_refused(page: Page, refusal: NetworkError) -> None:
    page.outcome("REFUSED", refusal.reason)
    page.say(refusal.why)
    page.gap()
    page.item("To allow it:", refusal.remedy)
    page.say(more_about(refusal.refusal.code))
    headers = headers_to_send(refusal)
    if headers:
        page.gap()
        page.say(
            f"In any programming language, the answer to step {len(refusal.exchanges)} should have"
        )
        if refusal.exchanges[-1].kind == "preflight":
            page.say("status 204", depth=1)
        for name, value in headers:
            page.item(f"{name}:", value, depth=1)


# --- a scan, for people --------------------------------------------------------------------------


_PUBLIC = "everybody may read this, but not with credentials. The headers are correct."
_SHUT = "none of them was allowed. The headers are correct."


def write_scan(page: Page, url: str, scan: Scan) -> None:
    """Tell what is wrong with a server, the gravest first."""
    page.say(f"Asked {url} from {len(scan.hostile)} origins that it should not trust.")
    _write_known(page, scan)
    if not 200 <= scan.status <= 299:
        page.say(
            f"A plain GET is answered with {scan.status}. If that is an error, other URLs of the server"
            " may answer differently."
        )
    for finding in (*scan.findings, *scan.information):
        page.gap()
        _write_finding(page, finding)
    page.gap()
    if scan.findings:
        page.say(f"Found: {_counted(scan.findings)}.")
    else:
        page.outcome("NOTHING FOUND", _PUBLIC if scan.is_public else _SHUT)


def _write_known(page: Page, scan: Scan) -> None:
    if scan.known:
        page.say(f"Assumed to be allowed: {', '.join(scan.known)}.")
    else:
        page.say("Name the allowed origins with --origin. Then similar names are tried too.")


def _write_finding(page: Page, finding: Finding) -> None:
    page.outcome(finding.severity.upper(), finding.reason)
    page.exchange(finding.exchange)
    _write_likewise(page, finding)
    page.item("Why:", finding.why, depth=1)
    page.item("Instead:", finding.remedy, depth=1)


def _write_likewise(page: Page, finding: Finding) -> None:
    asked = {value for name, value in finding.exchange.request.headers if name == "Origin"}
    others = [origin for origin in finding.origins if origin not in asked]
    if len(others) > _MOST_SHOWN:
        others[_MOST_SHOWN:] = [f"and {len(others) - _MOST_SHOWN} more"]
    if others:
        page.item("Likewise:", ", ".join(others), depth=1)


def _counted(findings: Iterable[Finding]) -> str:
    severities = [finding.severity for finding in findings]
    counts = ((severities.count(severity), severity) for severity in SEVERITIES)
    return ", ".join(f"{count} {severity}" for count, severity in counts if count)


# --- for machines --------------------------------------------------------------------------------


def verdict_as_json(verdict: Verdict, told: Iterable[Note] = ()) -> dict[str, Any]:
    """A request and what became of it."""
    request, response, refusal = verdict
    return {
        "origin": request.origin,
        "method": request.method,
        "url": str(request.url),
        "credentials": request.credentials == "include",
        "allowed": refusal is None,
        "status": response.status if response else None,
        "hidden_headers": list(verdict.hidden_header_names),
        "reason": refusal.reason if refusal else None,
        "why": refusal.why if refusal else None,
        "remedy": refusal.remedy if refusal else None,
        "headers_to_send": list(map(list, headers_to_send(refusal))) if refusal else [],
        "exchanges": list(map(_exchange_as_json, verdict.exchanges)),
        "cause": (refusal.cause or None) if refusal else None,
        "more": refusal.more if refusal else None,
        "notes": [{**note._asdict(), "more": note.more} for note in told],
    }


def scan_as_json(scan: Scan) -> dict[str, Any]:
    """What is wrong with a server."""
    return {
        "known_origins": list(scan.known),
        "hostile_origins": list(scan.hostile),
        "status": scan.status,
        "public": scan.is_public,
        "findings": list(map(_finding_as_json, scan.findings)),
        "information": list(map(_finding_as_json, scan.information)),
    }


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "reason": finding.reason,
        "why": finding.why,
        "remedy": finding.remedy,
        "origins": list(finding.origins),
        "exchange": _exchange_as_json(finding.exchange),
    }


def _exchange_as_json(exchange: Exchange) -> dict[str, Any]:
    kind, request, response = exchange
    return {
        "kind": kind,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": list(map(list, request.headers)),
        },
        "response": {"status": response.status, "headers": list(map(list, response.headers))},
    }
