"""Instructions that a request takes, as valgrind counts them, whatever else runs meanwhile.

Time is what matters, but it depends on the day too. Run as a module, this is the program whose
instructions are counted.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from . import libraries
from .environs import ORIGIN, REQUESTS, received, start_response

if TYPE_CHECKING:
    from .effort import Effort, Track

APPLICATIONS: dict[str, Callable[[], Any]] = {
    "bare": libraries.bare,
    "closure": libraries.closure,
    "wsgicors": lambda: libraries.ours([ORIGIN]),
    libraries.PREDECESSOR: lambda: libraries.predecessor(ORIGIN),
    "bare Flask": libraries.bare_flask,
    "wsgicors in Flask": lambda: libraries.our_flask([ORIGIN]),
    "Flask-CORS": lambda: libraries.flask_cors([ORIGIN]),
}
COUNTED = ("allowed", "preflight")
_WARM_UP = 200


def why_not() -> str | None:
    """Why they cannot be counted here, if they cannot."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed (the Debian package of that name has it)"
    return None


def counted(effort: Effort, track: Track) -> dict[str, dict[str, float]]:
    """Instructions per request: of each kind that is counted, for each application."""
    pairs = list(itertools.product(COUNTED, ["nothing", *APPLICATIONS]))
    counts: dict[str, dict[str, float]] = {request: {} for request in COUNTED}
    for number in track(range(len(pairs)), "instructions"):
        request, name = pairs[number]
        whole = _per_request(name, request, effort.counted_requests)
        counts[request][name] = whole - counts[request].get("nothing", 0)
    return counts


def _per_request(name: str, request: str, requests: int) -> float:
    """What so many more requests add to the count of a whole run."""
    few, many = (_count(name, request, number) for number in (_WARM_UP, _WARM_UP + requests))
    return (many - few) / requests


def _count(name: str, request: str, requests: int) -> int:
    valgrind = [
        "valgrind",
        "--tool=cachegrind",
        "--cache-sim=no",
        "--cachegrind-out-file=/dev/null",
    ]
    program = [sys.executable, "-m", __name__, name, request, str(requests)]
    report = subprocess.run(
        [*valgrind, *program],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        cwd=Path(__file__).parent.parent,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    ).stderr
    found = re.search(r"I +refs: +([\d,]+)", report)
    assert found is not None, report
    return int(found[1].replace(",", ""))


def _nothing(environ: Any, start_response: Any) -> None:
    """What the making of a request takes is not to be counted."""


def _run(name: str, request: str, requests: str) -> None:
    app: Any = APPLICATIONS[name]() if name in APPLICATIONS else _nothing
    for _ in range(int(requests)):
        app(received(REQUESTS[request]), start_response)


if __name__ == "__main__":
    _run(*sys.argv[1:])
