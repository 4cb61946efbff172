"""Problems and how they are told: all of them at once, and no value can forge a line."""

from __future__ import annotations

import copy
import io
import logging
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgicors import ConfigError, CORSMiddleware, OriginCache, Policy, Problem, cors
from wsgicors.compat.paste import make_middleware
from wsgicors.errors import log_exception, shown, shown_traceback
from wsgicors.flask import CORS, trial_counts
from wsgicors.testing import Browser

ROW = pytest.param

TOO_OLD = Problem("max_age", -1, "out-of-range", "-1 is out of range: write 0")
FORBIDDEN = Problem("allow_methods", "TRACE", "forbidden", "'TRACE' is forbidden: leave it out")


@pytest.mark.parametrize(
    ("problems", "text"),
    [
        ROW([TOO_OLD], "max_age: -1 is out of range: write 0", id="one, in one line"),
        ROW(
            [FORBIDDEN, TOO_OLD],
            "2 problems in the CORS settings:\n"
            "  allow_methods: 'TRACE' is forbidden: leave it out\n"
            "  max_age: -1 is out of range: write 0",
            id="two, counted, in the order in which they were found",
        ),
    ],
)
def test_the_text_of_an_error_tells_every_problem(problems, text):
    assert str(ConfigError(problems)) == text


def test_an_error_is_a_value_error_with_its_problems():
    error = ConfigError(iter([FORBIDDEN, TOO_OLD]))
    assert isinstance(error, ValueError)
    assert error.problems == (FORBIDDEN, TOO_OLD)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_an_error_survives_being_copied(copied):
    again = copied(ConfigError(iter([FORBIDDEN, TOO_OLD])))
    assert (type(again), again.problems) == (ConfigError, (FORBIDDEN, TOO_OLD))
    assert str(again) == str(ConfigError([FORBIDDEN, TOO_OLD]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ROW("https://a.example", "'https://a.example'", id="text, as it is"),
        ROW(None, "None", id="nothing"),
        ROW("a\r\nroot logged in", r"'a\r\nroot logged in'", id="line ends, escaped"),
        ROW("a\x85b\u2028c", r"'a\x85b\u2028c'", id="line ends of Unicode, escaped"),
        ROW("\x1b[2J", r"'\x1b[2J'", id="terminal control, escaped"),
        ROW("м", r"'\u043c'", id="another script, escaped"),
        ROW("x" * 80, "'" + "x" * 80 + "'", id="80 characters, whole"),
        ROW("x" * 81, "'" + "x" * 80 + "'...", id="81 characters, cut"),
        ROW(["x" * 156], "['" + "x" * 156 + "']", id="list of 160 characters, whole"),
        ROW(["x" * 200], "['" + "x" * 158 + "...", id="long list, cut"),
    ],
)
def test_a_value_is_shown_short_and_in_ascii(value, text):
    assert shown(value) == text


