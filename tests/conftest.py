"""What holds for every test, and what several files need."""

from __future__ import annotations

import gc
import os
import signal
from importlib.util import find_spec

import pytest

from wsgicors.logs import lines_a_minute

SKIPS_ARE_ERRORS = "WSGICORS_SKIPS_ARE_ERRORS"

# Not where only programs of others are run.
if find_spec("hypothesis") is not None:
    import hypothesis

    # How long an example takes says only how busy the machine is.
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")


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


@pytest.fixture(autouse=True)
def nothing_left_out():
    """What other tests have logged in the same minute does not count."""
    lines_a_minute.forget()


@pytest.fixture
def hearing_interrupts():
    """A job in the background of a shell script is born deaf to them, and its children with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def nothing_is_left():
    """What is misplaced in a file would be told of in the log of other tests, as long as it is there."""
    from wsgicors.flask.strays import idle

    yield
    gc.collect()
    assert all(idle())


@pytest.fixture
def nothing_declared(monkeypatch):
    """Where no view of any application was ever decorated, one builder is there for all of them."""
    from wsgicors.flask import declarations

    monkeypatch.setattr(declarations, "_declarations", declarations._Declarations())
