"""The buttons of the panel: what each is called, when it can be pressed, and what it does.

A new button is a row of `BUTTONS`, and its name in the two tables of `places.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from magicgui.widgets import PushButton

from napari_dsc.core.orientation import is_stated
from napari_dsc.io.dicom_out import STATED_REASON
from napari_dsc.viewer.button_keys import BUTTON_KEYS, give_key, with_key
from napari_dsc.viewer.panel.features import Features
from napari_dsc.viewer.panel.time_inputs import from_header
from napari_dsc.viewer.scan.layer_set import LEAKAGE_ROLES
from napari_dsc.viewer.scan.scan import Scan

__all__ = ["BUTTONS", "Button", "State", "connect", "make_buttons", "refresh"]


REGION, REFERENCE = LEAKAGE_ROLES


class State(NamedTuple):
    """What decides which buttons can be pressed."""

    scan: Scan | None  # the one at hand
    ready: bool  # whether a run can start
    running: bool  # whether one is under way
    busy: bool  # whether anything is
    proposing: bool  # whether an artery or a vein is being looked for
    offered: str  # what was painted before, in words
    several: bool = False  # whether there are two scans

    @property
    def known(self) -> bool:
        """Whether there is a scan whose brain has been looked for."""
        return self.scan is not None and self.scan.facts.proposed

    def of_header(self, name: str) -> bool:
        """Whether the header gives a time: "repetition_time" or "echo_time"."""
        return self.scan is not None and from_header(self.scan, name)

    def entered(self, name: str) -> bool:
        """Whether the user has entered another time than the header gives."""
        return (
            self.scan is not None
            and self.of_header(name)
            and getattr(self.scan.facts, name) is not None
        )

    @property
    def computed(self) -> bool:
        """Whether there are maps, and no others on their way."""
        return not self.running and self.scan is not None and self.scan.results.run is not None

    @property
    def dicom(self) -> bool:
        """Whether there are maps of a scan that came from DICOM, and lie where that says."""
        if not self.computed or self.scan is None:
            return False
        return self.scan.facts.series.dicom and not is_stated(self.scan.facts.series)

    @property
    def no_dicom(self) -> str:
        """Why no DICOM can be written of a scan that came from DICOM; empty if it can."""
        series = None if self.scan is None else self.scan.facts.series
        return STATED_REASON if series is not None and is_stated(series) else ""


def always(_state: State) -> bool:
    """Whatever the state."""
    return True


@dataclass(frozen=True, slots=True)
class Button:
    """A button.

    Parameters
    ----------
    text, tooltip : str
        What it says, and what it does in a sentence.
    act : callable
        What it does.
    usable, visible : callable
        Whether it can be pressed, and whether it is there.
    reason : callable
        Why it cannot be pressed, in place of the tooltip; empty: for no reason to be told.
    """

    text: str
    tooltip: str
    act: Callable[[Features], object]
    usable: Callable[[State], bool] = always
    visible: Callable[[State], bool] | None = None
    reason: Callable[[State], str] | None = None


BUTTONS: Mapping[str, Button] = MappingProxyType(
    {
        "open_scan": Button(
            "Open scan …",
            "A 4-D NIfTI file, or a folder of DICOM images.",
            lambda features: features.doors.ask_scan(),
            lambda state: not state.busy,
        ),
        "edit_tr": Button(
            "Edit TR",
            "Type another repetition time than the header gives, and press Enter.",
            lambda features: features.timing.edit("repetition_time"),
            lambda state: state.of_header("repetition_time"),
        ),
        "header_tr": Button(
            "TR of header",
            "Back to the repetition time of the header.",
            lambda features: features.timing.back_to_header("repetition_time"),
            lambda state: state.entered("repetition_time"),
        ),
        "edit_te": Button(
            "Edit TE",
            "Type another echo time than the header gives, and press Enter.",
            lambda features: features.timing.edit("echo_time"),
            lambda state: state.of_header("echo_time"),
        ),
        "header_te": Button(
            "TE of header",
            "Back to the echo time of the header.",
            lambda features: features.timing.back_to_header("echo_time"),
            lambda state: state.entered("echo_time"),
        ),
        "correct_motion": Button(
            "Motion …",
            "Move every volume onto the baseline, rigidly, which makes a new scan; and see how far "
            "the head had moved.",
            lambda features: features.moving.show_page(),
            lambda state: state.known,
        ),
        "beside": Button(
            "Side by side",
            "The same picture of both scans, each with its name; or the scan at hand alone.",
            lambda features: features.room.beside.toggle(),
            visible=lambda state: state.several,
        ),
        "orientation": Button(
            "Orientation …",
            "The file says wrongly, or not at all, where left, front and top are: correct it.",
            lambda features: features.stating.ask(),
            lambda state: state.known and not state.busy,
        ),
        "confirm": Button(
            "I have checked this",
            "What is said below seems odd. Look at it; if it is right, say so here.",
            lambda features: features.doubts.confirm(),
            visible=lambda state: state.scan is not None and bool(state.scan.facts.doubts),
        ),
        "propose": Button(
            "Propose AIF",
            "Look for arterial voxels in the brain, or in the search region. They are "
            "listed with what was measured: each can be refused.",
            lambda features: features.propose(vein=False),
            lambda state: state.known and not state.proposing,
        ),
        "propose_vof": Button(
            "Propose VOF",
            "Look for voxels of a large vein; they are listed in the same way.",
            lambda features: features.propose(vein=True),
            lambda state: state.known and not state.proposing,
        ),
        "new_aif": Button(
            "New AIF",
            "Another AIF beside the ones there are, on a layer of its own.",
            lambda features: features.vessels.add(),
            lambda state: state.scan is not None,
        ),
        "compare": Button(
            "Workshop …",
            "Voxels of the AIF, comparison of two AIFs, sensitivity and threshold.",
            lambda features: features.workshop.dock(),
        ),
        "save_aif": Button(
            "Save AIF …",
            "Voxels with the objections to them, and curve, as JSON; or the curve as CSV.",
            lambda features: features.keeping.ask_to_save(),
            lambda state: state.scan is not None,
        ),
        "load_aif": Button(
            "Load AIF …",
            "A saved AIF (JSON), or a curve of seconds and 1/s (CSV).",
            lambda features: features.keeping.ask_to_load(),
            lambda state: state.scan is not None,
        ),
        "restore": Button(
            "Restore last painting",
            "",
            lambda features: features.autosaving.restore(),
            visible=lambda state: bool(state.offered),
        ),
        "compute": Button(
            "Compute",
            "Compute the maps of this scan.",
            lambda features: features.compute(),
            lambda state: state.ready,
        ),
        "cancel": Button(
            "Cancel",
            "Stop; earlier maps stay as they are.",
            lambda features: features.cancel(),
            lambda state: state.busy,
        ),
        "save": Button(
            "Save maps …",
            "Maps and masks as NIfTI, with AIF, methods, and a record from which they can be "
            "made again.",
            lambda features: features.results.ask_to_save(),
            lambda state: state.computed,
        ),
        "save_dicom": Button(
            "Save DICOM …",
            "Images for the study of a scan that came from DICOM, marked as research.",
            lambda features: features.results.ask_to_save_dicom(),
            lambda state: state.dicom,
            reason=lambda state: state.no_dicom,
        ),
        "open_record": Button(
            "Open record …",
            "Set everything as it was when maps were saved; if no scan is open, the program "
            "asks for it.",
            lambda features: features.doors.ask_record(),
            lambda state: state.scan is None or state.known,
        ),
        "open_cohort": Button(
            "Open cohort …",
            "Review the results of a cohort, scan by scan: the folder that `napari-dsc cohort` "
            "has written.",
            lambda features: features.doors.ask_cohort(),
            lambda state: not state.busy,
        ),
        "copy_methods": Button(
            "Copy methods",
            "What was done, as a paragraph with its references, to the clipboard.",
            lambda features: features.results.copy_methods(),
            lambda state: state.computed,
        ),
        "region_leaks": Button(
            "Region leaks",
            "The region that is chosen on the page Regions, or was drawn alone, is where leakage "
            "is corrected.",
            lambda features: features.leaking.take(REGION),
            lambda state: state.known and not state.busy,
        ),
        "region_tight": Button(
            "Region does not leak",
            "The region that is chosen on the page Regions, or was drawn alone, is the leakage "
            "reference: white and grey matter that does not enhance.",
            lambda features: features.leaking.take(REFERENCE),
            lambda state: state.known and not state.busy,
        ),
        "leakage_masks": Button(
            "Leakage masks",
            "Show leaky region and leakage reference on the pictures, or hide them.",
            lambda features: features.leaking.show_masks(),
            lambda state: state.known,
        ),
        "show_curves": Button(
            "Curves",
            "Show the curves; in the reading workspace, show them or fold them away.",
            lambda features: features.workspaces.toggle_curves(),
        ),
        "workspace": Button(
            "Workspace",
            "Reading: pictures, and four steps. Workbench: all of napari, and every form.",
            lambda features: features.workspaces.toggle(),
        ),
    }
)


def make_buttons() -> dict[str, PushButton]:
    """Make the buttons, by name.

    None is told to be visible: without a parent yet, it would be a window for a moment.
    """
    return {
        name: give_key(
            PushButton(
                name=name,
                text=row.text,
                tooltip=row.tooltip,
                visible=None if row.visible is None else False,
            )
        )
        for name, row in BUTTONS.items()
    }


def connect(widgets: Mapping[str, PushButton], features: Features) -> None:
    """Have every button do what it is for."""
    for name, row in BUTTONS.items():
        widgets[name].changed.connect(partial(row.act, features))


def refresh(widgets: Mapping[str, PushButton], state: State) -> None:
    """Enable the buttons that can be pressed now, and show those that are to be seen."""
    for name, row in BUTTONS.items():
        widgets[name].enabled = row.usable(state)
        if row.visible is not None:
            widgets[name].visible = row.visible(state)
        if row.reason is not None:
            words = row.reason(state) or row.tooltip
            widgets[name].tooltip = with_key(words, BUTTON_KEYS[row.text])
