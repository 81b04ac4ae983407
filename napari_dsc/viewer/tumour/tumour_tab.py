"""The page of tumours: what enhances, its burden, its hot spots, and the histogram."""

from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, PushButton
from magicgui.widgets.bases import ValueWidget
from napari.layers import Image
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from napari_dsc.core.defaults import BURDEN, HOT_SPOT, VESSEL
from napari_dsc.core.tumour import StandardScale, TumourChoice, TumourReading, vessel_words
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.layers import AFTER, BEFORE, CONTRAST, KEY
from napari_dsc.viewer.plot_style import HistogramPlot

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["NOTHING", "TumourPage"]

NOTHING = (
    "Nothing enhances yet. Open T1 before and after contrast (File > Open), choose them and press "
    "Propose enhancement; or press Draw enhancement and paint on the picture."
)
NO_T1, NOT_CHOSEN, NO_SCALE = "none opened", "not chosen", "none"
PLOT, WORDS = 200, 200  # px of the histogram, and of the sentences at least
SHORTENED = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
LETTERS = 6  # of the name of a volume or a scale that are shown at least


class TumourPage(QWidget):
    """Choices, buttons, sentences and a histogram.

    Attributes
    ----------
    before, after : ComboBox
        T1 before and after contrast, among the volumes that are open.
    align : CheckBox
        Whether they are registered to the scan first.
    propose, draw, read, curves : PushButton
        Enhancement from T1; by hand; the reading; curves of every voxel as a table.
    thresholds : LineEdit
        Of normalised rCBV.
    spot, vessels : FloatSpinBox
        Diameter of a hot spot, and the limit of a vessel.
    show_spots, show_vessels : CheckBox
        Whether they are outlined.
    scale : ComboBox
        Standard scale on which blood volume is read too.
    load_scale, make_scale : PushButton
        A scale from a file; a new one, of results.
    text : QLabel
        What was read, or what to do.
    plot, histogram : PlotWidget, PlotDataItem
        Of rCBV where it enhances; made with the first reading.
    """

    changed = Signal()  # a number, or what is outlined

    def __init__(self, volumes: Any) -> None:
        super().__init__()
        self.before, self.after = (
            ComboBox(
                choices=lambda _widget: [(NOT_CHOSEN if volumes() else NO_T1, None), *volumes()],
                tooltip=f"T1-weighted volume {when} contrast, opened beside the scan (NIfTI).",
            )
            for when in ("before", "after")
        )
        self.align = CheckBox(
            value=True,
            text="Register",
            tooltip="Register both to the scan, rigidly, by mutual information; else they lie "
            "where their files say.",
        )
        self.propose = give_key(
            PushButton(
                text="Propose enhancement",
                tooltip="Subtract T1 before contrast from that after it, and propose what "
                "enhances as a region: paint and erase it like any other.",
            )
        )
        self.draw = give_key(
            PushButton(text="Draw enhancement", tooltip="Paint what enhances on the picture.")
        )
        self.read = give_key(
            PushButton(
                text="Read tumour",
                tooltip="Propose normal white matter unless there is a reference, and read rCBV, "
                "burden and hot spots where it enhances.",
            )
        )
        self.curves = give_key(
            PushButton(
                text="Voxel curves …",
                tooltip="The curve of every voxel of the regions, as a table (CSV).",
            )
        )
        self._scales: dict[str, StandardScale] = {}
        self.scale = ComboBox(
            choices=lambda _widget: [(NO_SCALE, ""), *self._scales.items()],
            tooltip="Read blood volume on a standard scale too (sCBV): histograms matched to a "
            "scale that you have made of scans of your own. None comes with the program.",
        )
        self.load_scale = give_key(
            PushButton(text="Load scale …", tooltip="A scale that was made before (JSON).")
        )
        self.make_scale = give_key(
            PushButton(
                text="Make scale …",
                tooltip="Of all results in a folder that you have saved: of two scans or more. It "
                "is kept as a file.",
            )
        )
        self.thresholds = LineEdit(
            value=", ".join(f"{one:g}" for one in BURDEN),
            tooltip="Of normalised rCBV: the shares of enhancing voxels above them are told.",
        )
        self.spot = FloatSpinBox(
            value=HOT_SPOT,
            min=1.0,
            max=50.0,
            step=1.0,
            tooltip="mm: diameter of each of the five hottest spots, discs within a slice.",
        )
        self.vessels = FloatSpinBox(
            value=VESSEL,
            min=1.5,
            max=50.0,
            step=0.5,
            tooltip=f"Left out as vessels: {vessel_words()}. A very vascular tumour may exceed it.",
        )
        self.show_spots = CheckBox(value=True, text="Hot spots", tooltip="Outline them, in yellow.")
        self.show_vessels = CheckBox(
            value=False, text="Vessels", tooltip="Outline what is left out as vessels, dotted."
        )
        self.text = QLabel(NOTHING)
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._limits: list[Any] = []
        for one in (self.spot, self.vessels, self.show_spots, self.show_vessels, self.scale):
            one.changed.connect(self._on_changed)
        self.thresholds.native.editingFinished.connect(self._on_changed)
        # Made once something was read: until then the sentence beside says what to do.
        self._plot = HistogramPlot(self._lay_out(), PLOT)

    def _lay_out(self) -> QHBoxLayout:
        """Lay out choices, buttons and words; return the row, at whose end there is room."""
        first = _grid(
            ("T1 before", self.before),
            ("T1 after", self.after),
            (self.align, self.propose),
            ("Scale", self.scale),
        )
        second = _grid(
            ("rCBV above", self.thresholds),
            ("Hot spot (mm)", self.spot),
            ("Vessel above (×)", self.vessels),
            (self.show_spots, self.show_vessels),
        )
        buttons = (self.draw, self.read, self.curves, self.load_scale, self.make_scale)
        third = _grid(*((one,) for one in buttons))
        for box in (self.before, self.after, self.scale):
            box.native.setSizeAdjustPolicy(SHORTENED)
            box.native.setMinimumContentsLength(LETTERS)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        for side in (first, second, third):
            layout.addWidget(side)
        words = _area(self.text)
        words.setMinimumWidth(WORDS)
        layout.addWidget(words, 1)
        return layout

    @property
    def plot(self) -> Any:
        """Axes of the histogram."""
        return self._plot.plot

    @property
    def histogram(self) -> Any:
        """Histogram of rCBV where it enhances."""
        return self._plot.bars

    @property
    def chosen_scale(self) -> StandardScale | None:
        """Scale on which blood volume is read too; None: on none."""
        return self.scale.value or None

    def volumes(self) -> tuple[Image | None, Image | None]:
        """T1 before and after contrast, as far as they are chosen."""
        return self.before.value, self.after.value

    def reset_choices(self, _event: Any = None) -> None:
        """Bring the lists of volumes up to date."""
        for box, when in ((self.before, BEFORE), (self.after, AFTER)):
            box.reset_choices()
            known = [one for one in box.choices if one is not None and _contrast(one) == when]
            if box.value is None and len(known) == 1:  # what it is stands with the volume
                box.value = known[0]

    def offer_scale(self, name: str, scale: StandardScale) -> None:
        """Have a scale among the choices, and choose it."""
        self._scales[name] = scale
        self.scale.reset_choices()
        self.scale.value = scale

    def show_choice(self, choice: TumourChoice, scale: StandardScale | None) -> None:
        """Show how a scan is read; nobody is told of it."""
        if scale is not None and scale not in self._scales.values():
            self._scales[f"of {scale.scans} scans"] = scale
            self.scale.reset_choices()
        boxes: tuple[tuple[ValueWidget[Any], Any], ...] = (
            (self.thresholds, ", ".join(f"{one:g}" for one in choice.thresholds)),
            (self.spot, choice.diameter),
            (self.vessels, choice.vessel_times),
            (self.scale, scale or ""),
        )
        for box, value in boxes:
            with box.changed.blocked():
                box.value = value

    def enable(self, *, maps: bool, pair: bool, busy: bool, regions: bool) -> None:
        """Enable what can be done now."""
        self.propose.enabled = maps and pair and not busy
        self.draw.enabled = self.read.enabled = maps and not busy
        self.load_scale.enabled = self.make_scale.enabled = not busy
        self.curves.enabled = maps and regions

    def say(self, words: str) -> None:
        """Say something in place of a reading."""
        self.text.setText(words)
        self._draw(None)

    def show_reading(self, reading: TumourReading, note: str = "") -> None:
        """Show what was read."""
        self.text.setText("\n".join(filter(None, (*reading.lines, note))))
        self._draw(reading)

    def _draw(self, reading: TumourReading | None) -> None:
        """Draw the histogram, with a line at each threshold."""
        if reading is None and not self._plot.is_made:
            return
        import pyqtgraph as pg

        item = self.plot.getPlotItem()
        for line in self._limits:
            item.removeItem(line)
        self._limits = []
        self.plot.setVisible(reading is not None)
        if reading is None:
            self.histogram.setData(np.zeros(2), np.zeros(1))
            item.setLabel("bottom", "")
            return
        found = reading.histogram
        self.histogram.setData(found.edges, found.counts)
        item.setLabel("left", "voxels")
        beyond = f" (+ {found.above} above)" if found.above else ""
        beyond += ", uncorrected" if reading.corrected is not None else ""
        item.setLabel("bottom", f"{reading.relative.symbol}{beyond}")
        item.getAxis("bottom").resizeEvent()  # pyqtgraph leaves other words where the last began
        for limit in reading.choice.thresholds:
            line = pg.InfiniteLine(limit, pen=pg.mkPen("#e0a000", width=2))
            item.addItem(line)
            self._limits.append(line)

    def follow(self, theme: "Theme") -> None:
        """Wear the window's colours."""
        self._plot.follow(theme)

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Offer what was opened while the page was not there: nobody had told it."""
        self.reset_choices()
        super().showEvent(event)

    def _on_changed(self, _value: Any = None) -> None:
        self.changed.emit()


def _contrast(volume: Image) -> str:
    """Which of the two a volume is, where it says so; empty where nobody knows."""
    return str(volume.metadata.get(KEY, {}).get(CONTRAST, ""))


def _grid(*rows: tuple[str | ValueWidget[Any], ...]) -> QWidget:
    """Rows of widgets and their names, as wide as the letters need and no wider."""
    side, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(0, 0, 6, 0)
    grid.setSpacing(2)
    for at, row in enumerate(rows):
        for column, one in enumerate(row):
            widget = QLabel(one) if isinstance(one, str) else one.native
            if isinstance(one, str):
                widget.setToolTip(getattr(row[-1], "tooltip", "") or "")
            grid.addWidget(widget, at, column)
    grid.setRowStretch(len(rows), 1)
    side.setLayout(grid)
    side.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
    return side


def _area(inside: QWidget) -> QScrollArea:
    """Something that scrolls where the dock is low."""
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
