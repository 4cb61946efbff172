"""Policies: every form in which a field may be written, every way to get one wrong, merging."""

from __future__ import annotations

import copy
import enum
import functools
import pickle
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import policies, texts
from werkzeug.local import LocalProxy

from wsgicors import ConfigError, Policy
from wsgicors.errors import shown
from wsgicors.fields import FIELDS
from wsgicors.headers import HeaderBuilder
from wsgicors.vocabulary import nearest_field

ROW = pytest.param
NOTHING_TO_DENY = (
    "nothing is shared by default, so there is nothing to deny: do not list it in the allow_ fields; in"
    " Flask @same_origin closes a view"
)
NO_HOSTS = (
    "hosts are not origins: the hosts that an application answers to are no matter of CORS, and whose pages may"
    " read is said in whole origins; leave it out"
)
OF_TIMING = (
    "Timing-Allow-Origin belongs to another standard (Resource Timing), and no policy writes it; set it on"
    " the response"
)
HTTPS_ONLY = re.compile(r"https://[a-z]+\.example\.com")
NULL_TOO = re.compile(r"null|https://app\.example\.com")
SLOPPY, SLOPPY_HTTP = re.compile(r"https://.*example\.com"), re.compile(r"http://.*example\.com")
ANY_COM = re.compile(r"https://[a-z]+\.com")


def anybody(origin, environ):
    return True


async def asynchronous(origin, environ):
    return True


class AsynchronousCallable:
    async def __call__(self, origin, environ):
        return True


def problems_of(make):
    with pytest.raises(ConfigError) as caught:
        make()
    return caught.value.problems


class Name(str, enum.Enum):
    """What a program may keep its settings in."""

    APP = "https://app.example.com"
    METHOD = "PUT"
    HEADER = "X-Token"


def test_class_in_the_place_of_its_instance_is_told_what_to_write():
    class CheckOrigin:
        def __call__(self, origin, environ):
            return False

    with pytest.raises(ConfigError, match=r"is a class; write CheckOrigin\(\)"):
        Policy(allow_origins=CheckOrigin)
    assert Policy(allow_origins=CheckOrigin())


def test_members_of_an_enumeration_become_plain_strings():
    """A server would send ``Name.APP``, or refuse to."""
    policy = Policy(
        allow_origins=[Name.APP],
        allow_methods=[Name.METHOD],
        allow_headers=[Name.HEADER],
        expose_headers=[Name.HEADER],
        allow_credentials=[Name.APP],
    )
    items = [item for value in policy.settings().values() for item in value]
    assert {type(item) for item in items} == {str}
    assert Policy(allow_origins=Name.APP).allow_origins == ("https://app.example.com",)
    assert type(Policy(allow_methods=Name.METHOD).allow_methods[0]) is str


def test_a_member_of_an_enumeration_of_numbers_becomes_a_plain_number():
    """A header would say ``Age.HOUR``."""
    hour = enum.Enum("Age", {"HOUR": 3600}, type=int).HOUR
    assert type(Policy(max_age=hour).max_age) is int
    assert type(Policy(max_age=True + 1).max_age) is int


class EqualToAnything(list):
    """As `unittest.mock.ANY` and what expressions of databases are made of."""

    def __eq__(self, other):
        return True

    __hash__ = None


class EqualToNothing(list):
    """As an array of numpy, which answers for each of its items."""

    def __eq__(self, other):
        raise ValueError("the truth value is ambiguous")

    __hash__ = None


@pytest.mark.parametrize("item", [EqualToAnything(), EqualToNothing()], ids=["any", "array"])
@pytest.mark.parametrize("field", ["allow_origins", "allow_methods", "allow_credentials"])
def test_what_equals_a_star_is_no_star(field, item):
    (problem,) = problems_of(lambda: Policy(**{field: [item]}))
    assert (problem.field, problem.value is item) == (field, True)
    assert problem.reason in ("wrong-type", "malformed")


WRITTEN = {
    "allow_origins": ["https://app.example.com"],
    "allow_methods": "PUT",
    "allow_headers": ["X-Token"],
    "expose_headers": "X-Token",
    "allow_credentials": True,
    "max_age": 60,
    "refuse_denied": "true",
    "dangerously_allow_insecure_origins": False,
    "dangerously_allow_public_suffixes": True,
}


@pytest.mark.parametrize("field", FIELDS)
def test_what_stands_for_something_else_is_refused(field):
    """It would be looked at once, and be another one the next time."""
    proxy = LocalProxy(lambda: WRITTEN[field])
    (problem,) = problems_of(lambda: Policy(**{field: proxy}))
    assert problem[:3] == (field, proxy, "wrong-type")
    assert problem.message == (
        f"{shown(WRITTEN[field])} is a LocalProxy, which may stand for something else the next time;"
        " write what it stands for"
    )


def test_what_stands_for_a_function_is_asked_each_time():
    said = [lambda origin, environ: True]
    ask = LocalProxy(lambda: said[0])
    builder = HeaderBuilder(Policy(allow_origins=ask))
    assert builder.actual("https://app.example.com").origin_allowed
    said[0] = "*"
    assert not builder.actual("https://app.example.com").origin_allowed


def test_an_item_that_stands_for_something_else_is_refused():
    proxy = LocalProxy(lambda: "*")
    (problem,) = problems_of(lambda: Policy(allow_origins=["https://app.example.com", proxy]))
    assert problem[:3] == ("allow_origins", proxy, "wrong-type")


def test_class_is_a_list_of_its_members_or_refused_but_no_callable():
    origins = enum.Enum("Origins", {"APP": "https://app.example.com"}, type=str)
    assert Policy(allow_origins=origins).allow_origins == ("https://app.example.com",)
    for written in (bool, type("Check", (), {"__call__": anybody})):
        (problem,) = problems_of(lambda written=written: Policy(allow_origins=written))
        assert problem[:3] == ("allow_origins", written, "wrong-type")


