"""What is told where somebody says one thing of a blueprint, and somebody else another, which counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import few, shown
from .declarations import said_of
from .settings import Effective, blueprint_layers, overruled_fields

if TYPE_CHECKING:
    from flask import Flask

    from .declarations import Layer
    from .endpoints import Endpoints


def told_of_blueprints(app: Flask, endpoints: Endpoints) -> Iterator[tuple[str, ...]]:
    """The sentences, each with its values; the first of them is what has no effect."""
    for name, blueprint in app.blueprints.items():
        layers = said_of(blueprint)
        overruled = _overruled(layers, layers)
        if overruled:
            yield _SAID_BEFORE, few(overruled), shown(name)
    for name, layer in endpoints.by_name().items():
        if str(name).endswith(".*"):
            overruled = _overruled([layer], blueprint_layers(app, name))
            if overruled:
                yield _SAID_BY_NAME, few(overruled)


def _overruled(layers: Iterable[Layer], winning: Iterable[Layer]) -> list[str]:
    """What layers say, and the winning ones let in more than that."""
    effective = Effective.of(winning)
    said = effective.policy.settings()
    return [
        f"{field} of {layer.where} (it is set by {effective.sources[field]})"
        for layer in layers
        for field in overruled_fields(layer, effective)
        # Another answer from the same place is told of where it is given.
        if effective.sources[field] != layer.where
        and not is_narrower(field, layer.policy.settings()[field], said[field])
    ]


def is_narrower(field: str, value: Any, winning: Any) -> bool:
    """Whether what wins lets in nobody whom the other value keeps out. That is what decorators are for."""
    if field in ("max_age", "refuse_denied"):
        return field == "max_age" or bool(winning)
    if not winning or value is True or isinstance(value, str):
        return True
    are_lists = isinstance(value, tuple) and isinstance(winning, tuple)
    return are_lists and {*winning} <= {*value}


_SAID_BEFORE = (
    "%s has no effect at the blueprint %s, which lets in more: of what is said of one blueprint, the last counts."
    " Leave the field out in one of the two places"
)
_SAID_BY_NAME = (
    "%s has no effect, and more are let in: the decorator of a blueprint wins over what endpoints says of the"
    " blueprint. Leave the field out in one of the two places. If you cannot change the decorator, name each"
    " endpoint in endpoints, over which it does not win"
)
