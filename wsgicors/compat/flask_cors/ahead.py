"""What will be decided about the request under way, for hooks and views that ask before its response is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ...flask.decisions import OTHERS
from ...flask.under_way import app_under_way
from .decisions import decided_ahead
from .settings import AHEAD, DECIDED
from .views import resources_of, settings_at, settings_of_paths, settings_of_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...headers import Decision
    from .settings import Settings


def _ahead(request: flask.Request) -> Decision | None:
    """What a hook has decided by now, or what will be decided."""
    decided: Decision | None = request.environ.get(DECIDED)
    if decided is not None:
        return decided
    own = _of_view(request)
    if own is not None:
        decided = decided_ahead(own, settings_of_paths)
    else:
        settings = next(_of_blueprints(request), None) or settings_of_paths()
        decided = None if settings is None else decided_ahead(settings, lambda: settings)
    request.environ[AHEAD] = decided
    return decided


OTHERS.append(_ahead)


def _of_view(request: flask.Request) -> Settings | None:
    is_flasks_own = getattr(request.url_rule, "provide_automatic_options", False)
    if request.method == "OPTIONS" and is_flasks_own:
        # Flask answers, and the view does not run.
        return None
    return settings_of_view(request.endpoint, request.method)


def _of_blueprints(request: flask.Request) -> Iterator[Settings]:
    """The settings of blueprints, in the order in which Flask runs their hooks."""
    blueprints = app_under_way().blueprints
    for name in request.blueprints:
        yield from settings_at(reversed(resources_of(blueprints[name])))