@pytest.mark.parametrize(
    ("origins", "trusted"),
    [
        ROW("https://app.example.com", "https://other.example.com", id="listed"),
        ROW("https://*.example.com", "https://example.com", id="pattern"),
        ROW([HTTPS_ONLY], "https://a1.example.com", id="expression"),
        ROW([], "https://app.example.com", id="nobody"),
    ],
)
def test_who_may_use_credentials_must_be_allowed_where_both_are_listed(origins, trusted):
    (problem,) = problems_of(lambda: Policy(allow_origins=origins, allow_credentials=[trusted]))
    assert problem[:3] == ("allow_credentials", trusted, "origin-not-allowed")
    # One that is inherited says nothing of what is listed elsewhere.
    base = Policy(allow_origins=trusted, allow_credentials=[trusted])
    assert base.merge(Policy(allow_origins=origins)).conflicts() == ()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ROW("*", "wildcard", id="everybody"),
        ROW(["*", "https://a.example"], "wildcard", id="everybody in a list"),
        ROW(anybody, "wrong-type", id="callable"),
        ROW(["https://a.example/"], "path", id="no pattern"),
        ROW([re.compile(b"https://a")], "wrong-type", id="an expression for bytes"),
    ],
)
def test_what_cannot_say_who_may_use_credentials(written, reason):
    (problem,) = problems_of(lambda: Policy(allow_origins="*", allow_credentials=written))
    assert (problem.field, problem.reason) == ("allow_credentials", reason)


def test_a_generator_is_read():
    policy = Policy(allow_origins=(origin for origin in ["https://a.example"]))
    assert policy.allow_origins == ("https://a.example",)


@pytest.mark.parametrize("name", ["self", "cls", "fields"])
def test_any_name_of_a_field_is_told_to_be_none(name):
    (problem,) = problems_of(lambda: Policy(**{name: 1}))
    assert problem[:3] == (name, 1, "unknown-field")


def test_only_policies_merge():
    (problem,) = problems_of(lambda: Policy().merge({"max_age": 5}))
    assert problem.message == "{'max_age': 5} is not a Policy; write merge(Policy(...))"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ROW("allow_headers", "Access-Control-Allow-Origin", id="of a response"),
        ROW("allow_headers", "Access-Control-Allow-Headers", id="another of a response"),
        ROW("expose_headers", "Origin", id="of a request"),
        ROW("expose_headers", "Access-Control-Request-Headers", id="of a preflight"),
        ROW("expose_headers", "access-control-allow-origin", id="of CORS itself"),
    ],
)
def test_a_header_that_is_none_of_the_scripts_was_meant_for_another_field(field, name):
    (problem,) = problems_of(lambda: Policy(**{field: name}))
    assert problem[:3] == (field, name, "wrong-header")


# --- one field alone: what may be written --------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "written", "read"),
    [
        ROW("allow_origins", "*", "*", id="origins, everybody"),
        ROW("allow_origins", ["*"], "*", id="origins, everybody in a list"),
        ROW("allow_origins", [], (), id="origins, nobody"),
        ROW("allow_origins", "", (), id="origins, nobody in a string"),
        ROW("allow_origins", "https://a.example", ("https://a.example",), id="origins, one"),
        ROW(
            "allow_origins",
            "https://a.example, https://*.b.example\n\thttp://localhost:*,null",
            ("https://a.example", "https://*.b.example", "http://localhost:*", "null"),
            id="origins, separated by commas and blanks",
        ),
        ROW("allow_origins", ("https://a.example",), ("https://a.example",), id="origins, tuple"),
        ROW(
            "allow_origins",
            {"https://b.example", "https://c.example", "https://a.example"},
            ("https://a.example", "https://b.example", "https://c.example"),
            id="origins, set: in an order that stays the same",
        ),
        ROW("allow_origins", HTTPS_ONLY, (HTTPS_ONLY,), id="origins, regular expression"),
        ROW(
            "allow_origins",
            [HTTPS_ONLY, "https://a.example"],
            (HTTPS_ONLY, "https://a.example"),
            id="origins, regular expression among others",
        ),
        ROW("allow_origins", anybody, anybody, id="origins, callable"),
        ROW("allow_methods", "*", "*", id="methods, all"),
        ROW("allow_methods", [], (), id="methods, none"),
        ROW("allow_methods", "GET PUT,PUT", ("GET", "PUT"), id="methods, each once"),
        ROW("allow_methods", ["patch", "Query"], ("patch", "Query"), id="methods, case-sensitive"),
        ROW("allow_headers", "*", "*", id="request headers, all"),
        ROW(
            "allow_headers",
            "*, Authorization",
            ("*", "Authorization"),
            id="request headers, with the one that * does not cover",
        ),
        ROW(
            "allow_headers",
            ["X-A", "x-a", "X-B"],
            ("X-A", "X-B"),
            id="request headers, first spelling",
        ),
        ROW("expose_headers", "*", "*", id="response headers, all"),
        ROW("expose_headers", "X-Total ETag", ("X-Total", "ETag"), id="response headers, string"),
        ROW("allow_credentials", True, True, id="flag"),
        ROW("allow_credentials", "true", True, id="flag, string"),
        ROW("allow_credentials", " False ", False, id="flag, string in mixed case"),
        ROW("max_age", 0, 0, id="seconds, none"),
        ROW("max_age", 86400, 86400, id="seconds, one day"),
        ROW("max_age", " 600 ", 600, id="seconds, string"),
        ROW("max_age", timedelta(minutes=10), 600, id="seconds, timedelta"),
        ROW("max_age", timedelta(days=1), 86400, id="seconds, timedelta of a day"),
        ROW("dangerously_allow_insecure_origins", "true", True, id="opt-out, insecure origins"),
        ROW("dangerously_allow_public_suffixes", "true", True, id="opt-out, public suffixes"),
    ],
)
def test_a_field_is_read(field, written, read):
    assert getattr(Policy(**{field: written}), field) == read


def test_a_field_that_is_not_given_is_unset():
    assert Policy().settings() == {}
    assert [getattr(Policy(), name) for name in FIELDS] == [None] * len(FIELDS)


