"""What Flask's proxies stand for, with all that is asked of it then asked directly."""

from __future__ import annotations

from typing import Callable

import flask

#: The application under way.
app_under_way: Callable[[], flask.Flask] = flask.current_app._get_current_object  # type: ignore[attr-defined]
#: The request under way.
request_under_way: Callable[[], flask.Request] = flask.request._get_current_object  # type: ignore[attr-defined]
