"""Order in which the scans of a cohort are looked at, and the numbers that compare them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from napari_dsc.cohort.group import GroupScan
from napari_dsc.cohort.outliers import Outlier, outliers_in
from napari_dsc.cohort.telling import LATE, doubts_of, late_mL
from napari_dsc.core.quantities import COMPUTED

__all__ = ["LATE_NAME", "UNITS", "Ordered", "in_order", "known_number", "numbers_of"]

LATE_NAME = f"Tmax > {LATE:g} s"
UNITS: Mapping[str, str] = {**{row.symbol: row.units for row in COMPUTED.values()}, LATE_NAME: "mL"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ordered:
    """Scans of a cohort in the order in which a reader looks at them.

    Parameters
    ----------
    scans : sequence of GroupScan
        Doubtful ones first, then those unlike the others, failed ones, the rest; what a reader
        has excluded comes last. Those of a kind stand by their labels.
    numbers : mapping of str to mapping of str to float
        By label: the numbers by which those that count were compared.
    odd : mapping of str to sequence of Outlier
        By label: what is unlike the other scans.
    """

    scans: Sequence[GroupScan]
    numbers: Mapping[str, Mapping[str, float]]
    odd: Mapping[str, Sequence[Outlier]]


def in_order(scans: Sequence[GroupScan]) -> Ordered:
    """Put the scans of a cohort in order, from `read_group`."""
    numbers = {one.label: numbers_of(one.told) for one in scans if one.counted}
    odd = outliers_in(numbers, UNITS)
    ordered = sorted(scans, key=lambda one: (_rank(one, odd), one.label))
    return Ordered(scans=ordered, numbers=numbers, odd=odd)


def numbers_of(told: Mapping[str, Any]) -> dict[str, float]:
    """Numbers by which scans are compared: medians of the brain, and late tissue."""
    medians = told.get("medians") or {}
    found = {name: known_number((medians.get(name) or {}).get("value")) for name in UNITS}
    found[LATE_NAME] = known_number(late_mL(told))
    return {name: value for name, value in found.items() if value is not None}


def known_number(value: Any) -> float | None:
    """A number that a log holds; None for anything else."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known and isfinite(value) else None


def _rank(one: GroupScan, odd: Mapping[str, Sequence[Outlier]]) -> int:
    if one.excluded:
        return 4
    if not one.done:
        return 2
    return 0 if doubts_of(one.told) else 1 if one.label in odd else 3