# --- one field alone: what may not ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "written", "value", "reason", "message"),
    [
        ROW(
            "allow_origins",
            None,
            None,
            "wrong-type",
            "None is not a value here; write [] to share with nobody. If the field is left out, what is said"
            " more broadly holds",
            id="None",
        ),
        ROW(
            "max_age",
            None,
            None,
            "wrong-type",
            "None is not a value here; leave the field out",
            id="no time",
        ),
        ROW(
            "allow_origins",
            5,
            5,
            "wrong-type",
            "5 is neither a string nor a list of them",
            id="origins, number",
        ),
        ROW(
            "allow_origins",
            b"https://a.example",
            b"https://a.example",
            "wrong-type",
            "b'https://a.example' is neither a string nor a list of them",
            id="origins, bytes",
        ),
        ROW(
            "allow_origins",
            {"https://a.example": True},
            {"https://a.example": True},
            "wrong-type",
            "{'https://a.example': True} is neither a string nor a list of them",
            id="origins, mapping",
        ),
        ROW(
            "allow_origins",
            [5],
            5,
            "wrong-type",
            "5 is neither a str nor a compiled regular expression",
            id="origins, number in a list",
        ),
        ROW(
            "allow_origins",
            ["https://a.example", print],
            print,
            "wrong-type",
            "<built-in function print> is a callable, which cannot stand in a list; write origins and patterns,"
            " or in allow_origins one callable instead of the list",
            id="origins, callable in a list",
        ),
        ROW(
            "allow_origins",
            [re.compile(b"x")],
            re.compile(b"x"),
            "wrong-type",
            "re.compile(b'x') matches bytes; compile it from a str",
            id="origins, regular expression of bytes",
        ),
        ROW(
            "allow_origins",
            asynchronous,
            asynchronous,
            "wrong-type",
            "the callable must not be async: its result is never awaited",
            id="origins, async callable",
        ),
        ROW(
            "allow_origins",
            "https://a.example *",
            "*",
            "wildcard-among-others",
            '"*" already means all origins; write it alone or leave it out',
            id="origins, everybody beside others",
        ),
        ROW(
            "allow_origins",
            ["https://A.example"],
            "https://A.example",
            "upper-case",
            "'https://A.example' is not in lower case, as browsers send it; write 'https://a.example'",
            id="origins, not in lower case",
        ),
        ROW(
            "allow_methods",
            "PUT *",
            "*",
            "wildcard-among-others",
            '"*" already means all methods; write it alone or leave it out',
            id="methods, all beside others",
        ),
        ROW(
            "allow_methods",
            "delete",
            "delete",
            "not-normalized",
            "browsers send 'delete' as 'DELETE'; write that",
            id="methods, one that browsers send in upper case",
        ),
        ROW(
            "allow_methods",
            "Track",
            "Track",
            "forbidden",
            "'Track' is forbidden: no browser sends it on behalf of a script; leave it out",
            id="methods, forbidden",
        ),
        ROW(
            "allow_methods",
            ["PUT;"],
            "PUT;",
            "malformed",
            "'PUT;' is not a method (letters, digits and hyphens)",
            id="methods, no token",
        ),
        ROW(
            "allow_methods",
            [""],
            "",
            "malformed",
            "'' is not a method (letters, digits and hyphens)",
            id="methods, empty",
        ),
        ROW(
            "allow_methods",
            [5],
            5,
            "malformed",
            "5 is not a method (letters, digits and hyphens)",
            id="methods, number",
        ),
        ROW(
            "allow_headers",
            ["X-A: 1"],
            "X-A: 1",
            "malformed",
            "'X-A: 1' is not a header name (letters, digits and hyphens)",
            id="request headers, a whole line",
        ),
        ROW(
            "allow_headers",
            ["X-A\r\nSet-Cookie"],
            "X-A\r\nSet-Cookie",
            "malformed",
            r"'X-A\r\nSet-Cookie' is not a header name (letters, digits and hyphens)",
            id="request headers, line end",
        ),
        ROW(
            "allow_headers",
            "Sec-Fetch-Mode",
            "Sec-Fetch-Mode",
            "forbidden",
            "'Sec-Fetch-Mode' is forbidden: no browser lets a script set it; leave it out",
            id="request headers, forbidden",
        ),
        ROW(
            "expose_headers",
            "SET-COOKIE",
            "SET-COOKIE",
            "forbidden",
            "'SET-COOKIE' is forbidden: no browser lets a script read it; leave it out",
            id="response headers, forbidden",
        ),
        ROW(
            "allow_credentials",
            1,
            1,
            "wrong-type",
            "1 is not true, not false, and not a list of origins that may use credentials; write True",
            id="flag, number",
        ),
        ROW(
            "allow_credentials",
            "yes",
            "yes",
            "wrong-type",
            "'yes' is not true, not false, and not a list of origins that may use credentials; write True",
            id="flag, yes",
        ),
        ROW(
            "max_age",
            86401,
            86401,
            "out-of-range",
            "86401 is out of range: write whole seconds from 0 (do not cache) to 86400 (one day)",
            id="seconds, more than a day",
        ),
        ROW(
            "max_age",
            timedelta(days=400),
            timedelta(days=400),
            "out-of-range",
            "datetime.timedelta(days=400) is out of range: write whole seconds from 0 (do not cache)"
            " to 86400 (one day)",
            id="seconds, too long a timedelta: told as it was written",
        ),
        ROW(
            "max_age",
            True,
            True,
            "wrong-type",
            "True is not a whole number of seconds, and not a timedelta of whole seconds",
            id="seconds, flag",
        ),
        ROW(
            "max_age",
            600.0,
            600.0,
            "wrong-type",
            "600.0 is not a whole number of seconds, and not a timedelta of whole seconds",
            id="seconds, float",
        ),
        ROW(
            "max_age",
            "10m",
            "10m",
            "wrong-type",
            "'10m' is not a whole number of seconds, and not a timedelta of whole seconds; write 600",
            id="seconds, with a unit",
        ),
        ROW(
            "max_age",
            "٣",
            "٣",
            "wrong-type",
            r"'\u0663' is not a whole number of seconds, and not a timedelta of whole seconds",
            id="seconds, other digits",
        ),
        ROW(
            "max_age",
            timedelta(milliseconds=1500),
            timedelta(milliseconds=1500),
            "wrong-type",
            "datetime.timedelta(seconds=1, microseconds=500000)"
            " is not a whole number of seconds, and not a timedelta of whole seconds",
            id="seconds, timedelta with a fraction",
        ),
    ],
)
def test_a_wrong_field_is_refused_with_what_to_write(field, written, value, reason, message):
    assert problems_of(lambda: Policy(**{field: written})) == ((field, value, reason, message),)


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_takes_none_for_unset(field):
    (problem,) = problems_of(lambda: Policy(**{field: None}))
    assert (problem.field, problem.reason) == (field, "wrong-type")


