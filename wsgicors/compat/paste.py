"""The Paste entry point with the ini keys of wsgicors 0.7; what they mean is said in `Policy`.

Only the keys are read here. Which origins a policy allows is asked of its header builder.
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ConfigError, Problem, called_as, shown
from ..fields import FIELDS
from ..guards import REFUSES_NOTHING, refuses_nothing
from ..headers import HeaderBuilder
from ..middleware import CORSMiddleware
from ..policy import Policy
from . import ANY_HEADER, in_words_of, is_pattern
from .globs import expression_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

logger = logging.getLogger("wsgicors")

# What follows the name of a policy and an underscore, and the field that it sets.
_OLD_KEYS = {
    "origin": "allow_origins",
    "methods": "allow_methods",
    "headers": "allow_headers",
    "expose_headers": "expose_headers",
    "credentials": "allow_credentials",
    "maxage": "max_age",
}
_KEYS = {**{field: field for field in FIELDS}, **_OLD_KEYS}
_LISTS = ("allow_origins", "allow_methods", "allow_headers", "expose_headers")
# What the older keys are taken apart as. Python may give anything.
_TYPES: dict[str, Any] = {"origin": str, "methods": str, "headers": str, "credentials": (str, bool)}
_SELECTION = ("policy", "matchstrategy")
_DENY = "deny"
_DIRECT = "direct"
_NOT_OF_0_7 = Problem(
    "CORS",
    None,
    "unknown-field",
    "this is the middleware of wsgicors 0.7, which takes origin, methods and so on; for Flask write"
    " from wsgicors.flask import CORS, for any other application CORSMiddleware(app, allow_origins=...)",
)
_STRATEGIES = ("firstmatch", "verbmatch")
# 0.7 took these, as everything but "true", for no.
_NO = ("false", "no", "off", "0", "none")
_NOBODY = Policy(allow_origins=())
_NOBODY_AT_ALL = Policy(allow_origins=(), refuse_denied=True)
_NOT_IN_FORCE = (
    "%s in [DEFAULT] is in force in no policy; if it is meant for this filter, write %s in its section, and"
    " otherwise leave it"
)
# Where the origin selects the policy, the answer to one is not that to another: it must vary.
_EVERY_ORIGIN = Policy(allow_origins=re.compile(r".*"))


@called_as("make_middleware(application, global_conf, allow_origins=...)")
def make_middleware(
    app: WSGIApplication, global_conf: Mapping[str, str] | None = None, **local_conf: str
) -> CORSMiddleware:
    """Put policies that an ini file names around a WSGI application (``paste.filter_app_factory``).

    :param app: the application.
    :param global_conf: the keys of ``[DEFAULT]``; those of the section replace them. A key that the
        section could have is used, whoever it was meant for. All others are left alone.
    :param local_conf: the keys of the section: the fields of a :class:`~wsgicors.Policy`, such as
        ``allow_origins``; or ``policy``, ``matchstrategy`` and, for each policy that is named there,
        ``NAME_allow_origins`` and so on. ``NAME_origin`` and the other keys of 0.7 are taken too.
    :raises ConfigError: if a policy is wrong, or a key unknown; all that is wrong is named by its keys.

    >>> def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    >>> middleware = make_middleware(application, policy="free", free_origin="copy", free_maxage="180")
    >>> middleware.policy
    Policy(allow_origins='*', max_age=180)
    """
    defaults = _mapping("global_conf", global_conf)
    problems = [
        _no_text(key, conf[key])
        for conf in (defaults, _mapping("local_conf", local_conf))
        for key in _SELECTION
        if not isinstance(conf.get(key, ""), str)
    ]
    if problems:
        raise ConfigError(problems)
    section = _Section(local_conf, defaults)
    if section.problems:
        raise ConfigError(section.problems)
    if len(section.policies) == 1 and not section.by_method:
        return CORSMiddleware(app, section.policies[0])
    named = dict(zip(section.names, section.policies))
    return _OfSeveral(app, resolve=_Selection(named, by_method=section.by_method))


class _OfSeveral(CORSMiddleware):
    """A middleware with several policies that have names: none of them is the base of the others."""

    @property
    def policy(self) -> Policy | None:
        """Nothing: the policies in force are those that ``policies`` and ``resolve`` tell."""
        return super().policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        named = self.resolve.policies if isinstance(self.resolve, _Selection) else {}
        names = shown(", ".join(named))
        raise ConfigError([Problem("policy", policy, "no-base", _NO_BASE % names)])


_NO_BASE = (
    "this middleware chooses among several policies (%s), and another policy would take the place of none of"
    " them; change their keys and make the middleware anew, or write CORSMiddleware(application, Policy(...)),"
    " whose policy can be swapped"
)


@called_as("CORS(application, origin=...)")
def CORS(  # noqa: N802 - its name in 0.7, where it was a class
    application: WSGIApplication, cfg: Mapping[str, str] | None = None, **keys: str
) -> CORSMiddleware:
    """The middleware of 0.7, for programs that still import it.

    :param application: the application.
    :param cfg: the keys of a section.
    :param keys: ``origin``, ``methods`` and so on for one policy; or the keys of a section.
    :raises ConfigError: if a policy is wrong, or a key unknown.

    >>> def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    >>> CORS(application, headers="*", methods="*", maxage="180", origin="*").policy.max_age
    180
    """
    conf = {**_mapping("cfg", cfg), **keys}
    if not conf or not conf.keys().isdisjoint(FIELDS.keys() - _OLD_KEYS.keys()):
        raise ConfigError([_NOT_OF_0_7])
    if keys and "policy" not in keys:
        conf = {"policy": _DIRECT, **{f"{_DIRECT}_{key}": value for key, value in keys.items()}}
    with in_words_of({f"{_DIRECT}_{key}": key for key in [*_KEYS, *keys]}):
        return make_middleware(application, {}, **conf)


def _mapping(argument: str, conf: Mapping[Any, Any] | None) -> dict[str, Any]:
    """The keys of a section, without those that can be in none."""
    if conf is not None and not isinstance(conf, Mapping):
        message = f"{shown(conf)} is not a mapping; write the keys of a section, or {{}}"
        raise ConfigError([Problem(argument, conf, "wrong-type", message)])
    return {key: value for key, value in (conf or {}).items() if isinstance(key, str)}


class _Section:
    """What a section says; read once, with everything that is wrong in it."""

    def __init__(self, local_conf: Mapping[str, str], global_conf: Mapping[str, str]) -> None:
        self._local = local_conf
        # The keys of policies have these in front of them; alone, those of the only policy nothing.
        self._prefixes = [""]
        self.names = [""]
        if "policy" in local_conf or not any(key in FIELDS for key in local_conf):
            self._local = {**_selection(global_conf), **local_conf}
            self.names = list(dict.fromkeys(_names(self._local.get("policy", _DENY))))
            self._prefixes = [f"{name}_" for name in self.names]
        self._conf = {**global_conf, **local_conf}
        self.problems: list[Problem] = [*self._unknown_keys(), *_unknown_strategy(self._local)]
        self.by_method = self._local.get("matchstrategy") == "verbmatch"
        self.policies = [
            _NOBODY if prefix == f"{_DENY}_" else _policy(prefix, self._conf, self.problems)
            for prefix in self._prefixes
        ]
        self.problems += self._idle_refusals()
        self._tell_of_defaults(global_conf)

    def _idle_refusals(self) -> Iterator[Problem]:
        """Where somebody wants to have refused what is denied, and another policy takes whoever comes."""
        for name, policy in zip(self.names, self.policies):
            if policy is _NOBODY:
                return
            is_for_all = not self.by_method or policy.allow_methods == "*"
            if policy.allow_origins == "*" and is_for_all:
                yield from (_idle(each, name) for each in self._refusing())
                return

    def _refusing(self) -> list[str]:
        """The policies by which what is denied is refused."""
        return [name for name, policy in zip(self.names, self.policies) if policy.refuse_denied]

    def _known(self) -> set[str]:
        return {prefix + key for prefix in self._own_prefixes() for key in _keys(prefix)}

    def _own_prefixes(self) -> list[str]:
        return [prefix for prefix in self._prefixes if prefix != f"{_DENY}_"]

    def _tell_of_defaults(self, global_conf: Mapping[str, str]) -> None:
        """Tell of each key of ``[DEFAULT]`` that looks like one of ours, and is not in force.

        It may be of another program, so it is no error.
        """
        known = self._known()
        ours = {*FIELDS, *_SELECTION, *known.difference(_OLD_KEYS)}
        for key in global_conf:
            near = _nearest(key, ours, cutoff=0.9)
            if near and key not in known and key not in _SELECTION:
                names = self._names_of(near)
                if not all(name in self._conf for name in names):
                    logger.warning(_NOT_IN_FORCE, shown(key), " and ".join(names))

    def _names_of(self, key: str) -> list[str]:
        """What to write for a key; for a field, in each policy."""
        prefixes = self._own_prefixes() or ["NAME_"]
        return [prefix + key for prefix in prefixes] if key in FIELDS else [key]

    def _unknown_keys(self) -> Iterator[Problem]:
        known = self._known()
        for key, value in self._local.items():
            if key not in known and key not in _SELECTION and not self._is_of_unnamed(key):
                yield Problem(key, value, "unknown-field", _advice(key, known))

    def _is_of_unnamed(self, key: str) -> bool:
        """Whether a key is of a policy that is there, but that ``policy`` does not name."""
        name = _named(key)
        origins = {f"{name}_origin", f"{name}_allow_origins"}
        if not name or "policy" not in self._local or origins.isdisjoint(self._local):
            return False
        logger.warning("%s is not used: policy does not name %s", shown(key), shown(name))
        return True


def _selection(conf: Mapping[str, str]) -> dict[str, str]:
    return {key: conf[key] for key in _SELECTION if key in conf}


def _names(policy: str) -> list[str]:
    names = [name.strip() for name in policy.split(",")]
    return [name for name in names if name] or [_DENY]


def _keys(prefix: str) -> Mapping[str, str]:
    """What can follow a prefix, and the field that it sets."""
    return _KEYS if prefix else {field: field for field in FIELDS}


def _named(key: str) -> str:
    """The policy that a key seems to be of, or nothing."""
    names = [key[: -len(known) - 1] for known in _KEYS if key.endswith(f"_{known}")]
    return min(names, key=len, default="")


def _nearest(key: str, keys: Iterable[str], cutoff: float = 0.8) -> str | None:
    """The key that somebody who wrote another one probably meant, in whatever case it stands there."""
    written = {each.lower(): each for each in keys}
    name = key.lower().replace("-", "_").removeprefix("cors_")
    near = difflib.get_close_matches(name, written, n=1, cutoff=cutoff)
    return written[near[0]] if near else None


def _advice(key: str, known: set[str]) -> str:
    if key in _OLD_KEYS:
        return (
            f"no policy reads it; write {_OLD_KEYS[key]}, or policy = NAME and NAME_{key}"
            " with a name of your own"
        )
    if key in FIELDS:
        return f"beside the key policy it belongs to no policy; write NAME_{key} with the name of a policy"
    name = _named(key)
    near = _nearest(key, [*known, *_SELECTION, *FIELDS])
    if near:
        return f"there is no such key; write {near}"
    if name:
        return f"policy does not name {name}; write policy = {name}, or leave the key out"
    return (
        f"there is no such key; the keys are {', '.join(_SELECTION)} and, behind the name of a policy"
        f" and an underscore, {', '.join(_KEYS)}"
    )


def _unknown_strategy(conf: Mapping[str, str]) -> Iterator[Problem]:
    strategy = conf.get("matchstrategy", _STRATEGIES[0])
    if strategy not in _STRATEGIES:
        message = f"{shown(strategy)} is not a strategy; write {' or '.join(_STRATEGIES)}"
        yield Problem("matchstrategy", strategy, "unknown", message)


def _policy(prefix: str, conf: Mapping[str, str], problems: list[Problem]) -> Policy:
    """The policy of the keys behind a prefix; what is wrong with it is added to ``problems``."""
    given = [key for key in _keys(prefix) if _is_given(prefix, key, conf)]
    not_text = [*_not_text(prefix, given, conf)]
    if not_text:
        problems += not_text
        return _NOBODY
    problems += [*_twice(prefix, given), *_globs(prefix, conf)]
    fields = {_KEYS[key]: _value(key, conf[prefix + key]) for key in given}
    try:
        with in_words_of({_KEYS[key]: prefix + key for key in [*_keys(prefix), *given]}):
            return _whole(Policy(**fields))
    except ConfigError as error:
        problems += error.problems
        return _NOBODY


def _is_given(prefix: str, key: str, conf: Mapping[str, str]) -> bool:
    """Whether a key says anything. One without a value does so for a list, which is then empty.

    So does ``refuse_denied``: nobody writes that to have nothing refused.
    """
    says_without_value = key in (*_LISTS, "refuse_denied")
    return bool(conf.get(prefix + key)) or (says_without_value and prefix + key in conf)


def _whole(policy: Policy) -> Policy:
    problems = [*policy.conflicts()]
    if refuses_nothing(policy.settings()):
        problems.append(REFUSES_NOTHING)
    if problems:
        raise ConfigError(problems)
    return policy


def _idle(name: str, free: str) -> Problem:
    """What to say of a policy that refuses, beside one that is free for all."""
    message = (
        f"nothing is refused, because policy {free} admits everybody; write the origins of {free}, or leave"
        f" {name}_refuse_denied out"
    )
    return Problem(f"{name}_refuse_denied", True, "refuses-nothing", message)


def _not_text(prefix: str, given: list[str], conf: Mapping[str, str]) -> Iterator[Problem]:
    """The keys that Python gave something else than an ini file can."""
    for key in given:
        value = conf[prefix + key]
        if not isinstance(value, _TYPES.get(key, object)):
            yield _no_text(prefix + key, value)


def _no_text(key: str, value: object) -> Problem:
    message = f"{shown(value)} is not text; write what would stand in the ini file"
    return Problem(key, value, "wrong-type", message)


def _twice(prefix: str, given: list[str]) -> Iterator[Problem]:
    for old, field in _OLD_KEYS.items():
        if old != field and old in given and field in given:
            message = f"{prefix}{old} and {prefix}{field} say the same; leave one of them out"
            yield Problem(prefix + old, None, "twice", message)


def _globs(prefix: str, conf: Mapping[str, str]) -> Iterator[Problem]:
    """The origins whose wildcards would let strangers in."""
    for item in _items(conf.get(f"{prefix}origin", "")):
        if _is_foreign_glob(item):
            message = (
                f"{shown(item)} has wildcards that match strangers' names too; write the origins one by"
                " one, or wildcards only to the left of your own domain (https://app?.example.com)"
            )
            yield Problem(f"{prefix}origin", item, "wildcard", message)


def _is_foreign_glob(item: str) -> bool:
    return (
        isinstance(_origin(item), str)
        and not is_pattern(item)
        and "*" not in item
        and bool(re.search(r"[?\[]", item))
    )


def _items(origins: str) -> list[str]:
    return re.split(r"[,\s]+", origins.strip())


def _value(key: str, value: str) -> Any:
    """What a field takes for what stands in a key; the keys of 0.7 had forms of their own."""
    if key == "origin":
        if value == "copy":
            return "*"
        return [_origin(item) for item in _items(value) if not _is_foreign_glob(item)]
    if key == "headers" and value == "*":
        return ANY_HEADER
    if key == "methods" and "*" in value.replace(",", " ").split():
        return "*"
    if key == "credentials" and str(value).strip().lower() in _NO:
        return False
    return value


def _origin(item: str) -> Any:
    is_glob = re.search(r"[*?\[]", item) and item != "*" and not is_pattern(item)
    return (expression_of(item) or item) if is_glob else item


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

    def __init__(self, policies: Mapping[str, Policy], *, by_method: bool) -> None:
        # Nobody knows which of them a stranger is denied by. So what any of them refuses is refused.
        is_refused = any(policy.refuse_denied for policy in policies.values())
        self._otherwise = _NOBODY_AT_ALL if is_refused else _NOBODY
        self._choices = [_choice(policy) for policy in policies.values()]
        self._by_method = by_method
        where = ", for its methods" if by_method else ""
        #: The policies in order, for a review; one that has no method is never taken.
        self.policies = {
            f"{number}. policy {name}{where}": self._otherwise
            if by_method and not policy.allow_methods
            else policy
            for number, (name, policy) in enumerate(policies.items(), 1)
        }

    def __call__(self, environ: WSGIEnvironment, method: str) -> Policy:
        origin = environ.get("HTTP_ORIGIN", "")
        for choice in self._choices:
            if choice.policy is _NOBODY:
                break
            if self._by_method and not choice.has(method):
                continue
            if choice.takes(origin, environ):
                return choice.policy
        return self._otherwise


def _choice(policy: Policy) -> _Choice:
    chosen = policy.merge(_EVERY_ORIGIN) if policy.allow_origins == "*" else policy
    return _Choice(chosen, HeaderBuilder(chosen))
