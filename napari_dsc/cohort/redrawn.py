"""An AIF that a reader has redrawn: where it is kept, and how maps that were made of it say so."""

from dataclasses import replace
from pathlib import Path

from napari_dsc.cohort.places import Places
from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.provenance import Origin
from napari_dsc.core.types import BoolArray, Series
from napari_dsc.io.atomic_files import read_json, write_json
from napari_dsc.io.nifti import write_nifti
from napari_dsc.io.record import LARGEST_RECORD

__all__ = ["OF_AIF", "REDRAWN", "keep_redrawn", "marked", "reviewer_of", "short_code"]

REDRAWN = "AIF redrawn by reviewer"
OF_AIF = ("aif_label", "aif_curve", "aif_within")  # choices that go with another AIF
LONGEST = 40  # letters of a reader's code


def short_code(reviewer: str) -> str:
    """A reader's code in one short line."""
    plain = "".join(one if one.isprintable() else " " for one in reviewer)
    return " ".join(plain.split())[:LONGEST]


def reviewer_of(places: Places) -> str | None:
    """Code of the reader who has redrawn the AIF of a scan, which may be empty; None: nobody."""
    if not places.redrawn.is_file():
        return None
    try:
        found = read_json(_beside(places), LARGEST_RECORD).get("Reviewer", "")
    except (OSError, DscError):
        found = ""
    return short_code(str(found))


def keep_redrawn(places: Places, voxels: BoolArray, file: Series, reviewer: str) -> None:
    """Keep the voxels of an AIF for every later run.

    Parameters
    ----------
    places : Places
        Of the scan.
    voxels : ndarray of bool, shape (X, Y, Z)
        On the axes of the scan's file.
    file : Series
        The scan as its file gives it.
    reviewer : str
        Code of the reader.
    """
    places.redrawn.parent.mkdir(parents=True, exist_ok=True)
    facts = {"Description": REDRAWN, "Type": "ROI", "Reviewer": short_code(reviewer)}
    write_json(_beside(places), facts)
    write_nifti(places.redrawn, voxels, file.affine, REDRAWN, oriented=file.oriented)


def _beside(places: Places) -> Path:
    return places.redrawn.with_name(f"{places.prefix}desc-AIF_mask.json")


def marked(analysis: Analysis, reviewer: str) -> Analysis:
    """Return an analysis whose AIF says that a reader has redrawn it, and who."""
    code = short_code(reviewer)
    origin = Origin(kind="drawn", notes=(f"{REDRAWN} {code}".rstrip(),))
    seen = analysis.seen()
    return replace(
        seen,
        aif=replace(seen.aif, origin=origin),
        origins=replace(seen.origins, aif=origin),
    )
