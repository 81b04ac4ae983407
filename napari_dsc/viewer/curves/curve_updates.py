"""Curves and outlines kept in step with the scan, its masks, the cursor and the time on screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import napari
import numpy as np
from psygnal import Signal
from qtpy.QtCore import QObject, QTimer
from superqt.utils import qthrottled

from napari_dsc.core.aif import fit_gamma_variate, in_words, mean_curve, saturated_samples
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import bridged
from napari_dsc.core.mask_rows import curves_of
from napari_dsc.core.types import Aif, BoolArray, FloatArray
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.curves.names import AS_MEASURED, NOT_SCALED
from napari_dsc.viewer.layers import AIF_RED, VOF_BLUE, colour_of, to_screen, vessels_of
from napari_dsc.viewer.overlays import SOLID, Marks
from napari_dsc.viewer.scan.mask_watch import Masks, MaskWatch
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen
from napari_dsc.viewer.voxel_click import Voxel

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["Drawing"]

AFTER, LATEST = 50, 500  # ms until curves are drawn: after the picture's maps, at the latest
CURSOR_PAUSE = 33  # ms between two curves under the cursor
NEAR = 1e-6  # s: what counts as the same time
DASHED = (2, 3)  # borders that are drawn, of how many
TIMES = frozenset({"repetition_time", "echo_time", "baseline", "window", "leave_out", "end"})
# What changes the arterial curve.
ARTERIAL = frozenset({"vein", "slice_timing", "aif_average", "aif_gamma_variate", "aif_shift"})
GAMMA = "gamma variate"  # in the name of an AIF
BESIDE = "AIF beside: "  # before the name of a layer, of its outline
COLORS = {"AIF": AIF_RED, "VOF": VOF_BLUE}
FIRST_BESIDE = (1.0, 0.62, 0.52, 1.0)  # of the first AIF while another, in red, is at hand


class Arteries(Protocol):
    """What a run would make of an artery now."""

    def arterial_input(
        self, scan: Scan, artery: BoolArray | Aif | None
    ) -> tuple[Aif, FloatArray] | None:
        """Curve, and its times, s; None where there is none."""
        ...


class Slices(Protocol):
    """Slices of maps that are shown before the rest is done."""

    @property
    def awaited(self) -> bool:
        """Whether one is on its way."""
        ...


class Drawing:
    """Draws the curves of the scan at hand, and outlines its vessels.

    Parameters
    ----------
    viewer : napari.Viewer
        Tells the volume on screen.
    screen : Screen
        Says which scan is at hand, and what the user changes of it.
    masks : MaskWatch
        Says which masks have changed.
    curves : Curves
        Where to draw.
    marks : Marks
        Where to outline.
    arteries : Arteries
        Gives the curve that a run would use of an artery.
    slices : Slices
        Tells whether a slice of the maps is on its way: the picture then comes first, and the
        curves after it.

    Attributes
    ----------
    drawn : SignalInstance
        Emits when curves of masks have been drawn.
    """

    drawn = Signal()

    def __init__(
        self,
        viewer: napari.Viewer,
        screen: Screen,
        masks: MaskWatch,
        curves: Curves,
        marks: Marks,
        arteries: Arteries,
        slices: Slices,
    ) -> None:
        self._viewer, self._screen, self._masks = viewer, screen, masks
        self._curves, self._marks = curves, marks
        self._arteries, self._slices = arteries, slices
        self._shown: Scan | None = None
        self._position: tuple[float, ...] | None = None  # of the pointer, in the world
        self._slice: tuple[float, ...] = ()  # what is read out lies on it
        self._looked_at: Voxel | None = None  # read out while the cursor is over no voxel
        self._gamma = False
        self._new = set[str]()  # what is still to be drawn
        self._beside = set[str]()  # outlines of AIFs that are not at hand
        self._after = _timer(curves, self._draw_new)
        self._outline = _timer(curves, self._draw_outlines)
        self._maps = _timer(curves, self._draw_voxels)
        self.cursor = qthrottled(self._draw_cursor, timeout=CURSOR_PAUSE, parent=curves)
        self._stroke = qthrottled(self._draw_stroke, timeout=CURSOR_PAUSE, parent=curves)
        self.volume = qthrottled(self._draw_volume, timeout=CURSOR_PAUSE, parent=curves)
        screen.shown.connect(self._on_shown)
        screen.edited.connect(self._on_edited)
        masks.looked.connect(self._on_looked)
        masks.beside.connect(self._on_beside)
        masks.stroked.connect(self._on_stroked)

    @property
    def _scan(self) -> Scan | None:
        return self._screen.scan

    def _on_shown(self, scan: Scan | None) -> None:
        """Draw a scan anew; its masks are read next, and drawn with it."""
        if scan is not self._shown:
            self._new = set()
        self._shown, self._position = scan, None
        if scan is None:
            self._curves.clear()
            self._marks.clear()
            self._beside = set()
            return
        facts = scan.facts
        series = facts.settled
        self._curves.show_scan(series.time, series.n_volumes, series.echo_time is not None)
        self._curves.show_baseline(*facts.span)
        self._curves.show_discarded(facts.span[0])
        self._curves.show_left_out(facts.left_out or (), facts.end)
        self._curves.show_window(*facts.frame)
        self._new |= set(Masks._fields)
        self._draw_pinned()
        self._draw_weights(None)
        self._draw_volume()

    def _on_edited(self, names: frozenset[str]) -> None:
        """Draw anew what a change of the facts makes of the curves."""
        if names & TIMES:
            self._on_shown(self._scan)
            self._screen.look()
        elif names & ARTERIAL:
            self._new.add("artery")
            self._draw_new()

    def _on_looked(self, names: frozenset[str]) -> None:
        """Draw what has changed, after the picture if a slice of the maps is on its way."""
        self._new |= names
        if self._scan is None:
            return
        if names and self._slices.awaited:
            self._after.start(LATEST)
        else:
            self._draw_new()

    def _on_beside(self) -> None:
        self._new.add("artery")  # it is drawn beside the one at hand

    def gamma(self, on: bool) -> None:
        """Show a gamma variate over the AIF, or none."""
        self._gamma = on
        self._new.add("artery")
        self._draw_new()

    def pin(self, voxel: Voxel | None) -> None:
        """Keep the curves of a voxel (z, y, x) of the screen in sight; None lets it go."""
        if self._scan is not None:
            self._scan.facts.pin(voxel)
            self._draw_pinned()

    def is_pinned(self, voxel: Voxel) -> bool:
        """Whether a voxel is the one that is pinned."""
        return self._scan is not None and self._scan.facts.pinned == voxel

    def maps(self) -> None:
        """Read the maps anew where the cursor last was: a run has changed them, and is drawn."""
        self._maps.start(AFTER)

    def _draw_weights(self, voxel: Voxel | None) -> None:
        """Draw the weights that CBV of a voxel was read with, or of any; none if it was not so."""
        found = None if self._scan is None else self._scan.weights_at(voxel)
        self._curves.show_weights(*(found or (None, None)))

    def _draw_voxels(self) -> None:
        self._draw_weights(None)
        self._draw_pinned()
        self._draw_cursor(self._position)

    def catch_up(self) -> None:
        """Draw what is new: the picture has its slice."""
        if self._new:
            self._after.start(AFTER)

    def _draw_new(self) -> None:
        """Draw the curves and outlines of the masks that are new."""
        scan, masks, new = self._scan, self._masks.masks, self._new
        self._new = set()
        if scan is None:
            return
        if "brain" in new:
            scan.facts.know_brain(masks.brain)
            self._curves.show_brain(scan.mean_curve())
        if "vein" in new:
            curves = scan.curves_in(masks.vein)
            self._curves.show_vof(mean_curve(curves) if len(curves) else None)
        if new & {"artery", "vein"}:  # to which the artery may be scaled
            self._draw_artery(scan, masks.artery)
        if new & {"artery", "vein"}:
            self._outline.start()
        if new:
            self.drawn.emit()

    def _draw_outlines(self) -> None:
        """Outline the vessels on the picture: it is redrawn after the curves, not with them."""
        if self._scan is None:
            return
        self._outline_vessels(self._scan, self._masks.masks.artery, self._masks.masks.vein)

    def _on_stroked(self) -> None:
        self._stroke()

    def _draw_stroke(self) -> None:
        """Outline what is painted so far, on every picture; the curves follow the whole stroke."""
        scan, (artery, _, vein, *_) = self._scan, self._masks.layers
        if scan is not None:
            masks = scan.mask_or_none(artery, "artery"), scan.mask_or_none(vein, "vein")
            self._outline_vessels(scan, *masks)

    def _outline_vessels(
        self, scan: Scan, artery: BoolArray | None, vein: BoolArray | None
    ) -> None:
        place = scan.place
        for name, mask in (("AIF", artery), ("VOF", vein)):
            shown = None if mask is None else to_screen(mask, place)
            pattern = DASHED if name == "VOF" else SOLID  # told apart without colour too
            self._marks.show(name, shown, scan.layer, COLORS[name], pattern, badge=name)
        self._outline_others(scan)

    def _outline_others(self, scan: Scan) -> None:
        """Outline the AIFs that are not at hand, each in its colour."""
        layers = [
            one
            for one in vessels_of(self._viewer, scan.layer, "AIF")
            if one is not self._masks.layers[0] and one.visible
        ]
        names = {f"{BESIDE}{one.name}": one for one in layers}
        with self._marks.held():
            for name in self._beside - names.keys():
                self._marks.show(name, None, scan.layer, AIF_RED)
            for name, layer in names.items():
                mask = scan.mask_or_none(layer, "artery")
                shown = None if mask is None else to_screen(mask, scan.place)
                self._marks.show(name, shown, scan.layer, _colour_beside(layer), badge="AIF")
        self._beside = set(names)

    def _draw_artery(self, scan: Scan, artery: BoolArray | None) -> None:
        curves = scan.curves_in(artery)
        layer = self._masks.layers[0]
        own = "AIF" if layer is None else layer.name
        used, name = self._used(scan, layer, own)
        plain = used is None or name == own
        only_scaled = name.startswith(f"{own} (scaled by") and "," not in name
        before = NOT_SCALED if plain or only_scaled else AS_MEASURED
        named = f"{own} (mean)" if plain else name
        self._curves.show_artery(curves, used, named, "" if plain else before)
        time = self._curves.time
        mean = used if used is not None else mean_curve(curves) if len(curves) else None
        self._curves.show_gamma(*self._fitted(mean, time, wanted=GAMMA in name))
        if artery is None or not len(curves):
            self._curves.show_saturated(time[:0], time[:0])
        else:
            signal = bridged(curves_of(scan.facts.series.signal, artery), scan.facts.left_out or ())
            lost = saturated_samples(curves, signal, slice(*scan.facts.span), scan.noise)
            lost[:, : scan.facts.retained.start] = lost[:, scan.facts.retained.stop :] = False
            which, when = np.nonzero(lost)
            known = np.where(np.isfinite(curves), curves, 0)
            self._curves.show_saturated(time[when], known[which, when])
        others = {}
        for layer in vessels_of(self._viewer, scan.layer, "AIF"):
            if layer is not self._masks.layers[0]:
                curve, name = self._used(scan, layer, layer.name)
                if curve is None:
                    curve = mean_curve(scan.curves_in(scan.mask_or_none(layer, "artery")))
                if np.isfinite(curve).any():
                    colour = tuple(round(255 * one) for one in _colour_beside(layer))
                    others[name] = curve, colour
        self._curves.show_others(others)

    def _used(self, scan: Scan, layer: "Labels | None", name: str) -> tuple[FloatArray | None, str]:
        """Curve that a run would use of an artery, over all volumes, and what to call it."""
        try:
            given = scan.given_on(layer)
            found = self._arteries.arterial_input(scan, scan.input_of(layer))
        except DscError:  # the panel says so
            return None, name
        if found is None or scan.facts.settled.time is None:
            return None, name
        aif, times = found
        curve = np.full(scan.facts.series.n_volumes, np.nan)
        curve[np.searchsorted(scan.facts.settled.time, times - NEAR)] = aif.curve
        words = ["a loaded curve"] if given is not None else []
        before = 1.0 if given is None else given.scaled_by
        if before != 1:
            words.append(f"scaled before by {before:.3g}")
        if aif.scaled_by != before:
            words.append(f"scaled by {aif.scaled_by / before:.3g}")
        words += [one.partition(",")[0] for one in aif.history]
        return curve, f"{name} ({', '.join(words)})" if words else name

    def _fitted(
        self, curve: FloatArray | None, time: FloatArray, *, wanted: bool
    ) -> tuple[FloatArray | None, str]:
        """Gamma variate of a curve if it is to be drawn, and its parameters in words.

        Where the curve is a gamma variate itself, its parameters are wanted in any case.
        """
        known = np.zeros(0, np.bool_) if curve is None else np.isfinite(curve)
        if curve is None or not (self._gamma or wanted) or not known.any():
            return None, ""
        try:
            fit = fit_gamma_variate(curve[known], time[known])
        except DscError:  # no bolus yet: an artery that is being drawn
            return None, ""
        words = in_words(fit).partition(", ")[2]
        return np.where(known, fit(time), np.nan) if self._gamma else None, words

    def look_at(self, voxel: Voxel | None) -> None:
        """Read out a voxel (z, y, x) of the screen whenever the cursor is over none; None: none.

        On a slice that does not hold it, nothing is read out.
        """
        self._looked_at = voxel
        self.cursor(self._position)

    def follow_slice(self) -> None:
        """Read out what lies under the cursor now, if another slice is on screen."""
        if self._slice != self._on_screen():
            self.cursor(self._position)

    def _on_screen(self) -> tuple[float, ...]:
        """Where the slice on screen lies on the axes that are not displayed, but for time."""
        dims = self._viewer.dims
        space = range(max(0, dims.ndim - 3), dims.ndim)
        return tuple(float(dims.point[axis]) for axis in space if axis not in dims.displayed)

    def _voxel(self, scan: Scan) -> Voxel | None:
        """Voxel under the cursor, else the one that is looked at, on the slice on screen."""
        dims, looked_at = self._viewer.dims, self._looked_at
        if dims.ndisplay != 2:  # in 3-D no voxel lies under the cursor
            return looked_at
        if self._position is not None and len(self._position) == dims.ndim:
            at = list(dims.point)
            for axis in dims.displayed:
                at[axis] = self._position[axis]
            voxel = scan.voxel_at(tuple(at), dims.units)
            if voxel is not None:
                return voxel
        here = scan.voxel_at(tuple(dims.point), dims.units)
        if looked_at is None or here is None:
            return None
        space = [axis - dims.ndim + 3 for axis in range(dims.ndim) if axis not in dims.displayed]
        same = all(here[axis] == looked_at[axis] for axis in space if axis >= 0)
        return looked_at if same else None

    def _draw_cursor(self, position: tuple[float, ...] | None) -> None:
        scan = self._scan
        self._position, self._slice = position, self._on_screen()
        if scan is None or scan.layer not in self._viewer.layers:
            return
        voxel = self._voxel(scan)
        at = "" if voxel is None else _in_words(scan.file_index(voxel))
        self._curves.show_cursor(None if voxel is None else scan.curve_at(voxel), at)
        self._curves.show_residue(None if voxel is None else scan.look_at(voxel))
        self._draw_weights(voxel)
        self._curves.show_readout("" if voxel is None else scan.read_out(voxel))

    def _draw_pinned(self) -> None:
        scan = self._scan
        if scan is None or scan.facts.pinned is None:
            self._curves.show_pinned("", None, None)
            return
        at = _in_words(scan.file_index(scan.facts.pinned))
        curve, residue = scan.curve_at(scan.facts.pinned), scan.look_at(scan.facts.pinned)
        self._curves.show_pinned(at, curve, residue)

    def _draw_volume(self, _event: Any = None) -> None:
        scan = self._scan
        if scan is not None and scan.layer in self._viewer.layers:
            volume = scan.volume_at(self._viewer.dims.point, self._viewer.dims.units)
            if volume is not None:
                self._curves.show_volume(volume)


def _in_words(index: tuple[int, ...]) -> str:
    """Voxel as "(12, 30, 2)"."""
    return f"({', '.join(map(str, index))})"


def _timer(parent: QObject, act: Callable[[], None]) -> QTimer:
    """Make a timer that acts once; without a pause, in the next turn of the event loop."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(act)
    return timer


def _colour_beside(layer: "Labels") -> tuple[float, ...]:
    """Colour of an AIF that is not at hand: never the red of the one that is."""
    colour = colour_of(layer)
    return FIRST_BESIDE if colour == tuple(AIF_RED) else colour
