"""How Sphinx builds the documentation: offline, from these pages and the docstrings."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

project = "wsgicors"
author = "wsgicors contributors"
project_copyright = author
release = metadata.version(project)

# Of this folder: consoles, draw, japanese_search.
sys.path.insert(0, str(Path(__file__).parent))
extensions = ["sphinx.ext.autodoc", "sphinx_copybutton", "consoles", "draw", "japanese_search"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_search_scorer = str(Path(__file__).with_name("_static") / "scorer.js")
html_title = f"{project} {release}"

# What is copied is what is typed, without the prompts and without what is printed.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Korean and Japanese: `tox run -e words` brings the catalogues up to date.
locale_dirs = ["locale"]
gettext_compact = False
gettext_location = False

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# Signatures read as they are written, without the modules that the types come from.
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
# `Policy` in a docstring is the Policy of this package.
default_role = "py:obj"

# Nothing is fetched while building, so names of Python, Werkzeug and Flask have no page to link to.
# Those of this package are all checked; a type variable is not one of them, nor what only a type checker reads.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!wsgicors).*"),
    (r"py:class", r".*\.Target"),
    (r"py:class", r"wsgicors\.cache\.Invalidation"),
]
