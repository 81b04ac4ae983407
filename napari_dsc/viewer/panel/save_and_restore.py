"""Saving of maps, their methods as a paragraph, and the way back from a record."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtWidgets import QApplication, QInputDialog, QMessageBox

from napari_dsc.core.defaults import LEAKAGE_WHERE
from napari_dsc.core.errors import DscError
from napari_dsc.core.orientation import FACT
from napari_dsc.core.pipeline import LeakageMasks
from napari_dsc.core.provenance import BY_DEFAULT, Origin
from napari_dsc.core.regions import Cleaning
from napari_dsc.core.settings import SETTINGS
from napari_dsc.core.tumour import ENHANCEMENT_NAME
from napari_dsc.core.types import Aif
from napari_dsc.io.dicom_out import existing_dicom
from napari_dsc.io.judgements import read_late
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.io.read_record import Replay, brought, read_record
from napari_dsc.io.region_files import DRAWN, Drawn
from napari_dsc.viewer.aif.aif_files import Keeping
from napari_dsc.viewer.aif.aif_layers import Vessels
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.background.progress_dialog import awaited
from napari_dsc.viewer.background.write_jobs import (
    ask_results_folder,
    known_as,
    record_of,
    save,
    save_dicom,
)
from napari_dsc.viewer.compute.run import Computing
from napari_dsc.viewer.contributions import corrected_layer
from napari_dsc.viewer.file_dialogs import ask_file, ask_folder
from napari_dsc.viewer.layers import BRAIN_CYAN, VOF_BLUE, file_of, to_screen
from napari_dsc.viewer.panel.scan_settings import ScanSettings
from napari_dsc.viewer.panel.stating import Stating, as_read, as_stated
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.regions.all_drawn import drawn_on
from napari_dsc.viewer.regions.enhancement_region import enhancement_of, know_enhancement
from napari_dsc.viewer.regions.region_layer import take_drawn
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import add_mask
from napari_dsc.viewer.screen import Screen
from napari_dsc.viewer.tumour.leakage import put_mask

__all__ = ["Results"]

PAUSE, TRIES = 100, 600  # ms between two looks whether a scan's brain is known, and how many
BUSY = "A run is under way: save again when it is done."
IDENTITY = "DICOM carries the identity of the patient, as the scan does. As which images?"
DICOM_KINDS = {
    "MR images, 16 bit: for every viewer": "classic",
    "Pictures in colour, with scale and words burned in": "capture",
    "Parametric maps: exact numbers, for few viewers": "parametric",
}
CHOOSE = "choose that under The scan holds, then open the record again."
RESTORED = "Everything is as it was when these maps were saved: press Compute."
PARTLY = "Set up as when these maps were saved, but for this; press Compute."
FROM_RECORD = Origin(kind="record")
STOPPED = "The regions were not restored: stopped."


class Results:
    """Saves maps, and opens the records of earlier ones.

    Parameters
    ----------
    viewer : ViewerModel
        Where a record's masks are shown.
    screen : Screen
        Says which scan is at hand.
    inputs : Inputs
        Its widgets.
    computing : Computing
        Writes the maps: one run after the other.
    vessels, keeping : Vessels, Keeping
        What adds the AIF of a record: its voxels, or its curve.
    settings : ScanSettings
        What gives the scan those of its record.
    stating : Stating
        What turns the scan as its record says.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        screen: Screen,
        inputs: Inputs,
        computing: Computing,
        vessels: Vessels,
        keeping: Keeping,
        settings: ScanSettings,
        stating: Stating,
    ) -> None:
        self._viewer, self._screen, self._inputs = viewer, screen, inputs
        self._computing, self._vessels, self._keeping = computing, vessels, keeping
        self._settings, self._stating = settings, stating

    def ask_to_save(self) -> bool:
        """Ask for a folder, and save the maps there; return whether the user named one."""
        scan = self._screen.scan
        if scan is None:
            return False
        folder = ask_results_folder(
            self._inputs.save.native, scan.facts.series, file_of(scan.layer)
        )
        if folder is not None:
            self.save_to(folder)
        return folder is not None

    def save_to(self, folder: Path) -> None:
        """Save the maps of the last run and their record, on a worker thread.

        Parameters
        ----------
        folder : Path
            Made if it does not exist; earlier results there are replaced.
        """
        if self._computing.running:
            self._screen.say(BUSY)
        elif self._screen.scan is not None:
            scan = self._screen.scan
            write = partial(save, drawn=drawn_on(scan), cleaning=scan.layers.cleaning)
            self._computing.save(scan, folder, write)

    def ask_to_save_dicom(self) -> None:
        """Ask as which images and where to, and save the maps as DICOM."""
        scan, parent = self._screen.scan, self._inputs.save_dicom.native
        if scan is None:
            return
        words, accepted = QInputDialog.getItem(
            parent, "Save DICOM", IDENTITY, list(DICOM_KINDS), 0, False
        )
        folder = ask_folder(parent, "Folder for DICOM") if accepted else None
        if folder is not None:
            kind = DICOM_KINDS[words]
            standing = existing_dicom(folder, kind)
            if standing:
                question = f"Replace {len(standing)} earlier DICOM files in {folder.name}?"
                answer = QMessageBox.question(parent, "Save DICOM", question)
                if answer != QMessageBox.StandardButton.Yes:
                    return
            self.save_dicom_to(folder, kind)

    def save_dicom_to(self, folder: Path, kind: str = "classic") -> None:
        """Save the maps of the last run as DICOM, on a worker thread.

        Parameters
        ----------
        folder : Path
            Made if it does not exist; earlier files of that kind there are replaced.
        kind : str
            "classic", "capture" or "parametric".
        """
        if self._computing.running:
            self._screen.say(BUSY)
        elif self._screen.scan is not None:
            self._computing.save(self._screen.scan, folder, partial(save_dicom, kind))

    def copy_methods(self) -> None:
        """Put what was done on the clipboard, as a paragraph with its references."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        record = record_of(
            *scan.results.run, file_of(scan.layer), scan.layers.cleaning, drawn_on(scan)
        )
        text = "\n\n".join([methods_paragraph(record), *citations(record)])
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
        self._screen.say("The methods are on the clipboard, with their references.")

    def ask_to_open(self) -> None:
        """Ask for a record, and open it."""
        path = ask_file(None, "Open a record", "Record (*.json)")
        if path is not None:
            self.open_from(path)

    def open_from(self, path: Path) -> None:
        """Set everything as it was when maps of the scan at hand were saved.

        Parameters
        ----------
        path : Path
            A `record.json`. One of another scan is refused, and nothing is changed.
        """
        scan = self._screen.scan
        if scan is None:
            self._screen.say("Open the scan first: a record belongs to one.")
            return
        try:
            record = read_record(path)
            file, series = file_of(scan.layer), scan.facts.series
            sha256 = awaited("Comparing the scan", lambda: known_as(series, file))
            codes = record.choices.get(FACT)
            record.of(as_stated(series, as_read(scan), codes), sha256)
            if record.quantity != series.quantity:
                raise DscError(f"these maps were made of {record.quantity}: {CHOOSE}")
            self._settings.refuse(self._settings_of(record))
        except DscError as error:
            self._screen.say(str(error))
            return
        self._stating.state(scan, codes)
        if record.moves is not None and series.moves is None:
            self._correct_first(scan, record, path)
            return
        self._set_masks(scan, record)
        told = self._set_drawn(scan, record, path)
        self._set_leakage(scan, record)
        self._set_form(scan, record)
        self._screen.say("\n".join((PARTLY if told else RESTORED, *told, *record.notices)))

    def take(self, record: Replay, drawn: Drawn | None) -> None:
        """Set everything as a record says of the scan at hand, whose own it was found to be.

        Parameters
        ----------
        record : Replay
            Of this scan, turned and moved as it says.
        drawn : Drawn or None
            Regions that lie beside it.

        Raises
        ------
        DscError
            If a setting of it is none.
        """
        scan = self._screen.scan
        if scan is None:
            return
        self._settings.refuse(self._settings_of(record))
        with self._screen.held():  # they are looked at with the form
            self._set_masks(scan, record)
            if drawn is not None:
                self._take_drawn(scan, drawn)
            self._set_leakage(scan, record)
        self._set_form(scan, record)

    def _correct_first(self, scan: Scan, record: Replay, path: Path) -> None:
        """Move the volumes as recorded, into a scan of its own, and open the record on that."""
        series, layer = scan.facts.series, scan.layer
        try:
            moved = awaited("Correcting motion as recorded", lambda: brought(record, series))
        except DscError as error:
            self._screen.say(str(error))
            return
        if moved is not None:
            data, options, _ = corrected_layer(moved, layer.name, file_of(layer))
            made = Image(data, **options)
            self._viewer.add_layer(made)
            self._open_once_proposed(path, made)

    def _open_once_proposed(self, path: Path, layer: Image, tries: int = TRIES) -> None:
        """Open a record on a scan that has just been added, once its brain has been looked for."""
        scan = self._screen.scan
        if scan is not None and scan.layer is layer and scan.facts.proposed:
            self.open_from(path)
        elif layer in self._viewer.layers and tries:
            again = partial(self._open_once_proposed, path, layer, tries - 1)
            soon(self._inputs.open_record.native, again, PAUSE)

    def _set_masks(self, scan: Scan, record: Replay) -> None:
        """Put the record's AIF at hand, and its brain and vein in their places."""
        artery = record.artery
        if isinstance(artery, Aif):
            aif = record.content["aif"]
            curve = np.array(aif["time_s"]), artery.curve, str(aif["curve_unit"]), artery.scaled_by
            self._keeping.take_curve("AIF of the record", curve)
        else:
            self._vessels.add("AIF of the record", artery, record.origins.aif or FROM_RECORD)
        brain, vein = scan.layers.brain, scan.layers.vein
        if brain is None:
            brain = add_mask(self._viewer, scan, "Brain", BRAIN_CYAN, role="brain")
        brain.data = to_screen(record.brain, scan.place).astype(np.uint8)
        scan.chosen(brain, record.origins.brain or FROM_RECORD)
        if record.vein is not None:
            if vein is None:
                vein = add_mask(self._viewer, scan, "VOF", VOF_BLUE, role="VOF")
            vein.data = to_screen(record.vein, scan.place).astype(np.uint8)
            scan.chosen(vein, record.origins.vof or FROM_RECORD)
        scan.layers.choose(brain=brain, vein=vein)
        if record.tumour is not None:
            _, _, choice, scale, _ = record.tumour
            scan.layers.read_tumour_as(choice)
            scan.layers.read_on(scale)

    def _set_leakage(self, scan: Scan, record: Replay) -> None:
        """Put the masks of the record's correction for leakage in their places; None: none.

        What enhances was drawn before. Where it was the region by default it is so again; where
        there was none an empty layer keeps it from becoming one.
        """
        known = record.leakage or LeakageMasks()
        region, origin = known.region, known.region_origin
        enhancing = enhancement_of(scan)
        if enhancing is not None and origin is not None and BY_DEFAULT in origin.notes:
            if region is not None and np.array_equal(region, enhancing & record.brain):
                notes = tuple(one for one in origin.notes if one != BY_DEFAULT)
                know_enhancement(scan, replace(origin, notes=notes))
                region = None
        elif enhancing is not None and region is None and _within_a_region(record):
            region = np.zeros_like(enhancing)
        chosen = {
            "leakage_region": (region, origin),
            "leakage_reference": (known.reference, known.reference_origin),
        }
        for role, (voxels, origin) in chosen.items():
            layer = None
            if voxels is not None:
                layer = put_mask(self._viewer, scan, role, voxels, origin or FROM_RECORD)
            scan.layers.choose(**{role: layer})

    def _set_drawn(self, scan: Scan, record: Replay, path: Path) -> tuple[str, ...]:
        """Show the regions that lie beside a record; return what could not be."""
        from napari_dsc.report.read_regions import drawn_beside

        if not any(one in record.files for one in DRAWN):
            return ()
        read = awaited("Reading the regions", lambda: drawn_beside(path))
        drawn, told = (None, (STOPPED,)) if read is None else read
        return told if drawn is None else (*told, *self._take_drawn(scan, drawn))

    def _take_drawn(self, scan: Scan, drawn: Drawn) -> tuple[str, ...]:
        """Show regions of a record, and keep where what enhances comes from."""
        told = take_drawn(self._viewer, scan, drawn)
        if ENHANCEMENT_NAME in drawn.names.values():
            know_enhancement(scan, FROM_RECORD)
        return told

    def _set_form(self, scan: Scan, record: Replay) -> None:
        settings = record.settings
        found, late = scan.facts.found, read_late(record.content)
        if record.leave_out is None:  # what the program found when the record was written
            last = record.end or record.shape[-1]
            found = tuple(one for one in record.left_out if one < last)
        scan.facts.take_record(
            repetition_time=record.repetition_time,
            echo_time=record.echo_time,
            flip_angle=record.flip_angle,
            preload=record.preload,
            baseline=settings.baseline,
            window=settings.window,
            checked=record.checked,
            found=found,
            leave_out=record.leave_out,
            end=record.end,
            series=replace(
                scan.facts.series, slice_times=record.slice_times, slice_axis=record.slice_axis
            ),
        )
        self._settings.take(scan, self._settings_of(record))
        scan.layers.clean(Cleaning() if late is None else late.cleaning)
        self._screen.show(scan)
        self._screen.changed.emit()

    def _settings_of(self, record: Replay) -> dict[str, Any]:
        """Method, scale and switches of a record, by the names of their widgets."""
        rows = (SETTINGS[name] for name in self._inputs.of_the_scan)
        known = {row.name: row.in_record(record.content) for row in rows}
        known["vein"] = record.vein is not None  # a curve without voxels is scaled already
        return {name: value for name, value in known.items() if value is not None}


def _within_a_region(record: Replay) -> bool:
    """Whether a record has corrected leakage in a region, be it empty."""
    return record.leakage is not None and record.settings.leakage_where == LEAKAGE_WHERE
