"""Masks, arteries and veins of an analysis: from a file, from voxels, or proposed."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.analysis.inputs import NO_ARTERY, PROPOSE
from napari_dsc.analysis.scan import Opened
from napari_dsc.analysis.setup import Setup, Spelling
from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.masks import Mask, Several, judged
from napari_dsc.core.pipeline import propose_artery
from napari_dsc.core.provenance import Kind, Origin
from napari_dsc.core.types import Aif, BoolArray, Progress, Series
from napari_dsc.io.aif import AnotherScan, GivenCurve, is_mask, read_given
from napari_dsc.io.mask_files import read_mask
from napari_dsc.io.provenance import LONGEST_NOTE, MOST_NOTES

__all__ = ["Given", "given_masks", "given_vessel", "is_none", "is_proposed", "proposed_vessel"]

ROLES = {
    "aif": "AIF",
    "vein": "VOF",
    "brain": "brain",
    "aif_within": "region",
    "enhancement": "enhancement",
    "leakage_region": "leakage region",
    "leakage_reference": "leakage reference",
}
# Of whose masks every label counts.
WHOLE = ("brain", "enhancement", "leakage_region", "leakage_reference")
LABELS = {"aif": "aif_label", "vein": "vof_label", "brain": "brain_label"}
KINDS: Mapping[str, Kind] = {
    ".json": "saved AIF",
    ".csv": "curve file",
    ".tsv": "curve file",
    ".txt": "curve file",
}


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A vessel or a mask that was given, and how it was chosen.

    Parameters
    ----------
    what : ndarray of bool, shape (...), Aif or GivenCurve
        Voxels, or a curve.
    origin : Origin
        How it was chosen.
    notices : tuple of str
        What was decided of a file.
    """

    what: BoolArray | Aif | GivenCurve
    origin: Origin
    notices: tuple[str, ...] = ()

    @property
    def voxels(self) -> BoolArray | None:
        """Its voxels; None for a curve."""
        return self.what if isinstance(self.what, np.ndarray) else None


def is_proposed(value: Any) -> bool:
    """Whether something is to be proposed."""
    return isinstance(value, str | Path) and str(value) == PROPOSE


def is_none(value: Any) -> bool:
    """Whether there is to be no artery: none is named, or the word says so."""
    return value is None or (isinstance(value, str | Path) and str(value) == NO_ARTERY)


def given_masks(opened: Opened, setup: Setup, spelled: Spelling) -> dict[str, Given]:
    """Read the masks that were named, on the file as it lies.

    Parameters
    ----------
    opened : Opened
        The scan.
    setup : Setup
        What was named.
    spelled : callable
        How the user writes the name of a choice, for errors.

    Returns
    -------
    dict of str to Given
        By the names of their rows: "aif", "vein", "brain", "aif_within".

    Raises
    ------
    DscError
        If a file is missing or no mask of this scan, several labels need a choice, or a label was
        chosen for no mask.
    """
    found: dict[str, Given] = {}
    for name, role in ROLES.items():
        value, label = setup.get(name), setup.get(LABELS[name]) if name in LABELS else None
        if is_none(value) or is_proposed(value):
            if label is not None:
                raise DscError(
                    f"{spelled(LABELS[name])} must come with a mask as {spelled(name)}, got it "
                    "alone. Name the mask, or leave it out."
                )
        elif isinstance(value, str | Path):
            if name != "aif" or is_mask(Path(value)):
                mask = _read(Path(value), opened.series, setup, name, role, label, spelled)
                found[name] = Given(mask.voxels, _origin("mask file", mask), mask.notices)
        elif not isinstance(value, Aif):
            mask = _of_values(value, opened.series, name, role, label, spelled)
            found[name] = Given(mask.voxels, _origin("array", mask), mask.notices)
    return found


def _origin(kind: Kind, mask: Mask) -> Origin:
    """How voxels were chosen, with what was decided of their file: a label, another grid."""
    notes = tuple(one[:LONGEST_NOTE] for one in mask.notices[:MOST_NOTES])
    return Origin(kind=kind, notes=notes)


