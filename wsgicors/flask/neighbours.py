"""Endpoints whose URLs begin as those of a blueprint do, and of which nothing is said."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ..errors import shown
from .rules import that_may_do_something, with_methods

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

    from .resolver import UrlMapResolver


class Neighbours:
    """The endpoints of an application, by what their URLs begin with.

    :param app: the application.
    :param resolver: in which nothing is wrong.
    """

    def __init__(self, app: Flask, resolver: UrlMapResolver) -> None:
        self._app = app
        self._resolver = resolver
        self._everywhere = resolver.unrouted()
        # There may be very many blueprints with one prefix.
        self._known: dict[object, list[str]] = {}

    def has_views(self, blueprint: str) -> bool:
        """Whether a blueprint has any view, or one that is nested in it has."""
        return blueprint in self._by_blueprint

    def not_closed(self, blueprint: str) -> tuple[str, list[str]]:
        """What all URLs of a blueprint begin with, and the endpoints there that are shared as everything is."""
        everywhere = self._everywhere
        if everywhere is None or not everywhere.policy.allow_origins:
            return "/", []
        return self._below(blueprint, is_refused=False)

    def not_refused(self, blueprint: str) -> tuple[str, list[str]]:
        """The same for those that may do something, and where nobody is refused."""
        everywhere = self._everywhere
        if everywhere is None or everywhere.policy.refuse_denied:
            return "/", []
        return self._below(blueprint, is_refused=True)

    def _below(self, blueprint: str, *, is_refused: bool) -> tuple[str, list[str]]:
        prefix, sites = self._place(blueprint)
        if prefix == "/":
            return prefix, []
        key = prefix, sites, is_refused
        if key not in self._known:
            rules = self._rules_below(prefix, sites)
            places = that_may_do_something(rules) if is_refused else with_methods(rules)
            self._known[key] = self._as_everywhere(places, ("refuse_denied",) * is_refused)
        return prefix, self._known[key]

    def _place(self, blueprint: str) -> tuple[str, frozenset[object]]:
        """What all URLs of a blueprint begin with, and the hosts that they are at."""
        own = self._by_blueprint.get(blueprint)
        if own is None:
            return "/", frozenset()
        prefix = posixpath.commonpath([_without_arguments(rule.rule) for rule in own])
        within = getattr(self._app.blueprints.get(blueprint), "url_prefix", None)
        # Where it is mounted elsewhere, its prefix is another one.
        if within and f"{prefix}/".startswith(f"{within.rstrip('/')}/"):
            prefix = within.rstrip("/") or "/"
        return prefix, frozenset((rule.subdomain, rule.host) for rule in own)

    def _rules_below(self, prefix: str, sites: frozenset[object]) -> list[Rule]:
        """The rules below a prefix, in the order in which they were registered."""
        paths, numbers = self._by_path
        first, last = bisect_left(paths, f"{prefix}/"), bisect_left(paths, f"{prefix}0")
        below = (self._rules[number] for number in sorted(numbers[first:last]))
        return [rule for rule in below if (rule.subdomain, rule.host) in sites]

    def _as_everywhere(
        self, places: Iterable[tuple[Rule, str]], besides: Iterable[str]
    ) -> list[str]:
        """The endpoints where what is said of all of the application says who is allowed."""
        assert self._everywhere is not None
        fields = ("allow_origins", *besides)
        sources = self._everywhere.sources
        found: list[Rule] = []
        paths: set[str] = set()
        for effective, alike in self._resolver.groups(places):
            if all(effective.sources.get(each) == sources.get(each) for each in fields):
                found += [rule for rule, _ in alike]
            else:
                paths.update(rule.rule for rule, _ in alike)
        # Whoever says one thing of a URL and another of its other methods, means both.
        return [*dict.fromkeys(shown(rule.endpoint) for rule in found if rule.rule not in paths)]

    @cached_property
    def _rules(self) -> list[Rule]:
        return [rule for rule in self._app.url_map.iter_rules() if not rule.build_only]

    @cached_property
    def _by_path(self) -> tuple[list[str], list[int]]:
        """The paths of the rules, sorted, with a slash behind each, and the number of each one's rule."""
        pairs = sorted((f"{rule.rule}/", number) for number, rule in enumerate(self._rules))
        return [path for path, _ in pairs], [number for _, number in pairs]

    @cached_property
    def _by_blueprint(self) -> dict[str, list[Rule]]:
        """The rules of each blueprint, with those of the blueprints that are nested in it."""
        found: dict[str, list[Rule]] = {}
        for rule in self._rules:
            for name in _blueprints(rule.endpoint):
                found.setdefault(name, []).append(rule)
        return found


def _blueprints(endpoint: object) -> Iterator[str]:
    parts = str(endpoint).split(".")
    yield from (".".join(parts[:depth]) for depth in range(1, len(parts)))


def _without_arguments(path: str) -> str:
    static, argument, _ = path.partition("<")
    return (static.rpartition("/")[0] if argument else static) or "/"
