"""From the start screen to a saved report, with mouse and keyboard only: `make picture`.

On screens of 1366 by 768 and 1920 by 1080 px, with the digital patient that has a stroke and the
one that has a tumour: opens the program as `napari-dsc` does, presses what a user presses, and
takes a picture of the whole screen at each station. Every step is a real mouse or key event. Prints
how many actions it took: a press, a key, or a dialog that is answered. Exit code 1 where it took
too many. Into a folder go the pictures that the README shows; `--all FOLDER` keeps all of them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from qtpy.QtCore import QPoint, QSize, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit, QWidget

from benchmarks.pixels import screen

LEFT = Qt.MouseButton.LeftButton
SIZES = ((1366, 768), (1920, 1080))
KINDS = ("stroke", "tumour")
MAPS, REPORT = 2, 4  # actions at most, from a scan that is open
PATIENCE = 240.0  # s
SHOWN = {  # pictures of the README, by kind, width of the screen and station
    ("stroke", 1366, "slices"): "reading-slices.png",
    ("stroke", 1366, "regions"): "reading-regions.png",
    ("tumour", 1366, "relative"): "reading-tumour.png",
    ("stroke", 1366, "report-1"): "report.png",
}


class Reader:
    """Somebody with a mouse and a keyboard, in front of a screen.

    Parameters
    ----------
    folder : Path
        Where pictures are kept.
    name : str
        How their names begin.
    """

    def __init__(self, folder: Path, name: str) -> None:
        import napari

        from napari_dsc.viewer.window import fill_screen, furnish

        self._folder, self._name, self.actions = folder, name, 0
        self.viewer = napari.Viewer(title="napari-dsc", show_welcome_screen=False)
        _, self.panel = self.viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
        self.start = furnish(self.viewer, self.panel)
        fill_screen(self.panel)
        self.panel.window().activateWindow()  # no window manager does: keys go to the active one
        self.rest()

    def wait(self, condition: Callable[[], Any]) -> None:
        """Let the window live until something holds."""
        end = perf_counter() + PATIENCE
        while not condition():
            QApplication.processEvents()
            sleep(0.005)
            if perf_counter() > end:
                sys.exit(f"gave up: {self.panel.status.text()}")

    def rest(self, seconds: float = 0.8) -> None:
        """Let the window finish what it does."""
        quiet = perf_counter()
        while perf_counter() < quiet + seconds:
            QApplication.processEvents()
            sleep(0.005)
            if self.panel.busy:
                quiet = perf_counter()

    def press(self, widget: Any) -> None:
        """Press a button that is seen."""
        self.actions += 1
        native: QWidget = getattr(widget, "native", widget)
        if not native.isVisible() or native.visibleRegion().isEmpty():
            sys.exit(f"{native.objectName() or native!r} is not on the screen.")
        QTest.mouseClick(native, LEFT, Qt.KeyboardModifier.NoModifier, native.rect().center())
        QApplication.processEvents()

    def key(self, widget: Any, key: Any) -> None:
        """Press a key in a widget."""
        self.actions += 1
        widget.native.setFocus()
        QTest.keyClick(widget.native, key)
        QApplication.processEvents()

    def answer(self, ask: Callable[[], None], words: str) -> None:
        """Do what opens a dialog of a file, type into it and press Enter: an action more."""
        self.actions += 1

        def reply() -> None:
            dialog = QApplication.activeModalWidget()
            line = None if dialog is None else dialog.findChild(QLineEdit, "fileNameEdit")
            if not isinstance(line, QLineEdit) or not line.isVisible():
                QTimer.singleShot(100, reply)
                return
            self.shoot("dialog")
            line.selectAll()
            QTest.keyClicks(line, words)
            QTest.keyClick(line, Qt.Key.Key_Return)
            if QApplication.activeModalWidget() is dialog:  # a list of completions took the key
                QTimer.singleShot(300, reply)

        QTimer.singleShot(500, reply)
        ask()
        self.rest()

    @property
    def canvas(self) -> QWidget:
        """The pictures, which take keys."""
        return next(
            one for one in QApplication.allWidgets() if type(one).__name__ == "CanvasBackendDesktop"
        )

    def shoot(self, station: str) -> None:
        """Take a picture of the screen."""
        screen: Any = QApplication.primaryScreen()
        screen.grabWindow(0).save(str(self._folder / f"{self._name}-{station}.png"))

    def look(self, station: str) -> None:
        """Take a picture of the screen when nothing happens any more."""
        self.rest()
        self.shoot(station)

    def pages(self, pdf: Path) -> None:
        """Paint the pages of a report."""
        from qtpy.QtGui import QPainter
        from qtpy.QtPdf import QPdfDocument

        document = QPdfDocument(None)
        document.load(str(pdf))
        for number in range(document.pageCount()):
            size = document.pagePointSize(number)
            page = document.render(
                number, QSize(round(1.5 * size.width()), round(1.5 * size.height()))
            )
            paper = page.convertToFormat(page.Format.Format_RGB32)
            paper.fill(Qt.GlobalColor.white)
            painter = QPainter(paper)
            painter.drawImage(QPoint(0, 0), page)
            painter.end()
            paper.save(str(self._folder / f"{self._name}-report-{number + 1}.png"))


def go(kind: str, folder: Path, name: str) -> int:
    """Go the whole way; return 1 if it took too many actions."""
    reader = Reader(folder, name)
    panel, room = reader.panel, reader.panel.room
    reader.shoot("start")
    reader.press(getattr(reader.start, kind))
    reader.wait(lambda: panel.scan is not None and panel.form.propose.enabled and not panel.busy)
    reader.look("scan")
    reader.actions = 0
    reader.press(panel.form.propose)
    reader.wait(lambda: "Proposed" in panel.status.text() and not panel.busy)
    reader.look("artery")
    reader.press(panel.form.compute)
    reader.wait(lambda: panel.scan.results.run is not None and not panel.busy)
    maps = reader.actions
    if kind == "tumour":
        reader.key(room.bar.reading, Qt.Key.Key_Down)
    reader.rest(2.0)
    reader.look("maps")
    with tempfile.TemporaryDirectory() as kept:
        if kind == "tumour":
            reader.press(room.lead.relative)
            reader.wait(lambda: "rCBV" in panel.scan.layers.maps)
            reader.look("relative")
        else:
            pdf = Path(kept) / "first.pdf"
            reader.answer(lambda: reader.press(room.lead.report), str(pdf))
            reader.wait(pdf.is_file)
        report = reader.actions
        for view in ("slices", "rows", "overlay", "single"):
            button = getattr(room.bar, view)
            if not button.native.isVisible() or button.native.visibleRegion().isEmpty():
                reader.press(room.bar.more)
                reader.rest()
            reader.press(button)
            reader.look(view)
        if kind == "stroke":
            reader.press(room.lead.look)
            reader.look("late")
            reader.press(room.lead.region)
            reader.look("regions")
        pdf = Path(kept) / "report.pdf"
        reader.answer(lambda: reader.press(room.lead.report), str(pdf))
        reader.wait(pdf.is_file)
        reader.pages(pdf)
    panel.window().activateWindow()  # a dialog was; no window manager hands the keys back
    reader.rest()
    QTest.keyClick(reader.canvas, Qt.Key.Key_F9)
    reader.look("workbench")
    reader.viewer.close()
    print(f"{name}: to six maps {maps} actions (at most {MAPS}), to a report {report}")
    return int(maps > MAPS or (kind == "stroke" and report > REPORT))


def main() -> int:
    """Go every way, each on a screen of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="for the pictures of the README")
    parser.add_argument("--all", type=Path, help="a folder for every picture")
    parser.add_argument("--go", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.go is not None:
        kind, folder, name = given.go
        return go(kind, Path(folder), name)
    failed = 0
    with tempfile.TemporaryDirectory() as spare:
        every = given.all or Path(spare)
        every.mkdir(parents=True, exist_ok=True)
        for size in SIZES:
            for kind in KINDS:
                failed |= on_screen(size, kind, every)
        if given.folder is not None:
            for (kind, width, station), name in SHOWN.items():
                made = every / f"{kind}-{width}-{station}.png"
                if made.is_file():
                    (given.folder / name).write_bytes(made.read_bytes())
    return failed


def on_screen(size: tuple[int, int], kind: str, folder: Path) -> int:
    """Go one way on a screen of one size; nothing that is kept elsewhere is seen there."""
    name = f"{kind}-{size[0]}"
    with screen(size) as display, tempfile.TemporaryDirectory() as state:
        environment = {
            **os.environ,
            "DISPLAY": display,
            "NAPARI_DSC_TOUR": "off",
            "NAPARI_CONFIG": "",
            "XDG_STATE_HOME": state,
        }
        environment.pop("WAYLAND_DISPLAY", None)
        words = [sys.executable, "-m", "scripts.reading_journey", "--go", kind, str(folder), name]
        return subprocess.run(words, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
