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

    # --- the request -----------------------------------------------------------------------------

    #: Whether the values of a header that a script appends twice become one value at once, which
    #: is then safelisted or not. The standard looks at each. Chromium and WebKit
    #: (``HTTPHeaderMap::add``) keep one value for each name.
    combines_repeated_headers: bool = False
    #: Whether ``Access-Control-Request-Headers`` names a header as often as the script appended
    #: it. Firefox: ``InternalHeaders::GetUnsafeHeaders``, ``StartCORSPreflight``.
    repeats_header_names: bool = False
    #: Whether the old client hints (``Save-Data``, ``DPR`` ...) are safelisted request-headers, as
    #: they once were in the standard. Chromium: ``IsCorsSafelistedHeader`` in
    #: ``services/network/public/cpp/cors/cors.cc``.
    safelists_client_hints: bool = False
    #: Whether a script can set ``User-Agent``, which the standard no longer forbids. Chromium
    #: sends its own (its issue 571722).
    lets_scripts_set_user_agent: bool = True
    #: Whether a preflight carries the ``User-Agent`` that a script has set. WebKit:
    #: ``NetworkLoadChecker::checkCORSRequestWithPreflight``.
    preflights_carry_user_agent: bool = False

    #: Ports of the standard's list that requests may go to all the same. Chromium:
    #: ``kRestrictedPorts`` in ``net/base/port_util.cc``.
    allowed_ports: frozenset[str] = frozenset()
    #: Whether a page that came over https may load from this very machine over plain http, as the
    #: standards have it. Not in WebKit: ``MixedContentChecker::isMixedContent``.
    loads_loopback_from_https: bool = True
    #: Whether a header whose value has bytes beyond ASCII can be safelisted. Not in Firefox:
    #: ``nsContentUtils::IsCORSUnsafeRequestHeaderValue`` takes such bytes for negative numbers.
    safelists_beyond_ascii: bool = True
    #: How header values that a script sets are written: ``latin-1``, one byte for each character,
    #: as in the standard; or ``utf-8`` (WebKitGTK 2.50).
    header_encoding: str = "latin-1"

    # --- what a preflight permits ----------------------------------------------------------------

    #: Whether ``Access-Control-Allow-Headers: *`` covers ``Authorization`` too, as in every
    #: engine of 2026. Chromium: ``PreflightResult::EnsureAllowedCrossOriginHeaders``; Firefox:
    #: the preference ``network.cors_preflight.authorization_covered_by_wildcard``; WebKit:
    #: ``CrossOriginPreflightResultCacheItem::validateCrossOriginHeaders``.
    wildcard_covers_authorization: bool = False
    #: No preflight is kept for longer, in seconds; ``None`` for no ceiling.
    #: Chromium: ``kMaxTimeout`` in ``services/network/cors/preflight_result.cc``; Firefox:
    #: ``AddResultToCache`` in ``netwerk/protocol/http/nsCORSListenerProxy.cpp``; WebKit:
    #: ``maxPreflightCacheTimeout`` in ``loader/CrossOriginPreflightResultCache.cpp``.
    max_age_ceiling: int | None = None
    #: Seconds for which a preflight with a malformed ``Access-Control-Max-Age`` is kept. The
    #: standard takes the default of 5; Firefox (``AddResultToCache``) does not keep it at all.
    malformed_max_age: int = 5
    #: Whether ``Access-Control-Max-Age`` is read as a signed integer of 64 bits, so that a
    #: negative one is 0 and a greater one malformed. Chromium: ``ParseAccessControlMaxAge`` in
    #: ``preflight_result.cc``; WebKit: ``parseAccessControlMaxAge``.
    signed_max_age: bool = False

    # --- the preflight cache ---------------------------------------------------------------------

    #: Whether a new answer for a URL takes the place of the one in the cache, and an answer
    #: that does not cover a request is dropped. The standard gathers methods and headers one by
    #: one. Chromium: ``services/network/cors/preflight_cache.cc``; WebKit:
    #: ``CrossOriginPreflightResultCache::canSkipPreflight``.
    keeps_one_answer_per_url: bool = False
    #: Whether an answer is kept that does not permit what was asked for. WebKit:
    #: ``validatePreflightResponse`` in ``loader/CrossOriginAccessControl.cpp``.
    keeps_insufficient_answers: bool = False
    #: Whether an answer that may not be kept leaves those that are kept as they are. The standard
    #: has it end them. Firefox: ``AddResultToCache``.
    ignores_answers_not_to_keep: bool = False
    #: Whether the fetches of pages of origin ``null`` share what is kept; in Chromium
    #: (``PreflightController::PerformPreflightCheck``) each fetch is alone.
    opaque_origins_share_answers: bool = True
    #: Whose the answer to a preflight with a tainted origin is: of all ``null`` origins, as in the
    #: standard, of the ``page`` (Firefox: ``GetPrefLightCacheKey``; Chromium 150), of this one ``fetch``
    #: (WebKit: ``checkCORSRedirectedRequest`` makes a new opaque origin), or of ``nobody`` (Chromium 156).
    tainted_answers_are_of: str = "null"
    #: Whether requests with a header such as ``If-None-Match``, which the HTTP cache leaves alone,
    #: use this one. In Chromium (``RetrieveCacheFlags`` in ``preflight_controller.cc``) and Firefox
    #: (``LOAD_BYPASS_CACHE`` in ``StartCORSPreflight``) they ask each time.
    conditional_requests_are_covered: bool = True
    #: Whether a preflight for a request with credentials spares those without them their own,
    #: as in the standard. Firefox (``GetPrefLightCacheKey``) keeps the two apart.
    shares_credentialed_answers: bool = True
    #: Whether a ``*`` in a preflight's answer still counts when it comes from the cache, for
    #: requests without credentials. Firefox (``CORSCacheEntry::CheckRequest``) looks for the
    #: very name, so that such an answer saves it no preflight.
    caches_wildcards: bool = True
    #: Whether a ``*`` that was answered to a request with credentials, and means nothing to it, is
    #: a wildcard to later requests without. By the letter of the standard it is, and in WebKit
    #: (``allowsCrossOriginMethod``); not in Chromium (``EnsureAllowedCrossOriginMethod``).
    caches_credentialed_wildcards: bool = True
    #: Whether a ``*`` from the cache covers ``Authorization``, if one from the wire does. Not in
    #: Chromium: ``PreflightCache::CheckIfRequestCanSkipPreflight``.
    caches_wildcard_for_authorization: bool = True
    #: Whether ``HEAD``, when it needs a preflight for its headers, is covered by any answer from
    #: the cache, as by any from the wire. Firefox (``CORSCacheEntry::CheckRequest``) wants it
    #: listed.
    caches_head: bool = True
    #: The failure of which requests ends what is kept for their URL: of those that need a
    #: ``preflight``, as in the standard, of ``all`` across origins, unless they wanted no redirect
    #: (Firefox: ``nsCORSListenerProxy::OnStartRequest``), or of ``none`` (Chromium and WebKit).
    failures_that_clear: str = "preflight"
    #: Whether the first look-up of an answer for an IP address ends all that are kept for it.
    #: Firefox (``CORSCacheEntry::CheckDNSCache``) drops answers that are older than its record of
    #: the host's address, and for a host that is an address makes that record only then.
    distrusts_addresses_once: bool = False

    # --- redirects: where to ---------------------------------------------------------------------

    #: What an empty ``Location`` means: the ``same`` URL again, as in the standard; ``none``, as if
    #: there were no such header (Chromium: ``HttpResponseHeaders::IsRedirect``); or an ``error``
    #: to whoever would follow it (WebKit).
    empty_location: str = "same"
    #: Whether ``redirect="error"`` refuses a redirect that has no ``Location``. To Chromium and
    #: WebKit (``shouldStartHTTPRedirection`` in ``NetworkDataTaskSoup.cpp``) that is no redirect.
    refuses_redirects_to_nowhere: bool = True
    #: Whether a script can read the body of such a response with ``redirect="manual"``; in WebKit.
    leaks_redirects_to_nowhere: bool = False
    #: Whether ``redirect="manual"`` fails if ``Location`` is no URL; in Chromium.
    resolves_manual_redirects: bool = False
    #: Whether a redirect may lead to a URL with user and password, if all is of the page's own
    #: origin. Chromium refuses all such subresources.
    allows_credentials_in_redirects: bool = True
    #: Whether redirects are checked again, after the preflight that the new request needs. Only
    #: then is one from the page's own origin refused for user and password in the URL, and only
    #: here do credentials of mode ``same-origin``, once sent to the page's own origin, count in
    #: the CORS check. WebKit: ``SubresourceLoader::checkRedirectionCrossOriginAccessControl``.
    rechecks_redirects: bool = False

    # --- redirects: with what --------------------------------------------------------------------

    #: Whether the preflight after a cross-origin redirect says ``Origin: null``, as the actual
    #: request does. Firefox (``StartCORSPreflight``) sends the page's origin there.
    taints_preflight_origin: bool = True
    #: Whether the answer to the preflight of a request that was redirected back to the page's own
    #: origin undergoes the CORS check. Not in Firefox: ``nsCORSListenerProxy::UpdateChannel``.
    checks_preflights_of_own_origin: bool = True
    #: Whether a request that once needed a preflight needs one after every redirect, although that
    #: took away the method or the headers that were unsafe. Firefox:
    #: ``nsCORSListenerProxy::CheckPreflightNeeded``; WebKit: ``m_isSimpleRequest`` in
    #: ``NetworkLoadChecker``.
    stays_unsafe: bool = False
    #: Whether that preflight asks for headers that redirects took away: for ``none``, as in the
    #: standard; for those that an ``earlier`` one took (Firefox: ``LoadInfo::CorsUnsafeHeaders``);
    #: or for ``all`` (WebKit: ``m_originalRequestHeaders`` in
    #: ``NetworkLoadChecker::checkCORSRequestWithPreflight``).
    asks_for_lost_headers: str = "none"
    #: When a redirect brings back headers that an earlier one took away. ``never``, as in the
    #: standard. ``script``: whenever it does not take them itself from the script's request, also
    #: ``Authorization`` (Firefox: ``FetchDriver::AsyncOnChannelRedirect``). ``across``: between
    #: origins, those that describe the body (WebKit:
    #: ``NetworkLoadChecker::checkCORSRedirectedRequest``); elsewhere ``Content-Type``, if it would
    #: not take it (WebKitGTK: ``m_firstRequest`` in ``NetworkDataTaskSoup.cpp``).
    lost_headers_return: str = "never"
    #: Whether a ``no-cors`` request with credentials of mode ``same-origin`` goes without them once
    #: it is redirected away from the page's own origin. WebKit starts it anew there, as if it had
    #: never been another (``NetworkResourceLoader::continueWillSendRequest``), but with cookies.
    #: Chromium 150 keeps them, too; 156 does not.
    ends_same_origin_credentials: bool = True
    #: Whether a ``DELETE`` that is redirected to another origin turns into a ``GET``, and keeps the
    #: headers of the body that it loses. WebKitGTK: ``shouldRedirectAsGET`` in
    #: ``NetworkDataTaskSoup.cpp``.
    turns_delete_into_get: bool = False
    #: Whether a request that was sent with an ``Origin`` keeps it as long as it is redirected
    #: within an origin, although it is now a ``GET``. WebKitGTK: ``continueHTTPRedirection`` in
    #: ``NetworkDataTaskSoup.cpp``.
    keeps_origin_header: bool = False
    #: Whether the ``Origin`` of a request without CORS becomes ``null`` as soon as it is redirected
    #: to another origin, also if it only now leaves its own. Chromium:
    #: ``RedirectUtil::UpdateHttpRequest`` in ``net/url_request/redirect_util.cc``.
    nulls_origin_when_leaving: bool = False
    #: Whether a page that came over https is of origin ``null`` to this machine over plain http, where
    #: CORS has no say, as the default referrer policy has it. Chromium (156) tells the origin.
    nulls_origin_over_http: bool = True
    #: Whether client hints about the device stay with a request that is redirected to another
    #: origin than the page's. Not in Chromium (156), which decides on them anew.
    keeps_device_hints: bool = True
    #: Whether the ``User-Agent`` of a script survives a redirect within the page's own origin. Not
    #: in WebKitGTK (2.50).
    keeps_user_agent: bool = True

    # --- cookies ---------------------------------------------------------------------------------

    #: Whether a request that was redirected through another site counts as from another site to
    #: cookies with ``SameSite``. RFC 6265bis looks at where it goes now; Firefox
    #: (``CookieCommons::IsSameSiteForeign``) at the whole way.
    same_site_needs_same_site_redirects: bool = False
    #: What a cookie without ``SameSite`` counts as: ``lax`` in RFC 6265bis and in Chromium,
    #: ``none`` in Firefox (``network.cookie.sameSite.laxByDefault`` is off) and in Safari.
    default_same_site: str = "lax"
    #: Whether ``SameSite=None`` needs ``Secure`` beside it, as RFC 6265bis says; not in WebKit.
    same_site_none_needs_secure: bool = True
    #: Whether the prefixes ``__Secure-`` and ``__Host-`` bind a cookie; not in WebKitGTK (libsoup).
    checks_cookie_prefixes: bool = True
    #: Whether ``__Host-`` forbids any ``Domain`` but an address. To RFC 6265bis one that names a
    #: public suffix, set by that very host, is as good as none, too. Chromium:
    #: ``HasValidHostPrefixAttributes`` in ``net/cookies/cookie_util.cc``.
    host_prefix_forbids_domain: bool = False
    #: Whether cookies with ``Secure`` go to this very machine over plain HTTP, as the standards now
    #: have it. Not in WebKitGTK (libsoup).
    secure_cookies_on_loopback: bool = True
    #: Whether ``Domain`` may be a name without a dot, as in cookies that ``localhost`` sets for itself.
    #: Not in WebKitGTK: ``parse_one_cookie`` in libsoup.
    takes_dotless_domains: bool = True
    #: Whether a cookie with ``Secure`` keeps plain http from setting any of its name that would hide
    #: it from some hosts or paths, as RFC 6265bis has it; in WebKitGTK only from setting itself.
    #: libsoup: ``soup_cookie_jar_add_cookie_full``.
    shields_overlaid_cookies: bool = True
    #: Whether cookies with paths of one length are sent by their domains: first those that the host
    #: set for all below itself, then its own, then those from above; else by age. WebKitGTK:
    #: ``get_cookies`` in libsoup's ``soup-cookie-jar.c``.
    sends_nearest_domain_first: bool = False
    #: Whether one name is two sites by http and by https. Not in Firefox (``IsSameSiteSchemeEqual`` in
    #: ``netwerk/cookie/CookieCommons.cpp``: ``network.cookie.sameSite.schemeful`` is off) and WebKit
    #: (``RegistrableDomain``).
    sites_have_schemes: bool = True
    #: Whether names below ``localhost`` form sites like others, by the rule ``*`` of the public
    #: suffix list. Not in WebKitGTK, where each is a site of its own; but a cookie whose ``Domain``
    #: covers the page is at home (libsoup: ``incoming_cookie_is_third_party``).
    has_sites_below_localhost: bool = True
    #: Whether cookies are sent to and taken from another site than the page's. The standards
    #: leave that to the user; WebKit's tracking prevention is on by default.
    third_party_cookies: bool = True


