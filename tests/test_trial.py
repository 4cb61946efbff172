"""``trial``: a policy that is judged beside the one in force, and changes nothing."""

from __future__ import annotations

import logging

import flask
import pytest
from exchanges import answer, environ_of, preflight, site
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import FIELDS

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin, trial_counts

ROW = pytest.param
APP = "https://app.example.com"
OLD = "https://old.example.com"
EVIL = "https://evil.example"
BASE = Policy(allow_origins=[APP, OLD], allow_methods="GET, PUT, DELETE", allow_headers="X-A")
CROSS = {"HTTP_SEC_FETCH_SITE": "cross-site"}


def on_trial(*, base=BASE, **fields):
    more = {name: fields.pop(name) for name in ("routes", "resolve") if name in fields}
    return CORSMiddleware(site(), base, trial=base.merge(Policy(**fields)), **more)


@pytest.fixture(autouse=True)
def told(caplog):
    caplog.set_level(logging.INFO, "wsgicors")
    return caplog


@pytest.mark.parametrize(
    ("fields", "request_", "reason", "word"),
    [
        ROW({"allow_origins": APP}, {"origin": APP}, "allowed", None, id="allowed under both"),
        ROW({"allow_origins": APP}, {"origin": EVIL}, "origin-not-allowed", None, id="denied"),
        ROW({"allow_origins": APP}, {}, "no-origin", None, id="no Origin"),
        ROW({"allow_origins": APP}, {"origin": OLD}, "origin-not-allowed", "denied", id="origin"),
        ROW({"allow_origins": "*"}, {"origin": EVIL}, "allowed", "allowed", id="wider"),
        ROW(
            {"allow_methods": "PUT"},
            {"method": "OPTIONS", "origin": APP, "asks": "DELETE"},
            "method-not-allowed",
            "denied",
            id="preflight, method",
        ),
        ROW(
            {"allow_headers": ""},
            {"method": "OPTIONS", "origin": APP, "asks": "PUT", "headers": "x-a"},
            "headers-not-allowed",
            "denied",
            id="preflight, headers",
        ),
        ROW(
            {"refuse_denied": True},
            {"method": "POST", "origin": EVIL, **CROSS},
            "origin-not-allowed",
            "refused",
            id="refused",
        ),
        ROW(
            {"refuse_denied": True},
            {"method": "POST", **CROSS},
            "origin-not-allowed",
            "refused",
            id="refused, no Origin",
        ),
        ROW(
            {"allow_origins": APP},
            {"origin": OLD, "HTTP_SEC_FETCH_SITE": "same-origin"},
            "same-origin",
            None,
            id="its own page",
        ),
    ],
)
def test_another_outcome_is_told_and_counted(fields, request_, reason, word, told):
    app, plain = on_trial(**fields), CORSMiddleware(site(), BASE)
    tried = answer(app, environ_of("/items/7", **request_))
    assert str(tried) == str(answer(plain, environ_of("/items/7", **request_)))
    assert tried.environ["wsgicors.trial"].reason == reason
    origin = request_.get("origin")
    assert app.trial_counts == ({} if word is None else {(origin, reason): 1})
    asked = request_.get("asks") or request_.get("method", "GET")
    line = f"trial: would be {word} ({reason}): origin {origin!r}, {asked!r} '/items/7'"
    assert told.messages == ([] if word is None else [line])


def test_without_a_trial_nothing_is_counted_and_nothing_stands_in_the_environ():
    app = CORSMiddleware(site(), BASE)
    assert app.trial_counts == {}
    assert "wsgicors.trial" not in answer(app, environ_of(origin=OLD)).environ


def test_each_origin_method_and_first_segment_is_told_once_and_counted_each_time(told):
    app = on_trial(allow_origins=APP)
    for _ in range(3):
        for path in ("/a/1", "/a/2", "/b"):
            answer(app, environ_of(path, origin=OLD))
        answer(app, environ_of("/a", "PUT", OLD))
    assert app.trial_counts == {(OLD, "origin-not-allowed"): 12}
    assert [line.split(", ")[1] for line in told.messages] == [
        "'GET' '/a/1'",
        "'GET' '/b'",
        "'PUT' '/a'",
    ]


def test_a_flood_on_one_path_silences_no_other(told):
    app = on_trial(base=Policy(allow_origins="*"), allow_origins=APP)
    for number in range(5000):
        answer(app, environ_of("/a", origin=f"https://n{number}.example"))
    assert len(told.messages) < 100
    answer(app, environ_of("/b", origin=OLD))
    assert told.messages[-1].endswith("'/b'")


def test_whatever_comes_the_memory_is_bounded(told):
    app = on_trial(base=Policy(allow_origins="*"), allow_origins=APP)
    for number in range(5000):
        answer(app, environ_of(f"/{number}", f"M{number}", f"https://n{number}.example"))
        answer(app, environ_of("/a", "GET", "x" * 9999))
    assert len(app.trial_counts) <= 1100
    assert sum(app.trial_counts.values()) == 10_000
    assert len(told.messages) <= 200
    assert len(app._trial._told) <= 257


