"""The dock of the curves: what may be shown in it, and what it says back."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import Residue
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.curves.export import columns_of, write_numbers, write_picture
from napari_dsc.viewer.curves.names import MEAN, NOT_SCALED, WEIGHTS
from napari_dsc.viewer.curves.toolbar import Tools
from napari_dsc.viewer.docks import free

if TYPE_CHECKING:
    from napari import Viewer
    from napari.utils.theme import Theme

    from napari_dsc.viewer.curves.plots import Plots

__all__ = ["Curves"]

NAME = "Perfusion curves"
HEIGHT = 220  # px: an unconstrained bottom dock takes a third of the window
FOR_BOTH = 640  # px: in a narrower dock the curves stand alone, and can be read
FOR_REST = 440  # px: in a narrower one without their names and buttons
LEAST = 240, 110  # px: a plot can be read, and with napari's own docks a window fits 1366 by 768
CURSOR = "voxel under the cursor", "Cursor"
NOTHING = "the curves must be drawn before they are saved, got none. Open a scan."


def _drawn(path: str) -> Any:
    """Something that is drawn, by its place among the plots."""
    return property(attrgetter(f"_plots.{path}"))


class Curves(QWidget):
    """Delta R2* over time, with a baseline and a first-pass window that can be dragged.

    What is drawn is made with the first scan, or before by `make`: a window that opens has nothing
    to draw.

    Emits `baseline_moved(start, stop)` and `window_moved(start, stop)` in volumes when the user
    has dragged one; `volume_toggled(volume)`, `end_moved(end)` and `as_found()` when the user wants
    a volume left out or used again, the scan to end elsewhere, or all as found; `said(words)` when
    a file was saved, `failed(words)` when it was not.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is docked in, and whose theme it follows.

    Attributes
    ----------
    time : ndarray, shape (T,)
        What the curves are drawn over: s, or volumes while the time step is unknown.
    plot : PlotWidget
        The curves.
    legend : Legend
        Names those that have points.
    voxels, mean, unscaled, saturated, vof, gamma : PlotDataItem
        On the left axis: the AIF's voxels (thin, one after the other), the curve that a run uses,
        the mean of the voxels where that was scaled to the VOF, samples of theirs that are
        saturated, the VOF, and the gamma-variate fit of the AIF.
    others : dict of str to PlotDataItem
        Other AIFs of the session, by their names.
    brain, hovered, fit : PlotDataItem
        On the right axis: the brain's mean, the voxel under the cursor, and the artery
        convolved with the residue of that voxel.
    pinned, pinned_fit : PlotDataItem
        The same two of the pinned voxel.
    fitted : TextItem
        t0, a and b of the gamma variate that is drawn, or that is the AIF.
    weights : PlotDataItem
        Weights of the tissue's samples whose sum is CBV, where it is read so; at a height that
        suits these curves.
    region, across : PlotDataItem
        Mean of the region that is chosen in the reading room, and of its mirror image.
    lens : ResiduePlot
        That residue: the pinned voxel's, else the one under the cursor.
    baseline, window : LinearRegionItem
        Baseline and first pass, s.
    discarded : LinearRegionItem
        Volumes before the steady state, s; hidden where there is none.
    readout : QLabel
        What every map says of the voxel under the cursor, and what stands against it.
    menu : VolumeMenu
        Of the volume under a right click.
    now : InfiniteLine
        The volume on screen, s.
    whole_view, export_picture, export_numbers : PushButton
        End every zoom; ask for a file and save there.
    """

    baseline_moved = Signal(int, int)
    volume_toggled = Signal(int)
    end_moved = Signal(int)
    as_found = Signal()
    window_moved = Signal(int, int)
    said = Signal(str)
    failed = Signal(str)

    def __init__(self, viewer: "Viewer") -> None:
        super().__init__()
        self._viewer = viewer
        self.time: FloatArray = np.arange(2.0)
        self._axis = self._unit = ""
        self._lent = False  # whether the read-out stands elsewhere in the window
        self.setObjectName("Curves")
        self.setMinimumSize(*LEAST)
        self.note = QLabel("Open a scan to see its curves.")
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.readout = QLabel()
        self.readout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setWordWrap(True)
        self._sheet = QWidget()
        rows = QVBoxLayout(self._sheet)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self._rows, self._readout_row = rows, _row(self.readout)
        rows.addLayout(self._readout_row)
        self._beside = layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(self.note)
        layout.addWidget(self._sheet, 1)
        self._show_plots(False)
        viewer.events.theme.connect(self._follow_theme)
        self._follow_theme()

    plot, legend = _drawn("axes.plot"), _drawn("legend")
    voxels, mean, vof = _drawn("lines.voxels"), _drawn("lines.mean"), _drawn("lines.vof")
    unscaled, saturated = _drawn("lines.unscaled"), _drawn("lines.saturated")
    gamma, fitted, others = _drawn("lines.gamma"), _drawn("lines.fitted"), _drawn("lines.others")
    brain, hovered, fit = _drawn("lines.brain"), _drawn("lines.hovered"), _drawn("lines.fit")
    pinned, pinned_fit = _drawn("lines.pinned"), _drawn("lines.pinned_fit")
    weights, region, across = (
        _drawn("lines.weights"),
        _drawn("lines.region"),
        _drawn("lines.across"),
    )
    baseline, discarded = _drawn("spans.baseline"), _drawn("spans.discarded")
    # No keyboard focus ever comes here, so nobody asks Qt's own `window` of this widget.
    window = _drawn("spans.window")
    lens, menu, now = _drawn("lens"), _drawn("menu"), _drawn("now")
    whole_view, export_picture = _drawn("tools.whole_view"), _drawn("tools.export_picture")
    export_numbers = _drawn("tools.export_numbers")

    @property
    def is_made(self) -> bool:
        """Whether there was something to draw."""
        return "_plots" in vars(self)

    def make(self) -> None:
        """Make what is drawn, before or when a scan asks for it."""
        _ = self._plots

    @cached_property
    def _plots(self) -> "Plots":
        from napari_dsc.viewer.curves.plots import Plots  # loads pyqtgraph

        plots = Plots(Tools(self.show_whole, self.save_picture, self.save_numbers))
        plots.spans.baseline.moved.connect(self.baseline_moved)
        plots.spans.window.moved.connect(self.window_moved)
        plots.spans.end.moved.connect(self.end_moved)
        plots.menu.toggled.connect(self.volume_toggled)
        plots.menu.ended.connect(self.end_moved)
        plots.menu.reset.connect(self.as_found)
        plots.legend.changed.connect(lambda _: plots.tools.offer(bool(plots.lines.drawn())))
        self._place(plots)
        plots.follow(self._theme)
        return plots

    def _place(self, plots: "Plots") -> None:
        """Lay out: the read-out above, curves and residue side by side, buttons at the right."""
        self._put_words(plots)
        curves = QWidget()
        beside = QHBoxLayout(curves)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(plots.axes.plot, 1)
        beside.addWidget(plots.legend)
        self._rows.addLayout(_row(curves, plots.lens), 1)
        self._beside.addWidget(plots.tools)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Show the residue function where there is room for two plots."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show beside the curves what there is room for."""
        if not self.is_made:
            return
        both, rest, plots = self.width() >= FOR_BOTH, self.width() >= FOR_REST, self._plots
        plots.lens.setVisible(both)
        plots.lens.words.setVisible(both)
        plots.legend.setVisible(rest)
        plots.tools.setVisible(rest and not self._sheet.isHidden())

    def _put_words(self, plots: "Plots") -> None:
        """Put the words of the residue beside the read-out; if that is lent, over their own plot.

        Alone in the row above both plots they would seem to be the title of the curves.
        """
        own = plots.lens.layout()
        if self._lent and isinstance(own, QVBoxLayout):
            own.insertWidget(0, plots.lens.words)
        else:
            self._readout_row.addWidget(plots.lens.words, 1)

    def lend_readout(self) -> QLabel:
        """Lend the read-out to a place elsewhere in the window, where it is one line."""
        self.readout.setWordWrap(False)
        self.readout.setMinimumHeight(0)
        self._lent = True
        if self.is_made:
            self._put_words(self._plots)
        return self.readout

    def take_readout(self) -> None:
        """Take the read-out back, above the curves, in as many lines as it takes."""
        self.readout.setWordWrap(True)
        self._readout_row.insertWidget(0, self.readout, 3)
        self._lent = False
        if self.is_made:
            self._put_words(self._plots)

    def sizeHint(self) -> Any:  # noqa: N802 (Qt's name)
        """Height that leaves the scan the most of the window."""
        hint = super().sizeHint()
        hint.setHeight(HEIGHT)
        return hint

    def dock(self) -> None:
        """Show itself below the picture, instead of the curves of a panel that was closed."""
        own, window = self.parentWidget(), self._viewer.window
        if own is not None:
            own.show()
            return
        earlier = window.dock_widgets.get(NAME)
        if earlier is not None:
            window.remove_dock_widget(earlier)
        free(window.add_dock_widget(self, name=NAME, area="bottom", add_vertical_stretch=False))

    def bring_forward(self) -> None:
        """Show itself before whatever is docked in the same place."""
        self.dock()
        own = self.parentWidget()
        if own is not None:
            own.raise_()

    # -- the scan ------------------------------------------------------------------------------

    def show_scan(self, time: FloatArray | None, n_volumes: int, known_echo: bool) -> None:
        """Set the axes: s and 1/s where they are known, else volumes and TE-scaled.

        Everything that was drawn goes, but the curves of the masks: nothing is discarded, the
        window spans all volumes, no voxel is pinned. A zoom stays if the times are the same.
        """
        self.time = np.arange(float(n_volumes)) if time is None else time
        self._axis = "Volume" if time is None else "Time (s)"
        self._unit = "1/s" if known_echo else "ΔR2*·TE"
        self.readout.setText("")
        self.readout.setMinimumHeight(0)
        self._show_plots(True)
        self._plots.axes.label(self._axis, "ΔR2* (1/s)" if known_echo else "ΔR2*·TE")
        self._plots.axes.set_time(self.time)
        self._plots.lines.set_time(self.time)
        self._plots.spans.set_time(self.time)
        self.show_residue(None)
        self.lens.show_pinned("", None)

    def clear(self) -> None:
        """Show no scan."""
        self._show_plots(False)
        if not self.is_made:
            return
        self._plots.lines.set_time(self.time)
        self.show_artery(np.empty((0, self.time.size)))
        self.show_brain(None)
        self.show_residue(None)
        self.lens.show_pinned("", None)

    def show_volume(self, volume: int) -> None:
        """Mark the volume on screen."""
        self.now.setValue(self.time[volume])

    def show_baseline(self, start: int, stop: int) -> None:
        """Draw the baseline over its volumes; emits nothing."""
        self.baseline.show_volumes(start, stop)

    def show_window(self, start: int, stop: int) -> None:
        """Draw the first-pass window over its volumes, as far as they are retained."""
        self._plots.spans.show_window(start, stop)

    def show_discarded(self, count: int) -> None:
        """Shade the first volumes, which are not retained; the window keeps clear of them."""
        self._plots.spans.show_discarded(count)

    @property
    def left_out(self) -> list[Any]:
        """Bands over runs of volumes that are not used."""
        return list(self._plots.spans.left_out)

    def show_left_out(self, volumes: Sequence[int], end: int | None = None) -> None:
        """Shade volumes that are not used; the end stands before the first that none follows."""
        self._plots.spans.show_left_out(volumes)
        self._plots.spans.show_end(end)
        self.menu.know(volumes)

    @property
    def end(self) -> Any:
        """Line before the first volume that is not used, nor any after it; it can be dragged."""
        return self._plots.spans.end

    def show_whole(self) -> None:
        """Show the whole scan and the whole residue, as before any zoom."""
        self._plots.axes.show_whole()
        self.lens.show_whole()

    # -- vessels -------------------------------------------------------------------------------

    def show_artery(
        self,
        curves: FloatArray,
        used: FloatArray | None = None,
        name: str = MEAN,
        before: str = NOT_SCALED,
    ) -> None:
        """Draw the curves of the AIF's voxels, thin, shape (V, T), and what a run uses, thick.

        That is the mean of the voxels, or a curve of shape (T,) by another name: one that was
        scaled to the VOF, beside the mean, dashed, which `before` names; or one that was loaded.
        """
        self._plots.lines.show_artery(curves, used, name, before)

    def show_saturated(self, times: FloatArray, values: FloatArray) -> None:
        """Mark saturated samples of the AIF, at these times and values; shape (N,) each."""
        self._plots.lines.show_saturated(times, values)

    def show_gamma(self, curve: FloatArray | None, words: str = "") -> None:
        """Draw the gamma-variate fit of the AIF, shape (T,), with its parameters in words.

        None clears it.
        """
        self._plots.lines.show_gamma(curve, words)

    def show_weights(self, time: FloatArray | None, values: FloatArray | None = None) -> None:
        """Draw the weights whose sum with a tissue's curve is CBV, shape (N,); None clears them."""
        self._plots.lines.show_weights(time, values)

    def show_vof(self, curve: FloatArray | None) -> None:
        """Draw the VOF, shape (T,); None clears it."""
        self._plots.lines.show(self.vof, curve)

    def show_others(self, curves: Mapping[str, tuple[FloatArray, Any]]) -> None:
        """Draw other AIFs, by name a curve of shape (T,) and a colour; an empty one clears."""
        self._plots.lines.show_others(curves)

    # -- tissue --------------------------------------------------------------------------------

    def show_brain(self, curve: FloatArray | None) -> None:
        """Draw the brain's mean curve, shape (T,); None clears it."""
        self._plots.lines.show(self.brain, curve)

    def show_region(self, number: str, curve: FloatArray | None, across: FloatArray | None) -> None:
        """Draw the mean curve of a region and of its mirror image, shape (T,); None clears one."""
        if self.is_made or curve is not None:
            self._plots.lines.show_region(number, curve, across)

    def show_cursor(self, curve: FloatArray | None, words: str = "") -> None:
        """Draw the curve under the cursor, shape (T,), of a voxel in words; None clears it."""
        self._plots.lines.name_voxel("Cursor", words)
        self._plots.lines.show(self.hovered, curve)

    def show_residue(self, one: Residue | None) -> None:
        """Draw what the maps of the voxel under the cursor were read off: fit and residue."""
        self._plots.lines.show_fit(self.fit, one)
        self.lens.show_residue(one)

    def show_pinned(self, words: str, curve: FloatArray | None, residue: Residue | None) -> None:
        """Keep a voxel in sight: its curve, shape (T,), its fit and its residue.

        `words` say which, as "(12, 30, 2)". No curve: no voxel is pinned any more.
        """
        one = None if curve is None else residue
        self._plots.lines.name_voxel("Pinned", words)
        self._plots.lines.show(self.pinned, curve)
        self._plots.lines.show_fit(self.pinned_fit, one)
        self.lens.show_pinned("" if curve is None else words, one)

    def show_readout(self, words: str) -> None:
        """Say this above the curves, in as many lines as it takes; on one line where it was lent.

        The room that it once took it keeps: the curves do not jump from voxel to voxel.
        """
        if not self.readout.wordWrap():
            self.readout.setText(words.replace("\n", "   "))
            self.readout.setToolTip(words)
            return
        self.readout.setText(words)
        taken = self.readout.heightForWidth(self.readout.width())
        self.readout.setMinimumHeight(max(taken, self.readout.minimumHeight()))

    # -- files ---------------------------------------------------------------------------------

    def save_picture(self, path: Path) -> None:
        """Save curves, residue and read-out as they are on screen: PNG or SVG by the name."""
        background = self.plot.backgroundBrush().color().name()
        self._save("Picture", path, lambda: write_picture(self._sheet, background, path))

    def save_numbers(self, path: Path) -> None:
        """Save as CSV the time, the curves that the legend names, and lag and residue."""
        full, drawn = self._plots.lines.in_full, self._plots.lines.drawn()
        drawn.pop(WEIGHTS, None)  # drawn at a height of their own
        drawn = {full(name): one.getOriginalDataset() for name, one in drawn.items()}
        residue = self.lens.shown
        words, key = ("pinned voxel", "Pinned") if self.lens.is_pinned else CURSOR
        whose = " ".join(filter(None, (words, self._plots.lines.voxel_of(key))))
        beside = None if residue is None else (whose, residue)
        columns = columns_of(self._axis, self.time, self._unit, drawn, beside)
        self._save("Numbers", path, lambda: write_numbers(columns, path))

    def _save(self, what: str, path: Path, write: Callable[[], None]) -> None:
        try:
            if not self._plots.lines.drawn():
                raise DscError(NOTHING)
            write()
        except DscError as error:
            self.failed.emit(f"{what} not saved: {error}")
        else:
            self.said.emit(f"{what} of the curves in {path}.")

    # -- looks ---------------------------------------------------------------------------------

    def _show_plots(self, on: bool) -> None:
        if on:
            self.make()
        self.note.setVisible(not on)
        self._sheet.setVisible(on)
        self._fit()

    @property
    def _theme(self) -> "Theme":
        from napari.utils.theme import get_theme

        return get_theme(self._viewer.theme)

    def _follow_theme(self, _event: Any = None) -> None:
        theme = self._theme
        for label in (self.note, self.readout):
            label.setStyleSheet(f"color: {theme.text.as_hex()}")
        if self.is_made:
            self._plots.follow(theme)


def _row(left: QWidget, right: QWidget | None = None) -> QHBoxLayout:
    """Curves, or what is said of them, at the left, and the same of the residue at the right."""
    row = QHBoxLayout()
    row.setSpacing(14)  # two axes side by side are two
    row.addWidget(left, 3)
    if right is not None:
        row.addWidget(right, 1)
    return row
