"""A plugin for the tests of Flask-CORS: what browsers get from the applications that they ask.

It goes on where a test fails, so that nothing stays hidden behind the first difference.
``FLASK_CORS_SUITE`` names the file for the tests that failed and for what browsers got.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from pathlib import Path

from wsgicors.testing import Browser, CORSError

STRANGER = "https://evil.example"
ASSERTIONS = ("assertEqual", "assertFalse", "assertTrue", "assertHasACLOrigin")
# Some tests ask the same of each letter of the alphabet.
MOST = 40
failed: set[str] = set()
outcomes: dict[str, int | None] = {}
number_of_outcomes: Counter[str] = Counter()


def pytest_collection_finish(session):
    from tests.base_test import FlaskCorsTestCase

    for name in ASSERTIONS:
        setattr(FlaskCorsTestCase, name, noted(getattr(FlaskCorsTestCase, name)))
    FlaskCorsTestCase._request = recorded(FlaskCorsTestCase._request)


def pytest_runtest_logreport(report):
    if report.failed:
        failed.add(report.nodeid)


def pytest_sessionfinish(session):
    written = json.dumps({"failed": sorted(failed), "outcomes": outcomes})
    Path(os.environ["FLASK_CORS_SUITE"]).write_text(written)


def _test_under_way():
    return os.environ["PYTEST_CURRENT_TEST"].partition(" ")[0]


def noted(assertion):
    """An assertion that is noted where it does not hold."""

    @functools.wraps(assertion)
    def checked(*args, **kwargs):
        try:
            assertion(*args, **kwargs)
        except AssertionError:
            failed.add(_test_under_way())

    return checked


def recorded(request):
    """The method by which the tests ask, and browsers with it: on the page that is named, and on a stranger's."""

    @functools.wraps(request)
    def asked(case, verb, path, **more):
        headers = {name.lower(): value for name, value in more.get("headers", {}).items()}
        origin = more.get("origin") or headers.get("origin") or "foo.com"
        method = headers.get("access-control-request-method", verb).upper()
        names = headers.get("access-control-request-headers", "").split(", ")
        sent = dict.fromkeys(filter(None, names), "1")
        for page in (origin if "://" in origin else f"http://{origin}", STRANGER):
            for credentials in ("omit", "include"):
                record(case.app, page, path, method, headers=sent, credentials=credentials)
        return request(case, verb, path, **more)

    return asked


def record(app, page, path, method, **call):
    test = _test_under_way()
    key = f"{test} {page} {method} {path} {call}"
    if key not in outcomes and number_of_outcomes[test] < MOST:
        number_of_outcomes[test] += 1
        outcomes[key] = outcome(Browser(app, page), path, method, **call)


def outcome(browser, path, method, **call):
    try:
        return browser.fetch(path, method, **call).status
    except CORSError:
        return None
