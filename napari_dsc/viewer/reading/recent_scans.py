"""The last scans that were opened: paths, kept where each system keeps a program's state."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from napari_dsc.viewer.reading.choices import choice, choose

__all__ = ["MOST", "forget_scans", "keep_scan", "recent_scans", "told_apart"]

MOST = 5
NAME = "recent scans"


def recent_scans() -> list[Path]:
    """Scans that were opened last, the latest first; those whose files are gone are left out."""
    return [path for path in _kept() if _is_there(path)][:MOST]


def keep_scan(path: Path) -> None:
    """Keep that a scan was opened."""
    path = path.absolute()
    choose(NAME, [str(one) for one in _distinct([path, *_kept()])][:MOST])


def forget_scans() -> None:
    """Keep none of them any longer."""
    choose(NAME, [])


def told_apart(paths: Sequence[Path]) -> list[str]:
    """Names of scans, each with the folder that it lies in where another has its name."""
    names = [one.name for one in paths]
    return [
        f"{one.name} in {one.parent.name}" if names.count(one.name) > 1 else one.name
        for one in paths
    ]


def _kept() -> list[Path]:
    return [Path(one) for one in choice(NAME, []) if isinstance(one, str)]


def _distinct(paths: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(paths))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a disk that has gone
        return False
