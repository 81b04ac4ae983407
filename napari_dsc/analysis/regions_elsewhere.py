"""Regions in the space of an anatomy, or of an atlas that lies on one: brought onto the scan."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.analysis.regions import Labels
from napari_dsc.analysis.setup import Setup
from napari_dsc.anatomy import brought_over, labels_onto_scan, register
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import mean_of_baseline
from napari_dsc.core.masks import one_volume, whole_numbers
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.provenance import Origin
from napari_dsc.core.types import FloatArray, Progress
from napari_dsc.io.nifti import read_voxels
from napari_dsc.io.nifti.header import read_header
from napari_dsc.io.readers import stem_of
from napari_dsc.io.region_files import read_names

__all__ = ["Elsewhere", "bringing_regions", "regions_elsewhere"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Elsewhere:
    """Regions in the space of an anatomy.

    Parameters
    ----------
    labels : ndarray of int, shape (X', Y', Z')
        Each positive number a region.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    names : mapping of int to str
        What some of them are called.
    anatomy : ndarray, shape (X'', Y'', Z'')
        In the same space, a.u.
    anatomy_affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    """

    labels: NDArray[np.integer[Any]]
    affine: FloatArray
    names: Mapping[int, str]
    anatomy: NDArray[Any]
    anatomy_affine: FloatArray


def regions_elsewhere(setup: Setup) -> Elsewhere | None:
    """Read the regions that were named, and the anatomy in whose space they are.

    Returns
    -------
    Elsewhere or None
        None: no anatomy was named, so that they are the scan's own; or no regions.

    Raises
    ------
    DscError
        If a file cannot be read, does not say where it lies, or holds no regions.
    """
    named, anatomy = setup.get("regions"), setup.get("regions_anatomy")
    if named is None or anatomy is None:
        return None
    for words, one in (("regions", named), ("their anatomy", anatomy)):
        if not isinstance(one, str | Path):
            raise DscError(
                f"{words} must be a file, got voxels: nobody knows where they lie. Save them as "
                "NIfTI."
            )
    values, affine = _placed(Path(named), "regions")
    labels = whole_numbers(values)
    if labels.dtype.kind not in "biu" or int(labels.min(initial=0)) < 0:
        raise DscError(
            f"{Path(named).name} must hold whole numbers from 0 on, got others. Save it as labels."
        )
    names = read_names(Path(named).parent / f"{stem_of(Path(named))}.tsv")
    volume, own = _placed(Path(anatomy), "anatomy")
    return Elsewhere(
        labels=labels.astype(np.int64),
        affine=affine,
        names=names,
        anatomy=volume,
        anatomy_affine=own,
    )


def _placed(path: Path, what: str) -> tuple[NDArray[Any], FloatArray]:
    """Volume of a file, and where it lies."""
    if not path.is_file():
        raise DscError(f"the {what} must be a file, got none at {path}. Check its name.")
    values, affine = read_voxels(path)
    volume, _ = one_volume(values, path.name)
    if affine is None or not read_header(path).oriented:
        raise DscError(
            f"{path.name} must say where it lies, got no orientation. Take one whose header does."
        )
    return volume, affine


def bringing_regions(
    elsewhere: Elsewhere, analysis: Analysis
) -> Generator[Progress, None, tuple[Labels, str]]:
    """Register the anatomy to the scan, and take its regions along.

    Parameters
    ----------
    elsewhere : Elsewhere
        The regions.
    analysis : Analysis
        The scan, with its brain and baseline.

    Yields
    ------
    Progress
        Often enough to be stopped within a second.

    Returns
    -------
    labels : Labels
        On the axes of the scan's file, with their names.
    brought : str
        How, in a sentence.

    Raises
    ------
    DscError
        If the scan does not say where it lies, the registration does not hold, or no region lies
        in the scan.
    """
    prepared = analysis.prepared
    series = prepared.series
    if series.affine is None or not series.oriented:
        raise DscError(
            "regions come from an anatomy only where the scan says how it lies, got a scan that "
            "does not. State its orientation, or draw them on the scan."
        )
    before = mean_of_baseline(series.signal, prepared.baseline, series.left_out)
    work = register(
        before,
        series.affine,
        elsewhere.anatomy,
        elsewhere.anatomy_affine,
        brain=analysis.brain,
    )
    found = yield from part_of_whole(work, 0.0, 1.0)
    x, y, z = before.shape
    labels = labels_onto_scan(
        elsewhere.labels, elsewhere.affine, (x, y, z), series.affine, found.rigid
    )
    brought = brought_over(found, elsewhere.labels, labels)
    return Labels(labels, elsewhere.names, Origin(kind="mask file")), brought
