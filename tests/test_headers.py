"""The header builder: section by section of "CORS protocol", as tables of plain values."""

from __future__ import annotations

import copy
import dataclasses
import functools
import gc
import logging
import pickle
import re
import sys
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import anything, header_names, methods, origins, policies, texts

from wsgicors import ConfigError, Policy
from wsgicors.admission import ANSWERS
from wsgicors.headers import HeaderBuilder
from wsgicors.origins import OriginSet, is_origin

ROW = pytest.param
APP = "https://app.example.com"
EVIL = "https://evil.example"
EXPRESSION = re.compile(r"https?://x[0-9]\.own\.example")
BY_ORIGIN = ("Vary", "Origin")

NOBODY = {"allow_origins": []}
EVERYBODY = {"allow_origins": "*"}
LISTED = {"allow_origins": [APP, "https://*.example.net", "http://localhost:*", "null"]}
CREDENTIALS = {"allow_origins": APP, "allow_credentials": True}


def allow(origin):
    return ("Access-Control-Allow-Origin", origin)


def expose(names):
    return ("Access-Control-Expose-Headers", names)


def grant_methods(names):
    return ("Access-Control-Allow-Methods", names)


def grant_headers(names):
    return ("Access-Control-Allow-Headers", names)


def max_age(seconds):
    return ("Access-Control-Max-Age", seconds)


SAFELISTED = grant_methods("GET, HEAD, POST")
WITH_COOKIES = ("Access-Control-Allow-Credentials", "true")


def builder(fields):
    return HeaderBuilder(Policy(**fields))


# --- actual requests: the CORS check -------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "origin", "reason", "headers"),
    [
        ROW(EVERYBODY, APP, "allowed", [allow("*")], id="everybody"),
        ROW(EVERYBODY, None, "allowed", [allow("*")], id="everybody, no origin"),
        ROW(EVERYBODY, "null", "allowed", [allow("*")], id="everybody, null"),
        ROW(EVERYBODY, "no origin", "allowed", [allow("*")], id="everybody, no serialized origin"),
        ROW(
            {**EVERYBODY, "expose_headers": "*"},
            None,
            "allowed",
            [allow("*"), expose("*")],
            id="everybody, expose all",
        ),
        ROW(
            {**EVERYBODY, "expose_headers": "X-A, ETag", "allow_headers": "X-B", "max_age": 5},
            APP,
            "allowed",
            [allow("*"), expose("X-A, ETag")],
            id="everybody, expose some; what concerns preflights is left out",
        ),
        ROW(LISTED, APP, "allowed", [allow(APP), BY_ORIGIN], id="listed"),
        ROW(
            LISTED,
            "https://a.b.example.net",
            "allowed",
            [allow("https://a.b.example.net"), BY_ORIGIN],
            id="listed by a pattern of subdomains",
        ),
        ROW(
            LISTED,
            "http://localhost:5173",
            "allowed",
            [allow("http://localhost:5173"), BY_ORIGIN],
            id="listed by a pattern of ports",
        ),
        ROW(LISTED, "null", "allowed", [allow("null"), BY_ORIGIN], id="null, listed by name"),
        ROW(LISTED, EVIL, "origin-not-allowed", [BY_ORIGIN], id="not listed"),
        ROW(LISTED, "", "origin-not-allowed", [BY_ORIGIN], id="empty"),
        ROW(LISTED, f"{APP}, {APP}", "origin-not-allowed", [BY_ORIGIN], id="a list"),
        ROW(LISTED, f" {APP}", "origin-not-allowed", [BY_ORIGIN], id="a blank before"),
        ROW(LISTED, APP.upper(), "origin-not-allowed", [BY_ORIGIN], id="upper case"),
        ROW(LISTED, f"{APP}/", "origin-not-allowed", [BY_ORIGIN], id="slash"),
        ROW(LISTED, f"{APP}.", "origin-not-allowed", [BY_ORIGIN], id="trailing dot"),
        ROW(LISTED, f"{APP}:443", "origin-not-allowed", [BY_ORIGIN], id="default port"),
        ROW(
            LISTED, "https://me@app.example.com", "origin-not-allowed", [BY_ORIGIN], id="user info"
        ),
        ROW(LISTED, f"{APP}\r\nX: y", "origin-not-allowed", [BY_ORIGIN], id="line end"),
        ROW(
            LISTED,
            "https://*.example.net",
            "origin-not-allowed",
            [BY_ORIGIN],
            id="the pattern itself",
        ),
        ROW(LISTED, None, "no-origin", [BY_ORIGIN], id="no origin"),
        ROW(NOBODY, APP, "origin-not-allowed", [BY_ORIGIN], id="nobody"),
        ROW(NOBODY, None, "no-origin", [BY_ORIGIN], id="nobody, no origin"),
        ROW(CREDENTIALS, APP, "allowed", [allow(APP), WITH_COOKIES, BY_ORIGIN], id="credentials"),
        ROW(CREDENTIALS, EVIL, "origin-not-allowed", [BY_ORIGIN], id="credentials, not listed"),
        ROW(
            {**CREDENTIALS, "expose_headers": "X-A", "allow_methods": "*", "allow_headers": "*"},
            APP,
            "allowed",
            [allow(APP), WITH_COOKIES, expose("X-A"), BY_ORIGIN],
            id="credentials, expose some; Vary names the origin alone",
        ),
    ],
)
def test_actual(fields, origin, reason, headers):
    decision = builder(fields).actual(origin)
    assert (decision.reason, list(decision.headers)) == (reason, headers)
    assert decision.allowed == (reason in ("allowed", "no-origin"))
    assert decision.origin_allowed == (reason == "allowed")
    assert decision.vary == (("Origin",) if BY_ORIGIN in headers else ())
    assert decision.refused is False


def test_an_origin_of_more_than_512_bytes_is_not_looked_at():
    longest, longer = "x" * 508 + "://a", "x" * 509 + "://a"
    known = HeaderBuilder(Policy(allow_origins=re.compile(".*")))
    assert known.actual(longest).allowed
    assert not known.actual(longer).allowed


