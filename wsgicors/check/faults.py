"""What can be wrong with single responses; knows nothing of origins that should not be trusted.

None of it opens a door: it keeps a door shut that was meant to be open, or does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Optional

from ..errors import shown
from ..fetch import CHROMIUM, FIREFOX, WEBKIT, fields, refusals
from ..fetch.catalogue import CAUSES
from ..fetch.refusals import Refusal
from ..names import FORBIDDEN_RESPONSE_HEADERS
from ..origins import is_origin
from .findings import INFORMATION, Finding

if TYPE_CHECKING:
    from ..fetch import Exchange

_Rule = Callable[["Exchange"], Optional[Finding]]

_LISTS = ("Allow-Methods", "Allow-Headers", "Expose-Headers")
# For how many seconds each engine keeps a preflight at the most; the longest last.
_CEILINGS = sorted(
    (engine.max_age_ceiling, engine.name)
    for engine in (CHROMIUM, FIREFOX, WEBKIT)
    if engine.max_age_ceiling is not None
)
_MAX_AGE_CEILING = _CEILINGS[-1][0]
_EXAMPLE = "https://app.example.com"


def faults(exchange: Exchange) -> Iterator[Finding]:
    """All that is wrong with one response, whoever asked for it."""
    for rule in _RULES:
        fault = rule(exchange)
        if fault is not None:
            yield fault


def known_origin_refused(refusal: Refusal, exchange: Exchange) -> Finding:
    """An origin is refused that was said to be allowed."""
    origin = fields.get(exchange.request.headers, "Origin")
    why = f"{origin} was named as allowed, but the server refuses it. {refusal.why}"
    return _found("known-origin-refused", why, refusal.remedy, exchange)


def preflight_status(exchange: Exchange) -> Finding:
    """A preflight fails by its status, from an origin whose other requests are allowed."""
    return _refused(refusals.preflight_status(exchange), exchange)


def vary_missing(exchange: Exchange) -> Finding:
    """A response that is for one origin does not say so."""
    why = "This response is for one origin, but a cache may give it to another one."
    return _found("vary-missing", why, 'Add "Origin" to Vary.', exchange)


def vary_incomplete(exchange: Exchange) -> Finding:
    """A response that is for no origin does not say that there are others."""
    why = (
        "Other origins get another answer at this URL. A cache may give them this one, and their"
        " browsers may refuse it."
    )
    remedy = (
        'Add "Origin" to Vary in every response of this URL, also if the request has no Origin or if'
        " its origin is not allowed."
    )
    return _found("vary-incomplete", why, remedy, exchange)


def strangers_act(exchange: Exchange) -> Finding:
    """A request that might change something is not refused for where it comes from."""
    why = (
        "A request with an unknown method gets the same answer from every origin. So a stranger's page"
        " can probably send requests that change something, with the user's cookies. It cannot read the"
        " answer."
    )
    remedy = (
        "If cookies tell who the user is, refuse such requests of other origins (refuse_denied=True),"
        " or ask for a token that strangers do not know."
    )
    return Finding(INFORMATION, "strangers-can-act", why, remedy, exchange)


def _found(reason: str, why: str, remedy: str, exchange: Exchange) -> Finding:
    return Finding("low", reason, why, remedy, exchange)


def _refused(refusal: Refusal, exchange: Exchange) -> Finding:
    return _found(refusal.reason, refusal.why, refusal.remedy, exchange)


def _malformed(header: str, value: str, code: str, exchange: Exchange) -> Finding:
    """What the catalogue says of a value that does nothing as it is written."""
    entry = CAUSES[code]
    why = f"{refusals.subject(exchange).text} has {header}: {shown(value)}. {entry.what}"
    return _found(code, why, entry.change.format(origin=_EXAMPLE), exchange)


# --- rules for every response --------------------------------------------------------------------


def _allow_origin_multiple(exchange: Exchange) -> Finding | None:
    value = _get(exchange, "Allow-Origin")
    if value is None or "," not in value:
        return None
    return _refused(refusals.allow_origin_multiple(value, refusals.subject(exchange)), exchange)


def _allow_origin_malformed(exchange: Exchange) -> Finding | None:
    value = _get(exchange, "Allow-Origin")
    asked = fields.get(exchange.request.headers, "Origin")
    if value in (None, "*", "null", asked) or "," in value or is_origin(value):
        return None
    return _malformed("Access-Control-Allow-Origin", value, "allow-origin-malformed", exchange)


def _allow_credentials_malformed(exchange: Exchange) -> Finding | None:
    value = _get(exchange, "Allow-Credentials")
    if value in (None, "true"):
        return None
    header = "Access-Control-Allow-Credentials"
    return _malformed(header, value, "allow-credentials-malformed", exchange)


def _wildcard_with_credentials(exchange: Exchange) -> Finding | None:
    if _get(exchange, "Allow-Origin") != "*" or not _allows_credentials(exchange):
        return None
    return _found(
        "wildcard-with-credentials",
        (
            "Access-Control-Allow-Credentials does nothing beside Access-Control-Allow-Origin: *. Browsers"
            " refuse this pair for requests with credentials."
        ),
        "Leave it out (allow_credentials=False). If cookies are needed, write the origins in place of"
        ' "*" (allow_origins=["https://app.example.com"]).',
        exchange,
    )


def _list_malformed(exchange: Exchange) -> Finding | None:
    for name in _LISTS:
        try:
            fields.extract_list(exchange.response.headers, f"Access-Control-{name}")
        except fields.MalformedField as error:
            refusal = refusals.malformed_list(error, refusals.subject(exchange))
            return _refused(refusal, exchange)
    return None


def _wildcard_list_with_credentials(exchange: Exchange) -> Finding | None:
    wildcards = [name for name in _LISTS if "*" in _listed(exchange, name)]
    if not wildcards or not _allows_credentials(exchange):
        return None
    return _found(
        "wildcard-list-with-credentials",
        f'"*" in Access-Control-{wildcards[0]} is a plain name when the request has credentials.',
        f"Write the names themselves ({_field(wildcards[0])}).",
        exchange,
    )


def _expose_headers_useless(exchange: Exchange) -> Finding | None:
    listed = _listed(exchange, "Expose-Headers")
    names = [name for name in listed if name.lower() in FORBIDDEN_RESPONSE_HEADERS]
    return _useless("Expose-Headers", names, "no script can read", exchange)


# --- rules for preflights ------------------------------------------------------------------------


def _preflight_redirect(exchange: Exchange) -> Finding | None:
    if exchange.kind != "preflight" or not 300 <= exchange.response.status <= 399:
        return None
    return _refused(refusals.preflight_redirect(exchange.response), exchange)


def _preflight_login(exchange: Exchange) -> Finding | None:
    if exchange.kind != "preflight" or exchange.response.status not in (401, 407):
        return None
    return preflight_status(exchange)


def _max_age_malformed(exchange: Exchange) -> Finding | None:
    value = _get(exchange, "Max-Age")
    if value is None or fields.delta_seconds(value) is not None:
        return None
    return _found(
        "max-age-malformed",
        f"Access-Control-Max-Age: {shown(value)} is not a number of seconds, so it does nothing.",
        f"Send whole seconds, {_MAX_AGE_CEILING} at the most (max_age).",
        exchange,
    )


def _max_age_above_ceiling(exchange: Exchange) -> Finding | None:
    value = _get(exchange, "Max-Age")
    if value is None or (fields.delta_seconds(value) or 0) <= _MAX_AGE_CEILING:
        return None
    kept = ", ".join(f"{name} {seconds}" for seconds, name in _CEILINGS)
    return _found(
        "max-age-above-ceiling",
        f"Access-Control-Max-Age: {shown(value)} is longer than any browser keeps it ({kept}).",
        f"Send {_MAX_AGE_CEILING} seconds at the most (max_age).",
        exchange,
    )


def _allow_methods_useless(exchange: Exchange) -> Finding | None:
    names = [name for name in _listed(exchange, "Allow-Methods") if _is_useless_method(name)]
    return _useless("Allow-Methods", names, "no browser sends for a script", exchange)


def _allow_headers_useless(exchange: Exchange) -> Finding | None:
    listed = _listed(exchange, "Allow-Headers")
    names = [name for name in listed if fields.is_forbidden_request_header(name, "")]
    return _useless("Allow-Headers", names, "no script can set", exchange)


_RULES: tuple[_Rule, ...] = (
    _allow_origin_multiple,
    _allow_origin_malformed,
    _allow_credentials_malformed,
    _wildcard_with_credentials,
    _list_malformed,
    _wildcard_list_with_credentials,
    _expose_headers_useless,
    _preflight_redirect,
    _preflight_login,
    _max_age_malformed,
    _max_age_above_ceiling,
    _allow_methods_useless,
    _allow_headers_useless,
)

# --- parts of rules ------------------------------------------------------------------------------


def _get(exchange: Exchange, name: str) -> str | None:
    return fields.get(exchange.response.headers, f"Access-Control-{name}")


def _listed(exchange: Exchange, name: str) -> tuple[str, ...]:
    try:
        return fields.extract_list(exchange.response.headers, f"Access-Control-{name}") or ()
    except fields.MalformedField:
        return ()


def _allows_credentials(exchange: Exchange) -> bool:
    return _get(exchange, "Allow-Credentials") == "true"


def _field(header: str) -> str:
    """The field of a policy that speaks for a header."""
    return header.lower().replace("-", "_")


def _is_useless_method(name: str) -> bool:
    return fields.is_forbidden_method(name) or fields.normalize_method(name) != name


def _useless(header: str, names: list[str], because: str, exchange: Exchange) -> Finding | None:
    if not names:
        return None
    listed = ", ".join(names)
    return _found(
        f"{header.lower()}-useless",
        f"Access-Control-{header} lists names that {because}: {listed}.",
        f"Leave it out ({_field(header)}).",
        exchange,
    )
