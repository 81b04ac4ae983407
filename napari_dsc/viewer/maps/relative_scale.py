"""Amounts shown relative to white matter that seems normal, where absolute values do not hold."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.plausibility import NORMAL, does_not_hold, factors_over, normal_region
from napari_dsc.core.types import BoolArray

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["NORMAL", "factors_of"]

# Brain, and what was proposed in it, by scan: looked for once, as long as the brain is the same.
_PROPOSED: "WeakKeyDictionary[Scan, tuple[BoolArray, BoolArray]]" = WeakKeyDictionary()


def factors_of(scan: "Scan", analysis: Analysis) -> dict[str, float]:
    """What amounts are multiplied by to be relative to normal white matter, by symbol.

    Parameters
    ----------
    scan : Scan
        Whose maps they are.
    analysis : Analysis
        Its last run.

    Returns
    -------
    dict
        Of CBV and CBF; empty where absolute values hold, or nobody knows what is normal.
    """
    if not does_not_hold(analysis.findings):
        return {}
    region = _normal(scan, analysis)
    return {} if region is None else factors_over(analysis.maps, region)


def _normal(scan: "Scan", analysis: Analysis) -> BoolArray | None:
    """White matter that seems normal; None where none is found."""
    known = _PROPOSED.get(scan)
    if known is not None and np.array_equal(known[0], analysis.brain):
        return known[1]
    axis = analysis.prepared.series.slice_axis
    region = normal_region(analysis.maps, analysis.brain, scan.ras, slice_axis=axis)
    if region is not None:
        _PROPOSED[scan] = analysis.brain, region
    return region
