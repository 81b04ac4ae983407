"""Page of sensitivity: standard errors over the AIF's voxels, and one voxel more."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from magicgui.widgets import PushButton
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_dsc.core.regions import LATE
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.plot_style import (
    MARK_RED,
    SMALL,
    dress,
    entitle,
    is_light,
    note_called,
    still_plot,
)

if TYPE_CHECKING:
    import pyqtgraph as pg
    from napari.utils.theme import Theme

    from napari_dsc.core.pipeline.sensitivity import Sensitivity

__all__ = ["SensitivityView"]

TRY_VARIANTS = (
    "Press Leave one out, add one: the maps are computed for the AIF without each of its voxels "
    "in turn, which tells how uncertain they leave CBF and late tissue (jackknife), and with each "
    "of its neighbours."
)
SHARED = "An error that all voxels share, such as partial volume, is not in it."
POINT = "Point at a dot for its voxel."
ADDED_ON_DARK, ADDED_ON_LIGHT = "#5a96ff", "#1f55c0"


class _Drawing(NamedTuple):
    """A plot, and what is in it."""

    plot: "pg.PlotWidget"
    legend: "pg.LegendItem"
    left_out: "pg.ScatterPlotItem"
    added: "pg.ScatterPlotItem"
    chosen: "pg.InfiniteLine"


class SensitivityView(QWidget):
    """How much CBF and the volume of late tissue hang on single voxels of the AIF.

    Emits `asked()` when the user wants to know.

    Attributes
    ----------
    start : PushButton
        Compute the variants.
    note : QLabel
        The spread in words, or what to press.
    plot : PlotWidget
        Volume with Tmax > 6 s, mL, of each variant. It is made once it is asked for.
    left_out, added : ScatterPlotItem
        The variants of one voxel less, and of one more.
    chosen : InfiniteLine
        The AIF itself, mL.
    hovered : QLabel
        The variant under the cursor.
    """

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._found = self._whole = ""
        self.start = give_key(
            PushButton(
                text="Leave one out, add one",
                tooltip="Compute the maps for every AIF of one voxel less, or one neighbour more.",
            )
        )
        self.start.changed.connect(self._on_start)
        self.note, self.hovered = (
            note_called("Sensitivity in words"),
            note_called("Variant pointed at"),
        )
        self.hovered.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._theme: Theme | None = None
        self._place()
        self.clear()

    @cached_property
    def _drawing(self) -> _Drawing:
        import pyqtgraph as pg

        plot = still_plot()
        entitle(plot, f"Volume with Tmax > {LATE:g} s under each variant, before cleaning (mL)")
        plot.setAccessibleName("Volume of late tissue for each variant of the AIF")
        item = plot.getPlotItem()
        item.hideAxis("bottom")
        legend = item.addLegend(offset=(-8, 2), labelTextSize=SMALL, colCount=2)
        left_out, added = (
            pg.ScatterPlotItem(
                symbol=symbol, size=10, hoverable=True, hoverSize=14, tip=None, name=name
            )
            for symbol, name in (("o", "one left out"), ("t1", "one added"))
        )
        chosen = pg.InfiniteLine(
            angle=0, label="as chosen", labelOpts={"position": 0.01, "anchors": [(0, 1), (0, 0)]}
        )
        item.addItem(chosen, ignoreBounds=True)
        for dots in (left_out, added):
            item.addItem(dots)
            dots.sigHovered.connect(self._on_hover)
        plot.hide()
        self._rows.addWidget(plot, 1)
        drawing = _Drawing(plot, legend, left_out, added, chosen)
        if self._theme is not None:
            _dress(drawing, self._theme)
        return drawing

    @property
    def plot(self) -> "pg.PlotWidget":
        """Volume of each variant."""
        return self._drawing.plot

    @property
    def left_out(self) -> "pg.ScatterPlotItem":
        """Variants of one voxel less."""
        return self._drawing.left_out

    @property
    def added(self) -> "pg.ScatterPlotItem":
        """Variants of one voxel more."""
        return self._drawing.added

    @property
    def chosen(self) -> "pg.InfiniteLine":
        """The AIF itself."""
        return self._drawing.chosen

    @property
    def _is_drawn(self) -> bool:
        return "_drawing" in vars(self)

    def _place(self) -> None:
        """Lay out: the button and the variant pointed at; the words; the plot."""
        self._rows = rows = QVBoxLayout(self)
        top = QHBoxLayout()
        rows.setContentsMargins(4, 2, 4, 2)
        rows.setSpacing(2)
        top.addWidget(self.start.native)
        top.addWidget(self.hovered, 1)
        rows.addLayout(top)
        rows.addWidget(self.note)

    def show_result(self, sensitivity: "Sensitivity", more: str = "") -> None:
        """Draw the volume of each variant, and say the spread, and what else is to be known."""
        volumes, chosen = sensitivity.tmax_volumes, sensitivity.chosen
        spots: dict[Any, list[dict[str, Any]]] = {self.left_out: [], self.added: []}
        for place, (words, volume) in enumerate(zip(sensitivity.variants, volumes, strict=True)):
            if np.isfinite(volume):
                told = f"{words}: {volume:.1f} mL ({volume - chosen:+.1f} mL)"
                dots = self.left_out if words.startswith("without") else self.added
                spots[dots].append({"pos": (place, volume), "data": told})
        for dots, some in spots.items():
            dots.setData(some)
        known = np.append(volumes, chosen)
        known = known[np.isfinite(known)]
        drawn = bool(np.isfinite(chosen)) and known.size > 1
        if drawn:
            self.chosen.setValue(chosen)
            margin = max(0.15 * np.ptp(known), 0.01 * known.max(), 0.1)
            self.plot.setYRange(known.min() - margin, known.max() + margin, padding=0)
            self.plot.setXRange(-0.5, len(volumes) - 0.5)
        self._found = " ".join(filter(None, (_spread_in_words(sensitivity), more)))
        self._whole = sensitivity.words
        self._show_plot(drawn)
        self.say("")

    def say(self, words: str, *, ready: bool = True) -> None:
        """Say this above the plot: what is missing, what runs, or why it failed.

        Parameters
        ----------
        words : str
            One line; empty: what was found, or what to press.
        ready : bool
            Whether the user may start.
        """
        self.note.setText(words or self._found or TRY_VARIANTS)
        self.note.setToolTip("" if words else self._whole)
        self.start.enabled = ready

    def clear(self) -> None:
        """Forget the result."""
        self._found = self._whole = ""
        if self._is_drawn:
            for dots in (self.left_out, self.added):
                dots.clear()
        self._show_plot(False)
        self.say("")

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        self._theme = theme
        for label in (self.note, self.hovered):
            label.setStyleSheet(f"color: {theme.text.as_hex()}")
        if self._is_drawn:
            _dress(self._drawing, theme)

    def _on_start(self) -> None:
        self.asked.emit()

    def _show_plot(self, drawn: bool) -> None:
        if drawn or self._is_drawn:
            self.plot.setVisible(drawn)
        self.hovered.setVisible(drawn)
        self.hovered.setText(POINT)

    def _on_hover(self, _dots: Any, points: Any, _event: Any) -> None:
        if len(points):
            self.hovered.setText(" · ".join(str(one.data()) for one in points[:3]))


def _dress(drawing: _Drawing, theme: "Theme") -> None:
    """Give plot, legend, dots and line the colours of a theme."""
    import pyqtgraph as pg

    text, background = theme.text.as_hex(), theme.background.as_hex()
    dress(drawing.plot, text, background)
    drawing.legend.setLabelTextColor(text)
    for _, label in drawing.legend.items:
        label.setText(label.text)  # the colour is in the words
    blue = ADDED_ON_LIGHT if is_light(background) else ADDED_ON_DARK
    for dots, color in ((drawing.left_out, text), (drawing.added, blue)):
        dots.setBrush(color)
        dots.setPen(pg.mkPen(background))
    drawing.chosen.setPen(pg.mkPen(MARK_RED, width=1.5))
    drawing.chosen.label.setColor(text)


def _spread_in_words(found: "Sensitivity") -> str:
    low, high = found.spread
    count = len(found.variants)
    told = []
    if np.isfinite(found.chosen) and np.isfinite(low):
        low_, high_, chosen = told_apart(low, high, found.chosen)
        told.append(
            f"Tmax > {LATE:g} s, before cleaning: {chosen} mL as chosen, {low_} to {high_} mL over "
            f"{count} variants"
        )
    share = f"{_share_in_words(found)} {SHARED}" if found.words else ""
    if not told and not share:
        told.append("No variant of this AIF gives an answer")
    return " ".join(filter(None, [share, *(f"{one}." for one in told), *found.notices]))


def _share_in_words(found: "Sensitivity") -> str:
    """The AIF's own share, short enough for a narrow dock; its words in full are a tooltip."""
    known = found.error.values[found.error.quality_mask]
    told = f"Jackknife over {found.voxels} voxels: CBF ± {np.median(known):.2g} % (median voxel)"
    low, high = found.volume_interval
    if np.isfinite(low):
        told += f"; Tmax > {LATE:g} s {low:.1f} to {high:.1f} mL (95 % interval)"
    return f"{told}."


def told_apart(*volumes: float) -> list[str]:
    """Numbers in as many decimals, three at most, as it takes to tell those apart that differ."""
    for decimals in range(1, 4):
        texts = [f"{one:.{decimals}f}" for one in volumes]
        if len(set(texts)) == len(set(volumes)):
            break
    return texts
