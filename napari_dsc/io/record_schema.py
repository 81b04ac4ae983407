"""JSON Schema of a record, for programs that read records without napari-dsc.

It says what is written: each entry, its unit, and what may stand there. Entries are made from the
tables of settings, maps and flags. Whoever makes maps again needs more than a schema can say, such
as that a mask has as many voxels as the scan: `read_record` checks that.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.plausibility import Level
from napari_dsc.core.provenance import KINDS
from napari_dsc.core.quality import WORDS
from napari_dsc.core.quantities import BESIDE, COMPUTED, Quantity
from napari_dsc.core.settings import ALWAYS, SETTINGS, Setting
from napari_dsc.core.types import Content
from napari_dsc.io.drawn_json import GIVEN, PROPOSED
from napari_dsc.io.record import EARLIER, FORMAT, TIMES

__all__ = ["record_schema"]

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NOTHING: Schema = {"type": "null"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}
COUNT: Schema = {"type": "integer", "minimum": 0}
TRUTH: Schema = {"type": "boolean"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
NUMBERS: Schema = {"type": "array", "items": NUMBER}
GAPS: Schema = {"type": "array", "items": {"type": ["number", "null"]}}  # null: no number
COUNTS: Schema = {"type": "array", "items": COUNT}
TEXTS: Schema = {"type": "array", "items": TEXT}
BY_WORD: Schema = {"type": "object", "additionalProperties": COUNT}
RUNS: Schema = {
    **COUNTS,
    "description": "Mask as run lengths, the first axis fastest: how many voxels are not marked, "
    "how many then are, and so on to the last voxel.",
}
VOXELS: Schema = {
    "type": "array",
    "items": {"type": "array", "items": COUNT, "minItems": 3, "maxItems": 3},
    "description": "Indices of voxels, counted from 0, on the axes of the file.",
}
EMPTY: Mapping[str, Any] = MappingProxyType({})
SPAN: Schema = {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2}
PAIR = "A first volume and the first after the last, from 0: [2, 13] are volumes 2 to 12."


def record_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `record.json`, of every format that can be read.

    Returns
    -------
    dict
        JSON-ready. What is not required was not written by every version, or only where it is
        another than before.
    """
    record = _object(
        "What made a folder of maps, so that they can be made again.",
        {
            "record": {"enum": [FORMAT, *EARLIER], "description": "Format of this file."},
            "statement": TEXT,
            "input": _input(),
            "settings": _settings(),
            "aif": _aif(),
            "curves": _object(
                "Mean curves of the brain and the vein, as the AIF's.",
                {"brain": _or_null(GAPS), "vof": _or_null(GAPS)},
            ),
            "vof": _or_null(VOXELS, "Voxels of the vein to which the AIF was scaled."),
            "brain_runs": _said(RUNS, f"Voxels that were computed. {RUNS['description']}"),
            "bolus_arrival_s": _or_null(NUMBER, "Bolus arrival in the brain's mean curve, s."),
            "maps": _units(COMPUTED, "Unit of each map."),
            "quality": _quality(),
            "notices": _said(TEXTS, "What a reader should know of the scan and the run."),
            "versions": {
                "type": "object",
                "additionalProperties": {"type": ["string", "null", "boolean", "number"]},
                "description": "Programs and the machine that made the maps.",
            },
            "quality_bits": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "What each bit of the quality map means.",
            },
            "files": {
                "type": "object",
                "additionalProperties": HASH,
                "description": "SHA-256 of each file that was written, by the ending of its name.",
            },
        },
        _not_always(),
    )
    return {"$schema": DIALECT, "title": f"Record of {FORMAT.split()[0]}", **record}


def _not_always() -> dict[str, Schema]:
    """Entries that not every record has."""
    return {
        "vof_origin": _origin("vein"),
        "vof_verdicts": _said(BY_WORD, "Voxels of the vein by what was said of them."),
        "brain_origin": _origin("brain"),
        "leakage": _leakage(),
        "beside": _units(BESIDE, "Unit of each map of scatter or intervals."),
        "late_tissue": _late(),
        "findings": _findings(),
        "regions": _regions(),
        "tumour": _tumour(),
    }


def _object(words: str, needed: Mapping[str, Any], further: Mapping[str, Any] = EMPTY) -> Schema:
    return {
        "type": "object",
        "description": words,
        "properties": {**needed, **further},
        "required": list(needed),
    }


def _said(schema: Schema, words: str) -> Schema:
    return {**schema, "description": words}


def _or_null(schema: Schema, words: str = "") -> Schema:
    """What may be unknown: null then."""
    described = {"description": words} if words else {}
    return {"anyOf": [schema, NOTHING], **described}


