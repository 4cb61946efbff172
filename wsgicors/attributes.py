"""Settings that somebody writes as attributes, of an object or of a class, where nobody reads them."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from .errors import ConfigError, Problem, shown
from .fields import FIELDS

#: The names of everything that can be said to a layer when it is made.
SETTINGS = frozenset(
    [*FIELDS, "policy", "routes", "resolve", "endpoints", "trial", "answer_exceptions"]
)


class SaidWhenMade:
    """Whatever is told its settings when it is made, and reads no attributes for them.

    What derives from this in the package names its settings. Whoever derives from that must not mean to set
    one as an attribute of the class: no such class is made.
    """

    __slots__ = ()

    #: What must not be an attribute.
    _named_when_made: ClassVar[frozenset[str]]
    #: What to write instead of an attribute of an object; a place for its name may be in it.
    _instead_of_setting: ClassVar[str] = ""
    #: What to write instead of an attribute of a class; places for the class and the name may be in it.
    _instead_in_class: ClassVar[str]

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute.

        :raises AttributeError: if it is a setting, which would have no effect there.
        """
        if name in self._named_when_made and not _can_be_set(_in_class(type(self), name)):
            raise AttributeError(self._instead_of_setting.format(name))
        super().__setattr__(name, value)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        ours = next(each for each in cls.__mro__ if SaidWhenMade in each.__bases__)
        problems = [
            _problem(cls, name, _in_class(cls, name))
            for name in sorted(cls._named_when_made)
            if _is_replaced(_in_class(cls, name), _in_class(ours, name))
        ]
        if problems:
            raise ConfigError(problems)


def _in_class(cls: type, name: str) -> object:
    return inspect.getattr_static(cls, name, None)


def _can_be_set(value: object) -> bool:
    return isinstance(value, property) and value.fset is not None


def _is_replaced(value: object, ours: object) -> bool:
    """Whether a class has something of its own in the place of a setting.

    A property in the place of a property is meant to be read, by whoever reads that.
    """
    are_properties = isinstance(value, property) and isinstance(ours, property)
    return value is not ours and not are_properties


def _problem(cls: type[SaidWhenMade], name: str, value: object) -> Problem:
    message = (
        f"it is an attribute of the class {shown(cls.__name__)}, where it has no effect; write "
        + cls._instead_in_class.format(cls.__name__, name)
    )
    return Problem(name, value, "class-attribute", message)
