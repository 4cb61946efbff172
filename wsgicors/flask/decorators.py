"""The decorators: they declare the settings of views, and answer alone where no extension does."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import warnings
from types import MethodType
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast, overload

import flask
from flask.views import View
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from ..errors import shown
from ..middleware import answer_preflight, decide_actual, is_preflight, with_headers
from ..policy import Policy
from .resolver import UrlMapResolver
from .settings import EXTENSION, Layer, call_site, declare

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from typing_extensions import Unpack

    from ..headers import HeaderBuilder
    from ..policy import PolicyFields

logger = logging.getLogger("wsgicors")

_DECORATORS = "wsgicors-decorators"

# What Flask's proxies stand for, with all that is asked of it then asked directly.
_current_app: Callable[[], flask.Flask] = flask.current_app._get_current_object  # type: ignore[attr-defined]
_current_request: Callable[[], flask.Request] = flask.request._get_current_object  # type: ignore[attr-defined]

#: A view, a view class, a method of one, or a blueprint; it keeps its type.
Target = TypeVar("Target")


def cross_origin(**fields: Unpack[PolicyFields]) -> Callable[[Target], Target]:
    """Say who may use a view across origins, where that differs from what is said more broadly.

    For a view function, a ``View`` or ``MethodView`` class, a single method of a ``MethodView``, or a
    whole blueprint.

    :param fields: the fields of a :class:`~wsgicors.Policy`; those left out are inherited.
    :raises ConfigError: if a field is wrong by itself.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> @app.put("/items/<int:id>")
    ... @cross_origin(allow_origins=["https://admin.example.com"], allow_credentials=True)
    ... def put_item(id):
    ...     return "", 204

    It works without :class:`CORS` too: for the responses of the view, its errors and its preflights.
    Hooks such as ``before_request`` and decorators above this one then still see a preflight first.
    """
    layer = Layer(Policy(**fields), f"@cross_origin at {call_site()}")
    return functools.partial(_declared, layer)


@overload
def same_origin(target: Target) -> Target: ...
@overload
def same_origin() -> Callable[[Target], Target]: ...
def same_origin(target: Any = None) -> Any:
    """Share a view, a view class, a method of one or a blueprint with no other origin.

    Whatever is said more broadly no longer holds for it.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> @app.delete("/items/<int:id>")
    ... @same_origin
    ... def delete_item(id):
    ...     return "", 204
    """
    layer = Layer(Policy(allow_origins=()), f"@same_origin at {call_site()}")
    return functools.partial(_declared, layer) if target is None else _declared(layer, target)


def _declared(layer: Layer, target: Target) -> Target:
    if isinstance(target, flask.Blueprint):
        declare(target, layer)
        _answer_alone_in_blueprint(target)
        return target
    if isinstance(target, type):
        declare(target, layer)
        _answer_alone(target)
        return cast(Target, target)
    view = DecoratedView(cast("Callable[..., Any]", target))
    declare(view, layer)
    return cast(Target, view)


class DecoratedView:
    """A view that answers preflights for itself where no extension governs its application."""

    def __init__(self, view: Callable[..., Any]) -> None:
        functools.update_wrapper(self, view)
        # Flask looks for these ("View Function Options"): the view is to get its OPTIONS.
        self.required_methods = {*getattr(view, "required_methods", ()), _AUTOMATIC_OPTIONS}
        self.provide_automatic_options = False
        self._is_plain = inspect.isfunction(view) and not inspect.iscoroutinefunction(view)

    def __setattr__(self, name: str, value: Any) -> None:
        # `View.as_view` says None to mean that it has no opinion.
        if name != "provide_automatic_options" or value is not None:
            super().__setattr__(name, value)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __set_name__(self, owner: type, name: str) -> None:
        _answer_alone(owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the view, unless the answer is known without it."""
        view: Callable[..., Any] = self.__wrapped__  # type: ignore[attr-defined]
        try:
            app, request = _current_app(), _current_request()
        except RuntimeError:
            app = None
        if app is None:
            # It is called by the application itself, and for no request.
            return view(*args, **kwargs)
        if not self._is_plain and _is_awaited(view):
            return _awaited(view, args, kwargs)
        if request.method == "OPTIONS" or not _is_governed(app):
            _answer_instead_of_view(app, request)
        # `Flask.ensure_sync` leaves plain functions as they are, so it need not be asked each time.
        return view(*args, **kwargs) if self._is_plain else app.ensure_sync(view)(*args, **kwargs)


