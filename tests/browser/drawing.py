"""Draws cases at random: mostly what servers mean to say, here and there what they get wrong.

All that is drawn follows from a seed. What comes of a case is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Optional

from wsgicors import ConfigError, Policy
from wsgicors.headers import HeaderBuilder

from .cases import SANDBOX, SECURE, Answer, Case, HeaderLines, Hop, Place, Step

HOSTS = ("localhost", "127.0.0.1", "sub.localhost", "a.sub.localhost", "[::1]")
METHODS = "GET GET GET HEAD POST POST PUT PUT DELETE PATCH OPTIONS QUERY".split()
ODD_METHODS = "get post put delete options head patch Put Foo TRACE connect".split()

REQUEST_HEADERS = (
    ("Accept", "text/html, */*;q=0.5"),
    ("Accept", 'text/"html"'),
    ("Accept", "text/\xe9"),
    ("Accept", "a" * 128),
    ("Accept", "a" * 129),
    ("Accept-Language", "de-CH, en;q=0.5"),
    ("Accept-Language", "de_CH"),
    ("Authorization", "Bearer x"),
    ("Authorization", "Bearer x"),
    ("Content-Language", "de"),
    ("Content-Language", "@"),
    ("Content-Type", "application/json"),
    ("Content-Type", "application/json"),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "text/plain"),
    ("Content-Type", "Text/Plain;charset=utf-8"),
    ("Content-Type", 'text/plain;x="y"'),
    ("Content-Type", "text/plain,text/plain"),
    ("Content-Type", "text"),
    ("Content-Type", "text/plain; a=\xe9"),
    ("Cookie", "a=1"),
    ("DPR", "2"),
    ("If-None-Match", "x"),
    ("Origin", "https://example.com"),
    ("Range", "bytes=0-9"),
    ("Range", "bytes=5-"),
    ("Range", "bytes=-5"),
    ("Range", "bytes=9-5"),
    ("Range", "bytes=0-1,3-4"),
    ("Save-Data", "on"),
    ("Sec-Custom", "1"),
    ("User-Agent", "mine"),
    ("X-A", "1"),
    ("X-A", "1"),
    ("X-A", "1"),
    ("x-b", ""),
    ("X-B", "b" * 200),
    ("X-HTTP-Method-Override", "PUT"),
    ("X-HTTP-Method-Override", "TRACE"),
)

REPEATABLE = ("Accept", "Accept-Language", "X-A")

# What servers answer. None is no such header; more than one value is as many lines.
Lines = Optional[Sequence[str]]
ODD_ORIGINS: tuple[Lines, ...] = (
    None,
    [""],
    ["*"],
    ["$page/"],
    ["$PAGE"],
    ["$other"],
    ["null"],
    ["$page, $page"],
    ["$page, $other"],
    ["$page *"],
    ["*, *"],
    ["$page", "$page"],
    ["$other", "$page"],
    ["*", "*"],
    ["http://*"],
    [" $page "],
)
ODD_CREDENTIALS: tuple[Lines, ...] = (
    None,
    ["True"],
    ["false"],
    ["1"],
    [""],
    ["true, true"],
    ["true", "true"],
    [" true "],
)
ODD_METHOD_LISTS: tuple[Lines, ...] = (
    None,
    [""],
    ["*"],
    ["*, PUT"],
    ["put, delete, patch"],
    ["PUT DELETE"],
    ["PUT;DELETE"],
    [",PUT,,DELETE,"],
    ["PUT", "DELETE"],
    ["(PUT)"],
    ["GET, HEAD, POST"],
)
ODD_NAME_LISTS: tuple[Lines, ...] = (
    None,
    [""],
    ["*"],
    ["*, Authorization"],
    ["*, X-A"],
    ["X-A X-B"],
    ["x-a", "x-b, content-type"],
    [",X-A,,\tX-B,"],
    ["X-A, X B"],
    ["X-A, (X-B)"],
    ["Origin"],
)
MAX_AGES: tuple[Lines, ...] = (
    None,
    None,
    ["600"],
    ["600"],
    ["86400"],
    ["0"],
    ["-1"],
    ["1"],
    [""],
    ["abc"],
    ["600.5"],
    ["600, 600"],
    ["600", "600"],
    [" 600 "],
    ["+600"],
    ["6e2"],
    ["99999999999999999999"],
)
EXPOSED: tuple[Lines, ...] = (
    None,
    None,
    ["X-Total"],
    ["x-total, X-SECRET"],
    ["*"],
    ["*, X-Total"],
    ["X-Total", "X-Secret"],
    ["Set-Cookie, X-Total"],
    ["X-Total X-Secret"],
    ["X-Total, X Secret"],
    [",X-Total,,"],
    [""],
)
# No more of them than a browser keeps for one site (Chromium and Firefox: 180).
COOKIES = (
    "SameSite=None; Secure",
    "SameSite=None; Secure",
    "SameSite=None",
    "SameSite=Lax",
    "SameSite=Strict; Secure",
    "Secure",
    "",
    "",
    "SameSite=Odd",
    "HttpOnly",
    "SameSite=None; Secure; Domain=sub.localhost",
    "SameSite=None; Secure; Domain=localhost",
    "SameSite=Lax; Secure",
    "Secure; Domain=sub.localhost",
    "Domain=localhost",
    "SameSite=Lax; Domain=a.sub.localhost",
    "Max-Age=0",
    "SameSite=None; Secure; Max-Age=600",
)
# Of the places, some: those that one pattern covers.
PATTERNS = ("http://*.localhost:*", "http://localhost:*", "https://*.localhost:*", "null", "")
STATUSES = (200, 200, 200, 200, 201, 204, 206, 299, 304, 400, 401, 403, 404, 500, 503)
PREFLIGHT_STATUSES = (
    200,
    201,
    206,
    299,
    300,
    301,
    302,
    304,
    307,
    308,
    400,
    401,
    403,
    404,
    405,
    500,
)
REDIRECTS = (301, 302, 303, 307, 308)
ODD_LOCATIONS: tuple[Lines, ...] = (
    None,
    [""],
    ["$path/1"],
    ["$1#part"],
    ["$1?a=b c"],
    ["$scheme1//user:pw@$host1"],
    ["$scheme1//user@$host1"],
    ["data:text/plain,hello"],
    ["ws://127.0.0.1/"],
    ["http://"],
    ["$1", "$0"],
    ["$0"],
)


def draw(seed: str) -> Case:
    """The case that follows from a seed."""
    return _Draw(Random(seed)).case()


class _Draw:
    """One case in the making.

    :param random: makes all choices.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._page = ""

    def case(self) -> Case:
        page = self._unless(0.1, [SANDBOX], Place(self._of(HOSTS), self._of([0, 0, SECURE])))
        scheme = "https" if page.port == SECURE else "http"
        self._page = "null" if page == SANDBOX else f"{scheme}://localhost:1"
        # Those who wait do so on one page, all at once.
        steps = self._steps(may_wait=page == Place())
        return Case(page, self._hops(steps, page), steps)

    # --- the page's side -------------------------------------------------------------------------

    def _place(self) -> Place:
        return Place(self._of(HOSTS), self._of([0, 1, SECURE]))

    def _steps(self, *, may_wait: bool) -> tuple[Step, ...]:
        first = self._step()
        steps = [first]
        while self._happens(0.4) and len(steps) < 4:
            pause = 1.5 if may_wait and self._happens(0.3) else 0.0
            steps.append(self._varied(first, pause))
        return tuple(steps)

    def _step(self) -> Step:
        method = self._unless(0.07, ODD_METHODS, self._of(METHODS))
        mode = self._unless(0.12, ["no-cors", "same-origin"], "cors")
        if mode == "no-cors" and self._happens(0.8):
            method = self._of(["GET", "HEAD", "POST"])
        has_body = method.upper() not in ("GET", "HEAD") and self._happens(0.5)
        return Step(
            method=method,
            headers=self._request_headers(),
            body="hello" if has_body or self._happens(0.01) else None,
            mode=mode,
            credentials=self._of(["omit", "same-origin", "include", "include"]),
            redirect=self._unless(0.1, ["error", "manual"], "follow"),
        )

    def _varied(self, step: Step, pause: float) -> Step:
        """The same again, or with something changed, as it bears on what is remembered."""
        other = self._step()
        kept = {"mode": step.mode, "redirect": step.redirect, "pause": pause}
        if self._happens(0.5):
            kept.update(method=step.method, body=step.body)
        if self._happens(0.6):
            kept.update(headers=step.headers)
        if self._happens(0.7):
            kept.update(credentials=step.credentials)
        fields = {**vars(other), **kept}
        if fields["method"].upper() in ("GET", "HEAD"):
            fields["body"] = None
        return Step(**fields)

    def _request_headers(self) -> HeaderLines:
        drawn = [self._of(REQUEST_HEADERS) for _ in range(self._of([0, 0, 0, 1, 1, 2, 3]))]
        # Of most headers there can be one only.
        alone = {line[0].lower(): line for line in drawn if line[0] not in REPEATABLE}
        return (*alone.values(), *(each for each in drawn if each[0] in REPEATABLE))

    # --- the servers' side -----------------------------------------------------------------------

    def _hops(self, steps: Sequence[Step], page: Place) -> tuple[Hop, ...]:
        count = self._of([1, 1, 1, 1, 1, 2, 2, 3])
        return tuple(self._hop(steps, page, index, index == count - 1) for index in range(count))

    def _hop(self, steps: Sequence[Step], page: Place, index: int, is_last: bool) -> Hop:
        place = page if page != SANDBOX and self._happens(0.15) else self._place()
        if self._happens(0.2):
            actual = self._redirect(index) if not is_last else self._content()
            return Hop(place, (actual,), policy=self._policy(steps))
        return Hop(
            place,
            self._one_or_two(lambda: self._actual(index, is_last)),
            self._one_or_two(lambda: self._preflight(steps)),
        )

    def _one_or_two(self, drawn: Callable[[], Answer]) -> tuple[Answer, ...]:
        return tuple(drawn() for _ in range(1 if self._happens(0.7) else 2))

    def _actual(self, index: int, is_last: bool) -> Answer:
        answer = self._content() if is_last else self._redirect(index)
        return Answer(answer.status, self._sharing(0.15) + answer.headers)

    def _content(self) -> Answer:
        headers = (("X-Total", "1"), ("X-Secret", "2"), ("Content-Language", "de"))
        return Answer(
            self._of(STATUSES),
            (
                *headers,
                *self._cookie(),
                *_lines("Access-Control-Expose-Headers", self._of(EXPOSED)),
            ),
        )

    def _redirect(self, index: int) -> Answer:
        location = self._of(ODD_LOCATIONS) if self._happens(0.12) else [f"${index + 1}"]
        return Answer(self._of(REDIRECTS), (*_lines("Location", location), *self._cookie()))

    def _cookie(self) -> HeaderLines:
        if not self._happens(0.2):
            return ()
        attributes = self._of(COOKIES)
        name = self._of(["a", "b", "__Secure-a", "__Host-a"] if attributes else ["a"])
        path = "/" if name.startswith("__Host") else self._of(["$path", "$path", "$path/1"])
        return (("Set-Cookie", f"{name}$id=1; Path={path}; {attributes}"),)

    def _preflight(self, steps: Sequence[Step]) -> Answer:
        methods = self._unless(0.15, ODD_METHOD_LISTS, self._list({step.method for step in steps}))
        names = {name for step in steps for name, _ in step.headers}
        return Answer(
            self._of(PREFLIGHT_STATUSES) if self._happens(0.12) else 204,
            self._sharing(0.12)
            + _lines("Access-Control-Allow-Methods", methods)
            + _lines(
                "Access-Control-Allow-Headers",
                self._unless(0.15, ODD_NAME_LISTS, self._list({*names, "Content-Type"})),
            )
            + _lines("Access-Control-Max-Age", self._of(MAX_AGES))
            + self._cookie(),
        )

    def _sharing(self, wrong: float) -> HeaderLines:
        origin = self._of([["$page"], ["$page"], ["*"]])
        return _lines(
            "Access-Control-Allow-Origin", self._unless(wrong, ODD_ORIGINS, origin)
        ) + _lines(
            "Access-Control-Allow-Credentials",
            self._unless(2 * wrong, ODD_CREDENTIALS, ["true"]),
        )

    def _list(self, names: set[str]) -> Lines:
        """A list that covers the names, most of the time."""
        if self._happens(0.3):
            return ["*"]
        listed = sorted(names)
        if listed and self._happens(0.15):
            listed.remove(self._of(listed))
        return [", ".join(listed)]

    def _policy(self, steps: Sequence[Step]) -> HeaderLines:
        """The fields of a valid policy, each as it would stand in a configuration file."""
        while True:
            fields = self._fields(steps)
            # What the page's origin is makes a difference to validity only if it is null.
            settings = {name: value.replace("$page", self._page) for name, value in fields}
            try:
                HeaderBuilder(Policy(**settings))
            except ConfigError:
                continue
            return fields

    def _fields(self, steps: Sequence[Step]) -> HeaderLines:
        methods = sorted({step.method for step in steps})
        names = sorted({name for step in steps for name, _ in step.headers})
        drawn = {
            "allow_origins": self._of(["$page", "$page", "$page $other", "*", *PATTERNS]),
            "allow_methods": self._of([None, "*", ", ".join(methods), ", ".join(METHODS)]),
            "allow_headers": self._of([None, "*", "*, Authorization", ", ".join(names)]),
            "expose_headers": self._of([None, "*", "X-Total"]),
            "allow_credentials": self._of([None, "true"]),
            "max_age": self._of([None, "0", "600", "86400"]),
        }
        return tuple((name, value) for name, value in drawn.items() if value is not None)

    # --- choices ---------------------------------------------------------------------------------

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def _of(self, items: Sequence[Any]) -> Any:
        return self._random.choice(items)

    def _unless(self, chance: float, odd: Sequence[Any], usual: Any) -> Any:
        return self._of(odd) if self._happens(chance) else usual


def _lines(name: str, values: Lines) -> HeaderLines:
    return tuple((name, value) for value in values or ())