def _input() -> Schema:
    needed = {
        "sha256": _or_null(HASH, "Of the bytes of the scan; null: it came from no file."),
        "shape": {**COUNTS, "minItems": 4, "maxItems": 4, "description": "X, Y, Z, T."},
        "quantity": {"enum": list(get_args(Content))},
        "repetition_time_s": _or_null(POSITIVE),
        "time_s": _or_null(NUMBERS, "When each volume was measured, s."),
        "echo_time_s": _or_null(POSITIVE),
        "checked_by_user": TRUTH,
        "slice_times_s": _or_null(NUMBERS, "When each slice was measured within a volume, s."),
        "slice_axis": {"enum": [0, 1, 2]},
        "sources": {
            "type": "object",
            "additionalProperties": TEXT,
            "description": "Where each fact of the scan comes from.",
        },
        "choices": {
            "type": "object",
            "additionalProperties": TEXT,
            "description": "What was chosen for the scan to be read.",
        },
        "moves": _or_null(
            {"type": "array", "items": {**NUMBERS, "minItems": 6, "maxItems": 6}},
            "How each volume was moved back: three turns, rad, and three shifts, mm.",
        ),
    }
    further = {
        "left_out_volumes": _said(
            COUNTS,
            "Volumes that were not used, counted from 0. At those between others a line between "
            "their neighbours, straight in ΔR2*, stands in each curve, in the baseline too.",
        ),
        "left_out_by_user": _or_null(COUNTS, "Those that the user chose; null: as found."),
        "end_by_user": _or_null(COUNT, "First volume that is not used; null: none."),
        "flip_angle_deg": POSITIVE,
        "field_strength_T": POSITIVE,
        "preload": _said(TRUTH, "Whether contrast agent was given before the scan."),
        "dose_mL": _said(POSITIVE, "Contrast agent of the bolus, mL."),
    }
    return _object("The scan.", needed, further)


def _settings() -> Schema:
    rows = [row for row in SETTINGS.values() if row.owner]
    always = [
        row for row in rows if row.before == ALWAYS and (row.owner != "method" or _is_method(row))
    ]
    first = {row.key[-1]: _setting(row) for row in always}
    first["discarded_volumes"] = _or_null(COUNT, "Volumes before the baseline.")
    others = {row.key[-1]: _setting(row) for row in rows if row.key[-1] not in first}
    times = {"type": "object", "additionalProperties": NUMBER}
    others[TIMES] = _said(times, "Parameters of the method that tells times.")
    return _object("How it was computed. What is missing is as it was before.", first, others)


def _is_method(row: Setting) -> bool:
    return row.kind == "method"


def _setting(row: Setting) -> Schema:
    """A setting, by the table of settings."""
    words = f"{row.title}. {row.tooltip}"
    if row.kind == "number":
        return _said(NUMBER, words)
    if row.kind == "switch":
        return _said(TRUTH, words)
    if row.kind == "span":
        return _or_null(SPAN, f"{words} {PAIR}")
    choices = list(DECONVOLVERS) if _is_method(row) else list(row.choices)
    return {"enum": choices, "description": words}


def _aif() -> Schema:
    fit = _object(
        "Gamma variate that was fitted.",
        dict.fromkeys(("scale", "t0_s", "a", "b_s"), NUMBER),
    )
    return _object(
        "Arterial input function.",
        {
            "voxels": VOXELS,
            "time_s": _said(NUMBERS, "When the retained volumes were measured, s."),
            "curve": _or_null(NUMBERS, "Curve that was used; null: maps without an artery."),
            "curve_unit": TEXT,
            "scaled_by": _said(NUMBER, "By what the curve was multiplied; 1: not at all."),
        },
        {
            "origin": _origin("AIF"),
            "verdicts": _said(BY_WORD, "Voxels by what was said of them."),
            "measured": _said(NUMBERS, "Curve before its fit and shift."),
            "gamma_variate": fit,
        },
    )


def _origin(whose: str) -> Schema:
    known = _object(
        f"How the {whose} was chosen.",
        {
            "kind": {"enum": list(KINDS)},
            "added": COUNT,
            "removed": COUNT,
            "region": _said(TRUTH, "Looked for within a region only."),
            "notes": TEXTS,
        },
        {"unseen": _said(TRUTH, "Proposed, and nobody has looked at it.")},
    )
    return _or_null(known, "Null: nobody has said.")


def _units(rows: Mapping[Any, Quantity], words: str) -> Schema:
    """Units of maps by their keys, as the table of maps has them; or scaled by the echo time."""
    return {
        "type": "object",
        "properties": {
            row.key: {"type": "string", "description": f"{row.name}, usually in {row.units}."}
            for row in rows.values()
        },
        "additionalProperties": False,
        "description": words,
    }