async def _awaited(view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    _answer_instead_of_view(_current_app(), _current_request())
    return await view(*args, **kwargs)


def _is_awaited(view: Callable[..., Any]) -> bool:
    """Whether a coroutine is expected of a view, because another coroutine calls it and not Flask."""
    if not inspect.iscoroutinefunction(view):
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _AutomaticOptions(str):
    """``OPTIONS`` as `DecoratedView` adds it to a rule, where the application did not write it.

    `werkzeug.routing.Rule` takes the upper case of each method and keeps what it gets.
    """

    __slots__ = ()

    def upper(self) -> _AutomaticOptions:
        return self


_AUTOMATIC_OPTIONS = _AutomaticOptions("OPTIONS")


def _answer_alone(view_class: type) -> None:
    """Have the views that a class makes decorated, so that they can answer alone."""
    if issubclass(view_class, View) and DecoratedView not in view_class.decorators:
        view_class.decorators = [*view_class.decorators, DecoratedView]
        view_class.provide_automatic_options = False


def _answer_alone_in_blueprint(blueprint: flask.Blueprint) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # which is what Flask 2.2 gives
            blueprint.before_request(_answer_alone_to_request)
    except (AssertionError, UserWarning):
        # It is registered already, and Flask takes no hook any more; the extension can still answer.
        logger.debug(
            "blueprint %s is registered already: it needs CORS(app)", shown(blueprint.name)
        )


def _answer_instead_of_view(app: flask.Flask, request: flask.Request) -> None:
    """Answer a preflight, and what Flask's automatic ``OPTIONS`` would answer, in its stead.

    :raises HTTPException: with the answer, so that it passes by decorators that expect the view's.
    """
    answer = None if _is_governed(app) else _answer_alone_to(app, request)
    if answer is None and request.method == "OPTIONS" and is_automatic(request.url_rule):
        answer = app.make_default_options_response()
    if answer is not None:
        flask.abort(answer)


def _answer_alone_to_request() -> Response | None:
    app = _current_app()
    return None if _is_governed(app) else _answer_alone_to(app, _current_request())


def _is_governed(app: flask.Flask) -> bool:
    """Whether an extension sees to the headers of an application."""
    return EXTENSION in app.extensions


def _answer_alone_to(app: flask.Flask, request: flask.Request) -> Response | None:
    """The answer to a preflight; for any other request, see to the headers of its response."""
    resolver = _resolver_alone(app)
    environ = request.environ
    if is_preflight(environ):
        builder = resolver(environ, environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
        if builder is not None:
            return _preflight_response(builder, environ)

    @flask.after_this_request
    def see_to_headers(response: flask.Response) -> flask.Response:
        _see_to_headers(resolver, request, response)
        return response

    return None


def _resolver_alone(app: flask.Flask) -> UrlMapResolver:
    """The resolver for the decorators of an application without the extension."""
    resolver: UrlMapResolver | None = app.extensions.get(_DECORATORS)
    if resolver is None:
        resolver = app.extensions[_DECORATORS] = UrlMapResolver(app, governs_all=False)
    if resolver.checked_map is not app.url_map:
        resolver.ensure_checked()
    return resolver


def _preflight_response(builder: HeaderBuilder, environ: WSGIEnvironment) -> Response:
    flask.after_this_request(_without_content_type)
    return flask.current_app.response_class.from_app(
        functools.partial(answer_preflight, builder), environ
    )


def _without_content_type(response: flask.Response) -> flask.Response:
    # Flask gives a type to every response; one without content has none (RFC 9110, section 8.3).
    if response.status_code == 204:
        response.headers.pop("Content-Type", None)
    return response


def _see_to_headers(
    resolver: UrlMapResolver, request: flask.Request, response: flask.Response
) -> None:
    rule = request.url_rule
    builder = None if rule is None else resolver.builder(rule.endpoint, request.method)
    if builder is not None:
        decision = decide_actual(builder, request.environ)
        # New ones: those of the response may be the application's own.
        response.headers = Headers(with_headers(list(response.headers), decision))


def is_automatic(rule: Any) -> bool:
    """Whether the ``OPTIONS`` of a rule came with a decorator, and not from the application."""
    return any(
        isinstance(method, _AutomaticOptions) for method in getattr(rule, "methods", None) or ()
    )
