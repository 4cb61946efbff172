"""Flask-CORS's names and options over `wsgicors.flask`; what they mean is said in `Policy`.

Options are translated here, and resources (patterns of paths) put into their order. Whose
decorated view a request leads to, and which headers it gets, is not known here.
"""

from __future__ import annotations

import posixpath
import re
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from re import Pattern
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, TypeVar, Union, cast
from urllib.parse import unquote

import flask

from ..errors import ConfigError, Problem, shown
from ..flask import cross_origin as flask_cross_origin
from ..flask.decorators import DecoratedView
from ..flask.resolver import UrlMapResolver
from ..flask.settings import CONFIG_PREFIX, EXTENSION
from ..middleware import CORSMiddleware
from ..policy import Policy
from ..vocabulary import nearest_field
from . import ANY_HEADER, in_words_of, is_pattern

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask.blueprints import BlueprintSetupState

    from ..resolvers import Resolve

Options = Mapping[str, Any]
Target = TypeVar("Target")
PathPattern = Union[str, "Pattern[str]"]

# The characters by which Flask-CORS takes a string for a regular expression.
_REGEX_CHARACTERS = re.compile(r"[*\\\]?$^\[()]")
_NOBODY = Policy(allow_origins=())
#: The key in ``app.extensions`` for what ``app.config`` said in the keys of Flask-CORS.
_CONFIGURED = "wsgicors-flask-cors"
_reading = threading.Lock()

_DEFAULTS: Options = {
    "origins": "*",
    "methods": ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"),
    "allow_headers": "*",
}
_ALL_PATHS = "*"


# --- options ----------------------------------------------------------------------------------------


def _listed(value: Any) -> list[Any]:
    is_one = isinstance(value, str) or not isinstance(value, Iterable)
    return [value] if is_one else list(value)


def _origins(value: Any) -> Any:
    origins = [_origin(item) for item in _listed(value)]
    return "*" if "*" in origins else origins


def _origin(item: Any) -> Any:
    if not isinstance(item, str):
        return item
    if item in ("*", ".*"):
        return "*"
    if not _REGEX_CHARACTERS.search(item) or is_pattern(item.lower()):
        return item.lower()
    return _compiled("origins", item, re.IGNORECASE)


def _compiled(option: str, text: str, flags: int = 0) -> Pattern[str]:
    try:
        return re.compile(text, flags)
    except re.error as error:
        message = f"{shown(text)} is no regular expression: {error}"
        raise ConfigError([Problem(option, text, "regular-expression", message)]) from None


def _methods(value: Any) -> Any:
    if isinstance(value, str):
        return value.upper()
    return [item.upper() if isinstance(item, str) else item for item in _listed(value)]


def _headers(value: Any) -> Any:
    if isinstance(value, str) and not _is_regex(value):
        return value
    names: list[Any] = []
    for item in _listed(value):
        names += ANY_HEADER if item in ("*", ".*") else [_header(item)]
    return names


def _header(item: Any) -> Any:
    if _is_regex(item):
        message = f'{shown(item)} is a regular expression; write the names of the headers, or "*"'
        raise ConfigError([Problem("allow_headers", item, "regular-expression", message)])
    return item


def _is_regex(item: Any) -> bool:
    return isinstance(item, re.Pattern) or (
        isinstance(item, str) and _REGEX_CHARACTERS.search(item) is not None
    )


def _as_it_is(value: Any) -> Any:
    return value


class _Field(NamedTuple):
    """The field of a policy that an option sets."""

    name: str
    translated: Callable[[Any], Any] = _as_it_is


_FIELDS = {
    "origins": _Field("allow_origins", _origins),
    "methods": _Field("allow_methods", _methods),
    "allow_headers": _Field("allow_headers", _headers),
    "expose_headers": _Field("expose_headers"),
    "supports_credentials": _Field("allow_credentials"),
    "max_age": _Field("max_age"),
    "dangerously_allow_insecure_origins": _Field("dangerously_allow_insecure_origins"),
    "dangerously_allow_public_suffixes": _Field("dangerously_allow_public_suffixes"),
}
_OPTIONS_OF_FIELDS = {field.name: option for option, field in _FIELDS.items()}
_NAMES = {
    **_OPTIONS_OF_FIELDS,
    **{
        f"{CONFIG_PREFIX}{field.upper()}": f"{CONFIG_PREFIX}{option.upper()}"
        for field, option in _OPTIONS_OF_FIELDS.items()
    },
}
# None is what Flask-CORS has here by default.
_MAY_BE_NONE = ("expose_headers", "max_age")

