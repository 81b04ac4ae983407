"""The screen: what a feature may ask of the window that it is a part of."""

from collections.abc import Collection
from typing import Protocol

from magicgui.widgets import CheckBox, ComboBox, PushButton, RangeSlider
from magicgui.widgets.bases import ValueWidget

from napari_dsc.core.pipeline import Settings
from napari_dsc.viewer.compute.snapshot import Snapshot
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.overlays import Marks
from napari_dsc.viewer.scan.scan import Scan

__all__ = ["FormReading", "Screen"]


class FormReading(Protocol):
    """The form of the panel, as it reads now."""

    @property
    def scales(self) -> bool:
        """Whether the AIF is scaled to the VOF."""
        ...

    def settings(self, scan: Scan) -> Settings:
        """How the maps of a scan would be computed now."""
        ...

    def differs(self, made_from: Snapshot | None, but: Collection[str] = ()) -> bool:
        """Whether a run would now compute something else than one did; see `Snapshot.differs`."""
        ...

    def snapshot(self) -> Snapshot:
        """Everything that decides what a run would compute now.

        Raises
        ------
        DscError
            If something is missing, or a value is out of its range.
        """
        ...


class Screen(Protocol):
    """The panel, as those see it who do one thing for it."""

    scan: Scan | None
    marks: Marks
    curves: Curves
    series: ComboBox
    baseline: RangeSlider
    compute: PushButton
    method: ComboBox
    artery: ComboBox
    brain: ComboBox
    vein: ComboBox
    region: ComboBox
    svd_threshold: ValueWidget[float]
    gamma: CheckBox
    slice_timing: CheckBox
    correct_motion: PushButton
    probe: CheckBox
    propose: PushButton
    propose_vof: PushButton
    new_aif: PushButton
    compare: PushButton
    save_aif: PushButton
    load_aif: PushButton
    restore: PushButton

    @property
    def reading(self) -> FormReading:
        """What the form says now."""
        ...

    def say(self, words: str) -> None:
        """Say something in the status line."""
        ...

    def edited(self) -> None:
        """Look at the masks again: one has changed."""
        ...

    def changed(self) -> None:
        """Something that decides the maps has changed."""
        ...

    def fill(self) -> None:
        """Show the layers of the scan at hand in the form."""
        ...

    def reset_choices(self) -> None:
        """Bring the lists of layers up to date."""
        ...

    def refresh_state(self) -> None:
        """Enable what can be done now."""
        ...
