"""Origins with the wildcards of file names, as wsgicors 0.7 had them; knows no settings."""

from __future__ import annotations

import re
from re import Pattern

from ..suffixes import is_registry

_GLOB = re.compile(r"([a-z][a-z0-9+.-]*://)((?:[a-z0-9.*?-]|\[[a-z0-9][a-z0-9-]*\])+)(:[0-9?*]+)?")
# A wildcard of a host stays in its label: letters, digits and hyphens.
_IN_HOST = {"*": "[a-z0-9-]*", "?": "[a-z0-9-]"}
_IN_PORT = {"*": "[0-9]*", "?": "[0-9]"}
_PARTS = re.compile(r"\[[a-z0-9-]+\]|.")


def expression_of(text: str) -> Pattern[str] | None:
    r"""The regular expression that says the same; ``None`` where that would let strangers in.

    What stands to the right of all wildcards must be a name that somebody has registered.

    >>> expression_of("https://app?.example.com").pattern
    'https://app[a-z0-9-]\\.example\\.com'
    >>> expression_of("https://example?.com") is None
    True
    """
    found = _GLOB.fullmatch(text.lower())
    if found is None or not _is_of_one_owner(found[2]):
        return None
    scheme, host, port = found.groups(default="")
    try:
        return re.compile(re.escape(scheme) + _said(host, _IN_HOST) + _said(port, _IN_PORT))
    except re.error:  # [z-a]
        return None


def _is_of_one_owner(host: str) -> bool:
    """Whether all that a host may stand for belongs to whoever has registered its end."""
    fixed = re.split(r"[^.]*[*?\[][^.]*\.?", host)[-1]
    is_name = fixed != "" and not fixed.rpartition(".")[2].isdigit()
    return fixed == host or (is_name and not is_registry(fixed))


def _said(text: str, wildcards: dict[str, str]) -> str:
    return "".join(_part(part, wildcards) for part in _PARTS.findall(text))


def _part(part: str, wildcards: dict[str, str]) -> str:
    return part if len(part) > 1 else wildcards.get(part, re.escape(part))
