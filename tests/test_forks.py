"""What a process holds when it is forked, nobody holds in the other."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
from pathlib import Path

import flask
import pytest
from exchanges import answer, environ_of, site

import wsgicors
from wsgicors import CORSMiddleware, Policy
from wsgicors.flask import CORS, declarations, same_origin
from wsgicors.forks import Lock, begin_in_forked_processes
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


def status_of_fork(inside):
    """What becomes of a process that is forked in the middle of something, by a signal as it were."""
    children = []

    def fork():
        children.append(os.fork())

    try:
        inside(fork)
    finally:
        if not children[0]:
            signal.alarm(10)
            os._exit(sys.exc_info()[0] is not None)
    return os.waitpid(children[0], 0)[1]


@pytest.mark.parametrize("times", [1, 2])
def test_a_thread_that_forks_releases_what_it_holds(times):
    lock = Lock()

    def inside(fork):
        with lock:
            fork()
        for _ in range(times):
            with lock:
                pass

    assert status_of_fork(inside) == 0


def test_a_process_that_is_forked_by_whoever_holds_a_lock_can_hold_it_too():
    """As a process does that a signal has forked, and that never comes back from there."""
    lock, parent = Lock(), os.getpid()

    def inside(fork):
        with lock:
            fork()
            if os.getpid() != parent:
                with lock:
                    pass

    assert status_of_fork(inside) == 0


def test_what_asks_for_it_begins_anew_in_a_forked_process_behind_its_lock():
    class Guarded:
        def __init__(self):
            self.lock, self.began = Lock(), []
            begin_in_forked_processes(self)

        def start_anew(self):
            self.began.append(self.lock._lock.locked())

    guarded = Guarded()
    assert ends_well_in_a_fork(guarded.lock, lambda: guarded.began.remove(False))
    assert guarded.began == []


def test_nothing_in_the_package_holds_another_kind_of_lock():
    files = Path(wsgicors.__file__).parent.rglob("*.py")
    kinds = re.compile(r"threading\.(?:R?Lock|Condition|Semaphore)\(")
    holders = {file.name for file in files if kinds.search(file.read_text("utf-8"))}
    assert holders == {"forks.py"}
