r"""Which strangers a regular expression admits: decided from the expression, not from names made up.

A host is its owner's from the registrable domain on: whoever has ``example.com`` has all names below
it. So an expression is read from its end, character by character. What it spells out is followed.
Before the registrable domain is complete, somebody else can have the name if a character is free, if
something repeats, or if a single character may be left out: a slip of the pen is enough for that.
Whole names, and parts of several characters, are spelled out on purpose.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from .expressions import STEPS, Automaton, ExpressionError
from .hosts import canonical_ipv6, is_loopback
from .origins import DEFAULT_PORTS, MAX_LABEL_LENGTH, is_origin, read_pattern
from .suffixes import is_registry, registrable_domain

_MAX_STEPS = 20_000
_MAX_STRANGERS = 16
# Letters that are easily seen first, and digits of which three make no number that is too large for an
# address, nor five for a port.
_LETTERS_FIRST = "xabcdefghijklmnopqrstuvwyz1234567890-_."
_IN_ORIGINS = _LETTERS_FIRST + ":[]"
_HOST = frozenset(_LETTERS_FIRST)
_DIGITS = "1234567890"
_MAX_PORT_LENGTH = 5
# What an expression may ask for more than once, such as three letters, is passed that often.
_MAX_PASSES = 4
# Addresses that are none of a private network; no registry gives them out.
_ADDRESSES = ("8.8.8.8", "[2600::8]")
_IN_IPV6 = frozenset("0123456789abcdef:")
_MAX_IPV6_LENGTH = 40
# With which an address may go on, whatever of it is spelled out.
_IPV6_ENDS = [
    colons + ":".join([group] * groups)
    for groups in range(1, 9)
    for group in ("8", "8888")
    for colons in ("", ":", "::", "8::")
]
# The steps in which the origin of an application is read.
_OF_AN_APPLICATION = {
    **STEPS,
    "host": {**dict.fromkeys(_LETTERS_FIRST, "host"), ":": "port"},
    "port": dict.fromkeys(_DIGITS, "port"),
}


class Stranger(NamedTuple):
    """An origin that an expression admits, and nobody has meant."""

    #: ``admits-strangers``, ``public-suffix``, ``matches-any-origin``, ``without-dot`` or ``cannot-be-checked``.
    reason: str
    #: One that gets in; ``None`` where none was found, but none could be ruled out.
    origin: str | None
    #: Another that gets in, where it cannot be told which of the two was meant.
    beside: str | None = None

    @property
    def domains(self) -> tuple[str, ...]:
        """Those of both."""
        patterns = (read_pattern(origin) for origin in (self.beside, self.origin) if origin)
        return tuple(_domain(pattern.host) for pattern in patterns if pattern is not None)


def strangers_admitted_by(
    expression: re.Pattern[str], schemes: Iterable[str] = ("https",)
) -> list[Stranger]:
    r"""Some who get in without having been meant, the most telling first; none if there is nobody.

    :param schemes: those of the network that are trusted at all.

    >>> strangers_admitted_by(re.compile(r"https://.*\.example\.com"))
    []
    >>> strangers_admitted_by(re.compile(r"https://.*example\.com"))
    [Stranger(reason='admits-strangers', origin='https://xexample.com', beside=None)]
    >>> strangers_admitted_by(re.compile(r"https://shop-[0-9]+\.vercel\.app"))
    [Stranger(reason='public-suffix', origin='https://shop-1.vercel.app', beside=None)]
    """
    search = _Search(expression)
    try:
        found = list(islice(search.strangers(schemes), _MAX_STRANGERS))
    except ExpressionError:
        return [_CANNOT_BE_CHECKED]
    if not found and search.has_doubts:
        return [_CANNOT_BE_CHECKED]
    return sorted(found, key=lambda stranger: _REASONS.index(stranger.reason))


def admits_insecure(expression: re.Pattern[str]) -> bool:
    r"""Whether an expression admits an origin of plain http.

    >>> admits_insecure(re.compile(r"https?://[a-z]+\.example\.com"))
    True
    """
    return _Search(expression).example("http") is not None


def admits_only_insecure(expression: re.Pattern[str]) -> str | None:
    r"""One of the origins of plain http, on the network, that are all that an expression admits.

    >>> admits_only_insecure(re.compile(r"http://[a-z]+\.example\.com"))
    'http://x.example.com'
    >>> admits_only_insecure(re.compile(r"https?://[a-z]+\.example\.com"))
    >>> admits_only_insecure(re.compile(r"http://localhost:[0-9]+"))
    """
    search = _Search(expression)
    insecure = search.example("http")
    if insecure is None or search.example("https") is not None:
        return None
    return None if is_loopback(re.sub(r":\d+$", "", insecure[len("http://") :])) else insecure


# The most telling first: the one that looks most like what was meant.
_REASONS = ("admits-strangers", "public-suffix", "matches-any-origin", "without-dot")
_CANNOT_BE_CHECKED = Stranger("cannot-be-checked", None)


class _Read(NamedTuple):
    """The end of a host that was read, and the positions that may come before it."""

    host: str
    places: frozenset[int]
    #: Whether something in it may be left out.
    is_optional: bool
    #: The positions that come before it where something in it begins once more.
    again: frozenset[int] = frozenset()
    #: The positions that come before it, and are none of a dot, where a dot may stand instead.
    for_a_dot: frozenset[int] = frozenset()
    #: What stands behind the latest single character that may be left out, if there is any.
    behind_omissible: str | None = None

    @property
    def shortened(self) -> str | None:
        """The host without that character."""
        if self.behind_omissible is None:
            return None
        return self.host[: -len(self.behind_omissible) - 1] + self.behind_omissible


class _Search:
    """A search for strangers in one expression."""

    def __init__(self, expression: re.Pattern[str]) -> None:
        self._expression = expression
        self.automaton = Automaton.of(expression)
        self._preceding = self.automaton.preceding()
        steps = [
            (before, place) for place, befores in enumerate(self._preceding) for before in befores
        ]
        #: The same without the steps by which something begins once more, and those alone.
        self._once = _by_place(step for step in steps if step not in self.automaton.again)
        self._again = _by_place(self.automaton.again)
        self._steps = 0
        #: Whether something was found that is no origin, or that the expression then did not match.
        self.has_doubts = False

    def strangers(self, schemes: Iterable[str]) -> Iterator[Stranger]:
        """Whoever is found, as they are found."""
        for scheme in schemes:
            yield from self._hosts(scheme)
        yield from self._applications()

    def example(self, scheme: str) -> str | None:
        """One origin of a scheme that is admitted, among the shortest."""
        begun = self.automaton.read(f"{scheme}://", self.automaton.first)
        waiting = deque([(f"{scheme}://", place) for place in begun])
        passes: Counter[int] = Counter()
        while waiting:
            text, place = waiting.popleft()
            if (
                place in self.automaton.last
                and is_origin(text)
                and self._expression.fullmatch(text)
            ):
                return text
            for after in self.automaton.following[place]:
                character = self._character(after, text[-1] if text[-1] == "." else "", _IN_ORIGINS)
                if character and passes[after] < _MAX_PASSES:
                    passes[after] += 1
                    waiting.append((text + character, after))
        return None

    def _hosts(self, scheme: str) -> Iterator[Stranger]:
        begun = self.automaton.read(f"{scheme}://", self.automaton.first)
        self._begins = {after for place in begun for after in self.automaton.following[place]}
        if self._begins:
            for port, places in self._ports():
                yield from self._addresses(scheme, port)
                yield from self._walk(scheme, port, places)

    def _addresses(self, scheme: str, port: str) -> Iterator[Stranger]:
        """Addresses of the public network: everybody has one who rents a machine."""
        for address in (*_ADDRESSES, *self._ipv6_addresses()):
            origin = f"{scheme}://{address}{port}"
            if self._expression.fullmatch(origin) and not _is_private(address):
                yield Stranger("matches-any-origin", origin)

    def _ipv6_addresses(self) -> Iterator[str]:
        """Some whose begin is spelled out. What is so of IPv4, a walk from the end finds."""
        waiting = [("[", place) for place in self.automaton.taking(self._begins, "[")]
        while waiting:
            self._count()
            begin, place = waiting.pop()
            for after in self.automaton.following[place]:
                taken = self.automaton.positions[after].characters & _IN_IPV6
                if self._is_free(after):
                    addresses = (f"{begin}{end}]" for end in _IPV6_ENDS if taken)
                    yield from (each for each in addresses if canonical_ipv6(each) == each)
                elif len(begin) < _MAX_IPV6_LENGTH:
                    waiting += [(begin + character, after) for character in taken]

    def _ports(self) -> Iterator[tuple[str, Iterable[int]]]:
        """What may stand behind a host, and the positions that may read the host's end."""
        yield "", self.automaton.last
        waiting = deque([("", place) for place in self.automaton.last])
        seen: set[int] = set()
        while waiting:
            port, place = waiting.popleft()
            taken = self.automaton.positions[place].characters
            if port and ":" in taken:
                yield f":{port}", self._preceding[place]
            digit = next((each for each in _DIGITS if each in taken), None)
            if digit is not None and place not in seen and len(port) < _MAX_PORT_LENGTH:
                seen.add(place)
                waiting += [(digit + port, before) for before in self._preceding[place]]

    def _walk(self, scheme: str, port: str, places: Iterable[int]) -> Iterator[Stranger]:
        """Read hosts from their end, as far as they are spelled out."""
        waiting = [_Read("", frozenset(places), is_optional=False)]
        # In order, so that the same is shown each time.
        seen: dict[_Read, None] = {}
        whole: dict[_Read, None] = {}
        while waiting:
            read = waiting.pop()
            seen[read] = None
            for place, reason in self._strange(read):
                yield from self._completed(scheme, read.host, place, port, reason)
            for longer, is_whole in self._longer(read):
                if is_whole:
                    whole[longer] = None
                if longer not in seen:
                    waiting.append(longer)
        below = [read for read in seen if self._dots(read)]
        yield from self._glued(scheme, port, whole, below)
        yield from self._shortened(scheme, port, whole, below)
        yield from self._without_dot(scheme, port, whole, below)

    def _longer(self, read: _Read) -> Iterator[tuple[_Read, bool]]:
        """What is spelled out before what was read, and whether a host may begin with it."""
        for character in self._readable(read.places):
            self._count()
            taking = self.automaton.taking(read.places, character)
            spelled_out = [place for place in taking if not self._is_free(place)]
            if character == ".":
                if read.host[:1] in ("", ".") or _is_owned(read.host):
                    continue
                spelled_out = taking
            if spelled_out:
                is_optional = read.is_optional or all(
                    self.automaton.positions[place].is_optional for place in spelled_out
                )
                is_omissible = any(
                    self.automaton.positions[place].is_omissible for place in spelled_out
                )
                longer = _Read(
                    character + read.host,
                    _all_before(spelled_out, self._once),
                    is_optional,
                    _all_before(spelled_out, self._again),
                    frozenset() if character in ".-" else self._for_a_dot(spelled_out),
                    read.host if is_omissible else read.behind_omissible,
                )
                yield longer, not self._begins.isdisjoint(spelled_out)

    def _readable(self, places: Iterable[int]) -> list[str]:
        taken = frozenset().union(*(self.automaton.positions[place].characters for place in places))
        return [character for character in _LETTERS_FIRST if character in taken]

    def _free(self, places: Iterable[int]) -> list[int]:
        return [place for place in places if self._is_free(place)]

    def _is_free(self, place: int) -> bool:
        position = self.automaton.positions[place]
        # What may be a dot or something else does not end the name before it.
        is_free = position.is_free or "." in position.characters
        return is_free and len(position.characters & _HOST) > 1

    def _strange(self, read: _Read) -> Iterator[tuple[int, str]]:
        """Where a host may go on as nobody has meant it, and what kind of hole that is."""
        for place in self._free(read.places):
            yield place, _reason(read.host)
        for place in (*read.for_a_dot, *self._once_more(read)):
            yield place, "admits-strangers"

    def _once_more(self, read: _Read) -> list[int]:
        """Where something begins once more that is not below the domain."""
        below = {"."} if _is_owned(read.host) else set()
        return [
            place
            for place in read.again
            if not self.automaton.positions[place].characters & _HOST <= below
        ]

    def _for_a_dot(self, places: Iterable[int]) -> frozenset[int]:
        """Where a name goes on, if a dot may stand before it as well: it is another name then."""
        found: set[int] = set()
        for place in places:
            dots = self.automaton.taking(self._once[place], ".")
            found |= self._once[place].difference(dots) if dots else set()
        return frozenset(found)

    def _completed(
        self, scheme: str, suffix: str, free: int, port: str, reason: str
    ) -> Iterator[Stranger]:
        """The shortest host that ends so, with something before it that is not its owner's."""
        waiting = deque([(self._character(free, ".") + suffix, free)])
        passes: Counter[int] = Counter()
        while waiting:
            self._count()
            host, place = waiting.popleft()
            if place in self._begins and not host.startswith("."):
                found = list(self._if_admitted(f"{scheme}://{host}{port}", reason))
                if found:
                    yield from found
                    return
            for before in self._preceding[place]:
                character = self._character(before, host)
                if character and passes[before] < _MAX_PASSES:
                    passes[before] += 1
                    waiting.append((character + host, before))

    def _character(self, place: int, beside: str, among: str = _LETTERS_FIRST) -> str:
        taken = self.automaton.positions[place].characters
        not_here = "." if beside.startswith(".") else ""
        return next((each for each in among if each in taken and each != not_here), "")

    def _glued(
        self, scheme: str, port: str, whole: Iterable[_Read], below: list[_Read]
    ) -> Iterator[Stranger]:
        """Names that somebody meant to put below another, but for the dot: ``(www)?example.com``.

        :param whole: what is spelled out from its beginning.
        :param below: what is spelled out from a dot on.
        """
        hosts = {read.host: read.is_optional for read in whole}
        names = dict.fromkeys([*hosts, *(read.host for read in below)])
        domains = {_domain(name) for name in names}
        glued = [name for name in names if _is_glued(name, domains)]
        for host in filter(hosts.get, glued):
            yield from self._if_admitted(f"{scheme}://{host}{port}", "admits-strangers")
        for read in below:
            if read.is_optional and read.host in glued:
                yield from self._below_a_dot(scheme, port, read)

    def _shortened(
        self, scheme: str, port: str, whole: Iterable[_Read], below: Iterable[_Read]
    ) -> Iterator[Stranger]:
        """Domains that a single character makes another when it is left out: ``example.com?``."""
        for read in filter(_is_another_when_shortened, whole):
            yield from self._either(f"{scheme}://{read.host}{port}", read, port)
        for read in filter(_is_another_when_shortened, below):
            if _is_owned(read.host):
                for stranger in self._below_a_dot(scheme, port, read):
                    yield from self._either(stranger.origin or "", read, port)

    def _either(self, origin: str, read: _Read, port: str) -> Iterator[Stranger]:
        """An origin without the character that may be left out, or with it if that is nobody else's."""
        shorter = f"{origin.removesuffix(read.host + port)}{read.shortened}"
        # The port may be left out with the character.
        for other in (f"{shorter}{port}", shorter):
            if is_origin(other) and self._expression.fullmatch(other):
                strange = next(filter(self._is_strange, (other, origin)), None)
                if strange is not None:
                    beside = origin if strange == other else other
                    yield Stranger("admits-strangers", strange, beside)
                    return

    def _without_dot(
        self, scheme: str, port: str, whole: Iterable[_Read], below: Iterable[_Read]
    ) -> Iterator[Stranger]:
        """Names that are cut off beside domains, as without parentheses: ``https://app|www.example.com``."""
        hosts = (read.host for read in (*whole, *below))
        if not any(_is_owned(host) and not is_loopback(host) for host in hosts):
            return
        for host in dict.fromkeys(read.host for read in whole if "." not in read.host):
            # Within an organisation, a machine may have a short name and a long one.
            if not self._is_begin_of_another(host):
                yield from self._if_admitted(f"{scheme}://{host}{port}", "without-dot")

    def _is_begin_of_another(self, host: str) -> bool:
        """Whether a longer name is spelled out that begins with a host."""
        places = self._begins
        for character in host:
            taking = self.automaton.taking(places, character)
            places = {
                after
                for place in taking
                if not self._is_free(place)
                for after in self.automaton.following[place]
            }
        return bool(self.automaton.taking(places, "."))

    def _dots(self, read: _Read) -> list[int]:
        """The positions of a dot before a name."""
        return [] if read.host[:1] in ("", ".") else self.automaton.taking(read.places, ".")

    def _below_a_dot(self, scheme: str, port: str, read: _Read) -> Iterator[Stranger]:
        for before in _all_before(self._dots(read), self._once):
            yield from self._completed(scheme, f".{read.host}", before, port, "admits-strangers")

    def _applications(self) -> Iterator[Stranger]:
        """Applications and extensions, where the scheme or the host is not spelled out."""
        waiting = deque([("", "begin", False, place) for place in self.automaton.first])
        seen: set[tuple[str, bool, int]] = set()
        while waiting:
            text, before, was_free, place = waiting.popleft()
            is_free = was_free or (before != "port" and self._is_free(place))
            for character, state in self._steps_of(place, before, text):
                origin = text + character
                if is_free and state in ("host", "port") and place in self.automaton.last:
                    yield from self._if_admitted(origin, "matches-any-origin")
                if (state, is_free, place) not in seen:
                    seen.add((state, is_free, place))
                    waiting += [
                        (origin, state, is_free, after) for after in self.automaton.following[place]
                    ]

    def _steps_of(self, place: int, before: str, text: str) -> Iterator[tuple[str, str]]:
        """The characters to go on with: one for each of the next states."""
        taken = self.automaton.positions[place].characters
        for state in dict.fromkeys(_OF_AN_APPLICATION[before].values()):
            ways = (
                each
                for each in _LETTERS_FIRST + ":/"
                if _OF_AN_APPLICATION[before].get(each) == state
            )
            character = next((each for each in ways if each in taken), None)
            if character is not None and not (state == "colon" and text in DEFAULT_PORTS):
                yield character, state

    def _if_admitted(self, origin: str, reason: str) -> Iterator[Stranger]:
        pattern = read_pattern(origin)
        # With other characters, what is too long for one name may be two.
        self.has_doubts = self.has_doubts or (pattern is None and _has_overlong_name(origin))
        if pattern is None or is_loopback(pattern.host) or _is_private(pattern.host):
            return
        if is_origin(origin) and self._expression.fullmatch(origin):
            yield Stranger(reason, origin)
        else:
            self.has_doubts = True

    def _is_strange(self, origin: str) -> bool:
        return any(self._if_admitted(origin, ""))

    def _count(self) -> None:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise ExpressionError


