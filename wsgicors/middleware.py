"""WSGI: environ in, ``start_response`` out; which header to write is not decided here.

The walk of a request through `CORSMiddleware.__call__`: a *preflight* is answered, the
application is not called. Any other request is *actual* and goes to the application with a
``start_response`` that puts the headers on. In both cases a *resolver* says first whose policy
governs: one for all, one by path (``routes``), or what a callable returns (``resolve``).
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any, Callable, Iterable

from .errors import ConfigError, Problem, shown
from .policy import Policy
from .resolvers import checked_policy, resolver_by_callable, resolver_by_path, resolver_for_all

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack

    from .headers import Builder, Decision, HeaderLine
    from .policy import PolicyFields
    from .resolvers import Resolve, Resolver, Routes

logger = logging.getLogger("wsgicors")

DECISION = "wsgicors.decision"

_DENIAL_TEXT = b"Cross-origin request denied: this origin is not allowed here.\n"
_DENIAL_HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_DENIAL_TEXT))),
]
# Names that an application's header lines mostly have, as they are mostly written, and that are
# neither ``Vary`` nor ``Access-Control-*``. Where all are of these, none need be looked at.
_PLAIN_NAMES = frozenset(
    """Allow Cache-Control Content-Disposition Content-Encoding Content-Language Content-Length
    Content-Type Date ETag Expires Last-Modified Link Location Pragma Server Set-Cookie
    content-length content-type""".split()
)


class CORSMiddleware:
    """Put a policy around a WSGI application.

    :param app: the application. It is called for every request but the preflights that are
        answered for it.
    :param policy: the policy of all requests, or the base that those of ``routes`` and ``resolve``
        are merged into.
    :param routes: policies by path prefix. Prefixes are whole segments, the longest wins, ``"/"``
        is the default of all. ``None`` means: not governed, everything passes untouched.
    :param resolve: called with ``environ`` and the method of the *actual* request (for a preflight
        the requested one); returns the policy, or ``None`` for not governed.
    :param fields: the fields of a :class:`Policy`, instead of or on top of ``policy``.
    :raises ConfigError: if any policy that can come into use is wrong.

    >>> def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    >>> application = CORSMiddleware(
    ...     application,
    ...     allow_origins="https://app.example.com",
    ...     routes={"/public": Policy(allow_origins="*"), "/internal": None},
    ... )

    Every request that is governed has its :class:`~wsgicors.headers.Decision` in
    ``environ["wsgicors.decision"]``. What was denied, and why, goes to the logger ``wsgicors`` at
    level ``DEBUG``.
    """

    def __init__(
        self,
        app: WSGIApplication,
        policy: Policy | None = None,
        *,
        routes: Routes | None = None,
        resolve: Resolve | None = None,
        **fields: Unpack[PolicyFields],
    ) -> None:
        if routes is not None and resolve is not None:
            raise ConfigError([_BOTH_ROUTES_AND_RESOLVE])
        self.app = app
        self._resolver_for: Callable[[Policy | None], Resolver] = resolver_for_all
        if routes is not None:
            self._resolver_for = functools.partial(resolver_by_path, routes)
        if resolve is not None:
            self._resolver_for = functools.partial(resolver_by_callable, resolve)
        self._use(_base_policy(policy, fields))

    @property
    def policy(self) -> Policy | None:
        """The policy in force; assign another to swap it at run time.

        Requests that are under way keep the policy that they began with.

        :raises ConfigError: if the new policy is wrong; the old one then stays.
        """
        return self._state[0]

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._use(checked_policy(policy))

    def _use(self, policy: Policy | None) -> None:
        # One assignment, so that no request ever sees half of it.
        self._state = (policy, self._resolver_for(policy))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        resolver = self._state[1]
        method = requested_method(environ)
        builder = resolver(environ, method or environ["REQUEST_METHOD"])
        if builder is None:
            return self.app(environ, start_response)
        if method is not None:
            return answer_preflight(builder, environ, start_response)
        decision = decide_actual(builder, environ)

        def start(
            status: str, headers: list[HeaderLine], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            if exc_info is None:
                return start_response(status, with_headers(headers, decision))
            return start_response(status, with_headers(headers, decision), exc_info)

        return self.app(environ, start)


def cors(
    policy: Policy | None = None,
    *,
    routes: Routes | None = None,
    resolve: Resolve | None = None,
    **fields: Unpack[PolicyFields],
) -> Callable[[WSGIApplication], CORSMiddleware]:
    """The decorator form of :class:`CORSMiddleware`, for a WSGI callable.

    :raises ConfigError: if any policy that can come into use is wrong.

    >>> @cors(allow_origins="*")
    ... def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    """

    def decorator(app: WSGIApplication) -> CORSMiddleware:
        return CORSMiddleware(app, policy, routes=routes, resolve=resolve, **fields)

    return decorator


# --- requests and responses ---------------------------------------------------------------------


def requested_method(environ: WSGIEnvironment) -> str | None:
    """The method that a preflight asks about; ``None`` for any other request.

    Fetch standard, "CORS-preflight request".
    """
    if environ["REQUEST_METHOD"] != "OPTIONS" or "HTTP_ORIGIN" not in environ:
        return None
    return environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD") or None


def answer_preflight(
    builder: Builder, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer a preflight, ahead of any application."""
    decision = environ[DECISION] = builder.preflight(
        environ["HTTP_ORIGIN"],
        environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
        environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
        environ,
    )
    if not decision.allowed:
        _log_denial(environ, decision)
    if decision.origin_allowed:
        start_response("204 No Content", list(decision.headers))
        return []
    start_response("403 Forbidden", [*_DENIAL_HEADERS, *decision.headers])
    return [_DENIAL_TEXT]


