"""``flask run --debug``: a crash is readable across origins, on the console, in the debugger."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from exchanges import ADMIN, PAGE

import wsgicors

APPLICATION = f"""
from flask import Flask
from wsgicors.flask import CORS

app = Flask(__name__)
CORS(app, allow_origins=[{PAGE!r}])


@app.get("/")
def index():
    return "index"


@app.get("/crash")
def crash():
    raise ZeroDivisionError("the wheel came off")
"""


class Server:
    """``flask run --debug`` on a free port, and what it has printed."""

    def __init__(self, folder):
        (folder / "app.py").write_text(APPLICATION, encoding="utf-8")
        package = str(Path(wsgicors.__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flask", "run", "--debug", "--no-reload", "--port", "0"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": package, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._printed = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        (self.url,) = self.wait_for(r"Running on (http://[0-9.:]+)")

    def _read(self):
        for line in self._process.stdout:
            self._printed += [line]

    def wait_for(self, pattern, times=1):
        """What a pattern finds in the print, once that is as often; a server may print after it has answered."""
        deadline = time.monotonic() + 60
        found = []
        while len(found) < times:
            assert time.monotonic() < deadline, (
                f"{pattern} {times} times in: {''.join(self._printed)}"
            )
            time.sleep(0.01)
            found = re.findall(pattern, "".join(self._printed))
        return found

    def get(self, path, **headers):
        request = urllib.request.Request(
            self.url + path,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as response:
            with response:
                return response.code, response.headers, response.read().decode()

    def stop(self):
        """End it, and give what it printed since it was started."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)
        self._reader.join(timeout=30)
        self._process.stdout.close()
        return "".join(self._printed)


@pytest.fixture
def server(tmp_path, hearing_interrupts):
    server = Server(tmp_path)
    yield server
    if server._process.poll() is None:
        server.stop()


def test_crash_under_flask_run_debug(server):
    status, headers, body = server.get("/crash", Origin=PAGE, Sec_Fetch_Mode="cors")
    assert (status, headers["Access-Control-Allow-Origin"], headers["Vary"]) == (
        500,
        PAGE,
        "Origin",
    )
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert body.startswith("Traceback (most recent call last):")
    assert "ZeroDivisionError: the wheel came off" in body

    status, headers, body = server.get("/crash", Origin=ADMIN)
    assert (status, headers["Access-Control-Allow-Origin"]) == (500, None)

    for navigation in ({}, {"Origin": PAGE, "Sec_Fetch_Mode": "navigate"}):
        status, headers, body = server.get("/crash", Accept="text/html", **navigation)
        assert status == 500
        assert "Werkzeug Debugger" in body
        assert "the wheel came off" in body

    assert server.get("/", Origin=PAGE)[0] == 200
    server.wait_for("ZeroDivisionError: the wheel came off", times=4)
    printed = server.stop()
    assert printed.count("ZeroDivisionError: the wheel came off") == 4
    assert 'raise ZeroDivisionError("the wheel came off")' in printed
    assert "during handling of the above" not in printed.lower()
    assert "RuntimeError" not in printed
