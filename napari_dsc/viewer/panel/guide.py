"""Guide of the rail: how far the work on the scan has come, in a line for each step."""

from typing import Any

from qtpy.QtCore import QObject

from napari_dsc.core.pipeline import Analysis, acceptance_in
from napari_dsc.core.provenance import UNSEEN
from napari_dsc.viewer.aif.voxel_tab import VoxelTable
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.reading.rail import Rail
from napari_dsc.viewer.reading.steps import ARTERY, MAPS, REPORT, SCAN, STEPS, Standing
from napari_dsc.viewer.reading.workspaces import Workspaces
from napari_dsc.viewer.scan.scan import Scan, is_blank

__all__ = ["Guide", "scan_line"]

OLDER = "older than what is set"


class Guide(QObject):
    """Keeps the rail up to date, and goes to the next step when one is done.

    Parameters
    ----------
    parent : QObject
        The panel.
    workspaces : Workspaces
        Whose rail.
    form : Inputs
        What is set.
    table : VoxelTable
        The voxels of the AIF at hand.
    """

    def __init__(
        self, parent: QObject, workspaces: Workspaces, form: Inputs, table: VoxelTable
    ) -> None:
        super().__init__(parent)
        self._workspaces, self._form, self._table = workspaces, form, table
        self._rail: Rail = workspaces.rail
        self._seen: tuple[Scan | None, str] = (None, SCAN)
        self._counted: tuple[Any, str] = (None, "")  # a run, and its voxels in words
        self._mapped: Any = None  # the scan whose first maps were shown
        self._state: tuple[Scan | None, Standing, str] = (None, Standing(), "")
        workspaces.changed.connect(self.show)

    def refresh(self, scan: Scan | None, missing: str) -> None:
        """Show how far a scan is; `missing` is what stands between it and its maps."""
        standing = standing_of(scan)
        self._state = (scan, standing, missing)
        at_hand = (scan, standing.at_hand)
        if at_hand != self._seen:  # something was done: on to the next step
            self._seen = at_hand
            self._rail.open_step(standing.at_hand)
            if not standing.maps:  # there is something to do, or to enter
                self._rail.fold(False)
        if standing.maps and self._mapped is not scan:
            self._mapped = scan
            self._workspaces.make_room()
        elif not standing.maps and self._mapped is not None:
            self._mapped = None
        self.show()

    def show(self) -> None:
        """Show the lines anew: what they count has been counted."""
        scan, standing, missing = self._state
        lines = {
            SCAN: scan_line(scan) if not standing.asked else missing or scan_line(scan),
            ARTERY: artery_line(scan, standing, self._table.model.in_brief()),
            MAPS: maps_line(scan, self._method(), self._accepted(scan)),
            REPORT: report_line(scan),
        }
        self._rail.show_standing(standing, {key: lines[key] for key in STEPS})

    def _accepted(self, scan: Scan | None) -> str:
        """Counted once for each run: the rail is asked at every gesture."""
        run = None if scan is None else scan.results.run
        if run is None:
            self._counted = (None, "")
        elif run is not self._counted[0]:
            self._counted = (run, accepted_in(run[1]))
        return self._counted[1]

    def _method(self) -> str:
        form = self._form
        name = str(form.method.value)
        threshold = form.parameters.get("svd_threshold")
        shown = threshold is not None and not threshold.native.isHidden()
        return f"{name} {threshold.value:g}" if threshold is not None and shown else name


def standing_of(scan: Scan | None) -> Standing:
    """How far the work on a scan has come; it is asked at every gesture."""
    if scan is None:
        return Standing()
    facts, layer = scan.facts, scan.layers.artery
    has_artery = layer is not None and not is_blank(layer)
    return Standing(
        scan=True,
        looked_for=facts.proposed,
        asked=facts.undecided or bool(facts.doubts) or facts.settled.time is None,
        artery=has_artery,
        maps=scan.results.run is not None,
        older=scan.results.outdated,
    )


def scan_line(scan: Scan | None) -> str:
    """Times of a scan, as "TR 1.5 s, TE 30 ms"."""
    if scan is None:
        return "none is open"
    series = scan.facts.settled
    step, echo = series.repetition_time, series.echo_time
    known = "TR unknown" if step is None else f"TR {step:g} s"
    if series.quantity != "signal":
        return f"{known}, ΔR2*"
    return f"{known}, TE unknown" if echo is None else f"{known}, TE {1000 * echo:g} ms"


def artery_line(scan: Scan | None, standing: Standing, listed: str) -> str:
    """What the AIF is, as "12 voxels, good"; of one that nobody has looked at, that too."""
    if scan is None or not standing.artery:
        return "no AIF yet" if scan is not None else ""
    layer = scan.layers.artery
    known = None if layer is None else scan.layers.origins.get(layer)
    unseen = f"{UNSEEN}: " if known is not None and known[0].unseen else ""
    run = scan.results.run
    if run is not None and not scan.results.outdated and run[1].findings:
        first = run[1].findings[0]
        if first.key == "aif":
            return f"{unseen}{first.words.removeprefix('AIF: ').removesuffix('.')}"
    return f"{unseen}{listed or 'chosen'}"


def accepted_in(analysis: Analysis) -> str:
    """How many voxels were computed, and how many of them are accepted."""
    found = acceptance_in(analysis)
    return f"{found.voxels:,} voxels, {found.share:.0%} accepted"


def maps_line(scan: Scan | None, method: str, accepted: str) -> str:
    """How the maps were made, and how many voxels are accepted."""
    if scan is None:
        return ""
    run = scan.results.run
    if run is None:
        return method
    if scan.results.outdated:
        return f"{method}, {OLDER}"
    return f"{method}, {accepted}"


def report_line(scan: Scan | None) -> str:
    """Whether a report was written, and whether the maps are saved."""
    if scan is None or scan.results.run is None:
        return ""
    results = scan.results
    maps = "maps not saved" if results.unsaved else "maps saved"
    if results.reported:
        return f"report {'of the earlier maps ' * results.outdated}written, {maps}"
    return f"{maps} yet" if results.unsaved else maps
