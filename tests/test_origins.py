"""Origins and patterns: what is one, what it matches, and what to write where it is none."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from publicsuffixlist import PSLFILE
from strategies import (
    DEFAULT_PORTS,
    anything,
    ipv6_pieces,
    near_origins,
    origins,
    pattern_texts,
    patterns,
    serialized,
    serialized_ipv6,
    texts,
)

from wsgicors.diagnosis import OriginError, parse_pattern
from wsgicors.hosts import is_loopback
from wsgicors.origins import OriginSet, is_origin
from wsgicors.suffixes import is_registry, registrable_domain

ROW = pytest.param
NAME_PARTS = st.text("ab-", max_size=4)


# --- "*" where no pattern has it -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "write"),
    [
        ROW(
            "https://app.*.example.com",
            r"https://app\.[a-z0-9-]+\.example\.com",
            id="in the middle",
        ),
        ROW("https://*-*.example.com", r"https://[a-z0-9-]+-[a-z0-9-]+\.example\.com", id="two"),
        ROW("http://192.168.1.*:3000", r"http://192\.168\.1\.[0-9]{1,3}:3000", id="address"),
        ROW("http://localhost:80*", r"http://localhost:80[0-9]*", id="port in part"),
        ROW("https://example.*", r"https://example\.(?:com|org)", id="at the end"),
        ROW("https://pr-*.co.uk", r"https://pr-(?:one|two)\.co\.uk", id="below a registry"),
        ROW("https://*", "https://.+", id="every host"),
        ROW("https://*.*", r"https://example\.(?:com|org)", id="every name"),
    ],
)
def test_the_expression_that_says_it_is_written_out(text, write):
    with pytest.raises(OriginError) as caught:
        parse_pattern(text)
    assert caught.value.message.endswith(f're.compile(r"{write}")')
    re.compile(write)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ROW(
            "http*://example.com", ["https://example.com", "http://example.com"], id="either scheme"
        ),
        ROW("*://example.com:81", ["https://example.com:81", "http://example.com:81"], id="port"),
        ROW("http://localhost*", ["http://localhost:*"], id="any port"),
        ROW("https://**.a.example", ["https://*.a.example"], id="as in paths of files"),
        ROW("https://a-**.b.example", ["https://a-*.b.example"], id="as in paths, within a name"),
        ROW("https://a-**.b.example:81", ["https://a-*.b.example:81"], id="the same at a port"),
        ROW("https://a-**.b.example:*", ["https://a-*.b.example:*"], id="the same at any port"),
        ROW("app://*:*", ["app://*"], id="any port of any host of an application"),
        ROW("app://**", ["app://*"], id="any host of an application"),
    ],
)
def test_the_patterns_that_say_it_are_written_out(text, written):
    with pytest.raises(OriginError) as caught:
        parse_pattern(text)
    advice = caught.value.message.partition("; ")[2]
    assert re.findall(r"'(.*?)'", advice) == written


@given(anything, anything)
def test_no_advice_is_to_open_for_everybody(before, after):
    try:
        parse_pattern(f"{before}*{after}")
    except OriginError as error:
        assert 'allow_origins="*"' not in error.message


# --- patterns that are some ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ROW("https://example.com", ("https", "example.com", "", ""), id="exact"),
        ROW("http://localhost:5173", ("http", "localhost", "5173", ""), id="port"),
        ROW("http://localhost:*", ("http", "localhost", "*", ""), id="any port"),
        ROW("https://*.example.com", ("https", "example.com", "", "*"), id="subdomains"),
        ROW("https://*.example.com:*", ("https", "example.com", "*", "*"), id="both"),
        ROW("http://[::1]:8080", ("http", "[::1]", "8080", ""), id="IPv6"),
        ROW("http://[::1]:*", ("http", "[::1]", "*", ""), id="IPv6, any port"),
        ROW("http://127.0.0.1", ("http", "127.0.0.1", "", ""), id="IPv4"),
        ROW("app-scheme://localhost", ("app-scheme", "localhost", "", ""), id="custom scheme"),
        ROW("a1+b.c-d://x", ("a1+b.c-d", "x", "", ""), id="all that a scheme may hold"),
        ROW("https://xn--mnchen-3ya.de", ("https", "xn--mnchen-3ya.de", "", ""), id="Punycode"),
        ROW("https://a_b.example", ("https", "a_b.example", "", ""), id="underscore"),
        ROW("https://1.example", ("https", "1.example", "", ""), id="a number, but not last"),
        ROW(
            "http://example.com:443",
            ("http", "example.com", "443", ""),
            id="another scheme's port",
        ),
        ROW("x://a:80", ("x", "a", "80", ""), id="scheme without a default port"),
        ROW("x" * 508 + "://a", ("x" * 508, "a", "", ""), id="512 bytes"),
        ROW("https://pr-*.example.dev", ("https", "example.dev", "", "pr-*"), id="within a name"),
        ROW(
            "https://*-x.example.co.uk:*", ("https", "example.co.uk", "*", "*-x"), id="and any port"
        ),
        ROW(
            "https://deploy-preview-*--site.netlify.app",
            ("https", "netlify.app", "", "deploy-preview-*--site"),
            id="within a name, below a suffix of somebody's",
        ),
        ROW(
            f"https://{'a' * 62}*.example.dev",
            ("https", "example.dev", "", "a" * 62 + "*"),
            id="within a name, which is 63 long",
        ),
        ROW("http://pr-*.internal", ("http", "internal", "", "pr-*"), id="below an unlisted name"),
        ROW("app://.", ("app", ".", "", ""), id="Electron's host"),
        ROW("file://", ("file", "", "", ""), id="no host"),
        ROW(
            "chrome-extension://" + "a" * 32, ("chrome-extension", "a" * 32, "", ""), id="extension"
        ),
        ROW("x-app://ABC-1%20", ("x-app", "ABC-1%20", "", ""), id="opaque host"),
        ROW("moz-extension://*", ("moz-extension", "*", "", ""), id="any of a scheme"),
    ],
)
def test_a_pattern_is_taken_apart(text, parts):
    assert parse_pattern(text) == parts


# --- texts that are none -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason", "write"),
    [
        ROW("", "empty", None, id="nothing"),
        ROW("example.com", "no-scheme", "https://example.com", id="host alone"),
        ROW("localhost:3000", "no-scheme", "http://localhost:3000", id="loopback host alone"),
        ROW("[::1]:3000", "no-scheme", "http://[::1]:3000", id="loopback address alone"),
        ROW("*.example.com", "no-scheme", "https://*.example.com", id="wildcard alone"),
        ROW(".example.com", "no-scheme", "https://*.example.com", id="dot of cookies"),
        ROW(
            "https://.example.com",
            "malformed",
            "https://*.example.com",
            id="dot of cookies, scheme",
        ),
        ROW("https://Example.com", "upper-case", "https://example.com", id="upper case"),
        ROW("HTTPS://example.com", "upper-case", "https://example.com", id="scheme in upper case"),
        ROW("https://example.com/", "path", "https://example.com", id="slash"),
        ROW("https://example.com/app?x#y", "path", "https://example.com", id="path"),
        ROW("https://example.com?", "path", "https://example.com", id="query"),
        ROW("https://example.com#", "path", "https://example.com", id="fragment"),
        ROW("https://*.example.com/*", "path", "https://*.example.com", id="wildcard path"),
        ROW("https://example.com.", "trailing-dot", "https://example.com", id="dot at the end"),
        ROW(
            "https://example.com.:8443", "trailing-dot", "https://example.com:8443", id="dot, port"
        ),
        ROW("https://example.com:443", "default-port", "https://example.com", id="https's port"),
        ROW("http://example.com:80", "default-port", "http://example.com", id="http's port"),
        ROW("ws://example.com:80", "default-port", "ws://example.com", id="ws's port"),
        ROW("wss://example.com:443", "default-port", "wss://example.com", id="wss's port"),
        ROW("ftp://example.com:21", "default-port", "ftp://example.com", id="ftp's port"),
        ROW("https://example.com:0443", "port", "https://example.com", id="port with a zero"),
        ROW(
            "http://example.com:08080", "port", "http://example.com:8080", id="another with a zero"
        ),
        ROW("http://example.com:65536", "port", None, id="port too high"),
        ROW("http://example.com:http", "port", None, id="port by name"),
        ROW("http://example.com:8*", "wildcard", None, id="port half a wildcard"),
        ROW("http://example.com:", "port", None, id="colon alone"),
        ROW("https://me@example.com", "user-info", "https://example.com", id="user"),
        ROW(
            "https://me:secret@example.com:8443",
            "user-info",
            "https://example.com:8443",
            id="password",
        ),
        ROW("https//app.example", "no-scheme", "https://app.example", id="no colon"),
        ROW("https:/app.example", "no-scheme", "https://app.example", id="one slash"),
        ROW("https:///app.example", "no-scheme", "https://app.example", id="three slashes"),
        ROW("https:app.example", "no-scheme", "https://app.example", id="no slash"),
        ROW("http//localhost:5173", "no-scheme", "http://localhost:5173", id="no colon, a port"),
        ROW("https://a.example, https://b.example", "blank-or-control", None, id="two in one"),
        ROW("https://a.example,https://b.example", "blank-or-control", None, id="two, a comma"),
        ROW("https://a.example;https://b.example", "quoted", None, id="two, a semicolon"),
        ROW(
            "https\uff1a\uff0f\uff0fapp.example",
            "not-ascii",
            "https://app.example",
            id="full-width",
        ),
        ROW(
            "\u201chttps://app.example\u201d", "not-ascii", "https://app.example", id="curly quotes"
        ),
        ROW(
            "https://a.example\u3001https://b.example",
            "not-ascii",
            None,
            id="two, a full-width comma",
        ),
        ROW("https://münchen.example", "not-ascii", "https://xn--mnchen-3ya.example", id="Unicode"),
        ROW(
            "https://*.münchen.example",
            "not-ascii",
            "https://*.xn--mnchen-3ya.example",
            id="Unicode below",
        ),
        ROW(
            "https://\u212aelvin.example",
            "not-ascii",
            "https://kelvin.example",
            id="Unicode, like a K",
        ),
        ROW(
            "https://cla\u017fs.example",
            "not-ascii",
            "https://class.example",
            id="Unicode, like an s",
        ),
        ROW("http://[0:0::1]", "ip-address", "http://[::1]", id="IPv6 in long"),
        ROW("http://[::ABCD]", "upper-case", "http://[::abcd]", id="IPv6 in upper case"),
        ROW("http://[::ffff:1.2.3.4]", "ip-address", "http://[::ffff:102:304]", id="IPv4 in IPv6"),
        ROW("http://[::1", "ip-address", None, id="open bracket"),
        ROW("http://[fe80::1%25eth0]", "ip-address", None, id="IPv6 with a zone"),
        ROW("http://1.2.3", "ip-address", None, id="IPv4, three numbers"),
        ROW("http://1.2.3.04", "ip-address", None, id="IPv4, octal"),
        ROW("http://0x7f.1", "ip-address", None, id="IPv4, hexadecimal"),
        ROW("http://example.256", "ip-address", None, id="name that ends in a number"),
        ROW("http://*.2.3.4", "ip-address", None, id="subdomains of an address"),
        ROW("http://*.[::1]", "ip-address", None, id="subdomains of an IPv6 address"),
        ROW("https://*", "wildcard", None, id="every host"),
        ROW("https://*:*", "wildcard", None, id="every host and port"),
        ROW("app://*:80", "wildcard", "app://*", id="one port of any extension"),
        ROW("app://*:*", "wildcard", "app://*", id="any port of any extension"),
        ROW("https://a*.b*.example.com", "wildcard", None, id="two names"),
        ROW(
            "https://*example.com", "wildcard", "https://*.example.com", id="wildcard without a dot"
        ),
        ROW("https://pr-*.co.uk", "wildcard", None, id="half a name below a registry"),
        ROW("https://a*b*.example.com", "wildcard", None, id="two in a label"),
        ROW("https://a.*.example.com", "wildcard", None, id="wildcard in the middle"),
        ROW("https://*.*.example.com", "wildcard", "https://*.example.com", id="two wildcards"),
        ROW("https://example.*", "wildcard", None, id="wildcard at the end"),
        ROW("https://example.com*", "wildcard", "https://example.com:*", id="wildcard glued on"),
        ROW(r"https://.*\.example\.com", "regular-expression", None, id="regular expression"),
        ROW("^https://example.com$", "regular-expression", None, id="anchors"),
        ROW("https://(a|b).example.com", "regular-expression", None, id="alternatives"),
        ROW(
            "https://example.com ", "blank-or-control", "https://example.com", id="blank at the end"
        ),
        ROW("https://exa mple.com", "blank-or-control", None, id="blank inside"),
        ROW("https://example.com\n", "blank-or-control", "https://example.com", id="line end"),
        ROW("https://example.com\x00", "blank-or-control", None, id="zero byte"),
        ROW("https://a..example.com", "malformed", None, id="empty label"),
        ROW("https://a..example.com:8443", "malformed", None, id="empty label, and a port"),
        ROW("https://" + "a" * 64 + ".example", "malformed", None, id="label of 64"),
        ROW("https://" + "a." * 126 + "ab", "malformed", None, id="host of 254"),
        ROW(f"https://{'a' * 63}*.example.dev", "wildcard", None, id="wildcard in a name of 64"),
        ROW("https://", "malformed", None, id="no host"),
        ROW("1http://example.com", "malformed", None, id="scheme that begins with a digit"),
        ROW("https://ex%61mple.com", "malformed", None, id="percent encoding"),
        ROW("Null", "no-scheme", "null", id="null in mixed case"),
        ROW("'https://example.com'", "quoted", "https://example.com", id="quotes"),
        ROW('"https://*.example.com"', "quoted", "https://*.example.com", id="double quotes"),
        ROW('["https://example.com"', "quoted", "https://example.com", id="JSON, first item"),
        ROW('"https://example.com"]', "quoted", "https://example.com", id="JSON, last item"),
        ROW("[https://example.com", "quoted", "https://example.com", id="brackets, first item"),
        ROW("https://example.com]", "quoted", "https://example.com", id="brackets, last item"),
        ROW("https://example.com;", "quoted", "https://example.com", id="semicolon"),
        ROW("'http://[::1]:80'", "quoted", "http://[::1]", id="address in quotes"),
        ROW("'null'", "quoted", "null", id="null in quotes"),
        ROW('"', "quoted", None, id="a quote alone"),
        ROW("null ", "blank-or-control", "null", id="null and a blank"),
        ROW(
            "x" * 509 + "://a",
            "too-long",
            None,
            id="more than 512 bytes, which are never looked at",
        ),
    ],
)
def test_what_is_no_pattern_is_refused_with_what_to_write(text, reason, write):
    with pytest.raises(OriginError) as caught:
        parse_pattern(text)
    assert caught.value.reason == reason
    assert re.findall(r"; write '(.*)'$", caught.value.message) == ([write] if write else [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ROW(
            r"https://.*\.example\.com",
            "looks like a regular expression: compile it with re.compile(); it must match in full",
            id="regular expression: compile it",
        ),
        ROW("x" * 509 + "://a", "is longer than 512 bytes", id="too long: the bound"),
    ],
)
def test_where_nothing_can_be_proposed_the_rule_is_told(text, message):
    with pytest.raises(OriginError) as caught:
        parse_pattern(text)
    assert caught.value.message == str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        ROW("https://bank.example\\@evil.example", id="backslash, which ends a host"),
        ROW("https://bank.example?@evil.example", id="question mark"),
        ROW("https://bank.example#@evil.example", id="number sign"),
        ROW("https://bank.example\\.evil.example", id="backslash and dot"),
    ],
)
def test_what_to_write_never_names_another_host_than_a_browser_would_go_to(text):
    with pytest.raises(OriginError) as caught:
        parse_pattern(text)
    assert "evil" not in caught.value.message


WITHOUT_IDNA = """
import sys
sys.modules["idna"] = None
from wsgicors.diagnosis import OriginError, parse_pattern
try:
    parse_pattern(sys.argv[1])
