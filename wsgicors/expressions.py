r"""Regular expressions taken apart: which characters may follow which. Knows no policy and no host.

An expression becomes its positions (Glushkov's automaton): one for each place that reads a
character, with the characters of an origin that it takes, and the positions that may come before
and after it. What that cannot tell, such as lookaround, is read as if it admitted more.

Looking at an expression takes bounded time: what is too large is refused.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .origins import DEFAULT_PORTS

if sys.version_info >= (3, 11):
    from re import _constants as sre  # type: ignore[attr-defined]
    from re import _parser as sre_parser  # type: ignore[attr-defined]
else:
    import sre_constants as sre
    import sre_parse as sre_parser

#: The characters that origins are made of.
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-_.:/ABCDEFGHIJKLMNOPQRSTUVWXYZ+~%[]"

_MAX_POSITIONS = 20_000
_MAX_EDGES = 200_000
_MAX_PAIRS = 20_000
# A counted repetition is written out up to so many; a longer one counts as endless.
_MAX_WRITTEN_OUT = 64
# When blow-ups are looked for, all that repeats more often than that counts as endless.
_MAX_HARMLESS = 3
# In how many ways a host may be read, counted as if each were tried: for each endless part that can
# share its text with another from each of 253 characters, for what may be left out with it and
# without it. Up to here that is some milliseconds at most times, and never much more than half a second.
_MAX_WAYS = 20_000_000
_MAX_HOST_LENGTH = 253
# A class of more characters than that is as good as a range, even where all are written.
_MAX_SPELLED_OUT = 8


class ExpressionError(ValueError):
    """Raised for an expression that is too large to be looked through."""


class Fault(NamedTuple):
    """What is wrong with an expression by itself."""

    reason: str
    message: str


_TOO_COMPLEX = Fault(
    "too-complex", "is too large to be checked; write a list of origins and patterns instead"
)
_BLOWS_UP = Fault(
    "slow",
    (
        "can take very long on an origin that an attacker makes up, because it can match one text in very"
        " many ways; write a pattern such as 'https://*.example.com', or put no repetition inside a"
        " repetition"
    ),
)
_NEVER_MATCHES = Fault(
    "never-matches",
    "matches no origin: it must match in full, and an origin is scheme://host or scheme://host:port"
    " in lower case, without a path or a slash at the end",
)


@functools.lru_cache(maxsize=256)
def fault_of(expression: re.Pattern[str]) -> Fault | None:
    r"""What is wrong with an expression that shall match origins, by itself.

    >>> fault_of(re.compile(r"https://[a-z0-9-]+\.example\.com"))
    >>> fault_of(re.compile(r"https://([a-z0-9-]+\.?)+\.example\.com")).reason
    'slow'
    >>> fault_of(re.compile(r"https://app\.example\.com/")).reason
    'never-matches'
    """
    try:
        if _can_blow_up(expression):
            return _BLOWS_UP
        needs_host = _matches_no_host_but_of_the_network(expression)
        return None if _can_match(Automaton.of(expression), needs_host) else _NEVER_MATCHES
    except (ExpressionError, RecursionError):
        return _TOO_COMPLEX


def has_end(expression: re.Pattern[str]) -> bool:
    r"""Whether nothing but what an expression takes can follow where it matches, whichever branch it is.

    >>> has_end(re.compile("(https://a$|https://b.*)")), has_end(re.compile("https://a|https://b$"))
    (True, False)
    """
    try:
        return _ends(sre_parser.parse(expression.pattern, expression.flags & ~re.DEBUG))
    except RecursionError:
        return False


def _ends(tree: Any) -> bool:
    if not len(tree):
        return False
    operation, argument = tree[-1]
    if operation is sre.AT:
        return argument in (sre.AT_END, sre.AT_END_STRING)
    if operation is sre.BRANCH:
        return all(map(_ends, argument[1]))
    if operation is sre.SUBPATTERN:
        return _ends(argument[-1])
    if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        _, most, repeated = argument
        return most is sre.MAXREPEAT and [each for each, _ in repeated] == [sre.ANY]
    return False


@functools.lru_cache(maxsize=256)
def bearable_length(expression: re.Pattern[str]) -> int:
    r"""How long a text may be, in characters, so that matching it takes bounded time.

    :param expression: of any texts, such as paths or the names of headers.

    >>> bearable_length(re.compile("/api/.*/(a|b)+")) > 2000, bearable_length(re.compile("/(a+)+/"))
    (True, 0)
    """
    # Where a match has begun that takes all, nothing can fail behind it.
    text = re.sub(r"(?<!\\)\.[*+]$", "", expression.pattern)
    # Others than these behave like one of them.
    alphabet = "".join(sorted({*map(chr, range(128)), "\xe9", *text}))
    try:
        automaton = Automaton.of(re.compile(text, expression.flags), _MAX_HARMLESS, alphabet)
        return min(map(_length_within_ways, _with_asserted(automaton)))
    except (ExpressionError, RecursionError, re.error):
        return 0


# --- the automaton -------------------------------------------------------------------------------


class Position(NamedTuple):
    """A place in an expression that reads one character."""

    #: The characters of an origin that it takes.
    characters: frozenset[str]
    #: Whether it takes whatever is in a range or a class, rather than what is spelled out.
    is_free: bool
    #: Whether it is inside of something that may be left out.
    is_optional: bool
    #: Whether all that may be left out is this one character.
    is_omissible: bool = False


class _Part(NamedTuple):
    """A part of an expression: what it can begin and end with, and whether it can be empty."""

    is_nullable: bool
    first: Counter[int]
    last: Counter[int]


class Automaton:
    """The positions of an expression, and which may follow which.

    :param endless_from: a repetition of more than that counts as endless.
    :param alphabet: the characters that texts are made of.
    """

    def __init__(self, endless_from: int, alphabet: str = ALPHABET) -> None:
        self.alphabet = alphabet
        self.positions: list[Position] = []
        #: For each position those that may come next, and in how many ways.
        self.following: list[Counter[int]] = []
        #: The pairs of positions by which something begins once more that need not.
        self.again: set[tuple[int, int]] = set()
        self.first: frozenset[int] = frozenset()
        self.last: frozenset[int] = frozenset()
        #: What is looked ahead for, or behind.
        self.asserted: list[Any] = []
        self._endless_from = endless_from
        self._edges = 0

    @classmethod
    def of(
        cls,
        expression: re.Pattern[str],
        endless_from: int = _MAX_WRITTEN_OUT,
        alphabet: str = ALPHABET,
    ) -> Automaton:
        """Take an expression apart.

        :raises ExpressionError: if it is too large.
        """
        flags = expression.flags & ~re.DEBUG
        tree = sre_parser.parse(_with_empty_arms_marked(expression.pattern, flags), flags)
        return cls(endless_from, alphabet).built(tree, expression.flags)

    def built(self, tree: Iterable[Any], flags: int) -> Automaton:
        """The same, of a parsed expression."""
        whole = self._sequence(tree, flags, is_optional=False)
        self.first, self.last = frozenset(whole.first), frozenset(whole.last)
        return self

    def preceding(self) -> list[list[int]]:
        """For each position those that may come before it."""
        before: list[list[int]] = [[] for _ in self.positions]
        for place, following in enumerate(self.following):
            for after in following:
                before[after].append(place)
        return before

    def taking(self, places: Iterable[int], character: str) -> list[int]:
        """Those of some positions that take a character."""
        return [place for place in places if character in self.positions[place].characters]

    def read(self, text: str, places: Iterable[int]) -> list[int]:
        """The positions that may have read the end of a text whose begin some positions may read."""
        reached: list[int] = []
        for character in text:
            reached = self.taking(places, character)
            places = {after for place in reached for after in self.following[place]}
        return reached

    def _sequence(self, tree: Iterable[Any], flags: int, *, is_optional: bool) -> _Part:
        whole = _EMPTY
        for operation, argument in tree:
            whole = self._joined(whole, self._part(operation, argument, flags, is_optional))
        return whole

    def _joined(self, left: _Part, right: _Part) -> _Part:
        self._connect(left.last, right.first)
        return _Part(
            left.is_nullable and right.is_nullable,
            _added(left.first, right.first) if left.is_nullable else left.first,
            _added(right.last, left.last) if right.is_nullable else right.last,
        )

    def _connect(self, lasts: Counter[int], firsts: Counter[int]) -> None:
        self._edges += len(lasts) * len(firsts)
        if self._edges > _MAX_EDGES:
            raise ExpressionError
        for last, ways in lasts.items():
            for first, more_ways in firsts.items():
                self.following[last][first] += ways * more_ways

    def _connect_again(self, lasts: Counter[int], firsts: Counter[int]) -> None:
        self._connect(lasts, firsts)
        self.again.update(itertools.product(lasts, firsts))

    def _part(self, operation: Any, argument: Any, flags: int, is_optional: bool) -> _Part:
        build = _BUILDERS.get(operation)
        if build is not None:
            part: _Part = build(self, argument, flags, is_optional)
            return part
        if operation in _READING_ONE:
            key = tuple(argument) if operation is sre.IN else ((operation, argument),)
            taken = _characters(key, bool(flags & re.IGNORECASE), self.alphabet)
            return self._position(taken, is_optional)
        # Whatever another release of Python may bring counts as anything.
        return self._repeated_freely(is_optional)

    def _position(self, taken: tuple[frozenset[str], bool], is_optional: bool) -> _Part:
        if len(self.positions) >= _MAX_POSITIONS:
            raise ExpressionError
        self.positions.append(Position(*taken, is_optional))
        self.following.append(Counter())
        place = Counter([len(self.positions) - 1])
        return _Part(is_nullable=False, first=place, last=place)

    def _repeated_freely(self, is_optional: bool) -> _Part:
        return self._endless(self._position((frozenset(self.alphabet), True), is_optional), 0)

    def _endless(self, part: _Part, least: int) -> _Part:
        self._connect_again(part.last, part.first)
        if part.is_nullable and least > self._endless_from:
            # Any of the rounds that must be may be an empty one, so that there are many ways.
            self._connect(part.last, part.first)
        return part._replace(is_nullable=part.is_nullable or least == 0)

    def _omissible(self, part: _Part) -> _Part:
        """A part that may be left out, which can be a single character, or one of a host and a port."""
        for place in part.first:
            # What follows the whole part is not known here yet.
            if place in part.last or self.taking(self.following[place], ":"):
                self.positions[place] = self.positions[place]._replace(is_omissible=True)
        return part

    def _group(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        _, added, removed, tree = argument
        return self._sequence(tree, (flags | added) & ~removed, is_optional=is_optional)

    def _atomic_group(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        return self._sequence(argument, flags, is_optional=is_optional)

    def _branch(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        _, branches = argument
        is_written_empty = any(map(_is_marked_empty, branches))
        has_empty = is_written_empty or any(not len(branch) for branch in branches)
        parts = [
            self._sequence(branch, flags, is_optional=is_optional or has_empty)
            for branch in branches
        ]
        whole = _either(parts)
        return self._omissible(whole) if is_written_empty else whole

    def _conditional(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        _, *branches = argument
        return _either(
            [self._sequence(branch or (), flags, is_optional=True) for branch in branches]
        )

    def _repeat(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        least, most, tree = argument
        is_endless = most > self._endless_from
        required = least if not is_endless or least <= self._endless_from else 1
        is_optional = is_optional or least == 0
        whole = _EMPTY
        for _ in range(max(required - is_endless, 0)):
            whole = self._joined(whole, self._sequence(tree, flags, is_optional=is_optional))
        if is_endless:
            part = self._sequence(tree, flags, is_optional=is_optional)
            part = self._omissible(part) if least == 0 else part
            return self._joined(whole, self._endless(part, least))
        return self._with_optional(whole, tree, flags, most - least)

    def _with_optional(self, whole: _Part, tree: Any, flags: int, copies: int) -> _Part:
        """A part with copies of another behind it, of which each needs the one before it."""
        first, last = whole.first, whole.last
        latest = whole
        for _ in range(copies):
            part = self._omissible(self._sequence(tree, flags, is_optional=True))
            self._connect_again(latest.last, part.first)
            first = _added(first, part.first) if latest.is_nullable else first
            last = _added(last, part.last)
            latest = part
        return _Part(whole.is_nullable, first, last)

    def _backreference(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        return self._repeated_freely(is_optional)

    def _assertion(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        if len(argument[1]):
            self.asserted.append((argument[1], flags))
        return _EMPTY

    def _place(self, argument: Any, flags: int, is_optional: bool) -> _Part:
        return _EMPTY


_EMPTY = _Part(is_nullable=True, first=Counter(), last=Counter())


def _either(parts: list[_Part]) -> _Part:
    return _Part(
        any(part.is_nullable for part in parts),
        _added(*(part.first for part in parts)),
        _added(*(part.last for part in parts)),
    )


def _added(*counts: Counter[int]) -> Counter[int]:
    total: Counter[int] = Counter()
    for each in counts:
        total.update(each)
    return total


# Python's parser reads (?:com|co) as co(?:m|). In the second somebody has written an arm that is empty,
# and only the text tells: there it gets a mark, which asks for nothing.
_MARK = "(?=)"
_EMPTY_ARM = r"""
    (?P<other> \\. | \[\^?\]?(?:\\.|[^\]\\])*\] | \(\?\#[^)]*\) {comment} )
    | \( (?:\?(?:P<\w+>|[a-zA-Z-]*:|<?[=!]|>))? {blank} (?=\|)
    | \| {blank} (?=[|)]|\Z)
    | \A (?:\(\?[a-zA-Z]+\))? {blank} (?=\|)
"""
_PLAIN = re.compile(_EMPTY_ARM.format(comment="", blank=""), re.VERBOSE | re.DOTALL)
_VERBOSE = re.compile(
    _EMPTY_ARM.format(comment=r"| \#[^\n]*", blank=r"(?:\s|\#[^\n]*\n)*"),
    re.VERBOSE | re.DOTALL,
)


def _with_empty_arms_marked(text: str, flags: int) -> str:
    arms = _VERBOSE if flags & re.VERBOSE else _PLAIN
    return arms.sub(lambda found: found[0] if found["other"] else found[0] + _MARK, text)


def _is_marked_empty(branch: Any) -> bool:
    return [operation for operation, _ in branch] == [sre.ASSERT] and not len(branch[0][1][1])


_BUILDERS: dict[Any, Any] = {
    sre.SUBPATTERN: Automaton._group,
    sre.BRANCH: Automaton._branch,
    sre.MAX_REPEAT: Automaton._repeat,
    sre.MIN_REPEAT: Automaton._repeat,
    sre.GROUPREF: Automaton._backreference,
    sre.GROUPREF_EXISTS: Automaton._conditional,
    sre.ASSERT: Automaton._assertion,
    sre.ASSERT_NOT: Automaton._assertion,
    sre.AT: Automaton._place,
    # From Python 3.11.
    getattr(sre, "POSSESSIVE_REPEAT", None): Automaton._repeat,
    getattr(sre, "ATOMIC_GROUP", None): Automaton._atomic_group,
}
_READING_ONE = (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY)
_CATEGORIES = {
    sre.CATEGORY_DIGIT: re.compile(r"\d"),
    sre.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    sre.CATEGORY_SPACE: re.compile(r"\s"),
    sre.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    sre.CATEGORY_WORD: re.compile(r"\w"),
    sre.CATEGORY_NOT_WORD: re.compile(r"\W"),
}


@functools.lru_cache(maxsize=1024)
def _characters(
    items: tuple[Any, ...], ignores_case: bool, alphabet: str
) -> tuple[frozenset[str], bool]:
    """The characters that something takes, and whether they are not spelled out."""
    is_negated = any(each is sre.NEGATE for each, _ in items)
    taken = frozenset(
        character
        for character in alphabet
        if is_negated != any(_takes(item, character, ignores_case) for item in items)
    )
    # Who writes [com|org] means something else than what it says.
    is_spelled_out = all(
        each is sre.LITERAL and chr(argument) in alphabet for each, argument in items
    )
    is_many = len({character.lower() for character in taken}) > _MAX_SPELLED_OUT
    return taken, (is_many or not is_spelled_out) and len(taken) > 1


def _takes(item: Any, character: str, ignores_case: bool) -> bool:
    operation, argument = item
    forms = {character, character.lower(), character.upper()} if ignores_case else {character}
    if operation is sre.CATEGORY:
        return _CATEGORIES[argument].match(character) is not None
    if operation is sre.RANGE:
        return any(argument[0] <= ord(form) <= argument[1] for form in forms)
    if operation is sre.NOT_LITERAL:
        return all(ord(form) != argument for form in forms)
    return operation is sre.ANY or any(argument == ord(form) for form in forms)


# --- whether any origin matches ------------------------------------------------------------------

# What an origin can be read in: its scheme, the colon, two slashes, the rest.
STEPS: dict[str, dict[str, str]] = {
    "begin": {**dict.fromkeys(ALPHABET[:26], "scheme")},
    "scheme": {**dict.fromkeys(ALPHABET[:39] + "+", "scheme"), ":": "colon"},
    "colon": {"/": "slash"},
    "slash": {"/": "host"},
    "host": dict.fromkeys(ALPHABET.replace("/", ""), "host"),
}


def _matches_no_host_but_of_the_network(expression: re.Pattern[str]) -> bool:
    """Whether what an expression matches without a host, if anything, are schemes that need one."""
    of_the_network = any(expression.fullmatch(f"{scheme}://") for scheme in DEFAULT_PORTS)
    return of_the_network and expression.fullmatch("file://") is None


def _can_match(automaton: Automaton, needs_host: bool) -> bool:
    seen: set[tuple[int, str]] = set()
    waiting = [(place, "begin") for place in automaton.first]
    while waiting:
        place, before = waiting.pop()
        taken = automaton.positions[place].characters
        for state in {STEPS[before][each] for each in taken & STEPS[before].keys()}:
            has_host = state == "host" and (before == "host" or not needs_host)
            if has_host and place in automaton.last:
                return True
            if (place, state) not in seen:
                seen.add((place, state))
                waiting += [(after, state) for after in automaton.following[place]]
    return False


# --- whether it can take very long ---------------------------------------------------------------


def _can_blow_up(expression: re.Pattern[str]) -> bool:
    automaton = Automaton.of(expression, _MAX_HARMLESS)
    return any(_length_within_ways(each) < _MAX_HOST_LENGTH for each in _with_asserted(automaton))


def _with_asserted(automaton: Automaton) -> Iterator[Automaton]:
    """An automaton, and those of all that is looked ahead for, or behind."""
    waiting = [automaton]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += [
            Automaton(_MAX_HARMLESS, each.alphabet).built(tree, flags)
            for tree, flags in each.asserted
        ]


def _length_within_ways(automaton: Automaton) -> int:
    """Up to which length a text is read in no more than so many ways; 0 if each round doubles them."""
    components = list(_components(automaton))
    loops = [places for places in components if _is_loop(automaton, places)]
    if any(_has_two_ways(automaton, places) for places in loops):
        return 0
    chain = max(_longest_chain(automaton, loops), 1)
    divisions = _MAX_WAYS // max(_most_ways(automaton, components), 1)
    return int((divisions * math.factorial(chain)) ** (1 / chain))


def _is_loop(automaton: Automaton, places: frozenset[int]) -> bool:
    return len(places) > 1 or any(place in automaton.following[place] for place in places)


def _has_two_ways(automaton: Automaton, places: frozenset[int]) -> bool:
    """Whether a loop can read one text in two ways, so that each round doubles the ways."""
    inside = {
        place: [after for after in automaton.following[place] if after in places]
        for place in places
    }
    if any(automaton.following[place][after] > 1 for place in places for after in inside[place]):
        return True
    # Two readers of the same text that part and meet again have found two ways.
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    waiting = [(place, place) for place in places]
    while waiting:
        pair = waiting.pop()
        if pair in pairs:
            continue
        if len(pairs) > _MAX_PAIRS:
            raise ExpressionError
        pairs[pair] = [
            (one, other)
            for one in inside[pair[0]]
            for other in inside[pair[1]]
            if automaton.positions[one].characters & automaton.positions[other].characters
        ]
        waiting += pairs[pair]
    return _part_and_meet(pairs)


def _part_and_meet(pairs: dict[tuple[int, int], list[tuple[int, int]]]) -> bool:
    back: dict[tuple[int, int], list[tuple[int, int]]] = {pair: [] for pair in pairs}
    for pair, following in pairs.items():
        for after in following:
            back[after].append(pair)
    waiting = [pair for pair in pairs if pair[0] == pair[1]]
    seen = set(waiting)
    while waiting:
        for pair in back[waiting.pop()]:
            if pair not in seen:
                seen.add(pair)
                waiting.append(pair)
    return any(one != other for one, other in seen)


def _most_ways(automaton: Automaton, components: list[frozenset[int]]) -> int:
    """In how many ways a text can be read at the most, each loop passed once."""
    ways = [1] * len(automaton.positions)
    # Those behind others come last.
    for places in reversed(components):
        most = max(
            _ways_on(automaton, automaton.following[place], places, ways) for place in places
        )
        for place in places:
            ways[place] = max(most, 1)
    return _ways_on(automaton, Counter(automaton.first), frozenset(), ways)


def _ways_on(
    automaton: Automaton, following: Counter[int], inside: frozenset[int], ways: list[int]
) -> int:
    """The ways to read on with the character for which there are most of them."""
    # Many positions take the same characters.
    by_characters: Counter[frozenset[str]] = Counter()
    for after, times in following.items():
        if after not in inside:
            by_characters[automaton.positions[after].characters] += times * ways[after]
    by_character: Counter[str] = Counter()
    for characters, number in by_characters.items():
        by_character.update(dict.fromkeys(characters, number))
    return max(by_character.values(), default=0)


def _longest_chain(automaton: Automaton, loops: list[frozenset[int]]) -> int:
    """How many loops stand behind one another, of which each can read what the next one reads."""
    loop_at = {place: number for number, places in enumerate(loops) for place in places}
    lengths = [1] * len(loops)
    # `_components` has those behind others last.
    for one in reversed(range(len(loops))):
        behind = _loops_behind(automaton, loops[one], loop_at)
        sharing = (other for other in behind if _shares_text(automaton, loops[one], loops[other]))
        lengths[one] += max((lengths[other] for other in sharing), default=0)
    return max(lengths, default=0)


def _loops_behind(
    automaton: Automaton, places: frozenset[int], loop_at: dict[int, int]
) -> set[int]:
    """The numbers of the loops that can be reached from one by what it reads itself."""
    reached = _reached(automaton, places, _taken_by(automaton, places))
    return {loop_at[place] for place in reached - places if place in loop_at}


def _shares_text(automaton: Automaton, one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether a text can be divided between two loops, one behind the other, in more than one way."""
    shared = _taken_by(automaton, one) & _taken_by(automaton, other)
    return bool(shared) and not other.isdisjoint(_reached(automaton, one, shared))


def _reached(automaton: Automaton, places: frozenset[int], characters: frozenset[str]) -> set[int]:
    """The positions that come behind others, with nothing but certain characters in between."""
    reached: set[int] = set()
    waiting = list(places)
    while waiting:
        for after in automaton.following[waiting.pop()]:
            if after not in reached:
                reached.add(after)
                if automaton.positions[after].characters & characters:
                    waiting.append(after)
    return reached


def _taken_by(automaton: Automaton, places: Iterable[int]) -> frozenset[str]:
    return frozenset().union(*(automaton.positions[place].characters for place in places))


def _components(automaton: Automaton) -> Iterator[frozenset[int]]:
    """The strongly connected components: positions that can be reached from one another (Kosaraju)."""
    order: list[int] = []
    seen: set[int] = set()
    for root in range(len(automaton.positions)):
        _visit(root, automaton.following, seen, order)
    before = automaton.preceding()
    seen = set()
    for root in reversed(order):
        component: list[int] = []
        _visit(root, before, seen, component)
        if component:
            yield frozenset(component)


def _visit(root: int, edges: Any, seen: set[int], order: list[int]) -> None:
    """Add what can be reached and was not seen, each behind all that can be reached from it."""
    if root in seen:
        return
    seen.add(root)
    path = [(root, iter(edges[root]))]
    while path:
        place, following = path[-1]
        fresh = next((after for after in following if after not in seen), None)
        if fresh is None:
            order.append(place)
            path.pop()
        else:
            seen.add(fresh)
            path.append((fresh, iter(edges[fresh])))
