"""The resolver for Flask: whose policy governs, found in the application's own URL map.

An actual request was routed by Flask already, so only its endpoint and method are looked up. A
preflight is routed here, with the method that it asks about.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from operator import length_hint
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from ..errors import ConfigError, Problem, log_exception, shown
from ..headers import HeaderBuilder
from ..names import SAFELISTED_METHODS, USUAL_METHODS
from ..policy import Policy
from ..resolvers import RESOLVE_FAILED
from .settings import (
    Effective,
    Layer,
    blueprint_layers,
    config_layers,
    is_anything_declared,
    read_on,
    view_layers,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import MapAdapter

logger = logging.getLogger("wsgicors")

# A redirect of the URL map leads to another rule; no sane map has a longer chain of them.
_MAX_REDIRECTS = 4
# Rules that take any method would otherwise let clients fill the memory with made-up ones.
_MAX_REMEMBERED = 65536
_MAX_METHOD_LENGTH = 64
# Where the last requests led: so many, of so many bytes each at the most.
_MAX_LOCATIONS = 1024
_MAX_REMEMBERED_LENGTH = 1024
_ROUTED_BY = (
    "PATH_INFO",
    "SCRIPT_NAME",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.url_scheme",
    "HTTP_UPGRADE",
    "HTTP_CONNECTION",
)


class UrlMapResolver:
    """The policies of one application's views.

    :param app: the application, whose rules and views are read when a request comes.
    :param layers: what was said for all of it, beside its configuration.
    :param endpoints: what was said for endpoints that cannot be decorated.
    :param governs_all: whether views about which nothing was said are governed too.
    """

    #: Whether somebody has said by path what is shared, which no rule of the map tells.
    governs_paths = False

    def __init__(
        self,
        app: Flask,
        layers: Iterable[Layer] = (),
        endpoints: Mapping[str, Layer] | None = None,
        *,
        governs_all: bool = True,
    ) -> None:
        self._app = app
        self._layers = tuple(layers)
        self._endpoints = endpoints or {}
        self._governs_all = governs_all
        self._base: tuple[Layer, ...] = ()
        self._default: HeaderBuilder | None = None
        #: The builder for every request, as long as no view can have settings of its own.
        self.for_all: HeaderBuilder | None = None
        #: The URL map in which nothing is wrong.
        self.checked_map: object = None
        self._lock = threading.Lock()
        self._by_policy: dict[Policy, HeaderBuilder] = {}
        self._is_routing_pure = False
        self._methods = USUAL_METHODS
        self._locations: dict[tuple[object, ...], _Location] = {}
        # By endpoint and method, the view that a builder was found for, and the builder.
        self._by_view: dict[tuple[str, str], tuple[object, HeaderBuilder | None]] = {}
        read_on(self)

    # --- at configuration time: before the first response ------------------------------------

    def ensure_checked(self) -> None:
        """Find everything that is wrong in any route, unless that was done already.

        :raises ConfigError: for all routes at once; again each time, until it is mended.
        """
        with self._lock:
            if self.checked_map is not self._app.url_map:
                self._check()

    def _check(self) -> None:
        url_map = self._app.url_map
        self._base = (*config_layers(self._app), *self._layers)
        problems = [*self._unknown_endpoints(), *self._conflicts()]
        if problems:
            raise ConfigError(problems)
        self._by_policy.clear()
        self._by_view.clear()
        self._locations.clear()
        self._is_routing_pure = _is_routing_pure(self._app)
        self._methods = USUAL_METHODS.union(
            *(rule.methods or () for rule in self._app.url_map.iter_rules())
        )
        self._default = (
            self._compiled(Effective.of(self._base).policy) if self._governs_all else None
        )
        self.for_all = None if self._endpoints or is_anything_declared() else self._default
        # Asked once more, because `forget_views` may have been told just before that was noted.
        if is_anything_declared():
            self.for_all = None
        self.checked_map = url_map

    def forget_views(self) -> None:
        """Look at the views anew, of which something was said."""
        self.for_all = None
        self._by_view.clear()

    def _unknown_endpoints(self) -> Iterator[Problem]:
        known = {rule.endpoint for rule in self._app.url_map.iter_rules()}
        for endpoint in self._endpoints:
            if endpoint not in known:
                message = (
                    f"there is no endpoint {shown(endpoint)}; there are {', '.join(sorted(known))}"
                )
                yield Problem("endpoints", endpoint, "unknown-endpoint", message)

    def _conflicts(self) -> Iterator[Problem]:
        """The problems of all routes, each policy's once."""
        routes: dict[tuple[Policy, tuple[str, ...]], tuple[Effective, list[str]]] = {}
        for route, effective in self.effective_policies():
            key = (effective.policy, tuple(effective.sources.values()))
            routes.setdefault(key, (effective, []))[1].append(route)
        for effective, names in routes.values():
            yield from effective.problems(", ".join(dict.fromkeys(names)))

    def effective_policies(self) -> Iterator[tuple[str, Effective]]:
        """Each method of each route that is governed, as ``PUT /items/<int:id>``, and its policy."""
        unrouted = self.unrouted()
        if unrouted is not None:
            yield "URLs that no route matches", unrouted
        for rule, method, effective in self.routes():
            if effective is not None:
                yield f"{method} {rule.rule}", effective

    def routes(self) -> Iterator[tuple[Rule, str, Effective | None]]:
        """Each method of each rule, and its policy; ``None`` where it is not governed.

        What was said for all of the application counts once `ensure_checked` has read it.
        """
        for rule in self._app.url_map.iter_rules():
            for method in sorted(rule.methods or SAFELISTED_METHODS):
                yield rule, method, self._effective(rule.endpoint, method)

    def unrouted(self) -> Effective | None:
        """The policy of URLs that no route matches; ``None`` if they are not governed."""
        return Effective.of(self._base) if self._governs_all else None

    def _effective(self, endpoint: str, method: str) -> Effective | None:
        special = [self._endpoints[endpoint]] if endpoint in self._endpoints else []
        own = (
            *blueprint_layers(self._app, endpoint),
            *special,
            *view_layers(self._app.view_functions.get(endpoint), method),
        )
        return Effective.of([*self._base, *own]) if own or self._governs_all else None

    def _compiled(self, policy: Policy) -> HeaderBuilder:
        # Views of the same policy share a builder, so that builders can be told apart by identity.
        builder = self._by_policy.get(policy)
        if builder is None:
            builder = self._by_policy[policy] = HeaderBuilder(policy)
        return builder

    # --- for a request --------------------------------------------------------------------------

    def builder(self, endpoint: str | None, method: str) -> HeaderBuilder | None:
        """The builder for an endpoint; ``None`` stands for no route at all, as the endpoint."""
        if endpoint is None:
            return self._default
        view = self._app.view_functions.get(endpoint)
        known = self._by_view.get((endpoint, method))
        if known is not None and known[0] is view:
            return known[1]
        effective = self._effective(endpoint, method)
        builder = None if effective is None else self._compiled(effective.policy)
        if len(method) <= _MAX_METHOD_LENGTH:
            if len(self._by_view) >= _MAX_REMEMBERED:
                self._by_view.clear()
            self._by_view[endpoint, method] = (view, builder)
        return builder

    def builder_of_request(self, environ: WSGIEnvironment, path: str) -> HeaderBuilder:
        """The builder for a request that Flask has been given, and may have routed.

        :param path: ``PATH_INFO`` as it came, of which what is inside may have moved a part.
        """
        method = environ["REQUEST_METHOD"]
        # Werkzeug keeps the request there, and Flask in it where it has routed it.
        rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
        if rule is None or rule.map is not self._app.url_map:
            builder = self(_as_it_came(environ, path), method)
        else:
            builder = self.builder(rule.endpoint, method)
        assert builder is not None, "the extension governs everything"
        return builder

    def __call__(self, environ: WSGIEnvironment, method: str) -> HeaderBuilder | None:
        """Whose policy governs a request that Flask has not routed, or not with this method."""
        try:
            return self._builder_at(self._location(environ, method), method, environ)
        except Exception:  # noqa: BLE001 - it is logged, and denies
            # A converter of the application's may raise anything.
            log_exception(
                logger, "routing failed for %s, which is denied", shown(environ.get("PATH_INFO"))
            )
            return RESOLVE_FAILED

    def _builder_at(
        self, location: _Location, method: str, environ: WSGIEnvironment
    ) -> HeaderBuilder | None:
        origin = environ.get("HTTP_ORIGIN")
        if not location.methods:
            # Whatever the method, the answer will be that there is nothing.
            return self._default and self._default.routed("*").beside((), origin)
        builders = {
            name: self.builder(endpoint, name) for name, endpoint in location.endpoints.items()
        }
        are_alike = (
            len({id(builder) for builder in builders.values()}) == 1 and location.methods != "*"
        )
        if location.endpoint is not None:
            builder = self.builder(location.endpoint, method)
        else:
            builder = next(iter(builders.values())) if are_alike else self._default
        if builder is None:
            return None
        builder = builder.routed(location.methods)
        if are_alike:
            return builder
        return builder.beside(_that_could_be_reached(builders, method), origin, environ)

    def _location(self, environ: WSGIEnvironment, method: str) -> _Location:
        """Where a request leads, as long as that depends on nothing but these parts of ``environ``."""
        parts = [environ.get(name, "") for name in _ROUTED_BY]
        if not self._is_routing_pure or sum(map(len, parts)) + len(method) > _MAX_REMEMBERED_LENGTH:
            return _Location.of(self._app, environ, method, self._methods)
        key = (length_hint(self._app.url_map.iter_rules()), method, *parts)
        location = self._locations.get(key)
        if location is None:
            if len(self._locations) >= _MAX_LOCATIONS:
                self._locations.clear()
            location = self._locations[key] = _Location.of(
                self._app, environ, method, self._methods
            )
        return location


