"""What is wrong with a text that should be an origin pattern, and what was probably meant."""

from __future__ import annotations

import re
from importlib.util import find_spec

from .hosts import canonical_ipv6, is_loopback
from .origins import DEFAULT_PORTS, MAX_ORIGIN_LENGTH, PORT, OriginPattern, read_pattern
from .wildcards import wildcard_advice


class OriginError(ValueError):
    """Raised for a text that is no origin pattern.

    :param reason: a short code, stable from release to release.
    :param message: what is wrong, and what to write instead, without the text itself.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def parse_pattern(text: str) -> OriginPattern:
    """Take an origin pattern apart.

    :param text: such as ``https://*.example.com:*``.
    :raises OriginError: if it is none, with what to write instead.

    >>> parse_pattern("https://*.example.com")
    OriginPattern(scheme='https', host='example.com', port='', label='*')
    >>> parse_pattern("https://example.com/")
    Traceback (most recent call last):
        ...
    wsgicors.diagnosis.OriginError: has a path, a query or a fragment: an origin has none; write 'https://example.com'
    """
    pattern = read_pattern(text) if len(text) <= MAX_ORIGIN_LENGTH else None
    if pattern is None:
        raise _diagnosed(text)
    return pattern


_MISPLACED_WILDCARD = (
    "has a * where it has no meaning: it may stand for subdomains (https://*.example.com), within the"
    " leftmost name (https://pr-*.example.com) and for any port (http://localhost:*)"
)
_IN_PUNYCODE = "is not ASCII: browsers send such a host in Punycode"
# "https//", "https:/" and "https:///".
_HALF_A_SCHEME = r"(https?|wss?|ftp)(?!://[^/])[:/]+(?=[a-z*\[])"
# As keyboards of East Asia and word processors write what an origin has in ASCII.
_IN_ASCII = str.maketrans("\uff1a\uff0f\uff0a\u201c\u201d\u2018\u2019", ":/*\"\"''")
# What can be wrong with a pattern, most telling first: a code, how the text gives it away, and
# what to say of it.
_FAULTS = [
    (reason, re.compile(sign, re.DOTALL | re.IGNORECASE | re.ASCII), wrong)
    for reason, sign, wrong in [
        ("empty", r"$", "is empty"),
        (
            "not-ascii",
            r".*[\uff1a\uff0f\uff0a\uff0c\uff1b\u3001\u3000\u201c\u201d\u2018\u2019]",
            "has a full-width sign or a curly quote in it: type it anew with an English keyboard",
        ),
        ("not-ascii", r".*[^\x00-\x7f]", _IN_PUNYCODE),
        (
            "regular-expression",
            r".*(?:[\\^$|()]|\.\+|://\.\*|\?://)|\.\*",
            "looks like a regular expression: compile it with re.compile(); it must match in full",
        ),
        (
            "quoted",
            r"""[\["']+[a-z][a-z0-9+.-]*:|.*[;"'][;"'\]]*$|.*://[^\[]*\]$|.*;\s*[a-z][a-z0-9+.-]*:""",
            "has quotes, brackets or a semicolon in it: separate items only by commas or spaces",
        ),
        (
            "blank-or-control",
            r"\s*[^\s,]+://[^\s,]+[\s,]+[^\s,]+://",
            "holds several origins: write each of them as an item of its own",
        ),
        ("blank-or-control", r".*[\x00-\x20\x7f]", "has a space or a control character in it"),
        ("no-scheme", _HALF_A_SCHEME, "does not have its scheme with ://"),
        ("no-scheme", r"(?!.*://)", "has no scheme"),
        (
            "user-info",
            r".*://[^/?#]*@",
            "has a user name or a password in it: no browser sends that",
        ),
        ("path", r".*://[^/?#]*[/?#]", "has a path, a query or a fragment: an origin has none"),
        ("upper-case", r"(?-i:.*[A-Z])", "is not in lower case, as browsers send it"),
        ("trailing-dot", r"(?:https?|wss?|ftp)://.*\.(?::.*)?$", "has a host that ends in a dot"),
        (
            "default-port",
            r"(?:http|ws)://[^/]*:80$|(?:https|wss)://[^/]*:443$|ftp://[^/]*:21$",
            "names its scheme's default port, which browsers leave out",
        ),
        (
            "wildcard",
            r"(?=.*\*)(?!(?:[^*:/]+://)?(?:[^*:/.]*\*[^*:/.]*\.)?(?:\[[^*\]]*\]|[^*:]+)(?::(?:\*|[^*:/]*))?$)",
            _MISPLACED_WILDCARD,
        ),
        (
            "port",
            rf".*://(?:\[[^\]]*\]|[^:\[]*):(?!(?:{PORT}|\*)$)",
            "has a port that is not a number from 1 to 65535",
        ),
        (
            "ip-address",
            r".*://(?:\*\.)?(?:\[|(?:[^/]*\.)?(?:[0-9]+|0x[0-9a-f]*)$)",
            "has an IP address that is incomplete, or not written as browsers write it",
        ),
        ("wildcard", r".*\*", "would cover names that anybody can register"),
        ("malformed", r"", "is not an origin (scheme://host or scheme://host:port)"),
    ]
]
_LOOSELY = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:[^@/?#\\]*@)?"
    r"(?P<host>\[[^\]]*\]|[^:/?#\s\\]*)(?::(?P<port>[0-9]+|\*))?(?=[/?#]|$)",
    re.ASCII,
)


