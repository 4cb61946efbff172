"""What a browser's console says while a page works; knows nothing of what it should say."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from types import MappingProxyType
from typing import Any

import pytest

from .engines import CHROMIUM, FIREFOX, WEBKIT, Engine, Visit, visiting

# How each engine is made to write its console where a test can read it.
_ARGUMENTS = {
    CHROMIUM.name: ("--remote-debugging-port=$port",),
    FIREFOX.name: ("--headless", "--marionette", "--remote-allow-system-access"),
    WEBKIT.name: ("--enable-write-console-messages-to-stdout=true",),
}
_ALL_MESSAGES = "return Services.console.getMessageArray().map(each => each.message)"


def console(
    engine: Engine,
    url: str,
    done: Callable[[], object],
    files: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Open a page, wait until it is done, and give back the lines of the console.

    :param files: what must stand in the profile.
    """
    port = _free_port()
    arguments = [word.replace("$port", str(port)) for word in _ARGUMENTS[engine.name]]
    talking = engine._replace(arguments=(*arguments, *engine.arguments))
    prefs = f'user_pref("marionette.port", {port});'
    files = {**files, "user.js": engine.files.get("user.js", "") + prefs}
    with visiting(talking, url, files) as visit:
        visit.wait_until(done, seconds=120)
        if engine.name == CHROMIUM.name:
            return _from_chromium(port)
        return _from_firefox(port) if engine.name == FIREFOX.name else _from_log(visit)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def _from_log(visit: Visit) -> list[str]:
    return [line for line in visit.said.splitlines() if "CONSOLE" in line]


def _from_chromium(port: int) -> list[str]:
    """By the DevTools protocol, in which the console also has what became of the connections."""
    simple_websocket = pytest.importorskip("simple_websocket", reason="it comes with flask-sock")
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        connection.request("GET", "/json")
        targets = json.load(connection.getresponse())
    (page,) = (target for target in targets if target["type"] == "page")
    client = simple_websocket.Client(page["webSocketDebuggerUrl"])
    client.send(json.dumps({"id": 1, "method": "Log.enable"}))
    # All that was said until now comes ahead of the answer.
    messages = list(iter(lambda: json.loads(client.receive(timeout=20)), {"id": 1, "result": {}}))
    client.close()
    return [message["params"]["entry"]["text"] for message in messages]


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
