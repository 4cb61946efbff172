"""Programs of others, unedited: what browsers get under Flask-CORS and in its place is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.programs

RUNNER = Path(__file__).parent / "programs.py"
PROGRAMS = [
    ("moto", "moto"),
    ("mlflow", "mlflow"),
    ("mlflow_for_one", "mlflow"),
    ("mlflow_for_everybody", "mlflow"),
    ("activitywatch", "aw_server"),
    ("pygeoapi", "pygeoapi"),
    ("dash", "dash"),
    ("connexion", "connexion"),
    ("connexion_3", "connexion"),
    ("appbuilder", "flask_appbuilder"),
    ("terracotta", "terracotta"),
    ("locust", "locust"),
]


@pytest.fixture
def in_place_of_flask_cors(tmp_path):
    """The folder that the documentation says to make."""
    (tmp_path / "flask_cors.py").write_text("import wsgicors.compat.flask_cors.instead\n")
    return tmp_path


@pytest.mark.parametrize(("program", "package"), PROGRAMS, ids=[program for program, _ in PROGRAMS])
def test_browsers_get_the_same(program, package, in_place_of_flask_cors):
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    before, now = run(program), run(program, in_place_of_flask_cors)
    assert before["library"].startswith("flask_cors")
    assert now["library"].startswith("wsgicors.compat.flask_cors")
    assert now["outcomes"] == before["outcomes"]
    assert {status is None for status in now["outcomes"].values()} == {True, False}


def test_connexion_3_needs_something_in_front_of_it():
    """As the documentation says; what stands inside is asked too late."""
    if find_spec("connexion") is None:
        pytest.skip("connexion is not installed")
    assert {*run("connexion_3_around_wsgicors")["outcomes"].values()} == {None}
    inside = run("connexion_3")["outcomes"]
    by_starlette = run("connexion_3_behind_starlette")["outcomes"]
    by_wsgicors = run("connexion_3_behind_wsgicors")["outcomes"]
    assert by_wsgicors == by_starlette
    gained = {key for key, status in by_wsgicors.items() if status != inside[key]}
    assert {key.rpartition(" ")[0]: by_wsgicors[key] for key in gained} == {
        "https://app.example.com GET /nothing": 404,
        "https://app.example.com PUT /items": 200,
    }


def run(program, *folders):
    path = os.pathsep.join(filter(None, [*map(str, folders), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-W", "ignore", str(RUNNER), program]
    environ = {**os.environ, "PYTHONPATH": path}
    output = subprocess.check_output(command, env=environ, text=True, timeout=300)
    return json.loads(output.splitlines()[-1])