def _diagnosed(text: str) -> OriginError:
    if len(text) > MAX_ORIGIN_LENGTH:
        return OriginError("too-long", f"is longer than {MAX_ORIGIN_LENGTH} bytes")
    reason, wrong = next((code, wrong) for code, sign, wrong in _FAULTS if sign.match(text))
    meant = None if reason == "regular-expression" else _repaired(text)
    if meant is not None:
        return OriginError(reason, f"{wrong}; write {meant!r}")
    if reason == "wildcard":
        return OriginError(reason, f"{wrong}; {wildcard_advice(text)}")
    if wrong is _IN_PUNYCODE and find_spec("idna") is None:
        wrong += ' (pip install "wsgicors[idna]>=1.0" to have it shown here)'
    return OriginError(reason, wrong)


def _repaired(text: str) -> str | None:
    """The pattern that was probably meant, if there is one."""
    text = _unwrapped(text.translate(_IN_ASCII)).lower()
    text = re.sub(rf"^{_HALF_A_SCHEME}", r"\1://", text)
    if text == "null":
        return "null"
    match = _LOOSELY.match(text)
    if match is None:
        return None
    scheme, wildcard, host = match["scheme"], "", _in_punycode(match["host"])
    if scheme is None or scheme in DEFAULT_PORTS:
        wildcard, host = _split_wildcard(host.rstrip("."))
    if host.startswith("["):
        host = canonical_ipv6(host) or host
    scheme = scheme or ("http" if is_loopback(host) else "https")
    port = (match["port"] or "").lstrip("0")
    end = "" if port in ("", DEFAULT_PORTS.get(scheme)) else f":{port}"
    # "https://*example.com" would cover what strangers register; its writer wants the subdomains.
    candidates = (
        f"{scheme}://{name}{end}" for name in (wildcard + host, host.replace("*", "*.", 1))
    )
    return next((meant for meant in candidates if read_pattern(meant) is not None), None)


def _unwrapped(text: str) -> str:
    """A text without what is left of a list of JSON, or of quotes that no shell took away."""
    around = " \t\r\n\"';,"
    has_address = re.search(r"\[[0-9a-f]*:", text, re.IGNORECASE)
    return text.strip(around if has_address else around + "[]")


def _split_wildcard(host: str) -> tuple[str, str]:
    """Read the ``.example.com`` of cookies and of Django as ``*.example.com`` too."""
    bare = host[1:] if host.startswith("*.") else host
    return ("*.", bare[1:]) if bare.startswith(".") else ("", bare)


def _in_punycode(host: str) -> str:
    """The host as a browser writes it; unchanged where that cannot be told."""
    try:
        return ".".join(name if name.isascii() else _to_ascii(name) for name in host.split("."))
    except UnicodeError:
        return host


def _to_ascii(name: str) -> str:
    """UTS 46 without transitional processing, as the URL standard has it ("domain to ASCII").

    :raises UnicodeError: if the name is not valid, or if only the idna package could tell.
    """
    try:
        import idna
    except ImportError:
        encoded = name.encode("idna").decode("ascii")
        # Python's own codec is of 2003. It maps a few characters ("ß") to other names, and
        # advice to open the door to another name would be worse than none.
        if encoded.encode("ascii").decode("idna") != name:
            raise UnicodeError(f"{name!r} differs between IDNA 2003 and 2008") from None
        return encoded
    return idna.encode(name, uts46=True).decode("ascii")
