"""``python -m wsgicors policy``: the policies of a middleware, saved and compared."""

from __future__ import annotations

import json
import operator
import os
import subprocess
import sys
from pathlib import Path

import flask
import pytest
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import CORSMiddleware, Policy
from wsgicors.cli import main
from wsgicors.compat.paste import make_middleware
from wsgicors.flask import CORS
from wsgicors.policies import rules_of, rules_of_all
from wsgicors.review import review
from wsgicors.standing import Layers

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


class Holder:
    """What a program hands requests on with, in a way of its own."""

    def __init__(self, **held):
        vars(self).update(held)

    def __call__(self, environ, start_response):
        raise NotImplementedError


class Held:
    """What nobody calls, and holds something."""

    def __init__(self, held):
        self.held = held


class Chooser:
    def __init__(self, policies):
        self.policies = policies

    def __call__(self, environ, method):
        return self.policies["/"]


def shared(origins, app=bare, **fields):
    return CORSMiddleware(app, allow_origins=origins, **fields)


def function_that_names_others(environ, start_response):
    return several, Held


def decide(environ, start_response, layer, *, number):
    return several, with_routes


def function_around(app):
    def around(environ, start_response):
        return app(environ, start_response)

    return around


def mounted(origins):
    return DispatcherMiddleware(shared([A]), {"/admin": shared(origins)})


def of_class(origins):
    return type("Site", (Holder,), {"a": shared([A]), "b": shared(origins)})()


#: Applications by name, each with what is open in it and what is closed.
OF_LAYERS = {
    "mount": mounted,
    "mount within another": lambda origins: shared("*", mounted(origins)),
    "mount of a mount": lambda origins: DispatcherMiddleware(shared([A]), {"/x": mounted(origins)}),
    "mount without a slash": lambda origins: DispatcherMiddleware(
        shared([A]), {"": shared(origins)}
    ),
    "inner layer": lambda origins: shared("*", shared(origins)),
    "innermost layer": lambda origins: shared("*", shared("*", shared(origins))),
    "inner layer in a function": lambda origins: shared("*", function_around(shared(origins))),
    "inner layer in Flask": lambda origins: shared("*", flask_around(shared(origins))),
    "attribute": lambda origins: Holder(a=shared([A]), b=shared(origins)),
    "list": lambda origins: Holder(each=[shared([A]), shared(origins)]),
    "dict": lambda origins: Holder(each={"/a": shared([A]), "/b": shared(origins)}),
    "two that are wrapped": lambda origins: Holder(app=shared([A]), wrapped=shared(origins)),
    "class": of_class,
    "both in one place": lambda origins: Holder(a=Holder(app=shared([A]), wrapped=shared(origins))),
    "a policy that is named like a prefix": lambda origins: shared(
        [A], resolve=Chooser({"/": Policy(allow_origins=origins)})
    ),
}


def flask_around(wsgi_app):
    app = flask.Flask("example")
    app.wsgi_app = wsgi_app
    return app


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


@pytest.mark.parametrize("make", OF_LAYERS.values(), ids=OF_LAYERS)
def test_layer_that_lets_everybody_in_is_told_wherever_it_stands(make, tmp_path):
    file = str(tmp_path / "cors.json")
    review(rules_of_all(Layers(make([B]))), file, None)
    assert review(rules_of_all(Layers(make([B]))), None, file)[1] == 0
    lines, status = review(rules_of_all(Layers(make("*"))), None, file)
    assert status == 1
    assert lines[0] == "Wider than before:"
    assert lines[1].endswith("allow_origins: any origin is allowed now")


def names_in(app):
    return {
        name: said and said["allow_origins"] for name, said in rules_of_all(Layers(app)).items()
    }


CLOSED = Policy(allow_origins=[])


@pytest.mark.parametrize(
    ("app", "names"),
    [
        (mounted([B]), {"/": [A], "/admin": [B]}),
        (shared("*", mounted([B])), {"/": "*", "layer 2: /": [A], "layer 2: /admin": [B]}),
        (
            shared("*", shared([A], ProxyFix(shared([B])))),
            {"/": "*", "layer 2: /": [A], "layer 3: /": [B]},
        ),
        (
            DispatcherMiddleware(bare, {"/a": shared([A]), "/b": bare}),
            {"/": None, "/a": [A], "/b": None},
        ),
        (
            DispatcherMiddleware(
                shared([A]), {"/x": DispatcherMiddleware(bare, {"/y": shared([B])})}
            ),
            {"/": [A], "/x": None, "/x/y": [B]},
        ),
        (
            DispatcherMiddleware(bare, {"/x": shared([A], routes={"/y": CLOSED, "/z/": None})}),
            {"/": None, "/x": [A], "/x/y": [], "/x/z": None},
        ),
        # Nothing comes to these routes.
        (
            DispatcherMiddleware(
                shared([A], routes={"/x": None, "/x/y": None, "/xy": None}), {"/x": shared([B])}
            ),
            {"/": [A], "/x": [B], "/xy": None},
        ),
        # To the one outside, it does.
        (
            shared("*", DispatcherMiddleware(bare, {"/x": shared([B])}), routes={"/x": CLOSED}),
            {"/": "*", "/x": [], "layer 2: /": None, "layer 2: /x": [B]},
        ),
        (Holder(a=shared([A]), b=shared([B])), {"in a: /": [A], "in b: /": [B]}),
        (Holder(a=Holder(b=shared([A])), app=shared([B])), {"in a.b: /": [A], "in app: /": [B]}),
        (
            shared("*", Holder(each={"/a": shared([A]), 3: [shared([B])]})),
            {"/": "*", "layer 2 in each[/a]: /": [A], "layer 2 in each[1][0]: /": [B]},
        ),
        # Where only one is there, only a path in its name says more.
        (Holder(a=[shared([A])]), {"/": [A]}),
        (Holder(a={"/x": shared([A])}), {"in a[/x]: /": [A]}),
    ],
)
def test_layers_are_named_by_where_they_stand(app, names):
    assert names_in(app) == names


