"""Table of regions of one scan: each map in the brain, in each region, and across the midline."""

from collections.abc import Mapping

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.regions import Midline, Sides, against_mirror, proposed_midline, statistics_in
from napari_dsc.io.region_files import Drawn

__all__ = ["COLUMNS", "region_table"]

COLUMNS = (
    "label", "region", "map", "unit", "voxels", "accepted", "mL", "mean", "sd", "median", "p5",
    "p95", "mirror_accepted", "mirror_mean", "space",
)  # fmt: skip
BRAIN = {0: "Brain", 1: "Brain"}
NONE = "n/a"  # as BIDS writes it
SCAN, ANATOMY = "scan", "anatomy"  # in whose space a region was drawn


def region_table(analysis: Analysis, drawn: Drawn | None) -> str:
    """Statistics of each map in the brain and in each region, as a TSV with a row for each pair.

    Parameters
    ----------
    analysis : Analysis
        Whose maps.
    drawn : Drawn or None
        Its regions, if it has any. What lies across the midline stands beside each of them,
        where left and right are known.

    Returns
    -------
    str
        Label 0 is the brain.
    """
    relative = {} if drawn is None else drawn.relative
    extra = {**relative, **(analysis.maps.beside() if analysis.settings.spread else {})}
    brain = statistics_in(analysis.maps, analysis.brain, BRAIN, extra)
    rows = [(0, row) for row in brain]
    space = ANATOMY if drawn is not None and drawn.brought else SCAN
    across: Mapping[int, Mapping[str, Sides]] = {}
    if drawn is not None:
        found = statistics_in(analysis.maps, drawn.labels, drawn.names, extra)
        rows += [(row.label, row) for row in found]
        across = _across(analysis, drawn)
    lines = ["\t".join(COLUMNS)]
    for label, row in rows:
        for symbol, one in row.maps.items():
            sides = across.get(label, {}).get(symbol)
            cells = [str(label), " ".join(row.name.split()), symbol, one.units]
            cells += [str(row.voxels), str(one.n)]
            numbers = (row.volume, one.mean, one.sd, one.median, one.p5, one.p95)
            cells += [_number(value) for value in numbers]
            cells += [NONE, NONE] if sides is None else [str(sides.mirror_n), _number(sides.mirror)]
            cells.append(space if label else SCAN)
            lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def _across(analysis: Analysis, drawn: Drawn) -> dict[int, Mapping[str, Sides]]:
    """Each region beside its mirror image; nothing where nobody knows left from right."""
    affine = analysis.maps.affine
    if affine is None or not analysis.prepared.series.oriented:
        return {}
    try:
        line = drawn.midline or _midline(analysis)
        found = against_mirror(
            analysis.maps, drawn.labels, affine, line, drawn.names, drawn.relative
        )
    except DscError:
        return {}
    return {row.label: row.maps for row in found}


def _midline(analysis: Analysis) -> Midline:
    affine = analysis.maps.affine
    return proposed_midline(analysis.brain, np.eye(4) if affine is None else affine)


def _number(value: float) -> str:
    return NONE if np.isnan(value) else repr(float(value))
