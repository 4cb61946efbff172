"""Where the settings of a view come from, broadest first; knows nothing of requests or headers.

Each place in which somebody may say something is a `Layer`. Those of one view and method,
merged in order, are its `Effective` policy, which remembers for each field where it was set.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ConfigError, Problem, shown
from ..policy import Policy
from ..vocabulary import nearest_field
from .declarations import Layer, said_of

if TYPE_CHECKING:
    from flask import Flask

CONFIG_PREFIX = "CORS_"
#: The key in ``app.extensions`` of an application that the extension governs.
EXTENSION = "wsgicors"


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
            yield from said_of(blueprint)


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
