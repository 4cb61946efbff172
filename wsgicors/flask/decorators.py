"""The decorators: they declare the settings of views, and answer alone where no extension does."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from copy import copy
from types import FrameType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    NoReturn,
    Protocol,
    TypeVar,
    cast,
    overload,
)

import flask
from flask.views import View, http_method_funcs
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from ..admission import ANSWERS
from ..errors import ConfigError, shown
from ..layers import DECISION, is_noticed
from ..lines import Author
from ..middleware import (
    answer_preflight,
    decide_actual,
    is_effective_and_foreign,
    refusal,
    refuse,
)
from ..names import SAFELISTED_METHODS
from ..requests import is_preflight
from .common import NOBODY
from .crashes import answer_within, show_crash
from .declarations import Layer, declare, declare_new, is_governed, said_of
from .denials import tell_of_denial
from .inspection import SHARED_FROM_OUTSIDE, tell_of_decorator
from .links import get, many_views
from .resolver import UrlMapResolver
from .settings import ANSWERED_AHEAD, EXTENSION, call_site, policy_of
from .strays import RequiredMethods, layers_of_hooks, note_decorated
from .targets import is_namespace, misplaced_argument, wrong_target
from .unlinked import NOTHING_RAN, RAN, note_run
from .views import Views

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from typing_extensions import Unpack
    from werkzeug.routing import Rule

    from ..headers import Decision, HeaderBuilder
    from ..policy import PolicyFields
    from .unlinked import Run

logger = logging.getLogger("wsgicors")

_DECORATORS = "wsgicors-decorators"
# In ``environ``: the decisions by which it was answered in the place of applications.
_ANSWERED = "wsgicors.flask.answered"
_NOTHING = object()
_author = Author()

# What Flask's proxies stand for, with all that is asked of it then asked directly.
_current_app: Callable[[], flask.Flask] = flask.current_app._get_current_object  # type: ignore[attr-defined]
_current_request: Callable[[], flask.Request] = flask.request._get_current_object  # type: ignore[attr-defined]

#: A view, a view class, a method of one, or a blueprint; it keeps its type.
Target = TypeVar("Target")


def cross_origin(
    *misplaced: NoReturn, **fields: Unpack[PolicyFields]
) -> Callable[[Target], Target]:
    """Say who may use a view across origins, where that differs from what is said more broadly.

    For a view function or any other callable that is a view, a method, a class whose methods are
    views, a whole blueprint, or a namespace of Flask-RESTX.

    :param fields: the fields of a :class:`~wsgicors.Policy`; those left out are inherited.
    :raises ConfigError: if a field is wrong by itself; where it is applied, if that is no view.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> @app.put("/items/<int:id>")
    ... @cross_origin(allow_origins=["https://admin.example.com"], allow_credentials=True)
    ... def put_item(id):
    ...     return "", 204

    It works without :class:`CORS` too: for the responses of the view, its errors and its preflights.
    Hooks such as ``before_request`` and decorators above this one then still see a preflight first.
    """
    if misplaced:
        raise ConfigError([misplaced_argument(misplaced[0])])
    return declaring(Layer(policy_of(fields), f"@cross_origin at {call_site()}"))


@overload
def same_origin(target: Target) -> Target: ...
@overload
def same_origin() -> Callable[[Target], Target]: ...
def same_origin(target: Any = _NOTHING) -> Any:
    """Share a view, a method, a class whose methods are views or a blueprint with no other origin.

    Whatever is said more broadly no longer holds for it.

    :raises ConfigError: if the target is none of these.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> @app.delete("/items/<int:id>")
    ... @same_origin
    ... def delete_item(id):
    ...     return "", 204
    """
    decorate = declaring(Layer(NOBODY, f"@same_origin at {call_site()}"))
    return decorate if target is _NOTHING else decorate(target)


same_origin.declares = Layer(NOBODY, "@same_origin")  # type: ignore[attr-defined]


def declaring(layer: Layer) -> Callable[[Target], Target]:
    """The decorator that declares a layer."""

    def decorate(target: Target) -> Target:
        return cast("Target", _decorated(layer, target))

    # `View` looks for it where something decorates only when it is called.
    decorate.declares = layer  # type: ignore[attr-defined]
    return decorate


class _DecoratedFunction(Protocol):
    required_methods: RequiredMethods

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


def _decorated(layer: Layer, target: Any) -> Any:
    problem = wrong_target(target, layer)
    if problem is not None:
        raise ConfigError([problem])
    if isinstance(target, (classmethod, staticmethod)):
        return type(target)(_decorated(layer, target.__func__))
    if isinstance(target, (flask.Blueprint, type)) or is_namespace(target):
        declare(target, layer)
        _answer_alone(layer, target)
        tell_of_decorator()
        return target
    view = _stand_in(layer, target)
    note_decorated(target, view)
    tell_of_decorator()
    if inspect.isfunction(target):
        _look_for_class(target)
    return view


def _stand_in(layer: Layer, target: Any) -> Any:
    """What stands for a decorated callable: a function, if it is one."""
    is_function = inspect.isfunction(target)
    view: Any = _wrapper((layer,), target) if is_function else DecoratedCallable(layer, target)
    declare_new(view, layer)
    return view


def _answer_alone(layer: Layer, target: Any) -> None:
    if isinstance(target, flask.Blueprint):
        _answer_alone_in_blueprint(layer, target)
    elif isinstance(target, type):
        _answer_alone_in_class(target)
        if issubclass(target, View):
            _watch_methods(layer, target)
    else:
        target.decorators = [*target.decorators, functools.partial(_decorated, layer)]


def _wrapper(  # noqa: C901 - its closures count
    layers: tuple[Layer, ...], view: Callable[..., Any]
) -> _DecoratedFunction:
    """A function that answers preflights for itself where no extension governs its application."""
    is_plain = inspect.isfunction(view) and not inspect.iscoroutinefunction(view)
    run = (frozenset(map(id, layers)), layers)
    required = RequiredMethods(layers[0] if layers else None, _AUTOMATIC_OPTIONS, view)
    watch = _Watch(run)
    refuses = watch.refuses()

    def decorated(*args: Any, **kwargs: Any) -> Any:  # noqa: C901 - the hot path
        request = None
        try:  # noqa: SIM105 - the hot path
            request = _current_request()
        except RuntimeError:
            pass
        if request is None:
            # It is called by the application itself, and for no request.
            return view(*args, **kwargs)
        if not is_plain and _is_awaited(view):
            return _awaited(watch, view, args, kwargs)
        required.are_used = True
        environ, rule = request.environ, request.url_rule
        url_map, ran = environ.get(RAN, NOTHING_RAN)
        # The map stands there beforehand where an extension governs (docs/hot_path.rst).
        if refuses or rule is None or rule.map is not url_map or request.method == "OPTIONS":
            refused = watch.look_at(_current_app(), request)
            if refused is not None:
                return refused
        else:
            environ[RAN] = (url_map, (*ran, run))
        # `Flask.ensure_sync` leaves plain functions as they are, so it need not be asked each time.
        if is_plain:
            return view(*args, **kwargs)
        return _current_app().ensure_sync(view)(*args, **kwargs)

    # Flask looks for these ("View Function Options"): the view is to get its OPTIONS.
    _get_options(functools.update_wrapper(decorated, view), required)
    return cast("_DecoratedFunction", decorated)


def _get_options(view: Any, required: RequiredMethods) -> None:
    required.decorated = view
    view.required_methods = required
    view.provide_automatic_options = False


class _Watch:
    """What sees to a request that comes to a decorated view.

    It cannot be called, so that it is no view that the decorated one might run.
    """

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def refuses(self) -> bool:
        """Whether it is to refuse what is denied."""
        return any(layer.policy.refuse_denied for layer in self._run[1])

    def look_at(self, app: flask.Flask, request: flask.Request) -> Response | None:
        refused = _refused_where_nobody_did(app, request, self._run[1]) if self.refuses() else None
        if refused is not None:
            return refused
        if EXTENSION not in app.extensions or request.method == "OPTIONS":
            answer_instead_of_view(app, request)
        note_run(request.environ, app.url_map, self._run)
        return None


def _refused_where_nobody_did(
    app: flask.Flask, request: flask.Request, layers: Iterable[Layer]
) -> Response | None:
    """The answer of a view that refuses, where what was said of it is no part of what governs the request.

    :raises HTTPException: with the answer, so that it passes by decorators that expect the view's.
    """
    if not is_effective_and_foreign(request.environ):
        return None
    refused = refusal(resolver_of(app).refusing(request, layers), request.environ)
    if refused is None:
        return None
    answer = _refused(app, request.environ, refused)
    # What is raised where an error is handled, or after the response, nobody handles.
    is_handled = sys.exc_info()[0] is None
    if is_handled and not any(frame.f_code in _AFTER_RESPONSE for frame in _frames()):
        _raise_instead(app, answer)
    return answer


_AFTER_RESPONSE = tuple(
    method.__code__
    for method in (
        flask.Flask.process_response,
        flask.Flask.do_teardown_request,
        flask.Flask.do_teardown_appcontext,
    )
)


async def _awaited(watch: _Watch, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    refused = watch.look_at(_current_app(), _current_request())
    return await view(*args, **kwargs) if refused is None else refused


class DecoratedCallable:
    """What stands for a decorated callable that is no function."""

    def __init__(self, layer: Layer, view: Callable[..., Any]) -> None:
        functools.update_wrapper(self, view)
        self._layer = layer
        self._call = _wrapper((layer,), view)
        _get_options(self, self._call.required_methods)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the view, unless the answer is known without it."""
        return self._call(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        # What a class says of its instances, an `functools.update_wrapper` does not find.
        if name == "__wrapped__":
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        view = self.__wrapped__
        bind = getattr(type(view), "__get__", None)
        bound = view if bind is None or instance is None else bind(view, instance, owner)
        return self if bound is view else _stand_in(self._layer, bound)


def _is_awaited(view: Callable[..., Any]) -> bool:
    """Whether a coroutine is expected of a view, because another coroutine calls it and not Flask."""
    if not inspect.iscoroutinefunction(view):
        return False
    # Imported here: it is a quarter of what the extension takes to import, and few views are async.
    import asyncio

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


def _answer_alone_in_class(view_class: Any) -> None:
    """Have the views that a class makes decorated, so that they can answer alone."""
    if not issubclass(view_class, View):
        return
    view_class.provide_automatic_options = False
    if any(isinstance(vars(each).get("as_view"), _AsView) for each in view_class.__mro__):
        return
    own: Any = vars(view_class).get("as_view")

    @functools.wraps(View.as_view)
    def as_view(cls: type[View], *args: Any, **kwargs: Any) -> Any:
        # Who copies a class, as for slots, copies this into one that does not inherit from it.
        is_copy = not issubclass(cls, view_class)
        inherited: Any = super(cls if is_copy else view_class, cls)
        make = inherited.as_view if own is None else own.__get__(None, cls)
        lineage = [*cls.__mro__, view_class] if is_copy else cls.__mro__
        layers = tuple(layer for each in lineage for layer in said_of(each))
        return _wrapper(layers, make(*args, **kwargs))

    view_class.as_view = _AsView(as_view)


def _watch_methods(layer: Layer, view_class: type) -> None:
    """Have it noticed when the methods of a class run that something else calls than its own view."""
    for name, method in [*vars(view_class).items()]:
        if inspect.isfunction(method) and name in _ANSWERING:
            setattr(view_class, name, _wrapper((layer,), method))


_ANSWERING = frozenset([*http_method_funcs, "dispatch_request"])


class _AsView(classmethod):  # type: ignore[type-arg]
    """The ``as_view`` of a class whose views answer for what was said of the class.

    That is not left to one of its ``decorators``. A class that inherits from it may have others in their place.
    """


_AS_VIEW = View.as_view.__func__.__code__  # type: ignore[attr-defined]


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _class_that_makes_a_view() -> type | None:
    """The class whose ``as_view`` is running, and applies its ``decorators``."""
    return next((frame.f_locals["cls"] for frame in _frames() if frame.f_code is _AS_VIEW), None)


def _look_for_class(view: Callable[..., Any]) -> None:
    """Have the class answer alone that is being made around a method, or that makes a view."""
    view_class = _class_that_makes_a_view()
    if view_class is not None:
        view_class.provide_automatic_options = False  # type: ignore[attr-defined]
    holder = view.__qualname__.rpartition(".")[0]
    if holder and not holder.endswith("<locals>"):
        for frame in _frames():
            is_body = not frame.f_code.co_flags & inspect.CO_OPTIMIZED
            if is_body and frame.f_locals.get("__qualname__") == holder:
                frame.f_locals[_ClassToBe.NAME] = _ClassToBe()


def answer_for_silent_views(app: flask.Flask) -> None:
    """Answer in the place of views of which something was declared, and to which no preflight comes.

    Flask asks a view what it requires when it is given the view, and not where something stands for it: a
    partial, a class with ``decorators`` of its own, or what took its place later.
    """
    if any(layers_of_hooks(app)):
        # The first response of all is to have a hook that comes after those that are declared.
        _come_last(app)
    if any(_silent_rules(app)):
        app.extensions[ANSWERED_AHEAD] = True
        hooks = app.before_request_funcs.setdefault(None, [])
        if _answer_alone_to_request not in hooks:
            hooks.append(_answer_alone_to_request)


def _silent_rules(app: flask.Flask) -> Iterator[Rule]:
    """The rules of views of which something was said, and which Flask gives no preflight."""
    views = Views(app)
    with many_views():
        for rule in app.url_map.iter_rules():
            if not _gets_preflights(rule, app.view_functions.get(rule.endpoint)):
                methods = rule.methods or SAFELISTED_METHODS
                if any(views.said(rule.endpoint, method).layers for method in methods):
                    yield rule


def _gets_preflights(rule: Rule, view: Any) -> bool:
    is_asked = rule.methods is None or "OPTIONS" in rule.methods
    is_flasks_own = getattr(rule, "provide_automatic_options", False)
    answers = isinstance(get(view, "required_methods"), RequiredMethods)
    return answers and is_asked and not is_flasks_own


class _ClassToBe:
    """What stands in a class until the class is there, and then has it answer alone.

    A function is not told of which class it becomes a method; a decorator has to give one back
    nevertheless, because extensions look for functions in classes.
    """

    NAME = "_wsgicors_class_to_be"

    def __set_name__(self, owner: type, name: str) -> None:
        delattr(owner, name)
        _answer_alone_in_class(owner)


def _answer_alone_in_blueprint(layer: Layer, blueprint: flask.Blueprint) -> None:
    if _answer_alone_to_request in blueprint.before_request_funcs.get(None, []):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # which is what Flask 2.2 gives
            blueprint.before_request(_answer_alone_to_request)
    except (AssertionError, UserWarning):
        # It is registered already, and Flask takes no hook any more; the extension can still answer.
        # Also of what closes: something around the application may share it.
        if not is_governed(blueprint):
            logger.warning(_TOO_LATE, layer.where, shown(blueprint.name))


_TOO_LATE = (
    "%s stands behind the registration of blueprint %s, so it has no effect without CORS(app); write it before"
    " register_blueprint"
)


def answer_instead_of_view(app: flask.Flask, request: flask.Request) -> None:
    """Answer a preflight, and what Flask's automatic ``OPTIONS`` would answer, in its stead.

    :raises HTTPException: with the answer, so that it passes by decorators that expect the view's.
    """
    rule = request.url_rule
    is_flasks_own = rule is None or getattr(rule, "provide_automatic_options", False)
    if request.method == "OPTIONS" and is_flasks_own:
        # Flask answers, and a hook runs the view for something of its own.
        return
    answer = None if _is_governed(app) else _answer_alone_to(app, request)
    if answer is None and request.method == "OPTIONS" and is_automatic(rule):
        answer = app.make_default_options_response()
    if answer is not None:
        _raise_instead(app, answer)


def _raise_instead(app: flask.Flask, answer: Response) -> NoReturn:
    # With TRAP_HTTP_EXCEPTIONS, Flask asks for it.
    app.error_handler_spec[None][None].setdefault(_InsteadOfView, _InsteadOfView.get_response)
    raise _InsteadOfView(answer)


class _InsteadOfView(HTTPException):
    """Passes an answer by the decorators around a view.

    A cache among them may keep what a view raises (Flask-Caching does) and give it to the next request.
    Of this one it keeps nothing.
    """

    def __init__(self, answer: Response) -> None:
        super().__init__(response=answer)

    def __reduce__(self) -> Any:
        return _nothing, ()


def _nothing() -> None:
    """Return what stands in a cache that has not seen a request yet."""


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
            return _preflight_response(app, builder, environ)
    refused = _refusal(resolver, request)
    if refused is not None:
        return _refused(app, environ, refused)

    answer_within(app, request)
    _come_last(app)
    return None


def _come_last(app: flask.Flask) -> None:
    """Have the headers be what they are said to be, whatever other hooks write."""
    # Flask runs the hooks of blueprints before those of the application, and of these the first one last.
    hooks = app.after_request_funcs.get(None, [])
    if hooks[:1] != [_see_to_response]:
        others = [hook for hook in hooks if hook is not _see_to_response]
        # A new list: some other request may be going through the old one.
        app.after_request_funcs[None] = [_see_to_response, *others]


def _see_to_responses(app: flask.Flask) -> None:
    """Have what is declared hold in an application that something around it shares.

    Where a view never runs, nothing would answer for it: a hook may have answered, or the view may be of a
    class whose ``decorators`` are no longer those that were declared with it.
    """
    if not _is_governed(app):
        _come_last(app)


SHARED_FROM_OUTSIDE.append(_see_to_responses)


def _see_to_response(response: flask.Response) -> flask.Response:
    app, request = _current_app(), _current_request()
    if _is_governed(app):
        return response
    answered = request.environ.get(_ANSWERED, {}).get(app)
    if answered is not None:
        return _with_headers(response, answered, tells=False)
    # The view need not have run: what stands around it may remember its answer.
    show_crash(app, response)
    builder = _resolver_alone(app).builder_where_routed(request)
    if builder is not None:
        decision = decide_actual(builder, request.environ)
        is_noticed(request.environ, response.status)
        response = _with_headers(response, decision)
        tell_of_denial(app, request.environ)
    return response


def _refusal(resolver: UrlMapResolver, request: flask.Request) -> Decision | None:
    rule = request.url_rule
    if rule is None or not resolver.refuses:
        return None
    request.environ.setdefault(ANSWERS, {})
    return refusal(resolver.builder(rule.endpoint, request.method), request.environ)


def resolver_of(app: flask.Flask) -> UrlMapResolver:
    """The resolver of the extension that governs an application, or for its decorators alone."""
    resolver: UrlMapResolver = app.extensions.get(EXTENSION) or _resolver_alone(app)
    return resolver


def _resolver_alone(app: flask.Flask) -> UrlMapResolver:
    """The resolver for the decorators of an application without the extension."""
    resolver: UrlMapResolver | None = app.extensions.get(_DECORATORS)
    if resolver is None:
        resolver = app.extensions[_DECORATORS] = UrlMapResolver(app, governs_all=False)
    if resolver.checked_map is not app.url_map:
        resolver.ensure_checked()
    return resolver


def _preflight_response(
    app: flask.Flask, builder: HeaderBuilder, environ: WSGIEnvironment
) -> Response:
    flask.after_this_request(_without_content_type)
    return _answered(app, environ, lambda start: answer_preflight(builder, environ, start))


def _refused(app: flask.Flask, environ: WSGIEnvironment, decision: Decision) -> Response:
    return _answered(app, environ, lambda start: refuse(decision, environ, start))


def _answered(
    app: flask.Flask,
    environ: WSGIEnvironment,
    answer: Callable[[StartResponse], Iterable[bytes]],
) -> Response:
    """The response that is given in the place of the application's."""
    # Werkzeug hands over a copy of ``environ``. Flask makes it one of the application's class, which need not
    # be made as this one is.
    response = flask.Response.from_app(lambda copied, start: answer(start), environ)
    environ.setdefault(_ANSWERED, {})[app] = environ[DECISION]
    _come_last(app)
    tell_of_denial(app, environ)
    return response


def _without_content_type(response: flask.Response) -> flask.Response:
    # Flask gives a type to every response; one without content has none (RFC 9110, section 8.3).
    if response.status_code == 204:
        response.headers.pop("Content-Type", None)
    return response


def _with_headers(
    response: flask.Response, decision: Decision, tells: bool = True
) -> flask.Response:
    # The application may keep its own, and give it to others.
    whole = copy(response)
    whole.headers = Headers(_author.with_headers(list(response.headers), decision, tells))
    return whole


def is_automatic(rule: Any) -> bool:
    """Whether the ``OPTIONS`` of a rule came with a decorator, and not from the application."""
    return any(
        isinstance(method, _AutomaticOptions) for method in getattr(rule, "methods", None) or ()
    )
