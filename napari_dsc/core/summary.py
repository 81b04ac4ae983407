"""Summary in three sentences: how much is late, how it compares, whether to believe it.

They are made from what was measured, the same ones for report, screen and command line. They name
numbers and sides, and say nothing of what these mean for a patient.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.number_words import number_words, size_words
from napari_dsc.core.plausibility import AIF_IN_DOUBT, DOUBTFUL, GOOD, Finding, artery_in_doubt
from napari_dsc.core.quantities import AUC, CBF, CBV, FWHM, MTT, PEAK, QUANTITIES, TMAX
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.core.regions import (
    HIR_WORDS,
    LateVolumes,
    Lesion,
    Midline,
    MirroredRegion,
    Sides,
    against_mirror,
    beside_words,
    late_headline,
    lesions,
    proposed_midline,
    side_of,
    sides_in,
    uncounted_beside,
    uncounted_tissue,
    voxel_volume,
)
from napari_dsc.core.types import BolusMaps, BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap

__all__ = ["COMPARED", "Compared", "Drawing", "Summary", "compared_maps", "summarise"]

COMPARED = (CBV, CBF, MTT, TMAX)  # what is told of a lesion against its mirror image
COMPARED_SHAPES = (AUC, PEAK, FWHM)  # where there is no artery
TOLD_SHARE = 0.05  # of its volume: of what has no answer, less stands in the table only
TOLD = 3  # lesions or regions in the second sentence, sentences in the third: others are counted
NO_TMAX = f"{TMAX.symbol} was not computed: no volume of late tissue."
NO_SIDES = "Nobody knows left from right of this scan: nothing is compared with the other side."
NO_RATIO = "no ratio, as its mirror image holds no voxels of its own"
NO_ARTERY = "No artery: only the shape of the bolus was measured, and nothing is absolute."
UNJUDGED = "AIF: not judged by the version that made these maps."


class Drawing(NamedTuple):
    """What a reader has drawn on the maps.

    Parameters
    ----------
    labels : ndarray of int, shape (X, Y, Z)
        Regions: each positive number.
    names : mapping of int to str
        What some of them are called.
    reference : int or None
        The one that is taken as normal: it is none that anybody asks about.
    relative : mapping of str to ParameterMap
        Maps over their means in it, by symbol.
    midline : Midline or None
        Between the halves; None: it is proposed.
    """

    labels: NDArray[np.integer[Any]]
    names: Mapping[int, str] = {}
    reference: int | None = None
    relative: Mapping[str, ParameterMap] = {}
    midline: Midline | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """A lesion, or a region of a reader, and its mirror image.

    Parameters
    ----------
    label : int
        Of the region, or the number of the lesion.
    name : str
        In words.
    is_lesion : bool
        Whether it was found, and not drawn.
    volume : float
        mL; NaN without an affine.
    side : str
        Of the patient; empty where it is not known.
    maps : mapping of str to Sides
        Means of it and of its mirror image, by the symbol of the map; empty without a midline.
    inside : float
        Rejected voxels in it, mL: they are in its volume, and in no mean and no ratio.
    beside : float
        Late tissue without an answer that touches it, mL, from `uncounted_tissue`: it is in none
        of its numbers.
    """

    label: int
    name: str
    is_lesion: bool
    volume: float
    side: str
    maps: Mapping[str, Sides] = field(default_factory=dict)
    inside: float = 0.0
    beside: float = 0.0

    @property
    def unanswered(self) -> str:
        """How much has no answer: "0.6 mL in it, 22.5 mL beside it"; empty if nothing."""
        return beside_words(self.inside, self.beside)

    @property
    def place(self) -> str:
        """Volume and side: "98.3 mL, left"."""
        volume = f"{size_words(self.volume)} mL" if np.isfinite(self.volume) else "mL unknown"
        return f"{volume}, {self.side}" if self.side else volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summary:
    """What is told first of an analysis, and what it was made from.

    Parameters
    ----------
    late : str
        Volume and side of late tissue, and its ratio.
    ratios : str
        Lesions and regions over their mirror images.
    trust : str
        The verdict on the AIF, and what speaks against the maps.
    compared : tuple of Compared
        Every lesion and region: those that a reader drew first, then the largest.
    lesion_labels : ndarray of int, shape (X, Y, Z), or None
        Numbers of the lesions; None without Tmax.
    midline : Midline or None
        About which; None where nobody knows.
    """

    late: str
    ratios: str
    trust: str
    compared: tuple[Compared, ...]
    lesion_labels: NDArray[np.integer[Any]] | None
    midline: Midline | None

    @property
    def lines(self) -> tuple[str, str, str]:
        """The three sentences."""
        return self.late, self.ratios, self.trust

    def lines_of(self, reading: str) -> tuple[str, str, str]:
        """The three sentences, that which a reading asks for first, a key of `READINGS`.

        Where there is no ratio, the volume stands first whatever is asked.
        """
        if READINGS[reading].late_first or not any(one.maps for one in self.compared):
            return self.lines
        return self.ratios, self.late, self.trust


def summarise(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    late: LateVolumes | None,
    findings: Iterable[Finding],
    *,
    oriented: bool = True,
    drawn: Drawing | None = None,
    doubt: str = "",
    slice_axis: int = SLICE_AXIS,
) -> Summary:
    """Put an analysis into three sentences.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z).
    brain : ndarray of bool, shape (X, Y, Z)
        Where they were computed.
    late : LateVolumes or None
        From `late_volumes`, as they are told everywhere; None without Tmax.
    findings : iterable of Finding
        Whether the maps can be believed.
    oriented : bool
        Whether the directions of the maps' affine are known: else no side is told, and nothing is
        compared with the other side.
    drawn : Drawing, optional
        Regions of a reader.
    doubt : str
        Why too few voxels were accepted, if they were.
    slice_axis : int
        Along which axis the slices lie.
    """
    told = tuple(findings)
    affine = maps.affine if oriented else None
    midline = None if drawn is None else drawn.midline
    if affine is None:
        midline = None
    elif midline is None and brain.ndim == 3 and brain.any():
        midline = proposed_midline(brain, affine)
    labels: NDArray[np.integer[Any]] | None = None
    found: tuple[Lesion, ...] = ()
    silent = _Silent(maps, None, None)
    if late is not None:
        labels, found = lesions(
            maps, brain, cleaning=late.cleaning, midline=midline, slice_axis=slice_axis
        )
        silent = _silent(maps, labels > 0, late, slice_axis)
        if late.uncounted is None:
            late = replace(late, uncounted=silent.volume)
    compared = (
        *_regions(maps, drawn, affine, midline, silent),
        *_lesions(maps, labels, found, drawn, affine, midline, silent),
    )
    side = "" if labels is None else side_of(labels > 0, affine, midline)
    return Summary(
        late=_late(late, side, len(found), in_doubt=artery_in_doubt(told)),
        ratios=_ratios(compared, maps, drawn, late, known=midline is not None),
        trust=_trust(told, doubt, without=isinstance(maps, BolusMaps)),
        compared=compared,
        lesion_labels=labels,
        midline=midline,
    )


def compared_maps(maps: DSCPerfusionMaps) -> tuple[ParameterMap, ...]:
    """Maps that are compared with the other side: of `COMPARED`, or, without an artery, others."""
    rows = COMPARED if maps.get(CBV.key) is not None else COMPARED_SHAPES
    keys = [row.key for row in rows]
    return tuple(one for key in keys if (one := maps.get(key)) is not None)


class _Silent(NamedTuple):
    """Tissue without an answer: what no mean and no ratio counts."""

    maps: DSCPerfusionMaps
    late: BoolArray | None
    beside: BoolArray | None

    @property
    def volume(self) -> float:
        """Of what lies beside late tissue, mL."""
        voxels = 0 if self.beside is None else int(np.count_nonzero(self.beside))
        return voxels * voxel_volume(self.maps.affine) if voxels else 0.0

    def of(self, labels: NDArray[np.integer[Any]]) -> dict[int, dict[str, float]]:
        """What each region lacks, in it and beside it, mL."""
        accepted, each = self.maps.first.quality_mask, voxel_volume(self.maps.affine)
        painted = np.maximum(labels, 0)
        inside = np.bincount(painted[~accepted & (painted > 0)]).tolist()
        found = {label: {"inside": count * each} for label, count in enumerate(inside) if count}
        if self.late is not None and self.beside is not None and np.isfinite(each):
            for label, count in uncounted_beside(painted, self.late, self.beside).items():
                found.setdefault(label, {})["beside"] = count * each
        return found


def _silent(
    maps: DSCPerfusionMaps, counted: BoolArray, late: LateVolumes, slice_axis: int
) -> _Silent:
    how = late.cleaning
    beside = uncounted_tissue(
        maps, smallest=how.smallest, fill_holes=how.fill_holes, slice_axis=slice_axis
    )
    return _Silent(maps, counted, beside)


def _regions(
    maps: DSCPerfusionMaps,
    drawn: Drawing | None,
    affine: FloatArray | None,
    midline: Midline | None,
    silent: _Silent,
) -> list[Compared]:
    """Regions of a reader in the order of their numbers; the reference last."""
    if drawn is None:
        return []
    mirrored = _mirrored(maps, drawn.labels, affine, midline, drawn.names, drawn.relative)
    sides, each = sides_in(drawn.labels, affine, midline), voxel_volume(maps.affine)
    labels, counts = np.unique(drawn.labels[drawn.labels > 0], return_counts=True)
    lacking = silent.of(drawn.labels)
    rows = [
        Compared(
            label=label,
            name=drawn.names.get(label, f"Region {label}"),
            is_lesion=False,
            volume=voxels * each,
            side=sides.get(label, ""),
            maps=mirrored[label].maps if label in mirrored else {},
            **lacking.get(label, {}),
        )
        for label, voxels in zip(labels.tolist(), counts.tolist(), strict=True)
    ]
    return sorted(rows, key=lambda one: one.label == drawn.reference)


def _lesions(
    maps: DSCPerfusionMaps,
    labels: NDArray[np.integer[Any]] | None,
    found: tuple[Lesion, ...],
    drawn: Drawing | None,
    affine: FloatArray | None,
    midline: Midline | None,
    silent: _Silent,
) -> list[Compared]:
    """Pieces of late tissue, but those that are a region already."""
    if labels is None or not found:
        return []
    sides = _mirrored(maps, labels, affine, midline)
    lacking, rows = silent.of(labels), []
    for one in found:
        if drawn is not None and _is_region(labels == one.number, drawn.labels):
            continue
        rows.append(
            Compared(
                label=one.number,
                name=f"Lesion {one.number}" if len(found) > 1 else "Lesion",
                is_lesion=True,
                volume=one.volume,
                side=one.side,
                maps=sides[one.number].maps if one.number in sides else {},
                **lacking.get(one.number, {}),
            )
        )
    return rows


def _is_region(mask: BoolArray, labels: NDArray[np.integer[Any]]) -> bool:
    """Whether a reader has made a region of just these voxels."""
    label = int(labels[mask].max(initial=0))
    return label > 0 and np.array_equal(labels == label, mask)


def _mirrored(
    maps: DSCPerfusionMaps,
    labels: NDArray[np.integer[Any]],
    affine: FloatArray | None,
    midline: Midline | None,
    names: Mapping[int, str] = {},
    extra: Mapping[str, ParameterMap] = {},
) -> dict[int, MirroredRegion]:
    if affine is None or midline is None:
        return {}
    rows = against_mirror(maps, labels, affine, midline, names, extra)
    return {row.label: row for row in rows}


def _late(late: LateVolumes | None, side: str, pieces: int, *, in_doubt: bool) -> str:
    if late is None:
        return NO_TMAX
    words = late_headline(late, side)
    if late.tmax_by:
        return f"{words}."  # no volume that would read as a finding
    if pieces > 1:
        words += f", in {pieces} pieces"
    words += f"; {late.uncounted_words}" if late.uncounted else ""
    words += f", {AIF_IN_DOUBT}" if in_doubt else ""
    return f"{words}; {HIR_WORDS} {late.ratio_words}." if np.isfinite(late.ratio) else f"{words}."


def _ratios(
    compared: tuple[Compared, ...],
    maps: DSCPerfusionMaps,
    drawn: Drawing | None,
    late: LateVolumes | None,
    *,
    known: bool,
) -> str:
    reference = None if drawn is None else drawn.reference
    asked = [one for one in compared if one.is_lesion or one.label != reference]
    if not known:
        return NO_SIDES
    if not asked:
        nothing = "No region" if late is None or late.tmax_by else "No late tissue and no region"
        return f"{nothing} to compare with the other side."
    symbols = [one.symbol for one in compared_maps(maps)]
    told = [
        f"{one.name} ({one.place}){'' if at else ' over its mirror image'}: {_over(one, symbols)}"
        for at, one in enumerate(asked[:TOLD])
    ]
    more = len(asked) - len(told)
    rest = f" {more} more in the table of regions." if more else ""
    return f"{'; '.join(told)}.{rest}"


def _over(one: Compared, symbols: list[str]) -> str:
    """Ratios of one as far as there are any, and its means over the reference."""
    known = [
        f"{symbol} {number_words(ratio)}"
        for symbol in symbols
        if np.isfinite(ratio := one.maps[symbol].ratio)
    ]
    ratios = ", ".join(known) or NO_RATIO
    if known and one.inside + one.beside >= TOLD_SHARE * one.volume:
        ratios += f" (in no mean, without an answer: {one.unanswered})"
    relative = ", ".join(
        f"{symbol} {number_words(side.mean)}"
        for symbol, side in one.maps.items()
        if symbol not in symbols and symbol in QUANTITIES and QUANTITIES[symbol].relative_to
    )
    return f"{ratios}, and {relative} over the reference" if relative else ratios


def _trust(findings: tuple[Finding, ...], doubt: str, *, without: bool = False) -> str:
    """The verdict on the AIF first; doubts in full as far as a sentence can hold them."""
    if not findings:
        return " ".join(filter(None, (doubt, NO_ARTERY if without else UNJUDGED)))
    aif, *others = findings
    doubts = [one.words for one in others if one.level == DOUBTFUL]
    told = [aif.words, *filter(None, (doubt,)), *doubts][:TOLD]
    warnings = len([one for one in others if one.level != GOOD]) + bool(doubt)
    more = warnings - (len(told) - 1)
    if not warnings and aif.level == GOOD:
        return f"{aif.words} No warning."
    rest = [f"{more} more warning{'s' * (more != 1)}."] if more else []
    return " ".join([*told, *rest])
