"""The methods, header names and lines that the Fetch standard and HTTP single out; decides nothing."""

from __future__ import annotations

import re

#: No method is longer. What a client says beyond that is not looked at.
MAX_METHOD_LENGTH = 64
#: Fetch standard, "CORS-safelisted method": sent across origins whatever a preflight says.
SAFELISTED_METHODS = ("GET", "HEAD", "POST")
#: Fetch standard, "normalize a method": browsers send these in upper case.
NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
#: RFC 9110, section 9.2.1: they ask for nothing to be done.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: The methods that the views of one URL can be expected to have.
USUAL_METHODS = frozenset({*NORMALIZED_METHODS, "PATCH"})
#: Fetch standard, "forbidden method".
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
#: Fetch standard, "forbidden request-header", in lower case; see also the prefixes.
FORBIDDEN_REQUEST_HEADERS = frozenset(
    """accept-charset accept-encoding access-control-request-headers
    access-control-request-method connection content-length cookie cookie2 date dnt expect host
    keep-alive origin referer set-cookie te trailer transfer-encoding upgrade via""".split()
)
FORBIDDEN_REQUEST_HEADER_PREFIXES = ("proxy-", "sec-")
#: Fetch standard, "forbidden response-header name", in lower case.
FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})
#: RFC 9110, section 5.6.2.
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

#: A header and its value.
HeaderLine = tuple[str, str]
HeaderLines = tuple[HeaderLine, ...]
#: Names that are objects of their own, so that a line can be known to be one of ours.
ALLOW_ORIGIN, VARY = (str(name, "ascii") for name in (b"Access-Control-Allow-Origin", b"Vary"))
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")


def is_forbidden_request_header(name: str) -> bool:
    """Whether no script can set a header, whatever its value (Fetch, "forbidden request-header").

    >>> is_forbidden_request_header("Sec-Fetch-Mode"), is_forbidden_request_header("X-Token")
    (True, False)
    """
    lowered = name.lower()
    return lowered in FORBIDDEN_REQUEST_HEADERS or lowered.startswith(
        FORBIDDEN_REQUEST_HEADER_PREFIXES
    )
