"""What is told of an application where nothing is wrong, but something may not be as it was meant.

Each thing is told once, by one line for all places of its kind; a line names the first of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import has_request_context, request

from ..configuration import told_of_what_is_not_read
from ..errors import few, shown
from ..guards import OVERRIDE, method_overrides, refuses_nothing
from ..layers import LAYER
from ..names import SAFE_METHODS
from .endpoint_notices import told_of_endpoints
from .rules import that_may_do_something, with_methods
from .settings import (
    ANSWERED_AHEAD,
    Effective,
    Governed,
    blueprint_layers,
    named,
    overruled_fields,
    overruled_keys,
)
from .strays import idle
from .twice import told_of_blueprints
from .views import is_bare

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

    from ..policy import Policy
    from .leftovers import Leftovers
    from .resolver import UrlMapResolver

    Group = tuple[Effective, list[tuple[Rule, str]]]

logger = logging.getLogger("wsgicors")

# The key in ``app.extensions`` of what somebody was told of, once for an application.
_TOLD = "wsgicors-told"


class Notices:
    """What is told of one application.

    :param app: the application.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._told_of: set[object] = app.extensions.setdefault(_TOLD, set())

    def tell(self, resolver: UrlMapResolver, policies: list[Policy], leftovers: Leftovers) -> None:
        """Tell of what was not told before.

        :param resolver: what has found nothing wrong.
        :param policies: all that are in force.
        :param leftovers: what else is told there what to share.
        """
        self._tell_of_overrides(resolver, policies)
        self._tell_of_keys(resolver)
        of_endpoints = told_of_endpoints(self._app, resolver)
        of_blueprints = told_of_blueprints(self._app, resolver.endpoints)
        not_read = told_of_what_is_not_read(self._app, policies)
        for sentence, *values in (*not_read, *of_endpoints, *of_blueprints):
            if self._is_new(sentence, values[0]):
                logger.warning(sentence, *values)
        self._tell_of_names(resolver)
        self._tell_of_lost_preflights(resolver)
        for sentence, where, what in idle():
            logger.warning(sentence, where, what)
        for sentence, place, instead in leftovers.told():
            if self._is_new(sentence, place):
                logger.warning(sentence, place, instead)
        self._tell_of_idle_refusals(resolver, policies)
        self._tell_of_sockets(resolver)

    def _is_new(self, *thing: object) -> bool:
        """Whether nobody was told of a thing; now somebody is."""
        if thing in self._told_of:
            return False
        self._told_of.add(thing)
        return True

    def _tell_of_overrides(self, resolver: UrlMapResolver, policies: list[Policy]) -> None:
        for name in method_overrides(policies):
            if not self._allows_all_methods(resolver, policies) and self._is_new("override", name):
                logger.warning(OVERRIDE, name)

    def _allows_all_methods(self, resolver: UrlMapResolver, policies: list[Policy]) -> bool:
        """Whether one policy governs everything, and allows all methods that are routed anyway."""
        policy = policies[0]
        is_alone = resolver.governs_all and not resolver.endpoints
        if not is_alone or any(each != policy for each in policies):
            return False
        allowed = policy.allow_methods or "*"
        rules = self._app.url_map.iter_rules()
        return allowed == "*" or {*allowed, *SAFE_METHODS}.issuperset(
            method for rule in rules for method in rule.methods or [""]
        )

    # --- what was said, and does not count ------------------------------------------------------

    def _tell_of_keys(self, resolver: UrlMapResolver) -> None:
        for key, field, where in overruled_keys(resolver.configured, resolver.layers):
            if self._is_new("overruled", key):
                logger.warning(_OVERRULED_KEY, key, where, field)

    def _tell_of_names(self, resolver: UrlMapResolver) -> None:
        """Where something is said of an endpoint by its name, and its view says otherwise."""
        layers = resolver.endpoints.by_name()
        rules = self._app.url_map.iter_rules() if layers else ()
        places = with_methods(rule for rule in rules if rule.endpoint in layers)
        found: dict[str, None] = {}
        for effective, alike in resolver.groups(places):
            layer = layers[alike[0][0].endpoint]
            for field in overruled_fields(layer, effective):
                found[f"{field} of {layer.where} (it is set by {effective.sources[field]})"] = None
        new = [each for each in found if self._is_new("name", each)]
        if new:
            logger.warning(_OVERRULED_NAMES, few(new))

    # --- preflights that do not arrive ----------------------------------------------------------

    def _tell_of_lost_preflights(self, resolver: UrlMapResolver) -> None:
        """Say once of each view that is shared that Flask answers in its place, where nobody comes first."""
        is_answered = ANSWERED_AHEAD in self._app.extensions or _is_within_another_layer()
        is_answered = is_answered or resolver.governs_all
        for rule in () if is_answered else self._app.url_map.iter_rules():
            # Of most views nothing is said, which is quickly told.
            is_plain = is_bare(self._app.view_functions.get(rule.endpoint))
            if is_plain or not getattr(rule, "provide_automatic_options", False):
                continue
            # The decorator of a blueprint answers in a hook.
            if not any(blueprint_layers(self._app, rule.endpoint)):
                self._tell_of_sharing(rule, resolver)

    def _tell_of_sharing(self, rule: Rule, resolver: UrlMapResolver) -> None:
        for effective, _ in resolver.groups(with_methods([rule])):
            if effective.policy.allow_origins and self._is_new("preflights", rule.endpoint):
                where = effective.sources["allow_origins"]
                logger.warning(_LOST_PREFLIGHTS, shown(rule.endpoint), where)

    # --- strangers who may do something ---------------------------------------------------------

    def _tell_of_idle_refusals(self, resolver: UrlMapResolver, policies: Iterable[Policy]) -> None:
        """Where what is denied is to be refused, and nobody is denied."""
        if any(_is_idle(policy) for policy in policies):
            rules = self._app.url_map.iter_rules()
            self._tell_of_places(_IDLE, resolver.groups(that_may_do_something(rules), _is_idle))

    def _tell_of_sockets(self, resolver: UrlMapResolver) -> None:
        """Where somebody is denied, which a browser does not care about when it opens a WebSocket."""
        rules = [rule for rule in self._app.url_map.iter_rules() if rule.websocket]
        groups = resolver.groups(that_may_do_something(rules), _is_open_to_sockets)
        self._tell_of_places(_SOCKETS, groups)

    def _tell_of_places(self, message: str, groups: Iterable[Group]) -> None:
        new: Governed = []
        sources: dict[str, None] = {}
        for effective, alike in groups:
            places = [_place(rule, method) for rule, method in alike]
            untold = [place for place in places if self._is_new(message, place)]
            if untold:
                sources.update(dict.fromkeys(_set_by(effective)))
                new += untold
        if new:
            logger.warning(message, named(new), few(list(sources)))


