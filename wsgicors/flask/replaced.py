"""What a base of a view class declares, in the place of which the class has something of its own.

Flask applies the ``decorators`` of the class alone, and runs its methods, so what is said of those of the base
would be lost without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import Problem, shown
from ..held import get
from .declarations import Layer, said_of
from .links import Links
from .overridden import may_override, overridden
from .rules import methods_of
from .views import View, Views

if TYPE_CHECKING:
    from flask import Flask

#: ``method_decorators`` is that of Flask-RESTful and Flask-RESTX.
LISTS = ("decorators", "method_decorators")
# How alike a name must be to one of them (`difflib`).
_SLIP = 0.85


class _Lost(NamedTuple):
    """What a base declares in a list, and a subclass does not have."""

    view_class: type
    base: type
    #: The name of the list.
    name: str
    method: str
    layer: Layer


def replaced(app: Flask, views: Views, holding: Mapping[Any, Any]) -> Iterator[Problem]:
    """What the bases of view classes declare, and what is not in force for these.

    :param views: those of the application.
    :param holding: by endpoint, those that may be made of a class.
    """
    found: dict[str, type] = {}
    # By identity. Asked of very many views, which are made of few classes.
    may_lose: dict[int, bool] = {}
    for endpoint, view in holding.items():
        looked_at = views.view(endpoint, view)
        for view_class in looked_at.made_of():
            if id(view_class) not in may_lose:
                may_lose[id(view_class)] = _may_lose(view_class)
            if may_lose[id(view_class)]:
                methods = _methods(app, endpoint)
                lost = _lost_by(view_class, looked_at, methods)
                taken = overridden(app, endpoint, looked_at, view_class, methods)
                found.update(dict.fromkeys([*lost, *taken], view_class))
        found.update(_lost_by_makers(looked_at, app, endpoint))
    for message, view_class in found.items():
        yield Problem("decorator", view_class, "lost-in-subclass", message)


def _lost_by_makers(view: View, app: Flask, endpoint: Any) -> Iterator[tuple[str, type]]:
    """What the extension has declared too late that has made a view."""
    for maker in _makers(view):
        if any(map(_declaring, _decorators_of(maker))):
            for message in _too_late(maker, view, _methods(app, endpoint)):
                yield message, type(maker)


def _makers(view: View) -> Iterator[Any]:
    """What may have put decorators around a view: an ``Api`` and, of Flask-RESTX, a namespace with the class."""
    classes = [*view.made_of()]
    for held in view.held_in_closures():
        yield held
        namespaces = get(held, "namespaces")
        for namespace in namespaces if isinstance(namespaces, list) else ():
            routes = get(namespace, "resources") or ()
            if any(get(route, "resource") is each for route in routes for each in classes):
                yield namespace


def _methods(app: Flask, endpoint: Any) -> set[str]:
    return methods_of(app.url_map, endpoint) - {"OPTIONS"}


def _lost_by(view_class: type, view: View, methods: Iterable[str]) -> Iterator[str]:
    """What is lost, for people."""
    for method in sorted(methods):
        said = view.said(method)
        in_force = said.layers + said.held
        yield from map(_message, _lost(view_class, method, in_force))
        yield from _unread(view_class, method, in_force)


def _unread(view_class: type, method: str, in_force: Iterable[Layer]) -> Iterator[str]:
    """What stands in a list of a class that nothing reads, as where an extension has none of this name."""
    policies = [layer.policy for layer in in_force]
    for name in _names_of_lists(view_class.__mro__):
        for owner in [each for each in view_class.__mro__ if name in vars(each)][:1]:
            for layer in _declared(owner, name, method):
                if layer.policy not in policies:
                    yield _UNREAD.format(layer.where, name, shown(owner.__qualname__))


_UNREAD = (
    "{0}, in {1} of {2}, is not in force: whatever makes the view does not read that list, or has read it before."
    " Write the decorator above the class or its methods"
)


def _decorators_of(maker: Any) -> list[Any]:
    """What an extension puts around the views that it makes, such as an ``Api`` of Flask-RESTful."""
    has = get(maker, "__dict__")
    decorators = has.get("decorators") if isinstance(has, dict) else None
    return [*decorators] if isinstance(decorators, (list, tuple)) else []


def _too_late(maker: Any, view: View, methods: Iterable[str]) -> Iterator[str]:
    """What stands in that list, and was not there yet when the view was made."""
    # Views of its own, such as those for its documentation, come first.
    packages = {_package(each) for each in type(maker).__mro__[-2:]}
    if packages.issuperset(
        _package(each) for each in view.made_of() if not isinstance(maker, each)
    ):
        return
    for method in sorted(methods):
        said = view.said(method)
        policies = [layer.policy for layer in said.layers + said.held]
        for layer in [one for each in _decorators_of(maker) for one in _declaring(each)]:
            if layer.policy not in policies:
                yield _TOO_LATE.format(layer.where, type(maker).__name__)


def _package(thing: type) -> str:
    return str(thing.__module__).partition(".")[0]


_TOO_LATE = (
    "{0}, in decorators of {1}, is not in force for all of its views: it has applied that list when it made them."
    " Set the list before you add the first of them, as in {1}(..., decorators=[...])"
)


def _may_lose(view_class: type) -> bool:
    """Whether anything is declared in a list, or of a method of a base."""
    lineage = view_class.__mro__
    is_listed = any(
        any(map(_declaring, _all_listed(each, name)))
        for name in _names_of_lists(lineage)
        for each in [one for one in lineage if name in vars(one)]
    )
    return is_listed or may_override(view_class)


def _names_of_lists(lineage: Iterable[type]) -> Iterable[str]:
    """Those, and what looks like a slip in writing one of them."""
    names = dict.fromkeys(name for each in lineage for name in vars(each) if name not in LISTS)
    # Asked first, because to compare takes long.
    alike = (name for name in names if "decor" in name.lower())
    return [*LISTS, *(each for each in alike if get_close_matches(each.lower(), LISTS, 1, _SLIP))]


def _lost(view_class: type, method: str, in_force: tuple[Layer, ...]) -> Iterator[_Lost]:
    lineage = view_class.__mro__
    for name in LISTS:
        having = [at for at, each in enumerate(lineage) if name in vars(each)]
        declaring = [at for at in having if _declared(lineage[at], name, method)]
        if declaring and declaring[0] != having[0]:
            base = lineage[declaring[0]]
            broader = [id(layer) for each in lineage[declaring[0] :] for layer in said_of(each)]
            # What the subclass says itself, stands in its place.
            if all(id(layer) in broader for layer in in_force):
                yield _Lost(view_class, base, name, method, _declared(base, name, method)[0])


def _declared(view_class: type, name: str, method: str) -> list[Layer]:
    """What the decorators in a list of a class declare, for a method."""
    return [layer for each in _listed(view_class, name, method) for layer in _declaring(each)]


def _declaring(decorator: Any) -> list[Layer]:
    declared = (get(link, "declares") for link in Links(decorator))
    return [layer for layer in declared if isinstance(layer, Layer)]


def _listed(view_class: type, name: str, method: str) -> list[Any]:
    decorators = vars(view_class).get(name)
    if isinstance(decorators, Mapping):
        # Flask-RESTful looks for the method in lower case, so what stands at any other key is never found.
        names = [each for each in decorators if each == method.lower() or each != str(each).lower()]
        decorators = [one for each in names for one in decorators[each]]
    return [*decorators] if isinstance(decorators, (list, tuple)) else []


def _all_listed(view_class: type, name: str) -> Iterator[Any]:
    decorators = vars(view_class)[name]
    lists = decorators.values() if isinstance(decorators, Mapping) else [decorators]
    for each in lists:
        yield from each if isinstance(each, (list, tuple)) else ()


def _message(lost: _Lost) -> str:
    has = next(each for each in lost.view_class.__mro__ if lost.name in vars(each))
    is_closing = lost.layer.is_closing()
    names = map(_named, _listed(has, lost.name, lost.method))
    written = f"[{', '.join([*names, 'same_origin' if is_closing else 'cross_origin(...)'])}]"
    if isinstance(vars(has)[lost.name], Mapping):
        written = f'{{"{lost.method.lower()}": {written}}}'
    otherwise = ", or cross_origin(...) in the list to say who may read it" if is_closing else ""
    view_class, base, own = (shown(each.__qualname__) for each in (lost.view_class, lost.base, has))
    return (
        f"{lost.layer.where}, in {lost.name} of {base}, is not in force for its subclass {view_class}: {own} has"
        f" {lost.name} of its own, and only these count. Write {lost.name} = {written} in"
        f" {view_class}{otherwise}"
    )


def _named(decorator: Any) -> str:
    name = get(decorator, "__name__")
    return name if isinstance(name, str) and name.isidentifier() else "..."
