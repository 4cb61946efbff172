"""WSGI applications of others under the middleware, over a socket: all that changes is what CORS adds."""

from __future__ import annotations

import contextlib
import http.client
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from exchanges import answer, environ_of
from servers import running

from wsgicors import CORSMiddleware, Policy

pytestmark = pytest.mark.programs

APP = "https://app.example.com"
EVIL = "https://evil.example"
RUNNER = Path(__file__).parent / "wsgi_programs.py"
#: The package of each program, and what is asked of it.
PROGRAMS = {
    "hgweb": ("mercurial", ["GET /well/", "GET /well/raw-file/tip/a.txt", "GET /well/?cmd=heads"]),
    "radicale": ("radicale", ["GET /", "GET /.web/", "PROPFIND /"]),
    "wsgidav": ("wsgidav", ["GET /", "GET /a.txt", "PROPFIND /a.txt", "MKCOL /a.txt"]),
    "pypiserver": ("pypiserver", ["GET /simple/hello/", "GET /packages/hello-1.0.tar.gz"]),
    "klaus": ("klaus", ["GET /", "GET /repository/raw/master/a.txt"]),
    "kinto": ("kinto", []),
    "roundup": ("roundup", ["GET /@@file/style.css", "GET /rest/", "PUT /rest/"]),
}
OF_ALL = ["HEAD /", "OPTIONS /", "GET /nothing"]
OF_CORS = ("access-control-", "vary")


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request, tmp_path_factory):
    """A program by its name, and the port on which it is served."""
    package, _ = PROGRAMS[request.param]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    command = [sys.executable, "-W", "ignore", str(RUNNER), request.param, "PORT"]
    with contextlib.ExitStack() as stack:
        yield request.param, running(stack, tmp_path_factory.mktemp(request.param), command)


def send(port, call, **fields):
    """One exchange: the status, the header lines in lower case, and the body."""
    method, path = call.split()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request(method, path, headers={**headers, "Connection": "close"})
        response = connection.getresponse()
        lines = [(name.lower(), value) for name, value in response.getheaders()]
        return response.status, sorted(lines), response.read()


def without_times(body):
    """Some programs say when they failed."""
    return re.sub(rb"\d\d:\d\d:\d\d[.\d]*", b"", body)


def split(lines):
    """The lines of CORS, and those of the program that are the same at any time."""
    ours = [(name, value) for name, value in lines if name.startswith(OF_CORS)]
    clocks = ("date", "expires")
    return ours, [line for line in lines if line not in ours and line[0] not in clocks]


SILENT = [name for name in PROGRAMS if name != "kinto"]


@pytest.mark.parametrize("program", SILENT, indirect=True, scope="module")
@pytest.mark.parametrize("origin", [APP, EVIL, None])
def test_all_that_changes_is_what_cors_adds(program, origin):
    name, port = program
    for call in [*PROGRAMS[name][1], *OF_ALL]:
        asked = {"Origin": origin} if origin else {}
        status, lines, body = send(port, call, **asked)
        bare_status, bare_lines, bare_body = send(port, call, **asked, X_Bare="1")
        ours, theirs = split(lines)
        vary, bare = split(bare_lines)
        assert (status, theirs) == (bare_status, bare), call
        assert without_times(body) == without_times(bare_body), call
        assert ours == lines_of_cors(origin, *(value for _, value in vary)), call


def lines_of_cors(origin, *vary):
    shared = [
        ("access-control-allow-origin", APP),
        ("access-control-expose-headers", "ETag"),
    ]
    return [*(shared if origin == APP else []), ("vary", ", ".join([*vary, "Origin"]))]


@pytest.mark.parametrize("program", ["kinto"], indirect=True, scope="module")
@pytest.mark.parametrize("call", ["GET /v1/", "GET /v1/buckets", "GET /nothing"])
def test_whom_a_program_shares_with_by_itself_is_replaced(program, call):
    _, port = program
    said, _ = split(send(port, call, Origin=EVIL, X_Bare="1")[1])
    assert ("access-control-allow-origin", "*") in said
    assert split(send(port, call, Origin=EVIL)[1])[0] == [("vary", "Origin")]
    allowed, exposed, vary = split(send(port, call, Origin=APP)[1])[0]
    assert (allowed, vary) == (("access-control-allow-origin", APP), ("vary", "Origin"))
    own = dict(said)["access-control-expose-headers"].replace(" ", "").split(",")
    assert {*exposed[1].split(", ")} == {*own, "ETag"}


def test_it_is_not_asked_about_a_preflight(program):
    _, port = program
    answered = {origin: send(port, "OPTIONS /", **asked(origin)) for origin in (APP, EVIL)}
    assert answered[APP][0] == 204
    assert split(answered[APP][1])[0] == [
        ("access-control-allow-headers", "Depth"),
        ("access-control-allow-methods", "GET, PUT, PROPFIND, MKCOL"),
        ("access-control-allow-origin", APP),
        ("vary", "Origin"),
    ]
    assert answered[EVIL][0] == 403
    assert split(answered[EVIL][1])[0] == [("vary", "Origin")]


def asked(origin):
    return {"Origin": origin, "Access_Control_Request_Method": "PROPFIND"}


@pytest.mark.parametrize("program", ["hgweb"], indirect=True, scope="module")
def test_a_crash_is_answered_with_the_headers(program):
    _, port = program
    status, lines, body = send(port, "GET /broken/?cmd=heads", Origin=APP)
    assert (status, body) == (500, b"Internal Server Error\n")
    assert split(lines)[0] == lines_of_cors(APP)
    # What answers for it otherwise is the server, which knows nothing of CORS.
    status, lines, _ = send(port, "GET /broken/?cmd=heads", Origin=APP, X_Bare="1")
    assert (status, split(lines)[0]) == (500, [])


# --- frameworks that read a path more loosely than it was sent --------------------------------------


def by_bottle():
    """It leaves out the bytes that are no UTF-8."""
    application = pytest.importorskip("bottle").Bottle()
    application.route("/admin/pay", ["GET", "POST"], lambda: "paid")
    return application


def by_pyramid():
    """Its expressions match in front of a line end."""
    configurator = pytest.importorskip("pyramid.config").Configurator()
    configurator.add_route("pay", "/admin/pay")
    configurator.add_view(lambda request: request.response, route_name="pay")
    return configurator.make_wsgi_app()


# Pyramid imports it where it is there.
@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning")
@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Deprecated call to `pkg_resources:DeprecationWarning")
@pytest.mark.parametrize(
    ("framework", "path"),
    [
        (by_bottle, "/ad\xffmin/pay"),
        (by_bottle, "/admin/p\xc3ay"),
        (by_pyramid, "/admin/pay\n"),
    ],
)
def test_path_that_a_framework_reads_loosely_is_no_way_around_a_prefix(framework, path):
    inner = framework()
    assert answer(inner, environ_of(path, method="POST")).status == "200 OK"
    closed = Policy(allow_origins=[APP], refuse_denied=True)
    around = [
        CORSMiddleware(inner, allow_origins="*", routes={"/admin/pay": closed}),
        CORSMiddleware(
            inner,
            allow_origins="*",
            resolve=lambda environ, method: (
                closed if environ["PATH_INFO"].startswith("/admin/pay") else Policy()
            ),
        ),
    ]
    for application in around:
        assert answer(application, environ_of("/admin/pay")).status == "200 OK"
        refused = answer(application, environ_of(path, method="POST", origin=EVIL))
        assert refused.status == "403 Forbidden"
        assert not refused.values("Access-Control-Allow-Origin")
