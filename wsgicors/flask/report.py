"""What each route of an application shares, and what a browser could do there; prints nothing.

Policies come from the resolver. Verdicts come from the header builder, asked by the browser's half
of the protocol, so that no rule of CORS stands here a second time.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Callable, NamedTuple

from werkzeug.exceptions import HTTPException
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from ..errors import ConfigError, Problem, shown
from ..fetch import CORSError, HTTPResponse, Request, fetch, run
from ..headers import HeaderBuilder
from ..middleware import CORSMiddleware, answer_preflight, decide_actual
from ..requests import is_preflight
from ..review import described
from .alone import is_automatic
from .resolver import UrlMapResolver
from .settings import EXTENSION, READERS
from .strays import Stray, strays
from .trial import TRIAL

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

    from ..comparison import Rules, Said
    from ..fetch import HTTPRequest
    from ..policy import Policy
    from .settings import Effective

# Stands for a name that is not known, or not the same on any machine.
_SERVER_NAME = "SERVER_NAME"
# Nobody has a page there (RFC 6761), so that every origin is a foreign one.
_APPLICATION = "https://flask-cors.invalid"


class Route(NamedTuple):
    """Those methods of a rule of the URL map that have the same policy."""

    #: The host that the rule is bound to, or nothing.
    host: str
    #: ``None`` stands for all URLs that no rule matches.
    rule: str | None
    endpoint: str | None
    methods: tuple[str, ...]
    #: ``None`` where nothing is governed.
    effective: Effective | None
    #: Whether the rule is none, but says in words which paths it is about.
    is_by_path: bool = False
    #: Whether it takes WebSockets alone.
    is_socket: bool = False

    @property
    def url(self) -> str:
        """What it matches, for people."""
        return "URLs that no route matches" if self.rule is None else self.host + self.rule

    def taking(self, method: str) -> Route | None:
        """The route for this method alone; ``None`` if there is none."""
        return self._replace(methods=(method,)) if method in self.methods else None


class Report(NamedTuple):
    """The routes of an application."""

    #: Sorted by what they match.
    routes: tuple[Route, ...]
    #: Whether routes about which nothing was said are governed too.
    governs_all: bool
    #: Whether paths are governed too, whatever is routed there.
    governs_paths: bool
    #: Whether a middleware outside writes the headers, whatever the routes say.
    is_wrapped: bool
    #: The URLs whose methods have different policies.
    divided: frozenset[str]
    #: What was declared and governs no route.
    strays: tuple[Stray, ...] = ()
    #: Whether other settings are judged beside these.
    is_on_trial: bool = False
    #: The endpoints that a path leads to.
    endpoints_at: Callable[[str], frozenset[str]] = lambda path: frozenset()

    @classmethod
    def of(cls, app: Flask, server_name: str | None = None) -> Report:
        """Look through an application.

        :param server_name: what subdomains are below; that of the configuration, if left out.
        :raises ConfigError: if its settings contradict each other, or something else stands in the
            place of the extension.

        >>> import flask
        >>> from wsgicors.flask import CORS
        >>> app = flask.Flask("example")
        >>> cors = CORS(app, allow_origins="*")
        >>> for route in Report.of(app).routes:
        ...     print(route.url, route.methods, route.effective.policy.allow_origins)
        /static/<path:filename> ('GET', 'HEAD') *
        URLs that no route matches () *
        """
        resolver = _resolver_of(app)
        resolver.ensure_checked()
        routes = _routes(resolver, server_name or app.config["SERVER_NAME"] or _SERVER_NAME)
        divided = _divided(routes)
        unrouted = resolver.unrouted()
        if unrouted is not None:
            routes.append(Route("", None, None, (), unrouted))
        routes += [
            Route("", paths, None, _listed_methods(effective), effective, is_by_path=True)
            for paths, effective in resolver.by_path()
        ]
        return cls(
            tuple(routes),
            unrouted is not None,
            resolver.governs_paths,
            _is_wrapped(app),
            divided,
            strays(resolver.identities_in_force()),
            TRIAL in app.extensions,
            functools.partial(_endpoints_at, app),
        )

    def at(self, path: str | None, method: str | None) -> Report:
        """The same for the routes at a path or below it, and for those that take a method.

        :param path: of a rule, such as ``/items/<int:id>``, of a part of the site, or of a URL.
        :param method: in any case, as routing takes it.
        """
        routes: Iterable[Route | None] = self.routes
        if path is not None:
            endpoints = self.endpoints_at(path)
            routes = [r for r in self.routes if _is_below(r.rule, path) or r.endpoint in endpoints]
        if method is not None:
            routes = [route and route.taking(method.upper()) for route in routes]
        return self._replace(routes=tuple(filter(None, routes)))

    @classmethod
    def to_save(cls, app: Flask) -> Report:
        """Look through an application, for what is the same on any machine."""
        return cls.of(app, _SERVER_NAME)

    def rules(self) -> Rules:
        """What is in effect for each method of each route, to be saved."""
        rules: dict[str, Said] = {}
        for route in self.routes:
            said = None if route.effective is None else described(route.effective.policy)
            if route.rule is None or route.is_by_path:
                rules.setdefault(route.url, said)
                continue
            for method in route.methods:
                # Of rules for the same, the first is the one that is routed to.
                rules.setdefault(f"{method} {route.url}", said)
        return {name: said for name, said in rules.items() if not _goes_with_get(name, rules)}


def _goes_with_get(name: str, rules: Rules) -> bool:
    method, _, url = name.partition(" ")
    return method == "HEAD" and rules.get(f"GET {url}", {}) == rules[name]


def _is_below(rule: str | None, path: str) -> bool:
    return rule is not None and f"{rule}/".startswith(path.rstrip("/*") + "/")


def _endpoints_at(app: Flask, path: str) -> frozenset[str]:
    """The endpoints that a URL leads to, by whatever method."""
    adapter, found = app.url_map.bind("localhost"), set()
    for method in {name for rule in app.url_map.iter_rules() for name in rule.methods or ()}:
        with suppress(HTTPException):
            found.add(adapter.match(path, method)[0])
    return frozenset(found)


def _resolver_of(app: Flask) -> UrlMapResolver:
    resolver = app.extensions.get(EXTENSION)
    if resolver is None:
        found: Iterator[UrlMapResolver | None] = (read(app) for read in READERS)
        return next(filter(None, found), None) or UrlMapResolver(app, governs_all=False)
    if not isinstance(resolver, UrlMapResolver):
        message = (
            f"app.extensions[{EXTENSION!r}] is {shown(resolver)}, which is not from this release of"
            " wsgicors; leave that name to CORS(app)"
        )
        raise ConfigError([Problem("app", resolver, "unknown-extension", message)])
    return resolver


def _is_wrapped(app: Flask) -> bool:
    layer: object = app.wsgi_app
    while layer is not None:
        if isinstance(layer, CORSMiddleware):
            return True
        # Werkzeug's middleware and ours have what they wrap under this name.
        layer = getattr(layer, "app", None)
    return False


def _routes(resolver: UrlMapResolver, server_name: str) -> list[Route]:
    """Each rule, once for each policy that its methods have."""
    found: dict[tuple[object, ...], Route] = {}
    for rule, method, effective in sorted(resolver.routes(), key=_sort_key):
        if rule.build_only or (method == "OPTIONS" and _is_answered_by_flask(rule)):
            continue
        host, is_socket = _host(rule, server_name), bool(rule.websocket)
        blank = Route(host, rule.rule, rule.endpoint, (), effective, is_socket=is_socket)
        said = effective and (effective.policy, *effective.sources.values())
        key = (*blank[:3], is_socket, said)
        route = found.get(key, blank)
        found[key] = route._replace(methods=(*route.methods, method))
    return list(found.values())


def _listed_methods(effective: Effective) -> tuple[str, ...]:
    methods = effective.policy.allow_methods
    return methods if isinstance(methods, tuple) else ()


def _divided(routes: list[Route]) -> frozenset[str]:
    policies: dict[str, set[Policy | None]] = {}
    for route in routes:
        policy = route.effective.policy if route.effective else None
        policies.setdefault(route.url, set()).add(policy)
    return frozenset(url for url, different in policies.items() if len(different) > 1)


def _sort_key(item: tuple[Rule, str, Effective | None]) -> tuple[str, str, str, str]:
    rule, method, _ = item
    return rule.host or "", rule.subdomain or "", rule.rule, method


def _host(rule: Rule, server_name: str) -> str:
    return rule.host or (f"{rule.subdomain}.{server_name}" if rule.subdomain else "")


def _is_answered_by_flask(rule: Rule) -> bool:
    return bool(getattr(rule, "provide_automatic_options", False)) or is_automatic(rule)


# --- what a browser could do ---------------------------------------------------------------------


class Question(NamedTuple):
    """What a script of some page would like to send."""

    origin: str
    #: As the script writes it; ``None`` for each that a route takes.
    method: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def request(self, method: str, path: str = "/", credentials: str = "omit") -> Request:
        """The request as a browser would make it.

        :raises TypeError: for a method or header that no browser sends.
        :raises ValueError: if the origin is none.
        """
        return Request.from_script(
            _APPLICATION + path,
            origin=self.origin,
            method=method,
            headers=self.headers,
            credentials=credentials,
        )


class Verdict(NamedTuple):
    """What a browser could do with one method of a route."""

    method: str
    #: ``None`` where nothing is governed, so that it depends on the view.
    allowed: bool | None
    #: The same for a request with cookies or other credentials.
    allowed_with_credentials: bool | None
    #: ``allowed``, ``not-governed``, ``socket`` for a WebSocket that nobody is refused, or the reason of
    #: a :class:`~wsgicors.fetch.CORSError`.
    reason: str
    #: The field that decided; ``None`` where nothing is governed.
    field: str | None
    #: What to change, if it is denied, or if it should be.
    remedy: str = ""


# Many routes share a policy, which may list very many origins.
_builder = functools.lru_cache(HeaderBuilder)
# The fields that decided, where it was not allow_origins.
_FIELD_AT_FAULT = {"method-not-allowed": "allow_methods", "headers-not-allowed": "allow_headers"}


def verdicts(route: Route, question: Question) -> Iterator[Verdict]:
    """What a browser could do with each method of a route."""
    for method in [question.method] if question.method else route.methods:
        if route.effective is None:
            yield Verdict(method, None, None, "not-governed", None)
        else:
            builder = _builder(route.effective.policy).routed(route.methods)
            path = "/" if route.is_by_path else route.rule or "/"
            judged = _socket_verdict if route.is_socket else _verdict
            yield judged(builder, method, path, question)


def _socket_verdict(builder: HeaderBuilder, method: str, path: str, question: Question) -> Verdict:
    """What a browser could do with a WebSocket, which CORS does not apply to; it has cookies always."""
    # No script sets a header of a handshake.
    refusal = _refusal(builder, question._replace(headers=()).request(method, path))
    if refusal is None:
        return Verdict(method, True, True, "allowed", "allow_origins")
    if builder.refused is None:
        return Verdict(method, True, True, "socket", "refuse_denied", _REFUSE)
    return Verdict(method, False, False, refusal.reason, "allow_origins", refusal.remedy)


_REFUSE = "If only those in allow_origins should, write refuse_denied=True."


def _verdict(builder: HeaderBuilder, method: str, path: str, question: Question) -> Verdict:
    refusal = _refusal(builder, question.request(method, path))
    if refusal is None:
        strict = _refusal(builder, question.request(method, path, "include"))
        return Verdict(method, True, strict is None, "allowed", "allow_origins")
    field = _FIELD_AT_FAULT.get(refusal.reason, "allow_origins")
    return Verdict(method, False, False, refusal.reason, field, refusal.remedy)


def _refusal(builder: HeaderBuilder, request: Request) -> CORSError | None:
    try:
        run(fetch(request), functools.partial(_send, builder))
    except CORSError as error:
        return error
    return None


def _send(builder: HeaderBuilder, request: HTTPRequest) -> HTTPResponse:
    """Answer as the application would, whose views are not run."""
    environ = create_environ(
        request.url, _APPLICATION, method=request.method, headers=list(request.headers)
    )
    if not is_preflight(environ):
        return HTTPResponse(200, decide_actual(builder, environ).headers)
    answer = Response.from_app(functools.partial(answer_preflight, builder), environ)
    # Its text says who refused.
    return HTTPResponse(answer.status_code, tuple(answer.headers), answer.get_data())
