"""Who may read what, as a file that is kept beside the code; and in words, what has changed since.

What is saved is what is in effect: the policy of each rule, without what makes no difference, sorted.
A rule is a text: a path prefix such as ``/api``, or the method and URL of a route.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .cache import OriginCache
from .comparison import (
    FLAGS,
    RESOLVE,
    Items,
    Rules,
    Said,
    by_url,
    changes,
    expression,
    in_words,
    is_exact,
    printable,
)
from .errors import shown
from .fields import FIELDS
from .policy import Policy

_FORMAT = 1
_HEADER_FIELDS = ("allow_headers", "expose_headers")


class ReviewError(Exception):
    """Raised where a file cannot be read or written; its text is one line that says why."""


# --- what is in effect ---------------------------------------------------------------------------


def described(policy: Policy, resolve: object = None) -> dict[str, Any]:
    """What a policy says, without the settings that make no difference.

    :param policy: a whole policy; with ``resolve``, the base of those that it returns.

    >>> described(Policy(allow_origins="https://b.example https://a.example", allow_credentials=False))
    {'allow_origins': ['https://a.example', 'https://b.example']}
    """
    settings = {name: value for name, value in policy.settings().items() if value is not False}
    if resolve is None:
        for name in _without_effect(settings):
            settings.pop(name, None)
    said = {name: _plain(name, value) for name, value in settings.items()}
    _drop_those_who_are_not_allowed(said)
    kept = {
        name: value for name, value in said.items() if value != [] or name in _EMPTY_IS_NOT_UNSET
    }
    return kept if resolve is None else {**kept, RESOLVE: _plain(RESOLVE, resolve)}


_EMPTY_IS_NOT_UNSET = ("allow_origins", "allow_methods")


def _drop_those_who_are_not_allowed(said: dict[str, Any]) -> None:
    """Take out of ``allow_credentials`` what ``allow_origins`` does not admit, as may be inherited."""
    origins, users = said.get("allow_origins"), said.get("allow_credentials")
    if isinstance(origins, list) and isinstance(users, list):
        allowed = Items(origins)
        said["allow_credentials"] = [
            user for user in users if not is_exact(user) or allowed.admit(user)
        ]


def _without_effect(settings: Mapping[str, Any]) -> Iterable[str]:
    if settings.get("allow_origins") == ():
        return [name for name in FIELDS if name not in ("allow_origins", "refuse_denied")]
    idle = [] if settings.get("allow_origins") != "*" else ["refuse_denied"]
    if not settings.get("allow_credentials"):
        idle += [name for name in FIELDS if name.startswith("dangerously_")]
    return idle


def _plain(field: str, value: Any) -> Any:
    if isinstance(value, tuple):
        items = {json.dumps(_plain(field, item), sort_keys=True) for item in value}
        return [json.loads(item) for item in sorted(items)]
    if isinstance(value, str) and field in _HEADER_FIELDS:
        return value.lower()
    if isinstance(value, re.Pattern):
        flags = "".join(letter for flag, letter in FLAGS.items() if value.flags & flag)
        return {"expression": value.pattern, **({"flags": flags} if flags else {})}
    return {"callable": name_of(value)} if callable(value) else value


def name_of(function: Any) -> str:
    """The name of a function, or of the class of some other callable.

    >>> name_of(functools.partial(json.dumps, indent=2))
    'functools.partial(json.dumps)'
    >>> name_of(OriginCache(str.isascii, seconds=60))
    'wsgicors.cache.OriginCache(str.isascii)'
    """
    if isinstance(function, functools.partial):
        return f"functools.partial({name_of(function.func)})"
    if isinstance(function, OriginCache):
        lookup, key = function._asked()
        asked = name_of(lookup) if key is None else f"{name_of(lookup)}, key={name_of(key)}"
        return f"{_name_of(function)}({asked})"
    return _name_of(function)


def _name_of(function: Any) -> str:
    named = function if hasattr(function, "__qualname__") else type(function)
    module = getattr(named, "__module__", None)
    return f"{module}.{named.__qualname__}" if module else str(named.__qualname__)


# --- as a file -----------------------------------------------------------------------------------


def as_text(rules: Rules) -> str:
    r"""The file: each policy once, with the rules that share it.

    >>> print(as_text({"/": {"allow_origins": "*"}, "/internal": None}), end="")
    {
      "wsgicors": 1,
      "policies": [
        {
          "rules": [
            "/"
          ],
          "allow_origins": "*"
        },
        {
          "rules": [
            "/internal"
          ],
          "governed": false
        }
      ]
    }
    """
    groups: dict[str, list[str]] = {}
    for rule in sorted(rules, key=by_url):
        groups.setdefault(json.dumps(rules[rule], sort_keys=True), []).append(rule)
    policies = [{"rules": names, **_of_file(rules[names[0]])} for names in groups.values()]
    return json.dumps({"wsgicors": _FORMAT, "policies": policies}, indent=2) + "\n"


def _of_file(said: Said) -> dict[str, Any]:
    if said is None:
        return {"governed": False}
    return {name: said[name] for name in (*FIELDS, RESOLVE) if name in said}


def from_text(text: str) -> Rules:
    """Read what `as_text` wrote.

    :raises ReviewError: if it is something else, or of a newer release.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ReviewError(f"it is not JSON ({error})") from None
    except RecursionError:
        raise ReviewError("it is nested too deeply") from None
    release = data.get("wsgicors") if isinstance(data, dict) else None
    if type(release) is not int:
        raise ReviewError("it was not written by --save")
    if release > _FORMAT:
        raise ReviewError("a newer release of wsgicors wrote it; update wsgicors, or save it anew")
    rules: dict[str, Said] = {}
    for policy in _list(data.get("policies"), "policies"):
        _read_policy(policy, rules)
    return rules


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ReviewError(f"its {what} are not a list")
    return value


