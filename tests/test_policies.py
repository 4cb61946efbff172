"""``python -m wsgicors policy``: the policies of a middleware, saved and compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import flask
import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import CORSMiddleware, Policy
from wsgicors.cli import main
from wsgicors.compat.paste import make_middleware
from wsgicors.policies import rules_of

A, B = "https://a.example", "https://b.example"


def bare(environ, start_response):
    start_response("200 OK", [])
    return []


def choose(environ, method):
    return Policy(allow_origins="*")


base = Policy(allow_origins=[A], max_age=5)
with_routes = CORSMiddleware(bare, base, routes={"/api/": Policy(max_age=60), "/internal": None})
in_another_order = CORSMiddleware(
    bare,
    routes={"/internal": None, "/api": Policy(max_age=60)},
    allow_origins=f"{A}",
    allow_methods="POST, GET, HEAD",
    max_age=5,
)
wider = CORSMiddleware(bare, base, routes={"/api": Policy(max_age=60), "/internal": base})
behind_another = ProxyFix(CORSMiddleware(bare, base))
resolving = CORSMiddleware(bare, resolve=choose)
several = {"policy": "app,any", "app_origin": A, "app_methods": "GET,PUT", "any_origin": "copy"}
of_an_ini = make_middleware(bare, **several)
of_an_ini_by_method = make_middleware(bare, **several, matchstrategy="verbmatch")
in_flask = flask.Flask("example")
in_flask.wsgi_app = CORSMiddleware(in_flask.wsgi_app, base)
only_flask = flask.Flask("example")


def policy(capsys, application, *arguments):
    status = main(["policy", f"{__name__}:{application}", *arguments])
    return status, *capsys.readouterr()


def test_policies_of_all_prefixes_are_saved_and_printed(capsys, tmp_path):
    file = tmp_path / "cors.json"
    assert policy(capsys, "with_routes", "--save", str(file))[0] == 0
    assert policy(capsys, "with_routes") == (0, file.read_text(), "")
    said = {
        rule: each for each in json.loads(file.read_text())["policies"] for rule in each["rules"]
    }
    assert {rule: each.get("max_age") for rule, each in said.items()} == {
        "/": 5,
        "/api": 60,
        "/internal": None,
    }
    assert said["/internal"]["governed"] is False
    assert said["/api"]["allow_origins"] == [A]


def test_the_same_said_otherwise_is_no_change(capsys, tmp_path):
    file = str(tmp_path / "cors.json")
    policy(capsys, "with_routes", "--save", file)
    status, told, _ = policy(capsys, "in_another_order", "--against", file)
    assert (status, told.startswith("Nothing has changed")) == (0, True)


def test_change_is_told_with_status_1(capsys, tmp_path):
    file = str(tmp_path / "cors.json")
    policy(capsys, "with_routes", "--save", file)
    status, told, _ = policy(capsys, "wider", "--against", file)
    assert status == 1
    assert f"/internal: was not governed, and is now: shared with {A}" in told


@pytest.mark.parametrize("application", ["behind_another", "in_flask"])
def test_middleware_is_found_within_others(application, capsys):
    assert A in policy(capsys, application)[1]


def test_resolve_is_told_as_a_callable(capsys):
    (said,) = json.loads(policy(capsys, "resolving")[1])["policies"]
    assert said["resolve"] == {"callable": f"{__name__}.choose"}


def test_several_policies_of_an_ini_are_told_in_order(capsys, tmp_path):
    file = str(tmp_path / "cors.json")
    rules = rules_of(of_an_ini)
    assert [*rules] == ["/", "1. policy app", "2. policy any"]
    assert rules["1. policy app"] == {"allow_origins": [A], "allow_methods": ["GET", "PUT"]}
    assert rules["2. policy any"]["allow_origins"] == "*"
    policy(capsys, "of_an_ini", "--save", file)
    assert policy(capsys, "of_an_ini", "--against", file)[0] == 0
    status, told, _ = policy(capsys, "of_an_ini_by_method", "--against", file)
    assert status == 1
    # Without methods, it is taken for none.
    assert "2. policy any, for its methods: is new: shared with nobody" in told


@pytest.mark.parametrize(
    ("application", "said"),
    [
        ("bare", "there is no CORSMiddleware around"),
        ("only_flask", "flask --app test_policies cors --save"),
        ("missing", "cannot import"),
    ],
)
def test_application_without_a_middleware_is_told_with_status_2(application, said, capsys):
    status, told, complaint = policy(capsys, application)
    assert (status, told) == (2, "")
    assert said in complaint


def test_file_that_is_missing_is_told_with_status_2(capsys, tmp_path):
    status, _, complaint = policy(capsys, "wider", "--against", str(tmp_path / "missing.json"))
    assert (status, complaint.count("\n")) == (2, 1)
    assert "write it with --save" in complaint


def test_bytes_are_the_same_in_every_process(tmp_path):
    texts = set()
    for seed in ("0", "1", "2"):
        command = [sys.executable, "-m", "wsgicors", "policy", f"{__name__}:with_routes"]
        path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        texts.add(subprocess.check_output(command, env=environment, cwd=tmp_path))
    assert len(texts) == 1


def made():
    return with_routes


def test_function_that_makes_the_application_is_called(capsys):
    assert policy(capsys, "made()") == policy(capsys, "with_routes")


def test_what_is_no_name_of_an_application_is_told_so(capsys):
    assert main(["policy", "production.ini"]) == 2
    assert "'production.ini' is no application: write shop:app" in capsys.readouterr().err
