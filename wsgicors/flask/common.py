"""What two policies have in common: whoever reads by it may read by both."""

from __future__ import annotations

from typing import Any

from ..headers import HeaderBuilder
from ..policy import Policy

NOBODY = Policy(allow_origins=())
REFUSING = Policy(refuse_denied=True)


def common(first: Policy, second: Policy) -> Policy:
    """The policy that allows no more than either of two whole ones.

    >>> one = Policy(allow_origins="*", expose_headers=["ETag", "Link"])
    >>> two = Policy(allow_origins=["https://a.example"], expose_headers=["Link"])
    >>> common(one, two).expose_headers
    ('Link',)
    """
    are_whole = not (first.conflicts() or second.conflicts())
    is_anybody_left = () not in (first.allow_origins, second.allow_origins)
    origins = _common_origins(first, second) if are_whole and is_anybody_left else ()
    nobody = NOBODY.merge(REFUSING) if first.refuse_denied or second.refuse_denied else NOBODY
    if origins == ():
        return nobody
    narrower: Any = {
        "allow_origins": origins,
        "allow_methods": _common_items(first.allow_methods, second.allow_methods),
        "allow_headers": _common_items(first.allow_headers or (), second.allow_headers or ()),
        "expose_headers": _common_items(first.expose_headers or (), second.expose_headers or ()),
        "allow_credentials": first.allow_credentials is True and second.allow_credentials is True,
        "max_age": 0,
        "refuse_denied": first.refuse_denied or second.refuse_denied,
    }
    set_ones = {name: value for name, value in narrower.items() if value is not None}
    both = second.merge(first).merge(Policy(**set_ones))
    return nobody if both.conflicts() else both


def _common_origins(first: Policy, second: Policy) -> Any:
    """``"*"`` for all, ``()`` where it is known that there is nobody."""
    origins: tuple[Any, Any] = first.allow_origins, second.allow_origins
    if "*" in origins:
        return origins[0] if origins[1] == "*" else origins[1]
    for one, other in (origins, origins[::-1]) if _are_guarded_alike(first, second) else ():
        if _is_within(one, other):
            return one
    if all(map(_are_plain, origins)):
        return tuple(origin for origin in origins[0] if origin in origins[1])
    builders = HeaderBuilder(first), HeaderBuilder(second)
    return lambda origin, environ: all(
        builder.actual(origin, environ).origin_allowed for builder in builders
    )


def _is_within(origins: Any, others: Any) -> bool:
    """Whether it is known that whoever is among some origins is among others."""
    are_lists = isinstance(origins, tuple) and isinstance(others, tuple)
    return {*origins} <= {*others} if are_lists else origins is others


def _are_guarded_alike(first: Policy, second: Policy) -> bool:
    """Whether the same origins are denied although they match."""
    return all(getattr(first, name) == getattr(second, name) for name in _GUARDING)


_GUARDING = (
    "allow_credentials",
    "refuse_denied",
    "dangerously_allow_insecure_origins",
    "dangerously_allow_public_suffixes",
)


def _are_plain(origins: Any) -> bool:
    return isinstance(origins, tuple) and all(
        isinstance(origin, str) and "*" not in origin for origin in origins
    )


def _common_items(first: Any, second: Any) -> Any:
    """The names of both lists; ``None`` is what the URL routes, so that it takes nothing away."""
    if first in ("*", None):
        return second
    if second in ("*", None):
        return first
    return tuple(item for item in first if item in second)