def _as_it_came(environ: WSGIEnvironment, path: str) -> WSGIEnvironment:
    """The same ``environ`` with the path that it came with."""
    whole = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return {**environ, "SCRIPT_NAME": whole[: len(whole) - len(path)], "PATH_INFO": path}


def _that_could_be_reached(
    builders: dict[str, HeaderBuilder | None], method: str
) -> Iterator[tuple[str, HeaderBuilder | None]]:
    """The builders of other methods, but for those that no browser is ever granted."""
    for name, builder in builders.items():
        if name != method and (builder is not None or name in SAFELISTED_METHODS):
            yield name, builder


class _Location(NamedTuple):
    """What the URL map has at the URL of a request."""

    #: The endpoint for the method in question, ``None`` if there is none.
    endpoint: str | None
    #: All methods that lead anywhere, ``"*"`` for any.
    methods: str | tuple[str, ...]
    #: The endpoint for each of them, but for ``OPTIONS`` where Flask itself answers.
    endpoints: dict[str, str]

    @classmethod
    def of(
        cls, app: Flask, environ: WSGIEnvironment, method: str, methods: Iterable[str]
    ) -> _Location:
        """Ask the URL map about one method, and about all others that it may know."""
        try:
            adapter = app.create_url_adapter(app.request_class(environ, populate_request=False))
        except HTTPException:
            return cls(None, (), {})
        assert adapter is not None, "there is always an adapter for a request"
        # Werkzeug takes methods in any case, browsers do not: "patch" is routed, but not granted.
        outcomes = {name: _outcome(adapter, name) for name in {*methods, method.upper()}}
        rules = {name: rule for name, rule in outcomes.items() if isinstance(rule, Rule)}
        endpoints = {
            name: rule.endpoint
            for name, rule in rules.items()
            if not (name == "OPTIONS" and getattr(rule, "provide_automatic_options", False))
        }
        endpoint = rules[method.upper()].endpoint if method.upper() in rules else None
        if any(rule.methods is None for rule in rules.values()):
            return cls(endpoint, "*", endpoints)
        nowhere = (NotFound, MethodNotAllowed)
        routed = (name for name, outcome in outcomes.items() if not isinstance(outcome, nowhere))
        return cls(endpoint, tuple(sorted(routed)), endpoints)


