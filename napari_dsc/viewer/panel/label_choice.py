"""Choice of one of several labels as artery or vein, shown where it is needed."""

from typing import Any

from magicgui.widgets import ComboBox

from napari_dsc.core.number_words import voxel_words
from napari_dsc.viewer.layers import KEY, LABELS, choose_label, labels_in
from napari_dsc.viewer.screen import Screen

__all__ = ["LabelChoice", "label_box"]


def label_box(label: str) -> ComboBox:
    """Make a list of labels that is hidden until a layer holds several."""
    box = ComboBox(
        label=label,
        nullable=True,
        tooltip="The layer holds several labels, such as artery, vein and brain: which one?",
    )
    box.visible = False
    return box


class LabelChoice:
    """Fills the list of labels of the layer that is chosen in another list.

    Parameters
    ----------
    role : str
        "artery" or "vein".
    layers, labels : ComboBox
        The list of layers, and that of labels.
    screen : Screen
        Looks at the masks when a label was chosen.
    """

    def __init__(self, role: str, layers: ComboBox, labels: ComboBox, screen: Screen) -> None:
        self._role, self._layers, self._labels, self._screen = role, layers, labels, screen
        self._shown: Any = None
        labels.changed.connect(self._on_chosen)

    def refresh(self) -> None:
        """Show the labels of the layer at hand, if there are several."""
        layer = self._layers.value
        found = {} if layer is None else labels_in(layer)
        shown = (layer, tuple(found.items()))
        if shown != self._shown:
            self._shown = shown
            words = [(f"label {one}, {voxel_words(count)}", one) for one, count in found.items()]
            with self._labels.changed.blocked():
                self._labels.choices = words
                chosen = {} if layer is None else layer.metadata.get(KEY, {}).get(LABELS, {})
                known = chosen.get(self._role)
                self._labels.value = known if known in found else None
        if self._labels.visible != bool(found):
            self._labels.visible = bool(found)

    def _on_chosen(self, label: int | None) -> None:
        if self._layers.value is not None:
            choose_label(self._layers.value, self._role, label)
            self._screen.look()
