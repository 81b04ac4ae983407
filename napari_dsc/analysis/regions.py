"""Regions of an analysis: a label map on the scan's grid, its names, and what is normal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.analysis.inputs import PROPOSE
from napari_dsc.analysis.setup import Setup, Spelling
from napari_dsc.analysis.tumour import is_asked
from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.provenance import Origin
from napari_dsc.core.regions import (
    REFERENCE_NAME,
    Midline,
    ReferenceProposal,
    amounts_of,
    normalised,
    proposed_midline,
    reference_proposal,
)
from napari_dsc.core.types import BoolArray, ParameterMap, Series
from napari_dsc.io.mask_files import read_labels
from napari_dsc.io.readers import stem_of
from napari_dsc.io.region_files import Drawn, read_names

__all__ = ["Labels", "drawn_of", "given_regions"]

LOOKED_FOR = Origin(kind="proposed", unseen=True)  # nobody sees it before it is used


class Labels(NamedTuple):
    """Regions on the axes of the scan's file."""

    values: NDArray[np.integer[Any]]  # (X, Y, Z)
    names: Mapping[int, str]
    origin: Origin | None = None


def given_regions(series: Series, setup: Setup) -> Labels | None:
    """Label map that was named, on the axes of the scan's file, with its names; None without one.

    Raises
    ------
    DscError
        If it cannot be read, holds no whole numbers or lies elsewhere.
    """
    value = setup.get("regions")
    if value is None:
        return None
    if isinstance(value, str | Path):
        path = Path(value)
        labels, notices = read_labels(path, series, resample=bool(setup.get("resample_masks")))
        names = read_names(path.parent / f"{stem_of(path)}.tsv")
        return Labels(labels, names, Origin(kind="mask file", notes=notices))
    labels = np.asarray(value)
    shape = series.signal.shape[:-1]
    if labels.shape != shape or labels.dtype.kind not in "biu":
        raise DscError(
            f"regions must be whole numbers of the scan's shape {shape}, got {labels.dtype} of "
            f"shape {labels.shape}. Draw them on this scan."
        )
    return Labels(labels.astype(np.int64), {}, Origin(kind="array"))


def drawn_of(
    analysis: Analysis,
    given: Labels | None,
    setup: Setup,
    spelled: Spelling,
    brought: str = "",
    tumour: BoolArray | None = None,
) -> Drawn | None:
    """Regions with what is relative to the one that is normal; None where nothing was asked.

    Parameters
    ----------
    analysis : Analysis
        Whose maps.
    given : Labels or None
        From `given_regions`.
    setup, spelled : Setup, callable
        What was chosen, and how the user writes it, for errors.
    brought : str
        How the regions came from another space, in a sentence; empty: they are the scan's own.
    tumour : ndarray of bool, shape (X, Y, Z), optional
        What enhances: a reference is proposed on the other side.

    Raises
    ------
    DscError
        If the reference is no label, or none can be proposed.
    """
    asked = setup.get("normalise") or is_asked(setup)
    chosen = setup.get("reference") or (PROPOSE if asked else None)
    if given is None and chosen is None:
        return None
    shape = analysis.brain.shape
    labels, names, origin = Labels(np.zeros(shape, np.int64), {}) if given is None else given
    reference, line, doubt = None, None, ""
    if chosen == PROPOSE:
        (region, doubt), line = _proposed(analysis, tumour)
        reference = int(labels.max(initial=0)) + 1
        free = (labels == 0) & region
        if not free.any():
            raise DscError(
                "a proposed reference must hold a voxel that is in no region yet, got none. Name "
                f"the label of one with {spelled('reference')}."
            )
        labels = np.where(free, reference, labels)
        names = {**names, reference: REFERENCE_NAME}
    elif chosen is not None:
        reference = _label(chosen, labels, names, spelled)
    relative: dict[str, ParameterMap] = {}
    if setup.get("normalise") and reference is not None:
        words = names.get(reference, f"Region {reference}")
        for one in amounts_of(analysis.maps):
            ratio = normalised(one, labels == reference, words)
            relative[ratio.symbol] = ratio
    return Drawn(
        labels=labels,
        names=names,
        reference=reference,
        relative=relative,
        midline=line,
        brought=brought,
        doubt=doubt,
        origin=origin,
        reference_origin=LOOKED_FOR if chosen == PROPOSE else None if chosen is None else origin,
    )


def _proposed(
    analysis: Analysis, tumour: BoolArray | None
) -> tuple[ReferenceProposal, Midline | None]:
    """White matter that seems normal, and the midline beside which it was sought."""
    series, affine = analysis.prepared.series, analysis.maps.affine
    if affine is None:
        raise DscError(
            "a reference region is proposed only where the file says how large its voxels are, got "
            "none. Name a label with reference."
        )
    line = None
    if series.oriented:
        line = proposed_midline(analysis.brain, affine)
    found = reference_proposal(
        analysis.maps,
        analysis.brain,
        affine,
        line,
        slice_axis=series.slice_axis,
        tumour=tumour,
    )
    return found, line


def _label(chosen: str, labels: NDArray[Any], names: Mapping[int, str], spelled: Spelling) -> int:
    """Label of the reference: a number, or a name."""
    found = {name: label for label, name in names.items()}
    label = found.get(chosen)
    if label is None and chosen.isdecimal():
        label = int(chosen)
    if label is None or label < 1 or not (labels == label).any():
        known = ", ".join(map(str, np.unique(labels[labels > 0])[:10].tolist())) or "none"
        raise DscError(
            f"{spelled('reference')} must be a label of the regions ({known}), got {chosen!r:.40}. "
            f"Name one, or '{PROPOSE}'."
        )
    return label
