"""Scans that are read with the user at hand: what only they can decide is asked."""

from collections.abc import Generator, Sequence
from pathlib import Path

from qtpy.QtWidgets import QApplication, QInputDialog

from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.core.types import Progress, Series
from napari_dsc.io import reading
from napari_dsc.viewer.background.preload import LIBRARIES
from napari_dsc.viewer.background.progress_dialog import awaited

__all__ = ["ask", "read_asking"]


def read_asking(path: Path | Sequence[Path]) -> Series | None:
    """Read a scan; None if the user would rather not.

    Parameters
    ----------
    path : Path or sequence of Path
        As for `read`.

    Raises
    ------
    DscError
        If it cannot be read; a `ChoiceNeededError` where there is no window to ask in.
    """
    choices: dict[str, str] = {}
    name = path.name if isinstance(path, Path) else f"{len(path)} files"
    while True:
        try:
            return awaited(f"Opening {name}", lambda: _steps(path, choices))
        except ChoiceNeededError as error:
            chosen = ask(error)
            if chosen is None:
                return None
            choices[error.fact] = chosen


def _steps(
    path: Path | Sequence[Path], choices: dict[str, str]
) -> Generator[Progress, None, Series]:
    """Read a scan, and load what napari's first layer needs: the window would wait for it."""
    yield Progress("Reading the file", 0.0)
    LIBRARIES.now()
    return (yield from reading(path, **choices))


def ask(needed: ChoiceNeededError, title: str = "Open a scan") -> str | None:
    """Ask the user to choose; None if they would rather not.

    Raises
    ------
    ChoiceNeededError
        Where there is no window to ask in.
    """
    if QApplication.instance() is None:
        raise needed
    keys = {words: key for key, words in needed.options.items()}
    words, accepted = QInputDialog.getItem(
        QApplication.activeWindow(), title, needed.question, list(keys), 0, False
    )
    return keys[words] if accepted else None
