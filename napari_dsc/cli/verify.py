"""The command `verify`: whether this installation gives the figures that it should."""

import json as jsons
from pathlib import Path

from napari_dsc.cli.codes import DOUBTFUL, NOTHING, followed
from napari_dsc.cli.parsing import Commands, path_of
from napari_dsc.core.errors import DscError
from napari_dsc.installation import verifying
from napari_dsc.installation.page import as_html, as_json, as_text
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.terminal import say

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add `verify`."""
    verifying_ = commands.add("verify", verify)
    verifying_.add_argument(
        "--html", type=path_of, metavar="FILE", help="write the page as HTML there, too"
    )
    verifying_.add_argument(
        "--json", action="store_true", help="tell what was found as JSON, for a program"
    )
    verifying_.add_argument("--overwrite", action="store_true", help="replace an earlier page")


def verify(html: Path | None, json: bool, overwrite: bool) -> int:
    """Is this installation right? A stored digital patient against stored figures."""
    if html is not None and html.exists() and not overwrite:
        raise DscError(
            f"{html.name} must not exist yet, got one. Choose another name, or give --overwrite."
        )
    found = followed(verifying())
    if html is not None:
        page = as_html(found)
        write_whole(html, lambda path: _write(path, page))
    written = say(jsons.dumps(as_json(found)) if json else as_text(found))
    return (0 if found.right else DOUBTFUL) if written else NOTHING


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
