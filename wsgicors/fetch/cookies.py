"""A browser's cookies as far as cross-origin requests depend on them; knows nothing of CORS.

The rules are those of RFC 6265bis for requests that scripts make, to which ``Lax`` is as strict
as ``Strict``: only navigation is let through. Simplifications, owned up to: numbers and sizes
have no limit, and a cookie belongs to the browser, not to the site that the page is on (there
is no ``Partitioned``).
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ..suffixes import registrable_domain
from . import fields
from .engines import STANDARD, Engine
from .urls import URL, is_address


class Cookie(NamedTuple):
    """One cookie as a browser keeps it."""

    name: str
    value: str
    #: The host that set it, or the domain whose hosts may have it.
    domain: str
    #: Whether only that host may have it.
    host_only: bool
    #: Whether it was set with a ``Domain``.
    names_domain: bool
    path: str
    #: When it ends, in seconds of the clock; ``None`` with the session.
    expires: float | None
    secure: bool
    #: ``strict``, ``lax``, ``none``, or empty where the response did not say.
    same_site: str

    def is_for(self, url: URL, now: float, engine: Engine) -> bool:
        """Whether it belongs to a URL, wherever the request comes from (section 5.8.3)."""
        return (
            (url.host == self.domain or self.covers(url.host))
            and _is_in_path(url.path, self.path)
            and (not self.secure or _takes_secure_cookies(url, engine))
            and self.is_alive(now)
        )

    def is_alive(self, now: float) -> bool:
        """Whether its time has not run out."""
        return self.expires is None or now < self.expires

    @property
    def key(self) -> tuple[str, str, bool, str]:
        """What no other cookie of a jar has."""
        return self.name, self.domain, self.host_only, self.path

    def lies_over(self, other: Cookie) -> bool:
        """Whether it hides another from some hosts or paths (section 5.7, step 15)."""
        is_near = _is_below(self.domain, other.domain) or _is_below(other.domain, self.domain)
        return self.name == other.name and is_near and _is_in_path(self.path, other.path)

    def covers(self, host: str) -> bool:
        """Whether it was set for a whole domain, and a host is of that."""
        return not self.host_only and _is_below(host, self.domain)


class RefusedCookie(NamedTuple):
    """A cookie that a browser did not keep."""

    name: str
    #: What of it is at fault: ``SameSite``, ``Secure``, ``Domain``, the prefix of the name, or
    #: ``credentials`` where the script fetched without them.
    attribute: str
    #: Why, in a few words.
    reason: str


class CookieJar:
    """The cookies of one browser.

    :param engine: whose cookies they are.

    >>> from wsgicors.fetch import parse_url
    >>> jar, url = CookieJar(), parse_url("https://api.example.com/login")
    >>> jar.store("id=1; Secure; SameSite=None", url, same_site=False, now=0)
    >>> jar.store("pet=cat", url, same_site=False, now=0).reason
    'it has no SameSite, which counts as Lax, and the page is of another site'
    >>> jar.header(url, same_site=False, now=0)
    'id=1'
    """

    def __init__(self, engine: Engine = STANDARD) -> None:
        self._engine = engine
        self._cookies: dict[tuple[str, str, bool, str], Cookie] = {}

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self._cookies.values())

    def header(self, url: URL, *, same_site: bool, now: float, page: str = "") -> str:
        """The value of ``Cookie`` for a request, empty for none (section 5.8.3).

        :param url: where the request goes.
        :param same_site: whether that is the site of the page, too.
        :param now: seconds of the clock.
        :param page: the host of the page, for an engine to which a ``Domain`` that covers it matters.
        """
        cookies = [cookie for cookie in self if cookie.is_for(url, now, self._engine)]
        cookies = [cookie for cookie in cookies if same_site or self._crosses(cookie, page)]
        if self._engine.sends_nearest_domain_first:
            cookies.sort(key=_breadth)
        # The longest path first; what was there first stays first.
        cookies.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(
            f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in cookies
        )

    def store(
        self, set_cookie: str, url: URL, *, same_site: bool, now: float, page: str = ""
    ) -> RefusedCookie | None:
        """Take a cookie from a response, or say why it was not taken (section 5.7).

        :param set_cookie: the value of one ``Set-Cookie``.
        :param url: where the response came from.
        :param same_site: whether that is the site of the page, too.
        :param now: seconds of the clock.
        :param page: as in :meth:`header`.
        """
        cookie = _parse(set_cookie, url, now)
        fault = _fault(cookie, url, self._engine)
        if fault is None and not (same_site or self._crosses(cookie, page)):
            fault = _barrier(cookie, self._engine)
        if fault is None and self._is_shielded(cookie, url, now):
            fault = "Secure", f"a cookie of its name has it, and {url.origin} is not https"
        if fault is not None:
            return RefusedCookie(cookie.name, *fault)
        self._cookies[cookie.key] = cookie
        return None

    def _is_shielded(self, cookie: Cookie, url: URL, now: float) -> bool:
        """Whether it would disturb one with ``Secure``, from where anybody may have sent it."""
        if cookie.secure or _takes_secure_cookies(url, self._engine):
            return False
        secured = [other for other in self if other.secure and other.is_alive(now)]
        if self._engine.shields_overlaid_cookies:
            return any(map(cookie.lies_over, secured))
        return any(other.key == cookie.key for other in secured)

    def _crosses(self, cookie: Cookie, page: str) -> bool:
        """Whether a cookie may travel between two sites ("same-site" and third parties)."""
        if not self._engine.has_sites_below_localhost and cookie.covers(page):
            return True
        enforced = cookie.same_site or self._engine.default_same_site
        return enforced == "none" and self._engine.third_party_cookies


def _breadth(cookie: Cookie) -> int:
    """The less, the nearer its domain is to a host that it is for; libsoup looks one up after another."""
    return -len(cookie.domain if cookie.host_only else f".{cookie.domain}")


def _parse(set_cookie: str, url: URL, now: float) -> Cookie:
    """RFC 6265bis, section 5.6."""
    pair, *rest = set_cookie.split(";")
    name, _, value = (pair if "=" in pair else "=" + pair).partition("=")
    attributes = dict(_attribute(item) for item in rest)
    domain = attributes.get("domain", "").lstrip(".").lower()
    # A public suffix may set cookies for itself, and for nobody below (section 5.7, step 9).
    if domain == url.host and registrable_domain(domain) is None:
        domain = ""
    path = attributes.get("path", "")
    return Cookie(
        name=name.strip(" \t"),
        value=value.strip(" \t"),
        domain=domain or url.host,
        host_only=not domain,
        names_domain=bool(attributes.get("domain")),
        path=path if path.startswith("/") else url.path.rpartition("/")[0] or "/",
        expires=_expires(attributes, now),
        secure="secure" in attributes,
        same_site=_same_site(attributes),
    )


def _attribute(item: str) -> tuple[str, str]:
    name, _, value = item.partition("=")
    return name.strip(" \t").lower(), value.strip(" \t")


def _expires(attributes: dict[str, str], now: float) -> float | None:
    """``Max-Age`` goes before ``Expires``; what cannot be read counts as not there."""
    max_age = attributes.get("max-age", "")
    seconds = fields.delta_seconds(max_age.removeprefix("-"))
    if seconds is not None:
        return now - seconds if max_age.startswith("-") else now + seconds
    try:
        return parsedate_to_datetime(attributes["expires"]).timestamp()
    # Python 3.9 has a TypeError for no date at all.
    except (KeyError, OverflowError, TypeError, ValueError):
        return None


def _same_site(attributes: dict[str, str]) -> str:
    written = attributes.get("samesite", "").lower()
    return written if written in ("strict", "lax", "none") else ""


def cookie_name(set_cookie: str) -> str:
    """The name in a ``Set-Cookie``, whether a browser would take it or not.

    >>> cookie_name("id=1; Path=/")
    'id'
    """
    name, equals, _ = set_cookie.partition(";")[0].partition("=")
    return name.strip(" \t") if equals else ""


_Fault = tuple[str, str]


def _fault(cookie: Cookie, url: URL, engine: Engine) -> _Fault | None:
    """RFC 6265bis, section 5.7: what a browser refuses, wherever the page is, by its attribute."""
    faults = (_is_empty(cookie), _insecure(cookie, url, engine), _elsewhere(cookie, url, engine))
    return next(filter(None, (*faults, _unsecured(cookie, engine), _prefix(cookie, engine))), None)


def _is_empty(cookie: Cookie) -> _Fault | None:
    return None if cookie.name or cookie.value else ("name", "it has neither name nor value")


def _insecure(cookie: Cookie, url: URL, engine: Engine) -> _Fault | None:
    if not cookie.secure or _takes_secure_cookies(url, engine):
        return None
    return "Secure", f"{url.origin} is not https"


def _elsewhere(cookie: Cookie, url: URL, engine: Engine) -> _Fault | None:
    is_dotless = cookie.names_domain and "." not in cookie.domain
    if is_dotless and not engine.takes_dotless_domains:
        return "Domain", f"{cookie.domain!a} has no dot"
    if cookie.host_only or _may_set_domain(cookie.domain, url.host):
        return None
    return "Domain", f"{url.host} may not set cookies for {cookie.domain!a}"


def _unsecured(cookie: Cookie, engine: Engine) -> _Fault | None:
    if not _needs_secure(cookie, engine):
        return None
    return "SameSite", "SameSite=None needs Secure too"


def _prefix(cookie: Cookie, engine: Engine) -> _Fault | None:
    if _keeps_its_prefix(cookie, engine) or not engine.checks_cookie_prefixes:
        return None
    if cookie.name.lower().startswith("__host-"):
        return "__Host-", "it needs Secure and Path=/, and no Domain"
    return "__Secure-", "it needs Secure"


def _barrier(cookie: Cookie, engine: Engine) -> _Fault:
    """What keeps a cookie from crossing sites."""
    enforced = cookie.same_site or engine.default_same_site
    if enforced == "none":
        return (
            "third-party",
            "the page is of another site, and this browser takes no cookies from other sites",
        )
    said = f"SameSite={enforced.capitalize()}"
    if not cookie.same_site:
        said = f"it has no SameSite, which counts as {enforced.capitalize()},"
    return "SameSite", f"{said} and the page is of another site"


def _takes_secure_cookies(url: URL, engine: Engine) -> bool:
    return url.is_potentially_trustworthy and (
        url.scheme == "https" or engine.secure_cookies_on_loopback
    )


def _may_set_domain(domain: str, host: str) -> bool:
    return registrable_domain(domain) is not None and _is_below(host, domain)


def _needs_secure(cookie: Cookie, engine: Engine) -> bool:
    return cookie.same_site == "none" and engine.same_site_none_needs_secure and not cookie.secure


def _keeps_its_prefix(cookie: Cookie, engine: Engine) -> bool:
    """RFC 6265bis, section 4.1.3: ``__Secure-`` and ``__Host-``."""
    name = cookie.name.lower()
    if name.startswith("__host-"):
        names_domain = cookie.names_domain and not is_address(cookie.domain)
        is_bound = cookie.secure and cookie.host_only and cookie.path == "/"
        return is_bound and not (names_domain and engine.host_prefix_forbids_domain)
    return cookie.secure or not name.startswith("__secure-")


def _is_below(host: str, domain: str) -> bool:
    """RFC 6265bis, section 5.1.3 ("domain-match")."""
    return host == domain or (host.endswith("." + domain) and not is_address(host))


def _is_in_path(path: str, cookie_path: str) -> bool:
    """RFC 6265bis, section 5.1.4 ("path-match")."""
    if not path.startswith(cookie_path):
        return False
    return path == cookie_path or cookie_path.endswith("/") or path[len(cookie_path)] == "/"
