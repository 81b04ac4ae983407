"""What the form says, read when something is to be made of it."""

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Settings
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.inputs import Inputs
from napari_dsc.viewer.missing import LOOKING, what_is_missing
from napari_dsc.viewer.scan import Scan
from napari_dsc.viewer.snapshot import Screen, Snapshot, snapshot_of

__all__ = ["Reading"]

NO_VEIN = "Choose the vein (VOF) to whose area the AIF is scaled, or untick the scaling."


class Reading:
    """Reads the form of a panel.

    Parameters
    ----------
    screen : Screen
        The panel, whose scan is at hand.
    inputs : Inputs
        Its widgets.
    """

    def __init__(self, screen: Screen, inputs: Inputs) -> None:
        self._screen, self._inputs = screen, inputs

    @property
    def scan(self) -> Scan | None:
        """The scan at hand."""
        return self._screen.scan

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

    def settings(self, scan: Scan) -> Settings:
        """How the maps of a scan would be computed now."""
        return self._inputs.settings(scan.span, None if scan.window is None else scan.frame)

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
