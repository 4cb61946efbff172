"""What an option of Flask-CORS means as a field of `Policy`; knows no requests, and no paths.

What Flask-CORS ignored is left out here, and noted. What would open a door is a `Problem`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from re import Pattern
from typing import Any, Callable, NamedTuple

from ...configuration import CONFIG_PREFIX
from ...errors import ConfigError, Problem, shown
from ...expressions import bearable_length, fault_of, has_end
from ...policy import Policy
from ...vocabulary import nearest_field
from .. import ANY_HEADER, in_words_of, is_pattern

Options = Mapping[str, Any]
Note = Callable[[str], None]

# The characters by which Flask-CORS takes a string for a regular expression.
_REGEX_CHARACTERS = frozenset(r"*\]?$^[()")
_ANY = ("*", ".*")
# An expression that matches whatever asks.
_MATCHES_ALL = re.compile(r"\^?(\()?\.[*+](?(1)\))\$?|\^?")
_LONGEST_AGE = 86400
_OFF = ("", "0", "false", "no", "off", "none")

DEFAULTS: Options = {
    "origins": "*",
    "methods": ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"),
    "allow_headers": "*",
    "automatic_options": True,
}


def listed(value: Any) -> list[Any]:
    """A list of what was given, be it one or several."""
    is_one = isinstance(value, (str, bytes)) or not isinstance(value, Iterable)
    return [_plain(item) for item in ([value] if is_one else value)]


def _plain(item: Any) -> Any:
    """A text as Flask-CORS compares it: what ``str`` says, but of an expression its own characters.

    For a member of a ``(str, Enum)``, the two are not the same.
    """
    if not isinstance(item, str):
        return item
    return "".join(item) if is_regex(item) else str(item)


def without_iterators(options: Options, note: Note) -> Options:
    """The options as Flask-CORS sees them, which reads each more than once."""
    used_up = [name for name in _FIELDS if _is_read_once(options.get(name))]
    for name in used_up:
        note(
            f"{name}: {shown(options[name])} is ignored: it can be read only once, so Flask-CORS found nothing"
            f" in it. Write {name}=[...]"
        )
    return {**options, **dict.fromkeys(used_up, ())}


def _is_read_once(value: Any) -> bool:
    return isinstance(value, Iterable) and iter(value) is value


def is_regex(item: Any) -> bool:
    """Whether Flask-CORS takes something for a regular expression."""
    is_text = isinstance(item, str)
    return isinstance(item, re.Pattern) or (is_text and not _REGEX_CHARACTERS.isdisjoint(item))


def compiled(option: str, item: Any, flags: int = 0) -> Pattern[str]:
    """The regular expression that something stands for.

    :raises ConfigError: if it is none.
    """
    try:
        return re.compile(".*" if item == "*" else item, flags) if isinstance(item, str) else item
    except re.error as error:
        message = f"{shown(item)} is not a regular expression: {error}"
        raise ConfigError([Problem(option, item, "regular-expression", message)]) from None


# --- each option ------------------------------------------------------------------------------------


def _origins(value: Any, note: Note) -> Any:
    items = listed(value)
    if any(map(_is_anybody, items)):
        return "*"
    return [taken for item in items for taken in _origin(item, note)]


def _is_anybody(item: Any) -> bool:
    if not is_regex(item):
        return False
    text = item.pattern if isinstance(item, re.Pattern) else item
    return text == "*" or (isinstance(text, str) and bool(_MATCHES_ALL.fullmatch(text)))


def _origin(item: Any, note: Note) -> Iterator[str | Pattern[str]]:
    if not is_regex(item):
        yield from _valid("allow_origins", item.lower() if isinstance(item, str) else item, note)
    elif isinstance(item, str) and is_pattern(item.lower()):
        yield from _pattern(item, note)
    else:
        yield from _expression(item, note)


def _pattern(item: str, note: Note) -> Iterator[str]:
    """A pattern of ours, unless Flask-CORS, which reads it as an expression, never let in what it means."""
    example = item.replace(":*", ":8080").replace("*", "a")
    if re.match(item, example, re.IGNORECASE):
        yield item.lower()
    else:
        note(
            f"origins: {shown(item)} is ignored: Flask-CORS reads it as a regular expression, which never"
            f" matches an origin such as {shown(example)}; for subdomains write"
            r" r'https://([a-z0-9-]+\.)+example\.com' with the name that is yours"
        )


def _expression(item: Any, note: Note) -> Iterator[str | Pattern[str]]:
    expression = compiled("origins", item, re.IGNORECASE)
    if not isinstance(expression.pattern, str):
        note(f"origins: {shown(item)} is ignored: it matches bytes; compile it from a str")
        return
    admits_null = expression.match("null") is not None
    if admits_null:
        # An expression of ours never admits it.
        yield "null"
    is_ended = has_end(expression)
    taken = expression if is_ended else _with_any_port(expression)
    fault = fault_of(taken)
    if fault is not None and fault.reason == "never-matches":
        ignored = "allows 'null' alone" if admits_null else "is ignored"
        note(f"origins: {shown(expression.pattern)} {ignored}: it {fault.message}")
        return
    if not is_ended:
        note(
            f"origins: {shown(expression.pattern)} has no $ at its end (or not in each branch), so Flask-CORS"
            " also allowed every origin that begins like it. Here it must match in full, and any port may"
            " follow. Write $ at its end if no port should follow, or .* if all of them are meant"
        )
    yield taken


_ANY_PORT = "(?::[0-9]+)?"
_ANY_PORT_MAY_FOLLOW = re.compile(rf"\(\?:(.*)\){re.escape(_ANY_PORT)}")


def _with_any_port(expression: Pattern[str]) -> Pattern[str]:
    """Who forgets the end lets strangers' hosts follow; a port is of the same host."""
    # The flags are those of the pattern that is made, and may stand only at its beginning.
    text = re.sub(r"^(?:\(\?[aimsux]+\))+", "", expression.pattern)
    end = "\n" if expression.flags & re.VERBOSE else ""
    return re.compile(f"(?:{text}{end}){_ANY_PORT}", expression.flags)


