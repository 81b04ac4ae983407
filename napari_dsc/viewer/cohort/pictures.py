"""Pictures of one scan of a cohort: with its curves, or its maps alone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image, Layer
from qtpy.QtCore import QObject

from napari_dsc.cohort.looking import Look, Source
from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import with_unit
from napari_dsc.core.quantities import QUANTITIES
from napari_dsc.core.regions import blank_voxels
from napari_dsc.core.types import ParameterMap
from napari_dsc.report.read_results import Results
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.compute.snapshot import Snapshot
from napari_dsc.viewer.contributions import corrected_layer, scan_layer
from napari_dsc.viewer.layers import KEY, placement, to_screen, volume_options
from napari_dsc.viewer.maps.free_layers import axes_held, free_layers, set_free
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_layers import (
    NOTHING_FREE,
    RESIZED,
    add_map,
    arranging,
    described,
    label_colour_bars,
    named_colours,
    show_whole,
)
from napari_dsc.viewer.panel.doors import OF_COHORT
from napari_dsc.viewer.panel.newcomers import remove_scans
from napari_dsc.viewer.panel.stating import AS_READ
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import open_scan

if TYPE_CHECKING:
    from napari_dsc.viewer.panel.panel import Panel

__all__ = ["Pictures"]

SIDES = "The patient's left is on the right of the pictures."
NO_SIDES = "Nobody knows left from right."
SHOWN = "The maps as they were saved."


class Pictures(QObject):
    """Puts one scan of a cohort on the pictures, in the place of the one before.

    Parameters
    ----------
    panel : Panel
        Has the scan at hand, and the viewer.

    Attributes
    ----------
    scan : Scan or None
        The one on the pictures; None: none, or its maps alone.
    made_from : Snapshot or None
        What its saved maps were made from.
    """

    def __init__(self, panel: "Panel") -> None:
        super().__init__(panel)
        self._viewer, self._panel = panel.viewer, panel
        self.scan: Scan | None = None
        self.made_from: Snapshot | None = None

    def clear(self, free: Mapping[str, Layer] = NOTHING_FREE) -> None:
        """Take every scan off the pictures.

        Parameters
        ----------
        free : mapping of str to Layer
            Layers of its maps that stay for the next one, from `free_layers`.
        """
        panel, before = self._panel, self.scan
        panel.tools.disarm()
        panel.form.live.value = False
        panel.room.leave_slices()
        self.scan, self.made_from = None, None
        with arranging(self._viewer, grid=False):
            self._viewer.canvas.grid.enabled = False  # napari keeps a grid whose layers go
            remove_scans(self._viewer, free.values())
        if before is not None:
            set_free(before, free)
        for layer in free.values():
            panel.room.views.forget(layer)
            panel.gestures.forget(layer)

    def _free(self, look: Look) -> Mapping[str, Layer]:
        """Layers of the scan on the pictures that can be made new for another one.

        None while something is at work: what it comes to could be shown on them.
        """
        scan = self.scan
        if scan is None or look.source is None or look.results is None or self._panel.busy:
            return NOTHING_FREE
        return free_layers(self._viewer, scan, [one.symbol for one in look.results.maps])

    def show(self, look: Look) -> str:
        """Show a scan.

        Parameters
        ----------
        look : Look
            What is to be seen of it.

        Returns
        -------
        str
            What could not be shown, and why; empty: all was.
        """
        window = self._panel.window()
        updates = window is not None and window.updatesEnabled()
        if window is not None and updates:
            window.setUpdatesEnabled(False)  # painted once, at the end
        try:
            free = self._free(look)
            if not free:
                self.clear()
                return self._show(look)
            viewer = self._viewer
            with self._panel.held(), arranging(viewer, grid=True), axes_held(viewer):
                self.clear(free)
                try:
                    why = self._show(look, free)
                finally:
                    self._remove_stale(free)
            show_whole(viewer)
            label_colour_bars(viewer)
            return why
        finally:
            if window is not None and updates:
                window.setUpdatesEnabled(True)

    def _show(self, look: Look, free: Mapping[str, Layer] = NOTHING_FREE) -> str:
        """Show a scan where there is none; return what could not be shown, and why."""
        if look.source is not None and look.results is not None:
            return self._show_scan(look, look.source, look.results, free)
        if look.results is None:
            return look.why
        self._show_maps(look.results)
        return f"{look.why} {SIDES if look.results.oriented else NO_SIDES}"

    def _remove_stale(self, free: Mapping[str, Layer]) -> None:
        """Remove layers that did not become those of the scan on the pictures."""
        own = () if self.scan is None else self.scan.layers.all
        stale = [one for one in free.values() if one in self._viewer.layers and one not in own]
        for layer in stale:
            self._viewer.layers.remove(layer)

    def _show_scan(
        self, look: Look, source: Source, results: Results, free: Mapping[str, Layer]
    ) -> str:
        """Show a scan with its maps; return what stands against it, or nothing."""
        laid_out = scan_layer if source.series.moves is None else corrected_layer
        data, options, _ = laid_out(source.series, look.scan.label, source.scan.path)
        options["metadata"][KEY] |= {OF_COHORT: True, AS_READ: source.file}
        scan = open_scan(Image(data, **options))
        scan.facts.propose(source.proposal)  # known: nothing is looked for
        self.scan = scan
        try:
            told = results.replay, results.drawn, source.analysis, SHOWN
            self._panel.show_saved(scan, *told, free)
        except DscError as error:
            return str(error)
        self.made_from = self._snapshot(scan)
        return ""

    @staticmethod
    def _snapshot(scan: Scan) -> Snapshot | None:
        made_from = scan.results.made_from
        return made_from if isinstance(made_from, Snapshot) else None

    def _show_maps(self, results: Results) -> None:
        """Show maps without their scan: nothing can be redrawn on them."""
        place = placement(results.affine)
        axis = results.replay.slice_axis
        hidden = ~results.brain | blank_voxels(results.maps, results.brain, slice_axis=axis)
        blank = np.ascontiguousarray(to_screen(hidden, place))
        with arranging(self._viewer, grid=True):
            for one in results.maps:
                low, high = self._window(one, results)
                layer = MapImage(
                    np.array(to_screen(one.values, place)),
                    name=with_unit(one.symbol, one.units),
                    colormap=named_colours(QUANTITIES[one.symbol].colours[COLOUR_FAMILY]),
                    contrast_limits=(low, high),
                    blending="translucent",
                    interpolation2d="nearest",
                    metadata={KEY: described(one)},
                    **volume_options(place),
                )
                layer.leave_blank(blank)
                add_map(self._viewer, layer, len(self._viewer.layers))
        most = np.asarray(to_screen(results.brain, place)).sum(axis=(1, 2)).argmax()
        self._viewer.dims.set_current_step(self._viewer.dims.ndim - 3, int(most))
        soon(self, lambda: show_whole(self._viewer), RESIZED)

    @staticmethod
    def _window(one: ParameterMap, results: Results) -> tuple[float, float]:
        arrival = float(results.record["bolus_arrival_s"])
        return QUANTITIES[one.symbol].window_under(results.replay.settings.ttp_from, arrival)
