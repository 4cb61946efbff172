"""Blueprints and view classes that were decorated, and are gone without having been registered anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Blueprint, has_request_context
from flask.views import View

from ..held import get
from .declarations import Kept, Layer
from .memory import remember

# There are as many as there are decorators; more come only of names that are made up at run time.
_MAX_REMEMBERED = 1024


class Fate:
    """What has become of all that was decorated in one place under one name."""

    def __init__(self, where: str, what: str) -> None:
        self.where = where
        self.what = what
        self.is_told = False
        self._is_used = False
        #: The methods of classes, which something else may run than a view of their class.
        self._methods: list[Any] = []

    @property
    def is_used(self) -> bool:
        """Whether any of it has come to an application."""
        self._is_used = self._is_used or any(each.are_used for each in self._methods)
        return self._is_used

    def use(self, *_: object) -> None:
        """Note that it has come to an application."""
        self._is_used = True

    def watch(self, view_class: type) -> None:
        """Note which methods a class has of which it is known whether they have run."""
        found = [get(each, "required_methods") for each in vars(view_class).values()]
        known = [] if self.is_used else [*self._methods, *found]
        self._methods = [each for each in known if get(each, "decorated") is not None]


_fates: dict[tuple[str, str], Fate] = {}
_living: Kept[list[Fate]] = Kept()


def note_target(layer: Layer, target: Any, name: str) -> None:
    """Remember that something was decorated, to see whether it comes to an application.

    :param target: a blueprint or a class.
    :param name: what it is called, for people.
    """
    is_view_class = isinstance(target, type) and issubclass(target, View)
    # Some decorate anew for each request.
    if has_request_context() or not (is_view_class or isinstance(target, Blueprint)):
        return
    # A factory that is called twice may have one of the two registered.
    fate = _fates.get((layer.where, name))
    if fate is None:
        fate = Fate(layer.where, name)
        remember(_fates, (layer.where, name), fate, _MAX_REMEMBERED)
    _living.set(target, [*(_living.get(target) or ()), fate])
    if isinstance(target, type):
        fate.watch(target)
    # That is how blueprints know it themselves.
    elif get(target, "_got_registered_once"):
        fate.use()
    else:
        target.record(fate.use)


def note_view_of(classes: Iterable[type]) -> None:
    """Note that a view is made of classes."""
    for each in classes:
        for fate in _living.get(each) or ():
            fate.use()


def gone() -> Iterator[Fate]:
    """What will never count any more: nothing of it is left, and it has come to no application."""
    living = {id(fate) for _, fates in _living for fate in fates}
    for fate in [*_fates.values()]:
        if not (fate.is_used or id(fate) in living):
            yield fate
