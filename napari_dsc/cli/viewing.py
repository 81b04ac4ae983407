"""The commands that open a window: `view`, `demo` and `review`."""

from collections.abc import Sequence
from pathlib import Path

from napari_dsc.cli.parsing import Commands, path_of
from napari_dsc.core.errors import DscError
from napari_dsc.io.readers import help_words

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add `view`, `demo` and `review`."""
    viewing = commands.add("view", view)
    viewing.add_argument(
        "scan",
        type=path_of,
        nargs="*",
        help=f"{help_words()}; for a second one it is asked where to",
    )
    reviewing = commands.add("review", review)
    reviewing.add_argument(
        "out", type=path_of, help="results of a cohort, as `napari-dsc cohort` has written them"
    )
    reviewing.add_argument(
        "--scans",
        type=path_of,
        metavar="FOLDER",
        help="where the scans of the cohort lie; the results know it if they lie among them",
    )
    for command in (viewing, reviewing, commands.add("demo", demo)):
        command.add_argument(
            "--screenshot", type=path_of, metavar="PNG", help="save the window there, and exit"
        )


def view(scan: Sequence[Path], screenshot: Path | None) -> None:
    """Open the viewer with the panel docked, and the scans that are named."""
    from napari_dsc.viewer.window import show

    show(*scan, screenshot=screenshot)


def demo(screenshot: Path | None) -> None:
    """Open the digital patient: artery drawn, maps computed and shown."""
    from napari_dsc.viewer.window import show_demo

    show_demo(screenshot=screenshot)


def review(out: Path, scans: Path | None, screenshot: Path | None) -> None:
    """Look through the results of a cohort: accept, exclude, redraw an AIF."""
    for option, folder in (("the results", out), ("--scans", scans)):
        if folder is not None and not folder.is_dir():
            raise DscError(f"{option} must be a folder, got none at {folder}. Check its name.")
    from napari_dsc.viewer.window import show_cohort

    show_cohort(out, scans, screenshot=screenshot)
