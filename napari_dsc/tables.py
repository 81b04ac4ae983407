"""Numbers of regions as pandas tables, for notebooks; pandas is loaded when one is made."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from napari_dsc.core.regions import statistics_in
from napari_dsc.core.types import DSCPerfusionMaps

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["region_statistics"]

COLUMNS = (
    "label", "name", "map", "unit", "voxels", "accepted", "mL", "mean", "SD", "median", "p5", "p95"
)  # fmt: skip


def region_statistics(
    maps: DSCPerfusionMaps, labels: ArrayLike, names: Mapping[int, str] | None = None
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
        for row in statistics_in(maps, labels, {} if names is None else names)
        for symbol, one in row.maps.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
