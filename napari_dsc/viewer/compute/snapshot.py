"""Snapshot of the screen from which a run is made, whatever changes meanwhile."""

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from napari_dsc.core.defaults import LEAKAGE, LEAKAGE_WHERE
from napari_dsc.core.pipeline import LeakageMasks, Leaked, Settings
from napari_dsc.core.provenance import BY_DEFAULT, Origin, Origins
from napari_dsc.core.types import Aif, BoolArray, Series
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Labels, Layer


__all__ = ["NO_VEIN", "FormReading", "Snapshot", "same_artery", "snapshot_of"]

NO_VEIN = "Choose the vein (VOF) to whose area the AIF is scaled, or untick the scaling."
PAINTED_4D = ("The artery was painted in 4-D: a voxel counts in every volume.",)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """Everything that decides what a run computes.

    Parameters
    ----------
    scan : Scan
        Whose maps.
    series : Series
        It, with the times that the user has entered.
    artery : ndarray of bool, shape (...), Aif, or None
        Arterial voxels, or a curve that was loaded; None: the shape of the bolus alone.
    brain : ndarray of bool, shape (...), or None
        Voxels to compute; None for all.
    vein : ndarray of bool, shape (...), or None
        Voxels of the VOF to whose area the AIF is scaled; None: it is not.
    settings : Settings
        How.
    used : list of Layer
        Layers that must be there still when the maps are.
    edits : int
        The scan's, when it was taken.
    notices : tuple of str
        What a reader should know of the layers.
    origins : Origins
        How the voxels of artery, vein and brain were chosen.
    leakage : LeakageMasks
        Where leakage is corrected, and tissue that does not leak.
    """

    scan: Scan
    series: Series
    artery: BoolArray | Aif | None
    brain: BoolArray | None
    vein: BoolArray | None
    settings: Settings
    used: "list[Layer]"
    edits: int
    notices: tuple[str, ...] = ()
    origins: Origins = field(default_factory=Origins)
    leakage: LeakageMasks = field(default_factory=LeakageMasks)

    def differs(self, other: "Snapshot", but: Collection[str] = ()) -> bool:
        """Whether a run would compute something else than another would.

        Parameters
        ----------
        other : Snapshot
            The other.
        but : collection of str
            What does not count: "artery", or fields of `Settings` or of its method.
        """
        same = (
            _same_scan(self.series, other.series)
            and same_artery(self.brain, other.brain)
            and same_artery(self.vein, other.vein)
            and ("artery" in but or same_artery(self.artery, other.artery))
            and _without(self.settings, but) == _without(other.settings, but)
            and (self.settings.leakage_model == LEAKAGE or self._corrects_as(other))
        )
        return not same

    def _corrects_as(self, other: "Snapshot") -> bool:
        """Whether both find and correct leakage alike, and say the same of it."""
        own, its = self.leakage, other.leakage
        everywhere = self.settings.leakage_where == "everywhere"
        return (
            same_artery(own.reference, its.reference)
            and (everywhere or same_artery(own.region, its.region))
            and (self.series.flip_angle, self.series.preload)
            == (other.series.flip_angle, other.series.preload)
        )

    def with_reference(self, leaked: Leaked | None) -> "Snapshot":
        """Return this snapshot with the leakage reference that its run has proposed."""
        if leaked is None or self.leakage.reference is not None:
            return self
        reference, origin = leaked.reference, leaked.reference_origin
        found = replace(self.leakage, reference=reference, reference_origin=origin)
        return replace(self, leakage=found)


class FormReading(Protocol):
    """What the form says now of how maps would be computed."""

    @property
    def scales(self) -> bool:
        """Whether the AIF is scaled to the VOF."""
        ...

    @property
    def threshold(self) -> float | None:
        """SVD threshold; None: the method has none."""
        ...

    def settings(self, scan: Scan) -> Settings:
        """How the maps of a scan would be computed now."""
        ...

    def differs(self, made_from: Snapshot | None, but: Collection[str] = ()) -> bool:
        """Whether a run would now compute something else than one did; see `Snapshot.differs`."""
        ...

    def snapshot(self) -> Snapshot:
        """Everything that decides what a run would compute now.

        Raises
        ------
        DscError
            If something is missing, or a value is out of its range.
        """
        ...


