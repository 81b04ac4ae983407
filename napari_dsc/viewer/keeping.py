"""AIFs in files: saved and loaded."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dsc.core.aif import aif_from_voxels
from napari_dsc.core.errors import DscError
from napari_dsc.core.origin import Origin
from napari_dsc.core.types import Aif
from napari_dsc.io.aif import (
    AnotherScan,
    SavedAif,
    read_aif,
    read_curve,
    scan_fingerprint,
    write_aif,
    write_curve,
)
from napari_dsc.viewer.layers import KEY, file_of
from napari_dsc.viewer.scan import CURVE, Scan
from napari_dsc.viewer.snapshot import Screen
from napari_dsc.viewer.vessels import Vessels, candidates_of

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["Keeping"]

CURVE_FILE = Origin(kind="curve file")
FILES = "AIF with its voxels (*.json);;Curve alone, s and 1/s (*.csv)"


class Keeping:
    """Saves and loads AIFs.

    Parameters
    ----------
    screen : Screen
        The panel.
    vessels : Vessels
        What adds a loaded AIF.
    """

    def __init__(self, screen: Screen, vessels: Vessels) -> None:
        self._screen, self._vessels = screen, vessels
        screen.save_aif.changed.connect(self._on_save)
        screen.load_aif.changed.connect(self._on_load)

    def _on_save(self) -> None:
        chosen, kind = QFileDialog.getSaveFileName(None, "Save the AIF", "aif.json", FILES)
        if chosen:
            path = Path(chosen)
            if path.suffix.lower() not in (".json", ".csv"):
                path = path.with_name(path.name + (".csv" if "csv" in kind else ".json"))
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """Save the AIF at hand: as JSON with its voxels, or its curve alone as CSV.

        Parameters
        ----------
        path : Path
            Ends in `.json` or `.csv`; replaced if it exists.
        """
        scan, layer = self._screen.scan, self._screen.artery.value
        try:
            if scan is None or layer is None:
                raise DscError("Open a scan and draw an artery first.")
            time, unit = scan.settled.time, "1/s" if scan.settled.echo_time else "1 (TE-scaled)"
            aif = self._at_hand(scan, layer)
            if time is None:
                raise DscError("Enter the repetition time TR first: a curve runs in seconds.")
            time = time[scan.span[0] :]
            if path.suffix.lower() == ".csv":
                write_curve(path, time, aif.curve, unit)
            else:
                write_aif(path, self._saved(scan, layer.name, aif, time, unit), scan.shape)
        except DscError as error:
            self._screen.say(str(error))
        else:
            self._screen.say(f"Saved the AIF in {path.name}.")

    def _at_hand(self, scan: Scan, layer: "Labels") -> Aif:
        given = scan.input_of(layer)
        if isinstance(given, Aif):
            return given
        mask = np.zeros(scan.shape, np.bool_) if given is None else given
        return aif_from_voxels(scan.curves_in(mask)[:, scan.span[0] :].astype(np.float64), mask)

    def _saved(self, scan: Scan, name: str, aif: Aif, time: Any, unit: str) -> SavedAif:
        if scan.fingerprint is None:
            scan.fingerprint = scan_fingerprint(scan.series, file_of(scan.layer))
        words: tuple[tuple[str, ...], ...] = ()
        if aif.voxels.any():
            listed = candidates_of(scan, aif.voxels, [])
            if listed is not None and len(listed.index) == int(aif.voxels.sum()):
                words = listed.verdicts
        return SavedAif(
            name=name,
            voxels=aif.voxels if aif.voxels.any() else None,
            curve=aif.curve,
            time=time,
            unit=unit,
            fingerprint=scan.fingerprint,
            verdicts=words,
        )

    def _on_load(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            None, "Load an AIF", "", "AIF or curve (*.json *.csv *.txt *.tsv)"
        )
        if chosen:
            self.load_from(Path(chosen))

    def load_from(self, path: Path) -> None:
        """Load an AIF onto a layer of its own, and take it at hand.

        Parameters
        ----------
        path : Path
            JSON from `save_to`, or two columns of seconds and 1/s. Of a JSON from another scan
            the curve is offered.
        """
        scan = self._screen.scan
        if scan is None:
            self._screen.say("Open the scan first: an AIF belongs to one.")
            return
        try:
            if path.suffix.lower() != ".json":
                self.take_curve(path.stem, (*read_curve(path), "1/s"))
                return
            if scan.fingerprint is None:
                scan.fingerprint = scan_fingerprint(scan.series, file_of(scan.layer))
            saved = read_aif(path, scan.fingerprint, scan.shape)
        except AnotherScan as error:
            self._offer_curve(error)
            return
        except DscError as error:
            self._screen.say(str(error))
            return
        if saved.voxels is None:
            self.take_curve(saved.name, (saved.time, saved.curve, saved.unit))
        else:
            self._vessels.add(saved.name, saved.voxels, Origin(kind="saved AIF"))
            self._screen.say(f"Loaded {int(saved.voxels.sum())} voxels of {path.name}.")

    def _offer_curve(self, refused: AnotherScan) -> None:
        question = QMessageBox.question(None, "Load an AIF", f"{refused} Use its curve?")
        if question == QMessageBox.StandardButton.Yes:
            saved = refused.saved
            self.take_curve(saved.name, (saved.time, saved.curve, saved.unit))
        else:
            self._screen.say(str(refused))

    def take_curve(
        self, name: str, curve: tuple[Any, Any, str], origin: Origin = CURVE_FILE
    ) -> None:
        """Take a curve without voxels at hand: an empty layer carries it.

        Parameters
        ----------
        name : str
            Of the layer.
        curve : tuple
            Times, s; values; and their unit, "1/s" or "1 (TE-scaled)".
        origin : Origin
            Where it comes from.
        """
        layer = self._vessels.add(name, origin=origin)
        if layer is not None:
            known = {**layer.metadata[KEY], CURVE: curve}
            layer.metadata = {**layer.metadata, KEY: known}
            self._screen.changed()
            self._screen.say(f"The AIF is the curve {name!r}; voxels painted on it replace it.")
