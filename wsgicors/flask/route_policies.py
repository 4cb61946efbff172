"""What was said of the routes of an application, and what that adds up to; knows no requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable

from flask import Flask
from werkzeug.routing import Rule

from ..errors import Problem
from ..guards import REFUSES_NOTHING, refuses_nothing
from ..headers import HeaderBuilder
from ..names import SAFELISTED_METHODS
from ..policy import Policy
from .declarations import Layer, is_anything_declared
from .endpoints import Endpoints, decorated_though_left
from .memory import remember
from .rules import methods_of, with_methods
from .settings import Effective, Governed, blueprint_layers, named
from .views import Said, Views, declares_per_request, is_bare

if TYPE_CHECKING:
    from ..given import Given

# No client decides which layers meet, but there may be very many ways.
_MAX_REMEMBERED = 65536


class Governing:
    """What certain layers add up to; compiled when the first request needs it."""

    def __init__(self, policy: Policy, builders: dict[Policy, HeaderBuilder]) -> None:
        self.policy = policy
        self._builders = builders

    @cached_property
    def has_conflicts(self) -> bool:
        """Whether it cannot be put to use."""
        return bool(self.policy.conflicts())

    @cached_property
    def is_idle(self) -> bool:
        """Whether what is denied is to be refused, and nobody is denied."""
        return refuses_nothing(self.policy.settings())

    @cached_property
    def builder(self) -> HeaderBuilder:
        """The builder, shared by equal policies, so that builders can be told apart by identity."""
        builder = self._builders.get(self.policy)
        return builder or self._builders.setdefault(self.policy, HeaderBuilder(self.policy))


class RoutePolicies:
    """The policies of the routes of one application.

    :param app: the application, whose rules and views are read when they are asked for.
    :param layers: what was said for all of it, beside its configuration.
    :param endpoints: what was said for endpoints that cannot be decorated.
    :param governs_all: whether views about which nothing was said are governed too.
    :param given: the mappings that ``endpoints`` was read from.
    """

    #: Whether somebody has said by path what is shared, which no rule of the map tells.
    governs_paths = False

    def __init__(
        self,
        app: Flask,
        layers: Iterable[Layer],
        endpoints: Mapping[str, Layer | None] | None,
        *,
        governs_all: bool,
        given: Iterable[Given],
    ) -> None:
        self._app = app
        self._given = tuple(given)
        #: What was said for all views in code, and in the configuration.
        self.layers = tuple(layers)
        self.configured: tuple[Layer, ...] = ()
        self.endpoints = Endpoints(endpoints or {})
        self.governs_all = governs_all
        self._base: tuple[Layer, ...] = ()
        self._views = Views(app)
        self._forget_policies()

    @property
    def app(self) -> Flask:
        """The application."""
        return self._app

    def _forget_policies(self) -> None:
        # Replaced and not emptied, so that whoever is at work on what was known before remembers it
        # where nobody will look.
        self._views.forget()
        self._builders: dict[Policy, HeaderBuilder] = {}
        self._by_policies: dict[tuple[Policy, ...], Governing] = {}
        self._by_layers: dict[tuple[int, ...], tuple[tuple[Layer, ...], Governing]] = {}

    # --- for an endpoint and a method ---------------------------------------------------------------

    def _own_layers(self, endpoint: Any, method: str) -> tuple[Layer, ...]:
        return self._layers_of(endpoint, self._views.said(endpoint, method))

    def _layers_of(self, endpoint: Any, said: Said) -> tuple[Layer, ...]:
        named = self.endpoints
        layers = tuple(blueprint_layers(self._app, endpoint))
        if named:
            layers = (*named.broad(endpoint), *layers, *named.exact(endpoint))
        return layers + said.layers

    def _is_governed(self, endpoint: Any, own: tuple[Layer, ...]) -> bool:
        is_left = self.endpoints and self.endpoints.leaving(endpoint) is not None
        return not is_left and bool(own or self.governs_all)

    def _governing(self, own: tuple[Layer, ...]) -> Governing:
        """What the layers of an endpoint add up to, on top of those of all."""
        # By identity, because to compare policies is to compare all their origins.
        key = tuple(map(id, own))
        known = self._by_layers.get(key)
        if known is None:
            # Kept with the layers, so that no others can have the same identity meanwhile.
            known = (own, self._merged(tuple(layer.policy for layer in own)))
            remember(self._by_layers, key, known, _MAX_REMEMBERED)
        return known[1]

    def _merged(self, policies: tuple[Policy, ...]) -> Governing:
        governing = self._by_policies.get(policies)
        if governing is None:
            whole = Policy()
            for policy in (*(layer.policy for layer in self._base), *policies):
                whole = whole.merge(policy)
            governing = Governing(whole, self._builders)
            remember(self._by_policies, policies, governing, _MAX_REMEMBERED)
        return governing

    # --- for all routes -----------------------------------------------------------------------------

    def effective_policies(self) -> Iterator[tuple[str | None, str, Effective]]:
        """Each rule and method that is governed, and its policy; no rule is that of other URLs."""
        unrouted = self.unrouted()
        if unrouted is not None:
            yield None, "", unrouted
        for rule, method, effective in self.routes():
            if effective is not None:
                yield rule.rule, method, effective

    def routes(self) -> Iterator[tuple[Rule, str, Effective | None]]:
        """Each method of each rule, and its policy; ``None`` where it is not governed.

        What was said for all of the application counts once `ensure_checked` has read it.
        """
        for rule, method in with_methods(self._app.url_map.iter_rules()):
            own = self._own_layers(rule.endpoint, method)
            is_governed = self._is_governed(rule.endpoint, own)
            yield rule, method, self._effective(own) if is_governed else None

    def by_path(self) -> Iterable[tuple[str, Effective]]:
        """What is said of paths, whatever is routed there: the paths in words, and their policy."""
        return ()

    def identities_in_force(self) -> set[int]:
        """The identities of all layers that were said of any route."""
        return {
            id(layer)
            for rule, method in with_methods(self._app.url_map.iter_rules())
            for layer in self._own_layers(rule.endpoint, method)
        }

    def unrouted(self) -> Effective | None:
        """The policy of URLs that no route matches; ``None`` if they are not governed."""
        return self._effective(()) if self.governs_all else None

    def _effective(self, own: tuple[Layer, ...]) -> Effective:
        return Effective.of([*self._base, *own])

    def groups(
        self,
        places: Iterable[tuple[Rule, str]],
        is_meant: Callable[[Policy], bool] = lambda policy: True,
    ) -> Iterator[tuple[Effective, list[tuple[Rule, str]]]]:
        """Rules and methods that are governed, by what was said of them.

        :param places: those that are looked at.
        :param is_meant: whether those with a policy are asked for.
        """
        found: dict[tuple[int, ...], tuple[tuple[Layer, ...], list[tuple[Rule, str]]]] = {}
        for rule, method, own in self._with_layers(places):
            if self._is_governed(rule.endpoint, own):
                found.setdefault(tuple(map(id, own)), (own, []))[1].append((rule, method))
        for own, alike in found.values():
            if is_meant(self._governing(own).policy):
                yield self._effective(own), alike

    def _with_layers(
        self, places: Iterable[tuple[Rule, str]]
    ) -> Iterator[tuple[Rule, str, tuple[Layer, ...]]]:
        known: dict[str, tuple[Layer, ...]] = {}
        for rule, method in places:
            blueprint = self._blueprint_if_bare(rule.endpoint)
            own = None if blueprint is None else known.get(blueprint)
            if own is None:
                own = self._own_layers(rule.endpoint, method)
                if blueprint is not None:
                    known[blueprint] = own
            yield rule, method, own

    def _is_anything_said(self) -> bool:
        return is_anything_declared() or any(
            map(declares_per_request, self._app.view_functions.values())
        )

    def _in_force(self) -> list[tuple[Layer, ...]]:
        """What governs any route beside what was said for all, each once."""
        found: dict[tuple[int, ...], tuple[Layer, ...]] = {(): ()} if self.governs_all else {}
        says_more = self.endpoints or self._is_anything_said()
        for endpoint, method in self._each_that_may_differ() if says_more else ():
            own = self._own_layers(endpoint, method)
            if own and self._is_governed(endpoint, own):
                found[tuple(map(id, own))] = own
        return list(found.values())

    def _each_that_may_differ(self) -> Iterator[tuple[Any, str]]:
        """Endpoints and methods, but for one of the bare views of a blueprint, which are alike."""
        blueprints = set()
        for rule in self._app.url_map.iter_rules():
            methods: Iterable[str] = rule.methods or SAFELISTED_METHODS
            blueprint = self._blueprint_if_bare(rule.endpoint)
            if blueprint is not None:
                methods = () if blueprint in blueprints else ("GET",)
                blueprints.add(blueprint)
            for method in methods:
                yield rule.endpoint, method

    def _blueprint_if_bare(self, endpoint: Any) -> str | None:
        """The blueprint of a view of which nothing is said by itself; ``None`` for any other view."""
        is_plain = (
            is_bare(self._app.view_functions.get(endpoint)) and endpoint not in self.endpoints
        )
        return str(endpoint.rpartition(".")[0]) if is_plain else None

    # --- what is wrong in any of them ---------------------------------------------------------------

    def _wrong_endpoints(self) -> Iterator[Problem]:
        for given in self._given:
            yield from given.problems()
        if not self.endpoints:
            return
        known = {rule.endpoint for rule in self._app.url_map.iter_rules()}
        yield from self.endpoints.unknown(known)
        for endpoint in sorted(known, key=str):
            name = self.endpoints.leaving(endpoint)
            declared = [] if name is None else self._declared_over(name, endpoint)
            if declared:
                yield decorated_though_left(str(name), endpoint, declared)

    def _declared_over(self, name: str, endpoint: Any) -> list[Layer]:
        """What decorators say that would win over what is said by a name."""
        layers = [] if name == endpoint else [*blueprint_layers(self._app, endpoint)]
        for method in sorted(methods_of(self._app.url_map, endpoint)):
            layers += self._views.said(endpoint, method).layers
        return layers

    def _conflicts(self, in_force: Iterable[tuple[Layer, ...]]) -> Iterator[Problem]:
        """The problems of all routes, each told once."""
        if not any(self._governing(own).has_conflicts for own in in_force):
            return
        policies: dict[tuple[Policy, tuple[str, ...]], tuple[Effective, Governed]] = {}
        for rule, method, effective in self.effective_policies():
            key = (effective.policy, tuple(effective.sources.values()))
            policies.setdefault(key, (effective, []))[1].append((rule, method))
        everything = [place for _, places in policies.values() for place in places]
        found: dict[tuple[str, str], tuple[Problem, Governed]] = {}
        for effective, places in policies.values():
            for problem in effective.problems():
                key_of_problem = (problem.field, problem.message)
                found.setdefault(key_of_problem, (problem, []))[1].extend(places)
        for problem, places in found.values():
            where = "every route" if len(places) == len(everything) else named(places)
            yield problem._replace(message=f"for {where}: {problem.message}")

    def _idle_refusals(self, in_force: Iterable[tuple[Layer, ...]]) -> Iterator[Problem]:
        """Where somebody wants to have refused what is denied, and denies nobody."""
        refusing = [own for own in in_force if self._governing(own).policy.refuse_denied]
        if not any(self._governing(own).is_idle for own in refusing):
            return
        idle: dict[str, bool] = {}
        for own in refusing:
            where = self._effective(own).sources["refuse_denied"]
            idle[where] = idle.get(where, True) and self._governing(own).is_idle
        for where in [where for where, is_idle in idle.items() if is_idle]:
            yield REFUSES_NOTHING._replace(message=f"{where}: {REFUSES_NOTHING.message}")
