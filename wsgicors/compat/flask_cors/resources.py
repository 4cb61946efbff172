"""Resources: patterns of paths, put into their order; which headers a response gets is not known here."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from re import Pattern
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import unquote

from ...errors import ConfigError, Problem, shown
from .options import Note, Options, compiled, is_regex, listed, longest_text, note_ignored
from .settings import NOBODY, Settings

if TYPE_CHECKING:
    from ...flask.settings import Effective

PathPattern = Union[str, "Pattern[str]"]

_ALL_PATHS = "*"
# What that is compiled to, and what others write for it.
_EXPRESSIONS_FOR_ALL = ("", "/*", "/.*", ".*")
# More than a server or a proxy takes of a path, as a rule.
_LONG = 2048


class Resources:
    """The settings of paths, asked in order; the first pattern that fits decides.

    A string without the characters of regular expressions is a path; any other pattern must
    match the beginning of one.

    :param options: all options, ``resources`` among them.
    :param note: told of what is ignored.
    :param where: the place in which somebody wrote them.
    :raises ConfigError: with whatever is wrong in any of them.
    """

    def __init__(self, options: Options, note: Note, where: str = "") -> None:
        general = {name: value for name, value in options.items() if name != "resources"}
        note_ignored(general, note)
        self._settings = [
            (_path_pattern(pattern), _settings(pattern, general, special, note, where))
            for pattern, special in _pairs(options.get("resources", _ALL_PATHS), note)
        ]
        # Longer ones may take too long to be compared.
        self._longest = min([sys.maxsize, *(_longest(each, note) for each, _ in self._settings)])

    def said(self) -> Iterator[tuple[str, Effective]]:
        """The paths, in words and in order, and what is said of them."""
        for pattern, settings in self._settings:
            yield _in_words(pattern), settings.effective

    def settings_of_all(self) -> Settings | None:
        """The settings of all paths; ``None`` where it depends on the path."""
        pattern, settings = next(iter(self._settings), ("", None))
        is_for_all = isinstance(pattern, re.Pattern) and pattern.pattern in _EXPRESSIONS_FOR_ALL
        return settings if is_for_all else None

    def settings_at(self, path: str) -> Settings | None:
        """The settings of a path; nobody's, if it can be read as one of another resource.

        :param path: as Flask has it, decoded once.
        """
        if len(path) > self._longest:
            return NOBODY
        found = [self._settings_of(reading) for reading in _readings(path)]
        is_clear = all(settings is found[0] for settings in found)
        return found[0] if is_clear else NOBODY

    def _settings_of(self, path: str) -> Settings | None:
        return next((found for pattern, found in self._settings if _fits(path, pattern)), None)


def _settings(pattern: Any, general: Options, special: Any, note: Note, where: str) -> Settings:
    special = _as_dict(special)
    if not isinstance(special, Mapping):
        message = f"{shown(special)} is not a dict of options, such as {{'origins': [...]}}"
        raise ConfigError([Problem("resources", special, "wrong-type", message)])
    note_ignored(special, note)
    try:
        return Settings({**general, **special}, note, where)
    except ConfigError as error:
        if pattern == _ALL_PATHS:
            raise
        problems = [_in_resource(pattern, problem) for problem in error.problems]
        raise ConfigError(problems) from None


def _as_dict(special: Any) -> Any:
    """Options as ``dict`` takes them, be it in pairs."""
    try:
        return dict(special)
    except (TypeError, ValueError):
        return special


def _in_resource(pattern: Any, problem: Problem) -> Problem:
    return problem._replace(message=f"for {_in_words(pattern)}: {problem.message}")


def _in_words(pattern: PathPattern) -> str:
    """The paths that a pattern is about."""
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    if text in ("", _ALL_PATHS):
        return "all paths"
    return f"paths like {text}" if is_regex(pattern) else f"the path {text}"


def _pairs(resources: Any, note: Note) -> list[tuple[PathPattern, Any]]:
    """Patterns and the options of each; of a mapping, the most specific first."""
    if isinstance(resources, Mapping):
        return sorted(resources.items(), key=lambda pair: _generality(pair[0]))
    if not isinstance(resources, Iterable) and not is_regex(resources):
        return [(resources, {})]
    return [(pattern, {}) for pattern in listed(resources) if _is_pattern(pattern, note)]


def _is_pattern(pattern: Any, note: Note) -> bool:
    """Whether an item of a list can be a path; Flask-CORS compared others as text, and never met any."""
    if isinstance(pattern, (str, re.Pattern)):
        return True
    note(
        f"resources: {shown(pattern)} is ignored: in a list, each item is a path. To give paths options of"
        ' their own, write a dict: resources={"/api/.*": {"origins": [...]}}'
    )
    return False


def _generality(pattern: PathPattern) -> tuple[bool, bool, int, int]:
    """Paths before regular expressions, and the longer before the shorter, counted in segments first."""
    is_compiled = isinstance(pattern, re.Pattern)
    text = str(pattern.pattern if isinstance(pattern, re.Pattern) else pattern)
    return is_regex(pattern), not is_compiled, -text.count("/"), -len(text)


def _path_pattern(pattern: Any) -> PathPattern:
    if pattern == _ALL_PATHS:
        return re.compile("")
    if is_regex(pattern):
        expression = compiled("resources", pattern)
        if isinstance(expression.pattern, str):
            return expression
    elif isinstance(pattern, str):
        return pattern
    message = f"{shown(pattern)} is neither a path nor a regular expression for paths"
    raise ConfigError([Problem("resources", pattern, "wrong-type", message)])


def _longest(pattern: PathPattern, note: Note) -> int:
    """How long a path may be to be compared with a pattern."""
    if isinstance(pattern, str):
        return sys.maxsize
    longest = longest_text("resources", pattern)
    if longest < _LONG:
        note(
            f"resources: {shown(pattern.pattern)} can take long on long paths, so that paths of more than"
            f" {longest} characters are shared with nobody"
        )
    return longest


def _fits(path: str, pattern: PathPattern) -> bool:
    return path == pattern if isinstance(pattern, str) else pattern.match(path) is not None


def _readings(path: str) -> set[str]:
    """The paths for which a server, a proxy and Flask could take one."""
    path = "/" + path.lstrip("/")
    readings = {path, unquote(path)}
    readings |= {reading.replace("\\", "/") for reading in readings}
    return readings | {_resolved(reading) for reading in readings}


def _resolved(path: str) -> str:
    """A path without ``.``, ``..`` and empty segments."""
    end = "/" if path.endswith(("/", "/.", "/..")) else ""
    return posixpath.normpath("/" + path.lstrip("/")).rstrip("/") + end