# --- preflights ----------------------------------------------------------------------------------

FULL = {
    **LISTED,
    "allow_methods": "PUT, patch",
    "allow_headers": "X-A, Content-Type",
    "max_age": 600,
}
FULL_GRANT = [
    allow(APP),
    grant_methods("PUT, patch"),
    grant_headers("X-A, Content-Type"),
    max_age("600"),
    BY_ORIGIN,
]


@pytest.mark.parametrize(
    ("fields", "request_", "reason", "headers"),
    [
        ROW(EVERYBODY, (APP, "GET"), "allowed", [allow("*"), SAFELISTED], id="everybody"),
        ROW(
            {
                **EVERYBODY,
                "allow_methods": "*",
                "allow_headers": "*",
                "expose_headers": "X-A",
                "max_age": 0,
            },
            (APP, "PATCH", "x-a,x-b"),
            "allowed",
            [allow("*"), grant_methods("*"), grant_headers("*"), max_age("0")],
            id="everybody, everything: literal wildcards; what concerns responses is left out",
        ),
        ROW(FULL, (APP, "PUT", "content-type,x-a"), "allowed", FULL_GRANT, id="full lists"),
        ROW(FULL, (APP, "GET"), "allowed", FULL_GRANT, id="safelisted method need not be listed"),
        ROW(FULL, (APP, "patch"), "allowed", FULL_GRANT, id="method in its own case"),
        ROW(FULL, (APP, "PATCH"), "method-not-allowed", FULL_GRANT, id="method in another case"),
        ROW(
            FULL,
            (APP, "DELETE"),
            "method-not-allowed",
            FULL_GRANT,
            id="method not listed: full lists all the same",
        ),
        ROW(FULL, (APP, "PU"), "method-not-allowed", FULL_GRANT, id="part of a method"),
        ROW(FULL, (APP, "PUT, patch"), "method-not-allowed", FULL_GRANT, id="two methods at once"),
        ROW(
            FULL,
            (APP, "PUT", "x-b"),
            "headers-not-allowed",
            FULL_GRANT,
            id="header not listed: full lists all the same",
        ),
        ROW(
            FULL,
            (APP, "PUT", "x-a,x-b"),
            "headers-not-allowed",
            FULL_GRANT,
            id="one header not listed",
        ),
        ROW(
            FULL,
            (APP, "PUT", "X-a ,\tCONTENT-TYPE"),
            "allowed",
            FULL_GRANT,
            id="headers in any case, with blanks",
        ),
        ROW(FULL, (APP, "PUT", ""), "allowed", FULL_GRANT, id="empty list of headers"),
        ROW(
            FULL,
            (APP, "PUT", ",x-a, ,content-type,"),
            "allowed",
            FULL_GRANT,
            id="empty items of a list do not count",
        ),
        ROW(
            FULL, (APP, "PUT", "x-a x-b"), "headers-not-allowed", FULL_GRANT, id="blank is no comma"
        ),
        ROW(
            FULL,
            (APP, "PUT", "x-a\v"),
            "headers-not-allowed",
            FULL_GRANT,
            id="a blank of no header",
        ),
        ROW(
            FULL,
            (APP, "PUT", "\u212a"),
            "headers-not-allowed",
            FULL_GRANT,
            id="Unicode that lowers to ASCII",
        ),
        ROW(FULL, (EVIL, "PUT", "x-a"), "origin-not-allowed", [BY_ORIGIN], id="origin not allowed"),
        ROW(
            FULL,
            ("null", "PUT"),
            "allowed",
            [allow("null"), *FULL_GRANT[1:]],
            id="null, listed by name",
        ),
        ROW(
            LISTED,
            (APP, "PUT"),
            "method-not-allowed",
            [allow(APP), SAFELISTED, BY_ORIGIN],
            id="nothing said: safelisted methods",
        ),
        ROW(
            LISTED,
            (APP, "GET", "x-a"),
            "headers-not-allowed",
            [allow(APP), SAFELISTED, BY_ORIGIN],
            id="nothing said: no headers",
        ),
        ROW(
            {**LISTED, "allow_methods": []},
            (APP, "POST"),
            "allowed",
            [allow(APP), BY_ORIGIN],
            id="no methods: no line, safelisted ones pass",
        ),
        ROW(
            {**LISTED, "allow_methods": []},
            (APP, "PUT"),
            "method-not-allowed",
            [allow(APP), BY_ORIGIN],
            id="no methods: others do not",
        ),
        ROW(
            {**LISTED, "allow_methods": "*", "allow_headers": "*"},
            (APP, "PROPFIND", "x-a"),
            "allowed",
            [allow(APP), grant_methods("*"), grant_headers("*"), BY_ORIGIN],
            id="no credentials: literal wildcards",
        ),
        ROW(
            {**LISTED, "allow_headers": "*"},
            (APP, "GET", "authorization"),
            "headers-not-allowed",
            [allow(APP), SAFELISTED, grant_headers("*"), BY_ORIGIN],
            id="wildcard does not cover Authorization",
        ),
        ROW(
            {**LISTED, "allow_headers": "*, Authorization"},
            (APP, "GET", "authorization,x-a"),
            "allowed",
            [allow(APP), SAFELISTED, grant_headers("*, Authorization"), BY_ORIGIN],
            id="Authorization named beside the wildcard",
        ),
        ROW(
            {**LISTED, "allow_methods": "*"},
            (APP, "TRACE"),
            "method-not-allowed",
            [allow(APP), grant_methods("*"), BY_ORIGIN],
            id="wildcard does not cover what browsers forbid",
        ),
        ROW(
            {**CREDENTIALS, "allow_methods": "PUT", "allow_headers": "X-A", "max_age": 5},
            (APP, "PUT", "x-a"),
            "allowed",
            [
                allow(APP),
                WITH_COOKIES,
                grant_methods("PUT"),
                grant_headers("X-A"),
                max_age("5"),
                BY_ORIGIN,
            ],
            id="credentials",
        ),
    ],
)
def test_preflight(fields, request_, reason, headers):
    decision = builder(fields).preflight(*request_)
    assert (decision.reason, list(decision.headers)) == (reason, headers)
    assert decision.allowed == (reason == "allowed")
    assert decision.origin_allowed == (reason != "origin-not-allowed")


