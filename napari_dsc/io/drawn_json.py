"""Regions of an analysis in its record: how they were chosen, and what is relative to which."""

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.provenance import Origin
from napari_dsc.core.regions import proposed_midline
from napari_dsc.io.provenance import origin_as_json, read_origin
from napari_dsc.io.region_files import Drawn

__all__ = ["GIVEN", "PROPOSED", "Chosen", "chosen_in", "drawn_as_json"]

PROPOSED, GIVEN = "proposed", "given"  # midline: of the brain's shape, or drawn
LONGEST = 1000  # letters of a sentence
SAME = 1e-3  # mm, and of a unit vector: a line that went over the screen comes back as near


class Chosen(TypedDict):
    """How regions were chosen, by the fields of `Drawn`."""

    origin: Origin | None
    reference_origin: Origin | None
    enhancement_origin: Origin | None
    brought: str


def drawn_as_json(drawn: Drawn, analysis: Analysis) -> dict[str, Any]:
    """Put regions into a record, without their names, which are a reader's own words.

    Parameters
    ----------
    drawn : Drawn
        Regions, what is normal among them, and what is relative to it.
    analysis : Analysis
        On whose maps.

    Returns
    -------
    dict
        JSON-ready. Voxels are counted: they stand in the label map beside the maps.
    """
    labels = np.unique(drawn.labels)
    held = [int(one) for one in labels if one > 0]
    reference = drawn.reference
    told: dict[str, Any] = {
        "measured": sum(one != reference for one in held),
        "origin": origin_as_json(drawn.origin),
        "reference": None,
        "relative": list(drawn.relative),
        "midline": _midline(drawn, analysis) if held else None,
    }
    if reference is not None:
        told["reference"] = {
            "voxels": int(np.count_nonzero(drawn.labels == reference)),
            "origin": origin_as_json(drawn.reference_origin),
        }
    if drawn.brought:
        told["brought"] = drawn.brought
    if drawn.enhancement_origin is not None:
        told["enhancement_origin"] = origin_as_json(drawn.enhancement_origin)
    return told


def chosen_in(record: Mapping[str, Any]) -> Chosen:
    """How the regions of a record were chosen; of an earlier record nobody knows.

    Raises
    ------
    DscError
        If the record says something else.
    """
    told = record.get("regions") or {}
    try:
        reference, brought = told.get("reference") or {}, told.get("brought", "")
        if not (isinstance(brought, str) and brought.isprintable() and len(brought) <= LONGEST):
            raise TypeError
        return {
            "origin": read_origin(told.get("origin")),
            "reference_origin": read_origin(reference.get("origin")),
            "enhancement_origin": read_origin(told.get("enhancement_origin")),
            "brought": brought,
        }
    except (AttributeError, TypeError) as error:
        raise DscError(
            "regions of a record must say how they were chosen, got something else. Choose a "
            "record.json that napari-dsc has written."
        ) from error


def _midline(drawn: Drawn, analysis: Analysis) -> str | None:
    """Across what regions are compared with their mirror images; None: across nothing."""
    affine = analysis.maps.affine
    if affine is None or not analysis.prepared.series.oriented:
        return None
    try:
        known = proposed_midline(analysis.brain, affine)
    except DscError:
        return None if drawn.midline is None else GIVEN
    line = drawn.midline
    if line is None or (
        np.allclose(line.normal, known.normal, rtol=0, atol=SAME)
        and abs(np.dot(np.subtract(line.point, known.point), known.normal)) < SAME
    ):
        return PROPOSED
    return GIVEN
