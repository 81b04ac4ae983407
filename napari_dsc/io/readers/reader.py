"""One kind of file that holds a scan: how it is told from others, read, and named to a user."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray, Progress, Series

__all__ = ["Reader", "Volumes"]

Reading = Callable[..., Generator[Progress, None, Series]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """How the viewer opens a file that holds no scan but a mask or an anatomy.

    Parameters
    ----------
    shape : callable
        Shape that a file declares, without its voxels; trailing axes of length 1 do not count.
    voxels : callable
        Its voxels, and its affine if that is usable.
    """

    shape: Callable[[Path], tuple[int, ...]]
    voxels: Callable[[Path], tuple[NDArray[Any], FloatArray | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One kind of file that holds a scan.

    Parameters
    ----------
    name : str
        Of the kind: "NIfTI".
    begins : callable
        Whether a file is of this kind by its first bytes, whatever it is called.
    reading : callable
        Reads a scan from a file, step by step: `(path, **choices)` to a `Series`.
    endings : tuple of str
        How names of such files end, in lower case; without any, the first bytes tell them.
    further_endings : tuple of str
        Endings that are read as well, and told behind the others.
    patterns : tuple of str
        Names that napari offers the reader for, where endings do not tell them.
    words : str
        A file of it, for the help; nothing where a folder is what one opens.
    holds : callable, optional
        Whether a folder holds a scan of it; None: only files are opened.
    reading_folder : callable, optional
        Reads the scan of a folder; where there is none, `reading` does.
    folder_words : str
        A folder of it, for the help.
    volumes : Volumes, optional
        How other volumes are opened; None: only scans are.

    Raises
    ------
    TypeError
        At import, if nothing tells its files, or an ending is no ending in lower case.
    """

    name: str
    begins: Callable[[Path], bool]
    reading: Reading
    endings: tuple[str, ...] = ()
    further_endings: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    words: str = ""
    holds: Callable[[Path], bool] | None = None
    reading_folder: Reading | None = None
    folder_words: str = ""
    volumes: Volumes | None = None

    def __post_init__(self) -> None:
        if not (self.endings or self.patterns):
            raise TypeError(f"{self.name} must have endings or patterns: napari offers by names.")
        if not (self.words or self.folder_words):
            raise TypeError(f"{self.name} must have words for the help, got none.")
        for ending in self.every_ending:
            if not ending.startswith(".") or ending != ending.lower():
                raise TypeError(f"{self.name} must have endings like '.nii', got {ending!r}.")

    @property
    def every_ending(self) -> tuple[str, ...]:
        """How names of such files end, in lower case."""
        return (*self.endings, *self.further_endings)

    def names(self, path: Path) -> bool:
        """Whether a file is called as this kind is."""
        return path.name.lower().endswith(self.every_ending)

    def claims(self, path: Path) -> bool:
        """Whether a file is offered to this reader: by its name, or by its first bytes."""
        return self.names(path) if self.endings else self.begins(path)
