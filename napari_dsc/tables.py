"""Maps as xarray and regions as pandas, for notebooks; each is loaded when it is asked for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.defaults import SPREAD
from napari_dsc.core.errors import DscError
from napari_dsc.core.regions import statistics_in
from napari_dsc.core.types import DSCPerfusionMaps, FloatArray

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["as_xarray", "region_statistics"]

AXES = ("x", "y", "z")
RUNS_TO = ("right", "anterior", "superior")
STRAIGHT = 1e-3  # mm that a voxel's axis may lean away from that of the scanner
CF_UNITS = {"mL/100g": "0.01 mL g-1", "mL/100g/min": "0.01 mL g-1 min-1"}  # as CF writes them

COLUMNS = (
    "label", "name", "map", "unit", "voxels", "accepted", "mL", "mean", "SD", "median", "p5", "p95"
)  # fmt: skip


def region_statistics(
    maps: DSCPerfusionMaps,
    labels: ArrayLike,
    names: Mapping[int, str] | None = None,
    *,
    spread: bool = SPREAD,
) -> "pd.DataFrame":
    """Statistics of each map in each region, over the accepted voxels.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (...).
    labels : array_like of int, shape (...)
        Regions: each positive number that is present; a mask of bool is label 1.
    names : mapping of int to str, optional
        Of the regions; by default "Region 1" and so on.
    spread : bool
        Add rows for the scatter, or the standard deviation and percentiles, of each map: their
        means tell a voxel's, not that of the region's mean (see `region_posterior`).

    Returns
    -------
    pandas.DataFrame
        A row for each label and map. `voxels` and `mL` are of the whole region; `accepted`
        counts the voxels that mean, SD (n - 1), median and percentiles are taken over, in
        `unit`. NaN where there is no answer.

    Raises
    ------
    DscError
        If `labels` are no whole numbers or not of the maps' shape.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_dsc import compute_perfusion_maps
    >>> aif = np.array([0, 0, 0, 40, 80, 40, 10, 0, 0, 0, 0, 0.0])
    >>> maps = compute_perfusion_maps(0.05 * np.tile(aif, (2, 2, 1, 1)), aif, 1.5 * np.arange(12))
    >>> table = region_statistics(maps, np.ones((2, 2, 1), dtype=int), {1: "Cortex"})
    >>> table.loc[table["map"] == "CBV", ["name", "accepted", "mean"]].values.tolist()
    [['Cortex', 4, 3.51]]
    """
    import pandas as pd

    rows = [
        (
            *(row.label, row.name, symbol, one.units, row.voxels, one.n, row.volume),
            *(one.mean, one.sd, one.median, one.p5, one.p95),
        )
        for row in statistics_in(
            maps, labels, {} if names is None else names, maps.beside() if spread else {}
        )
        for symbol, one in row.maps.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def as_xarray(maps: DSCPerfusionMaps) -> "xr.Dataset":
    """Maps as an xarray data set, by the conventions of CF.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z).

    Returns
    -------
    xarray.Dataset
        A variable for each map by its symbol, NaN where there is no answer, and `accepted`; axes z,
        y, x with coordinates in mm: those of the scanner (RAS) where the axes run along it, else
        the way along each axis. Units as CF writes them; the names tell ours; `affine` is exact.

    Raises
    ------
    DscError
        If the maps are no volumes, or xarray is not installed.

    Examples
    --------
    >>> from napari_dsc import analyse, phantom
    >>> maps = analyse(phantom((32, 32, 4), 60).series, "propose").maps
    >>> as_xarray(maps)["CBF"].attrs["units"], as_xarray(maps)["CBF"].dims
    ('0.01 mL g-1 min-1', ('z', 'y', 'x'))
    """
    try:
        import xarray as xr
    except ImportError as error:
        raise DscError(
            "xarray must be installed for this, got none. Run: pip install xarray"
        ) from error
    shape = maps.shape
    if len(shape) != 3:
        raise DscError(f"maps must be volumes (X, Y, Z), got shape {shape}. Pass whole maps.")
    coordinates = _coordinates(shape, maps.affine)
    dims = AXES[::-1]
    held = {
        one.symbol: (
            dims,
            one.values.T,
            {"long_name": f"{one.name} ({one.units})", "units": CF_UNITS.get(one.units, one.units)},
        )
        for one in maps
    }
    mask = maps.first.quality_mask if maps.quality_mask is None else maps.quality_mask
    words = {"long_name": "Accepted voxels", "units": "1"}
    affine = None if maps.affine is None else np.asarray(maps.affine).ravel().tolist()
    return xr.Dataset(
        {**held, "accepted": (dims, mask.T, words)},
        coords=coordinates,
        attrs={"Conventions": "CF-1.11", **({} if affine is None else {"affine": affine})},
    )


def _coordinates(
    shape: tuple[int, ...], affine: FloatArray | None
) -> dict[str, tuple[object, ...]]:
    """Coordinates along each axis; voxels where nobody knows their size."""
    found: dict[str, tuple[object, ...]] = {}
    for axis, (name, count) in enumerate(zip(AXES, shape, strict=True)):
        at = np.arange(count, dtype=np.float64)
        if affine is None:
            found[name] = (name, at, {"long_name": f"voxel along {name}"})
            continue
        way = np.asarray(affine)[:3, axis]
        step, words = float(np.linalg.norm(way)), f"along axis {axis} of the file"
        start = 0.0
        if np.abs(np.delete(way, axis)).max() <= STRAIGHT:
            step, start = float(way[axis]), float(affine[axis][3])
            words = f"to the {RUNS_TO[axis]} (RAS)"
        found[name] = (name, start + step * at, {"units": "mm", "long_name": words})
    return found
