"""Settings of sphinx.

napari's own theme: whoever comes from napari finds search and the dark mode where they are there.
Pages are Markdown (MyST), so that the repository shows them too.
"""

import re
from typing import Any

from docs.site.from_tables import on_the_site
from napari_dsc import __version__

project = "napari-dsc"
author = "the napari-dsc contributors"
copyright = author  # noqa: A001 (sphinx's name)
version = release = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx.ext.githubpages",
]
exclude_patterns = ["site"]
root_doc = "index"
html_theme = "napari_sphinx_theme"
html_title = "napari-dsc"
html_theme_options = {
    "github_url": "https://github.com/napari-dsc/napari-dsc",
    "show_toc_level": 2,
}
myst_heading_anchors = 4
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
suppress_warnings = ["myst.header"]  # a table of the program may begin below the first level


def plain_sources(*words: Any) -> None:
    """Write sources as plain numbers: sphinx looks for a footnote in the whole page."""
    lines: list[str] = words[-1]
    lines[:] = [re.sub(r"^\.\. \[(\d+)\]", r"\n[\1]", line) for line in lines]
    lines[:] = [re.sub(r"\[(\d+)\]_", r"[\1]", line) for line in lines]
    lines[:] = [part for line in lines for part in line.split("\n")]


def links_to_made_pages(_app: Any, name: str, source: list[str]) -> None:
    """Have a page lead to those that are made from tables, which a clone does not hold."""
    if not name.startswith("made/"):
        source[0] = on_the_site(source[0])


def setup(app: Any) -> None:
    """Have docstrings and pages read so before they become pages of the site."""
    app.connect("source-read", links_to_made_pages)
    app.connect("autodoc-process-docstring", plain_sources, priority=100)
