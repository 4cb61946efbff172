"""Results in pictures: SVG, once for light and once for dark pages. Measures nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import product
from math import floor, log10
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from .libraries import CLOSURE, LIBRARIES

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from .suite import Results

Cost = dict[str, Any]


class Theme(NamedTuple):
    """The colours of a page, and those that stand out on it."""

    name: str
    ink: str
    faint: str
    ours: str
    others: tuple[str, ...]


THEMES = (
    Theme("light", "#222222", "#bbbbbb", "#0b62c4", ("#a34700", "#7a2d8f", "#4d6b00", "#666666")),
    Theme("dark", "#dddddd", "#555555", "#6cb2ff", ("#ffa04d", "#d79bf0", "#b5d44a", "#aaaaaa")),
)

_OURS = ("wsgicors", "wsgicors in Flask")
#: What a library's cost is on top of.
_BARE = {library.name: library.bare for library in (CLOSURE, *LIBRARIES)}


def draw(results: Results, folder: Path) -> Iterator[Path]:
    """Draw all pictures.

    :param folder: takes the files.
    :returns: their paths.
    """
    for theme in THEMES:
        for name, picture in PICTURES.items():
            path = folder / f"{name}-{theme.name}.svg"
            path.write_text(_svg(picture, results, theme), "utf-8")
            yield path


def _svg(picture: Picture, results: Results, theme: Theme) -> str:
    # Texts stay texts, and the same results give the same file.
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "wsgicors", **_colours(theme)}
    with mpl.rc_context(settings):
        figure = Figure(layout="constrained")
        picture(figure, results, theme)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return written.getvalue()


def _colours(theme: Theme) -> dict[str, Any]:
    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    return {
        **dict.fromkeys(inked, theme.ink),
        "axes.edgecolor": theme.faint,
        "grid.color": theme.faint,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.family": "sans-serif",
    }


# --- cost by library ----------------------------------------------------------------------------


def by_library(figure: Figure, results: Results, theme: Theme) -> None:
    """What each library adds to an actual request, and what a whole preflight takes."""
    figure.set_size_inches(8, 5.5)
    added, whole = figure.subplots(2, 1)
    _bars(added, _added_by_library(results), theme)
    added.set_xlabel("added to an actual request of an allowed origin, microseconds")
    _bars(whole, _whole_preflights(results), theme)
    whole.set_xlabel("a whole preflight of an allowed origin, microseconds")


def _added_by_library(results: Results) -> dict[str, float]:
    costs = _microseconds(results, "allowed")
    return {library: costs[library] - costs[bare] for library, bare in _BARE.items()}


def _whole_preflights(results: Results) -> dict[str, float]:
    costs = _microseconds(results, "preflight")
    return {library.name: costs[library.name] for library in LIBRARIES}


def _microseconds(results: Results, request: str) -> dict[str, float]:
    """The cost of such a request, by library."""
    entries: list[Cost] = results["costs"]["every library"]
    return {
        entry["library"]: entry["seconds"]["value"] * 1e6
        for entry in entries
        if entry["request"] == request
    }


def _bars(axes: Axes, costs: dict[str, float], theme: Theme) -> None:
    names = list(reversed(costs))
    colours = [theme.ours if name in _OURS else theme.faint for name in names]
    bars = axes.barh(names, [costs[name] for name in names], color=colours)
    axes.bar_label(bars, fmt="%.2f", padding=4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    axes.margins(x=0.1)


# --- cost by number of origins ------------------------------------------------------------------


def by_number_of_origins(figure: Figure, results: Results, theme: Theme) -> None:
    """What a request takes, with ever more origins in the policy."""
    curves = {name: (points, _style(name, theme)) for name, points in _curves(results).items()}
    labels = "exact origins in the policy", "added to an actual request, microseconds"
    _lines(figure, curves, labels)


_Points = list[tuple[int, float]]


def _lines(
    figure: Figure, curves: dict[str, tuple[_Points, dict[str, Any]]], labels: tuple[str, str]
) -> None:
    """Draw curves with their styles, on logarithmic axes with such labels."""
    figure.set_size_inches(8, 4.5)
    axes = figure.subplots()
    for name, (points, style) in curves.items():
        axes.plot(*zip(*points), label=name, marker="o", markersize=4, **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
        axis.set_minor_formatter("")
    axes.set_ylim(_decades([cost for points, _ in curves.values() for _, cost in points]))
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.grid(visible=True, linewidth=0.4)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def _decades(costs: list[float]) -> tuple[float, float]:
    """The whole decades that costs lie in; differences of few rounds may be below zero."""
    positive = [cost for cost in costs if cost > 0] or [1]
    return 10 ** floor(log10(min(positive))), 10 ** (floor(log10(max(positive))) + 1)


def _curves(results: Results) -> dict[str, _Points]:
    """What each library adds, by number of origins."""
    entries: list[Cost] = results["costs"]["ever more origins"]
    bare = {entry["library"]: entry["seconds"]["value"] for entry in entries if not entry["policy"]}
    curves: dict[str, _Points] = {}
    for entry in entries:
        if entry["policy"]:
            added = entry["seconds"]["value"] - bare[_BARE[entry["library"]]]
            curves.setdefault(entry["library"], []).append((int(entry["policy"]), added * 1e6))
    return curves


def _style(library: str, theme: Theme) -> dict[str, Any]:
    if library in _OURS:
        line = "-" if library == "wsgicors" else "--"
        return {"color": theme.ours, "linestyle": line, "linewidth": 2.5}
    others = [library.name for library in LIBRARIES if library.name not in _OURS]
    return {"color": theme.others[others.index(library)], "linewidth": 1.3}


# --- cost by number of routes, and of tenants ---------------------------------------------------


def by_number_of_routes(figure: Figure, results: Results, theme: Theme) -> None:
    """What a whole preflight takes, with ever more routes in a Flask application."""
    kinds = {"a preflight of another URL": "another URL", "a preflight of any rule": "any rule"}
    curves = {}
    for library, (request, name) in product(("wsgicors in Flask", "Flask-CORS"), kinds.items()):
        line = {"linestyle": "-" if name == "another URL" else "--"}
        points = _points(results, "ever more routes", library, request)
        curves[f"{library}, {name}"] = points, {**_style(library, theme), **line}
    _lines(figure, curves, ("routes", "a whole preflight, microseconds"))


def by_number_of_tenants(figure: Figure, results: Results, theme: Theme) -> None:
    """What a request takes, with a policy for each of ever more tenants."""
    curves = {}
    for request, colour in {"actual request": theme.ours, "preflight": theme.others[0]}.items():
        for which, line in {"the same 64": "-", "all": "--"}.items():
            points = _points(results, "ever more tenants", "wsgicors", f"{request}, {which}")
            curves[f"{request}, {which}"] = points, {"color": colour, "linestyle": line}
    _lines(figure, curves, ("policies that resolve gives", "a whole request, microseconds"))


def _points(results: Results, race: str, library: str, request: str) -> _Points:
    """What such a request costs, by number."""
    return [
        (int(entry["policy"]), entry["seconds"]["value"] * 1e6)
        for entry in results["costs"][race]
        if (entry["library"], entry["request"]) == (library, request)
    ]


Picture = Callable[[Figure, "Results", Theme], None]
PICTURES: dict[str, Picture] = {
    "by-library": by_library,
    "by-number": by_number_of_origins,
    "by-routes": by_number_of_routes,
    "by-tenants": by_number_of_tenants,
}
