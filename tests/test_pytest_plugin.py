"""The pytest plugin, as the tests of somebody's own application use it."""

from __future__ import annotations

pytest_plugins = ["pytester"]

EXAMPLE = """
    from wsgicors import CORSMiddleware

    def application(environ, start_response):
        start_response("200 OK", [])
        return [b"hello"]

    def test_my_front_end_can_read_it(cors_browser):
        browser = cors_browser(
            CORSMiddleware(application, allow_origins="https://shop.example"),
            origin="https://shop.example",
        )
        assert browser.fetch("/").text == "hello"
    """


def test_fixture_makes_browsers(pytester):
    pytester.makepyfile(EXAMPLE)
    pytester.runpytest().assert_outcomes(passed=1)


def test_fixture_is_documented_where_pytest_lists_it(pytester):
    result = pytester.runpytest("--fixtures")
    result.stdout.fnmatch_lines(["*cors_browser*", "*Make a*Browser*"])


def test_failure_is_told_without_how_the_checks_are_made(pytester):
    pytester.makepyfile(
        EXAMPLE.replace("CORSMiddleware(application, allow", "(application) or dict(allow")
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *allow-origin-missing", "E *Add*https://shop.example*"])
    result.stdout.no_fnmatch_line("*fetching.py*")
    result.stdout.no_fnmatch_line("*testing.py*")
