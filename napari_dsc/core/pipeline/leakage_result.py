"""Leakage of a brain: masks that decide it, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from napari_dsc.core.maps import Scale, Tissue, arterial_area
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.provenance import BY_DEFAULT, Origin
from napari_dsc.core.quantities import CBV_CORRECTED, K1, K2
from napari_dsc.core.settings import Settings
from napari_dsc.core.short_repr import brief
from napari_dsc.core.slice_timing import groups_of
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["LeakageMasks", "Leaked", "corrected_in"]

IN_ENHANCEMENT = (
    "Leakage was corrected in what enhances, {voxels} ({how}): no other region was chosen."
)
IN_UNSEEN = "Leakage was corrected in a region of {voxels} ({how})."


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeakageMasks:
    """Voxels that decide a correction for leakage.

    Parameters
    ----------
    reference : ndarray of bool, shape (...), or None
        Tissue that does not leak; None: it is proposed.
    region : ndarray of bool, shape (...), or None
        Where curves are corrected, such as in what enhances; None: nowhere, or everywhere.
    reference_origin, region_origin : Origin or None
        How these were chosen; None: nobody has said.
    """

    reference: BoolArray | None = None
    region: BoolArray | None = None
    reference_origin: Origin | None = None
    region_origin: Origin | None = None


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leaked:
    """Leakage of the V voxels of a brain.

    Parameters
    ----------
    model : str
        A key of `LEAKAGE_MODELS`.
    tolerant : bool
        As for the model.
    reference : ndarray of bool, shape (...)
        Tissue that was taken not to leak.
    proposed : bool
        Whether the program proposed it.
    region : ndarray of bool, shape (...), or None
        Where areas are corrected; None: everywhere.
    curve : ndarray, shape (T,)
        Mean curve of the reference over the retained volumes, 1/s.
    k1, k2 : ndarray, shape (V,)
        As in `Leakage`.
    area : ndarray, shape (V,)
        Areas within the window of CBV, corrected where they are to be.
    tissue : Tissue
        What all this was made from.
    notices : tuple of str
        What a reader should know.
    reference_origin, region_origin : Origin or None
        How reference and region were chosen; None: nobody has said.
    """

    model: str
    tolerant: bool
    reference: BoolArray
    proposed: bool
    region: BoolArray | None
    curve: FloatArray
    k1: FloatArray
    k2: FloatArray
    area: FloatArray
    tissue: Tissue
    notices: tuple[str, ...] = ()
    reference_origin: Origin | None = None
    region_origin: Origin | None = None

    def columns(self, aif: FloatArray, scale: Scale) -> Mapping[str, FloatArray]:
        """Columns of the maps under an arterial curve, shape (T,) in 1/s, by their keys."""
        volume = np.empty_like(self.area)
        for group in groups_of(self.tissue.offsets):
            rows = slice(None) if group.rows is None else group.rows
            artery = self.tissue.artery_at(aif, group.offset)
            volume[rows] = scale.volume / arterial_area(artery, self.tissue.weights)
        return {CBV_CORRECTED.key: volume * self.area, K1.key: self.k1, K2.key: self.k2}

    @property
    def told(self) -> tuple[str, ...]:
        """What a reader should know: of the region first, where nobody has chosen it by hand."""
        origin, region = self.region_origin, self.region
        if origin is None or region is None:
            return self.notices
        if not (origin.unseen or BY_DEFAULT in origin.notes):
            return self.notices
        words = IN_ENHANCEMENT if BY_DEFAULT in origin.notes else IN_UNSEEN
        said = words.format(voxels=voxel_words(np.count_nonzero(region)), how=origin.words)
        return (said, *self.notices)

    def as_chosen(self, masks: LeakageMasks) -> "Leaked":
        """Say of the same voxels how they are chosen now; nothing else changes."""
        reference, region = self.reference_origin, self.region_origin
        if masks.reference is not None:
            reference = masks.reference_origin
        if region is not None:
            region = masks.region_origin
        if (reference, region) == (self.reference_origin, self.region_origin):
            return self
        return replace(self, reference_origin=reference, region_origin=region)

    @property
    def corrected_in(self) -> BoolArray:
        """Voxels whose areas are corrected, shape (...)."""
        return np.ones_like(self.reference) if self.region is None else self.region

    def serves(
        self, tissue: Tissue, brain: BoolArray, settings: Settings, masks: LeakageMasks
    ) -> bool:
        """Whether finding it once more would give the same."""
        known, given = self.reference, masks.reference
        return (
            self.tissue is tissue
            and self.model == settings.leakage_model
            and self.tolerant == settings.leakage_tolerant
            and (self.proposed if given is None else _same(known, given & brain))
            and _same(self.region, corrected_in(settings, masks, brain))
        )


def corrected_in(settings: Settings, masks: LeakageMasks, brain: BoolArray) -> BoolArray | None:
    """Voxels whose areas are corrected, shape (...); None: every one."""
    if settings.leakage_where == "everywhere":
        return None
    return np.zeros_like(brain) if masks.region is None else masks.region & brain


def _same(one: BoolArray | None, other: BoolArray | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
