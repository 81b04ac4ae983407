"""Diagnostics for whoever is asked for help: versions, machine, settings, the log's last lines.

No name, no path and nothing of a scan is in it.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from napari_dsc.io.log_file import last_lines, nameless
from napari_dsc.io.software_versions import versions_of_all

__all__ = ["PACKAGES", "diagnostics", "versions_of"]

# What a fault may hang on, beside what records name.
PACKAGES = (
    *("napari", "npe2", "vispy", "PyQt6", "PySide6", "qtpy", "magicgui", "superqt", "pyqtgraph"),
    *("pandas", "pydicom", "dcm2niix", "highdicom", "SimpleITK", "matplotlib", "reportlab"),
    *("distributed", "xarray"),
)
ABSENT = "not installed"


def versions_of(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Versions of packages by their names; "not installed" where one is not."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ABSENT
    return found


def diagnostics(
    screen: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None
) -> str:
    """Text to be copied into a report of a fault.

    Parameters
    ----------
    screen : mapping of str to str, optional
        What the window knows of itself: its graphics card, its size.
    settings : mapping of str to str, optional
        What is set, by its label.

    Returns
    -------
    str
        Some dozens of lines: versions, machine, screen, settings, the last lines of the log.
    """
    parts: dict[str, Mapping[str, str]] = {
        "Program and machine": versions_of_all(),
        "Packages": versions_of(),
        "Screen": screen or {},
        "Settings": settings or {},
    }
    lines = ["napari-dsc diagnostics: no name, no path and nothing of a scan is in it"]
    for title, known in parts.items():
        if known:
            lines += ["", title, *(f"  {name}: {nameless(one)}" for name, one in known.items())]
    lines += ["", "Last lines of the log", *(f"  {line}" for line in last_lines() or ["none"])]
    return "\n".join(lines) + "\n"
