"""A late declaration that races the first request, at every point where that looks at a view.

A program of its own: each race has a process of its own. Its argument says what is closed. The blueprint
is the first thing that is declared at all. The class is not. Writes at how many points the request was
stopped, and after which of them the closed view was still shared.
"""

from __future__ import annotations

import os
import sys
import threading

import flask

from wsgicors.flask import CORS, same_origin

PAGE = "https://app.example.com"
PATIENCE = 10
WAIT = 0.05


class Stopping:
    """A view that stops the first request at one of the points where its attributes are looked up."""

    def __init__(self, point):
        self.point, self.seen, self.thread = point, 0, None
        self.is_there, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self):
        return "secret"

    def __getattribute__(self, name):
        own = object.__getattribute__(self, "__dict__")
        own["seen"] += own["thread"] is threading.current_thread()
        if own["seen"] == own["point"] and own["thread"] is threading.current_thread():
            own["is_there"].set()
            own["may_go_on"].wait(PATIENCE)
        return object.__getattribute__(self, name)


def is_shared(app):
    answer = app.test_client().get("/secret", headers={"Origin": PAGE})
    return answer.access_control_allow_origin is not None


def race(point, closed):
    """Whether the point was reached, and whether the view was shared in the end."""
    app, blueprint = flask.Flask("example"), flask.Blueprint("shop", "example")
    view = Stopping(point)
    blueprint.add_url_rule("/secret", "secret", view)
    app.register_blueprint(blueprint)
    CORS(app, allow_origins=[PAGE])
    own = object.__getattribute__(view, "__dict__")
    first = threading.Thread(target=is_shared, args=[app])
    own["thread"] = first
    first.start()
    while first.is_alive() and not own["is_there"].wait(0.001):
        pass
    same_origin({"blueprint": blueprint, "class": Stopping}[closed])
    # Another request comes before the first one goes on, unless it has to wait for that.
    second = threading.Thread(target=is_shared, args=[app])
    second.start()
    second.join(WAIT)
    own["may_go_on"].set()
    first.join()
    second.join()
    return own["is_there"].is_set(), is_shared(app)


def raced(*arguments):
    """The same in a process of its own."""
    process = os.fork()
    if process == 0:
        was_reached, was_shared = race(*arguments)
        os._exit(was_reached + 2 * was_shared)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return bool(status & 1), bool(status & 2)


def main(closed):
    # As long as nothing was said anywhere, little is looked at. It stays so when what was said of is gone.
    if closed == "class":
        same_origin(lambda: "other")
    point, shared = 1, []
    while True:
        was_reached, was_shared = raced(point, closed)
        if not was_reached:
            break
        shared += [point] * was_shared
        point += 1
    sys.stdout.write(f"{point - 1} {shared}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
