"""Resolvers: whose policy governs a request, for ``routes`` and for ``resolve``.

A resolver is asked with ``environ``, and whether that is a preflight. It gives a builder, or
``None`` for a request that is not governed. It writes no header and answers no request.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, Optional
from urllib.parse import unquote
from weakref import ref

from .errors import ConfigError, Problem, few, log_exception, shown
from .fields import (
    ENVIRON,
    FIELDS,
    METHOD,
    are_swapped,
    is_sync_callable,
    stands_for,
    stands_for_another,
    takes,
)
from .guards import REFUSES_NOTHING, refuses_nothing
from .headers import HeaderBuilder, bounded_method
from .names import SAFE_METHODS, USUAL_METHODS
from .paths import is_ambiguous, is_plain, other_readings
from .policy import Policy
from .requests import may_do_something, readings, with_method

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    Resolver = Callable[[WSGIEnvironment, bool], Optional[HeaderBuilder]]
    Resolve = Callable[[WSGIEnvironment, str], Optional[Policy]]
    Routes = Mapping[str, Optional[Policy]]
    _BuilderFor = Callable[[WSGIEnvironment], Optional[HeaderBuilder]]

logger = logging.getLogger("wsgicors")

_NOBODY = Policy(allow_origins=())
# Where it is not known whose policy governs, what any of them refuses is refused.
_NOBODY_AT_ALL = _NOBODY.merge(Policy(refuse_denied=True))
AMBIGUOUS_PATH, _AMBIGUOUS_PATH_REFUSED = (
    HeaderBuilder(policy, "ambiguous-path") for policy in (_NOBODY, _NOBODY_AT_ALL)
)
RESOLVE_FAILED, RESOLVE_FAILED_REFUSED = (
    HeaderBuilder(policy, "resolve-failed") for policy in (_NOBODY, _NOBODY_AT_ALL)
)
# What stands in the place of a policy that is not known.
_DENYING = (RESOLVE_FAILED, RESOLVE_FAILED_REFUSED, AMBIGUOUS_PATH, _AMBIGUOUS_PATH_REFUSED)
_REFUSING = {AMBIGUOUS_PATH: _AMBIGUOUS_PATH_REFUSED, RESOLVE_FAILED: RESOLVE_FAILED_REFUSED}
# The methods of one URL are compared as long as they are not more.
_MAX_METHODS = 64
# So often, ``resolve`` is asked what it would say of a POST.
_MAX_ASKED = 64
# Where requests came mounted, as far as anything was told of it.
_MAX_MOUNTS = 64
# What stands in a route of a framework, a glob or a regular expression, and hardly in a path.
_PATTERN = re.compile(r"[*<>{}\[\]\\|^?#]|\.\+|^:|\$$|%[sdr](?![0-9A-Za-z])|%\(")
_CLASS = re.compile(r"\\[dDsSwW]")
# Bytes that were no UTF-8 where Python read them; blanks around a segment; several prefixes in one.
_NO_PATH = re.compile(r"[\ud800-\udfff]|\s(/|\Z)|/\s|,/")
_EVERYTHING = re.compile(r"\^?/(\*+|\.[*+]|<path:\w+>)\$?")
# A whole segment, followed by a pattern that is to take in what is below it.
_SEGMENT_AND_PATTERN = re.compile(
    r"(?!\.[*+])([^*<>{}\[\]\\|^?#()$]+?)(?:\.?\*+|\.\+|\$|\(|[?#].*)"
)


def refusing(builder: HeaderBuilder | None) -> HeaderBuilder | None:
    """The same builder; where it is not known whose policy governs, the one that refuses, too."""
    return builder and _REFUSING.get(builder, builder)


def builder_for_all(policy: Policy) -> HeaderBuilder:
    """The builder of a policy that governs all requests.

    :raises ConfigError: if the policy cannot be put to use.
    """
    builder = HeaderBuilder(policy)
    if refuses_nothing(policy.settings()):
        raise ConfigError([REFUSES_NOTHING])
    return builder


def resolver_by_path(routes: Routes, base: Policy | None) -> Resolver:
    """The policy of the longest prefix of the path, merged into the base.

    :raises ConfigError: with the problems of all routes.
    """
    compiled = _Routes(_compiled_routes(routes, base), base)
    mounts = _Mounts(routes)

    def resolver(environ: WSGIEnvironment, is_preflight: bool) -> HeaderBuilder | None:
        if environ.get("SCRIPT_NAME"):
            mounts.look_at(environ["SCRIPT_NAME"])
        return compiled.builder_for(environ.get("PATH_INFO", ""))

    return resolver


class _Routes:
    """The builders of all prefixes, by which that of a path is found."""

    def __init__(self, builders: dict[str, HeaderBuilder | None], base: Policy | None) -> None:
        self._builders = builders
        policies = [base, *(builder.policy for builder in builders.values() if builder)]
        is_refused = any(policy.refuse_denied for policy in policies if policy)
        self._ambiguous = _AMBIGUOUS_PATH_REFUSED if is_refused else AMBIGUOUS_PATH
        self._depth = 1 + max(prefix.count("/") for prefix in builders)

    def builder_for(self, path: str) -> HeaderBuilder | None:
        builder = self._of_longest_prefix(path)
        if not is_plain(path) and (
            is_ambiguous(path)
            or any(self._of_longest_prefix(each) is not builder for each in other_readings(path))
        ):
            return self._ambiguous
        return builder

    def _of_longest_prefix(self, path: str) -> HeaderBuilder | None:
        prefix = "/".join(path.split("/", self._depth)[: self._depth])
        while prefix not in self._builders:
            prefix = prefix.rpartition("/")[0]
        return self._builders[prefix]


_NO_RESOLVE = (
    "is not a function that can be called here; write def resolve(environ, method), not async, that returns"
    " a Policy"
    " or None"
)


def resolver_by_callable(
    resolve: Resolve, base: Policy | None, told: set[str], *, is_in_force: bool = True
) -> Resolver:
    """The policy that a callable returns, merged into the base; if it fails, nobody's.

    A request that can be read in two ways, by its path or its method, is asked about in all of them. If the
    answers differ, it is nobody's, too.

    :param told: what was told of already.
    :param is_in_force: whether it is not only on trial.
    :raises ConfigError: if it cannot be called so, or only to be awaited.
    """
    _check_resolve(resolve)
    asking = _Asking(resolve, base or Policy(), told, is_in_force=is_in_force)
    return _PerMethod(
        _in_all_readings(asking.ask, asking.compiler),
        _in_all_readings(asking.ask_beside, asking.compiler),
    )


class _Asking:
    """A callable that is asked about requests, whose policies are compiled."""

    def __init__(
        self, resolve: Resolve, base: Policy, told: set[str], *, is_in_force: bool
    ) -> None:
        self._resolve = resolve
        self.compiler = _Compiler(base, told)
        self._idle = _Idle(resolve, base, told) if is_in_force else None
        #: What was told of requests that are left alone, if that loses a refusal.
        self._told = told if is_in_force and self.compiler.refuses else None

    def ask(
        self, environ: WSGIEnvironment, tell: Callable[[WSGIEnvironment], None] | None = None
    ) -> HeaderBuilder | None:
        """Ask about a request; if it fails, nobody's policy is given."""
        try:
            policy = self._resolve(environ, environ["REQUEST_METHOD"])
            if policy is None:
                return _left_alone(environ, self._told)
            return self.compiler(checked_policy(policy, "return")) or self._compiled(
                policy, environ
            )
        except Exception:  # noqa: BLE001 - it is logged, and denies
            (tell or _tell_of_failure)(environ)
            return RESOLVE_FAILED_REFUSED if self.compiler.refuses else RESOLVE_FAILED

    def ask_beside(self, environ: WSGIEnvironment) -> HeaderBuilder | None:
        """Ask about a request that nobody has sent. A URL map, for one, may know no such method."""
        return self.ask(environ, _note_failure)

    def _compiled(self, policy: Policy, environ: WSGIEnvironment) -> HeaderBuilder:
        builder = self.compiler.compile(policy)
        if self._idle is not None and _is_idle(builder):
            self._idle.look_at(policy, environ, environ["REQUEST_METHOD"])
        return builder


def _tell_of_failure(environ: WSGIEnvironment) -> None:
    path = shown(environ.get("PATH_INFO"))
    log_exception(logger, "resolve failed for %s, so it is denied", path)


def _note_failure(environ: WSGIEnvironment) -> None:
    request = f"{shown(environ['REQUEST_METHOD'])} {shown(environ.get('PATH_INFO'))}"
    logger.debug("resolve failed for %s, about which only wsgicors has asked", request)


def _check_resolve(resolve: object) -> None:
    if not (is_sync_callable(resolve) and takes(resolve, 2)):
        message = f"{shown(resolve)} {_NO_RESOLVE}"
        raise ConfigError([Problem("resolve", resolve, "wrong-type", message)])
    if are_swapped(resolve, ENVIRON, METHOD):
        message = f"{shown(resolve)} is called as resolve(environ, method): write its arguments in this order"
        raise ConfigError([Problem("resolve", resolve, "wrong-type", message)])


def _in_all_readings(asked: _BuilderFor, compiler: _Compiler) -> _BuilderFor:
    """Ask about a request in all the ways that it can be read in."""

    def builder_for(environ: WSGIEnvironment) -> HeaderBuilder | None:
        read = readings(environ)
        if not read:
            return asked(environ)
        first, *others = read
        builder = asked(first)
        for other in others:
            if not _is_same(builder, asked(other)):
                return _AMBIGUOUS_PATH_REFUSED if compiler.refuses else AMBIGUOUS_PATH
        return builder

    return builder_for


