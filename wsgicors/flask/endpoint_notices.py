"""What is told of the names in ``endpoints=``, where they may mean less than somebody thinks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..errors import few, shown
from ..names import SAFELISTED_METHODS

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

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
    for name, layer in endpoints.by_name().items():
        if layer.is_closing() and str(name).endswith(".*"):
            blueprint = app.blueprints.get(name[:-2])
            within = (blueprint and blueprint.url_prefix) or "/"
            prefix, rules = _below(app.url_map.iter_rules(), name[:-1], within)
            still_open = _of_all(rules, resolver) if prefix != "/" else []
            if still_open:
                yield _NEIGHBOURS, layer.where, prefix, few(still_open)


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
    places = [(rule, method) for rule in rules for method in rule.methods or SAFELISTED_METHODS]
    return [
        *dict.fromkeys(
            shown(rule.endpoint)
            for effective, alike in resolver.groups(places)
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
