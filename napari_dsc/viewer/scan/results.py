"""What was computed of a scan, from what, and whether the screen says something else by now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.types import ParameterMap, Series
from napari_dsc.viewer.scan.owner import Owner

__all__ = ["Inputs", "ScanResults"]


class Inputs(Protocol):
    """What a run is made from: a `Snapshot`."""

    @property
    def series(self) -> Series:
        """The scan, with the times that the user has entered."""
        ...

    @property
    def edits(self) -> int:
        """How often something had changed when it was taken."""
        ...

    def differs(self, other: Any) -> bool:
        """Whether a run of it would compute something else than one of another would."""
        ...


@dataclass(frozen=True, eq=False)
class ScanResults(Owner):
    """Results of a scan's last run.

    Parameters
    ----------
    run : tuple of Series and Analysis, or None
        What was last computed, and from what.
    made_from : Inputs or None
        Everything that decided that; None if it is not known.
    edits : int
        How often something that decides the maps has changed.
    outdated : bool
        Whether a run would now compute other maps than those that there are.
    reference : int or None
        Label of the region by which maps are normalised.
    relative : mapping of str to ParameterMap
        Maps that are, by symbol.
    saved : bool
        Whether the maps of this run lie on the disk.
    """

    run: tuple[Series, Analysis] | None = None
    made_from: Inputs | None = None
    edits: int = 0
    outdated: bool = False
    reference: int | None = None
    relative: Mapping[str, ParameterMap] = field(default_factory=dict)
    saved: bool = False

    def keep(self, analysis: Analysis, made_from: Inputs) -> None:
        """Take the result of a run that has ended; it is old if something changed meanwhile."""
        self._set(
            run=(made_from.series, analysis),
            made_from=made_from,
            saved=False,
            outdated=self.edits != made_from.edits,
        )

    def take_saved(self, run: tuple[Series, Analysis]) -> None:
        """Take notice that the maps of a run lie on the disk; those of a later one do not."""
        if run is self.run:
            self._set(saved=True)

    def drop(self) -> None:
        """Forget the last run: its maps are none of this scan any more."""
        self._set(run=None, made_from=None, outdated=False, relative={}, reference=None)

    @property
    def unsaved(self) -> bool:
        """Whether there are maps that would be lost."""
        return self.run is not None and not self.saved

    def compare(self, now: Inputs | None) -> None:
        """Take notice that something that decides the maps has changed.

        Parameters
        ----------
        now : Inputs or None
            What a run would be made from now; None while nothing can be computed.
        """
        before = self.made_from
        differs = before is None or now is None or now.differs(before)
        self._set(edits=self.edits + 1, outdated=self.run is not None and differs)

    def refer_to(self, label: int | None) -> None:
        """Normalise by another region from now on; None: by none."""
        self._set(reference=label)

    def normalise(self, maps: Mapping[str, ParameterMap]) -> None:
        """Take the maps that are relative to the reference."""
        self._set(relative=dict(maps))
