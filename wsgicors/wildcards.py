"""What to write instead of a text whose ``*`` no pattern has: the pattern, or the expression that says it."""

from __future__ import annotations

import re

from .hosts import is_loopback
from .origins import read_pattern
from .suffixes import registrable_domain

_WITH_WILDCARDS = re.compile(
    r"(?:(?P<scheme>[a-z0-9+.*?-]*?):/*)?(?P<host>[^:/?#\s]*)(?::(?P<port>[0-9*]*))?(?=[/?#]|$)"
)
_WITHIN_A_NAME = "[a-z0-9-]+"


def wildcard_advice(text: str) -> str:
    r"""What says the same as a text with wildcards that is no pattern.

    >>> print(wildcard_advice("https://app.*.example.com"))
    write re.compile(r"https://app\.[a-z0-9-]+\.example\.com")
    >>> print(wildcard_advice("https://**.example.com"))
    write 'https://*.example.com'
    >>> print(wildcard_advice("https://example.*"))
    write each name that is yours, or an expression with all of them: re.compile(r"https://example\.(?:com|org)")
    """
    match = _WITH_WILDCARDS.match(text.strip().lower())
    if match is None or not match["host"]:
        return r'write the origins one by one, or an expression such as re.compile(r"https://[a-z]+\.example\.com")'
    scheme, host, port = match["scheme"] or "https", match["host"], match["port"] or ""
    if "*" in scheme:
        return _advice_for_schemes(host, port)
    pattern = _pattern(scheme, host, port)
    if pattern is not None:
        return f"write {pattern!r}"
    return _advice_for_host(scheme, host, port)


def _pattern(scheme: str, host: str, port: str) -> str | None:
    """The pattern that covers the same, where the text only says it in another way."""
    stem = re.fullmatch(r"[*.]*\*\.(.+)", host)
    end = f":{port}" if port else ""
    once = re.sub(r"\*+", "*", host)
    candidates = [f"{scheme}://{once}{end}"]
    if port in ("", "*"):
        candidates.append(f"{scheme}://{host.rstrip('*')}:*")
    if stem is not None:
        candidates.append(f"{scheme}://*.{stem[1]}{end}")
    if once == "*":
        # Of an application or extension.
        candidates.append(f"{scheme}://*")
    return next((text for text in candidates if read_pattern(text) is not None), None)


def _advice_for_schemes(host: str, port: str) -> str:
    end = f":{port}" if port else ""
    each = [f"{scheme}://{host}{end}" for scheme in ("https", "http")]
    if all(read_pattern(text) is not None for text in each):
        return f"write {each[0]!r} and, if it is needed, {each[1]!r}"
    return _advice_for_host("https", host, port)


def _advice_for_host(scheme: str, host: str, port: str) -> str:
    names = host.split(".")
    last = max((place for place, name in enumerate(names) if "*" in name), default=-1)
    if _is_numeric(host):
        return f"write {_expression(scheme, _escaped(host, '[0-9]{1,3}'), port)}"
    if len(names) == 1 and set(host) == {"*"}:
        every = _expression(scheme, ".+", "")
        return f"write your own domain, such as '{scheme}://*.example.com'; every origin of {scheme} is {every}"
    fixed = ".".join(names[last + 1 :])
    if is_loopback(fixed) or registrable_domain(fixed) is not None:
        return f"write {_expression(scheme, _escaped(host, _WITHIN_A_NAME), port)}"
    if last == 0 and fixed:
        spelled_out = _escaped(names[0], "(?:one|two)") + "".join(
            rf"\.{name}" for name in names[1:]
        )
    else:
        known = ".".join(name for name in names[:-1] if "*" not in name) or "example"
        spelled_out = _escaped(known, _WITHIN_A_NAME) + r"\.(?:com|org)"
    written = _expression(scheme, spelled_out, port)
    return f"write each name that is yours, or an expression with all of them: {written}"


def _is_numeric(host: str) -> bool:
    return re.fullmatch(r"(?:[0-9]+|[0-9]*\*)(?:\.(?:[0-9]+|[0-9]*\*)){3}", host) is not None


def _escaped(host: str, wildcard: str) -> str:
    return wildcard.join(re.escape(part).replace(r"\-", "-") for part in re.split(r"\*+", host))


def _expression(scheme: str, host: str, port: str) -> str:
    ports = {"": "", "*": "(?::[0-9]+)?"}
    end = ports.get(port, f":{port.replace('*', '[0-9]*')}")
    return f're.compile(r"{scheme}://{host}{end}")'
