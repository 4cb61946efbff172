"""What several rows share: policies, headers written by hand, and steps."""

from __future__ import annotations

from typing import Any

from ..checks import PAGE
from ..scenario import Fields, Step

SHARED_WITH_ALL: Fields = {"allow_origins": "*"}
SHARED_WITH_PAGE: Fields = {"allow_origins": [PAGE]}
SHARED_WITH_NOBODY: Fields = {"allow_origins": []}
SHARED_WITH_ANOTHER: Fields = {"allow_origins": ["https://app.example.com"]}
WITH_CREDENTIALS: Fields = {"allow_origins": [PAGE], "allow_credentials": True}

ALLOW_PAGE = ("Access-Control-Allow-Origin", PAGE)
ALLOW_ALL = ("Access-Control-Allow-Origin", "*")
ALLOW_CREDENTIALS = ("Access-Control-Allow-Credentials", "true")

PERSON = "<person><name>guest</name></person>"


def fetch(path: str, **options: Any) -> Step:
    """A step that calls ``fetch()``; beside its own options, ``site="same-site"`` picks the API's other address."""
    return {"do": "fetch", "path": path, **options}


def wait(seconds: float) -> Step:
    """A step that lets time pass."""
    return {"do": "wait", "seconds": seconds}


LOGIN = fetch("/login", method="POST", credentials="include", site="same-site")
