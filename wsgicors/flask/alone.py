"""What is answered for decorated views where no extension does, and the headers of their responses."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any, Callable, NoReturn

import flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from ..admission import ANSWERS
from ..errors import shown
from ..held import get
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
from .crashes import answer_within, show_crash
from .declarations import Kept, Layer
from .denials import tell_of_denial
from .inspection import SHARED_FROM_OUTSIDE
from .links import many_views
from .resolver import UrlMapResolver
from .settings import ANSWERED_AHEAD, EXTENSION, frames
from .strays import RequiredMethods, layers_of_hooks
from .under_way import app_under_way, request_under_way
from .views import View, Views

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.routing import Rule

    from ..headers import Decision, HeaderBuilder

logger = logging.getLogger("wsgicors")

_DECORATORS = "wsgicors-decorators"
# The key in ``app.extensions``: the endpoints of decorated views that others stand in the place of.
_REPLACED = "wsgicors-replaced"
# In ``environ``: the decisions by which it was answered in the place of applications.
_ANSWERED = "wsgicors.flask.answered"
_author = Author()


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
    app = app_under_way()
    return None if _is_governed(app) else _answer_alone_to(app, request_under_way())


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
    app, request = app_under_way(), request_under_way()
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


def refused_where_nobody_did(
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
    if is_handled and not any(frame.f_code in _AFTER_RESPONSE for frame in frames()):
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


def answer_alone_in_blueprint(layer: Layer, blueprint: flask.Blueprint) -> None:
    """Have a blueprint answer for its views.

    :param layer: what was said of it.
    """
    if _answer_alone_to_request in blueprint.before_request_funcs.get(None, []):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # which is what Flask 2.2 gives
            blueprint.before_request(_answer_alone_to_request)
    except (AssertionError, UserWarning):
        # It is registered already, and Flask takes no hook any more; an extension can still answer, and may
        # come later.
        _too_late.set(blueprint, [*(_too_late.get(blueprint) or ()), layer])


#: What was said of blueprints that were registered by then, until an application that has them gets a request.
_too_late: Kept[list[Layer]] = Kept()


def is_any_too_late() -> bool:
    """Whether it is not known so far of any of them whether an extension governs it."""
    return any(layers for _, layers in _too_late)


def tell_of_late_blueprints(app: flask.Flask) -> None:
    """Tell of what was said too late of the blueprints of an application, if no extension governs it.

    Also of what closes: something around the application may share it.
    """
    for blueprint in app.blueprints.values():
        for layer in _too_late.get(blueprint) or ():
            _too_late.set(blueprint, [])
            if not _is_governed(app):
                logger.warning(_TOO_LATE, layer.where, shown(blueprint.name))


_TOO_LATE = (
    "%s stands behind the registration of blueprint %s, so it has no effect without CORS(app); write it before"
    " register_blueprint"
)


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


def answer_for_replaced_views(app: flask.Flask) -> None:
    """Answer ``OPTIONS`` where a decorated view would, and another one stands in its place by now.

    Flask-Injector makes the views of classes anew. That ``OPTIONS`` is routed came with the decorator.
    """
    app.extensions[_REPLACED] = replaced = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if is_automatic(rule) and not _is_answered(app.view_functions.get(rule.endpoint))
    }
    hooks = app.before_request_funcs.setdefault(None, []) if replaced else []
    if replaced and _answer_for_replaced_view not in hooks:
        hooks.append(_answer_for_replaced_view)


def _is_answered(view: Any) -> bool:
    """Whether a decorated view answers, by itself or within another one."""
    return _answers(view) or any(map(_answers, View(view).reached("OPTIONS")))


def _answer_for_replaced_view() -> Response | None:
    app, request = app_under_way(), request_under_way()
    if request.method == "OPTIONS" and request.endpoint in app.extensions[_REPLACED]:
        return app.make_default_options_response()
    return None


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
    return _answers(view) and is_asked and not is_flasks_own


def _answers(view: Any) -> bool:
    return isinstance(get(view, "required_methods"), RequiredMethods)


class _AutomaticOptions(str):
    """``OPTIONS`` as a decorated view adds it to a rule, where the application did not write it.

    `werkzeug.routing.Rule` takes the upper case of each method and keeps what it gets.
    """

    __slots__ = ()

    def upper(self) -> _AutomaticOptions:
        return self


AUTOMATIC_OPTIONS = _AutomaticOptions("OPTIONS")


def is_automatic(rule: Any) -> bool:
    """Whether the ``OPTIONS`` of a rule came with a decorator, and not from the application."""
    return any(
        isinstance(method, _AutomaticOptions) for method in getattr(rule, "methods", None) or ()
    )
