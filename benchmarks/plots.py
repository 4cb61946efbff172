"""Results in pictures: SVG, once for light and once for dark pages. Measures nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Callable, Dict, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from .libraries import PREDECESSOR

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from .suite import Results

Cost = Dict[str, Any]


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

#: What a library's cost is on top of.
_BARE = {
    "closure": "bare",
    "wsgicors": "bare",
    PREDECESSOR: "bare",
    "wsgicors in Flask": "bare Flask",
    "Flask-CORS": "bare Flask",
    "Falcon": "bare Falcon",
    "Starlette": "bare ASGI",
}


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
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "wsgicors", **_colours(theme)}):
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
    return {library: costs[library] for library in _BARE if library != "closure"}


def _microseconds(results: Results, request: str) -> dict[str, float]:
    """The cost of such a request under the policy with one origin, by library."""
    entries: list[Cost] = [*results["costs"]["plain WSGI"], *results["costs"]["frameworks"]]
    return {
        entry["library"]: entry["seconds"]["value"] * 1e6
        for entry in entries
        if entry["request"] == request and entry["policy"] in ("", "one origin")
    }


def _bars(axes: Axes, costs: dict[str, float], theme: Theme) -> None:
    names = list(reversed(costs))
    colours = [
        theme.ours if name.startswith("wsgicors") and name != PREDECESSOR else theme.faint
        for name in names
    ]
    bars = axes.barh(names, [costs[name] for name in names], color=colours)
    axes.bar_label(bars, fmt="%.2f", padding=4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    axes.margins(x=0.1)


# --- cost by number of origins ------------------------------------------------------------------


def by_number_of_origins(figure: Figure, results: Results, theme: Theme) -> None:
    """What a request takes, with ever more origins in the policy."""
    figure.set_size_inches(8, 4.5)
    axes = figure.subplots()
    for number, (library, points) in enumerate(_curves(results).items()):
        _curve(axes, library, points, _style(library, number, theme))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("exact origins in the policy")
    axes.set_ylabel("added to an actual request, microseconds")
    axes.grid(visible=True, linewidth=0.4)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def _curves(results: Results) -> dict[str, list[tuple[int, float]]]:
    """What each library adds, by number of origins."""
    entries: list[Cost] = results["costs"]["ever more origins"]
    bare = {entry["library"]: entry["seconds"]["value"] for entry in entries if not entry["policy"]}
    curves: dict[str, list[tuple[int, float]]] = {}
    for entry in entries:
        if entry["policy"]:
            added = entry["seconds"]["value"] - bare[_BARE[entry["library"]]]
            curves.setdefault(entry["library"], []).append((int(entry["policy"]), added * 1e6))
    return curves


def _style(library: str, number: int, theme: Theme) -> dict[str, Any]:
    if library in ("wsgicors", "wsgicors in Flask"):
        line = "-" if library == "wsgicors" else "--"
        return {"color": theme.ours, "linestyle": line, "linewidth": 2.5}
    return {"color": theme.others[number % len(theme.others)], "linewidth": 1.3}


def _curve(
    axes: Axes, library: str, points: list[tuple[int, float]], style: dict[str, Any]
) -> None:
    axes.plot(*zip(*points), label=library, marker="o", markersize=4, **style)


Picture = Callable[[Figure, "Results", Theme], None]
PICTURES: dict[str, Picture] = {"by-library": by_library, "by-number": by_number_of_origins}
