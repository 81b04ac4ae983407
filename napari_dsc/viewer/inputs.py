"""The widgets of the panel: what the user sets, and the settings that these describe."""

from typing import TYPE_CHECKING, Any, get_args

from magicgui.widgets import ComboBox, FloatSpinBox, ProgressBar, PushButton, RangeSlider
from qtpy.QtWidgets import QLabel, QWidget

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.maps import Scale
from napari_dsc.core.pipeline import Settings, TtpOrigin
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.forms import form_of, lay_out, method_form, method_of, parameters_of
from napari_dsc.viewer.scan import masks_of, scans_of

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


class Inputs:
    """Every widget of the panel, and the texts between them.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers there are to choose from.
    """

    def __init__(self, viewer: "ViewerModel") -> None:
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
        self.method = ComboBox(label="Deconvolution", choices=list(DECONVOLVERS), value="oSVD")
        self.parameters = method_form()
        self.scale = form_of(Scale)
        self.ttp_from = ComboBox(
            label="TTP counts from",
            choices=list(get_args(TtpOrigin)),
            tooltip="The bolus arrival is that of the brain's mean curve (CAPLEX Q.CD1.010).",
        )
        self.compute = PushButton(text="Compute", tooltip="Compute the six maps of this scan.")
        self.cancel = PushButton(text="Cancel", tooltip="Stop; earlier maps stay as they are.")
        self.progress = ProgressBar(value=0, max=100)
        self.save = PushButton(
            text="Save maps …", tooltip="NIfTI with the scan's geometry, and record.json."
        )
        self.show_curves = PushButton(text="Curves", tooltip="Show the curve dock.")
        self.facts, self.status = QLabel(), QLabel()
        self.method.changed.connect(self.show_method)

    def place(self, panel: QWidget) -> None:
        """Lay everything out in a panel."""
        lay_out(
            panel,
            {
                "Scan": [self.series, self.repetition_time, self.echo_time, self.facts],
                "Regions": [self.artery, self.brain, self.baseline],
                "Method": [self.method, *self.parameters.values()],
                "Units": [*self.scale.values(), self.ttp_from],
            },
            [
                self.status,
                [self.compute, self.cancel],
                [self.progress],
                [self.save, self.show_curves],
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

    def settings(self, baseline: tuple[int, int]) -> Settings:
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
            ttp_from=self.ttp_from.value,
        )
