"""The widgets of the panel: what the user sets, and the settings that these describe."""

from typing import TYPE_CHECKING, Any, get_args

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    FloatSpinBox,
    ProgressBar,
    PushButton,
    RangeSlider,
)
from magicgui.widgets.bases import ValueWidget
from qtpy.QtWidgets import QLabel, QWidget

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.defaults import CONTENT, METHOD, SLICE_TIMING, TTP_FROM
from napari_dsc.core.maps import Scale
from napari_dsc.core.pipeline import Settings, TtpOrigin
from napari_dsc.core.types import Content
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.method_form import form_of, lay_out, method_form, method_of, parameters_of
from napari_dsc.viewer.panel.label_choice import label_box
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import masks_of, scans_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Inputs"]

LONGEST_TR, LONGEST_TE = 60.0, 0.9999  # s


def _seconds(label: str, longest: float, tooltip: str) -> FloatSpinBox:
    """Time in s, of which 0 says that it is unknown."""
    spin = FloatSpinBox(label=label, value=0.0, min=0.0, max=longest, step=0.0001, tooltip=tooltip)
    spin.native.setSpecialValueText("unknown")
    spin.native.setSingleStep(0.001)
    return spin


def _boluses(arrivals: tuple[int, ...]) -> list[tuple[str, int]]:
    """Choices: what each passage is called, and its number from 0."""
    return [
        (f"{number + 1}, arriving at volume {arrival}", number)
        for number, arrival in enumerate(arrivals)
    ]