ALL_WITH_COOKIES = {**CREDENTIALS, "allow_methods": "*", "allow_headers": "*"}
AUTHORIZED = {**ALL_WITH_COOKIES, "allow_headers": "*, Authorization, X-Known"}
ON_REQUEST = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
TO_APP = [allow(APP), WITH_COOKIES]


@pytest.mark.parametrize(
    ("fields", "request_", "reason", "headers"),
    [
        ROW(
            ALL_WITH_COOKIES,
            (APP, "PATCH", "x-a,x-b"),
            "allowed",
            [*TO_APP, grant_methods("PATCH"), grant_headers("x-a, x-b"), ON_REQUEST],
            id="what was asked for",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "PATCH"),
            "allowed",
            [*TO_APP, grant_methods("PATCH"), ON_REQUEST],
            id="no headers asked for, none granted",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "PATCH", "X-A, x-a"),
            "allowed",
            [*TO_APP, grant_methods("PATCH"), grant_headers("x-a"), ON_REQUEST],
            id="each once",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "PATCH", "authorization,x-a"),
            "headers-not-allowed",
            [*TO_APP, grant_methods("PATCH"), grant_headers("x-a"), ON_REQUEST],
            id="Authorization is not covered",
        ),
        ROW(
            AUTHORIZED,
            (APP, "PATCH", "authorization,x-a,x-known"),
            "allowed",
            [
                *TO_APP,
                grant_methods("PATCH"),
                grant_headers("Authorization, X-Known, x-a"),
                ON_REQUEST,
            ],
            id="what is named stands there always",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "PATCH", "x-a,b c,x\r\ny,\x00,ä,"),
            "headers-not-allowed",
            [*TO_APP, grant_methods("PATCH"), grant_headers("x-a"), ON_REQUEST],
            id="valid tokens alone are repeated",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "PATCH", "cookie,sec-x,x-a"),
            "headers-not-allowed",
            [*TO_APP, grant_methods("PATCH"), grant_headers("x-a"), ON_REQUEST],
            id="forbidden headers are not repeated",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "a b"),
            "method-not-allowed",
            [*TO_APP, ON_REQUEST],
            id="invalid method is not repeated",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "Connect"),
            "method-not-allowed",
            [*TO_APP, ON_REQUEST],
            id="forbidden method is not repeated",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (EVIL, "PUT", "x-a"),
            "origin-not-allowed",
            [ON_REQUEST],
            id="not allowed, Vary is the same",
        ),
        ROW(
            {**ALL_WITH_COOKIES, "allow_headers": "X-A"},
            (APP, "PATCH", "x-a"),
            "allowed",
            [
                *TO_APP,
                grant_methods("PATCH"),
                grant_headers("X-A"),
                ("Vary", "Origin, Access-Control-Request-Method"),
            ],
            id="method alone is on request",
        ),
        ROW(
            {**ALL_WITH_COOKIES, "allow_methods": "PUT"},
            (APP, "PUT", "x-a"),
            "allowed",
            [
                *TO_APP,
                grant_methods("PUT"),
                grant_headers("x-a"),
                ("Vary", "Origin, Access-Control-Request-Headers"),
            ],
            id="headers alone are on request",
        ),
    ],
)
def test_with_credentials_a_wildcard_answers_with_what_was_asked_for(
    fields, request_, reason, headers
):
    decision = builder(fields).preflight(*request_)
    assert (decision.reason, list(decision.headers)) == (reason, headers)


@pytest.mark.parametrize(
    ("request_", "reason", "granted"),
    [
        ROW((APP, "M" * 64), "allowed", [grant_methods("M" * 64)], id="method of 64"),
        ROW((APP, "M" * 65), "method-not-allowed", [], id="method of 65"),
        ROW(
            (APP, "PUT", "x" * 2048),
            "allowed",
            [grant_methods("PUT"), grant_headers("x" * 2048)],
            id="header of 2048",
        ),
        ROW(
            (APP, "PUT", "x" * 2049),
            "headers-not-allowed",
            [grant_methods("PUT")],
            id="header of 2049",
        ),
        ROW(
            (APP, "PUT", "x" + ",x" * 127),
            "allowed",
            [grant_methods("PUT"), grant_headers("x")],
            id="128 headers",
        ),
        ROW(
            (APP, "PUT", "x" + ",x" * 128),
            "headers-not-allowed",
            [grant_methods("PUT")],
            id="129 headers",
        ),
        ROW(
            (APP, "P" * (1 << 20), "x" * (1 << 20)), "method-not-allowed", [], id="one MiB of each"
        ),
    ],
)
def test_what_is_repeated_is_bounded(request_, reason, granted):
    decision = builder(ALL_WITH_COOKIES).preflight(*request_)
    assert (decision.reason, list(decision.headers)) == (reason, [*TO_APP, *granted, ON_REQUEST])


@pytest.mark.parametrize("fields", [EVERYBODY, LISTED, FULL, ALL_WITH_COOKIES])
def test_the_same_request_gets_the_same_answer_however_often_and_in_which_order(fields):
    requests = [
        (APP, "PUT", "x-a"),
        (EVIL, "PUT", "x-a"),
        (APP, "GET"),
        (APP, "PUT", "x-b"),
        (APP, "M" * 65),
    ]
    first = [builder(fields).preflight(*request) for request in requests]
    known = builder(fields)
    for _ in range(2):
        assert [known.preflight(*request) for request in reversed(requests)] == first[::-1]


