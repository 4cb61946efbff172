"""The fields of a policy: every form in which each may be written, into one; and what is wrong in it alone."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Callable

from .diagnosis import OriginError, parse_pattern
from .errors import Problem, shown
from .expressions import fault_of
from .names import (
    FORBIDDEN_METHODS,
    FORBIDDEN_RESPONSE_HEADERS,
    NORMALIZED_METHODS,
    TOKEN,
    is_forbidden_request_header,
)

if TYPE_CHECKING:
    from typing_extensions import Literal, TypeGuard

Complain = Callable[[object, str, str], None]

_MAX_AGE_CEILING = 86400


def parsed(name: str, value: object, problems: list[Problem]) -> object:
    """What was written in a field, in canonical form; what is wrong with it is added to ``problems``."""

    def complain(value: object, reason: str, message: str) -> None:
        problems.append(Problem(name, value, reason, message))

    if value is None:
        complain(
            value, "wrong-type", _NO_VALUE_OF_ORIGINS if name == "allow_origins" else _NO_VALUE
        )
        return None
    # What wraps a function is asked each time.
    if stands_for_another(value) and not isinstance(value, (FunctionType, MethodType)):
        complain(value, "wrong-type", stands_for(value))
        return None
    return FIELDS[name](_as_it_is(value), complain)


_NO_VALUE = "None is not a value here; leave the field out"
_NO_VALUE_OF_ORIGINS = (
    "None is not a value here; write [] to share with nobody. If the field is left out, what is said more broadly"
    " holds"
)


def stands_for_another(value: object) -> bool:
    """Whether a value only pretends to be what it is not, as proxies do."""
    return type(value) is not value.__class__


def stands_for(value: object) -> str:
    """What to say of such a value."""
    return (
        f"{shown(value)} is a {type(value).__name__}, which may stand for something else the next time;"
        " write what it stands for"
    )


def _as_it_is(value: object) -> object:
    """A text without what its class adds: members of a ``(str, Enum)`` show themselves otherwise."""
    return str.__str__(value) if isinstance(value, str) else value


def _origins(value: object, complain: Complain) -> object:
    # A class makes something and answers nothing; one such as an `enum.Enum` lists its members.
    if callable(value) and not isinstance(value, type):
        _check_asked(value, complain)
        return value
    if isinstance(value, type) and any("__call__" in vars(each) for each in value.__mro__):
        message = f"{shown(value)} is a class; write {value.__name__}()"
        complain(value, "wrong-type", message)
        return None
    items = _origin_items(value, complain)
    if _is_wildcard(items, complain, "origins"):
        return "*"
    return _checked_origins(items, complain)


def _check_asked(value: object, complain: Complain) -> None:
    if not is_sync_callable(value):
        message = "the callable must not be async: its result is never awaited"
        complain(value, "wrong-type", message)
    elif not takes(value, 2):
        message = f"{shown(value)} cannot be called as ask(origin, environ): write one that can"
        complain(value, "wrong-type", message)
    elif are_swapped(value, ORIGIN, ENVIRON):
        message = (
            f"{shown(value)} is called as ask(origin, environ): write its arguments in this order"
        )
        complain(value, "wrong-type", message)


def _credentials(value: object, complain: Complain) -> object:
    """Whether credentials may be used, or which of the allowed origins may use them."""
    flag = _read_flag(value)
    if isinstance(flag, bool):
        return flag
    is_text = isinstance(value, str) and ("*" in value or ":" in value or not value.strip())
    if not is_text and not isinstance(value, re.Pattern) and not is_list(value):
        message = f"{shown(value)} is not true, not false, and not a list of origins that may use credentials"
        meant = _flag_meant(value)
        complain(value, "wrong-type", f"{message}; write {meant}" if meant else message)
        return None
    items = _origin_items(value, complain)
    if _has_wildcard(items):
        complain("*", "wildcard", _NOT_EVERYBODY)
    return _checked_origins(items, complain)


_NOT_EVERYBODY = (
    '"*" means everybody, and not everybody can be trusted with credentials; write the origins that may use'
    " them"
)


def _origin_items(value: object, complain: Complain) -> list[Any]:
    return [value] if isinstance(value, re.Pattern) else _items(value, complain)


def _checked_origins(items: list[Any], complain: Complain) -> tuple[Any, ...]:
    for item in items:
        _check_origin(item, complain)
    return tuple(items)


def is_sync_callable(value: object) -> bool:
    """Whether something can be called, and not only to be awaited: WSGI has nobody to await it."""
    if not callable(value):
        return False
    return not any(map(inspect.iscoroutinefunction, (value, type(value).__call__)))


def takes(
    function: Any, number: int, *, follow_wrapped: bool = True, is_wrapped: bool = False
) -> bool:
    """Whether something can be called with so many arguments, as far as it tells.

    :param follow_wrapped: whether a wrapper that takes anything takes what the function takes that it wraps.
    :param is_wrapped: whether a wrapper calls it, which may give it more arguments.
    """
    if inspect.ismethod(function):
        # What is wrapped in a method takes the instance, too.
        number += 1
        return takes(
            function.__func__, number, follow_wrapped=follow_wrapped, is_wrapped=is_wrapped
        )
    try:
        signature = inspect.signature(function, follow_wrapped=False)
        bind = signature.bind_partial if is_wrapped else signature.bind
        bind(*[None] * number)
        wrapped = getattr(function, "__wrapped__", None) if _takes_anything(signature) else None
    except TypeError:
        return False
    except ValueError:
        # Some that are written in C do not tell, but `functools.lru_cache` tells what it wraps.
        wrapped = getattr(function, "__wrapped__", None)
    except RuntimeError:
        # A proxy may stand for nothing yet.
        return True
    return wrapped is None or not follow_wrapped or takes(wrapped, number, is_wrapped=True)


_REQUEST = ("request", "req")
#: What people call the request,
ENVIRON = ("environ", "env", "wsgi_environ", *_REQUEST)
#: its method,
METHOD = ("method", "http_method", "request_method", "verb")
#: and where it comes from.
ORIGIN = ("origin",)


def are_swapped(function: Any, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether two arguments of something are called as each other should be.

    :param first: what the first is called where it is in its place.
    :param second: what the second is called.
    """
    names = _names_of_arguments(function)
    return len(names) > 1 and (names[0] in second or names[1] in first)


