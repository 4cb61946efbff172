"""The extension: it puts headers on the responses of an application or a blueprint, by their paths.

It is a hook of Flask's (``after_request``), as Flask-CORS is one: the paths are those that Flask
itself sees, and what is mounted beside the application is not touched.
"""

from __future__ import annotations

import functools
import logging
import warnings
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import flask

from ...errors import ConfigError, Problem, shown
from ...flask.declarations import is_refusal_declared
from ...flask.denials import tell_of_denial
from ...flask.extension import refusal_ahead
from ...flask.settings import EXTENSION, call_site
from ...flask.targets import application
from ...flask.under_way import app_under_way
from ...layers import DECISION
from ...middleware import refuse
from .core import not_here
from .decisions import decided, decided_by
from .options import DEFAULTS, Options, configured, note_unread_keys
from .resources import Resources
from .settings import DECIDED, EVALUATED, Settings, share, speaks_for_itself
from .views import TOLD, Governed, resources_of, settings_at

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Response


logger = logging.getLogger("wsgicors")


class CORS:
    """CORS for a Flask application, with the options of Flask-CORS.

    :param app: the application, or a blueprint; without it, call :meth:`init_app` later.
    :param options: ``origins``, ``methods``, ``allow_headers``, ``expose_headers``,
        ``supports_credentials``, ``max_age`` and ``resources``, with the defaults of Flask-CORS.
        ``app.config`` says less, in keys such as ``CORS_ORIGINS``; each of the ``resources`` more.
    :raises ConfigError: if the options would open a door, or are no regular expressions.

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
        self._options = options
        if app is not None:
            self.init_app(app)

    def init_app(self, app: flask.Flask | flask.Blueprint, **options: Any) -> None:
        """Govern an application or a blueprint.

        :param app: the application or blueprint.
        :param options: replace those of the constructor.
        :raises ConfigError: as the constructor does.
        """
        app = application(app)
        config = getattr(app, "config", {})
        notes: dict[str, None] = {}
        note_unread_keys(config, notes.setdefault)
        said = {**DEFAULTS, **configured(config), **self._options, **options}
        resources = _resources(said, notes)
        for message in notes:
            warnings.warn(message, UserWarning, stacklevel=3)
        _govern(app, resources)
        if isinstance(app, flask.Flask):
            app.extensions.setdefault(TOLD, set()).update(notes)


def _resources(options: Options, notes: dict[str, None]) -> Resources:
    try:
        return Resources(options, notes.setdefault, f"CORS(...) at {call_site()}")
    except ConfigError as error:
        raise ConfigError([_for_who_runs_it(problem) for problem in error.problems]) from None


def _for_who_runs_it(problem: Problem) -> Problem:
    key = f"CORS_{problem.field.upper()}"
    message = (
        f"{problem.message}. The setting comes from {call_site()}, or from app.config[{key!r}]. If you"
        " cannot edit"
        " the program, look for a setting of its own, set that key, or stay with Flask-CORS"
    )
    return problem._replace(message=message)


_TWICE = Problem(
    "app",
    None,
    "initialised-twice",
    "wsgicors.flask.CORS governs this application already; write all settings there",
)


def _govern(app: flask.Flask | flask.Blueprint, resources: Resources) -> None:
    if isinstance(app, flask.Blueprint):
        # Of several blueprints around one another, Flask asks the innermost first.
        app.after_request(lambda response: _shared_by(app, response, resources))
        resources_of(app).append(resources)
        return
    governed = app.extensions.setdefault(EXTENSION, Governed(app))
    if not isinstance(governed, Governed):
        raise ConfigError([_TWICE])
    if not governed.resources:
        # Ahead of other hooks: what is refused is to do nothing.
        hooks = app.before_request_funcs.setdefault(None, [])
        hooks.insert(0, functools.partial(_refused, governed))
        app.after_request(lambda response: _governed(response, governed))
    governed.resources.append(resources)


def _refused(governed: Governed) -> Response | None:
    """The answer to a request that a decorator of `wsgicors.flask` wants refused."""
    environ = flask.request.environ
    decision = refusal_ahead(environ, governed) if is_refusal_declared() else None
    if decision is None:
        return None
    response = flask.Response.from_app(functools.partial(refuse, decision), environ)
    # Nobody else is to say who may read it.
    environ[EVALUATED] = response
    environ[DECISION] = decision
    return response


def _shared_by(blueprint: flask.Blueprint, response: Response, resources: Resources) -> Response:
    environ = flask.request.environ
    is_decided = environ.get(EVALUATED) is response
    _shared(response, next(settings_at([resources]), None))
    if not is_decided and environ.get(EVALUATED) is response:
        environ[_DECIDED_BY] = blueprint
    if EXTENSION not in flask.current_app.extensions:
        _tell_of_denial(environ)
    return response


_DECIDED_BY = "wsgicors.flask_cors.blueprint"


def _tell_of_who_is_narrower(settings: Settings) -> None:
    """Tell, once for each blueprint, of an origin that it denies and that others around it allow."""
    environ = flask.request.environ
    blueprint = environ.get(_DECIDED_BY)
    if blueprint is None or blueprint in _told or environ[DECISION].origin_allowed:
        return
    if "HTTP_ORIGIN" in environ and settings.admits(environ):
        _told.add(blueprint)
        logger.warning(_NARROWER, shown(blueprint.name), shown(environ["HTTP_ORIGIN"]))


# The blueprints of which it was told that fewer are allowed there.
_told: WeakSet[flask.Blueprint] = WeakSet()
_NARROWER = (
    "CORS of the blueprint %s does not allow %s, which CORS around it allows. Flask-CORS shares with the"
    " origins of both, this layer only with those of the blueprint. If it should be allowed, name it in both"
)


def _governed(response: Response, governed: Governed) -> Response:
    environ = flask.request.environ
    builder = governed.declared()
    if builder is None:
        _shared(response, governed.settings())
    else:
        share(response, decided_by(builder), environ)
        environ[DECIDED] = environ[DECISION]
    _tell_of_denial(environ)
    return response


def _tell_of_denial(environ: WSGIEnvironment) -> None:
    if environ.get(DECIDED) is not None:
        tell_of_denial(app_under_way(), environ)


def _shared(response: Response, settings: Settings | None) -> None:
    """Put the headers on the response, unless somebody has seen to them already."""
    environ = flask.request.environ
    is_decided = environ.get(EVALUATED) is response
    if settings is not None and not speaks_for_itself(response):
        if is_decided:
            _tell_of_who_is_narrower(settings)
        else:
            environ[EVALUATED] = response
            share(response, decided(response, settings, lambda: settings), environ)
            is_decided = True
    if is_decided:
        environ[DECIDED] = environ.get(DECISION)


make_after_request_function = not_here("make_after_request_function")
