"""The widgets of the panel: what the user sets, and the settings that these describe."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    FloatSpinBox,
    LineEdit,
    ProgressBar,
    PushButton,
    RangeSlider,
    SpinBox,
)
from magicgui.widgets.bases import ValueWidget
from qtpy.QtWidgets import QLabel, QWidget

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.defaults import CONTENT
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.settings import SETTINGS, Settings, settings_from
from napari_dsc.core.types import Content
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.method_form import lay_out, widget_of
from napari_dsc.viewer.panel.label_choice import label_box
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import masks_of, scans_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Inputs"]

Widget = TypeVar("Widget", bound=ValueWidget[Any])
FIRST = 10  # volumes of a baseline, while there is no scan
AS_FOUND = "as found"
LONGEST_TR, LONGEST_TE = 60.0, 0.9999  # s


def _seconds(label: str, longest: float, tooltip: str) -> FloatSpinBox:
    """Time in s, of which 0 says that it is unknown."""
    spin = FloatSpinBox(label=label, value=0.0, min=0.0, max=longest, step=0.0001, tooltip=tooltip)
    spin.native.setSpecialValueText("unknown")
    spin.native.setSingleStep(0.001)
    spin.native.setKeyboardTracking(False)  # what is typed counts once it is whole
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
    buttons : mapping of str to PushButton
        Those of the table, by name; each is an attribute too.

    Attributes
    ----------
    of_settings : mapping of str to ValueWidget
        Widgets of all settings, by the names of their rows in `SETTINGS`.
    svd_threshold, oscillation_index, hematocrit_ratio, density : FloatSpinBox
        Parameters, as methods and scale declare them; likewise those that others declare.
    artery_label, vein_label : ComboBox
        Which label is meant, where a layer holds several.
    """

    cancel: PushButton
    compute: PushButton
    open_record: PushButton
    propose: PushButton
    restore: PushButton
    save: PushButton
    save_dicom: PushButton

    def __init__(
        self, viewer: "ViewerModel", buttons: Mapping[str, PushButton] = MappingProxyType({})
    ) -> None:
        self._arrivals: tuple[int, ...] = ()
        self.of_settings: Mapping[str, ValueWidget[Any]] = {
            name: widget_of(row) for name, row in SETTINGS.items()
        }

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
        self.slice_timing = self._of("slice_timing", CheckBox)
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
        self.baseline = self._of("baseline", RangeSlider)
        self.baseline.value = (0, FIRST)
        self.first_pass = self._of("window", RangeSlider)
        self.leave_out = self._of("leave_out", LineEdit)
        self.end = self._of("end", SpinBox)
        self.volumes: dict[str, ValueWidget[Any]] = {"leave_out": self.leave_out, "end": self.end}
        self.end.native.setKeyboardTracking(False)
        self.leave_out.native.setPlaceholderText(AS_FOUND)
        self.vein = ComboBox(
            label="Vein (VOF)",
            choices=masks,
            nullable=True,
            tooltip="Labels layer with venous voxels: the venous output function.",
        )
        self.labels = {
            f"{vessel}_label": label_box(f"Label of the {vessel}") for vessel in ("artery", "vein")
        }
        self.rescale = self._of("vein", CheckBox)
        self.gamma = CheckBox(
            text="Gamma variate",
            tooltip="Fit of the first pass, drawn over the curve. The maps use the curve itself.",
        )
        self.region = ComboBox(
            label="Search region",
            choices=masks,
            nullable=True,
            tooltip="Labels layer in which proposals are looked for; without one, the brain.",
        )
        self.live = CheckBox(
            text="Live",
            tooltip="Refresh the maps after every change, the slice on screen first.",
        )
        self.probe = CheckBox(
            text="Probe (hold Q)",
            tooltip="The voxel under the cursor stands for the AIF, for the slice on screen.",
        )
        self.method = self._of("deconvolution_method", ComboBox)
        self.parameters, self.scale = self._numbers("method"), self._numbers("scale")
        self.ttp_from = self._of("ttp_from", ComboBox)
        self.progress = ProgressBar(value=0, max=100)
        self.facts, self.status = QLabel(), QLabel()
        for name, widget in {**buttons, **self.parameters, **self.scale, **self.labels}.items():
            setattr(self, name, widget)
        self.method.changed.connect(self.show_method)

    def _of(self, name: str, kind: type[Widget]) -> Widget:
        """Widget of a setting, as what it is."""
        widget = self.of_settings[name]
        if not isinstance(widget, kind):
            raise TypeError(f"{name} must be a {kind.__name__}.")
        return widget

    def _numbers(self, owner: str) -> dict[str, ValueWidget[Any]]:
        """Widgets of the numbers that belong to a field of `Settings`."""
        return {
            name: self.of_settings[name]
            for name, row in SETTINGS.items()
            if row.owner == owner and row.kind == "number"
        }

    def place(self, panel: QWidget, rows: Mapping[str, Sequence[Sequence[str]]]) -> None:
        """Lay everything out in a panel; rows are names of widgets side by side, by section."""
        side = {
            title: [tuple(getattr(self, name) for name in row) for row in lines]
            for title, lines in rows.items()
        }
        restore, *workshop = side["AIF workshop"]
        confirm, *actions = side[""]
        lay_out(
            panel,
            {
                "Scan": [
                    self.series,
                    self.repetition_time,
                    self.echo_time,
                    self.quantity,
                    self.bolus,
                    *side["Scan"],
                    self.facts,
                ],
                "Regions": [
                    self.artery,
                    self.labels["artery_label"],
                    self.brain,
                    self.baseline,
                    self.first_pass,
                    self.leave_out,
                    self.end,
                    *side["Regions"],
                ],
                "AIF workshop": [
                    restore,
                    self.region,
                    self.vein,
                    self.labels["vein_label"],
                    *workshop,
                ],
                "Method": [self.method, *self.parameters.values(), *side.get("Method", [])],
                "Units": [*self.scale.values(), self.ttp_from, *side.get("Units", [])],
            },
            [self.status, confirm, *actions, QLabel(RESEARCH_USE)],
        )
        self.show_method()

    def show_method(self) -> None:
        """Show the parameters that the chosen method has, and say what it is."""
        own = parameters_of(DECONVOLVERS[self.method.value])
        for name, widget in self.parameters.items():
            widget.visible = name in own
        self.method.tooltip = (DECONVOLVERS[self.method.value].__doc__ or "").split("\n")[0]

    def refresh(self, scan: Scan | None) -> None:
        """Enable what can be entered of a scan now, and show what is known of it."""
        self.slice_timing.enabled = scan is not None and scan.facts.series.slice_times is not None
        self.facts.setText("" if scan is None else scan.in_words())
        self.facts.setVisible(scan is not None)
        self.quantity.enabled = scan is not None and scan.facts.proposed
        self.echo_time.enabled = scan is None or scan.facts.series.quantity == "signal"
        self.show_boluses(scan)

    def show_boluses(self, scan: Scan | None) -> None:
        """Let the user choose between the passages of a bolus, where a scan holds several."""
        self._arrivals = () if scan is None else scan.facts.boluses
        with self.bolus.changed.blocked():
            self.bolus.reset_choices()
            self.bolus.value = scan.facts.bolus if scan is not None and self._arrivals else None
        self.bolus.visible = bool(self._arrivals)

    @property
    def of_the_scan(self) -> dict[str, ValueWidget[Any]]:
        """Widgets of the settings that each scan has of its own, by their names."""
        of_volumes = ("span", "volumes", "end")
        rows = (row for row in SETTINGS.values() if row.kind not in of_volumes)
        return {row.name: self.of_settings[row.name] for row in rows}

    def settings(self, baseline: tuple[int, int], window: tuple[int, int] | None) -> Settings:
        """Snapshot of the form.

        Raises
        ------
        DscError
            If a value is out of its range.
        """
        values = {name: self.of_settings[name].value for name, row in SETTINGS.items() if row.owner}
        return settings_from({**values, "baseline": baseline, "window": window})
