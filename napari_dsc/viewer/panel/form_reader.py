"""Reader of the form: what its widgets say, when something is to be made of it."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.errors import DscError
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.pipeline import Settings, several_boluses
from napari_dsc.core.types import Aif, BoolArray, FloatArray
from napari_dsc.viewer.compute.snapshot import NO_VEIN, Snapshot, snapshot_of
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.regions.enhancement_region import enhancing_on
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["ALONE", "LOOKING", "Reading", "what_is_missing"]


OPEN_ONE = "Open a 4-D scan: File > Open, or File > Open Sample > DSC perfusion > Digital patient."
LOOKING = "Looking for the brain and the baseline …"
WHICH = "Choose it under Bolus; or press I have checked this to analyse the largest."
CHECK = "If all is right as it is, press I have checked this."
ALONE = "Without an artery Compute measures the shape of the bolus alone: no CBF, CBV, MTT or Tmax."
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

    def missing(self, said: str = "", *, alone: bool = False) -> str:
        """Say what stands between the user and maps; `said` is why a layer is no scan.

        Parameters
        ----------
        said : str
            Of a layer that is no scan.
        alone : bool
            Whether the shape of the bolus is enough, which needs no artery.
        """
        form, scan = self._inputs, self.scan
        if scan is None and form.series.value is not None:
            return said or LOOKING
        without = alone and not self.has_artery
        if form.rescale.value and form.vein.value is None and scan is not None and not without:
            return NO_VEIN
        return what_is_missing(scan, form.artery.value, form.brain.value, alone=alone)

    @property
    def has_artery(self) -> bool:
        """Whether the layer that is chosen holds an artery; one of another shape counts."""
        scan, layer = self.scan, self._inputs.artery.value
        if scan is None or layer is None:
            return False
        try:
            return _is_artery(scan.input_of(layer))
        except DscError:
            return True

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
            return self.snapshot(alone=made_from.artery is None).differs(made_from, but)
        except DscError:  # nothing can be computed now
            return True

    def _compare(self) -> None:
        """Have the scan at hand know whether its maps are older than what is set now."""
        if self.scan is not None:
            made = self.scan.results.run
            try:
                now = self.snapshot(alone=made is not None and not made[1].with_artery)
            except DscError:  # nothing can be computed now
                self.scan.results.compare(None)
            else:
                self.scan.results.compare(now)

    def snapshot(self, *, alone: bool = False) -> Snapshot:
        """Everything that decides what a run would compute now.

        Parameters
        ----------
        alone : bool
            Whether the shape of the bolus is enough where there is no artery.

        Raises
        ------
        DscError
            If something is missing, or a value is out of its range.
        """
        form, scan, missing = self._inputs, self.scan, self.missing(alone=alone)
        if scan is None or missing:
            raise DscError(missing)
        artery = form.artery.value if self.has_artery else None
        vein = form.vein.value if form.rescale.value and artery is not None else None
        layers = artery, form.brain.value, vein
        leaking = form.leakage_region.value, form.leakage_reference.value
        return snapshot_of(scan, layers, self.settings(scan), leaking, enhancing_on(scan))


def what_is_missing(
    scan: Scan | None,
    artery_layer: "Labels | None",
    brain_layer: "Labels | None",
    *,
    alone: bool = False,
) -> str:
    """Say in words what stands between the user and Compute; empty if nothing does.

    `alone`: the shape of the bolus is enough, which needs no artery.
    """
    try:
        return next(_obstacles(scan, artery_layer, brain_layer, alone=alone), "")
    except DscError as error:  # a layer of another shape
        return str(error)


def _obstacles(
    scan: Scan | None,
    artery_layer: "Labels | None",
    brain_layer: "Labels | None",
    *,
    alone: bool,
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
    if artery_layer is None and not alone:
        yield "Choose the mask that holds the artery."
    if artery_layer is brain_layer and artery_layer is not None:
        yield "Artery and brain must be two masks: choose another for one of them."
    artery, brain = scan.input_of(artery_layer), scan.mask(brain_layer)
    if not alone and not _is_artery(artery):
        yield DRAW
    if brain is not None and not brain.any():
        yield "The brain is empty: paint it, or choose no mask for the whole image."


def _is_artery(artery: BoolArray | Aif | None) -> bool:
    """Whether there is a voxel, or a curve."""
    return artery is not None and (isinstance(artery, Aif) or bool(artery.any()))
