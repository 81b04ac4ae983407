"""The brushes: armed by a button or a key, one at a time, and down only while that is shown."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from napari.layers import Labels

from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.viewer.aif.aif_layers import Vessels
from napari_dsc.viewer.layers import KEY, label_of
from napari_dsc.viewer.maps.view_modes import turn
from napari_dsc.viewer.panel.layer_keys import free_brush_keys, silence
from napari_dsc.viewer.panel.undo import Undoing, is_painted
from napari_dsc.viewer.review.review import Room
from napari_dsc.viewer.review.tool_buttons import AIF, ERASE, REGION
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import masks_of
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Tools"]

AT_REST = ("pan_zoom", "transform")  # modes in which nothing is painted
VERBS = {"paint": "draws on", "erase": "erases from"}


class Tools:
    """Arms and disarms the brushes, shows which is armed, and offers to take strokes back.

    A brush is armed for one layer, the active one, and only as long as that layer is active and in
    sight: whatever else becomes active or is shown again is at rest.

    Parameters
    ----------
    viewer : Viewer
        Whose layers.
    screen : Screen
        Says which scan is at hand.
    room : Room
        Has the buttons, and makes new regions.
    vessels : Vessels
        Makes an AIF where there is none.
    undoing : Undoing
        Takes back.
    """

    def __init__(
        self, viewer: "Viewer", screen: Screen, room: Room, vessels: Vessels, undoing: Undoing
    ) -> None:
        self._viewer, self._screen, self._room = viewer, screen, room
        self._vessels, self._undoing = vessels, undoing
        self._last: Labels | None = None  # what was drawn on last
        self._hidden: set[Labels] = set()
        self._scan: Scan | None = None
        self._listening = False
        self._keys: Mapping[str, Callable[[], None]] = {}
        buttons = room.bar.tools
        for name, button in buttons.tools.items():
            button.clicked.connect(lambda _on=False, name=name: self.toggle(name))
        buttons.undo.clicked.connect(lambda _on=False: undoing.take_back())
        undoing.changed.connect(self._show_undo)
        screen.shown.connect(self._on_shown)

    def listen(self, on: bool, keys: Mapping[str, Callable[[], None]]) -> None:
        """Follow the layers from now on, or no longer.

        Parameters
        ----------
        on : bool
            Whether to follow them.
        keys : mapping of str to callable
            What the program's own keys do: they reach it whatever layer is active.
        """
        self._listening = on
        if not on:
            self.disarm()
        self._keys = keys
        events = self._viewer.layers.events
        for emitter, hear in (
            (events.inserted, self._on_inserted),
            (events.removed, self._on_removed),
            (self._viewer.layers.selection.events.active, self._on_active),
        ):
            emitter.disconnect(hear)
            if on:
                emitter.connect(hear)
        for layer in self._viewer.layers:
            self._follow(layer, on=on)
        self.refresh()

    @property
    def armed(self) -> str | None:
        """Which of `TOOLS` is armed; "other" for a tool of napari's own; None: none is."""
        layer = self._viewer.layers.selection.active
        if not isinstance(layer, Labels) or layer.mode in AT_REST:
            return None
        if layer.mode == "erase":
            return ERASE
        scan = self._screen.scan
        if layer.mode != "paint" or scan is None:
            return "other"
        if layer == scan.layers.regions:  # napari hands out stand-ins for layers: they are equal
            return REGION
        role = layer.metadata.get(KEY, {}).get("role")
        return AIF if layer == scan.layers.artery or role == "AIF" else "other"

    def toggle(self, tool: str) -> None:
        """Arm a tool, or disarm it if it is armed."""
        if self.armed == tool:
            self.disarm()
        else:
            self.arm(tool)

    def arm(self, tool: str) -> None:
        """Have the left button draw with a tool, until it is disarmed."""
        scan = self._screen.scan
        if scan is not None and (tool != REGION or scan.layers.maps):
            self.disarm()
            self._room.leave_slices()
            {AIF: self._draw_aif, REGION: self._room.new_region, ERASE: self._erase}[tool]()
        self.refresh()

    def draw_anew(self) -> None:
        """Take an empty AIF at hand, beside those that there are, and have the button draw it."""
        if self._vessels.add() is not None:
            self.arm(AIF)

    def disarm(self) -> None:
        """Have the left button move the picture."""
        for layer in self._viewer.layers:
            if is_painted(layer) and layer.mode not in AT_REST:
                layer.mode = "pan_zoom"
        self.refresh()

    def _draw_aif(self) -> None:
        scan = self._screen.scan
        layer = None if scan is None else scan.layers.artery
        if layer is None or layer not in self._viewer.layers:
            layer = self._vessels.add()
        if layer is None:
            return
        try:
            layer.selected_label = label_of(layer, "artery") or 1
        except ChoiceNeededError:  # the panel asks
            layer.selected_label = 1
        self._put_down(layer, "paint")

    def _erase(self) -> None:
        """Erase from the layer that is active, or was drawn on last, or else from the AIF."""
        scan, active = self._screen.scan, self._viewer.layers.selection.active
        candidates = (active, self._last, None if scan is None else scan.layers.artery)
        known = [one for one in candidates if one in self._viewer.layers and is_painted(one)]
        if known:
            self._put_down(known[0], "erase")

    def _put_down(self, layer: Labels, mode: str) -> None:
        turn(layer, True)
        self._viewer.layers.selection.active = layer
        layer.mode = mode

    # -- the layers ----------------------------------------------------------------------------

    def _on_shown(self, scan: Scan | None) -> None:
        if scan is not self._scan:
            self._scan = scan
            self.disarm()
        if (
            scan is not None and self._listening
        ):  # an image that another reader opened has become one of ours
            silence(scan.layer, self._keys)

    def _on_inserted(self, event: Any) -> None:
        self._follow(event.value, on=True)

    def _on_removed(self, event: Any) -> None:
        self._follow(event.value, on=False)
        self._hidden.discard(event.value)
        if self._last == event.value:
            self._last = None

    def _follow(self, layer: Any, *, on: bool) -> None:
        if KEY in layer.metadata or layer in masks_of(self._viewer):
            silence(layer, self._keys if on else None)
        if not is_painted(layer):
            return
        own = layer.events
        for emitter, hear in (
            (own.mode, self._on_mode),
            (own.selected_label, self.refresh),
            (own.visible, self._on_visible),
        ):
            emitter.disconnect(hear)
            if on:
                emitter.connect(hear)
        if not layer.visible:
            self._hidden.add(layer)

    def _on_mode(self, event: Any) -> None:
        layer = event.source
        if layer.mode not in AT_REST:
            self._last = layer
        if layer.mode in ("paint", "erase"):
            free_brush_keys(layer)
        else:
            silence(layer, self._keys)
        self.refresh()

    def _on_visible(self, event: Any) -> None:
        """Bring up no brush with a layer: napari gives it back the mode that it had."""
        layer = event.source
        if not layer.visible:
            self._hidden.add(layer)
        elif layer in self._hidden:
            self._hidden.discard(layer)
            layer.mode = "pan_zoom"
        self.refresh()

    def _on_active(self, _event: Any = None) -> None:
        """Lift the brush of a layer that is no longer active."""
        active = self._viewer.layers.selection.active
        for layer in self._viewer.layers:
            if layer != active and is_painted(layer) and layer.mode not in AT_REST:
                layer.mode = "pan_zoom"
        self.refresh()

    # -- what is shown -------------------------------------------------------------------------

    def refresh(self, _event: Any = None) -> None:
        """Show which tool is armed, and on what it draws."""
        armed, layer = self.armed, self._viewer.layers.selection.active
        words = ""
        if armed is not None and layer is not None:
            what = VERBS.get(layer.mode, f"{layer.mode}s on")
            on = f"region {layer.selected_label}" if armed == REGION else layer.name
            words = f"Left button: {what} {on}.  Esc ends."
        self._room.bar.tools.show_armed(armed, words)

    def _show_undo(self) -> None:
        self._room.bar.tools.show_undo(self._undoing.words)