@pytest.mark.parametrize(
    "admits",
    [
        ROW(lambda *_: True, id="callable"),
        ROW("https://*.example.net", id="pattern"),
        ROW(re.compile(r"https://a\.example\.net"), id="expression"),
    ],
)
def test_preflight_of_an_origin_that_is_not_listed(admits):
    origin = "https://a.example.net"
    known = builder({"allow_origins": admits, "allow_headers": "x-a"})
    assert known.preflight(origin, "GET", "x-a").headers[0] == allow(origin)
    assert known.preflight(origin, "GET", "x-b").reason == "headers-not-allowed"


@pytest.mark.parametrize("takes_insecure", [True, False])
def test_plain_http_uses_credentials_only_where_that_was_said(takes_insecure):
    known = builder(
        {
            "allow_origins": "*",
            "allow_credentials": [EXPRESSION],
            "dangerously_allow_insecure_origins": True,
        }
        if takes_insecure
        else {"allow_origins": "*", "allow_credentials": [EXPRESSION]}
    )
    assert (WITH_COOKIES in known.actual("http://x1.own.example").headers) is takes_insecure


def test_preflight_of_an_origin_of_512_bytes():
    origin = "x" * 508 + "://a"
    assert builder({"allow_origins": origin}).preflight(origin, "GET").allowed


def test_what_was_learned_of_an_origin_is_not_asked_again():
    known = builder(LISTED)
    assert known.actual("https://a.example.net") is known.actual("https://a.example.net")


def test_nothing_is_learned_of_an_origin_that_is_too_long():
    known = builder(LISTED)
    assert not known.actual(EVIL).allowed
    assert not known.actual("x" * 513).allowed
    assert EVIL in known.ready
    assert "x" * 513 not in known.ready


def test_what_was_learned_of_many_origins_is_forgotten_without_harm():
    known = builder(LISTED)
    for _ in range(2):
        for number in range(1500):
            assert known.actual(f"https://n{number}.example.net").allowed
            assert not known.actual(f"https://n{number}.example").allowed
            assert known.actual(APP).allowed
            assert known.actual(None).reason == "no-origin"


class Forgetful(dict):
    """What was learned, where another thread has each thing forgotten once it was looked for."""

    def __contains__(self, key):
        return self.pop(key, None) is not None

    def get(self, key, default=None):
        return self.pop(key, default)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_another_thread_has_forgotten_meanwhile_is_found_out_anew(number):
    known = builder(LISTED)
    known.actual("https://a.example.net")
    known.ready = Forgetful(known.ready)
    for _ in range(number):
        assert known.actual("https://a.example.net").allowed
        assert known.preflight("https://a.example.net", "GET").allowed


def test_decisions_that_say_the_same_are_the_same():
    shared, denied = builder(LISTED).actual(APP), builder(LISTED).actual(EVIL)
    assert {shared, denied, builder(LISTED).actual(APP)} == {denied, shared}
    assert hash(shared) != hash(denied)


def test_what_builders_of_one_policy_learn_is_bounded_together():
    known = builder({"allow_origins": "https://*.example.net"})
    for each in (known, known.routed(("GET", "PUT")), known.routed(("GET", "DELETE"))):
        for number in range(1100):
            each.actual(f"https://n{number}.x{id(each)}.example.net")
    assert len(known.ready) <= 1024


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it)), dataclasses.replace],
)
@pytest.mark.parametrize("origin", [APP, EVIL, None])
def test_a_decision_can_be_copied_and_sent_elsewhere(copied, origin):
    decision = HeaderBuilder(Policy(allow_origins=APP)).actual(origin)
    assert copied(decision) == decision
    assert copied(decision).headers == decision.headers


def test_who_takes_a_denial_for_true_is_told_of_it_once_for_each_place(caplog):
    builder = HeaderBuilder(Policy(allow_origins=APP))
    denial, granted = builder.actual(EVIL), builder.actual(APP)
    with caplog.at_level(logging.WARNING, "wsgicors"):
        assert granted
        assert caplog.messages == []
        for _ in range(2):
            assert denial
        (message,) = caplog.messages
        assert message.startswith("test_headers.py:")
        assert "write decision.allowed" in message.lower()
        assert denial if denial is not None else False
    assert len(caplog.messages) == 2


def test_who_asks_for_the_answer_too_is_told_nothing(caplog):
    denial = HeaderBuilder(Policy(allow_origins=APP)).actual(EVIL)

    def guard(decision):
        return 403 if decision and not decision.allowed else 200

    assert guard(denial) == 403
    assert (denial and denial.reason) == "origin-not-allowed"
    assert caplog.messages == []


def test_a_decision_cannot_be_changed_by_those_who_read_it():
    decision = builder(LISTED).actual(EVIL)
    with pytest.raises(AttributeError):
        decision.allowed = True
    assert type(decision.headers) is tuple


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ROW({}, "missing", id="not whole"),
        ROW(
            {**CREDENTIALS, "allow_origins": "*"},
            "wildcard-with-credentials",
            id="contradicts itself",
        ),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused(fields, reason):
    with pytest.raises(ConfigError) as caught:
        builder(fields)
    assert [problem.reason for problem in caught.value.problems] == [reason]


# --- credentials for some ------------------------------------------------------------------------

OURS = "https://ours.example"
SOME = {"allow_origins": "*", "allow_credentials": [OURS, "https://*.ours.example", EXPRESSION]}


