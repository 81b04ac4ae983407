"""Steps from a scan to a report: which of the four is at hand, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ARTERY", "DOORS", "MAPS", "PRIMARY", "REPORT", "SCAN", "STEPS", "Standing", "Step"]

SCAN, ARTERY, MAPS, REPORT = "scan", "artery", "maps", "report"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the rail.

    Parameters
    ----------
    title : str
        What it is called, with its number.
    primary : str
        Name of its primary button.
    sign : str
        What stands for that button on the folded rail.
    """

    title: str
    primary: str
    sign: str

    @property
    def number(self) -> str:
        """Its number, from 1."""
        return self.title.split()[0]


STEPS: Mapping[str, Step] = MappingProxyType(
    {
        SCAN: Step("1 Scan", "open_scan", "+"),
        ARTERY: Step("2 Artery", "propose", "◎"),
        MAPS: Step("3 Maps", "compute", "▶"),
        REPORT: Step("4 Report", "report", "≡"),
    }
)
DOORS = ("open_scan", "open_record", "open_cohort")  # buttons of the start screen too
PRIMARY: tuple[str, ...] = tuple(step.primary for step in STEPS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the work on the scan at hand has come.

    Parameters
    ----------
    scan : bool
        Whether there is one.
    looked_for : bool
        Whether its brain and baseline have been looked for.
    asked : bool
        Whether something of the scan is to be entered or confirmed first.
    artery : bool
        Whether there is an AIF.
    maps : bool
        Whether there are maps.
    older : bool
        Whether these are older than what is on screen.
    """

    scan: bool = False
    looked_for: bool = False
    asked: bool = False
    artery: bool = False
    maps: bool = False
    older: bool = False

    @property
    def at_hand(self) -> str:
        """Key of the step that the work has come to."""
        if not self.scan or not self.looked_for or self.asked:
            return SCAN
        if self.maps:
            return REPORT
        return ARTERY

    @property
    def next_button(self) -> str:
        """Name of the button that leads on from here."""
        if not self.scan:
            return STEPS[SCAN].primary
        if not self.artery:
            return STEPS[ARTERY].primary
        if not self.maps or self.older:
            return STEPS[MAPS].primary
        return STEPS[REPORT].primary

    def buttons(self, opened: str) -> tuple[str, ...]:
        """Names of the primary buttons to be seen while a step is open, in order.

        That of the step itself, and the one that leads on from here.
        """
        wanted = {STEPS[opened].primary, self.next_button}
        return tuple(name for name in PRIMARY if name in wanted)
