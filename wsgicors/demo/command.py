"""``python -m wsgicors demo``: its arguments, what it prints and how it ends."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from .servers import PortTaken, running

BANNER = """\
The wsgicors demo is running. Open the page in your browser:

    page  {page}
    API   {cross_site}  (the same API as {same_site})

Press Ctrl-C to stop."""


def main(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C.

    :returns: the exit status: 0 when stopped, 1 when a port is not to be had.
    """
    chosen = _parser().parse_args(arguments)
    try:
        _serve(chosen.port, chosen.api_port)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    except PortTaken as taken:
        return _give_up(
            f"port {taken.port} is in use: choose free ones with --port and --api-port (0 is any)"
        )
    except OSError as error:
        return _give_up(f"cannot listen on this machine: {error.strerror}")


def _serve(port: int, api_port: int) -> NoReturn:
    with running(port, api_port) as demo:
        print(BANNER.format(**demo.addresses._asdict()), flush=True)
        while True:
            time.sleep(60)


def _give_up(reason: str) -> int:
    print(f"wsgicors demo: {reason}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wsgicors demo",
        description="Serve a page on one origin and a Flask API on another, on this machine only, "
        "and watch your browser go through every CORS scenario between them.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=7070, help="where the page listens")
    parser.add_argument("--api-port", type=_port, default=7071, help="where the API listens")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port: write a number from 0 (any free one) to 65535"
        )
    return int(text)
