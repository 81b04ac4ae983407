"""Record of results as JSON: scan, settings, AIF and brain, so that maps can be made again."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.core.acceptance import counts_of
from napari_dsc.core.aif import fit_gamma_variate
from napari_dsc.core.deconvolution import DECONVOLVERS, Deconvolver, method_name
from napari_dsc.core.errors import DscError
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.pipeline import Analysis, Settings, verdict_counts
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import BESIDE
from napari_dsc.core.regions import Cleaning, late_volumes
from napari_dsc.core.settings import SETTINGS, Setting
from napari_dsc.core.tumour import TumourReading
from napari_dsc.core.types import FloatArray, Series
from napari_dsc.io.drawn_json import drawn_as_json
from napari_dsc.io.fingerprints import combined_fingerprint, files_fingerprint, fingerprint
from napari_dsc.io.judgements import findings_as_json, late_as_json
from napari_dsc.io.mask_files import runs_of
from napari_dsc.io.nifti import loading
from napari_dsc.io.provenance import origin_as_json
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.software_versions import versions_of_all
from napari_dsc.io.tumour_json import tumour_as_json

__all__ = [
    "EARLIER",
    "FORMAT",
    "LARGEST_RECORD",
    "RESEARCH_USE",
    "TIMES",
    "WINDOWED_SCALING",
    "files_fingerprint",
    "fingerprint",
    "input_fingerprint",
    "make_record",
    "settings_as_json",
]

FORMAT = "napari-dsc 7"
EARLIER = ("napari-dsc 6", "napari-dsc 5", "napari-dsc 4", "napari-dsc 3")  # that can be read still
WINDOWED_SCALING = ("napari-dsc 3",)  # took the areas of AIF and VOF within the window of CBV
TIMES = "times_parameters"  # key of the parameters of a method for times alone
LARGEST_RECORD = 64 * 2**20  # bytes
RESEARCH_USE = "Research use only. Not a medical device."


def settings_as_json(settings: Settings) -> dict[str, Any]:
    """Every parameter of an analysis by its name, with the method's registered name.

    What earlier versions did not know stands there only where it is not as by default.
    """
    method, baseline = settings.method, settings.baseline
    own = parameters_of(method) if type(method) in DECONVOLVERS.values() else {}
    rows = [
        row
        for row in SETTINGS.values()
        if row.owner and row.kind != "method" and (row.owner != "method" or row.name in own)
    ]
    told = {row.key[-1]: row.as_json(settings) for row in rows if _is_named(row, settings)}
    times = {} if settings.timing is None else _parameters(settings.timing)
    return {
        "deconvolution_method": method_name(method),
        **told,
        **({TIMES: times} if times else {}),
        "discarded_volumes": None if baseline is None else baseline[0],
    }


def _is_named(row: Setting, settings: Settings) -> bool:
    """Whether a record names a setting; one that hangs on another where that is asked for."""
    asked = SETTINGS[row.beside] if row.beside else row
    return bool(asked.as_json(settings) != asked.before)


def _parameters(method: Deconvolver) -> dict[str, float]:
    """Parameters of a method that hold otherwise than before there were any."""
    values = {name: float(getattr(method, name)) for name in parameters_of(method)}
    return {name: value for name, value in values.items() if value != SETTINGS[name].before}


def input_fingerprint(series: Series, file: Path | None) -> str | None:
    """SHA-256 of the bytes that a scan was read from, in hexadecimal.

    Parameters
    ----------
    series : Series
        The scan: one that was read knows its bytes, whatever its files are now.
    file : Path or None
        Where one came from that does not: it counts if it still holds these numbers.

    Returns
    -------
    str or None
        None if there is no such file, or not any more.
    """
    if series.hashes:
        return combined_fingerprint(series.hashes)
    if file is None or not file.is_file():
        return None
    try:
        held = finished(loading(file))
    except (DscError, OSError):
        return None
    same = np.array_equal(held.voxels, series.signal, equal_nan=held.voxels.dtype.kind == "f")
    return combined_fingerprint(held.hashes) if same else None


def make_record(
    series: Series,
    analysis: Analysis,
    input_sha256: str | None,
    cleaning: Cleaning | None = None,
    tumour: TumourReading | None = None,
    drawn: Drawn | None = None,
) -> dict[str, Any]:
    """Put together the record of an analysis.

    Parameters
    ----------
    series : Series
        The scan, with the sources of its times.
    analysis : Analysis
        The result.
    input_sha256 : str or None
        From `input_fingerprint`; None if the scan came from no file.
    cleaning : Cleaning, optional
        How late tissue is cleaned before its volumes are told; None: as by default.
    tumour : TumourReading, optional
        What was read of what enhances; None: nothing was, and the record does not speak of it.
    drawn : Drawn, optional
        Regions; None: there are none, and the record does not speak of them.

    Returns
    -------
    dict
        JSON-ready. Holds no name, identifier, date or path.
    """
    return {
        "record": FORMAT,
        "statement": RESEARCH_USE,
        "input": _input(series, analysis, input_sha256),
        "settings": settings_as_json(analysis.settings),
        "aif": _arterial(analysis),
        "curves": _curves(analysis),
        "vof": None if analysis.vein is None else np.argwhere(analysis.vein).tolist(),
        "vof_origin": origin_as_json(analysis.origins.vof),
        "vof_verdicts": _venous(analysis),
        "brain_runs": runs_of(analysis.brain),
        "brain_origin": origin_as_json(analysis.origins.brain),
        **_leakage(analysis),
        "bolus_arrival_s": analysis.arrival,
        "maps": {key: one.units for key, one in analysis.maps.items()},
        **_beside(analysis),
        "quality": _quality(analysis),
        "late_tissue": late_as_json(
            late_volumes(
                analysis.maps,
                analysis.brain,
                cleaning,
                slice_axis=series.slice_axis,
                tmax_by=analysis.settings.tmax_by,
            )
        ),
        "findings": findings_as_json(analysis.findings),
        "notices": [*series.notices, *analysis.notices],
        "versions": dict(versions_of_all()),
        **({} if drawn is None else {"regions": drawn_as_json(drawn, analysis)}),
        **({} if tumour is None else {"tumour": tumour_as_json(tumour)}),
    }


def _input(series: Series, analysis: Analysis, sha256: str | None) -> dict[str, Any]:
    """What is known of the scan, and which of its volumes were used."""
    return {
        "sha256": sha256,
        "shape": list(series.signal.shape),
        "quantity": series.quantity,
        "repetition_time_s": series.repetition_time,
        "time_s": None if series.time is None else series.time.tolist(),
        "echo_time_s": series.echo_time if series.quantity == "signal" else None,
        "checked_by_user": series.checked,
        "slice_times_s": None if series.slice_times is None else series.slice_times.tolist(),
        "slice_axis": series.slice_axis,
        "sources": dict(series.sources),
        "choices": dict(series.choices),
        "moves": None if series.moves is None else series.moves.tolist(),
        "left_out_volumes": list(analysis.prepared.series.left_out or ()),
        "left_out_by_user": None if series.leave_out is None else list(series.leave_out),
        "end_by_user": series.end,
        **_measured_with(series),
    }


def _arterial(analysis: Analysis) -> dict[str, Any]:
    """The AIF: its voxels and its curve, and how they were chosen."""
    return {
        "voxels": np.argwhere(analysis.aif.voxels).tolist(),
        "time_s": analysis.time.tolist(),
        "curve": analysis.aif.curve.tolist() if analysis.with_artery else None,
        "curve_unit": analysis.curve_unit,
        "scaled_by": analysis.aif.scaled_by,
        "origin": origin_as_json(analysis.origins.aif),
        "verdicts": verdict_counts(analysis.prepared, analysis.aif.voxels),
        **_as_measured(analysis),
    }


def _as_measured(analysis: Analysis) -> dict[str, Any]:
    """Curve of the AIF before its fit and shift, and the fit; nothing where it had neither."""
    measured = analysis.aif.measured
    if measured is None:
        return {}
    told: dict[str, Any] = {"measured": measured.tolist()}
    if analysis.settings.aif_gamma_variate:
        fit = fit_gamma_variate(measured, analysis.time)
        told["gamma_variate"] = {"scale": fit.scale, "t0_s": fit.t0, "a": fit.a, "b_s": fit.b}
    return told


def _beside(analysis: Analysis) -> Mapping[str, Any]:
    """Units of the maps of scatter or intervals, where the settings want them."""
    if not analysis.settings.spread:
        return {}
    known = analysis.maps.beside()
    rows = (row for row in BESIDE.values() if row.symbol in known)
    return {"beside": {row.key: row.units for row in rows}}


def _curves(analysis: Analysis) -> Mapping[str, list[float | None] | None]:
    """Mean curves of brain and vein at the times of the AIF; None where there is no number."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        brain: FloatArray = np.nanmean(analysis.prepared.curves, axis=0, dtype=np.float64)
    vein = None if analysis.vein is None else analysis.prepared.vessel(analysis.vein).curve
    return {"brain": _plain(brain), "vof": None if vein is None else _plain(vein)}


