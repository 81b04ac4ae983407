"""Reads the tumour of the scan at hand: proposes what enhances, measures it, outlines hot spots."""

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtCore import QObject

from napari_dsc.anatomy import bringing, register
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import mean_of_baseline
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.regions import curve_table
from napari_dsc.core.tumour import (
    ENHANCEMENT_NAME,
    TumourChoice,
    TumourReading,
    enhancement_mask,
    subtraction,
    vessel_mask,
)
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, Progress
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.file_dialogs import ask_new_file
from napari_dsc.viewer.layers import (
    KEY,
    placement,
    staying_active,
    to_file,
    to_screen,
    volume_options,
)
from napari_dsc.viewer.overlays import SOLID, Marks
from napari_dsc.viewer.regions.enhancement_region import (
    enhancement_of,
    enhancing_on,
    lay_enhancement,
    reading_on,
    reference_label,
)
from napari_dsc.viewer.regions.region_layer import FULL, painted_on
from napari_dsc.viewer.regions.regions import Regions
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.tumour.scales import Scales
from napari_dsc.viewer.tumour.tumour_tab import NOTHING, TumourPage

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["SUBTRACTION", "Tumours"]

SUBTRACTION = "T1 after minus before, on the scan"  # of the layer
HOT, VESSELS = (1.0, 0.85, 0.1, 1.0), (0.3, 0.9, 1.0, 0.9)
DOTTED = (1, 2)
PAUSE = 0.3  # s between two steps that are told
NO_REFERENCE = (
    "No reference yet: press Read tumour, which proposes normal white matter; look at it."
)
COMPUTE = "Compute the maps first: with an artery, or without one."
NO_PLACE = "T1 can be brought onto a scan that says where its voxels lie: this one does not."
SAME = "T1 before and after contrast must be two volumes: choose another for one of them."
RANGE = (1.0, 99.5)  # percent that the window of the subtraction shows

Brought = tuple[BoolArray, FloatArray, str]


