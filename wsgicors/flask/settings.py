"""Where the settings of a view come from, broadest first; knows nothing of requests or headers.

Each place in which somebody may say something is a `Layer`. Those of one view and method,
merged in order, are its `Effective` policy, which remembers for each field where it was set.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ..configuration import (
    CONFIG_PREFIX,
    GOVERNED,
    is_ours,
    is_same,
    name_of,
    place_of,
    prefixed_keys,
)
from ..errors import ConfigError, Problem, few, shown
from ..guards import conflicts_by_cause, unused_credentials
from ..policy import Policy
from ..vocabulary import is_about_paths, nearest_field
from .declarations import Layer, said_of

if TYPE_CHECKING:
    from flask import Flask

_THIS_LIBRARY = ("wsgicors.flask.", "wsgicors.compat.", "wsgicors.errors")
#: The key in ``app.extensions`` of an application that the extension governs.
EXTENSION = GOVERNED
#: The key in ``app.extensions`` of what stands for it in each request that has come through it.
SITE = "wsgicors-site"
#: The key in ``app.extensions`` of an application without the extension whose preflights a hook answers.
ANSWERED_AHEAD = "wsgicors-answered-ahead"
#: What reads an application that no extension governs; each gives ``None`` where it finds nothing said.
READERS: list[Callable[[Flask], Any]] = []


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

    def problems(self) -> Iterator[Problem]:
        """What stands in the way of putting it to use, and where that was set."""
        for cause, problem in conflicts_by_cause(self.policy.settings()):
            culprits = [name for name in (problem.field, cause) if name in self.sources]
            said = [f"{name} is set by {self.sources[name]}" for name in dict.fromkeys(culprits)]
            yield problem._replace(message="; ".join([problem.message, *said]))


#: Rules and methods of a URL map; ``None`` stands for the URLs that no rule matches.
Governed = list[tuple[Optional[str], str]]


def named(places: Governed) -> str:
    """Rules and methods in words; of very many, the first.

    >>> named([("/items", "GET"), ("/items", "HEAD"), ("/items", "OPTIONS"), (None, "")])
    'GET /items, URLs that no route matches'
    """
    methods: dict[str | None, list[str]] = {}
    for rule, method in places:
        methods.setdefault(rule, []).append(method)
    names = [
        "URLs that no route matches" if rule is None else f"{method} {rule}"
        for rule in sorted(methods, key=lambda rule: rule is None)
        for method in _telling(methods[rule])
    ]
    return few(names)


def _telling(methods: list[str]) -> list[str]:
    """The methods of a rule, without those that Flask adds to others."""
    others = dict.fromkeys(method for method in methods if method != "OPTIONS")
    return [method for method in others if method != "HEAD" or "GET" not in others] or methods[:1]


def policy_of(fields: Mapping[str, Any]) -> Policy:
    """A policy from fields that somebody wrote for Flask.

    :raises ConfigError: if a field is unknown or wrong by itself.
    """
    try:
        return Policy(**fields)
    except ConfigError as error:
        raise ConfigError(map(_in_flask, error.problems)) from None


def policy_said(said: Any, argument: str, otherwise: str = "") -> Policy:
    """A policy from what somebody wrote for it, in an argument of ``CORS``.

    :param otherwise: what else may stand there, for messages.
    :raises ConfigError: if it has no fields, or one that is unknown or wrong by itself.
    """
    if isinstance(said, Policy):
        return said
    if not isinstance(said, Mapping) or not all(isinstance(field, str) for field in said):
        message = f"{shown(said)} has no fields; {_with_fields(said)}{otherwise}"
        raise ConfigError([Problem(argument, said, "wrong-type", message)])
    return policy_of(said)


def _with_fields(said: Any) -> str:
    """What somebody may have meant who wrote no fields."""
    declared = getattr(said, "declares", None)
    if isinstance(declared, Layer) and not declared.is_closing():
        return f"write {shown(declared.policy.settings())}"
    # Who wants to close must not be told to write what opens.
    is_nothing = isinstance(said, (bool, int, str, list, tuple)) and not said
    if is_nothing or declared is not None:
        return f"write {shown({'allow_origins': []})} to share with nobody"
    origins = said if isinstance(said, (str, list, tuple)) else ["https://app.example.com"]
    return f"write {shown({'allow_origins': origins})}"


def _in_flask(problem: Problem) -> Problem:
    if problem.reason != "unknown-field" or not is_about_paths(problem.field):
        return problem
    return problem._replace(message=f"there is no field {shown(problem.field)}; {_BY_ENDPOINT}")


_BY_ENDPOINT = (
    "in Flask decorate blueprints or views, or name endpoints in CORS(...):"
    ' endpoints={"admin.*": {"allow_origins": [...]}}, and None for those that are not governed'
)


def config_layers(app: Flask) -> list[Layer]:
    """The keys of ``app.config`` that begin with ``CORS_``; ``None`` leaves one unset.

    :raises ConfigError: with the problems of all keys.
    """
    layers, problems = [], [*_said_twice(app)]
    for key in prefixed_keys(app):
        if is_ours(key):
            # It is read more than once.
            if isinstance(app.config[key], Iterator):
                app.config[key] = tuple(app.config[key])
            try:
                layers.append(Layer(policy_of({name_of(key): app.config[key]}), place_of(key)))
            except ConfigError as error:
                problems += [_in_config(problem, key) for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return layers


def _said_twice(app: Flask) -> Iterator[Problem]:
    keys: dict[str, str] = {}
    for key in prefixed_keys(app):
        other = keys.setdefault(name_of(key), key)
        if other != key and is_ours(key):
            message = f"it says the same as {other}; leave one of them out"
            yield Problem(key, app.config[key], "twice", message)


def config_conflicts(layers: Iterable[Layer]) -> Iterator[Problem]:
    """What is wrong in keys together, which are one place of all.

    :param layers: those of the configuration.
    """
    for problem in unused_credentials(Effective.of(layers).policy.settings()):
        yield _in_config(problem, CONFIG_PREFIX + problem.field.upper())


def overruled_keys(
    configured: Iterable[Layer], layers: Iterable[Layer]
) -> Iterator[tuple[str, str, str]]:
    """The keys that arguments overrule: the place of each, the field, and who says otherwise.

    :param configured: those of the configuration.
    :param layers: those of the arguments.
    """
    said = Effective.of(layers)
    for layer in configured:
        for field in overruled_fields(layer, said):
            yield layer.where, field, said.sources[field]


def overruled_fields(layer: Layer, effective: Effective) -> list[str]:
    """The fields of a layer that have another value where it counts."""
    winning = effective.policy.settings()
    return [
        field
        for field, value in layer.policy.settings().items()
        if field in winning and not is_same(value, winning[field])
    ]


def _in_config(problem: Problem, key: str) -> Problem:
    message = f"{place_of(key)}: {problem.message}"
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
            yield from said_of(blueprint)


def frames() -> Iterator[FrameType]:
    """The code that is being run, and what has called it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def caller() -> FrameType:
    """The application's code that is being run."""
    frame = sys._getframe()
    while frame.f_back is not None and _is_of_this_library(frame):
        frame = frame.f_back
    return frame


def call_site() -> str:
    """The file and line of the application's code that is being run."""
    frame = caller()
    # Two names tell the file apart without the paths of a machine.
    path = "/".join(PurePath(frame.f_code.co_filename).parts[-2:])
    return f"{path}:{frame.f_lineno}"


def _is_of_this_library(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(_THIS_LIBRARY)