@pytest.mark.parametrize(
    ("fields", "origin", "headers"),
    [
        ROW(SOME, OURS, [allow(OURS), WITH_COOKIES, BY_ORIGIN], id="listed"),
        ROW(
            SOME,
            "https://a.ours.example",
            [allow("https://a.ours.example"), WITH_COOKIES, BY_ORIGIN],
            id="pattern",
        ),
        ROW(
            SOME,
            "https://x7.own.example",
            [allow("https://x7.own.example"), WITH_COOKIES, BY_ORIGIN],
            id="expression",
        ),
        ROW(SOME, "http://x7.own.example", [allow("*"), BY_ORIGIN], id="expression, but not https"),
        ROW(SOME, EVIL, [allow("*"), BY_ORIGIN], id="everybody else reads"),
        ROW(SOME, "null", [allow("*"), BY_ORIGIN], id="null reads"),
        ROW(SOME, "x" * 600, [allow("*"), BY_ORIGIN], id="what is too long reads"),
        ROW(SOME, None, [allow("*"), BY_ORIGIN], id="no origin"),
        ROW(
            {**SOME, "allow_credentials": [OURS]},
            EVIL,
            [allow("*"), BY_ORIGIN],
            id="only listed ones",
        ),
        ROW({**SOME, "allow_credentials": []}, EVIL, [allow("*"), BY_ORIGIN], id="an empty list"),
        ROW(
            {**SOME, "allow_origins": [OURS, EVIL]},
            OURS,
            [allow(OURS), WITH_COOKIES, BY_ORIGIN],
            id="two lists",
        ),
        ROW(
            {**SOME, "allow_origins": [OURS, EVIL]},
            EVIL,
            [allow(EVIL), BY_ORIGIN],
            id="allowed, but no credentials",
        ),
        ROW(
            {
                "allow_origins": lambda origin, _: origin != OURS,
                "allow_credentials": "https://a.example",
            },
            OURS,
            [BY_ORIGIN],
            id="trusted, but not allowed",
        ),
        ROW(
            {"allow_origins": lambda *_: True, "allow_credentials": [OURS]},
            OURS,
            [allow(OURS), WITH_COOKIES, BY_ORIGIN],
            id="a callable allows",
        ),
        ROW(
            {"allow_origins": lambda *_: True, "allow_credentials": [OURS]},
            "null",
            [allow("null"), BY_ORIGIN],
            id="a callable allows null",
        ),
    ],
)
def test_credentials_for_some_are_for_no_others(fields, origin, headers):
    judge = builder(fields)
    assert list(judge.actual(origin).headers) == headers
    assert list(judge.actual(origin).headers) == headers  # and the same when it is remembered


def test_each_is_granted_what_would_be_without_the_list():
    fields = {"allow_origins": "*", "allow_methods": "*", "allow_headers": "*, Authorization"}
    some = builder({**fields, "allow_credentials": [OURS]})
    vary = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    with_list = some.preflight(EVIL, "PUT", "x-a").headers
    without = builder(fields).preflight(EVIL, "PUT", "x-a").headers
    assert with_list == (*without, vary)
    assert some.preflight(OURS, "PUT", "x-a").headers == (
        allow(OURS),
        WITH_COOKIES,
        grant_methods("PUT"),
        grant_headers("Authorization, x-a"),
        vary,
    )


def test_a_grant_does_not_spread_to_those_without_credentials():
    mine = builder({"allow_origins": OURS, "allow_credentials": [OURS], "allow_headers": "X-A"})
    other = builder({"allow_origins": OURS, "allow_credentials": False, "allow_headers": "X-A"})
    remembered = mine.beside([("PUT", other)], OURS).preflight(OURS, "POST", "x-a").headers
    assert max_age("0") in remembered


# --- origins of applications ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["app://.", "file://", "tauri://localhost", "chrome-extension://abc", "null"]
)
@pytest.mark.parametrize("says", [True, False])
def test_a_callable_is_asked_about_all_that_a_page_can_have(origin, says):
    asked = []

    def know(origin, environ):
        asked.append(origin)
        return says

    assert builder({"allow_origins": know}).actual(origin).origin_allowed is says
    assert asked == [origin]


REQUEST = {"SCRIPT_NAME": "/shop", "PATH_INFO": "/items"}


@pytest.mark.parametrize(
    ("origin", "request_", "is_asked"),
    [
        ROW(APP, REQUEST, False, id="about the same"),
        ROW(EVIL, REQUEST, True, id="about another origin"),
        ROW(APP, {**REQUEST, "SCRIPT_NAME": "/"}, True, id="of an application mounted elsewhere"),
        ROW(APP, {**REQUEST, "PATH_INFO": "/"}, True, id="about another path"),
    ],
)
@pytest.mark.parametrize("says", [True, False])
def test_a_callable_is_asked_once_where_there_is_a_place_for_its_answers(
    origin, request_, is_asked, says
):
    asked = []
    admit = lambda *about: asked.append(about) or says is (len(asked) == 1)  # noqa: E731
    known, answers = builder({"allow_origins": admit}), {}
    assert known.actual(APP, {**REQUEST, ANSWERS: answers}).origin_allowed is says
    decision = known.actual(origin, {**request_, ANSWERS: answers})
    about = [(APP, REQUEST), (origin, request_)][: 1 + is_asked]
    assert asked == [(each, {**parts, ANSWERS: answers}) for each, parts in about]
    assert decision.origin_allowed is (says is not is_asked)
    assert builder({"allow_origins": lambda *_: not says}).actual(
        APP, {**REQUEST, ANSWERS: answers}
    ).origin_allowed is (not says)


@pytest.mark.parametrize("origin", ["app://.", "file://", "http://cafe.example.com", "null"])
@pytest.mark.parametrize("credentials", [False, [APP]])
def test_a_callable_cannot_let_in_null_where_what_is_denied_is_refused(origin, credentials, caplog):
    fields = {"allow_origins": lambda *_: True, "allow_credentials": credentials}
    assert builder(fields).actual(origin).origin_allowed
    judge = builder({**fields, "refuse_denied": True})
    assert judge.actual(origin).origin_allowed is (origin != "null")
    assert judge.preflight(origin, "PUT").origin_allowed is (origin != "null")
    assert caplog.text.count("'null' is denied although allow_origins said True") == (
        2 if origin == "null" else 0
    )


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ROW("app://.", True, id="application"),
        ROW("chrome-extension://abc", True, id="extension"),
        ROW("http://localhost:5173", True, id="loopback"),
        ROW("https://a.example", True, id="https"),
        ROW("http://cafe.example.com", False, id="http"),
        ROW("null", False, id="null"),
        ROW("file://", False, id="file"),
    ],
)
@pytest.mark.parametrize("admit", [ROW(lambda *_: True, id="callable")])
def test_what_is_anybodys_never_uses_credentials(admit, origin, is_allowed):
    judge = builder({"allow_origins": admit, "allow_credentials": True})
    assert judge.actual(origin).origin_allowed is is_allowed


