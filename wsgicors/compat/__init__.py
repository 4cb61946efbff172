"""What the translations of other vocabularies share; knows no vocabulary itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping

from ..diagnosis import OriginError, parse_pattern
from ..errors import ConfigError

#: ``"*"`` as others mean it: they repeat whatever is asked for, ``Authorization`` included.
ANY_HEADER = ("*", "Authorization")


@contextlib.contextmanager
def in_words_of(names: Mapping[str, str]) -> Iterator[None]:
    """Have a configuration's errors name the settings as whoever wrote them did.

    :param names: for fields of a :class:`~wsgicors.Policy`, what they are called elsewhere.

    >>> from wsgicors import Policy
    >>> with in_words_of({"max_age": "maxage"}):
    ...     Policy(max_age="soon")
    Traceback (most recent call last):
        ...
    wsgicors.errors.ConfigError: maxage: 'soon' is not a whole number of seconds, ...
    """
    any_name = re.compile(rf"\b(?:{'|'.join(names)})\b")

    def renamed(text: str) -> str:
        return any_name.sub(lambda match: names[match[0]], text)

    try:
        yield
    except ConfigError as error:
        raise ConfigError(
            problem._replace(field=renamed(problem.field), message=renamed(problem.message))
            for problem in error.problems
        ) from None


def is_pattern(text: str) -> bool:
    """Whether a text can stand among ``allow_origins`` as it is.

    >>> is_pattern("https://*.example.com"), is_pattern("https://example?.com")
    (True, False)
    """
    try:
        parse_pattern(text)
    except OriginError:
        return False
    return True
