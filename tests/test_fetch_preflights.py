"""The answers to preflights and their cache: the Fetch standard, and each engine's own way."""

from __future__ import annotations

import dataclasses

import pytest

from wsgicors.fetch import CHROMIUM, FIREFOX, STANDARD, WEBKIT
from wsgicors.fetch.fields import MalformedField
from wsgicors.fetch.preflights import Need, Permission, PreflightCache, read_permission

ROW = pytest.param
PAGE, URL = "https://app.example", "https://api.example/"
# Firefox forgets the first answer of each host; the tests below are about the next ones.
SETTLED_FIREFOX = dataclasses.replace(FIREFOX, distrusts_addresses_once=False)


def need(method="PUT", *header_names, credentials=False, origin=PAGE, url=URL):
    return Need(origin, url, method, header_names, credentials, cached_for=origin)


def permission(methods="", header_names="", max_age=60):
    return Permission(frozenset(methods.split()), frozenset(header_names.split()), max_age)


def answer(methods="", header_names="", max_age=None):
    lines = [
        ("Access-Control-Allow-Methods", methods),
        ("Access-Control-Allow-Headers", header_names),
        ("Access-Control-Max-Age", max_age),
    ]
    return tuple(line for line in lines if line[1] is not None)


@pytest.mark.parametrize(
    ("methods", "method", "credentials", "is_covered"),
    [
        ROW("", "GET", True, True, id="GET is safelisted"),
        ROW("", "HEAD", True, True, id="HEAD is safelisted"),
        ROW("", "POST", True, True, id="POST is safelisted"),
        ROW("", "PUT", False, False, id="nothing listed"),
        ROW("PUT", "PUT", True, True, id="listed"),
        ROW("PUT", "DELETE", False, False, id="another is listed"),
        ROW("PATCH", "patch", False, False, id="case matters"),
        ROW("*", "PUT", False, True, id="wildcard"),
        ROW("*", "PUT", True, False, id="wildcard with credentials"),
        ROW("*", "*", True, True, id="the method that is called *"),
    ],
)
def test_methods_that_an_answer_covers(methods, method, credentials, is_covered):
    read = read_permission(answer(methods))
    assert read.covers_method(need(method, credentials=credentials)) is is_covered


@pytest.mark.parametrize(
    ("listed", "names", "credentials", "engine", "uncovered"),
    [
        ROW("", ["x-a"], False, STANDARD, ("x-a",), id="nothing listed"),
        ROW("X-A, x-b", ["x-a", "x-b"], True, STANDARD, (), id="case does not matter"),
        ROW("x-b", ["x-a", "x-b", "x-c"], False, STANDARD, ("x-a", "x-c"), id="all that lack"),
        ROW("*", ["x-a"], False, STANDARD, (), id="wildcard"),
        ROW("*", ["x-a"], True, STANDARD, ("x-a",), id="wildcard with credentials"),
        ROW("*", ["authorization"], False, STANDARD, ("authorization",), id="not authorization"),
        ROW("*, Authorization", ["authorization", "x-a"], False, STANDARD, (), id="named beside *"),
        ROW("*", ["authorization"], False, CHROMIUM, (), id="authorization in Chromium"),
        ROW("*", ["authorization"], False, FIREFOX, (), id="authorization in Firefox"),
        ROW("*", ["authorization"], False, WEBKIT, (), id="authorization in WebKit"),
        ROW("*", ["authorization"], True, CHROMIUM, ("authorization",), id="not with credentials"),
    ],
)
def test_headers_that_an_answer_covers(listed, names, credentials, engine, uncovered):
    read = read_permission(answer(header_names=listed))
    asked = need("GET", *names, credentials=credentials)
    assert read.uncovered_headers(asked, engine) == uncovered


@pytest.mark.parametrize("lists", [{"methods": "PUT DELETE"}, {"header_names": "X-A; X-B"}])
def test_malformed_list_is_told(lists):
    with pytest.raises(MalformedField):
        read_permission(answer(**lists))


@pytest.mark.parametrize(
    ("max_age", "engine", "seconds"),
    [
        ROW(None, STANDARD, 5, id="no header"),
        ROW("0", STANDARD, 0, id="zero"),
        ROW("600", STANDARD, 600, id="as written"),
        ROW("31536000", STANDARD, 31536000, id="the standard has no ceiling"),
        ROW("31536000", CHROMIUM, 7200, id="Chromium's ceiling"),
        ROW("31536000", FIREFOX, 86400, id="Firefox's ceiling"),
        ROW("31536000", WEBKIT, 600, id="WebKit's ceiling"),
        ROW("9" * 5000, STANDARD, 2**31, id="no longer than can be counted"),
        ROW("9" * 5000, FIREFOX, 86400, id="a ceiling for what cannot be counted"),
        ROW("600s", STANDARD, 5, id="malformed"),
        ROW("-1", STANDARD, 5, id="negative is malformed"),
        ROW("1.5", STANDARD, 5, id="a fraction is malformed"),
        ROW("600, 600", STANDARD, 5, id="twice is malformed"),
        ROW("600s", FIREFOX, 0, id="malformed in Firefox"),
    ],
)
def test_age_that_an_answer_may_reach(max_age, engine, seconds):
    assert read_permission(answer(max_age=max_age), engine).max_age == seconds


