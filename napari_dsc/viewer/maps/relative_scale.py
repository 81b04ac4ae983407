"""Amounts shown relative to white matter that seems normal, where absolute values do not hold."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.plausibility import DOUBTFUL
from napari_dsc.core.quantities import CBF, CBV, RELATIVE
from napari_dsc.core.regions import proposed_midline, proposed_reference
from napari_dsc.core.types import BoolArray

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["NORMAL", "does_not_hold", "factors_of"]

NORMAL = "white matter"  # that seems normal, as a proposal finds it: short, above a small map
OF_HEIGHT = (CBV.key, CBF.key)
# Brain, and what was proposed in it, by scan: looked for once, as long as the brain is the same.
_PROPOSED: "WeakKeyDictionary[Scan, tuple[BoolArray, BoolArray]]" = WeakKeyDictionary()


def does_not_hold(analysis: Analysis) -> bool:
    """Whether the medians of an analysis say that its absolute values do not hold."""
    return any(one.level == DOUBTFUL and one.key in OF_HEIGHT for one in analysis.findings)


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
    if not does_not_hold(analysis):
        return {}
    region = _normal(scan, analysis)
    if region is None:
        return {}
    factors = {}
    for one in analysis.maps:
        if one.symbol not in RELATIVE:
            continue
        values = one.values[region & one.quality_mask]
        mean = float(values[np.isfinite(values)].mean()) if values.size else np.nan
        if mean > 0:
            factors[one.symbol] = 1 / mean
    return factors


def _normal(scan: "Scan", analysis: Analysis) -> BoolArray | None:
    """White matter that seems normal; None where none is found."""
    known = _PROPOSED.get(scan)
    if known is not None and np.array_equal(known[0], analysis.brain):
        return known[1]
    if scan.ras is None:
        return None
    try:
        region = proposed_reference(
            analysis.maps,
            analysis.brain,
            scan.ras,
            proposed_midline(analysis.brain, scan.ras),
            slice_axis=analysis.prepared.series.slice_axis,
        )
    except DscError:
        return None
    _PROPOSED[scan] = analysis.brain, region
    return region
