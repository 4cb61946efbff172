"""What ``endpoints=`` says of views that cannot be decorated, by name or by blueprint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional

from ..errors import ConfigError, Problem, shown
from ..policy import Policy
from .declarations import Layer
from .settings import policy_said

if TYPE_CHECKING:
    from ..policy import PolicyFields

    #: By name; ``None`` for what is not governed.
    Said = Mapping[str, Optional[Layer]]

# What follows the name of a blueprint, to say that all of its endpoints are meant.
_ALL = ".*"
_MAX_NAMES = 3


def endpoint_layers(
    endpoints: Mapping[str, Policy | PolicyFields | None] | None, where: str
) -> dict[str, Layer | None]:
    """What somebody wrote, as layers.

    :param where: the place, for messages.
    :raises ConfigError: with everything that is wrong in it by itself.
    """
    if endpoints is not None and not isinstance(endpoints, Mapping):
        raise ConfigError([_wrong(endpoints, f"{shown(endpoints)} is not a mapping; {_EXAMPLE}")])
    layers: dict[str, Layer | None] = {}
    problems: list[Problem] = []
    for name, said in (endpoints or {}).items():
        place = f"endpoints[{shown(name)}] at {where}"
        try:
            _check_name(name)
            layers[name] = None if said is None else Layer(_policy(said), place)
        except ConfigError as error:
            problems += [p._replace(message=f"{place}: {p.message}") for p in error.problems]
    if problems:
        raise ConfigError(problems)
    return layers


def both(said: Said, later: Said) -> dict[str, Layer | None]:
    """What two places say, of which the later one wins, field by field.

    :raises ConfigError: if one leaves an endpoint alone, and the other has fields for it.
    """
    merged = {**said, **later}
    problems: list[Problem] = []
    for name in [name for name in said if name in later]:
        layers = [layer for layer in (said[name], later[name]) if layer is not None]
        if len(layers) == 1:
            message = _LEFT_AND_GOVERNED.format(shown(name), layers[0].where)
            problems.append(_wrong(name, message, "left-and-governed"))
        elif layers:
            merged[name] = _merged(*layers)
    if problems:
        raise ConfigError(problems)
    return merged


def _merged(first: Layer, second: Layer) -> Layer:
    policy = first.policy.merge(second.policy)
    is_replaced = policy == second.policy
    return Layer(policy, second.where if is_replaced else f"{first.where} and {second.where}")


_EXAMPLE = 'write endpoints={"static": {"allow_origins": "*"}}'
_LEFT_AND_GOVERNED = (
    "{0} is None in one of CORS(...) and init_app(...), so that it is not governed, and has fields in the other"
    " one ({1}); leave one of them out"
)
_FORMS = "write the name of an endpoint, or a blueprint's with all that are nested in it: 'admin.*'"


def _wrong(value: object, message: str, reason: str = "wrong-type") -> Problem:
    return Problem("endpoints", value, reason, message)


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise ConfigError([_wrong(name, f"{shown(name)} is not a name; {_FORMS}")])
    if name in ("*", _ALL):
        message = "CORS(...) itself is for all endpoints; write the fields there"
        raise ConfigError([_wrong(name, message, "malformed")])
    if "*" in name.removesuffix(_ALL):
        raise ConfigError([_wrong(name, f"{shown(name)} matches nothing; {_FORMS}", "malformed")])


def _policy(said: Any) -> Policy:
    return policy_said(said, "endpoints", ", or None if it is not to be governed")


class Endpoints:
    """What counts for each endpoint.

    :param said: by name, which may be ``"admin.*"``.
    """

    def __init__(self, said: Said) -> None:
        self._said = said
        self._has_patterns = any(name.endswith(_ALL) for name in said)

    def __bool__(self) -> bool:
        return bool(self._said)

    def __contains__(self, endpoint: object) -> bool:
        """Whether something is said of this one alone."""
        return endpoint in self._said

    def by_name(self) -> dict[Any, Layer]:
        """What is said, by the name of an endpoint or of more than one."""
        return {name: layer for name, layer in self._said.items() if layer is not None}

    def broad(self, endpoint: Any) -> list[Layer]:
        """What is said of its blueprints, the outermost first; decorators win over it."""
        layers: list[Layer] = []
        for name in self._patterns_of(endpoint):
            layer = self._said[name]
            layers = [] if layer is None else [*layers, layer]
        return layers

    def exact(self, endpoint: Any) -> list[Layer]:
        """What is said of it by its name; decorators of blueprints do not win over it."""
        layer = self._said.get(endpoint)
        return [] if layer is None else [layer]

    def leaving(self, endpoint: Any) -> str | None:
        """The name by which it is not governed, if there is one."""
        names = [*self._patterns_of(endpoint), *([endpoint] if endpoint in self._said else [])]
        return names[-1] if names and self._said[names[-1]] is None else None

    def _patterns_of(self, endpoint: Any) -> list[str]:
        if not self._has_patterns or not isinstance(endpoint, str):
            return []
        parts = endpoint.split(".")
        names = (".".join(parts[:depth]) + _ALL for depth in range(1, len(parts)))
        return [name for name in names if name in self._said]

    def empty(self) -> Iterator[str]:
        """The places in which nothing is set, nor said to be governed where what is around it is not."""
        for name, layer in self._said.items():
            around = [each for each in self._patterns_of(name) if each != name]
            is_left_around = bool(around) and self._said[around[-1]] is None
            if layer is not None and not layer.policy.settings() and not is_left_around:
                yield layer.where

    def namesakes(self, known: Iterable[Any]) -> Iterator[tuple[str, str]]:
        """The places that name an endpoint which is called as a blueprint is, and what names the blueprint."""
        for name in sorted(_patterns_of(known) - self._said.keys() if self._said else ()):
            layer = self._said.get(name[: -len(_ALL)])
            if layer is not None:
                yield layer.where, name

    def unknown(self, known: set[Any]) -> Iterator[Problem]:
        """What is said of endpoints that are not there."""
        if not self._said:
            return
        names = sorted({*map(str, known), *_patterns_of(known)})
        for name in self._said:
            if name not in names:
                message = f"there is no endpoint {shown(name)}; {_remedy(name, names)}"
                yield _wrong(name, message, "unknown-endpoint")


def _patterns_of(endpoints: Iterable[Any]) -> set[str]:
    parts = [endpoint.split(".") for endpoint in endpoints if isinstance(endpoint, str)]
    return {".".join(part[:depth]) + _ALL for part in parts for depth in range(1, len(part))}


def _remedy(name: str, names: list[str]) -> str:
    pattern = name.rstrip(".") + _ALL
    near = [pattern] if pattern in names else difflib.get_close_matches(name, names, n=_MAX_NAMES)
    if not near:
        return "the command `flask routes` shows all of them"
    return f"write {' or '.join(map(shown, near))}"


def decorated_though_left(name: str, endpoint: Any, layers: Iterable[Layer]) -> Problem:
    """A view that is decorated, and that ``endpoints`` says is not governed."""
    places = ", ".join(dict.fromkeys(layer.where for layer in layers))
    message = (
        f"endpoints[{shown(name)}] is None, so {shown(endpoint)} is not governed, but {places} says what it"
        " shares; leave one of them out"
    )
    return _wrong(name, message, "decorated-and-not-governed")
