"""How much the maps hang on single arterial voxels: one less, or one more."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.mask_rows import lay_out, values_at
from napari_dsc.core.pipeline.comparison import maps_under
from napari_dsc.core.pipeline.preparation import Prepared, refuse_vessel
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.regions import ABOVE, LATE, tmax_volume, tmax_volumes
from napari_dsc.core.settings import Settings
from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import (
    Aif,
    BoolArray,
    DSCPerfusionMaps,
    FloatArray,
    ParameterMap,
    Progress,
)

__all__ = ["MOST_ADDED", "MOST_LEFT_OUT", "Sensitivity", "sensitivity"]

MOST_LEFT_OUT = 24  # voxels that are left out, one at a time
MOST_ADDED = 12  # neighbours that are added, one at a time


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivity:
    """What one arterial voxel less or more does to the maps.

    Parameters
    ----------
    cv : ParameterMap
        Coefficient of variation of CBF over the variants: their standard deviation (n − 1) over
        their mean, %. NaN, and False in its quality mask, where fewer than two accept the voxel.
    variants : tuple of str
        What each variant did, in words: "without (12, 30, 2)", "with (13, 30, 2)".
    late : ndarray, shape (n, 4)
        Volume with Tmax above 4, 6, 8 and 10 s in the brain under each variant, mL; NaN where it
        has no answer.
    chosen : float
        That above 6 s under the AIF as it was chosen, mL.
    notices : tuple of str
        What was not varied, and why.
    """

    cv: ParameterMap
    variants: tuple[str, ...]
    late: FloatArray
    chosen: float
    notices: tuple[str, ...]

    @property
    def tmax_volumes(self) -> FloatArray:
        """Volume with Tmax > 6 s under each variant, mL."""
        volumes: FloatArray = self.late[:, ABOVE.index(LATE)]
        return volumes

    @property
    def spread(self) -> tuple[float, float]:
        """Smallest and largest Tmax > 6 s volume over the variants, mL; NaN without any."""
        known = self.tmax_volumes[np.isfinite(self.tmax_volumes)]
        return (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)


def sensitivity(
    prepared: Prepared,
    artery: BoolArray,
    settings: Settings,
    *,
    vein: BoolArray | None = None,
) -> Generator[Progress, None, Sensitivity]:
    """Vary an AIF by one voxel: leave each out in turn, then add each of its neighbours.

    The maps are whole ones, with every quality flag, so that a volume under the AIF as it was
    chosen is that of its `Analysis`. A few maps are held, whatever the number of variants.

    Parameters
    ----------
    prepared : Prepared
        The scan.
    artery : ndarray of bool, shape (...)
        Arterial voxels. Two or more are left out one at a time; of more than 24, an even sample.
        Of the brain's voxels that share a face with one of them and have a sample in every
        volume, the 12 of the highest peak are added one at a time.
    settings : Settings
        How; its baseline is that of `prepared`.
    vein : ndarray of bool, shape (...), optional
        Venous voxels, to whose area each variant's is scaled as `stages` does.

    Yields
    ------
    Progress
        Between blocks; closing the generator cancels.

    Returns
    -------
    Sensitivity
        The same for every run. A variant that makes no AIF counts for nothing, and is said.

    Raises
    ------
    DscError
        If a mask is empty, of another shape or not inside the brain, or the AIF as it was chosen
        is none.
    """
    for name, mask in (("AIF", artery), ("VOF", vein)):
        if mask is not None:
            refuse_vessel(prepared.series, name, mask, prepared.brain)
    prepared = prepared.under(settings)
    vof = None if vein is None else prepared.vessel(vein)
    less, more = _left_out(artery), _added(prepared, artery)
    notices = _notices(artery, len(less), len(more))
    share = 1 / (1 + len(less) + len(more))
    yield Progress("AIF as chosen", 0.0)
    maps = yield from part_of_whole(
        _maps_of(prepared, artery, vof, settings), 0.0, share, "AIF as chosen"
    )
    chosen, spread = tmax_volume(maps), _Spread(artery.shape)
    words: list[str] = []
    volumes: list[FloatArray] = []
    for name, voxels in _variants(artery, less, more):
        start = share * (1 + len(words))
        words.append(name)
        try:
            maps = yield from part_of_whole(
                _maps_of(prepared, voxels, vof, settings), start, start + share, f"AIF {name}"
            )
        except DscError as failure:
            volumes.append(np.full(len(ABOVE), np.nan))
            notices += (f"The AIF {name} gives no maps: {failure}",)
            continue
        volumes.append(tmax_volumes(maps))
        spread.add(maps.cbf)
    return Sensitivity(
        cv=spread.variation(prepared.series.affine),
        variants=tuple(words),
        late=np.array(volumes).reshape(-1, len(ABOVE)),
        chosen=chosen,
        notices=notices,
    )


class _Spread:
    """Running mean and sum of squares about it, voxel by voxel (Welford 1962), in float64."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._count: NDArray[np.intp] = np.zeros(shape, dtype=np.intp)
        self._mean, self._squares = np.zeros((2, *shape))

    def add(self, one: ParameterMap) -> None:
        """Count the accepted voxels of a map in."""
        stands = one.quality_mask
        self._count[stands] += 1
        mean, values = self._mean[stands], one.values[stands].astype(np.float64)
        nearer = mean + (values - mean) / self._count[stands]
        self._squares[stands] += (values - mean) * (values - nearer)
        self._mean[stands] = nearer

    def variation(self, affine: FloatArray | None) -> ParameterMap:
        """Coefficient of variation, %."""
        enough = self._count >= 2
        values = np.full(enough.shape, np.nan, dtype=np.float32)
        deviation = np.sqrt(self._squares[enough] / (self._count[enough] - 1))
        values[enough] = 100 * deviation / self._mean[enough]
        return ParameterMap(
            values=values,
            name="Coefficient of variation of CBF, one arterial voxel less or more",
            symbol="CV of CBF",
            units="%",
            affine=affine,
            quality_mask=enough,
        )


