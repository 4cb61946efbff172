"""Cookies in requests of scripts: RFC 6265bis, and where engines part from it."""

from __future__ import annotations

import dataclasses

import pytest

from wsgicors.fetch import CHROMIUM, FIREFOX, STANDARD, WEBKIT, CookieJar, parse_url

ROW = pytest.param
URL = parse_url("https://api.example.com/a/b?c")


def taken(set_cookie, url=URL, engine=STANDARD, *, same_site=True):
    return CookieJar(engine).store(set_cookie, url, same_site=same_site, now=0) is None


def sent(set_cookie, to, engine=STANDARD, *, same_site=True, now=0):
    jar = CookieJar(engine)
    assert jar.store(set_cookie, URL, same_site=True, now=0) is None
    return jar.header(parse_url(to), same_site=same_site, now=now) != ""


@pytest.mark.parametrize(
    ("set_cookie", "is_taken"),
    [
        ROW("a=1", True, id="plain"),
        ROW("a", True, id="a value without a name"),
        ROW("a=", True, id="a name without a value"),
        ROW("=", False, id="neither"),
        ROW("a=1; SameSite=None", False, id="SameSite=None without Secure"),
        ROW("a=1; samesite=NONE; secure", True, id="SameSite=None with Secure"),
        ROW("a=1; Domain=example.com", True, id="the domain above"),
        ROW("a=1; Domain=.example.com", True, id="a leading dot"),
        ROW("a=1; Domain=other.com", False, id="another domain"),
        ROW("a=1; Domain=x.api.example.com", False, id="the domain below"),
        ROW("a=1; Domain=com", False, id="a public suffix"),
        ROW("__Secure-a=1", False, id="__Secure- without Secure"),
        ROW("__Secure-a=1; Secure", True, id="__Secure-"),
        ROW("__Host-a=1; Path=/", False, id="__Host- without Secure"),
        ROW("__Host-a=1; Secure; Path=/", True, id="__Host-"),
        ROW("__Host-a=1; Secure", False, id="__Host- with a path"),
        ROW("__Host-a=1; Secure; Path=/; Domain=example.com", False, id="__Host- with a domain"),
    ],
)
def test_browser_takes_or_refuses_a_cookie(set_cookie, is_taken):
    assert taken(set_cookie) is is_taken


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://a.example/", True),
        ("http://localhost/", True),
        ("http://a.example/", False),
    ],
)
def test_secure_cookies_come_over_secure_connections(url, is_taken):
    assert taken("a=1; Secure", parse_url(url)) is is_taken


@pytest.mark.parametrize(
    ("host", "engine", "is_taken"),
    [
        ("127.0.0.1", STANDARD, True),
        ("127.0.0.1", CHROMIUM, True),
        ("localhost", STANDARD, True),
        ("localhost", CHROMIUM, False),
    ],
)
def test_host_prefix_goes_with_a_domain_that_is_as_good_as_none(host, engine, is_taken):
    set_cookie = f"__Host-a=1; Secure; Path=/; Domain={host}"
    assert taken(set_cookie, parse_url(f"https://{host}/"), engine) is is_taken


def test_value_without_a_name_is_sent_as_it_came():
    jar = CookieJar()
    jar.store(" a ", URL, same_site=True, now=0)
    assert jar.header(URL, same_site=True, now=0) == "a"


def test_blanks_around_names_and_values_do_not_matter():
    jar = CookieJar()
    jar.store(" a = 1 ;\tMax-Age = 60 ; Path = /x ", URL, same_site=True, now=0)
    (cookie,) = jar
    assert (cookie.name, cookie.value, cookie.expires, cookie.path) == ("a", "1", 60, "/x")


def test_address_has_no_domain_above():
    assert not taken("a=1; Domain=0.0.1", parse_url("http://127.0.0.1/"))


def test_cookie_of_a_host_at_its_root_is_for_all_paths():
    jar, root = CookieJar(), parse_url("https://api.example.com/login")
    jar.store("a=1", root, same_site=True, now=0)
    assert [cookie.path for cookie in jar] == ["/"]


def test_public_suffix_may_set_cookies_for_itself_alone():
    jar, url = CookieJar(), parse_url("https://github.io/")
    assert jar.store("a=1; Domain=github.io", url, same_site=True, now=0) is None
    assert jar.header(url, same_site=True, now=0) == "a=1"
    assert jar.header(parse_url("https://x.github.io/"), same_site=True, now=0) == ""


