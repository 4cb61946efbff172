"""What is said in the words of Flask-CORS below ``CORS(app)`` of `wsgicors.flask`, which answers preflights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...flask.declarations import Layer
from ...flask.leftovers import NARROWINGS
from ...flask.rules import methods_of
from ...policy import Policy
from .views import resources_of, settings_of_view

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

    from .settings import Settings


@dataclass(frozen=True)
class _Admits:
    """Whether an origin is admitted by some settings, for one method."""

    settings: Settings
    method: str

    def __call__(self, origin: str, environ: WSGIEnvironment) -> bool:
        return self.settings.admits(environ, self.method)


def _narrowing(app: Flask, endpoints: Iterable[Any]) -> dict[tuple[Any, str], Layer]:
    """Whom decorators and ``CORS(blueprint)`` admit."""
    found = {}
    # What they leave out is as the configuration has it.
    with app.app_context():
        for endpoint in endpoints:
            for method in methods_of(app.url_map, endpoint):
                # The decorator decides, as it puts its headers on first.
                settings = settings_of_view(endpoint, method) or _of_blueprints(app, endpoint)
                if settings is not None:
                    policy = Policy(allow_origins=_Admits(settings, method))
                    found[endpoint, method] = Layer(policy, settings.where)
    return found


def _of_blueprints(app: Flask, endpoint: str) -> Settings | None:
    """What was said of all paths of the innermost blueprint of which anything was said."""
    names = endpoint.split(".")[:-1]
    for depth in range(len(names), 0, -1):
        blueprint = app.blueprints.get(".".join(names[:depth]))
        said = [] if blueprint is None else resources_of(blueprint)
        if said:
            # Of its hooks, the last one runs first.
            return said[-1].settings_of_all()
    return None


NARROWINGS.append(_narrowing)
