"""Resolvers: whose policy governs a request, for ``routes`` and for ``resolve``.

A resolver is asked with ``environ``, and whether that is a preflight. It gives a builder, or
``None`` for a request that is not governed. It writes no header and answers no request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, Optional
from urllib.parse import unquote

from .errors import ConfigError, Problem, log_exception, shown
from .fields import is_sync_callable
from .headers import HeaderBuilder
from .names import USUAL_METHODS
from .policy import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    Resolver = Callable[[WSGIEnvironment, bool], Optional[HeaderBuilder]]
    Resolve = Callable[[WSGIEnvironment, str], Optional[Policy]]
    Routes = Mapping[str, Optional[Policy]]

logger = logging.getLogger("wsgicors")

_NOBODY = Policy(allow_origins=())
_AMBIGUOUS_PATH = HeaderBuilder(_NOBODY, "ambiguous-path")
RESOLVE_FAILED = HeaderBuilder(_NOBODY, "resolve-failed")
# Policies that a callable returns are compiled once, if it does not make a new one each time.
_MAX_COMPILED = 256


def resolver_by_path(routes: Routes, base: Policy | None) -> Resolver:
    """The policy of the longest prefix of the path, merged into the base.

    :raises ConfigError: with the problems of all routes.
    """
    builders = _compiled_routes(routes, base)
    depth = max(prefix.count("/") for prefix in builders)

    def builder_for(path: str) -> HeaderBuilder | None:
        prefix = "/".join(path.split("/", depth + 1)[: depth + 1])
        while prefix not in builders:
            prefix = prefix.rpartition("/")[0]
        return builders[prefix]

    def resolver(environ: WSGIEnvironment, is_preflight: bool) -> HeaderBuilder | None:
        path = environ.get("PATH_INFO", "")
        if _is_ambiguous(path):
            return _AMBIGUOUS_PATH
        builder = builder_for(path)
        if any(builder_for(reading) is not builder for reading in _other_readings(path)):
            return _AMBIGUOUS_PATH
        return builder

    return resolver


def resolver_by_callable(resolve: Resolve, base: Policy | None) -> Resolver:
    """The policy that a callable returns, merged into the base; if it fails, nobody's.

    :raises ConfigError: if it cannot be called, or only to be awaited.
    """
    if not is_sync_callable(resolve):
        message = f"{shown(resolve)} is no function (environ, method) that returns a Policy or None"
        raise ConfigError([Problem("resolve", resolve, "wrong-type", message)])
    builder_of = _compiler(base or Policy())

    def builder_for(environ: WSGIEnvironment, method: str) -> HeaderBuilder | None:
        try:
            policy = resolve(environ, method)
            return None if policy is None else builder_of(checked_policy(policy))
        except Exception:  # noqa: BLE001 - it is logged, and denies
            path = shown(environ.get("PATH_INFO"))
            log_exception(logger, "resolve failed for %s, which is denied", path)
            return RESOLVE_FAILED

    return _PerMethod(builder_for)


class _PerMethod:
    """The resolver for policies that are known for one method at a time."""

    def __init__(self, builder_for: Callable[[WSGIEnvironment, str], HeaderBuilder | None]) -> None:
        self._builder_for = builder_for

    def __call__(self, environ: WSGIEnvironment, is_preflight: bool) -> HeaderBuilder | None:
        if not is_preflight:
            return self._builder_for(environ, environ["REQUEST_METHOD"])
        method = environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
        builder = self._builder_for(environ, method)
        if builder is None:
            return None
        others = ((name, self._builder_for(environ, name)) for name in USUAL_METHODS - {method})
        return builder.beside(others, environ["HTTP_ORIGIN"], environ)


def checked_policy(policy: object) -> Policy:
    """The same, if it is a policy.

    :raises ConfigError: if it is something else.
    """
    if isinstance(policy, Policy):
        return policy
    message = f"{shown(policy)} is no Policy; write Policy(allow_origins=...)"
    raise ConfigError([Problem("policy", policy, "wrong-type", message)])


def _compiler(base: Policy) -> Callable[[Policy], HeaderBuilder]:
    # By identity, because to hash a policy is to hash all its origins.
    compiled: dict[int, tuple[Policy, HeaderBuilder]] = {}

    def builder_of(policy: Policy) -> HeaderBuilder:
        known = compiled.get(id(policy))
        if known is not None:
            return known[1]
        builder = HeaderBuilder(base.merge(policy))
        if len(compiled) >= _MAX_COMPILED:
            compiled.clear()
        # Kept with its policy, so that no other can have the same identity meanwhile.
        compiled[id(policy)] = (policy, builder)
        return builder

    return builder_of


def _compiled_routes(routes: Routes, base: Policy | None) -> dict[str, HeaderBuilder | None]:
    """By prefix without a slash at the end; ``""``, the default of all, is always there."""
    if not isinstance(routes, Mapping):
        message = f"{shown(routes)} is no mapping; write {{prefix: Policy(...)}}"
        raise ConfigError([Problem("routes", routes, "wrong-type", message)])
    builders: dict[str, HeaderBuilder | None] = {}
    problems: list[Problem] = []
    for route, policy in {"/": base, **routes}.items():
        try:
            builders[_prefix(route, builders)] = _compiled_route(policy, base)
        except ConfigError as error:
            problems += _in_route(route, error.problems) if route in routes else error.problems
    if problems:
        raise ConfigError(problems)
    return builders


def _compiled_route(policy: Policy | None, base: Policy | None) -> HeaderBuilder | None:
    if policy is None:
        return None
    return HeaderBuilder((base or Policy()).merge(checked_policy(policy)))


def _in_route(route: object, problems: tuple[Problem, ...]) -> Iterator[Problem]:
    for problem in problems:
        yield problem._replace(message=f"in routes[{shown(route)}]: {problem.message}")


def _prefix(route: Any, taken: Mapping[str, object]) -> str:
    """A route as PATH_INFO has it (PEP 3333: the bytes of the path, read as Latin-1).

    :raises ConfigError: if no path can begin with it, or if it stands there twice.
    """
    is_path = isinstance(route, str) and route.startswith("/")
    if not is_path or _is_ambiguous(route) or unquote(route) != route:
        reason, message = "malformed", "write whole segments of a decoded path, such as '/api/v1'"
        raise ConfigError([Problem("routes", route, reason, message)])
    prefix: str = route.rstrip("/").encode().decode("latin-1")
    if prefix in taken:
        message = "stands there twice; a slash at the end makes no difference"
        raise ConfigError([Problem("routes", route, "twice", message)])
    return prefix


def _is_ambiguous(path: str) -> bool:
    """Whether a server and a framework could take a path for different ones.

    That is so for ``.``, ``..`` and empty segments inside, also behind a second percent-encoding
    or with backslashes, and for a path that does not begin with a slash.
    """
    if not path.startswith("/"):
        return path != ""
    if "/." not in path and "//" not in path and "\\" not in path and "%" not in path:
        return False
    segments = unquote(path).replace("\\", "/").split("/")
    return "" in segments[1:-1] or "." in segments or ".." in segments


def _other_readings(path: str) -> list[str]:
    """What a framework that decodes a path once more, or takes backslashes for slashes, reads."""
    if "%" not in path and "\\" not in path:
        return []
    decoded = unquote(path, "latin-1")
    return [decoded, path.replace("\\", "/"), decoded.replace("\\", "/")]
