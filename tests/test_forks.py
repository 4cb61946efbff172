"""What a process holds when it is forked, nobody holds in the other."""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
from pathlib import Path

import flask
import pytest
from exchanges import answer, environ_of, site

import wsgicors
from wsgicors import CORSMiddleware, Policy
from wsgicors.flask import CORS, declarations, same_origin
from wsgicors.forks import Lock
from wsgicors.logs import lines_a_minute

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


def ends_well_in_a_fork(lock, deed):
    """Whether a process that is forked while another thread holds a lock gets something done."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold():
        with lock:
            is_held.set()
            is_over.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(10)
    child = os.fork()
    if not child:
        signal.alarm(10)
        deed()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    is_over.set()
    thread.join()
    return status == 0


def test_a_lock_is_free_in_a_forked_process():
    lock = Lock()
    assert ends_well_in_a_fork(lock, lock.__enter__)


def test_a_forked_process_goes_on_logging():
    logger = logging.getLogger("wsgicors")
    assert ends_well_in_a_fork(lines_a_minute._lock, lambda: logger.error("in the other process"))


def test_a_forked_process_goes_on_with_a_trial():
    app = CORSMiddleware(site(), allow_origins=[], trial=Policy(allow_origins="*"))
    asked = environ_of(origin="https://evil.example")
    assert ends_well_in_a_fork(app._trial._lock, lambda: answer(app, asked))


def test_a_process_that_is_forked_during_the_check_checks_by_itself():
    app = flask.Flask("example")
    app.add_url_rule("/", view_func=lambda: "bread")
    CORS(app, allow_origins=[])
    resolver = app.extensions["wsgicors"]
    assert ends_well_in_a_fork(resolver._lock, lambda: app.test_client().get("/"))


def test_a_forked_process_goes_on_declaring():
    assert ends_well_in_a_fork(
        declarations._readers_lock, lambda: same_origin(flask.Blueprint("a", "a"))
    )


def test_nothing_in_the_package_holds_another_kind_of_lock():
    files = Path(wsgicors.__file__).parent.rglob("*.py")
    kinds = re.compile(r"threading\.(?:R?Lock|Condition|Semaphore)\(")
    holders = {file.name for file in files if kinds.search(file.read_text("utf-8"))}
    assert holders == {"forks.py"}