@given(st.text() | st.binary() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_whatever_is_shown_is_one_short_printable_line(value):
    text = shown(value)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= 1000


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no database connection")


def test_an_object_that_cannot_be_shown_is_named_by_its_class():
    assert "Unprintable" in shown(Unprintable())


class Forger:
    def __repr__(self):
        return "a\nroot logged in \x1b[2J"


def test_an_object_that_shows_itself_in_several_lines_is_shown_in_one():
    assert shown(Forger()) == r"a\nroot logged in \x1b[2J"


# --- tracebacks ----------------------------------------------------------------------------------


def logged(raise_):
    """What stands in a log of the usual format for an exception, and its record."""
    stream, records = io.StringIO(), []
    logger = logging.Logger("test")  # noqa: LOG001 - its own, which nobody else hears
    logger.addHandler(logging.StreamHandler(stream))
    logger.addFilter(lambda record: records.append(record) or True)
    try:
        raise_()
    except Exception:  # noqa: BLE001 - whatever it is, it is logged
        log_exception(logger, "it failed for %s", 7)
    return stream.getvalue(), records[0]


def fail(message):
    raise LookupError(message)


def fail_because(first, second):
    try:
        fail(first)
    except LookupError as error:
        raise ValueError(second) from error


def fail_while_handling(first, second):
    try:
        fail(first)
    except LookupError:
        fail(second)


def fail_deeply(depth):
    return fail("bottom") if depth == 0 else fail_deeply(depth - 1)


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("even this")


def test_a_logged_exception_has_its_traceback_and_the_exception_itself():
    text, record = logged(lambda: fail("gone"))
    assert text.startswith("it failed for 7\nTraceback (most recent call last):\n  File ")
    assert text.endswith("\nLookupError: gone\n")
    assert isinstance(record.exc_info[1], LookupError)
    assert (record.levelname, record.funcName) == ("ERROR", "logged")


@pytest.mark.parametrize(
    "message",
    ["x\nroot logged in", "x\r\nroot logged in", "x\x85root logged in", "x\u2028root logged in"],
)
@pytest.mark.parametrize(
    "fail_with",
    [
        fail,
        lambda message: fail_because(message, "second"),
        lambda message: fail_because("first", message),
        lambda message: fail_while_handling(message, "second"),
    ],
    ids=["alone", "cause", "effect", "context"],
)
def test_no_message_of_an_exception_forges_a_line(message, fail_with):
    text, _ = logged(lambda: fail_with(message))
    assert not any(line.startswith("root") for line in text.splitlines())
    assert "root logged in" in text
    assert text.isascii()


def test_a_traceback_tells_what_led_to_it_first():
    text, _ = logged(lambda: fail_because("first", "second"))
    assert text.index("LookupError: first") < text.index("ValueError: second")


def test_a_cause_that_is_hidden_stays_so():
    try:
        fail_while_handling("first", "second")
    except LookupError as error:
        error.__suppress_context__ = True
        assert "LookupError: first" not in shown_traceback(error)


def test_a_traceback_is_bounded():
    chain = fail
    for _ in range(20):
        chain = lambda message, inner=chain: fail_after(inner, message)  # noqa: E731
    for raise_ in (lambda: fail("x" * 99_999), lambda: fail_deeply(500), lambda: chain("x" * 999)):
        assert len(logged(raise_)[0]) < 10_000


def fail_after(inner, message):
    try:
        inner(message)
    except LookupError:
        fail(message)


def test_an_exception_without_a_message_is_named():
    assert shown_traceback(LookupError()) == "LookupError"
    assert shown_traceback(Unspeakable()) == "Unspeakable"


def test_nothing_is_logged_where_nothing_is_handled_or_nobody_listens():
    records = []
    logger = logging.Logger("test")  # noqa: LOG001 - its own, which nobody else hears
    logger.addFilter(records.append)
    log_exception(logger, "nothing")
    logger.setLevel(logging.CRITICAL)
    try:
        fail("x")
    except LookupError:
        log_exception(logger, "nothing")
    assert records == []


# --- calls that cannot be meant so ----------------------------------------------------------------


def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]


def is_customer(origin):
    return True


ROW = pytest.param
SECTION = {"policy": "own", "own_origin": "https://own.example"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ROW(
            lambda: OriginCache(is_customer), "'seconds'; write OriginCache(lookup, s", id="missing"
        ),
        ROW(lambda: OriginCache(is_customer, 60, 100), "too many positional", id="positional"),
        ROW(lambda: OriginCache(is_customer, ttl=60), "write OriginCache(lookup, s", id="unknown"),
        ROW(lambda: OriginCache(is_customer, seconds=1, clock=3), "clock: 3 does not", id="clock"),
        ROW(
            lambda: OriginCache(is_customer, seconds=1).invalidate("https://a.example", "acme"),
            "write cache.invalidate(origin, key=...)",
            id="key by position",
        ),
        ROW(lambda: Policy().merge(), "'other'; write policy.merge(", id="merge nothing"),
        ROW(lambda: Policy().merge(max_age=5), "write policy.merge(Policy(", id="merge fields"),
        ROW(CORSMiddleware, "write CORSMiddleware(application, a", id="no application"),
        ROW(lambda: CORSMiddleware(application, Policy(), {}), "too many", id="routes by position"),
        ROW(lambda: cors(Policy(), {}), "write @cors(allow_origins=[...])", id="cors"),
        ROW(cors(), "write cors(allow_origins=[...])(application)", id="cors of nothing"),
        ROW(lambda: CORS().init_app(), "write cors.init_app(app)", id="init_app"),
        ROW(lambda: trial_counts(3), "3 is not a Flask application; write t", id="trial_counts"),
        ROW(trial_counts, "write trial_counts(app)", id="trial_counts of nothing"),
        ROW(make_middleware, "write make_middleware(application, g", id="make_middleware"),
        ROW(lambda: make_middleware(application, 3), "3 is not a mapping", id="global_conf"),
        ROW(
            lambda: make_middleware(application, {1: 2}, **SECTION, policy_=1), "no such", id="key"
        ),
        ROW(
            lambda: make_middleware(application, {}, **{**SECTION, "policy": ["own"]}),
            "policy: ['own'] is not text; write what would stand in the ini",
            id="policy",
        ),
        ROW(
            lambda: make_middleware(application, {}, **{**SECTION, "own_origin": 3}),
            "own_origin: 3 is not text",
            id="origin",
        ),
    ],
)
def test_a_call_that_cannot_be_meant_is_told_what_to_write(call, said):
    with pytest.raises(ConfigError) as caught:
        call()
    assert said in str(caught.value)