@pytest.mark.parametrize(
    ("asked", "is_covered"),
    [
        ROW(need("PUT"), True, id="the same"),
        ROW(need("GET"), True, id="a safelisted method"),
        ROW(need("PUT", "x-a"), True, id="with a header that was permitted"),
        ROW(need("DELETE"), False, id="another method"),
        ROW(need("PUT", "x-a", "x-b"), False, id="one header more"),
        ROW(need("PUT", credentials=True), False, id="with credentials"),
        ROW(need("PUT", origin="null"), False, id="another origin"),
        ROW(need("PUT", url=URL + "?q"), False, id="another URL"),
    ],
)
def test_answer_counts_for_what_was_permitted(asked, is_covered):
    cache = PreflightCache()
    cache.store(need("PUT"), permission("PUT", "x-a"), now=0)
    assert cache.covers(asked, now=0) is is_covered


def test_answer_counts_until_its_age_is_reached():
    cache = PreflightCache()
    cache.store(need(), permission("PUT", max_age=60), now=100)
    assert cache.covers(need(), now=159.9)
    assert not cache.covers(need(), now=160)


def test_answer_of_age_zero_never_counts():
    cache = PreflightCache()
    cache.store(need(), permission("PUT", max_age=0), now=100)
    assert not cache.covers(need(), now=100)


def test_later_answer_sets_the_age_anew():
    cache = PreflightCache()
    cache.store(need(), permission("PUT", max_age=600), now=0)
    cache.store(need(), permission("PUT", max_age=1), now=0)
    assert not cache.covers(need(), now=2)


@pytest.mark.parametrize(
    ("engine", "is_covered"),
    [(STANDARD, True), (CHROMIUM, True), (WEBKIT, True), (SETTLED_FIREFOX, False)],
    ids=lambda value: getattr(value, "name", None),
)
def test_answer_with_credentials_counts_without_them(engine, is_covered):
    cache = PreflightCache(engine)
    cache.store(need(credentials=True), permission("PUT"), now=0)
    assert cache.covers(need(credentials=True), now=0)
    assert cache.covers(need(), now=0) is is_covered


@pytest.mark.parametrize(
    ("engine", "is_covered"),
    [(STANDARD, True), (CHROMIUM, True), (WEBKIT, True), (SETTLED_FIREFOX, False)],
    ids=lambda value: getattr(value, "name", None),
)
def test_wildcard_counts_out_of_the_cache(engine, is_covered):
    cache = PreflightCache(engine)
    cache.store(need(), permission("*", "*"), now=0)
    assert cache.covers(need("DELETE", "x-a"), now=0) is is_covered


def test_wildcard_out_of_the_cache_is_none_with_credentials():
    cache = PreflightCache()
    cache.store(need(credentials=True), permission("* PUT"), now=0)
    assert not cache.covers(need("DELETE", credentials=True), now=0)


@pytest.mark.parametrize(
    ("engine", "gathers"),
    [(STANDARD, True), (SETTLED_FIREFOX, True), (CHROMIUM, False), (WEBKIT, False)],
    ids=lambda value: getattr(value, "name", None),
)
def test_second_answer_adds_to_the_first_or_takes_its_place(engine, gathers):
    cache = PreflightCache(engine)
    cache.store(need("PUT"), permission("PUT"), now=0)
    cache.store(need("DELETE"), permission("DELETE"), now=0)
    assert cache.covers(need("DELETE"), now=0)
    assert cache.covers(need("PUT"), now=0) is gathers


@pytest.mark.parametrize(
    ("engine", "is_kept"),
    [(STANDARD, True), (SETTLED_FIREFOX, True), (CHROMIUM, False), (WEBKIT, False)],
    ids=lambda value: getattr(value, "name", None),
)
def test_answer_that_does_not_suffice_is_kept_or_dropped(engine, is_kept):
    cache = PreflightCache(engine)
    cache.store(need("PUT"), permission("PUT"), now=0)
    assert not cache.covers(need("DELETE"), now=0)
    assert cache.covers(need("PUT"), now=0) is is_kept


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ROW("http://127.0.0.1:5000/", False, id="an address"),
        ROW("http://[::1]:5000/", False, id="an IPv6 address"),
        ROW(URL, True, id="a name"),
    ],
)
def test_firefox_forgets_the_first_answer_of_each_address(url, is_kept):
    cache = PreflightCache(FIREFOX)
    cache.store(need(url=url), permission("PUT"), now=0)
    assert cache.covers(need(url=url), now=0) is is_kept
    cache.store(need(url=url), permission("PUT"), now=0)
    assert cache.covers(need(url=url), now=0)


def test_cleared_is_what_is_of_the_origin_and_the_url():
    cache = PreflightCache()
    others = [need(origin="https://www.example"), need(url=URL + "x")]
    for asked in (need(), *others):
        cache.store(asked, permission("PUT"), now=0)
    cache.clear(need("DELETE"))
    assert not cache.covers(need(), now=0)
    assert all(cache.covers(asked, now=0) for asked in others)