def test_an_expression_lets_plain_http_in_on_this_machine_alone():
    fields = {"allow_origins": [re.compile(r"https?://(app\.example\.com|localhost:\d+)")]}
    judge = builder({**fields, "allow_credentials": True})
    assert judge.actual("https://app.example.com").origin_allowed
    assert judge.actual("http://localhost:81").origin_allowed
    assert not judge.actual("http://app.example.com").origin_allowed
    opted_out = builder(
        {**fields, "allow_credentials": True, "dangerously_allow_insecure_origins": True}
    )
    assert opted_out.actual("http://app.example.com").origin_allowed
    assert builder(fields).actual("http://app.example.com").origin_allowed


def test_what_was_admitted_and_is_denied_all_the_same_is_told(caplog):
    judge = builder({"allow_origins": lambda *_: True, "allow_credentials": True})
    judge.actual("http://cafe.example.com")
    assert "'http://cafe.example.com' is not https, so it is denied" in caplog.text


# --- regular expressions and callables -----------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "origin", "is_allowed"),
    [
        ROW(r"https://[ab]\.example", "https://a.example", True, id="match"),
        ROW(
            r"https://[ab]\.example", "https://a.example.evil", False, id="match at the start only"
        ),
        ROW(r"https://a.{9}", "https://a.example.net", False, id="match in part only"),
        ROW(r".*", "null", False, id="null is asked of no expression"),
        ROW(r".*", "https://a.example/", False, id="nor what is no origin"),
        ROW(r".*", "https://A.example", False, id="nor mixed case"),
        ROW(r"(?s).*", "https://a.example\n", False, id="nor a line end"),
        ROW(r"^https://a\.example$", "https://a.example", True, id="anchors do no harm"),
        ROW(r"^https://a\.example$", "https://a.example\n", False, id="dollar before a line end"),
        ROW(r"(?i)HTTPS://A\.EXAMPLE", "https://a.example", True, id="flags are respected"),
    ],
)
def test_a_regular_expression_must_match_a_whole_origin(expression, origin, is_allowed):
    known = builder({"allow_origins": ["https://b.example", re.compile(expression)]})
    assert known.actual(origin).allowed is is_allowed
    assert known.preflight(origin, "GET").origin_allowed is is_allowed
    assert known.actual("https://b.example").allowed


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no database connection")


def returns(value):
    return lambda origin, environ: value


def raises(error):
    def predicate(origin, environ):
        raise error

    return predicate


def denied_for_returning(shown):
    return f"allow_origins returned {shown} for {APP!r}, so it is denied: return True or False"


RAISED = f"allow_origins raised an exception for {APP!r}, so it is denied"
LONG_TEXT = "'" + r"x\n" * 40 + "'..."


@pytest.mark.parametrize(
    ("predicate", "is_allowed", "logged"),
    [
        ROW(returns(True), True, [], id="True"),
        ROW(returns(False), False, [], id="False"),
        ROW(returns(None), False, [denied_for_returning("None")], id="nothing"),
        ROW(returns(1), False, [denied_for_returning("1")], id="one"),
        ROW(returns("x\n" * 99), False, [denied_for_returning(LONG_TEXT)], id="a long text"),
        ROW(raises(KeyError("x")), False, [RAISED], id="an error"),
        ROW(raises(RecursionError()), False, [RAISED], id="another error"),
    ],
)
def test_a_callable_opens_the_door_by_true_alone(predicate, is_allowed, logged, caplog):
    known = builder({"allow_origins": predicate})
    decision = known.actual(APP)
    assert decision.allowed is is_allowed
    assert decision.headers == ((allow(APP), BY_ORIGIN) if is_allowed else (BY_ORIGIN,))
    assert caplog.messages == logged
    assert known.preflight(APP, "GET").origin_allowed is is_allowed


def test_a_callable_that_returns_what_cannot_be_shown_opens_nothing(caplog):
    assert not builder({"allow_origins": returns(Unprintable())}).actual(APP).allowed
    assert "Unprintable" in caplog.text


def test_the_traceback_of_a_callable_is_logged(caplog):
    builder({"allow_origins": raises(KeyError("x"))}).actual(APP)
    (record,) = caplog.records
    assert (record.name, record.levelno, record.exc_info[0]) == (
        "wsgicors",
        logging.ERROR,
        KeyError,
    )


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_callable_that_returns_a_coroutine_opens_nothing():
    async def asynchronous(origin, environ):
        return True

    predicate = functools.partial(lambda function, *asked: function(*asked), asynchronous)
    assert not builder({"allow_origins": predicate}).actual(APP).allowed


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_callable_may_end_the_program(error):
    with pytest.raises(error):
        builder({"allow_origins": raises(error())}).actual(APP)


class Environ(dict):
    """It can be referred to without being held."""


@pytest.mark.parametrize("ask", ["actual", "preflight"])
def test_what_a_callable_answered_does_not_hold_the_request(ask):
    known = builder({"allow_origins": lambda origin, environ: True})
    environ = Environ(REQUEST_METHOD="GET", **{ANSWERS: {}})
    gone = weakref.ref(environ)
    gc.disable()
    try:
        if ask == "actual":
            known.actual(APP, environ)
        else:
            known.preflight(APP, "GET", None, environ)
        assert environ[ANSWERS]
        del environ
        assert gone() is None
    finally:
        gc.enable()


def test_a_callable_is_asked_each_time_with_the_environ():
    asked = []

    def predicate(origin, environ):
        asked.append((origin, environ))
        return len(asked) % 2 == 1

    known = builder({"allow_origins": predicate})
    environ = {"HTTP_HOST": "a.example", "REQUEST_METHOD": "GET"}
    assert [known.actual(APP, environ).allowed for _ in range(2)] == [True, False]
    assert [known.preflight(APP, "GET", None, environ).allowed for _ in range(2)] == [True, False]
    assert asked == [(APP, environ)] * 4


