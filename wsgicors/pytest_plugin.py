"""The pytest plugin: the fixture ``cors_browser``. What it hands out is in `wsgicors.testing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Browser


@pytest.fixture
def cors_browser() -> type[Browser]:
    """Make a :class:`~wsgicors.testing.Browser`, as ``cors_browser(app, origin="https://...")``."""
    # Imported here: pytest loads plugins for every run, this fixture is for few.
    from .testing import Browser

    return Browser
