"""The commands by name; what each one does is imported only when it is called."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import NamedTuple

USAGE_ERROR = 2
# What a shell says of a program that wrote to nobody.
_PIPE_CLOSED = 141


class Command(NamedTuple):
    """A command, and what must be installed for it."""

    #: One line for ``--help``.
    summary: str
    #: The module whose ``main(arguments)`` does the work and returns the exit status.
    module: str
    #: The package that only some installations have, if it needs one, and the extra that brings it.
    needs: str | None = None
    extra: str | None = None


COMMANDS = {
    "demo": Command(
        summary="watch your browser go through every CORS scenario, and change the policies",
        module="wsgicors.demo.command",
        needs="flask",
        extra="demo",
    ),
    "check": Command(
        summary="ask any server what a browser would ask, and tell what is wrong",
        module="wsgicors.check.command",
        needs="httpx",
        extra="cli",
    ),
    "explain": Command(
        summary="tell what a code such as allow-origin-missing means, and what to change",
        module="wsgicors.explain",
    ),
    "policy": Command(
        summary="save who may read what, and tell what has changed since, for a review",
        module="wsgicors.policies",
    ),
}


_EXAMPLES = """\
try:
  python -m wsgicors check https://api.example.com --origin https://app.example.com
  python -m wsgicors check --help

Each command has a --help of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    :param arguments: the words of the command line; those of this process when left out.

    >>> main(["demo", "--port", "http"])
    Traceback (most recent call last):
        ...
    SystemExit: 2
    """
    words = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    if not words:
        parser.print_help(sys.stderr)
        parser.exit(USAGE_ERROR)
    chosen = parser.parse_args(words)
    command = COMMANDS[chosen.command]
    if command.needs is not None and find_spec(command.needs) is None:
        hint = f'"{chosen.command}" needs {command.needs}: pip install "wsgicors[{command.extra}]>=1.0"'
        print(hint, file=sys.stderr)
        return USAGE_ERROR
    try:
        status: int = import_module(command.module).main(chosen.arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has enough, as `head` has. Python would try once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    return status


def _parser() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:8}{command.summary}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m wsgicors",
        description="CORS for WSGI and Flask, on the command line.",
        epilog=f"commands:\n{listing}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wsgicors {version('wsgicors')}")
    parser.add_argument(
        "command", choices=COMMANDS, metavar="COMMAND", help="one of the list below"
    )
    # A parser of its own reads the rest, so that its module is not imported before it is wanted.
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser
