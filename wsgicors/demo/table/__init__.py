"""Every scenario of the demonstration, once: a file for each section of MDN's guide."""

from __future__ import annotations

from . import (
    credentials,
    failed_checks,
    preflight_credentials,
    preflighted,
    redirects,
    request_headers,
    response_headers,
    simple,
    third_party_cookies,
    which_requests,
    wildcards,
)

#: The headings of the page, in its order.
GROUPS = (
    which_requests.GROUP,
    simple.GROUP,
    preflighted.GROUP,
    redirects.GROUP,
    credentials.GROUP,
    preflight_credentials.GROUP,
    wildcards.GROUP,
    third_party_cookies.GROUP,
    failed_checks.GROUP,
    response_headers.GROUP,
    request_headers.GROUP,
)

SCENARIOS = {scenario.id: scenario for group in GROUPS for scenario in group.scenarios}