#: What the standards say, with no ceiling for ``Access-Control-Max-Age``.
STANDARD = Engine("standard")

#: Chromium, Chrome and Edge.
CHROMIUM = Engine(
    "Chromium",
    combines_repeated_headers=True,
    safelists_client_hints=True,
    lets_scripts_set_user_agent=False,
    allowed_ports=frozenset({"4190", "6679"}),
    wildcard_covers_authorization=True,
    max_age_ceiling=7200,
    signed_max_age=True,
    keeps_one_answer_per_url=True,
    opaque_origins_share_answers=False,
    tainted_answers_are_of="nobody",
    conditional_requests_are_covered=False,
    caches_credentialed_wildcards=False,
    caches_wildcard_for_authorization=False,
    failures_that_clear="none",
    empty_location="none",
    refuses_redirects_to_nowhere=False,
    resolves_manual_redirects=True,
    allows_credentials_in_redirects=False,
    nulls_origin_when_leaving=True,
    nulls_origin_over_http=False,
    keeps_device_hints=False,
    host_prefix_forbids_domain=True,
)

#: Firefox.
FIREFOX = Engine(
    "Firefox",
    repeats_header_names=True,
    safelists_beyond_ascii=False,
    wildcard_covers_authorization=True,
    max_age_ceiling=86400,
    malformed_max_age=0,
    ignores_answers_not_to_keep=True,
    tainted_answers_are_of="page",
    conditional_requests_are_covered=False,
    shares_credentialed_answers=False,
    caches_wildcards=False,
    caches_head=False,
    failures_that_clear="all",
    distrusts_addresses_once=True,
    taints_preflight_origin=False,
    checks_preflights_of_own_origin=False,
    stays_unsafe=True,
    asks_for_lost_headers="earlier",
    lost_headers_return="script",
    same_site_needs_same_site_redirects=True,
    default_same_site="none",
    sites_have_schemes=False,
)

