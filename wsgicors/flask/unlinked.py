"""Where a decorated view runs, and what was declared of it is no part of what governs the request.

Something stands between the route and the view that no link leads through: a wrapper without
`functools.wraps`, or a view that calls other views. The response is then shared with those whom both
admit, and so is what a later preflight announces.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import shown
from ..headers import HeaderBuilder
from .common import NOBODY, common
from .declarations import Layer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from ..policy import Policy

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
_REMEDY = (
    "Use functools.wraps in the decorators between the route and the view, or decorate the view that"
    " has the route. Where it only names the other view, as for a redirect, give it the name of the endpoint"
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
            if len(self._builders) >= _MAX_REMEMBERED:
                self._builders.clear()
            found = self._builders[key] = _narrowed(builder, key[1])
        return found

    def tell(self, endpoint: str | None, layers: Iterable[Layer], builder: HeaderBuilder) -> None:
        """Say once, for each view and place, that what is declared there is not in force.

        :param builder: what the response is shared by.
        """
        is_shared = builder.policy.allow_origins != ()
        outcome = "only with those whom both allow" if is_shared else "with nobody"
        for layer in layers:
            key = (endpoint, layer.where)
            if key not in self._told and len(self._told) < _MAX_REMEMBERED:
                self._told.add(key)
                logger.log(
                    logging.WARNING if is_shared else logging.ERROR,
                    (
                        "endpoint %s runs a view, or holds it and may run it, but the policy of this endpoint"
                        " does not include what %s says about the view. So its responses are shared %s. %s"
                    ),
                    shown(endpoint),
                    layer.where,
                    outcome,
                    _REMEDY,
                )


def _narrowed(builder: HeaderBuilder, declared: Iterable[Policy]) -> HeaderBuilder:
    narrowed = builder.policy
    for policy in declared:
        merged = builder.policy.merge(policy)
        narrowed = narrowed if merged == builder.policy else common(narrowed, merged)
    if narrowed == builder.policy:
        return builder
    return HeaderBuilder(NOBODY if narrowed.conflicts() else narrowed)
