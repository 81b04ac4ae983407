"""Reading of a tumour as JSON: its numbers, and all that reads it again."""

import math
from collections.abc import Mapping
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.regions import MapStatistics
from napari_dsc.core.tumour import Burden, HotSpots, StandardScale, TumourChoice, TumourReading
from napari_dsc.core.types import BoolArray
from napari_dsc.io.mask_files import mask_of, runs_of
from napari_dsc.io.standard_scale import scale_as_json, scale_from_json

__all__ = ["TumourAgain", "read_tumour_again", "read_tumour_lines", "tumour_as_json"]

MOST, LONGEST = 20, 1000  # sentences, and letters of each
REMEDY = "Choose a record.json that napari-dsc has written."

TumourAgain = tuple[BoolArray, BoolArray, TumourChoice, StandardScale | None, bool]


def tumour_as_json(reading: TumourReading) -> dict[str, Any]:
    """Numbers of a reading, its sentences, and the voxels and choices that made them."""
    burden, spots, choice = reading.burden, reading.spots, reading.choice
    return {
        "choice": {
            "thresholds": list(choice.thresholds),
            "hot_spot_mm": choice.diameter,
            "hot_spots": choice.count,
            "vessel_times": choice.vessel_times,
        },
        "enhancement_runs": runs_of(reading.enhancing),
        "reference_runs": runs_of(reading.reference),
        "enhancement_mL": _number(reading.volume),
        "burden": _burden(burden),
        **_corrected(reading),
        "hot_spots": _spots(spots),
        "maps": {symbol: _statistics(one) for symbol, one in reading.maps.items()},
        "histogram": {
            "edges": reading.histogram.edges.tolist(),
            "counts": reading.histogram.counts.tolist(),
            "below": reading.histogram.below,
            "above": reading.histogram.above,
        },
        **({} if reading.scale is None else {"standard_scale": scale_as_json(reading.scale)}),
        **({"unseen": True} if reading.unseen else {}),
        "lines": list(reading.lines),
    }


def _burden(burden: Burden) -> dict[str, Any]:
    return {
        "above": [_number(one) for one in burden.above],
        "voxels": burden.voxels,
        "vessels": burden.vessels,
        "rejected": burden.rejected,
    }


def _spots(spots: HotSpots | None) -> dict[str, Any] | None:
    if spots is None:
        return None
    return {
        "mean": _number(spots.mean),
        "sd": _number(spots.sd),
        "spots": [
            {
                "centre": list(one.centre),
                "mean": _number(one.mean),
                "sd": _number(one.sd),
                "voxels": one.voxels,
            }
            for one in spots.spots
        ],
    }


def _corrected(reading: TumourReading) -> dict[str, Any]:
    """Burden and hot spots of corrected blood volume; nothing where nobody has corrected it."""
    known = reading.corrected
    if known is None:
        return {}
    return {
        "corrected": {
            "burden": _burden(known.burden),
            "hot_spots": _spots(known.spots),
            "share": known.share,
        }
    }


def read_tumour_lines(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences of a record on a tumour; none where none was read.

    Raises
    ------
    DscError
        If they are no plain sentences.
    """
    told = record.get("tumour")
    if told is None:
        return ()
    lines = told.get("lines") if isinstance(told, dict) else None
    if not isinstance(lines, list) or len(lines) > MOST:
        raise DscError(f"sentences on a tumour must be known, got something else. {REMEDY}")
    for one in lines:
        if not isinstance(one, str) or not one.isprintable() or len(one) > LONGEST:
            raise DscError(f"sentences on a tumour must be plain, got others. {REMEDY}")
    return tuple(lines)


def read_tumour_again(record: Mapping[str, Any], shape: tuple[int, ...]) -> TumourAgain | None:
    """What enhances, what it is relative to, and how it is read; None where nothing was.

    The last says whether what enhances was proposed, and nobody had looked at it.

    Parameters
    ----------
    record : mapping
        From `make_record`.
    shape : tuple of int
        Of a volume of the scan.

    Raises
    ------
    DscError
        If the record does not hold them whole.
    """
    told = record.get("tumour")
    if told is None:
        return None
    try:
        choice = told["choice"]
        made = TumourChoice(
            thresholds=tuple(float(one) for one in choice["thresholds"]),
            diameter=float(choice["hot_spot_mm"]),
            count=int(choice["hot_spots"]),
            vessel_times=float(choice["vessel_times"]),
        )
        unseen = told.get("unseen", False) is True
        masks = (mask_of(told[f"{name}_runs"], shape) for name in ("enhancement", "reference"))
        enhancing, reference = masks
    except (LookupError, TypeError, ValueError) as error:
        raise DscError(f"what was read of a tumour must be whole, got {error}. {REMEDY}") from error
    scale = told.get("standard_scale")
    known = None if scale is None else scale_from_json(scale)
    return enhancing, reference, made, known, unseen


def _statistics(one: MapStatistics) -> dict[str, Any]:
    names = ("mean", "sd", "median", "p5", "p95")
    return {"unit": one.units, "n": one.n, **{name: _number(getattr(one, name)) for name in names}}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
