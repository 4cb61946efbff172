"""WSGI: environ in, ``start_response`` out; which header to write is not decided here.

The walk of a request is `CORSMiddleware.__call__`. Whose policy governs is asked of one builder for
all requests, or of a resolver. A *preflight* is then answered, and the application not called. Any
other request is *actual* and goes to the application, with a ``start_response`` that puts the
headers on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from logging import DEBUG, root
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Callable, NoReturn

from .attributes import SETTINGS, SaidWhenMade
from .configuration import tell_of_what_no_middleware_reads
from .crashes import answering
from .errors import ConfigError, Problem, called_as, shown
from .fields import takes, takes_a_request
from .given import Given
from .grants import requested_names
from .guards import OVERRIDE, OVERRIDE_BY_WILDCARD, method_overrides, overrides_by_wildcard
from .headers import HeaderBuilder
from .inspections import NEWS, inspect
from .layers import (
    DECISION,
    LAYER,
    REFUSED,
    has_lines_of_a_layer,
    inside_another,
    is_failed,
    is_noticed,
    is_waiting,
    restricted,
    tell_of_denial,
)
from .lines import PLAIN_NAMES, VARY_LINES, Author, merge_vary, varies_by_origin
from .logs import logger
from .names import VARY
from .origins import MAX_ORIGIN_LENGTH
from .outcomes import settled
from .policy import Policy
from .prefixes import tell_of_resolve, tell_of_what_is_not_inherited, tell_of_what_stays_open
from .reachable import flask_applications, tell_of_unreachable
from .requests import is_foreign, is_preflight, may_do_something
from .resolvers import (
    builder_for_all,
    checked_policy,
    resolver_by_callable,
    resolver_by_path,
    tell_of_empty_routes,
    tell_of_idle_routes,
)
from .trial import Trial

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack

    from .headers import Decision
    from .names import HeaderLine
    from .policy import PolicyFields
    from .resolvers import Resolve, Resolver, Routes

    _AnswerPreflight = Callable[[HeaderBuilder, WSGIEnvironment, StartResponse], Iterable[bytes]]

_DENIAL_TEXT = b"Cross-origin request denied: this origin is not allowed here.\n"
_DENIAL_HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_DENIAL_TEXT))),
]
_BOTH_ROUTES_AND_RESOLVE = Problem(
    "resolve",
    None,
    "routes-and-resolve",
    "routes and resolve both choose the policy; write only one of them (resolve can do what routes does)",
)


class CORSMiddleware(SaidWhenMade):
    """Put a policy around a WSGI application.

    :param app: the application. It is called for every request but the preflights that are
        answered for it.
    :param policy: the policy of all requests, or the base that those of ``routes`` and ``resolve``
        are merged into.
    :param routes: policies by path prefix. Prefixes are whole segments, the longest wins, ``"/"``
        is the default of all. ``None`` means: not governed, everything passes untouched.
    :param resolve: called with ``environ`` and the method of the *actual* request (for a preflight
        the requested one); returns the policy, or ``None`` for not governed.
    :param trial: a policy that takes the place of ``policy`` on trial. It is enforced nowhere: where a
        browser would come to another outcome under it, the logger ``wsgicors`` tells so at level
        ``INFO``, and `trial_counts` has the number. Its decision stands in
        ``environ["wsgicors.trial"]``. ``resolve`` is then asked twice.
    :param answer_exceptions: whether what escapes the application, before it has started the response,
        is logged and answered with a 500 that carries the headers. Otherwise it is raised, and the
        answer of the server does not carry them.
    :param fields: the fields of a :class:`Policy`, instead of or on top of ``policy``.
    :raises ConfigError: if ``app`` cannot be called, or any policy that can come into use is wrong. Instead
        of the first response and every other, if a Flask application inside has a decorator above a route, or if
        ``routes`` was changed after it was given.

    >>> def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    >>> application = CORSMiddleware(
    ...     application,
    ...     allow_origins="https://app.example.com",
    ...     routes={"/public": Policy(allow_origins="*"), "/internal": None},
    ... )

    Every request that is governed has its :class:`~wsgicors.headers.Decision` in
    ``environ["wsgicors.decision"]``. What was denied, and why, goes to the logger ``wsgicors`` at
    level ``DEBUG``.
    """

    _named_when_made = SETTINGS
    _instead_of_setting = (
        "{} cannot be set at a CORSMiddleware; give it to the constructor, or swap the whole policy:"
        " middleware.policy = Policy(...)"
    )
    _instead_in_class = "{0}(application, {1}=...)"

    @called_as("CORSMiddleware(application, allow_origins=[...])")
    def __init__(
        self,
        app: WSGIApplication,
        policy: Policy | None = None,
        *,
        routes: Routes | None = None,
        resolve: Resolve | None = None,
        trial: Policy | None = None,
        answer_exceptions: bool = False,
        **fields: Unpack[PolicyFields],
    ) -> None:
        if routes is not None and resolve is not None:
            raise ConfigError([_BOTH_ROUTES_AND_RESOLVE])
        if not isinstance(answer_exceptions, bool):
            message = f"{shown(answer_exceptions)} is neither True nor False; write one of them"
            raise ConfigError(
                [Problem("answer_exceptions", answer_exceptions, "wrong-type", message)]
            )
        self._answers_exceptions = answer_exceptions
        self.app = app
        # A list of pairs is not taken, though a dict could be made of it.
        self._routes = dict(routes) if isinstance(routes, Mapping) else routes
        self._given = Given("routes", routes, "CORSMiddleware", _FILL_ROUTES)
        self._resolve = resolve
        #: What was told of routes and of policies that `resolve` returned.
        self._told: set[str] = set()
        self._author = Author()
        #: The builder for all requests; without one, a resolver is asked for each.
        self._builder: HeaderBuilder | None = None
        self._tried = None if trial is None else self._on_trial(trial)
        self._trial = Trial()
        self._use(_base_policy(policy, fields))
        tell_of_empty_routes(self._routes or {})

    @property
    def app(self) -> WSGIApplication:
        """The application that is governed; assign another to put something around it.

        :raises ConfigError: if the new one cannot be called as one; the old one then stays.
        """
        return self._app

    @app.setter
    def app(self, app: WSGIApplication) -> None:
        # What a wrapper hands on need not be what it takes: Werkzeug makes applications so.
        if not takes(app, 2, follow_wrapped=False) or takes_a_request(app):
            raise ConfigError([_no_application(app)])
        self._app = app
        self._inspected_app = answering(app) if self._answers_exceptions else app
        self._inspect_anew()

    @property
    def policy(self) -> Policy | None:
        """The policy in force; assign another to swap it at run time.

        Requests that are under way keep the policy that they began with.

        :raises ConfigError: if the new policy is wrong; the old one then stays.
        """
        return self._policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        old = self._policy
        self._use(checked_policy(policy))
        if old is not None and old.refuse_denied and policy.refuse_denied is None:
            logger.warning(_NO_LONGER_REFUSES)
        tell_of_what_stays_open(self._routes or {}, policy, old)
        if self._resolve is not None:
            tell_of_resolve(policy, old)

    @property
    def policies(self) -> dict[str, Policy | None]:
        """The policies in force by path prefix, as ``routes`` has them, merged into ``policy``.

        ``"/"`` is the default of all. With ``resolve``, it is what is merged into. They are there to be
        read: to change one is an error.

        >>> CORSMiddleware(lambda *_: [], routes={"/internal": None}, allow_origins="*").policies
        {'/': Policy(allow_origins='*'), '/internal': None}
        """
        base = self._policy or Policy()
        routes = {prefix.rstrip("/") or "/": said for prefix, said in (self._routes or {}).items()}
        merged = {prefix: said and base.merge(said) for prefix, said in routes.items()}
        return _InForce({"/": base, **merged})

    @property
    def resolve(self) -> Resolve | None:
        """The callable that says whose policy governs, if there is one."""
        return self._resolve

    @property
    def trial_counts(self) -> dict[tuple[str | None, str], int]:
        """How many requests would come to another outcome under ``trial``, by origin and reason.

        The reason is that of the trial's decision: ``allowed`` where it would allow what is denied.
        """
        return dict(self._trial.counts)

    def _inspect_anew(self) -> None:
        """Have the application looked at ahead of the next request; no other one pays for that."""
        self._governed_app: WSGIApplication = self._inspect

    def _inspect(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Look at the application, and let the request in if nothing is wrong there."""
        known = NEWS.read_on(self)
        problems = self._given.problems()
        # An attribute that this very layer was put into.
        if getattr(self.app, "wsgi_app", None) is self:
            problems = [_AROUND_ITSELF]
        if problems:
            raise ConfigError(problems)
        inspect(self.app)
        if self._routes:
            tell_of_unreachable(self._routes, self.app, self._told)
        self._tell_of_settings()
        self._governed_app = self._inspected_app
        if NEWS.latest is not known:
            self._inspect_anew()
        return self._inspected_app(environ, start_response)

    def _tell_of_settings(self) -> None:
        """Say which settings of Flask applications inside have no effect; a `resolve` may read them."""
        for app in () if self._resolve else flask_applications(self.app):
            policies = [policy for policy in self.policies.values() if policy]
            tell_of_what_no_middleware_reads(app, policies, self._told)

    def _use(self, policy: Policy | None) -> None:
        # A request reads what governs it once, so it never sees half of a swap.
        if self._tried is not None:
            self._resolver = self._trial.beside(self._resolver_with(policy), self._tried)
        elif self._resolve is not None or self._routes is not None:
            self._resolver = self._resolver_with(policy)
        else:
            self._builder = builder_for_all(policy or Policy())
        self._policy = policy
        tell_of_idle_routes(self._routes or {}, policy, self._told)
        tell_of_what_is_not_inherited(self._routes or {}, policy, self._told)
        for name in method_overrides(self._that_withhold_methods()):
            if name not in self._told:
                self._told.add(name)
                logger.warning(OVERRIDE, name)
        self._answer_preflight = self._preflight_answer()

    def _that_withhold_methods(self) -> Iterator[Policy]:
        """The policies under which a method may be denied, at a URL where another one is allowed."""
        for policy in filter(None, self.policies.values()):
            # A `resolve` may have another policy for each method.
            if policy.allow_methods != "*" or self._resolve is not None:
                yield policy

    def _preflight_answer(self) -> _AnswerPreflight:
        """What answers preflights; it looks for what ``"*"`` may let pass only where there may be such."""
        is_wildcard = any(
            "*" in (each.allow_headers or ()) for each in self._that_withhold_methods()
        )
        may_be_told = OVERRIDE_BY_WILDCARD not in self._told
        may_be_wildcard = is_wildcard or self._resolve is not None
        return self._answer_and_look if may_be_wildcard and may_be_told else answer_preflight

    def _answer_and_look(
        self, builder: HeaderBuilder, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a preflight, and tell once of one that is granted a header that overrides the method."""
        body = answer_preflight(builder, environ, start_response)
        asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
        is_withheld = builder.policy.allow_methods != "*" or self._resolve is not None
        if asked and is_withheld and environ[DECISION].allowed:
            names = overrides_by_wildcard(builder.policy, requested_names(asked) or ())
            if names and OVERRIDE_BY_WILDCARD not in self._told:
                self._told.add(OVERRIDE_BY_WILDCARD)
                self._answer_preflight = answer_preflight
                path = shown(environ.get("PATH_INFO"))
                logger.warning(OVERRIDE_BY_WILDCARD, ", ".join(names), path)
        return body

    def _resolver_with(self, policy: Policy | None, *, is_in_force: bool = True) -> Resolver:
        if self._resolve is not None:
            return resolver_by_callable(self._resolve, policy, self._told, is_in_force=is_in_force)
        if self._routes is not None:
            return resolver_by_path(self._routes, policy)
        builder = builder_for_all(policy or Policy())
        return lambda environ, is_preflight: builder

    def _on_trial(self, policy: Policy) -> Resolver:
        try:
            return self._resolver_with(checked_policy(policy), is_in_force=False)
        except ConfigError as error:
            problems = [p._replace(message=f"in trial: {p.message}") for p in error.problems]
            raise ConfigError(problems) from None

    def __call__(  # noqa: C901, PLR0912 - the hot path, see below
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a preflight, or call the application and put the headers on its response."""
        builder = self._builder
        if builder is None:
            builder = self._resolver(environ, is_preflight(environ))
            if builder is None:
                return self._app(environ, start_response)
        if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ and is_preflight(environ):
            return self._answer_preflight(builder, environ, start_response)

        # `HeaderBuilder.actual` and, below, most of `Author.with_headers` are written out here: two
        # calls less are a tenth less of what the middleware adds to a request (docs/hot_path.rst).
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None:
            decision = builder.ready.get(origin) if len(origin) <= MAX_ORIGIN_LENGTH else None
            if decision is None:
                decision = builder.otherwise
                if decision is None:
                    decision = builder.decide(origin, environ)
        else:
            decision = builder.without_origin
        if not decision.allowed:
            decision = settled(builder, decision, origin, environ)
            # The levels say what `is_logged` would mostly say, too, in less time.
            if (logger.level or root.level) <= DEBUG:
                log_denial(environ, decision)
            if decision.refused:
                return refuse(decision, environ, start_response)
            if "HTTP_UPGRADE" in environ and not decision.allowed:
                self._look_at_handshake(builder, environ)
        environ[DECISION] = decision
        if LAYER in environ and environ[LAYER] is not None:
            start_response = inside_another(environ, start_response)
        # Python learns how a function is best called. A function that is made for each request would be
        # new to it each time; of a method that is made, the function is the same.
        response = [None, self._author, environ, decision, start_response]
        environ[LAYER] = response.append
        try:
            return self._governed_app(environ, MethodType(start, response))
        except Exception:
            if not decision.origin_allowed:
                is_failed(response)
            raise

    def _look_at_handshake(self, builder: HeaderBuilder, environ: WSGIEnvironment) -> None:
        """Tell once of a WebSocket that opens for a page of an origin that is denied."""
        is_meant = builder.policy.refuse_denied is not None
        if is_meant or _SOCKET in self._told or environ["REQUEST_METHOD"] != "GET":
            return
        # Of those that read, only a handshake may.
        if may_do_something(environ):
            self._told.add(_SOCKET)
            logger.warning(
                _SOCKET, shown(environ.get("PATH_INFO")), shown(environ.get("HTTP_ORIGIN"))
            )


class _InForce(dict[str, Any]):
    """What is in force; a change of it would change nothing."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(_NOT_SET_HERE)

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse


_NOT_SET_HERE = (
    "policies only tells what is in force; write the policy in routes={prefix: Policy(...)} of the constructor,"
    " or swap the base: middleware.policy = Policy(...)"
)
_SOCKET = (
    "CORSMiddleware lets a WebSocket handshake for %s through, although its origin %s is denied: browsers do not"
    " apply CORS to WebSockets, so any page can connect with the cookies of a user, and read, unless the"
    " application looks at the Origin. Write refuse_denied=True in the policy, or refuse_denied=False if the"
    " application does"
)
_FILL_ROUTES = "fill routes first, or write resolve, which may look into a mapping at each request"
_NO_LONGER_REFUSES = (
    "the new policy does not say refuse_denied, so nothing is refused any more that the old one refused; write"
    " refuse_denied=True in the new policy too, or refuse_denied=False if that is meant"
)


@called_as("@cors(allow_origins=[...])")
def cors(
    policy: Policy | None = None,
    *,
    routes: Routes | None = None,
    resolve: Resolve | None = None,
    trial: Policy | None = None,
    answer_exceptions: bool = False,
    **fields: Unpack[PolicyFields],
) -> Callable[[WSGIApplication], CORSMiddleware]:
    """The decorator form of :class:`CORSMiddleware`, for a WSGI callable.

    :raises ConfigError: if it stands without parentheses, or any policy that can come into use is wrong.

    >>> @cors(allow_origins="*")
    ... def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    """
    if callable(policy):
        raise ConfigError([_bare(policy)])

    @called_as("cors(allow_origins=[...])(application)")
    def decorator(app: WSGIApplication) -> CORSMiddleware:
        return CORSMiddleware(
            app,
            policy,
            routes=routes,
            resolve=resolve,
            trial=trial,
            answer_exceptions=answer_exceptions,
            **fields,
        )

    return decorator


def _no_application(app: object) -> Problem:
    message = f"{shown(app)} is not a WSGI application; write CORSMiddleware(application, ...)"
    if _is_of_class_body(app) and takes(app, 3, follow_wrapped=False):
        message = (
            f"{shown(app)} is a method that takes self, environ and start_response, and a WSGI application takes"
            " no self; decorate the object: application = cors(...)(Application()), or in its __init__ write"
            " self.app = cors(...)(self.app)"
        )
    elif callable(app):
        message += _NO_VIEW
    return Problem("app", app, "no-application", message)


_AROUND_ITSELF = Problem(
    "app",
    None,
    "around-itself",
    "app.wsgi_app leads to this CORSMiddleware, and that leads to app again; write"
    " app.wsgi_app = CORSMiddleware(app.wsgi_app, ...)",
)
_NO_VIEW = (
    ", whose application takes environ and start_response; for a view of Flask write cross_origin. It is no"
    " middleware of a framework: in Django, write application = CORSMiddleware(get_wsgi_application(), ...) in"
    " wsgi.py, and in Pyramid around config.make_wsgi_app()"
)


def _is_of_class_body(app: object) -> bool:
    """Whether it is a function that a class has, or will have."""
    name = getattr(app, "__qualname__", "") if isinstance(app, FunctionType) else ""
    within, _, _ = name.rpartition(".")
    return bool(within) and not within.endswith("<locals>")


def _bare(app: object) -> Problem:
    message = f"{shown(app)} is not a Policy; write @cors(allow_origins=[...]) with parentheses"
    return Problem("policy", app, "wrong-type", message)


def _base_policy(policy: Policy | None, fields: PolicyFields) -> Policy | None:
    if policy is None:
        return Policy(**fields) if fields else None
    return checked_policy(policy).merge(Policy(**fields))


# --- what the Flask extension needs too ------------------------------------------------------------


def answer_preflight(
    builder: HeaderBuilder, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer a preflight, ahead of any application."""
    decision = environ[DECISION] = builder.preflight(
        environ["HTTP_ORIGIN"],
        environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
        environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
        environ,
    )
    if not decision.allowed and (logger.level or root.level) <= DEBUG:
        log_denial(environ, decision)
    if decision.origin_allowed:
        start_response("204 No Content", decision.lines.copy())
        # Hypercorn sends the headers with the first chunk of the body, so there has to be one.
        return [b""]
    return _deny(decision, start_response)


def decide_actual(builder: HeaderBuilder, environ: WSGIEnvironment) -> Decision:
    """Decide about an actual request, and make the decision known."""
    origin = environ.get("HTTP_ORIGIN")
    decision = builder.actual(origin, environ)
    if not decision.allowed:
        decision = settled(builder, decision, origin, environ)
        log_denial(environ, decision)
    environ[DECISION] = decision
    is_noticed(environ, "")
    return decision


def refusal(builder: HeaderBuilder | None, environ: WSGIEnvironment) -> Decision | None:
    """The decision about an actual request, if it is to be refused."""
    if builder is None or builder.refused is None or not is_effective_and_foreign(environ):
        return None
    if builder.actual(environ.get("HTTP_ORIGIN"), environ).allowed:
        return None
    log_denial(environ, builder.refused)
    return builder.refused


def is_effective_and_foreign(environ: WSGIEnvironment) -> bool:
    """Whether a request is one of those that ``refuse_denied`` is about."""
    return may_do_something(environ) and is_foreign(environ)


def refuse(
    decision: Decision, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer a request in the application's place, because what is denied may do nothing either."""
    environ[DECISION] = decision
    is_noticed(environ, REFUSED)
    return _deny(decision, start_response)


def _deny(decision: Decision, start_response: StartResponse) -> Iterable[bytes]:
    start_response(REFUSED, _DENIAL_HEADERS + decision.lines)
    return [_DENIAL_TEXT]


def start(  # noqa: C901 - the hot path
    response: list[Any], status: str, headers: list[HeaderLine], exc_info: Any = None
) -> Callable[[bytes], object]:
    """Start a response that is governed: this is a method of it, and what the application calls.

    :param response: what a layer inside has told (`layers.py`), the author, ``environ``, the decision, and
        ``start_response``.
    """
    start_response: StartResponse
    told, author, environ, decision, start_response = response
    try:
        whole = headers + decision.lines
    except TypeError:
        # A list is what PEP 3333 asks for, and not what all applications give.
        headers = [*headers]
        whole = headers + decision.lines
    if told is None and exc_info is None:
        vary = None
        for line in headers:
            if line[0] not in PLAIN_NAMES:
                name = line[0]
                if name != "Vary" or name is VARY or vary is not None or type(headers) is not list:
                    break
                if line[1] not in VARY_LINES:
                    break
                vary = line
        else:
            if vary is not None and decision.vary:
                merge_vary(whole, headers, vary)
            environ[LAYER] = None
            return start_response(status, whole)
    whole = put_together(status, headers, response, author, environ, decision)
    return start_response(status, whole, *filter(None, [exc_info]))


def put_together(
    status: str,
    headers: list[HeaderLine],
    response: list[Any],
    author: Author,
    environ: WSGIEnvironment,
    decision: Decision,
) -> list[HeaderLine]:
    """The header lines of an application, whatever they are, and those of a decision about it.

    :param response: in which a layer inside that governs the request too has left its status, if it has
        told (`restricted`).
    """
    status_inside: str | None = response[0]
    if status_inside is None and has_lines_of_a_layer(headers):
        status_inside = status
    if status_inside is None and not is_waiting(response, environ):
        # The response is started again. It may be that of another layer inside, which could not tell.
        status_inside = ""
    environ[LAYER] = None
    if status_inside is not None:
        decision = restricted(decision, status, headers, environ, status_inside)
        return author.with_headers(headers, decision, tells=False)
    if not author.has_told_of_denial and varies_by_origin(headers):
        author.has_told_of_denial = tell_of_denial(decision, headers, environ)
    return author.with_headers(headers, decision)


is_logged = logger.isEnabledFor


def log_denial(environ: WSGIEnvironment, decision: Decision) -> None:
    """Say what was denied and why, in such a way that nothing a client sent can forge a line."""
    if decision.allowed or not is_logged(DEBUG):
        return
    logger.debug(
        "%s: %s, origin %s, %s %s, requested method %s, requested headers %s",
        "refused" if decision.refused else "denied",
        decision.reason,
        shown(environ.get("HTTP_ORIGIN")),
        shown(environ["REQUEST_METHOD"]),
        shown(environ.get("PATH_INFO", "")),
        shown(environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")),
        shown(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")),
    )