def _methods(value: Any, note: Note) -> list[str]:
    items = value.split(",") if isinstance(value, str) else listed(value)
    names = [str(item).strip().upper() for item in items]
    if "*" in names:
        note(
            "methods: '*' is ignored: for Flask-CORS it is a method called '*', which nobody sends;"
            " write the methods, or leave the option out to allow the usual ones"
        )
    return [name for item in names if item != "*" for name in _valid("allow_methods", item, note)]


def _request_headers(value: Any, note: Note) -> list[str]:
    names: list[str] = []
    for item in listed(value):
        if item in _ANY:
            names += ANY_HEADER
        elif not is_regex(item):
            names += _valid("allow_headers", item, note)
    return names


def _response_headers(value: Any, note: Note) -> list[str]:
    items = value.split(",") if isinstance(value, str) else listed(value)
    names = [item.strip() if isinstance(item, str) else item for item in items]
    return [name for item in names for name in _valid("expose_headers", item, note)]


def _valid(field: str, item: Any, note: Note) -> Iterator[str]:
    """The item, unless no browser ever sends or honours it."""
    problem = _problem_of(field, item)
    if problem is None:
        yield item
    else:
        option = _OPTIONS_OF_FIELDS[field]
        note(
            f"{option}: {shown(item)} is ignored, because in Flask-CORS it never matches: {problem}"
        )


def is_honoured(field: str, item: Any) -> bool:
    """Whether browsers honour an item of a list."""
    return _problem_of(field, item) is None


def _problem_of(field: str, item: Any) -> str | None:
    if not isinstance(item, str):
        return "it is no string"
    if not item.strip():
        return "it is empty"
    if re.search(r"[,\s]", item):
        return "it is one string; write a list of strings"
    try:
        Policy(**{field: [item]})  # type: ignore[arg-type]
    except ConfigError as error:
        return error.problems[0].message
    return None


def _flag(value: Any, note: Note) -> bool:
    if isinstance(value, str) and value.strip().lower() in _OFF:
        if value.strip():
            note(f"{shown(value)} is read as False; Flask-CORS reads every string as True")
        return False
    return bool(value)


def _seconds(value: Any, note: Note) -> int | None:
    if isinstance(value, timedelta):
        value = int(value.total_seconds())
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,12}", text, re.ASCII):
        note(f"max_age: {shown(value)} is ignored: browsers take whole seconds, such as 600")
        return None
    if int(text) > _LONGEST_AGE:
        note(
            f"max_age: {shown(value)} is cut to {_LONGEST_AGE} seconds: browsers keep no answer longer"
        )
    return min(int(text), _LONGEST_AGE)


class _Field(NamedTuple):
    """The field of a policy that an option sets."""

    name: str
    translated: Callable[[Any, Note], Any]


_FIELDS = {
    "origins": _Field("allow_origins", _origins),
    "methods": _Field("allow_methods", _methods),
    "allow_headers": _Field("allow_headers", _request_headers),
    "expose_headers": _Field("expose_headers", _response_headers),
    "supports_credentials": _Field("allow_credentials", _flag),
    "max_age": _Field("max_age", _seconds),
    "dangerously_allow_insecure_origins": _Field("dangerously_allow_insecure_origins", _flag),
    "dangerously_allow_public_suffixes": _Field("dangerously_allow_public_suffixes", _flag),
}
_OPTIONS_OF_FIELDS = {field.name: option for option, field in _FIELDS.items()}
# None is what Flask-CORS has here by default.
_MAY_BE_NONE = ("expose_headers", "max_age")