def _is_within_another_layer() -> bool:
    """Whether a layer around the application answers preflights in its stead."""
    return has_request_context() and request.environ.get(LAYER) is not None


def _place(rule: Rule, method: str) -> tuple[str, str]:
    return rule.rule, "WebSocket" if rule.websocket else method


def _is_idle(policy: Policy) -> bool:
    return refuses_nothing(policy.settings())


def _is_open_to_sockets(policy: Policy) -> bool:
    return policy.refuse_denied is None and policy.settings()["allow_origins"] != "*"


def _set_by(effective: Effective) -> list[str]:
    """Where it was said who is allowed, and whether others are refused."""
    origins, refusal = map(effective.sources.get, ("allow_origins", "refuse_denied"))
    if origins == refusal:
        return [f"allow_origins and refuse_denied are set by {origins}"]
    said = [f"refuse_denied is set by {refusal}"] if refusal else []
    return [f"allow_origins is set by {origins}", *said]


_OVERRULED_KEY = (
    "%s has no effect, and neither has an environment variable that it comes from: %s says otherwise, and"
    " arguments win over configuration. Leave %s out in one of the two places"
)
_OVERRULED_NAMES = (
    "the decorator of a view overrules %s: it wins over what endpoints says by the name of the view. Leave the"
    " field out in one of the two places"
)
_LOST_PREFLIGHTS = (
    "Flask itself answers the preflights of endpoint %s, so browsers deny whatever needs one, although %s shares"
    " the view. Add CORS(app, allow_origins=[]): it shares nothing by itself, and answers these preflights. If a"
    " CORSMiddleware is around the application, write its policy into CORS(app, ...) instead: what CORS(app)"
    " does not allow, no layer around it can share"
)
_IDLE = (
    "%s: everybody is allowed there, so refuse_denied refuses nobody (%s). If only some may write, list them in"
    " allow_origins there, in a view of its own for the methods that write. If everybody may, write"
    " refuse_denied=False there"
)
_SOCKETS = (
    "%s: browsers do not apply CORS to WebSockets, so any page can connect there with the cookies of a user, and"
    " read, whoever is allowed (%s). Write refuse_denied=True there, or refuse_denied=False if the view itself"
    " looks at the Origin"
)
