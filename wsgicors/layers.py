"""Layers that govern one request, around one another: what one inside denied stays denied.

The outer layer is the author of the headers. As long as its response waits to be started, a list of what is
known of it can be had from ``environ``, with nothing in its first place. A layer inside finds it, also in a
copy of ``environ``, and leaves the status of its own response there. What that one grants stands in the
response that comes out, and what it denies does not. Where a middleware between has made an ``environ`` of
its own, the layer inside is known by its header lines. Where these are new, too, as behind a bridge to ASGI,
it is told of, because an application may say ``Vary: Origin`` by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import BuiltinMethodType
from typing import TYPE_CHECKING, Any, Callable

from .errors import shown
from .lines import varies_by_origin
from .logs import logger
from .names import ALLOW_ORIGIN, CREDENTIALS, SAFELISTED_METHODS, VARY
from .requests import is_foreign

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from .headers import Decision
    from .names import HeaderLine

#: Where in ``environ`` the response of the innermost layer so far waits; ``None`` once it has started.
#: Its list holds ``environ`` itself, which nothing would free before the garbage is collected. A method of the
#: list stands there and not the list: who reports a crash, as Django does, goes into every list of an
#: ``environ`` and would never come out, and would show what it hides elsewhere.
LAYER = "wsgicors.layer"
#: Where the decision about a request stands; where there are several layers, the innermost's.
DECISION = "wsgicors.decision"
#: The status of what a layer refuses: this very text, by which it is known where ``environ`` is copied. It is put
#: together, because some Pythons have one object for all texts that are written alike.
REFUSED = str(b"403 Forbidden", "ascii")
# In the place of the status of a layer that has failed: whatever is answered then, is answered for it.
_FAILED = "failed"


def is_noticed(environ: WSGIEnvironment, status: str) -> None:
    """Have the layers outside know, if there are any, that this one governs the request too.

    All of them: where a call of a layer failed before its response began, its own still waits, and a
    layer that is called again is not inside that one, but inside the one around it.

    :param status: of the response; ``""`` if it is not known yet.
    """
    for response in waiting(environ):
        response[0] = status


def is_failed(response: list[Any]) -> None:
    """Have the layers outside of a denied response know that it failed, whether or not they have started it."""
    start_response = response[-1]
    while isinstance(start_response, _Inside):
        outer: Any = start_response.outside.__self__
        outer[0] = _FAILED
        start_response = outer[-1]


def is_waiting(response: list[Any], environ: WSGIEnvironment) -> bool:
    """Whether a response has not been started yet, be it that one inside waits, too."""
    return any(each is response for each in waiting(environ))


def waiting(environ: WSGIEnvironment) -> Iterator[list[Any]]:
    """The responses that wait to be started, the innermost first."""
    waiting: BuiltinMethodType | None = environ.get(LAYER)
    while waiting is not None:
        response: Any = waiting.__self__
        yield response
        start_response = response[-1]
        waiting = start_response.outside if isinstance(start_response, _Inside) else None


def inside_another(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """Have the layer outside know, and give back its place in ``environ``, when the response starts."""
    return _Inside(environ, environ[LAYER], start_response)


def standing_aside(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """Give back the place in ``environ`` of the layer outside, if there is one, which is told nothing.

    :returns: what starts the response where this layer does not govern it.
    """
    if not isinstance(start_response, _Inside):
        environ[LAYER] = None
        return start_response
    environ[LAYER] = start_response.outside
    return start_response.start_response


class _Inside:
    """The ``start_response`` of a layer inside another one.

    :param outside: what stands in ``environ`` for the response of that one, which waits.
    """

    def __init__(
        self, environ: WSGIEnvironment, outside: BuiltinMethodType, start_response: StartResponse
    ) -> None:
        self._environ = environ
        self.outside = outside
        self.start_response = start_response

    def __call__(
        self, status: str, headers: list[HeaderLine], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        # The next to be called may stand beside this layer, not in it.
        self._environ[LAYER] = self.outside
        is_noticed(self._environ, status)
        return self.start_response(status, headers, *filter(None, [exc_info]))


def has_lines_of_a_layer(headers: list[HeaderLine]) -> bool:
    """Whether a layer inside has written any of these lines."""
    return any(name is VARY or name is ALLOW_ORIGIN for name, _ in headers)


def restricted(
    decision: Decision,
    status: str,
    headers: list[HeaderLine],
    environ: WSGIEnvironment,
    status_inside: str,
) -> Decision:
    """A decision, without what a layer inside has not granted.

    :param status: of the response as it comes out.
    :param headers: likewise.
    :param status_inside: that of the response that the layer inside has started.
    """
    lines = {name.lower(): value for name, value in headers}
    if lines.get("access-control-allow-origin") not in ("*", environ.get("HTTP_ORIGIN", "*")):
        # Where several applications are tried, the response may be of one that nobody governs.
        is_its_own = status_inside in (status, _FAILED) or _varies(headers)
        is_refused = status_inside is REFUSED or environ[DECISION].refused
        return _denied_inside(decision, environ, is_refused) if is_its_own else decision
    if "access-control-allow-credentials" in lines or CREDENTIALS not in decision.lines:
        return decision
    return replace(decision, lines=[line for line in decision.lines if line != CREDENTIALS])


def _varies(headers: list[HeaderLine]) -> bool:
    is_by_anything = any("*" in value for name, value in headers if name.lower() == "vary")
    return is_by_anything or varies_by_origin(headers)


def tell_of_denial(decision: Decision, headers: list[HeaderLine], environ: WSGIEnvironment) -> bool:
    """Have it known that something inside, which may be a layer, does not share what is shared here.

    :param headers: lines that say ``Vary: Origin``.
    :returns: whether there was anything to tell.
    """
    is_allowed = any(name.lower() == "access-control-allow-origin" for name, _ in headers)
    is_asked_for = decision.origin_allowed and "HTTP_ORIGIN" in environ and is_foreign(environ)
    if is_allowed or not is_asked_for:
        return False
    logger.warning(_KEPT_BACK, *map(shown, (environ.get("PATH_INFO"), environ["HTTP_ORIGIN"])))
    return True


_KEPT_BACK = (
    "the response of %s is shared with %s, but the application inside says 'Vary: Origin' and does not share it,"
    " as a layer does that denies. If a layer inside governs this path, as behind a bridge to ASGI, leave the"
    " path to it: in CORSMiddleware, write routes={'/path': None}. If nothing inside decides by origin, remove"
    " 'Vary: Origin' there; wsgicors writes it. This is told once"
)


def _tell_of_what_was_sent(environ: WSGIEnvironment) -> None:
    """Have it known that a layer outside permits what a layer inside would not.

    A page of the application's own needs no permission.
    """
    method = environ.get("REQUEST_METHOD", "")
    is_asked_for = "HTTP_ORIGIN" in environ and method not in SAFELISTED_METHODS
    if is_asked_for and is_foreign(environ):
        logger.warning(
            _SENT, *map(shown, (method, environ.get("PATH_INFO"), environ["HTTP_ORIGIN"]))
        )


_SENT = (
    "%s %s of %s is denied by a layer, and allowed by another one around it, which answers the preflights. Where"
    " it permits the method, browsers send the request, and only the response is not shared. Let one layer govern"
    " the path: in the outer one, write routes={'/path': None}, or in CORS(app, ...) endpoints={'name': None}"
)


def _denied_inside(decision: Decision, environ: WSGIEnvironment, is_refused: bool) -> Decision:
    lines = decision.lines[-1:] if decision.vary else []
    inner: Decision = environ[DECISION]
    if decision.origin_allowed and not is_refused:
        _tell_of_what_was_sent(environ)
    if inner is decision and decision.origin_allowed:
        # The layer inside has a copy of ``environ``, and its reason is there.
        is_allowed = "HTTP_ORIGIN" not in environ and not is_refused
        reason = "no-origin" if is_allowed else "refused-inside"
        inner = replace(decision, allowed=is_allowed, reason=reason, refused=is_refused)
    denied = replace(inner, origin_allowed=False, lines=lines, vary=decision.vary)
    environ[DECISION] = denied
    return denied
