"""The vessels of a scan on screen: proposed, listed with what was measured, ticked and found."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal
from qtpy.QtWidgets import QWidget

from napari_dsc.core.aif import COLUMNS, RULES, measure, verdicts
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import retained_signals
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.pipeline import propose_artery
from napari_dsc.core.provenance import Origin
from napari_dsc.core.types import Aif, BoolArray, Candidates
from napari_dsc.viewer.aif.voxel_tab import VoxelTable
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.compute.snapshot import FormReading
from napari_dsc.viewer.layers import AIF_RED, OTHER_AIFS, VOF_BLUE, to_screen, vessels_of
from napari_dsc.viewer.overlays import Marks
from napari_dsc.viewer.scan.scan import Scan, is_blank
from napari_dsc.viewer.scan.scan_layers import add_mask
from napari_dsc.viewer.screen import Screen
from napari_dsc.viewer.voxel_click import Voxel, set_voxels

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Labels

__all__ = ["Vessels", "candidates_of"]

MOST_ROWS = 1000  # of the table: an AIF of more voxels is a region
POINTED = (1.0, 1.0, 0.35, 1.0)  # outline of the voxel whose row is under the cursor
NONE_GOOD = (
    "No voxel is an {name} without an objection. The {count} best are listed, none of them used, "
    "with the objections to each: tick what you take all the same, or draw by hand."
)
NO_VEIN = "No voxel is a VOF without an objection; the best is {words}. Draw one by hand."
ROLES: Mapping[bool, str] = {False: "AIF", True: "VOF"}


class Vessels:
    """Proposes arteries and veins, and lists the voxels of the AIF at hand.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are drawn on.
    parent : QWidget
        Whose life the searches share.
    screen : Screen
        Says which scan is at hand.
    marks : Marks
        Outlines the voxel whose row is under the mouse.
    reading : FormReading
        Tells how the maps would be computed.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a search starts or ends.
    listed : SignalInstance
        Emits when candidates are listed of which none is used: the table is to be seen.
    table : VoxelTable
        The voxels of the AIF at hand, and those that were proposed for it.
    """

    listed = Signal()

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: Screen,
        marks: Marks,
        reading: FormReading,
    ) -> None:
        self._viewer, self._screen = viewer, screen
        self._marks, self._reading = marks, reading
        self._runner = Runner(parent)
        self.changed = self._runner.changed
        self.table = VoxelTable(COLUMNS, RULES)
        self.table.ticked.connect(self._on_tick)
        self.table.picked.connect(self._on_pick)
        self.table.hovered.connect(self._on_hover)
        self._listed: Labels | None = None  # whose voxels the table lists
        self._pointed: tuple[int, ...] | None = None  # the voxel whose row is under the mouse

    @property
    def running(self) -> bool:
        """Whether a proposal is being looked for."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop looking."""
        self._runner.cancel()

    def add(
        self, name: str = "", mask: BoolArray | None = None, origin: Origin | None = None
    ) -> "Labels | None":
        """Add another AIF on a layer of its own, and take it at hand; None without a scan.

        `origin` says how its voxels were chosen; None: they will be drawn.
        """
        scan = self._screen.scan
        if scan is None:
            return None
        known = vessels_of(self._viewer, scan.layer, "AIF")
        color = OTHER_AIFS[(len(known) - 1) % len(OTHER_AIFS)] if known else AIF_RED
        taken = {one.name for one in self._viewer.layers}
        number = 1 + len(known)
        while (default := f"AIF {number}") in taken:
            number += 1
        layer = add_mask(self._viewer, scan, name or default, color, mask, role="AIF")
        if origin is not None:
            scan.chosen(layer, origin)
        scan.layers.choose(artery=layer)
        self._viewer.layers.selection.active = layer
        self._screen.look()
        return layer

    def propose(self, *, vein: bool, within: "Labels | None" = None) -> None:
        """Look for an artery, or for a vein, in the brain or within a region."""
        scan, screen = self._screen.scan, self._screen
        if scan is None or self.running:
            return
        try:
            brain = scan.mask(scan.layers.brain)
            region = scan.mask(within)
            slice_timing = self._reading.settings(scan).slice_timing
        except DscError as error:
            screen.say(str(error))
            return
        everything = np.ones(scan.shape, dtype=np.bool_)
        known = None if scan.results.run is None else scan.results.run[1].prepared

        def done(result: Aif | Failure) -> None:
            if scan is not screen.scan:
                screen.say("Another scan was chosen meanwhile: nothing was proposed.")
            elif isinstance(result, Failure):
                screen.say(result.message)
            else:
                self._accept(scan, result, vein)

        inputs = (scan.facts.settled, everything if brain is None else brain, scan.facts.span)
        self._runner.start(
            f"Proposing the {ROLES[vein]}",
            partial(
                propose_artery,
                region=region,
                vein=vein,
                known=known,
                slice_timing=slice_timing,
            ),
            *inputs,
            done=done,
            cancelled=lambda: screen.say("Stopped: nothing was proposed."),
        )
        screen.say(f"Looking for the {ROLES[vein]} …")

    def _accept(self, scan: Scan, found: Aif, vein: bool) -> None:
        """Put a proposal on screen: on the layer at hand if that is empty, else on a new one."""
        name = ROLES[vein]
        if vein and not found.voxels.any():
            words = ", ".join(found.candidates.verdicts[0]) if found.candidates else "none"
            self._screen.say(NO_VEIN.format(words=words))
            return
        layer = scan.layers.vein if vein else scan.layers.artery
        if layer is not None and (layer not in self._viewer.layers or not is_blank(layer)):
            layer = None
        if layer is None and vein:
            layer = add_mask(self._viewer, scan, "VOF", VOF_BLUE, role="VOF")
        elif layer is None:
            layer = self.add(f"{name} (proposed)")
        if layer is None:
            return
        self._listed = None  # it is another list
        if found.candidates is not None:
            scan.layers.consider(layer, found.candidates.index)
        if found.voxels.any():
            set_voxels(layer, np.nonzero(to_screen(found.voxels, scan.place)), True)
        if found.origin is not None:
            scan.chosen(layer, found.origin)
        if vein:
            scan.layers.choose(vein=layer)
        else:
            scan.layers.choose(artery=layer)
        self._viewer.layers.selection.active = layer
        self._screen.look()
        if not found.voxels.any():
            count = 0 if found.candidates is None else len(found.candidates.index)
            self.refresh()  # nothing was painted, and no curve is drawn anew
            self._screen.say(NONE_GOOD.format(name=name, count=count))
            self.listed.emit()
            return
        refused = 0 if found.candidates is None else int((~found.candidates.chosen).sum())
        words = f"Proposed {voxel_words(int(found.voxels.sum()))} for the {name}"
        more = f"; {refused} more are listed with the objections to them" if refused else ""
        self._screen.say("\n".join([f"{words}{more}.", *found.notices]))

    def refresh(self) -> None:
        """List the voxels of the AIF at hand anew."""
        scan = self._screen.scan
        layer = None if scan is None else scan.layers.artery
        mask = None if scan is None or layer is None else scan.mask_or_none(layer, "artery")
        listed = None
        if scan is not None and mask is not None:
            listed = candidates_of(scan, mask, scan.layers.considered.get(layer, ()))
        self.table.show_voxels(listed, anew=layer is not self._listed)
        self._listed = layer
        rows = [] if listed is None else listed.index.tolist()
        if self._pointed is not None and list(self._pointed) not in rows:
            self._on_hover(None)  # the row has gone from under the mouse

    def point_at(self, voxel: Voxel | None) -> None:
        """Mark the row of the voxel (z, y, x) under the cursor on the picture."""
        scan = self._screen.scan
        at = None if scan is None or voxel is None else scan.file_index(voxel)
        self.table.highlight(at)

    def _on_tick(self, voxel: tuple[int, ...], use: bool) -> None:
        scan = self._screen.scan
        layer = None if scan is None else scan.layers.artery
        if scan is None or layer is None:
            return
        known = scan.layers.considered.get(layer, ())
        if voxel not in known:
            scan.layers.consider(layer, (*known, voxel))  # refused, it stays in the list
        set_voxels(layer, tuple(np.array([at]) for at in scan.screen_index(voxel)), use)
        self._screen.look()

    def _on_pick(self, voxel: tuple[int, ...]) -> None:
        scan = self._screen.scan
        if scan is not None:
            point = scan.position_of(scan.screen_index(voxel), self._viewer.dims.units)
            for axis in range(self._viewer.dims.ndim - 3, self._viewer.dims.ndim):
                self._viewer.dims.set_point(axis, point[axis - self._viewer.dims.ndim])

    def _on_hover(self, voxel: tuple[int, ...] | None) -> None:
        self._pointed = voxel
        scan = self._screen.scan
        if scan is not None:
            marked = None
            if voxel is not None:
                mask = np.zeros(scan.shape, dtype=np.bool_)
                mask[voxel] = True
                marked = to_screen(mask, scan.place)
            self._marks.show("Row", marked, scan.layer, POINTED)


