"""The benchmark runs, and it reports on every figure that is promised. How fast anything is, no test says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))  # the benchmark is no part of what is installed

for needed in ("falcon", "flask_cors", "matplotlib", "rich", "starlette"):
    pytest.importorskip(needed, reason="python -m pip install -r benchmarks/requirements.txt")

import numpy as np  # noqa: E402 - matplotlib brings it

from benchmarks import libraries, plots, promises, races, report, timing  # noqa: E402 - it needs what was looked for just now, timing
from benchmarks.__main__ import main  # noqa: E402

PUBLISHED = ROOT / "docs" / "performance"
PICTURES = [f"{name}-{theme.name}" for name in plots.PICTURES for theme in plots.THEMES]
PAGE = (ROOT / "docs" / "performance.rst").read_text("utf-8")


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks")
    assert main(["--smoke", "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def rows(smoke):
    return json.loads((smoke / "results.json").read_text("utf-8"))["rows"]


@pytest.mark.parametrize(
    ("subject", "cases"),
    [
        pytest.param(promises.ADDED, 24, id="plain WSGI against the closure"),
        pytest.param(promises.ADDED_BAREST, 24, id="plain WSGI against the barest closure"),
        pytest.param(promises.ADDED_BEFORE, 24, id="plain WSGI against the release before"),
        pytest.param(promises.ADDED_UNDER, 40, id="plain WSGI, by policy and by what is on"),
        pytest.param(promises.WHOLE, 23, id="plain WSGI, preflights"),
        pytest.param(promises.WHOLE_ALONE, 3, id="plain WSGI, preflights without the application"),
        pytest.param(promises.UNSEEN, 6, id="origins never seen before"),
        pytest.param(promises.FLASK_ADDED, 14, id="Flask against Flask-CORS"),
        pytest.param(promises.FLASK_WHOLE, 15, id="Flask, preflights by number of routes"),
        pytest.param(promises.ROUTES, 12, id="Flask, all requests by number of routes"),
        pytest.param(promises.CHECKING, 9, id="Flask, the check of the routes"),
        pytest.param(promises.MANY, 10, id="many origins, time"),
        pytest.param(promises.BUILDING, 2, id="many origins, memory and building"),
        pytest.param(promises.TENANTS, 4, id="many tenants"),
        pytest.param(promises.OVERSIZED, 28, id="oversized headers, time"),
        pytest.param(promises.TAKEN, 4, id="oversized headers, memory"),
        pytest.param(promises.GROWTH, 2, id="growth"),
        pytest.param(promises.STARTUP, 9, id="startup"),
    ],
)
def test_every_figure_is_measured_for_all_its_cases(rows, subject, cases):
    found = [row["case"] for row in rows if row["subject"] == subject]
    assert len(set(found)) == len(found) == cases


def test_a_row_says_whether_its_promise_is_kept(rows):
    for row in rows:
        assert (row["met"] is None) == (row["limit"] is None)
    assert any(row["met"] is not None for row in rows)


@pytest.mark.parametrize(
    ("bound", "figure", "is_kept"),
    [
        pytest.param(promises.AT_MOST, 2.9, True, id="below what is allowed at most"),
        pytest.param(promises.AT_MOST, 3.1, False, id="above what is allowed at most"),
        pytest.param(promises.AT_LEAST, 3.1, True, id="above what is asked at least"),
        pytest.param(promises.AT_LEAST, 2.9, False, id="below what is asked at least"),
    ],
)
def test_a_limit_admits_its_own_side(bound, figure, is_kept):
    assert promises.Limit(bound, 3).admits(figure) is is_kept


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_drawn(smoke, name):
    picture = (smoke / f"{name}.svg").read_text("utf-8")
    assert "microseconds" in picture
    assert "Flask-CORS" in picture or "tenants" in name  # nobody else has policies for these


@pytest.mark.parametrize("name", PICTURES)
def test_the_page_shows_every_picture_that_is_drawn(name):
    assert f".. image:: performance/{name}.svg" in PAGE


@pytest.mark.parametrize(
    ("winner", "verdict"),
    [
        pytest.param(None, "met", id="wsgicors"),
        pytest.param("Flask-CORS", "met, Flask-CORS wins", id="a peer"),
    ],
)
def test_a_row_that_a_peer_wins_says_so(rows, winner, verdict):
    row = {**rows[0], "met": True, "winner": winner}
    results = {"rows": [row], "server": {"skipped": ""}, "instructions": {"skipped": ""}}
    assert next(iter(report.tables(results))).rows[0][-1] == verdict


@pytest.mark.parametrize(
    ("figure", "winner"),
    [
        pytest.param(0.9, None, id="wsgicors adds less"),
        pytest.param(1.1, promises.PREDECESSOR, id="the peer adds less"),
    ],
)
def test_who_adds_less_wins(figure, winner):
    bare, ours, theirs = (np.array([cost]) for cost in (1.0, 1.0 + figure, 2.0))
    closures = {"closure": theirs, "barest closure": theirs}
    costs = {"bare": bare, **closures, "wsgicors": ours, promises.PREDECESSOR: theirs}
    times = {
        races.Lane(library, shape, request): costs[library]
        for library in costs
        for shape in libraries.SHAPES
        for request in ("allowed", "denied", "denied, over plain http", "no origin")
    }
    found = [row for row in promises.of_shapes(times) if row.subject == promises.ADDED_BEFORE]
    assert {row.winner for row in found} == {winner}


def test_what_the_clock_does_not_show_is_no_error():
    assert np.isinf(timing.ratio(np.array([1.0, 1.0]), np.array([0.0, 0.0])).value)


def test_the_published_tables_are_those_of_the_published_results():
    results = json.loads((PUBLISHED / "results.json").read_text("utf-8"))
    assert report.page(results) == (PUBLISHED / "results.txt").read_text("utf-8")


def test_the_published_results_were_measured_in_full():
    assert json.loads((PUBLISHED / "results.json").read_text("utf-8"))["effort"] == "full"


def test_what_is_missing_is_named_with_the_remedy(monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.__main__._NEEDED", ("no_such_module",))
    assert main(["--smoke"]) == 1
    assert "no_such_module; pip install -r" in capsys.readouterr().err
