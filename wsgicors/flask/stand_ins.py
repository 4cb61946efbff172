"""What stands for a decorated view, and sees to each request that comes to it."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Callable, Protocol, cast

from ..held import held_by_function
from .alone import AUTOMATIC_OPTIONS, answer_instead_of_view, refused_where_nobody_did
from .declarations import Layer, declare_new
from .makers import refuse_maker
from .settings import EXTENSION
from .strays import RequiredMethods
from .under_way import app_under_way, request_under_way
from .unlinked import NOTHING_RAN, RAN, note_run

if TYPE_CHECKING:
    import flask
    from werkzeug.wrappers import Response

    from .unlinked import Run


def stand_in(layer: Layer, target: Any) -> Any:
    """What stands for a decorated callable: a function, if it is one."""
    is_function = inspect.isfunction(target)
    view: Any = wrapper_of((layer,), target) if is_function else DecoratedCallable(layer, target)
    declare_new(view, layer)
    return view


class _DecoratedFunction(Protocol):
    required_methods: RequiredMethods

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...


def wrapper_of(  # noqa: C901 - its closures count
    layers: tuple[Layer, ...], view: Callable[..., Any]
) -> _DecoratedFunction:
    """A function that answers preflights for itself where no extension governs its application."""
    is_plain = inspect.isfunction(view) and not inspect.iscoroutinefunction(view)
    run = (frozenset(map(id, layers)), layers)
    required = RequiredMethods(layers[0] if layers else None, AUTOMATIC_OPTIONS, view)
    watch = _Watch(run)
    refuses = watch.refuses()
    class_kwargs = _class_kwargs(view)

    def decorated(*args: Any, **kwargs: Any) -> Any:  # noqa: C901 - the hot path
        # Flask-Injector looks for this among what the view of a class holds.
        nonlocal class_kwargs
        request = None
        try:  # noqa: SIM105 - the hot path
            request = request_under_way()
        except RuntimeError:
            pass
        if request is None:
            # It is called by the application itself, and for no request.
            answer = view(*args, **kwargs)
            return answer if required.are_used else watch.given_first(answer, view, required)
        if not is_plain and _is_awaited(view):
            return _awaited(watch, view, args, kwargs)
        is_first = not required.are_used
        if is_first:
            required.are_used = True
        environ, rule = request.environ, request.url_rule
        url_map, ran = environ.get(RAN, NOTHING_RAN)
        # The map stands there beforehand where an extension governs (docs/hot_path.rst).
        if refuses or rule is None or rule.map is not url_map or request.method == "OPTIONS":
            refused = watch.look_at(app_under_way(), request)
            if refused is not None:
                return refused
        else:
            environ[RAN] = (url_map, (*ran, run))
        # `Flask.ensure_sync` leaves plain functions as they are, so it need not be asked each time.
        synchronous = view if is_plain else app_under_way().ensure_sync(view)
        if is_first:
            return watch.given_first(synchronous(*args, **kwargs), view, required)
        return synchronous(*args, **kwargs)

    # Flask looks for these ("View Function Options"): the view is to get its OPTIONS.
    _get_options(functools.update_wrapper(decorated, view), required)
    return cast("_DecoratedFunction", decorated)


def _get_options(view: Any, required: RequiredMethods) -> None:
    required.decorated = view
    view.required_methods = required
    view.provide_automatic_options = False


def _class_kwargs(view: Any) -> Any:
    """What a view gives to each instance of its class, where `flask.views.View.as_view` has made it."""
    if not inspect.isfunction(view):
        return None
    return dict(zip(view.__code__.co_freevars, held_by_function(view))).get("class_kwargs")


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
        refused = refused_where_nobody_did(app, request, self._run[1]) if self.refuses() else None
        if refused is not None:
            return refused
        if EXTENSION not in app.extensions or request.method == "OPTIONS":
            answer_instead_of_view(app, request)
        note_run(request.environ, app.url_map, self._run)
        return None

    def given_first(self, answer: Any, view: Any, required: RequiredMethods) -> Any:
        """What is given back by what may be no view, because Flask has made no rule of it.

        :raises ConfigError: if only what makes views gives that back.
        """
        for layer in self._run[1][:1]:
            refuse_maker(layer, view, required, answer)
        return answer


async def _awaited(watch: _Watch, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    refused = watch.look_at(app_under_way(), request_under_way())
    return await view(*args, **kwargs) if refused is None else refused


class DecoratedCallable:
    """What stands for a decorated callable that is no function."""

    def __init__(self, layer: Layer, view: Callable[..., Any]) -> None:
        functools.update_wrapper(self, view)
        self._layer = layer
        self._call = wrapper_of((layer,), view)
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
        return self if bound is view else stand_in(self._layer, bound)


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
