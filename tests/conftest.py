"""What holds for every test: a skip is an error where nothing may be missing."""

from __future__ import annotations

import os

import pytest

SKIPS_ARE_ERRORS = "WSGICORS_SKIPS_ARE_ERRORS"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _without_skip((yield))


def _without_skip(report):
    """Turn a skip into a failure that tells its reason (an expected failure is no skip)."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(SKIPS_ARE_ERRORS):
        *_, reason = report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (and {SKIPS_ARE_ERRORS} is set)"
    return report