except OriginError as error:
    print(error.message)
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ROW(
            "https://m\xfcnchen.example",
            "is not ASCII: browsers send such a host in Punycode; write 'https://xn--mnchen-3ya.example'",
            id="the same in every edition of the standard: shown",
        ),
        ROW(
            "https://stra\xdfe.example",
            "is not ASCII: browsers send such a host in Punycode"
            ' (pip install "wsgicors[idna]>=1.0" to have it shown here)',
            id="another name in the old edition: not guessed",
        ),
    ],
)
def test_without_idna_punycode_is_shown_where_it_is_certain(text, message):
    command = [sys.executable, "-X", "utf8", "-c", WITHOUT_IDNA, text]
    assert subprocess.check_output(command, encoding="utf-8").strip() == message


def test_with_idna_the_current_edition_is_shown():
    pytest.importorskip("idna")
    with pytest.raises(OriginError, match=r"write 'https://xn--strae-oqa\.example'"):
        parse_pattern("https://stra\xdfe.example")


# --- origins -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        ROW("https://example.com", id="https"),
        ROW("http://localhost:5173", id="port"),
        ROW("http://[::1]:8080", id="IPv6"),
        ROW("http://[2001:db8::1:0:0:1]", id="IPv6, the first of two gaps closed"),
        ROW("http://[::ffff:102:304]", id="IPv4 in IPv6"),
        ROW("http://[1:0:2:3:4:5:6:7]", id="IPv6, a single zero written out"),
        ROW("app-scheme://localhost", id="custom scheme"),
        ROW("https://" + "a." * 125 + "abc", id="host of 253"),
        ROW("x" * 508 + "://a", id="512 bytes"),
    ],
)
def test_is_an_origin(text):
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        ROW("", id="nothing"),
        ROW("null", id="null"),
        ROW("*", id="wildcard"),
        ROW("https://*.example.com", id="pattern"),
        ROW("http://localhost:*", id="pattern of ports"),
        ROW("https://a.example https://b.example", id="list"),
        ROW("https://a.example, https://b.example", id="list of Fetch's ABNF"),
        ROW("https://Example.com", id="mixed case"),
        ROW("https://example.com/", id="slash"),
        ROW("https://example.com.", id="trailing dot"),
        ROW("https://me@example.com", id="user info"),
        ROW("https://example.com:443", id="default port"),
        ROW("https://example.com:", id="empty port"),
        ROW("https://example.com:0", id="port 0"),
        ROW("https://example.com:65536", id="port too high"),
        ROW("https://example.com:٣", id="port in other digits"),
        ROW("https://example.com\n", id="line end"),
        ROW("https://example.com\x00", id="zero byte"),
        ROW("https://exämple.com", id="Unicode"),
        ROW("https://example.com`.evil.example", id="character that browsers once let through"),
        ROW("https://example.com}.evil.example", id="another one"),
        ROW("http://2130706433", id="IPv4 as one number"),
        ROW("http://127.0.0.1.", id="IPv4 with a dot"),
        ROW("http://[::1%eth0]", id="IPv6 with a zone"),
        ROW("http://[::1.2.3.4]", id="IPv6 with a dotted end"),
        ROW("http://[2001:db8::]]", id="two brackets"),
        ROW("//example.com", id="no scheme"),
        ROW("https:example.com", id="no slashes"),
        ROW("x" * 509 + "://a", id="513 bytes"),
        ROW("https://" + "a" * (1 << 20), id="one MiB"),
    ],
)
def test_is_no_origin(text):
    assert not is_origin(text)


