"""The decorators: what they take, and what they declare of it."""

from __future__ import annotations

import inspect
import itertools
from typing import TYPE_CHECKING, Any, Callable, NoReturn, TypeVar, cast, overload

import flask
from flask.views import View

from ..errors import CallError, ConfigError, Problem, shown
from .alone import answer_alone_in_blueprint
from .common import NOBODY
from .declarations import Layer, declare
from .gone import note_target
from .inspection import tell_of_decorator
from .replaced import LISTS
from .settings import call_site, caller, policy_of
from .stand_ins import stand_in
from .strays import named, note_decorated
from .targets import is_namespace, misplaced_argument, wrong_target
from .view_classes import answer_alone_in_class, look_for_class, watch_methods

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..policy import PolicyFields

_NOTHING = object()

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
def same_origin(target: Any = _NOTHING, **fields: Any) -> Any:
    """Share a view, a method, a class whose methods are views or a blueprint with no other origin.

    Whatever is said more broadly no longer holds for it. It takes no fields of a policy.

    :raises ConfigError: if the target is none of these, or if there are fields.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> @app.delete("/items/<int:id>")
    ... @same_origin
    ... def delete_item(id):
    ...     return "", 204
    """
    if fields:
        said = "".join(f", {name}={shown(value)}" for name, value in fields.items())
        message = f"it takes no fields; write @cross_origin(allow_origins=[]{said})"
        raise CallError([Problem("same_origin", fields, "wrong-call", message)])
    decorate = declaring(Layer(NOBODY, _place()))
    return decorate if target is _NOTHING else decorate(target)


def _place() -> str:
    """Where `same_origin` was written, for people: also where something else calls it, which has it in a list."""
    frame = caller()
    # To read what a frame holds may keep it alive, so only whoever reads such a list is asked.
    held = {} if {*LISTS}.isdisjoint(frame.f_code.co_names) else frame.f_locals
    for owner in (held.get("cls"), held.get("self")):
        lineage: Any = owner.__mro__ if isinstance(owner, type) else [owner, *type(owner).__mro__]
        for each, name in itertools.product(lineage, LISTS):
            decorators = getattr(each, "__dict__", {}).get(name)
            if isinstance(decorators, (list, tuple)) and any(d is same_origin for d in decorators):
                whose = each if isinstance(each, type) else type(each)
                return f"@same_origin (in {name} of {shown(whose.__qualname__)})"
    return f"@same_origin at {call_site()}"


same_origin.declares = Layer(NOBODY, "@same_origin")  # type: ignore[attr-defined]


def declaring(layer: Layer) -> Callable[[Target], Target]:
    """The decorator that declares a layer."""

    def decorate(target: Target) -> Target:
        return cast("Target", _decorated(layer, target))

    # `View` looks for it where something decorates only when it is called.
    decorate.declares = layer  # type: ignore[attr-defined]
    return decorate


def _decorated(layer: Layer, target: Any) -> Any:
    problem = wrong_target(target, layer)
    if problem is not None:
        raise ConfigError([problem])
    if isinstance(target, (classmethod, staticmethod)):
        return type(target)(_decorated(layer, target.__func__))
    if isinstance(target, (flask.Blueprint, type)) or is_namespace(target):
        declare(target, layer)
        _answer_alone(layer, target)
        note_target(layer, target, named(target))
        tell_of_decorator()
        return target
    view = stand_in(layer, target)
    note_decorated(target, view)
    tell_of_decorator()
    if inspect.isfunction(target):
        look_for_class(target)
    return view


def _answer_alone(layer: Layer, target: Any) -> None:
    if isinstance(target, flask.Blueprint):
        answer_alone_in_blueprint(layer, target)
    elif isinstance(target, type):
        answer_alone_in_class(target)
        if issubclass(target, View):
            watch_methods(layer, target)
    else:
        # As if it had been written there: where the list comes too late, that is found at the first check.
        target.decorators = [*target.decorators, declaring(layer)]
