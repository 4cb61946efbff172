"""``python -m benchmarks``: its arguments, and where its report goes. Measures nothing itself.

The exit status says nothing about time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from .suite import Results

_ROOT = Path(__file__).parent.parent
_NEEDED = ("numpy", "matplotlib", "rich", "flask", "flask_cors", "falcon", "starlette")


def main(arguments: Sequence[str]) -> int:
    """Measure, print the tables, and write JSON, SVG and the tables of the documentation.

    :returns: the exit status: 0 whatever was measured, 1 if it could not be.
    """
    chosen = _parser().parse_args(arguments)
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        hint = "pip install -r benchmarks/requirements.txt"
        print(f"benchmarks: not installed: {', '.join(missing)}; {hint}", file=sys.stderr)
        return 1
    _report(chosen.effort, chosen.output)
    return 0


def _report(effort_name: str, folder: Path) -> None:
    from rich.console import Console

    from . import report

    console = Console()
    results = _measured(effort_name, console)
    report.show(results, console)
    for path in write(results, folder):
        console.print(path, highlight=False, soft_wrap=True)


def _measured(effort_name: str, console: Console) -> Results:
    from rich.progress import Progress

    from .effort import EFFORTS
    from .suite import measure

    # A thread that draws would take its time from what is measured.
    with Progress(console=console, auto_refresh=False) as progress:
        return measure(
            EFFORTS[effort_name], lambda steps, name: progress.track(steps, description=name)
        )


def write(results: Results, folder: Path) -> list[Path]:
    """Write all files of a report.

    :param folder: takes them; made if it is not there.
    :returns: their paths.
    """
    from . import plots, report

    folder.mkdir(parents=True, exist_ok=True)
    text, page = folder / "results.json", folder / "results.txt"
    text.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    page.write_text(report.page(results), "utf-8")
    return [text, page, *plots.draw(results, folder)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the figures that wsgicors promises, against its peers.",
    )
    efforts = parser.add_mutually_exclusive_group()
    efforts.add_argument(
        "--quick",
        action="store_const",
        dest="effort",
        const="quick",
        help="take about two minutes; the figures waver more",
    )
    efforts.add_argument(
        "--smoke",
        action="store_const",
        dest="effort",
        const="smoke",
        help="only see whether everything runs; the figures mean nothing",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=_ROOT / "build" / "benchmarks",
        help="the folder for JSON and SVG (default: %(default)s)",
    )
    parser.set_defaults(effort="full")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
