"""What a browser's console says while a page works; knows nothing of what it should say."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from .engines import CHROMIUM, FIREFOX, WEBKIT, Engine, Visit, visiting

# How each engine is made to write its console where a test can read it.
_ARGUMENTS = {
    CHROMIUM.name: ("--enable-logging=stderr", "--v=0"),
    FIREFOX.name: ("--headless", "--marionette", "--remote-allow-system-access"),
    WEBKIT.name: ("--enable-write-console-messages-to-stdout=true",),
}
_ALL_MESSAGES = "return Services.console.getMessageArray().map(each => each.message)"


def console(
    engine: Engine, url: str, done: Callable[[], object], files: dict[str, str]
) -> list[str]:
    """Open a page, wait until it is done, and give back the lines of the console.

    :param files: what must stand in the profile.
    """
    talking = engine._replace(arguments=(*_ARGUMENTS[engine.name], *engine.arguments))
    port = _free_port()
    prefs = f'user_pref("marionette.port", {port});'
    files = {**files, "user.js": engine.files.get("user.js", "") + prefs}
    with visiting(talking, url, files) as visit:
        visit.wait_until(done, seconds=120)
        return _from_firefox(port) if engine is FIREFOX else _from_log(visit)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def _from_log(visit: Visit) -> list[str]:
    return [line for line in visit.said.splitlines() if "CONSOLE" in line]


def _from_firefox(port: int) -> list[str]:
    """By Firefox's own protocol for tests: a length, a colon, and JSON."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        stream = connection.makefile("rwb")
        _received(stream)
        answers = [
            _asked(stream, command, options)
            for command, options in (
                ("WebDriver:NewSession", {}),
                ("Marionette:SetContext", {"value": "chrome"}),
                ("WebDriver:ExecuteScript", {"script": _ALL_MESSAGES, "args": []}),
            )
        ]
    return answers[-1][3]["value"]


def _asked(stream: Any, command: str, options: dict[str, Any]) -> Any:
    written = json.dumps([0, 1, command, options]).encode()
    stream.write(b"%d:%s" % (len(written), written))
    stream.flush()
    return _received(stream)


def _received(stream: Any) -> Any:
    length = b"".join(iter(lambda: stream.read(1), b":"))
    return json.loads(stream.read(int(length)))


def matches(message: str, lines: list[str]) -> Iterator[str]:
    """The lines that say a message, in which ``...`` stands for anything."""
    for line in lines:
        place = 0
        for piece in message.split("..."):
            place = line.find(piece, place)
            if place < 0:
                break
            place += len(piece)
        else:
            yield line
