"""The signal ``denied``, and its sending; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import signals

from ..errors import log_exception
from ..layers import DECISION
from ..logs import logger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

#: Sent once for each request that is denied or refused, preflights included, with the application as
#: sender and the ``decision``. A receiver that raises is logged, and changes nothing.
denied = signals.Namespace().signal("wsgicors-denied")  # type: ignore[attr-defined]

#: Those who listen. It is empty where nobody does, and where Flask has no signals (2.2 without blinker).
LISTENERS: Any = getattr(denied, "receivers", ())
# In ``environ``, the applications whose denials are told.
_TOLD = "wsgicors.flask.told"


def tell_of_denial(app: Flask, environ: WSGIEnvironment) -> None:
    """Send the signal, if a request was denied and somebody listens."""
    decision = environ.get(DECISION)
    if not LISTENERS or decision is None or decision.allowed:
        return
    # A response may start twice, and applications may be mounted in one another.
    told = environ.setdefault(_TOLD, [])
    if app in told:
        return
    told.append(app)
    try:
        denied.send(app, decision=decision)
    except Exception:  # noqa: BLE001 - who counts denials must not stand in the way of one
        log_exception(logger, "a receiver of the signal wsgicors.flask.denied raised")


def telling(app: Flask, environ: WSGIEnvironment, body: Iterable[bytes]) -> Iterable[bytes]:
    """The body of an answer that is given in the place of the application's, if a denial, told of."""
    tell_of_denial(app, environ)
    return body
