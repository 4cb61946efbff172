"""The problems that a configuration can have; knows nothing of what is configured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_SHOWN_LENGTH = 80


class Problem(NamedTuple):
    """One thing that is wrong in a configuration.

    >>> from wsgicors import ConfigError, Policy
    >>> try:
    ...     Policy(max_age=-1)
    ... except ConfigError as error:
    ...     error.problems[0].field, error.problems[0].reason
    ('max_age', 'out-of-range')
    """

    #: The setting at fault, in the vocabulary of :class:`~wsgicors.Policy`.
    field: str
    #: What was written there; of a list, the one item at fault.
    value: object
    #: A short code that stays the same from release to release.
    reason: str
    #: What is wrong, and what to write instead.
    message: str


class ConfigError(ValueError):
    """Raised when a configuration is wrong, with every problem that it has.

    :param problems: at least one :class:`Problem`.

    >>> from wsgicors import Policy
    >>> Policy(max_age=-1, allow_methods="TRACE")
    Traceback (most recent call last):
        ...
    wsgicors.errors.ConfigError: 2 problems in the CORS settings:
      allow_methods: 'TRACE' is forbidden: no browser sends it on behalf of a script; leave it out
      max_age: -1 is out of range: write whole seconds from 0 (do not cache) to 86400 (one day)
    """

    #: All that is wrong, in the order of the fields.
    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [f"{_plain(problem.field)}: {problem.message}" for problem in self.problems]
        if len(lines) == 1:
            return lines[0]
        return "\n  ".join([f"{len(lines)} problems in the CORS settings:", *lines])


def _plain(name: str) -> str:
    """A name as it is, unless it could not stand in a line."""
    return name if name.isascii() and name.isprintable() else shown(name)


def shown(value: object) -> str:
    r"""Write a value so that it can stand in a log line or a message: as ASCII, and short.

    Control characters, line ends and foreign scripts come out escaped, so that nothing a
    client sends can forge a line of the log.

    >>> print(shown("https://a.example\r\nroot logged in"))
    'https://a.example\r\nroot logged in'
    """
    if isinstance(value, str) and len(value) > _SHOWN_LENGTH:
        return ascii(value[:_SHOWN_LENGTH]) + "..."
    try:
        text = ascii(value)
    except Exception:  # noqa: BLE001 - a message must not fail for what a value does when it is shown
        return f"<{type(value).__name__}>"
    return text if len(text) <= 2 * _SHOWN_LENGTH else text[: 2 * _SHOWN_LENGTH] + "..."
