"""Findings of plausibility and volumes of late tissue as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import numpy as np

from napari_dsc.core.deconvolution import other_tmax
from napari_dsc.core.defaults import TIMES_BY
from napari_dsc.core.errors import DscError
from napari_dsc.core.plausibility import Finding, Level
from napari_dsc.core.regions import (
    Cleaning,
    LateVolume,
    LateVolumes,
    ratio_words,
    volume_words,
)

__all__ = [
    "findings_as_json",
    "late_as_json",
    "late_table",
    "read_findings",
    "read_late",
    "tmax_by_in",
]

RATIO = "HIR = V(> 10 s) / V(> 6 s)"  # hypoperfusion intensity ratio
MOST, LONGEST = 100, 1000  # findings, and letters of a sentence
LARGEST = 1e7  # mL
REMEDY = "Choose a record.json that napari-dsc has written."


def findings_as_json(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Findings with their key, level and sentence."""
    return [{"key": one.key, "level": one.level, "words": one.words} for one in findings]


def read_findings(record: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Findings of a record; none of one of an earlier format, which has none.

    Raises
    ------
    DscError
        If they are others than `findings_as_json` makes.
    """
    rows = record.get("findings", [])
    try:
        found = tuple(
            Finding(key=one["key"], level=one["level"], words=one["words"]) for one in rows
        )
        known = all(one.level in get_args(Level) for one in found)
        plain = all(
            isinstance(words, str) and words.isprintable() and len(words) <= LONGEST
            for one in found
            for words in (one.key, one.words)
        )
    except (LookupError, TypeError) as error:
        raise DscError(f"findings of a record must be whole, got others. {REMEDY}") from error
    if not (isinstance(rows, list) and known and plain and len(found) <= MOST):
        raise DscError(f"findings of a record must be plain sentences, got others. {REMEDY}")
    return found


def late_as_json(late: LateVolumes | None) -> dict[str, Any] | None:
    """Volumes of late tissue with how they were cleaned; None: there is no Tmax.

    Sentences stand there only where there is something to say: that the limits do not hold for
    the method, and that the HIR is unstable.
    """
    if late is None:
        return None
    told = {"limits": late.limits_words, "hir_unstable": late.unstable_words}
    return {
        "smallest_piece_mL": late.cleaning.smallest,
        "holes_filled": late.cleaning.fill_holes,
        "volumes": [
            {"tmax_above_s": one.above, "mL": _plain(one.cleaned), "as_found_mL": _plain(one.raw)}
            for one in late.rows
        ],
        "hir": _plain(late.ratio),
        "hir_as_found": _plain(late.raw_ratio),
        **{key: words for key, words in told.items() if words},
    }


def read_late(record: Mapping[str, Any]) -> LateVolumes | None:
    """Volumes of late tissue of a record; None where it has none, as those of earlier formats.

    Raises
    ------
    DscError
        If they are others than `late_as_json` makes.
    """
    told = record.get("late_tissue")
    if told is None:
        return None
    try:
        rows = tuple(
            LateVolume(
                above=_number(one["tmax_above_s"]),
                cleaned=_number(one["mL"]),
                raw=_number(one["as_found_mL"]),
            )
            for one in told["volumes"]
        )
        if type(told["holes_filled"]) is not bool or not 0 < len(rows) <= MOST:
            raise TypeError
        return LateVolumes(
            cleaning=Cleaning(
                smallest=_number(told["smallest_piece_mL"]), fill_holes=told["holes_filled"]
            ),
            rows=rows,
            ratio=_number(told["hir"]),
            raw_ratio=_number(told["hir_as_found"]),
            tmax_by=tmax_by_in(record),
        )
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise DscError(f"late tissue of a record must be numbers, got others. {REMEDY}") from error


def tmax_by_in(record: Mapping[str, Any]) -> str:
    """Method of a record, or of a log, for whose Tmax the limits of late tissue do not hold."""
    settings = record.get("settings")
    settings = settings if isinstance(settings, Mapping) else {}
    method, times = settings.get("deconvolution_method"), settings.get("times_by", TIMES_BY)
    return other_tmax(str(method), str(times))


def late_table(late: LateVolumes) -> str:
    """Volumes of late tissue as CSV, in the digits that every display has.

    Its words and the order of its rows are those of the format: whoever reads such files by a
    program goes on doing so.
    """
    rows = [
        *(
            (f"{one.name} (mL)", volume_words(one.cleaned), volume_words(one.raw))
            for one in late.rows
        ),
        (RATIO, ratio_words(late.ratio), ratio_words(late.raw_ratio)),
    ]
    how, filled = late.cleaning, ""
    if how.fill_holes:
        filled = ", holes up to that filled"
    told = f"without pieces below {how.smallest:g} mL{filled}" if how.smallest else "as found"
    told += f"; {late.limits_words}" if late.tmax_by else ""
    return "\n".join([f'Late tissue,"{told}",as found', *(",".join(row) for row in rows)]) + "\n"


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LARGEST:
        raise TypeError
    return float(value)
