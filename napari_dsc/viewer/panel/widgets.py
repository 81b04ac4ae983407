"""The widgets of the panel: what the user sets, and the settings that these describe."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    FloatSpinBox,
    LineEdit,
    ProgressBar,
    PushButton,
    SpinBox,
)
from magicgui.widgets.bases import ValueWidget
from qtpy.QtWidgets import QLabel, QWidget

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.defaults import CONTENT, READING
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.protocol import Protocol
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.core.settings import SETTINGS, Settings, settings_from
from napari_dsc.core.time_units import LARGEST_FLIP
from napari_dsc.core.types import Content
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.method_form import VolumeRange, block, widget_of, wrapped
from napari_dsc.viewer.panel.label_choice import label_box
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import masks_of, scans_of
from napari_dsc.viewer.tumour.leakage import DEFAULT_REGION, where_corrected

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["PRELOADS", "Inputs"]

Widget = TypeVar("Widget", bound=ValueWidget[Any])
FIRST = 10  # volumes of a baseline, while there is no scan
TUMOUR = "tumour"  # a key of READINGS: what leakage is asked for
AS_FOUND = "as proposed"
PRELOADS = ("unknown", "yes", "no")
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
    compare: PushButton
    compute: PushButton
    open_record: PushButton
    open_scan: PushButton
    propose: PushButton
    restore: PushButton
    save: PushButton
    save_dicom: PushButton

    def __init__(
        self, viewer: "ViewerModel", buttons: Mapping[str, PushButton] = MappingProxyType({})
    ) -> None:
        self._arrivals: tuple[int, ...] = ()
        self._of_scan: Scan | None = None  # whose facts are shown
        self._buttons = buttons
        self.of_settings: Mapping[str, ValueWidget[Any]] = {
            name: widget_of(row) for name, row in SETTINGS.items()
        }

        def masks(_widget: Any) -> list[Any]:
            return masks_of(viewer)

        def scans(_widget: Any) -> list[Any]:
            return scans_of(viewer)

        self._make_scan(scans)
        self._make_volumes()
        self._make_vessels(masks)
        self._make_leakage(masks)
        self._make_curve()
        self._make_method()
        self._make_runs()
        self.progress = ProgressBar(value=0, max=100)
        self.facts, self.status = QLabel(), QLabel()
        named = {**buttons, **self.parameters, **self.scale, **self.shape, **self.labels}
        for name, widget in named.items():
            setattr(self, name, widget)
        self.method.changed.connect(self.show_method)

    def _make_scan(self, scans: Callable[[Any], list[Any]]) -> None:
        """Widgets of the scan, and of what its file may not say."""
        self.series = ComboBox(
            label="Scan",
            choices=scans,
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

    def _make_volumes(self) -> None:
        """Widgets of which volumes are used, and as what."""
        self.baseline = self._of("baseline", VolumeRange)
        self.baseline.value = (0, FIRST)
        self.first_pass = self._of("window", VolumeRange)
        self.leave_out = self._of("leave_out", LineEdit)
        self.end = self._of("end", SpinBox)
        self.volumes: dict[str, ValueWidget[Any]] = {"leave_out": self.leave_out, "end": self.end}
        self.end.native.setKeyboardTracking(False)
        self.leave_out.native.setPlaceholderText(AS_FOUND)

    def _make_vessels(self, masks: Callable[[Any], list[Any]]) -> None:
        """Widgets of brain, artery and vein, and of where these are searched."""
        self.artery = ComboBox(
            label="Artery (AIF)",
            choices=masks,
            nullable=True,
            tooltip="Mask of the arterial voxels. Press Draw AIF, or Shift+click voxels.",
        )
        self.brain = ComboBox(
            label="Brain",
            choices=masks,
            nullable=True,
            tooltip="Mask of the voxels to compute; without one, the whole image.",
        )
        self.vein = ComboBox(
            label="Vein (VOF)",
            choices=masks,
            nullable=True,
            tooltip="Mask of venous voxels: their mean curve is the venous output function.",
        )
        self.labels = {
            f"{vessel}_label": label_box(f"Label of the {vessel}") for vessel in ("artery", "vein")
        }
        self.region = ComboBox(
            label="Search region",
            choices=masks,
            nullable=True,
            tooltip="Mask in which AIF and VOF are looked for; without one, the brain.",
        )

    def _make_curve(self) -> None:
        """Widgets of how the voxels of artery and vein become the curve that is used."""
        self.rescale = self._of("vein", CheckBox)
        self.gamma = CheckBox(
            text="Gamma variate",
            tooltip="Fit of the first pass, drawn over the curve, with its t0, a and b. The maps "
            "use the curve itself, unless the gamma variate is taken as AIF.",
        )
        self.aif_gamma_variate = self._of("aif_gamma_variate", CheckBox)
        self.aif_average = self._of("aif_average", ComboBox)
        self.aif_shift = self._of("aif_shift", FloatSpinBox)
        self.aif_shift.native.setKeyboardTracking(False)  # what is typed counts once it is whole

    def _make_method(self) -> None:
        """Widgets of how maps are computed, and for whom."""
        self.reading = ComboBox(
            label="Read for",
            choices=[one.name for one in READINGS.values()],
            value=READINGS[READING].name,
            tooltip="Order and look of the maps, and order of the report. "
            + " ".join(f"{one.name}: {one.sentence}" for one in READINGS.values()),
        )
        self.method = self._of("deconvolution_method", ComboBox)
        self.parameters, self.scale = self._numbers("method"), self._numbers("scale")
        self.bolus_maps, self.shape = self._of("bolus_maps", CheckBox), self._numbers("shape")
        self.ttp_from = self._of("ttp_from", ComboBox)
        self.times_by = self._of("times_by", ComboBox)
        self.cbv = self._of("cbv", ComboBox)
        self.denoise = self._of("denoise", ComboBox)
        self.spread = self._of("spread", CheckBox)

    def _make_runs(self) -> None:
        """Widgets of when maps are computed."""
        self.live = CheckBox(
            text="Live",
            tooltip="Refresh the maps after every change, the slice on screen first.",
        )
        self.probe = CheckBox(
            text="Probe (hold Q)",
            tooltip="Ticked, or while Q is held: the slice on screen is computed with the voxel "
            "under the cursor as the AIF.",
        )
        self.automatic = CheckBox(
            text="Automatic",
            tooltip="A scan that is opened gets its AIF and its maps by itself. The AIF is marked "
            "as not looked at until you have.",
        )

    def _make_leakage(self, masks: Callable[[Any], list[Any]]) -> None:
        """Widgets of a correction for leakage, and of what the protocol tells of it."""
        self.protocol = QLabel()
        self.aif_echo = self._of("aif_echo", ComboBox)
        self.leakage_model = self._of("leakage_model", ComboBox)
        self.leakage_where = self._of("leakage_where", ComboBox)
        self.leakage_tolerant = self._of("leakage_tolerant", CheckBox)
        self.leakage_model.changed.connect(self.show_leakage)
        self.leakage_where.changed.connect(self.show_leakage)
        self.leakage_region = ComboBox(
            label="Leaky region",
            choices=masks,
            nullable=True,
            tooltip="Where the CBV is corrected: in the region of enhancement, proposed or drawn, "
            "or in another mask. Press Region leaks to take a region that was drawn.",
        )
        self.leakage_region.null_string = DEFAULT_REGION
        self.leakage_region.reset_choices()
        self.leakage_reference = ComboBox(
            label="Leakage reference",
            choices=masks,
            nullable=True,
            tooltip="Mask of white and grey matter that does not enhance; without one, "
            "it is proposed, and shown after Compute.",
        )
        self.flip_angle = FloatSpinBox(
            label="Flip angle (degrees)",
            value=0.0,
            min=0.0,
            max=LARGEST_FLIP,
            step=1.0,
            tooltip="How much leaked contrast agent brightens the signal depends on it. Never "
            "guessed: unknown until the file or you say it.",
        )
        self.flip_angle.native.setSpecialValueText("unknown")
        self.flip_angle.native.setKeyboardTracking(False)
        self.preload = ComboBox(
            label="Preload",
            choices=list(PRELOADS),
            value=PRELOADS[0],
            tooltip="Whether contrast agent was given before the scan, so that leakage brightens "
            "less (T1). No file tells it.",
        )

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

    def elements(self) -> dict[str, QWidget]:
        """Everything that has a place in the panel, by name: blocks, and single widgets.

        It is made once: each widget is in one block.
        """
        blocks = {
            "scan": (self.series, self.repetition_time, self.echo_time, self.quantity, self.bolus),
            "arteries": (self.artery, self.labels["artery_label"], self.aif_echo),
            "volumes": (self.baseline, self.first_pass, self.leave_out, self.end),
            "vessels": (self.region, self.vein, self.labels["vein_label"]),
            "leakage": self._of_leakage(),
            "recipe": (self.aif_average, self.aif_shift),
            "deconvolution": (
                *(self.reading, self.method, *self.parameters.values()),
                *(self.times_by, self.cbv, self.denoise),
            ),
            "units": (*self.scale.values(), self.ttp_from),
            "shape": (self.bolus_maps, *self.shape.values()),
            "brains": (self.brain,),
        }
        single = (
            *("slice_timing", "rescale", "gamma", "live", "probe", "progress", "automatic"),
            *("aif_gamma_variate", "spread", *self._buttons),
        )
        placed = {
            **{name: block(members) for name, members in blocks.items()},
            **{name: getattr(self, name).native for name in single},
            "facts": wrapped(self.facts),
            "status": wrapped(self.status),
            "protocol": wrapped(self.protocol),
            "research": wrapped(QLabel(RESEARCH_USE)),
        }
        self.show_method()  # in their blocks: what has no parent would be shown as a window
        self.show_leakage()
        return placed

    def show_method(self) -> None:
        """Show the parameters that the chosen method has, and say what it is."""
        kind = DECONVOLVERS[self.method.value]
        own = parameters_of(kind)
        for name, widget in self.parameters.items():
            widget.visible = name in own
        self.cbv.visible = kind.central_volume  # else the method has a volume of its own
        first = (kind.__doc__ or "").split("\n")[0]
        self.method.tooltip = " ".join(filter(None, (first, kind.caution)))

    def _of_leakage(self) -> tuple[ValueWidget[Any], ...]:
        """Widgets of a correction for leakage: the model first, which shows the others."""
        masks = (self.leakage_region, self.leakage_reference)
        facts = (self.leakage_tolerant, self.flip_angle, self.preload)
        return (self.leakage_model, self.leakage_where, *masks, *facts)

    def show_leakage(self, *_: Any) -> None:
        """Show what a correction for leakage asks for, once a model is chosen.

        The model itself is offered where a tumour is read for.
        """
        model, where, region, *others = self._of_leakage()
        scan = self._of_scan
        on = model.value != SETTINGS["leakage_model"].default
        model.visible = on or scan is None or scan.layers.reading_key == TUMOUR
        for widget in (where, *others):
            widget.visible = on
        within = on and where.value == SETTINGS["leakage_where"].default
        region.visible = within
        for name in ("region_leaks", "region_tight", "leakage_masks"):
            if name in self._buttons:
                self._buttons[name].visible = on
        self.protocol.setVisible(on)
        if on and scan is not None:
            known = Protocol.of(scan.facts.settled, scan.facts.span)
            corrected = (where_corrected(scan),) if within else ()
            self.protocol.setText("\n".join((*corrected, known.words, *known.doubts)))

    def refresh(self, scan: Scan | None) -> None:
        """Enable what can be entered of a scan now, and show what is known of it."""
        self.slice_timing.enabled = scan is not None and scan.facts.series.slice_times is not None
        self.facts.setText("" if scan is None else scan.in_words())
        self.facts.setVisible(scan is not None)
        two = scan is not None and scan.facts.series.early is not None
        self.aif_echo.visible = two or self.aif_echo.value != SETTINGS["aif_echo"].default
        self.quantity.enabled = scan is not None and scan.facts.proposed
        self.echo_time.enabled = scan is None or scan.facts.series.quantity == "signal"
        self.show_boluses(scan)
        self._of_scan = scan
        self.show_leakage()
        self.reading.enabled = scan is not None
        if scan is not None:
            with self.reading.changed.blocked():
                self.reading.value = scan.layers.reading.name

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
