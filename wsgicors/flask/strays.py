"""Declarations that lead nowhere: above the route, or of what no route of an application leads to."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ReferenceType, ref

from ..errors import Problem, shown
from .declarations import Kept, Layer, all_declared, is_anything_declared
from .links import Links, get
from .views import Views, declares_per_request, is_bare

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
        self._decorated: ReferenceType[Any] | None = None
        #: Whether Flask has made a rule of it, or the view ran in its place without one.
        self.are_used = False

    @property
    def decorated(self) -> Any:
        """What the decorator has made, as long as it is there."""
        return self._decorated and self._decorated()

    @decorated.setter
    def decorated(self, view: Any) -> None:
        self._decorated = ref(view)

    def __iter__(self) -> Iterator[str]:
        """Yield the methods, as Flask does when it makes a rule."""
        self.are_used = True
        yield from self._further
        yield self._own


class _Made(NamedTuple):
    """What a decorator made of something."""

    layer: Layer
    methods: RequiredMethods
    view: ReferenceType[Any]

    def is_unused(self) -> bool:
        """Whether no rule was made of it, and it never ran."""
        return not self.methods.are_used

    def is_lost(self) -> bool:
        """Whether nobody kept it, so that none ever will."""
        return self.is_unused() and self.view() is None


# For each thing that was decorated, what came of it, by the place of the decorator.
_decorated: Kept[dict[str, _Made]] = Kept()


def note_decorated(target: Any, view: Any) -> None:
    """Remember what a decorator has made of something, to see whether that becomes a view."""
    methods: RequiredMethods = view.required_methods
    assert methods.layer is not None
    links = Links(target)
    for link in links if isinstance(target, (FunctionType, MethodType)) else links.around:
        # That of a class is the one of all its instances.
        if get(link, "__name__") == "__call__" and link is not target:
            continue
        try:
            made = _decorated.get(link)
            if made is None:
                _decorated.set(link, made := {})
        except TypeError:  # it cannot be referred to
            continue
        made[methods.layer.where] = _Made(methods.layer, methods, ref(view))


def above_routes(app: Flask, views: Views) -> Iterator[Problem]:
    """What was declared above the route, so that Flask has the view without it.

    :param views: those of the application.
    """
    for view in app.view_functions.values():
        # Where its endpoint was set, Flask has not read them.
        required = get(view, "required_methods")
        if isinstance(required, RequiredMethods):
            tuple(required)
    for endpoint, view in app.view_functions.items() if is_anything_declared() else ():
        for where in dict.fromkeys(_without_effect(app, views, endpoint, view)):
            yield Problem("decorator", view, "above-the-route", _message(app, endpoint, where))


def _without_effect(app: Flask, views: Views, endpoint: str, view: Any) -> Iterator[str]:
    """Where something was said of a view that Flask has without it, or of what the view leads to."""
    yield from (each.layer.where for each in _made_of(view) if each.is_unused())
    if is_bare(view) or declares_per_request(view):
        return
    asked = views.view(endpoint, view)
    for method in _methods(app, endpoint, view):
        for made in filter(None, map(_made_of, asked.links(method))):
            lost = [each.layer.where for each in made if each.is_lost()]
            # What was decorated anew is what was meant.
            layers = asked.said(method).layers if lost else ()
            if lost and {id(each.layer) for each in made}.isdisjoint(map(id, layers)):
                yield from lost


def _made_of(thing: Any) -> list[_Made]:
    return [*(_decorated.get(thing) or {}).values()]


def _methods(app: Flask, endpoint: str, view: Any) -> set[str]:
    """The methods that make a difference."""
    if get(view, "view_class") is None:
        return {""}
    return {name for rule in app.url_map.iter_rules(endpoint) for name in rule.methods or ()}


def _message(app: Flask, endpoint: str, where: str) -> str:
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]
    return (
        f"{where} stands above the route of {shown(endpoint)} ({', '.join(rules)}), or its result"
        " was not used, so Flask has the view without it; put it below the route, or pass its result"
        " to Flask"
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
    is_view = isinstance(required, RequiredMethods) and required.are_used
    # That is how blueprints know it themselves.
    return is_view or get(target, "_got_registered_once") is True


def _named(target: Any) -> str:
    name = get(target, "__qualname__") or get(target, "name") or type(target).__qualname__
    return name if isinstance(name, str) and name.isprintable() and name.isascii() else shown(name)