_IGNORED = {
    "send_wildcard": 'origins="*" always sends "*", and a list of origins never does',
    "vary_header": "Vary: Origin is sent wherever the answer depends on the origin, and only there",
    "automatic_options": "preflights are always answered",
    "intercept_exceptions": "the responses of error handlers always carry the headers",
    "always_send": 'the headers of origins="*" are always sent, others need an Origin to answer',
    "allow_private_network": (
        "browsers withdrew the preflight headers of Private Network Access in favour of a permission prompt"
    ),
}


def _policy(options: Options) -> Policy:
    """Translate options.

    :raises ConfigError: if one is unknown, or wrong by itself, under the name that it has here.
    """
    unknown = [_unknown(name, options[name]) for name in options if not _is_known(name)]
    if unknown:
        raise ConfigError(unknown)
    with in_words_of(_NAMES):
        return Policy(**_fields(options))


def _fields(options: Options) -> Any:
    return {
        field.name: field.translated(options[option])
        for option, field in _FIELDS.items()
        if option in options and not (options[option] is None and option in _MAY_BE_NONE)
    }


def _is_known(option: str) -> bool:
    return option in _FIELDS or option in _IGNORED or option == "resources"


def _unknown(name: str, value: Any) -> Problem:
    meant = _OPTIONS_OF_FIELDS.get(nearest_field(name) or "")
    advice = f"write {meant}" if meant else f"the options are {', '.join(_FIELDS)} and resources"
    return Problem(name, value, "unknown-field", f"there is no option {shown(name)}; {advice}")


def _warn_of_ignored(options: Options, stacklevel: int) -> None:
    """Warn of options without a meaning here, also among those of resources.

    :param stacklevel: as of `warnings.warn`; 1 is who calls this.
    """
    resources = options.get("resources")
    special = resources.values() if isinstance(resources, Mapping) else ()
    given = {name for each in (options, *special) for name in each}
    for option in sorted(given & _IGNORED.keys()):
        message = f"{option} is ignored: {_IGNORED[option]}"
        warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)


def _configured(app: flask.Flask) -> Options:
    """The options that ``app.config`` sets, and the defaults of all others.

    The keys give way to those that `wsgicors.flask` reads, so that they hold for decorated views.

    :raises ConfigError: if one is unknown, or wrong by itself.
    """
    if _CONFIGURED not in app.extensions:
        with _reading:
            # Another thread may have done it meanwhile.
            if _CONFIGURED not in app.extensions:
                app.extensions[_CONFIGURED] = _taken_from(app.config)
    configured: Options = app.extensions[_CONFIGURED]
    return configured


def _taken_from(config: flask.Config) -> Options:
    values = {key: config[key] for key in config if key.startswith(CONFIG_PREFIX)}
    options = {
        key[len(CONFIG_PREFIX) :].lower(): value
        for key, value in values.items()
        if value is not None
    }
    _warn_of_ignored(options, 2)
    settings = _settings_of_config({**_DEFAULTS, **options})
    for key in values:
        del config[key]
    config.update({f"{CONFIG_PREFIX}{name.upper()}": settings[name] for name in settings})
    return {**_DEFAULTS, "resources": _ALL_PATHS, **options}


def _settings_of_config(options: Options) -> dict[str, Any]:
    try:
        return _policy(options).settings()
    except ConfigError as error:
        raise ConfigError(
            problem._replace(field=f"{CONFIG_PREFIX}{problem.field.upper()}")
            for problem in error.problems
        ) from None


# --- resources ----------------------------------------------------------------------------------------


