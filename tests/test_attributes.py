"""Settings that somebody writes as attributes: nobody reads them, so they are errors."""

from __future__ import annotations

import flask
import pytest
from exchanges import PAGE

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.fields import FIELDS
from wsgicors.flask import CORS

ROW = pytest.param
ELSEWHERE = ["routes", "resolve", "endpoints", "trial", "answer_exceptions"]


def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]


@pytest.mark.parametrize("name", [*FIELDS, *ELSEWHERE])
def test_what_is_said_to_a_middleware_cannot_be_set_without_effect(name):
    middleware = CORSMiddleware(application, allow_origins=PAGE)
    with pytest.raises(AttributeError, match=rf"^{name} cannot be set .* middleware.policy = "):
        setattr(middleware, name, None)


@pytest.mark.parametrize("name", [*FIELDS, *ELSEWHERE, "policy"])
@pytest.mark.parametrize("is_initialised", [True, False])
def test_what_is_said_to_the_extension_cannot_be_set_without_effect(name, is_initialised):
    cors = CORS(flask.Flask("example") if is_initialised else None, allow_origins=PAGE)
    with pytest.raises(
        AttributeError, match=rf"^{name} cannot be set .* OriginCache; or put a CORS"
    ):
        setattr(cors, name, None)


class Mixin:
    allow_origins = (PAGE,)


@pytest.mark.parametrize(
    ("bases", "said", "remedy"),
    [
        ROW((Policy,), {"allow_origins": [PAGE]}, "write Mine = Policy(allow_origins=...)", id="policy"),
        ROW((Policy,), {"max_age": property(lambda self: 5)}, "Policy(max_age=...)", id="property"),
        ROW((CORS,), {"refuse_denied": True}, "write Mine(app, allow_origins=[...])", id="flask"),
        ROW((CORS,), {"policy": Policy()}, "write Mine(app, allow_origins=[...])", id="its-policy"),
        ROW((CORS, Mixin), {}, "write Mine(app, allow_origins=[...])", id="mixin"),
        ROW((CORSMiddleware,), {"allow_origins": "*"}, "Mine(application, allow_origins=...)", id="wsgi"),
        ROW((CORSMiddleware,), {"policy": Policy()}, "Mine(application, policy=...)", id="not-read"),
        ROW(
            (CORSMiddleware,),
            {"resolve": lambda self, environ, method: None},
            "Mine(application, resolve=...)",
            id="method",
        ),
    ],
)  # fmt: skip
def test_attribute_of_a_class_that_nobody_reads_is_an_error(bases, said, remedy):
    with pytest.raises(ConfigError) as caught:
        type("Mine", bases, said)
    assert [problem.reason for problem in caught.value.problems] == ["class-attribute"]
    assert remedy in str(caught.value)


def test_class_of_ones_own_may_do_everything_else():
    class Swapped(CORSMiddleware):
        note = "mine"

        @property
        def policy(self):
            return super().policy

        @policy.setter
        def policy(self, policy):
            self.note = "swapped"
            CORSMiddleware.policy.fset(self, policy)

        def __call__(self, environ, start_response):
            return super().__call__(environ, start_response)

    class Narrow(CORS):
        allow_origins: list[str]

        def __init__(self, app):
            super().__init__(app, allow_origins=[PAGE])
            self._settings = None
            self.note = "mine"

    class Named(Policy):
        name = "named"

    middleware = Swapped(application, Named(allow_origins=PAGE))
    middleware.policy = Policy(allow_origins="*")
    assert (middleware.policy, middleware.note) == (Policy(allow_origins="*"), "swapped")
    assert Narrow(flask.Flask("example")).note == "mine"
