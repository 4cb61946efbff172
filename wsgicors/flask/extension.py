"""The extension: it puts the policies of an application's views around the application.

``app.wsgi_app`` is wrapped, which is where Flask has its place for WSGI middleware; nothing of
Flask is replaced or patched.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from logging import DEBUG, root
from types import MethodType
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Optional
from weakref import WeakSet

import flask

from ..admission import ANSWERS
from ..attributes import SETTINGS, SaidWhenMade
from ..errors import ConfigError, Problem, called_as, log_exception, shown
from ..given import Given
from ..inspections import NEWS
from ..layers import DECISION, LAYER, inside_another, is_failed, is_waiting, standing_aside
from ..lines import PLAIN_NAMES, VARY_LINES, Author, merge_vary
from ..logs import logger
from ..middleware import (
    answer_preflight,
    is_effective_and_foreign,
    log_denial,
    put_together,
    refusal,
    refuse,
)
from ..names import VARY
from ..origins import MAX_ORIGIN_LENGTH
from ..outcomes import settled
from ..requests import is_preflight
from ..resolvers import refusing
from ..vocabulary import without_name
from .beside import govern, tell_of_those_beside
from .crashes import crash_report, is_raised_to_a_script
from .crossing import Crossing, is_routed_as_it_came
from .declarations import Layer
from .denials import LISTENERS, tell_of_denial, telling
from .endpoints import both, endpoint_layers
from .resolver import UrlMapResolver
from .settings import EXTENSION, SITE, call_site, config_layers, policy_of
from .targets import application, no_application
from .trial import OnTrial, trial_layer
from .unlinked import RAN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack

    from ..headers import Decision, HeaderBuilder
    from ..names import HeaderLine
    from ..policy import Policy, PolicyFields

    _BuilderOfResponse = Callable[[WSGIEnvironment, str], Optional[HeaderBuilder]]
    #: What is the same for all requests to an application.
    _Site = tuple[flask.Flask, UrlMapResolver, _BuilderOfResponse, Author]


class CORS(SaidWhenMade):
    """CORS for a whole Flask application.

    :param app: the application; without it, call :meth:`init_app` later.
    :param endpoints: the fields for endpoints that cannot be decorated, by name, such as
        ``{"static": {"allow_origins": "*"}}``, or by blueprint, with those nested in it:
        ``{"admin.*": {...}}``. ``None`` for those that are not governed.
    :param trial: fields that stand in the place of ``fields`` on trial. They are enforced nowhere: where
        a browser would come to another outcome, the log tells so at ``INFO``, and `trial_counts` counts.
    :param fields: the fields of a :class:`~wsgicors.Policy`, for all views. Blueprints and views may
        say otherwise with :func:`cross_origin` and :func:`same_origin`; ``app.config`` says less,
        in keys such as ``CORS_ALLOW_ORIGINS``.
    :raises ConfigError: if a field is wrong by itself. What is wrong only where settings meet is
        raised, for all routes at once, instead of the first response and every other, until it
        is mended.

    Where ``allow_methods`` is unset, it means the methods that the URL routes.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> cors = CORS(app, allow_origins=["https://app.example.com"])
    >>> @app.get("/")
    ... def index():
    ...     return "hello"
    >>> response = app.test_client().get("/", headers={"Origin": "https://app.example.com"})
    >>> response.access_control_allow_origin
    'https://app.example.com'
    """

    _named_when_made = SETTINGS
    _instead_of_setting = (
        "{} cannot be set at CORS, which reads its arguments once; say all in CORS(app, ...). For origins that"
        " change while the application runs, write a callable allow_origins, or an OriginCache; or put a"
        " CORSMiddleware around the application, whose policy can be swapped"
    )
    _instead_in_class = "{0}(app, allow_origins=[...]), and say all in these arguments"

    def __init__(
        self,
        app: flask.Flask | None = None,
        *misplaced: NoReturn,
        endpoints: Mapping[str, Policy | PolicyFields | None] | None = None,
        trial: Policy | PolicyFields | None = None,
        **fields: Unpack[PolicyFields],
    ) -> None:
        if misplaced:
            raise ConfigError([without_name("CORS", misplaced[0])])
        where = call_site()
        self._layers = [Layer(policy_of(fields), f"CORS(...) at {where}")]
        self._endpoints = endpoint_layers(endpoints, where)
        self._given = _given(endpoints, f"CORS(...) at {where}")
        self._trial = None if trial is None else trial_layer(trial, where)
        #: The place, for people.
        self.where = f"CORS(...) at {where}"
        if app is None:
            WAITING.add(self)
        else:
            self.init_app(app)

    @called_as("cors.init_app(app)")
    def init_app(
        self,
        app: flask.Flask,
        *misplaced: NoReturn,
        endpoints: Mapping[str, Policy | PolicyFields | None] | None = None,
        trial: Policy | PolicyFields | None = None,
        **fields: Unpack[PolicyFields],
    ) -> None:
        """Govern an application; one extension may govern several.

        :param app: the application. Its views may be registered before or after.
        :param endpoints: like those of the constructor, for this application. For one that both name, the
            fields replace those of the constructor, one by one.
        :param trial: replaces that of the constructor, for this application.
        :param fields: replace those of the constructor, for this application.
        :raises ConfigError: if a field, or a key of ``app.config``, is wrong by itself.
        """
        if misplaced:
            raise ConfigError([without_name("init_app", misplaced[0])])
        app = application(app)
        problem = no_application(app) or (_TWICE if EXTENSION in app.extensions else None)
        if problem is not None:
            raise ConfigError([problem])
        where = call_site()
        layers = [*self._layers, Layer(policy_of(fields), f"init_app(...) at {where}")]
        config_layers(app)
        special = both(self._endpoints, endpoint_layers(endpoints, where))
        tried = self._trial if trial is None else trial_layer(trial, where)
        given = [self._given, _given(endpoints, f"init_app(...) at {where}")]
        resolver = UrlMapResolver(app, layers, special, given=given)
        app.extensions[EXTENSION] = resolver
        WAITING.discard(self)
        governed = _governed(app, app.wsgi_app, resolver)
        govern(app, governed, layers)
        if tried is not None:
            governed = OnTrial(app, governed, resolver, tried, special)
        app.wsgi_app = governed  # type: ignore[assignment,method-assign]
        NEWS.come()


def _given(endpoints: object, reader: str) -> Given:
    remedy = "fill endpoints first, and call CORS(app, ..., endpoints=...) after that"
    return Given("endpoints", endpoints, reader, remedy)


#: Those that were made without an application, and have none so far.
WAITING: WeakSet[CORS] = WeakSet()

_TWICE = Problem(
    "app",
    None,
    "initialised-twice",
    "CORS governs this application already; write all settings in one place",
)


def _governed(  # noqa: C901 - the hot path
    app: flask.Flask, wsgi_app: WSGIApplication, resolver: UrlMapResolver
) -> WSGIApplication:
    """The WSGI application of a Flask application, with its policies around it."""
    resolver_ahead: Callable[[WSGIEnvironment, str], HeaderBuilder | None] = resolver
    builder_of_response = resolver.builder_of_request
    is_bare = is_routed_as_it_came(app)
    if not is_bare:
        crossing = Crossing(app, wsgi_app, resolver)
        resolver_ahead = crossing.builder_ahead
        wsgi_app, builder_of_response = crossing.send, crossing.builder_of_response
    site = (app, resolver, builder_of_response, Author())
    if is_bare:
        app.extensions[SITE] = site

    def governed(  # noqa: C901 - the hot path
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a preflight, or call the application and put the headers on its response."""
        if resolver.checked_map is not app.url_map:
            resolver.ensure_checked()
            tell_of_those_beside(app, environ)
        if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ and is_preflight(environ):
            builder = resolver_ahead(environ, environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
            if builder is None:
                return wsgi_app(environ, start_response)
            return telling(app, environ, answer_preflight(builder, environ, start_response))
        if resolver.refuses:
            refused = refusal_ahead(environ, resolver_ahead)
            if refused is not None:
                return telling(app, environ, refuse(refused, environ, start_response))
        path = environ.get("PATH_INFO", "")
        if LAYER in environ and environ[LAYER] is not None:
            start_response = inside_another(environ, start_response)
        if resolver.for_all is None:
            environ.setdefault(RAN, resolver.nothing_ran)
        # A method of what is known of the request, because its function is always the same, as in
        # `wsgicors.middleware`.
        request = [None, site, environ, path, start_response]
        environ[LAYER] = request.append
        start = MethodType(_start, request)
        try:
            return wsgi_app(environ, start)
        except Exception:
            if not is_raised_to_a_script(app, environ):
                _tell_of_failure(request)
                raise
            log_exception(
                app.logger, "crashed in %s %s", shown(environ["REQUEST_METHOD"]), shown(path)
            )
            exc_info = None if is_waiting(request, environ) else sys.exc_info()
            return _crashed(environ, start, exc_info)

    return governed


def _start(  # noqa: C901, PLR0912 - the hot path
    request: list[Any], status: str, headers: list[HeaderLine], exc_info: Any = None
) -> Callable[[bytes], object]:
    """Start the response to a request that may be governed.

    :param request: what a layer inside has told (`layers.py`), the site, ``environ``, the path as it came,
        and ``start_response``.
    """
    start_response: StartResponse
    told, (app, resolver, builder_of_response, author), environ, path, start_response = request
    # Not before now is it known where Flask has routed the request. What `decide_actual` and
    # `with_headers` do is written out (docs/hot_path.rst).
    builder = resolver.for_all or builder_of_response(environ, path)
    if builder is None:
        start_response = standing_aside(environ, start_response)
        return start_response(status, headers, *filter(None, [exc_info]))
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None:
        decision = builder.ready.get(origin) if len(origin) <= MAX_ORIGIN_LENGTH else None
        if decision is None:
            decision = builder.otherwise
            if decision is None:
                decision = builder.decide(origin, environ)
    else:
        decision = builder.without_origin
    if not decision.allowed:
        decision = settled(builder, decision, origin, environ)
        if (logger.level or root.level) <= DEBUG:
            log_denial(environ, decision)
        if LISTENERS and not decision.allowed:
            environ[DECISION] = decision
            tell_of_denial(app, environ)
    environ[DECISION] = decision
    try:
        whole = headers + decision.lines
    except TypeError:
        # A list is what PEP 3333 asks for, and not what all applications give.
        headers = [*headers]
        whole = headers + decision.lines
    if told is None and exc_info is None:
        vary = None
        for line in headers:
            if line[0] not in PLAIN_NAMES:
                name = line[0]
                if name != "Vary" or name is VARY or vary is not None or type(headers) is not list:
                    break
                if line[1] not in VARY_LINES:
                    break
                vary = line
        else:
            if vary is not None and decision.vary:
                merge_vary(whole, headers, vary)
            environ[LAYER] = None
            return start_response(status, whole)
    whole = put_together(status, headers, request, author, environ, decision)
    return start_response(status, whole, *filter(None, [exc_info]))


def _tell_of_failure(request: list[Any]) -> None:
    _, (_, resolver, builder_of_response, _), environ, path, _ = request
    builder = resolver.for_all or builder_of_response(environ, path)
    if builder and not builder.actual(environ.get("HTTP_ORIGIN"), environ).origin_allowed:
        is_failed(request)


def refusal_ahead(
    environ: WSGIEnvironment, resolver: Callable[[WSGIEnvironment, str], HeaderBuilder | None]
) -> Decision | None:
    """The decision about a request that no part of the application is to see."""
    if not is_effective_and_foreign(environ):
        return None
    environ.setdefault(ANSWERS, {})
    return refusal(refusing(resolver(environ, environ["REQUEST_METHOD"])), environ)


def _crashed(environ: WSGIEnvironment, start: StartResponse, exc_info: Any) -> Iterable[bytes]:
    body, status, headers = crash_report().get_wsgi_response(environ)
    start(status, headers, exc_info)
    return body
