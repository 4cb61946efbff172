"""URLs taken apart as far as fetching needs it: origins, sites, and what crosses the wire."""

from __future__ import annotations

import pytest

from wsgicors.fetch import FIREFOX, WEBKIT, parse_url
from wsgicors.fetch.urls import is_same_site

ROW = pytest.param


@pytest.mark.parametrize(
    ("text", "wire", "origin"),
    [
        ROW("https://a.example", "https://a.example/", "https://a.example", id="no path"),
        ROW("HTTPS://A.Example/B", "https://a.example/B", "https://a.example", id="case"),
        ROW("https://a.example:443/", "https://a.example/", "https://a.example", id="own port"),
        ROW("http://a.example:443/", "http://a.example:443/", "http://a.example:443", id="port"),
        ROW("https://a.example/?q#f", "https://a.example/?q", "https://a.example", id="fragment"),
        ROW("https://u:p@a.example/", "https://a.example/", "https://a.example", id="credentials"),
        ROW("http://[::1]:80/x", "http://[::1]/x", "http://[::1]", id="IPv6 address"),
        ROW("http://[0:0::0:1]/", "http://[::1]/", "http://[::1]", id="long IPv6 address"),
        ROW(
            "http://[::ffff:1.2.3.4]/",
            "http://[::ffff:102:304]/",
            "http://[::ffff:102:304]",
            id="IPv4 address as one of IPv6",
        ),
        ROW("http://127.1:80/", "http://127.0.0.1/", "http://127.0.0.1", id="short IPv4 address"),
        ROW(
            "http://0x7f000001/", "http://127.0.0.1/", "http://127.0.0.1", id="hexadecimal address"
        ),
        ROW("http://1.example/", "http://1.example/", "http://1.example", id="name with a number"),
        ROW(
            "https://a.example/ä b", "https://a.example/%C3%A4%20b", "https://a.example", id="path"
        ),
        ROW("https://a.example/%20", "https://a.example/%20", "https://a.example", id="escaped"),
        ROW("ftp://a.example/", "ftp://a.example/", "null", id="another scheme"),
    ],
)
def test_url_is_serialized_as_browsers_do(text, wire, origin):
    url = parse_url(text)
    assert (str(url), url.origin) == (wire, origin)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ROW("b", "https://a.example/x/b", id="beside"),
        ROW("/b", "https://a.example/b", id="from the root"),
        ROW("?q", "https://a.example/x/y?q", id="query"),
        ROW("//b.example/c", "https://b.example/c", id="another host"),
        ROW("http://b.example", "http://b.example/", id="absolute"),
    ],
)
def test_relative_urls_are_joined_to_the_base(text, wire):
    assert str(parse_url(text, parse_url("https://a.example/x/y?z"))) == wire


@pytest.mark.parametrize(
    "text",
    [
        ROW("", id="empty"),
        ROW("/a", id="path"),
        ROW("//a.example", id="no scheme"),
        ROW("a.example", id="host"),
        ROW("https://", id="no host"),
        ROW("mailto:a@b.example", id="no authority"),
        ROW("https://ä.example", id="Unicode"),
        ROW("https://a.example:99999/", id="no port"),
    ],
)
def test_what_has_no_scheme_and_ascii_host_is_no_url(text):
    with pytest.raises(ValueError):
        parse_url(text)


@pytest.mark.parametrize(
    ("text", "is_trustworthy"),
    [
        ("https://a.example", True),
        ("http://a.example", False),
        ("http://localhost:8000", True),
        ("http://127.0.0.1", True),
        ("http://[::1]", True),
        ("http://localhost.example", False),
    ],
)
def test_https_and_loopback_are_potentially_trustworthy(text, is_trustworthy):
    assert parse_url(text).is_potentially_trustworthy is is_trustworthy


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ROW("https://a.example.com", "https://b.example.com", True, id="subdomains"),
        ROW("https://example.com", "https://example.com:8443", True, id="ports do not matter"),
        ROW("http://example.com", "https://example.com", False, id="schemes do"),
        ROW("https://a.co.uk", "https://b.co.uk", False, id="public suffix"),
        ROW("https://co.uk", "https://co.uk", True, id="public suffix with itself"),
        ROW("http://127.0.0.1:1", "http://127.0.0.1:2", True, id="one address"),
        ROW("http://10.0.0.1", "http://11.0.0.1", False, id="two addresses"),
        ROW("http://[::1]:1", "http://[::1]:2", True, id="one IPv6 address"),
        ROW("http://[::1]", "http://[::2]", False, id="two IPv6 addresses"),
        ROW("http://localhost:1", "http://localhost:2", True, id="localhost"),
        ROW("http://localhost", "http://127.0.0.1", False, id="a name and an address"),
        ROW("null", "null", False, id="null is of no site"),
    ],
)
def test_site_is_scheme_and_registered_name(one, other, same):
    assert is_same_site(one, other) is same
    assert is_same_site(other, one) is same


@pytest.mark.parametrize("engine", [FIREFOX, WEBKIT])
def test_schemes_do_not_matter_to_all_engines(engine):
    assert is_same_site("http://a.example.com", "https://b.example.com", engine)
    assert not is_same_site("http://example.com", "https://example.org", engine)
