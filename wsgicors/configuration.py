"""The configuration of a Flask application, and of its environment, as far as it says something of CORS.

What may be a setting there, and what of that nobody reads. Imports no Flask: `CORSMiddleware` reads none of it,
and says so.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .errors import ConfigError, Problem, few, shown
from .fields import FIELDS
from .logs import logger
from .policy import Policy
from .vocabulary import is_about_paths, nearest_field, resembles_field

if TYPE_CHECKING:
    from flask import Flask

CONFIG_PREFIX = "CORS_"
#: The key in ``app.extensions`` of an application that an extension of this package governs.
GOVERNED = "wsgicors"
# What stands in front of a variable that `flask.Config.from_prefixed_env` reads.
_IN_THE_ENVIRONMENT = "FLASK_"
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
# What Flask makes of variables such as FLASK_CORS__MAX_AGE: two underscores lead into a mapping.
_MAPPING = "CORS"
_ANY_KEY = 'app.config["CORS_..."]'
# The fields without CORS_ in front. Other programs have a maximum age, too.
_BARE = {name.upper(): name for name in FIELDS if name != "max_age"}


def keys_set(app: Flask) -> list[str]:
    """The keys of ``app.config`` that have a value."""
    keys = (key for key in app.config if isinstance(key, str))
    return sorted(key for key in keys if app.config[key] is not None)


def prefixed_keys(app: Flask) -> list[str]:
    """Those that begin with ``CORS_``."""
    return [key for key in keys_set(app) if key.startswith(CONFIG_PREFIX)]


def is_ours(key: str) -> bool:
    """Whether a key that begins with ``CORS_`` is an option, rightly or wrongly written."""
    return resembles_field(name_of(key)) or is_about_paths(name_of(key))


def name_of(key: str) -> str:
    """What of a key is the name of an option."""
    return key[len(CONFIG_PREFIX) :].lower()


def place_of(key: str) -> str:
    """A key, for messages."""
    return f"app.config[{shown(key)}]"


def is_same(value: Any, other: Any) -> bool:
    """Whether two values of a field say the same; another order of the same items is no difference."""
    are_lists = isinstance(value, tuple) and isinstance(other, tuple)
    return set(value) == set(other) if are_lists else bool(value == other)


def misnamed_keys(app: Flask, policies: Iterable[Policy]) -> Iterator[Problem]:
    """The keys that would be settings if they were named as such.

    :param policies: those in force. What is said there was kept in the configuration, and handed on.
    """
    policies = list(policies)
    for key in keys_set(app):
        field = None if key.startswith(CONFIG_PREFIX) else _field_of(key)
        meant = None if field is None else _meant(field, app.config[key])
        if field and meant and not any(policy.merge(meant) == policy for policy in policies):
            message = f"there is no such key; write {CONFIG_PREFIX}{field.upper()}, in capitals"
            yield Problem(key, app.config[key], "unknown-field", message)


def told_of_what_is_not_read(app: Flask, policies: list[Policy]) -> Iterator[tuple[str, ...]]:
    """The sentences, each with its values; the first of them is what is not read.

    :param policies: those in force.
    """
    yield from ((_OF_OTHERS, shown(key)) for key in prefixed_keys(app) if not is_ours(key))
    for key in keys_set(app):
        if key in _BARE and not _is_in_force(_BARE[key], app.config[key], policies):
            yield _WITHOUT_PREFIX, place_of(key), place_of(f"{CONFIG_PREFIX}{key}")
    within = app.config.get(_MAPPING)
    if isinstance(within, Mapping) and within:
        meant = filter(None, (nearest_field(str(name).lower()) for name in within))
        keys = [place_of(f"{CONFIG_PREFIX}{field.upper()}") for field in meant]
        yield _WITHIN, few(keys or [_ANY_KEY])
    elif variables := list(_unread_variables(app, policies)):
        yield _VARIABLES, few(variables)


def tell_of_what_no_middleware_reads(app: Flask, policies: list[Policy], told: set[str]) -> None:
    """Say once of each setting of an application that a `CORSMiddleware` around it does not read it.

    :param policies: those of the middleware.
    :param told: what was told of already.
    """
    if GOVERNED in app.extensions or any(
        map(_is_flask_cors, app.after_request_funcs.get(None, ()))
    ):
        return
    keys = [
        place_of(key)
        for key in keys_set(app)
        if (field := _field_of(key)) and not _is_in_force(field, app.config[key], policies)
    ]
    variables = [f"{name} in the environment" for name in _unread_variables(app, policies)]
    new = [each for each in [*keys, *variables] if f"setting: {each}" not in told]
    if new:
        told.update(f"setting: {each}" for each in new)
        logger.warning(_NO_MIDDLEWARE_READS, few(new))


def _is_flask_cors(hook: object) -> bool:
    return str(getattr(hook, "__module__", "")).partition(".")[0] == "flask_cors"


_NO_MIDDLEWARE_READS = (
    "%s says what is not in force: CORSMiddleware reads no configuration. Write it in its arguments; or write"
    " CORS(app) of wsgicors.flask, which reads it, in place of the CORSMiddleware"
)


def _unread_variables(app: Flask, policies: list[Policy]) -> Iterator[str]:
    """The environment variables that say what is not in force, and that have come into no key."""
    for name in sorted(os.environ):
        field = _field_of_variable(name)
        if field is None:
            continue
        value = _read(os.environ[name])
        if value in _read_elsewhere(app, name, field):
            continue
        is_flasks = name.startswith(_IN_THE_ENVIRONMENT)
        if not _is_in_force(field, value, policies, in_part=not is_flasks):
            instead = f"{_IN_THE_ENVIRONMENT}{CONFIG_PREFIX}{field.upper()}"
            yield name if is_flasks else f"{name} (write {instead})"


def _field_of_variable(name: str) -> str | None:
    if not name.isupper():
        return None
    # Nothing else has this name, whatever stands in front of it.
    return "refuse_denied" if name.endswith("REFUSE_DENIED") else _field_of(name)


def _read_elsewhere(app: Flask, name: str, field: str) -> list[Any]:
    """What a variable has come to, where that is told of by the key: read with one prefix or another."""
    prefixes = (_IN_THE_ENVIRONMENT, CONFIG_PREFIX)
    keys = [*map(name.removeprefix, prefixes), f"{CONFIG_PREFIX}{field.upper()}"]
    return [None, *map(app.config.get, keys)]


def _field_of(name: str) -> str | None:
    """The field that was meant by a name such as ``cors-max-age`` or ``FLASK_CORS_MAX_AGE``."""
    key = _SEPARATORS.sub("_", name).strip("_").upper()
    key = key.removeprefix("WSGI").removeprefix(_IN_THE_ENVIRONMENT)
    return nearest_field(key) if key.startswith(CONFIG_PREFIX) else None


def _read(text: str) -> Any:
    """What Flask makes of a variable."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _meant(field: str, value: Any) -> Policy | None:
    """What somebody says of a field; ``None`` if it does not fit there, so that something else is meant."""
    try:
        return Policy(**{field: value})
    except ConfigError:
        return None