@pytest.mark.parametrize(
    "callable_",
    [
        ROW(functools.partial(asynchronous), id="partial of an async function"),
        ROW(AsynchronousCallable(), id="object with an async __call__"),
    ],
)
def test_an_async_callable_is_refused_however_it_is_wrapped(callable_):
    (problem,) = problems_of(lambda: Policy(allow_origins=callable_))
    assert problem.message == "the callable must not be async: its result is never awaited"


@pytest.mark.parametrize(
    "ask",
    [
        ROW(lambda origin: True, id="no environ"),
        ROW(lambda: True, id="nothing"),
        ROW(functools.partial(lambda a, b: True, "x"), id="partial"),
    ],
)
def test_a_callable_that_cannot_be_asked_is_refused_before_it_is(ask):
    (problem,) = problems_of(lambda: Policy(allow_origins=ask))
    assert "cannot be called as ask(origin, environ)" in problem.message


@pytest.mark.parametrize(
    "ask",
    [
        ROW(lambda environ, origin: True, id="both"),
        ROW(lambda request, _: True, id="the request first"),
        ROW(lambda x, origin, more=None: True, id="the origin second"),
        ROW(functools.partial(lambda tenant, env, origin: True, "x"), id="partial"),
    ],
)
def test_a_callable_whose_arguments_are_named_in_another_order_is_refused(ask):
    (problem,) = problems_of(lambda: Policy(allow_origins=ask))
    assert "is called as ask(origin, environ): write its arguments in this order" in problem.message


@pytest.mark.parametrize(
    "ask",
    [
        lambda origin, environ: True,
        lambda o, e: True,
        lambda *arguments: True,
        functools.wraps(lambda environ, origin: True)(lambda origin, environ: True),
        functools.partial(lambda environ, origin, _: True, {}),
    ],
)
def test_a_callable_may_name_its_arguments_as_it_likes(ask):
    assert Policy(allow_origins=ask).allow_origins is ask


@pytest.mark.parametrize(
    "ask", [lambda *args: True, lambda origin, environ, more=None: True, [].__class__.__contains__]
)
def test_a_callable_that_can_be_asked_is_taken(ask):
    assert Policy(allow_origins=ask).allow_origins is ask


def by_origin(ask):
    """Calls something with the origin alone, and says that it wraps it."""
    return functools.wraps(ask)(lambda origin, environ: ask(origin))


def as_it_is(ask):
    @functools.wraps(ask)
    def call(*args):
        return ask(*args)

    return call


class Asked:
    def ask(self, origin):
        return True

    @as_it_is
    def both(self, origin, environ):
        return True

    @as_it_is
    def one(self, origin):
        return True

    adapted = by_origin(lambda origin: True)


@pytest.mark.parametrize(
    "ask",
    [
        by_origin(lambda origin: True),
        by_origin(Asked().ask),
        as_it_is(by_origin(lambda origin: True)),
        as_it_is(lambda origin, environ: True),
        functools.lru_cache(by_origin(lambda origin: True)),
        Asked().both,
        as_it_is(lambda session, origin, environ: True),
        as_it_is(lambda origin, environ, *, session: True),
        functools.partial(by_origin(lambda origin: True)),
    ],
)
def test_a_wrapper_is_asked_for_what_it_takes_itself(ask):
    assert Policy(allow_origins=ask).allow_origins is ask


@pytest.mark.parametrize(
    "ask",
    [
        as_it_is(lambda origin: True),
        as_it_is(as_it_is(lambda origin: True)),
        functools.lru_cache(lambda origin: True),
        Asked().one,
        Asked().adapted,
        functools.wraps(lambda origin, environ: True)(lambda origin: True),
    ],
)
def test_a_wrapper_that_takes_anything_is_asked_for_what_it_wraps(ask):
    (problem,) = problems_of(lambda: Policy(allow_origins=ask))
    assert "cannot be called as ask(origin, environ)" in problem.message


@pytest.mark.parametrize("method", ["ALL", "all", "Any"])
def test_a_word_for_all_methods_is_no_method(method):
    (problem,) = problems_of(lambda: Policy(allow_methods=["GET", method]))
    assert problem.reason == "no-method"
    assert 'for all methods write "*"' in problem.message


def test_a_number_too_long_to_be_written_is_refused_too():
    (problem,) = problems_of(lambda: Policy(max_age=10**5000))
    assert problem.reason == "out-of-range"


# Fetch standard, "forbidden method", "forbidden request-header", "forbidden response-header name".
@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "TRACK", "connect", "Trace"])
def test_a_forbidden_method_is_refused(method):
    (problem,) = problems_of(lambda: Policy(allow_methods=[method]))
    assert problem.reason == "forbidden"


@pytest.mark.parametrize(
    "name",
    """Accept-Charset Accept-Encoding Access-Control-Request-Headers Access-Control-Request-Method
    Connection Content-Length Cookie Cookie2 Date DNT Expect Host Keep-Alive Origin Referer
    Set-Cookie TE Trailer Transfer-Encoding Upgrade Via Proxy- Sec- Proxy-Authorization
    Sec-CH-UA""".split(),
)
def test_a_forbidden_request_header_is_refused(name):
    for spelling in (name, name.lower(), name.upper()):
        (problem,) = problems_of(lambda: Policy(allow_headers=[spelling]))  # noqa: B023
        assert problem.reason == "forbidden"


@pytest.mark.parametrize(
    "name",
    ["Accept", "Content-Type", "Range", "Authorization", "User-Agent", "X-Sec-", "Proxy", "Secret"],
)
def test_other_request_headers_are_not(name):
    assert Policy(allow_headers=[name]).allow_headers == (name,)


@pytest.mark.parametrize("name", ["Set-Cookie", "set-cookie2"])
def test_a_forbidden_response_header_is_refused(name):
    (problem,) = problems_of(lambda: Policy(expose_headers=[name]))
    assert problem.reason == "forbidden"


