"""The layers of a scan: those chosen for it, and those made of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from napari_dsc.core.defaults import READING
from napari_dsc.core.provenance import Origin
from napari_dsc.core.reading_orders import READINGS, Reading
from napari_dsc.core.regions import Cleaning
from napari_dsc.core.tumour import StandardScale, TumourChoice
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.preferences import colour_family
from napari_dsc.viewer.scan.owner import Owner

if TYPE_CHECKING:
    from napari.layers import Image, Labels, Shapes

    from napari_dsc.anatomy import Alignment

__all__ = ["LEAKAGE_ROLES", "ROLES", "ScanLayers"]

LEAKAGE_ROLES = ("leakage_region", "leakage_reference")
ROLES = ("artery", "brain", "vein", *LEAKAGE_ROLES)  # of masks that decide the maps
ONES = (*ROLES, "quality", "regions", "midline", "instead", "anatomy")
UNCHANGED: Any = object()


@dataclass(frozen=True, eq=False)
class ScanLayers(Owner):
    """Layers of one scan.

    Parameters
    ----------
    artery, brain, vein : Labels or None
        The masks chosen for it; None while there is none.
    leakage_region, leakage_reference : Labels or None
        Where its blood volume is corrected for leakage, and tissue that does not leak.
    maps : mapping of str to Image
        Its maps, by symbol.
    quality : Labels or None
        Their quality flags.
    studies : mapping of str to Image
        By name: differences and variation.
    considered : mapping
        By layer: indices in the file of voxels that are listed although they are not marked.
    origins : mapping
        By layer: how its voxels were chosen, and which they were then.
    family : str
        Colours of its maps, a key of `FAMILIES`.
    reading_key : str
        What it is read for, a key of `READINGS`.
    steps : bool or None
        Whether Tmax is shown in steps; None: as the reading has it.
    rows : tuple of str or None
        Maps below one another where several slices are shown; None: as the reading has it.
    rejected : bool
        Whether its maps show voxels that are rejected, and seem to hold no tissue.
    absolute : bool
        Whether amounts are shown as they are, also where absolute values do not hold.
    cleaning : Cleaning
        How its late tissue is cleaned, on screen and in what is saved.
    tumour : TumourChoice
        How its tumour is read.
    scale : StandardScale or None
        On which its blood volume is read too.
    regions, midline : Labels or None, Shapes or None
        What is painted on the maps, and the line between the halves.
    mirrored : bool
        Whether regions are mirrored at it.
    instead : Image or None
        It less its baseline, shown in its place.
    anatomy : Image or None
        What lies under its maps; None: its mean baseline.
    brought : mapping of Image to Image
        By anatomy: that, on the slices of the scan.
    aligned : mapping of Image to Alignment
        By anatomy: how it lies to the scan, where that was searched for.
    """

    artery: "Labels | None" = None
    brain: "Labels | None" = None
    vein: "Labels | None" = None
    leakage_region: "Labels | None" = None
    leakage_reference: "Labels | None" = None
    maps: "Mapping[str, Image]" = field(default_factory=dict)
    quality: "Labels | None" = None
    studies: "Mapping[str, Image]" = field(default_factory=dict)
    considered: "Mapping[Labels, tuple[tuple[int, ...], ...]]" = field(default_factory=dict)
    origins: "Mapping[Labels, tuple[Origin, BoolArray]]" = field(default_factory=dict)
    family: str = field(default_factory=colour_family)
    reading_key: str = READING
    steps: bool | None = None
    rows: tuple[str, ...] | None = None
    rejected: bool = False
    absolute: bool = False
    cleaning: Cleaning = field(default_factory=Cleaning)
    tumour: TumourChoice = field(default_factory=TumourChoice)
    scale: StandardScale | None = None
    regions: "Labels | None" = None
    midline: "Shapes | None" = None
    mirrored: bool = False
    instead: "Image | None" = None
    anatomy: "Image | None" = None
    brought: "Mapping[Image, Image]" = field(default_factory=dict)
    aligned: "Mapping[Image, Alignment]" = field(default_factory=dict)

    def choose(
        self,
        *,
        artery: "Labels | None" = UNCHANGED,
        brain: "Labels | None" = UNCHANGED,
        vein: "Labels | None" = UNCHANGED,
        leakage_region: "Labels | None" = UNCHANGED,
        leakage_reference: "Labels | None" = UNCHANGED,
    ) -> None:
        """Take other masks at hand; None: none."""
        given = {
            "artery": artery,
            "brain": brain,
            "vein": vein,
            "leakage_region": leakage_region,
            "leakage_reference": leakage_reference,
        }
        self._set(**{role: layer for role, layer in given.items() if layer is not UNCHANGED})

    def show_map(self, symbol: str, layer: "Image") -> None:
        """Have a layer show a map."""
        self._set(maps={**self.maps, symbol: layer})

    def drop_map(self, symbol: str) -> "Image | None":
        """Show a map no longer; return the layer that did."""
        before = self.maps
        self._set(maps={name: one for name, one in before.items() if name != symbol})
        return before.get(symbol)

    def show_quality(self, layer: "Labels") -> None:
        """Have a layer show the quality flags."""
        self._set(quality=layer)

    def show_study(self, name: str, layer: "Image") -> None:
        """Have a layer show a difference, or a variation."""
        self._set(studies={**self.studies, name: layer})

    def consider(self, layer: "Labels", voxels: Iterable[Sequence[int]]) -> None:
        """List voxels of the file with those of a layer, marked or not."""
        listed = tuple(tuple(map(int, one)) for one in voxels)
        self._set(considered={**self.considered, layer: listed})

    def remember(self, layer: "Labels", origin: Origin, mask: BoolArray) -> None:
        """Keep how the voxels of a layer were chosen, and which they were."""
        self._set(origins={**self.origins, layer: (origin, mask)})

    def see(self, layer: "Labels", *, seen: bool) -> None:
        """Take notice whether somebody has looked at the voxels of a layer that were proposed."""
        if layer in self.origins:
            origin, mask = self.origins[layer]
            self._set(origins={**self.origins, layer: (replace(origin, unseen=not seen), mask)})

    def colour(self, family: str) -> None:
        """Take another family of colours."""
        self._set(family=family)

    @property
    def reading(self) -> Reading:
        """What it is read for."""
        return READINGS[self.reading_key]

    def read_for(self, key: str) -> None:
        """Read it for something else, with the look that belongs to it."""
        if key != self.reading_key:
            self._set(reading_key=key, steps=None, rows=None)

    @property
    def ordered_maps(self) -> "Mapping[str, Image]":
        """Its maps by symbol, in the order in which they are read."""
        return {symbol: self.maps[symbol] for symbol in self.reading.ordered(self.maps)}

    @property
    def in_steps(self) -> bool:
        """Whether Tmax is shown in steps."""
        return self.reading.steps if self.steps is None else self.steps

    def show_steps(self, on: bool) -> None:
        """Show Tmax in steps, or evenly coloured."""
        if on != self.in_steps:
            self._set(steps=on)

    @property
    def shown_rows(self) -> tuple[str, ...]:
        """Maps below one another where several slices are shown."""
        known = self.reading.rows_of(self.maps)
        chosen = [one for one in self.rows or () if one in self.maps]
        return self.reading.ordered(chosen) if chosen else known

    def show_rows(self, symbols: Iterable[str]) -> None:
        """Show other maps below one another."""
        self._set(rows=tuple(symbols))

    def show_rejected(self, on: bool) -> None:
        """Show rejected voxels, or leave them blank."""
        if on != self.rejected:
            self._set(rejected=on)

    def show_absolute(self, on: bool) -> None:
        """Show amounts as they are, or relative where they do not hold."""
        if on != self.absolute:
            self._set(absolute=on)

    def clean(self, cleaning: Cleaning) -> None:
        """Clean late tissue otherwise."""
        if cleaning != self.cleaning:
            self._set(cleaning=cleaning)

    def read_on(self, scale: StandardScale | None) -> None:
        """Read its blood volume on a standard scale too; None: on none."""
        if scale != self.scale:
            self._set(scale=scale)

    def read_tumour_as(self, choice: TumourChoice) -> None:
        """Read its tumour otherwise."""
        if choice != self.tumour:
            self._set(tumour=choice)

    def paint_regions(self, layer: "Labels") -> None:
        """Have a layer on which regions are painted."""
        self._set(regions=layer)

    def draw_midline(self, layer: "Shapes") -> None:
        """Have a layer that holds the midline."""
        self._set(midline=layer)

    def mirror(self, on: bool) -> None:
        """Mirror the regions at the midline, if there is one."""
        self._set(mirrored=on and self.midline is not None)

    def subtract(self, layer: "Image | None") -> None:
        """Show a layer in the scan's place; None: the scan itself."""
        self._set(instead=layer)

    def lay_over(self, anatomy: "Image | None") -> None:
        """Lay the maps over an anatomy; None: over the mean of the baseline."""
        self._set(anatomy=anatomy)

    def bring(self, anatomy: "Image", layer: "Image") -> None:
        """Have a layer show an anatomy on the slices of the scan."""
        self._set(brought={**self.brought, anatomy: layer})

    def align(self, anatomy: "Image", found: "Alignment") -> None:
        """Keep how an anatomy lies to the scan."""
        self._set(aligned={**self.aligned, anatomy: found})

    def forget(self, layer: Any) -> None:
        """Hold on to nothing of a layer that was removed."""
        gone: dict[str, Any] = {name: None for name in ONES if getattr(self, name) is layer}
        for name in ("maps", "studies"):
            known = getattr(self, name)
            gone[name] = {key: one for key, one in known.items() if one is not layer}
        for name in ("considered", "origins"):
            known = getattr(self, name)
            gone[name] = {key: one for key, one in known.items() if key is not layer}
        gone["aligned"] = {one: how for one, how in self.aligned.items() if one is not layer}
        gone["brought"] = {
            anatomy: one for anatomy, one in self.brought.items() if layer not in (anatomy, one)
        }
        self._set(**gone)

    @property
    def all(self) -> "tuple[Any, ...]":
        """Every layer that there is, but for those that anatomies were brought from."""
        ones = (getattr(self, name) for name in ONES)
        more = (*self.maps.values(), *self.studies.values(), *self.brought.values())
        return tuple(one for one in (*ones, *more) if one is not None)
