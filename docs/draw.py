"""The drawings, with their labels in the language of the page: ``.. drawing:: preflight``.

A drawing is one SVG for all languages. Its labels are translated in ``drawings.po``, but for what is
code. After a change of a label run ``python docs/draw.py``: it puts what is new into the catalogues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DRAWINGS = Path(__file__).with_name("drawings")
LOCALE = Path(__file__).with_name("locale")

_LABEL = re.compile(r'(<(?:title|text(?! class="[^"]*code))[^>]*>)([^<]+)')


def labels(drawing: str) -> Iterator[str]:
    """What there is to translate in a drawing."""
    return (unescape(match[2]) for match in _LABEL.finditer(drawing))


def catalogue(language: str) -> Path:
    """Where the labels are translated."""
    return LOCALE / language / "LC_MESSAGES" / "drawings.po"


def drawn(name: str, language: str) -> str:
    """A drawing in a language."""
    drawing = (DRAWINGS / f"{name}.svg").read_text("utf-8")
    if not catalogue(language).exists():
        return drawing
    translated = _read(language)

    def label(match: re.Match[str]) -> str:
        message = translated.get(unescape(match[2]))
        return match[1] + (escape(message.string) if message and message.string else match[2])

    return _LABEL.sub(label, drawing)


class Drawing(SphinxDirective):
    """Puts a drawing into a page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The drawing as it stands in the page."""
        (name,) = self.arguments
        language = self.env.config.language
        self.env.note_dependency(str(DRAWINGS / f"{name}.svg"))
        if catalogue(language).exists():
            self.env.note_dependency(str(catalogue(language)))
        return [nodes.raw("", drawn(name, language), format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known to Sphinx."""
    app.add_directive("drawing", Drawing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _read(language: str) -> Catalog:
    with catalogue(language).open("rb") as stream:
        return read_po(stream, locale=language)


def main() -> None:
    """Bring the catalogues up to date."""
    drawings = [file.read_text("utf-8") for file in sorted(DRAWINGS.glob("*.svg"))]
    found = dict.fromkeys(label for drawing in drawings for label in labels(drawing))
    for folder in sorted(LOCALE.iterdir()):
        translated = _read(folder.name)
        for message in [message for message in translated if message.id]:
            if message.id not in found:
                translated.delete(message.id)
        for label in found:
            translated.add(label)
        with catalogue(folder.name).open("wb") as stream:
            write_po(stream, translated, width=110)


if __name__ == "__main__":
    main()