def _has_overlong_name(origin: str) -> bool:
    return any(len(name) > MAX_LABEL_LENGTH for name in origin.split("."))


def _is_owned(host: str) -> bool:
    """Whether all names below a host are its owner's, so that nothing before it need be looked at."""
    if is_loopback(host):
        return True
    is_number = host.rpartition(".")[2].isdigit()
    return not is_number and registrable_domain(host) is not None and not is_registry(host)


def _is_private(host: str) -> bool:
    """Whether a host is an address of a private network."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return False


def _reason(suffix: str) -> str:
    """What kind of hole it is that something is free before the end of a host."""
    _, dot, parent = suffix.partition(".")
    if not dot:
        return "matches-any-origin"
    # What stands before the dot may be a part of the name: "-site.netlify.app".
    is_within_name = suffix.startswith((".", "-"))
    return "public-suffix" if is_within_name and is_registry(parent) else "admits-strangers"


def _by_place(steps: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """By position, those that come before it by some steps."""
    before: dict[int, set[int]] = defaultdict(set)
    for one, other in steps:
        before[other].add(one)
    return before


def _all_before(places: Iterable[int], before: dict[int, set[int]]) -> frozenset[int]:
    return frozenset().union(*(before[place] for place in places))


def _is_another_when_shortened(read: _Read) -> bool:
    shortened = read.shortened
    return shortened is not None and _domain(shortened) != _domain(read.host)


def _domain(host: str) -> str:
    return registrable_domain(host) or host


def _is_glued(name: str, domains: Iterable[str]) -> bool:
    """Whether a name ends in one of some domains without a dot before it."""
    domain = _domain(name)
    others = (each for each in domains if domain != each and domain.endswith(each))
    return not is_loopback(name) and not all(domain.endswith(f".{each}") for each in others)
