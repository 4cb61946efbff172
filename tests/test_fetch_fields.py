"""Each rule of the Fetch standard about methods and header fields, a row for each of its turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgicors.fetch import fields

ROW = pytest.param


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ROW("get", "GET", id="get"),
        ROW("Delete", "DELETE", id="delete"),
        ROW("head", "HEAD", id="head"),
        ROW("options", "OPTIONS", id="options"),
        ROW("post", "POST", id="post"),
        ROW("put", "PUT", id="put"),
        ROW("patch", "patch", id="patch is left alone"),
        ROW("Purge", "Purge", id="an unknown method is left alone"),
    ],
)
def test_only_six_methods_are_put_in_upper_case(written, sent):
    assert fields.normalize_method(written) == sent


@pytest.mark.parametrize(
    ("method", "is_forbidden"),
    [("TRACE", True), ("trace", True), ("Track", True), ("connect", True), ("PATCH", False)],
)
def test_forbidden_methods_are_forbidden_in_any_case(method, is_forbidden):
    assert fields.is_forbidden_method(method) is is_forbidden


@pytest.mark.parametrize(
    ("name", "value", "is_forbidden"),
    [
        ROW("Cookie", "a=b", True, id="on the list"),
        ROW("oRiGiN", "https://a.example", True, id="in any case"),
        ROW("Sec-Anything", "", True, id="prefix sec-"),
        ROW("Proxy-Authorization", "x", True, id="prefix proxy-"),
        ROW("Section", "", False, id="begins like the prefix"),
        ROW("Authorization", "x", False, id="authorization may be set"),
        ROW("User-Agent", "x", False, id="user-agent may be set"),
        ROW("X-HTTP-Method", "TRACE", True, id="method override to a forbidden method"),
        ROW("X-Method-Override", "track", True, id="method override in any case"),
        ROW("X-HTTP-Method-Override", "PUT , connect", True, id="method override among others"),
        ROW("X-HTTP-Method-Override", "PUT", False, id="method override to another method"),
        ROW("X-HTTP-Method-Override", "TRACER", False, id="method override that only begins so"),
        ROW("X-Something", "TRACE", False, id="a forbidden method elsewhere"),
    ],
)
def test_forbidden_request_headers(name, value, is_forbidden):
    assert fields.is_forbidden_request_header(name, value) is is_forbidden


@pytest.mark.parametrize(
    ("name", "value", "is_safe"),
    [
        ROW("Accept", "text/html;q=0.9, */*", True, id="accept"),
        ROW("ACCEPT", "*/*", True, id="in any case"),
        ROW("Accept", "a\tb", True, id="accept with a tab"),
        ROW("Accept", "a\x01", False, id="accept with a control byte"),
        ROW("Accept", "a\x7f", False, id="accept with DEL"),
        *(ROW("Accept", f"a{char}", False, id=f"accept with {char}") for char in '"():<>?@[\\]{}'),
        ROW("Accept", "a/é", True, id="accept with a byte beyond ASCII"),
        ROW("Accept", "a" * 128, True, id="128 bytes"),
        ROW("Accept", "a" * 129, False, id="129 bytes"),
        ROW("Accept-Language", "de-AT, en;q=0.5 *", True, id="accept-language"),
        ROW("Accept-Language", "de_AT", False, id="accept-language with an underscore"),
        ROW("Accept-Language", "dé", False, id="accept-language beyond ASCII"),
        ROW("Content-Language", "en", True, id="content-language"),
        ROW("Content-Language", "en/GB", False, id="content-language with a slash"),
        ROW("Content-Type", "text/plain", True, id="text/plain"),
        ROW("Content-Type", " Text/Plain ;charset=utf-8", True, id="parameters and case"),
        ROW("Content-Type", "application/x-www-form-urlencoded", True, id="form"),
        ROW("Content-Type", "multipart/form-data; boundary=x", True, id="multipart"),
        ROW("Content-Type", 'multipart/form-data; boundary="x"', False, id="unsafe byte"),
        ROW("Content-Type", "application/json", False, id="json"),
        ROW("Content-Type", "text/plain, application/json", False, id="two types"),
        ROW("Content-Type", "text /plain", False, id="no MIME type"),
        ROW("Content-Type", "", False, id="empty content-type"),
        ROW("Range", "bytes=0-499", True, id="range"),
        ROW("Range", "bytes=7-7", True, id="range of one byte"),
        ROW("Range", "bytes=500-", True, id="range without an end"),
        ROW("Range", "bytes=-500", False, id="range without a start"),
        ROW("Range", "bytes=5-4", False, id="range that ends before it starts"),
        ROW("Range", "bytes=0-1,3-4", False, id="two ranges"),
        ROW("Range", "bytes = 0-1", False, id="range with blanks"),
        ROW("Range", "items=0-1", False, id="another unit"),
        ROW("X-Requested-With", "", False, id="any other header"),
        ROW("Authorization", "", False, id="authorization"),
        ROW("DPR", "2", False, id="client hints are no longer on the list"),
    ],
)
def test_safelisted_request_headers(name, value, is_safe):
    assert fields.is_cors_safelisted_request_header(name, value) is is_safe


@pytest.mark.parametrize(
    ("name", "value", "is_safe"),
    [
        ROW("accept", "*/*", True, id="accept"),
        ROW("Accept-Language", "de", True, id="accept-language"),
        ROW("Content-Language", "de", True, id="content-language"),
        ROW("Content-Type", "text/plain", True, id="content-type"),
        ROW("Content-Type", "application/json", False, id="another content-type"),
        ROW("Range", "bytes=0-1", False, id="range is only for CORS"),
        ROW("X-A", "1", False, id="any other header"),
    ],
)
def test_safelist_without_cors_is_shorter(name, value, is_safe):
    assert fields.is_no_cors_safelisted_request_header(name, value) is is_safe


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ROW((), (), id="none"),
        ROW((("Accept", "*/*"),), (), id="safelisted only"),
        ROW((("X-B", ""), ("X-a", ""), ("Accept", "x")), ("x-a", "x-b"), id="sorted, lower case"),
        ROW((("X-A", "1"), ("x-a", "2")), ("x-a",), id="each once"),
        ROW(
            (("Content-Type", "application/json"), ("Authorization", "x")),
            ("authorization", "content-type"),
            id="content-type by its value",
        ),
        ROW((("Accept", "a" * 128),) * 8, (), id="1024 bytes of safe values"),
        ROW(
            (*(("Accept", "a" * 128),) * 8, ("Content-Language", "e")),
            ("accept", "content-language"),
            id="1025 bytes of safe values",
        ),
    ],
)
def test_names_that_need_a_preflight(headers, names):
    assert fields.cors_unsafe_request_header_names(headers) == names


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Accept", "content-type", "Content-Type", "Range", "X-a", "x-A", "B"]),
        st.sampled_from(["", "text/plain", "application/json", "bytes=0-1", "a" * 120, "a" * 129]),
    ),
    max_size=12,
).map(tuple)


@given(HEADERS)
def test_no_unsafe_header_escapes_the_preflight(headers):
    names = fields.cors_unsafe_request_header_names(headers)
    assert list(names) == sorted({name.lower() for name in names})
    for name, value in headers:
        assert name.lower() in names or fields.is_cors_safelisted_request_header(name, value)


@given(HEADERS)
def test_safe_headers_of_moderate_size_need_no_preflight(headers):
    safe = tuple(header for header in headers if fields.is_cors_safelisted_request_header(*header))
    is_moderate = sum(len(value) for _, value in safe) <= 1024
    assert (fields.cors_unsafe_request_header_names(safe) == ()) is (is_moderate or not safe)


@pytest.mark.parametrize(
    ("headers", "items"),
    [
        ROW((), None, id="not there"),
        ROW((("A", ""),), (), id="empty"),
        ROW((("A", "x, y"),), ("x", "y"), id="a list"),
        ROW((("A", "x,,\ty , "),), ("x", "y"), id="empty items and tabs"),
        ROW((("a", "x"), ("B", "z"), ("A", "y")), ("x", "y"), id="in several headers"),
    ],
)
def test_lists_of_names_are_taken_apart(headers, items):
    assert fields.extract_list(headers, "A") == items


@pytest.mark.parametrize("value", ["x y", "x;y", "x, (y)", '"x"', "x, é"])
def test_list_with_an_item_that_is_no_token_fails_as_a_whole(value):
    with pytest.raises(fields.MalformedField) as caught:
        fields.extract_list((("A", value),), "A")
    assert (caught.value.name, caught.value.value) == ("A", value)


def test_several_headers_of_a_name_are_one_value():
    headers = (("Vary", "Origin"), ("Age", "1"), ("vary", "Cookie"))
    assert fields.get(headers, "VARY") == "Origin, Cookie"
    assert fields.get(headers, "Via") is None


@pytest.mark.parametrize(
    ("text", "is_value"),
    [("", True), ("a\tb é", True), ("a\0", False), ("a\nb", False), ("a\r", False), ("€", False)],
)
def test_header_values_are_bytes_without_line_ends(text, is_value):
    assert fields.is_header_value(text) is is_value


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ROW("0", 0, id="zero"),
        ROW("00600", 600, id="leading zeros"),
        ROW("2147483647", 2**31 - 1, id="the largest that is counted"),
        ROW("2147483649", 2**31, id="one that is too large"),
        ROW("9" * 5000, 2**31, id="one that Python does not read"),
        ROW("0" * 5000, 0, id="long, but zero"),
        ROW("", None, id="empty"),
        ROW("-1", None, id="negative"),
        ROW("1.5", None, id="fraction"),
        ROW("\u0663", None, id="digit that is not ASCII"),
        ROW("600\n", None, id="line end"),
    ],
)
def test_seconds_are_digits_and_no_more_than_can_be_counted(value, seconds):
    assert fields.delta_seconds(value) == seconds
