"""What the form says, read when something is to be made of it."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.errors import DscError
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.pipeline import Settings, several_boluses
from napari_dsc.core.types import Aif, BoolArray, FloatArray
from napari_dsc.viewer.compute.snapshot import NO_VEIN, Snapshot, snapshot_of
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["LOOKING", "Reading", "what_is_missing"]


OPEN_ONE = "Open a 4-D scan: File > Open, or File > Open Sample > DSC perfusion > Digital patient."
LOOKING = "Looking for the brain and the baseline …"
WHICH = "Choose it under Bolus; or press I have checked this to analyse the largest."
CHECK = "If all is right as it is, press I have checked this."
DRAW = "Draw the artery: press Draw AIF, Shift+click voxels on the picture, or press Propose AIF."


class Reading:
    """Reads the form of a panel.

    Parameters
    ----------
    screen : Screen
        Says which scan is at hand; its results are compared with the form at every change.
    inputs : Inputs
        The widgets.
    """

    def __init__(self, screen: Screen, inputs: Inputs) -> None:
        self._screen, self._inputs = screen, inputs
        screen.changed.connect(self._compare)

    @property
    def scan(self) -> Scan | None:
        """The scan at hand."""
        return self._screen.scan

    @property
    def scales(self) -> bool:
        """Whether the form scales the AIF to the VOF."""
        return bool(self._inputs.rescale.value)

    @property
    def threshold(self) -> float | None:
        """SVD threshold of the form; None: its method has none."""
        form = self._inputs
        has = "svd_threshold" in parameters_of(DECONVOLVERS[form.method.value])
        return float(form.parameters["svd_threshold"].value) if has else None

    def missing(self, said: str = "") -> str:
        """Say what stands between the user and Compute; `said` is why a layer is no scan."""
        form, scan = self._inputs, self.scan
        if scan is None and form.series.value is not None:
            return said or LOOKING
        if form.rescale.value and form.vein.value is None and scan is not None:
            return NO_VEIN
        return what_is_missing(scan, form.artery.value, form.brain.value)

    def scaling(self) -> BoolArray | None:
        """Voxels to whose area the AIF is scaled; None: it is not, or they do not fit."""
        vein = self._inputs.vein.value if self._inputs.rescale.value else None
        return None if self.scan is None else self.scan.mask_or_none(vein, "vein")

    def arterial_input(
        self, scan: Scan, artery: BoolArray | Aif | None
    ) -> tuple[Aif, FloatArray] | None:
        """Curve that a run would use of an artery now, and its times, s; None: there is none."""
        voxels = artery.voxels if isinstance(artery, Aif) else artery
        if artery is None or voxels is None or (artery is voxels and not voxels.any()):
            return None
        try:
            return scan.arterial_input(artery, self.scaling(), self.settings(scan))
        except DscError:  # the panel says what is missing
            return None

    def settings(self, scan: Scan) -> Settings:
        """How the maps of a scan would be computed now."""
        return self._inputs.settings(
            scan.facts.span, None if scan.facts.window is None else scan.facts.frame
        )

    def differs(self, made_from: Snapshot | None, but: Collection[str] = ()) -> bool:
        """Whether a run would now compute something else than one did; see `Snapshot.differs`."""
        if made_from is None:
            return True
        try:
            return self.snapshot().differs(made_from, but)
        except DscError:  # nothing can be computed now
            return True

    def _compare(self) -> None:
        """Have the scan at hand know whether its maps are older than what is set now."""
        if self.scan is not None:
            try:
                now = self.snapshot()
            except DscError:  # nothing can be computed now
                self.scan.results.compare(None)
            else:
                self.scan.results.compare(now)

    def snapshot(self) -> Snapshot:
        """Everything that decides what a run would compute now.

        Raises
        ------
        DscError
            If something is missing, or a value is out of its range.
        """
        form, scan, missing = self._inputs, self.scan, self.missing()
        if scan is None or missing:
            raise DscError(missing)
        vein = form.vein.value if form.rescale.value else None
        layers = form.artery.value, form.brain.value, vein
        return snapshot_of(scan, layers, self.settings(scan))


def what_is_missing(
    scan: Scan | None, artery_layer: "Labels | None", brain_layer: "Labels | None"
) -> str:
    """Say in words what stands between the user and Compute; empty if nothing does."""
    try:
        return next(_obstacles(scan, artery_layer, brain_layer), "")
    except DscError as error:  # a layer of another shape
        return str(error)


def _obstacles(
    scan: Scan | None, artery_layer: "Labels | None", brain_layer: "Labels | None"
) -> Iterator[str]:
    if scan is None:
        yield OPEN_ONE
        return
    if not scan.facts.proposed:
        yield LOOKING
    if scan.facts.undecided:
        yield f"{several_boluses(scan.facts.boluses)} {WHICH}"
    if scan.facts.doubts:
        yield f"{scan.facts.doubts[0]} {CHECK}"
    if scan.facts.settled.time is None:
        yield next(iter(scan.facts.settled.questions), "Enter the repetition time TR, in seconds.")
    if artery_layer is None:
        yield "Choose the labels layer that holds the artery."
    if artery_layer is brain_layer:
        yield "Artery and brain must be two layers: choose another for one of them."
    artery, brain = scan.input_of(artery_layer), scan.mask(brain_layer)
    if artery is None or not (isinstance(artery, Aif) or artery.any()):
        yield DRAW
    if brain is not None and not brain.any():
        yield "The brain is empty: paint it, or choose no layer for the whole image."
