"""Page of sensitivity: standard errors over the AIF's voxels, and one voxel more."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
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
        Volume with Tmax > 6 s, mL, of each variant.
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
        self.plot = still_plot()
        entitle(
            self.plot, f"Volume with Tmax > {LATE:g} s under each variant, before cleaning (mL)"
        )
        self.plot.setAccessibleName("Volume of late tissue for each variant of the AIF")
        item = self.plot.getPlotItem()
        item.hideAxis("bottom")
        self._legend = item.addLegend(offset=(-8, 2), labelTextSize=SMALL, colCount=2)
        self.left_out, self.added = (
            pg.ScatterPlotItem(
                symbol=symbol, size=10, hoverable=True, hoverSize=14, tip=None, name=name
            )
            for symbol, name in (("o", "one left out"), ("t1", "one added"))
        )
        self.chosen = pg.InfiniteLine(
            angle=0, label="as chosen", labelOpts={"position": 0.01, "anchors": [(0, 1), (0, 0)]}
        )
        item.addItem(self.chosen, ignoreBounds=True)
        for dots in (self.left_out, self.added):
            item.addItem(dots)
            dots.sigHovered.connect(self._on_hover)
        self._place()
        self.clear()

    def _place(self) -> None:
        """Lay out: the button and the variant pointed at; the words; the plot."""
        rows, top = QVBoxLayout(self), QHBoxLayout()
        rows.setContentsMargins(4, 2, 4, 2)
        rows.setSpacing(2)
        top.addWidget(self.start.native)
        top.addWidget(self.hovered, 1)
        rows.addLayout(top)
        rows.addWidget(self.note)
        rows.addWidget(self.plot, 1)

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
        for dots in (self.left_out, self.added):
            dots.clear()
        self._show_plot(False)
        self.say("")

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text, background = theme.text.as_hex(), theme.background.as_hex()
        dress(self.plot, text, background)
        for label in (self.note, self.hovered):
            label.setStyleSheet(f"color: {text}")
        self._legend.setLabelTextColor(text)
        for _, label in self._legend.items:
            label.setText(label.text)  # the colour is in the words
        blue = ADDED_ON_LIGHT if is_light(background) else ADDED_ON_DARK
        for dots, color in ((self.left_out, text), (self.added, blue)):
            dots.setBrush(color)
            dots.setPen(pg.mkPen(background))
        self.chosen.setPen(pg.mkPen(MARK_RED, width=1.5))
        self.chosen.label.setColor(text)

    def _on_start(self) -> None:
        self.asked.emit()

    def _show_plot(self, drawn: bool) -> None:
        self.plot.setVisible(drawn)
        self.hovered.setVisible(drawn)
        self.hovered.setText(POINT)

    def _on_hover(self, _dots: Any, points: Any, _event: Any) -> None:
        if len(points):
            self.hovered.setText(" · ".join(str(one.data()) for one in points[:3]))


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
