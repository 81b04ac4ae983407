"""The bar above the picture: what is looked at, in which colours, from which side."""

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, FloatSlider, PushButton
from napari.layers import Image
from qtpy.QtCore import QEvent, QRect, Qt
from qtpy.QtWidgets import QApplication, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget
from superqt import QFlowLayout

from napari_dsc.core.defaults import READING
from napari_dsc.core.quantities import FAMILIES, TMAX
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.layers import CONTRAST, KEY
from napari_dsc.viewer.maps.view_modes import BASELINE
from napari_dsc.viewer.preferences import colour_family
from napari_dsc.viewer.review.rows_button import RowsButton
from napari_dsc.viewer.review.tool_buttons import ToolButtons

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["SIDES", "Bar"]

VIEWS = ("slices", "rows", "grid", "overlay", "single")
WRAPPED = (  # the order in which they stand where the row wraps
    *("tools", *VIEWS, "choose_rows", "map", "reading", "steps", "underlay", "align", "opacity"),
    *("family", "windows", "side"),
    *("play", "subtract", "rejected", "regions", "late", "report", "help"),
)
ON_ONE_LINE = (  # and where it is one line: what is used most stands first
    *("slices", "grid", "overlay", "single", "map", "family", "side", "tools", "late", "regions"),
    *("help", "reading", "steps", "windows", "rejected", "opacity", "rows", "choose_rows"),
    *("underlay", "align", "play", "subtract"),
)
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
        and one.metadata.get(KEY, {}).keys() <= {"affine", CONTRAST}
        and "affine" in one.metadata.get(KEY, {})
    ]
    return [(BASELINE, None), *((one.name, one) for one in others)]


