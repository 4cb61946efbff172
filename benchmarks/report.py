"""Results in words: the tables of the terminal and those of the documentation. Measures nothing.

Both are made of the same cells, and of nothing but the JSON.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rich.console import Console

    from .suite import Results


class Table(NamedTuple):
    """Cells, ready to be shown."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


MET, NOT_MET = "met", "NOT MET"
HEAD = ("", "required", "measured", "between", "")


def tables(results: Results) -> Iterator[Table]:
    """Everything that was measured."""
    for subject, rows in itertools.groupby(results["rows"], key=lambda row: str(row["subject"])):
        yield Table(subject, HEAD, [_cells(row) for row in rows])
    yield _server_table(results["server"])
    yield _instructions_table(results["instructions"])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    limit, measured = row["limit"], row["measured"]
    required = f"{limit['bound']} {limit['value']:g}" if limit else "—"
    met = {True: MET, False: NOT_MET, None: ""}[row["met"]]
    winner = row.get("winner")
    verdict = ", ".join(filter(None, (met, winner and f"{winner} wins")))
    return (
        row["case"],
        required,
        f"{_number(measured['value'])} {row['unit']}",
        _spread(measured),
        verdict,
    )


def _spread(estimate: dict[str, float]) -> str:
    low, high = estimate["low"], estimate["high"]
    return "" if low == high else f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _server_table(server: dict[str, Any]) -> Table:
    title = "gunicorn, asked by wrk over the loopback interface"
    if "skipped" in server:
        return Table(title, ("not measured",), [(server["skipped"],)])
    first = next(iter(server.values()))
    rows = [
        (_QUANTITIES[quantity], *(_of_server(quantity, each[quantity]) for each in server.values()))
        for quantity in first
    ]
    return Table(title, ("", *server), rows)


_QUANTITIES = {
    "requests per second": "requests per second",
    "50 %": "half are answered within, ms",
    "90 %": "90 % are answered within, ms",
    "99 %": "99 % are answered within, ms",
}


def _of_server(quantity: str, estimate: dict[str, float]) -> str:
    factor = 1e3 if quantity.endswith("%") else 1
    scaled = {name: value * factor for name, value in estimate.items()}
    spread = _spread(scaled)
    return _number(scaled["value"]) + (f" ({spread})" if spread else "")


def _instructions_table(counts: dict[str, Any]) -> Table:
    title = "Instructions for a request, as valgrind counts them"
    if "skipped" in counts:
        return Table(title, ("not measured",), [(counts["skipped"],)])
    names = [name for name in next(iter(counts.values())) if name != "nothing"]
    rows = [(name, *(f"{each[name]:,.0f}" for each in counts.values())) for name in names]
    return Table(title, ("", *counts), rows)


def circumstances(results: Results) -> Iterator[str]:
    """When, on what and with what it was measured."""
    machine = results["machine"]
    yield f"Measured on {results['day']}, effort: {results['effort']}"
    processors = f"{machine['processors']} processors ({machine['processor']})"
    yield f"{processors}, {machine['system']}, {machine['Python']}"
    yield ", ".join(f"{name} {version}" for name, version in results["versions"].items())


# --- on the terminal ----------------------------------------------------------------------------


# In characters, so that columns stand below one another; the first column takes the rest.
_WIDEST = 100
_WIDTHS = (8, 13, 15, 7)
_WIDE = (21, 21)


def show(results: Results, console: Console) -> None:
    """Print all tables, and how many promises were kept."""
    for table in tables(results):
        console.print(table.title, style="bold", highlight=False)
        console.print(_shown(table, console.width))
    for line in circumstances(results):
        console.print(line, highlight=False)
    console.print(summary(results), style="bold")


def _shown(table: Table, width: int) -> Any:
    from rich import box
    from rich.table import Table as Shown

    shown = Shown(box=box.SIMPLE_HEAD, width=min(width, _WIDEST))
    first, *others = table.head
    shown.add_column(first, ratio=1)
    for column, fixed in zip(others, _WIDTHS if table.head == HEAD else _WIDE):
        shown.add_column(column, width=fixed)
    for cells in table.rows:
        shown.add_row(*cells, style="red" if cells[-1].startswith(NOT_MET) else None)
    return shown


def summary(results: Results) -> str:
    """How many promises were kept."""
    promised = [row["met"] for row in results["rows"] if row["met"] is not None]
    return f"{sum(promised)} of {len(promised)} figures met"


# --- in the documentation -----------------------------------------------------------------------


def page(results: Results) -> str:
    """The tables as reStructuredText, to be included."""
    lines = [".. Made by python -m benchmarks, from the JSON beside it.", ""]
    lines += [f"* {line}." for line in circumstances(results)]
    lines += ["", f"{summary(results)}.", ""]
    return "\n".join([*lines, *_list_tables(tables(results))])


def _list_tables(every: Iterable[Table]) -> Iterator[str]:
    for table in every:
        yield f".. list-table:: {table.title}"
        yield "   :header-rows: 1"
        yield "   :width: 100%"
        yield f"   :widths: {'42 10 16 20 12' if table.head == HEAD else 'auto'}"
        yield ""
        for cells in (table.head, *table.rows):
            yield from _list_row(cells)
        yield ""


def _list_row(cells: tuple[str, ...]) -> Iterator[str]:
    for mark, cell in zip(itertools.chain(["* -"], itertools.repeat("  -")), cells):
        yield f"   {mark} {cell}".rstrip()