class _Resources:
    """The policies of paths, asked in order; the first pattern that fits decides.

    A string without the characters of regular expressions is a path; any other pattern must
    match the beginning of one.

    :param options: all options, ``resources`` among them.
    :raises ConfigError: with whatever is wrong in any of them.
    """

    def __init__(self, options: Options) -> None:
        general = {name: value for name, value in options.items() if name != "resources"}
        self._policies = [
            (_path_pattern(pattern), _whole_policy({**general, **special}))
            for pattern, special in _pairs(options["resources"])
        ]

    def policy_at(self, environ: WSGIEnvironment) -> Policy | None:
        """The policy of a path; nobody's, if it can be read as one of another resource."""
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        policies = [self._policy_of(reading) for reading in _readings(path)]
        is_clear = all(policy is policies[0] for policy in policies)
        return policies[0] if is_clear else _NOBODY

    def _policy_of(self, path: str) -> Policy | None:
        return next((policy for pattern, policy in self._policies if _fits(path, pattern)), None)


def _pairs(resources: Any) -> list[tuple[PathPattern, Options]]:
    """Patterns and the options of each; of a mapping, the most specific first."""
    if isinstance(resources, Mapping):
        return sorted(resources.items(), key=lambda pair: _generality(pair[0]))
    return [(pattern, {}) for pattern in _listed(resources)]


def _generality(pattern: PathPattern) -> tuple[bool, bool, int, int]:
    """Paths before regular expressions, and the longer before the shorter, counted in segments first."""
    is_compiled = isinstance(pattern, re.Pattern)
    text = pattern.pattern if isinstance(pattern, re.Pattern) else str(pattern)
    return _is_regex(pattern), not is_compiled, -text.count("/"), -len(text)


def _path_pattern(pattern: Any) -> PathPattern:
    if not isinstance(pattern, (str, re.Pattern)):
        message = f"{shown(pattern)} is neither a path nor a regular expression for paths"
        raise ConfigError([Problem("resources", pattern, "wrong-type", message)])
    if pattern == "*":
        return re.compile("")
    if isinstance(pattern, str) and _is_regex(pattern):
        return _compiled("resources", pattern)
    return pattern


def _fits(path: str, pattern: PathPattern) -> bool:
    return path == pattern if isinstance(pattern, str) else pattern.match(path) is not None


def _whole_policy(options: Options) -> Policy:
    policy = _policy(options)
    conflicts = policy.conflicts()
    if conflicts:
        with in_words_of(_NAMES):
            raise ConfigError(conflicts)
    return policy


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


# --- what an application imports ----------------------------------------------------------------------


class CORS:
    """CORS for a Flask application, with the options of Flask-CORS.

    :param app: the application, or a blueprint; without it, call :meth:`init_app` later.
    :param options: ``origins``, ``methods``, ``allow_headers``, ``expose_headers``,
        ``supports_credentials``, ``max_age`` and ``resources``, with the defaults of Flask-CORS.
        ``app.config`` says less, in keys such as ``CORS_ORIGINS``; each of the ``resources`` more.
    :raises ConfigError: if an option is unknown or wrong, or if some are wrong together.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> cors = CORS(app, resources={r"/api/*": {"origins": "https://app.example.com"}})
    >>> @app.get("/api/items")
    ... def items():
    ...     return "bread"
    >>> response = app.test_client().get("/api/items", headers={"Origin": "https://app.example.com"})
    >>> response.access_control_allow_origin
    'https://app.example.com'
    """

    def __init__(self, app: flask.Flask | flask.Blueprint | None = None, **options: Any) -> None:
        _policy(options)
        _warn_of_ignored(options, 2)
        self._options = options
        if app is not None:
            self._govern(app, options)

    def init_app(self, app: flask.Flask | flask.Blueprint, **options: Any) -> None:
        """Govern an application or a blueprint.

        :param app: the application or blueprint.
        :param options: replace those of the constructor.
        :raises ConfigError: as the constructor does.
        """
        _warn_of_ignored(options, 2)
        self._govern(app, {**self._options, **options})

    @staticmethod
    def _govern(app: flask.Flask | flask.Blueprint, options: Options) -> None:
        if isinstance(app, flask.Flask):
            _govern_app(app, options)
        else:
            _govern_blueprint(app, options)


