"""A folder of results: maps, masks, AIF, and the record that says they are complete."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import bridged_of, mean_of_baseline
from napari_dsc.core.pipeline import Analysis, region_posterior
from napari_dsc.core.quality import WORDS
from napari_dsc.core.quantities import BESIDE, BOLUS, COMPUTED
from napari_dsc.core.types import ParameterMap
from napari_dsc.io.aif import write_curve
from napari_dsc.io.atomic_files import flush_names, read_json, write_json, write_whole
from napari_dsc.io.file_locks import only_writer
from napari_dsc.io.judgements import late_table, read_late
from napari_dsc.io.methods_text import cautions_in, citations, methods_paragraph
from napari_dsc.io.nifti import write_nifti
from napari_dsc.io.record import LARGEST_RECORD, RESEARCH_USE, fingerprint
from napari_dsc.io.region_files import DRAWN, Drawn, write_drawn
from napari_dsc.io.region_posteriors import REGION_POSTERIORS, posterior_table
from napari_dsc.io.region_table import region_table
from napari_dsc.io.temporaries import sweep, temporary_folder
from napari_dsc.version import __version__

__all__ = ["RECORD", "REGION_TABLE", "existing_results", "refuse_existing", "write_results"]

RECORD = "record.json"
LATE_TABLE = "desc-late_tissue.csv"
MASK_TYPES = {  # as BIDS calls them
    "aif": "ROI",
    "vof": "ROI",
    "brain": "Brain",
    "leakage": "ROI",
    "leakagereference": "ROI",
}
MASK_WORDS = {"leakage": "leakage region", "leakagereference": "leakage reference"}
REGION_TABLE = "regions.tsv"
DATASET = "dataset_description.json"
STEMS = tuple(row.stem for row in (*COMPUTED.values(), *BESIDE.values()))
OF_SHAPE = {row.symbol for row in BOLUS.values() if row.on_request}
STEM_OF = {row.symbol: row.stem for row in (*COMPUTED.values(), *BESIDE.values())}
VOLUMES = (
    *STEMS,
    "quality",
    "desc-baseline_dsc",
    "desc-aif_mask",
    "desc-vof_mask",
    "desc-brain_mask",
    "desc-leakage_mask",
    "desc-leakagereference_mask",
)
ENDINGS = (  # how the names of results end: nothing else is ever replaced
    *(f"{name}.nii.gz" for name in VOLUMES),
    *(f"{name}.json" for name in (*STEMS, "quality")),
    *(f"desc-{name}_mask.json" for name in MASK_TYPES),
    "desc-aif_curve.csv",
    LATE_TABLE,
    REGION_TABLE,
    *DRAWN,
    REGION_POSTERIORS,
    "methods.md",
)


def existing_results(directory: Path, prefix: str = "", record: str = RECORD) -> list[str]:
    """Names of the files that writing results there would replace; `record` is that of theirs."""
    wanted = dict.fromkeys(
        [*(f"{prefix}{end}" for end in ENDINGS), *_listed(directory, record), record]
    )
    return [name for name in wanted if os.path.lexists(directory / name)]


def _listed(directory: Path, record: str) -> list[str]:
    """Files of an earlier analysis, whatever its scan is called: its record tells their content.

    A record holds no name; of all names that end alike, those with the one beginning under which
    most files are as recorded are its own. A copy that somebody made of one of them is not.
    """
    try:
        files = read_json(directory / record, LARGEST_RECORD).get("files", {})
        known = {end: files[end] for end in ENDINGS if end in files}
        found: dict[str, list[str]] = {}
        for path in sorted(directory.iterdir()):
            for end in (one for one in known if path.name.endswith(one)):
                if path.is_file() and fingerprint(path) == known[end]:
                    found.setdefault(path.name.removesuffix(end), []).append(path.name)
    except (OSError, DscError, TypeError):
        return []
    return max(found.values(), key=len, default=[])


def refuse_existing(
    directory: Path, overwrite: bool, prefix: str = "", record: str = RECORD
) -> None:
    """Raise `DscError` if writing there would replace results that may not be replaced."""
    standing = existing_results(directory, prefix, record)
    if standing and not overwrite:
        raise DscError(
            f"the folder must be free of earlier results, got {', '.join(standing[:3])} in "
            f"{directory.name}. Choose another folder, or allow them to be overwritten."
        )


def write_results(
    directory: Path,
    analysis: Analysis,
    record: Mapping[str, Any],
    overwrite: bool = False,
    *,
    prefix: str = "",
    bids: bool = False,
    drawn: Drawn | None = None,
    called: str = RECORD,
    facts: Mapping[str, Any] = MappingProxyType({}),
    table: bool = False,
) -> list[Path]:
    """Write all that an analysis gave, and its record last: it says that all is there.

    Everything is written and flushed beside its place first; only then it is moved there. Whenever
    the process is killed every file is whole, and a record stands only beside its own files.

    Parameters
    ----------
    directory : Path
        Made if it does not exist.
    analysis : Analysis
        What to write: each map (with those of its scatter or interval, where the settings want
        them) and the quality flags as `.nii.gz` with a JSON beside it, masks of
        AIF, VOF and brain, the AIF's curve and the volumes of late tissue as CSV, the methods as
        text.
    record : mapping
        From `make_record`; the SHA-256 of every file is added, by the ending of its name.
    overwrite : bool
        Whether results that stand there may be replaced.
    prefix : str
        How the names of the files begin, from `prefix_of`.
    bids : bool
        Whether the scan is named as BIDS wants it: the folder then says that it is a derivative.
    drawn : Drawn, optional
        What somebody has drawn on the maps.
    called : str
        Name of the record, for a folder that holds the results of several scans.
    facts : mapping
        What each map's own JSON says beside what the analysis knows: where its scan lies.
    table : bool
        Whether a table of the maps' means is written although nothing is drawn: of the brain alone.
        Where there are regions it is always written.

    Returns
    -------
    list of Path
        The files, in the order in which they were written.

    Raises
    ------
    DscError
        If results stand there and may not be replaced, or the folder cannot be written to.
    """
    refuse_existing(directory, overwrite, prefix, called)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        sweep(directory)
        with only_writer(directory / called, "results"):
            refuse_existing(directory, overwrite, prefix, called)  # they may have come meanwhile
            _refuse_folders(directory, prefix, called)
            with temporary_folder(directory) as staging:
                names = _write_all(staging, analysis, record, prefix, drawn, facts, table)
                _write_record(staging / called, record, names, prefix)
                if bids and not os.path.lexists(directory / DATASET):
                    names.append(DATASET)
                    write_json(staging / DATASET, _dataset())
                standing = existing_results(directory, prefix, called)
                _put(staging, directory, names, standing, called)
    except OSError as error:
        raise DscError(
            f"the folder must be writable, got: {error.strerror}. Choose another folder; what "
            "stands there without a record.json is incomplete."
        ) from error
    return [directory / name for name in (*names, called)]


def _refuse_folders(directory: Path, prefix: str, called: str) -> None:
    """Raise `DscError` if a folder stands where a result has to."""
    blocked = [n for n in existing_results(directory, prefix, called) if (directory / n).is_dir()]
    if blocked:
        raise DscError(
            f"the folder must take files named like the results, got a folder named {blocked[0]}. "
            "Choose another folder."
        )


def _write_record(path: Path, record: Mapping[str, Any], names: Sequence[str], prefix: str) -> None:
    """Write the record beside the files of these names, with what it says of each."""
    bits = {str(int(flag)): words for flag, words in WORDS.items()}
    # By their endings: their names begin with the scan's, which no record holds.
    hashes = {name.removeprefix(prefix): fingerprint(path.parent / name) for name in names}
    content = {**record, "quality_bits": bits, "files": hashes}
    write_json(path, content, largest=LARGEST_RECORD)


def _put(
    staging: Path, directory: Path, names: Sequence[str], standing: Sequence[str], called: str
) -> None:
    """Replace what stands by what is whole: without a record from the first move to the last."""
    (directory / called).unlink(missing_ok=True)
    flush_names(directory)
    for name in standing:
        if name not in names:
            (directory / name).unlink(missing_ok=True)
    for name in names:
        (staging / name).replace(directory / name)
    flush_names(directory)
    (staging / called).replace(directory / called)
    flush_names(directory)


def _write_all(
    directory: Path,
    analysis: Analysis,
    record: Mapping[str, Any],
    prefix: str,
    drawn: Drawn | None,
    facts: Mapping[str, Any],
    table: bool,
) -> list[str]:
    """Write everything but the record; return the names of the files."""
    names: list[str] = []

    def take(name: str) -> Path:
        names.append(f"{prefix}{name}")
        return directory / names[-1]

    write = partial(write_nifti, oriented=analysis.prepared.series.oriented)
    _write_maps(take, write, analysis, record, facts)
    _write_masks(take, write, analysis, facts)
    _write_curves(take, write, analysis)
    if (late := read_late(record)) is not None:
        volumes = late_table(late)
        write_whole(take(LATE_TABLE), lambda path: _write(path, volumes))
    if drawn is not None:
        if not analysis.settings.method.central_volume:
            told = posterior_table(region_posterior(analysis, drawn.labels, drawn.names))
            write_whole(take(REGION_POSTERIORS), lambda path: _write(path, told))
        affine = analysis.maps.affine
        write_drawn(take, drawn, affine, write, lambda one: {**_described(one, record), **facts})
    text = "\n\n".join([methods_paragraph(record), *citations(record)]) + "\n"
    write_whole(take("methods.md"), lambda path: _write(path, text))
    if table or (drawn is not None and drawn.labels.any()):
        regions = region_table(analysis, drawn)
        write_whole(take(REGION_TABLE), lambda path: _write(path, regions))
    return names


def _write_maps(
    take: Callable[[str], Path],
    write: Callable[..., None],
    analysis: Analysis,
    record: Mapping[str, Any],
    facts: Mapping[str, Any],
) -> None:
    """Write each map and the quality flags, a JSON beside each."""
    maps = analysis.maps
    beside = maps.beside() if analysis.settings.spread else {}
    for one in (*maps, *beside.values()):
        stem = STEM_OF[one.symbol]
        write(take(f"{stem}.nii.gz"), one.values, one.affine, f"{one.name}, {one.units}")
        described = _described(one, record)
        if not analysis.with_artery or one.symbol in OF_SHAPE:
            described["EstimationAlgorithm"] = None  # nothing was deconvolved for it
        write_json(take(f"{stem}.json"), {**described, **facts})
    if maps.quality is not None:
        words = "Quality flags (bits), record.json"
        write(take("quality.nii.gz"), maps.quality, maps.affine, words)
        bits = {str(int(flag)): words for flag, words in WORDS.items()}
        write_json(
            take("quality.json"),
            {"Description": "Why a voxel has no answer, as bits", "Bits": bits, **facts},
        )


def _write_masks(
    take: Callable[[str], Path],
    write: Callable[..., None],
    analysis: Analysis,
    facts: Mapping[str, Any],
) -> None:
    """Write the masks of AIF, VOF, brain and leakage that hold a voxel."""
    masks = {"aif": analysis.aif.voxels, "vof": analysis.vein, "brain": analysis.brain}
    if analysis.leaked is not None:
        masks["leakage"], masks["leakagereference"] = (
            analysis.leaked.region,
            analysis.leaked.reference,
        )
    for name, mask in masks.items():
        if mask is not None and mask.any():
            words = f"{MASK_WORDS.get(name, name)} mask"
            write(take(f"desc-{name}_mask.nii.gz"), mask, analysis.maps.affine, words)
            if facts:
                own = {"Description": words, "Type": MASK_TYPES[name]}
                write_json(take(f"desc-{name}_mask.json"), {**own, **facts})


def _write_curves(
    take: Callable[[str], Path], write: Callable[..., None], analysis: Analysis
) -> None:
    """Write the mean of the baseline, and the AIF's curve."""
    series, affine = analysis.prepared.series, analysis.maps.affine
    before = mean_of_baseline(series.signal, analysis.prepared.baseline, series.left_out)
    write(take("desc-baseline_dsc.nii.gz"), before, affine, "Mean of the baseline, a.u.")
    unit = analysis.curve_unit
    aif = analysis.aif
    if aif.known:
        start, left_out = analysis.prepared.baseline[0], series.left_out or ()
        # Of voxels as they were measured: a loaded curve, a fit or a shifted one is not bridged.
        own = aif.voxels.any() and aif.measured is None
        held = bridged_of(series.n_volumes, start, left_out) if own else ()
        between = [one - start for one in held]
        file = take("desc-aif_curve.csv")
        write_curve(file, analysis.time, aif.curve, unit, aif.scaled_by, between)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _described(one: ParameterMap, record: Mapping[str, Any]) -> dict[str, Any]:
    """What a map's own JSON says."""
    said = cautions_in(record.get("settings", {}))
    return {
        **({"Caution": " ".join(said)} if said else {}),
        "Description": f"{one.name} ({one.symbol}) from dynamic susceptibility contrast MRI",
        "Units": one.units,
        "NoAnswer": "NaN",
        "EstimationAlgorithm": record.get("settings", {}).get("deconvolution_method"),
        "SourceSHA256": record.get("input", {}).get("sha256"),
        "GeneratedBy": f"napari-dsc {__version__}",
        "Statement": RESEARCH_USE,
    }


def _dataset() -> dict[str, Any]:
    return {
        "Name": "DSC-MRI perfusion maps",
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "napari-dsc", "Version": __version__}],
    }
