"""Late tissue on screen: its volumes, its outlines, and a core that somebody has loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray
from psygnal import Signal

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.masks import Mask, OtherGridError
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.regions import (
    ABOVE,
    LATE,
    LateTissue,
    LateVolumes,
    largest_slice,
    mismatch,
    volume_words,
)
from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.io.mask_files import read_mask
from napari_dsc.io.readers import READERS
from napari_dsc.viewer.file_dialogs import ask_file
from napari_dsc.viewer.layers import KEY, staying_active, to_screen, volume_options
from napari_dsc.viewer.overlays import Marks
from napari_dsc.viewer.regions.late_summary import late_summary
from napari_dsc.viewer.regions.late_tissue_tab import LatePage
from napari_dsc.viewer.scan.read_with_dialogs import ask
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["Late"]

# From early to late, told apart in lightness too.
COLORS: Mapping[float, tuple[float, ...]] = {
    4.0: (0.55, 0.85, 1.0, 1.0),
    6.0: (0.2, 1.0, 0.35, 1.0),
    8.0: (1.0, 0.6, 0.0, 1.0),
    10.0: (1.0, 0.25, 0.65, 1.0),
}
# Told apart without colour too: how many borders of how many are drawn.
PATTERNS: Mapping[float, tuple[int, int]] = {4.0: (1, 2), 6.0: (1, 1), 8.0: (2, 3), 10.0: (1, 3)}
MASKS = f"NIfTI ({' '.join(f'*{ending}' for ending in READERS['NIfTI'].endings)})"  # for dialogs
CORE = (1.0, 1.0, 1.0, 1.0)


class Late:
    """Follows the Tmax of the scan at hand.

    Parameters
    ----------
    viewer : Viewer
        Where outlines become layers.
    screen : Screen
        Says which scan is at hand.
    page : LatePage
        Shows the volumes.
    marks : Marks
        Outlines them.

    Attributes
    ----------
    went : SignalInstance
        Emits the slice, from 0, that is shown because it holds most of what is above a limit.
    cleaned : SignalInstance
        Emits how late tissue was cleaned before the reader had it cleaned otherwise.
    """

    went = Signal(int)
    cleaned = Signal(object)

    def __init__(self, viewer: "Viewer", screen: "Screen", page: LatePage, marks: Marks) -> None:
        self._viewer, self._screen, self._page, self._marks = viewer, screen, page, marks
        self._found: tuple[LateTissue, ...] = ()
        self._of: Any = None  # the result that it was found in
        self._cores: dict[Scan, tuple[str, BoolArray]] = {}
        self._spread: dict[float, dict[str, str]] = {}  # by limit and study
        page.changed.connect(self.measure)
        page.cleaned.connect(self._on_cleaned)
        screen.chosen.connect(self._on_layers)
        page.ticked.connect(self._on_ticked)
        page.asked.connect(self.go_to)
        page.layers.changed.connect(self.as_layers)
        page.load_core.changed.connect(self.ask)

    def refresh(self) -> None:
        """Measure anew if the maps are new, or those of another scan."""
        scan = self._screen.scan
        result = None if scan is None or scan.results.run is None else scan.results.run[1]
        if scan is not None:
            self._page.show_cleaning(scan.layers.cleaning)
        if result is not self._of:
            self._of, self._spread, self._found = result, {}, ()
            if self._page.isVisible() or self._page.ticks or scan in self._cores:
                self.measure()

    def show_spread(self, kind: str, volumes: FloatArray) -> None:
        """Tell between which volumes a study found the answer.

        Parameters
        ----------
        kind : str
            What it varied.
        volumes : ndarray, shape (n, 4)
            mL above each of the limits, in each of its variants; NaN where there is none.
        """
        for limit, values in zip(ABOVE, np.asarray(volumes).T, strict=True):
            known = values[np.isfinite(values)]
            if known.size:
                told = self._spread.setdefault(limit, {})
                told[kind] = f"{kind} {known.min():.1f} to {known.max():.1f}"
        self.measure()

    def measure(self) -> None:
        """Fill the table from the maps now."""
        scan = self._screen.scan
        self._found = ()
        told: LateVolumes | None = None
        if scan is not None and scan.results.run is not None:
            try:
                summary = late_summary(scan)
                if summary is not None:
                    self._found, told = summary.found, summary.volumes
            except DscError as error:
                self._page.show_late((), None, {})
                self._page.say(str(error))
                self._outline(scan)
                self._show_core()
                return
        spread = {limit: "; ".join(told.values()) for limit, told in self._spread.items()}
        self._page.show_late(self._found, told, spread)
        self._outline(scan)
        self._show_core()

    def _on_cleaned(self) -> None:
        """Clean the late tissue of the scan at hand as the page has it."""
        scan = self._screen.scan
        if scan is None:
            return
        before = scan.layers.cleaning
        scan.layers.clean(self._page.cleaning)
        if before != scan.layers.cleaning:
            self.cleaned.emit(before)

    def _on_layers(self, names: frozenset[str]) -> None:
        """Follow whoever has it cleaned otherwise: the page, Undo, a record."""
        scan = self._screen.scan
        if "cleaning" not in names or scan is None:
            return
        self._page.show_cleaning(scan.layers.cleaning)
        if self._found or self._page.isVisible():
            self.measure()
            self._refresh_layers(scan)

    def toggle(self) -> None:
        """Outline Tmax > 6 s on every picture, or nothing."""
        if not self._found:
            self.measure()
        if self._found:
            on = bool(self._page.ticks)
            for limit in ABOVE:
                self._page.tick(limit, not on and limit == LATE)

    def outline(self, limit: float = LATE) -> None:
        """Outline a limit on every picture."""
        if not self._found:
            self.measure()
        if self._found:
            self._page.tick(limit, True)

    def go_to(self, limit: float = LATE) -> None:
        """Show the slice that holds most of what is above a limit, in every view."""
        if not self._found:
            self.measure()
        scan, dims = self._screen.scan, self._viewer.dims
        late = next((one for one in self._found if one.above == limit), None)
        hidden = [axis for axis in range(dims.ndim - 3, dims.ndim) if axis not in dims.displayed]
        if scan is None or late is None or not hidden:
            return
        if not late.mask.any():
            self._screen.say(f"Nothing is above {limit:g} s.")
            return
        axis = hidden[0] - dims.ndim + 3  # of z, y and x
        voxel = [0, 0, 0]
        voxel[axis] = largest_slice(to_screen(late.mask, scan.place), axis)
        there = scan.position_of((voxel[0], voxel[1], voxel[2]), dims.units)
        dims.set_point(hidden[0], there[axis])
        self.went.emit(voxel[axis])

    def _on_ticked(self, _limit: float, _on: bool) -> None:
        self._outline(self._screen.scan)

    def _outline(self, scan: Scan | None) -> None:
        if scan is None:
            return
        found, ticked = {one.above: one for one in self._found}, self._page.ticks
        for limit, color in COLORS.items():
            wanted = limit in ticked and limit in found
            mask = to_screen(found[limit].mask, scan.place) if wanted else None
            self._marks.show(_name(limit), mask, scan.layer, color, PATTERNS[limit])
        core = self._cores.get(scan)
        shown = None if core is None else to_screen(core[1], scan.place)
        self._marks.show("core mask", shown, scan.layer, CORE)

    def as_layers(self) -> None:
        """Add a labels layer for each limit; one that stands is refreshed."""
        scan = self._screen.scan
        if scan is None:
            return
        from napari.utils.colormaps import DirectLabelColormap

        standing = self._refresh_layers(scan)
        for one in self._found:
            if one.above in standing:
                continue
            data, name = _as_layer(one, scan)
            color = COLORS[one.above]
            layer = Labels(
                data,
                name=name,
                visible=not self._viewer.canvas.grid.enabled,
                colormap=DirectLabelColormap(
                    color_dict={0: (0.0, 0.0, 0.0, 0.0), 1: color, None: color}
                ),
                metadata={
                    KEY: {
                        "affine": scan.facts.series.affine,
                        "late": one.above,
                        "scan_layer": scan.layer,
                        "role": "late",
                    }
                },
                **volume_options(scan.place),
            )
            layer.contour = 1
            with staying_active(self._viewer):
                self._viewer.layers.append(layer)

    def _refresh_layers(self, scan: Scan) -> set[float]:
        """Have layers that stand hold what is counted now; return their limits."""
        found = {one.above: one for one in self._found}
        standing = set()
        for layer in self._viewer.layers:
            own = layer.metadata.get(KEY, {})
            limit = own.get("late")
            if limit in found and own["scan_layer"] is scan.layer:
                layer.data, layer.name = _as_layer(found[limit], scan)
                standing.add(limit)
        return standing

    # -- the core ------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for a core mask."""
        path = ask_file(self._page, "Load a core mask", MASKS)
        if path is not None:
            self.load_core(path, asking=True)

    def load_core(self, path: Path, *, asking: bool = False) -> None:
        """Take a mask as the core: mismatch volume and ratio are told from now on.

        Parameters
        ----------
        path : Path
            NIfTI on the grid of the scan. One that lies elsewhere is refused, and said.
        asking : bool
            Whether the user is asked which of several labels is meant, and whether a mask on
            another grid may be resampled; if not, both are refused.
        """
        scan = self._screen.scan
        if scan is None:
            return
        try:
            core = _asked(path, scan) if asking else read_mask(path, scan.facts.series)
        except DscError as error:
            self._page.core.setText(str(error))
            return
        if core is None:
            return
        self._cores[scan] = path.name, core.voxels
        self.measure()
        if core.notices:
            self._page.core.setText("\n".join([self._page.core.text(), *core.notices]))

    def _show_core(self) -> None:
        scan = self._screen.scan
        core = None if scan is None else self._cores.get(scan)
        late = next((one for one in self._found if one.above == LATE), None)
        if scan is None or core is None or late is None:
            self._page.show_core(None)
            return
        name, mask = core
        self._page.show_core(mismatch(late.mask, mask, scan.facts.series.affine), name)

    def forget(self, layer: Any) -> None:
        """Hold on to nothing of a scan that was removed."""
        self._cores = {scan: one for scan, one in self._cores.items() if scan.layer is not layer}


def _asked(path: Path, scan: Scan) -> Mask | None:
    """Read a core mask; None if the user would rather not answer what has to be asked."""
    label, resample = None, False
    while True:
        try:
            return read_mask(path, scan.facts.series, "core mask", label=label, resample=resample)
        except ChoiceNeededError as error:
            label = ask(error, "Load a core mask")
            if label is None:
                return None
        except OtherGridError as error:
            words = {"yes": "resample it to the nearest voxel of the scan"}
            resample = (
                ask(ChoiceNeededError("grid", str(error), words), "Load a core mask") == "yes"
            )
            if not resample:
                return None


def _as_layer(one: LateTissue, scan: Scan) -> tuple[NDArray[np.uint8], str]:
    """What a layer of late tissue holds, and its name."""
    data = np.ascontiguousarray(to_screen(one.mask, scan.place)).astype(np.uint8)
    return data, f"{_name(one.above)}: {volume_words(one.cleaned)} mL"


def _name(limit: float) -> str:
    return f"{TMAX.symbol} > {limit:g} s"
