"""What becomes of a request under a policy, from its origin and from what kind of request it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .requests import MAX_LENGTH, NOT_FOREIGN, is_at, may_do_something

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .headers import Decision, HeaderBuilder


def outcome(builder: HeaderBuilder, environ: WSGIEnvironment, is_preflight: bool) -> Decision:
    """What is decided about a request."""
    if is_preflight:
        return builder.preflight(
            environ["HTTP_ORIGIN"],
            environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
            environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
            environ,
        )
    origin = environ.get("HTTP_ORIGIN")
    decision = builder.actual(origin, environ)
    return decision if decision.allowed else settled(builder, decision, origin, environ)


def settled(
    builder: HeaderBuilder, decision: Decision, origin: str | None, environ: WSGIEnvironment
) -> Decision:
    """What becomes of an actual request that is not allowed by what was said of origins alone."""
    # `is_foreign`, written out: it is found out for each denial.
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site:
        is_own = site in NOT_FOREIGN
    elif origin is None:
        is_own = True
    else:
        host = environ.get("HTTP_HOST", "")
        is_own = len(origin) + len(host) <= MAX_LENGTH and is_at(origin, host)
    if is_own:
        return builder.no_origin if origin is None else builder.same_origin
    if builder.refused is not None and may_do_something(environ):
        return builder.refused
    return builder.no_origin if origin is None else decision