class Tumours:
    """Follows what enhances on the scan at hand.

    Parameters
    ----------
    viewer : Viewer
        Where it is painted.
    parent : QObject
        With whom it ends.
    screen : Screen
        Says which scan is at hand.
    page : TumourPage
        Shows what is read.
    marks : Marks
        Outlines hot spots and vessels in every view.
    regions : Regions
        Holds what enhances, and the reference.
    make_relative : callable
        Proposes a reference, and makes the maps that are relative to it.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a proposal begins, and when it has ended.
    """

    def __init__(
        self,
        viewer: "Viewer",
        parent: QObject,
        screen: "Screen",
        page: TumourPage,
        marks: Marks,
        regions: Regions,
        make_relative: Callable[[], None],
    ) -> None:
        self._viewer, self._screen, self._page = viewer, screen, page
        self._marks, self._regions, self._make_relative = marks, regions, make_relative
        self._outlined: tuple[Any, set[str]] = (None, set())
        self._note, self._said = "", 0.0
        self._made: Any = None  # the analysis that was last read
        self._runner = Runner(parent)
        self._runner.progressed.connect(self._on_step)
        self.changed = self._runner.changed
        page.propose.changed.connect(self.propose)
        page.draw.changed.connect(self.draw)
        page.read.changed.connect(self.read)
        page.curves.changed.connect(self.ask_curves)
        page.changed.connect(self._on_choice)
        self._scales = Scales(screen, page, self._runner, self.refresh)
        screen.shown.connect(self._on_shown)
        for box in (page.before, page.after):
            box.changed.connect(self.refresh)
        regions.measured.connect(self.measure)

    def _on_shown(self, scan: Scan | None) -> None:
        """Show how the scan at hand is read."""
        if scan is not None:
            self._page.show_choice(scan.layers.tumour, scan.layers.scale)

    @property
    def running(self) -> bool:
        """Whether T1 volumes are being brought."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop it."""
        self._runner.cancel()

    def _on_step(self, step: Progress) -> None:
        if perf_counter() > self._said + PAUSE:  # each makes the whole window look at itself
            self._said = perf_counter()
            self._screen.say(f"{step.stage} … {step.fraction:.0%}")

    def refresh(self, _event: Any = None) -> None:
        """Enable what can be done now; maps that are new are read anew."""
        scan = self._screen.scan
        made = None if scan is None or scan.results.run is None else scan.results.run[1]
        if made is not self._made or _is_seen_by_now(scan):
            self._made = made
            self.measure()
            return
        before, after = self._page.volumes()
        self._page.enable(
            maps=scan is not None and scan.results.run is not None,
            pair=before is not None and after is not None,
            busy=self.running,
            regions=scan is not None and painted_on(scan) is not None,
        )

    # -- what enhances -------------------------------------------------------------------------

    def propose(self) -> None:
        """Propose what enhances, from T1 before and after contrast."""
        scan, (before, after) = self._screen.scan, self._page.volumes()
        if scan is None or scan.results.run is None or before is None or after is None:
            return
        if before is after:
            self._page.say(SAME)
            return
        ras, analysis = scan.ras, scan.results.run[1]
        volumes = [_volume(one) for one in (before, after)]
        if ras is None or any(affine is None for _, affine in volumes):
            self._page.say(NO_PLACE)
            return

        def done(result: Brought | Failure) -> None:
            if isinstance(result, Failure):
                self._page.say(result.message)
            elif scan.layer in self._viewer.layers:
                self._lay(scan, *result)
            self.refresh()

        inputs = (
            volumes,
            mean_of_baseline(scan.facts.series.signal, scan.facts.span, scan.facts.left_out),
            ras,
            analysis.brain,
            analysis.maps,
            scan.layers.tumour.vessel_times,
            analysis.prepared.series.slice_axis,
            bool(self._page.align.value),
        )
        self._runner.start("Enhancement", _proposed, *inputs, done=done, cancelled=self.refresh)

    def _lay(self, scan: Scan, mask: BoolArray, change: FloatArray, words: str) -> None:
        """Put a proposal onto the regions, and the subtraction beside the scan."""
        self._show_subtraction(scan, change)
        if not mask.any():
            self._page.say(f"Nothing enhances by more than the limit. {words}".strip())
            return
        with staying_active(self._viewer):
            layer = self._regions.layer_of(scan)
            label = lay_enhancement(scan, layer, mask)
        if label is None:
            self._page.say(FULL)
            return
        self._note = f"Proposed from T1: look at it, and repaint it where it is wrong. {words}"
        self._screen.say("What enhances was proposed: look at it.")
        self._go_to(scan, mask)
        self._regions.measure()

    def _show_subtraction(self, scan: Scan, change: FloatArray) -> None:
        """Show the subtraction as a volume that maps can be laid over."""
        ras = scan.ras
        if ras is None:
            return
        place = placement(ras)
        data = np.ascontiguousarray(to_screen(change.astype(np.float32), place))
        known = next((one for one in self._viewer.layers if one.name == SUBTRACTION), None)
        if known is not None and known.data.shape == data.shape:
            known.data = data
            return
        low, high = np.nanpercentile(change, RANGE)
        layer = Image(
            data,
            name=SUBTRACTION,
            colormap="gray",
            contrast_limits=(float(low), float(max(high, low + 1e-6))),
            blending="translucent",
            visible=False,
            metadata={KEY: {"affine": ras}},
            **volume_options(place),
        )
        with staying_active(self._viewer):
            self._viewer.layers.insert(self._viewer.layers.index(scan.layer) + 1, layer)

    def draw(self) -> None:
        """Paint what enhances from now on."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            self._page.say(COMPUTE)
            return
        layer = self._regions.layer_of(scan)
        names: dict[int, str] = layer.metadata[KEY]["names"]
        known = next((label for label, name in names.items() if name == ENHANCEMENT_NAME), None)
        self._regions.new()
        if known is not None:
            layer.selected_label = known
        else:
            names[int(layer.selected_label)] = ENHANCEMENT_NAME
        self._screen.say("Paint what enhances on the picture.")

    # -- what is read --------------------------------------------------------------------------

    def read(self) -> None:
        """Read the tumour; propose a reference where there is none."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            self._page.say(COMPUTE)
            return
        if enhancement_of(scan) is None:
            self._page.say(NOTHING)
            return
        if reference_label(scan) is None:
            self._make_relative()
        self.measure()
        reading = scan.results.tumour
        spots = None if reading is None else reading.told_spots
        if spots is not None:
            self._go_to(scan, spots.labels == 1)

    def _go_to(self, scan: Scan, mask: BoolArray) -> None:
        """Look at the slice that holds most of some voxels."""
        counts = to_screen(mask, scan.place).sum(axis=(1, 2))
        if counts.any():
            self._viewer.dims.set_current_step(1, int(counts.argmax()))

    def measure(self) -> None:
        """Read what is painted now."""
        scan = self._screen.scan
        self.refresh()
        reading: TumourReading | None = None
        if scan is None or scan.results.run is None:
            self._page.say(COMPUTE)
        elif enhancement_of(scan) is None:
            self._page.say(NOTHING)
        else:
            try:
                reading = reading_on(scan)
            except DscError as error:
                self._page.say(str(error))
            else:
                if reading is None:
                    self._page.say(" ".join(filter(None, (self._note, NO_REFERENCE))))
        if scan is None or enhancement_of(scan) is None:
            self._note = ""
        elif reading is not None:
            self._page.show_reading(reading, self._note)
        if scan is not None:
            scan.results.take_tumour(reading)
        self._outline(scan, reading)

    def _on_choice(self) -> None:
        """Take the numbers of the page."""
        scan = self._screen.scan
        if scan is None:
            return
        words = str(self._page.thresholds.value).replace(";", ",").split(",")
        try:
            choice = TumourChoice(
                thresholds=tuple(float(one) for one in words if one.strip()),
                diameter=float(self._page.spot.value),
                vessel_times=float(self._page.vessels.value),
            )
        except DscError as error:
            self._page.say(str(error))
            return
        except ValueError:
            self._page.say("Thresholds must be numbers with commas between: 1, 1.75.")
            return
        scan.layers.read_tumour_as(choice)
        scan.layers.read_on(self._page.chosen_scale)
        self.measure()

    def _outline(self, scan: Scan | None, reading: TumourReading | None) -> None:
        """Outline hot spots with their numbers, and vessels, where that is wanted."""
        wanted: dict[str, tuple[BoolArray, Any, Any, str]] = {}
        spots = None if reading is None else reading.told_spots
        if spots is not None and self._page.show_spots.value:
            for number in range(1, len(spots.spots) + 1):
                wanted[f"hot spot {number}"] = (spots.labels == number, HOT, SOLID, "")
        if reading is not None and self._page.show_vessels.value and reading.vessels.any():
            wanted["vessels"] = (reading.vessels, VESSELS, DOTTED, "")
        layer, before = self._outlined
        with self._marks.held():
            for name in before - set(wanted):
                if layer is not None:
                    self._marks.show(name, None, layer, HOT)
            for name, (mask, color, pattern, digits) in wanted.items():
                if scan is not None:
                    shown = to_screen(mask, scan.place)
                    self._marks.show(name, shown, scan.layer, color, pattern, digits)
        self._outlined = (None if scan is None else scan.layer, set(wanted))

    # -- out -----------------------------------------------------------------------------------

    def ask_curves(self) -> None:
        """Ask where to save the curves of the regions."""
        path = ask_new_file(self._page, "Save the curves", "curves.csv", "CSV (*.csv)")
        if path is not None:
            self.save_curves(path)

    def save_curves(self, path: Path) -> None:
        """Write the curve of every voxel of the regions, whole or not at all."""
        scan = self._screen.scan
        painted = None if scan is None else painted_on(scan)
        if scan is None or painted is None or scan.results.run is None:
            return
        analysis = scan.results.run[1]
        try:
            text = curve_table(
                analysis.prepared.curves,
                analysis.time,
                analysis.brain,
                *painted,
                analysis.maps.first.quality_mask,
                analysis.curve_unit,
            )
            write_whole(path, partial(_write, text=text))
        except DscError as error:
            self._page.say(str(error))
        except OSError as error:
            self._screen.say(f"Not saved: {error.strerror}. Choose another folder.")
        else:
            self._screen.say(f"Saved {path.name}.")


