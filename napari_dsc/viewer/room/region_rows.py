"""Rows of the table of regions, as words; and the table as text."""

from collections.abc import Mapping, Sequence

import numpy as np

from napari_dsc.core.regions import MirroredRegion, RegionStatistics
from napari_dsc.viewer.room.regions_page import COLUMNS, Row

__all__ = ["as_text", "rows_of"]


def rows_of(found: Sequence[RegionStatistics], sides: Sequence[MirroredRegion]) -> list[Row]:
    """Row of the table for each region and map; the last columns stay empty without a mirror."""
    other: Mapping[int, MirroredRegion] = {one.label: one for one in sides}
    rows = []
    for one in found:
        for symbol, value in one.maps.items():
            numbers = (value.mean, value.sd, value.median, value.p5, value.p95)
            words = [
                one.name,
                f"{symbol} ({value.units})",
                f"{value.n} of {one.voxels}",
                _number(one.volume),
                *map(_number, numbers),
            ]
            across = other[one.label].maps.get(symbol) if one.label in other else None
            last = () if across is None else (across.mirror, across.ratio, across.difference)
            words += [_number(last[at]) if last else "" for at in range(3)]
            rows.append(Row(one.label, symbol, tuple(words)))
    return rows


def _number(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "–"


def as_text(rows: Sequence[Row], between: str) -> str:
    """Headings and rows as text, with something between the columns."""

    def cell(words: str) -> str:
        quoted = words.replace('"', '""')
        return f'"{quoted}"' if between in words or '"' in words or "\n" in words else words

    lines = [list(COLUMNS), *(list(row.words) for row in rows)]
    return "\n".join(between.join(map(cell, line)) for line in lines) + "\n"