#: WebKit: Safari, and every browser of iOS; in what is the network library's, WebKitGTK.
WEBKIT = Engine(
    "WebKit",
    combines_repeated_headers=True,
    preflights_carry_user_agent=True,
    header_encoding="utf-8",
    loads_loopback_from_https=False,
    wildcard_covers_authorization=True,
    max_age_ceiling=600,
    signed_max_age=True,
    keeps_one_answer_per_url=True,
    keeps_insufficient_answers=True,
    tainted_answers_are_of="fetch",
    failures_that_clear="none",
    empty_location="error",
    refuses_redirects_to_nowhere=False,
    leaks_redirects_to_nowhere=True,
    rechecks_redirects=True,
    stays_unsafe=True,
    asks_for_lost_headers="all",
    lost_headers_return="across",
    ends_same_origin_credentials=False,
    turns_delete_into_get=True,
    keeps_origin_header=True,
    keeps_user_agent=False,
    default_same_site="none",
    same_site_none_needs_secure=False,
    checks_cookie_prefixes=False,
    secure_cookies_on_loopback=False,
    takes_dotless_domains=False,
    shields_overlaid_cookies=False,
    sends_nearest_domain_first=True,
    sites_have_schemes=False,
    has_sites_below_localhost=False,
    third_party_cookies=False,
)