def takes_a_request(function: Any) -> bool:
    """Whether a view of a framework stands where an application should, by what its arguments are called."""
    names = _names_of_arguments(function)
    if len(names) < 2:
        return False
    is_first = names[0] in _REQUEST and not names[1].startswith("start")
    return is_first or names[1] in _REQUEST


def _names_of_arguments(function: Any) -> list[str]:
    """The names of those that are given by their place, and are not just any."""
    try:
        # What is wrapped may be called in another way.
        parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError, RuntimeError):
        # Some that are written in C do not tell, and a proxy may stand for nothing yet.
        return []
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters if each.kind in by_place]


def _takes_anything(signature: inspect.Signature) -> bool:
    kinds = [each.kind for each in signature.parameters.values()]
    return inspect.Parameter.VAR_POSITIONAL in kinds


_CALLABLE_IN_A_LIST = (
    "is a callable, which cannot stand in a list; write origins and patterns, or in allow_origins one callable"
    " instead of the list"
)


def _check_origin(item: object, complain: Complain) -> None:
    if isinstance(item, re.Pattern):
        _check_expression(item, complain)
    elif not isinstance(item, str):
        fault = (
            _CALLABLE_IN_A_LIST
            if callable(item)
            else "is neither a str nor a compiled regular expression"
        )
        complain(item, "wrong-type", f"{shown(item)} {fault}")
    elif item not in ("null", "*"):
        try:
            parse_pattern(item)
        except OriginError as error:
            complain(item, error.reason, f"{shown(item)} {error.message}")


def _check_expression(item: re.Pattern[Any], complain: Complain) -> None:
    if not isinstance(item.pattern, str):
        complain(item, "wrong-type", f"{shown(item)} matches bytes; compile it from a str")
        return
    fault = fault_of(item)
    if fault is not None:
        complain(item, fault.reason, f"{shown(item.pattern)} {fault.message}")


def _methods(value: object, complain: Complain) -> object:
    methods = _tokens(value, complain, "method")
    if _is_wildcard(methods, complain, "methods"):
        return "*"
    for method in methods:
        upper = method.upper()
        if upper in _NOT_EACH:
            message = f'{shown(method)} is not a method; for all methods write "*", alone'
            complain(method, "no-method", message)
        elif upper in FORBIDDEN_METHODS:
            _complain_of_forbidden(method, "sends it on behalf of a script", complain)
        elif upper in NORMALIZED_METHODS and method != upper:
            complain(
                method, "not-normalized", f"browsers send {shown(method)} as {upper!r}; write that"
            )
    return tuple(dict.fromkeys(methods))


# What other programs write for all methods.
_NOT_EACH = ("ALL", "ANY")


def _request_headers(value: object, complain: Complain) -> object:
    names = _header_names(value, complain)
    for name in names:
        if is_forbidden_request_header(name):
            _complain_of_forbidden(name, "lets a script set it", complain)
        elif name.lower().startswith("access-control-"):
            complain(name, "wrong-header", f"{shown(name)} {_OF_A_RESPONSE}")
    return names


def _response_headers(value: object, complain: Complain) -> object:
    names = _header_names(value, complain)
    for name in names:
        if name.lower() in FORBIDDEN_RESPONSE_HEADERS:
            _complain_of_forbidden(name, "lets a script read it", complain)
        elif name.lower() == "origin" or name.lower().startswith("access-control-"):
            complain(name, "wrong-header", f"{shown(name)} {_OF_CORS}")
    return names


