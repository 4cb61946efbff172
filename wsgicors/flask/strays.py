"""Declarations that lead nowhere: above the route, or of what no route of an application leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ReferenceType, ref

from flask import has_request_context

from ..errors import Problem, shown
from ..held import get
from .declarations import (
    Kept,
    Layer,
    Value,
    all_declared,
    governed_applications,
    is_anything_declared,
)
from .gone import gone
from .heads import has_others_below, heads_among
from .links import Links, held_by, holds_nothing, stands_in_class
from .replaced import replaced
from .rules import methods_of
from .settings import caller
from .views import Said, View, Views, declares_per_request, is_bare

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
        #: Whether a view or hook of Flask leads to it, or holds it, and may run it.
        self.are_held = False
        #: Whether somebody was told that they are not.
        self.are_told = False

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
    #: Whether it is of no use, once it is gone without ever having been a view.
    is_for_good: bool

    def is_for_nobody(self) -> bool:
        """Whether it is unused, and no view or hook holds it either."""
        return self.is_unused() and not self.methods.are_held

    def is_unused(self) -> bool:
        """Whether no rule was made of it, and it never ran."""
        return not self.methods.are_used

    def is_lost(self) -> bool:
        """Whether nobody kept it, so that none ever will."""
        return self.is_unused() and self.view() is None


class _AtHead(NamedTuple):
    """What a decorator made that is written at the head of a function, which it can only be meant for."""

    made: _Made
    #: Whether it is written there itself: another decorator, which applies it, may mean something else by that.
    is_itself: bool
    #: Whether it is the first one there, and was given the function as it is.
    is_first: bool

    def counts(self) -> bool:
        """Whether it has to be in force wherever the function may run."""
        return self.is_itself or self.made.is_for_nobody()


# By the place of the decorator: for each thing that was decorated, what came of it; and for each function,
# what came of the decorators at its head, whatever they were given there.
_decorated: Kept[dict[str, _Made]] = Kept()
_at_heads: Kept[dict[str, _AtHead]] = Kept()


def note_decorated(target: Any, view: Any) -> None:
    """Remember what a decorator has made of something, to see whether that becomes a view."""
    methods: RequiredMethods = view.required_methods
    assert methods.layer is not None
    # Some decorate anew for each request, and it may be refused before that runs. A class may be gone
    # together with its methods.
    is_method = isinstance(target, FunctionType) and stands_in_class(target)
    is_for_good = not (has_request_context() or is_method)
    made, where = _Made(methods.layer, methods, ref(view), is_for_good), methods.layer.where
    links = Links(target)
    for link in links if isinstance(target, (FunctionType, MethodType)) else links.around:
        # That of a class is the one of all its instances.
        if get(link, "__name__") == "__call__" and link is not target:
            continue
        try:
            _of(_decorated, link)[where] = made
        except TypeError:  # it cannot be referred to
            continue
    for head in heads_among([*links, *held_by(links, by_any_method=True)], caller()):
        is_first = head.is_first and head.function is target
        _of(_at_heads, head.function)[where] = _AtHead(made, head.is_itself, is_first)


def _of(kept: Kept[dict[str, Value]], thing: object) -> dict[str, Value]:
    noted = kept.get(thing)
    if noted is None:
        kept.set(thing, noted := {})
    return noted


def above_routes(app: Flask, views: Views) -> list[Problem]:
    """What was declared so that Flask has the view without it: above the route, or in a base of its class.

    :param views: those of the application.
    """
    # Most views are functions that lead to nothing else. That is asked once: there are very many.
    holding = {at: view for at, view in app.view_functions.items() if not _is_alone(view)}
    for required in _required(holding.values()):
        # Where its endpoint was set, Flask has not read them.
        tuple(required)
    lost = list(replaced(app, views, holding))
    problems = list(_above(app, views, holding)) if is_anything_declared() else []
    if problems:
        # What seems to be lost may have been made for another view, or another application.
        for each in (app, *governed_applications()):
            _note_what_runs(each)
        problems = list(_above(app, views, holding))
    return lost + problems


def _note_what_runs(app: Flask) -> None:
    """Note what the views and hooks of an application are, or hold."""
    for view in (*app.view_functions.values(), *(hook for hook, _ in _hooks(app))):
        links = [] if _is_plain(view) else [*Links(view)]
        for required in _required((*links, *held_by(links))):
            required.are_held = True


def _required(views: Iterable[Any]) -> Iterator[RequiredMethods]:
    found = (get(each, "required_methods") for each in views)
    yield from (each for each in found if isinstance(each, RequiredMethods))


def _above(app: Flask, views: Views, holding: Mapping[Any, Any]) -> Iterator[Problem]:
    yield from _above_views(app, views, holding)
    yield from _above_hooks(app)


def _above_views(app: Flask, views: Views, holding: Mapping[Any, Any]) -> Iterator[Problem]:
    for endpoint, view in app.view_functions.items():
        if endpoint in holding or _is_noted(view):
            # Where no class answers, the method makes no difference.
            is_of_class = get(view, "view_class") is not None
            methods = methods_of(app.url_map, endpoint) if is_of_class else None
            for where in _without_effect(views.view(endpoint, view), methods or [""]):
                yield Problem("decorator", view, "above-the-route", _message(app, endpoint, where))


def _above_hooks(app: Flask) -> Iterator[Problem]:
    for hook, name in _hooks(app):
        for where in () if _is_plain(hook) else _without_effect(View(hook), [""]):
            message = _message_of_hook(where, name, hook)
            yield Problem("decorator", hook, "above-the-route", message)


def _is_plain(view: Any) -> bool:
    """Whether it is a function of which nothing was ever said, and which leads to nothing else."""
    return _is_alone(view) and not _is_noted(view)


def _is_alone(view: Any) -> bool:
    return is_bare(view) and holds_nothing(view)


def _is_noted(view: Any) -> bool:
    return bool(_decorated.get(view) or _at_heads.get(view))


def _without_effect(asked: View, methods: Iterable[str]) -> Iterable[str]:
    """Where something was said that is not in force, although the view leads to what it was said of."""
    view = asked.view
    wheres: dict[str, None] = {}
    for method in methods:
        # What is said when it is called is not seen, so it is looked at alone.
        reached = [view] if declares_per_request(view) else asked.reached(method)
        noted = [each for each in reached if _decorated.get(each) or _at_heads.get(each)]
        said = asked.said(method) if noted else Said()
        in_force = {id(layer) for layer in (*said.layers, *said.held)}
        for thing in noted:
            for made in _meant_for(thing, in_force, is_view=thing is view):
                if id(made.layer) not in in_force:
                    wheres[made.layer.where] = None
                    # This is an error, and needs no warning.
                    made.methods.are_told = True
    return wheres


def _meant_for(thing: Any, in_force: set[int], *, is_view: bool) -> Iterator[_Made]:
    """What has to be in force wherever a thing may run."""
    made = [*(_decorated.get(thing) or {}).values()]
    # What was decorated anew is what was meant.
    if in_force.isdisjoint(id(each.layer) for each in made):
        yield from (each for each in made if each.is_lost() or (is_view and each.is_for_nobody()))
    at_head = [*(_at_heads.get(thing) or {}).values()]
    yield from (each.made for each in at_head if each.counts())


def _message(app: Flask, endpoint: str, where: str) -> str:
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]
    return (
        f"{where} stands above the route of {shown(endpoint)} ({', '.join(rules)}), or its result"
        " was not used, so Flask has the view without it; put it below the route, or pass its result"
        " to Flask. If it is meant for another application, register the result there first, or write a function"
        " for each of the two"
    )


#: What Flask runs beside views, by the attribute in which it stands.
_HOOKS = {
    "before_request_funcs": "before_request",
    "after_request_funcs": "after_request",
    "teardown_request_funcs": "teardown_request",
    "url_value_preprocessors": "url_value_preprocessor",
}


def _hooks(app: Flask) -> Iterator[tuple[Any, str]]:
    """The functions that Flask runs beside views, and the names of what registers them."""
    for attribute, name in _HOOKS.items():
        for functions in getattr(app, attribute).values():
            yield from ((each, name) for each in functions)
    for handlers in app.error_handler_spec.values():
        for by_exception in handlers.values():
            yield from ((each, "errorhandler") for each in by_exception.values())
    yield from ((each, "errorhandler") for each in _handlers_of_extensions(app))


def _handlers_of_extensions(app: Flask) -> Iterator[Any]:
    """The error handlers of what handles exceptions in the place of Flask, as Flask-RESTX does."""
    handle = vars(app).get("handle_user_exception")
    while isinstance(handle, partial):
        owner = get(handle.func, "__self__")
        handlers = get(owner, "_own_and_child_error_handlers")
        yield from handlers.values() if isinstance(handlers, Mapping) else ()
        yield from filter(callable, [get(owner, "_default_error_handler")])
        handle = next(iter(handle.args), None)


def layers_of_hooks(app: Flask) -> Iterator[Layer]:
    """What was said of the functions that Flask runs beside views."""
    for hook, _ in _hooks(app):
        if not is_bare(hook):
            yield from View(hook).layers_of_none()


def _message_of_hook(where: str, name: str, hook: Any) -> str:
    what = "error handler" if name == "errorhandler" else f"{name} function"
    advice = f"write it below {name}, or pass its result to Flask"
    if name.startswith("teardown"):
        advice = "leave it out, because that runs after the response"
    elif name.startswith("after"):
        advice = "leave it out, and write it at the views whose responses are meant"
    return (
        f"{where} stands above the {what} {named(hook)}, or its result was not used, so Flask has the"
        f" function without it; {advice}"
    )


def idle() -> Iterator[tuple[str, str, str]]:
    """What was declared, and is in force in no application so far: a sentence, and its values.

    The values are where it stands, and what it was said of. Each is given once.
    """
    for where, what, methods in (*_above_others(), *_dropped()):
        if not methods.are_told:
            methods.are_told = True
            yield _UNUSED, where, what
    for fate in gone():
        if not fate.is_told:
            fate.is_told = True
            yield _GONE, fate.where, fate.what


def _above_others() -> Iterator[tuple[str, str, RequiredMethods]]:
    """What was declared above something that took the bare function.

    Only the first decorator of a function is judged, and only where another one below gave the function back
    as it was. Anything else may be run by a view, and then it counts. Methods are left out: it is not told
    which of them have become views.
    """
    for function, at_head in _at_heads:
        for each in [*at_head.values()]:
            if each.is_first and each.made.is_unused():
                assert isinstance(function, FunctionType)
                if not stands_in_class(function) and has_others_below(function):
                    yield each.made.layer.where, named(function), each.made.methods


def _dropped() -> Iterator[tuple[str, str, RequiredMethods]]:
    """What was declared, and nobody kept what the decorator gave back, so that it will never count."""
    for thing, by_place in _decorated:
        made = [*by_place.values()]
        # What was decorated anew is what was meant.
        if all(each.is_lost() and each.is_for_good for each in made):
            yield from ((each.layer.where, named(thing), each.methods) for each in made)


def is_any_undecided() -> bool:
    """Whether a function was decorated that no application has a route for so far.

    What is made of a method is found in its class.
    """
    return any(
        any(each.is_unused() for each in [*made.values()]) and not stands_in_class(function)
        for function, made in _decorated
        if isinstance(function, FunctionType)
    )


_UNUSED = (
    "what %s says about %s has no effect so far: no route uses it. Write it below the other decorators, or pass"
    " its result to Flask. What you cannot decorate, such as static files, name by its endpoint:"
    ' CORS(app, ..., endpoints={"static": {"allow_origins": []}})'
)
_GONE = (
    "what %s says about %s has no effect: nothing has registered it, and it is gone. Register what was decorated:"
    " admin = same_origin(create_admin()), and then app.register_blueprint(admin)"
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
        Stray(layer.where, named(target))
        for target, layer in all_declared()
        if id(layer) not in in_force and not _is_used(target)
    ]
    found += [Stray(where, what) for where, what, _ in _dropped()]
    found += [Stray(fate.where, fate.what) for fate in gone()]
    return tuple(sorted(set(found)))


def _is_used(target: object) -> bool:
    """Whether it has become a view of some application, maybe of another one."""
    required = get(target, "required_methods")
    is_view = isinstance(required, RequiredMethods) and required.are_used
    # That is how blueprints know it themselves.
    return is_view or get(target, "_got_registered_once") is True


def named(target: Any) -> str:
    """What something is called, for people."""
    name = get(target, "__qualname__") or get(target, "name") or type(target).__qualname__
    return name if isinstance(name, str) and name.isprintable() and name.isascii() else shown(name)