@pytest.mark.parametrize(
    ("set_cookie", "url", "engine", "is_taken"),
    [
        ROW("a=2", "http://api.example.com/a/b", STANDARD, False, id="itself"),
        ROW("a=2; Max-Age=0", "http://api.example.com/a/b", STANDARD, False, id="its end"),
        ROW("a=2; Path=/a/c", "http://api.example.com/", STANDARD, False, id="below its path"),
        ROW("a=2; Path=/", "http://api.example.com/", STANDARD, True, id="above its path"),
        ROW("a=2; Domain=example.com", "http://example.com/a/b", STANDARD, False, id="above"),
        ROW("a=2", "http://x.api.example.com/a/b", STANDARD, False, id="below"),
        ROW("a=2", "http://www.example.com/a/b", STANDARD, True, id="beside"),
        ROW("b=2", "http://api.example.com/a/b", STANDARD, True, id="another name"),
        ROW("a=2", "https://api.example.com/a/b", STANDARD, True, id="over https"),
        ROW("a=2", "http://api.example.com/a/b", WEBKIT, False, id="itself in WebKit"),
        ROW("a=2; Path=/a/c", "http://api.example.com/", WEBKIT, True, id="below in WebKit"),
    ],
)
def test_plain_http_leaves_secure_cookies_alone(set_cookie, url, engine, is_taken):
    jar = CookieJar(engine)
    jar.store("a=1; Secure; Max-Age=60", URL, same_site=True, now=0)
    refused = jar.store(set_cookie, parse_url(url), same_site=True, now=59)
    assert (refused is None) is is_taken
    assert jar.store(set_cookie, parse_url(url), same_site=True, now=60) is None


@pytest.mark.parametrize(("engine", "is_sent"), [(STANDARD, True), (WEBKIT, False)])
def test_this_very_machine_gets_secure_cookies_by_plain_http_but_not_in_every_engine(
    engine, is_sent
):
    jar = CookieJar(engine)
    jar.store("a=1; Secure", parse_url("https://localhost/"), same_site=True, now=0)
    plain = parse_url("http://localhost/")
    assert (jar.header(plain, same_site=True, now=0) == "a=1") is is_sent


def test_this_very_machine_may_replace_secure_cookies_by_plain_http():
    jar, secure, plain = CookieJar(), *map(parse_url, ("https://localhost/", "http://localhost/"))
    jar.store("a=1; Secure", secure, same_site=True, now=0)
    assert jar.store("a=2", plain, same_site=True, now=0) is None
    assert jar.header(secure, same_site=True, now=0) == "a=2"


@pytest.mark.parametrize(
    ("engine", "order"), [(STANDARD, "a=; b=; c=; d="), (WEBKIT, "c=; b=; d=; a=")]
)
def test_engines_send_cookies_by_age_or_by_domain(engine, order):
    jar = CookieJar(engine)
    set_cookies = "a=; Domain=example.com", "b=", "c=; Domain=api.example.com", "d="
    for set_cookie in set_cookies:
        jar.store(set_cookie, URL, same_site=True, now=0)
    assert jar.header(URL, same_site=True, now=0) == order


@pytest.mark.parametrize(("engine", "is_taken"), [(STANDARD, True), (WEBKIT, False)])
def test_localhost_may_name_itself_but_not_in_every_engine(engine, is_taken):
    assert taken("a=1; Domain=localhost", parse_url("http://localhost/"), engine) is is_taken


@pytest.mark.parametrize(
    ("attributes", "page", "is_at_home"),
    [
        ROW("Domain=shop.localhost", "www.shop.localhost", True, id="below the domain"),
        ROW("Domain=shop.localhost", "shop.localhost", True, id="the domain itself"),
        ROW("Domain=shop.localhost", "other.localhost", False, id="elsewhere"),
        ROW("Domain=shop.localhost", "", False, id="null"),
        ROW("SameSite=Lax; Domain=shop.localhost", "shop.localhost", True, id="SameSite"),
        ROW("", "shop.localhost", False, id="without a domain"),
    ],
)
def test_domain_that_covers_the_page_makes_a_cookie_at_home_in_webkit(attributes, page, is_at_home):
    jar, url = CookieJar(WEBKIT), parse_url("http://api.shop.localhost/")
    refused = jar.store(f"a=1; {attributes}", url, same_site=False, now=0, page=page)
    assert (refused is None) is is_at_home
    jar.store(f"a=1; {attributes}", url, same_site=True, now=0)
    assert (jar.header(url, same_site=False, now=0, page=page) == "a=1") is is_at_home


