"""The guide's section: preflighted requests."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import PAGE, actuals, has, lacks, preflight_status, preflights, reads, refused
from ..scenario import Group, Scenario
from .parts import PERSON, SHARED_WITH_PAGE, fetch

GROUP = Group(
    "preflighted",
    N_("Preflighted requests"),
    (
        Scenario(
            id="pingother",
            title=N_("POST of XML with X-PINGOTHER"),
            why=N_(
                "This is the example of MDN's guide: a content type that no form can send, and an extra header."
            ),
            steps=(
                fetch(
                    "/doc",
                    method="POST",
                    headers={"Content-Type": "text/xml", "X-PINGOTHER": "pingpong"},
                    body=PERSON,
                ),
            ),
            policy={
                "allow_origins": [PAGE],
                "allow_methods": ["POST", "GET", "OPTIONS"],
                "allow_headers": ["X-PINGOTHER", "Content-Type"],
                "max_age": 86400,
            },
            checks=(
                reads(),
                preflights(1),
                has("preflight", "Origin", PAGE),
                has("preflight", "Access-Control-Request-Method", "POST"),
                has("preflight", "Access-Control-Request-Headers", "content-type,x-pingother"),
                preflight_status(204),
                has("preflight answer", "Access-Control-Allow-Origin", PAGE),
                has("preflight answer", "Access-Control-Allow-Methods", "POST, GET, OPTIONS"),
                has(
                    "preflight answer", "Access-Control-Allow-Headers", "X-PINGOTHER, Content-Type"
                ),
                has("preflight answer", "Access-Control-Max-Age", "86400"),
                has("request", "X-PINGOTHER", "pingpong"),
                lacks("request", "Access-Control-Request-Method"),
                lacks("request", "Access-Control-Request-Headers"),
                has("answer", "Content-Encoding", "gzip"),
                has("answer", "Vary", "Accept-Encoding, Origin"),
            ),
        ),
        Scenario(
            id="put-json",
            title=N_("PUT of JSON"),
            why=N_(
                "PUT is not a safelisted method, and JSON is not a safelisted content type. So the browser asks first."
            ),
            steps=(
                fetch(
                    "/items/1",
                    method="PUT",
                    headers={"Content-Type": "application/json"},
                    body='{"name": "guest"}',
                ),
            ),
            policy={
                "allow_origins": [PAGE],
                "allow_methods": ["PUT"],
                "allow_headers": ["Content-Type"],
            },
            checks=(
                reads(),
                preflights(1),
                has("preflight", "Access-Control-Request-Method", "PUT"),
            ),
        ),
        Scenario(
            id="upload-listener",
            title=N_("XMLHttpRequest with an upload listener"),
            why=N_(
                "A script that listens to the progress of an upload makes even a simple POST ask first."
            ),
            steps=(
                {"do": "xhr", "path": "/items", "method": "POST", "body": "guest", "upload": True},
            ),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), preflights(1), lacks("preflight", "Access-Control-Request-Headers")),
        ),
        Scenario(
            id="preflight-origin-refused",
            title=N_("Preflight from an origin that is not allowed"),
            why=N_(
                "After a refused preflight the browser does not send the actual request at all."
            ),
            steps=(fetch("/items/1", method="DELETE"),),
            policy={"allow_origins": ["https://app.example.com"], "allow_methods": ["DELETE"]},
            checks=(
                refused(),
                preflight_status(403),
                lacks("preflight answer", "Access-Control-Allow-Origin"),
                actuals(0),
            ),
            allowed=False,
        ),
        Scenario(
            id="preflight-method-refused",
            title=N_("Method that is not in the list"),
            why=N_(
                "The answer is a success and names what is allowed. The browser compares, and its console names what is missing."
            ),
            steps=(fetch("/items/1", method="DELETE"),),
            policy={"allow_origins": [PAGE], "allow_methods": ["GET", "PUT"]},
            checks=(
                refused(),
                preflight_status(204),
                has("preflight answer", "Access-Control-Allow-Methods", "GET, PUT"),
                actuals(0),
            ),
            allowed=False,
        ),
        Scenario(
            id="preflight-header-refused",
            title=N_("Header that is not in the list"),
            why=N_("The policy must name each header that is not safelisted."),
            steps=(fetch("/items", headers={"X-Requested-By": "the demo", "X-Trace": "1"}),),
            policy={"allow_origins": [PAGE], "allow_headers": ["X-Requested-By"]},
            checks=(
                refused(),
                preflight_status(204),
                has("preflight answer", "Access-Control-Allow-Headers", "X-Requested-By"),
                actuals(0),
            ),
            allowed=False,
        ),
    ),
)
