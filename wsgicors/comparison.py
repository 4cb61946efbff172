"""What has changed between two statements of who may read what, in words; reads no file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Optional

from .fields import FIELDS
from .names import SAFELISTED_METHODS
from .origins import OriginSet
from .strangers import admits_insecure

#: What is said of a rule, by field, as JSON has it; ``None`` where nothing is governed.
Said = Optional[dict[str, Any]]
Rules = Mapping[str, Said]

#: Stands beside the fields where a callable says whose policy governs.
RESOLVE = "resolve"

#: What the name of a rule begins with where it is of a layer inside another one; a number follows.
LAYER = "layer "
#: What follows or stands for that where layers are told apart by what holds them; a name follows.
HELD = "in "
FLAGS = {
    re.IGNORECASE: "i",
    re.MULTILINE: "m",
    re.DOTALL: "s",
    re.VERBOSE: "x",
    re.ASCII: "a",
}


def expression(value: Mapping[str, str]) -> re.Pattern[str]:
    """An expression from its pattern and its flags.

    :raises ValueError: if a flag is none.
    :raises re.error: if the pattern is none.
    """
    flags = {letter: flag for flag, letter in FLAGS.items()}
    letters = value.get("flags", "")
    if not set(letters) <= set(flags):
        raise ValueError
    return re.compile(value["expression"], sum(flags[letter] for letter in letters))


def by_url(rule: str) -> tuple[str, str]:
    """What rules are sorted by."""
    method, _, url = rule.rpartition(" ")
    return url, method


def printable(text: str) -> str:
    """A text that can do nothing to a terminal."""
    return text if text.isprintable() else ascii(text)[1:-1]


WIDER, UNCLEAR, NARROWER, NEITHER = range(4)
_HEADINGS = {
    WIDER: "Wider than before:",
    UNCLEAR: "Perhaps wider, look at it:",
    NARROWER: "Narrower than before:",
    NEITHER: "Neither wider nor narrower:",
}


class Change(NamedTuple):
    """What has changed in one field of one rule."""

    #: The worst is the least.
    rank: int
    #: The field, or nothing where it is about the rule itself.
    field: str
    #: In words.
    message: str


def changes(old: Rules, new: Rules) -> Iterator[tuple[str, Change]]:
    """What has changed, by rule.

    >>> [(rule, change)] = changes({"/": {"allow_origins": []}}, {"/": {"allow_origins": "*"}})
    >>> rule, change.message
    ('/', 'any origin is allowed now')
    """
    for rule in sorted({*old, *new}, key=by_url):
        before, after = _covering(old, rule), _covering(new, rule)
        # Paths are those of a middleware, and without "/" there is none where they were.
        is_gone = rule.startswith("/") and after is _MISSING
        is_layer = rule.startswith((LAYER, HELD)) or is_gone
        whole = (_change_of_layer if is_layer else _change_of_whole)(before, after)
        for change in _changes_of_rule(before, after, whole):
            yield rule, change


_MISSING: dict[str, Any] = {}


def _covering(rules: Rules, rule: str) -> Said:
    """What holds for a rule, also by a shorter prefix of a path."""
    where, path = _in_layer(rule)
    while f"{where}{path}" not in rules and path.startswith("/") and path != "/":
        path = path.rpartition("/")[0] or "/"
    return rules.get(f"{where}{path}", _MISSING)


def _in_layer(rule: str) -> tuple[str, str]:
    """A rule in two parts: of which layer it is, if that is said, and the rest."""
    where, colon, path = rule.partition(": /")
    if colon and where.startswith((LAYER, HELD)):
        return f"{where}: ", f"/{path}"
    return "", rule


def _changes_of_rule(before: Said, after: Said, whole: Change | None) -> Iterator[Change]:
    if whole is not None:
        yield whole
    elif before and after:
        yield from _of_those_kept_out(before, after)
        for field in (*FIELDS, RESOLVE):
            old, new = _values(field, before, after)
            if old != new:
                yield from _CHANGES[field](field, old, new)


def _values(field: str, before: dict[str, Any], after: dict[str, Any]) -> tuple[Any, Any]:
    """What a field was and is, as far as that makes a difference."""
    old, new = before.get(field), after.get(field)
    if field != "allow_methods":
        return old, new
    if _is_for_nobody(after):
        return None, None
    if old is None and new is not None and _is_for_nobody(before):
        # With these, nothing is granted that the origins are not told for.
        old = [method for method in SAFELISTED_METHODS if method in new]
    return old, new


def _is_for_nobody(said: dict[str, Any]) -> bool:
    return said.get("allow_origins", []) == [] and RESOLVE not in said


def _of_those_kept_out(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """Who was admitted before as well, and only denied because credentials were used."""
    if before.get(_CREDENTIALS) is not True or after.get(_CREDENTIALS) is True:
        return
    origins = after.get("allow_origins", [])
    admitting = [
        _words(item)
        for item in (origins if isinstance(origins, list) else [origins])
        if isinstance(item, dict) and _admits_what_was_kept_out(item, before)
    ]
    if admitting:
        message = f"origins that are not https are not denied any more where {', '.join(admitting)} admits them"
        yield Change(UNCLEAR, _CREDENTIALS, message)


_CREDENTIALS = "allow_credentials"


def _admits_what_was_kept_out(item: dict[str, str], before: dict[str, Any]) -> bool:
    if "expression" not in item:
        return True
    return not before.get("dangerously_allow_insecure_origins") and admits_insecure(
        expression(item)
    )


def _change_of_whole(before: Said, after: Said) -> Change | None:
    """What has changed for a rule that is not governed, before or after."""
    if before is _MISSING and after is not _MISSING:
        return _new(after)
    if before == after or (before and after):
        return None
    if after is None:
        return Change(WIDER, "", "is not governed any more: the application's own headers are sent")
    if after is _MISSING:
        return Change(NARROWER, "", "is not there any more")
    return Change(UNCLEAR, "", f"was not governed, and is now: {_shared_with(after)}")


def _change_of_layer(before: Said, after: Said) -> Change | None:
    """What has changed for a rule of one layer among others, which can deny what they allow."""
    if bool(before) == bool(after):
        return None
    if after:
        return Change(UNCLEAR, "", f"is a new layer: {_shared_with(after)}")
    return Change(WIDER, "", "is not there any more: what it denied, it denies no longer")


def _new(said: Said) -> Change:
    if said is None:
        return Change(UNCLEAR, "", "is new, and not governed")
    rank = NEITHER if said.get("allow_origins") == [] else WIDER
    return Change(rank, "", f"is new: {_shared_with(said)}")


def _shared_with(said: dict[str, Any]) -> str:
    if said.get("allow_origins", []) == []:
        return "nobody is allowed by name" if RESOLVE in said else "shared with nobody"
    users = said.get("allow_credentials")
    extent = {None: "", True: ", with credentials"}
    some = f", with credentials {_words(users)}" if isinstance(users, list) else extent[users]
    origins = said["allow_origins"]
    return f"shared with {'everybody' if origins == '*' else _words(origins)}{some}"


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    if isinstance(value, dict):
        return " ".join(f"{kind} {printable(text)}" for kind, text in value.items())
    return "any" if value == "*" else printable(str(value))


def _of_list(field: str, before: Any, after: Any) -> Iterator[Change]:
    """What is there now, and what is not any more."""
    what, verb, _ = _WORDS[field]
    if isinstance(before, dict) or isinstance(after, dict):
        yield from _of_callables(field, before, after)
    elif _is_all(after):
        yield Change(WIDER, field, f"any {what} {verb} now")
    elif _is_all(before):
        yield Change(
            NARROWER, field, f"only {_words(after or [])} {verb} now; before, there was no limit"
        )
    else:
        yield from _of_items(field, before or [], after or [])


def _is_all(value: Any) -> bool:
    return value == "*" or value is True


def _of_headers(field: str, before: Any, after: Any) -> Iterator[Change]:
    # Beside "*" there may be Authorization, which it does not cover.
    lists = [["*"] if value == "*" else value or [] for value in (before, after)]
    yield from _of_items(field, *lists)


def _of_items(field: str, before: list[Any], after: list[Any]) -> Iterator[Change]:
    _, verb, negated = _WORDS[field]
    known, left = Items(before), Items(after)
    for item in after:
        if not known.admit(item):
            yield Change(WIDER, field, f"{_words(item)} {verb} now")
    for item in before:
        if not left.admit(item):
            yield Change(NARROWER, field, f"{_words(item)} {negated} any more")


# What a field lists, what is so of it, and what is not.
_ALLOWED = ("is allowed", "is not allowed")
_WORDS = {
    "allow_origins": ("origin", *_ALLOWED),
    "allow_methods": ("method", *_ALLOWED),
    "allow_headers": ("header", *_ALLOWED),
    "expose_headers": ("header", "can be read", "cannot be read"),
    "allow_credentials": ("allowed origin", "may use credentials", "may not use credentials"),
}


class Items:
    """The items of a list, of which some admit others."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items
        self._origins = OriginSet(item for item in items if isinstance(item, str) and ":" in item)
        self._expressions = [
            expression(item) for item in items if isinstance(item, dict) and "expression" in item
        ]

    def admit(self, item: Any) -> bool:
        """Whether an item makes no difference, because it is there or another one admits it."""
        if item in self._items:
            return True
        if is_exact(item):
            return item in self._origins or any(each.fullmatch(item) for each in self._expressions)
        return "*" in self._items and item != "authorization"


