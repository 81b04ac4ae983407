"""The layer of a map: an image that shows less, or another scale, than the values that it has."""

from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_dsc.core.late_steps import drawn_in_steps
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layer_state import become, can_become

__all__ = ["MapImage"]


class MapImage(Image):  # type: ignore[misc]  # napari is untyped here
    """An image some of whose voxels are not drawn, and that may be shown on a relative scale.

    Its data, and with it what is saved, keep every value. napari parts what a slice holds from what
    of it is drawn, as it does for its own labels; here the second is NaN where nothing is drawn,
    and multiplied where the scale is relative: window, colour bar and read-out count in that.
    """

    _factor = 1.0
    _absolute: tuple[str, tuple[float, float]] | None = None  # name and window of that scale

    _blank: BoolArray | None = None
    _all_shown = False
    _stepped = False
    _grey: NDArray[np.uint8] | None = None

    @property
    def blank(self) -> BoolArray | None:
        """Voxels that are not drawn, on the axes of the data; None: all are."""
        return None if self._all_shown else self._blank

    @property
    def all_shown(self) -> bool:
        """Whether every voxel is drawn, whatever was left blank."""
        return self._all_shown

    def leave_blank(self, voxels: BoolArray | None) -> None:
        """Leave other voxels blank; they are drawn so with the next `refresh`."""
        self._blank = voxels

    def blank_as(self, other: "MapImage") -> None:
        """Leave blank what another map of the same run does; drawn so with the next `refresh`."""
        self._blank, self._all_shown = other._blank, other._all_shown

    def take_the_place_of(self, other: "MapImage") -> bool:
        """Be as another layer would be, and nothing of what this one was, if that can be.

        Parameters
        ----------
        other : MapImage
            In no viewer.

        Returns
        -------
        bool
            If not, this one has to go.
        """
        if not can_become(self, other):
            return False
        self._factor, self._absolute = other._factor, other._absolute
        self._blank, self._all_shown = other._blank, other._all_shown
        self._stepped, self._grey = other._stepped, other._grey
        return become(self, other)

    def show_all(self, on: bool) -> None:
        """Draw every voxel, or leave some blank."""
        if on != self._all_shown:
            self._all_shown = on
            self.refresh(extent=False)

    @property
    def stepped(self) -> bool:
        """Whether it is Tmax drawn in steps."""
        return self._stepped

    @property
    def grey(self) -> NDArray[np.uint8] | None:
        """Grey levels that are drawn below the first step; None: nothing is drawn there."""
        return self._grey

    def draw_steps(self, on: bool, grey: NDArray[np.uint8] | None = None) -> None:
        """Draw values in steps of Tmax, over grey levels on the axes of the data, or as they are.

        Its colours and its window are those of the steps meanwhile: see `tmax_steps`.
        """
        if on != self._stepped or grey is not self._grey:
            self._stepped, self._grey = on, grey
            self.refresh(extent=False)

    @property
    def factor(self) -> float:
        """What values are multiplied by where they are drawn and read out; 1: they are absolute."""
        return self._factor

    def show_relative(self, factor: float, name: str, window: tuple[float, float]) -> None:
        """Show values multiplied by a factor, under another name and in another window."""
        if self._absolute is None:
            low, high = self.contrast_limits
            self._absolute = self.name, (low, high)
            self._scale(factor, name, window)
        elif factor != self._factor:
            self._factor = factor
            self.refresh(extent=False)

    def show_absolute(self) -> None:
        """Show values as they are, under the name and in the window that they had."""
        if self._absolute is not None:
            (name, window), self._absolute = self._absolute, None
            self._scale(1.0, name, window)

    def _scale(self, factor: float, name: str, window: tuple[float, float]) -> None:
        low, high = window
        self._factor, self.name = factor, name
        self.contrast_limits_range = low - (high - low), high + 4 * (high - low)
        self.contrast_limits = window
        self.refresh(extent=False)

    def _get_value(self, position: Any) -> Any:
        """Value under the cursor, on the scale that is shown."""
        value = super()._get_value(position)
        return value if value is None or self._factor == 1 else value * self._factor

    @property
    def _type_string(self) -> str:
        return "image"  # for napari's writers

    def _raw_to_displayed(self, raw: NDArray[Any]) -> NDArray[Any]:
        """Values of the slice as they are drawn."""
        shown = super()._raw_to_displayed(raw)
        shown = shown if self._factor == 1 else shown * self._factor
        hidden = self._of_slice(self.blank, shown.shape)
        shown = shown if hidden is None else np.where(hidden, np.nan, shown)
        return (
            drawn_in_steps(shown, self._of_slice(self._grey, shown.shape))
            if self._stepped
            else shown
        )

    def _of_slice(self, volume: NDArray[Any] | None, shape: tuple[int, ...]) -> NDArray[Any] | None:
        """The slice on screen of a volume on the axes of the data; None where there is none."""
        if volume is None or volume.shape != self.data.shape:
            return None
        shown = list(self._slice_input.displayed)
        point = self._data_slice.point
        at = tuple(
            slice(None) if axis in shown else int(np.round(point[axis]))
            for axis in range(volume.ndim)
        )
        inside = all(
            isinstance(one, slice) or 0 <= one < n for one, n in zip(at, volume.shape, strict=True)
        )
        if not inside:
            return None
        cut = volume[at].transpose([sorted(shown).index(axis) for axis in shown])
        return cut if cut.shape == shape else None
