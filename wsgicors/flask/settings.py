"""Where the settings of a view come from, broadest first; knows nothing of requests or headers.

Each place in which somebody may say something is a `Layer`. Those of one view and method,
merged in order, are its `Effective` policy, which remembers for each field where it was set.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ..errors import ConfigError, Problem, few, shown
from ..guards import conflicts_by_cause, unused_credentials
from ..policy import Policy
from ..vocabulary import is_about_paths, nearest_field, resembles_field
from .declarations import Layer, said_of

if TYPE_CHECKING:
    from flask import Flask

_THIS_LIBRARY = ("wsgicors.flask.", "wsgicors.compat.", "wsgicors.errors")
CONFIG_PREFIX = "CORS_"
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
# What Flask makes of variables such as FLASK_CORS__MAX_AGE: two underscores lead into a mapping.
_MAPPING = "CORS"
_ANY_KEY = 'app.config["CORS_..."]'
#: The key in ``app.extensions`` of an application that the extension governs.
EXTENSION = "wsgicors"
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
        origins = said if isinstance(said, (str, list, tuple)) else ["https://app.example.com"]
        message = (
            f"{shown(said)} has no fields; write {shown({'allow_origins': origins})}{otherwise}"
        )
        raise ConfigError([Problem(argument, said, "wrong-type", message)])
    return policy_of(said)


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
    for key in _keys(app):
        if _is_ours(key):
            # It is read more than once.
            if isinstance(app.config[key], Iterator):
                app.config[key] = tuple(app.config[key])
            try:
                layers.append(Layer(policy_of({_name(key): app.config[key]}), _place(key)))
            except ConfigError as error:
                problems += [_in_config(problem, key) for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return layers


def keys_in_another_case(app: Flask, policies: Iterable[Policy]) -> Iterator[Problem]:
    """The keys that would be settings if they were in capitals.

    :param policies: those in force. What is said there was kept in the configuration, and handed on.
    """
    for key in _keys(app, _is_in_another_case):
        field = nearest_field(_name(_in_capitals(key)))
        meant = None if field is None else _meant(field, app.config[key])
        if field and meant and not any(policy.merge(meant) == policy for policy in policies):
            message = f"there is no such key; write {CONFIG_PREFIX}{field.upper()}, in capitals"
            yield Problem(key, app.config[key], "unknown-field", message)


def _meant(field: str, value: Any) -> Policy | None:
    """What somebody says of a field; ``None`` if it does not fit there, so that something else is meant."""
    try:
        return Policy(**{field: value})
    except ConfigError:
        return None


def _said_twice(app: Flask) -> Iterator[Problem]:
    keys: dict[str, str] = {}
    for key in _keys(app):
        other = keys.setdefault(_name(key), key)
        if other != key and _is_ours(key):
            message = f"it says the same as {other}; leave one of them out"
            yield Problem(key, app.config[key], "twice", message)


def config_conflicts(layers: Iterable[Layer]) -> Iterator[Problem]:
    """What is wrong in keys together, which are one place of all.

    :param layers: those of the configuration.
    """
    for problem in unused_credentials(Effective.of(layers).policy.settings()):
        yield _in_config(problem, CONFIG_PREFIX + problem.field.upper())


def keys_of_others(app: Flask) -> list[str]:
    """The keys that begin with ``CORS_``, but resemble no field."""
    return [key for key in _keys(app) if not _is_ours(key)]


def keys_within(app: Flask) -> list[str]:
    """The keys that were probably meant by a mapping, such as Flask makes of ``FLASK_CORS__MAX_AGE``."""
    within = app.config.get(_MAPPING)
    if not isinstance(within, Mapping) or not within:
        return []
    meant = filter(None, (nearest_field(str(name).lower()) for name in within))
    return [_place(f"{CONFIG_PREFIX}{field.upper()}") for field in meant] or [_ANY_KEY]


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
        if field in winning and not _is_same(value, winning[field])
    ]


def _is_same(value: Any, other: Any) -> bool:
    # Another order of the same items is no difference.
    are_lists = isinstance(value, tuple) and isinstance(other, tuple)
    return set(value) == set(other) if are_lists else bool(value == other)


def _is_of_prefix(key: str) -> bool:
    return key.startswith(CONFIG_PREFIX)


def _is_in_another_case(key: str) -> bool:
    return not _is_of_prefix(key) and _in_capitals(key).startswith(CONFIG_PREFIX)


def _in_capitals(key: str) -> str:
    """A key as it is to be written, which somebody wrote with other separators or in another case."""
    return _SEPARATORS.sub("_", key).strip("_").upper().removeprefix("WSGI")


def _keys(app: Flask, is_wanted: Callable[[str], bool] = _is_of_prefix) -> list[str]:
    keys = [key for key in app.config if isinstance(key, str) and is_wanted(key)]
    return sorted(key for key in keys if app.config[key] is not None)


def _is_ours(key: str) -> bool:
    return resembles_field(_name(key)) or is_about_paths(_name(key))


def _name(key: str) -> str:
    return key[len(CONFIG_PREFIX) :].lower()


def _place(key: str) -> str:
    return f"app.config[{shown(key)}]"


def _in_config(problem: Problem, key: str) -> Problem:
    message = f"{_place(key)}: {problem.message}"
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
