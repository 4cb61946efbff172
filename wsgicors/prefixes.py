"""What is told of prefixes in ``routes`` under which more is open than somebody may believe."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional

from .errors import few, shown
from .logs import logger
from .origins import OriginSet
from .policy import Policy

if TYPE_CHECKING:
    Routes = Mapping[str, Optional[Policy]]

# Who may read, who may read with cookies, and whether all others may still act.
_FIELDS = ("allow_origins", "allow_credentials", "refuse_denied")


def tell_of_what_is_not_inherited(routes: Routes, base: Policy | None, told: set[str]) -> None:
    """Say of each prefix what a shorter one closes, and what is open there.

    :param told: what was told of already.
    """
    by_prefix = {route.rstrip("/"): policy for route, policy in routes.items() if policy}
    places: dict[tuple[str, str], list[str]] = {}
    for prefix, policy in by_prefix.items():
        for shorter, fields in _lost_fields(prefix, policy, by_prefix, base or Policy()).items():
            names = " and ".join(fields)
            key = f"{prefix} leaves out {names}"
            if key not in told:
                told.add(key)
                places.setdefault((shorter, names), []).append(f"routes[{shown(prefix)}]")
    for (shorter, names), alike in places.items():
        values = [_written(field, by_prefix[shorter]) for field in names.split(" and ")]
        around = shown(shorter or "/")
        logger.warning(_NOT_INHERITED, few(alike), names, around, " and ".join(values))
    # The lists may be long, and not live as long as the process.
    _is_covered.cache_clear()


_NOT_INHERITED = (
    "%s: what is left out there (%s) is not inherited from routes[%s]. Each prefix is merged into the base policy"
    " alone, so more is open there. Write %s there too; if what the base says is meant, write that there"
)


def _lost_fields(
    prefix: str, policy: Policy, by_prefix: Mapping[str, Policy], base: Policy
) -> dict[str, list[str]]:
    """The fields that would be narrower if they were inherited, by the shorter prefix that sets them."""
    lost: dict[str, list[str]] = {}
    # Of one that sets nothing it is told elsewhere that the base holds there.
    unset = [field for field in _FIELDS if policy.settings() and getattr(policy, field) is None]
    for field in unset:
        for shorter in _shorter_ones(prefix):
            value = getattr(by_prefix.get(shorter), field, None)
            if value is not None:
                if _IS_WIDER[field](value, policy, base.merge(policy)):
                    lost.setdefault(shorter, []).append(field)
                break
    return lost


def _shorter_ones(prefix: str) -> Iterator[str]:
    """The prefixes around one, the nearest first; ``""`` is the default of all."""
    while prefix:
        prefix = prefix.rpartition("/")[0]
        yield prefix


def _written(field: str, policy: Policy) -> str:
    value = getattr(policy, field)
    return f"{field}={value if isinstance(value, bool) else '[...]'}"


# --- whether what holds is wider than what would be inherited -----------------------------------------


def _admits_more(inherited: Any, policy: Policy, merged: Policy) -> bool:
    return not _are_among(merged.allow_origins, inherited)


def _trusts_more(inherited: Any, policy: Policy, merged: Policy) -> bool:
    trusted = _trusted(merged.allow_credentials, merged)
    return not _are_among(trusted, _trusted(inherited, merged))


def _trusted(credentials: Any, merged: Policy) -> Any:
    """Who may use credentials."""
    return merged.allow_origins if credentials is True else credentials or ()


def _refuses_less(inherited: Any, policy: Policy, merged: Policy) -> bool:
    # Where everybody is allowed on purpose, there is nobody to refuse.
    return inherited and not merged.refuse_denied and policy.allow_origins != "*"


_IS_WIDER = {
    "allow_origins": _admits_more,
    "allow_credentials": _trusts_more,
    "refuse_denied": _refuses_less,
}


def _are_among(origins: Any, others: Any) -> bool:
    """Whether all origins that one field admits are among those of another, as far as that can be told."""
    if origins in (others, ()) or others == "*":
        return True
    return isinstance(origins, tuple) and isinstance(others, tuple) and _is_covered(origins, others)


# Of very many prefixes, most inherit from the same ones.
@functools.lru_cache(maxsize=8)
def _is_covered(origins: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    listed = frozenset(others)
    covering = OriginSet(each for each in others if isinstance(each, str))
    expressions = [each for each in others if isinstance(each, re.Pattern)]
    return all(
        each in listed
        or (
            isinstance(each, str)
            and "*" not in each
            and (each in covering or any(expression.fullmatch(each) for expression in expressions))
        )
        for each in origins
    )


# --- a swap that is to close everything ---------------------------------------------------------------


def tell_of_what_stays_open(routes: Routes, new: Policy, old: Policy | None) -> None:
    """Say which prefixes still share after a swap to a policy that shares with nobody."""
    if _closes(new, old):
        merged = {route: policy and new.merge(policy) for route, policy in routes.items()}
        still = [route for route, policy in merged.items() if policy and policy.allow_origins != ()]
        if still:
            logger.warning(_STAY_OPEN, few([f"routes[{shown(route)}]" for route in still]))


def tell_of_resolve(new: Policy, old: Policy | None) -> None:
    """Say the same of ``resolve``, of which nobody knows what it returns."""
    if _closes(new, old):
        logger.warning(_RESOLVE_STAYS)


def _closes(new: Policy, old: Policy | None) -> bool:
    was_closed = old is not None and old.allow_origins == ()
    return new.allow_origins == () and not was_closed


_STAY_OPEN = (
    "the new policy shares with nobody, but it is only the base: %s still share, because they set allow_origins"
    " of their own. If all is to be closed, make the middleware anew without these routes, or choose by resolve,"
    " which can look at a switch of your own"
)
_RESOLVE_STAYS = (
    "the new policy shares with nobody, but it is only the base: each policy that resolve returns and that sets"
    " allow_origins still shares. If all is to be closed, have resolve return Policy(allow_origins=[])"
)