def same_artery(one: BoolArray | Aif | None, other: BoolArray | Aif | None) -> bool:
    """Whether both are the same voxels, the same curve, or nothing."""
    if isinstance(one, Aif) and isinstance(other, Aif):
        return np.array_equal(one.curve, other.curve)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return one is other


def _same_scan(one: Series, other: Series) -> bool:
    facts = ("echo_time", "quantity", "slice_axis", "checked", "left_out")
    return (
        one.signal is other.signal
        and all(getattr(one, fact) == getattr(other, fact) for fact in facts)
        and all(
            np.array_equal(first, second)
            if first is not None and second is not None
            else first is second
            for first, second in ((one.time, other.time), (one.slice_times, other.slice_times))
        )
    )


def _without(settings: Settings, but: Collection[str]) -> Settings:
    """Settings in which those that do not count are as at first."""
    plain, method = Settings(), type(settings.method)()
    own = {one.name for one in fields(cast("Any", method))} & set(but)
    rest = {one.name for one in fields(settings)} & set(but)
    same = {name: getattr(method, name) for name in own}
    return replace(
        settings,
        method=replace(cast("Any", settings.method), **same),
        **{name: getattr(plain, name) for name in rest},
    )


def snapshot_of(
    scan: Scan,
    layers: "tuple[Labels | None, Labels | None, Labels | None]",
    settings: Settings,
    leaking: "tuple[Labels | None, Labels | None]" = (None, None),
    enhancing: tuple[BoolArray, Origin] | None = None,
) -> Snapshot:
    """Take a snapshot.

    Parameters
    ----------
    scan : Scan
        The one at hand.
    layers : tuple of Labels
        Artery (None: there is none), brain (None: the whole image), and the vein to whose area the
        AIF is scaled (None: it is not).
    settings : Settings
        How to compute.
    leaking : tuple of Labels
        Where leakage is corrected (None: in what enhances, or everywhere), and tissue that does
        not leak (None: it is proposed).
    enhancing : tuple of ndarray of bool, shape (X, Y, Z), and Origin, or None
        What enhances, and how it was chosen; None: nothing does.

    Raises
    ------
    DscError
        If a layer does not fit the scan.
    """
    if settings.leakage_model == LEAKAGE:
        leaking = (None, None)
    region, origin = _marked(scan.mask(leaking[0])), scan.origin_of(leaking[0])
    if enhancing is not None and leaking[0] is None and _in_a_region(settings):
        region, origin = enhancing
        origin = replace(origin, notes=(*origin.notes, BY_DEFAULT))
    artery = scan.input_of(layers[0])
    return Snapshot(
        scan=scan,
        series=scan.facts.settled,
        artery=artery,
        brain=scan.mask(layers[1]),
        vein=scan.mask(layers[2], "vein"),
        settings=settings,
        used=[one for one in (*layers, *leaking, scan.layer) if one is not None],
        edits=scan.results.edits,
        notices=PAINTED_4D if layers[0] is not None and layers[0].ndim == 4 else (),
        origins=Origins(
            aif=None if layers[0] is None else scan.origin_of(layers[0]),
            vof=scan.origin_of(layers[2]),
            brain=scan.origin_of(layers[1]),
        ),
        leakage=LeakageMasks(
            region=region,
            reference=_marked(scan.mask(leaking[1])),
            region_origin=origin,
            reference_origin=scan.origin_of(leaking[1]),
        ),
    )


def _in_a_region(settings: Settings) -> bool:
    """Whether leakage is corrected within a region."""
    return settings.leakage_model != LEAKAGE and settings.leakage_where == LEAKAGE_WHERE


def _marked(mask: BoolArray | None) -> BoolArray | None:
    """Mask that marks something; None for one that is empty still."""
    return mask if mask is not None and mask.any() else None
