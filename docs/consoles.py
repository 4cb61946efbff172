"""The search of the documentation knows the messages of consoles, also with the reader's own URLs in them.

Sphinx finds pages that have every word that is looked for, and so nothing for a line that names the
reader's own hosts. Here each message of the page "Troubleshooting" is compared as a whole, and
leads to its section. So does what Firefox says in Korean and Japanese; other browsers say it in English.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

_PAGE = "troubleshooting"
_LOCALE = Path(__file__).with_name("locale")
_BROWSERS = ("Chrome, Edge: ", "Firefox: ", "Safari: ", "Axios: ", "Angular: ")


def sections(page: nodes.document) -> Iterator[tuple[str, str, str, list[str]]]:
    """Anchor, title, first paragraph and messages of each section that has messages, the likelier ones first.

    A connection that failed is likelier than a redirect of the same words, and stands further down.
    """
    (whole,) = page.findall(lambda node: isinstance(node.parent, nodes.document) and _is(node))
    chapters = [child for child in whole.children if _is(child)]
    alone = [chapter for chapter in chapters if not any(map(_is, chapter.children))]
    inside = [child for chapter in reversed(chapters) for child in chapter.children if _is(child)]
    messages = defaultdict(list)
    for section in alone + inside:
        for anchor, message in _messages(section):
            messages[anchor].append(message)
    for section in alone + inside:
        if messages[_anchor(section)]:
            title = section[0].astext()
            yield _anchor(section), title, _explanation(section), messages[_anchor(section)]


def _is(node: nodes.Node) -> bool:
    return isinstance(node, nodes.section)


def _anchor(section: nodes.section) -> str:
    """That of a label that somebody gave, where Sphinx did not make the same one."""
    return [each for each in section["ids"] if not each.startswith("id")][-1]


def _explanation(section: nodes.section) -> str:
    """The first paragraph that is not a code alone."""
    texts = (child for child in section.children if isinstance(child, nodes.paragraph))
    return next(
        text.astext() for text in texts if not isinstance(text[0], nodes.literal) or text[1:]
    )


def _messages(section: nodes.section) -> Iterator[tuple[str, str]]:
    """Each message, and the anchor of what explains it: of the section, or of another that is named beside it."""
    for bullets in section.children:
        if isinstance(bullets, nodes.bullet_list):
            for item in bullets.children:
                if item.astext().startswith(_BROWSERS):
                    elsewhere = item.next_node(addnodes.pending_xref)
                    anchor = elsewhere["reftarget"] if elsewhere else _anchor(section)
                    yield from ((anchor, each.astext()) for each in item.findall(nodes.literal))


def firefox(language: str) -> dict[str, str]:
    """What Firefox says in a language, by what it says in English."""
    file = _LOCALE / language / "LC_MESSAGES" / "firefox.po"
    if not file.exists():
        return {}
    with file.open("rb") as stream:
        return {message.id: message.string for message in read_po(stream) if message.id}


def _tell_the_search(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if pagename == "search":
        translated = firefox(app.config.language)
        told = [
            (*section, messages + [translated[each] for each in messages if each in translated])
            for *section, messages in sections(app.env.get_doctree(_PAGE))
        ]
        app.add_js_file(None, body=f"const CONSOLES = {json.dumps(told)};")
        app.add_js_file("consoles.js")
        app.add_js_file("synonyms.js")


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the page of the search know the messages."""
    app.connect("html-page-context", _tell_the_search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
