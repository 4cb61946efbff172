"""Where a decorated view runs, and what was declared of it is no part of what governs the request.

Something stands between the route and the view that no link leads through: a wrapper without
`functools.wraps`, or a view that calls other views. The response is then shared with those whom both
admit, and so is what a later preflight announces.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import shown
from ..headers import HeaderBuilder
from ..policy import Policy
from .common import NOBODY, REFUSING, common
from .declarations import Layer
from .memory import remember

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("wsgicors")

#: What was said of a view: the identities of the layers, and the layers.
Run = tuple[frozenset[int], tuple[Layer, ...]]
#: In ``environ``: the URL map that a request was routed with, and what was said of each decorated view
#: that has run for it. Whether that is in force is found out when the response starts.
RAN = "wsgicors.flask.ran"
NOTHING_RAN: tuple[object, tuple[Run, ...]] = (None, ())

# There are as many as there are mistakes in an application; more come only of views that are
# decorated anew for each request.
_MAX_REMEMBERED = 1024
REMEDY = (
    "Use functools.wraps in the decorators between the route and the view, or decorate the view that"
    " has the route. Where it only names the other view, as for a redirect, give it the name of the endpoint"
)
REMEDY_OF_BASE = (
    "It stands above a method that another one takes the place of and calls, with super(), so it can only take"
    " away. Move what the two have in common to a method of its own"
)
REMEDY_OF_HOOK = (
    "A hook or an error handler can only take away, so say it at the views, or in CORS(app)"
)


def note_run(environ: WSGIEnvironment, url_map: object, run: Run) -> None:
    """Note what was said of a view that runs."""
    known_map, ran = environ.get(RAN, NOTHING_RAN)
    environ[RAN] = (url_map, (*(ran if known_map is url_map else ()), run))


_NOBODYS = HeaderBuilder(NOBODY)


class Unlinked:
    """What was declared of views that run where it is not in force, for one application."""

    def __init__(self) -> None:
        #: What was declared of views that an endpoint was seen to run, by the endpoint and the method.
        self.seen: dict[tuple[str | None, str], tuple[Layer, ...]] = {}
        self._builders: dict[tuple[Policy, tuple[Policy, ...]], HeaderBuilder] = {}
        self._refusing: dict[tuple[Policy, tuple[Policy, ...]], HeaderBuilder] = {}
        self._told: set[tuple[str | None, str]] = set()

    def see(self, endpoint: str | None, method: str, layers: Iterable[Layer]) -> None:
        """Remember what was declared of views that an endpoint was seen to run."""
        seen = self.seen.get((endpoint, method), ())
        new = [layer for layer in layers if not any(layer == one for one in seen)]
        if new and len(self.seen) < _MAX_REMEMBERED and len(seen) < _MAX_REMEMBERED:
            self.seen[endpoint, method] = (*seen, *new)

    @staticmethod
    def differs(builder: HeaderBuilder, layers: Iterable[Layer]) -> bool:
        """Whether layers say anything that a policy does not say anyway."""
        policy = builder.policy
        return any(policy.merge(layer.policy) != policy for layer in layers)

    def narrowed(self, builder: HeaderBuilder | None, layers: Iterable[Layer]) -> HeaderBuilder:
        """The builder for those whom both a policy in force and what was declared admit.

        Nobody, where no policy is in force: what others make of the response is not known.
        """
        if builder is None:
            return _NOBODYS
        key = (builder.policy, tuple(dict.fromkeys(layer.policy for layer in layers)))
        found = self._builders.get(key)
        if found is None:
            found = _narrowed(builder, key[1])
            remember(self._builders, key, found, _MAX_REMEMBERED)
        return found

    def refusing(self, builder: HeaderBuilder | None, layers: Iterable[Layer]) -> HeaderBuilder:
        """The builder by which a view refuses, where what was said of it is not in force.

        :param builder: what is.
        """
        before = Policy() if builder is None else builder.policy
        key = (before, tuple(layer.policy for layer in layers))
        found = self._refusing.get(key)
        if found is None:
            said = functools.reduce(Policy.merge, key[1], before)
            nobody = NOBODY.merge(REFUSING)
            found = HeaderBuilder(nobody if said.refuse_denied and said.conflicts() else said)
            remember(self._refusing, key, found, _MAX_REMEMBERED)
        return found

    def untold(self, endpoint: str | None, layers: Iterable[Layer]) -> list[Layer]:
        """The layers of which nobody was told at an endpoint; now somebody is."""
        new = {(endpoint, layer.where): layer for layer in layers}
        new = {key: layer for key, layer in new.items() if key not in self._told}
        if len(self._told) >= _MAX_REMEMBERED:
            return []
        self._told.update(new)
        return [*new.values()]

    @staticmethod
    def tell(
        endpoint: str | None, layers: Iterable[Layer], builder: HeaderBuilder, remedy: str
    ) -> None:
        """Say that what is declared of what runs there is not in force.

        :param builder: what the response is shared by.
        :param remedy: what to do about it.
        """
        is_shared = builder.policy.allow_origins != ()
        outcome = "only with those whom both allow" if is_shared else "with nobody"
        for layer in layers:
            logger.log(
                logging.WARNING if is_shared else logging.ERROR,
                _TOLD,
                shown(endpoint),
                layer.where,
                outcome,
                remedy,
            )


_TOLD = (
    "endpoint %s runs a view, or holds it and may run it, but the policy of this endpoint does not include what"
    " %s says about the view. So a response that it has a part in is shared %s. %s"
)


def are_alike(one: Policy, other: Policy, besides: Iterable[str] = ()) -> bool:
    """Whether two policies say the same, in whatever order.

    :param besides: the fields in which they may differ.
    """
    if one.allow_origins == other.allow_origins == ():
        return True
    said, also_said = one.settings(), other.settings()
    fields = (said.keys() | also_said.keys()).difference(besides)
    return all(_unordered(said.get(each)) == _unordered(also_said.get(each)) for each in fields)


def _unordered(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value or frozenset()


def _narrowed(builder: HeaderBuilder, declared: Iterable[Policy]) -> HeaderBuilder:
    narrowed = builder.policy
    for policy in declared:
        merged = builder.policy.merge(policy)
        narrowed = narrowed if merged == builder.policy else common(narrowed, merged)
    if narrowed == builder.policy:
        return builder
    if narrowed.conflicts():
        narrowed = NOBODY.merge(REFUSING) if narrowed.refuse_denied else NOBODY
    return HeaderBuilder(narrowed)