@pytest.mark.parametrize("method", ["get", "Head", "pOST", "options", "put", "Delete"])
def test_a_method_that_browsers_normalize_is_wanted_in_upper_case(method):
    (problem,) = problems_of(lambda: Policy(allow_methods=[method]))
    assert problem.reason == "not-normalized"


# --- everything that is wrong, at once -----------------------------------------------------------


def test_every_problem_is_told_at_once_in_the_order_of_the_fields():
    found = problems_of(
        lambda: Policy(
            max_age=-1,
            allow_credentials="perhaps",
            allow_headers="Cookie, X-A, Host",
            allow_methods=["put", "TRACE"],
            allow_origins=["https://a.example/", "https://b.example", "b.example"],
            orgins="*",
        )
    )
    assert [(problem.field, problem.value, problem.reason) for problem in found] == [
        ("orgins", "*", "unknown-field"),
        ("allow_origins", "https://a.example/", "path"),
        ("allow_origins", "b.example", "no-scheme"),
        ("allow_methods", "put", "not-normalized"),
        ("allow_methods", "TRACE", "forbidden"),
        ("allow_headers", "Cookie", "forbidden"),
        ("allow_headers", "Host", "forbidden"),
        ("allow_credentials", "perhaps", "wrong-type"),
        ("max_age", -1, "out-of-range"),
    ]


@given(
    st.dictionaries(
        st.sampled_from([*FIELDS, "orgins"]) | texts, texts | st.integers() | st.lists(texts)
    )
)
def test_whatever_is_written_is_read_or_refused_in_plain_lines(fields):
    try:
        policy = Policy(**fields)
    except ConfigError as error:
        lines = str(error).splitlines()
        assert len(lines) == len(error.problems) + (len(error.problems) > 1)
        assert all(line.isascii() and line.isprintable() for line in lines)
    else:
        assert set(policy.settings()) == set(fields)


# --- fields that do not exist --------------------------------------------------------------------

FIELDS_ARE = f"the fields are {', '.join(FIELDS)}"
COMPILED = (
    'write allow_origins, with each expression compiled: re.compile(r"..."); it must match in full'
)
ROUTES = (
    "to govern only some paths write routes={prefix: Policy(...)};"
    " in Flask decorate blueprints or views"
)
AUTOMATIC = "it is always done; leave it out"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ROW("allow_origin", "write allow_origins", id="singular"),
        ROW("orgins", "write allow_origins", id="misspelled"),
        ROW("allow_methds", "write allow_methods", id="misspelled too"),
        ROW("origins", "write allow_origins", id="Flask-CORS, origins"),
        ROW("methods", "write allow_methods", id="Flask-CORS, methods"),
        ROW("supports_credentials", "write allow_credentials", id="Flask-CORS, credentials"),
        ROW("CORS_SUPPORTS_CREDENTIALS", "write allow_credentials", id="Flask-CORS, configuration"),
        ROW("resources", ROUTES, id="Flask-CORS, resources"),
        ROW("vary_header", AUTOMATIC, id="Flask-CORS, Vary"),
        ROW("automatic_options", AUTOMATIC, id="Flask-CORS, automatic OPTIONS"),
        ROW("intercept_exceptions", AUTOMATIC, id="Flask-CORS, exceptions"),
        ROW(
            "send_wildcard",
            'allow_origins="*" always sends "*", and a list of origins never does; leave it out',
            id="Flask-CORS, wildcard",
        ),
        ROW("CORS_ALLOWED_ORIGINS", "write allow_origins", id="Django, origins"),
        ROW(
            "CORS_ALLOW_ALL_ORIGINS",
            'write allow_origins="*" if it is true, and leave it out if it is false',
            id="Django, all origins",
        ),
        ROW("CORS_ALLOWED_ORIGIN_REGEXES", COMPILED, id="Django, regular expressions"),
        ROW("CORS_PREFLIGHT_MAX_AGE", "write max_age", id="Django, maximum age"),
        ROW("CORS_URLS_REGEX", ROUTES, id="Django, paths"),
        ROW("allow_origin_regex", COMPILED, id="Starlette, regular expression"),
        ROW("Access-Control-Allow-Origin", "write allow_origins", id="header"),
        ROW("access_control_max_age", "write max_age", id="header in snake case"),
        ROW("AllowedOrigins", "write allow_origins", id="Go, origins"),
        ROW("ExposedHeaders", "write expose_headers", id="Go, exposed"),
        ROW("maxAge", "write max_age", id="JavaScript, maximum age"),
        ROW("credentials", "write allow_credentials", id="JavaScript, credentials"),
        ROW(
            "preflightContinue",
            "to leave a path to the application write routes={prefix: None}",
            id="JavaScript, pass preflights on",
        ),
        ROW(
            "optionsSuccessStatus",
            "a preflight is answered with 204, which every browser takes; leave it out",
            id="JavaScript, status",
        ),
        ROW("policies", ROUTES, id="wsgicors 0.7"),
        ROW(
            "allow_private_network",
            "browsers have replaced the preflight headers of Private Network Access with a permission"
            " prompt (Local Network Access), so there is nothing left to allow;"
            " leave it out",
            id="withdrawn by browsers",
        ),
        ROW("pineapple", FIELDS_ARE, id="like nothing"),
        *(
            ROW(name, NOTHING_TO_DENY, id=name)
            for name in """disallow_origins disallowed_origins block_origins blocked_origins deny_origins
            denied_origins not_allow_origins origins_blacklist except_origins exclude_origins
            deny_credentials disallow_credentials no_credentials disable_credentials disallow_methods
            block_headers CORS_DENY_ORIGINS disallowOrigins""".split()
        ),
        ROW("CORS_ALLOWED_HOSTS", NO_HOSTS, id="Django, hosts"),
        ROW("timing_allow_origin", OF_TIMING, id="timing"),
        ROW("timing_allow_origins", OF_TIMING, id="timing of many"),
        ROW("", FIELDS_ARE, id="empty"),
    ],
)
def test_an_unknown_field_is_refused_with_the_one_that_was_meant(name, advice):
    found = problems_of(lambda: Policy(**{name: True}))
    assert found == ((name, True, "unknown-field", f"there is no field '{name}'; {advice}"),)


