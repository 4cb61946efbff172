"""A real server on the loopback interface: wrk against gunicorn, without and with the middleware.

Both servers run throughout and are asked in turns, so that what disturbs the machine disturbs both.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.request import urlopen

from .environs import ORIGIN
from .timing import Estimate

if TYPE_CHECKING:
    from .effort import Effort, Track

#: What `benchmarks.served` calls them.
APPLICATIONS = {"without wsgicors": "bare", "with wsgicors": "governed"}
_HERE = Path(__file__).parent
_CONNECTIONS = 4
_PATIENCE = 10  # seconds


def why_not() -> str | None:
    """Why it cannot be measured here, if it cannot."""
    if shutil.which("wrk") is None:
        return "wrk is not installed (the Debian package of that name has it)"
    if find_spec("gunicorn") is None:
        return 'gunicorn is not installed (pip install "gunicorn>=22")'
    return None


def measured(effort: Effort, track: Track) -> dict[str, dict[str, Estimate]]:
    """For each application, the requests per second and percentiles of the latency in seconds."""
    turns: dict[str, list[dict[str, float]]] = {name: [] for name in APPLICATIONS}
    with contextlib.ExitStack() as servers:
        urls = [
            (name, servers.enter_context(_serving(application)))
            for name, application in APPLICATIONS.items()
        ]
        for _ in track(range(effort.server_turns), "real server"):
            random.shuffle(urls)
            for name, url in urls:
                turns[name].append(_asked(url, effort.server_seconds))
    return {name: _over_turns(turns[name]) for name in APPLICATIONS}


@contextlib.contextmanager
def _serving(application: str) -> Iterator[str]:
    """One worker with one thread, that keeps its connections open."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}"]
        options = [
            "--worker-class",
            "gthread",
            "--log-level",
            "warning",
            f"benchmarks.served:{application}",
        ]
        with subprocess.Popen(
            [*command, *options], pass_fds=[listener.fileno()], cwd=_HERE.parent
        ) as gunicorn:
            try:
                url = "http://127.0.0.1:{1}/items".format(*listener.getsockname())
                _wait_for(url)
                yield url
            finally:
                gunicorn.terminate()


def _wait_for(url: str) -> None:
    # The listener takes connections before there is anybody to answer.
    with urlopen(url, timeout=_PATIENCE) as response:
        assert response.read() == b"hello"


def _asked(url: str, seconds: int) -> dict[str, float]:
    load = f"--threads 1 --connections {_CONNECTIONS} --duration {seconds}s".split()
    script = ["--script", str(_HERE / "wrk.lua")]
    command = ["wrk", *load, *script, "--header", f"Origin: {ORIGIN}", url]
    output = subprocess.check_output(command, text=True, timeout=seconds + _PATIENCE)
    answer: dict[str, float] = json.loads(output.splitlines()[-1])
    if answer.pop("errors"):
        raise RuntimeError(f"not every request was answered by {url}")
    return answer


def _over_turns(turns: list[dict[str, float]]) -> dict[str, Estimate]:
    """Medians, and the least and the greatest of all turns."""
    values = {name: [turn[name] for turn in turns] for name in turns[0]}
    return {name: Estimate(median(each), min(each), max(each)) for name, each in values.items()}
