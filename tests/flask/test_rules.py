"""Which rules fit a URL: as Werkzeug itself would say, asked method by method."""

from __future__ import annotations

import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule

from wsgicors.flask.rules import fitting_rules, place_by_asking, place_of

METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST")
SEGMENTS = st.sampled_from(
    [
        "a",
        "b",
        "<x>",
        "<int:x>",
        "<path:x>",
        "<any(a,b):x>",
        "<float:x>",
        "a<x>",
        "<x>.b",
        "<uuid:x>",
    ]
)
PATHS = st.lists(
    st.sampled_from(["a", "b", "7", "1.5", "ab", "a.b", "", "c"]), min_size=1, max_size=4
).map(lambda segments: "/" + "/".join(segments))


@st.composite
def rules(draw):
    segments = draw(st.lists(SEGMENTS, min_size=0, max_size=3))
    # A name may stand in a rule once.
    segments = [each.replace("x>", f"x{number}>") for number, each in enumerate(segments)]
    path = "/" + "/".join(segments) + draw(st.sampled_from(["", "/"]))
    return {
        "string": path.replace("//", "/"),
        "methods": draw(st.none() | st.lists(st.sampled_from(METHODS[3:]), min_size=1, max_size=2)),
        "strict_slashes": draw(st.sampled_from([None, None, False])),
        "websocket": False,
    }


@settings(max_examples=400)
@given(st.lists(rules(), min_size=1, max_size=6), st.lists(PATHS, min_size=1, max_size=5))
def test_the_walk_says_what_werkzeug_says_of_each_method(drawn, paths):
    url_map = Map([Rule(endpoint=str(number), **rule) for number, rule in enumerate(drawn)])
    adapter = url_map.bind("example.com", "/")
    for path in paths:
        fitting = fitting_rules(adapter, path)
        place = None if fitting is None else place_of(fitting, adapter, METHODS)
        if place is not None:
            asked = place_by_asking(adapter, path, "BREW", METHODS)
            assert place.endpoints == {name: asked.endpoints[name] for name in place.endpoints}
            assert set(place.endpoints) == set(asked.endpoints) - {"BREW"}
            assert place.endpoint("BREW") == asked.endpoints.get("BREW")
            assert place.methods == asked.methods


def test_the_walk_knows_the_shapes_of_usual_applications():
    app = flask.Flask("example")
    app.add_url_rule("/items/", "items", methods=["GET", "POST"])
    app.add_url_rule("/items/<int:number>", "item", methods=["PUT"])
    adapter = app.url_map.bind("example.com", "/")
    for path, endpoints in {
        "/items": {"items"},
        "/items/": {"items"},
        "/items/5": {"item"},
        "/static/a/b.css": {"static"},
        "/nothing": set(),
    }.items():
        fitting = fitting_rules(adapter, path)
        assert {rule.endpoint for rule in fitting} == endpoints
        assert place_of(fitting, adapter, METHODS) is not None


@pytest.mark.parametrize(
    "rule",
    [
        {"redirect_to": "b"},
        {"defaults": {"x": 1}},
        {"alias": True},
        {"websocket": True},
        {"string": "/<int(max=3):x>"},
    ],
)
def test_where_more_than_the_rule_counts_werkzeug_is_asked(rule):
    url_map = Map([Rule(**{"string": "/1", "endpoint": "one", **rule})])
    adapter = url_map.bind("example.com", "/")
    assert place_of(fitting_rules(adapter, "/1"), adapter, METHODS) is None


def test_map_of_a_class_of_its_own_is_asked():
    class OwnMap(Map):
        pass

    adapter = OwnMap([Rule("/", endpoint="index")]).bind("example.com", "/")
    assert fitting_rules(adapter, "/") is None