class Bar(QWidget):
    """Widgets in a row, which wraps where the window is narrow.

    In the reading workspace it is one line: views, map, colours and side first. What does not fit
    stands behind a button, and below the line once that is pressed, or the keyboard gets there.

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
    reading : ComboBox
        What the scan is read for: stroke or tumour.
    steps : CheckBox
        Whether Tmax is shown in steps.
    choose_rows : RowsButton
        Which maps stand below one another where several slices are shown.
    regions, late, report, help : PushButton
        Measure, volumes of late tissue, one page, the keys.
    more : PushButton
        Shows what does not fit on one line, or hides it.
    """

    def __init__(self, viewer: "ViewerModel") -> None:
        super().__init__()
        self.setObjectName("Reading bar")
        self._make_views()
        self._make_pictures(viewer)
        self._make_looks()
        self._make_scan_choices()
        self._make_measures()
        self.more = give_key(_button("More ▾", "What did not fit on this line."), "More tools")
        self.more.native.setCheckable(True)
        self.more.changed.connect(self._on_more)
        self._one_line = False
        self._members = self._sized_members()
        self._lay_out()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._place()
        for button in self.tools.tools.values():
            button.toggled.connect(lambda _on: self._fit())
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)

    def _make_views(self) -> None:
        """Tools, and a button for each view."""
        self.tools = ToolButtons()
        self.grid = _button("Maps", "Six maps side by side, on one slice (G).")
        self.overlay = _button("Overlay", "One map over the anatomy (Shift+O). J and K turn maps.")
        self.single = _button("Single", "One map alone (Shift+I). J and K turn maps.")
        self.slices = _button("All slices", "Every slice of one map (Shift+G). J and K turn maps.")
        self.rows = _button("Maps × slices", "Several maps on some slices (Shift+Y).")
        for one in self._views.values():
            one.native.setCheckable(True)

    def _make_pictures(self, viewer: "ViewerModel") -> None:
        """Which map is looked at, and what it lies over."""
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
            "lies where the headers of the files say (Shift+J).",
        )
        self.opacity = FloatSlider(
            value=0.6, min=0.0, max=1.0, step=0.05, tooltip="How far the map covers the anatomy."
        )

    def _make_looks(self) -> None:
        """Colours, windows and side."""
        self.family = ComboBox(
            choices=list(FAMILIES),
            value=colour_family(),
            tooltip="Colours of all maps at once (U): as perfusion packages have them; even to the "
            "eye, and readable without colour; or alike to every eye, colour-blind or not.",
        )
        self.windows = _button("Fixed windows", "Every map in its fixed window again (W).")
        self.side = ComboBox(
            choices=list(SIDES),
            tooltip="Radiological: the patient's right is on the left of the picture. "
            "Neurological: it is on the right (Shift+F). The letters tell.",
        )

    def _make_scan_choices(self) -> None:
        """The bolus, voxels without an answer, and what the scan is read for."""
        self.play = _button("▶ Bolus", "Play the passage of the bolus (H).")
        self.subtract = CheckBox(
            text="− baseline", tooltip="The scan less the mean of its baseline (Shift+D)."
        )
        self.rejected = CheckBox(
            text="rejected",
            tooltip="Show rejected voxels too: those that hold no tissue are blank, and the "
            "anatomy shows through. Numbers and files keep every value.",
        )
        self.reading = ComboBox(
            choices=[one.name for one in READINGS.values()],
            value=READINGS[READING].name,
            tooltip="What the scan is read for: order and look of the maps, and order of the "
            "report. " + " ".join(f"{one.name}: {one.sentence}" for one in READINGS.values()),
        )
        self.steps = CheckBox(
            text="Tmax in steps",
            tooltip="A colour each above 4, 6, 8 and 10 s, and the grey scan below; or even "
            "colours. The steps are those of the volumes.",
        )

    def _make_measures(self) -> None:
        """Regions, late tissue, the report and the keys."""
        self.choose_rows = RowsButton()
        self.regions = give_key(
            _button("Regions …", "Draw, measure, mirror and normalise (N: a new one).")
        )
        self.late = give_key(
            _button("Tmax …", "Volumes of late tissue, outlined on every map (Shift+T).")
        )
        self.report = _button(
            "Report …", "One page, as HTML or PDF, of what was computed (Shift+R)."
        )
        self.help = _button("?", "Keys and gestures, and a tour of five cards (?).")

    def _lay_out(self) -> None:
        """A row that can be hidden below its first line, with the button that shows it."""
        self._host = QWidget()  # what lies below its edge is not seen, and its keys work
        self._flow = QFlowLayout(self._host)
        self._flow.setContentsMargins(4, 2, 4, 2)
        self._flow.setSpacing(6)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 4, 0)
        outer.setSpacing(0)
        outer.addWidget(self._host, 1, Qt.AlignmentFlag.AlignTop)
        outer.addWidget(_sized(self.more), 0, Qt.AlignmentFlag.AlignTop)

    def _sized_members(self) -> dict[str, QWidget]:
        """Everything in the row but the tools, by name."""
        first = (*VIEWS, "choose_rows", "map", "reading", "steps", "underlay", "align")
        looks = ("opacity", "family", "windows", "side")
        further = ("play", "subtract", "rejected", "regions", "late", "report", "help")
        sized = {name: _sized(getattr(self, name)) for name in (*first, *looks, *further)}
        sized["underlay"] = _after("over", sized["underlay"])
        return {"tools": self.tools, **sized}

    @property
    def one_line(self) -> bool:
        """Whether it is one line, whatever the width of the window."""
        return self._one_line

    def show_one_line(self, on: bool) -> None:
        """Be one line, without the report's button, which stands elsewhere then; or as ever."""
        self._one_line = on
        self.more.native.setChecked(False)
        self._place()

    def lend(self) -> dict[str, QWidget]:
        """Buttons that stand elsewhere while it is one line: "report" and "undo"."""
        report = self._members["report"]
        report.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        return {"report": report, "undo": self.tools.undo}

    def _place(self) -> None:
        """Put the members in the order of the workspace."""
        while self._flow.count():
            self._flow.takeAt(0)
        if not self._one_line:
            self.tools.take_undo()
            _sized(self.report)
        for name in ON_ONE_LINE if self._one_line else WRAPPED:
            self._flow.addWidget(self._members[name])
        self.tools.be_low(self._one_line)
        self._settle()

    def _on_more(self) -> None:
        self._fit()

    def _on_focus(self, _old: Any, new: Any) -> None:
        """Show what the keyboard has reached below the line."""
        hidden = self._one_line and new is not None and self._host.isAncestorOf(new)
        if hidden and new.mapTo(self._host, new.rect().topLeft()).y() >= self._host.height():
            self.more.native.setChecked(True)
            self._fit()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """As high as its rows, and no higher."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Lay the rows out anew in letters of another size, once all have it."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            soon(self, self._settle)

    def _fit(self) -> None:
        """Be as high as the rows that are to be seen."""
        more = self.more.native
        room = self.width() - self.contentsMargins().right() - 4
        whole = self._flow.heightForWidth(room)
        first = self._first_row() if self._one_line else whole
        more.setVisible(self._one_line and whole > first + 4)
        if not more.isHidden():
            room -= more.sizeHint().width()
            whole = self._flow.heightForWidth(room)
        if not self._one_line or more.isChecked() or self._is_armed_below(room, first):
            first = whole
        high = first
        self._host.setFixedHeight(high)
        self.setFixedHeight(high)

    def _is_armed_below(self, room: int, first: int) -> bool:
        """Whether a tool is down that would stand below the line: it has to be seen."""
        if not any(button.isChecked() for button in self.tools.tools.values()):
            return False
        self._flow.setGeometry(QRect(0, 0, room, self._host.height()))
        return self.tools.y() + self.tools.height() > first

    def _first_row(self) -> int:
        """Height of the first row, px."""
        items = [self._flow.itemAt(at) for at in range(self._flow.count())]
        margins = self._flow.contentsMargins()
        high = max((one.sizeHint().height() for one in items if one is not None), default=0)
        return high + margins.top() + margins.bottom()

    def _settle(self) -> None:
        """Make room for choices that have become wider."""
        self._flow.invalidate()
        self._flow.setGeometry(self._host.rect())
        self._fit()

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
                self.map.choices = []  # those that stay would keep their places
                self.map.choices = symbols
            if symbol in symbols:
                self.map.value = symbol
        self._settle()

    @property
    def _views(self) -> dict[str, PushButton]:
        return {name: getattr(self, name) for name in VIEWS}

    def show_view(self, kind: str | None) -> None:
        """Show which view is on screen."""
        for name, one in self._views.items():
            one.native.setChecked(name == kind)
        self.opacity.enabled = kind == "overlay"
        self.choose_rows.visible = kind == "rows"
        self._settle()

    def enable(self, scan: "Scan | None", *, busy: bool) -> None:
        """Enable what can be done now."""
        made = scan is not None and bool(scan.layers.maps)
        self.tools.enable(scan=scan is not None, maps=made)
        for one in (*self._views.values(), self.windows, self.regions, self.rejected):
            one.enabled = made
        self.map.enabled = self.underlay.enabled = made
        self.reading.enabled = scan is not None
        self.steps.enabled = made and scan is not None and TMAX.symbol in scan.layers.maps
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