def test_nothing_that_a_client_sends_forges_a_line(told):
    app = on_trial(base=Policy(allow_origins="*"), allow_origins=APP)
    answer(app, environ_of("/\nroot", "\nroot", "\nroot"))
    assert all(line.isprintable() and line.isascii() for line in told.messages)


def test_what_routes_say_is_merged_over_it():
    app = on_trial(
        allow_origins=APP,
        routes={"/old": Policy(allow_origins=OLD), "/free": None, "/m": Policy(max_age=5)},
    )
    reasons = {
        path: answer(app, environ_of(path, origin=OLD)).environ.get("wsgicors.trial")
        for path in ("/", "/old", "/free", "/m")
    }
    assert {path: found and found.reason for path, found in reasons.items()} == {
        "/": "origin-not-allowed",
        "/old": "allowed",
        "/free": None,
        "/m": "origin-not-allowed",
    }


def test_what_resolve_says_is_merged_over_it():
    app = on_trial(
        allow_origins=APP,
        resolve=lambda environ, method: Policy(max_age=5) if method == "PUT" else None,
    )
    assert preflight(app, origin=OLD, asks="PUT").environ["wsgicors.trial"].reason == (
        "origin-not-allowed"
    )
    assert "wsgicors.trial" not in answer(app, environ_of(origin=OLD)).environ


def test_a_trial_outlives_a_swap_of_the_policy():
    app = on_trial(allow_origins=APP)
    app.policy = Policy(allow_origins=EVIL)
    answered = answer(app, environ_of(origin=EVIL))
    assert answered.decision.allowed
    assert answered.environ["wsgicors.trial"].reason == "origin-not-allowed"


@pytest.mark.parametrize(
    ("trial", "reason"),
    [
        ROW(Policy(), "missing", id="not whole"),
        ROW(Policy(allow_origins="*", allow_credentials=True), "wildcard-with-credentials", id="-"),
        ROW({"allow_origins": "*"}, "wrong-type", id="dict"),
    ],
)
def test_a_wrong_trial_never_starts(trial, reason):
    with pytest.raises(ConfigError) as caught:
        CORSMiddleware(site(), BASE, trial=trial)
    (problem,) = caught.value.problems
    assert problem.reason == reason
    assert problem.message.startswith("in trial: ")


def test_a_trial_that_raises_changes_nothing(told):
    def raising(origin, environ):
        raise LookupError

    answered = answer(on_trial(allow_origins=raising), environ_of(origin=APP))
    assert answered.values("Access-Control-Allow-Origin") == [APP]
    assert answered.environ["wsgicors.trial"].reason == "origin-not-allowed"


origins = st.sampled_from(["*", [APP], [OLD, "https://*.example.com"], []])
policies = st.fixed_dictionaries(
    {"allow_origins": origins},
    optional={
        name: FIELDS[name]
        for name in ("allow_methods", "allow_headers", "max_age", "refuse_denied")
    },
).map(lambda fields: Policy(**fields))
policies = policies.filter(lambda each: not (each.refuse_denied and each.allow_origins == "*"))


@settings(max_examples=60)
@given(
    policies,
    policies,
    st.sampled_from([None, {"/a": None, "/b": Policy(max_age=1)}]),
    st.sampled_from(["GET", "POST", "OPTIONS"]),
    st.sampled_from([None, APP, EVIL, "null"]),
    st.sampled_from([None, "PUT"]),
    st.sampled_from(["/", "/a", "/b", "/x/../a", "//"]),
)
def test_no_byte_of_a_response_changes(policy, trial, routes, method, origin, asks, path):
    request = environ_of(path, method, origin, asks, **CROSS)
    plain = CORSMiddleware(site(), policy, routes=routes)
    tried = CORSMiddleware(site(), policy, routes=routes, trial=trial)
    assert str(answer(tried, dict(request))) == str(answer(plain, dict(request)))


# --- in Flask --------------------------------------------------------------------------------------


def flask_on_trial(**trial):
    app = flask.Flask(__name__)
    app.add_url_rule("/items/<name>", "items", lambda name: "items", methods=["GET", "PUT", "POST"])
    app.add_url_rule("/old", "old", cross_origin(allow_origins=OLD)(lambda: "old"))
    app.config["CORS_MAX_AGE"] = 5
    fields = {"allow_origins": [APP, OLD], "allow_headers": "X-A"}
    app.add_url_rule("/free", "free", lambda: "free")
    tried = {**fields, **trial} if trial else None
    CORS(app, **fields, endpoints={"free": None}, trial=tried)
    return app


