"""What programs import from ``flask_cors.core``: the names of headers, and functions that some call themselves.

Most who import a function of Flask-CORS's own never call it, because an editor wrote the import. So
all of them are here; those that nobody was seen to call say so when they are called.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Iterable, Mapping
from re import Pattern
from typing import TYPE_CHECKING, Any, Callable, NoReturn

import flask
from werkzeug.datastructures import MultiDict

from ...logs import logger
from ...requests import is_preflight
from .decisions import share_as_decided
from .options import CONFIG_KEYS, DEFAULTS, Options, configured, is_regex
from .settings import EVALUATED, Settings, narrowed

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

ACL_ORIGIN = "Access-Control-Allow-Origin"
ACL_METHODS = "Access-Control-Allow-Methods"
ACL_ALLOW_HEADERS = "Access-Control-Allow-Headers"
ACL_EXPOSE_HEADERS = "Access-Control-Expose-Headers"
ACL_CREDENTIALS = "Access-Control-Allow-Credentials"
ACL_MAX_AGE = "Access-Control-Max-Age"
ACL_RESPONSE_PRIVATE_NETWORK = "Access-Control-Allow-Private-Network"
ACL_REQUEST_METHOD = "Access-Control-Request-Method"
ACL_REQUEST_HEADERS = "Access-Control-Request-Headers"
ACL_REQUEST_HEADER_PRIVATE_NETWORK = "Access-Control-Request-Private-Network"

ALL_METHODS = list(DEFAULTS["methods"])
CONFIG_OPTIONS = list(CONFIG_KEYS)
DEFAULT_OPTIONS = dict(DEFAULTS)
FLASK_CORS_EVALUATED = "_FLASK_CORS_EVALUATED"
LOG = logging.getLogger("wsgicors")
RegexObject = re.Pattern

probably_regex = is_regex


def get_cors_options(app: flask.Flask | flask.Blueprint | None, *options: Options) -> Settings:
    """The settings that options stand for, those of ``app.config`` among them.

    Programs call it for each request. So what would open a door is narrowed, and told in the log once.

    :param app: the application, or ``None`` for the one that is being asked.
    :param options: options; the later replace the earlier.
    """
    said = {**DEFAULTS, **configured(getattr(app or flask.current_app, "config", {}))}
    for each in options:
        said.update(each)
    return narrowed({name: value for name, value in said.items() if name != "resources"}, _log_once)


@functools.lru_cache(maxsize=256)
def _log_once(message: str) -> None:
    logger.error("get_cors_options: %s", message)


def get_cors_headers(
    options: Settings, request_headers: Mapping[str, str], request_method: str
) -> MultiDict[str, str]:
    """The headers for a response, for programs that put them there themselves.

    :param options: what :func:`get_cors_options` gave.
    :param request_headers: the headers of the request.
    :param request_method: its method.
    """
    environ = {
        f"HTTP_{name.upper().replace('-', '_')}": text for name, text in request_headers.items()
    }
    environ["REQUEST_METHOD"] = request_method
    if is_preflight(environ):
        return MultiDict(options.preflight(environ, options.methods).lines)
    return MultiDict(options.actual(environ).lines)


def set_cors_headers(resp: Response, options: Settings) -> Response:
    """Put headers on a response to the request under way.

    :param resp: the response.
    :param options: what :func:`get_cors_options` gave.
    """
    if flask.request.environ.get(EVALUATED) is not resp:
        share_as_decided(resp, options)
    return resp


def try_match_pattern(
    value: object,
    pattern: str | Pattern[str],
    caseSensitive: bool = True,  # noqa: N803 - its name in Flask-CORS
) -> bool:
    """Whether a text begins as a regular expression says, or is a text."""
    if isinstance(pattern, re.Pattern):
        return pattern.match(str(value)) is not None
    texts = (str(value), str(pattern))
    one, other = texts if caseSensitive else map(str.casefold, texts)
    return one == other


def try_match_any_pattern(
    inst: str,
    patterns: Iterable[str | Pattern[str]],
    caseSensitive: bool = True,  # noqa: N803
) -> bool:
    """Whether `try_match_pattern` holds for any of some."""
    return any(try_match_pattern(inst, pattern, caseSensitive) for pattern in patterns)


def not_here(name: str) -> Callable[..., NoReturn]:
    """A function of Flask-CORS's own that may be imported, but not called.

    :param name: of the function.
    """

    def function(*args: Any, **kwargs: Any) -> NoReturn:
        message = (
            f"{name} is one of Flask-CORS's own functions, which wsgicors has not: keep this program to"
            " Flask-CORS"
        )
        raise NotImplementedError(message)

    return function


ensure_iterable = not_here("ensure_iterable")
flexible_str = not_here("flexible_str")
get_allow_headers = not_here("get_allow_headers")
get_app_kwarg_dict = not_here("get_app_kwarg_dict")
get_cors_origins = not_here("get_cors_origins")
get_regexp_pattern = not_here("get_regexp_pattern")
merge_options = not_here("merge_options")
parse_resources = not_here("parse_resources")
re_fix = not_here("re_fix")
sanitize_regex_param = not_here("sanitize_regex_param")
serialize_options = not_here("serialize_options")
# Of its releases before 6.
serialize_option = not_here("serialize_option")
try_match = not_here("try_match")
try_match_any = not_here("try_match_any")
