"""The problems that a configuration can have; knows nothing of what is configured."""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from logging import ERROR, Logger
from typing import Any, Callable, NamedTuple, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])

_SHOWN_LENGTH = 80
# A message names so many places, and counts the others.
_MAX_NAMED = 6
# Of a traceback: exceptions that led to one another, the nearest frames of each, characters of a line.
_MAX_LINKS = 4
_MAX_FRAMES = 20
_MAX_LINE_LENGTH = 500


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


class CallError(ConfigError, TypeError):
    """Raised where something is called with other arguments than it takes; to Python that is a ``TypeError``."""


def called_as(example: str) -> Callable[[_Function], _Function]:
    """Have whoever calls a function with other arguments than it takes told what to write.

    :param example: a call as it should be.

    >>> @called_as("double(2)")
    ... def double(number):
    ...     return 2 * number
    >>> double(2, 3)
    Traceback (most recent call last):
        ...
    wsgicors.errors.CallError: double: too many positional arguments; write double(2)
    """
    name = example.partition("(")[0]

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                return function(*args, **kwargs)
            except TypeError:
                misfit = _misfit(function, args, kwargs)
                if misfit is None:
                    raise
            message = f"{misfit}; write {example}"
            raise CallError([Problem(name, args[1:], "wrong-call", message)])

        return cast("_Function", call)

    return decorate


def _misfit(function: Any, args: Any, kwargs: Any) -> str | None:
    """What is wrong with the arguments of a call, if it is not what is in them."""
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return None


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
    return _one_line(text, 2 * _SHOWN_LENGTH)


def few(names: Sequence[str]) -> str:
    """Write the first of some names, and how many more there are.

    >>> few("abcdefgh")
    'a, b, c, d, e, f and 2 more'
    """
    more = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _one_line(text: str, length: int) -> str:
    """A text as it is, but for characters that do not belong in a line, and cut."""
    cut = text if len(text) <= length else text[:length] + "..."
    return cut if cut.isascii() and cut.isprintable() else ascii(cut)[1:-1]


def shown_traceback(error: BaseException) -> str:
    r"""Write an exception and what led to it, oldest first, so that it can stand in a log.

    Messages are escaped as `shown` does it. Of a long traceback, the nearest frames are kept.

    >>> print(shown_traceback(ValueError("no\nroot logged in")))
    ValueError: no\nroot logged in
    """
    return "\n".join(line for link in _links(error) for line in _traceback_lines(link))


def _links(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(links) < _MAX_LINKS:
        links.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return links[::-1]


def _traceback_lines(error: BaseException) -> Iterator[str]:
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        frames = traceback.extract_tb(error.__traceback__, limit=-_MAX_FRAMES)
        for line in "".join(traceback.format_list(frames)).splitlines():
            yield _one_line(line, _MAX_LINE_LENGTH)
    message = _one_line(_message(error), _MAX_LINE_LENGTH)
    yield f"{type(error).__name__}: {message}" if message else type(error).__name__


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - as above
        return ""


def log_exception(logger: Logger, message: str, *values: object) -> None:
    """Log the exception that is being handled, at level ``ERROR``.

    As `logging.Logger.exception`, but the traceback is written by `shown_traceback`. Handlers that
    want the exception itself find it in ``exc_info``.
    """
    exc_info = sys.exc_info()
    if exc_info[1] is None or not logger.isEnabledFor(ERROR):
        return
    frame = sys._getframe(1)
    code = frame.f_code
    record = logger.makeRecord(
        logger.name,
        ERROR,
        code.co_filename,
        frame.f_lineno,
        message,
        values,
        exc_info,
        code.co_name,
    )
    # Where there is one, a formatter does not write its own.
    record.exc_text = shown_traceback(exc_info[1])
    logger.handle(record)
