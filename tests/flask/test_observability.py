"""What decisions look like in Prometheus and in OpenTelemetry, with the real clients."""

from __future__ import annotations

import logging

import flask
import pytest
from flask_calls import actual, preflight
from test_documentation import ROOT, read_through

from wsgicors import CORSMiddleware
from wsgicors.flask import CORS, cross_origin

pytest.importorskip("prometheus_client")
pytest.importorskip("opentelemetry.sdk")

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

PAGE = "https://app.example.com"
STRANGER = "https://evil.example"


@pytest.fixture
def page():
    """What there is after the page's examples."""
    level = logging.getLogger("wsgicors").level
    yield read_through(ROOT / "docs" / "observability.rst")
    logging.getLogger("wsgicors").setLevel(level)


def counted(page):
    """The counts of the page's counter, by kind and reason."""
    return {
        tuple(sample.labels.values()): sample.value
        for metric in page["decisions"].collect()
        for sample in metric.samples
        if sample.name == "cors_decisions_total"
    }


def bare(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"seen"]


def governed_by_middleware():
    return CORSMiddleware(bare, allow_origins=[PAGE], allow_methods=["PUT"], refuse_denied=True)


def governed_by_extension():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", lambda: "seen", methods=["GET", "PUT"])
    CORS(app, allow_origins=[PAGE], refuse_denied=True)
    return app


def governed_by_decorators():
    app = flask.Flask("example")
    shared = cross_origin(allow_origins=[PAGE], refuse_denied=True)
    app.add_url_rule("/", "index", shared(lambda: "seen"), methods=["GET", "PUT"])
    return app


@pytest.mark.parametrize(
    "make", [governed_by_middleware, governed_by_extension, governed_by_decorators]
)
def test_every_decision_is_counted_once(make, page):
    page["decisions"].clear()
    application = page["CountDecisions"](make())
    for origin in (PAGE, STRANGER):
        preflight(application, origin=origin)
        actual(application, origin=origin)
        actual(application, "/", "PUT", origin=origin)
    actual(application, origin=None)
    assert counted(page) == {
        ("preflight", "allowed"): 1,
        ("preflight", "origin-not-allowed"): 1,
        ("actual", "allowed"): 2,
        ("actual", "origin-not-allowed"): 2,
        ("actual", "no-origin"): 1,
    }


def test_trace_says_what_was_decided(page):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("request"):
        page["app"].test_client().get("/", headers={"Origin": STRANGER})
    (span,) = exporter.get_finished_spans()
    assert span.attributes["cors.reason"] == "origin-not-allowed"
    assert trace.get_current_span().get_span_context().is_valid is False
