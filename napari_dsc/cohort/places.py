"""Places of the results of a cohort: a BIDS derivative, and what BIDS has no name for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from napari_dsc.cohort.scans import CohortScan
from napari_dsc.core.errors import DscError
from napari_dsc.io.atomic_files import read_json, write_json, write_whole
from napari_dsc.io.readers import stem_of
from napari_dsc.io.record import LARGEST_RECORD, RESEARCH_USE
from napari_dsc.version import __version__

__all__ = ["Places", "facts_of", "names_beside", "prepare_folder"]

BIDS_VERSION = "1.10.0"
IGNORED = """\
# BIDS has no names yet for maps of DSC-MRI, nor for what belongs to them.
**/perf/*_cbv.*
**/perf/*_cbf.*
**/perf/*_mtt.*
**/perf/*_ttp.*
**/perf/*_tmax.*
**/perf/*_delay.*
**/perf/*_auc.*
**/perf/*_peak.*
**/perf/*_fwhm.*
**/perf/*_firstmoment.*
**/perf/*_arrival.*
**/perf/*_psr.*
**/perf/*_quality.*
**/perf/*_dsc.*
**/perf/*_mask.*
**/perf/*_dseg.*
**/perf/*_curve.csv
**/perf/*_tissue.csv
**/perf/*_regions.tsv
**/perf/*_methods.md
**/perf/*_record.json
**/perf/*_report.html
scan-*
log
code
group*
review.tsv
study.toml
"""
README = f"""\
# Perfusion maps of DSC-MRI

Made by napari-dsc {__version__}. {RESEARCH_USE}

In `sub-*/[ses-*/]perf`: CBV, CBF, MTT, TTP, Tmax and delay with their flags and masks, a record
that makes each again, the methods as text, regions as a table, and a report. `log/` says what
became of each scan. `group_dsc.tsv` and `group_dsc.html` are made of these files by
`napari-dsc cohort … group`.
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Names of what belongs to one scan of a cohort.

    Parameters
    ----------
    out : Path
        Root of the results.
    scan : CohortScan
        Whose.
    """

    out: Path
    scan: CohortScan

    @property
    def folder(self) -> Path:
        """Folder of its results."""
        return self.out / self.scan.folder

    @property
    def prefix(self) -> str:
        """How the names of its results begin."""
        return f"{self.scan.label}_"

    @property
    def record(self) -> Path:
        """Its record: where it stands, all else stands."""
        return self.folder / f"{self.prefix}record.json"

    @property
    def regions(self) -> Path:
        """Table of its regions."""
        return self.folder / f"{self.prefix}regions.tsv"

    @property
    def report(self) -> Path:
        """Its report."""
        return self.folder / f"{self.prefix}report.html"

    @property
    def status(self) -> Path:
        """What became of it."""
        return self.out / "log" / f"{self.scan.label}.json"

    @property
    def redrawn(self) -> Path:
        """AIF that a reader has redrawn: it is taken before any other."""
        return self.out / "code" / "review" / f"{self.prefix}desc-AIF_mask.nii.gz"

    def read_status(self) -> Mapping[str, Any]:
        """What is known of an earlier run; nothing where none can be read."""
        try:
            return read_json(self.status, LARGEST_RECORD)
        except (OSError, DscError):
            return {}

    def write_status(self, content: Mapping[str, Any]) -> None:
        """Say what became of it."""
        self.status.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.status, content, largest=LARGEST_RECORD)


def facts_of(scan: CohortScan) -> dict[str, Any]:
    """What BIDS wants each derivative to say: of which scan, and where it lies."""
    if not scan.is_bids:
        return {}
    source = f"bids:raw:{scan.source}"
    return {"Sources": [source], "SpatialReference": source}


def names_beside(scan: CohortScan, ends: tuple[str, ...]) -> list[str]:
    """How files are called that somebody drew for a scan.

    Parameters
    ----------
    scan : CohortScan
        Whose: by its label, or where its name follows no rule by its own name.
    ends : tuple of str
        How the names end, before ".nii.gz"; the first is looked for first.
    """
    begins = [scan.label] if scan.is_bids else [scan.label, stem_of(scan.path)]
    return [
        f"{begin}_{end}{suffix}"
        for end in ends
        for begin in begins
        for suffix in (".nii.gz", ".nii")
    ]


def prepare_folder(out: Path, raw: Path, *, bids: bool) -> None:
    """Make the root of the results, with what BIDS wants there; what stands there stays.

    Raises
    ------
    DscError
        If it is the scans' own folder, or cannot be written to.
    """
    if out.resolve() == raw.resolve():
        raise DscError(
            "results of a cohort must lie apart from its scans, got one folder for both. Name "
            "another, such as derivatives/napari-dsc."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "log").mkdir(exist_ok=True)
        if not bids:
            return
        described = {
            "Name": "DSC-MRI perfusion maps",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "derivative",
            "License": "not stated",
            "GeneratedBy": [
                {
                    "Name": "napari-dsc",
                    "Version": __version__,
                    "Description": RESEARCH_USE,
                }
            ],
            "SourceDatasets": [{"URL": "bids:raw:"}],
            "DatasetLinks": {"raw": _way_to(raw, out)},
        }
        if not (out / "dataset_description.json").exists():
            write_json(out / "dataset_description.json", described)
        for name, text in ((".bidsignore", IGNORED), ("README.md", README)):
            if not (out / name).exists():
                write_whole(out / name, partial(_write, text=text))
    except OSError as error:
        raise DscError(
            f"the folder for the results must be writable, got: {error.strerror}. Choose another."
        ) from error


def _way_to(raw: Path, out: Path) -> str:
    """Way from the results to the scans, where it holds no other folder's name."""
    inside = out.resolve().is_relative_to(raw.resolve())
    return Path(os.path.relpath(raw.resolve(), out.resolve())).as_posix() if inside else "."


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
