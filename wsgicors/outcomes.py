"""What becomes of a request under a policy, from its origin and from what kind of request it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .requests import NOT_FOREIGN, is_from_another_host, may_do_something

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
    decision = builder.actual(environ.get("HTTP_ORIGIN"), environ)
    return decision if decision.allowed else settled(builder, decision, environ)


def settled(builder: HeaderBuilder, decision: Decision, environ: WSGIEnvironment) -> Decision:
    """What becomes of an actual request that is not allowed by what was said of origins alone."""
    # `is_foreign`, written out: it is found out for each denial.
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site in NOT_FOREIGN or not (site or is_from_another_host(environ)):
        return builder.same_origin if "HTTP_ORIGIN" in environ else builder.no_origin
    if builder.refused is not None and may_do_something(environ):
        return builder.refused
    return decision if "HTTP_ORIGIN" in environ else builder.no_origin