@pytest.mark.parametrize(
    ("set_cookie", "engine", "crosses"),
    [
        ROW("a=1; SameSite=None; Secure", STANDARD, True, id="None"),
        ROW("a=1; SameSite=Lax", STANDARD, False, id="Lax"),
        ROW("a=1; SameSite=Strict", STANDARD, False, id="Strict"),
        ROW("a=1", STANDARD, False, id="unset is Lax"),
        ROW("a=1; SameSite=Nonsense", STANDARD, False, id="nonsense is unset"),
        ROW("a=1", CHROMIUM, False, id="unset in Chromium"),
        ROW("a=1", FIREFOX, True, id="unset in Firefox"),
        ROW("a=1; SameSite=Strict", FIREFOX, False, id="Strict in Firefox"),
        ROW("a=1; SameSite=Lax", FIREFOX, False, id="Lax in Firefox"),
        ROW("a=1; SameSite=None; Secure", WEBKIT, False, id="WebKit blocks third parties"),
        ROW(
            "a=1; SameSite=None; Secure",
            dataclasses.replace(CHROMIUM, third_party_cookies=False),
            False,
            id="a user who blocks third parties",
        ),
        ROW(
            "a=1; SameSite=None",
            dataclasses.replace(WEBKIT, third_party_cookies=True),
            True,
            id="WebKit asks for no Secure beside None",
        ),
    ],
)
def test_only_some_cookies_cross_sites(set_cookie, engine, crosses):
    assert taken(set_cookie, engine=engine, same_site=False) is crosses
    assert sent(set_cookie, "https://api.example.com/a/", engine, same_site=False) is crosses
    assert sent(set_cookie, "https://api.example.com/a/", engine, same_site=True)


@pytest.mark.parametrize(
    ("set_cookie", "to", "is_sent"),
    [
        ROW("a=1", "https://api.example.com/a/", True, id="where it came from"),
        ROW("a=1", "https://api.example.com/a", True, id="the path itself"),
        ROW("a=1", "https://api.example.com/ab", False, id="a path that begins alike"),
        ROW("a=1", "https://api.example.com/", False, id="the path above"),
        ROW("a=1; Path=/", "https://api.example.com/", True, id="the root for all"),
        ROW("a=1; Path=/x/", "https://api.example.com/x/y", True, id="a path with a slash"),
        ROW("a=1; Path=relative", "https://api.example.com/a/", True, id="no path"),
        ROW("a=1", "https://www.example.com/a/", False, id="another host"),
        ROW("a=1; Domain=example.com", "https://www.example.com/a/", True, id="host of the domain"),
        ROW("a=1; Domain=example.com", "https://badexample.com/a/", False, id="ends alike"),
        ROW("a=1", "http://api.example.com/a/", True, id="plain http"),
        ROW("a=1; Secure", "http://api.example.com/a/", False, id="Secure not over http"),
    ],
)
def test_cookie_goes_only_where_it_belongs(set_cookie, to, is_sent):
    assert sent(set_cookie, to) is is_sent


@pytest.mark.parametrize(
    ("attributes", "last", "is_session"),
    [
        ROW("Max-Age=60", 59, False, id="max-age"),
        ROW("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:05 GMT", 59, False, id="max-age first"),
        ROW("Expires=Thu, 01 Jan 1970 00:01:00 GMT", 59, False, id="expires"),
        ROW("", 10**9, True, id="session"),
        ROW("Max-Age=soon; Expires=later", 10**9, True, id="unreadable is a session"),
        ROW("Max-Age=--5", 10**9, True, id="two signs are unreadable"),
        ROW("Max-Age=\u0663", 10**9, True, id="digits that are not ASCII are unreadable"),
        ROW("Max-Age=" + "9" * 5000, 2**31 - 1, False, id="no longer than can be counted"),
        ROW(f"Expires=Wed, 21 Oct {'9' * 20} 07:28:00 GMT", 10**9, True, id="no such year"),
    ],
)
def test_cookie_ends_in_time(attributes, last, is_session):
    url = "https://api.example.com/a/"
    assert sent(f"a=1; {attributes}", url, now=last)
    assert sent(f"a=1; {attributes}", url, now=last + 1) is is_session


def test_cookie_of_the_past_deletes_the_one_of_its_name():
    jar = CookieJar()
    jar.store("a=1", URL, same_site=True, now=0)
    jar.store("a=; Max-Age=-1", URL, same_site=True, now=0)
    assert jar.header(URL, same_site=True, now=0) == ""


def test_longest_path_goes_first():
    jar = CookieJar()
    for set_cookie in ("a=1; Path=/", "b=2; Path=/a", "c=3; Path=/"):
        jar.store(set_cookie, URL, same_site=True, now=0)
    assert jar.header(URL, same_site=True, now=0) == "b=2; a=1; c=3"
