"""Regions on the maps: painted, measured while they are, mirrored, and what is normal in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
from napari.layers import Labels, Shapes
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QApplication
from superqt.utils import qthrottled

from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import with_unit
from napari_dsc.core.pipeline import Analysis, region_posterior, with_mean_curves
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.regions import (
    LATE,
    Cleaning,
    RegionStatistics,
    against_mirror,
    histogram_in,
    mirrored,
    proposed_midline,
    statistics_in,
)
from napari_dsc.core.types import BoolArray, ParameterMap
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.file_dialogs import ask_new_file
from napari_dsc.viewer.layers import KEY, staying_active, to_screen
from napari_dsc.viewer.maps.colormaps import window_from
from napari_dsc.viewer.maps.spread_layers import shown_spreads
from napari_dsc.viewer.maps.view_modes import Views, turn
from napari_dsc.viewer.overlays import SOLID, Marks
from napari_dsc.viewer.regions.late_summary import known_summary
from napari_dsc.viewer.regions.lesion_regions import (
    forget_lesions,
    is_lesion,
    lay_lesions,
    lesions_on,
    lie_as_laid,
)
from napari_dsc.viewer.regions.reference_region import Reference
from napari_dsc.viewer.regions.region_layer import (
    FULL,
    add_midline,
    free_label,
    midline_of,
    painted_on,
    regions_layer,
)
from napari_dsc.viewer.regions.region_table import as_text, rows_of
from napari_dsc.viewer.regions.regions_tab import RegionsPage
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["MIRRORED", "Regions"]

PAUSE = 60  # ms until the table follows a stroke
STROKE = 33  # ms between two outlines of one that is being made
DOTTED, DASHED = (1, 2), (2, 3)  # borders that are drawn, of how many
FARTHEST = 0.5, 99.5  # per cent of a region's voxels between which its histogram reaches
MIRRORED = (1.0, 1.0, 1.0, 0.6)
NOTHING_LATE = f"Nothing is above {LATE:g} s: there is no region to make."
CHANGED = (
    "Lesion regions that were changed by hand stay as they are. Press As region to make them anew."
)
NO_PLACE = "Mirroring needs a scan that says where its voxels lie."


class Regions:
    """Follows the regions of the scan at hand.

    Parameters
    ----------
    viewer : Viewer
        Where they are painted.
    parent : QObject
        With whom it ends.
    screen : Screen
        Says which scan is at hand.
    page : RegionsPage
        Shows what is measured.
    views : Views
        Brings up one picture to paint on.
    curves : Curves
        Shows how the bolus passes a region.
    marks : Marks
        Outlines regions in every view.

    Attributes
    ----------
    edited : SignalInstance
        Emits a scan whose regions have changed.
    measured : SignalInstance
        Emits once the table has been filled anew.
    reference : Reference
        What is taken as normal.
    """

    edited = Signal(object)
    measured = Signal()

    def __init__(
        self,
        viewer: "Viewer",
        parent: QObject,
        screen: "Screen",
        page: RegionsPage,
        views: Views,
        curves: Curves,
        marks: Marks,
    ) -> None:
        self._viewer, self._screen, self._page, self._views = viewer, screen, page, views
        self._curves, self._marks = curves, marks
        self.reference = Reference(viewer, screen, page, self, views)
        self._seen: Any = None  # what the maps on screen were made of, last time
        self._outlined: set[str] = set()
        self._others: list[Scan] = []  # not at hand, whose regions were painted on
        self._mirrored: WeakSet[Scan] = WeakSet()  # for the sake of lesions
        self._later = QTimer(parent)
        self._later.setSingleShot(True)
        self._later.setInterval(PAUSE)
        self._later.timeout.connect(self.measure)
        self._stroke = qthrottled(self._draw_stroke, timeout=STROKE, parent=parent)
        page.new.changed.connect(self.new)
        page.mirror.changed.connect(self._on_mirror)
        page.level.changed.connect(self.level)
        page.copy.changed.connect(self.copy)
        page.save.changed.connect(self.ask)
        page.chosen.connect(self._on_row)
        page.renamed.connect(self._on_renamed)

    # -- what is painted -----------------------------------------------------------------------

    @property
    def layer(self) -> Labels | None:
        """Labels layer of the scan at hand."""
        return None if self._screen.scan is None else self._screen.scan.layers.regions

    def new(self) -> None:
        """Paint another region from now on."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        layer = self.layer_of(scan)
        if self._viewer.canvas.grid.enabled:  # in the grid a brush has a cell of its own
            self._views.look_at(scan, self._views.symbol)
        label = free_label(np.asarray(layer.data))
        if label is None:
            self._page.say(FULL)
            return
        layer.selected_label = label
        turn(layer, True)
        self._viewer.layers.selection.active = layer
        layer.mode = "paint"
        self._page.say(f"Draw region {layer.selected_label} on the picture.")

    def take_lesions(self) -> None:
        """Make each piece of late tissue a region, and compare it with the other side.

        Those that were taken before give way; what the reader has painted stays.
        """
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        try:
            labels, found = lesions_on(scan)
        except DscError as error:
            self._screen.say(str(error))
            return
        if not found:
            self._screen.say(NOTHING_LATE)
            return
        with self._views.steady_grid(), staying_active(self._viewer):
            layer = self.layer_of(scan)
            given, words = lay_lesions(scan, layer, labels, found)
            if scan.ras is not None and not scan.layers.mirrored:
                self._mirrored.add(scan)
                self._on_mirror(True)
        self.measure()
        if given:
            self._page.choose(given[0], TMAX.symbol)
        self._screen.say(words)

    def follow_cleaning(self, before: Cleaning) -> None:
        """Have regions of lesions, as far as nobody has changed them, follow another cleaning."""
        scan = self._screen.scan
        layer = None if scan is None else scan.layers.regions
        if scan is None or layer is None or scan.results.run is None:
            return
        if not any(map(is_lesion, layer.metadata[KEY]["names"].values())):
            return
        try:
            as_before, as_now = lesions_on(scan, before), lesions_on(scan)
        except DscError:  # there is no Tmax
            return
        if lie_as_laid(scan, layer, *as_before):
            lay_lesions(scan, layer, *as_now)
            self.measure()
        else:
            self._screen.say(CHANGED)

    def layer_of(self, scan: Scan) -> Labels:
        """Layer that the regions of a scan are painted on, followed; made if there is none."""
        layer = regions_layer(self._viewer, scan)
        self._hear(layer)
        return layer

    def _hear(self, layer: Labels | Shapes | None) -> None:
        """Follow what is painted or dragged, once; also a layer that a closed panel has made."""
        if layer is None:
            return
        own = layer.events
        # A layer that is hidden, as in the grid, tells of new data only.
        more = () if isinstance(layer, Shapes) else (own.paint, own.set_data)
        for emitter in (own.data, *more):
            emitter.disconnect(self.later)
            emitter.connect(self.later)
        if isinstance(layer, Labels):
            own.labels_update.disconnect(self._on_stroked)
            own.labels_update.connect(self._on_stroked)

    def forget(self, layer: Any) -> None:
        """Hold on to nothing of a layer that was removed."""
        self.reference.forget(layer)
        self._others = [one for one in self._others if one.layer is not layer]
        if self._screen.scan is not None and self._screen.scan.layers.midline is None:
            self._show_mirror(self._screen.scan)
        for line in [
            one for one in self._viewer.layers if one.metadata.get(KEY, {}).get("role") == "midline"
        ]:
            if line.metadata[KEY]["scan_layer"] is layer:
                self._viewer.layers.remove(line)
        self.later()

    def later(self, event: Any = None) -> None:
        """Measure soon; a scan that is not at hand is kept, and its reference followed."""
        layer = getattr(event, "source", None)
        if isinstance(layer, Labels):
            scan = layer.metadata[KEY]["scan_layer"].metadata[KEY].get("scan")
            if scan is not None and scan is not self._screen.scan and scan not in self._others:
                self._others.append(scan)
        self._later.start()

    def refresh(self) -> None:
        """Measure anew if the maps are new, or those of another scan."""
        scan = self._screen.scan
        result = None if scan is None else scan.results.run
        regions, edits = (None, 0) if scan is None else (scan.layers.regions, scan.results.edits)
        seen = (scan, None if result is None else result[1], regions, edits)
        if seen != self._seen:
            self._seen = seen
            if scan is not None:
                self._hear(scan.layers.regions)
                self._hear(scan.layers.midline)
                self._show_mirror(scan)
                self.reference.refresh(scan)
            self.later()

    # -- what is measured ----------------------------------------------------------------------

    def measure(self) -> None:
        """Fill the table from what is painted now; not of a panel that has gone meanwhile."""
        if not isalive(self._page.table):  # type: ignore[no-untyped-call]  # it goes with the panel
            return
        self._measure()
        self.measured.emit()

    def _measure(self) -> None:
        scan = self._screen.scan
        here = scan is not None and scan.layers.regions in self._viewer.layers
        told = ""
        for one in (*self._others, *([scan] if scan is not None and here else [])):
            self.edited.emit(one)
            words = self.reference.follow(one)
            told = words if one is scan else told
        self._others.clear()
        if scan is not None and here:
            self._forget_lesions(scan)
        painted = painted_on(scan) if scan is not None and here else None
        if scan is None or painted is None or scan.results.run is None:
            self._page.show_rows([])
            self._page.show_histogram(None, "")
            self._outline(scan, None)
            self._curves.show_region("", None, None)
            self._page.say(told)
            return
        labels, names = painted
        maps = scan.results.run[1].maps
        extra = {**self.reference.maps_of(scan), **shown_spreads(scan.results.run[1])}
        try:
            rows = statistics_in(maps, labels, names, extra)
            rows = _with_mean_curves(scan.results.run[1], rows, labels, names)
            midline = midline_of(scan)
            sides = (
                against_mirror(maps, labels, scan.ras, midline, names, extra)
                if midline is not None and scan.ras is not None
                else ()
            )
        except DscError as error:
            self._page.say(str(error))
            return
        known = known_summary(scan)
        beside = {} if known is None else known.beside(labels)
        self._page.show_rows(rows_of(rows, sides, beside))
        self._page.say(told)
        self._on_chosen()
        self._outline(scan, labels)

    def _forget_lesions(self, scan: Scan) -> None:
        """Leave nothing of lesions that were taken back: no name, and no mirror for their sake."""
        gone = forget_lesions(scan)
        if gone and scan in self._mirrored and painted_on(scan) is None:
            self._mirrored.discard(scan)
            scan.layers.mirror(False)
            self._show_mirror(scan)

    def _outline(self, scan: Scan | None, labels: NDArray[Any] | None) -> None:
        """Outline regions and their mirror images in every view: the chosen one without a gap."""
        marks, wanted, choice = self._marks, {}, self._page.choice
        layer = None if scan is None else scan.layers.regions
        if scan is not None and layer is not None and labels is not None:
            midline = midline_of(scan)
            for label in np.flatnonzero(np.bincount(labels.ravel()))[1:].tolist():
                color = tuple(float(one) for one in layer.get_color(label))
                wanted[f"region {label}"] = labels == label, color
            if midline is not None and scan.ras is not None:
                normal = self.reference.label_of(scan)
                others = labels if normal is None else np.where(labels == normal, 0, labels)
                across = mirrored(others, scan.ras, midline) > 0
                wanted["mirrored"] = across, MIRRORED
        with marks.held():
            for name in self._outlined - set(wanted):
                if scan is not None:
                    marks.show(name, None, scan.layer, MIRRORED)
            for name, (mask, color) in wanted.items():
                if scan is not None:
                    own = choice is not None and name == f"region {choice[0]}"
                    pattern = DOTTED if name == "mirrored" else SOLID if own else DASHED
                    number = "" if name == "mirrored" else name.removeprefix("region ")
                    marks.show(
                        name, to_screen(mask, scan.place), scan.layer, color, pattern, number
                    )
        self._outlined = set(wanted)

    def _on_stroked(self, _event: Any = None) -> None:
        self._stroke()

    def _draw_stroke(self) -> None:
        """Outline what is painted so far; the table follows the whole stroke."""
        scan = self._screen.scan
        painted = None if scan is None else painted_on(scan)
        if painted is not None:
            self._outline(scan, painted[0])

    def _map(self, scan: Scan, symbol: str) -> ParameterMap | None:
        if scan.results.run is None:
            return None
        maps = {one.symbol: one for one in scan.results.run[1].maps}
        return {**maps, **self.reference.maps_of(scan)}.get(symbol)

    def region(self, scan: Scan, label: int) -> BoolArray | None:
        """Voxels of a region, on the axes of the file; None where there is none."""
        painted = painted_on(scan)
        if painted is None:
            return None
        region = painted[0] == label
        return region if region.any() else None

    def _on_row(self, *_: Any) -> None:
        scan = self._screen.scan
        painted = None if scan is None else painted_on(scan)
        if painted is not None:
            self._outline(scan, painted[0])
        self._on_chosen()

    def _on_chosen(self) -> None:
        scan, choice = self._screen.scan, self._page.choice
        if scan is None or choice is None:
            return
        label, symbol = choice
        one, region = self._map(scan, symbol), self.region(scan, label)
        self._show_curves(scan, label, region)
        if one is None or region is None or symbol not in scan.layers.maps:
            return
        low, high = (float(edge) for edge in scan.layers.maps[symbol].contrast_limits)
        window = reach_of(one, region, (low, high))
        self._page.show_histogram(histogram_in(one, region, window), with_unit(symbol, one.units))

    def _show_curves(self, scan: Scan, label: int, region: BoolArray | None) -> None:
        """Show how the bolus passes a region, and its mirror image."""
        midline, across = midline_of(scan), None
        normal = label == self.reference.label_of(scan)
        if not normal and region is not None and midline is not None and scan.ras is not None:
            across = scan.mean_curve(mirrored(region, scan.ras, midline) & ~region)
        own = None if region is None else scan.mean_curve(region)
        self._curves.show_region(str(label), own, across)

    def _on_renamed(self, label: int, name: str) -> None:
        layer = self.layer
        if layer is not None:
            names = layer.metadata[KEY]["names"]
            names.pop(label, None)
            if name:
                names[label] = name
            self.later()

    # -- the other side ------------------------------------------------------------------------

    def _on_mirror(self, on: bool) -> None:
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        if on and scan.ras is None:
            self._show_mirror(scan)
            self._page.say(NO_PLACE)
            return
        if on and scan.layers.midline is None and scan.ras is not None:
            found = proposed_midline(scan.results.run[1].brain, scan.ras)
            add_midline(self._viewer, scan, found)
            self._hear(scan.layers.midline)
        scan.layers.mirror(on)
        self._show_mirror(scan)
        self.later()

    def _show_mirror(self, scan: Scan) -> None:
        """Have box and lines tell whether the regions of this scan are mirrored."""
        scan.layers.mirror(scan.layers.mirrored)
        with self._page.mirror.changed.blocked():
            self._page.mirror.value = scan.layers.mirrored
        for line in self._viewer.layers:
            if line.metadata.get(KEY, {}).get("role") == "midline":
                line.metadata[KEY]["on"] = line is scan.layers.midline and scan.layers.mirrored
        self._views.aside(grid=self._viewer.canvas.grid.enabled)

    # -- windows -------------------------------------------------------------------------------

    def level(self) -> None:
        """Set the windows of amounts from the chosen region, or from its mirror image."""
        scan, choice = self._screen.scan, self._page.choice
        if scan is None or choice is None:
            return
        region, midline = self.region(scan, choice[0]), midline_of(scan)
        if region is None:
            return
        if midline is not None and scan.ras is not None:
            region = mirrored(region, scan.ras, midline) & ~region
        made = window_from(scan, region)
        words = ", ".join(f"{symbol} 0 to {high:.3g}" for symbol, (_, high) in made.items())
        self._page.say(f"Windows from its mean: {words}." if made else "Nothing to read there.")

    # -- out -----------------------------------------------------------------------------------

    def copy(self) -> None:
        """Put the table on the clipboard, with tabs between its columns."""
        if not self._page.rows:
            return
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(as_text(self._page.rows, "\t"))
        self._page.say("The table is on the clipboard.")

    def ask(self) -> None:
        """Ask where to save the table."""
        if not self._page.rows:
            return
        path = ask_new_file(self._page, "Save the table", "regions.csv", "CSV (*.csv)")
        if path is not None:
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """Write the table as CSV, whole or not at all; with all digits."""
        text = as_text(self._page.rows, ",", exact=True)
        try:
            write_whole(path, lambda where: _write(where, text))
        except OSError as error:
            self._page.say(f"Not saved: {error.strerror}. Choose another folder.")
            return
        self._page.say(f"Saved {path.name}.")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def reach_of(
    one: ParameterMap, region: BoolArray, window: tuple[float, float]
) -> tuple[float, float]:
    """From where to where the accepted voxels of a region reach, without the farthest few.

    A window on screen may end amid them. It is taken where there is nothing to reach over.
    """
    values = one.values[region & one.quality_mask]
    values = values[np.isfinite(values)]
    if not values.size:
        return window
    low, high = (float(edge) for edge in np.percentile(values, FARTHEST))
    return (low, high) if low < high else window


def _with_mean_curves(
    analysis: Analysis,
    rows: tuple[RegionStatistics, ...],
    labels: NDArray[Any],
    names: Mapping[int, str],
) -> tuple[RegionStatistics, ...]:
    """Rows with the posterior of each region's mean curve, where the maps are a posterior's."""
    if analysis.settings.method.central_volume:
        return rows
    return with_mean_curves(rows, region_posterior(analysis, labels, names))
