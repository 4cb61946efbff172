"""What it takes until the first request is answered: imports, routes, and the check of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from . import libraries
from .environs import actual, received, start_response
from .timing import Estimate

if TYPE_CHECKING:
    from .effort import Effort, Track


# --- the check of many routes -------------------------------------------------------------------


class Registered(NamedTuple):
    """A Flask application, and how many seconds it took."""

    app: Any
    registration: float
    #: What the first request takes beyond the second.
    first: float


def registered(effort: Effort, track: Track) -> dict[tuple[str, int], Registered]:
    """Applications under both extensions, by library and number of routes."""
    names = [
        (library, routes)
        for library in libraries.LARGE_FLASK
        for routes in effort.numbers_of_routes
    ]
    numbers = track(range(len(names)), "registering routes")
    return {names[number]: _registered(*names[number]) for number in numbers}


def _registered(library: str, routes: int) -> Registered:
    start = time.thread_time()
    app = libraries.large_flask(library, routes)
    # Werkzeug does this when the first request comes, with any extension and with none.
    app.url_map.update()
    registration = time.thread_time() - start
    first, second = _first_request(app), _first_request(app)
    return Registered(app, registration, first - second)


def _first_request(app: Any) -> float:
    environ = received({**actual(), "PATH_INFO": libraries.path_of_route(0).format(1)})
    start = time.thread_time()
    app(environ, start_response)
    return time.thread_time() - start


# --- processes ----------------------------------------------------------------------------------

_APPLICATION = "import flask; from {0} import CORS; app = flask.Flask('shop'); "
_ENVIRON = "from werkzeug.test import create_environ; environ = create_environ('/'); "
_ASK = "app(environ.copy(), lambda status, headers, exc_info=None: None)"
_TESTS = "def test_nothing(): pass\n"
_RUN_TESTS = "pytest.main(['-q', '-p', 'no:cacheprovider', {0} 'test_nothing.py'])"
_PLUGIN = "a run of pytest with our plugin, which asks for nothing of it"
_NO_PLUGIN = "the same run without the plugin"

#: What is done before the clock runs, and what is timed.
_PROGRAMS = {
    "from wsgicors import CORSMiddleware": ("", "from wsgicors import CORSMiddleware"),
    "import wsgicors.flask, with Flask there": ("import flask", "import wsgicors.flask"),
    "import flask_cors, with Flask there": ("import flask", "import flask_cors"),
    "CORS(app)": (
        _APPLICATION.format("wsgicors.flask"),
        "CORS(app, allow_origins=['https://app.example.com'])",
    ),
    "CORS(app) of Flask-CORS": (
        _APPLICATION.format("flask_cors"),
        "CORS(app, origins=['https://app.example.com'])",
    ),
    "the first response, with the check": (
        _APPLICATION.format("wsgicors.flask") + _ENVIRON + "CORS(app, allow_origins=[])",
        _ASK,
    ),
    "the first response under Flask-CORS": (
        _APPLICATION.format("flask_cors") + _ENVIRON + "CORS(app, origins=[])",
        _ASK,
    ),
    _PLUGIN: ("import pytest", _RUN_TESTS.format("'-p', 'wsgicors.pytest_plugin',")),
    _NO_PLUGIN: ("import pytest", _RUN_TESTS.format("")),
}
#: What does the same with Flask-CORS.
PEERS = {
    "import wsgicors.flask, with Flask there": "import flask_cors, with Flask there",
    "CORS(app)": "CORS(app) of Flask-CORS",
    "the first response, with the check": "the first response under Flask-CORS",
}
_PROGRAM = """\
import time
{0}
start = time.process_time()
{1}
print()
print(time.process_time() - start)
"""


def measured(effort: Effort, track: Track) -> dict[str, Estimate]:
    """Seconds of the processor, by what was done."""
    seconds: dict[str, list[float]] = {name: [] for name in _PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_nothing.py").write_text(_TESTS, "utf-8")
        for _ in track(range(effort.starts), "startup"):
            for name, (before, timed) in _PROGRAMS.items():
                seconds[name].append(_seconds(_PROGRAM.format(before, timed), folder))
    return {name: Estimate(median(each), min(each), max(each)) for name, each in seconds.items()}


def _seconds(program: str, folder: str) -> float:
    # Plugins of others would cost more than what is measured.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    output = subprocess.check_output(
        [sys.executable, "-c", program], text=True, cwd=folder, env=environment
    )
    return float(output.splitlines()[-1])
