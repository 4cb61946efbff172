"""``answer_exceptions``: what escapes an application is readable across origins."""

from __future__ import annotations

import io
import sys
import urllib.error
import urllib.request
from wsgiref.util import FileWrapper

import pytest
from exchanges import answer, environ_of, send, strict
from serving import served

from wsgicors import ConfigError, CORSMiddleware, cors
from wsgicors.testing import Browser

APP = "https://app.example.com"
TYPE = ("Content-Type", "text/plain")


def govern(application, **more):
    return CORSMiddleware(application, allow_origins=APP, answer_exceptions=True, **more)


def at_once(environ, start_response):
    raise LookupError("x\nroot logged in")


def generator(environ, start_response):
    raise LookupError("x")
    yield b""


class Failing:
    closed = 0

    def __init__(self, environ=None, start_response=None):
        pass

    def __iter__(self):
        raise LookupError("x")

    def close(self):
        type(self).closed += 1


BEFORE = {"call": at_once, "generator": generator, "iterable": Failing}


@pytest.mark.parametrize("application", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_escapes_before_the_start_is_answered_with_the_headers(application, method, caplog):
    answered = answer(govern(application), environ_of("/", method, APP))
    assert answered.status == "500 Internal Server Error"
    assert answered.values("Access-Control-Allow-Origin") == [APP]
    assert answered.values("Vary") == ["Origin"]
    assert answered.values("Content-Type") == ["text/plain; charset=utf-8"]
    assert answered.body == (b"" if method == "HEAD" else b"Internal Server Error\n")
    (record,) = caplog.records
    assert (record.levelname, record.name) == ("ERROR", "wsgicors")
    assert record.getMessage() == f"crashed in {method!r} '/', answered with 500"
    assert "LookupError: x" in caplog.text
    assert not any(line.startswith("root") for line in caplog.text.splitlines())


def test_a_front_end_can_read_it():
    assert Browser(govern(generator), APP).fetch("/").status == 500


@pytest.mark.parametrize("application", BEFORE.values(), ids=BEFORE)
def test_it_conforms_to_the_standard(application):
    app = govern(strict(application)) if application is at_once else govern(application)
    assert send(app, origin=APP).status == "500 Internal Server Error"


def test_the_body_that_failed_is_closed_once():
    Failing.closed = 0
    answer(govern(Failing), environ_of(origin=APP))
    assert Failing.closed == 1


def after_start(environ, start_response):
    start_response("200 OK", [TYPE])
    raise LookupError("late")


def after_start_of_generator(environ, start_response):
    start_response("200 OK", [TYPE])
    yield b"a"
    raise LookupError("late")


@pytest.mark.parametrize("application", [after_start, after_start_of_generator])
def test_what_escapes_after_the_start_is_raised_on(application, caplog):
    with pytest.raises(LookupError, match="late"):
        answer(govern(application), environ_of(origin=APP))
    assert caplog.messages == []


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("is_lazy", [False, True], ids=["call", "iteration"])
def test_what_ends_a_program_is_raised_on(error, is_lazy):
    def raises():
        raise error
        yield b""

    def application(environ, start_response):
        return raises() if is_lazy else list(raises())

    with pytest.raises(error):
        answer(govern(application), environ_of(origin=APP))


def test_what_comes_of_a_request_that_is_not_governed_is_raised_on():
    with pytest.raises(LookupError):
        answer(govern(at_once, routes={"/": None}), environ_of(origin=APP))


@pytest.mark.parametrize("fields", [{}, {"answer_exceptions": False}])
@pytest.mark.parametrize("application", BEFORE.values(), ids=BEFORE)
def test_unless_it_is_asked_for_everything_is_raised(application, fields):
    with pytest.raises(LookupError):
        answer(CORSMiddleware(application, allow_origins=APP, **fields), environ_of(origin=APP))


@pytest.mark.parametrize(
    "make",
    [list, tuple, iter, lambda chunks: FileWrapper(io.BytesIO(b"".join(chunks)))],
    ids=["list", "tuple", "iterator", "file wrapper"],
)
def test_a_body_whose_response_has_started_comes_back_as_the_same_object(make):
    body = make([b"a", b"b"])

    def application(environ, start_response):
        start_response("200 OK", [TYPE])
        return body

    assert govern(application)(environ_of(origin=APP), lambda *started: None) is body


def test_a_generator_that_goes_well_is_read_as_it_is_and_closed():
    steps = []

    def application(environ, start_response):
        try:
            start_response("200 OK", [TYPE])
            steps.append("started")
            yield b"a"
            yield b"b"
        finally:
            steps.append("closed")

    body = govern(application)(environ_of(origin=APP), lambda *started: None)
    assert steps == []
    assert next(body) == b"a"
    assert steps == ["started"]
    body.close()
    assert steps == ["started", "closed"]
    assert send(govern(application), origin=APP).body == b"ab"


@pytest.mark.parametrize("is_taken", [False, True], ids=["at once", "once it has the status"])
def test_what_a_server_refuses_is_answered_too(is_taken):
    """Gunicorn and waitress do so with a line end in a header, and want to hear of the error then."""
    started = []

    def start_response(status, headers, exc_info=None):
        assert not started or exc_info is not None, "started twice without exc_info"
        if is_taken:
            started.append(status)
        if ("X-Id", "7\n") in headers:
            raise ValueError("a line end")
        started.append(status)
        return started.append

    def application(environ, start_response):
        start_response("200 OK", [TYPE, ("X-Id", "7\n")])
        return []

    body = govern(application)(environ_of(origin=APP), start_response)
    assert b"".join(body) == b"Internal Server Error\n"
    assert started[-1] == "500 Internal Server Error"


def test_exc_info_reaches_the_server():
    def application(environ, start_response):
        start_response("200 OK", [TYPE])
        try:
            at_once(environ, start_response)
        except LookupError:
            start_response("503 Busy", [TYPE], sys.exc_info())
        return [b""]

    assert send(govern(application), origin=APP).status == "503 Busy"


def test_the_decorator_takes_it():
    app = cors(allow_origins=APP, answer_exceptions=True)(at_once)
    assert answer(app, environ_of(origin=APP)).status == "500 Internal Server Error"


@pytest.mark.parametrize("application", BEFORE.values(), ids=BEFORE)
def test_a_server_sends_it(application):
    with served(govern(application)) as url:
        request = urllib.request.Request(url, headers={"Origin": APP})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.value as error:
            assert (error.code, error.read()) == (500, b"Internal Server Error\n")
            assert error.headers["Access-Control-Allow-Origin"] == APP


# Pyramid imports it where it is there.
@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning")
@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Deprecated call to `pkg_resources:DeprecationWarning")
def test_a_view_of_pyramid_that_raises_is_readable():
    if sys.version_info < (3, 10):
        return  # for which the Pyramid of today is not made
    from pyramid.config import Configurator

    configurator = Configurator()
    configurator.add_route("home", "/")
    configurator.add_view(lambda request: {}["gone"], route_name="home")
    app = govern(configurator.make_wsgi_app())
    answered = answer(app, environ_of(origin=APP))
    assert answered.status == "500 Internal Server Error"
    assert answered.values("Access-Control-Allow-Origin") == [APP]


@pytest.mark.parametrize("value", ["no", "false", 1, 0, None, []], ids=repr)
@pytest.mark.parametrize("around", [CORSMiddleware, lambda app, **fields: cors(**fields)(app)])
def test_what_is_no_flag_is_refused(around, value):
    with pytest.raises(ConfigError, match=r"^answer_exceptions: .* is neither True nor False"):
        around(lambda *_: [], allow_origins=APP, answer_exceptions=value)
