"""The search of the documentation knows the messages of consoles, also with the reader's own URLs in them.

Sphinx finds pages that have every word that is looked for, and so nothing for a line that names the
reader's own hosts. Here each message of the page "Troubleshooting" is compared as a whole, and
leads to its section.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_PAGE = "troubleshooting"
_BROWSERS = ("Chrome, Edge: ", "Firefox: ", "Safari: ", "Axios: ", "Angular: ")


def sections(page: nodes.document) -> Iterator[tuple[str, str, str, list[str]]]:
    """Anchor, title, first paragraph and messages of each section that has messages, the likelier ones first.

    A connection that failed is likelier than a redirect of the same words, and stands further down.
    """
    (whole,) = page.findall(lambda node: isinstance(node.parent, nodes.document) and _is(node))
    chapters = [child for child in whole.children if _is(child)]
    alone = [chapter for chapter in chapters if not any(map(_is, chapter.children))]
    inside = [child for chapter in reversed(chapters) for child in chapter.children if _is(child)]
    for section in alone + inside:
        if messages := list(_messages(section)):
            # Of a label that somebody gave, where Sphinx did not make the same one.
            anchors = [each for each in section["ids"] if not each.startswith("id")]
            yield anchors[-1], section[0].astext(), _explanation(section), messages


def _is(node: nodes.Node) -> bool:
    return isinstance(node, nodes.section)


def _explanation(section: nodes.section) -> str:
    """The first paragraph that is not a code alone."""
    texts = (child for child in section.children if isinstance(child, nodes.paragraph))
    return next(
        text.astext() for text in texts if not isinstance(text[0], nodes.literal) or text[1:]
    )


def _messages(section: nodes.section) -> Iterator[str]:
    for bullets in section.children:
        if isinstance(bullets, nodes.bullet_list):
            for item in bullets.children:
                literal = item.next_node(nodes.literal)
                if literal and item.astext().startswith(_BROWSERS):
                    yield literal.astext()


def _tell_the_search(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if pagename == "search":
        told = list(sections(app.env.get_doctree(_PAGE)))
        app.add_js_file(None, body=f"const CONSOLES = {json.dumps(told)};")
        app.add_js_file("consoles.js")


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the page of the search know the messages."""
    app.connect("html-page-context", _tell_the_search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