def is_exact(item: Any) -> bool:
    """Whether an item is an origin, and no pattern."""
    return isinstance(item, str) and ":" in item and "*" not in item


def _of_methods(field: str, before: Any, after: Any) -> Iterator[Change]:
    if before is None:
        yield Change(NARROWER, field, f"only {_words(after)}; it was what the URL routes")
    elif after is None:
        yield Change(WIDER, field, f"what the URL routes; it was only {_words(before)}")
    else:
        yield from _of_list(field, before, after)


def _of_switch(field: str, before: Any, after: Any) -> Iterator[Change]:
    is_wider = bool(after) != (field == "refuse_denied")
    yield Change(
        WIDER if is_wider else NARROWER, field, "is set now" if after else "is not set any more"
    )


def _of_max_age(field: str, before: Any, after: Any) -> Iterator[Change]:
    words = [_UNSET if value is None else f"{value} seconds" for value in (after, before)]
    yield Change(NEITHER, field, f"{words[0]}; it was {words[1]}")


_UNSET = "unset (5 seconds)"


def _of_callables(field: str, before: Any, after: Any) -> Iterator[Change]:
    now, then = (_words([] if value is None else value) for value in (after, before))
    yield Change(UNCLEAR, field, f"{now} decides now; it was {then}")


_CHANGES = {
    "allow_origins": _of_list,
    "allow_credentials": _of_list,
    "allow_methods": _of_methods,
    "allow_headers": _of_headers,
    "expose_headers": _of_headers,
    "max_age": _of_max_age,
    RESOLVE: _of_callables,
    **dict.fromkeys([name for name in FIELDS if name.startswith(("refuse", "danger"))], _of_switch),
}


def in_words(found: Iterable[tuple[str, Change]]) -> Iterator[str]:
    """Lines that tell of changes, the worst first, each once for all rules that it is about."""
    rules: dict[Change, list[str]] = {}
    for rule, change in found:
        rules.setdefault(change, []).append(printable(rule))
    order = ["", *FIELDS, RESOLVE]
    rank = None
    for change in sorted(rules, key=lambda each: (each.rank, order.index(each.field))):
        if change.rank != rank:
            rank = change.rank
            yield _HEADINGS[rank]
        field = f"{change.field}: " if change.field else ""
        yield f"  {', '.join(rules[change])}: {field}{change.message}"