def _is_seen_by_now(scan: Scan | None) -> bool:
    """Whether somebody has looked at what was proposed since it was read."""
    reading = None if scan is None else scan.results.tumour
    if scan is None or reading is None or not reading.unseen:
        return False
    found = enhancing_on(scan)
    return found is not None and not found.origin.unseen


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _volume(layer: Image) -> tuple[NDArray[Any], FloatArray | None]:
    """A volume on the axes of its file, and where it lies."""
    affine = layer.metadata.get(KEY, {}).get("affine")
    if affine is None:
        return np.asarray(layer.data), None
    return to_file(np.asarray(layer.data), placement(affine)), affine


def _proposed(
    volumes: list[tuple[NDArray[Any], FloatArray]],
    still: FloatArray,
    ras: FloatArray,
    brain: BoolArray,
    maps: DSCPerfusionMaps,
    vessel_times: float,
    slice_axis: int,
    registered: bool,
) -> Generator[Progress, None, Brought]:
    """Bring T1 before and after contrast onto the scan, and propose what enhances."""
    coarse = float(np.linalg.norm(ras[:3, :2], axis=0).min())
    brought: list[FloatArray] = []
    told: list[str] = []
    for at, (values, affine) in enumerate(volumes):
        rigid, start = None, 0.0
        if registered:
            search = register(still, ras, values, affine, brain=brain)
            found = yield from part_of_whole(search, at / 2, at / 2 + 0.35)
            rigid, start = found.rigid, 0.35
            told += found.notices
        work = bringing(values, affine, still.shape, ras, rigid=rigid, finest=coarse)
        volume, _ = yield from part_of_whole(work, at / 2 + start, (at + 1) / 2)
        brought.append(volume)
    vessels = vessel_mask(maps, brain, times=vessel_times)
    before, after = brought
    mask = enhancement_mask(
        before, after, brain, affine=ras, vessels=vessels, slice_axis=slice_axis
    )
    return mask, subtraction(before, after, brain), " ".join(dict.fromkeys(told))