_OF_A_RESPONSE = (
    "is a header of responses, and this library writes it: a script must not send it; leave it out"
)
_OF_CORS = (
    "belongs to CORS itself, and scripts do not need it; leave it out, or write the header that"
    " your application sends"
)


def _complain_of_forbidden(name: str, deed: str, complain: Complain) -> None:
    complain(name, "forbidden", f"{shown(name)} is forbidden: no browser {deed}; leave it out")


def _header_names(value: object, complain: Complain) -> Literal["*"] | tuple[str, ...]:
    # Names are case-insensitive: the first spelling of each stands.
    first_spellings: dict[str, str] = {}
    for name in _tokens(value, complain, "header name"):
        first_spellings.setdefault(name.lower(), name)
    names = tuple(first_spellings.values())
    return "*" if names == ("*",) else names


def _tokens(value: object, complain: Complain, what: str) -> list[str]:
    tokens = []
    for item in _items(value, complain):
        if isinstance(item, str) and TOKEN.fullmatch(item):
            tokens.append(item)
        else:
            complain(
                item, "malformed", f"{shown(item)} is not a {what} (letters, digits and hyphens)"
            )
    return tokens


def _items(value: object, complain: Complain) -> list[Any]:
    if isinstance(value, str):
        return [item for item in re.split(r"[,\s]+", value) if item]
    if not is_list(value):
        complain(value, "wrong-type", f"{shown(value)} is neither a string nor a list of them")
        return []
    # A set has no order of its own, and two runs of a program should send the same header.
    items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
    real = []
    for item in items:
        if stands_for_another(item):
            complain(item, "wrong-type", stands_for(item))
        else:
            real.append(_as_it_is(item))
    return real


def is_list(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether a value has items that may stand in a field."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray, Mapping))


def _is_wildcard(items: list[Any], complain: Complain, what: str) -> bool:
    has_wildcard = _has_wildcard(items)
    if has_wildcard and len(items) > 1:
        complain(
            "*",
            "wildcard-among-others",
            f'"*" already means all {what}; write it alone or leave it out',
        )
    return has_wildcard and len(items) == 1


def _has_wildcard(items: list[Any]) -> bool:
    # Not by "in": there are things that say that they equal anything.
    return any(isinstance(item, str) and item == "*" for item in items)


def _flag(value: object, complain: Complain) -> object:
    flag = _read_flag(value)
    if not isinstance(flag, bool):
        meant = _flag_meant(value) or "True or False"
        complain(value, "wrong-type", f"{shown(value)} is neither true nor false; write {meant}")
    return flag


def _read_flag(value: object) -> object:
    return _FLAGS.get(value.strip().lower(), value) if isinstance(value, str) else value


_FLAGS = {"true": True, "false": False}


def _flag_meant(value: object) -> str | None:
    """What to write for what other programs write."""
    return _MEANT.get(shown(value).strip("' ").lower())


_MEANT = {
    **dict.fromkeys(("1", "on", "yes", "y", "t", "enabled"), "True"),
    **dict.fromkeys(("0", "off", "no", "n", "f", "disabled"), "False"),
}


def _seconds(value: object, complain: Complain) -> object:
    seconds = _read_seconds(value)
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        complain(value, "wrong-type", f"{shown(value)} {_NO_SECONDS}{_seconds_meant(value)}")
    elif not 0 <= seconds <= _MAX_AGE_CEILING:
        complain(
            value,
            "out-of-range",
            f"{shown(value)} is out of range: write whole seconds from 0 (do not cache) to"
            f" {_MAX_AGE_CEILING} (one day)",
        )
    return seconds


_NO_SECONDS = "is not a whole number of seconds, and not a timedelta of whole seconds"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WITH_UNIT = re.compile(r"\s*([0-9]{1,5})\s*([smhd])[a-z]*\s*", re.ASCII | re.IGNORECASE)


def _read_seconds(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", value, re.ASCII):
        return int(value)
    if isinstance(value, timedelta) and not value.microseconds:
        return value.days * 86400 + value.seconds
    if isinstance(value, int) and not isinstance(value, bool):
        # Members of an ``(int, Enum)`` would stand in the header as something else.
        return int.__int__(value)
    return value


def _seconds_meant(value: object) -> str:
    match = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return ""
    return f"; write {min(int(match[1]) * _UNITS[match[2].lower()], _MAX_AGE_CEILING)}"


#: Each field with the function that parses what may be written there.
FIELDS: dict[str, Callable[[object, Complain], object]] = {
    "allow_origins": _origins,
    "allow_methods": _methods,
    "allow_headers": _request_headers,
    "expose_headers": _response_headers,
    "allow_credentials": _credentials,
    "max_age": _seconds,
    "refuse_denied": _flag,
    "dangerously_allow_insecure_origins": _flag,
    "dangerously_allow_public_suffixes": _flag,
}