def _is_same(builder: HeaderBuilder | None, other: HeaderBuilder | None) -> bool:
    """Whether two builders say the same; policies may be made anew for each request."""
    if builder is None or other is None:
        return builder is other
    return builder is other or builder.policy == other.policy


class _PerMethod:
    """The resolver for policies that are known for one method at a time.

    :param builder_for: finds the builder for a request.
    :param beside: finds that of another method, about which no preflight asks.
    """

    def __init__(self, builder_for: _BuilderFor, beside: _BuilderFor) -> None:
        self._builder_for = builder_for
        self._beside = beside

    def __call__(self, environ: WSGIEnvironment, is_preflight: bool) -> HeaderBuilder | None:
        if not is_preflight:
            return self._builder_for(environ)
        method = bounded_method(environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
        # The request that a preflight asks about, and not the preflight, is what must be judged.
        builder = self._builder_for(with_method(environ, method))
        if builder is None or builder in _DENYING:
            return builder
        others = self._others(environ, method, builder)
        # A usual method is found from every other one. Any else is looked at from there, too.
        looked_at = None if method in USUAL_METHODS else method
        return builder.beside(others, environ["HTTP_ORIGIN"], environ, looked_at)

    def _others(
        self, environ: WSGIEnvironment, method: str, builder: HeaderBuilder
    ) -> Iterator[tuple[str, HeaderBuilder | None]]:
        """The builders of all other methods that are usual, or that a policy in reach names."""
        seen = {method}
        names = [*USUAL_METHODS, *_named_methods(builder)]
        while names:
            name = names.pop()
            if name in seen:
                continue
            if len(seen) > _MAX_METHODS:
                # As if one more were not governed, of which nothing is known.
                yield "", None
                return
            seen.add(name)
            other = self._beside(with_method(environ, name))
            names += _named_methods(other)
            yield name, other


def _named_methods(builder: HeaderBuilder | None) -> Iterable[str]:
    methods = None if builder is None else builder.policy.allow_methods
    return () if methods is None or methods == "*" else methods


def checked_policy(policy: object, write: str = "write") -> Policy:
    """The same, if it is a policy.

    :param write: what to do with what the error names instead.
    :raises ConfigError: if it is something else.
    """
    if type(policy) is Policy:
        return policy
    if stands_for_another(policy):
        # What is made of a policy is remembered for as long as it is the same.
        raise ConfigError([Problem("policy", policy, "wrong-type", stands_for(policy))])
    if isinstance(policy, Policy):
        return policy
    fields = "**{...}" if isinstance(policy, Mapping) else "allow_origins=..."
    message = f"{shown(policy)} is not a Policy; {write} Policy({fields})"
    if _may_be_of_0_7(policy):
        message += "; for the keys of wsgicors 0.7 call wsgicors.compat.paste.make_middleware(app, policy=...)"
    raise ConfigError([Problem("policy", policy, "wrong-type", message)])


def _may_be_of_0_7(policy: object) -> bool:
    """Whether it may be the name of a policy of wsgicors 0.7, or its keys."""
    if isinstance(policy, Mapping):
        return not all(key in FIELDS for key in policy)
    return isinstance(policy, str) and policy.isidentifier()


class _Compiled(HeaderBuilder):
    """The builder of a policy that a callable returned, among those that stand with the policy."""

    __slots__ = ("maker", "next")

    #: Who made it.
    maker: ref[_Compiler]
    #: Another one has merged the policy into another base.
    next: _Compiled | None


class _Compiler:
    """Compiles what a callable returns, each policy once for as long as it lives.

    A builder stands with its policy, and goes when that goes. Of a hundred thousand policies nothing is
    near; so what leads from one to its builder must be short.
    """

    def __init__(self, base: Policy, told: set[str]) -> None:
        self._base = base
        self._told = told
        self._itself = ref(self)
        #: Whether any policy so far refuses what it denies.
        self.refuses = bool(base.refuse_denied)

    def __call__(self, policy: Policy) -> HeaderBuilder | None:
        """The builder of a policy that is compiled already."""
        compiled: _Compiled | None = policy._compiled
        while compiled is not None and compiled.maker is not self._itself:
            compiled = compiled.next
        return compiled

    def compile(self, policy: Policy) -> HeaderBuilder:
        """Make the builder of a policy, which is found from then on."""
        builder = _Compiled(self._base.merge(policy), varies=True)
        builder.maker, builder.next = self._itself, _alive(policy._compiled)
        policy._keep(builder)
        self.refuses = self.refuses or builder.refused is not None
        if not policy.settings() and _EMPTY_RESOLVED not in self._told:
            self._told.add(_EMPTY_RESOLVED)
            logger.warning(_EMPTY_RESOLVED)
        return builder


_EMPTY_RESOLVED = (
    "resolve returned a Policy() that sets no field, so the base policy holds there as it is; return"
    " Policy(allow_origins=[]) to share with nobody, None to leave the request alone, or the base policy itself"
)


def _left_alone(environ: WSGIEnvironment, told: set[str] | None) -> HeaderBuilder | None:
    """No builder; what may act, though it would be refused if the base policy held, is told of once.

    :param told: what was told of already; ``None`` if the base policy refuses nothing.
    """
    if told is not None and _NOTHING_REFUSED not in told and may_do_something(environ):
        told.add(_NOTHING_REFUSED)
        request = f"{shown(environ['REQUEST_METHOD'])} {shown(environ.get('PATH_INFO', ''))}"
        logger.warning(_NOTHING_REFUSED, request)
    return None


_NOTHING_REFUSED = (
    "resolve returned None for %s, which leaves it alone, so the refuse_denied of the base policy refuses nothing"
    " there. A function that ends without return gives None, and so does TABLE.get(path). If the base policy is"
    " to hold there, return it; if an application inside has its own CORS there, nothing is wrong"
)
_EMPTY_ROUTE = (
    "routes[%s] is a Policy() that sets no field, so the base policy holds there as it is; write"
    " Policy(allow_origins=[]) to share with nobody, None to leave the path alone, or leave the entry out"
)


def tell_of_empty_routes(routes: Routes) -> None:
    """Say of each route that nothing is set there, though somebody may have meant to close it."""
    for route, policy in routes.items():
        if policy is not None and not policy.settings() and not _is_left_around(route, routes):
            logger.warning(_EMPTY_ROUTE, shown(route))


def _is_left_around(route: str, routes: Routes) -> bool:
    """Whether what is around a route is not governed, so that the route says that it is."""
    path = route.rstrip("/") + "/"
    around = [each for each in routes if each != route and path.startswith(each.rstrip("/") + "/")]
    return bool(around) and routes[max(around, key=len)] is None


def _alive(compiled: _Compiled | None) -> _Compiled | None:
    """The same builders, without those whose maker is gone."""
    first = _next_alive(compiled)
    each = first
    # What is left out still leads on: another thread may be on its way along it.
    while each is not None:
        each.next = _next_alive(each.next)
        each = each.next
    return first


def _next_alive(compiled: _Compiled | None) -> _Compiled | None:
    while compiled is not None and compiled.maker() is None:
        compiled = compiled.next
    return compiled


class _Idle:
    """Tells once of a policy that is to refuse what is denied, but denies nobody."""

    def __init__(self, resolve: Resolve, base: Policy, told: set[str]) -> None:
        self._resolve = resolve
        self._base = base
        self._told = told
        self._times_asked = 0

    def look_at(self, policy: Policy, environ: WSGIEnvironment, method: str) -> None:
        """Look at a policy that was returned for the first time, and for which request."""
        if _REFUSES_NOBODY in self._told:
            return
        if method in SAFE_METHODS:
            # That everybody may read is no mistake. What writes may well have another policy.
            method = "POST"
            if not self._is_idle_for(environ, method):
                return
        self._told.add(_REFUSES_NOBODY)
        path = shown(environ.get("PATH_INFO", ""))
        where = f"{shown(policy)}, from resolve for {shown(method)} {path}"
        logger.warning(_REFUSES_NOBODY, where)

    def _is_idle_for(self, environ: WSGIEnvironment, method: str) -> bool:
        self._times_asked += 1
        if self._times_asked <= _MAX_ASKED:
            with suppress(Exception):
                policy = self._resolve(with_method(environ, method), method)
                merged = self._base.merge(policy) if policy is not None else Policy()
                return refuses_nothing(merged.settings())
        return False


def _is_idle(builder: HeaderBuilder) -> bool:
    """Whether what is denied is to be refused, and nobody is denied."""
    return builder.refused is None and bool(builder.policy.refuse_denied)


def tell_of_idle_routes(routes: Routes, base: Policy | None, told: set[str]) -> None:
    """Say of each route, and of the base, that nobody is refused there, though others are.

    :param told: the names of those that were told of already.
    """
    names = {route: f"routes[{shown(route)}]" for route in routes}
    said = {"/": base, **routes} if routes else {}
    idle = [
        names.get(route, "all other paths")
        for route, policy in said.items()
        if policy is not None and refuses_nothing((base or policy).merge(policy).settings())
    ]
    new = [name for name in idle if name not in told]
    if new:
        told.update(new)
        logger.warning(_REFUSES_NOBODY, few(new))


_REFUSES_NOBODY = (
    "%s: everybody is allowed there, so refuse_denied refuses nobody. If only some may write there, list them in"
    " allow_origins; if everybody may, or if nothing is written there, write refuse_denied=False there"
)


class _Mounts:
    """Tells of routes that repeat where the application is mounted, and so match nothing."""

    def __init__(self, routes: Routes) -> None:
        # As SCRIPT_NAME has them (PEP 3333).
        self._untold = {route.rstrip("/").encode().decode("latin-1") for route in routes}
        self._known: set[str] = set()

    def look_at(self, mount: str) -> None:
        """Look at the ``SCRIPT_NAME`` of a request."""
        if mount in self._known or len(self._known) >= _MAX_MOUNTS:
            return
        self._known.add(mount)
        for route in [each for each in self._untold if f"{each}/".startswith(f"{mount}/")]:
            self._untold.discard(route)
            below = route[len(mount) :] or "/"
            logger.warning(_MOUNTED, shown(route), shown(mount), shown(below))


_MOUNTED = (
    "routes[%s] begins with %s, which is where requests come in (SCRIPT_NAME); routes are compared with"
    " what follows it (PATH_INFO), so this one should probably be %s"
)


def _compiled_routes(routes: Routes, base: Policy | None) -> dict[str, HeaderBuilder | None]:
    """By prefix without a slash at the end; ``""``, the default of all, is always there."""
    if not isinstance(routes, Mapping):
        message = f"{shown(routes)} is not a mapping; write {{prefix: Policy(...)}}"
        raise ConfigError([Problem("routes", routes, "wrong-type", message)])
    builders: dict[str, HeaderBuilder | None] = {}
    problems: list[Problem] = []
    said = {"/": base, **routes}
    for route, policy in said.items():
        try:
            builders[_prefix(route, builders)] = _compiled_route(policy, base)
        except ConfigError as error:
            problems += _in_route(route, error.problems) if route in routes else error.problems
    if not problems and _is_idle_everywhere(base, said.values()):
        problems = [REFUSES_NOTHING]
    if problems:
        raise ConfigError(problems)
    return builders


def _is_idle_everywhere(base: Policy | None, policies: Iterable[Policy | None]) -> bool:
    """Whether what the base wants refused is refused nowhere, because everybody is allowed."""
    if base is None or not base.refuse_denied:
        return False
    heirs = [each for each in policies if each and (each is base or each.refuse_denied is None)]
    return bool(heirs) and all(refuses_nothing(base.merge(each).settings()) for each in heirs)


def _compiled_route(policy: Policy | None, base: Policy | None) -> HeaderBuilder | None:
    if policy is None:
        return None
    merged = (base or Policy()).merge(checked_policy(policy))
    says_so = policy is not base and policy.refuse_denied
    return builder_for_all(merged) if says_so else HeaderBuilder(merged)


def _in_route(route: object, problems: tuple[Problem, ...]) -> Iterator[Problem]:
    for problem in problems:
        yield problem._replace(message=f"in routes[{shown(route)}]: {problem.message}")


def _prefix(route: Any, taken: Mapping[str, object]) -> str:
    """A route as PATH_INFO has it (PEP 3333: the bytes of the path, read as Latin-1).

    :raises ConfigError: if no path can begin with it, or if it stands there twice.
    """
    is_path = isinstance(route, str) and route.startswith("/") and not _NO_PATH.search(route)
    if isinstance(route, str) and _is_pattern(route):
        raise ConfigError([_pattern_problem(route)])
    if not is_path or is_ambiguous(route) or unquote(route) != route:
        reason, message = "malformed", "write whole segments of a decoded path, such as '/api/v1'"
        raise ConfigError([Problem("routes", route, reason, message)])
    prefix: str = route.rstrip("/").encode().decode("latin-1")
    if prefix in taken:
        message = "is there twice; a slash at the end makes no difference"
        raise ConfigError([Problem("routes", route, "twice", message)])
    return prefix


def _is_pattern(route: str) -> bool:
    path = route.lstrip("^")
    has_pattern = path != route or any(map(_PATTERN.search, path.split("/")))
    return has_pattern and path.startswith("/") and not is_ambiguous(_CLASS.sub("", path))


def _pattern_problem(route: str) -> Problem:
    segments = [*_whole_segments(route)]
    remedy = "write each prefix, or use resolve"
    # "/" is all paths, which few mean.
    if segments or _EVERYTHING.fullmatch(route):
        prefix = shown("/" + "/".join(segments))
        remedy = f"write {prefix}, which covers all paths below it (or use resolve, if a prefix is not enough)"
    message = f"a prefix is compared as it is written, so a pattern matches nothing; {remedy}"
    return Problem("routes", route, "pattern", message)


def _whole_segments(route: str) -> Iterator[str]:
    """The segments of a route before its first pattern."""
    for segment in route.lstrip("^").split("/")[1:]:
        before = _SEGMENT_AND_PATTERN.fullmatch(segment)
        if before is None and not _PATTERN.search(segment):
            yield segment
            continue
        yield from before.groups() if before else ()
        return
