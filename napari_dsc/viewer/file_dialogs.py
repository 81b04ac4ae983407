"""Dialogs that ask for a file or a folder, each where the last one ended, or beside the scan."""

import re
from pathlib import Path
from typing import ClassVar

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

__all__ = ["Start", "ask_file", "ask_folder", "ask_new_file", "may_replace"]

ENDING = re.compile(r"\*(\.[\w.]+)")


class Start:
    """Where the next dialog begins."""

    _folder: ClassVar[str] = ""

    @classmethod
    def folder(cls) -> str:
        """Begin here; "": where the system begins."""
        return cls._folder if cls._folder and Path(cls._folder).is_dir() else ""

    @classmethod
    def beside(cls, path: Path) -> None:
        """Begin beside a file or a folder from now on."""
        cls._folder = str(path.absolute().parent)

    @classmethod
    def inside(cls, folder: Path) -> None:
        """Begin in a folder from now on."""
        cls._folder = str(folder.absolute())


def ask_file(parent: QWidget | None, title: str, kinds: str) -> Path | None:
    """Ask for a file to open; None if none was chosen."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, Start.folder(), kinds)
    return _chosen_file(chosen)


def ask_folder(parent: QWidget | None, title: str) -> Path | None:
    """Ask for a folder; None if none was chosen."""
    chosen = QFileDialog.getExistingDirectory(parent, title, Start.folder())
    if not chosen:
        return None
    Start.inside(Path(chosen))
    return Path(chosen)


def ask_new_file(parent: QWidget | None, title: str, name: str, kinds: str) -> Path | None:
    """Ask where to save; None if the user would rather not, or not replace what stands there.

    Parameters
    ----------
    parent : QWidget, optional
        Over which the dialog lies.
    title : str
        What is saved.
    name : str
        Of the file, as it is proposed; "": none is.
    kinds : str
        As Qt takes them: "Tables (*.csv);;Pictures (*.png)". A name without one of their endings
        gets the first of the kind that was chosen.
    """
    chosen, kind = QFileDialog.getSaveFileName(
        parent, title, str(Path(Start.folder(), name)), kinds
    )
    path = _chosen_file(chosen)
    if path is None or path.name.lower().endswith(tuple(ENDING.findall(kinds))):
        return path
    path = path.with_name(path.name + ENDING.findall(kind or kinds)[0])
    return path if not path.exists() or may_replace(parent, title, path) else None


def may_replace(parent: QWidget | None, title: str, path: Path) -> bool:
    """Ask whether a file may be replaced that the dialog did not ask about."""
    question = f"Replace {path.name}?"
    return QMessageBox.question(parent, title, question) == QMessageBox.StandardButton.Yes


def _chosen_file(chosen: str) -> Path | None:
    if not chosen:
        return None
    Start.beside(Path(chosen))
    return Path(chosen)
