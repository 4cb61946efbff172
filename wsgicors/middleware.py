"""WSGI: environ in, ``start_response`` out; which header to write is not decided here.

The walk of a request is `CORSMiddleware.__call__`. Whose policy governs is asked of one builder for
all requests, or of a resolver. A *preflight* is then answered, and the application not called. Any
other request is *actual* and goes to the application, with a ``start_response`` that puts the
headers on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from copy import copy
from logging import DEBUG, root
from typing import TYPE_CHECKING, Any, Callable

from .errors import ConfigError, Problem, shown
from .headers import HeaderBuilder
from .origins import MAX_ORIGIN_LENGTH
from .policy import Policy
from .resolvers import checked_policy, resolver_by_callable, resolver_by_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack

    from .headers import Decision, HeaderLine
    from .policy import PolicyFields
    from .resolvers import Resolve, Routes

logger = logging.getLogger("wsgicors")

DECISION = "wsgicors.decision"

_DENIAL_TEXT = b"Cross-origin request denied: this origin is not allowed here.\n"
_DENIAL_HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_DENIAL_TEXT))),
]
_BOTH_ROUTES_AND_RESOLVE = Problem(
    "resolve",
    None,
    "routes-and-resolve",
    "routes and resolve both say whose policy governs; write one of them (resolve can do what routes does)",
)
# Names that an application's header lines mostly have, as they are mostly written, and that are
# neither ``Vary`` nor ``Access-Control-*``. Where all are of these, none need be looked at.
PLAIN_NAMES = frozenset(
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
        self._routes = copy(routes)
        self._resolve = resolve
        #: The builder for all requests; without one, a resolver is asked for each.
        self._builder: HeaderBuilder | None = None
        self._use(_base_policy(policy, fields))

    @property
    def policy(self) -> Policy | None:
        """The policy in force; assign another to swap it at run time.

        Requests that are under way keep the policy that they began with.

        :raises ConfigError: if the new policy is wrong; the old one then stays.
        """
        return self._policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._use(checked_policy(policy))

    def _use(self, policy: Policy | None) -> None:
        # A request reads what governs it once, so it never sees half of a swap.
        if self._resolve is not None:
            self._resolver = resolver_by_callable(self._resolve, policy)
        elif self._routes is not None:
            self._resolver = resolver_by_path(self._routes, policy)
        else:
            self._builder = HeaderBuilder(policy or Policy())
        self._policy = policy

    def __call__(  # noqa: C901 - the hot path, see below
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a preflight, or call the application and put the headers on its response."""
        builder = self._builder
        if builder is None:
            builder = self._resolver(environ, is_preflight(environ))
            if builder is None:
                return self.app(environ, start_response)
        if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ and is_preflight(environ):
            return answer_preflight(builder, environ, start_response)

        # `HeaderBuilder.actual` and, below, `with_headers` are written out here: two calls less are
        # a tenth less of what the middleware adds to a request. The levels say what `is_logged` would
        # mostly say, too, for a twentieth less of what a denial costs (docs/hot_path.rst).
        if "HTTP_ORIGIN" in environ:
            origin = environ["HTTP_ORIGIN"]
            decision = builder.otherwise
            if len(origin) <= MAX_ORIGIN_LENGTH:
                decision = builder.ready.get(origin, decision)
            if decision is None:
                decision = builder.decide(origin, environ)
        else:
            decision = builder.without_origin
        environ[DECISION] = decision
        if not decision.allowed and (logger.level or root.level) <= DEBUG and is_logged(DEBUG):
            log_denial(environ, decision)

        def start(
            status: str, headers: list[HeaderLine], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            if type(headers) is not list:  # which is what PEP 3333 asks for
                headers = list(headers)
            for name, _ in headers:
                if name not in PLAIN_NAMES:
                    headers = merged(headers, decision)
                    break
            else:
                headers = headers + decision.lines
            if exc_info is None:
                return start_response(status, headers)
            return start_response(status, headers, exc_info)

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


def _base_policy(policy: Policy | None, fields: PolicyFields) -> Policy | None:
    if policy is None:
        return Policy(**fields) if fields else None
    return checked_policy(policy).merge(Policy(**fields))


# --- what the Flask extension needs too ------------------------------------------------------------


def is_preflight(environ: WSGIEnvironment) -> bool:
    """Whether a request is a preflight (Fetch, "CORS-preflight request")."""
    return (
        environ["REQUEST_METHOD"] == "OPTIONS"
        and "HTTP_ORIGIN" in environ
        and bool(environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD"))
    )


def answer_preflight(
    builder: HeaderBuilder, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer a preflight, ahead of any application."""
    decision = environ[DECISION] = builder.preflight(
        environ["HTTP_ORIGIN"],
        environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
        environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
        environ,
    )
    if not decision.allowed and is_logged(DEBUG):
        log_denial(environ, decision)
    if decision.origin_allowed:
        start_response("204 No Content", decision.lines.copy())
        # Hypercorn sends the headers with the first chunk of the body, so there has to be one.
        return [b""]
    start_response("403 Forbidden", _DENIAL_HEADERS + decision.lines)
    return [_DENIAL_TEXT]


def decide_actual(builder: HeaderBuilder, environ: WSGIEnvironment) -> Decision:
    """Decide about an actual request, and make the decision known."""
    decision = environ[DECISION] = builder.actual(environ.get("HTTP_ORIGIN"), environ)
    if not decision.allowed and is_logged(DEBUG):
        log_denial(environ, decision)
    return decision


def with_headers(headers: list[HeaderLine], decision: Decision) -> list[HeaderLine]:
    """The application's header lines and those of a decision, in a new list.

    :param headers: of the application; its ``Access-Control-*`` lines are dropped and its ``Vary`` is
        merged.

    >>> decision = HeaderBuilder(Policy(allow_origins="https://a.example")).actual("https://a.example")
    >>> with_headers([("vary", "Accept-Encoding")], decision)
    [('Access-Control-Allow-Origin', 'https://a.example'), ('Vary', 'Accept-Encoding, Origin')]
    """
    for name, _ in headers:
        if name not in PLAIN_NAMES:
            return merged(headers, decision)
    return [*headers, *decision.lines]


def merged(headers: list[HeaderLine], decision: Decision) -> list[HeaderLine]:
    """The same as `with_headers`, for header lines that need a closer look."""
    kept, vary = [], []
    for line in headers:
        name = line[0].lower()
        if name == "vary" and decision.vary:
            vary.append(line[1])
        elif not name.startswith("access-control-"):
            kept.append(line)
    if not vary:
        return kept + decision.lines
    return [*kept, *decision.lines[:-1], ("Vary", _merged_vary(vary, decision.vary))]


def _merged_vary(values: list[str], names: tuple[str, ...]) -> str:
    # RFC 9110, section 12.5.5: "*" says already that the response varies by anything.
    merged: dict[str, str] = {}
    for name in [*",".join(values).split(","), *names]:
        merged.setdefault(name.strip().lower(), name.strip())
    merged.pop("", None)
    return "*" if "*" in merged else ", ".join(merged.values())


is_logged = logger.isEnabledFor


def log_denial(environ: WSGIEnvironment, decision: Decision) -> None:
    """Say what was denied and why, in such a way that nothing a client sent can forge a line."""
    logger.debug(
        "denied: %s, origin %s, %s %s, requested method %s, requested headers %s",
        decision.reason,
        shown(environ.get("HTTP_ORIGIN")),
        shown(environ["REQUEST_METHOD"]),
        shown(environ.get("PATH_INFO", "")),
        shown(environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")),
        shown(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")),
    )
