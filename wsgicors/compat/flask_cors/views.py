"""Whose settings hold where: those of an application's paths, and those of its decorated views."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any, Callable, NamedTuple
from weakref import WeakKeyDictionary

import flask
from flask.signals import request_started
from werkzeug.exceptions import HTTPException

from ...errors import shown
from ...flask.declarations import Kept, is_anything_declared
from ...flask.inspection import ensure_placed
from ...flask.leftovers import flask_cors_in_use
from ...flask.links import stands_in_class
from ...flask.resolver import UrlMapResolver
from ...flask.settings import EXTENSION, READERS
from ...flask.under_way import request_under_way
from ...requests import is_preflight
from .options import note_unread_keys

if TYPE_CHECKING:
    from flask.sansio.blueprints import Blueprint
    from werkzeug.routing import MapAdapter, Rule

    from ...flask.settings import Effective
    from ...headers import HeaderBuilder
    from .resources import Resources
    from .settings import Settings

    SettingsOf = Callable[[], Settings]

logger = logging.getLogger("wsgicors")


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
        """See to it that nothing of `wsgicors.flask` stands above a route.

        Everything else was checked when ``CORS`` was called; the keys in ``app.config`` are not those of ours.
        """
        ensure_placed(self._app)

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
        request = request_under_way()
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


class _Decorated(NamedTuple):
    """A view as its decorator gave it back."""

    #: Is asked for its settings.
    settings: SettingsOf
    #: The place of the decorator, for people.
    where: str


_decorated: Kept[_Decorated] = Kept()
# The places of the decorators of whatever was decorated.
_places: Kept[set[str]] = Kept()


def remember(target: object, view: object, settings: SettingsOf, where: str) -> None:
    """Note that something was decorated.

    :param target: what was decorated.
    :param view: what the decorator gives back.
    :param where: the place, for people.
    """
    _decorated.set(view, _Decorated(settings, where))
    for link in _links(target):
        places = _places.get(link)
        if places is not None:
            places.add(where)
        else:
            # Some cannot be referred to without holding them. They are not told of, as ever.
            with suppress(TypeError):
                _places.set(link, {where})

    if isinstance(target, FunctionType) and not (
        stands_in_class(target) or flask.has_request_context()
    ):
        _undecided.add(where)
        # Flask 2.2 has no signals without blinker.
        if hasattr(request_started, "receivers"):
            request_started.connect(_tell_of_decorators, weak=False)


# The places of decorators of which no application was seen to have what they gave back, nor to lack it.
_undecided: set[str] = set()
# The keys in ``app.extensions`` of an application whose decorators, or keys, were looked at.
_LOOKED_AT = "wsgicors-flask-cors-looked-at"
# Views are wrapped a few times; a chain that goes on for ever is not followed.
_MOST_LINKS = 128
_KEYS_LOOKED_AT = "wsgicors-flask-cors-keys-looked-at"
_BOTH = (
    "Flask-CORS itself is still in use for %s, beside wsgicors.compat.flask_cors. An origin that only one of the"
    " two allows may be allowed. Import everything from wsgicors.compat.flask_cors"
)
_ABOVE = (
    "%s has no effect on endpoint %s (%s), as with Flask-CORS: it stands above the route, or its result was not"
    " used, so Flask has the view without it; put it below the route"
)


def look_at(app: flask.Flask) -> None:
    """Look at where decorators stand, before a response is shared.

    :raises ConfigError: if one of `wsgicors.flask` stands above a route. One of ours is ignored there, as
        Flask-CORS ignored it, and told of once.
    """
    ensure_placed(app)
    _tell_of_decorators(app)
    if _KEYS_LOOKED_AT not in app.extensions:
        app.extensions[_KEYS_LOOKED_AT] = True
        _tell_of_late_keys(app)
        for place in flask_cors_in_use(app):
            logger.warning(_BOTH, place)


def _tell_of_decorators(app: flask.Flask, **_: Any) -> None:
    """Tell of what stands above a route, with the first request: nothing else of ours may ever run."""
    if _LOOKED_AT in app.extensions:
        return
    app.extensions[_LOOKED_AT] = True
    in_use = _in_use(app)
    without_effect = dict(_without_effect(app, in_use))
    for where, endpoint in without_effect.items():
        rules = ", ".join(rule.rule for rule in app.url_map.iter_rules(endpoint))
        logger.warning(_ABOVE, where, shown(endpoint), rules)
    _undecided.difference_update(in_use, without_effect)
    if not _undecided and hasattr(request_started, "receivers"):
        request_started.disconnect(_tell_of_decorators)


#: The key in ``app.extensions`` of what was told of the keys of an application.
TOLD = "wsgicors-flask-cors-told"


def _tell_of_late_keys(app: flask.Flask) -> None:
    """Tell of keys that nobody reads, and that were not there yet when ``CORS`` was called."""
    notes: dict[str, None] = {}
    note_unread_keys(app.config, notes.setdefault)
    for message in notes.keys() - app.extensions.get(TOLD, ()):
        logger.warning("%s", message)


def _in_use(app: flask.Flask) -> set[str]:
    """The places of decorators that a view of an application has."""
    links = (link for view in app.view_functions.values() for link in _links(view))
    found = map(_decorated.get, links)
    return {decorated.where for decorated in found if decorated is not None}


def _without_effect(app: flask.Flask, in_use: set[str]) -> Iterator[tuple[str, str]]:
    """The places of decorators that no view of an application has, and where it has the view without."""
    for endpoint, view in app.view_functions.items():
        for where in set().union(*(_places.get(link) or () for link in _links(view))) - in_use:
            yield where, endpoint


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
    decorated = next(filter(None, found), None)
    return decorated and decorated.settings()


def _method(view_class: Any, method: str) -> Any:
    """What a view class runs for a method; for ``HEAD`` it may be that of ``GET``."""
    found = getattr(view_class, method.lower(), None)
    return getattr(view_class, "get", None) if found is None and method == "HEAD" else found


def _links(view: Any, method: str = "") -> list[Any]:
    """The functions that a view or the method of its class wraps, from the inside out."""
    view_class = getattr(view, "view_class", None)
    chain: list[Any] = []
    for start in (view, _method(view_class, method)):
        link = start
        while (
            callable(link)
            and len(chain) < _MOST_LINKS
            and not any(link is known for known in chain)
        ):
            chain.append(link)
            link = getattr(link, "__wrapped__", None)
    return chain[::-1]
