"""The resolver for Flask: whose policy governs, found in the application's own URL map.

An actual request was routed by Flask already, so only its endpoint and method are looked up. A
preflight is routed here, for the method that it asks about and all others of its URL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import unquote

from flask import Flask, Request, has_request_context
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map

from ..configuration import misnamed_keys
from ..errors import ConfigError, Problem, log_exception, shown
from ..forks import Lock
from ..headers import HeaderBuilder
from ..names import MAX_METHOD_LENGTH, SAFELISTED_METHODS
from ..policy import Policy
from ..resolvers import AMBIGUOUS_PATH, RESOLVE_FAILED
from .common import NOBODY
from .declarations import Layer, is_anything_declared, is_refusal_declared, read_on
from .inspection import misplaced_inside
from .leftovers import Leftovers
from .links import many_views
from .notices import Notices
from .overridden import identities_of_overridden
from .places import Places
from .route_policies import RoutePolicies
from .rules import Place
from .settings import config_conflicts, config_layers
from .strays import above_routes, layers_of_hooks
from .under_way import request_under_way
from .unlinked import NOTHING_RAN, RAN, REMEDY, REMEDY_OF_BASE, REMEDY_OF_HOOK, Unlinked, are_alike
from .views import Said, are_as_they_were

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from ..given import Given
    from .leftovers import Narrowing

logger = logging.getLogger("wsgicors")

# What clients can make up is looked at up to some length. No rule has this method.
_OVERLONG_METHOD = "?"
_MAX_HOST_LENGTH = 1024
# How long a preflight is remembered takes nothing away.
_NO_LOSS = ("max_age",)


class _Known:
    """What governs an endpoint, and what that was found for."""

    # Each request reads some of them.
    __slots__ = ("builder", "declared", "is_of_method", "layers", "spots", "view")

    def __init__(
        self, view: Any, builder: HeaderBuilder | None, layers: tuple[Layer, ...], said: Said
    ) -> None:
        self.view = view
        self.builder = builder
        #: The identities of the layers that count, which are held so that no others come to have them.
        self.declared = frozenset(map(id, layers))
        self.layers = layers
        #: Where in classes its methods were found.
        self.spots = said.spots
        #: Whether it is known of one method alone.
        self.is_of_method = said.is_of_method


_NOWHERE = _Known(None, None, (), Said())


class UrlMapResolver(RoutePolicies):
    """The policies of one application's views, found for requests.

    :param app: the application, whose rules and views are read when a request comes.
    :param layers: what was said for all of it, beside its configuration.
    :param endpoints: what was said for endpoints that cannot be decorated.
    :param governs_all: whether views about which nothing was said are governed too.
    :param is_in_force: whether it is not only on trial, so that what is odd in it is told.
    :param given: the mappings that ``endpoints`` was read from.
    """

    def __init__(
        self,
        app: Flask,
        layers: Iterable[Layer] = (),
        endpoints: Mapping[str, Layer | None] | None = None,
        *,
        governs_all: bool = True,
        is_in_force: bool = True,
        given: Iterable[Given] = (),
    ) -> None:
        super().__init__(app, layers, endpoints, governs_all=governs_all, given=given)
        #: The builder for URLs that no route matches; ``None`` if they are not governed.
        self.default: HeaderBuilder | None = None
        #: The builder for every request, as long as no view can have settings of its own.
        self.for_all: HeaderBuilder | None = None
        #: Whether any view may refuse what it denies.
        self.refuses = False
        #: The URL map in which nothing is wrong.
        self.checked_map: object = None
        #: What a request begins with that is routed with it.
        self.nothing_ran = NOTHING_RAN
        self._lock = Lock()
        self._places = Places(app)
        self._unlinked = Unlinked()
        #: By endpoint and method, what preflights are narrowed to.
        self.narrowing: Narrowing = {}
        self._notices = Notices(app) if is_in_force else None
        #: How often views had to be looked at anew.
        self._times_forgotten = 0
        #: The URL map, and the layers for all, in which nothing was wrong.
        self._checked: tuple[Map, tuple[Layer, ...]] | None = None
        self._forget_what_governs()
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
        url_map, times_forgotten = self._app.url_map, self._times_forgotten
        self.configured = tuple(config_layers(self._app))
        base = (*self.configured, *self.layers)
        if self._checked is None or self._checked[0] is not url_map or self._checked[1] != base:
            self._base = base
            self._forget()
        self._checked = None
        self._places.read(url_map)
        with many_views():
            problems = [
                *config_conflicts(self.configured),
                *self._wrong_endpoints(),
                *above_routes(self._app, self._views),
                *self._misplaced_inside(),
            ]
            in_force = self._in_force()
            policies = [self._governing(own).policy for own in in_force]
            if self._notices is not None:
                problems += misnamed_keys(self._app, policies)
            problems += list(self._conflicts(in_force)) or self._idle_refusals(in_force)
            if problems:
                raise ConfigError(problems)
            leftovers = Leftovers(self._app, self._views, self._governed_endpoints())
            if self._notices is not None:
                self._notices.tell(self, policies, leftovers)
        self.narrowing = leftovers.narrowing
        self.default = self._governing(()).builder if self.governs_all else None
        self.for_all = None if self.endpoints or self._is_anything_said() else self.default
        # Asked once more, because `forget_views` may have been told just before that was noted.
        if is_anything_declared():
            self.for_all = None
        governing = self._by_policies.values()
        self.refuses = any(each.policy.refuse_denied for each in governing)
        # What was declared may become a view later.
        self.refuses = self.refuses or is_refusal_declared()
        self.nothing_ran = (url_map, ())
        self._checked = (url_map, self._base)
        # What was declared meanwhile is looked at before the next response.
        self.checked_map = url_map if times_forgotten == self._times_forgotten else None

    def _misplaced_inside(self) -> Iterable[Problem]:
        """What is declared above the routes of applications whose responses have the policy of this one."""
        return misplaced_inside(self._app, besides=self._app) if self.governs_all else ()

    def _governed_endpoints(self) -> Iterator[Any]:
        endpoints = dict.fromkeys(rule.endpoint for rule in self._app.url_map.iter_rules())
        yield from (each for each in endpoints if self._is_governed(each, ()))

    def _forget(self) -> None:
        self._forget_policies()
        self._places.forget()
        self._forget_what_governs()

    def _forget_what_governs(self) -> None:
        #: By endpoint, where its methods cannot be told apart, and by endpoint and method.
        self._by_endpoint: dict[Any, _Known] = {}
        self._by_view: dict[tuple[Any, str], _Known] = {}

    def forget_views(self, are_others: bool) -> None:
        """Look anew at what was said."""
        self._times_forgotten += 1
        self.for_all = None
        self.refuses = self.refuses or is_refusal_declared()
        self.checked_map = None
        if are_others:
            self._views.forget()
        self._forget_what_governs()

    # --- for an endpoint and a method ---------------------------------------------------------------

    def builder(self, endpoint: Any, method: str) -> HeaderBuilder | None:
        """The builder for an endpoint; ``None`` stands for no route at all, as the endpoint."""
        return self.default if endpoint is None else self._known(endpoint, method).builder

    def _known(self, endpoint: Any, method: str) -> _Known:
        known = self._by_endpoint.get(endpoint) or self._by_view.get((endpoint, method))
        if (
            known is None
            or known.view is not self._app.view_functions.get(endpoint)
            or (known.spots and not are_as_they_were(known.spots))
        ):
            return self._found(endpoint, method)
        return known

    def _found(self, endpoint: Any, method: str) -> _Known:
        """Look a view up, and remember it, unless a client has made the method up."""
        by_endpoint, by_view = self._by_endpoint, self._by_view
        view = self._app.view_functions.get(endpoint)
        is_made_up = method not in self._places.methods
        said = self._views.said(endpoint, method, is_made_up)
        known = self._put_to_use(endpoint, view, said)
        if not said.is_of_method:
            by_endpoint[endpoint] = known
        else:
            by_endpoint.pop(endpoint, None)
            if not is_made_up:
                by_view[endpoint, method] = known
        return known

    def _put_to_use(self, endpoint: Any, view: Any, said: Said) -> _Known:
        own = self._layers_of(endpoint, said)
        builder = self._governing(own).builder if self._is_governed(endpoint, own) else None
        # Where decorators stand alone, something around the application may share what else it answers.
        if said.held and (builder is not None or not self.governs_all):
            declared = set(map(id, own))
            held = [layer for layer in said.held if id(layer) not in declared]
            if held:
                # They need not run to be in the response: what stands around them may remember theirs.
                builder = self._narrowed(endpoint, builder, held)
        return _Known(view, builder, own, said)

    # --- for a request --------------------------------------------------------------------------

    def builder_of_request(self, environ: WSGIEnvironment, path: str) -> HeaderBuilder | None:
        """The builder for a request that Flask has been given, and may have routed.

        :param path: ``PATH_INFO`` as it came, of which what is inside may have moved a part.
        """
        # Werkzeug keeps the request there, and Flask in it where it has routed it.
        request = environ.get("werkzeug.request")
        rule = getattr(request, "url_rule", None)
        if rule is not None and rule.map is self._app.url_map:
            # `_known` is written out, for what is known (docs/hot_path.rst).
            endpoint, method = rule.endpoint, environ["REQUEST_METHOD"]
            known = self._by_endpoint.get(endpoint)
            if (
                known is None
                or known.view is not self._app.view_functions.get(endpoint)
                or known.spots
            ):
                known = self._known(endpoint, method)
            for identities, _ in environ.get(RAN, NOTHING_RAN)[1]:
                if not identities <= known.declared:
                    return self.builder_where_routed(request)
            return known.builder
        request = request or _under_way(environ)
        # A view may have handed it on to another application, which has an encoder of its own.
        if getattr(request, "json_module", None) is self._app.json:
            return self.builder_where_routed(request)
        return self(_as_it_came(environ, path), environ["REQUEST_METHOD"])

    def builder_where_routed(self, request: Any) -> HeaderBuilder | None:
        """The builder for a request of this application, which Flask has tried to route."""
        endpoint = self._endpoint(request)
        if endpoint is not None:
            builder = self.builder(endpoint, request.method)
        elif isinstance(request.routing_exception, NotFound):
            builder = self.default
        else:
            builder = self._tried(self._builder_of_response, request.environ, request.method)
        return self.met(builder, request)

    def _endpoint(self, request: Request) -> Any:
        """The endpoint that Flask has routed a request to; ``None`` if there is none."""
        rule = request.url_rule
        return rule.endpoint if rule is not None and rule.map is self._app.url_map else None

    # --- for views that run where what was said of them is not in force ---------------------------

    def met(self, builder: HeaderBuilder | None, request: Request | None) -> HeaderBuilder | None:
        """The builder for a response, after whatever decorated views have run for it.

        Where what was said of them is not in force, it is shared by that, too.
        """
        if request is None:
            return builder
        url_map, ran = request.environ.get(RAN, NOTHING_RAN)
        if not ran or url_map is not self._app.url_map:
            return builder
        endpoint = self._endpoint(request)
        known = _NOWHERE if endpoint is None else self._known(endpoint, request.method)
        unknown = [layer for _, each in ran for layer in each if id(layer) not in known.declared]
        if not unknown:
            return builder
        if builder is not None and not self._unlinked.differs(builder, unknown):
            return builder
        self._unlinked.see(endpoint, request.method, unknown)
        return self._narrowed(endpoint, builder, unknown)

    def refusing(self, request: Request, layers: Iterable[Layer]) -> HeaderBuilder | None:
        """The builder by which a view may refuse a request, of which something else may have been judged before.

        :param layers: what was said of the view.
        """
        # A request class may take another method for that of the request. What came was judged.
        endpoint, method = self._endpoint(request), request.environ["REQUEST_METHOD"]
        known = _NOWHERE if endpoint is None else self._known(endpoint, method)
        if all(id(layer) in known.declared for layer in layers):
            return known.builder
        return self._unlinked.refusing(self.default if endpoint is None else known.builder, layers)

    def in_common(
        self, builder: HeaderBuilder | None, other: HeaderBuilder | None
    ) -> HeaderBuilder | None:
        """The builder for those whom two views admit, both of which ran for one response."""
        if builder is None or other is None or builder is other:
            return builder or other
        return self._unlinked.narrowed(builder, [Layer(other.policy, "")])

    def _narrowed(
        self, endpoint: Any, builder: HeaderBuilder | None, layers: Iterable[Layer]
    ) -> HeaderBuilder:
        narrowed = self._unlinked.narrowed(builder, layers)
        if builder is None or self._unlinked.differs(builder, layers):
            new = self._unlinked.untold(endpoint, layers)
            if new:
                self._tell(endpoint, builder, new, narrowed)
        return narrowed

    def _tell(
        self,
        endpoint: Any,
        builder: HeaderBuilder | None,
        layers: Iterable[Layer],
        narrowed: HeaderBuilder,
    ) -> None:
        """Say where what was said of a view, or of a hook, does not hold."""
        of_hooks = set(map(id, layers_of_hooks(self._app)))
        of_routes = self.identities_in_force()
        of_bases = self._overridden_at(endpoint)
        for layer in layers:
            is_of_hook = id(layer) in of_hooks
            remedy = REMEDY_OF_HOOK if is_of_hook else REMEDY
            remedy = REMEDY_OF_BASE if id(layer) in of_bases else remedy
            expected = self._expected(builder, layer, is_of_hook, id(layer) in of_routes)
            after = self._unlinked.narrowed(builder, [layer]).policy
            if expected is None or not are_alike(after, expected, _NO_LOSS):
                self._unlinked.tell(endpoint, [layer], narrowed, remedy)

    def _overridden_at(self, endpoint: Any) -> set[int]:
        """The identities of what was said of methods in whose place the view class of an endpoint has its own."""
        view = self._app.view_functions.get(endpoint)
        classes = self._views.view(endpoint, view).made_of()
        return {each for one in classes for each in identities_of_overridden(one)}

    @staticmethod
    def _expected(
        builder: HeaderBuilder | None, layer: Layer, is_of_hook: bool, has_route: bool
    ) -> Policy | None:
        """How a response is to be shared so that nobody has lost anything; ``None`` if that cannot be."""
        before = NOBODY if builder is None else builder.policy
        said = before.merge(layer.policy)
        if is_of_hook:
            return said
        # What has a route of its own may say more there, if it takes nothing away here.
        is_harmless = builder is not None and (has_route or are_alike(said, before, _NO_LOSS))
        return before if is_harmless else None

    def _announced(self, endpoint: Any, method: str) -> HeaderBuilder | None:
        """The builder for a preflight, which is asked before it shows what the view will run."""
        builder, seen = self._known(endpoint, method).builder, self._unlinked.seen
        layers = seen.get((endpoint, method)) if seen else None
        builder = self._narrowed(endpoint, builder, layers) if layers else builder
        layer = self.narrowing.get((endpoint, method)) if self.narrowing else None
        return self._unlinked.narrowed(builder, [layer]) if builder and layer else builder

    # --- for a request that Flask has not routed --------------------------------------------------

    def __call__(self, environ: WSGIEnvironment, method: str) -> HeaderBuilder | None:
        """Whose policy governs the request that a preflight asks about, or one that nobody routed."""
        if len(method) > MAX_METHOD_LENGTH:
            method = _OVERLONG_METHOD
        return self._tried(self._builder_at_either_reading, environ, method)

    def builder_of_url(self, environ: WSGIEnvironment, path: str) -> HeaderBuilder | None:
        """The builder for a response that something gave in the place of the view at a URL.

        :param path: ``PATH_INFO`` as it came.
        """
        method = environ["REQUEST_METHOD"]
        if len(method) > MAX_METHOD_LENGTH:
            method = _OVERLONG_METHOD
        return self._tried(self._builder_of_response, _as_it_came(environ, path), method)

    def _tried(
        self,
        find: Callable[[Place, str, WSGIEnvironment], HeaderBuilder | None],
        environ: WSGIEnvironment,
        method: str,
    ) -> HeaderBuilder | None:
        if len(environ.get("HTTP_HOST", "")) > _MAX_HOST_LENGTH:
            return RESOLVE_FAILED
        try:
            return find(self._places.at(environ, method), method, environ)
        except Exception:  # noqa: BLE001 - it is logged, and denies
            # A converter of the application's may raise anything.
            log_exception(
                logger, "routing failed for %s, so it is denied", shown(environ.get("PATH_INFO"))
            )
            return RESOLVE_FAILED

    def _builder_at_either_reading(
        self, place: Place, method: str, environ: WSGIEnvironment
    ) -> HeaderBuilder | None:
        """Nobody's, where a path that is decoded once more leads elsewhere.

        cheroot decodes the paths of all requests but ``OPTIONS``.
        """
        path = environ.get("PATH_INFO", "")
        if "%" in path:
            decoded = {**environ, "PATH_INFO": unquote(path, "latin-1")}
            if self._places.at(decoded, method) != place:
                return AMBIGUOUS_PATH
        return self._builder_at(place, method, environ)

    def _builder_of_response(
        self, place: Place, method: str, environ: WSGIEnvironment
    ) -> HeaderBuilder | None:
        """The builder of the view that a redirect leads to, or of all that a wrong method missed."""
        endpoint = place.endpoint(method)
        if endpoint is not None:
            return self._announced(endpoint, method)
        return self._common_to_all(self._announced_at(place))

    def _announced_at(self, place: Place) -> dict[str, HeaderBuilder | None]:
        views = place.views
        if self._unlinked.seen or self.narrowing:
            return {name: self._announced(endpoint, name) for name, endpoint in views.items()}
        if len(set(views.values())) == 1:
            # One look is enough, mostly: all methods lead to one view, which is governed as one.
            name, endpoint = next(iter(views.items()))
            known = self._known(endpoint, name)
            if not known.is_of_method:
                return dict.fromkeys(views, known.builder)
        return {name: self._known(endpoint, name).builder for name, endpoint in views.items()}

    def _builder_among(
        self, builders: dict[str, HeaderBuilder | None], place: Place, method: str
    ) -> HeaderBuilder | None:
        if method in builders:
            return builders[method]
        endpoint = place.endpoint(method)
        if endpoint is not None:
            return self._announced(endpoint, method)
        return self._common_to_all(builders)

    def _common_to_all(self, builders: dict[str, HeaderBuilder | None]) -> HeaderBuilder | None:
        distinct = set(builders.values())
        return distinct.pop() if len(distinct) == 1 else self.default

    def _builder_at(
        self, place: Place, method: str, environ: WSGIEnvironment
    ) -> HeaderBuilder | None:
        origin = environ.get("HTTP_ORIGIN")
        if not place.methods:
            return self.nowhere(origin)
        builders = self._announced_at(place)
        are_alike = len(set(builders.values())) == 1 and self._is_complete(place)
        builder = self._builder_among(builders, place, method)
        if builder is None:
            return None
        builder = builder.routed(place.methods)
        if are_alike:
            return builder
        return builder.beside(_that_could_be_reached(builders, method), origin, environ)

    def nowhere(self, origin: str | None) -> HeaderBuilder | None:
        """The builder where nothing is routed: whatever the method, that will be the answer."""
        return self.default and self.default.routed("*").beside((), origin)

    def _is_complete(self, place: Place) -> bool:
        """Whether the methods of a place that are known are all that could differ."""
        view = self._app.view_functions.get(place.otherwise)
        return place.methods != "*" or not (view is None or hasattr(view, "view_class"))


def _under_way(environ: WSGIEnvironment) -> Request | None:
    """The request of an ``environ`` from which it is gone.

    Flask takes it out at the end of any context of the request, also of a copy for another thread.
    """
    request = request_under_way() if has_request_context() else None
    return request if request is not None and request.environ is environ else None


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
