"""AIFs in files: saved and loaded."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QMessageBox

from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import bridged_of
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.provenance import Origin
from napari_dsc.core.types import Aif, FloatArray
from napari_dsc.io.aif import (
    AnotherScan,
    GivenCurve,
    SavedAif,
    load_curve,
    read_aif,
    scan_fingerprint,
    write_aif,
    write_curve,
)
from napari_dsc.viewer.aif.aif_layers import Vessels, candidates_of
from napari_dsc.viewer.compute.snapshot import NO_VEIN, FormReading
from napari_dsc.viewer.file_dialogs import ask_file, ask_new_file
from napari_dsc.viewer.layers import KEY, file_of
from napari_dsc.viewer.scan.scan import CURVE, Scan
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari.layers import Labels

AS_MEASURED = " It is as it was measured: fit and shift are settings, which a record keeps."
__all__ = ["Keeping"]

AGAIN = "; Scale AIF to VOF is on, and brings its area to that of the VOF of this scan."
NOT_AGAIN = "; leave Scale AIF to VOF off to use it as it is."
CURVE_FILE = Origin(kind="curve file")
FILES = "AIF with its voxels (*.json);;Curve alone, s and 1/s (*.csv)"


class Keeping:
    """Saves and loads AIFs.

    Parameters
    ----------
    screen : Screen
        Says which scan is at hand.
    vessels : Vessels
        What adds a loaded AIF.
    reading : FormReading
        Tells how the AIF would be used now.
    """

    def __init__(self, screen: Screen, vessels: Vessels, reading: FormReading) -> None:
        self._screen, self._vessels, self._reading = screen, vessels, reading

    def ask_to_save(self) -> bool:
        """Ask where to, and save the AIF at hand; return whether the user named a file."""
        path = ask_new_file(None, "Save the AIF", "aif.json", FILES)
        if path is not None:
            self.save_to(path)
        return path is not None

    def save_to(self, path: Path) -> None:
        """Save the AIF at hand: as JSON with its voxels, or its curve alone as CSV.

        Parameters
        ----------
        path : Path
            Ends in `.json` or `.csv`; replaced if it exists.
        """
        scan = self._screen.scan
        layer = None if scan is None else scan.layers.artery
        try:
            if scan is None or layer is None:
                raise DscError("Open a scan and draw an artery first.")
            unit = "1/s" if scan.facts.settled.echo_time else "1 (TE-scaled)"
            aif, time = self._at_hand(scan, layer)
            if path.suffix.lower() == ".csv":
                between = _bridged_in(scan) if aif.voxels.any() else []
                write_curve(path, time, aif.curve, unit, aif.scaled_by, between)
            else:
                write_aif(path, self._saved(scan, layer.name, aif, time, unit), scan.shape)
        except DscError as error:
            self._screen.say(str(error))
        else:
            scaled = "" if aif.scaled_by == 1 else f", scaled to the VOF by {aif.scaled_by:.3g}"
            recipe = self._reading.settings(scan).recipe
            shaped = AS_MEASURED if recipe.gamma_variate or recipe.shift else ""
            self._screen.say(f"Saved the AIF{scaled}, in {path.name}.{shaped}")

    def _at_hand(self, scan: Scan, layer: "Labels") -> tuple[Aif, FloatArray]:
        """AIF as a run would use it now, without fit and shift, and the times of its samples.

        Those two are settings: they would be made of a loaded curve once more.
        """
        reading, vein_layer = self._reading, scan.layers.vein
        if reading.scales and vein_layer is None:
            raise DscError(NO_VEIN)
        artery = scan.input_of(layer)
        if artery is None:
            raise DscError("Choose the mask that holds the artery.")
        vein = scan.mask(vein_layer) if reading.scales else None
        settings = reading.settings(scan)
        aif, time = scan.arterial_input(artery, vein, settings)
        return settings.recipe.measured(aif), time

    def _saved(self, scan: Scan, name: str, aif: Aif, time: FloatArray, unit: str) -> SavedAif:
        fingerprint = _fingerprint_of(scan)
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
            fingerprint=fingerprint,
            verdicts=words,
            scaled_by=aif.scaled_by,
        )

    def ask_to_load(self) -> None:
        """Ask for a file, and load its AIF."""
        path = ask_file(None, "Load an AIF", "AIF or curve (*.json *.csv *.txt *.tsv)")
        if path is not None:
            self.load_from(path)

    def load_from(self, path: Path) -> None:
        """Load an AIF onto a layer of its own, and take it at hand.

        Parameters
        ----------
        path : Path
            JSON from `save_to`, or text as `load_curve` takes it. Of a JSON from another scan
            the curve is offered.
        """
        scan = self._screen.scan
        if scan is None:
            self._screen.say("Open the scan first: an AIF belongs to one.")
            return
        try:
            if path.suffix.lower() != ".json":
                self.take_curve(path.stem, load_curve(path, scan.facts.settled))
                return
            saved = read_aif(path, _fingerprint_of(scan), scan.shape)
        except AnotherScan as error:
            self._offer_curve(error)
            return
        except DscError as error:
            self._screen.say(str(error))
            return
        if saved.voxels is None:
            self.take_curve(saved.name, _curve_of(saved))
        else:
            self._vessels.add(saved.name, saved.voxels, Origin(kind="saved AIF"))
            self._screen.say(
                f"Loaded {voxel_words(int(saved.voxels.sum()))} of {path.name}.{self._now(saved)}"
            )

    def _offer_curve(self, refused: AnotherScan) -> None:
        question = QMessageBox.question(None, "Load an AIF", f"{refused} Use its curve?")
        if question == QMessageBox.StandardButton.Yes:
            self.take_curve(refused.saved.name, _curve_of(refused.saved))
        else:
            self._screen.say(str(refused))

    def _now(self, saved: SavedAif) -> str:
        """Say how the curve of voxels is scaled now, where it was scaled when they were saved."""
        if saved.scaled_by == 1:
            return ""
        then = f" Their curve was scaled to a VOF then (by {saved.scaled_by:.3g}); "
        if self._reading.scales:
            return f"{then}now it is scaled to the VOF of this scan."
        return f"{then}now it is not: Scale AIF to VOF is off."

    def take_curve(self, name: str, curve: tuple[Any, ...], origin: Origin = CURVE_FILE) -> None:
        """Take a curve without voxels at hand: an empty layer carries it.

        Parameters
        ----------
        name : str
            Of the layer.
        curve : tuple
            Times, s; values; their unit, "1/s" or "1 (TE-scaled)"; and, where it was scaled to a
            VOF already, by what: the fields of `GivenCurve`.
        origin : Origin
            Where it comes from.
        """
        layer = self._vessels.add(name, origin=origin)
        if layer is not None:
            given = GivenCurve(*curve)
            known = {**layer.metadata[KEY], CURVE: given}
            layer.metadata = {**layer.metadata, KEY: known}
            self._screen.look()
            words = [f"The AIF is the curve {name!r}; voxels painted on it replace it."]
            if given.scaling:
                words.append(f"{given.scaling}{AGAIN if self._reading.scales else NOT_AGAIN}")
            self._screen.say(" ".join([*words, *given.notices]))


def _bridged_in(scan: Scan) -> list[int]:
    """Samples of a curve of this scan that were not measured: a line stands for them."""
    facts, start = scan.facts, int(scan.facts.retained.start)
    held = bridged_of(facts.series.n_volumes, start, facts.left_out or ())
    return [one - start for one in held]


def _fingerprint_of(scan: Scan) -> str:
    """What identifies a scan's content; worked out once."""
    if scan.facts.fingerprint is None:
        scan.facts.know_fingerprint(scan_fingerprint(scan.facts.series, file_of(scan.layer)))
    return str(scan.facts.fingerprint)


def _curve_of(saved: SavedAif) -> GivenCurve:
    """What is left of a saved AIF without its voxels."""
    return GivenCurve(saved.time, saved.curve, saved.unit, saved.scaled_by)