def _measured_with(series: Series) -> dict[str, float | bool]:
    """Facts of the protocol that are known; none of them where nobody has told any."""
    facts = {
        "flip_angle_deg": series.flip_angle,
        "field_strength_T": series.field_strength,
        "preload": series.preload,
        "dose_mL": series.dose,
    }
    return {key: one for key, one in facts.items() if one is not None}


def _leakage(analysis: Analysis) -> dict[str, Any]:
    """What leakage was found with, and where it was corrected; nothing where nobody asked."""
    found = analysis.leaked
    if found is None:
        return {}
    return {
        "leakage": {
            "reference_runs": runs_of(found.reference),
            "reference_origin": origin_as_json(found.reference_origin),
            "region_runs": None if found.region is None else runs_of(found.region),
            "region_origin": origin_as_json(found.region_origin),
            "curve": found.curve.tolist(),
        }
    }


def _plain(curve: FloatArray) -> list[float | None]:
    return [float(one) if np.isfinite(one) else None for one in curve]


def _venous(analysis: Analysis) -> dict[str, int]:
    if analysis.vein is None:
        return {}
    return verdict_counts(analysis.prepared, analysis.vein, vein=True)


def _quality(analysis: Analysis) -> Mapping[str, int]:
    volume = analysis.maps.quality
    return counts_of(np.zeros(0, np.uint16) if volume is None else volume[analysis.brain])