def _quality() -> Schema:
    flags = ", ".join(f'"{words}"' for words in WORDS.values())
    return {
        "type": "object",
        "properties": {"voxels": COUNT, "accepted": COUNT},
        "required": ["voxels", "accepted"],
        "additionalProperties": COUNT,
        "description": f"Voxels of the brain, those accepted, and those with each flag: {flags}.",
    }


def _leakage() -> Schema:
    return _object(
        "What leakage was found with, and where it was corrected.",
        {
            "reference_runs": RUNS,
            "reference_origin": _origin("reference"),
            "region_runs": _or_null(RUNS),
            "region_origin": _origin("region"),
            "curve": NUMBERS,
        },
    )


def _late() -> Schema:
    amount = {"type": ["number", "null"], "minimum": 0}
    volume = _object(
        "Tissue whose Tmax is above a limit.",
        {"tmax_above_s": amount, "mL": amount, "as_found_mL": amount},
    )
    known = _object(
        "Volumes of late tissue, cleaned and as found.",
        {
            "smallest_piece_mL": amount,
            "holes_filled": TRUTH,
            "volumes": {"type": "array", "items": volume, "minItems": 1},
            "hir": amount,
            "hir_as_found": amount,
        },
        {
            "uncounted_mL": _said(amount, "Late tissue without an answer: in no volume."),
            "limits": _said(TEXT, "Why the limits of Tmax do not hold for the method."),
            "hir_unstable": _said(
                TEXT,
                "Why the hypoperfusion intensity ratio (HIR) hangs on how late tissue is cleaned.",
            ),
        },
    )
    return _or_null(known, "Null: there is no Tmax.")


def _findings() -> Schema:
    finding = _object(
        "Whether the analysis can be believed, in a sentence.",
        {"key": TEXT, "level": {"enum": list(get_args(Level))}, "words": TEXT},
    )
    return {"type": "array", "items": finding}


def _regions() -> Schema:
    normal = _object(
        "The region that was taken as normal.",
        {"voxels": COUNT, "origin": _origin("reference")},
    )
    return _object(
        "Regions in which maps were measured; their voxels and names stand beside the maps.",
        {
            "measured": _said(COUNT, "How many, without the reference."),
            "origin": _origin("regions"),
            "reference": _or_null(normal, "Null: none was."),
            "relative": _said(TEXTS, "Maps over their means in the reference, by symbol."),
            "midline": _or_null(
                {"enum": [PROPOSED, GIVEN]},
                "Across what regions were compared with their mirror images; null: nothing.",
            ),
        },
        {
            "brought": _said(TEXT, "How regions of another space came onto the scan."),
            "enhancement_origin": _origin("enhancement"),
        },
    )


def _tumour() -> Schema:
    value = {"type": ["number", "null"]}
    choice = {"hot_spot_mm": NUMBER, "hot_spots": COUNT, "vessel_times": NUMBER}
    spot = {"centre": NUMBERS, "mean": value, "sd": value, "voxels": COUNT}
    burden = {"above": GAPS, "voxels": COUNT, "vessels": COUNT, "rejected": COUNT}
    names = ("mean", "sd", "median", "p5", "p95")
    statistics = {"unit": TEXT, "n": COUNT, **dict.fromkeys(names, value)}
    spots = {"type": "array", "items": _object("A disc.", spot)}
    histogram = {"edges": NUMBERS, "counts": COUNTS, "below": COUNT, "above": COUNT}
    shares = _object("Share of voxels above each threshold, 0 to 1.", burden)
    hottest = _or_null(_object("The hottest discs.", {"mean": value, "sd": value, "spots": spots}))
    corrected = {"burden": shares, "hot_spots": hottest, "share": NUMBER}
    scale = {"percentiles": NUMBERS, "landmarks": NUMBERS, "scans": COUNT}
    return _object(
        "What was read of what enhances.",
        {
            "choice": _object("How it was read.", {"thresholds": NUMBERS, **choice}),
            "enhancement_runs": RUNS,
            "reference_runs": RUNS,
            "enhancement_mL": value,
            "burden": shares,
            "hot_spots": hottest,
            "maps": {
                "type": "object",
                "additionalProperties": _object("Statistics of a map.", statistics),
            },
            "histogram": _object("Of rCBV.", histogram),
            "lines": _said(TEXTS, "The same in sentences."),
        },
        {
            "standard_scale": _object("Landmarks of a scale of one's own scans.", scale),
            "corrected": _object("The same, corrected for leakage.", corrected),
            "unseen": _said(TRUTH, "What enhances was proposed, and nobody has looked at it."),
        },
    )