_IGNORED = {
    "send_wildcard": 'origins="*" always sends "*", and a list of origins never does',
    "vary_header": "Vary: Origin is sent wherever the answer depends on the origin, and only there",
    "intercept_exceptions": "the responses of error handlers always carry the headers",
    "always_send": 'the headers of origins="*" are always sent, others need an Origin to answer',
    "allow_private_network": (
        "browsers have replaced the preflight headers of Private Network Access with a permission prompt"
    ),
}
_KNOWN = (*_FIELDS, *_IGNORED, "automatic_options", "resources")


def policy_of(options: Options, note: Note) -> Policy:
    """Translate options, the defaults among them.

    :param note: told of each item that is ignored.
    :raises ConfigError: if one cannot be translated, or if some would open a door together.
    """
    fields = _fields(options, note)
    if fields.get("allow_credentials") and "*" in fields.get("expose_headers", ()):
        note(
            "expose_headers: '*' is ignored: with supports_credentials, it does not mean every header to"
            " browsers; write the names of the headers"
        )
        fields["expose_headers"] = [name for name in fields["expose_headers"] if name != "*"]
    with in_words_of(_OPTIONS_OF_FIELDS):
        policy = Policy(**fields)
        conflicts = policy.conflicts()
        if conflicts:
            raise ConfigError(map(_in_reach, conflicts))
    return policy


def _in_reach(problem: Problem) -> Problem:
    """The problem as the program wrote it, without the remedies that Flask-CORS has no option for."""
    message = _ANY_PORT_MAY_FOLLOW.sub(r"\1", problem.message)
    if problem.reason == "wildcard-with-credentials":
        message = (
            'with allow_credentials, "*" does not mean everybody to browsers; write the origins, or'
            " do without credentials"
        )
    return problem._replace(message=message)


def _fields(options: Options, note: Note) -> Any:
    given = {
        field.name: field.translated(options[option], note)
        for option, field in _FIELDS.items()
        if option in options and not (options[option] is None and option in _MAY_BE_NONE)
    }
    return {name: value for name, value in given.items() if value is not None}


def header_expressions(options: Options) -> list[Pattern[str]]:
    """The regular expressions among the allowed headers.

    :raises ConfigError: if one of them is none, or can take very long.
    """
    expressions = [
        compiled("allow_headers", item, re.IGNORECASE)
        for item in listed(options["allow_headers"])
        if is_regex(item)
    ]
    found = [each for each in expressions if not _is_of_bytes(each)]
    for each in found:
        longest_text("allow_headers", each)
    return found


def _is_of_bytes(expression: Pattern[Any]) -> bool:
    return isinstance(expression.pattern, bytes)


def longest_text(option: str, expression: Pattern[str]) -> int:
    """How long a text from a request may be to be put to an expression, in characters.

    :raises ConfigError: if none would be short enough.
    """
    length = bearable_length(expression)
    if length == 0:
        message = (
            f"{shown(expression.pattern)} can take very long on a request that an attacker makes up, because"
            " it can match one text in very many ways; put no repetition inside a repetition"
        )
        raise ConfigError([Problem(option, expression, "slow", message)])
    return length


def note_ignored(options: Options, note: Note) -> None:
    """Note the options that have no effect here, or that do not exist."""
    for name in options:
        if name in _IGNORED:
            note(f"{name} is ignored: {_IGNORED[name]}")
        elif name not in _KNOWN:
            note(f"{shown(name)} is ignored: {_advice(name)}")


def _advice(name: str) -> str:
    if nearest_field(name) == "refuse_denied":
        return "Flask-CORS refuses nothing; write CORS(app, refuse_denied=True) of wsgicors.flask"
    meant = _OPTIONS_OF_FIELDS.get(nearest_field(name) or "")
    options = f"the options are {', '.join(_FIELDS)} and resources"
    return f"there is no such option; {f'write {meant}' if meant else options}"


# --- app.config -------------------------------------------------------------------------------------

#: What Flask-CORS reads of ``app.config``, and the option that each sets.
CONFIG_KEYS = {f"{CONFIG_PREFIX}{option.upper()}": option for option in _KNOWN}


def configured(config: Options) -> dict[str, Any]:
    """The options that ``app.config`` sets."""
    return {
        option: config[key] for key, option in CONFIG_KEYS.items() if config.get(key) is not None
    }


def note_unread_keys(config: Options, note: Note) -> None:
    """Note the keys that look like some of Flask-CORS, which it never read."""
    for key in config:
        if key.startswith(CONFIG_PREFIX) and key not in CONFIG_KEYS:
            advice = _advice_on_key(key)
            note(f"app.config[{key!r}] is ignored: Flask-CORS does not read it; {advice}")


def _advice_on_key(key: str) -> str:
    field = nearest_field(key)
    if field == "refuse_denied":
        return "it refuses nothing; write CORS(app, refuse_denied=True) of wsgicors.flask"
    meant = _OPTIONS_OF_FIELDS.get(field or "")
    return f"write {CONFIG_PREFIX}{meant.upper()}" if meant else "leave it out"
