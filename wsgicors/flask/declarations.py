"""What decorators said, kept beside the things that they said it of; knows no routes.

It is kept by identity and without holding on to anything: views belong to the application.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from weakref import ReferenceType, WeakSet, ref

from flask import Blueprint, Flask

from ..errors import shown
from ..forks import Lock
from ..logs import logger
from ..policy import Policy

Value = TypeVar("Value")


class Layer(NamedTuple):
    """What was said in one place."""

    policy: Policy
    #: The place, for people: ``@cross_origin at views.py:12``.
    where: str

    def is_closing(self) -> bool:
        """Whether it shares with nobody. Nothing that is said beside it opens that again."""
        return self.policy.allow_origins == ()


class Reader(Protocol):
    """Whoever remembers what was declared."""

    @property
    def app(self) -> Flask:
        """The application whose views are governed by that."""

    def forget_views(self, are_others: bool) -> None:
        """Something was declared.

        :param are_others: whether more may have been said of a view than was seen by looking at it.
        """


class Kept(Generic[Value]):
    """Values for things, by identity, as long as each thing lives.

    What people decorate may compare as it likes, or not at all.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[ReferenceType[Any], Value]] = {}

    def get(self, thing: object) -> Value | None:
        """The value for a thing, if there is one."""
        kept = self._kept.get(id(thing))
        return kept[1] if kept is not None and kept[0]() is thing else None

    def set(self, thing: object, value: Value) -> None:
        """Keep a value for a thing.

        :raises TypeError: if the thing cannot be referred to without holding it.
        """
        number = id(thing)
        self._kept[number] = (ref(thing, lambda _: self._kept.pop(number, None)), value)

    def __iter__(self) -> Iterator[tuple[object, Value]]:
        for reference, value in list(self._kept.values()):
            thing = reference()
            if thing is not None:
                yield thing, value


class _Declarations:
    def __init__(self) -> None:
        self.said: Kept[list[Layer]] = Kept()
        #: Those of them that are classes, which are looked through for functions.
        self.classes: Kept[None] = Kept()
        #: It stays so, because what has died may have been seen by somebody.
        self.is_anything_said = False
        self.is_refusal_said = False

    def add(self, target: object, layer: Layer) -> bool:
        """Note a layer; whether it is the first of all, or of those that refuse."""
        known = self.is_anything_said, self.is_refusal_said
        said = self.said.get(target)
        if said is None:
            self.said.set(target, [layer])
        else:
            # What closes is last. To sort would not do: others may be reading, and a list that is being
            # sorted has nothing in it.
            closing = 0 if layer.is_closing() else sum(map(Layer.is_closing, said))
            said.insert(len(said) - closing, layer)
        if isinstance(target, type):
            self.classes.set(target, None)
        self.is_anything_said = True
        self.is_refusal_said = self.is_refusal_said or bool(layer.policy.refuse_denied)
        return known != (self.is_anything_said, self.is_refusal_said)


_declarations = _Declarations()
_readers: WeakSet[Reader] = WeakSet()
_readers_lock = Lock()


_SAID_ANEW = (
    "%s: %s says something else now than before. Whatever it said last holds in every application of this"
    " process that has it. Make one for each application, or name its endpoints there:"
    ' CORS(app, ..., endpoints={"admin.*": {...}})'
)


def read_on(reader: Reader) -> None:
    """Have somebody told, as long as it lives, when anything is declared."""
    with _readers_lock:
        _readers.add(reader)


def declare(target: object, layer: Layer) -> None:
    """Note what was said of a thing that others may know already.

    What is said later wins, but what was closed stays closed.
    """
    if any(each.where == layer.where and each.policy != layer.policy for each in said_of(target)):
        logger.warning(_SAID_ANEW, shown(target), layer.where)
    _declarations.add(target, layer)
    # No view leads to a blueprint.
    _tell(are_others=callable(target) or not isinstance(target, Blueprint))


def declare_new(target: object, layer: Layer) -> None:
    """Note what was said of a thing that was just made, so that nobody can know it."""
    is_first = _declarations.add(target, layer)
    # Some decorate anew for each request; whoever looks at views, looks at what they are now.
    if is_first:
        _tell(are_others=False)


def _tell(are_others: bool) -> None:
    for reader in _all_readers():
        reader.forget_views(are_others)


def _all_readers() -> list[Reader]:
    with _readers_lock:
        return list(_readers)


def governed_applications() -> Iterator[Flask]:
    """The applications for which somebody remembers what was declared."""
    yield from (reader.app for reader in _all_readers())


def said_of(target: object) -> list[Layer]:
    """What was said of a thing itself."""
    return _declarations.said.get(target) or []


def all_declared() -> Iterator[tuple[object, Layer]]:
    """Everything that something was said of, whatever application it belongs to."""
    for target, layers in _declarations.said:
        yield from ((target, layer) for layer in layers)


def declared_classes() -> list[type]:
    """The classes that something was said of, whatever application they belong to."""
    return [target for target, _ in _declarations.classes if isinstance(target, type)]


def is_anything_declared() -> bool:
    """Whether anything was ever said about any view or blueprint, of whatever application."""
    return _declarations.is_anything_said


def is_refusal_declared() -> bool:
    """Whether ``refuse_denied`` was ever said of any view or blueprint, of whatever application."""
    return _declarations.is_refusal_said
