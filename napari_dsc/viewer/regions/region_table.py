"""Rows of the table of regions, as words and numbers; and the table as text."""

from collections.abc import Mapping, Sequence

from napari_dsc.core.number_words import number_words, size_words, with_unit
from napari_dsc.core.regions import MirroredRegion, RegionStatistics, volume_words
from napari_dsc.viewer.regions.regions_tab import COLUMNS, Row

__all__ = ["as_text", "rows_of"]


def rows_of(
    found: Sequence[RegionStatistics],
    sides: Sequence[MirroredRegion],
    beside: Mapping[int, float] = {},
) -> list[Row]:
    """Row of the table for each region and map; the last columns stay empty without a mirror.

    Parameters
    ----------
    found, sides
        Of each region.
    beside : mapping of int to float
        Late tissue without an answer beside some of them, mL.
    """
    other: Mapping[int, MirroredRegion] = {one.label: one for one in sides}
    rows = []
    for one in found:
        for symbol, value in one.maps.items():
            across = other[one.label].maps.get(symbol) if one.label in other else None
            last = () if across is None else (across.mirror, across.ratio, across.difference)
            numbers = (value.mean, value.sd, value.median, value.p5, value.p95, *last)
            first = (one.name, with_unit(symbol, value.units), f"{value.n} of {one.voxels}")
            silent = beside.get(one.label)
            told = ("", "") if silent is None else (volume_words(silent), repr(float(silent)))
            words = (*first, size_words(one.volume), told[0], *map(number_words, numbers))
            exact = (*first, repr(float(one.volume)), told[1], *map(repr, map(float, numbers)))
            rows.append(Row(one.label, symbol, _filled(words), _filled(exact)))
    return rows


def _filled(words: tuple[str, ...]) -> tuple[str, ...]:
    return words + ("",) * (len(COLUMNS) - len(words))


def as_text(rows: Sequence[Row], between: str, *, exact: bool = False) -> str:
    """Headings and rows as text, with something between the columns; with all digits if wanted."""

    def cell(words: str) -> str:
        quoted = words.replace('"', '""')
        return f'"{quoted}"' if between in words or '"' in words or "\n" in words else words

    lines = [list(COLUMNS), *(list(row.exact if exact else row.words) for row in rows)]
    return "\n".join(between.join(map(cell, line)) for line in lines) + "\n"
