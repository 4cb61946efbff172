"""For each departure of a browser from the standard, the simplest cases that show it; knows no browser.

The names are those of ``wsgicors.fetch.Engine``. Most cases were drawn at random, and then made
simpler for as long as they showed the departure.
"""

from __future__ import annotations

from collections.abc import Mapping

from .cases import SANDBOX, SECURE, Answer, Case, Hop, Place, Step

TO_PAGE = ("Access-Control-Allow-Origin", "$page")
TO_ALL = ("Access-Control-Allow-Origin", "*")
WITH_CREDENTIALS = ("Access-Control-Allow-Credentials", "true")


def allow_methods(value: str) -> tuple[str, str]:
    return "Access-Control-Allow-Methods", value


def allow_headers(value: str) -> tuple[str, str]:
    return "Access-Control-Allow-Headers", value


def max_age(value: str) -> tuple[str, str]:
    return "Access-Control-Max-Age", value


def location(value: str) -> tuple[str, str]:
    return "Location", value


def set_cookie(value: str) -> tuple[str, str]:
    return "Set-Cookie", value


SHOWN_BY: Mapping[str, tuple[Case, ...]] = {
    "combines_repeated_headers": (
        Case(steps=(Step(headers=(("Accept", "a" * 128), ("Accept", "a" * 128))),)),
    ),
    "safelists_client_hints": (Case(steps=(Step(headers=(("Save-Data", "on"),)),)),),
    "loads_loopback_from_https": (
        Case(page=Place(port=SECURE)),
        Case(
            page=Place(port=SECURE),
            hops=(
                Hop(
                    place=Place(port=SECURE),
                    actuals=(Answer(status=302, headers=(location("$1"),)),),
                ),
                Hop(),
            ),
            steps=(Step(headers=(("Content-Type", "text"),)),),
        ),
    ),
    "nulls_origin_over_http": (
        Case(page=Place(port=SECURE), steps=(Step(method="POST", mode="no-cors"),)),
    ),
    "safelists_beyond_ascii": (
        Case(steps=(Step(headers=(("Content-Type", "text/plain; a=\xe9"),)),)),
        Case(steps=(Step(headers=(("Accept", "text/\xe9"),)),)),
        Case(
            steps=(
                Step(
                    method="POST",
                    headers=(("Content-Type", "text/plain; a=\xe9"),),
                    body="hello",
                    mode="no-cors",
                ),
            ),
        ),
    ),
    "header_encoding": (Case(steps=(Step(headers=(("Accept", "text/\xe9"),)),)),),
    "lets_scripts_set_user_agent": (Case(steps=(Step(headers=(("User-Agent", "mine"),)),)),),
    "wildcard_covers_authorization": (
        Case(
            hops=(Hop(preflights=(Answer(headers=(TO_PAGE, allow_headers("*"))),)),),
            steps=(Step(headers=(("Authorization", "Bearer x"),)),),
        ),
    ),
    "signed_max_age": (
        Case(
            hops=(
                Hop(
                    preflights=(
                        Answer(
                            headers=(
                                TO_PAGE,
                                allow_headers("Accept, Authorization, Content-Type, User-Agent"),
                                max_age("-1"),
                            )
                        ),
                    )
                ),
            ),
            steps=(
                Step(headers=(("Authorization", "Bearer x"),)),
                Step(headers=(("Authorization", "Bearer x"),)),
            ),
        ),
    ),
    "keeps_one_answer_per_url": (
        Case(
            hops=(Hop(preflights=(Answer(headers=(TO_PAGE, allow_methods("*"))),)),),
            steps=(
                Step(method="DELETE"),
                Step(method="PATCH", credentials="include"),
                Step(method="DELETE"),
            ),
        ),
    ),
    "opaque_origins_share_answers": (
        Case(
            page=SANDBOX,
            hops=(Hop(policy=(("allow_origins", "null"), ("allow_headers", "*, Authorization"))),),
            steps=(
                Step(headers=(("Range", "bytes=0-1,3-4"),)),
                Step(headers=(("Range", "bytes=0-1,3-4"),)),
            ),
        ),
    ),
    "tainted_answers_are_of": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(status=307, headers=(TO_ALL, location("$1"))),),
                    preflights=(Answer(headers=(TO_ALL, allow_methods("PUT"))),),
                ),
                Hop(place=Place(), preflights=(Answer(headers=(TO_ALL, allow_methods("PUT"))),)),
            ),
            steps=(Step(method="PUT"), Step(method="PUT")),
        ),
        Case(
            hops=(
                Hop(
                    place=Place(),
                    actuals=(
                        Answer(status=307, headers=(location("$1"),)),
                        Answer(status=307, headers=(location("$2"),)),
                    ),
                ),
                Hop(
                    actuals=(Answer(headers=(TO_ALL,)),),
                    preflights=(Answer(headers=(TO_ALL, allow_methods("PUT"))),),
                ),
                Hop(
                    place=Place(host="sub.localhost"),
                    actuals=(Answer(status=307, headers=(TO_ALL, location("$1"))),),
                    preflights=(Answer(headers=(TO_ALL, allow_methods("PUT"))),),
                ),
            ),
            steps=(Step(method="PUT"), Step(method="PUT")),
        ),
    ),
    "conditional_requests_are_covered": (
        Case(
            hops=(Hop(preflights=(Answer(headers=(TO_PAGE, allow_methods("PUT"))),)),),
            steps=(Step(method="PUT"), Step(headers=(("If-None-Match", "x"),)), Step(method="PUT")),
        ),
        Case(
            hops=(
                Hop(
                    actuals=(Answer(headers=(TO_PAGE, WITH_CREDENTIALS)),),
                    preflights=(
                        Answer(
                            headers=(
                                TO_PAGE,
                                WITH_CREDENTIALS,
                                allow_methods("GET, OPTIONS"),
                                allow_headers(
                                    "Accept-Language, Content-Type, If-None-Match, Range"
                                ),
                            )
                        ),
                    ),
                ),
            ),
            steps=(
                Step(method="OPTIONS", credentials="include"),
                Step(headers=(("If-None-Match", "x"),), credentials="include"),
            ),
        ),
    ),
    "caches_credentialed_wildcards": (
        Case(
            hops=(
                Hop(
                    preflights=(
                        Answer(
                            headers=(
                                TO_PAGE,
                                WITH_CREDENTIALS,
                                allow_methods("PATCH, POST"),
                                allow_headers("*"),
                            )
                        ),
                    )
                ),
            ),
            steps=(
                Step(method="PATCH", credentials="include"),
                Step(headers=(("X-B", "b" * 200),)),
            ),
        ),
    ),
    "caches_wildcard_for_authorization": (
        Case(
            hops=(
                Hop(
                    preflights=(
                        Answer(
                            headers=(TO_PAGE, allow_methods("GET, OPTIONS"), allow_headers("*"))
                        ),
                    )
                ),
            ),
            steps=(Step(method="OPTIONS"), Step(headers=(("Authorization", "Bearer x"),))),
        ),
    ),
    "failures_that_clear": (
        Case(
            hops=(
                Hop(
                    preflights=(
                        Answer(
                            headers=(
                                TO_PAGE,
                                allow_methods("PATCH, PUT"),
                                allow_headers("Accept, Content-Type, X-HTTP-Method-Override"),
                            )
                        ),
                    )
                ),
            ),
            steps=(Step(headers=(("X-HTTP-Method-Override", "PUT"),)), Step(method="PATCH")),
        ),
        Case(
            hops=(
                Hop(
                    actuals=(Answer(status=303, headers=(TO_ALL,)),),
                    preflights=(Answer(headers=(TO_PAGE, allow_headers("Accept, Content-Type"))),),
                ),
            ),
            steps=(
                Step(headers=(("Accept", "a" * 129),), redirect="error"),
                Step(headers=(("Accept", "a" * 129),)),
            ),
        ),
    ),
    "empty_location": (
        Case(hops=(Hop(actuals=(Answer(status=307, headers=(TO_PAGE, location(""))),)),)),
    ),
    "refuses_redirects_to_nowhere": (
        Case(
            hops=(Hop(actuals=(Answer(status=302, headers=(TO_PAGE,)),)),),
            steps=(Step(redirect="error"),),
        ),
    ),
    "resolves_manual_redirects": (
        Case(
            hops=(Hop(actuals=(Answer(status=307, headers=(TO_PAGE, location("http://"))),)),),
            steps=(Step(redirect="manual"),),
        ),
    ),
    "allows_credentials_in_redirects": (
        Case(
            page=Place(host="[::1]"),
            hops=(
                Hop(
                    place=Place(host="[::1]"),
                    actuals=(Answer(status=303, headers=(location("http://user:pw@$host1"),)),),
                ),
                Hop(place=Place(host="[::1]")),
            ),
        ),
    ),
    "nulls_origin_when_leaving": (
        Case(
            page=Place(host="a.sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="a.sub.localhost"),
                    actuals=(Answer(status=307, headers=(location("$1"),)),),
                ),
                Hop(),
            ),
            steps=(Step(method="POST", mode="no-cors"),),
        ),
    ),
    "keeps_device_hints": (
        Case(
            hops=(Hop(actuals=(Answer(status=307, headers=(TO_PAGE, location("$path/1"))),)),),
            steps=(Step(headers=(("DPR", "2"),)),),
        ),
    ),
    "host_prefix_forbids_domain": (
        Case(
            hops=(
                Hop(
                    actuals=(
                        Answer(
                            headers=(
                                set_cookie(
                                    "__Host-a$id=1; Path=/; SameSite=None; Secure; Domain=localhost"
                                ),
                            )
                        ),
                    )
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
        Case(
            page=Place(host="127.0.0.1"),
            hops=(
                Hop(
                    place=Place(host="127.0.0.1"),
                    actuals=(
                        Answer(
                            headers=(set_cookie("__Host-a$id=1; Path=/; Secure; Domain=127.0.0.1"),)
                        ),
                    ),
                ),
            ),
            steps=(Step(), Step()),
        ),
    ),
    "repeats_header_names": (Case(steps=(Step(headers=(("X-A", "1"), ("X-A", "1"))),)),),
    "malformed_max_age": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(headers=(TO_PAGE,)),),
                    preflights=(
                        Answer(headers=(TO_ALL, allow_methods("QUERY"), max_age("600, 600"))),
                    ),
                ),
            ),
            steps=(Step(method="QUERY"), Step(method="QUERY")),
        ),
    ),
    "ignores_answers_not_to_keep": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(headers=(TO_PAGE,)),),
                    preflights=(
                        Answer(headers=(TO_PAGE, allow_methods("PUT"))),
                        Answer(headers=(TO_PAGE, allow_methods("PUT, DELETE"), max_age("0"))),
                    ),
                ),
            ),
            steps=(Step(method="PUT"), Step(method="DELETE"), Step(method="PUT")),
        ),
    ),
    "shares_credentialed_answers": (
        Case(
            hops=(
                Hop(
                    policy=(
                        ("allow_origins", "$page"),
                        ("allow_methods", "*"),
                        ("allow_credentials", "true"),
                    )
                ),
            ),
            steps=(Step(method="DELETE", credentials="include"), Step(method="DELETE")),
        ),
    ),
    "caches_wildcards": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(headers=(TO_PAGE,)),),
                    preflights=(Answer(headers=(TO_PAGE, allow_methods("*"))),),
                ),
            ),
            steps=(Step(method="PUT"), Step(method="delete")),
        ),
    ),
    "caches_head": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(headers=(TO_PAGE,)),),
                    preflights=(
                        Answer(
                            headers=(TO_PAGE, allow_headers("Accept, Content-Type, Range, X-A"))
                        ),
                    ),
                ),
            ),
            steps=(
                Step(headers=(("Accept", "a" * 129),)),
                Step(method="HEAD", headers=(("Accept", "a" * 129),)),
            ),
        ),
    ),
    "taints_preflight_origin": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(status=307, headers=(TO_ALL, location("$1"))),),
                    preflights=(Answer(headers=(TO_ALL, allow_methods("PUT"))),),
                ),
                Hop(place=Place()),
            ),
            steps=(Step(method="PUT"),),
        ),
    ),
    "checks_preflights_of_own_origin": (
        Case(
            page=Place(host="sub.localhost"),
            hops=(
                Hop(
                    actuals=(Answer(status=308, headers=(location("$1"),)),),
                    policy=(
                        ("allow_origins", "*"),
                        (
                            "allow_methods",
                            "GET, GET, GET, HEAD, POST, POST, PUT, PUT, DELETE, PATCH, OPTIONS, QUERY",
                        ),
                    ),
                ),
                Hop(
                    place=Place(host="sub.localhost"),
                    preflights=(Answer(headers=(allow_methods("DELETE"),)),),
                ),
            ),
            steps=(Step(method="DELETE"),),
        ),
    ),
    "stays_unsafe": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(status=303, headers=(TO_PAGE, location("$path/1"))),),
                    preflights=(Answer(headers=(TO_PAGE, allow_methods("DELETE"))),),
                ),
            ),
            steps=(Step(method="DELETE"),),
        ),
    ),
    "asks_for_lost_headers": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(status=303, headers=(TO_PAGE, location("$1"))),),
                    preflights=(
                        Answer(headers=(TO_ALL, allow_methods("PATCH, patch"), allow_headers("*"))),
                    ),
                ),
                Hop(
                    actuals=(Answer(status=303, headers=(TO_ALL, location("$path/2"))),),
                    preflights=(Answer(headers=(TO_PAGE,)),),
                ),
            ),
            steps=(Step(method="PATCH", headers=(("Content-Type", 'text/plain;x="y"'),)),),
        ),
    ),
    "lost_headers_return": (
        Case(
            page=Place(host="a.sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="a.sub.localhost"),
                    actuals=(Answer(status=301, headers=(location("$1?a=b c"),)),),
                ),
                Hop(
                    place=Place(host="sub.localhost"),
                    actuals=(Answer(status=301, headers=(TO_PAGE, location("$2"))),),
                    preflights=(Answer(headers=(TO_PAGE,)),),
                ),
                Hop(
                    place=Place(host="sub.localhost"),
                    preflights=(
                        Answer(headers=(TO_ALL, allow_headers("Authorization, Content-Type, X-B"))),
                    ),
                ),
            ),
            steps=(Step(headers=(("Authorization", "Bearer x"),)),),
        ),
        Case(
            hops=(
                Hop(actuals=(Answer(status=301, headers=(TO_ALL, location("$1"))),)),
                Hop(actuals=(Answer(status=302, headers=(TO_ALL, location("$1#part"))),)),
            ),
            steps=(Step(method="POST", body="hello"),),
        ),
    ),
    "same_site_needs_same_site_redirects": (
        Case(
            page=Place(host="127.0.0.1"),
            hops=(
                Hop(
                    actuals=(
                        Answer(status=308, headers=(TO_PAGE, WITH_CREDENTIALS, location("$1"))),
                    )
                ),
                Hop(
                    place=Place(host="127.0.0.1"),
                    actuals=(Answer(headers=(set_cookie("a$id=1; Path=$path; SameSite=Strict"),)),),
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
    ),
    "default_same_site": (
        Case(
            hops=(
                Hop(
                    place=Place(host="a.sub.localhost"),
                    actuals=(Answer(headers=(set_cookie("b$id=1; Path=$path; HttpOnly"),)),),
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
    ),
    "preflights_carry_user_agent": (Case(steps=(Step(headers=(("User-Agent", "mine"),)),)),),
    "keeps_insufficient_answers": (
        Case(
            hops=(
                Hop(preflights=(Answer(headers=(TO_PAGE, WITH_CREDENTIALS, allow_methods("*"))),)),
            ),
            steps=(Step(method="PATCH", credentials="include"), Step(method="PATCH")),
        ),
    ),
    "leaks_redirects_to_nowhere": (
        Case(
            hops=(Hop(actuals=(Answer(status=307, headers=(TO_PAGE,)),)),),
            steps=(Step(redirect="manual"),),
        ),
    ),
    "rechecks_redirects": (
        Case(
            hops=(
                Hop(place=Place(), actuals=(Answer(status=307, headers=(location("$2"),)),)),
                Hop(),
                Hop(actuals=(Answer(status=307, headers=(TO_ALL, location("$1"))),)),
            )
        ),
    ),
    "ends_same_origin_credentials": (
        Case(
            hops=(
                Hop(place=Place(), actuals=(Answer(status=307, headers=(location("$1"),)),)),
                Hop(actuals=(Answer(headers=(set_cookie("a$id=1; Path=$path; "),)),)),
            ),
            steps=(Step(mode="no-cors"), Step()),
        ),
    ),
    "turns_delete_into_get": (
        Case(
            hops=(
                Hop(
                    actuals=(Answer(status=308, headers=(location("$1"),)),),
                    policy=(("allow_origins", "$page"), ("allow_methods", "*")),
                ),
                Hop(place=Place()),
            ),
            steps=(Step(method="DELETE"),),
        ),
    ),
    "keeps_origin_header": (
        Case(
            page=Place(host="sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="sub.localhost"),
                    actuals=(Answer(status=302, headers=(location("$path/1"),)),),
                ),
            ),
            steps=(Step(method="post"),),
        ),
    ),
    "keeps_user_agent": (
        Case(
            page=Place(host="a.sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="a.sub.localhost"),
                    actuals=(Answer(status=302, headers=(location("$path/1"),)),),
                ),
            ),
            steps=(Step(headers=(("User-Agent", "mine"),)),),
        ),
    ),
    "same_site_none_needs_secure": (
        Case(
            page=Place(host="sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="sub.localhost"),
                    actuals=(Answer(headers=(set_cookie("a$id=1; Path=$path; SameSite=None"),)),),
                ),
            ),
            steps=(Step(), Step()),
        ),
    ),
    "checks_cookie_prefixes": (
        Case(
            page=Place(host="127.0.0.1"),
            hops=(
                Hop(
                    place=Place(host="127.0.0.1"),
                    actuals=(
                        Answer(headers=(set_cookie("__Secure-a$id=1; Path=$path; SameSite=Lax"),)),
                    ),
                ),
            ),
            steps=(Step(), Step()),
        ),
    ),
    "secure_cookies_on_loopback": (
        Case(
            hops=(
                Hop(
                    actuals=(
                        Answer(
                            headers=(set_cookie("__Host-a$id=1; Path=/; SameSite=None; Secure"),)
                        ),
                    )
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
        Case(
            hops=(
                Hop(place=Place(), actuals=(Answer(status=307, headers=(location("$1"),)),)),
                Hop(
                    place=Place(port=SECURE),
                    actuals=(Answer(headers=(set_cookie("a$id=1; Path=$path; Secure"),)),),
                ),
            ),
            steps=(Step(mode="no-cors", credentials="include"),) * 2,
        ),
    ),
    "takes_dotless_domains": (
        Case(
            hops=(
                Hop(
                    place=Place(),
                    actuals=(
                        Answer(headers=(set_cookie("a$id=1; Path=$path; Domain=localhost"),)),
                    ),
                ),
            ),
            steps=(Step(), Step()),
        ),
    ),
    "shields_overlaid_cookies": tuple(
        Case(
            hops=(
                Hop(
                    place=Place(port=SECURE),
                    actuals=(
                        Answer(
                            status=307,
                            headers=(location("$1"), set_cookie("a$id=1; Path=$path; Secure")),
                        ),
                    ),
                ),
                Hop(
                    place=Place(),
                    actuals=(Answer(headers=(set_cookie(f"a$id=2; Path={path}"),)),),
                ),
            ),
            steps=(Step(mode="no-cors", credentials="include"),) * 2,
        )
        for path in ("$path", "$path/1")
    ),
    "sends_nearest_domain_first": (
        Case(
            page=Place(host="a.sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="a.sub.localhost"),
                    actuals=(
                        Answer(
                            headers=(
                                set_cookie("a$id=1; Path=$path; Domain=sub.localhost"),
                                set_cookie("b$id=1; Path=$path"),
                                set_cookie("c$id=1; Path=$path; Domain=a.sub.localhost"),
                                set_cookie("d$id=1; Path=$path"),
                            )
                        ),
                    ),
                ),
            ),
            steps=(Step(), Step()),
        ),
    ),
    "sites_have_schemes": (
        Case(
            page=Place(host="127.0.0.1"),
            hops=(
                Hop(
                    place=Place(host="127.0.0.1", port=SECURE),
                    actuals=(Answer(headers=(set_cookie("a$id=1; Path=$path; SameSite=Lax"),)),),
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
    ),
    "has_sites_below_localhost": (
        Case(
            page=Place(host="a.sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="sub.localhost"),
                    actuals=(Answer(headers=(set_cookie("a$id=1; Path=$path; "),)),),
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
        Case(
            page=Place(host="a.sub.localhost"),
            hops=(
                Hop(
                    place=Place(host="sub.localhost"),
                    actuals=(
                        Answer(
                            headers=(
                                set_cookie(
                                    "a$id=1; Path=$path; SameSite=Lax; Domain=sub.localhost"
                                ),
                            )
                        ),
                    ),
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
    ),
    "third_party_cookies": (
        Case(
            hops=(
                Hop(
                    place=Place(host="a.sub.localhost"),
                    actuals=(Answer(headers=(set_cookie("b$id=1; Path=$path; HttpOnly"),)),),
                ),
            ),
            steps=(Step(credentials="include"), Step(credentials="include")),
        ),
    ),
}
