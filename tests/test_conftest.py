"""Where nothing may be missing, a skipped test is a failed one, and tells why it was skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

SKIPPED_IN_THE_TEST = """
import pytest

def test_in_a_browser():
    pytest.skip("no browser here")
"""
SKIPPED_BY_A_MARK = """
import pytest

@pytest.mark.skipif(True, reason="no browser here")
def test_in_a_browser():
    pass
"""
SKIPPED_AS_A_WHOLE = """
import pytest

pytest.skip("no browser here", allow_module_level=True)
"""
EXPECTED_TO_FAIL = """
import pytest

@pytest.mark.xfail(reason="no browser here")
def test_in_a_browser():
    assert False
"""


@pytest.fixture
def run(tmp_path):
    """Run a test file under a copy of our conftest, in a pytest of its own."""

    def run(test, skips_are_errors):
        (tmp_path / "conftest.py").write_text(CONFTEST.read_text("utf-8"), "utf-8")
        (tmp_path / "test_sample.py").write_text(test, "utf-8")
        environment = {**os.environ, "WSGICORS_SKIPS_ARE_ERRORS": skips_are_errors}
        command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", str(tmp_path)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize(
    "test",
    [
        pytest.param(SKIPPED_IN_THE_TEST, id="in the test"),
        pytest.param(SKIPPED_BY_A_MARK, id="by a mark"),
        pytest.param(SKIPPED_AS_A_WHOLE, id="a whole file"),
    ],
)
def test_a_skip_is_an_error_that_tells_its_reason(run, test):
    result = run(test, skips_are_errors="1")
    assert result.returncode != 0
    assert "no browser here (and WSGICORS_SKIPS_ARE_ERRORS is set)" in result.stdout


def test_a_skip_stays_one_where_something_may_be_missing(run):
    result = run(SKIPPED_IN_THE_TEST, skips_are_errors="")
    assert result.returncode == 0
    assert "1 skipped" in result.stdout


def test_an_expected_failure_is_no_skip(run):
    result = run(EXPECTED_TO_FAIL, skips_are_errors="1")
    assert result.returncode == 0
    assert "1 xfailed" in result.stdout
