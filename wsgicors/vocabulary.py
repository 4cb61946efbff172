"""What other libraries call the fields, and what to write instead; knows no values."""

from __future__ import annotations

import difflib
import re

from .errors import Problem, shown
from .fields import FIELDS

_WITHDRAWN = (
    "browsers withdrew the preflight headers of Private Network Access in favour of a permission"
    " prompt (Local Network Access), so there is nothing left to allow; leave it out"
)
_ROUTES = "to govern only some paths write routes={prefix: Policy(...)}; in Flask decorate blueprints or views"
_AUTOMATIC = "it is always done; leave it out"

# What other CORS libraries call things, in snake case without a prefix of "cors_": the field
# that does the same here, or what to do where there is none.
_NAMES_ELSEWHERE = {
    **dict.fromkeys(
        """origin origins allow_origin allowed_origin allowed_origins origin_whitelist allow_all_origins
        origin_allow_all allow_origin_regex allow_origin_regexes allowed_origin_regexes
        origin_regex_whitelist allow_origin_func allow_origin_request_func allow_origins_regex
        allow_any_origin""".split(),
        "allow_origins",
    ),
    **dict.fromkeys(
        "method methods allow_method allowed_methods request_methods".split(), "allow_methods"
    ),
    **dict.fromkeys(
        "header headers allow_header allowed_headers request_headers".split(), "allow_headers"
    ),
    **dict.fromkeys(
        "expose exposed exposed_headers response_headers exposes_headers".split(), "expose_headers"
    ),
    **dict.fromkeys(
        "credentials credentialed supports_credentials support_credentials allowed_credentials".split(),
        "allow_credentials",
    ),
    **dict.fromkeys(
        "maxage max_age_seconds max_age_in_seconds preflight_max_age".split(), "max_age"
    ),
    **dict.fromkeys("resources urls_regex path_prefix policies matchstrategy".split(), _ROUTES),
    **dict.fromkeys(
        "vary vary_header intercept_exceptions always_send automatic_options".split(), _AUTOMATIC
    ),
    **dict.fromkeys(
        "allow_private_network allow_private_networks private_network private_network_access".split(),
        _WITHDRAWN,
    ),
    "send_wildcard": 'allow_origins="*" always sends "*", and a list of origins never does; leave it out',
    "replace_https_referer": "it served an old CSRF check and has no use; leave it out",
    "preflight_continue": "to leave a path to the application write routes={prefix: None}",
    "options_passthrough": "to leave a path to the application write routes={prefix: None}",
    "options_success_status": "a preflight is answered with 204, which every browser takes; leave it out",
}


_MEANINGS = {**_NAMES_ELSEWHERE, **{name: name for name in FIELDS}}


def unknown_field(name: str, value: object) -> Problem:
    """What to say of a field that does not exist."""
    advice = _advice(_snake_case(name))
    message = f"there is no field {shown(name)}; {advice}"
    return Problem(name, value, "unknown-field", message)


def _advice(name: str) -> str:
    meant = _MEANINGS.get(_nearest(name))
    if meant is None:
        return f"the fields are {', '.join(FIELDS)}"
    return f"write {meant}" if meant in FIELDS else meant


def nearest_field(name: str) -> str | None:
    """The field that somebody who wrote another name probably meant.

    >>> nearest_field("CORS_SUPPORTS_CREDENTIALS"), nearest_field("orgins"), nearest_field("pineapple")
    ('allow_credentials', 'allow_origins', None)
    """
    meant = _MEANINGS.get(_nearest(_snake_case(name)))
    return meant if meant in FIELDS else None


def _nearest(name: str) -> str:
    return next(iter(difflib.get_close_matches(name, _MEANINGS, n=1, cutoff=0.75)), name)


def _snake_case(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return snake.removeprefix("cors_")
