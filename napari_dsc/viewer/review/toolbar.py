"""The bar above the picture: what is looked at, in which colours, from which side."""

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, FloatSlider, PushButton
from napari.layers import Image
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget
from superqt import QFlowLayout

from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.quantities import FAMILIES, TMAX
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.maps.view_modes import BASELINE
from napari_dsc.viewer.review.tool_buttons import ToolButtons

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["SIDES", "Bar"]

SLIDER = 150  # px
HEIGHT = 30  # px of a widget
SIDES = ("Radiological", "Neurological")


def anatomies(viewer: "ViewerModel") -> list[tuple[str, Image | None]]:
    """Volumes that maps can be laid over: the baseline, and what else was opened."""
    others = [
        one
        for one in viewer.layers
        if isinstance(one, Image)
        and one.ndim == 3
        and not one.rgb
        and one.metadata.get(KEY, {}).keys() <= {"affine"}
        and "affine" in one.metadata.get(KEY, {})
    ]
    return [(BASELINE, None), *((one.name, one) for one in others)]


class Bar(QWidget):
    """Widgets in a row, which wraps where the window is narrow.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers there are to choose from.

    Attributes
    ----------
    tools : ToolButtons
        What the left button does: draw, erase, or move the picture; and Undo.
    slices, rows, grid, overlay, single : PushButton
        The views.
    map : ComboBox
        Which map is looked at, alone or over the anatomy.
    underlay : ComboBox
        What it is laid over; None: the baseline.
    opacity : FloatSlider
        Of the map.
    align : PushButton
        Bring the anatomy onto the scan.
    family, windows : ComboBox, PushButton
        Colours of all maps; their fixed windows.
    side : ComboBox
        Radiological or neurological.
    play, subtract : PushButton, CheckBox
        The passage of the bolus.
    rejected : CheckBox
        Whether voxels without an answer are shown.
    regions, late, report, help : PushButton
        Measure, volumes of late tissue, one page, the keys.
    """

    def __init__(self, viewer: "ViewerModel") -> None:
        super().__init__()
        self.setObjectName("Reading bar")
        self.tools = ToolButtons()
        self.grid = _button("Grid", "All maps and the scan side by side, on one slice (G).")
        self.overlay = _button("Overlay", "One map over the anatomy (Shift-O). J and K turn maps.")
        self.single = _button("Single", "One map alone (Shift-I). J and K turn maps.")
        self.slices = _button("All slices", "Every slice of one map (Shift-G). J and K turn maps.")
        self.rows = _button("Maps × slices", "Several maps on some slices (Shift-Y).")
        for one in self._views.values():
            one.native.setCheckable(True)
        self.map = ComboBox(
            choices=["Scan"], tooltip="Which picture (J: the one before, K: the next)."
        )
        self.underlay = ComboBox(
            choices=lambda _widget: anatomies(viewer),
            tooltip="What the map is laid over: the mean of the baseline, or any volume that you "
            "open (NIfTI).",
        )
        self.align = _button(
            "Align …",
            "Register the chosen anatomy with the scan, rigidly, by mutual information. Before, it "
            "lies where the affines of the files say (Shift-J).",
        )
        self.opacity = FloatSlider(
            value=0.6, min=0.0, max=1.0, step=0.05, tooltip="How far the map covers the anatomy."
        )
        self.family = ComboBox(
            choices=list(FAMILIES),
            value=COLOUR_FAMILY,
            tooltip="Colours of all maps at once (U): as perfusion packages have them; even to the "
            "eye, and readable without colour; or alike to every eye, colour-blind or not.",
        )
        self.windows = _button("Fixed windows", "Every map in its fixed window again (W).")
        self.side = ComboBox(
            choices=list(SIDES),
            tooltip="Radiological: the patient's right is on the left of the picture. "
            "Neurological: it is on the right (Shift-F). The letters tell.",
        )
        self.play = _button("▶ Bolus", "Play the passage of the bolus (H).")
        self.subtract = CheckBox(
            text="− baseline", tooltip="The scan less the mean of its baseline (Shift-D)."
        )
        self.rejected = CheckBox(
            text="rejected",
            tooltip="Show rejected voxels too: those that hold no tissue are blank, and the "
            "anatomy shows through. Numbers and files keep every value.",
        )
        self.regions = give_key(
            _button("Regions …", "Draw, measure, mirror and normalise (N: a new one).")
        )
        self.late = give_key(
            _button("Tmax …", "Volumes of late tissue, outlined on every map (Shift-T).")
        )
        self.report = _button(
            "Report …", "One page, as HTML or PDF, of what was computed (Shift-R)."
        )
        self.help = _button("?", "Keys and gestures, and a tour of five cards (?).")
        layout = QFlowLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(6)
        layout.addWidget(self.tools)
        for member in (
            *(self.slices, self.rows, self.grid, self.overlay, self.single, self.map),
            *(self.underlay, self.align, self.opacity, self.family, self.windows, self.side),
            *(self.play, self.subtract, self.rejected, self.regions, self.late, self.report),
            self.help,
        ):
            sized = _sized(member)
            layout.addWidget(_after("over", sized) if member is self.underlay else sized)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """As high as its rows, and no higher."""
        super().resizeEvent(event)
        layout = self.layout()
        if layout is not None:
            self.setFixedHeight(layout.heightForWidth(self.width()))

    def _settle(self) -> None:
        """Make room for choices that have become wider."""
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.setGeometry(self.rect())

    def reset_choices(self, _event: Any = None) -> None:
        """Bring the list of anatomies up to date; napari calls this when layers change."""
        self.underlay.reset_choices()
        self._settle()

    def show_maps(self, symbols: list[str], symbol: str) -> None:
        """List the maps there are, and the one that is looked at."""
        if list(self.map.choices) == symbols and self.map.value == symbol:
            return  # it is asked at every gesture
        with self.map.changed.blocked():
            if list(self.map.choices) != symbols:
                self.map.choices = symbols
            if symbol in symbols:
                self.map.value = symbol
        self._settle()

    @property
    def _views(self) -> dict[str, PushButton]:
        return {
            **{"slices": self.slices, "rows": self.rows},
            **{"grid": self.grid, "overlay": self.overlay, "single": self.single},
        }

    def show_view(self, kind: str | None) -> None:
        """Show which view is on screen."""
        for name, one in self._views.items():
            one.native.setChecked(name == kind)
        self.opacity.enabled = kind == "overlay"

    def enable(self, scan: "Scan | None", *, busy: bool) -> None:
        """Enable what can be done now."""
        made = scan is not None and bool(scan.layers.maps)
        self.tools.enable(scan=scan is not None, maps=made)
        for one in (*self._views.values(), self.windows, self.regions, self.rejected):
            one.enabled = made
        self.map.enabled = self.underlay.enabled = made
        self.late.enabled = made and scan is not None and TMAX.symbol in scan.layers.maps
        self.report.enabled = made and not busy
        self.align.enabled = self.underlay.value is not None and not busy
        self.play.enabled = self.subtract.enabled = scan is not None


def _button(text: str, tooltip: str) -> PushButton:
    return PushButton(text=text, tooltip=tooltip)


def _after(words: str, widget: QWidget) -> QWidget:
    """A widget with words before it, which stay on its line."""
    both = QWidget()
    both.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    layout = QHBoxLayout(both)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(QLabel(words))
    layout.addWidget(widget)
    return both


def _sized(widget: Any) -> QWidget:
    """Native widget, no wider than its words."""
    native: QWidget = widget.native
    native.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    native.setMaximumHeight(HEIGHT)
    if isinstance(widget, FloatSlider):
        native.setFixedWidth(SLIDER)
    elif isinstance(widget, ComboBox):
        widget.native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return native
