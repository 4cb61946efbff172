"""Lets a test work on the demonstration's page from within: a script that reports what it found."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from browser.engines import Engine, visiting

# What every script can use: it tells the test one thing, and can wait for the page.
PRELUDE = """
const tell = (told) => fetch("/told", {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(told),
});
const until = async (holds) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};
const find = (selector) => document.querySelector(selector);
const fill = (id, value) => { document.getElementById(id).value = value; };
await until(() => document.querySelector(".row"));
"""


def drive(demo: Any, engine: Engine, script: str, query: str = "", *, seconds: float = 60) -> Any:
    """Open the page, run a script in it, and return what the script told.

    :param script: the body of a module; it ends with ``tell(...)``.
    :param seconds: how long it may take.
    """
    told: list[Any] = []
    app = demo.page.app

    def serve_script() -> Response:
        return Response(PRELUDE + script, mimetype="text/javascript")

    def hear() -> str:
        told.append(request.get_json())
        return "{}"

    def add_script(response: Response) -> Response:
        if request.path == "/":
            response.direct_passthrough = False
            page = response.get_data(as_text=True)
            tag = '<script type="module" src="/driver.js"></script></body>'
            response.set_data(page.replace("</body>", tag))
        return response

    app.add_url_rule("/driver.js", view_func=serve_script)
    app.add_url_rule("/told", view_func=hear, methods=["POST"])
    app.after_request(add_script)
    with visiting(engine, f"{demo.addresses.page}/{query}") as visit:
        visit.wait_until(lambda: told, seconds=seconds)
    return told[0]
