"""The decorator: it puts headers on what a view gives back, wherever that is called from."""

from __future__ import annotations

import functools
import inspect
import logging
import warnings
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import flask

from ...errors import ConfigError, Problem, shown
from ...flask.denials import tell_of_denial
from ...flask.settings import EXTENSION, call_site
from ...flask.strays import RequiredMethods
from ...flask.under_way import app_under_way
from .decisions import share_as_decided
from .options import DEFAULTS, Options, configured, note_ignored
from .settings import AHEAD, EVALUATED, NOBODY, Settings, narrowed
from .views import remember

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response

    from ...headers import Decision

logger = logging.getLogger("wsgicors")

Target = TypeVar("Target", bound=Callable[..., Any])


def cross_origin(*ignored: Any, **options: Any) -> Callable[[Target], Target]:
    """Say who may use a view across origins, with the options of Flask-CORS.

    :param options: those of :class:`CORS`, without ``resources``. What is left out is as
        ``app.config`` has it, or else as Flask-CORS has it; what ``CORS`` was called with does not count.
    :raises ConfigError: if the options would open a door, or are no regular expressions.

    >>> import flask
    >>> app = flask.Flask("example")
    >>> @app.put("/items/<int:id>")
    ... @cross_origin(origins="https://admin.example.com", supports_credentials=True)
    ... def put_item(id):
    ...     return "", 204
    """
    _check_positional(ignored)
    given = _Given(options, f"@cross_origin at {call_site()}")
    given.check()

    def decorator(view: Target) -> Target:
        if options.get("automatic_options", True):
            # Flask looks for these ("View Function Options"): the view is to get its OPTIONS.
            view.required_methods = _with_options(view)  # type: ignore[attr-defined]
            view.provide_automatic_options = False  # type: ignore[attr-defined]

        @functools.wraps(view)
        def decorated(*args: Any, **kwargs: Any) -> Response:
            given.tell_of_others()
            settings = given.settings()
            response = _response(view, settings, args, kwargs)
            _see_to_headers(response, settings, given)
            return response

        remember(view, decorated, given.settings, given.where)
        return decorated  # type: ignore[return-value]

    return decorator


def _with_options(view: Any) -> Iterable[str]:
    """The methods that a view requires, and ``OPTIONS``."""
    required = getattr(view, "required_methods", ())
    if not isinstance(required, RequiredMethods):
        return {*required, "OPTIONS"}
    # These know whether Flask has read them, which it has not yet.
    further = RequiredMethods(None, "OPTIONS", view)
    further.decorated = view
    return further


def _check_positional(arguments: tuple[Any, ...]) -> None:
    """Warn of arguments that Flask-CORS ignored.

    :raises ConfigError: if it is a view, because the parentheses were forgotten.
    """
    if any(inspect.isroutine(argument) or inspect.isclass(argument) for argument in arguments):
        message = "the decorator takes options, and then the view; write @cross_origin()"
        raise ConfigError([Problem("cross_origin", arguments[0], "wrong-type", message)])
    if arguments:
        message = f"@cross_origin: {shown(arguments[0])} is ignored, as Flask-CORS does; write origins=..."
        warnings.warn(message, UserWarning, stacklevel=3)


class _Given:
    """The options of one decorator, and what they mean in each application."""

    def __init__(self, options: Options, where: str) -> None:
        self._options = options
        self.where = where
        # The last configuration that was met, and the settings under it.
        self._last: tuple[Options | None, Settings] = (None, NOBODY)
        self._told: set[str] = set()

    def check(self) -> None:
        """Find what is wrong whatever the configuration says, and warn of what is ignored."""
        notes: dict[str, None] = {}
        # What the configuration may say is left out.
        alone = {"origins": (), **self._options}
        note_ignored(self._options, notes.setdefault)
        if "resources" in self._options:
            notes.setdefault("resources is ignored: a view has the paths of its routes")
        Settings({**DEFAULTS, **alone}, notes.setdefault)
        for message in notes:
            warnings.warn(message, UserWarning, stacklevel=3)
        self._told.update(notes)

    def settings(self) -> Settings:
        """The settings in the application that is being asked."""
        config = configured(flask.current_app.config)
        known, settings = self._last
        if known != config:
            options = {**DEFAULTS, **config, **self._options}
            settings = narrowed(options, self._log, self.where)
            self._last = (_copied(config), settings)
        return settings

    def tell_of_others(self) -> None:
        """Say so where `wsgicors.flask` governs the application, and answers preflights without asking."""
        governing = flask.current_app.extensions.get(EXTENSION)
        view = (flask.request.endpoint, flask.request.method)
        if (
            governing is not None
            and not governing.governs_paths
            and view not in governing.narrowing
        ):
            self._log(_GOVERNED_BY_OTHERS)

    def tell_of_denial(self, decision: Decision) -> None:
        """Say so where ``decision()`` did not say ahead that this decorator would deny."""
        environ = flask.request.environ
        said: Decision | None = environ.get(AHEAD)
        if AHEAD in environ and not decision.allowed and (said is None or said.allowed):
            self._log(_NOT_KNOWN_AHEAD, logging.WARNING)

    def _log(self, message: str, level: int = logging.ERROR) -> None:
        if message not in self._told:
            self._told.add(message)
            logger.log(level, "%s: %s", self.where, message)


_GOVERNED_BY_OTHERS = (
    "CORS of wsgicors.flask governs the application, and its preflights know nothing of this decorator, which is"
    " of wsgicors.compat.flask_cors; import cross_origin from wsgicors.flask, too"
)


_NOT_KNOWN_AHEAD = (
    "the decorator denies, and decision() of wsgicors.flask did not know that ahead, so nothing was refused:"
    " another function hides the decorated one, or calls it. Decorate the view that has the route, and write"
    " functools.wraps in decorators of your own"
)


def _copied(config: Options) -> Options:
    """A configuration that later changes inside of its lists do not change."""
    return {
        option: list(value) if isinstance(value, list) else value
        for option, value in config.items()
    }


def _response(view: Callable[..., Any], settings: Settings, args: Any, kwargs: Any) -> Response:
    app = flask.current_app
    if settings.automatic_options and flask.request.method == "OPTIONS":
        return app.make_default_options_response()
    return flask.make_response(app.ensure_sync(view)(*args, **kwargs))


def _see_to_headers(response: Response, settings: Settings, given: _Given) -> None:
    environ = flask.request.environ
    if environ.get(EVALUATED) is response:
        # The innermost decorator decides, as with Flask-CORS.
        return
    environ[EVALUATED] = response
    decision = share_as_decided(response, settings)
    given.tell_of_denial(decision)
    app = app_under_way()
    if not decision.allowed and EXTENSION not in app.extensions:
        tell_of_denial(app, environ)
