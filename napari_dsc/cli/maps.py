"""The command `maps`: from a scan to its maps, without a screen."""

import json as jsons
from pathlib import Path
from typing import Any

from napari_dsc.analysis import (
    Analysis,
    Setup,
    analysing,
    opening,
    read_setup,
    write_setup,
)
from napari_dsc.cli.codes import code_of, followed, note, to_do
from napari_dsc.cli.parsing import (
    Commands,
    add_choices,
    add_naming,
    chosen_of,
    in_shell,
    naming,
    path_of,
)
from napari_dsc.cli.places import add_places, refuse_existing_early
from napari_dsc.core.errors import DscError
from napari_dsc.core.orientation import FACT, as_codes
from napari_dsc.core.pipeline import Sensitivity
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.dicom_out import KINDS, STATED_REASON, write_dicom
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.io.readers import help_words
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.result_names import named, prefix_of
from napari_dsc.io.results_folder import refuse_existing
from napari_dsc.terminal import one_line, say

__all__ = ["add_commands"]

NO_SHARE = "The uncertainty from the AIF's voxels is not known: it takes two of them or more."


def add_commands(commands: Commands) -> None:
    """Add `maps`."""
    computing = commands.add("maps", maps)
    computing.add_argument("scan", type=path_of, help=help_words())
    add_places(computing, required=False)
    computing.add_argument(
        "--config", type=path_of, metavar="TOML", help="choices in a file; options go over it"
    )
    computing.add_argument(
        "--write-config",
        type=path_of,
        metavar="TOML",
        help="write the choices in force there: for --config",
    )
    computing.add_argument(
        "--dry-run", action="store_true", help="compute and tell, and write no results"
    )
    computing.add_argument(
        "--report", type=path_of, metavar="FILE", help="a report too: FILE.html or FILE.pdf"
    )
    add_naming(computing)
    computing.add_argument(
        "--json", action="store_true", help="tell results and errors as JSON, for a program"
    )
    computing.add_argument(
        "--region-curves",
        type=path_of,
        metavar="CSV",
        help="write the curve of every voxel of the regions there",
    )
    computing.add_argument(
        "--jackknife",
        action="store_true",
        help="tell how uncertain the AIF's voxels leave CBF and late tissue: standard errors with "
        "each of them left out in turn",
    )
    add_choices(computing)
    computing.add_argument(
        "--dicom",
        choices=list(KINDS),
        help="write DICOM too, into OUT/dicom, for a scan that came from DICOM: it carries the "
        "patient's identity",
    )


def maps(
    scan: Path,
    out: Path | None,
    overwrite: bool,
    name: str | None,
    config: Path | None,
    write_config: Path | None,
    dry_run: bool,
    report: Path | None,
    with_name: bool,
    json: bool,
    region_curves: Path | None,
    dicom: str | None,
    jackknife: bool,
    **chosen: Any,
) -> int:
    """Compute the maps of a scan without a screen."""
    setup = chosen_of(chosen, None if config is None else read_setup(config))
    setup.settings(in_shell)
    if write_config is not None:
        write_setup(write_config, setup, overwrite=overwrite)
    if dry_run:
        out, report = None, None
    elif out is None:
        raise DscError(
            "a folder for the maps must be named, got none. Give it with --out, or --dry-run."
        )
    if out is not None:
        refuse_existing_early(out, overwrite, scan, name)
    _refuse_stated(setup, dicom is not None)
    opened = followed(opening(scan, setup, spelled=in_shell))
    if dicom is not None and not opened.series.dicom:
        raise DscError(
            "--dicom needs a scan that came from DICOM, got another. Leave it out, or give the "
            "folder of the DICOM series."
        )
    called = opened.called if name is None else named(name)
    if out is not None:
        refuse_existing(out, overwrite, prefix_of(called))
    analysis = followed(analysing(opened, setup, spelled=in_shell))
    written = [] if out is None else _written(analysis, out, name, overwrite, dicom)
    if report is not None:
        whose = naming(with_name)
        page = analysis.reporting(report, overwrite=overwrite, name=whose, date=whose)
        written.append(followed(page))
    if region_curves is not None and not dry_run:
        written.append(_curves(analysis, region_curves, overwrite))
    record = analysis.record
    share = followed(analysis.varying()) if jackknife else None
    if json:
        files = [str(path) for path in written]
        told = {} if share is None else {"jackknife": share.as_json()}
        say(jsons.dumps({**analysis.as_json(), **told, "files": files, "code": code_of(record)}))
        return code_of(record)
    _tell(analysis, share, len(written), out)
    return code_of(record)


def _tell(analysis: Analysis, share: Sensitivity | None, written: int, out: Path | None) -> None:
    """Say what was found, and where it stands."""
    note(
        *analysis.warnings,
        *to_do(analysis.findings),
        *analysis.remedies,
        *(() if share is None else share.notices),
    )
    told = () if share is None else (share.words or NO_SHARE,)
    say("\n".join(map(one_line, (analysis.summary, *analysis.lines, *told))))
    if out is not None:
        say(f"{written} files in {one_line(out)}. {RESEARCH_USE}")
    else:
        say(f"No results were written. {RESEARCH_USE}")


def _refuse_stated(setup: Setup, dicom: bool) -> None:
    """Raise where DICOM is wanted of a scan whose orientation the user states."""
    if setup.get(FACT) is not None:
        as_codes(setup.get(FACT))
        if dicom:
            raise DscError(f"{STATED_REASON} Leave out --dicom.")


def _curves(analysis: Analysis, file: Path, overwrite: bool) -> Path:
    """Write the curves of every voxel of the regions."""
    if file.exists() and not overwrite:
        raise DscError(
            f"{file.name} must not exist yet, got one. Choose another name, or give --overwrite."
        )
    text = analysis.region_curves()
    write_whole(file, lambda path: _write(path, text))
    return file


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _written(
    analysis: Analysis, out: Path, name: str | None, overwrite: bool, dicom: str | None
) -> list[Path]:
    """Write the results, and DICOM if it is wanted."""
    written = analysis.save(out, name=name, overwrite=overwrite)
    if dicom is not None:
        written += write_dicom(
            out / "dicom",
            analysis.maps,
            analysis.series,
            kind=dicom,
            overwrite=overwrite,
            description=methods_paragraph(analysis.record),
        )
    return written
