"""Results of a scan: what was computed, from what, and whether it is older than the screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.tumour import TumourReading
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
    def notices(self) -> tuple[str, ...]:
        """Sentences on what was painted."""
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
    latest : Inputs or None
        What a run would be made from, when that was last looked at.
    edits : int
        How often that was looked at, since something may have changed.
    outdated : bool
        Whether a run would now compute other maps than those that there are.
    reference : int or None
        Label of the region by which maps are normalised.
    relative : mapping of str to ParameterMap
        Maps that are, by symbol.
    tumour : TumourReading or None
        What was last read of what enhances.
    saved : bool
        Whether the maps of this run lie on the disk.
    reported : bool
        Whether a report of this run was written.
    day : str
        On which the last run ended, as "2026-11-29".
    """

    run: tuple[Series, Analysis] | None = None
    made_from: Inputs | None = None
    latest: Inputs | None = None
    edits: int = 0
    outdated: bool = False
    reference: int | None = None
    relative: Mapping[str, ParameterMap] = field(default_factory=dict)
    tumour: TumourReading | None = None
    saved: bool = False
    reported: bool = False
    day: str = ""

    def keep(self, analysis: Analysis, made_from: Inputs) -> None:
        """Take the result of a run that has ended; it is old if something else is set by now."""
        asked = self.edits != made_from.edits  # whether its inputs were looked at meanwhile
        differs = self.latest is None or self.latest.differs(made_from)
        self._set(
            run=(made_from.series, analysis),
            made_from=made_from,
            saved=False,
            reported=False,
            day=date.today().isoformat(),
            outdated=asked and differs,
        )

    def take_saved(self, run: tuple[Series, Analysis]) -> None:
        """Take notice that the maps of a run lie on the disk; those of a later one do not."""
        if run is self.run:
            self._set(saved=True)

    def take_reported(self, analysis: Analysis) -> None:
        """Take notice that a report of a run was written; there is none of a later one."""
        if self.run is not None and analysis.maps is self.run[1].maps:
            self._set(reported=True)

    def see(self) -> bool:
        """Take notice that somebody has looked at the AIF; return whether nobody had before."""
        if self.run is None:
            return False
        series, analysis = self.run
        seen = analysis.seen()
        if seen is not analysis:
            self._set(run=(series, seen))
        return seen is not analysis

    def drop(self) -> None:
        """Forget the last run: its maps are none of this scan any more."""
        gone: dict[str, Any] = {"run": None, "made_from": None, "tumour": None, "reference": None}
        self._set(**gone, outdated=False, reported=False, relative={})

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
        object.__setattr__(self, "latest", now)  # nobody has to hear of it
        self._set(edits=self.edits + 1, outdated=self.run is not None and differs)

    def take_tumour(self, reading: TumourReading | None) -> None:
        """Take what was read of what enhances; None: nothing is."""
        if reading is not self.tumour:
            self._set(tumour=reading)

    def refer_to(self, label: int | None) -> None:
        """Normalise by another region from now on; None: by none."""
        self._set(reference=label)

    def normalise(self, maps: Mapping[str, ParameterMap]) -> None:
        """Take the maps that are relative to the reference."""
        self._set(relative=dict(maps))
