"""Whose settings hold where: those of an application's paths, and those of its decorated views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Callable
from weakref import WeakKeyDictionary

import flask
from werkzeug.exceptions import HTTPException

from ...flask.declarations import is_anything_declared
from ...flask.resolver import UrlMapResolver
from ...flask.settings import EXTENSION, READERS
from ...requests import is_preflight

if TYPE_CHECKING:
    from flask.sansio.blueprints import Blueprint
    from werkzeug.routing import MapAdapter, Rule

    from ...flask.settings import Effective
    from ...headers import HeaderBuilder
    from .resources import Resources
    from .settings import Settings

    SettingsOf = Callable[[], Settings]


class Governed(UrlMapResolver):
    """An application that ``CORS`` governs; what `wsgicors.flask` finds in ``app.extensions``."""

    def __init__(self, app: flask.Flask) -> None:
        super().__init__(app, governs_all=False)
        #: What each call of ``CORS`` has said.
        self.resources: list[Resources] = []

    @property
    def governs_paths(self) -> bool:  # type: ignore[override]
        """Whether anything is said of paths."""
        return bool(self.resources) or any(True for _ in self._of_blueprints())

    def _of_blueprints(self) -> Iterator[tuple[str, Resources]]:
        for name, blueprint in self._app.blueprints.items():
            for resources in resources_of(blueprint):
                yield name, resources

    def ensure_checked(self) -> None:
        """Everything was checked when ``CORS`` was called; the keys in ``app.config`` are not those of ours."""

    def routes(self) -> Iterator[tuple[Rule, str, Effective | None]]:
        """Each method of each rule, and what its decorator says; ``None`` where its path decides."""
        # What a decorator leaves out is as the configuration has it.
        with self._app.app_context():
            found = [
                (each, settings_of_view(each[0].endpoint, each[1])) for each in super().routes()
            ]
        for (rule, method, effective), settings in found:
            own = None if settings is None else settings.effective
            yield rule, method, effective or own

    def by_path(self) -> Iterator[tuple[str, Effective]]:
        """What each call of ``CORS`` has said of paths; first what was said of blueprints."""
        for name, resources in self._of_blueprints():
            for paths, effective in resources.said():
                yield f"{paths}, in the blueprint {name}", effective
        for number, resources in enumerate(self.resources, 1):
            again = f", in call {number} of CORS" if number > 1 else ""
            for paths, effective in resources.said():
                yield f"{paths}{again}", effective

    def declared(self) -> HeaderBuilder | None:
        """The builder for what the decorators of `wsgicors.flask` said of the view that is asked for."""
        environ = flask.request.environ
        if not is_anything_declared():
            return None
        if is_preflight(environ):
            return self(environ, environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
        request = flask.request._get_current_object()  # type: ignore[attr-defined]
        return self.met(self(environ, environ["REQUEST_METHOD"]), request)

    def settings(self) -> Settings | None:
        """The settings of the path that is asked for.

        Where ``CORS`` was called more than once, each call adds to who is allowed.
        """
        environ = flask.request.environ
        found = list(settings_at(reversed(self.resources)))
        return next((each for each in found if each.admits(environ)), next(iter(found), None))


def read(app: flask.Flask) -> Governed | None:
    """What decorators and ``CORS(blueprint)`` say in an application that was not given to ``CORS``."""
    found = Governed(app)
    says = found.governs_paths or any(effective for _, _, effective in found.routes())
    return found if says else None


READERS.append(read)

_resources: WeakKeyDictionary[Blueprint, list[Resources]] = WeakKeyDictionary()


def resources_of(blueprint: Blueprint) -> list[Resources]:
    """What each call of ``CORS`` has said of a blueprint."""
    return _resources.setdefault(blueprint, [])


def settings_at(resources: Iterable[Resources]) -> Iterator[Settings]:
    """The settings that some resources have for the path that is asked for."""
    found = (each.settings_at(flask.request.path) for each in resources)
    return (settings for settings in found if settings is not None)


def settings_of_paths() -> Settings | None:
    """What ``CORS`` was told about the path that is asked for, if anything."""
    governed = flask.current_app.extensions.get(EXTENSION)
    return governed.settings() if isinstance(governed, Governed) else None


# Views as their decorators gave them back, and what they ask for their settings.
_decorated: WeakKeyDictionary[Any, SettingsOf] = WeakKeyDictionary()


def remember(view: object, settings: SettingsOf) -> None:
    """Note that a view was decorated."""
    _decorated[view] = settings


def lead_to(adapter: MapAdapter, method: str) -> str | None:
    """The endpoint to which a method of the same URL leads."""
    try:
        rule = adapter.match(method=method, return_rule=True)[0]
    except HTTPException:
        return None
    return str(rule.endpoint)


def settings_of_view(endpoint: str | None, method: str) -> Settings | None:
    """What the innermost decorator said of a view."""
    view = flask.current_app.view_functions.get(endpoint or "")
    found = (_decorated.get(link) for link in _links(view, method))
    settings: SettingsOf | None = next(filter(None, found), None)
    return settings and settings()


def _links(view: Any, method: str) -> list[Any]:
    """The functions that a view or the method of its class wraps, from the inside out."""
    view_class = getattr(view, "view_class", None)
    chain: list[Any] = []
    for start in (view, getattr(view_class, method.lower(), None)):
        link = start
        while callable(link) and not any(link is known for known in chain):
            chain.append(link)
            link = getattr(link, "__wrapped__", None)
    return chain[::-1]
