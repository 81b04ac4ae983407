"""The command `scale`: a standard scale of blood volume, made of results of one's own."""

from collections.abc import Sequence
from pathlib import Path

from napari_dsc.cli.codes import followed
from napari_dsc.cli.parsing import Commands, path_of
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.standard_scale import write_scale
from napari_dsc.report.scale_of_results import making_scale, scale_words
from napari_dsc.terminal import one_line, say

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add `scale`."""
    making = commands.add("scale", scale)
    making.add_argument(
        "results", type=path_of, nargs="+", help="folders that `maps` has written: two or more"
    )
    making.add_argument("--out", type=path_of, required=True, help="FILE.json of the scale")
    making.add_argument("--overwrite", action="store_true", help="replace an earlier scale")


def scale(results: Sequence[Path], out: Path, overwrite: bool) -> int:
    """Make a standard scale of blood volume of results of your own: for --standard-scale."""
    made = followed(making_scale(results))
    write_scale(out, made, overwrite=overwrite)
    say(f"{scale_words(made, one_line(out))} {RESEARCH_USE}")
    return 0
