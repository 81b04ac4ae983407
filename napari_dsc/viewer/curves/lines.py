"""Lines of the curve dock: whose they are, how they look, and their names in the legend."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.maps import Residue
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.curves.axes import Axes
from napari_dsc.viewer.curves.legend import Legend
from napari_dsc.viewer.curves.names import GAMMA, MEAN, NOT_SCALED, WEIGHTS
from napari_dsc.viewer.plot_style import cursor_color, is_light, pinned_color

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["Lines"]

MOST_THIN = 60  # curves of single AIF voxels that are drawn
AIF_ON_DARK, AIF_ON_LIGHT = "#ff4d40", "#e02d20"
GAMMA_ON_DARK, GAMMA_ON_LIGHT = "#ffc4bf", "#7a0c04"  # reds that show on the AIF's own
VOF_ON_DARK, VOF_ON_LIGHT = "#5b9dff", "#1f5fd0"
BRAIN_ON_DARK, BRAIN_ON_LIGHT = "#9a9a9a", "#767676"
REGION_ON_DARK, REGION_ON_LIGHT = "#c99bff", "#7434b8"
WEIGHTS_ON_DARK, WEIGHTS_ON_LIGHT = "#4fd1a1", "#0f7a55"
BESIDE = 0.03  # of the scan, from the peak of the AIF to the words on its fit
HIGH = 0.6  # of the brain's peak: the largest weight as it is drawn
DOTS, DASHES = Qt.PenStyle.DotLine, Qt.PenStyle.DashLine


class Lines:
    """Vessels on the left axis, tissue on the right.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    legend : Legend
        Where to name what has points.

    Attributes
    ----------
    voxels, mean, unscaled, saturated, vof, gamma : PlotDataItem
        On the left axis: the AIF's voxels, the curve that a run uses, what that was before it was
        scaled to the VOF, samples of the voxels that are saturated, the VOF, and the
        gamma-variate fit of the AIF.
    others : dict of str to PlotDataItem
        Other AIFs of the session, by their names, on the left axis.
    brain, hovered, fit, pinned, pinned_fit : PlotDataItem
        On the right axis: the brain's mean, and cursor and pinned voxel, each with its fit.
    region, across : PlotDataItem
        On the right axis: the chosen region's mean, and that of its mirror image.
    fitted : TextItem
        t0, a and b of the gamma variate, where there is one.
    weights : PlotDataItem
        Weights of the samples whose sum is CBV, over the tissue's curves: their shape, not their
        height, is what they tell.
    """

    def __init__(self, axes: Axes, legend: Legend) -> None:
        self._axes, self._legend = axes, legend
        self._time: FloatArray = np.arange(2.0)
        self.others: dict[str, Any] = {}
        self.brain, self.hovered, self.pinned = (self._curve(right=True) for _ in range(3))
        self.fit, self.pinned_fit = (self._curve(right=True) for _ in range(2))
        self.region, self.across = (self._curve(right=True) for _ in range(2))
        self._number = ""  # of that region
        self._used, self._at = MEAN, {"Cursor": "", "Pinned": ""}  # names; voxels in words
        self.voxels, self.mean, self.vof, self.gamma = (self._curve() for _ in range(4))
        self.saturated, self.unscaled = self._curve(), self._curve()
        self.weights = self._curve(right=True)
        self._weighed: tuple[FloatArray, FloatArray] | None = None
        self._before = NOT_SCALED  # a name
        self.fitted = pg.TextItem(anchor=(0, 0.5))  # beside the peak of a fit
        axes.plot.addItem(self.fitted, ignoreBounds=True)
        self.fitted.hide()
        self._right = {
            "Brain mean": self.brain,
            "Cursor": self.hovered,
            "Cursor fit": self.fit,
            "Pinned": self.pinned,
            "Pinned fit": self.pinned_fit,
        }

    def _tissue(self) -> dict[str, Any]:
        """Lines on the right axis, by their names now."""
        name = f"Region {self._number}"
        return {
            **self._right,
            name: self.region,
            f"{name}, other side": self.across,
            WEIGHTS: self.weights,
        }

    @property
    def _left(self) -> dict[str, Any]:
        """Lines on the left axis, by their names now."""
        return {
            self._used: self.mean,
            self._before: self.unscaled,
            "saturated sample": self.saturated,
            GAMMA: self.gamma,
            "VOF": self.vof,
        }

    def _curve(self, right: bool = False) -> Any:
        return self._axes.add(pg.PlotDataItem(connect="finite"), right)

    def set_time(self, time: FloatArray) -> None:
        """Forget what was drawn over other times, but the masks' curves: those come anew."""
        self._time = time
        for one in (self.saturated, self.gamma, self.vof, self.unscaled):
            one.setData([], [])
        self.fitted.hide()
        passing = self.hovered, self.fit, self.pinned, self.pinned_fit, self.region, self.across
        for one in (*passing, self.weights):
            one.setData([], [])
        self._weighed = None
        self.show_others({})

    def drawn(self) -> dict[str, Any]:
        """Those curves that have points and are not hidden, by their names in the legend."""
        every = _with_points({**self._left, **self.others, **self._tissue()})
        return {name: one for name, one in every.items() if one.isVisible()}

    def name_voxel(self, whose: str, at: str) -> None:
        """Say which voxel is the "Cursor" or the "Pinned" one, as "(12, 30, 2)"."""
        self._at[whose] = at

    def voxel_of(self, whose: str) -> str:
        """Which voxel is the "Cursor" or the "Pinned" one, in words; empty if nobody said."""
        return self._at.get(whose, "")

    def in_full(self, name: str) -> str:
        """Name of a curve with its voxel, for a table that is read elsewhere."""
        whose, _, more = name.partition(" ")
        return " ".join(filter(None, (whose, self.voxel_of(whose), more)))

    def show_artery(
        self,
        curves: FloatArray,
        used: FloatArray | None = None,
        name: str = MEAN,
        before: str = NOT_SCALED,
    ) -> None:
        """Draw the curves of the AIF's voxels, thin, and the curve that a run uses, thick.

        Parameters
        ----------
        curves : ndarray, shape (V, T)
            Of the voxels; none where a curve was loaded.
        used : ndarray, shape (T,), or None
            What a run uses; None: the mean of `curves`.
        name : str
            What the legend calls it. One that was scaled stands over the mean, which is dashed.
        before : str
            What it calls that mean; empty: what is used is the mean itself.
        """
        self._used, self._before = name, before
        mean = mean_curve(curves) if len(curves) else None
        shown = mean if used is None else used
        dashed = mean if used is not None and before else None
        for line, curve in ((self.mean, shown), (self.unscaled, dashed)):
            line.setData(*(([], []) if curve is None else (self._time, curve)))
        if len(curves) == 0:
            self.voxels.setData([], [])
        else:
            some = curves[:: max(1, -(-len(curves) // MOST_THIN))]
            gap = np.full((len(some), 1), np.nan)  # parts one curve from the next
            times = np.concatenate([self._time, [np.nan]])
            self.voxels.setData(np.tile(times, len(some)), np.hstack([some, gap]).ravel())
        self._settle()

    def show(self, line: Any, curve: FloatArray | None) -> None:
        """Draw a curve, shape (T,), as one of these lines; None clears it."""
        line.setData(*(([], []) if curve is None else (self._time, curve)))
        self._settle()

    def show_gamma(self, curve: FloatArray | None, words: str = "") -> None:
        """Draw a gamma variate, shape (T,); None clears it. Its parameters stand beside the AIF."""
        self.fitted.setText(words)
        self.fitted.setVisible(bool(words))
        highest = self.mean.yData
        if words and highest is not None and np.isfinite(highest).any():
            top = int(np.nanargmax(highest))
            ahead = (self._time[-1] - self._time[0]) * BESIDE
            self.fitted.setPos(self._time[top] + ahead, 0.9 * float(highest[top]))
        self.show(self.gamma, curve)

    def show_weights(self, time: FloatArray | None, values: FloatArray | None) -> None:
        """Draw weights over the tissue's curves, at these times, s, shape (N,); None clears them.

        They are drawn as high as suits these curves.
        """
        self._weighed = None if time is None or values is None else (time, values)
        self._settle()

    def _draw_weights(self) -> None:
        """Bring the weights to the height of the brain's curve, or of what else is drawn."""
        known = [
            float(np.nanmax(one.yData))
            for one in (self.brain, self.pinned, self.hovered)
            if one.yData is not None and np.isfinite(one.yData).any()
        ]
        top = next((one for one in known if one > 0), 1.0)
        if self._weighed is None:
            self.weights.setData([], [])
        else:
            time, values = self._weighed
            largest = float(np.abs(values).max(initial=0.0)) or 1.0
            self.weights.setData(time, HIGH * top / largest * values)

    def show_region(self, number: str, curve: FloatArray | None, across: FloatArray | None) -> None:
        """Draw the mean of a region, and of its mirror image; None clears one."""
        self._number = number
        for line, values in ((self.region, curve), (self.across, across)):
            line.setData(*(([], []) if values is None else (self._time, values)))
        self._settle()

    def show_fit(self, line: Any, one: Residue | None) -> None:
        """Draw a residue's fit as one of these lines; None clears it."""
        line.setData(*(([], []) if one is None else (one.time, one.fit)))
        self._settle()

    def show_saturated(self, times: FloatArray, values: FloatArray) -> None:
        """Mark samples: at these times, s, and these values, 1/s; both shape (N,)."""
        self.saturated.setData(times, values)
        self._settle()

    def show_others(self, curves: Mapping[str, tuple[FloatArray, Any]]) -> None:
        """Draw other AIFs: by name, a curve of shape (T,) and its colour; an empty one clears."""
        for name in [one for one in self.others if one not in curves]:
            self._axes.plot.removeItem(self.others.pop(name))
        for name, (curve, color) in curves.items():
            line = self.others.setdefault(name, None) or self._curve()
            line.setPen(pg.mkPen(color, width=1.5))
            line.setData(self._time, curve)
            self.others[name] = line
        self._settle()

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text, background = theme.text.as_hex(), theme.background.as_hex()
        light = is_light(background)
        red = AIF_ON_LIGHT if light else AIF_ON_DARK
        thin = pg.mkColor(red)
        thin.setAlpha(110)
        self.voxels.setPen(pg.mkPen(thin, width=1))
        self.mean.setPen(pg.mkPen(red, width=3))
        self.unscaled.setPen(pg.mkPen(red, width=1.5, style=DASHES))
        gamma = GAMMA_ON_LIGHT if light else GAMMA_ON_DARK
        self.gamma.setPen(pg.mkPen(gamma, width=2, style=DOTS))
        self.fitted.setColor(gamma)
        self.vof.setPen(pg.mkPen(VOF_ON_LIGHT if light else VOF_ON_DARK, width=2))
        self.saturated.setPen(None)
        self.saturated.setSymbol("x")
        self.saturated.setSymbolSize(7)
        self.saturated.setSymbolPen(pg.mkPen(text))
        self.saturated.setSymbolBrush(pg.mkBrush(text))
        self.brain.setPen(pg.mkPen(BRAIN_ON_LIGHT if light else BRAIN_ON_DARK, width=2))
        purple = REGION_ON_LIGHT if light else REGION_ON_DARK
        self.region.setPen(pg.mkPen(purple, width=2))
        self.across.setPen(pg.mkPen(purple, width=2, style=DASHES))
        green = WEIGHTS_ON_LIGHT if light else WEIGHTS_ON_DARK
        self.weights.setPen(pg.mkPen(green, width=1.5, style=DOTS))
        for (curve, fit), color in (
            ((self.hovered, self.fit), cursor_color(background)),
            ((self.pinned, self.pinned_fit), pinned_color(background)),
        ):
            curve.setPen(pg.mkPen(color, width=1.5))
            fit.setPen(pg.mkPen(color, width=1.5, style=DASHES))

    def _settle(self) -> None:
        """Fit the axes to what is drawn, and name it."""
        self._draw_weights()
        left = [self.voxels, self.mean, self.unscaled, self.vof, *self.others.values()]
        self._axes.scale(left, [self.brain, self.hovered, self.pinned, self.region, self.across])
        self._legend.show_names(
            {**_with_points(self._left), **_with_points(self.others)}, _with_points(self._tissue())
        )


def _with_points(lines: dict[str, Any]) -> dict[str, Any]:
    return {
        name: one
        for name, one in lines.items()
        if one.yData is not None and np.isfinite(one.yData).any()
    }