@pytest.mark.parametrize(
    "origin", [None, "", "null", "*", f"{APP}/", APP.upper(), "x" * 509 + "://a", f"{APP}\n"]
)
def test_a_callable_is_asked_about_origins_only(origin):
    known = builder({"allow_origins": raises(AssertionError("asked"))})
    assert known.actual(origin).headers == (BY_ORIGIN,)


# --- methods that a URL takes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "routed", "asked", "reason", "granted"),
    [
        ROW(
            LISTED,
            ("PUT", "DELETE", "PUT"),
            "PUT",
            "allowed",
            "DELETE, PUT",
            id="unset: what is routed",
        ),
        ROW(
            LISTED,
            ("GET", "TRACE", "CONNECT"),
            "TRACE",
            "method-not-allowed",
            "GET",
            id="unset: but nothing forbidden",
        ),
        ROW(LISTED, ("GET",), "PUT", "method-not-allowed", "GET", id="unset: nothing else"),
        ROW(LISTED, ("PUT",), "POST", "allowed", "PUT", id="unset: safelisted methods pass always"),
        ROW(LISTED, "*", "PATCH", "allowed", "*", id="unset: any, if any is taken"),
        ROW(
            {**LISTED, "allow_methods": "PATCH"},
            ("PUT",),
            "PUT",
            "method-not-allowed",
            "PATCH",
            id="set: what is set",
        ),
        ROW({**LISTED, "allow_methods": "*"}, ("PUT",), "PATCH", "allowed", "*", id="set to all"),
    ],
)
def test_what_a_url_takes_stands_for_methods_that_are_unset(fields, routed, asked, reason, granted):
    known = builder(fields)
    decision = known.routed(routed).preflight(APP, asked)
    assert (decision.reason, decision.headers) == (
        reason,
        (allow(APP), grant_methods(granted), BY_ORIGIN),
    )
    assert known.routed(routed).actual(APP) == known.actual(APP)


def test_what_a_url_takes_leaves_the_builder_itself_alone():
    known = builder(LISTED)
    known.routed(("PUT",))
    assert known.preflight(APP, "PUT").headers == (allow(APP), SAFELISTED, BY_ORIGIN)


# --- a URL whose methods have policies of their own ----------------------------------------------

BY_METHOD = ("Vary", "Origin, Access-Control-Request-Method")
WRITERS = {**LISTED, "allow_methods": "PUT, DELETE", "allow_headers": "X-A", "max_age": 600}


@pytest.mark.parametrize(
    ("fields", "request_", "headers"),
    [
        ROW(
            WRITERS,
            (APP, "PUT", "x-a"),
            [allow(APP), grant_methods("PUT"), grant_headers("X-A"), max_age("600"), BY_METHOD],
            id="the requested method alone",
        ),
        ROW(
            WRITERS,
            (APP, "PATCH"),
            [allow(APP), grant_headers("X-A"), max_age("600"), BY_METHOD],
            id="a method that is not granted: none",
        ),
        ROW(
            {**WRITERS, "allow_methods": "*"},
            (APP, "PATCH"),
            [allow(APP), grant_methods("PATCH"), grant_headers("X-A"), max_age("600"), BY_METHOD],
            id="of all methods: never a wildcard",
        ),
        ROW(
            {**EVERYBODY, "allow_methods": "*"},
            (APP, "PATCH"),
            [allow("*"), grant_methods("PATCH"), ("Vary", "Access-Control-Request-Method")],
            id="everybody: never a wildcard of methods",
        ),
        ROW(
            LISTED,
            (APP, "HEAD"),
            [allow(APP), grant_methods("HEAD"), BY_METHOD],
            id="unset methods",
        ),
        ROW(
            ALL_WITH_COOKIES,
            (APP, "PATCH", "x-a"),
            [*TO_APP, grant_methods("PATCH"), grant_headers("x-a"), ON_REQUEST],
            id="on request anyway",
        ),
        ROW(WRITERS, (EVIL, "PUT"), [BY_METHOD], id="denied, Vary is the same"),
    ],
)
def test_beside_other_policies_the_requested_method_is_named_alone(fields, request_, headers):
    known = builder(fields)
    alone = known.beside([("POST", known)], request_[0])
    assert list(alone.preflight(*request_).headers) == headers
    assert alone.actual(APP) == known.actual(APP)


DIFFERING = {**WRITERS, "allow_methods": "*", "expose_headers": "X-B", "max_age": 5}
OTHER_HEADERS = {**WRITERS, "allow_headers": "X-B"}


@pytest.mark.parametrize(
    ("fields", "others", "seconds"),
    [
        ROW(WRITERS, {"POST": WRITERS, "PATCH": WRITERS}, "600", id="the same policy"),
        ROW(WRITERS, {"POST": DIFFERING}, "600", id="differs where nothing is carried over"),
        ROW(WRITERS, {"POST": {**WRITERS, "allow_headers": "X-B, x-a"}}, "600", id="more headers"),
        ROW(WRITERS, {"POST": {**LISTED, "allow_headers": "X-A"}}, "600", id="the same headers"),
        ROW(WRITERS, {"POST": OTHER_HEADERS}, "0", id="POST, other headers"),
        ROW(WRITERS, {"POST": LISTED}, "0", id="POST, no headers"),
        ROW(WRITERS, {"POST": NOBODY}, "0", id="POST, nobody's: it needs no grant"),
        ROW(WRITERS, {"POST": {**WRITERS, "allow_origins": EVIL}}, "0", id="POST, other origins"),
        ROW(WRITERS, {"POST": None}, "0", id="POST, not governed"),
        ROW(WRITERS, {"PATCH": OTHER_HEADERS}, "0", id="PATCH, other headers"),
        ROW(WRITERS, {"PATCH": NOBODY}, "600", id="PATCH, nobody's: it has no grant"),
        ROW(WRITERS, {"PATCH": {**LISTED, "allow_origins": EVIL}}, "600", id="PATCH, others'"),
        ROW(WRITERS, {"PATCH": None}, "0", id="PATCH, not governed: who knows"),
        ROW(WRITERS, {"GET": NOBODY, "HEAD": None, "OPTIONS": LISTED}, "600", id="safe methods"),
        ROW(WRITERS, {"PUT": WRITERS, "POST": WRITERS, "PATCH": LISTED}, "0", id="one of several"),
        ROW({**WRITERS, "allow_headers": "*"}, {"POST": WRITERS}, "0", id="all headers here"),
        ROW({**WRITERS, **CREDENTIALS}, {"POST": WRITERS}, "0", id="credentials here alone"),
        ROW(WRITERS, {"POST": {**WRITERS, **CREDENTIALS}}, "600", id="credentials there alone"),
        ROW(
            {**WRITERS, "allow_headers": []},
            {"POST": NOBODY, "PATCH": None},
            "600",
            id="no headers here: nothing to carry over",
        ),
    ],
)
def test_headers_that_would_go_with_another_methods_requests_are_not_to_be_remembered(
    fields, others, seconds
):
    builders = [
        (method, other if other is None else builder(other)) for method, other in others.items()
    ]
    decision = builder(fields).beside(builders, APP).preflight(APP, "PUT")
    assert dict(decision.headers)["Access-Control-Max-Age"] == seconds