def test_a_wrong_call_is_what_python_has_for_it_too():
    with pytest.raises(TypeError, match="OriginCache: too many positional arguments"):
        OriginCache(is_customer, 60)


def test_what_fails_inside_of_a_call_is_raised_as_it_is():
    class Unreadable(dict):
        def items(self):
            raise TypeError("inside")

    with pytest.raises(TypeError, match="inside"):
        make_middleware(application, Unreadable(a="b"))


def test_paste_takes_flags_and_numbers_of_python():
    app = make_middleware(application, {}, **SECTION, own_credentials=True, own_maxage=60)
    assert (app.policy.allow_credentials, app.policy.max_age) == (True, 60)


BROWSER = Browser(CORSMiddleware(application, allow_origins="*"))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ROW(Browser, 'write Browser.app, origin="https', id="no application"),
        ROW(lambda: Browser(3), "3 is neither a WSGI .* write Browser\\(app", id="application"),
        ROW(
            lambda: Browser(application, origin=None), "origin=None is not text; w", id="no origin"
        ),
        ROW(lambda: Browser(application, 3), "origin=3 is not text; write orig", id="number"),
        ROW(lambda: Browser(application, page="/"), "'page'; write Browser", id="unknown"),
        ROW(lambda: Browser(application, base_url=3), "base_url=3 is not text; w", id="base"),
        ROW(lambda: Browser(application, base_url="x"), 'write base_url="https', id="no URL"),
        ROW(lambda: Browser(application, engine="firefox"), "write engine=FIREFOX", id="engine"),
        ROW(lambda: Browser(application, clock=3), "write clock=time.time", id="clock"),
        ROW(BROWSER.fetch, "write browser.fetch", id="no path"),
        ROW(lambda: BROWSER.fetch(3), 'path_or_url=3 is not text; write path_or_url="/', id="path"),
        ROW(lambda: BROWSER.fetch("/", 3), "3 is not a method of HTTP; write meth", id="method"),
        ROW(lambda: BROWSER.fetch("/", data="x"), "'data'; write browser.fetch", id="data"),
        ROW(lambda: BROWSER.fetch("/", headers=3), "headers=3 .* write headers={", id="headers"),
        ROW(lambda: BROWSER.fetch("/", headers="X-Token: 1"), "write headers={", id="header line"),
        ROW(lambda: BROWSER.fetch("/", headers={"X-Token": 1}), "'X-Token', 1.*write", id="value"),
        ROW(lambda: BROWSER.fetch("/", headers=3, json={}), "write headers={", id="with JSON"),
        ROW(lambda: BROWSER.fetch("/", headers=[("a", "b", "c")]), "pairs such as", id="triples"),
        ROW(lambda: BROWSER.fetch("/", json=b"x"), "json=b'x'.* write what json.dumps", id="JSON"),
        ROW(lambda: BROWSER.set_cookie(3), "3 is not text; write set_cookie", id="cookie"),
        ROW(BROWSER.set_cookie, "write browser.set_cookie", id="no cookie"),
    ],
)
def test_a_browser_that_is_misused_says_what_to_write(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()
