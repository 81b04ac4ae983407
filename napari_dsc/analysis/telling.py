"""Summary of an analysis: one line for people, and the same facts as JSON for programs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from napari_dsc.core.acceptance import acceptance_of
from napari_dsc.core.pipeline import Analysis, acceptance_in
from napari_dsc.core.plausibility import told
from napari_dsc.core.provenance import UNSEEN
from napari_dsc.core.quantities import AUC, CBF, CBV, FWHM, MTT, PEAK, PSR
from napari_dsc.core.regions import LateVolumes, uncounted_volume
from napari_dsc.core.summary import summarise
from napari_dsc.io.judgements import read_late
from napari_dsc.io.record import RESEARCH_USE

__all__ = ["as_json", "lines_of", "medians_of", "summary_of"]


def medians_of(analysis: Analysis) -> dict[str, tuple[float, str]]:
    """Median over the brain's accepted voxels with a number, with its unit, by symbol.

    A map without such a voxel has none.
    """
    found: dict[str, tuple[float, str]] = {}
    for one in analysis.maps:
        values = one.values[one.quality_mask & analysis.brain]
        values = values[np.isfinite(values)]  # a voxel that is accepted may lack one map
        if values.size:
            found[one.symbol] = float(np.median(values)), one.units
    return found


def summary_of(analysis: Analysis, record: Mapping[str, Any]) -> str:
    """What was computed and from what, in one line: for a loop over many scans."""
    series, found = analysis.prepared.series, acceptance_of(record["quality"])
    start, stop = analysis.prepared.baseline
    voxels, aif = len(record["aif"]["voxels"]), analysis.origins.aif
    how = "" if aif is None else f" ({UNSEEN if aif.unseen else aif.kind})"
    known = medians_of(analysis)
    medians = [
        f"{one.symbol} {known[one.symbol][0]:.3g} {known[one.symbol][1]}"
        for one in ((CBF, CBV, MTT) if analysis.with_artery else (AUC, PEAK, FWHM, PSR))
        if one.symbol in known
    ]
    words = [
        f"TR {series.repetition_time:g} s",
        f"baseline volumes {start} to {stop - 1}",
        _artery(analysis, voxels) + how,
        f"{found.share:.1%} of {found.voxels:,} voxels accepted",
    ]
    medians_told = f"; medians {', '.join(medians)}" if medians else ""
    late = _late(analysis, record)
    volumes = "." if late is None else f"; {late.words}"
    return f"{', '.join(words)}{medians_told}{volumes}"


def _late(analysis: Analysis, record: Mapping[str, Any]) -> LateVolumes | None:
    """Volumes of a record, with the late tissue beside them that has no answer."""
    late = read_late(record)
    if late is None:
        return None
    silent = uncounted_volume(
        analysis.maps,
        smallest=late.cleaning.smallest,
        fill_holes=late.cleaning.fill_holes,
        slice_axis=analysis.prepared.series.slice_axis,
    )
    return replace(late, uncounted=silent)


def _late_json(analysis: Analysis, record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same as JSON."""
    late = _late(analysis, record)
    return None if late is None else {**record["late_tissue"], "uncounted_mL": late.uncounted}


def _tumour(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Numbers of a tumour, without the voxels; None where none was read."""
    told = record.get("tumour")
    if told is None:
        return None
    return {key: one for key, one in told.items() if not key.endswith("_runs")}


def _artery(analysis: Analysis, voxels: int) -> str:
    """From what artery, before how it was chosen."""
    if not analysis.with_artery:
        return "no AIF: the shape of the bolus alone"
    return f"AIF of {voxels} voxel{'s' * (voxels != 1)}" if voxels else "AIF: a curve"


def lines_of(analysis: Analysis, record: Mapping[str, Any]) -> tuple[str, ...]:
    """Findings in three sentences, as a report of these results begins."""
    series = analysis.prepared.series
    return summarise(
        analysis.maps,
        analysis.brain,
        read_late(record),
        analysis.findings,
        oriented=series.oriented,
        doubt=acceptance_of(record["quality"]).doubt,
        slice_axis=series.slice_axis,
    ).lines


def as_json(analysis: Analysis, record: Mapping[str, Any]) -> dict[str, Any]:
    """The same, and more, for a program.

    Returns
    -------
    dict
        JSON-ready: what was used, shares, medians with their units, late tissue in mL, findings
        with their level, notices, and the line for people. No name, date or path is in it.
    """
    found = acceptance_in(analysis)
    origins = analysis.origins
    return {
        "statement": RESEARCH_USE,
        "summary": summary_of(analysis, record),
        "lines": list(lines_of(analysis, record)),
        "input_sha256": record["input"]["sha256"],
        "repetition_time_s": record["input"]["repetition_time_s"],
        "echo_time_s": record["input"]["echo_time_s"],
        "settings": record["settings"],
        "aif": {
            "voxels": len(record["aif"]["voxels"]),
            "chosen": None if origins.aif is None else origins.aif.kind,
            "peak": float(np.nanmax(analysis.aif.curve)) if analysis.with_artery else None,
            "unit": analysis.curve_unit,
            "verdicts": record["aif"]["verdicts"],
        },
        "brain": {
            "voxels": found.voxels,
            "accepted_share": found.share if found.voxels else None,
            "chosen": None if origins.brain is None else origins.brain.kind,
        },
        "medians": {
            symbol: {"value": value, "unit": units}
            for symbol, (value, units) in medians_of(analysis).items()
        },
        "late_tissue": _late_json(analysis, record),
        "findings": record["findings"],
        "warnings": [*told(analysis.findings), *record["notices"]],
        "doubt": found.doubt or None,
        "tumour": _tumour(record),
    }
