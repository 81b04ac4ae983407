"""Display of one patient at a time, or of two side by side with their names."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtWidgets import QWidget

from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.maps.map_layers import arranging
from napari_dsc.viewer.maps.tiles import is_map
from napari_dsc.viewer.maps.view_modes import Views, turn
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import layers_of, taken_up

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["SideBySide", "apart"]

AT_HAND = "#ffd23f"  # of the name of the scan at hand
NUMBERED = re.compile(r" \[\d+\]$")  # as napari tells two layers of one name apart
BETWEEN = " · "  # a layer's name and that of its scan
SAID = "At hand: {}."


def apart(name: str, scan: str) -> str:
    """Name of a layer with that of its scan.

    Examples
    --------
    >>> apart("CBF (mL/100g/min) [1]", "second")
    'CBF (mL/100g/min) · second'
    """
    return f"{NUMBERED.sub('', name.partition(BETWEEN)[0])}{BETWEEN}{scan}"


class SideBySide:
    """Hides the layers of every scan but the one at hand; or shows a picture of each.

    Parameters
    ----------
    viewer : Viewer
        Whose layers these are.
    parent : QWidget
        With whom it ends.
    screen : Screen
        Says which scan is at hand.
    views : Views
        What is on screen.
    show : callable
        Shows a view of the scan at hand.
    """

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: "Screen",
        views: Views,
        show: Callable[[Any], None],
    ) -> None:
        self._viewer, self._parent, self._screen = viewer, parent, screen
        self._views, self._show = views, show
        self._shown: Scan | None = None
        self._expected = self._waits = False
        screen.shown.connect(self._on_shown)
        viewer.layers.events.inserted.connect(self._on_changed)
        viewer.layers.events.removed.connect(self._on_changed)

    @property
    def possible(self) -> bool:
        """Whether there are two scans."""
        return len(taken_up(self._viewer)) > 1

    @property
    def on(self) -> bool:
        """Whether they are on screen side by side."""
        return self._views.kind == "beside"

    def expect(self) -> None:
        """Show the scans side by side as soon as the second one is at hand."""
        self._expected = True

    def toggle(self) -> None:
        """Show both scans, or the one at hand alone."""
        if self.on:
            self._leave()
        elif self.possible:
            self._show("beside")
            self._mark()

    def _leave(self) -> None:
        scan = self._screen.scan
        if scan is None:
            return
        if scan.layers.maps:
            self._show("grid")
        else:
            self._views.kind = None
            self._alone(scan)
        self._mark()

    def _on_shown(self, scan: Scan | None) -> None:
        another, self._shown = scan is not self._shown, scan
        self._name()
        if scan is None or not another or not (self.possible or self.on or self._views.parted):
            return
        if self._expected and self.possible:
            self._expected = False
            self._show("beside")
        elif self.on and self.possible:
            self._show("beside")
        elif self.on:  # the other scan has gone
            self._leave()
        elif scan.layers.maps and self._views.kind is not None:
            self._show(self._views.kind)
        else:
            self._alone(scan)
        self._mark()
        if self.possible:
            self._screen.say(SAID.format(scan.layer.name))

    def _alone(self, scan: Scan) -> None:
        """Show a scan as it was left; one that has not been seen yet by its own picture."""
        grid = self._viewer.canvas.grid.enabled and bool(scan.layers.maps)
        own = layers_of(self._viewer, scan)
        if grid == self._viewer.canvas.grid.enabled:
            self._views.part(scan)
        else:
            self._views.kind = None
            with arranging(self._viewer, grid=grid):
                self._views.part(scan)
        if not any(one.visible for one in own if isinstance(one, Image)):
            turn(scan.layer, True)

    def _on_changed(self, _event: Any = None) -> None:
        """Layers have come or gone: soon, when all of them have."""
        if not self._waits and len(taken_up(self._viewer)) > 1:
            self._waits = True
            soon(self._parent, self._settle)

    def _settle(self) -> None:
        self._waits = False
        scan = self._screen.scan
        self._name()
        if scan is None:
            return
        if self.on and not self.possible:
            self._leave()
        elif self.on:
            self._show("beside")
            self._mark()
        else:
            self._views.part(scan)

    def _name(self) -> None:
        """Have pictures of several scans bear the names of these; of one scan their own."""
        scans = taken_up(self._viewer)
        for scan in scans:
            for layer in layers_of(self._viewer, scan):
                if layer is scan.layer:
                    continue
                is_numbered = NUMBERED.search(layer.name) is not None
                if len(scans) > 1 and (isinstance(layer, Image) or is_numbered):
                    name = apart(layer.name, scan.layer.name)
                else:
                    own = layer.name.endswith(f"{BETWEEN}{scan.layer.name}")
                    alone = own and len(scans) == 1
                    name = layer.name.partition(BETWEEN)[0] if alone else layer.name
                if layer.name != name:
                    layer.name = name

    def _mark(self) -> None:
        """Tell by the colour of its name which scan is at hand, while there are two on screen."""
        scans = taken_up(self._viewer)
        shown = self._views.of_each() if self.on else []
        for scan in scans:
            color = AT_HAND if self.on and scan is self._screen.scan else None
            for layer in layers_of(self._viewer, scan):
                if not isinstance(layer, Image):
                    continue
                name = layer.name_overlay
                if layer in shown and not name.visible and not is_map(layer):
                    name.visible = True
                elif layer is scan.layer and not self.on and not self._has_maps():
                    name.visible = False
                if layer in shown or name.color is not None:
                    name.color = color

    def _has_maps(self) -> bool:
        return any(one.layers.maps for one in taken_up(self._viewer))
