"""The reading room: views, colours, sides, passage, regions, late tissue, report, keys."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_dsc.core.quantities import FAMILIES, TMAX
from napari_dsc.core.reading_orders import reading_of
from napari_dsc.viewer.aif.studies import Studies
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.docks import show_docked
from napari_dsc.viewer.layers import staying_active
from napari_dsc.viewer.maps.bolus_cine import (
    Cine,
    is_outdated,
    refresh_subtracted,
    subtracted_layer,
)
from napari_dsc.viewer.maps.colormaps import fixed_windows, show_family
from napari_dsc.viewer.maps.map_layers import (
    is_reshaped,
    prepare_grid,
    show_rejected,
    show_scale,
)
from napari_dsc.viewer.maps.relative_scale import factors_of
from napari_dsc.viewer.maps.tmax_steps import show_steps
from napari_dsc.viewer.maps.view_modes import GRIDS, SCAN, Views
from napari_dsc.viewer.overlays import Marks
from napari_dsc.viewer.overlays.orientation_labels import Letters
from napari_dsc.viewer.regions.late_tissue import Late
from napari_dsc.viewer.regions.regions import Regions
from napari_dsc.viewer.review.anatomy_regions import Carrying
from napari_dsc.viewer.review.anatomy_underlay import Aligning
from napari_dsc.viewer.review.grey_baseline import GreyBaseline
from napari_dsc.viewer.review.key_bindings import bind
from napari_dsc.viewer.review.lead_bar import LeadBar
from napari_dsc.viewer.review.leading import Leading
from napari_dsc.viewer.review.lightbox import Shown
from napari_dsc.viewer.review.reporting import Reporting
from napari_dsc.viewer.review.review_dock import Pages
from napari_dsc.viewer.review.scan_title import ScanTitle
from napari_dsc.viewer.review.side_by_side import SideBySide
from napari_dsc.viewer.review.slices_view import Slices
from napari_dsc.viewer.review.toolbar import SIDES, Bar, anatomies
from napari_dsc.viewer.review.tour import Stops, Tour, cards, is_wanted
from napari_dsc.viewer.review.verdict_bar import RELATIVE, Top, VerdictBar
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.tumour.tumours import Tumours

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["Room"]

BAR = "Reading bar"
ABSOLUTE = "Absolute values"
OPENED = "{} lies beside the maps: choose it for Overlay, or on the page Tumour."
LOOK = 500  # ms for which a user looks at a scan before anything is made ready
AFTER = 80  # ms after a gesture, when its picture is there


class Room:
    """Everything that reads maps, and changes none of them.

    Parameters
    ----------
    viewer : Viewer
        Whose window it furnishes.
    parent : QWidget
        With whom it ends.
    screen : Screen
        Says which scan is at hand.
    curves : Curves
        Shows how the bolus passes a region.
    marks : Marks
        Outlines what is measured.
    studies : Studies
        Whose results tell how sure a volume is.
    form : Stops
        Widgets at which the tour stops.

    Attributes
    ----------
    bar : Bar
        The bar above the picture.
    top : Top
        The bar, and the verdict below it: what is docked.
    views : Views
        What is on screen.
    lead : LeadBar
        What the maps tell first, below it.
    verdict : VerdictBar
        Whether the maps can be believed, beside that.
    beside : SideBySide
        Keeps scans apart.
    title : ScanTitle
        What the scan at hand is called.
    letters : Letters
        Which side is which.
    grey : GreyBaseline
        The scan, where its maps are blank.
    slices : Slices
        Many slices at once.
    cine : Cine
        Plays the passage.
    pages : Pages
        The dock in which maps are measured.
    regions, late : Regions, Late
        What is painted and measured; late tissue.
    reporting, aligning : Reporting, Aligning
        One page of it all; anatomies under the maps.
    carrying : Carrying
        Regions between an anatomy and the maps.
    tumours : Tumours
        What enhances, and what is read of it.
    tour : Tour
        Five cards for the first time.
    """

    regions: Regions

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: "Screen",
        curves: Curves,
        marks: Marks,
        studies: Studies,
        form: Stops,
    ) -> None:
        self._viewer, self._parent, self._screen = viewer, parent, screen
        self._further: dict[str, Callable[[], None]] = {}
        self.bar, self.letters = Bar(viewer), Letters(viewer, marks)
        self.verdict, self.lead = VerdictBar(), LeadBar()
        self.top = Top(self.bar, self.verdict, self.lead)
        self.views = Views(viewer, parent)
        self._leading = Leading(parent, screen, self.views, self.lead)
        self.beside = SideBySide(viewer, parent, screen, self.views, self.show)
        self.title = ScanTitle(viewer, parent, screen)
        self.cine = Cine(viewer, parent)
        self._state: Any = None  # what the bar shows
        self._ordered: Any = None  # maps that were put in order
        self._before: Any = None  # the view from which one map was enlarged
        self._later = QTimer(parent)
        self._later.setSingleShot(True)
        self._later.setInterval(AFTER)
        self._later.timeout.connect(self._follow)
        self.grey = GreyBaseline(viewer, self.views)
        self.slices = Slices(viewer, parent, screen, self.views, self.letters, marks, self.grey)
        self.pages = Pages(viewer)
        page = self.pages.regions
        self.regions = Regions(viewer, parent, screen, page, self.views, curves, marks)
        self.late = Late(viewer, screen, self.pages.late, marks)
        self.reporting = Reporting(parent, screen)
        self.aligning = Aligning(viewer, parent, screen, self.views)
        self.carrying = Carrying(viewer, parent, screen, self.regions, self.views)
        self.tumours = Tumours(
            viewer,
            parent,
            screen,
            self.pages.tumour,
            marks,
            self.regions,
            self._make_reference,
        )
        self.tour = Tour(parent, cards(form, self.bar))
        self.aligning.laid.connect(self._on_anatomy)
        self.regions.measured.connect(self._leading.refresh)
        self._leading.measured.connect(self.regions.later)
        self.late.cleaned.connect(self.regions.follow_cleaning)
        studies.heard.connect(self.late.show_spread)
        self._connect()

    def _connect(self) -> None:
        bar = self.bar
        bar.grid.changed.connect(lambda: self.show("grid"))
        bar.slices.changed.connect(lambda: self.show("slices"))
        bar.rows.changed.connect(lambda: self.show("rows"))
        bar.overlay.changed.connect(lambda: self.show("overlay"))
        bar.single.changed.connect(lambda: self.show("single"))
        bar.map.changed.connect(self._on_map)
        bar.opacity.changed.connect(self._on_opacity)
        bar.align.changed.connect(self.register)
        bar.underlay.changed.connect(self._on_underlay)
        bar.family.changed.connect(self._on_family)
        bar.windows.changed.connect(self.fix_windows)
        bar.side.changed.connect(self._on_side)
        bar.play.changed.connect(self.play)
        bar.subtract.changed.connect(self._on_subtract)
        self.verdict.relative.changed.connect(self._on_scale)
        bar.rejected.changed.connect(self._on_rejected)
        bar.reading.changed.connect(self.read_for)
        bar.steps.changed.connect(self._on_steps)
        bar.choose_rows.chosen.connect(self._on_rows)
        self.lead.look.changed.connect(self.show_late_tissue)
        self.lead.region.changed.connect(self.take_lesions)
        self.lead.relative.changed.connect(self.make_relative)
        self.lead.report.changed.connect(self.report)
        self.late.went.connect(self.slices.lightbox.keep)
        self.pages.regions.on_anatomy.changed.connect(self.carrying.ask)
        self._screen.chosen.connect(self._on_layers)
        bar.regions.changed.connect(lambda: self.pages.show_page(self.pages.regions))
        bar.late.changed.connect(self.show_late)
        bar.report.changed.connect(self.report)
        bar.help.changed.connect(self.show_help)
        self.pages.help.tour.changed.connect(self.tour.start)
        self.slices.left.connect(self._show_kind)
        self.slices.lightbox.enlarged.connect(self._on_enlarged)
        self._screen.shown.connect(self._on_shown)
        self._viewer.layers.events.inserted.connect(self._on_opened)
        self._viewer.layers.events.removed.connect(self._on_removed)
        self._viewer.canvas.grid.events.enabled.connect(self._on_grid)
        self._viewer.scene.camera.events.orientation.connect(self._on_turned)

    def _on_shown(self, scan: Scan | None) -> None:
        """Make ready for the first maps while the user looks at the scan."""
        if scan is not None and not scan.layers.maps:
            soon(self._parent, partial(prepare_grid, self._viewer), LOOK)

    def _on_opened(self, event: Any) -> None:
        """Have a volume that is opened beside the scan take no tile among its maps."""
        scan = self._screen.scan
        self.carrying.take_up(event.value)
        known = event.value in [one for _, one in anatomies(self._viewer)]
        if known and event.value.visible and scan is not None and self.views.kind == "grid":
            soon(self._parent, self._put_below)
            self._screen.say(OPENED.format(event.value.name))

    def _put_below(self) -> None:
        scan = self._screen.scan
        if scan is not None and self.views.kind == "grid":
            self.views.show(scan, "grid")

    def dock(self) -> None:
        """Show the bar above the picture."""
        show_docked(self._viewer, self.top, BAR, "top", tabify=False)

    def refresh(self, *, busy: bool) -> None:
        """Bring the room up to date: at once for another scan or other maps, else in a moment.

        It is asked at every gesture, whose picture comes first.
        """
        scan = self._screen.scan
        symbols = () if scan is None else tuple(scan.layers.maps)
        state = (scan, symbols, busy, self._viewer.canvas.grid.enabled, self.views.kind)
        if state != self._state:
            self._state = state
            self._show_state(scan, busy=busy)
            self._follow()
        else:
            self._later.start()

    def _show_state(self, scan: Scan | None, *, busy: bool) -> None:
        self.bar.enable(scan, busy=busy)
        self.lead.allow_report(not busy)
        shown = None if scan is None else (scan, tuple(scan.layers.maps), scan.layers.reading_key)
        if scan is not None and shown != self._ordered:  # a map has come, or another scan
            self._ordered = shown
            self.views.order(scan)
        if scan is not None and scan.layers.maps and self.views.kind is None:
            self.views.kind = "grid" if self._viewer.canvas.grid.enabled else None
        self._show_kind()

    def _follow(self) -> None:
        """Bring what reads the maps up to date with them."""
        scan = self._screen.scan
        self._show_verdict(scan)
        self.letters.show(scan)
        self._show_choices(scan)
        self.views.veil()
        self.grey.refresh()
        self.slices.refresh()
        self.regions.refresh()
        self.tumours.refresh()
        self.late.refresh()
        self._show_steps()
        self._leading.refresh()

    def _on_layers(self, names: frozenset[str]) -> None:
        """Follow what decides how late tissue is told."""
        if names & {"cleaning", "mirrored", "midline"}:
            self._leading.refresh()

    def _show_verdict(self, scan: Scan | None) -> None:
        """Say of the maps on screen whether they can be believed."""
        made = scan is not None and bool(self.views.pictures(scan).keys() & scan.layers.maps.keys())
        if scan is None or scan.results.run is None or not made:
            self.verdict.show_verdict(())
            return
        analysis = scan.results.run[1]
        words = ""
        if factors_of(scan, analysis):
            words = RELATIVE if scan.layers.absolute else ABSOLUTE
        self.verdict.show_verdict(
            analysis.findings,
            older=scan.results.outdated,
            relative=words,
            times=scan.finer_times(),
        )

    @property
    def actions(self) -> dict[str, Callable[[], None]]:
        """What keys can do here, by name."""
        return {
            "grid": lambda: self.show("grid"),
            "slices": lambda: self.show("slices"),
            "rows": lambda: self.show("rows"),
            "overlay": lambda: self.show("overlay"),
            "single": lambda: self.show("single"),
            "previous_picture": lambda: self.turn(-1),
            "next_picture": lambda: self.turn(1),
            "next_colours": self.next_family,
            "fixed_windows": self.fix_windows,
            "other_side": self.turn_side,
            "play_bolus": self.play,
            "subtract_baseline": self.toggle_subtraction,
            "new_region": self.new_region,
            "propose_reference": self.propose_reference,
            "normalise": self.normalise,
            "windows_from_region": self.regions.level,
            "copy_table": self.regions.copy,
            "save_table": self.regions.ask,
            "mirror": self.mirror,
            "outline_late_tissue": self.toggle_late,
            "load_core": self.load_core,
            "register_anatomy": self.register,
            "fade_anatomy_in": lambda: self.fade(-0.1),
            "fade_anatomy_out": lambda: self.fade(0.1),
            "report": self.report,
            "help": self.show_help,
            **self._further,
        }

    def add_actions(self, actions: Mapping[str, Callable[[], None]]) -> None:
        """Take what keys can do elsewhere in the window, by name."""
        self._further.update(actions)

    def listen(self, on: bool) -> None:
        """Listen to the keys from now on, or no longer."""
        bind(self._viewer, self.actions, on)
        if not on:
            self.slices.leave()
            self.stop()
            self.tour.stop()

    def welcome(self) -> None:
        """Offer the tour, unless somebody has switched it off."""
        if self.tour.offered and is_wanted() and self.tour.at is None:
            self.tour.start()

    def report(self) -> None:
        """Ask where to, and write a report."""
        self.reporting.ask()

    def show_help(self) -> None:
        """Show keys and gestures, and the way into the tour."""
        self.pages.show_page(self.pages.help)

    # -- views ---------------------------------------------------------------------------------

    @property
    def kind(self) -> str | None:
        """The view on screen: "slices", "rows", "grid", "overlay", "single"; None: another."""
        return self.slices.kind or self.views.kind

    def show(self, kind: Any) -> None:
        """Show the maps in one of the views: "slices", "rows", "grid", "overlay", "single"."""
        scan = self._screen.scan
        if scan is None:
            return
        if kind in ("slices", "rows"):
            self.slices.show(kind)
        else:
            self.slices.leave()
            self.views.show(scan, kind)
        self._show_kind()

    def leave_slices(self) -> None:
        """Show one slice again: many at once are not drawn on."""
        self.slices.leave()
        self._show_kind()

    def _show_kind(self) -> None:
        """Have the bar tell which view is on screen, and which map."""
        scan = self._screen.scan
        pictures = [] if scan is None else list(self.views.pictures(scan))
        self.bar.show_maps(pictures, self.views.symbol)
        self.bar.show_view(self.kind if scan is not None and scan.layers.maps else None)
        if scan is not None:
            self.bar.choose_rows.show_rows(
                scan.layers.reading.ordered(scan.layers.maps), scan.layers.shown_rows
            )
        self._show_steps()
        self._leading.refresh()

    def _on_enlarged(self, shown: Shown) -> None:
        """Show a map alone, at the voxel of its tile."""
        self.slices.lightbox.chosen.emit(shown)
        self.enlarge(shown.symbol)

    def enlarge(self, symbol: str) -> None:
        """Show one map alone; if one is, show again what was there before."""
        if self.kind == "single":
            kind, self._before = self._before or "grid", None
        else:
            self._before, kind = self.kind or "grid", "single"
            self.views.symbol = symbol
        self.show(kind)

    def turn(self, step: int) -> None:
        """Look at the next map, or the one before."""
        scan = self._screen.scan
        if scan is None:
            return
        if self.slices.kind is not None:
            self.slices.turn(step)
        else:
            self.views.turn(scan, step)
        self._show_kind()

    def _on_map(self, symbol: str | None) -> None:
        scan = self._screen.scan
        if scan is None or symbol is None:
            return
        if self.slices.kind is None or not self.slices.look_at(symbol):
            self.slices.leave()
            self.views.look_at(scan, symbol)
        self._show_kind()

    def _on_opacity(self, opacity: float) -> None:
        if self._screen.scan is not None:
            self.views.set_opacity(self._screen.scan, opacity)

    def _on_underlay(self, layer: Any) -> None:
        if self._screen.scan is not None:
            self.aligning.choose(self._screen.scan, layer)
        self._screen.updated.emit()

    def _on_anatomy(self) -> None:
        """Show which anatomy the maps lie over now."""
        self._show_kind()
        self._screen.updated.emit()

    def _show_choices(self, scan: Scan | None) -> None:
        """Have the boxes of the bar tell what is true of the scan at hand."""
        bar = self.bar
        right = str(self._viewer.scene.camera.orientation2d[1])
        told: dict[Any, Any] = {bar.side: SIDES[0 if right == "right" else 1]}
        if scan is not None:
            told[bar.family], told[bar.subtract] = (
                scan.layers.family,
                scan.layers.instead is not None,
            )
            told[bar.rejected] = scan.layers.rejected
            told[bar.reading] = scan.layers.reading.name
            told[bar.steps] = scan.layers.in_steps
            if not self.aligning.running:
                under = [
                    one for one, made in scan.layers.brought.items() if made is scan.layers.anatomy
                ]
                told[bar.underlay] = under[0] if under else None
            self._follow_subtraction(scan)
        for widget, value in told.items():
            if widget.value != value:
                with widget.changed.blocked():
                    widget.value = value

    def _follow_subtraction(self, scan: Scan) -> None:
        """Subtract the baseline that is set now, at the times that are known now."""
        if scan.layers.instead is not None and is_outdated(scan.layers.instead, scan):
            refresh_subtracted(scan.layers.instead, scan)

    def register(self) -> None:
        """Register the chosen anatomy with the scan."""
        scan, anatomy = self._screen.scan, self.bar.underlay.value
        if scan is not None and anatomy is not None:
            self.aligning.register(scan, anatomy)

    def _on_grid(self, event: Any) -> None:
        """Hear that napari's own button was pressed, or a view was chosen here."""
        if is_reshaped(self._viewer):
            return
        if event.value != (self.views.kind in GRIDS):
            self.views.kind = "grid" if event.value else None
            self._show_kind()
            self.views.aside(grid=event.value)

    def _on_removed(self, event: Any) -> None:
        self.views.forget(event.value)
        self.regions.forget(event.value)
        self.late.forget(event.value)
        self.views.make_room(event.value)
        if self._screen.scan is not None and self._screen.scan.layer is event.value:
            self.stop()

    def new_region(self) -> None:
        """Draw another region, and show the table."""
        if self._screen.scan is not None and self._screen.scan.results.run is not None:
            self.pages.show_page(self.pages.regions)
            self.regions.new()
            self.bar.show_view(self.views.kind)

    def propose_reference(self) -> None:
        """Propose a region of white matter that seems normal, and show the table."""
        if self._screen.scan is not None and self._screen.scan.results.run is not None:
            self.pages.show_page(self.pages.regions)
            self.regions.reference.propose()

    def normalise(self) -> None:
        """Divide CBV and CBF by their means in the region that is chosen."""
        self.regions.reference.normalise()

    def load_core(self) -> None:
        """Ask for a core mask, and show what it tells."""
        if self._screen.scan is not None and self._screen.scan.results.run is not None:
            self.show_late()
            self.late.ask()

    def fade(self, step: float) -> None:
        """Let more or less of the anatomy through the map."""
        opacity = self.bar.opacity
        opacity.value = min(1.0, max(0.0, opacity.value + step))

    def mirror(self) -> None:
        """Compare regions with the other side, or not."""
        if self._screen.scan is not None and self._screen.scan.results.run is not None:
            self.pages.show_page(self.pages.regions)
            mirror = self.pages.regions.mirror
            mirror.value = not mirror.value

    def toggle_late(self) -> None:
        """Outline Tmax > 6 s on every picture, or nothing."""
        if self._screen.scan is not None and self._screen.scan.results.run is not None:
            self.late.toggle()

    def show_late(self) -> None:
        """Show the page of late tissue."""
        self.pages.show_page(self.pages.late)
        self.late.measure()

    # -- what it is read for -------------------------------------------------------------------

    def read_for(self, name: str) -> None:
        """Read the scan at hand for something else: "Stroke" or "Tumour"."""
        scan = self._screen.scan
        if scan is None or scan.layers.reading.name == name:
            return
        scan.layers.read_for(reading_of(name).key)
        self._read_first(scan)
        self._show_choices(scan)
        self._leading.refresh()
        self._screen.updated.emit()

    def _read_first(self, scan: Scan) -> None:
        """Put the maps in order, and look at the first, in the view on screen."""
        self.views.symbol = next(iter(scan.layers.ordered_maps), self.views.symbol)
        self.views.order(scan)
        if self.slices.kind is not None:
            self.slices.refresh()
        elif self.views.kind not in (None, "grid"):  # the grid shows all
            self.views.show(scan, self.views.kind or "single")
        self._show_kind()

    def _on_steps(self, on: bool) -> None:
        if self._screen.scan is not None:
            self._screen.scan.layers.show_steps(on)
            self._show_steps()

    def _show_steps(self) -> None:
        """Show Tmax in steps where that is wanted, the scan below them unless it lies there."""
        scan = self._screen.scan
        if scan is not None and TMAX.symbol in scan.layers.maps:
            beneath = self.views.kind == "overlay" or not scan.layers.in_steps
            show_steps(scan, None if beneath else self.grey.of(scan))

    def _on_rows(self, symbols: tuple[str, ...]) -> None:
        scan = self._screen.scan
        if scan is not None:
            scan.layers.show_rows(symbols)
            self.slices.refresh()
            self._show_kind()

    # -- where the sentence leads --------------------------------------------------------------

    def show_late_tissue(self) -> None:
        """Show Tmax alone, in steps and outlined, on the slice that holds most late tissue."""
        scan = self._screen.scan
        if scan is None or TMAX.symbol not in self.views.pictures(scan):
            return
        scan.layers.show_steps(True)
        self.late.outline()
        if self.kind != "single":
            self._before = self.kind
        self.views.symbol = TMAX.symbol
        self.show("single")
        self.late.go_to()
        self._show_choices(scan)

    def take_lesions(self) -> None:
        """Make each piece of late tissue a region, and show the table."""
        if self._screen.scan is not None and self._screen.scan.results.run is not None:
            self.pages.show_page(self.pages.regions)
            self.regions.take_lesions()

    def _make_reference(self) -> None:
        """Propose normal white matter, and divide by it, with the page of tumours in sight."""
        self.make_relative()
        self.pages.show_page(self.pages.tumour)

    def make_relative(self) -> None:
        """Propose normal white matter, divide CBV and CBF by their means in it, and show rCBV."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        self.pages.show_page(self.pages.regions)
        with self.views.steady_grid(), staying_active(self._viewer):
            self.regions.reference.propose()
        choice = self.pages.regions.choice
        if choice is None or choice[0] != self.regions.reference.label_of(scan):
            return  # the page says why there is none
        self.normalise()
        self._read_first(scan)

    # -- colours and sides ---------------------------------------------------------------------

    def _on_family(self, family: str) -> None:
        scan = self._screen.scan
        if scan is not None:
            show_family(scan, family)

    def _on_scale(self) -> None:
        """Show amounts on the other scale."""
        scan = self._screen.scan
        if scan is not None and scan.results.run is not None:
            scan.layers.show_absolute(not scan.layers.absolute)
            show_scale(scan, scan.results.run[1])
            self._show_verdict(scan)

    def _on_rejected(self, on: bool) -> None:
        if self._screen.scan is not None:
            show_rejected(self._screen.scan, on)
            self.grey.refresh()

    def next_family(self) -> None:
        """Show all maps in the next family of colours."""
        families = list(FAMILIES)
        at = families.index(self.bar.family.value)
        self.bar.family.value = families[(at + 1) % len(families)]

    def fix_windows(self) -> None:
        """Show every map in its fixed window again."""
        if self._screen.scan is not None:
            fixed_windows(self._screen.scan)

    def _on_side(self, side: str) -> None:
        camera = self._viewer.scene.camera
        down, _ = camera.orientation2d
        camera.orientation2d = (down, "right" if side == SIDES[0] else "left")

    def _on_turned(self, _event: Any) -> None:
        self._show_choices(self._screen.scan)

    def turn_side(self) -> None:
        """Look from the other side."""
        self.bar.side.value = SIDES[1 - SIDES.index(self.bar.side.value)]

    # -- the passage ---------------------------------------------------------------------------

    def play(self) -> None:
        """Play the passage of the bolus, or stop."""
        scan = self._screen.scan
        if self.cine.playing or scan is None:
            self.stop()
            return
        self.leave_slices()
        if not self.views.pictures(scan)[SCAN].visible:
            self.views.look_at(scan, SCAN)
            self.show(self.views.kind)
        self.cine.play(scan)
        self.bar.play.text = "■ Stop"

    def stop(self) -> None:
        """Stop playing."""
        self.cine.stop()
        self.bar.play.text = "▶ Bolus"

    def _on_subtract(self, on: bool) -> None:
        scan = self._screen.scan
        if scan is None:
            return
        known, layers = scan.layers.instead, self._viewer.layers
        if on and known is None:
            layer = subtracted_layer(scan)
            scan.layers.subtract(layer)
            layers.insert(layers.index(scan.layer) + 1, layer)
            if not scan.layer.visible:
                self.views.symbol = SCAN
            scan.layer.visible = False
        elif not on and known is not None:
            scan.layers.subtract(None)
            seen = known.visible
            if known in layers:
                layers.remove(known)
            scan.layer.visible = seen
        if self.views.symbol == SCAN and self.views.kind != "grid":
            self.show(self.views.kind or "single")

    def toggle_subtraction(self) -> None:
        """Take the baseline away from the scan, or not."""
        self.bar.subtract.value = not self.bar.subtract.value
