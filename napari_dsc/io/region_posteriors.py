"""Posterior of regions' mean curves as a table."""

from collections.abc import Sequence
from math import isnan

from napari_dsc.core.pipeline import RegionPosterior
from napari_dsc.core.quantities import QUANTITIES

__all__ = ["COLUMNS", "REGION_POSTERIORS", "posterior_rows", "posterior_table"]

REGION_POSTERIORS = "desc-regions_posterior.tsv"  # how the name of the file ends
COLUMNS = ("label", "name", "map", "unit", "voxels", "value", "SD", "p16", "p84")
NONE = "n/a"  # as BIDS writes it


def posterior_rows(
    found: Sequence[RegionPosterior],
) -> list[tuple[int, str, str, str, int, float, float, float, float]]:
    """Rows of the table; of a delay beyond the search NaN."""
    nothing = float("nan")
    return [
        (
            *(one.label, one.name, symbol, QUANTITIES[symbol].units, one.voxels),
            *(
                (nothing,) * 4
                if one.beyond
                else (value, one.sd[symbol], one.low[symbol], one.high[symbol])
            ),
        )
        for one in found
        for symbol, value in one.values.items()
    ]


def posterior_table(found: Sequence[RegionPosterior]) -> str:
    """The table as TSV; a name is one line without tabs."""
    lines = ["\t".join(COLUMNS)]
    for label, name, *rest in posterior_rows(found):
        cells = [str(label), " ".join(name.split()), *map(_cell, rest)]
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def _cell(one: object) -> str:
    if isinstance(one, float):
        return NONE if isnan(one) else repr(one)
    return str(one)
