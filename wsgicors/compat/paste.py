"""The Paste entry point with the ini keys of wsgicors 0.7; what they mean is said in `Policy`.

Only the keys are read here. Which origins a policy allows is asked of its header builder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ConfigError, Problem, shown
from ..headers import HeaderBuilder
from ..middleware import CORSMiddleware
from ..policy import Policy
from . import ANY_HEADER, in_words_of, is_pattern

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# What follows the name of a policy and an underscore, and the field that it sets.
_KEYS = {
    "origin": "allow_origins",
    "methods": "allow_methods",
    "headers": "allow_headers",
    "expose_headers": "expose_headers",
    "credentials": "allow_credentials",
    "maxage": "max_age",
    "dangerously_allow_insecure_origins": "dangerously_allow_insecure_origins",
    "dangerously_allow_public_suffixes": "dangerously_allow_public_suffixes",
}
_DENY = "deny"
_STRATEGIES = ("firstmatch", "verbmatch")
_NOBODY = Policy(allow_origins=())
# Where the origin selects the policy, the answer to one is not that to another: it must vary.
_EVERY_ORIGIN = Policy(allow_origins=re.compile(r".*"))


def make_middleware(
    app: WSGIApplication, global_conf: Mapping[str, str] | None = None, **local_conf: str
) -> CORSMiddleware:
    """Put policies that an ini file names around a WSGI application (``paste.filter_app_factory``).

    :param app: the application.
    :param global_conf: the keys of ``[DEFAULT]``; those of the section replace them.
    :param local_conf: the keys of the section: ``policy``, ``matchstrategy`` and, for each policy
        that is named there, ``NAME_origin``, ``NAME_methods`` and so on.
    :raises ConfigError: if a policy is wrong, named by its keys.

    >>> def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    >>> middleware = make_middleware(application, policy="free", free_origin="copy", free_maxage="180")
    >>> middleware.policy
    Policy(allow_origins='*', max_age=180)
    """
    conf = {**(global_conf or {}), **local_conf}
    strategy = _strategy(conf)
    names = [name.strip() for name in conf.get("policy", _DENY).split(",")]
    policies = _policies(names, conf)
    if len(policies) == 1 and strategy == "firstmatch":
        return CORSMiddleware(app, policies[0])
    return CORSMiddleware(app, resolve=_Selection(policies, by_method=strategy == "verbmatch"))


def _strategy(conf: Mapping[str, str]) -> str:
    strategy = conf.get("matchstrategy", _STRATEGIES[0])
    if strategy not in _STRATEGIES:
        message = f"{shown(strategy)} is no strategy; write {' or '.join(_STRATEGIES)}"
        raise ConfigError([Problem("matchstrategy", strategy, "unknown", message)])
    return strategy


def _policies(names: list[str], conf: Mapping[str, str]) -> list[Policy]:
    """The policies by these names.

    :raises ConfigError: with the problems of all of them.
    """
    policies: list[Policy] = []
    problems: list[Problem] = []
    for name in names:
        try:
            policies.append(_NOBODY if name == _DENY else _policy(name, conf))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return policies


def _policy(name: str, conf: Mapping[str, str]) -> Policy:
    values = {key: conf[f"{name}_{key}"] for key in _KEYS if conf.get(f"{name}_{key}")}
    problems = [*_unknown_keys(name, conf), *_globs(name, values.get("origin", ""))]
    if problems:
        raise ConfigError(problems)
    with in_words_of({field: f"{name}_{key}" for key, field in _KEYS.items()}):
        policy = Policy(**{_KEYS[key]: _value(key, value) for key, value in values.items()})
        conflicts = policy.conflicts()
        if conflicts:
            raise ConfigError(conflicts)
    return policy


def _value(key: str, value: str) -> Any:
    if key == "origin" and value == "copy":
        return "*"
    if key == "headers" and value == "*":
        return ANY_HEADER
    if key == "methods" and "*" in value.replace(",", " ").split():
        return "*"
    if key == "credentials":
        # Anything else has always meant no.
        return value == "true"
    return value


def _unknown_keys(name: str, conf: Mapping[str, str]) -> Iterator[Problem]:
    for key in conf:
        # The key may be of another policy, whose name begins like this one's.
        if key.startswith(f"{name}_") and not key.endswith(tuple(f"_{known}" for known in _KEYS)):
            message = f"there is no such key; the keys of a policy are {', '.join(_KEYS)}"
            yield Problem(key, conf[key], "unknown-field", message)


def _globs(name: str, origins: str) -> Iterator[Problem]:
    for origin in origins.split():
        if re.search(r"[?\[]", origin) and not is_pattern(origin):
            message = (
                f'{shown(origin)} holds wildcards of file names; "*" is left, for subdomains'
                " (https://*.example.com) and for any port (http://localhost:*): write the origins"
                " one by one, or in Python CORSMiddleware with re.compile(...)"
            )
            yield Problem(f"{name}_origin", origin, "wildcard", message)


class _Choice(NamedTuple):
    """A policy, and the builder that knows which origins and methods are its own."""

    policy: Policy
    builder: HeaderBuilder

    def takes(self, origin: str, environ: WSGIEnvironment) -> bool:
        return self.builder.actual(origin, environ).origin_allowed

    def has(self, method: str) -> bool:
        # Unset, a policy had no method that could select it.
        methods = self.policy.allow_methods or ()
        return methods == "*" or method in methods


class _Selection:
    """The first of some policies that takes the origin and, where that counts, has the method."""

    def __init__(self, policies: list[Policy], *, by_method: bool) -> None:
        self._choices = [_choice(policy) for policy in policies]
        self._by_method = by_method

    def __call__(self, environ: WSGIEnvironment, method: str) -> Policy:
        origin = environ.get("HTTP_ORIGIN", "")
        for choice in self._choices:
            if choice.policy is _NOBODY:
                break
            if self._by_method and not choice.has(method):
                continue
            if choice.takes(origin, environ):
                return choice.policy
        return _NOBODY


def _choice(policy: Policy) -> _Choice:
    chosen = policy.merge(_EVERY_ORIGIN) if policy.allow_origins == "*" else policy
    return _Choice(chosen, HeaderBuilder(chosen))
