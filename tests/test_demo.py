"""The demonstration: the command, its two servers, and every scenario in a real browser."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from browser.driver import drive
from browser.engines import ENGINES, visiting
from serving import served
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.demo import recorder
from wsgicors.demo.api import LAYERS
from wsgicors.demo.checks import reads
from wsgicors.demo.recorder import Recorder, Run
from wsgicors.demo.scenario import Addresses
from wsgicors.demo.servers import Demo, running
from wsgicors.demo.table import SCENARIOS

PAGE = "http://localhost:7070"
API = "http://127.0.0.1:7071"

# Werkzeug's server leaves a file to the garbage collector when the browser hangs up in the middle
# of it, as browsers do with what they refuse; before 2.3 also a socket that it replaced.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:Exception ignored.*(_io\.FileIO|socket\.socket)"
    ":pytest.PytestUnraisableExceptionWarning"
)

each_engine = pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])


# --- the command ----------------------------------------------------------------------------------


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process, which is ended however the test goes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wsgicors", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def printed_until_ready(process) -> str:
    lines = []
    while not lines or "Ctrl-C" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    return "".join(lines)


def status_of(url: str) -> int:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().status


def test_command_prints_addresses_that_answer():
    with started("--port", "0", "--api-port", "0") as process:
        page, api, same_api = re.findall(r"http://\S+:\d+", printed_until_ready(process))
        assert [status_of(page), status_of(api), status_of(same_api)] == [200, 404, 404]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_stops_the_command_quietly(hearing_interrupts):
    with started("--port", "0", "--api-port", "0") as process:
        printed_until_ready(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "\nStopped.\n", "")


@pytest.mark.parametrize("option", ["--port", "--api-port"])
@pytest.mark.parametrize(
    ("family", "host"),
    [
        pytest.param(socket.AF_INET, "127.0.0.1", id="IPv4"),
        pytest.param(socket.AF_INET6, "::1", id="IPv6, where browsers look first"),
    ],
)
def test_a_busy_port_is_one_clear_line(option, family, host):
    with socket.create_server((host, 0), family=family) as other:
        port = str(other.getsockname()[1])
        ports = {"--port": "0", "--api-port": "0", option: port}
        words = [word for pair in ports.items() for word in pair]
        with started(*words) as process:
            out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert out == ""
    assert err == (
        f"wsgicors demo: port {port} is in use: "
        "choose free ones with --port and --api-port (0 is any)\n"
    )


@pytest.mark.parametrize("port", ["http", "-1", "65536", "7.5", "٣"])
def test_what_is_no_port_is_a_usage_error(port):
    with started(f"--port={port}") as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "is no port: write a number from 0 (any free one) to 65535" in err


# --- the table ------------------------------------------------------------------------------------

# What the mission's list of scenarios names, and the rows that show it.
SHOWN = {
    "which requests: fetch()": {"fetch"},
    "which requests: XMLHttpRequest": {"xhr"},
    "which requests: web fonts": {"font-face-css", "font-face-css-refused", "font-face-script"},
    "which requests: WebGL textures": {"webgl", "webgl-tainted"},
    "which requests: images on a canvas": {"canvas", "canvas-tainted", "canvas-refused"},
    "which requests: video on a canvas": {"video", "video-tainted"},
    "which requests: CSS shapes from images": {"shape", "shape-refused"},
    "which requests: module scripts": {"module", "module-refused"},
    "which requests: those that do not": {"no-cors"},
    "simple request: GET, for all or for one origin": {"simple-get-all", "simple-get-one"},
    "simple request: HEAD": {"simple-head"},
    "simple request: POST": {"simple-post-form", "simple-post-text", "simple-post-refused"},
    "preflighted request: the guide's example": {"pingother"},
    "preflighted request: others": {"put-json", "upload-listener"},
    "preflighted request: refused": {
        "preflight-origin-refused",
        "preflight-method-refused",
        "preflight-header-refused",
    },
    "preflight and redirect: never": {"preflight-redirected", "slash-redirect"},
    "preflight and redirect: of the actual request": {
        "actual-redirected",
        "redirected-elsewhere",
        "redirected-elsewhere-refused",
    },
    "request with credentials: cookies": {
        "credentials-include",
        "credentials-xhr",
        "credentials-same-origin",
        "credentials-omit",
    },
    "request with credentials: HTTP authentication": {"http-authentication"},
    "request with credentials: thrown away": {"credentials-refused"},
    "preflight and credentials": {
        "preflight-without-credentials",
        "preflight-behind-login",
        "preflight-no-allow-credentials",
    },
    "credentials and wildcards: Allow-Origin": {"wildcard-origin-include", "wildcard-origin-true"},
    "credentials and wildcards: Allow-Headers": {"wildcard-headers"},
    "credentials and wildcards: Allow-Methods": {"wildcard-methods"},
    "credentials and wildcards: Expose-Headers": {"wildcard-expose"},
    "credentials and wildcards: explicit values": {"wildcards-answered"},
    "credentials and wildcards: without credentials": {"wildcards-without-credentials"},
    "credentials and wildcards: cookies": {"wildcard-cookie-ignored", "wildcard-cookie-kept"},
    "third-party cookies": {"same-site-cookie", "third-party-cookie"},
    "a failed check": {"failed-check", "error-not-found", "error-crash"},
    "Access-Control-Allow-Origin": {
        "allow-origin-slash",
        "allow-origin-twice",
        "allow-origin-sole-author",
    },
    "Access-Control-Expose-Headers": {"expose-headers", "expose-nothing"},
    "Access-Control-Max-Age": {"max-age", "max-age-zero", "max-age-default"},
    "Access-Control-Allow-Credentials": {"allow-credentials-case"},
    "Access-Control-Allow-Methods": {"allow-methods", "allow-methods-case"},
    "Access-Control-Allow-Headers": {"allow-headers"},
    "Origin": {"origin", "origin-null-refused", "origin-null-listed", "origin-null-all"},
    "Access-Control-Request-Method": {"request-method", "forbidden-headers"},
    "Access-Control-Request-Headers": {"request-headers"},
}


@pytest.mark.parametrize(("named", "rows"), SHOWN.items(), ids=list(SHOWN))
def test_every_scenario_has_its_rows(named, rows):
    assert rows <= set(SCENARIOS), named


def test_every_row_shows_a_scenario():
    assert set(SCENARIOS) == set().union(*SHOWN.values())


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_a_run_in_which_nothing_happened_is_not_as_expected(scenario):
    assert scenario.judge(Run("1", scenario.id), PAGE)["verdict"] == "differs"


def test_a_departure_is_told_apart_from_a_failure():
    scenario = SCENARIOS["font-face-css"]
    run = Run("1", scenario.id, results=[{"ok": True}])
    run.exchanges.append(recorder.Exchange("GET", "", "/static/letters.woff", recorder.Headers()))
    assert scenario.judge(run, PAGE)["verdict"] == "departs"


def test_what_a_browser_cannot_do_is_not_counted_as_done():
    scenario = SCENARIOS["webgl"]
    run = Run("1", scenario.id, results=[{"unsupported": "this browser has no WebGL"}])
    assert scenario.judge(run, PAGE)["verdict"] == "untried"


# --- the page's server ----------------------------------------------------------------------------


@pytest.fixture
def demo():
    return Demo(Addresses(page=PAGE, cross_site=API, same_site="http://localhost:7071"))


@pytest.fixture
def page(demo):
    return Client(demo.page.app)


AS_JSON = {"content_type": "application/json"}


def asked(client, method, path, body=None, **options):
    options = {"base_url": PAGE, "headers": {"Origin": PAGE}, "json": body or {}, **options}
    return client.open(path, method=method, **options)


def test_the_list_names_no_placeholder(page):
    text = page.get("/scenarios", base_url=PAGE).text
    assert "$page" not in text
    assert PAGE in text


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param({}, 200, id="the page itself"),
        pytest.param({"headers": {"Origin": "https://evil.example"}}, 403, id="a foreign page"),
        pytest.param({"headers": {"Origin": "null"}}, 403, id="a sandboxed page"),
        pytest.param({"headers": {}}, 403, id="no origin"),
        pytest.param({"json": None, "data": "{}"}, 415, id="no JSON"),
        pytest.param({"json": []}, 400, id="no JSON object"),
        pytest.param({"json": None, "data": b"\xff", **AS_JSON}, 400, id="no text"),
        pytest.param({"json": None, "data": "[" * 60_000, **AS_JSON}, 400, id="nested too deeply"),
        pytest.param(
            {"headers": {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}}, 403, id="a foreign site"
        ),
        pytest.param(
            {"headers": {"Origin": PAGE, "Sec-Fetch-Site": "same-site"}}, 403, id="a foreign port"
        ),
        pytest.param({"json": {"max_age": "9" * 100_000}}, 413, id="too large"),
        pytest.param(
            {"base_url": "http://evil.example:7070"}, 302, id="a name rebound to this machine"
        ),
    ],
)
def test_only_the_page_changes_a_policy(page, options, status):
    fields = {"allow_origins": "*"}
    answer = asked(page, "PUT", "/policies/fetch", **{"json": fields, **options})
    assert answer.status_code == status
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
    listed = page.get("/scenarios", base_url=PAGE).json["groups"][0]["scenarios"][0]
    assert listed["policy"]["changed"] is (status == 200)


def test_a_reset_too_wants_json_which_no_form_can_send(page):
    answer = page.delete("/policies/fetch", base_url=PAGE, headers={"Origin": PAGE})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/runs", {"scenario": "nothing"}, id="unknown scenario"),
        pytest.param("POST", "/runs", {"scenario": ["fetch"]}, id="a list for a scenario"),
        pytest.param("POST", "/runs/0/results", {"results": []}, id="unknown run"),
        pytest.param("PUT", "/policies/nothing", {}, id="policy of an unknown scenario"),
        pytest.param("PUT", "/policies/wildcard-expose", {}, id="policy of what is by hand"),
    ],
)
def test_what_does_not_exist_is_not_found(page, method, path, body):
    assert asked(page, method, path, body).status_code == 404


@pytest.mark.parametrize("results", [None, "all good", [1]])
def test_results_that_are_none_are_refused(page, results):
    run = asked(page, "POST", "/runs", {"scenario": "fetch"}).json["run"]
    assert asked(page, "POST", f"/runs/{run}/results", {"results": results}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/static/frame.html", "/scenarios", "/nowhere"])
def test_every_answer_of_the_page_is_sealed(page, path):
    with page.get(path, base_url=PAGE) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert policy.startswith("default-src 'none'")
    assert f"frame-ancestors {PAGE};" in policy
    assert "unsafe" not in policy


def test_the_frame_is_of_no_origin_however_it_is_opened(page):
    with page.get("/static/frame.html", base_url=PAGE) as answer:
        assert answer.headers["Content-Security-Policy"].endswith("; sandbox allow-scripts")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_may_link_to_the_page_and_ask_it_for_nothing(page, site):
    headers = {"Sec-Fetch-Site": site}
    with page.get("/", base_url=PAGE, headers=headers) as answer:
        assert answer.status_code == 200
    assert page.get("/scenarios", base_url=PAGE, headers=headers).status_code == 403


def call_api(demo, layer, scenario="simple-get-one", path="/items", **options):
    run = demo.recorder.begin(scenario)
    client = Client(demo.api)
    answer = client.get(f"/{layer}/{scenario}/{run.id}{path}", base_url=API, **options)
    return answer.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_valid_change_is_in_force_at_once_and_can_be_undone(demo, page, layer):
    origin = {"headers": {"Origin": "https://other.example"}}
    assert call_api(demo, layer, **origin) is None
    changed = asked(
        page, "PUT", "/policies/simple-get-one", {"allow_origins": "https://other.example"}
    )
    assert changed.json["policy"]["fields"] == {"allow_origins": "https://other.example"}
    assert call_api(demo, layer, **origin) == "https://other.example"
    assert asked(page, "DELETE", "/policies/simple-get-one").json["policy"]["changed"] is False
    assert call_api(demo, layer, **origin) is None


INVALID = {
    "wrong by itself": {"allow_origins": "localhost", "max_age": "soon"},
    "wrong together": {"allow_origins": "*", "allow_credentials": "true"},
    "unknown field": {"allow_origins": "*", "orgins": "*"},
    "not whole": {},
}


def config_error(fields) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        CORSMiddleware(lambda environ, start_response: [], Policy(**fields))
    return error.value


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("fields", INVALID.values(), ids=list(INVALID))
def test_an_invalid_change_is_told_in_the_librarys_words_and_changes_nothing(
    demo, page, fields, layer
):
    answer = asked(page, "PUT", "/policies/simple-get-one", fields)
    expected = config_error(fields)
    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json["problems"]} == {
        problem.field for problem in expected.problems
    }
    for problem in expected.problems:
        assert problem.message in answer.json["message"]
    assert call_api(demo, layer, headers={"Origin": PAGE}) == PAGE


SENT = (
    "POST /runs HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nSec-Fetch-Site: {site}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({}, 200, id="the page"),
        pytest.param({"body": "[" * 60_000}, 400, id="deeply nested JSON"),
        pytest.param({"body": '{"a":' * 9_000}, 400, id="deeply nested objects"),
        pytest.param({"site": "cross-site"}, 403, id="a foreign site"),
        pytest.param({"origin": "https://evil.example"}, 403, id="a foreign origin"),
        pytest.param({"origin": "{page}/"}, 403, id="not to the letter"),
        pytest.param({"host": "evil.example"}, 302, id="a name rebound to this machine"),
        pytest.param({"host": "localhost"}, 302, id="another port"),
        pytest.param({"host": "a b"}, 302, id="no host at all"),
    ],
)
def test_over_a_socket_only_the_page_is_served(changes, status):
    with running(0, 0) as demo:
        page = demo.addresses.page
        body = changes.get("body", '{"scenario": "fetch"}')
        default = {"host": urlsplit(page).netloc, "origin": "{page}", "site": "same-origin"}
        fields = {**default, **changes, "body": body, "length": len(body)}
        fields["origin"] = fields["origin"].replace("{page}", page)
        with socket.create_connection(("127.0.0.1", urlsplit(page).port), timeout=20) as connection:
            connection.sendall(SENT.format(**fields).encode())
            with connection.makefile("rb") as answer:
                assert answer.readline().split()[1] == str(status).encode()


# --- the API and the recorder ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "host"),
    [
        pytest.param("/", API, id="nothing"),
        pytest.param("/flask/fetch/0/items", API, id="unknown run"),
        pytest.param("/django/fetch/{run}/items", API, id="unknown layer"),
        pytest.param("/flask/xhr/{run}/items", API, id="another scenario's run"),
        pytest.param("/flask/fetch/{run}/items", "http://evil.example:7071", id="a foreign name"),
    ],
)
def test_the_api_serves_known_runs_alone(demo, path, host):
    run = demo.recorder.begin("fetch")
    answer = Client(demo.api).get(path.format(run=run.id), base_url=host)
    assert answer.status_code == 404
    assert run.exchanges == []


def test_an_exchange_is_recorded_with_its_log(demo):
    run = demo.recorder.begin("failed-check")
    path = f"/flask/failed-check/{run.id}/items"
    Client(demo.api).get(path, base_url=API, headers={"Origin": PAGE})
    (exchange,) = run.exchanges
    assert (exchange.method, exchange.path, exchange.status) == ("GET", "/items", 200)
    assert exchange.request["Origin"] == PAGE
    assert exchange.response["Vary"] == "Origin"


def test_one_run_cannot_fill_the_memory(demo):
    run = demo.recorder.begin("fetch")
    client = Client(demo.api)
    path = f"/wsgi/fetch/{run.id}/items"
    statuses = [
        client.get(path, base_url=API, headers={"X-Long": "x" * 5000}).status_code
        for _ in range(recorder.MOST_EXCHANGES + 1)
    ]
    assert statuses == [200] * recorder.MOST_EXCHANGES + [429]
    assert len(run.exchanges) == recorder.MOST_EXCHANGES
    assert len(run.exchanges[0].request["X-Long"]) == recorder.LONGEST_VALUE


def test_only_the_latest_runs_are_kept():
    runs = Recorder()
    first = runs.begin("fetch")
    for _ in range(recorder.MOST_RUNS):
        runs.begin("fetch")
    assert len(list(runs)) == recorder.MOST_RUNS
    assert first not in list(runs)


def test_a_check_that_lacks_its_evidence_does_not_hold():
    assert not reads()(Run("1", "fetch"), PAGE)


# --- in a browser ---------------------------------------------------------------------------------


def listed_by(demo) -> list[str]:
    with urllib.request.urlopen(f"{demo.addresses.page}/scenarios") as answer:
        groups = json.load(answer)["groups"]
    return [scenario["id"] for group in groups for scenario in group["scenarios"]]


#: The rows that are not green in an engine, because it departs from the standard there, as the page
#: says too.
NOT_GREEN = {
    "chromium": {},
    "firefox": {"max-age": "departs"},
    "webkit": dict.fromkeys(
        ("font-face-css", "font-face-css-refused", "font-face-script"), "departs"
    ),
}


def surprises(demo, but=None) -> list[str]:
    """The expectations that did not hold in the runs so far, in words."""
    found = []
    for run in demo.recorder:
        scenario = SCENARIOS[run.scenario]
        judged = scenario.judge(run, demo.addresses.page)
        if judged["verdict"] not in ("expected", (but or {}).get(scenario.id)):
            texts = [c.text for c, held in zip(scenario.checks, judged["held"]) if not held]
            found.append(f"{scenario.id} {judged['verdict']}: {texts}, the page saw {run.results}")
    return found


@pytest.mark.browser
@pytest.mark.parametrize("layer", LAYERS)
@each_engine
def test_run_all_is_as_expected_in_every_row(engine, layer):
    with running(0, 0) as demo:
        rows = listed_by(demo)

        def finished() -> list[str]:
            return [run.scenario for run in demo.recorder if run.results]

        with visiting(engine, f"{demo.addresses.page}/?run=all&layer={layer}") as visit:
            visit.wait_until(lambda: len(finished()) == len(rows), seconds=120)
        assert finished() == rows
        assert surprises(demo, but=NOT_GREEN[engine.name]) == []


@pytest.mark.browser
@each_engine
def test_a_broken_policy_turns_a_row_red(engine):
    with running(0, 0) as demo:
        demo.api.governed("simple-get-one").change(Policy(allow_origins=[]))
        script = """
            await until(() => find("#simple-get-one").dataset.state === "differs");
            tell(find("#simple-get-one .status").textContent);
        """
        assert drive(demo, engine, script, "?run=simple-get-one") == "✗ Not as expected"
        assert len(surprises(demo)) == 1


@pytest.mark.browser
@each_engine
def test_the_page_counts_what_it_ran(engine):
    script = """
        find("#simple-head .run").click();
        await until(() => find("#simple-head").dataset.state === "expected");
        find("#origin-null-refused .run").click();
        await until(() => find("#origin-null-refused").dataset.state === "expected");
        tell({
          summary: find("#summary").textContent,
          announced: find("#announcement").textContent,
          refused: find("#origin-null-refused .status").textContent,
        });
    """
    with running(0, 0) as demo:
        told = drive(demo, engine, script)
    assert told["summary"] == f"2 of {len(SCENARIOS)} as expected, 0 not as expected."
    assert told["announced"].endswith(": Refused, as expected")
    assert told["refused"] == "✓ Refused, as expected"


@pytest.mark.browser
@each_engine
def test_the_panel_changes_a_policy_and_shows_what_is_wrong_with_it(engine):
    fields = INVALID["wrong together"]
    script = """
        const state = (name) => until(() => find("#fetch").dataset.state === name);
        const submit = () => find("#fetch .policy .primary").click();
        find("#fetch .opener").click();
        fill("fetch-allow_origins", "*");
        fill("fetch-allow_credentials", "true");
        submit();
        await until(() => find("#fetch .config-error pre"));
        const error = find("#fetch .config-error pre").textContent;
        const marked = document.querySelectorAll("#fetch [aria-invalid=true]");
        const invalid = [...marked].map((input) => input.name);
        find("#fetch .run").click();
        await state("expected");
        fill("fetch-allow_origins", "");
        fill("fetch-allow_credentials", "");
        submit();
        await state("differs");
        find("#fetch .policy button[type=button]").click();
        await state("expected");
        tell({ error, invalid, left: find("#fetch .config-error").textContent });
    """
    with running(0, 0) as demo:
        told = drive(demo, engine, script)
    assert all(problem.message in told["error"] for problem in config_error(fields).problems)
    assert set(told["invalid"]) == {problem.field for problem in config_error(fields).problems}
    assert told["left"] == ""


FOREIGN = """<!doctype html><script type="module">
const heard = [];
addEventListener("message", ({ data }) => heard.push(data));
const [frame, page] = [open("%(page)s/static/frame.html"), open("%(page)s/")];
const opened = Boolean(frame && page);
for (let times = 0; times < 30; times += 1) {
  frame?.postMessage({ url: "/scenarios", options: {} }, "*");
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const cut = [frame?.closed, page?.closed];
fetch("/told", { method: "POST", body: JSON.stringify({ opened, heard, cut }) });
</script>"""


@pytest.mark.browser
@each_engine
def test_a_page_of_another_origin_is_not_heard_and_loses_what_it_opened(engine):
    told = []
    with running(0, 0) as demo:

        @Request.application
        def foreign(request):
            if request.path == "/told":
                told.append(json.loads(request.get_data()))
            return Response(FOREIGN % {"page": demo.addresses.page}, mimetype="text/html")

        with served(foreign) as url, visiting(engine, url) as visit:
            visit.wait_until(lambda: told, seconds=60)
    assert told == [{"opened": True, "heard": [], "cut": [True, True]}]


@pytest.mark.browser
@each_engine
def test_every_control_has_a_name_and_every_id_is_unique(engine):
    script = """
        for (const opener of document.querySelectorAll(".opener")) opener.click();
        const named = (control) => control.textContent.trim() || control.labels?.length
          || control.getAttribute("aria-label");
        const controls = [...document.querySelectorAll("button, input, summary, a")];
        const nameless = controls.filter((control) => !named(control));
        const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
        tell({
          controls: controls.length,
          nameless: nameless.slice(0, 5).map((control) => control.outerHTML),
          repeated: ids.filter((id, index) => ids.indexOf(id) !== index),
          wide: document.documentElement.scrollWidth > innerWidth,
        });
    """
    with running(0, 0) as demo:
        told = drive(demo, engine, script)
    assert told["controls"] > 2 * len(SCENARIOS)
    assert (told["nameless"], told["repeated"], told["wide"]) == ([], [], False)