# What the options of other libraries are called, by the field that does the same here.
ELSEWHERE = {
    "allow_origins": """origins origin allow_origin allowed_origins origin_whitelist AllowedOrigins
        AllowOriginFunc AllowOriginRequestFunc AllowAllOrigins allow_origin_regex
        allow_origins_regex
        CORS_ALLOWED_ORIGIN_REGEXES CORS_ORIGIN_REGEX_WHITELIST CORS_ORIGIN_ALLOW_ALL
        AllowAnyOrigin allow_origin_regexes allowed_origin""",
    "allow_methods": "methods method allow_method AllowedMethods request_methods",
    "allow_headers": "headers header allow_header allowedHeaders request_headers",
    "expose_headers": "expose exposed exposedHeaders response_headers exposes_headers",
    "allow_credentials": """credentials credentialed supports_credentials support_credentials
        allowedCredentials""",
    "max_age": "maxage maxAge MaxAgeSeconds max_age_in_seconds CORS_PREFLIGHT_MAX_AGE",
}


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for field, names in ELSEWHERE.items() for name in names.split()],
)
def test_the_options_of_other_libraries_are_known(name, field):
    assert nearest_field(name) == field


@pytest.mark.parametrize(
    "name",
    """resources urls_regex path_prefix policies matchstrategy vary varyHeader intercept_exceptions
    always_send automatic_options AllowPrivateNetwork allow_private_networks private_network
    private_network_access send_wildcard CORS_REPLACE_HTTPS_REFERER preflightContinue
    OptionsPassthrough OptionsSuccessStatus allowed_hosts AllowHosts TRUSTED_HOSTS""".split(),
)
def test_for_options_that_are_no_field_here_the_way_without_is_told(name):
    (problem,) = problems_of(lambda: Policy(**{name: True}))
    assert nearest_field(name) is None
    assert FIELDS_ARE not in problem.message


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_nearest_to_itself(name):
    assert nearest_field(name) == name


def test_nothing_is_near_to_what_is_like_no_field():
    assert nearest_field("pineapple") is None


# --- fields together -----------------------------------------------------------------------------

