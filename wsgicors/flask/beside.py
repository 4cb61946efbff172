"""Applications beside the one that `CORS` governs: what stands around it leads to them, and past it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakSet

from ..errors import ConfigError, few, shown
from ..forks import Lock
from ..layers import LAYER
from ..logs import logger
from ..middleware import CORSMiddleware
from ..names import SAFE_METHODS
from .inspection import applications
from .settings import EXTENSION, Effective, config_layers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from flask import Flask

    from .declarations import Layer

# The key in ``app.extensions`` of what `CORS` has put around an application, and of its settings.
_GOVERNED = "wsgicors-governed"
# All applications that it governs.
_GOVERNING: WeakSet[Flask] = WeakSet()
_lock = Lock()
# The key in ``app.extensions`` of the applications that were told of, by their identity.
_TOLD = "wsgicors-told-beside"


def govern(app: Flask, governed: WSGIApplication, layers: Iterable[Layer]) -> None:
    """Take note of what `CORS` has put around an application, and with which settings."""
    app.extensions[_GOVERNED] = governed, [*layers]
    with _lock:
        _GOVERNING.add(app)


def tell_if_beside(other: Flask, environ: WSGIEnvironment) -> None:
    """Tell of an application that gets its first request, maybe before the one that it stands beside does."""
    # Some make applications while requests come.
    with _lock:
        governing = list(_GOVERNING)
    for app in governing:
        # What is wrong with its settings is told with its own first request.
        with suppress(ConfigError):
            if any(each is other for each in _untold(app, environ)):
                tell_of_those_beside(app, environ)


def tell_of_those_beside(app: Flask, environ: WSGIEnvironment) -> None:
    """Say once of each application beside one that refuses what is denied that it refuses nothing.

    :param environ: of the request with which that is found out.
    """
    untold = _untold(app, environ)
    if untold:
        app.extensions[_TOLD] = {*app.extensions.get(_TOLD, ()), *map(id, untold)}
        names = few([shown(each.name) for each in untold])
        logger.warning(_BESIDE, shown(app.name), names)


def _untold(app: Flask, environ: WSGIEnvironment) -> list[Flask]:
    governed, layers = app.extensions[_GOVERNED]
    # A layer around all of them governs them.
    if app.wsgi_app is governed or environ.get(LAYER) is not None:
        return []
    if not Effective.of([*config_layers(app), *layers]).policy.refuse_denied:
        return []
    told = app.extensions.get(_TOLD, ())
    return [each for each in _beside(app, governed) if id(each) not in told]


_BESIDE = (
    "refuse_denied of CORS(app) of the application %s refuses nothing in %s, which stands beside it: what leads"
    " there was put around app.wsgi_app after CORS(app). Put it there before CORS(app), which then governs both,"
    " or write CORS(other, ..., refuse_denied=True) for the other one, too. If strangers may act there, write"
    " refuse_denied=False there"
)


def _beside(app: Flask, governed: WSGIApplication) -> list[Flask]:
    """The applications that requests reach past what governs an application, and that nothing governs."""

    def is_end(thing: object) -> bool:
        return thing is governed or issubclass(type(thing), CORSMiddleware)

    return [
        each
        for each in applications(app.wsgi_app, is_end)
        if each is not app and EXTENSION not in each.extensions and _may_be_acted_on(each)
    ]


def _may_be_acted_on(app: Flask) -> bool:
    return any(
        rule.websocket or not SAFE_METHODS.issuperset(rule.methods or ["POST"])
        for rule in app.url_map.iter_rules()
    )
