"""Where the settings of a view come from, broadest first; knows nothing of requests or headers.

Each place in which somebody may say something is a `Layer`. Those of one view and method,
merged in order, are its `Effective` policy, which remembers for each field where it was set.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Protocol
from weakref import WeakKeyDictionary, WeakSet

from ..errors import ConfigError, Problem, shown
from ..policy import Policy
from ..vocabulary import nearest_field

if TYPE_CHECKING:
    from flask import Flask

CONFIG_PREFIX = "CORS_"
#: The key in ``app.extensions`` of an application that the extension governs.
EXTENSION = "wsgicors"


class Layer(NamedTuple):
    """What was said in one place."""

    policy: Policy
    #: The place, for people: ``@cross_origin at views.py:12``.
    where: str


class Effective(NamedTuple):
    """The policy that layers add up to."""

    policy: Policy
    #: Where each field that is set came from.
    sources: dict[str, str]

    @classmethod
    def of(cls, layers: Iterable[Layer]) -> Effective:
        """Merge layers, the broadest of them first."""
        policy, sources = Policy(), {}
        for layer in layers:
            policy = policy.merge(layer.policy)
            sources.update(dict.fromkeys(layer.policy.settings(), layer.where))
        return cls(policy, sources)

    def problems(self, routes: str) -> Iterator[Problem]:
        """What stands in the way of putting it to use.

        :param routes: those that it governs, for the messages.
        """
        for problem in self.policy.conflicts():
            culprits = [
                name for name in (problem.field, "allow_credentials") if name in self.sources
            ]
            said = [f"{name} is set by {self.sources[name]}" for name in dict.fromkeys(culprits)]
            yield problem._replace(message=f"for {routes}: {'; '.join([problem.message, *said])}")


# What decorators said about views, view classes, their methods and blueprints. Kept beside them,
# because they belong to the application.
_declared: WeakKeyDictionary[Any, list[Layer]] = WeakKeyDictionary()


class Reader(Protocol):
    """Whoever remembers what was declared."""

    def forget_views(self) -> None:
        """Something was declared, of views that may be known already."""


_readers: WeakSet[Reader] = WeakSet()
_readers_lock = threading.Lock()


def read_on(reader: Reader) -> None:
    """Have somebody told, as long as it lives, when anything is declared."""
    with _readers_lock:
        _readers.add(reader)


def declare(target: object, layer: Layer) -> None:
    """Note what was said about a view, a view class or a blueprint; what is said later wins."""
    _declared.setdefault(target, []).append(layer)
    with _readers_lock:
        readers = list(_readers)
    for reader in readers:
        reader.forget_views()


def is_anything_declared() -> bool:
    """Whether anything was said about any view or blueprint, of whatever application."""
    return bool(_declared)


def _said_of(target: object) -> list[Layer]:
    try:
        return _declared.get(target, [])
    except TypeError:
        # It can be neither hashed nor referred to weakly, so nothing was declared of it.
        return []


def config_layers(app: Flask) -> list[Layer]:
    """The keys of ``app.config`` that begin with ``CORS_``; ``None`` leaves one unset.

    :raises ConfigError: with the problems of all keys.
    """
    layers, problems = [], []
    for key in sorted(app.config):
        if key.startswith(CONFIG_PREFIX) and app.config[key] is not None:
            where = f"app.config[{key!r}]"
            try:
                field = {key[len(CONFIG_PREFIX) :].lower(): app.config[key]}
                layers.append(Layer(Policy(**field), where))
            except ConfigError as error:
                problems += [_in_config(problem, key, where) for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return layers


def _in_config(problem: Problem, key: str, where: str) -> Problem:
    message = f"{where}: {problem.message}"
    if problem.reason == "unknown-field":
        meant = nearest_field(problem.field)
        if meant is not None:
            message = f"there is no key {shown(key)}; write {CONFIG_PREFIX}{meant.upper()}"
    return problem._replace(field=key, message=message)


def blueprint_layers(app: Flask, endpoint: str) -> Iterator[Layer]:
    """What was said about the blueprints of an endpoint, the outermost first."""
    names = endpoint.split(".")[:-1]
    for depth in range(1, len(names) + 1):
        blueprint = app.blueprints.get(".".join(names[:depth]))
        if blueprint is not None:
            yield from _said_of(blueprint)


def view_layers(view: Callable[..., Any] | None, method: str) -> Iterator[Layer]:
    """What was said about a view: on its class, around it, and on its method for ``method``."""
    links = _links(view)
    view_class = next((link.view_class for link in links if hasattr(link, "view_class")), None)
    yield from _class_and_view_layers(view_class, links)
    yield from _on_one_level(_links(_method_of(view_class, method)))


def _class_and_view_layers(view_class: Any, links: list[Any]) -> Iterator[Layer]:
    lineage = getattr(view_class, "__mro__", ())
    ancestors = [each for each in lineage if _said_of(each) or "decorators" in vars(each)]
    for ancestor in reversed(ancestors[1:]):
        yield from _said_of(ancestor)
    # A class passes its ``decorators`` on together with what was said of itself.
    yield from _on_one_level([*links, *ancestors[:1]])


def _on_one_level(targets: list[Any]) -> list[Layer]:
    """What was said of things that stand around one another, from the outside in.

    The outer says more, but what is shared with nobody stays so.
    """
    layers = [layer for target in reversed(targets) for layer in _said_of(target)]
    return sorted(layers, key=lambda layer: layer.policy.allow_origins == ())


def _method_of(view_class: Any, method: str) -> Callable[..., Any] | None:
    """The method of a ``MethodView`` that answers, as `MethodView.dispatch_request` finds it."""
    fallback = getattr(view_class, "get", None) if method == "HEAD" else None
    found: Callable[..., Any] | None = getattr(view_class, method.lower(), fallback)
    return found


def handler_of(view: Any, method: str) -> Callable[..., Any] | None:
    """The method of a view's class that answers; ``None`` if the view comes from no class."""
    view_class = getattr(view, "view_class", None)
    return None if view_class is None else _method_of(view_class, method)


def _links(view: Any) -> list[Any]:
    """A view and all that it wraps (`functools.wraps`), from the outside in."""
    links: list[Any] = []
    while view is not None and not any(view is link for link in links):
        links.append(view)
        view = getattr(view, "__wrapped__", None)
    return links


def call_site() -> str:
    """The file and line of the application's code that is being run."""
    frame = sys._getframe()
    while frame.f_back is not None and _is_ours(frame):
        frame = frame.f_back
    # Two names tell the file apart without the paths of a machine.
    path = "/".join(PurePath(frame.f_code.co_filename).parts[-2:])
    return f"{path}:{frame.f_lineno}"


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(("wsgicors.flask.", "wsgicors.compat."))
