"""Export of the curve dock: the picture, and the numbers behind it."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QPoint, QSize
from qtpy.QtGui import QColor, QImage, QPainter, QRegion

from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import Residue
from napari_dsc.core.types import FloatArray
from napari_dsc.io.atomic_files import write_whole

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["columns_of", "write_numbers", "write_picture"]

FINE = 2  # pixels of a saved picture for each on screen
NEAR = 1e-3  # of the time step: what counts as the same time


def write_picture(sheet: "QWidget", background: str, path: Path) -> None:
    """Write what a widget shows as PNG, or as SVG, by the end of the name.

    Raises
    ------
    DscError
        If the name ends otherwise, or the file cannot be written.
    """
    kinds = {".png": _as_png, ".svg": _as_svg}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise DscError(
            f"the name of the picture must end in .png or .svg, got {path.name!r}. Rename it."
        )
    _write(path, lambda temporary: kind(sheet, QColor(background), temporary))


def write_numbers(columns: Mapping[str, FloatArray], path: Path) -> None:
    """Write columns, which may differ in length, as CSV with one line of headers.

    A number that is not known is an empty cell.

    Raises
    ------
    DscError
        If the name does not end in .csv, or the file cannot be written.
    """
    if path.suffix.lower() != ".csv":
        raise DscError(f"the name of the numbers must end in .csv, got {path.name!r}. Rename it.")
    rows = max(map(len, columns.values()), default=0)

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(columns)
            for row in range(rows):
                table.writerow([_cell(one, row) for one in columns.values()])

    _write(path, write)


def columns_of(
    axis: str,
    time: FloatArray,
    unit: str,
    curves: Mapping[str, tuple[FloatArray, FloatArray]],
    residue: tuple[str, Residue] | None = None,
) -> dict[str, FloatArray]:
    """Lay curves side by side, by the headers of a table.

    The first column is the time, then comes one for each curve. A curve whose samples are not
    all at those times (a fit, where the scan's times are uneven) stands further right behind a
    column of its own times, and so does the residue, last, behind its lags.

    Parameters
    ----------
    axis : str
        "Time (s)" or "Volume".
    time : ndarray, shape (T,)
        The scan's.
    unit : str
        Of the curves.
    curves : mapping of str to pair of ndarray
        Times and values, (N,) each, by name.
    residue : str and Residue, or None
        Whose it is, and it.

    Returns
    -------
    dict of str to ndarray
        Columns by header, which names the unit.
    """
    columns, apart = {axis: time}, {}
    for name, (x, y) in curves.items():
        at = _places(time, x)
        if at is None:
            apart[f"{name}: {axis}"] = x
            apart[f"{name} ({unit})"] = y
        else:
            values = np.full(time.shape, np.nan)
            values[at] = y
            columns[f"{name} ({unit})"] = values
    columns.update(apart)
    if residue is not None:
        whose, one = residue
        columns["Lag (s)"] = one.lags
        columns[f"Residue function, {whose} (1/s)"] = one.values
    return columns


def _places(time: FloatArray, some: FloatArray) -> Any:
    """Where some times stand among all; None if one stands nowhere."""
    step = float(np.diff(time).min()) if time.size > 1 else 1.0
    at = np.clip(np.searchsorted(time, some - NEAR * step), 0, time.size - 1)
    return at if (np.abs(time[at] - some) < NEAR * step).all() else None


def _cell(column: FloatArray, row: int) -> str:
    known = row < len(column) and np.isfinite(column[row])
    return f"{column[row]:.7g}" if known else ""


def _write(path: Path, write: Callable[[Path], None]) -> None:
    try:
        write_whole(path, write)
    except OSError as error:
        raise DscError(
            f"{path.name} must be writable, got: {error.strerror or error}. Choose another folder."
        ) from error


def _as_png(sheet: "QWidget", background: QColor, path: Path) -> None:
    image = QImage(sheet.size() * FINE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(FINE)
    _paint(sheet, background, image)
    if not image.save(str(path), "PNG"):
        raise OSError("the picture could not be written")


def _as_svg(sheet: "QWidget", background: QColor, path: Path) -> None:
    from qtpy.QtSvg import QSvgGenerator

    versions = getattr(QSvgGenerator, "SvgVersion", None)  # Qt 6.5 and later
    # Version 1.1 can clip curves at the axes; the older one lets a zoomed curve run over them.
    page = QSvgGenerator() if versions is None else QSvgGenerator(versions.Svg11)
    page.setFileName(str(path))
    page.setSize(QSize(sheet.size()))
    page.setViewBox(sheet.rect())
    page.setTitle("Perfusion curves")
    _paint(sheet, background, page)


def _paint(sheet: "QWidget", background: QColor, onto: Any) -> None:
    painter = QPainter()
    if not painter.begin(onto):
        raise OSError("the picture could not be drawn")
    try:
        painter.fillRect(sheet.rect(), background)
        sheet.render(painter, QPoint(), QRegion(), sheet.RenderFlag.DrawChildren)
    finally:
        painter.end()