def decide_actual(builder: Builder, environ: WSGIEnvironment) -> Decision:
    """Decide about an actual request, and make the decision known."""
    origin = environ.get("HTTP_ORIGIN")
    decision = environ[DECISION] = builder.actual(origin, environ)
    if not decision.allowed and origin is not None:
        _log_denial(environ, decision)
    return decision


def with_headers(headers: list[HeaderLine], decision: Decision) -> list[HeaderLine]:
    """The application's header lines and those of a decision, in a new list.

    :param headers: of the application; its ``Access-Control-*`` lines are dropped and its ``Vary`` is
        merged.

    >>> from wsgicors.headers import HeaderBuilder
    >>> decision = HeaderBuilder(Policy(allow_origins="https://a.example")).actual("https://a.example")
    >>> with_headers([("vary", "Accept-Encoding")], decision)
    [('Access-Control-Allow-Origin', 'https://a.example'), ('Vary', 'Accept-Encoding, Origin')]
    """
    if _PLAIN_NAMES.issuperset([name for name, _ in headers]):
        return [*headers, *decision.headers]
    kept, vary = [], []
    for line in headers:
        name = line[0].lower()
        if name == "vary" and decision.vary:
            vary.append(line[1])
        elif not name.startswith("access-control-"):
            kept.append(line)
    if not vary:
        return [*kept, *decision.headers]
    return [*kept, *decision.headers[:-1], ("Vary", _merged_vary(vary, decision.vary))]


def _merged_vary(values: list[str], names: tuple[str, ...]) -> str:
    # RFC 9110, section 12.5.5: "*" says already that the response varies by anything.
    merged: dict[str, str] = {}
    for name in [*",".join(values).split(","), *names]:
        merged.setdefault(name.strip().lower(), name.strip())
    merged.pop("", None)
    return "*" if "*" in merged else ", ".join(merged.values())


def _log_denial(environ: WSGIEnvironment, decision: Decision) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug(
            "denied: %s, origin %s, %s %s, requested method %s, requested headers %s",
            decision.reason,
            shown(environ.get("HTTP_ORIGIN")),
            shown(environ["REQUEST_METHOD"]),
            shown(environ.get("PATH_INFO", "")),
            shown(environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")),
            shown(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")),
        )


_BOTH_ROUTES_AND_RESOLVE = Problem(
    "resolve",
    None,
    "routes-and-resolve",
    "routes and resolve both say whose policy governs; write one of them (resolve can do all that routes does)",
)


def _base_policy(policy: Policy | None, fields: PolicyFields) -> Policy | None:
    if policy is None:
        return Policy(**fields) if fields else None
    return checked_policy(policy).merge(Policy(**fields))
