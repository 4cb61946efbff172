"""A method of a view class that takes the place of one of a base of which something was said.

Python runs the method of the class, as it stands there. So what was said of the other one would be lost
without a word, and that may be what keeps people out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask.views import http_method_funcs

from ..errors import shown
from ..held import get
from ..policy import Policy
from .declarations import Layer, said_of
from .links import Links
from .settings import EXTENSION, Effective, blueprint_layers, config_layers

if TYPE_CHECKING:
    from flask import Flask

    from .views import View


def may_override(view_class: type) -> bool:
    """Whether anything is said of a method of a base."""
    return any(True for _ in _said_of_bases(view_class))


def overridden(
    app: Flask, endpoint: Any, view: View, view_class: type, methods: Iterable[str]
) -> Iterator[str]:
    """What is lost, for people.

    :param view: that of the endpoint, which is made of the class.
    :param methods: those that lead to the endpoint.
    """
    methods = sorted(methods)
    for base, name in _said_of_bases(view_class):
        # Any other method may run for any request.
        asked = [each for each in methods if each.lower() == name or name not in http_method_funcs]
        owner = _owner(view_class, name)
        layers = [layer for link in Links(vars(base)[name]) for layer in said_of(link)]
        own = _of_endpoint(app, endpoint, view, asked)
        lost = [layer for layer in layers if _is_lost(layer.policy, own, _of_all(app))]
        if asked and owner is not base and lost:
            names = (shown(f"{each.__qualname__}.{name}") for each in (base, owner))
            yield _OVERRIDDEN.format(lost[-1].where, *names)


def _said_of_bases(view_class: type) -> Iterator[tuple[type, str]]:
    for base in view_class.__mro__[1:]:
        for name, value in vars(base).items():
            if get(value, "required_methods"):
                yield base, name


def _owner(view_class: type, name: str) -> type:
    """The class whose method of a name it is that runs."""
    return next(each for each in view_class.__mro__ if name in vars(each))


def _of_endpoint(app: Flask, endpoint: Any, view: View, methods: Iterable[str]) -> list[Layer]:
    """What is said of a view, its blueprints and its name."""
    named = get(app.extensions.get(EXTENSION), "endpoints")
    by_name = [*named.broad(endpoint), *named.exact(endpoint)] if named else []
    said = [layer for method in methods for layer in view.said(method).layers]
    return [*by_name, *blueprint_layers(app, str(endpoint)), *said]


def _of_all(app: Flask) -> Policy:
    """What `CORS` says of all of the application; nothing, where something else shares it."""
    layers = get(app.extensions.get(EXTENSION), "layers")
    return Policy() if layers is None else Effective.of([*config_layers(app), *layers]).policy


def _is_lost(policy: Policy, own: Iterable[Layer], of_all: Policy) -> bool:
    """Whether a policy keeps people out who are let in without it, and nothing nearer says who they are."""
    said = {field for layer in own for field in layer.policy.settings()}
    if policy.refuse_denied and not of_all.refuse_denied and "refuse_denied" not in said:
        return True
    origins, others = policy.allow_origins, of_all.allow_origins
    if "allow_origins" in said or not isinstance(origins, tuple) or others == ():
        return False
    is_narrower = others == "*" or (isinstance(others, tuple) and {*origins} < {*others})
    return is_narrower or origins == ()


def identities_of_overridden(view_class: type) -> set[int]:
    """The identities of the layers that were said of methods in whose place the class has its own."""
    return {
        id(layer)
        for base, name in _said_of_bases(view_class)
        if _owner(view_class, name) is not base
        for link in Links(vars(base)[name])
        for layer in said_of(link)
    }


_OVERRIDDEN = (
    "{0}, at {1}, is not in force for {2}, which takes its place. Write it above {2}, too, or cross_origin(...)"
    " to say who may read that. If it calls {1}, with super(), its response is shared with no more than {0} says:"
    " move what the two have in common to a method of its own"
)
