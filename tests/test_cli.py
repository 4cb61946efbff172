"""The command line as a newcomer meets it: what it lists, what it refuses, what it loads."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from itertools import chain

import pytest

from wsgicors.cli import COMMANDS, main
from wsgicors.fetch.catalogue import CATALOGUE


def test_help_lists_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f"  {name}" in printed
        assert command.summary in printed


def test_version_names_the_installed_release(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"wsgicors {version('wsgicors')}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_help_of_its_own(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    assert f"python -m wsgicors {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no command"),
        pytest.param(["dome"], id="unknown command"),
        pytest.param(["--port", "0"], id="option without a command"),
    ],
)
def test_what_is_no_command_is_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: python -m wsgicors" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "command"),
    [pytest.param(*item, id=item[0]) for item in COMMANDS.items() if item[1].needs],
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(name, command, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, command.needs, None)
    assert main([name]) == 2
    printed = capsys.readouterr()
    hint = f'"{name}" needs {command.needs}: pip install "wsgicors[{command.extra}]>=1.0"\n'
    assert (printed.out, printed.err) == ("", hint)


def test_loading_the_command_line_loads_no_extra():
    loaded = "import sys, wsgicors.cli; print({'flask', 'httpx', 'rich'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"


def test_without_a_command_there_is_the_whole_help(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    printed = capsys.readouterr().err
    assert all(command.summary in printed for command in COMMANDS.values())
    assert "required" not in printed


def test_every_code_is_explained(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "79")
    assert main(["explain"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in listed if line[0] != " "] == [*CATALOGUE]
    for code in CATALOGUE:
        assert main(["explain", code]) == 0
        told = capsys.readouterr().out
        assert told.startswith(f"{code}: ")
        assert "What to change: " in told
        assert not re.search(r"\{\w+\}|.{80}", told)
    assert main(["explain", "mixed-content"]) == 0
    assert "Firefox says: Blocked loading mixed active content" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("method-denied", "write method-"),
        ("preflight", "write preflight-status or preflight-redirect or preflight-login or "),
        ("x", "lists all of them"),
        ("", "lists all of them"),
        ("\x1b", ""),
        ("TypeError: Failed to fetch", "paste the line into the search of the documentation"),
    ],
)
def test_a_code_that_does_not_exist_is_one_line(code, advice, capsys):
    assert main(["explain", code]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert advice in printed.err
    assert "\x1b" not in printed.err


def test_what_a_console_says_is_explained(capsys):
    for code, entry in CATALOGUE.items():
        for line in chain(*entry.consoles.values()):
            said = line.replace("...", "https://api.shop.dev/items?page=2")
            assert main(["explain", said]) == 0
            first, *_, last = capsys.readouterr().out.replace("\n  ", " ").splitlines()
            found = [first.partition(":")[0]]
            if last.startswith("The same message can have other codes: "):
                found += last.partition(": ")[2].split(", ")
            assert code in found


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (
            (
                "Access to fetch at 'https://api.shop.dev/v1?page=2' from origin 'http://localhost' has been"
                " blocked by CORS policy: Method PUT is not allowed by Access-Control-Allow-Methods in"
                " preflight response."
            ),
            "method-not-allowed",
        ),
        (
            (
                "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
                " http://localhost:5001/. (Reason: CORS request did not succeed). Status code: (null)."
            ),
            "no-connection",
        ),
        ("does not have HTTP ok status", "preflight-status"),
        ("net::ERR_CERT_COMMON_NAME_INVALID", "no-connection"),
    ],
)
def test_a_line_with_the_reader_s_own_urls_is_explained(said, code, capsys):
    assert main(["explain", *said.split(" ")]) == 0
    assert capsys.readouterr().out.startswith(f"{code}: ")


def test_the_package_is_a_command():
    result = subprocess.run(
        [sys.executable, "-m", "wsgicors", "--help"], capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("usage: python -m wsgicors")


def test_a_reader_that_has_enough_sees_no_traceback():
    """As `head` does."""
    command = [sys.executable, "-m", "wsgicors", "explain"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
