"""What Hypothesis draws from: origins as browsers write them, near misses, patterns, policies."""

from __future__ import annotations

import ipaddress

from hypothesis import assume
from hypothesis import strategies as st

from wsgicors import Policy

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}

schemes = st.sampled_from(["https", "http", "https", "http", "app-scheme", "ws", "a+b.c"])
labels = st.text("abz019-_", min_size=1, max_size=6) | st.just("a" * 63)
# The last label begins with a letter: a number there would make it an address.
names = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(labels, max_size=3),
    st.sampled_from(["com", "co", "example", "localhost", "x0"]),
)
ipv4 = st.ip_addresses(v=4).map(str)
ipv6 = (
    st.lists(st.sampled_from([0, 0, 0, 1, 0xFFFF, 0xABC]), min_size=8, max_size=8)
    | st.just([0, 0, 0, 0, 0, 0xFFFF, 0x102, 0x304])
).map(lambda pieces: f"[{serialized_ipv6(pieces)}]")
hosts = names | ipv4 | ipv6
ports = st.none() | st.integers(1, 65535)


def serialized_ipv6(pieces):
    """URL standard, "IPv6 serializer"; written out, to have an opinion beside the library's."""
    text = ":".join(f"{piece:x}" for piece in pieces)
    for length in range(8, 1, -1):
        for start in range(9 - length):
            if pieces[start : start + length] == [0] * length:
                before = ":".join(f"{piece:x}" for piece in pieces[:start])
                after = ":".join(f"{piece:x}" for piece in pieces[start + length :])
                return f"{before}::{after}"
    return text


def ipv6_pieces(text):
    number = int(ipaddress.IPv6Address(text))
    return [number >> shift & 0xFFFF for shift in range(112, -16, -16)]


def serialized(scheme, host, port):
    """HTML standard, "serialization of an origin"."""
    return f"{scheme}://{host}" + ("" if port in (None, DEFAULT_PORTS.get(scheme)) else f":{port}")


origins = st.builds(serialized, schemes, hosts, ports)


@st.composite
def near_origins(draw):
    """An origin after one or two strokes of a hostile pen."""
    text = draw(origins)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 2))
        new = draw(st.text("*.:/@?#\\%[]0aA -_\x00\n\t\x7fßK,", max_size=3))
        text = text[:place] + new + text[place + gone :]
    return text


texts = st.text(max_size=40) | st.text("htps:/.*[]0123abcxA-_@?#\\%, ", max_size=40)
anything = origins | near_origins() | texts


@st.composite
def patterns(draw):
    """An origin pattern, with an origin that it was written for."""
    scheme, port = draw(schemes), draw(ports)
    wildcard = draw(st.sampled_from(["none", "subdomains", "port", "both"]))
    host = draw(names if wildcard in ("subdomains", "both") else hosts)
    meant = host
    pattern_host = host
    if wildcard in ("subdomains", "both"):
        meant = f"{draw(st.lists(labels, min_size=1, max_size=3).map('.'.join))}.{host}"
        pattern_host = f"*.{host}"
    assume(len(meant) <= 253)
    pattern_port = "*" if wildcard in ("port", "both") else port
    return serialized(scheme, pattern_host, pattern_port), serialized(scheme, meant, port)


pattern_texts = patterns().map(lambda drawn: drawn[0])
methods = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "patch", "QUERY", "OPTIONS"]
)
header_names = st.sampled_from(
    ["X-A", "x-b", "Content-Type", "Authorization", "X_c", "!#$", "If-Match"]
)


def lists_of(items):
    return st.lists(items, max_size=3) | st.just("*")


FIELDS = {
    "allow_origins": lists_of(pattern_texts | st.just("null")),
    "allow_methods": lists_of(methods),
    "allow_headers": lists_of(header_names) | st.just(["*", "Authorization"]),
    "expose_headers": lists_of(header_names),
    "allow_credentials": st.booleans(),
    "max_age": st.integers(0, 86400),
    "refuse_denied": st.booleans(),
    "dangerously_allow_insecure_origins": st.booleans(),
    "dangerously_allow_public_suffixes": st.booleans(),
}
policies = st.fixed_dictionaries({}, optional=FIELDS).map(lambda fields: Policy(**fields))
