"""An application by its name, as command lines have it: ``module:application``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_IDENTIFIERS = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
#: What the name of an application, or the call of a function that makes one, looks like.
NAME = rf"{_IDENTIFIERS}:{_IDENTIFIERS}(?:\(\))?"

# What stands between this file and the module that it imports.
_IMPORTING = {__file__, pkgutil.__file__, importlib.__file__}


class NotLoaded(Exception):
    """Raised where a name leads to no application; its text is one line that says why."""


def load(name: str) -> WSGIApplication:
    """The application of a name.

    :param name: such as ``shop:app``; ``shop:create_app()`` calls a function that makes one.
    :raises NotLoaded: if there is none.

    >>> load("wsgiref.simple_server:demo_app").__name__
    'demo_app'
    """
    if not re.fullmatch(NAME, name):
        raise NotLoaded(f"{name!a} is no application: write {meant(name) or _FORMS}")
    # Where "python -m" and Flask's own command look first.
    sys.path.insert(0, str(Path.cwd()))
    try:
        # What it prints is no part of a report.
        with redirect_stdout(sys.stderr), told_if_late(f"{name} is not yet imported", _SERVES):
            application = _resolved(name)
    except (Exception, SystemExit) as error:
        raise NotLoaded(f"cannot import {name}{_reason(error, name)}") from error
    _check_callable(name, application)
    return cast("WSGIApplication", application)


#: For how long nothing is said of what takes its time, in seconds.
PATIENCE = 10.0
_SERVES = 'If that line starts a server, put it below: if __name__ == "__main__":'


@contextmanager
def told_if_late(what: str, advice: str = "") -> Iterator[None]:
    """Tell on the standard error, if it takes long, what is waited for and in which line.

    :param what: the beginning of the sentence.
    :param advice: what to do about it.
    """
    thread = threading.get_ident()

    def tell() -> None:
        frame = sys._current_frames().get(thread)
        place = _place(traceback.extract_stack(frame))
        where = f"; it is at {place}" if place else ""
        words = f"wsgicors: {what} after {PATIENCE:g} seconds{where}. {advice}"
        sys.stderr.write(f"{words.rstrip()}\n")
        sys.stderr.flush()

    timer = threading.Timer(PATIENCE, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


_FORMS = "shop:app, or shop:create_app() for what a function makes"


def _resolved(name: str) -> Any:
    found = pkgutil.resolve_name(name.rstrip("()"))
    return found() if name.endswith("()") else found


def meant(name: str) -> str | None:
    """What somebody who named a file probably meant; ``None`` if it is none.

    >>> meant("./shop.py:app"), meant("shop/wsgi.py"), meant("shop")
    ('shop:app', 'shop.wsgi:app', None)
    """
    file = re.fullmatch(rf"(?:\./)?([\w/]+)\.py(?::({_IDENTIFIERS}(?:\(\))?))?", name)
    return file and f"{file[1].replace('/', '.')}:{file[2] or 'app'}"


def _reason(error: BaseException, name: str) -> str:
    """Why it could not be imported: what was raised, and in which line."""
    place = _place(traceback.extract_tb(error.__traceback__))
    file = meant(name)
    if file is not None:
        return f": a module has no .py in its name; write {file}"
    if place is None:
        return f" (looked in {Path.cwd()} first): {named(error)}"
    return f": {named(error)} ({place})"


def _place(stack: traceback.StackSummary) -> str | None:
    """The innermost line; the application's own, if what it called is somebody else's."""
    frames = [
        (Path(frame.filename), frame.lineno)
        for frame in stack
        if frame.filename not in _IMPORTING and not frame.filename.startswith("<")
    ]
    own = [(path, line) for path, line in frames if _is_own(path)]
    if not frames:
        return None
    path, line = (own or frames)[-1]
    return f"{path.relative_to(Path.cwd()) if _is_own(path) else path}, line {line}"


def _is_own(path: Path) -> bool:
    return Path.cwd() in path.parents and "site-packages" not in path.parts


def _check_callable(name: str, application: object) -> None:
    try:
        _bind(application, {}, None)
    except (TypeError, ValueError) as error:
        raise NotLoaded(f"{name} {_advice(name, application)}") from error


def _advice(name: str, application: object) -> str:
    if inspect.isroutine(application) and not name.endswith("()"):
        with suppress(TypeError, ValueError):
            _bind(application)
            return f"is a function, not an application; if it makes one, write {name}()"
    return _NOT_CALLABLE


_NOT_CALLABLE = (
    "cannot be called with (environ, start_response): name a WSGI application; if it is an ASGI"
    " application, serve it and name its URL. If a function with arguments makes it, write a module that"
    " calls it"
)


def _bind(called: Any, *arguments: object) -> None:
    inspect.signature(called).bind(*arguments)


def named(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {one_line(str(error))}"


def one_line(text: str) -> str:
    """A text without its line ends."""
    return " ".join(text.split())