def _is_routing_pure(app: Flask) -> bool:
    """Whether the same URL always leads to the same views.

    Converters, redirects and adapters of an application's own may ask a database or the clock.
    """
    url_map = app.url_map
    return (
        type(app).create_url_adapter is Flask.create_url_adapter
        and type(url_map) is Map
        and set(url_map.converters.values()) <= set(Map.default_converters.values())
        and not any(callable(rule.redirect_to) for rule in url_map.iter_rules())
    )


def _outcome(adapter: MapAdapter, method: str) -> Rule | HTTPException:
    """Where a browser ends up, after the redirects that the URL map makes (a missing slash, ...)."""
    path: str | None = adapter.path_info
    outcome: Rule | HTTPException = NotFound()
    for _ in range(_MAX_REDIRECTS):
        try:
            return adapter.match(path, method, return_rule=True)[0]
        except RequestRedirect as redirect:
            outcome, path = redirect, _path_within(adapter, redirect.new_url)
            if path is None:
                break
        except HTTPException as error:
            return error
    return outcome


def _path_within(adapter: MapAdapter, url: str) -> str | None:
    """The path of a URL as the map knows it; ``None`` if the URL leads elsewhere."""
    parts = urlsplit(url)
    root = adapter.script_name.rstrip("/")
    if parts.netloc != adapter.get_host(None) or not parts.path.startswith(root):
        return None
    return unquote(parts.path[len(root) :])