def candidates_of(
    scan: Scan, mask: BoolArray, considered: Sequence[tuple[int, ...]]
) -> Candidates | None:
    """List the voxels of a vessel, and others that were considered for it, with their measures.

    Parameters
    ----------
    scan : Scan
        Where the curves come from.
    mask : ndarray of bool, shape (X, Y, Z)
        Voxels that are used.
    considered : sequence of tuple
        Others to list.

    Returns
    -------
    Candidates or None
        The used ones first; None if there is none, or while the time step is unknown.
    """
    time = scan.facts.settled.time
    if time is None:
        return None
    used = np.argwhere(mask)[:MOST_ROWS]
    others = [at for at in considered if not mask[at]]
    index = np.concatenate([used, np.reshape(others, (len(others), 3)).astype(used.dtype)])
    if not len(index):
        return None
    start, stop = scan.facts.span
    kept = scan.facts.retained
    signal = retained_signals(
        scan.facts.series.signal[tuple(index.T)],
        start,
        scan.facts.left_out or (),
        scan.facts.settled.time,
    )
    curves = scan.curves_at(index)[:, kept]
    before = slice(0, stop - start)
    measures = measure(curves, time[kept], before, signal=signal, noise=scan.noise)
    mean = scan.mean_curve()
    reference = None if mean is None else measure(mean[None, kept], time[kept], before)
    return Candidates(
        index=index,
        curves=curves,
        measures=measures,
        verdicts=verdicts(measures, reference),
        chosen=np.arange(len(index)) < len(used),
    )
