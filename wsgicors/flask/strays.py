"""Declarations that lead nowhere: above the route, or of what no route of an application leads to."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import Problem, shown
from .declarations import Kept, Layer, all_declared
from .links import Links, get

if TYPE_CHECKING:
    from flask import Flask


class RequiredMethods:
    """The ``required_methods`` of a decorated view; they know whether Flask has read them for a rule.

    :param layer: what was declared.
    :param own: the method that the decorator requires.
    :param view: the view that is decorated, which may require others.
    """

    def __init__(self, layer: Layer | None, own: str, view: Any) -> None:
        self.layer = layer
        self._own = own
        self._further = getattr(view, "required_methods", None) or ()
        #: Whether Flask has made a rule of it, or the view ran in its place without one.
        self.are_used = False

    def __iter__(self) -> Iterator[str]:
        """Yield the methods, as Flask does when it makes a rule."""
        self.are_used = True
        yield from self._further
        yield self._own


# For each function that was decorated, what came of it, by the place of the decorator.
_decorated: Kept[dict[str, RequiredMethods]] = Kept()


def note_decorated(view: Any, methods: RequiredMethods) -> None:
    """Remember of which functions a decorator has made a view, to see whether that becomes one."""
    assert methods.layer is not None
    for link in Links(view):
        if isinstance(link, FunctionType):
            made = _decorated.get(link)
            if made is None:
                _decorated.set(link, made := {})
            made[methods.layer.where] = methods


def above_routes(app: Flask) -> Iterator[Problem]:
    """What was declared above the route, so that Flask has the view without it."""
    for view in app.view_functions.values():
        # Where its endpoint was set, Flask has not read them.
        required = get(view, "required_methods")
        if isinstance(required, RequiredMethods):
            tuple(required)
    for endpoint, view in app.view_functions.items():
        for where, methods in (_decorated.get(view) or {}).items():
            if not methods.are_used:
                yield Problem("decorator", view, "above-the-route", _message(app, endpoint, where))


def _message(app: Flask, endpoint: str, where: str) -> str:
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]
    return (
        f"{where} stands above the route of {shown(endpoint)} ({', '.join(rules)}), so that Flask has"
        " the view without it; put it below the route"
    )


class Stray(NamedTuple):
    """A declaration that governs no route of an application."""

    where: str
    #: What it was said of, for people.
    what: str


def strays(in_force: set[int]) -> tuple[Stray, ...]:
    """What was declared and governs no route.

    :param in_force: the identities of the layers that govern one.
    """
    found = [
        Stray(layer.where, _named(target))
        for target, layer in all_declared()
        if id(layer) not in in_force and not _is_used(target)
    ]
    return tuple(sorted(set(found)))


def _is_used(target: object) -> bool:
    """Whether it has become a view of some application, maybe of another one."""
    required = get(target, "required_methods")
    return isinstance(required, RequiredMethods) and required.are_used


def _named(target: Any) -> str:
    name = get(target, "__qualname__") or get(target, "name") or type(target).__qualname__
    return name if isinstance(name, str) and name.isprintable() and name.isascii() else shown(name)
