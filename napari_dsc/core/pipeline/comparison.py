"""Comparison of two arterial inputs on one scan, voxel by voxel and region by region."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace

from napari_dsc.core.argument_checks import arterial_curve
from napari_dsc.core.maps import on_volume, perfusion_stages
from napari_dsc.core.pipeline.preparation import Prepared, refuse_mask
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.quantities import CBF, TMAX
from napari_dsc.core.regions import RegionMeans, means_in, tmax_volume
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

__all__ = ["BRAIN", "ComparedRegion", "Comparison", "compare", "maps_under"]

BRAIN = "Brain"  # name of the first row


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRegion:
    """One region under two arterial inputs.

    Parameters
    ----------
    name : str
        Of the region.
    first, second : RegionMeans
        Means under each, over the voxels that it accepts: the two may differ.
    first_tmax_volume, second_tmax_volume : float
        Volume with Tmax > 6 s in the region under each, mL; NaN without an affine.
    """

    name: str
    first: RegionMeans
    second: RegionMeans
    first_tmax_volume: float
    second_tmax_volume: float


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What a second arterial input changes.

    Parameters
    ----------
    cbf, tmax : ParameterMap
        Second minus first: mL/100g/min, and s. NaN where either has no answer; the quality mask
        is True where both accept the voxel.
    rows : tuple of ComparedRegion
        The brain, then each region.
    """

    cbf: ParameterMap
    tmax: ParameterMap
    rows: tuple[ComparedRegion, ...]


def compare(
    prepared: Prepared,
    first: Aif,
    second: Aif,
    settings: Settings,
    regions: Mapping[str, BoolArray],
) -> Generator[Progress, None, Comparison]:
    """Compute the maps under two arterial inputs, and what differs.

    Parameters
    ----------
    prepared : Prepared
        The scan.
    first, second : Aif
        Their curves cover the retained volumes, like that of an `Analysis`.
    settings : Settings
        How; its baseline is that of `prepared`.
    regions : mapping of str to ndarray of bool, shape (...)
        Regions by name, on the scan's volume. A row counts voxels of the brain only.

    Yields
    ------
    Progress
        Between blocks; closing the generator cancels.

    Returns
    -------
    Comparison
        Difference maps and a table.

    Raises
    ------
    DscError
        If a region is empty or not of the scan's shape, or a curve does not fit the scan (see
        `compute_perfusion_maps`).
    """
    for name, region in regions.items():
        refuse_mask(prepared.series, f"region {name!r}", region)
    prepared = prepared.under(settings)
    yield Progress("Maps under the first AIF", 0.0)
    before = yield from part_of_whole(
        maps_under(prepared, first.curve, settings), 0.0, 0.5, "Maps under the first AIF"
    )
    after = yield from part_of_whole(
        maps_under(prepared, second.curve, settings), 0.5, 1.0, "Maps under the second AIF"
    )
    was, now = (dict(maps.items()) for maps in (before, after))
    named = ((BRAIN, prepared.brain), *regions.items())
    return Comparison(
        cbf=_difference(was[CBF.key], now[CBF.key]),
        tmax=_difference(was[TMAX.key], now[TMAX.key]),
        rows=tuple(_row(name, before, after, region & prepared.brain) for name, region in named),
    )


def maps_under(
    prepared: Prepared, aif: FloatArray, settings: Settings
) -> Generator[float, None, DSCPerfusionMaps]:
    """Compute the maps of a prepared scan under an arterial curve.

    Parameters
    ----------
    prepared : Prepared
        The scan, with its areas in the window that is wanted.
    aif : ndarray, shape (T,)
        Delta R2* of the artery over the retained volumes, 1/s.
    settings : Settings
        Method, scale and origin of TTP.

    Yields
    ------
    float
        Fraction done, between blocks; closing the generator cancels.

    Returns
    -------
    DSCPerfusionMaps
        As `Analysis.maps`, to the byte, with every quality flag.

    Raises
    ------
    DscError
        If the curve does not fit the scan, or has no positive area.
    """
    work = perfusion_stages(
        prepared.tissue,
        arterial_curve(aif, prepared.curves),
        replace(settings.quantification, spread=False),  # nobody asks for that of a comparison
        origin=prepared.origin_of(settings.ttp_from),
    )
    try:
        while True:
            try:
                step = next(work)
            except StopIteration as done:
                values, _ = done.value
                break
            yield step.fraction
    finally:
        work.close()
    return on_volume(values, prepared.brain, prepared.series.affine)


def _difference(first: ParameterMap, second: ParameterMap) -> ParameterMap:
    return ParameterMap(
        values=second.values - first.values,
        name=f"Difference in {first.name[0].lower()}{first.name[1:]} (second AIF minus first)",
        symbol=f"Δ{first.symbol}",
        units=first.units,
        affine=first.affine,
        quality_mask=first.quality_mask & second.quality_mask,
    )


def _row(
    name: str, first: DSCPerfusionMaps, second: DSCPerfusionMaps, region: BoolArray
) -> ComparedRegion:
    return ComparedRegion(
        name=name,
        first=means_in(first, region),
        second=means_in(second, region),
        first_tmax_volume=tmax_volume(first, region=region),
        second_tmax_volume=tmax_volume(second, region=region),
    )