class Inputs:
    """Every widget of the panel, and the texts between them.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers there are to choose from.
    """

    def __init__(self, viewer: "ViewerModel") -> None:
        self._arrivals: tuple[int, ...] = ()

        def masks(_widget: Any) -> list[Any]:
            return masks_of(viewer)

        self.series = ComboBox(
            label="Scan",
            choices=lambda _widget: scans_of(viewer),
            tooltip="4-D image: a volume for each time point.",
        )
        self.repetition_time = _seconds(
            "Repetition time TR (s)",
            LONGEST_TR,
            "Time from one volume to the next. Never guessed: unknown until it is given.",
        )
        self.echo_time = _seconds(
            "Echo time TE (s)",
            LONGEST_TE,
            "Gives ΔR2* its unit. The maps do not depend on it: it may stay unknown.",
        )
        self.quantity = ComboBox(
            label="The scan holds",
            choices=list(get_args(Content)),
            value=CONTENT,
            tooltip="Signal, as the scanner makes it, falls at the bolus. ΔR2*, which somebody has "
            "computed already, rises: no logarithm is taken of it.",
        )
        self.bolus = ComboBox(
            label="Bolus",
            choices=lambda _widget: _boluses(self._arrivals),
            nullable=True,
            visible=False,
            tooltip="The scan holds several passages of a bolus, such as a preload: which of them "
            "is analysed. What lies behind it is left out.",
        )
        self.correct_motion = PushButton(
            text="Motion …",
            tooltip="Bring every volume onto the baseline, rigidly, as a scan of its own; and see "
            "how far it had moved.",
        )
        self.slice_timing = CheckBox(
            text="Correct slice times",
            value=SLICE_TIMING,
            tooltip="Slices are measured one after the other within TR. Where the file says when, "
            "the artery is brought to the times of each slice.",
        )
        self.confirm = PushButton(
            text="I have checked this",
            visible=False,
            tooltip="What is said below seems odd. Look at it; if it is right, say so here.",
        )
        self.artery = ComboBox(
            label="Artery (AIF)",
            choices=masks,
            nullable=True,
            tooltip="Labels layer with the arterial voxels. Paint on it, or Shift+click.",
        )
        self.brain = ComboBox(
            label="Brain",
            choices=masks,
            nullable=True,
            tooltip="Labels layer with the voxels to compute; without one, the whole image.",
        )
        self.baseline = RangeSlider(
            label="Baseline (volumes)",
            min=0,
            max=60,
            value=(0, 10),
            tooltip="From the first volume of the steady state (earlier ones are discarded) to "
            "the first of the bolus. Can be dragged in the curves too.",
        )
        self.first_pass = RangeSlider(
            label="Window (volumes)",
            min=0,
            max=60,
            value=(0, 60),
            tooltip="Volumes over which CBV integrates, tissue and AIF alike: the whole scan, or "
            "the first pass only. Can be dragged in the curves too.",
        )
        self.vein = ComboBox(
            label="Vein (VOF)",
            choices=masks,
            nullable=True,
            tooltip="Labels layer with venous voxels: the venous output function.",
        )
        self.labels = {
            f"{vessel}_label": label_box(f"Label of the {vessel}") for vessel in ("artery", "vein")
        }
        self.rescale = CheckBox(
            text="Scale AIF to VOF",
            tooltip="Scales the AIF's area to the VOF's: corrects an AIF that shares its voxels "
            "with tissue (partial volume). The factor is said when the maps are done, and stands "
            "in the record.",
        )
        self.gamma = CheckBox(
            text="Gamma variate",
            tooltip="Fit of the first pass, drawn over the curve. The maps use the curve itself.",
        )
        self.propose = PushButton(
            text="Propose AIF",
            tooltip="Look for arterial voxels in the brain, or in the search region. They are "
            "listed with what was measured: each can be refused.",
        )
        self.propose_vof = PushButton(
            text="Propose VOF", tooltip="Look for voxels of a large vein, likewise."
        )
        self.region = ComboBox(
            label="Search region",
            choices=masks,
            nullable=True,
            tooltip="Labels layer in which proposals are looked for; without one, the brain.",
        )
        self.new_aif = PushButton(
            text="New AIF", tooltip="Another AIF beside the ones there are, on a layer of its own."
        )
        self.compare = PushButton(
            text="Workshop …",
            tooltip="Voxels of the AIF, comparison of two AIFs, sensitivity and threshold.",
        )
        self.save_aif = PushButton(
            text="Save AIF …", tooltip="Voxels, curve and verdicts as JSON, or the curve as CSV."
        )
        self.load_aif = PushButton(
            text="Load AIF …", tooltip="A saved AIF (JSON), or a curve of seconds and 1/s (CSV)."
        )
        self.restore = PushButton(text="Restore last painting", visible=False, tooltip="")
        self.live = CheckBox(
            text="Live",
            tooltip="Refresh the maps after every change, the slice on screen first.",
        )
        self.probe = CheckBox(
            text="Probe (hold Q)",
            tooltip="The voxel under the cursor stands for the AIF, for the slice on screen.",
        )
        self.method = ComboBox(label="Deconvolution", choices=list(DECONVOLVERS), value=METHOD)
        self.parameters = method_form()
        self.scale = form_of(Scale)
        self.ttp_from = ComboBox(
            label="TTP counts from",
            choices=list(get_args(TtpOrigin)),
            value=TTP_FROM,
            tooltip="From the start of the scan TTP is CAPLEX Q.CD1.003, from bolus arrival "
            "Q.CD1.010; the arrival is that of the brain's mean curve.",
        )
        self.compute = PushButton(text="Compute", tooltip="Compute the maps of this scan.")
        self.cancel = PushButton(text="Cancel", tooltip="Stop; earlier maps stay as they are.")
        self.progress = ProgressBar(value=0, max=100)
        self.save = PushButton(
            text="Save maps …",
            tooltip="NIfTI with the scan's geometry, masks, AIF, methods, and the record of all.",
        )
        self.save_dicom = PushButton(
            text="Save DICOM …",
            tooltip="Into the study of a scan that came from DICOM, marked as research.",
        )
        self.open_record = PushButton(
            text="Open record …",
            tooltip="Set everything as it was when the maps of this scan were saved.",
        )
        self.copy_methods = PushButton(
            text="Copy methods",
            tooltip="What was done, as a paragraph with its references, to the clipboard.",
        )
        self.show_curves = PushButton(text="Curves", tooltip="Show the curve dock.")
        self.facts, self.status = QLabel(), QLabel()
        self.method.changed.connect(self.show_method)

    def place(self, panel: QWidget) -> None:
        """Lay everything out in a panel."""
        lay_out(
            panel,
            {
                "Scan": [
                    self.series,
                    self.repetition_time,
                    self.echo_time,
                    self.quantity,
                    self.bolus,
                    (self.slice_timing, self.correct_motion),
                    self.facts,
                ],
                "Regions": [
                    self.artery,
                    self.labels["artery_label"],
                    self.brain,
                    self.baseline,
                    self.first_pass,
                    (self.propose, self.compare),
                ],
                "AIF workshop": [
                    (self.restore,),
                    self.region,
                    self.vein,
                    self.labels["vein_label"],
                    (self.propose_vof, self.new_aif),
                    (self.save_aif, self.load_aif),
                    (self.rescale, self.gamma),
                ],
                "Method": [self.method, *self.parameters.values()],
                "Units": [*self.scale.values(), self.ttp_from],
            },
            [
                self.status,
                [self.confirm],
                [self.compute, self.cancel, self.live, self.probe],
                [self.progress],
                [self.save, self.save_dicom, self.show_curves],
                [self.open_record, self.copy_methods],
                QLabel(RESEARCH_USE),
            ],
        )
        self.show_method()

    def show_method(self) -> None:
        """Show the parameters that the chosen method has, and say what it is."""
        own = parameters_of(self.method.value)
        for name, widget in self.parameters.items():
            widget.visible = name in own
        self.method.tooltip = (DECONVOLVERS[self.method.value].__doc__ or "").split("\n")[0]

    def enable(self, scan: Scan | None, *, ready: bool, running: bool) -> None:
        """Enable what can be done with a scan now, and show what is known of it.

        Parameters
        ----------
        scan : Scan or None
            The one at hand.
        ready : bool
            Whether a run can start.
        running : bool
            Whether one is under way.
        """
        self.compute.enabled = ready
        made = not running and scan is not None and bool(scan.result)
        self.save.enabled = self.copy_methods.enabled = made
        self.open_record.enabled = scan is not None and scan.proposed
        self.correct_motion.enabled = scan is not None and scan.proposed
        self.save_dicom.enabled = made and scan is not None and scan.series.dicom
        self.slice_timing.enabled = scan is not None and scan.series.slice_times is not None
        for button in (self.propose, self.propose_vof):
            button.enabled = scan is not None and scan.proposed
        for button in (self.new_aif, self.save_aif, self.load_aif):
            button.enabled = scan is not None
        self.facts.setText("" if scan is None else scan.facts())
        self.facts.setVisible(scan is not None)
        self.quantity.enabled = scan is not None and scan.proposed
        self.echo_time.enabled = scan is None or scan.series.quantity == "signal"
        self.confirm.visible = scan is not None and bool(scan.doubts)
        self.show_boluses(scan)

    def show_boluses(self, scan: Scan | None) -> None:
        """Let the user choose between the passages of a bolus, where a scan holds several."""
        self._arrivals = () if scan is None else scan.boluses
        with self.bolus.changed.blocked():
            self.bolus.reset_choices()
            self.bolus.value = scan.bolus if scan is not None and self._arrivals else None
        self.bolus.visible = bool(self._arrivals)

    @property
    def of_the_scan(self) -> dict[str, ValueWidget[Any]]:
        """Widgets of the settings that each scan has of its own, by their names."""
        return {
            "method": self.method,
            **self.parameters,
            **self.scale,
            "ttp_from": self.ttp_from,
            "slice_timing": self.slice_timing,
            "rescale": self.rescale,
        }

    def settings(self, baseline: tuple[int, int], window: tuple[int, int] | None) -> Settings:
        """Snapshot of the form.

        Raises
        ------
        DscError
            If a value is out of its range.
        """
        return Settings(
            method=method_of(self.method.value, self.parameters),
            scale=Scale(**{name: widget.value for name, widget in self.scale.items()}),
            baseline=baseline,
            window=window,
            ttp_from=self.ttp_from.value,
            slice_timing=bool(self.slice_timing.value),
        )
