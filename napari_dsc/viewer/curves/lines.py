"""The curves themselves: whose they are, how they look, and what the legend calls them."""

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
from napari_dsc.viewer.plot_style import cursor_color, is_light, pinned_color

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["MEAN", "Lines"]

MOST_THIN = 60  # curves of single AIF voxels that are drawn
AIF_ON_DARK, AIF_ON_LIGHT = "#ff4d40", "#e02d20"
GAMMA_ON_DARK, GAMMA_ON_LIGHT = "#ffc4bf", "#7a0c04"  # reds that show on the AIF's own
VOF_ON_DARK, VOF_ON_LIGHT = "#5b9dff", "#1f5fd0"
BRAIN_ON_DARK, BRAIN_ON_LIGHT = "#9a9a9a", "#767676"
REGION_ON_DARK, REGION_ON_LIGHT = "#c99bff", "#7434b8"
MEAN, NOT_SCALED = "AIF (mean)", "AIF, not scaled"
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
        self._vessels = {
            NOT_SCALED: self.unscaled,
            "saturated sample": self.saturated,
            "Gamma variate": self.gamma,
            "VOF": self.vof,
        }
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
        return {**self._right, name: self.region, f"{name}, other side": self.across}

    @property
    def _left(self) -> dict[str, Any]:
        """Lines on the left axis, by their names now."""
        return {self._used: self.mean, **self._vessels}

    def _curve(self, right: bool = False) -> Any:
        return self._axes.add(pg.PlotDataItem(connect="finite"), right)

    def set_time(self, time: FloatArray) -> None:
        """Forget what was drawn over other times, but the masks' curves: those come anew."""
        self._time = time
        for one in (self.saturated, self.gamma, self.vof, self.unscaled):
            one.setData([], [])
        passing = self.hovered, self.fit, self.pinned, self.pinned_fit, self.region, self.across
        for one in passing:
            one.setData([], [])
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
        self, curves: FloatArray, used: FloatArray | None = None, name: str = MEAN
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
        """
        self._used = name
        mean = mean_curve(curves) if len(curves) else None
        shown = mean if used is None else used
        before = mean if used is not None and name != MEAN else None
        for line, curve in ((self.mean, shown), (self.unscaled, before)):
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
        for (curve, fit), color in (
            ((self.hovered, self.fit), cursor_color(background)),
            ((self.pinned, self.pinned_fit), pinned_color(background)),
        ):
            curve.setPen(pg.mkPen(color, width=1.5))
            fit.setPen(pg.mkPen(color, width=1.5, style=DASHES))

    def _settle(self) -> None:
        """Fit the axes to what is drawn, and name it."""
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