def test_layer_in_two_mounts_is_of_both():
    both = shared([A])
    assert names_in(DispatcherMiddleware(bare, {"/a": both, "/b": both})) == {
        "/": None,
        "/a": [A],
        "/b": [A],
    }


def test_what_leads_to_itself_is_followed_once():
    app = flask.Flask("example")
    app.wsgi_app = shared([A], DispatcherMiddleware(app.wsgi_app, {"/v1": app}))
    assert names_in(app) == {"/": [A], "layer 2: /": None, "layer 2: /v1": [A]}
    loop = DispatcherMiddleware(shared([A]), {})
    loop.mounts["/x"] = loop
    assert names_in(loop) == {"/": [A], "/x": None}


def test_policy_with_a_name_in_a_mount_is_told_as_new(tmp_path):
    file = str(tmp_path / "cors.json")
    old, new = (
        DispatcherMiddleware(shared([A]), {"/x": shared([], resolve=Chooser(policies))})
        for policies in ({}, {"partner": Policy(allow_origins=[A])})
    )
    review(rules_of_all(Layers(old)), file, None)
    lines, _ = review(rules_of_all(Layers(new)), None, file)
    assert lines == ["Wider than before:", f"  partner at /x: is new: shared with {A}"]


def test_file_of_the_outermost_layer_alone_can_be_compared(tmp_path):
    file = str(tmp_path / "cors.json")
    review(rules_of(shared([A])), file, None)
    assert review(rules_of_all(Layers(shared([A]))), None, file)[1] == 0
    assert review(rules_of_all(Layers(shared([A], shared([B])))), None, file)[0] == [
        "Perhaps wider, look at it:",
        f"  layer 2: /: is a new layer: shared with {B}",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            shared("*", shared([A])),
            shared("*"),
            "layer 2: /: is not there any more: what it denied",
        ),
        (
            shared("*", mounted([B])),
            shared("*", DispatcherMiddleware(shared([A]), {"/admin": bare})),
            "layer 2: /admin: is not there any more: what it denied",
        ),
        (
            mounted([A]),
            DispatcherMiddleware(shared([A]), {"/admin": bare}),
            "/admin: is not governed any more",
        ),
        (
            shared([A]),
            Holder(a=shared([A]), b=shared([A])),
            "/: is not there any more: what it denied",
        ),
        (
            shared("*", shared([A], routes={"/x": CLOSED})),
            shared("*", shared([A])),
            f"layer 2: /x: allow_origins: {A} is allowed now",
        ),
    ],
)
def test_layer_that_is_gone_is_told_as_wider(old, new, said, tmp_path):
    file = str(tmp_path / "cors.json")
    review(rules_of_all(Layers(old)), file, None)
    lines, _ = review(rules_of_all(Layers(new)), None, file)
    assert lines[0] == "Wider than before:"
    assert lines[1].startswith(f"  {said}")


many = [lambda environ, start_response, number=number: number for number in range(5000)]


def stands_for_nothing():
    raise RuntimeError


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (
            shared([A], Holder(app=operator.methodcaller("run"))),
            "What is at / cannot be looked into (m",
        ),
        (
            DispatcherMiddleware(shared([A]), {"/p": print}),
            "What is at /p cannot be looked into (b",
        ),
        (
            ProxyFix(LocalProxy(stands_for_nothing)),
            "What is at / cannot be looked into (LocalProxy)",
        ),
        (Holder(app=shared([A]), each=many), "The application holds too many things"),
        (
            shared([A], Holder(each=[Held(shared("*"))])),
            "The application also holds 1 CORSMiddleware",
        ),
        (shared([A], Holder(decide=Held(decide))), "The application also holds 1 CORSMiddleware"),
        (shared([A], Holder(each=[shared([B])])), ""),
        (shared([A], function_around(bare)), ""),
        (LocalProxy(lambda: with_routes), ""),
        (shared([A], function_that_names_others), ""),
    ],
)
def test_what_cannot_be_looked_into_is_told(app, said):
    told = "\n".join(Layers(app).unseen)
    assert told.startswith(said)
    assert bool(told) == bool(said)


in_part = DispatcherMiddleware(shared([A]), {"/p": print})
nowhere = Holder(each=[Held(shared("*"))])
beside_flask = DispatcherMiddleware(shared([A]), {"/shop": flask.Flask("example"), "/x": in_flask})


def create_governed():
    app = flask.Flask("example")
    CORS(app, allow_origins="*")
    return DispatcherMiddleware(shared([A]), {"/shop": app})


def test_what_is_not_among_the_rules_is_told_beside_them(capsys, tmp_path):
    file = str(tmp_path / "cors.json")
    for arguments in ([], ["--save", file], ["--against", file]):
        status, told, complaint = policy(capsys, "in_part", *arguments)
        assert (status, "cannot be looked into" in told) == (0, False)
        assert complaint.startswith("What is at /p cannot be looked into")
    status, told, complaint = policy(capsys, "nowhere")
    assert (status, told) == (2, "")
    assert "nowhere. The application also holds 1 CORSMiddleware" in complaint


def test_routes_of_flask_are_told_of_where_they_say_anything(capsys):
    assert policy(capsys, "beside_flask")[2] == ""
    assert policy(capsys, "create_governed()")[2] == (
        "The routes of the Flask application example at /shop are not among the rules: save theirs, too,"
        " with flask --app example cors --save FILE\n"
    )


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
