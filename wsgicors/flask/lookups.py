"""Look-ups of origins, to which no request of Flask's is to be known (`wsgicors.cache`)."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import flask

from ..cache import SURROUNDINGS


def application_context() -> AbstractContextManager[object]:
    """A new context of the application under way: with its database, and with no ``g`` of a request."""
    return flask.current_app.app_context() if flask.has_app_context() else nullcontext()


SURROUNDINGS.append(application_context)