def _is_in_force(field: str, value: Any, policies: list[Policy], *, in_part: bool = True) -> bool:
    """Whether a program has probably read what it says of a field, and handed it on.

    :param in_part: whether it may have added to that.
    """
    meant = _meant(field, value)
    said = [getattr(policy, field) for policy in policies]
    if meant is None:
        # It may have been read in another way.
        return any(each is not None for each in said)
    return any(_has(each, getattr(meant, field), in_part) for each in said)


def _has(said: Any, value: Any, in_part: bool) -> bool:
    # What is false is the same as what is not said.
    if is_same(value or None, said or None):
        return True
    is_more = isinstance(said, tuple) and isinstance(value, tuple) and {*value} <= {*said}
    return in_part and (is_more or callable(said))


_OF_OTHERS = (
    "app.config[%s] is not an option of wsgicors, so wsgicors ignores it; if it was meant for wsgicors,"
    " write CORS_ and the name of a field of Policy"
)
_WITHOUT_PREFIX = "%s says what is not in force, because nothing reads it; write %s"
_WITHIN = (
    "app.config['CORS'] is a mapping, and wsgicors does not read what is in it; set %s. In the environment,"
    " write one underscore behind CORS and not two, as in FLASK_CORS_ALLOW_ORIGINS"
)
_VARIABLES = (
    "%s in the environment says what is not in force, because nothing has read it. Leave it out, or"
    " write app.config.from_prefixed_env() behind app = Flask(...), which reads what begins with FLASK_"
)