def cross_origin(**options: Any) -> Callable[[Target], Target]:
    """Say who may use a view across origins, with the options of Flask-CORS.

    :param options: those of :class:`CORS`, without ``resources``. What is left out is as
        ``app.config`` has it, or else as Flask-CORS has it; what ``CORS`` was called with does not count.
    :raises ConfigError: if an option is unknown or wrong by itself.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> @app.put("/items/<int:id>")
    ... @cross_origin(origins="https://admin.example.com", supports_credentials=True)
    ... def put_item(id):
    ...     return "", 204
    """
    if "resources" in options:
        raise ConfigError([_misplaced(options["resources"])])
    fields: Any = _policy(options).settings()
    _warn_of_ignored(options, 2)
    decorate = flask_cross_origin(**fields)

    def decorator(target: Any) -> Any:
        decorated = decorate(target)
        return _ConfiguredView(decorated) if isinstance(decorated, DecoratedView) else decorated

    return decorator


def _misplaced(resources: Any) -> Problem:
    message = "a view has the paths that it is routed from; leave resources out, or give them to CORS(app)"
    return Problem("resources", resources, "misplaced", message)


class _ConfiguredView(DecoratedView):
    """A decorated view that, where no extension governs, has the configuration read before it answers."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the view, unless the answer is known without it."""
        if flask.has_request_context() and EXTENSION not in flask.current_app.extensions:
            _configured(flask.current_app)
        with in_words_of(_NAMES):
            return super().__call__(*args, **kwargs)


class _Views(UrlMapResolver):
    """The views of an application that speak for themselves, or whose blueprints do."""

    governs_paths = True

    def __init__(self, app: flask.Flask) -> None:
        super().__init__(app, governs_all=False)
        self.blueprints: dict[str, _Resources] = {}

    def ensure_checked(self) -> None:
        """Find everything that is wrong in any route, in the words of Flask-CORS."""
        with in_words_of(_NAMES):
            super().ensure_checked()

    def policy(self, environ: WSGIEnvironment, method: str) -> Policy | None:
        """The policy of a decorated view, or else of the innermost blueprint that has one."""
        builder = self(environ, method)
        if builder is not None:
            return builder.policy
        endpoint = self.place(environ, method).endpoint(method) or ""
        policies = (self.blueprints[name].policy_at(environ) for name in self._governed(endpoint))
        return next((policy for policy in policies if policy is not None), None)

    def _governed(self, endpoint: str) -> Iterator[str]:
        """The names of the blueprints of an endpoint that are governed, the innermost first."""
        while "." in endpoint:
            endpoint = endpoint.rpartition(".")[0]
            if endpoint in self.blueprints:
                yield endpoint


def _govern_app(app: flask.Flask, options: Options) -> None:
    resources = _Resources({**_configured(app), **options})
    views = _views(app)

    def resolve(environ: WSGIEnvironment, method: str) -> Policy | None:
        return views.policy(environ, method) or resources.policy_at(environ)

    _wrap(app, views, resolve)


def _govern_blueprint(blueprint: flask.Blueprint, options: Options) -> None:
    # A blueprint has no configuration, so what it is told is all that counts.
    resources = _Resources({**_DEFAULTS, "resources": _ALL_PATHS, **options})

    def register(state: BlueprintSetupState) -> None:
        app = cast(flask.Flask, state.app)
        _configured(app)
        views = _views(app)
        if not views.blueprints:
            _wrap(app, views, views.policy)
        views.blueprints[f"{state.name_prefix}.{state.name}".lstrip(".")] = resources

    blueprint.record(register)


def _views(app: flask.Flask) -> _Views:
    """The views of an application, which no other extension governs.

    :raises ConfigError: if `wsgicors.flask` does.
    """
    views = app.extensions.setdefault(EXTENSION, _Views(app))
    if not isinstance(views, _Views):
        raise ConfigError([_TWICE])
    return views


_TWICE = Problem(
    "app",
    None,
    "initialised-twice",
    "wsgicors.flask.CORS governs this application already; write all settings there",
)


def _wrap(app: flask.Flask, views: _Views, resolve: Resolve) -> None:
    middleware = CORSMiddleware(app.wsgi_app, resolve=resolve)

    def governed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        views.ensure_checked()
        return middleware(environ, start_response)

    app.wsgi_app = governed  # type: ignore[method-assign]