def _read_policy(policy: Any, rules: dict[str, Said]) -> None:
    if not isinstance(policy, dict) or not set(policy) - {"rules"}:
        raise ReviewError(f"{shown(policy)} is not a policy")
    said = {name: value for name, value in policy.items() if name != "rules"}
    for name, value in said.items():
        if said != {"governed": False} and not _is_valid(name, value):
            raise ReviewError(f"{shown(name)} cannot be {shown(value)}")
    for rule in _list(policy.get("rules"), "rules"):
        if not isinstance(rule, str) or rule in rules:
            raise ReviewError(f"{shown(rule)} is not a rule, or is there twice")
        rules[rule] = None if said == {"governed": False} else said


def _is_valid(name: str, value: Any) -> bool:
    if name == "max_age":
        return type(value) is int
    if name in ("refuse_denied", *(field for field in FIELDS if field.startswith("danger"))):
        return value is True
    if name == RESOLVE:
        return _is_object(value)
    is_list = isinstance(value, list) and all(isinstance(e, str) or _is_object(e) for e in value)
    is_all = value == "*" or (name == "allow_credentials" and value is True)
    return name in FIELDS and (is_all or is_list or _is_object(value))


def _is_object(value: Any) -> bool:
    """Whether it stands for an expression that can be compiled, or for a callable."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        return False
    if set(value) == {"callable"}:
        return True
    return "expression" in value and set(value) <= {"expression", "flags"} and _compiles(value)


def _compiles(value: dict[str, str]) -> bool:
    try:
        expression(value)
    except (ValueError, re.error, RecursionError, OverflowError):
        return False
    return True


# --- for commands --------------------------------------------------------------------------------


def review(rules: Rules, save: str | None, against: str | None) -> tuple[list[str], int]:
    """Save rules, and tell what has changed.

    :param rules: those in effect.
    :param save: the file to write, if any.
    :param against: the file to compare with, if any; it may be the same one.
    :returns: lines for people, and an exit status: 1 if anything has changed.
    :raises ReviewError: if a file cannot be read or written.
    """
    told = [] if against is None else list(in_words(changes(_read(against), rules)))
    lines = told
    if against is not None and not told:
        lines = [f"Nothing has changed since {printable(against)} was saved."]
    if save is not None:
        _write(save, as_text(rules))
        lines = [*lines, f"Saved {len(rules)} rules to {printable(save)}."]
    return lines, int(bool(told))


def _read(name: str) -> Rules:
    try:
        return from_text(Path(name).read_text("utf-8"))
    except OSError as error:
        raise ReviewError(
            f"{printable(name)} cannot be read: {error.strerror}; write it with --save"
        ) from None
    except UnicodeDecodeError:
        raise ReviewError(
            f"{printable(name)} is not a saved review: it is not text; {_ANEW}"
        ) from None
    except ReviewError as error:
        raise ReviewError(f"{printable(name)} is not a saved review: {error}; {_ANEW}") from None


_ANEW = "write one with --save"


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_bytes(text.encode("ascii"))
    except OSError as error:
        raise ReviewError(f"{printable(name)} cannot be written: {error.strerror}") from None
