"""Flask-CORS's own tests, with the compatibility layer in its place: what they find different, and why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from wsgicors.compat.flask_cors import __version__

pytestmark = pytest.mark.programs

OWN = "a function of Flask-CORS's own: it is not here, and no browser sees it"
ANYBODY = "`*`, where Flask-CORS repeats the origin to everybody"
WHOLE = "all headers that are allowed, where Flask-CORS names those of them that were asked for"
VARY = "`Vary: Origin` wherever the answer depends on the origin, and only there; in one line"
ORDER = "in the order in which the program writes them"
WITHDRAWN = "Private Network Access, which browsers withdrew"
CREDENTIALS = "a door: every site could read with the credentials of users"
BEGINNING = "a door: only the beginning of an origin has to match"

DIFFERENT = {
    OWN: """
        core/test_helpers.py::InternalsTestCase::test_flexible_str_set
        core/test_helpers.py::InternalsTestCase::test_flexible_str_str
        core/test_helpers.py::InternalsTestCase::test_get_allow_headers_empty
        core/test_helpers.py::InternalsTestCase::test_get_allow_headers_matching
        core/test_helpers.py::InternalsTestCase::test_get_allow_headers_matching_none
        core/test_helpers.py::InternalsTestCase::test_parse_resources_sorted
        core/test_helpers.py::InternalsTestCase::test_serialize_options
    """,
    ANYBODY: """
        decorator/test_origins.py::OriginsTestCase::test_defaults_with_origin
        decorator/test_w3.py::OriginsW3TestCase::test_wildcard_default_origins
        decorator/test_w3.py::OriginsW3TestCase::test_wildcard_no_origin_header
        decorator/test_w3.py::OriginsW3TestCase::test_wildcard_origin_header
        extension/test_app_extension.py::AppExtensionRegexp::test_defaults_with_origin
    """,
    WHOLE: """
        decorator/test_allow_headers.py::AllowHeadersTestCaseIntegration::test_allow_headers_no_request_headers
        decorator/test_allow_headers.py::AllowHeadersTestCaseIntegration::test_allow_headers_with_request_headers
        decorator/test_allow_headers.py::AllowHeadersTestCaseIntegration::test_allow_headers_with_request_headers_case_insensitive
        decorator/test_allow_headers.py::AllowHeadersTestCaseIntegration::test_allow_headers_with_unmatched_request_headers
    """,
    VARY: """
        decorator/test_vary_header.py::VaryHeaderTestCase::test_consistent_origin
        decorator/test_vary_header.py::VaryHeaderTestCase::test_consistent_origin_concat
        decorator/test_vary_header.py::VaryHeaderTestCase::test_default
    """,
    ORDER: """
        decorator/test_expose_headers.py::ExposeHeadersTestCase::test_override
    """,
    WITHDRAWN: """
        decorator/test_private_network_headers.py::SupportsCredentialsCase::test_credentials_supported
        decorator/test_private_network_headers.py::SupportsCredentialsCase::test_credentials_unsupported
    """,
    CREDENTIALS: """
        decorator/test_credentials.py::SupportsCredentialsCase::test_credentials_supported
    """,
    BEGINNING: """
        decorator/test_origins.py::OriginsTestCase::test_regex_list
        extension/test_app_extension.py::AppExtensionRegexp::test_regex_list
    """,
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """The folder of the release whose behaviour is kept, its tests among its files."""
    folder = tmp_path_factory.mktemp("suite")
    wanted = ["--no-deps", "--no-binary=flask-cors", f"flask-cors=={__version__}"]
    command = [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), *wanted]
    subprocess.run(command, check=True, timeout=300)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return archive.with_name(archive.name[: -len(".tar.gz")])


@pytest.fixture(scope="module")
def before(suite):
    return run(suite)


@pytest.fixture(scope="module")
def now(suite, tmp_path_factory):
    folder = tmp_path_factory.mktemp("instead")
    (folder / "flask_cors.py").write_text("import wsgicors.compat.flask_cors.instead\n")
    shutil.copytree(suite / "tests", folder / "tests")
    return run(folder)


def run(folder):
    """Run the tests of a folder against the ``flask_cors`` that is there."""
    report = folder / "report.json"
    options = "-q -W ignore -p flask_cors_suite -p no:dash -p no:cacheprovider"
    environ = {"PYTHONPATH": str(Path(__file__).parent), "FLASK_CORS_SUITE": str(report)}
    subprocess.run(
        [sys.executable, "-m", "pytest", *options.split(), "tests"],
        env={**os.environ, **environ},
        cwd=folder,
        timeout=300,
        check=False,
    )
    return json.loads(report.read_text())


def test_what_they_find_different_has_a_reason(before, now):
    assert before["failed"] == []
    assert now["failed"] == sorted(
        f"tests/{test}" for tests in DIFFERENT.values() for test in tests.split()
    )


def test_browsers_see_a_difference_only_where_a_door_is_shut(before, now):
    assert len(before["outcomes"]) > 300
    assert now["outcomes"].keys() == before["outcomes"].keys()
    changed = {key for key, status in now["outcomes"].items() if status != before["outcomes"][key]}
    doors = [*DIFFERENT[CREDENTIALS].split(), *DIFFERENT[BEGINNING].split()]
    assert {key.split()[0] for key in changed} == {f"tests/{test}" for test in doors}
    assert {now["outcomes"][key] for key in changed} == {None}
