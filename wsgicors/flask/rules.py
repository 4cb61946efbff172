"""Which rules of a URL map fit a URL, and which of them leads where; knows nothing of policies.

`werkzeug.routing.MapAdapter.match` answers for one method. A preflight's answer depends on all
that can be reached at its URL. So the tree that Werkzeug matches with is walked once for all
methods. Where a rule does more than to lead to its endpoint (a redirect, a converter that may
refuse), Werkzeug itself is asked, method by method.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import (
    AnyConverter,
    FloatConverter,
    IntegerConverter,
    Map,
    PathConverter,
    RequestRedirect,
    Rule,
    UnicodeConverter,
    UUIDConverter,
)
from werkzeug.routing.matcher import StateMachineMatcher

from ..names import SAFE_METHODS, SAFELISTED_METHODS

if TYPE_CHECKING:
    from werkzeug.routing import MapAdapter

# A redirect of the URL map leads to another rule; no sane map has a longer chain of them.
_MAX_REDIRECTS = 4
# What these convert fits their expressions, and they ask nobody.
_TEXTS = (UnicodeConverter, AnyConverter, PathConverter, UUIDConverter)
_NUMBERS = (IntegerConverter, FloatConverter)
# A map may have more of them than the memory of `re` has room for.
_compiled = functools.lru_cache(maxsize=4096)(re.compile)


def methods_of(url_map: Map, endpoint: Any) -> set[str]:
    """The methods that lead to an endpoint; none, where no rule leads there so far."""
    try:
        rules = [*url_map.iter_rules(endpoint)]
    except KeyError:
        rules = []
    return {method for _, method in with_methods(rules)}


def with_methods(rules: Iterable[Rule]) -> Iterator[tuple[Rule, str]]:
    """Each rule with each of its methods; where it takes any, with those that need no preflight."""
    for rule in rules:
        for method in sorted(rule.methods or SAFELISTED_METHODS):
            yield rule, method


def that_may_do_something(rules: Iterable[Rule]) -> Iterator[tuple[Rule, str]]:
    """Those methods that may have effects, and what opens a WebSocket."""
    for rule in rules:
        if rule.websocket:
            yield rule, "GET"
        elif not rule.build_only:
            for method in sorted({*(rule.methods or SAFELISTED_METHODS)} - SAFE_METHODS):
                yield rule, method


class Place(NamedTuple):
    """What the URL map has at a URL."""

    #: All methods that lead anywhere, ``"*"`` for any.
    methods: str | tuple[str, ...]
    #: The endpoint for each method that leads to one.
    endpoints: dict[str, Any]
    #: The same without ``OPTIONS`` where Flask itself answers.
    views: dict[str, Any]
    #: The endpoint for every other method, ``None`` if there is none.
    otherwise: Any = None

    def endpoint(self, method: str) -> Any:
        """The endpoint for a method; ``None`` if there is none."""
        # Werkzeug takes methods in any case, browsers do not: "patch" is routed, but not granted.
        return self.endpoints.get(method.upper(), self.otherwise)


NOWHERE = Place((), {}, {})


def fitting_rules(adapter: MapAdapter, path: str) -> list[Rule] | None:
    """The rules that fit a URL, in the order in which Werkzeug asks them.

    A slash that is missing at the end makes no difference. ``None`` where slashes tell the rules
    apart, or if the map is of a kind of its own.
    """
    url_map, path = adapter.map, f"/{path.lstrip('/')}" if path else ""
    matcher = getattr(url_map, "_matcher", None)
    if type(url_map) is not Map or type(matcher) is not StateMachineMatcher or "//" in path:
        return None
    url_map.update()
    is_by_host = url_map.host_matching or adapter.subdomain is None
    parts: list[Any] = [adapter.server_name if is_by_host else adapter.subdomain]
    parts += path.split("/")
    exact, slashed = _walked(matcher._root, parts)
    if not slashed:
        return exact
    return slashed if not exact and _walked(matcher._root, [*parts, ""]) == (slashed, []) else None


def _walked(root: Any, parts: list[Any]) -> tuple[list[Rule], list[Rule]]:
    """The rules that fit as they are, and those that do with a slash more or less."""
    exact: list[Rule] = []
    slashed: list[Rule] = []
    _walk(root, parts, 0, exact, slashed)
    return exact, slashed


def _walk(state: Any, parts: list[Any], at: int, exact: list[Rule], slashed: list[Rule]) -> None:
    """Go where `StateMachineMatcher.match` goes, in its order, to the end of each way."""
    if at == len(parts):
        exact += state.rules
        if "" in state.static:
            slashed += state.static[""].rules
        return
    static = state.static.get(parts[at])
    if static is not None:
        _walk(static, parts, at + 1, exact, slashed)
    for part, following in state.dynamic:
        _walk_on(part, following, parts, at, exact, slashed)
    if parts[at] == "" and at == len(parts) - 1:
        slashed += [rule for rule in state.rules if not rule.strict_slashes]


def _walk_on(
    part: Any, following: Any, parts: list[Any], at: int, exact: list[Rule], slashed: list[Rule]
) -> None:
    """Go on behind a part of a rule with converters, if that fits."""
    found = _compiled(part.content).match("/".join(parts[at:]) if part.final else parts[at])
    if found is None:
        return
    if part.suffixed and found.groups()[-1] == "/":
        parts, at = [""], -1
    elif part.final:
        at = len(parts) - 1
    _walk(following, parts, at + 1, exact, slashed)


def _is_plain(rule: Rule) -> bool:
    """Whether a rule leads to its endpoint, whatever else stands in the URLs that it fits."""
    if rule.redirect_to is not None or rule.alias:
        return False
    if any(other.defaults for other in rule.map.iter_rules(rule.endpoint)):
        return False
    return all(_takes_what_fits(converter) for converter in rule._converters.values())


def _takes_what_fits(converter: Any) -> bool:
    if type(converter) in _NUMBERS:
        return not converter.fixed_digits and converter.min is None and converter.max is None
    return type(converter) in _TEXTS


def place_of(rules: list[Rule], adapter: MapAdapter, methods: Iterable[str]) -> Place | None:
    """Where the rules that fit a URL lead, of which the first that takes a method wins.

    ``None`` where that is not all that counts.

    :param methods: all that the map may know, for rules that take any.
    """
    if not all(rule.websocket == adapter.websocket and _is_plain(rule) for rule in rules):
        return None
    reached: dict[str, Rule] = {}
    for rule in rules:
        names = methods if rule.methods is None else rule.methods
        reached = {**dict.fromkeys(names, rule), **reached}
        if rule.methods is None:
            return _place(reached, reached, rule)
    return _place(reached, reached)


def _place(
    reached: dict[str, Rule], methods: Iterable[str], otherwise: Rule | None = None
) -> Place:
    return Place(
        "*" if otherwise else tuple(sorted(methods)),
        {name: rule.endpoint for name, rule in reached.items()},
        {
            name: rule.endpoint
            for name, rule in reached.items()
            if not (name == "OPTIONS" and getattr(rule, "provide_automatic_options", False))
        },
        otherwise and otherwise.endpoint,
    )


def place_by_asking(adapter: MapAdapter, path: str, method: str, methods: Iterable[str]) -> Place:
    """Ask the map about one method, and about all others that it may know."""
    outcomes = {each: _outcome(adapter, path, each) for each in {*methods, method.upper()}}
    reached = {each: rule for each, rule in outcomes.items() if isinstance(rule, Rule)}
    nowhere = (NotFound, MethodNotAllowed)
    routed = [each for each, outcome in outcomes.items() if not isinstance(outcome, nowhere)]
    any_method = next((rule for rule in reached.values() if rule.methods is None), None)
    place = _place(reached, routed, any_method)
    # A made-up method that leads anywhere is one of any; each of its own would fill the memory.
    is_any = any_method is not None or not set(routed) <= set(methods)
    return place._replace(methods="*" if is_any else place.methods, otherwise=None)


def _outcome(adapter: MapAdapter, path: str | None, method: str) -> Rule | HTTPException:
    """Where a browser ends up, after the redirects that the URL map makes (a missing slash, ...)."""
    outcome: Rule | HTTPException = NotFound()
    for _ in range(_MAX_REDIRECTS):
        try:
            return adapter.match(path, method, return_rule=True)[0]
        except RequestRedirect as redirect:
            outcome, path = redirect, _path_within(adapter, redirect.new_url)
            if path is None:
                break
        except HTTPException as error:
            return error
    return outcome


def _path_within(adapter: MapAdapter, url: str) -> str | None:
    """The path of a URL as the map knows it; ``None`` if the URL leads elsewhere."""
    parts = urlsplit(url)
    root = adapter.script_name.rstrip("/")
    if parts.netloc != adapter.get_host(None) or not parts.path.startswith(root):
        return None
    return unquote(parts.path[len(root) :])
