"""The mouse on the picture: click an artery, pin a voxel, probe, read what is under the cursor."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dsc.viewer.aif.aif_layers import Vessels
from napari_dsc.viewer.curves.curve_updates import Drawing
from napari_dsc.viewer.panel.aif_probe import KEY, Probe
from napari_dsc.viewer.screen import Screen
from napari_dsc.viewer.voxel_click import Voxel, click_with, set_voxels

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Labels

__all__ = ["Pointing"]


class Pointing:
    """Follows the mouse, and the key of the probe, while the panel is docked.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose picture it is.
    screen : Screen
        Says which scan is at hand.
    drawing : Drawing
        Draws the curves under the cursor and of the pinned voxel.
    vessels : Vessels
        Marks the row of the voxel under the cursor.
    probe : Probe
        Takes it as the AIF.
    """

    def __init__(
        self,
        viewer: "Viewer",
        screen: Screen,
        drawing: Drawing,
        vessels: Vessels,
        probe: Probe,
    ) -> None:
        self._viewer, self._screen, self._drawing = viewer, screen, drawing
        self._vessels, self._probe = vessels, probe
        self._presses = (
            click_with("Shift", self._on_clicked, self._voxel_at, self._is_arterial),
            click_with("Control", self._on_pinned, self._voxel_at, drawing.is_pinned),
        )

    def listen(self, on: bool) -> None:
        """Follow the mouse from now on, or no longer."""
        viewer = self._viewer
        for callbacks, hear in (
            *((viewer.mouse_drag_callbacks, press) for press in self._presses),
            (viewer.mouse_move_callbacks, self._on_move),
        ):
            if on and hear not in callbacks:
                callbacks.append(hear)
            elif not on and hear in callbacks:
                callbacks.remove(hear)
        viewer.bind_key(KEY, self._held if on else None, overwrite=True)

    def _voxel_at(self, position: Sequence[float]) -> Voxel | None:
        scan = self._screen.scan
        if scan is None or self._viewer.dims.ndisplay != 2:  # in 3-D none lies there
            return None
        return scan.voxel_at(tuple(position), self._viewer.dims.units)

    @property
    def _artery(self) -> "Labels | None":
        scan = self._screen.scan
        return None if scan is None else scan.layers.artery

    def _is_arterial(self, voxel: Voxel) -> bool:
        layer = self._artery
        return layer is not None and bool((layer.data[(..., *voxel)] > 0).any())

    def _on_clicked(self, voxel: Voxel, value: bool) -> None:
        layer = self._artery
        if layer is not None:
            set_voxels(layer, tuple(np.array([at]) for at in voxel), value)
            self._screen.look()

    def _on_pinned(self, voxel: Voxel, value: bool) -> None:
        self._drawing.pin(voxel if value else None)

    def _on_move(self, _viewer: Any, event: Any) -> None:
        position = tuple(event.position)
        self._drawing.cursor(position)
        voxel = self._voxel_at(position)
        self._vessels.point_at(voxel)
        if self._screen.scan is not None and self._probe.on:
            self._probe.at(self._screen.scan, voxel)

    def leave(self) -> None:
        """The pointer has left the picture: nothing lies under it."""
        self._drawing.cursor(None)
        self._vessels.point_at(None)

    def _held(self, _viewer: Any) -> Generator[None, None, None]:
        """While the key is held, the probe is on."""
        self._probe.switch.value = True
        yield
        self._probe.switch.value = False
