"""Curves and outlines kept in step with the scan, its masks, the cursor and the time on screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import napari
import numpy as np
from qtpy.QtCore import QObject, QTimer
from superqt.utils import qthrottled

from napari_dsc.core.aif import fit_gamma_variate, mean_curve, saturated_samples
from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.left_out_volumes import bridged
from napari_dsc.core.mask_rows import curves_of
from napari_dsc.core.types import Aif, BoolArray, FloatArray
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.curves.lines import MEAN
from napari_dsc.viewer.layers import AIF_RED, VOF_BLUE, colour_of, to_screen, vessels_of
from napari_dsc.viewer.overlays import SOLID, Marks
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.voxel_click import Voxel

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["Drawing"]

AFTER, LATEST = 50, 500  # ms until curves are drawn: after the picture's maps, at the latest
CURSOR_PAUSE = 33  # ms between two curves under the cursor
NEAR = 1e-6  # s: what counts as the same time
ArterialInput: TypeAlias = Callable[[Scan, BoolArray | Aif | None], tuple[Aif, FloatArray] | None]
DASHED = (2, 3)  # borders that are drawn, of how many
COLORS = {"AIF": AIF_RED, "VOF": VOF_BLUE}


class Masks(NamedTuple):
    """What the labels layers of a scan hold, on the axes of its file; None: no layer."""

    artery: BoolArray | None = None
    brain: BoolArray | None = None
    vein: BoolArray | None = None


class Drawing:
    """Draws the curves of the scan at hand, and outlines its vessels.

    Parameters
    ----------
    viewer : napari.Viewer
        Tells the volume on screen.
    curves : Curves
        Where to draw.
    marks : Marks
        Where to outline.
    changed : callable
        Called before that, with whether a mask has changed; returns whether a slice of the maps
        is on its way: the picture then comes first, and the curves after it.
    drawn : callable
        Called after that.
    arterial_input : callable
        Gives the curve that a run would use of an artery, and its times; None where there is none.
    beside : callable
        Called when an AIF that is not at hand has changed.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        curves: Curves,
        marks: Marks,
        changed: Callable[[bool], bool],
        drawn: Callable[[], None],
        arterial_input: ArterialInput,
        beside: Callable[[], None],
    ) -> None:
        self._viewer = viewer
        self._curves = curves
        self._changed, self._drawn = changed, drawn
        self._arterial_input, self._beside = arterial_input, beside
        self._scan: Scan | None = None
        self._position: tuple[float, ...] | None = None
        self._layers: tuple[Labels | None, ...] = (None, None, None)
        self._followed: list[Labels] = []  # these, and the AIFs that are not at hand
        self._marks = marks
        self._gamma = False
        self._pause = _timer(curves, self._draw_masks)
        self._masks, self._new = Masks(), set[str]()  # what is still to be drawn
        self._after = _timer(curves, self._draw_new)
        self._outline = _timer(curves, self._draw_outlines)
        self._maps = _timer(curves, self._draw_voxels)
        self.cursor = qthrottled(self._draw_cursor, timeout=CURSOR_PAUSE, parent=curves)
        self.volume = qthrottled(self._draw_volume, timeout=CURSOR_PAUSE, parent=curves)

    def scan(self, scan: Scan | None, *layers: "Labels | None") -> None:
        """Draw a scan anew: its times or its baseline have changed, or it is another one.

        Parameters
        ----------
        scan : Scan or None
            The one at hand.
        *layers : Labels or None
            Artery, brain and vein to follow from now on; none: those that are followed already.
        """
        if scan is not self._scan:
            self._masks, self._new = Masks(), set()
        if layers:
            self._follow(layers, scan)
        self._scan, self._position = scan, None
        if scan is None:
            self._curves.clear()
            self._marks.clear()
            return
        series = scan.settled
        self._curves.show_scan(series.time, series.n_volumes, series.echo_time is not None)
        self._curves.show_baseline(*scan.span)
        self._curves.show_discarded(scan.span[0])
        self._curves.show_left_out(scan.left_out or ())
        self._curves.show_window(*scan.frame)
        self._draw_masks(anew=True)
        self._draw_pinned()
        self._draw_volume()

    def masks(self, *layers: "Labels | None") -> None:
        """Follow these layers from now on: artery, brain, vein."""
        self._follow(layers, self._scan)
        self._draw_masks()

    def _follow(self, layers: "tuple[Labels | None, ...]", scan: Scan | None) -> None:
        for layer in self._followed:
            layer.events.paint.disconnect(self._painted)
            layer.events.set_data.disconnect(self.edited)
        self._layers = layers
        others = [] if scan is None else vessels_of(self._viewer, scan.layer, "AIF")
        self._followed = list(dict.fromkeys(one for one in (*layers, *others) if one is not None))
        for layer in self._followed:
            layer.events.paint.connect(self._painted)
            layer.events.set_data.connect(self.edited)  # undo, new data; a slider step too

    def edited(self, _event: Any = None) -> None:
        """Draw the masks once the edits pause."""
        self._pause.start()

    def _painted(self, _event: Any = None) -> None:
        """Draw at the end of a stroke; voxels that are set at once are not there yet."""
        scan, layers = self._scan, self._layers
        if scan is not None and scan.is_changed("artery", scan.mask_or_none(layers[0], "artery")):
            self.now()
        else:
            self.edited()

    def now(self) -> None:
        """Draw the masks at once."""
        self._pause.stop()
        self._draw_masks()

    def gamma(self, on: bool) -> None:
        """Show a gamma variate over the AIF, or none."""
        self._gamma = on
        self._draw_masks(anew=True)

    def again(self) -> None:
        """Draw the artery anew: what a run makes of it has changed."""
        self._new.add("artery")
        self._draw_new()

    def pin(self, voxel: Voxel | None) -> None:
        """Keep the curves of a voxel (z, y, x) of the screen in sight; None lets it go."""
        if self._scan is not None:
            self._scan.pinned = voxel
            self._draw_pinned()

    def is_pinned(self, voxel: Voxel) -> bool:
        """Whether a voxel is the one that is pinned."""
        return self._scan is not None and self._scan.pinned == voxel

    def maps(self) -> None:
        """Read the maps anew where the cursor last was: a run has changed them, and is drawn."""
        self._maps.start(AFTER)

    def _draw_voxels(self) -> None:
        self._draw_pinned()
        if self._position is not None:
            self._draw_cursor(self._position)

    def _draw_masks(self, anew: bool = False) -> None:
        """Draw what has changed, or everything; whoever waits for a change hears of it first."""
        scan = self._scan
        if scan is None:
            self._changed(False)
            return
        with scan.steady():
            self._read_masks(scan, anew)

    def _read_masks(self, scan: Scan, anew: bool) -> None:
        try:
            self._masks = Masks(
                *(_read(scan, *one) for one in zip(self._layers, Masks._fields, strict=False))
            )
        except DscError:  # of another shape: the panel says so
            self._masks = Masks()
        masks = self._masks._asdict()
        new = {name for name, mask in masks.items() if scan.is_new(name, mask)}
        if scan.is_new("loaded curve", scan.given_samples(self._layers[0])):
            new.add("artery")
        others = vessels_of(self._viewer, scan.layer, "AIF")
        for layer in (one for one in others if one not in self._layers):
            mask, curve = scan.mask_or_none(layer, "artery"), scan.given_samples(layer)
            painted = scan.is_new(f"another: {layer.name}", mask)
            if scan.is_new(f"curve of another: {layer.name}", curve) or painted:
                self._new.add("artery")  # it is drawn beside the one at hand
                self._beside()
        self._new |= set(masks) if anew else new
        if self._changed(bool(new)):
            self._after.start(LATEST)
        else:
            self._draw_new()

    def catch_up(self) -> None:
        """Draw what is new: the picture has its slice."""
        if self._new:
            self._after.start(AFTER)

    def _draw_new(self) -> None:
        """Draw the curves and outlines of the masks that are new."""
        scan, masks, new = self._scan, self._masks, self._new
        self._new = set()
        if scan is None:
            return
        if "brain" in new:
            scan.know_brain(masks.brain)
            self._curves.show_brain(scan.mean_curve())
        if "vein" in new:
            curves = scan.curves_in(masks.vein)
            self._curves.show_vof(mean_curve(curves) if len(curves) else None)
        if new & {"artery", "vein"}:  # to which the artery may be scaled
            self._draw_artery(scan, masks.artery)
        if new & {"artery", "vein"}:
            self._outline.start()
        if new:
            self._drawn()

    def _draw_outlines(self) -> None:
        """Outline the vessels on the picture: it is redrawn after the curves, not with them."""
        if self._scan is None:
            return
        masks, place = self._masks, self._scan.place
        for name, mask in (("AIF", masks.artery), ("VOF", masks.vein)):
            shown = None if mask is None else to_screen(mask, place)
            pattern = DASHED if name == "VOF" else SOLID  # told apart without colour too
            self._marks.show(name, shown, self._scan.layer, COLORS[name], pattern)

    def _draw_artery(self, scan: Scan, artery: BoolArray | None) -> None:
        curves = scan.curves_in(artery)
        used, name = self._used(scan, self._layers[0], "AIF")
        plain = used is None or name == "AIF"
        self._curves.show_artery(curves, used, MEAN if plain else name)
        time = self._curves.time
        mean = used if used is not None else mean_curve(curves) if len(curves) else None
        self._curves.show_gamma(None if mean is None else self._fitted(mean, time))
        if artery is None or not len(curves):
            self._curves.show_saturated(time[:0], time[:0])
        else:
            signal = bridged(curves_of(scan.series.signal, artery), scan.left_out or ())
            lost = saturated_samples(curves, signal, slice(*scan.span), scan.noise)
            lost[:, : scan.retained.start] = lost[:, scan.retained.stop :] = False
            which, when = np.nonzero(lost)
            known = np.where(np.isfinite(curves), curves, 0)
            self._curves.show_saturated(time[when], known[which, when])
        others = {}
        for layer in vessels_of(self._viewer, scan.layer, "AIF"):
            if layer is not self._layers[0]:
                curve, name = self._used(scan, layer, layer.name)
                if curve is None:
                    curve = mean_curve(scan.curves_in(scan.mask_or_none(layer, "artery")))
                if np.isfinite(curve).any():
                    others[name] = (curve, tuple(round(255 * one) for one in colour_of(layer)))
        self._curves.show_others(others)

    def _used(self, scan: Scan, layer: "Labels | None", name: str) -> tuple[FloatArray | None, str]:
        """Curve that a run would use of an artery, over all volumes, and what to call it."""
        try:
            given = scan.given_on(layer)
            found = self._arterial_input(scan, scan.input_of(layer))
        except DscError:  # the panel says so
            return None, name
        if found is None or scan.settled.time is None:
            return None, name
        aif, times = found
        curve = np.full(scan.series.n_volumes, np.nan)
        curve[np.searchsorted(scan.settled.time, times - NEAR)] = aif.curve
        words = ["a loaded curve"] if given is not None else []
        before = 1.0 if given is None else given.scaled_by
        if before != 1:
            words.append(f"scaled before by {before:.3g}")
        if aif.scaled_by != before:
            words.append(f"scaled by {aif.scaled_by / before:.3g}")
        return curve, f"{name} ({', '.join(words)})" if words else name

    def _fitted(self, curve: FloatArray, time: FloatArray) -> FloatArray | None:
        """Gamma variate of a curve, if one is wanted and there is one."""
        known = np.isfinite(curve)
        if not self._gamma or not known.any():
            return None
        try:
            fit = fit_gamma_variate(curve[known], time[known])
        except DscError:  # no bolus yet: an artery that is being drawn
            return None
        return np.where(known, fit(time), np.nan)

    def _draw_cursor(self, position: tuple[float, ...]) -> None:
        scan = self._scan
        self._position = position
        if scan is None or scan.layer not in self._viewer.layers:
            return
        flat = self._viewer.dims.ndisplay == 2  # in 3-D no voxel lies under the cursor
        voxel = scan.voxel_at(position, self._viewer.dims.units) if flat else None
        at = "" if voxel is None else _in_words(scan.file_index(voxel))
        self._curves.show_cursor(None if voxel is None else scan.curve_at(voxel), at)
        self._curves.show_residue(None if voxel is None else scan.look_at(voxel))
        self._curves.show_readout("" if voxel is None else scan.read_out(voxel))

    def _draw_pinned(self) -> None:
        scan = self._scan
        if scan is None or scan.pinned is None:
            self._curves.show_pinned("", None, None)
            return
        at = _in_words(scan.file_index(scan.pinned))
        curve, residue = scan.curve_at(scan.pinned), scan.look_at(scan.pinned)
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


def _read(scan: Scan, layer: "Labels | None", role: str) -> BoolArray | None:
    """Mask of a layer; None where one of several labels has to be chosen first."""
    try:
        return scan.mask(layer, role)
    except ChoiceNeededError:  # the panel says so
        return None


def _timer(parent: QObject, act: Callable[[], None]) -> QTimer:
    """Make a timer that acts once; without a pause, in the next turn of the event loop."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(act)
    return timer
