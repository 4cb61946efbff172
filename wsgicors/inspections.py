"""What is looked at in an application ahead of its first request.

The middleware does not know what it stands around. Who does, says here what can be wrong inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from .errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .errors import Problem

#: Each is given a WSGI application, and tells what is wrong there; nothing, where it is none of its own.
INSPECTIONS: list[Callable[[object], Iterable[Problem]]] = []


def inspect(app: object) -> None:
    """Look at a WSGI application.

    :raises ConfigError: with everything that is wrong there.
    """
    problems = [problem for inspection in INSPECTIONS for problem in inspection(app)]
    if problems:
        raise ConfigError(problems)