@pytest.mark.parametrize(
    ("path", "request_", "reason"),
    [
        ROW("/items/7", {"origin": APP}, None, id="allowed under both"),
        ROW("/items/7", {"origin": OLD}, "origin-not-allowed", id="origin"),
        ROW(
            "/items/7",
            {"method": "OPTIONS", "origin": OLD, "asks": "PUT"},
            "origin-not-allowed",
            id="preflight",
        ),
        ROW("/nowhere", {"origin": OLD}, "origin-not-allowed", id="404"),
        ROW("/old", {"origin": OLD}, None, id="a view that says it itself"),
        ROW(
            "/items/7",
            {"method": "POST", "origin": EVIL, **CROSS},
            "origin-not-allowed",
            id="refused",
        ),
    ],
)
def test_in_flask_another_outcome_is_told_and_counted(path, request_, reason, told):
    app = flask_on_trial(allow_origins=APP, refuse_denied=True)
    tried = answer(app, environ_of(path, **request_))
    assert str(tried) == str(answer(flask_on_trial(), environ_of(path, **request_)))
    expected = {} if reason is None else {(request_["origin"], reason): 1}
    assert trial_counts(app) == expected
    assert len(told.messages) == len(expected)
    assert "wsgicors.trial" in tried.environ


def noted(app):
    """Have hooks and views note the decision of the trial that they find."""
    found = []

    def note():
        decision = flask.request.environ.get("wsgicors.trial")
        found.append(None if decision is None else decision.reason)

    app.before_request(note)
    return found


@pytest.mark.parametrize(
    ("path", "request_", "reason"),
    [
        ROW("/items/7", {"origin": APP}, "allowed", id="allowed"),
        ROW("/items/7", {"origin": OLD}, "origin-not-allowed", id="denied"),
        ROW("/items/7", {"method": "PUT", "origin": OLD}, "origin-not-allowed", id="PUT"),
        ROW("/nowhere", {"origin": OLD}, "origin-not-allowed", id="404"),
        ROW("/items/7", {}, "no-origin", id="no origin"),
        ROW("/free", {"origin": OLD}, None, id="not governed"),
    ],
)
def test_in_flask_hooks_and_views_find_the_decision(path, request_, reason):
    app = flask_on_trial(allow_origins=APP)
    found = noted(app)
    tried = answer(app, environ_of(path, **request_))
    decision = tried.environ.get("wsgicors.trial")
    assert found == [reason] == [decision and decision.reason]


def test_in_flask_a_callable_on_trial_is_asked_once_for_a_request():
    asked = []
    app = flask_on_trial(allow_origins=lambda origin, _: asked.append(origin) or True)
    found = noted(app)
    answer(app, environ_of("/items/7", origin=APP))
    assert (found, asked) == (["allowed"], [APP])


def test_in_flask_nothing_is_looked_up_ahead_without_a_trial():
    assert not any(flask_on_trial().url_value_preprocessors.values())


def test_in_flask_a_wrong_trial_is_refused():
    with pytest.raises(ConfigError, match="in trial: "):
        flask_on_trial(max_age=-1)
    app = flask_on_trial(allow_credentials=True, allow_origins="*")
    with pytest.raises(ConfigError, match="trial at"):
        answer(app, environ_of(origin=APP))


@pytest.mark.parametrize("trial", [3, "*", [APP], True, (), {1: 2}], ids=str)
def test_in_flask_what_has_no_fields_is_refused_as_a_trial(trial):
    with pytest.raises(ConfigError, match=r"^trial: in trial: .* has no fields; write \{'allow_or"):
        CORS(flask.Flask("example"), allow_origins=APP, trial=trial)


def test_in_flask_nothing_is_counted_without_a_trial():
    app = flask_on_trial()
    answer(app, environ_of(origin=OLD))
    assert trial_counts(app) == {}


def moved_on_trial(**trial):
    """An application on trial, in the way of which stands a middleware that moves requests."""
    app = flask.Flask("example", static_folder=None)
    open_to_old = cross_origin(allow_origins=[OLD])
    app.add_url_rule("/old", "old", open_to_old(lambda: "old"), methods=["GET", "PUT"])
    app.add_url_rule("/page", "page", lambda: "page", methods=["GET", "PUT"])
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner(
        {**environ, "PATH_INFO": environ["PATH_INFO"].removeprefix("/v1")}, start_response
    )
    CORS(app, allow_origins=[APP], refuse_denied=True, trial={"allow_origins": [APP], **trial})
    return app


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("asks", [True, False])
def test_request_that_a_middleware_moves_is_tried_by_where_it_comes_to(method, asks):
    app = moved_on_trial(allow_origins=[EVIL], refuse_denied=True)
    for path, origin in [("/v1/old", OLD), ("/v1/old", EVIL), ("/v1/page", EVIL)]:
        request = ("OPTIONS", origin, method) if asks else (method, origin, None)
        answer(app, environ_of(path, *request, **CROSS))
    # The view says by itself who may read it; of the other, nobody does.
    assert trial_counts(app) == {(EVIL, "allowed"): 1}