WITH_CREDENTIALS = {"allow_credentials": True, "allow_origins": "https://a.example"}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ROW({"allow_origins": []}, [], id="nobody"),
        ROW(
            {"allow_credentials": True, "expose_headers": "*"},
            [
                ("allow_origins", None, "missing"),
                ("expose_headers", "*", "wildcard-with-credentials"),
            ],
            id="no origins, and what is wrong besides",
        ),
        ROW({"allow_origins": "*"}, [], id="everybody"),
        ROW({}, [("allow_origins", None, "missing")], id="nothing said about origins"),
        ROW(
            {"max_age": 5},
            [("allow_origins", None, "missing")],
            id="nothing said about origins, but else",
        ),
        ROW(WITH_CREDENTIALS, [], id="credentials, exact origin"),
        ROW(
            {**WITH_CREDENTIALS, "allow_methods": "*", "allow_headers": "*"},
            [],
            id="credentials, any method or header",
        ),
        ROW({**WITH_CREDENTIALS, "allow_origins": anybody}, [], id="credentials, callable"),
        ROW({**WITH_CREDENTIALS, "allow_origins": []}, [], id="credentials, nobody"),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": HTTPS_ONLY},
            [],
            id="credentials, narrow regular expression",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "https://*.example.com http://*.localhost http://127.0.0.1 http://[::1]:*",
            },
            [],
            id="credentials, own subdomains and loopback",
        ),
        ROW(
            {"allow_origins": "null http://a.example https://*.com", "expose_headers": "*"},
            [],
            id="everything, without credentials",
        ),
        ROW({"allow_origins": "*", "allow_credentials": False}, [], id="credentials expressly not"),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "*"},
            [("allow_origins", "*", "wildcard-with-credentials")],
            id="credentials, everybody",
        ),
        ROW(
            {**WITH_CREDENTIALS, "expose_headers": "*"},
            [("expose_headers", "*", "wildcard-with-credentials")],
            id="credentials, expose all",
        ),
        ROW(
            {**WITH_CREDENTIALS, "expose_headers": "X-A *"},
            [("expose_headers", "*", "wildcard-with-credentials")],
            id="credentials, expose all among others",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "https://a.example null"},
            [("allow_origins", "null", "null-with-credentials")],
            id="credentials, null",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "http://a.example"},
            [("allow_origins", "http://a.example", "insecure-origin")],
            id="credentials, http",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "app://a.example"},
            [],
            id="credentials, an application",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "chrome-extension://abc app://."},
            [],
            id="extension",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "moz-extension://* file://"},
            [
                ("allow_origins", "moz-extension://*", "anybodys-origin"),
                ("allow_origins", "file://", "anybodys-origin"),
            ],
            id="credentials, anybody's application or file",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "file://",
                "dangerously_allow_insecure_origins": True,
                "dangerously_allow_public_suffixes": True,
            },
            [("allow_origins", "file://", "anybodys-origin")],
            id="no opt-out does for files",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "https://app-*.vercel.app https://pr-*.example.com",
            },
            [("allow_origins", "https://app-*.vercel.app", "public-suffix")],
            id="credentials, within a name below a public suffix",
        ),
        ROW(
            {"allow_origins": "*", "allow_credentials": ["https://app.example.com"]},
            [],
            id="everybody reads, one uses credentials",
        ),
        ROW(
            {
                "allow_origins": anybody,
                "allow_credentials": "https://app.example.com http://a.example",
            },
            [("allow_credentials", "http://a.example", "insecure-origin")],
            id="the guards look at the list of those who use credentials",
        ),
        ROW(
            {"allow_origins": "*", "allow_credentials": [ANY_COM, "null", "https://*.com"]},
            [
                ("allow_credentials", ANY_COM, "public-suffix"),
                ("allow_credentials", "null", "null-with-credentials"),
                ("allow_credentials", "https://*.com", "public-suffix"),
            ],
            id="and at all that stands there",
        ),
        ROW(
            {"allow_origins": "*", "allow_credentials": [], "expose_headers": "*"},
            [],
            id="nobody uses credentials",
        ),
        ROW(
            {
                "allow_origins": "*",
                "allow_credentials": ["https://a.example"],
                "expose_headers": "*",
            },
            [("expose_headers", "*", "wildcard-with-credentials")],
            id='expose "*" where some use credentials',
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "http://localhost.example:*"},
            [("allow_origins", "http://localhost.example:*", "insecure-origin")],
            id="credentials, not quite loopback",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "https://*.github.io"},
            [("allow_origins", "https://*.github.io", "public-suffix")],
            id="credentials, public suffix",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "http://*.co.uk:*"},
            [
                ("allow_origins", "http://*.co.uk:*", "insecure-origin"),
                ("allow_origins", "http://*.co.uk:*", "public-suffix"),
            ],
            id="credentials, insecure public suffix",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": [re.compile("https?://.*")]},
            [("allow_origins", re.compile("https?://.*"), "matches-any-origin")],
            id="credentials, regular expression for all",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": [re.compile("http://.*")]},
            [("allow_origins", re.compile("http://.*"), "insecure-origin")],
            id="credentials, regular expression for all of http",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": [re.compile("https://[a-z0-9.-]+")]},
            [("allow_origins", re.compile("https://[a-z0-9.-]+"), "matches-any-origin")],
            id="credentials, regular expression for all of https",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": [re.compile(r"https://.*\.com")]},
            [("allow_origins", re.compile(r"https://.*\.com"), "public-suffix")],
            id="credentials, regular expression for a whole top level",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "http://a.example",
                "dangerously_allow_insecure_origins": True,
            },
            [],
            id="opted out, http",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "https://*.github.io",
                "dangerously_allow_public_suffixes": True,
            },
            [],
            id="opted out, public suffix",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "https://*.github.io",
                "dangerously_allow_insecure_origins": True,
            },
            [("allow_origins", "https://*.github.io", "public-suffix")],
            id="one opt-out does not do for the other: public suffix",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "http://a.example",
                "dangerously_allow_public_suffixes": True,
            },
            [("allow_origins", "http://a.example", "insecure-origin")],
            id="one opt-out does not do for the other: http",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "*",
                "dangerously_allow_insecure_origins": True,
                "dangerously_allow_public_suffixes": True,
            },
            [("allow_origins", "*", "wildcard-with-credentials")],
            id="no opt-out does for everybody",
        ),
        ROW(
            {
                **WITH_CREDENTIALS,
                "allow_origins": "null",
                "dangerously_allow_insecure_origins": True,
                "dangerously_allow_public_suffixes": True,
            },
            [("allow_origins", "null", "null-with-credentials")],
            id="no opt-out does for null",
        ),
        ROW(
            {"allow_origins": "null", "refuse_denied": True},
            [("allow_origins", "null", "null-with-refuse-denied")],
            id="refusing, null",
        ),
        ROW(
            {"allow_origins": [NULL_TOO], "refuse_denied": True},
            [("allow_origins", NULL_TOO, "null-with-refuse-denied")],
            id="refusing, regular expression for null",
        ),
        ROW(
            {"allow_origins": "https://app-*.vercel.app", "refuse_denied": True},
            [("allow_origins", "https://app-*.vercel.app", "public-suffix")],
            id="refusing, public suffix",
        ),
        ROW(
            {"allow_origins": [SLOPPY], "refuse_denied": True, "allow_credentials": False},
            [("allow_origins", SLOPPY, "admits-strangers")],
            id="refusing, regular expression that admits strangers",
        ),
        ROW(
            {"allow_origins": [SLOPPY_HTTP], "refuse_denied": True},
            [("allow_origins", SLOPPY_HTTP, "admits-strangers")],
            id="refusing, regular expression that admits strangers over http",
        ),
        ROW(
            {
                "allow_origins": ["https://a.example", SLOPPY],
                "refuse_denied": True,
                "allow_credentials": ["https://a.example"],
            },
            [("allow_origins", SLOPPY, "admits-strangers")],
            id="refusing, strangers beside those who use credentials",
        ),
        ROW(
            {"allow_origins": [SLOPPY], "refuse_denied": True, "allow_credentials": True},
            [("allow_origins", SLOPPY, "admits-strangers")],
            id="refusing, strangers are told once",
        ),
        ROW(
            {
                "allow_origins": "https://*.github.io",
                "refuse_denied": True,
                "dangerously_allow_public_suffixes": True,
            },
            [],
            id="refusing, opted out",
        ),
        ROW(
            {
                "allow_origins": [
                    "http://intranet.example",
                    "file://",
                    "moz-extension://*",
                    re.compile(r"https?://app\.example\.com"),
                    re.compile(r"moz-extension://[0-9a-f-]{36}"),
                ],
                "refuse_denied": True,
            },
            [],
            id="refusing, no page of a stranger",
        ),
        ROW({"allow_origins": "*", "refuse_denied": True}, [], id="refusing, inherited perhaps"),
        ROW({"allow_origins": [SLOPPY], "refuse_denied": False}, [], id="not refusing"),
    ],
)
def test_what_conflicts(fields, found):
    assert [problem[:3] for problem in Policy(**fields).conflicts()] == found


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ROW(
            {"refuse_denied": True, "allow_origins": "null"},
            "'null' is the origin of every sandboxed frame and local file, so anybody can have it: refuse_denied"
            " would not keep them from acting as your users; leave it out, or set refuse_denied=False",
            id="refusing, null",
        ),
        ROW(
            {"refuse_denied": True, "allow_origins": [SLOPPY]},
            r"'https://.*example\\.com' also allows 'https://xexample.com', which may belong to a stranger:"
            r" refuse_denied would not keep them from acting as your users; write \. for each dot, also for one"
            " before the name, and repeat nothing in the name, or use a pattern such as 'https://*.example.com'",
            id="refusing, strangers",
        ),
        ROW(
            {},
            "nothing is shared by default; write the origins that may read responses,"
            ' "*" for everybody or [] for nobody',
            id="nothing said about origins",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "http://a.example"},
            "'http://a.example' is not https: with allow_credentials, whoever controls the network can"
            " pretend to be it and read your users' data; write https://, or set"
            " dangerously_allow_insecure_origins=True",
            id="http",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "https://*.com"},
            "'https://*.com' covers names that anybody can register (Public Suffix List): with"
            " allow_credentials they can read your users' data; write the names that are yours,"
            " or set dangerously_allow_public_suffixes=True",
            id="public suffix",
        ),
        ROW(
            {**WITH_CREDENTIALS, "allow_origins": "https://*.internal"},
            "'https://*.internal' covers all names of a network that uses .internal inside, whoever has them:"
            " with allow_credentials they can read your users' data; write a longer name, such as"
            " 'https://*.shop.internal', or set dangerously_allow_public_suffixes=True",
            id="name of a network",
        ),
    ],
)
def test_a_conflict_says_what_to_write(fields, message):
    assert [problem.message for problem in Policy(**fields).conflicts()] == [message]


