"""Each example is complete, and is run: its tests are run by tox, in the environment "examples"."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/README.md"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_complete_and_named(example):
    readme = (example / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 13
    assert "wsgicors" in (example / "requirements.txt").read_text("utf-8")
    assert list(example.glob("test_*.py"))
    assert f"({example.name})" in (ROOT / "examples" / "README.md").read_text("utf-8")
    assert f"examples/{example.name}/requirements.txt" in (ROOT / "tox.ini").read_text("utf-8")
