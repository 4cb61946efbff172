"""At the head of which function a decorator is written: above its ``def``, with no other between."""

from __future__ import annotations

import dis
import linecache
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple


class Head(NamedTuple):
    """A decorator that runs at the head of a function."""

    function: FunctionType
    #: Whether it is written there itself, and not within another decorator that is.
    is_itself: bool
    #: Whether it is the first line of all. Not known before Python 3.11, which is told the line of the ``def``.
    is_first: bool


def heads_among(things: Iterable[Any], frame: FrameType) -> Iterator[Head]:
    """The functions at whose head a decorator runs.

    :param things: what the decorator was given, and all that this leads to.
    :param frame: the code that has called the decorator.
    """
    functions = [each for each in things if type(each) is FunctionType]
    for outer in _up_to_module(frame) if functions else ():
        line = 0
        for function in functions:
            if outer.f_globals is function.__globals__:
                # Python looks for it from the first line on.
                line = line or outer.f_lineno or 0
                if _is_head(line, function.__code__) and _makes(outer.f_code, function.__code__):
                    is_first = line == function.__code__.co_firstlineno
                    yield Head(function, outer is frame, is_first)


def _up_to_module(frame: FrameType) -> Iterator[FrameType]:
    """The code that is being run, but for what imports its module."""
    outer: FrameType | None = frame
    while outer is not None:
        yield outer
        outer = None if outer.f_code.co_name == "<module>" else outer.f_back


def _is_head(line: int, code: CodeType) -> bool:
    """Whether the decorators of a function may be called in a line."""
    # The first line of a function is that of its first decorator. Python 3.9 and 3.10 call all of them in
    # the line of the ``def``, which may be that of the body.
    if line < code.co_firstlineno or code.co_name == "<lambda>":
        return False
    return line <= _first_line_of_body(code)


def _first_line_of_body(code: CodeType) -> int:
    first = code.co_firstlineno
    lines = (line for _, line in dis.findlinestarts(code))
    return next((line for line in lines if (line or 0) > first), first)


def _makes(outer: CodeType, code: CodeType) -> bool:
    """Whether a function is defined by some code, and not within another function there."""
    # In the same lines stands something else, too: a console counts those of each input from one.
    if code in outer.co_consts:
        return True
    # ``def f[T]()`` is defined by a function of its own.
    return any(
        isinstance(each, CodeType)
        and each.co_name.startswith("<generic")
        and code in each.co_consts
        for each in outer.co_consts
    )


def has_others_below(function: FunctionType) -> bool:
    """Whether there is another decorator below the first one, as far as the source can be read."""
    code = function.__code__
    lines = range(code.co_firstlineno + 1, _first_line_of_body(code))
    return any(
        linecache.getline(code.co_filename, line, function.__globals__).lstrip().startswith("@")
        for line in lines
    )