def test_the_public_suffix_list_is_loaded_only_where_a_wildcard_meets_credentials():
    program = """
import sys
from wsgicors import Policy
Policy(allow_origins="https://*.a.example").conflicts()
Policy(allow_origins="https://a.example http://localhost:*", allow_credentials=True).conflicts()
assert "publicsuffixlist" not in sys.modules
Policy(allow_origins="https://*.a.example", allow_credentials=True).conflicts()
assert "publicsuffixlist" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


# --- values --------------------------------------------------------------------------------------


def test_a_policy_is_immutable():
    policy = Policy(max_age=5)
    with pytest.raises(AttributeError, match=r"write policy\.merge\(Policy\(max_age=\.\.\.\)\)"):
        policy.max_age = 6
    with pytest.raises(AttributeError, match="immutable"):
        del policy.max_age
    with pytest.raises(AttributeError):
        policy.other = 1
    assert policy == Policy(max_age=5)


def test_what_a_policy_was_made_from_may_change():
    origins = ["https://a.example"]
    policy = Policy(allow_origins=origins)
    origins.append("https://evil.example")
    policy.settings().clear()
    assert policy == Policy(allow_origins="https://a.example")


@pytest.mark.parametrize(
    ("base", "other", "merged"),
    [
        ROW({}, {}, {}, id="nothing onto nothing"),
        ROW({"max_age": 5}, {}, {"max_age": 5}, id="unset inherits"),
        ROW({}, {"max_age": 5}, {"max_age": 5}, id="set onto unset"),
        ROW({"max_age": 5}, {"max_age": 0}, {"max_age": 0}, id="set replaces, zero too"),
        ROW(
            {"allow_credentials": True},
            {"allow_credentials": False},
            {"allow_credentials": False},
            id="set replaces, false too",
        ),
        ROW(
            {"allow_origins": "*"},
            {"allow_origins": []},
            {"allow_origins": []},
            id="set replaces, nobody too",
        ),
        ROW(
            {"allow_origins": "https://a.example", "allow_methods": "PUT"},
            {"allow_origins": "https://b.example", "allow_headers": "X-A"},
            {"allow_origins": "https://b.example", "allow_methods": "PUT", "allow_headers": "X-A"},
            id="lists are replaced, not joined",
        ),
    ],
)
def test_merging(base, other, merged):
    one, another = Policy(**base), Policy(**other)
    assert one.merge(another) == Policy(**merged)
    assert (one, another) == (Policy(**base), Policy(**other))


def test_a_conflict_may_be_mended_by_merging():
    wrong = Policy(allow_origins="*", allow_credentials=True)
    assert wrong.merge(Policy(allow_credentials=False)).conflicts() == ()


def test_equality_and_hash():
    assert Policy(allow_methods="PUT, GET") == Policy(allow_methods=["PUT", "GET"])
    assert hash(Policy(allow_methods="PUT, GET")) == hash(Policy(allow_methods=["PUT", "GET"]))
    assert Policy(max_age=5) != Policy(max_age=6)
    assert Policy(max_age=0) != Policy()
    assert Policy() != {}


class Unhashable:
    __hash__ = None

    def __call__(self, origin, environ):
        return True


def test_a_policy_with_an_unhashable_callable_can_be_hashed():
    policy = Policy(allow_origins=Unhashable())
    assert hash(policy) == hash(Policy(allow_origins=policy.allow_origins))


@given(policies, policies, policies)
def test_merging_is_associative(one, another, third):
    assert one.merge(another).merge(third) == one.merge(another.merge(third))


@given(policies)
def test_merging_with_nothing_and_with_itself_changes_nothing(policy):
    assert Policy().merge(policy) == policy.merge(Policy()) == policy.merge(policy) == policy


COPIES = {
    "repr": lambda policy: eval(repr(policy), {"Policy": Policy, "re": re}),
    "pickle": lambda policy: pickle.loads(pickle.dumps(policy)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "settings": lambda policy: Policy(**policy.settings()),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@given(policies)
def test_a_policy_survives(copied, policy):
    again = copied(policy)
    assert type(again) is Policy
    assert again.settings() == policy.settings()
    assert (again, hash(again), repr(again)) == (policy, hash(policy), repr(policy))


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_policy_with_a_regular_expression_survives(copied):
    policy = Policy(
        allow_origins=[re.compile("https://[ab].example", re.IGNORECASE), "https://c.example"]
    )
    assert copied(policy) == policy


@given(policies)
def test_settings_may_be_strings_as_in_a_file_of_configuration(policy):
    strings = {
        name: ", ".join(value) if isinstance(value, tuple) else str(value)
        for name, value in policy.settings().items()
    }
    assert Policy(**strings) == policy


@pytest.mark.parametrize(
    "function", [lambda origin: True, functools.lru_cache(lambda origin: True)]
)
def test_a_callable_that_takes_no_environ_is_refused_also_within_a_wrapper(function):
    with pytest.raises(ConfigError):
        Policy(allow_origins=function)


@pytest.mark.parametrize("field", ["refuse_denied", "allow_credentials"])
@pytest.mark.parametrize(
    ("written", "instead"),
    [(1, "True"), ("1", "True"), ("On ", "True"), ("yes", "True"), (0, "False"), ("no", "False")],
)
def test_what_others_write_for_a_flag_is_told_with_what_to_write(field, written, instead):
    (problem,) = problems_of(lambda: Policy(**{field: written}))
    assert problem.message.endswith(f"; write {instead}")


@pytest.mark.parametrize("written", ["perhaps", "", 2, []])
def test_what_is_no_flag_at_all_is_told_with_both(written):
    (problem,) = problems_of(lambda: Policy(refuse_denied=written))
    assert problem.message.endswith("; write True or False")
