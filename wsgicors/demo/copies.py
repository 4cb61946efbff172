"""The policy on the screen as code to take along: for Flask, for WSGI, as ini file and as test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .. import Policy
from .prediction import Outcome
from .scenario import Scenario


def copies(policy: Policy, scenario: Scenario, outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    """What can be copied, by its kind.

    :param outcomes: what must come of the scenario's steps under this policy.
    """
    settings = policy.settings()
    return {
        "flask": _flask(settings),
        "wsgi": _wsgi(settings),
        "ini": _ini(settings),
        "test": _test(scenario, outcomes),
    }


def as_written(value: Any) -> str:
    """A value as a configuration file has it, which is also how the form shows it.

    >>> as_written(("GET", "PUT")), as_written(True), as_written(600)
    ('GET, PUT', 'true', '600')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _flask(settings: Mapping[str, Any]) -> str:
    return f"from wsgicors.flask import CORS\n\nCORS(\n    app,\n{_arguments(settings)})\n"


def _wsgi(settings: Mapping[str, Any]) -> str:
    return (
        "from wsgicors import CORSMiddleware\n\n"
        f"application = CORSMiddleware(\n    application,\n{_arguments(settings)})\n"
    )


def _ini(settings: Mapping[str, Any]) -> str:
    lines = [f"{name} = {as_written(value)}" for name, value in settings.items()]
    if not settings["allow_origins"]:
        # An empty line of an ini file is a line that somebody forgot to fill.
        lines = ["policy = deny"]
    return "\n".join(["[filter:cors]", "use = egg:wsgicors#middleware", *lines, ""])


def _arguments(settings: Mapping[str, Any]) -> str:
    return "".join(f"    {name}={_literal(value)},\n" for name, value in settings.items())


def _literal(value: Any) -> str:
    """In Python, with the quotes that formatters leave alone."""
    if isinstance(value, (str, tuple, list)):
        return json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    return repr(value)


# --- the test -------------------------------------------------------------------------------------


def _test(scenario: Scenario, outcomes: tuple[Outcome, ...]) -> str:
    last = outcomes[-1].call
    assert last is not None
    lines = [f'browser = Browser(app, origin="{last.origin}", base_url="{last.base_url}")']
    for step, outcome in zip(scenario.steps, outcomes):
        lines += _called(outcome) if outcome.call else [f"# wait {step['seconds']} seconds"]
    body = "".join(f"    {line}\n" for line in lines)
    name = scenario.id.replace("-", "_")
    return f"{_imports(outcomes)}\n\n\ndef test_{name}():\n{body}"


def _imports(outcomes: tuple[Outcome, ...]) -> str:
    if any(outcome.error for outcome in outcomes):
        return "import pytest\nfrom wsgicors.testing import Browser, CORSError"
    return "from wsgicors.testing import Browser"


def _called(outcome: Outcome) -> Iterator[str]:
    assert outcome.call is not None
    options = [f"{name}={_literal(value)}" for name, value in outcome.call.options.items()]
    call = f"browser.fetch({', '.join([_literal(outcome.call.path), *options])})"
    if outcome.error:
        yield from ("with pytest.raises(CORSError):", f"    {call}")
    else:
        yield from (f"response = {call}", f"assert response.status == {outcome.status}")
