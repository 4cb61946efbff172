"""Where requests lead, by the URL map of an application as it is bound for each of them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from flask import Flask, Request, current_app, has_app_context
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from ..names import USUAL_METHODS
from .memory import remember
from .rules import NOWHERE, Place, fitting_rules, place_by_asking, place_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import MapAdapter

# Adapters of the URL map are remembered for so many hosts and prefixes.
_MAX_ADAPTERS = 1024
# No client decides which rules meet, but there may be very many ways.
_MAX_PLACES = 65536


class Places:
    """Where the requests of an application lead.

    :param app: the application, whose rules are read when a request comes.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        #: The methods that its rules name, and the usual ones.
        self.methods = USUAL_METHODS
        self._redirects_by_call = False
        self.forget()

    def forget(self) -> None:
        """Look at all rules anew."""
        # Replaced and not emptied: whoever is at work then remembers it where nobody looks.
        self._places: dict[tuple[int, ...], tuple[list[Rule], Place | None]] = {}
        self._adapters: dict[tuple[object, ...], MapAdapter] = {}

    def read(self, url_map: Map) -> None:
        """Note what counts of all rules of its map together."""
        rules = [*url_map.iter_rules()]
        self._redirects_by_call = any(callable(rule.redirect_to) for rule in rules)
        self.methods = USUAL_METHODS.union(*(rule.methods or () for rule in rules))

    def at(self, environ: WSGIEnvironment, method: str) -> Place:
        """Where a request leads, with this method and all others."""
        # The usual adapter is bound, and the map walked, without the application's code.
        if not _has_own_adapter(self._app):
            return self._place(environ, method)
        with self._context():
            return self._place(environ, method, has_own_adapter=True)

    def _place(self, environ: WSGIEnvironment, method: str, has_own_adapter: bool = False) -> Place:
        try:
            adapter, path = self._adapter(environ, has_own_adapter)
        except HTTPException:
            return NOWHERE
        place = self._place_of(fitting_rules(adapter, path), adapter)
        if place is None:
            with self._context():
                place = place_by_asking(adapter, path, method, self.methods)
        return place

    def _place_of(self, rules: list[Rule] | None, adapter: MapAdapter) -> Place | None:
        """Where these rules lead, if that depends on nothing else."""
        if rules is None:
            return None
        key = (adapter.websocket, *map(id, rules))
        known = self._places.get(key)
        if known is None:
            known = (rules, place_of(rules, adapter, self.methods))
            remember(self._places, key, known, _MAX_PLACES)
        return known[1]

    def _context(self) -> AbstractContextManager[object]:
        """What converters and redirects of the application's own may count on, as where Flask routes."""
        app = self._app
        has_defaults = _DEFAULT_CONVERTERS.issuperset(app.url_map.converters.values())
        if (
            has_defaults
            and not self._redirects_by_call
            and type(app).create_url_adapter is Flask.create_url_adapter
        ):
            return _NO_CONTEXT
        is_there = has_app_context() and current_app == app
        return _NO_CONTEXT if is_there else app.app_context()

    def _adapter(self, environ: WSGIEnvironment, is_own: bool) -> tuple[MapAdapter, str]:
        """The URL map as it is bound for a request, and the path to look for.

        :raises HTTPException: if the request is refused before it is routed.
        """
        app = self._app
        if is_own or "HTTP_UPGRADE" in environ:
            adapter = self._bound(environ)
            return adapter, adapter.path_info
        config, get = app.config, environ.get
        trusted = config.get("TRUSTED_HOSTS")
        key = (
            get("HTTP_HOST"),
            get("SCRIPT_NAME"),
            get("SERVER_NAME"),
            get("SERVER_PORT"),
            get("wsgi.url_scheme"),
            config["SERVER_NAME"],
            trusted and tuple(trusted),
            app.subdomain_matching,
        )
        known = self._adapters.get(key)
        if known is None:
            known = self._bound(environ)
            remember(self._adapters, key, known, _MAX_ADAPTERS)
        path = get("PATH_INFO", "")
        if not path.isascii():
            path = path.encode("latin-1").decode(errors="replace")
        return known, path

    def _bound(self, environ: WSGIEnvironment) -> MapAdapter:
        request = self._app.request_class(environ, populate_request=False)
        adapter = self._app.create_url_adapter(request)
        assert adapter is not None, "there is always an adapter for a request"
        return adapter


_NO_CONTEXT = nullcontext()
_DEFAULT_CONVERTERS = frozenset(Map.default_converters.values())


def _has_own_adapter(app: Flask) -> bool:
    """Whether the same host is not always bound alike, for all that is known of an application."""
    return (
        type(app).create_url_adapter is not Flask.create_url_adapter
        or app.request_class is not Request
        or type(app.url_map) is not Map
    )