def _maps_of(
    prepared: Prepared, artery: BoolArray, vof: Aif | None, settings: Settings
) -> Generator[float, None, DSCPerfusionMaps]:
    aif = prepared.vessel(artery)
    if vof is not None:
        aif = prepared.rescaled(aif, vof)
    return (yield from maps_under(prepared, aif.curve, settings))


def _variants(
    artery: BoolArray, less: NDArray[np.intp], more: NDArray[np.intp]
) -> Iterator[tuple[str, BoolArray]]:
    """Words and voxels of each variant."""
    for word, voxels, kept in (("without", less, False), ("with", more, True)):
        for voxel in voxels:
            varied = artery.copy()
            varied[tuple(voxel)] = kept
            yield f"{word} {tuple(map(int, voxel))}", varied


def _left_out(artery: BoolArray) -> NDArray[np.intp]:
    """Voxels to leave out, shape (n, ndim), in file order: all, or an even sample."""
    voxels = _in_file_order(artery)
    if len(voxels) < 2:
        return voxels[:0]
    if len(voxels) <= MOST_LEFT_OUT:
        return voxels
    return voxels[np.linspace(0, len(voxels) - 1, MOST_LEFT_OUT).round().astype(np.intp)]


def _added(prepared: Prepared, artery: BoolArray) -> NDArray[np.intp]:
    """Neighbours to add, shape (n, ndim), the highest peak first, then in file order."""
    near = np.zeros_like(artery)
    for axis in range(artery.ndim):
        here, there = np.moveaxis(artery, axis, 0), np.moveaxis(near, axis, 0)
        there[1:] |= here[:-1]
        there[:-1] |= here[1:]
    candidates = near & ~artery & lay_out(~prepared.tissue.spoilt, prepared.brain, False)
    peaks = prepared.curves[values_at(candidates, prepared.brain)].max(axis=1)
    return _in_file_order(candidates)[np.argsort(-peaks, kind="stable")[:MOST_ADDED]]


def _in_file_order(voxels: BoolArray) -> NDArray[np.intp]:
    """Indices of the marked voxels, the last axis slowest, as `curves_of` has its rows."""
    return np.argwhere(voxels.T)[:, ::-1]


def _notices(artery: BoolArray, less: int, more: int) -> tuple[str, ...]:
    count = int(np.count_nonzero(artery))
    notices: tuple[str, ...] = ()
    if count == 1:
        notices += ("The AIF has one voxel: it was not left out.",)
    elif less < count:
        notices += (f"Of the AIF's {count} voxels {less}, evenly taken, were left out in turn.",)
    if more == 0:
        notices += ("The AIF has no neighbour in the brain that could be added.",)
    return notices
