"""What is told of the names in ``endpoints=``, where they may mean less than somebody thinks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from ..errors import few, shown
from ..names import SAFELISTED_METHODS
from .settings import is_same
from .twice import is_narrower

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

    from .declarations import Layer
    from .resolver import UrlMapResolver


def told_of_endpoints(app: Flask, resolver: UrlMapResolver) -> Iterator[tuple[str, ...]]:
    """The sentences, each with its values; the first of them is the place in the code.

    :param resolver: in which nothing is wrong.
    """
    endpoints = resolver.endpoints
    for where in endpoints.empty():
        yield _EMPTY, where
    for where, name in endpoints.namesakes(rule.endpoint for rule in app.url_map.iter_rules()):
        yield _NAMESAKE, where, shown(name)
    groups = _namesakes_of_views(app) if endpoints else []
    for name, layer in endpoints.by_name().items():
        still_open = _neighbours(app, name, resolver) if layer.is_closing() else None
        if still_open:
            yield _NEIGHBOURS, layer.where, *still_open
        others = (app.url_map.iter_rules(each) for each in _elsewhere(name, groups))
        wider = _wider(layer, chain.from_iterable(others), resolver)
        if wider:
            yield _SAME_VIEWS, layer.where, few(wider)


def _neighbours(app: Flask, name: str, resolver: UrlMapResolver) -> tuple[str, str] | None:
    """What all URLs of a blueprint begin with, and the endpoints of others there that are shared."""
    if not name.endswith(".*"):
        return None
    blueprint = app.blueprints.get(name[:-2])
    within = (blueprint and blueprint.url_prefix) or "/"
    prefix, rules = _below(app.url_map.iter_rules(), name[:-1], within)
    still_open = _of_all(rules, resolver) if prefix != "/" else []
    return (prefix, few(still_open)) if still_open else None


def _namesakes_of_views(app: Flask) -> list[list[str]]:
    """The endpoints that lead to one view, of each view that has several."""
    endpoints: dict[int, list[str]] = {}
    routed = {rule.endpoint for rule in app.url_map.iter_rules()}
    for endpoint, view in app.view_functions.items():
        if endpoint in routed:
            endpoints.setdefault(id(view), []).append(endpoint)
    return [alike for alike in endpoints.values() if len(alike) > 1]


def _elsewhere(name: str, groups: Iterable[list[str]]) -> Iterator[str]:
    """The other endpoints of the views that are named.

    :param name: that of an endpoint or, where a blueprint is registered more than once, of its endpoints.
    """
    for alike in groups:
        own = [endpoint for endpoint in alike if _is_named(endpoint, name)]
        others = [endpoint for endpoint in alike if endpoint not in own] if own else []
        # One function may be many views of a blueprint, each with its own name.
        names = {_last(endpoint) for endpoint in own}
        is_blueprint = name.endswith(".*")
        yield from (each for each in others if not is_blueprint or _last(each) in names)


def _last(endpoint: str) -> str:
    return endpoint.rpartition(".")[2]


def _is_named(endpoint: str, name: str) -> bool:
    is_below = name.endswith(".*") and endpoint.startswith(name[:-1])
    return is_below or endpoint == name


def _wider(layer: Layer, rules: Iterable[Rule], resolver: UrlMapResolver) -> list[str]:
    """The endpoints where what is said of all of the application lets in more than a layer."""
    everywhere = resolver.unrouted()
    if everywhere is None:
        return []
    said = everywhere.policy.settings()
    fields = [
        field
        for field, value in layer.policy.settings().items()
        if field != "max_age"
        # What is false is the same as what is not said.
        and not is_same(value or None, said.get(field) or None)
        and is_narrower(field, said.get(field), value)
    ]
    return [
        *dict.fromkeys(
            shown(rule.endpoint)
            for effective, alike in resolver.groups(_places(rules if fields else ()))
            for rule, _ in alike
            if any(
                effective.sources.get(field) == everywhere.sources.get(field) for field in fields
            )
        )
    ]


def _places(rules: Iterable[Rule]) -> list[tuple[Rule, str]]:
    return [(rule, method) for rule in rules for method in rule.methods or SAFELISTED_METHODS]


def _below(rules: Iterable[Rule], blueprint: str, within: str) -> tuple[str, list[Rule]]:
    """What all URLs of a blueprint begin with, and the rules of others that begin so, too.

    :param blueprint: with the dot behind its name.
    :param within: its prefix, where it has one and is not mounted elsewhere.
    """
    own: list[Rule] = []
    others: list[Rule] = []
    for rule in rules:
        (own if str(rule.endpoint).startswith(blueprint) else others).append(rule)
    prefix = posixpath.commonpath([_without_arguments(rule.rule) for rule in own])
    if within != "/" and f"{prefix}/".startswith(f"{within.rstrip('/')}/"):
        prefix = within.rstrip("/")
    sites = {(rule.subdomain, rule.host) for rule in own}
    return prefix, [
        rule
        for rule in others
        if (rule.subdomain, rule.host) in sites and f"{rule.rule}/".startswith(f"{prefix}/")
    ]


def _without_arguments(path: str) -> str:
    static, argument, _ = path.partition("<")
    return (static.rpartition("/")[0] if argument else static) or "/"


def _of_all(rules: Iterable[Rule], resolver: UrlMapResolver) -> list[str]:
    """The endpoints that are shared with those who may read all of the application."""
    everywhere = resolver.unrouted()
    if everywhere is None or not everywhere.policy.allow_origins:
        return []
    where = everywhere.sources["allow_origins"]
    return [
        *dict.fromkeys(
            shown(rule.endpoint)
            for effective, alike in resolver.groups(_places(rules))
            for rule, _ in alike
            if effective.sources["allow_origins"] == where
        )
    ]


_EMPTY = (
    '%s sets no field, so what is said more broadly holds there as it is; write {"allow_origins": []} to share'
    " with nobody, None to leave it alone, or leave the entry out"
)
_NAMESAKE = (
    "%s is about the one view of this name. There is a blueprint of the same name; if its views are meant,"
    " write %s"
)
_NEIGHBOURS = (
    "%s closes the blueprint of this name, whose URLs begin with %s. Other endpoints have such URLs, too, and are"
    " not closed: %s. Name them in endpoints, too"
)
_SAME_VIEWS = (
    "%s is about one endpoint of a view that has more of them, at which it does not hold: %s. Name them in"
    " endpoints, too"
)
