"""Which prefixes the URLs of an application inside begin with, as far as that can be seen.

A prefix of ``routes`` with which none begins has no effect, and what it was to close is left to the base.
Only where all of an application is known is anything told: a Flask application, also below Werkzeug's
dispatcher. Neither is imported for that.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from types import MethodType
from typing import Any

from .errors import shown
from .logs import logger

# Stands for whatever cannot be known.
_ANYTHING = "/<path:anything>"
# With these, Flask finds the view of a request; a subclass may have others.
_OF_FLASK = (
    "__call__",
    "wsgi_app",
    "create_url_adapter",
    "full_dispatch_request",
    "dispatch_request",
)
_DISPATCHER = ("werkzeug.middleware.dispatcher", "DispatcherMiddleware")
# Dispatchers in dispatchers; what goes on for ever is not followed.
_MOST = 16


def tell_of_unreachable(prefixes: Iterable[str], app: object, told: set[str]) -> None:
    """Say of each prefix of ``routes`` that no URL of the application inside begins with it.

    :param told: what was told of already.
    """
    reach = _Reach(_rules(app, _MOST))
    for prefix in prefixes:
        key = f"unreachable: {prefix}"
        if key not in told and not reach.has(prefix.rstrip("/")):
            told.add(key)
            nearest = reach.nearest(prefix.rstrip("/"))
            instead = f"; write {shown(nearest)} if that is meant" if nearest else ""
            logger.warning(_UNREACHABLE, shown(prefix), instead)


_UNREACHABLE = (
    "routes[%s] is about no view: no URL of the application inside begins with it%s. A prefix is all of the path,"
    " with the prefixes of blueprints and of what is mounted inside, in the same case. If nothing is there, leave"
    " the entry out; if a hook or an error handler answers there, nothing is wrong"
)


class _Reach:
    """All that the URLs of some rules can begin with."""

    def __init__(self, rules: Iterable[str]) -> None:
        #: Whole segments that are written out in a rule.
        self._written = {""}
        #: The segments of rules that are not all written out.
        self._patterns: list[list[str]] = []
        for rule in rules:
            segments = [*filter(None, rule.split("/"))]
            written = [*itertools.takewhile(lambda each: "<" not in each, segments)]
            self._written.update(itertools.accumulate(f"/{each}" for each in written))
            if len(written) < len(segments):
                self._patterns.append([*map(_kind, segments)])

    def has(self, prefix: str) -> bool:
        segments = prefix.split("/")[1:]
        return prefix in self._written or any(_fits(segments, each) for each in self._patterns)

    def nearest(self, prefix: str) -> str | None:
        """What a rule begins with that is most like a prefix, if anything is."""
        wanted = prefix.casefold()
        longer = [each for each in self._written if each.casefold().endswith(wanted)]
        shorter = [each for each in self._written if each and wanted.endswith(each.casefold())]
        if longer or shorter:
            return min(longer, key=len) if longer else max(shorter, key=len)
        return next(iter(get_close_matches(prefix, sorted(self._written), 1, 0.8)), None)


# Of the segments of a rule, what stands for any segment, for one of digits, and for all that follows.
_ANY, _DIGITS, _REST = "<>", "<int>", "<path>"
_CONVERTER = re.compile(r"<(?:(\w+)(?:\([^/]*\))?:)?\w+>")
_IN_ONE_SEGMENT = {
    None: _ANY,
    "default": _ANY,
    "string": _ANY,
    "uuid": _ANY,
    "float": _ANY,
    "int": _DIGITS,
}


def _kind(segment: str) -> str:
    """What a segment of a rule stands for."""
    if "<" not in segment:
        return segment
    converters = [*_CONVERTER.finditer(segment)]
    kinds = {_IN_ONE_SEGMENT.get(each[1], _REST) for each in converters}
    if not converters or _REST in kinds:
        return _REST
    return kinds.pop() if converters[0][0] == segment else _ANY


def _fits(segments: list[str], pattern: list[str]) -> bool:
    """Whether a URL of a rule can begin with some segments."""
    for segment, kind in itertools.zip_longest(segments, pattern):
        if segment is None or kind == _REST:
            return True
        if kind is None or not (kind in (segment, _ANY) or (kind == _DIGITS and segment.isdigit())):
            return False
    return True


def _rules(app: Any, most: int) -> Iterator[str]:
    """The rules of all URLs to which an application answers."""
    if is_dispatcher(app) and most:
        yield from _rules(app.app, most - 1)
        for mount, mounted in app.mounts.items():
            yield mount
            yield from (mount + rule for rule in _rules(mounted, most - 1))
    elif type(app) is MethodType and app.__name__ == "wsgi_app" and _is_flask(app.__self__):
        yield from _rules_of_map(app.__self__)
    elif _is_flask(app) and most:
        yield from _rules(app.wsgi_app, most - 1)
    else:
        yield _ANYTHING


def flask_applications(app: Any, most: int = _MOST) -> Iterator[Any]:
    """The Flask applications that answer, of those that can be seen."""
    if is_dispatcher(app) and most:
        for each in (app.app, *app.mounts.values()):
            yield from flask_applications(each, most - 1)
    elif type(app) is MethodType and app.__name__ == "wsgi_app" and _is_flask(app.__self__):
        yield app.__self__
    elif _is_flask(app) and most:
        yield from flask_applications(app.wsgi_app, most - 1)


def is_dispatcher(app: object) -> bool:
    """Whether an application is Werkzeug's dispatcher; what derives from it may go by something else."""
    return (type(app).__module__, type(app).__name__) == _DISPATCHER


def _is_werkzeugs(thing: Any) -> bool:
    module = thing.__module__ if isinstance(thing, type) else type(thing).__module__
    return str(module).startswith("werkzeug.")


def _is_flask(app: object) -> bool:
    """Whether an application finds its views as Flask does."""
    found = [getattr(type(app), name, None) for name in _OF_FLASK]
    return all(getattr(each, "__module__", "").startswith("flask.") for each in found)


def _rules_of_map(app: Any) -> Iterator[str]:
    url_map = app.url_map
    known = [url_map, *(url_map.converters.get(name) for name in filter(None, _IN_ONE_SEGMENT))]
    if not all(_is_werkzeugs(each) for each in known):
        yield _ANYTHING
        return
    for rule in url_map.iter_rules():
        if not rule.build_only:
            yield rule.rule
