"""Runs all measurements and gathers what a report needs: numbers and words, ready to be JSON."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import instructions, memory, promises, races, server, startup
from .libraries import PREDECESSOR
from .timing import cost

if TYPE_CHECKING:
    from .effort import Effort, Track
    from .races import Times

Results = dict[str, Any]


def measure(effort: Effort, track: Track) -> Results:
    """Measure everything.

    :param track: shows the progress of each part.
    """
    # First what can fail for want of something.
    extras = {"server": _server(effort, track), "instructions": _instructions(effort, track)}
    beginning = startup.measured(effort, track)
    times = {
        "shapes": races.shapes(effort, track),
        "policies": races.policies(effort, track),
        "preflights": races.preflights(effort, track),
        "never seen before": races.never_seen_before(effort, track),
        "every library": races.every_library(effort, track),
        "Flask": races.in_flask(effort, track),
        "many origins": races.many_origins(effort, track),
        "ever more origins": races.by_number_of_origins(effort, track),
        "ever more tenants": races.by_number_of_tenants(effort, track),
    }
    left = memory.growth(effort, track), memory.left_by_policies(effort, track)
    # Last, because a decorator takes the one builder for all views from every application.
    registered = startup.registered(effort, track)
    large = {name: each.app for name, each in registered.items()}
    times["ever more routes"] = races.by_number_of_routes(large, effort, track)
    times["decorated views"] = races.decorated_views(effort, track)
    times["oversized headers"] = races.oversized(effort, track)
    rows = [
        *promises.of_shapes(times["shapes"]),
        *promises.of_policies(times["policies"]),
        *promises.of_preflights(times["preflights"]),
        *promises.of_unseen(times["never seen before"]),
        *promises.of_flask(times["Flask"], times["decorated views"]),
        *promises.of_routes(times["ever more routes"], effort),
        *promises.of_checking(registered),
        *promises.of_many_origins(times["many origins"]),
        *promises.of_building(
            memory.bytes_per_origin(effort), memory.seconds_to_build(effort, track)
        ),
        *promises.of_tenants(times["ever more tenants"], effort),
        *promises.of_oversized(times["oversized headers"]),
        *promises.of_taken(memory.taken_by_oversized(effort, track)),
        *promises.of_growth(effort, *left),
        *promises.of_startup(beginning, startup.PEERS),
    ]
    return {
        "effort": effort.name,
        "day": datetime.now(timezone.utc).date().isoformat(),
        "machine": machine(),
        "versions": versions(),
        "rows": [_row(row) for row in rows],
        "costs": {race: list(_costs(each)) for race, each in times.items()},
        **extras,
    }


def _row(row: promises.Row) -> dict[str, Any]:
    limit = None if row.limit is None else row.limit._asdict()
    measured = row.measured._asdict()
    return {**row._asdict(), "limit": limit, "measured": measured, "met": row.is_met}


def _costs(times: Times) -> Iterator[dict[str, Any]]:
    """Seconds per request, of each contestant."""
    for lane, costs in times.items():
        yield {**lane._asdict(), "seconds": cost(costs)._asdict()}


def _server(effort: Effort, track: Track) -> dict[str, Any]:
    reason = server.why_not()
    if reason is not None:
        return {"skipped": reason}
    measured = server.measured(effort, track)
    return {
        name: {quantity: estimate._asdict() for quantity, estimate in each.items()}
        for name, each in measured.items()
    }


def _instructions(effort: Effort, track: Track) -> dict[str, Any]:
    reason = instructions.why_not()
    if not effort.counted_requests:
        reason = f"not counted at the effort {effort.name!r}"
    return {"skipped": reason} if reason else instructions.counted(effort, track)


# --- circumstances ------------------------------------------------------------------------------

_PACKAGES = ("wsgicors", "Flask", "Werkzeug", "flask-cors", "falcon", "starlette", "gunicorn")


def machine() -> dict[str, Any]:
    """What it was measured on; not whose it is."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _processor() -> str:
    """The model; only Linux tells it in a file."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def versions() -> dict[str, str]:
    """Of all that was compared."""
    name, _, version = PREDECESSOR.partition(" ")
    installed = {package: importlib.metadata.version(package) for package in _PACKAGES}
    return {**installed, f"{name} (before)": version}