def browser_would_write(text):
    """Another opinion: whether it is the same once parsed as a URL and serialized anew.

    Names the library leaves out on purpose (`!`, `}`, port 0, ...) are left out here too.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if host.startswith("[") or ":" in host:
        host = _ipv6_as_browsers_write_it(host)
    elif not _is_name(host) and not _is_ipv4(host):
        return False
    scheme_is_one = re.match(r"[a-z][a-z0-9+.-]*\Z", parts.scheme)
    within_bounds = len(text) <= 512 and port != 0
    same = text == serialized(parts.scheme, host, port)
    return bool(scheme_is_one and within_bounds and same)


def _ipv6_as_browsers_write_it(host):
    try:
        return f"[{serialized_ipv6(ipv6_pieces(host))}]"
    except ValueError:
        return ""


def _is_ipv4(host):
    numbers = host.split(".")
    return len(numbers) == 4 and all(
        n.isdecimal() and str(int(n)) == n and int(n) < 256 for n in numbers
    )


def _is_name(host):
    labels = host.split(".")
    characters = set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    last_is_number = labels[-1].isdecimal() or re.match(r"0x[0-9a-f]*\Z", labels[-1])
    return (
        all(1 <= len(label) <= 63 and characters.issuperset(label) for label in labels)
        and len(host) <= 253
        and not last_is_number
    )


@settings(max_examples=300)
@given(anything)
@example("https://a.0x")
@example("https://a.0xg")
@example("https://a.08")
@example("http://[::ffff:0:0]")
@example("1a://b")
def test_an_independent_url_parser_agrees_on_what_an_origin_is(text):
    if text.partition("://")[0] in DEFAULT_PORTS:
        assert is_origin(text) == browser_would_write(text)
    else:
        # An application writes its host as it likes.
        assert is_origin(text) or not browser_would_write(text)


@given(origins)
def test_what_a_browser_serializes_is_an_origin(origin):
    assert is_origin(origin)


# --- sets of patterns: within a name, of applications ---------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "origin", "is_in"),
    [
        ROW("https://pr-*.example.dev", "https://pr-7.example.dev", True, id="one character"),
        ROW("https://pr-*.example.dev", "https://pr-a-7.example.dev", True, id="some"),
        ROW("https://pr-*.example.dev", "https://pr-.example.dev", False, id="none"),
        ROW("https://pr-*.example.dev", "https://pr-a.b.example.dev", False, id="two names"),
        ROW("https://pr-*.example.dev", "https://xpr-a.example.dev", False, id="another begin"),
        ROW("https://pr-*.example.dev", "https://pr-a_b.example.dev", False, id="underscore"),
        ROW("https://pr-*.example.dev", "https://pr-A.example.dev", False, id="upper case"),
        ROW("https://pr-*.example.dev", "https://pr-*.example.dev", False, id="the pattern itself"),
        ROW("https://pr-*.example.dev", "https://pr-a.example.dev:8443", False, id="a port"),
        ROW("https://pr-*.example.dev", "http://pr-a.example.dev", False, id="another scheme"),
        ROW(
            "https://pr-*.example.dev", "https://pr-a.example.dev.evil.net", False, id="more behind"
        ),
        ROW("https://pr-*.example.dev", f"https://pr-{'a' * 60}.example.dev", True, id="63 long"),
        ROW("https://pr-*.example.dev", f"https://pr-{'a' * 61}.example.dev", False, id="64 long"),
        ROW("https://a-*-b.x.example", "https://a-1-b.x.example", True, id="in the middle"),
        ROW("https://a-*-b.x.example", "https://a-b.x.example", False, id="begin and end overlap"),
        ROW("https://a-*-b.x.example", "https://a--b.x.example", False, id="nothing between"),
        ROW("https://*-b.x.example:*", "https://a-b.x.example:81", True, id="and any port"),
        ROW("https://*-b.x.example:*", "https://a-b.x.example", True, id="the default one too"),
        ROW(
            "https://*-b.x.example:*",
            "https://a-b.x.example:0",
            False,
            id="but no port that is none",
        ),
        ROW("moz-extension://*", "moz-extension://0123-abcd", True, id="any extension"),
        ROW("moz-extension://*", "moz-extension://", True, id="without a host, too"),
        ROW("moz-extension://*", "moz-extension://a/b", False, id="but no path"),
        ROW("moz-extension://*", "chrome-extension://a", False, id="another scheme of extensions"),
        ROW("moz-extension://*", "https://moz-extension", False, id="a scheme of the network"),
        ROW("app://localhost:*", "app://localhost:81", True, id="any port of an application"),
        ROW("https://*.x.example:*", f"https://{'a.' * 122}x.example", True, id="253 characters"),
        ROW("https://*.x.example:*", f"https://{'a.' * 123}x.example", False, id="more of them"),
        ROW("https://*.x.example:*", f"https://{'a.' * 123}x.example:81", False, id="and a port"),
        ROW("https://*.x.example", f"https://{'a.' * 123}x.example", False, id="more, no port"),
    ],
)
def test_what_a_pattern_covers(pattern, origin, is_in):
    assert (origin in OriginSet([pattern])) is is_in
    assert (origin in OriginSet([pattern, "https://other-*-x.example.dev"])) is is_in


@given(st.lists(st.tuples(NAME_PARTS, NAME_PARTS), max_size=6), NAME_PARTS)
def test_names_are_covered_as_an_expression_says(parts, label):
    patterns = [f"https://{before}*{after}.x.example" for before, after in parts if before or after]
    says = any(
        re.fullmatch(re.escape(before) + "[a-z0-9-]+" + re.escape(after), label)
        for before, after in parts
        if before or after
    )
    assert (f"https://{label}.x.example" in OriginSet(patterns)) is says


# --- sets of patterns ----------------------------------------------------------------------------

EVERYTHING = [
    "https://app.example.com",
    "https://*.example.com",
    "http://localhost:*",
    "http://*.localhost:*",
    "https://*.example.net:8443",
    "http://[::1]:*",
    "http://127.0.0.1:5000",
    "app-scheme://localhost",
    "null",
]


@pytest.mark.parametrize(
    "origin",
    [
        ROW("https://app.example.com", id="listed"),
        ROW("https://a.example.com", id="one label"),
        ROW("https://a.b.c.d.example.com", id="several labels"),
        ROW("http://localhost", id="any port: the default one"),
        ROW("http://localhost:1", id="any port: the lowest"),
        ROW("http://localhost:65535", id="any port: the highest"),
        ROW("http://a.b.localhost:3000", id="both wildcards"),
        ROW("http://a.localhost", id="both wildcards, default port"),
        ROW("https://a.example.net:8443", id="subdomains at a port"),
        ROW("http://[::1]:8080", id="IPv6, any port"),
        ROW("http://[::1]", id="IPv6, default port"),
        ROW("http://127.0.0.1:5000", id="IPv4"),
        ROW("https://" + "a." * 120 + "a.example.com", id="host of 253"),
        ROW("http://" + "a." * 122 + "localhost:3000", id="any port: host of 253"),
        ROW("app-scheme://localhost", id="custom scheme"),
        ROW("null", id="null, listed by name"),
    ],
)
def test_is_in_the_set(origin):
    assert origin in OriginSet(EVERYTHING)


@pytest.mark.parametrize(
    "origin",
    [
        ROW("https://example.com", id="the wildcard's parent itself"),
        ROW("http://a.example.com", id="another scheme"),
        ROW("https://a.example.com:8443", id="another port"),
        ROW("https://aexample.com", id="no dot before the parent"),
        ROW("https://a.example.com.evil.example", id="parent in the middle"),
        ROW("https://evil.example/.example.com", id="parent in a path"),
        ROW("https://evil.example#.example.com", id="parent in a fragment"),
        ROW("https://evil.example\\.example.com", id="parent after a backslash"),
        ROW("https://me@a.example.com", id="user info"),
        ROW("https://.example.com", id="empty label"),
        ROW("https://a..example.com", id="empty label inside"),
        ROW("https://*.example.com", id="the pattern itself"),
        ROW("http://localhost:*", id="the other pattern itself"),
        ROW("https://A.example.com", id="upper case"),
        ROW("https://a.example.com.", id="dot at the end"),
        ROW("http://localhost:0", id="port 0"),
        ROW("http://localhost:65536", id="port too high"),
        ROW("http://localhost:08", id="port with a zero"),
        ROW("http://localhost:80", id="default port written out"),
        ROW("http://localhost:1:2", id="two ports"),
        ROW("http://localhost.evil.example:80", id="longer host"),
        ROW("http://[::1]evil.example", id="behind a bracket"),
        ROW("http://[::1]:", id="behind a bracket, empty port"),
        ROW("http://[::2]:8080", id="another address"),
        ROW("http://127.0.0.1", id="listed address at another port"),
        ROW("https://" + "a" * 64 + ".example.com", id="label of 64"),
        ROW("https:// .example.com", id="blank label"),
        ROW("https://\t.example.com", id="label that is a control character"),
        ROW("https://" + "a." * 120 + "ab.example.com", id="host of 254"),
        ROW("http://" + "a." * 121 + "ab.localhost", id="any port: host of 254"),
        ROW("http://" + "a." * 121 + "ab.localhost:3000", id="any port written: host of 254"),
        ROW("https://" + "a." * 250 + "example.com", id="over 512 bytes"),
        ROW("NULL", id="null in upper case"),
        ROW("https://app.example.com https://a.example.com", id="two of them"),
        ROW("https://a.example.com\r\nX: y", id="line end"),
        ROW("https://ä.example.com", id="Unicode label"),
        ROW("", id="nothing"),
    ],
)
def test_is_not_in_the_set(origin):
    assert origin not in OriginSet(EVERYTHING)


@pytest.mark.parametrize(("length", "is_in"), [(512, True), (513, False)])
def test_an_origin_of_a_set_has_at_most_512_bytes(length, is_in):
    # The pattern itself may have 512: what its "*" stands for makes the origin longer.
    scheme = "x" * (506 - len("://.b"))
    subdomain = "a" * (length - 506)
    assert (f"{scheme}://{subdomain}.b" in OriginSet([f"{scheme}://*.b"])) is is_in


@pytest.mark.parametrize(
    ("patterns", "is_true"),
    [ROW([], False, id="empty"), ROW(["https://a.example"], True, id="filled")],
)
def test_a_set_is_true_unless_it_is_empty(patterns, is_true):
    assert bool(OriginSet(patterns)) is is_true


def matches_by_itself(pattern, origin):
    """Another opinion: each pattern as the regular expression that one would write by hand."""
    scheme, _, host = pattern.partition("://")
    any_port = r"(:\d+)?" if host.endswith(":*") else ""
    host = host[:-2] if any_port else host
    below = r"([a-z0-9_-]+\.)+" if host.startswith("*.") else ""
    host = host[2:] if below else host
    return bool(
        re.fullmatch(re.escape(f"{scheme}://") + below + re.escape(host) + any_port, origin)
    )


@given(st.lists(patterns(), min_size=1, max_size=5), st.data())
def test_a_set_matches_what_one_of_its_patterns_matches_alone(drawn, data):
    known = [pattern for pattern, _ in drawn]
    meant = [origin for _, origin in drawn]
    # Each origin beside those of the patterns: with a pattern's parts, but at another place.
    mixed = st.builds(_recombined, st.sampled_from(meant), st.sampled_from(meant))
    origin = data.draw(st.sampled_from(meant) | mixed | origins)
    expected = is_origin(origin) and any(matches_by_itself(pattern, origin) for pattern in known)
    assert (origin in OriginSet(known)) == expected


def _recombined(one, other):
    return f"{one.partition('://')[0]}://{other.partition('://')[2]}"


@given(patterns())
def test_a_pattern_matches_the_origin_it_was_written_for(drawn):
    pattern, origin = drawn
    assert origin in OriginSet([pattern])


@settings(max_examples=200)
@given(st.lists(pattern_texts, max_size=5), near_origins() | texts)
def test_no_set_holds_a_text_that_no_browser_would_write(known, text):
    if not browser_would_write(text):
        assert text not in OriginSet(known)


@settings(max_examples=300)
@given(anything)
@example("https://Example.COM:0443/*")
@example("https://[::FFFF:1.2.3.4]:80")
@example("*://_")
def test_what_is_proposed_in_an_error_is_itself_right(text):
    try:
        parse_pattern(text)
    except OriginError as error:
        _, _, advice = error.message.partition("; write '")
        for proposal in re.findall(r"(?:^|')([^' ]+)'", advice):
            assert proposal == "null" or parse_pattern(proposal)
        assert error.message.isascii()
        assert error.message.isprintable()


# --- hosts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        ROW("localhost", True, id="localhost"),
        ROW("app.localhost", True, id="below localhost"),
        ROW("127.0.0.1", True, id="the usual address"),
        ROW("127.255.0.9", True, id="another loopback address"),
        ROW("[::1]", True, id="IPv6"),
        ROW("[::]", False, id="any address"),
        ROW("0.0.0.0", False, id="any address, IPv4"),
        ROW("notlocalhost", False, id="name that ends alike"),
        ROW("localhost.evil.example", False, id="localhost as a label"),
        ROW("127.0.0.1.evil.example", False, id="loopback address as labels"),
        ROW("127.evil.example", False, id="127 as a label"),
        ROW("128.0.0.1", False, id="next network"),
    ],
)
def test_loopback(host, is_this_machine):
    assert is_loopback(host) is is_this_machine


@pytest.mark.parametrize(
    ("pattern", "is_secure", "covers_strangers"),
    [
        ROW("https://app.example.com", True, False, id="https"),
        ROW("http://app.example.com", False, False, id="http"),
        ROW("app-scheme://example.com", True, False, id="application"),
        ROW("http://localhost:*", True, False, id="loopback"),
        ROW("http://*.localhost", True, False, id="below localhost"),
        ROW("https://*.example.com", True, False, id="below a registered name"),
        ROW("https://*.com", True, True, id="top level"),
        ROW("https://*.co.uk", True, True, id="second level"),
        ROW("https://*.github.io", True, True, id="hosting service"),
        ROW("https://*.xn--p1ai", True, True, id="internationalised top level"),
        ROW("https://*.amazonaws.com", True, True, id="parent of a public suffix"),
        ROW("https://*.compute.amazonaws.com", True, True, id="public suffix by wildcard rule"),
        ROW("https://*.kawasaki.jp", True, True, id="parent of a wildcard rule"),
        ROW("https://*.city.kawasaki.jp", True, False, id="exception to a wildcard rule"),
        ROW("https://*.corp", True, True, id="one label that nobody knows"),
        ROW("https://com", True, False, id="public suffix, but no wildcard"),
        ROW("http://*.github.io:*", False, True, id="neither secure nor one's own"),
    ],
)
def test_guards_of_credentials(pattern, is_secure, covers_strangers):
    parsed = parse_pattern(pattern)
    assert (parsed.is_secure, parsed.covers_strangers) == (is_secure, covers_strangers)


def test_names_below_the_parent_of_a_wildcard_rule_are_strangers():
    """Releases of the library differ on ``*.compute.amazonaws.com`` and its like."""
    rules = Path(PSLFILE).read_text("utf-8").splitlines()
    parents = [rule[2:].encode("idna").decode() for rule in rules if rule.startswith("*.")]
    assert parents
    assert [parent for parent in parents if not is_registry(parent)] == []


def test_a_registry_is_known_by_its_punycode():
    assert is_registry("xn--55qx5d.cn")
    assert not is_registry("example.xn--55qx5d.cn")


@pytest.mark.parametrize(
    ("host", "registered"),
    [
        ROW("example.com", "example.com", id="registered name"),
        ROW("a.b.example.co.uk", "example.co.uk", id="below one"),
        ROW("me.github.io", "me.github.io", id="customer of a hosting service"),
        ROW("co.uk", None, id="public suffix"),
        ROW("localhost", None, id="one label"),
        ROW("127.0.0.1", None, id="IPv4"),
        ROW("[::1]", None, id="IPv6"),
    ],
)
def test_registrable_domain(host, registered):
    assert registrable_domain(host) == registered


@pytest.mark.parametrize("scheme", DEFAULT_PORTS)
def test_the_default_port_of_a_scheme_is_never_written(scheme):
    assert is_origin(f"{scheme}://example.com")
    assert not is_origin(f"{scheme}://example.com:{DEFAULT_PORTS[scheme]}")


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_is_an_origin_in_one_form_alone(address):
    in_long = str(ipaddress.IPv6Address(int(address)).exploded)
    shortest = serialized_ipv6(ipv6_pieces(in_long))
    assert is_origin(f"http://[{shortest}]")
    assert is_origin(f"http://[{in_long}]") == (in_long == shortest)
