"""Every example in the README, in the guides and in the docstrings does what it says."""

from __future__ import annotations

import doctest
import importlib
import logging
import pkgutil
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest
from flask import Flask
from werkzeug.test import Client

import wsgicors

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.rst"))]
MODULES = [
    "wsgicors",
    *(module.name for module in pkgutil.walk_packages(wsgicors.__path__, "wsgicors.")),
]

# Their examples run in tests/flask/test_observability.py, where the clients are that they import.
ELSEWHERE = ("observability.rst",)

EXAMPLE = {
    ".md": re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL),
    ".rst": re.compile(r"^\.\. code-block:: python\n((?:[ \t].*\n|\n)+)", re.MULTILINE),
}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(autouse=True)
def _logger():
    """Take back what the pages say of switching the logger on."""
    logger = logging.getLogger("wsgicors")
    level = logger.level
    yield
    logger.setLevel(level)


def examples(page):
    """The Python examples of a page, each with the number of lines above it."""
    text = page.read_text("utf-8")
    for match in EXAMPLE[page.suffix].finditer(text):
        yield text.count("\n", 0, match.start(1)), textwrap.dedent(match[1])


def read_through(page):
    """Type in one example after the other, as a reader would, and return what there is then.

    They are in one file, ``shop.py``, so that what is saved as another can import from it.
    """
    shop = ModuleType("shop")
    # It comes from no file: who shows a traceback need not ask how to read it again.
    del shop.__spec__, shop.__loader__
    with patch.dict(sys.modules, shop=shop):
        return typed_in(page, vars(shop))


def typed_in(page, names):
    for line, code in examples(page):
        if ">>>" in code:
            parsed = doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), line)
            parsed.globs = names
            assert_passes(parsed)
        else:
            exec(compile("\n" * line + code, page, "exec"), names)
    return names


def assert_passes(examples):
    report = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(examples, out=report.append, clear_globs=False)
    if report:
        pytest.fail("".join(report), pytrace=False)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in ELSEWHERE], ids=lambda page: page.name
)
def test_examples_of_the_page_work(page):
    names = read_through(page)
    for test in [names[name] for name in names if name.startswith("test_")]:
        test()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_example_of_the_page_is_overlooked(page):
    text = page.read_text("utf-8")
    found = [code for _, code in examples(page)]
    assert len(found) == text.count("```python") + text.count(":: python")
    assert "".join(found).count(">>>") == text.count(">>>")


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_docstrings_work(name):
    finder = doctest.DocTestFinder()
    # The finder looks into each name of a module; Werkzeug 2.2's proxies want a request for that.
    with Flask("finder").test_request_context():
        found = finder.find(importlib.import_module(name))
    for examples in found:
        assert_passes(examples)


@pytest.fixture(scope="module")
def readme():
    return read_through(README)


@pytest.mark.parametrize(
    ("name", "path", "method", "origin"),
    [
        pytest.param("app", "/items", "GET", "https://app.example.com", id="Flask application"),
        pytest.param("app", "/items/tea", "PUT", "https://admin.example.com", id="Flask view"),
        pytest.param("application", "/", "PUT", "https://a.b.example.com", id="WSGI, subdomain"),
        pytest.param("application", "/", "PUT", "http://localhost:5173", id="WSGI, port"),
    ],
)
def test_the_readme_applications_let_their_front_ends_in(readme, name, path, method, origin):
    preflight, actual = preflight_and_actual(readme[name], path, method, origin)
    assert preflight.status_code == 204
    assert preflight.access_control_allow_origin == actual.access_control_allow_origin == origin
    assert method in preflight.access_control_allow_methods
    assert actual.status_code < 300


@pytest.mark.parametrize(
    ("name", "path", "method", "origin"),
    [
        pytest.param("app", "/items", "GET", "https://evil.example", id="Flask application"),
        pytest.param("app", "/items/tea", "PUT", "https://app.example.com", id="Flask view"),
        pytest.param("application", "/", "PUT", "https://example.com.evil.example", id="WSGI"),
    ],
)
def test_the_readme_applications_keep_strangers_out(readme, name, path, method, origin):
    preflight, actual = preflight_and_actual(readme[name], path, method, origin)
    assert preflight.status_code == 403
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert "Access-Control-Allow-Origin" not in actual.headers


def preflight_and_actual(application, path, method, origin):
    client = Client(application)
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(path, headers=asked), client.open(
        path, method=method, headers={"Origin": origin}
    )