def test_what_is_routed_is_known_beside_other_policies_too():
    decision = builder(LISTED).routed(("PUT", "DELETE")).beside([], APP).preflight(APP, "PUT")
    assert decision.headers == (allow(APP), grant_methods("PUT"), BY_METHOD)


# --- whatever the policy, whatever the request ---------------------------------------------------

usable_policies = policies.filter(lambda policy: not policy.conflicts())
requested_headers = st.none() | texts | st.lists(header_names, max_size=4).map(",".join)


def browser_goes_on(decision, origin, credentials):
    """Another opinion: the CORS check, step by step (Fetch, "CORS check")."""
    answered = dict(decision.headers).get("Access-Control-Allow-Origin")
    if answered == "*" and not credentials:
        return True
    if answered is None or answered != origin:
        return False
    return (
        not credentials or dict(decision.headers).get("Access-Control-Allow-Credentials") == "true"
    )


def browser_sends(decision, request, credentials):
    """Another opinion: Fetch, "CORS-preflight fetch", step 7."""
    origin, method, headers = request
    if not browser_goes_on(decision, origin, credentials):
        return False
    answered = {name: value.split(", ") for name, value in decision.headers}
    granted = answered.get("Access-Control-Allow-Methods", [])
    names = [name.lower() for name in answered.get("Access-Control-Allow-Headers", [])]
    asked = headers.lower().split(",") if headers else []
    wildcard = "*" in names and not credentials
    return (
        method in [*granted, "GET", "HEAD", "POST"] or ("*" in granted and not credentials)
    ) and all(name in names or (wildcard and name != "authorization") for name in asked)


@given(usable_policies, anything)
def test_only_serialized_origins_are_ever_let_in(policy, origin):
    decision = HeaderBuilder(policy).actual(origin)
    if policy.allow_origins != "*" and not is_origin(origin):
        assert decision.allowed == (origin == "null" and "null" in policy.allow_origins)


@given(usable_policies, st.data())
def test_an_actual_response_is_shared_exactly_if_the_decision_says_so(policy, data):
    listed = [item for item in policy.allow_origins or () if "*" not in item]
    origin = data.draw(st.sampled_from([*listed, "null"]) | origins)
    decision = HeaderBuilder(policy).actual(origin)
    known = policy.allow_origins == "*" or origin in OriginSet(policy.allow_origins)
    assert (
        decision.allowed
        == known
        == browser_goes_on(decision, origin, bool(policy.allow_credentials))
    )


@given(usable_policies, st.data())
def test_a_browser_sends_the_request_exactly_if_the_decision_says_so(policy, data):
    listed = [item for item in policy.allow_origins or () if "*" not in item]
    origin = data.draw(st.sampled_from([*listed, "null"]) | origins)
    asked = data.draw(st.none() | st.lists(header_names.map(str.lower), max_size=4).map(",".join))
    request = (origin, data.draw(methods), asked)
    decision = HeaderBuilder(policy).preflight(*request)
    assert decision.allowed == browser_sends(decision, request, bool(policy.allow_credentials))


@given(usable_policies, anything | texts, methods | texts, requested_headers)
def test_whatever_is_asked_the_lines_are_well_formed(policy, origin, method, headers):
    known = HeaderBuilder(policy)
    for decision in (
        known.actual(origin),
        known.preflight(origin, method, headers),
        known.beside([("POST", None)], origin).preflight(origin, method, headers),
    ):
        names = [name for name, _ in decision.headers]
        assert len(set(names)) == len(names)
        assert set(names) <= {"Vary"} or "Access-Control-Allow-Origin" in names
        assert decision.origin_allowed == ("Access-Control-Allow-Origin" in names)
        assert all(
            value and value.isascii() and value.isprintable() for _, value in decision.headers
        )
        assert dict(decision.headers).get("Vary", "") == ", ".join(decision.vary)


@given(usable_policies, methods | texts, requested_headers)
def test_a_denied_origin_gets_no_header_but_vary(policy, method, headers):
    decision = HeaderBuilder(policy).preflight("https://nobody.invalid", method, headers)
    if policy.allow_origins != "*":
        assert [name for name, _ in decision.headers] == ["Vary"]


def test_what_clients_ask_does_not_fill_the_memory():
    known = builder({**ALL_WITH_COOKIES, "allow_origins": [APP, "https://*.example.com"]})
    sizes = []
    for start in (0, 3000):
        for number in range(start, start + 3000):
            known.preflight(f"https://{number}.example.com", f"M{number}", f"x-{number}")
            known.actual(f"https://{number}.evil.example")
        sizes.append(sys.getallocatedblocks())
    assert sizes[1] - sizes[0] < 500
