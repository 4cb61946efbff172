"""The extension: it puts the policies of an application's views around the application.

``app.wsgi_app`` is wrapped, which is where Flask has its place for WSGI middleware; nothing of
Flask is replaced or patched.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from logging import DEBUG, root
from typing import TYPE_CHECKING, Any, Callable

import flask
from werkzeug.exceptions import InternalServerError

from ..errors import ConfigError, Problem, shown
from ..middleware import (
    DECISION,
    PLAIN_NAMES,
    answer_preflight,
    is_logged,
    is_preflight,
    log_denial,
    logger,
    merged,
)
from ..origins import MAX_ORIGIN_LENGTH
from ..policy import Policy
from .resolver import UrlMapResolver
from .settings import EXTENSION, Layer, call_site, config_layers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack
    from werkzeug.routing import Rule

    from ..headers import HeaderBuilder, HeaderLine
    from ..policy import PolicyFields


class CORS:
    """CORS for a whole Flask application.

    :param app: the application; without it, call :meth:`init_app` later.
    :param endpoints: the fields for endpoints that cannot be decorated, by name, such as
        ``{"static": {"allow_origins": "*"}}``.
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

    def __init__(
        self,
        app: flask.Flask | None = None,
        *,
        endpoints: Mapping[str, Policy | PolicyFields] | None = None,
        **fields: Unpack[PolicyFields],
    ) -> None:
        where = call_site()
        self._layers = [Layer(Policy(**fields), f"CORS(...) at {where}")]
        self._endpoints = _endpoint_layers(endpoints, where)
        if app is not None:
            self.init_app(app)

    def init_app(
        self,
        app: flask.Flask,
        *,
        endpoints: Mapping[str, Policy | PolicyFields] | None = None,
        **fields: Unpack[PolicyFields],
    ) -> None:
        """Govern an application; one extension may govern several.

        :param app: the application. Its views may be registered before or after.
        :param endpoints: like those of the constructor, for this application.
        :param fields: replace those of the constructor, for this application.
        :raises ConfigError: if a field, or a key of ``app.config``, is wrong by itself.
        """
        if EXTENSION in app.extensions:
            raise ConfigError([_TWICE])
        where = call_site()
        layers = [*self._layers, Layer(Policy(**fields), f"init_app(...) at {where}")]
        config_layers(app)
        resolver = UrlMapResolver(
            app, layers, {**self._endpoints, **_endpoint_layers(endpoints, where)}
        )
        app.extensions[EXTENSION] = resolver
        app.wsgi_app = _Governed(app, app.wsgi_app, resolver)  # type: ignore[method-assign]


_TWICE = Problem(
    "app",
    None,
    "initialised-twice",
    "CORS governs this application already; write all settings in one place",
)


def _endpoint_layers(
    endpoints: Mapping[str, Policy | PolicyFields] | None, where: str
) -> dict[str, Layer]:
    layers, problems = {}, []
    for endpoint, fields in (endpoints or {}).items():
        place = f"endpoints[{endpoint!r}] at {where}"
        try:
            policy = fields if isinstance(fields, Policy) else Policy(**fields)
            layers[endpoint] = Layer(policy, place)
        except ConfigError as error:
            problems += [p._replace(message=f"{place}: {p.message}") for p in error.problems]
    if problems:
        raise ConfigError(problems)
    return layers


class _Governed:
    """The WSGI application of a Flask application, with its policies around it."""

    def __init__(
        self, app: flask.Flask, wsgi_app: WSGIApplication, resolver: UrlMapResolver
    ) -> None:
        self._app = app
        self._wsgi_app = wsgi_app
        self._resolver = resolver

    def __call__(  # noqa: C901 - the branches of the closure count, and must be in here
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a preflight, or call the application and put the headers on its response."""
        app, resolver = self._app, self._resolver
        if resolver.checked_map is not app.url_map:
            resolver.ensure_checked()
        if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ and is_preflight(environ):
            return self._answer_preflight(environ, start_response)
        path = environ.get("PATH_INFO", "")
        has_started = False

        def start(  # noqa: C901 - the hot path, see below
            status: str, headers: list[HeaderLine], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            nonlocal has_started
            has_started = True
            # Not before now is it known where Flask has routed the request: Werkzeug keeps that there.
            # What `decide_actual` and `with_headers` do is written out (docs/hot_path.rst).
            builder = rule = None
            try:
                rule = environ["werkzeug.request"].url_rule
                known = resolver.by_view[rule.endpoint, environ["REQUEST_METHOD"]]
                if known[0] is app.view_functions[rule.endpoint] and rule.map is app.url_map:
                    builder = known[1]
            except (AttributeError, KeyError):
                # It was not routed, or this is the first of its kind.
                builder = None
            if builder is None:
                builder = self._builder_of_request(rule, environ, path)
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
            for name, _ in headers:
                if name not in PLAIN_NAMES:
                    headers = merged(headers, decision)
                    break
            else:
                headers = [*headers, *decision.headers]
            if exc_info is None:
                return start_response(status, headers)
            return start_response(status, headers, exc_info)

        try:
            return self._wsgi_app(environ, start)
        except Exception:
            if not self._is_for_a_script(environ):
                raise
            self._app.logger.exception("crashed in %s %s", environ["REQUEST_METHOD"], shown(path))
            return _crash_report(environ, start, sys.exc_info() if has_started else None)

    def _answer_preflight(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        builder = self._resolver(environ, environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
        return answer_preflight(_governing(builder), environ, start_response)

    def _builder_of_request(
        self, rule: Rule | None, environ: WSGIEnvironment, path: str
    ) -> HeaderBuilder:
        method = environ["REQUEST_METHOD"]
        if rule is not None and rule.map is self._app.url_map:
            return _governing(self._resolver.builder(rule.endpoint, method))
        return _governing(self._resolver(_as_it_came(environ, path), method))

    def _is_for_a_script(self, environ: WSGIEnvironment) -> bool:
        """Whether a crash in debug mode shall be readable across origins.

        In debug mode Flask raises, for the debugger outside to show the traceback. That is right for
        a page that somebody navigates to; a script of another origin could not read it.
        """
        return (
            self._app.debug
            and not self._app.testing
            and not self._app.config["PROPAGATE_EXCEPTIONS"]
            and "HTTP_ORIGIN" in environ
            and environ.get("HTTP_SEC_FETCH_MODE") != "navigate"
        )


def _crash_report(
    environ: WSGIEnvironment, start_response: StartResponse, exc_info: Any
) -> Iterable[bytes]:
    response = InternalServerError().get_response(environ)
    body, status, headers = response.get_wsgi_response(environ)
    start_response(status, headers, exc_info)
    return body


def _as_it_came(environ: WSGIEnvironment, path: str) -> WSGIEnvironment:
    """The same ``environ`` with its path, of which what is inside may have moved a part."""
    whole = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return {**environ, "SCRIPT_NAME": whole[: len(whole) - len(path)], "PATH_INFO": path}


def _governing(builder: HeaderBuilder | None) -> HeaderBuilder:
    assert builder is not None, "the extension governs everything"
    return builder
