"""Where browsers part from the standard, each departure a named option; knows nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Engine:
    """One browser engine, told by what it does otherwise than the Fetch standard says.

    The four that are there are values like any other: ``dataclasses.replace(CHROMIUM,
    third_party_cookies=False)`` is a Chrome whose user blocks third-party cookies.

    >>> WEBKIT.max_age_ceiling
    600
    """

    #: What the engine is called.
    name: str
    #: No preflight is kept for longer, in seconds; ``None`` for no ceiling.
    #: Chromium: ``kMaxTimeout`` in ``services/network/cors/preflight_result.cc``; Firefox:
    #: ``AddResultToCache`` in ``netwerk/protocol/http/nsCORSListenerProxy.cpp``; WebKit:
    #: ``maxPreflightCacheTimeout`` in ``loader/CrossOriginPreflightResultCache.cpp``.
    max_age_ceiling: int | None = None
    #: Seconds for which a preflight with a malformed ``Access-Control-Max-Age`` is kept. The
    #: standard takes the default of 5; Firefox (``AddResultToCache``) does not keep it at all.
    malformed_max_age: int = 5
    #: Whether ``Access-Control-Allow-Headers: *`` covers ``Authorization`` too, as in every
    #: engine of 2026. Chromium: ``PreflightResult::EnsureAllowedCrossOriginHeaders``; Firefox:
    #: the preference ``network.cors_preflight.authorization_covered_by_wildcard``; WebKit:
    #: ``CrossOriginPreflightResultCacheItem::validateCrossOriginHeaders``.
    wildcard_covers_authorization: bool = False
    #: Whether a ``*`` in a preflight's answer still counts when it comes from the cache, for
    #: requests without credentials. Firefox (``CORSCacheEntry::CheckRequest``) looks for the
    #: very name, so that such an answer saves it no preflight.
    caches_wildcards: bool = True
    #: Whether a new answer for a URL takes the place of the one in the cache, and an answer
    #: that does not cover a request is dropped. The standard gathers methods and headers one by
    #: one. Chromium: ``services/network/cors/preflight_cache.cc``; WebKit:
    #: ``CrossOriginPreflightResultCache::canSkipPreflight``.
    keeps_one_answer_per_url: bool = False
    #: Whether a preflight for a request with credentials spares those without them their own,
    #: as in the standard. Firefox (``GetPrefLightCacheKey``) keeps the two apart.
    shares_credentialed_answers: bool = True
    #: Whether the first preflight to a host is kept. Firefox (``CORSCacheEntry::CheckDNSCache``)
    #: drops an answer that is older than its last look-up of the host's address.
    caches_first_preflight: bool = True
    #: Whether the preflight after a cross-origin redirect says ``Origin: null``, as the actual
    #: request does. Firefox (``StartCORSPreflight``) sends the page's origin there.
    taints_preflight_origin: bool = True
    #: What a cookie without ``SameSite`` counts as: ``lax`` in RFC 6265bis and in Chromium,
    #: ``none`` in Firefox (``network.cookie.sameSite.laxByDefault`` is off) and in Safari.
    default_same_site: str = "lax"
    #: Whether ``SameSite=None`` needs ``Secure`` beside it, as RFC 6265bis says; not in WebKit.
    same_site_none_needs_secure: bool = True
    #: Whether cookies are sent to and taken from another site than the page's. The standards
    #: leave that to the user; WebKit's tracking prevention is on by default.
    third_party_cookies: bool = True


#: What the standards say, with no ceiling for ``Access-Control-Max-Age``.
STANDARD = Engine("standard")

#: Chromium, Chrome and Edge.
CHROMIUM = Engine(
    "Chromium",
    max_age_ceiling=7200,
    wildcard_covers_authorization=True,
    keeps_one_answer_per_url=True,
)

#: Firefox.
FIREFOX = Engine(
    "Firefox",
    max_age_ceiling=86400,
    malformed_max_age=0,
    wildcard_covers_authorization=True,
    caches_wildcards=False,
    shares_credentialed_answers=False,
    caches_first_preflight=False,
    taints_preflight_origin=False,
    default_same_site="none",
)

#: WebKit: Safari, and every browser of iOS.
WEBKIT = Engine(
    "WebKit",
    max_age_ceiling=600,
    wildcard_covers_authorization=True,
    keeps_one_answer_per_url=True,
    default_same_site="none",
    same_site_none_needs_secure=False,
    third_party_cookies=False,
)
