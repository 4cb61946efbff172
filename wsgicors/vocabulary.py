"""What other libraries call the fields, and what to write instead; knows no values."""

from __future__ import annotations

import difflib
import re

from .errors import Problem, shown
from .fields import FIELDS

_WITHDRAWN = (
    "browsers have replaced the preflight headers of Private Network Access with a permission prompt (Local"
    " Network Access), so there is nothing left to allow; leave it out"
)
_ROUTES = "to govern only some paths write routes={prefix: Policy(...)}; in Flask decorate blueprints or views"
_LEAVE = "to leave a path to the application write routes={prefix: None}"
_HOSTS = (
    "hosts are not origins: the hosts that an application answers to are no matter of CORS, and whose pages may"
    " read is said in whole origins; leave it out"
)
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
    **dict.fromkeys(
        "resources urls_regex path_prefix policies matchstrategy endpoints".split(), _ROUTES
    ),
    **dict.fromkeys(
        "vary vary_header intercept_exceptions always_send automatic_options".split(), _AUTOMATIC
    ),
    **dict.fromkeys(
        "allow_private_network allow_private_networks private_network private_network_access".split(),
        _WITHDRAWN,
    ),
    "send_wildcard": 'allow_origins="*" always sends "*", and a list of origins never does; leave it out',
    "replace_https_referer": "it was for an old CSRF check and is not needed; leave it out",
    **dict.fromkeys("preflight_continue options_passthrough".split(), _LEAVE),
    "trial": "what is tried is no field: write CORSMiddleware(app, ..., trial=Policy(...)), or in Flask"
    " CORS(app, ..., trial={...})",
    **dict.fromkeys("allowed_hosts allow_hosts allowed_host trusted_hosts".split(), _HOSTS),
    "options_success_status": "a preflight is answered with 204, which every browser takes; leave it out",
}


_MEANINGS = {**_NAMES_ELSEWHERE, **{name: name for name in FIELDS}}
# Whoever writes such a word wants to close something, and must not be told to write what opens it.
_CLOSING = """disallow unallow deny denied block forbid exclu except reject prohibit prevent disabl blacklist
    ban banned not no dont never without""".split()
_CLOSED = (
    "nothing is shared by default, so there is nothing to deny: do not list it in the allow_ fields; in"
    " Flask @same_origin closes a view"
)
_TIMING = (
    "Timing-Allow-Origin belongs to another standard (Resource Timing), and no policy writes it; set it on"
    " the response"
)


def without_name(what: str, argument: object) -> Problem:
    """What is wrong with a field that was given without its name.

    :param what: to what it was given, such as ``Policy``.
    """
    value = shown(argument)
    message = f"{value} needs the name of its field; write {what}(allow_origins={value})"
    if hasattr(argument, "settings"):
        message = (
            f"{value} is a Policy, and its fields are wanted; write {what}(**policy.settings())"
        )
    return Problem(what, argument, "positional-argument", message)


def unknown_field(name: str, value: object) -> Problem:
    """What to say of a field that does not exist."""
    advice = _advice(_snake_case(name))
    message = f"there is no field {shown(name)}; {advice}"
    return Problem(name, value, "unknown-field", message)


def _advice(name: str) -> str:
    meant = _meaning(name)
    if meant is None:
        return f"the fields are {', '.join(FIELDS)}"
    return f"write {meant}{_how(name)}" if meant in FIELDS else meant


def _how(name: str) -> str:
    """What else the other name says, beside the field."""
    words = name.split("_")
    if any(word.startswith("regex") for word in words):
        return ', with each expression compiled: re.compile(r"..."); it must match in full'
    if "origin" in name and not {"all", "any"}.isdisjoint(words):
        return '="*" if it is true, and leave it out if it is false'
    return ""


def nearest_field(name: str) -> str | None:
    """The field that somebody who wrote another name probably meant.

    >>> nearest_field("CORS_SUPPORTS_CREDENTIALS"), nearest_field("orgins"), nearest_field("pineapple")
    ('allow_credentials', 'allow_origins', None)
    >>> nearest_field("disallow_origins")
    """
    meant = _meaning(_snake_case(name))
    return meant if meant in FIELDS else None


def resembles_field(name: str) -> bool:
    """Whether somebody who wrote a name meant a policy, rightly or wrongly.

    >>> resembles_field("CORS_ALOW_ORIGINS"), resembles_field("CORS_DENY_ORIGINS")
    (True, True)
    >>> resembles_field("CORS_ENABLED")
    False
    """
    return _meaning(_snake_case(name)) is not None


def is_about_paths(name: str) -> bool:
    """Whether somebody who wrote a name wanted to say which paths are governed, and how.

    >>> is_about_paths("resources"), is_about_paths("max_age")
    (True, False)
    """
    name = _snake_case(name)
    return name in ("routes", "resolve") or _meaning(name) in (_ROUTES, _LEAVE)


def _meaning(name: str) -> str | None:
    """The field that a name means, or what to say of it; ``None`` if it resembles nothing."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    if "timing" in name:
        return _TIMING
    if _is_closing(name.split("_")):
        return _CLOSED
    nearest = difflib.get_close_matches(name, _MEANINGS, n=1, cutoff=0.75)
    return _MEANINGS[nearest[0]] if nearest else None


def _is_closing(words: list[str]) -> bool:
    """Whether somebody wants to close one of the things that the fields open."""
    # Short words must be whole: a "note" denies nothing.
    closes = any(
        word == sign or (len(sign) > 4 and word.startswith(sign))
        for word in words
        for sign in _CLOSING
    )
    return closes and any(
        word.startswith(("origin", "method", "header", "credential", "expose")) for word in words
    )


def _snake_case(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
    # The name of a header is a name, too.
    return snake.removeprefix("cors_").removeprefix("access_control_")