def _read(
    path: Path,
    series: Series,
    setup: Setup,
    name: str,
    role: str,
    label: str | None,
    spelled: Spelling,
) -> Mask:
    several: Several = "all" if name in WHOLE else "ask"
    resample = bool(setup.get("resample_masks"))
    try:
        return read_mask(
            path, series, f"{role} mask", label=label, several=several, resample=resample
        )
    except ChoiceNeededError as error:
        raise DscError(f"{error} Give it with {spelled(LABELS.get(name, name))}.") from error


def _of_values(
    values: Any, series: Series, name: str, role: str, label: str | None, spelled: Spelling
) -> Mask:
    """Judge an array that was passed; it lies as the scan does."""
    shape = series.signal.shape[:-1]
    if np.shape(values) != shape:
        raise DscError(
            f"{name} must have the scan's shape {shape}, got {np.shape(values)}. Draw it on this "
            "scan."
        )
    several: Several = "all" if name in WHOLE else "ask"
    try:
        return judged(values, f"the {role} mask", label=label, several=several)
    except ChoiceNeededError as error:
        raise DscError(f"{error} Give it with {spelled(LABELS.get(name, name))}.") from error


def given_vessel(
    opened: Opened, series: Series, setup: Setup, masks: Mapping[str, Given], spelled: Spelling
) -> Given | None:
    """AIF that was given; None where it is to be proposed, or where there is to be none.

    Parameters
    ----------
    opened : Opened
        The scan, with where it came from.
    series : Series
        It, as it is computed.
    setup, masks, spelled : Setup, mapping, callable
        As for `given_masks`, and what that returned.

    Raises
    ------
    DscError
        If it cannot be read.
    """
    value, as_curve = setup.get("aif"), bool(setup.get("aif_curve"))
    if is_none(value):
        return None
    if "aif" in masks or is_proposed(value) or isinstance(value, Aif):
        if as_curve:
            words = f"the mask {Path(value).name!r}" if "aif" in masks else "another"
            words = words if isinstance(value, str | Path) else "voxels"
            raise DscError(f"{spelled('aif_curve')} must come with a saved AIF, got {words}.")
        if isinstance(value, Aif):
            return Given(value, value.origin or Origin(kind="array"))
        return masks.get("aif")
    path = Path(value)
    try:
        read = read_given(path, series, opened.path, as_curve=as_curve)
    except AnotherScan as error:
        raise DscError(f"{error} Take it with {spelled('aif_curve')}.") from error
    if as_curve and not isinstance(read, GivenCurve):
        raise DscError(
            f"{spelled('aif_curve')} must come with a saved AIF, got the mask {path.name!r}."
        )
    return Given(read, Origin(kind=KINDS.get(path.suffix.lower(), "mask file")))


def proposed_vessel(
    series: Series,
    brain: BoolArray,
    baseline: tuple[int, int],
    spelled: Spelling,
    *,
    vein: bool,
    slice_timing: bool,
    region: BoolArray | None = None,
) -> Generator[Progress, None, Given]:
    """Look for an artery, or a vein, which nobody has looked at by then.

    Parameters
    ----------
    series : Series
        The scan.
    brain : ndarray of bool, shape (X, Y, Z)
        Where to look.
    baseline : tuple of int
        First volume of the baseline and the first after it.
    spelled : callable
        How the user writes the name of a choice, for errors.
    vein, slice_timing : bool
        As for `propose_artery`.
    region : ndarray of bool, shape (X, Y, Z), optional
        Look only here.

    Raises
    ------
    DscError
        If no voxel is one without an objection: the error names the best and what stands against
        it.
    """
    name, role = ("vein", "VOF") if vein else ("aif", "AIF")
    found = yield from propose_artery(
        series, brain, baseline, region, vein=vein, slice_timing=slice_timing
    )
    if not found.voxels.any():
        words = ""
        if found.candidates is not None and len(found.candidates.index):
            at = ", ".join(map(str, found.candidates.index[0].tolist()))
            words = f" The best is ({at}): {', '.join(found.candidates.verdicts[0])}."
        raise DscError(
            f"a proposed {role} must have a voxel without an objection, got none.{words} Draw one, "
            f"and give the mask with {spelled(name)}."
        )
    origin = replace(found.origin or Origin(kind="proposed"), unseen=True)
    return Given(found.voxels, origin, found.notices)
