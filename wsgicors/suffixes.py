"""The Public Suffix List: below which names strangers can have theirs. Knows nothing of origins."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .hosts import is_canonical_ipv4

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_registry(host: str) -> bool:
    """Whether strangers can have names below a host: a public suffix, or a parent of one.

    A name of one label that is on no list (``https://*.corp``) counts as one too.

    >>> is_registry("com"), is_registry("github.io"), is_registry("example.com")
    (True, True, False)
    >>> is_registry("amazonaws.com")  # everybody's buckets are in s3.amazonaws.com
    True
    """
    return _public_suffixes().is_public(host) or host in _parents_of_public_suffixes()


def is_unlisted(host: str) -> bool:
    """Whether a name of one label is on no list, such as those that a network uses inside.

    >>> is_unlisted("internal"), is_unlisted("dev"), is_unlisted("shop.internal")
    (True, False, False)
    """
    # Some releases of the package find no suffix in a name of one label.
    suffix = _public_suffixes().publicsuffix(f"name.{host}", accept_unknown=False)
    return "." not in host and suffix is None


def registrable_domain(host: str) -> str | None:
    """What of a host somebody has registered (URL standard); ``None`` for an address or a public suffix.

    >>> registrable_domain("api.example.co.uk"), registrable_domain("co.uk"), registrable_domain("127.0.0.1")
    ('example.co.uk', None, None)
    """
    if host.startswith("[") or is_canonical_ipv4(host):
        return None
    return _public_suffixes().privatesuffix(host)


def is_directly_below_registry(name: str) -> bool:
    """Whether a registry gives a name out: the label before the ICANN part of the list is its first.

    >>> is_directly_below_registry("example.com"), is_directly_below_registry("pr-1.example.com")
    (True, False)
    >>> is_directly_below_registry("site.netlify.app"), is_directly_below_registry("app.internal")
    (False, False)
    """
    suffix = _icann_suffixes().publicsuffix(name, accept_unknown=False)
    return suffix is not None and name.count(".") <= suffix.count(".") + 1


@functools.cache
def _icann_suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True)


@functools.cache
def _public_suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@functools.cache
def _parents_of_public_suffixes() -> frozenset[str]:
    """All names of two or more labels that have a public suffix below them."""
    from publicsuffixlist import PSLFILE

    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    rules = [line.split()[0] for line in lines if line.strip() and not line.startswith("//")]
    names = [rule.lstrip("!").encode("idna").decode("ascii") for rule in rules]
    return frozenset(
        parent for name in names for parent in _parents(name, name.count(".")) if "." in parent
    )


def _parents(host: str, most_labels: int) -> Iterator[str]:
    """The names that a host is below, the longest first, of so many labels at the most."""
    labels = host.split(".")
    for first in range(max(1, len(labels) - most_labels), len(labels)):
        yield ".".join(labels[first:])
