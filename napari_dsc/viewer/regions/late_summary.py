"""Summary of a scan's late tissue, measured once for a run wherever it is shown."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.progress import finished
from napari_dsc.core.regions import (
    LATE,
    Cleaning,
    LateTissue,
    LateVolumes,
    Midline,
    late_headline,
    late_tissue,
    late_volumes,
    proposed_midline,
    side_of,
    uncounted_beside,
    uncounted_tissue,
)
from napari_dsc.core.types import BoolArray, FloatArray, Progress
from napari_dsc.viewer.regions.region_layer import midline_of

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan

__all__ = [
    "Inputs",
    "LateSummary",
    "halved_at",
    "inputs_of",
    "keep_summary",
    "known_summary",
    "late_summary",
    "measuring",
]


class Inputs(NamedTuple):
    """What late tissue is measured from, as it is now.

    Parameters
    ----------
    analysis : Analysis
        The last run.
    cleaning : Cleaning
        How late tissue is cleaned.
    ras : ndarray, shape (4, 4), or None
        Where the voxels lie; None where nobody knows left from right.
    midline : Midline or None
        Between the halves, if it is on screen or was proposed before.
    slice_axis : int
        Along which axis of the file the slices lie.
    """

    analysis: Analysis
    cleaning: Cleaning
    ras: FloatArray | None
    midline: Midline | None
    slice_axis: int

    def same_as(self, other: "Inputs") -> bool:
        """Whether the same would be measured, but for a midline that is still to be proposed."""
        ours = self.analysis is other.analysis and self.ras is other.ras
        return ours and self.cleaning == other.cleaning and self.slice_axis == other.slice_axis


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LateSummary:
    """Late tissue of one run.

    Parameters
    ----------
    found : tuple of LateTissue
        By limit.
    volumes : LateVolumes
        As they are told.
    side : str
        Of Tmax > 6 s; empty where it is not known.
    midline : Midline or None
        By which the side is told.
    silent : ndarray of bool, shape (X, Y, Z), or None
        Late tissue beside it that has no answer, on the axes of the file; None: not looked for.
    """

    found: tuple[LateTissue, ...]
    volumes: LateVolumes
    side: str
    midline: Midline | None
    silent: BoolArray | None = None

    def beside(self, labels: NDArray[np.integer[Any]]) -> dict[int, float]:
        """Late tissue without an answer beside regions of late tissue, by label, mL."""
        if self.silent is None or not self.volumes.uncounted:
            return {}
        each = self.volumes.uncounted / np.count_nonzero(self.silent)
        found = uncounted_beside(labels, self.mask(), self.silent)
        return {label: count * each for label, count in found.items()}

    @property
    def headline(self) -> str:
        """What is told first: "Tmax > 6 s: 120.8 mL, left"."""
        beside = "" if self.volumes.tmax_by else self.volumes.uncounted_words
        return late_headline(self.volumes, self.side) + (f"; {beside}" if beside else "")

    @property
    def corner(self) -> str:
        """The same on a picture of Tmax, where nobody has to be told what it shows.

        Where the volume before cleaning is told too, it stands on a line of its own.
        """
        if self.volumes.tmax_by:
            return self.volumes.limits_lines
        row = next(one for one in self.volumes.rows if one.above == LATE)
        cleaned, _, raw = row.words.partition(" (")
        side = f", {self.side}" if self.side else ""
        below = f"\n({raw}" if raw else ""
        silent = self.volumes.uncounted_words.replace(" (", "\n(")
        return f"> {LATE:g} s: {cleaned}{side}{below}" + (f"\n{silent}" if silent else "")

    def mask(self, limit: float = LATE) -> BoolArray:
        """Late tissue above a limit, cleaned, on the axes of the file."""
        return next(one.mask for one in self.found if one.above == limit)


# By scan: what it was measured from, and what was found; and the midline of which brain.
_MEASURED: "WeakKeyDictionary[Scan, tuple[Inputs, LateSummary]]" = WeakKeyDictionary()
_HALVED: "WeakKeyDictionary[Scan, tuple[BoolArray, FloatArray, Midline | None]]" = (
    WeakKeyDictionary()
)


def inputs_of(scan: "Scan") -> Inputs | None:
    """What late tissue of a scan is measured from now; None: nothing was computed."""
    run = scan.results.run
    if run is None:
        return None
    shown = midline_of(scan) if scan.ras is not None else None
    return Inputs(
        analysis=run[1],
        cleaning=scan.layers.cleaning,
        ras=scan.ras,
        midline=shown or _proposed_before(scan, run[1].brain),
        slice_axis=scan.facts.series.slice_axis,
    )


def measuring(inputs: Inputs) -> Generator[Progress, None, LateSummary]:
    """Measure late tissue; a midline that is not known yet takes longest.

    Raises
    ------
    DscError
        Without Tmax (no deconvolution).
    """
    analysis, cleaning = inputs.analysis, inputs.cleaning
    yield Progress("Measuring late tissue", 0.0)
    found = late_tissue(
        analysis.maps,
        analysis.brain,
        smallest=cleaning.smallest,
        fill_holes=cleaning.fill_holes,
        slice_axis=inputs.slice_axis,
    )
    told = late_volumes(
        analysis.maps,
        analysis.brain,
        cleaning,
        slice_axis=inputs.slice_axis,
        found=found,
        tmax_by=analysis.settings.tmax_by,
    )
    if told is None:
        raise DscError("Tmax must be of a volume, got none. Compute the maps with deconvolution.")
    yield Progress("Looking for the midline", 0.3)
    midline = inputs.midline or _proposal(analysis.brain, inputs.ras)
    late = next(one.mask for one in found if one.above == LATE)
    return LateSummary(
        found=found,
        volumes=told,
        side=side_of(late, inputs.ras, midline),
        midline=midline,
        silent=uncounted_tissue(
            analysis.maps,
            smallest=cleaning.smallest,
            fill_holes=cleaning.fill_holes,
            slice_axis=inputs.slice_axis,
        )
        if told.uncounted
        else None,
    )


def keep_summary(scan: "Scan", inputs: Inputs, summary: LateSummary) -> None:
    """Keep what was measured, for all who ask."""
    if inputs.midline is None and inputs.ras is not None:
        _HALVED[scan] = inputs.analysis.brain, inputs.ras, summary.midline
    _MEASURED[scan] = inputs, summary


def known_summary(scan: "Scan") -> LateSummary | None:
    """What was measured of a scan as it is now; None: it is still to be measured."""
    now, known = inputs_of(scan), _MEASURED.get(scan)
    if now is None or known is None:
        return None
    before, summary = known
    same = before.same_as(now) and now.midline in (before.midline, summary.midline)
    return summary if same else None


def late_summary(scan: "Scan") -> LateSummary | None:
    """Measure late tissue of a scan's last run, as it is cleaned now; None: there was none.

    Raises
    ------
    DscError
        Without Tmax (no deconvolution).
    """
    inputs, known = inputs_of(scan), known_summary(scan)
    if known is not None or inputs is None:
        return known
    made = finished(measuring(inputs))
    keep_summary(scan, inputs, made)
    return made


def halved_at(scan: "Scan") -> Midline | None:
    """Midline of a scan: the one on screen, or a proposal; None where nobody knows the sides."""
    inputs = inputs_of(scan)
    if inputs is None or inputs.ras is None:
        return None
    if inputs.midline is None and not _was_halved(scan, inputs.analysis.brain):
        found = _proposal(inputs.analysis.brain, inputs.ras)
        _HALVED[scan] = inputs.analysis.brain, inputs.ras, found
        return found
    return inputs.midline


def _proposal(brain: BoolArray, ras: FloatArray | None) -> Midline | None:
    if ras is None:
        return None
    try:
        return proposed_midline(brain, ras)
    except DscError:  # there is no brain
        return None


def _was_halved(scan: "Scan", brain: BoolArray) -> bool:
    known = _HALVED.get(scan)
    return known is not None and known[1] is scan.ras and _same(known[0], brain)


def _proposed_before(scan: "Scan", brain: BoolArray) -> Midline | None:
    """Midline that was proposed for this brain; None: none was yet, or there is none."""
    return _HALVED[scan][2] if _was_halved(scan, brain) else None


def _same(one: BoolArray, other: BoolArray) -> bool:
    return one is other or (one.shape == other.shape and bool((one == other).all()))
