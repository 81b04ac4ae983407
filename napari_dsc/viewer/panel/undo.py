"""Undo of every gesture that has changed a scan's masks or facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QWidget

from napari_dsc.core.regions import Cleaning
from napari_dsc.core.settings import SETTINGS
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.regions.lesion_regions import is_lesion
from napari_dsc.viewer.scan.quality_layer import is_quality
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Undoing", "is_painted"]

MOST = 100  # steps of a scan
STILL_HELD = 40  # ms until it is looked again whether a button is held
ONE_ENTRY = 1.5  # s within which changes of one fact are one: digits that are typed
VESSELS = ("AIF", "VOF")
CLEANING = "the cleaning of late tissue"
FACTS: Mapping[str, str] = {  # as the status line calls them
    "repetition_time": "the repetition time",
    "echo_time": "the echo time",
    "baseline": "the baseline",
    "window": "the CBV window",
    "leave_out": "the volumes left out",
    "end": "the end of the scan",
    "checked": "that it was checked",
    "flip_angle": "the flip angle",
    "preload": "the preload",
}


def is_painted(layer: Any) -> bool:
    """Whether a layer is one of ours that masks or regions are painted on."""
    return isinstance(layer, Labels) and KEY in layer.metadata and not is_quality(layer)


class Painted(NamedTuple):
    """Voxels of a layer that a gesture has changed, what they were, and names of regions then."""

    layer: Labels
    where: tuple[NDArray[np.intp], ...]
    before: NDArray[Any]
    names: Mapping[int, str]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one gesture has changed, in words, and all that is needed to take it back."""

    words: str
    painted: tuple[Painted, ...] = ()
    facts: Mapping[str, Any] | None = None  # as they were
    added: tuple[Labels, ...] = ()  # layers
    vessels: Mapping[str, Labels | None] | None = None  # at hand before, by role of `ScanLayers`
    cleaning: Cleaning | None = None  # of late tissue, before
    at: float = 0.0  # s


class Undoing:
    """Compares masks and facts with what they were, whenever a gesture is over.

    It does not matter how they were changed: a stroke, a Shift+click, a tick of the table, a
    proposal, a slider. What the program finds out by itself is no step.

    Parameters
    ----------
    viewer : Viewer
        Whose layers.
    parent : QWidget
        With whom it ends.
    screen : Screen
        Says which scan is at hand.
    held : callable
        Whether a button is held on the picture: a stroke is one step, however long it takes.

    Attributes
    ----------
    changed : SignalInstance
        Emits when something else would be taken back next.
    """

    changed = Signal()

    def __init__(
        self, viewer: "Viewer", parent: QWidget, screen: Screen, held: Callable[[], bool]
    ) -> None:
        self._viewer, self._screen, self._held = viewer, screen, held
        self._steps: dict[Scan, list[Step]] = {}
        self._attended: Scan | None = None
        self._listening = False
        self._known: dict[Labels, NDArray[Any]] = {}  # what each layer held
        self._facts: Mapping[str, Any] | None = None  # of the scan at hand
        self._vessels: Mapping[str, Labels | None] = {}
        self._cleaning: Cleaning | None = None  # of the scan at hand
        self._names: dict[Labels, Mapping[int, str]] = {}  # of the regions of each layer
        self._touched: set[Labels] = set()
        self._added: list[Labels] = []
        self._edited: set[str] = set()
        self._later = QTimer(parent)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.collect)
        screen.shown.connect(self._on_shown)
        screen.edited.connect(self._on_edited)
        screen.chosen.connect(self._soon)

    def listen(self, on: bool) -> None:
        """Follow the layers from now on, or no longer."""
        events = self._viewer.layers.events
        for emitter, hear in (
            (events.inserted, self._on_inserted),
            (events.removed, self._on_removed),
        ):
            emitter.disconnect(hear)
            if on:
                emitter.connect(hear)
        self._listening = on
        self._attend(self._screen.scan)
        for layer in list(self._known):
            self._follow(layer, on=False)
        for layer in self._viewer.layers if on else ():
            self._follow(layer, on=True)

    @property
    def words(self) -> str:
        """What would be taken back next; empty if nothing can be."""
        steps = self._steps.get(self._screen.scan) if self._screen.scan is not None else None
        return steps[-1].words if steps else ""

    def take_back(self) -> None:
        """Take back the last change of the scan at hand, and say what it was."""
        if self._held():
            return
        self.collect()
        scan = self._screen.scan
        steps = [] if scan is None else self._steps.get(scan, [])
        if scan is None or not steps:
            self._screen.say("Nothing to take back.")
            return
        step = steps.pop()
        if step.cleaning is not None:
            scan.layers.clean(step.cleaning)
        for one in reversed(step.painted):
            if one.layer in self._viewer.layers:
                _put_back(one)
        if step.vessels is not None:
            scan.layers.choose(
                **{
                    role: layer if layer in self._viewer.layers else None
                    for role, layer in step.vessels.items()
                }
            )
        for layer in step.added:
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        if step.facts is not None:
            scan.facts.take_back(step.facts)
        self._learn()
        self._screen.look()
        self._screen.say(f"Taken back: {step.words}.")
        self.changed.emit()

    # -- what has changed ----------------------------------------------------------------------

    def _on_shown(self, scan: Scan | None) -> None:
        self._attend(scan)
        self._learn()
        self.changed.emit()

    def _attend(self, scan: Scan | None) -> None:
        """Hear of all that becomes known of a scan, and no longer of the one before."""
        if self._attended is not None:
            self._attended.facts.changed.disconnect(self._soon, missing_ok=True)
        self._attended = scan if self._listening else None  # a scan may outlive the window
        if scan is not None and self._listening:
            scan.facts.changed.connect(self._soon)

    def _on_edited(self, names: frozenset[str]) -> None:
        self._edited |= names
        self._soon()

    def _on_inserted(self, event: Any) -> None:
        layer = event.value
        self._follow(layer, on=True)
        known = layer.metadata.get(KEY, {})
        if is_painted(layer) and known.get("role") in VESSELS:
            of = known.get("scan_layer")
            scan = self._screen.scan
            if scan is not None and scan.layer == of and scan.facts.proposed:
                self._added.append(layer)
                self._soon()

    def _on_removed(self, event: Any) -> None:
        self._follow(event.value, on=False)
        gone = [scan for scan in self._steps if scan.layer == event.value]
        for scan in gone:
            del self._steps[scan]
        for scan, steps in self._steps.items():
            kept = (_without(one, event.value) for one in steps)
            self._steps[scan] = [one for one in kept if one is not None]
        self.changed.emit()

    def _follow(self, layer: Any, *, on: bool) -> None:
        if not on:
            self._known.pop(layer, None)
            self._names.pop(layer, None)
            self._touched.discard(layer)
        if not is_painted(layer):
            return
        own = layer.events
        for emitter in (own.paint, own.set_data, own.data):
            emitter.disconnect(self._on_touched)
            if on:
                emitter.connect(self._on_touched)
        if on:
            self._know(layer)

    def _know(self, layer: Labels) -> None:
        """Take a layer as it is."""
        self._known[layer] = np.array(layer.data)
        self._names[layer] = dict(layer.metadata[KEY].get("names", {}))

    def _on_touched(self, event: Any) -> None:
        self._touched.add(event.source)
        self._soon()

    def _soon(self, _names: Any = None) -> None:
        """Look once this turn of the event loop is over: what it has changed is one gesture."""
        if isalive(self._later):  # type: ignore[no-untyped-call]  # else the window has gone
            self._later.start(0)

    def collect(self) -> None:
        """Keep what has changed since as one step, unless a button is held."""
        if self._held() or QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._later.start(STILL_HELD)
            return
        self._later.stop()
        scan = self._screen.scan
        painted = tuple(filter(None, map(self._difference, self._touched)))
        facts = self._facts if self._edited and scan is not None else None
        changed = set() if facts is None or scan is None else _others(facts, scan.facts.entered())
        added = tuple(one for one in self._added if one in self._viewer.layers)
        words = [_voxels(one) for one in painted if one.layer not in added]
        words += [f"the layer {one.name}" for one in added]
        words += _named(facts, scan, changed)
        cleaning = (
            None if scan is None or scan.layers.cleaning == self._cleaning else self._cleaning
        )
        words += [CLEANING] if cleaning is not None else []
        if scan is not None and words:
            step = Step(
                words=" and ".join(words),
                painted=tuple(one for one in painted if one.layer not in added),
                facts=facts if changed else None,
                added=added,
                vessels=self._vessels if painted or added else None,
                cleaning=cleaning,
                at=perf_counter(),
            )
            self._keep(scan, step)
        self._learn(scan_too=scan is not None)

    def _difference(self, layer: Labels) -> Painted | None:
        before, now = self._known.get(layer), np.asarray(layer.data)
        if before is None or before.shape != now.shape:
            return None
        where = np.nonzero(before != now)
        names = self._names.get(layer, {})
        return Painted(layer, where, before[where], names) if len(where[0]) else None

    def _keep(self, scan: Scan, step: Step) -> None:
        steps = self._steps.setdefault(scan, [])
        last = steps[-1] if steps else None
        typed = (
            last is not None
            and last.words == step.words
            and not (last.painted or step.painted or last.added or step.added)
            and step.at - last.at < ONE_ENTRY
        )
        if typed and last is not None:
            step = replace(step, facts=last.facts, cleaning=last.cleaning)
            steps.pop()
        steps.append(step)
        del steps[:-MOST]
        self.changed.emit()

    def _learn(self, *, scan_too: bool = True) -> None:
        """Take everything as it is now: later changes are told from that."""
        for layer in self._touched:
            if layer in self._known:
                self._know(layer)
        self._touched, self._added, self._edited = set(), [], set()
        scan = self._screen.scan
        if scan_too and scan is not None:
            self._facts = scan.facts.entered()
            layers = scan.layers
            self._vessels = {"artery": layers.artery, "vein": layers.vein}
            self._cleaning = layers.cleaning


def _without(step: Step, layer: Any) -> Step | None:
    """Return a step without a layer that has gone; None if nothing is left of it."""
    painted = tuple(one for one in step.painted if one.layer != layer)
    added = tuple(one for one in step.added if one != layer)
    if len(painted) == len(step.painted) and len(added) == len(step.added):
        return step
    left = painted or added or step.facts or step.cleaning
    return replace(step, painted=painted, added=added) if left else None


def _put_back(painted: Painted) -> None:
    """Give voxels back what they were; regions that come back have the names that they had."""
    layer, where, before, names = painted
    known: dict[int, str] = layer.metadata[KEY].get("names", {})
    for label in np.unique(before).tolist():
        if label in names and (label not in known or is_lesion(known[label])):
            known[label] = names[label]
    data = np.array(layer.data)
    data[where] = before
    layer.data = data


def _others(before: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    return {name for name in before if before[name] != now[name]}


def _voxels(painted: Painted) -> str:
    """What was painted, in words: "12 voxels added to AIF"."""
    layer, where, before, _ = painted
    now = np.asarray(layer.data)[where]
    count = len(before)
    verb = "changed on"
    if not before.any():
        verb = "added to"
    elif not now.any():
        verb = "erased from"
    return f"{count:,} voxel{'s' * (count != 1)} {verb} {layer.name}"


def _named(facts: Mapping[str, Any] | None, scan: Scan | None, changed: set[str]) -> list[str]:
    """Facts that were changed, in words; a baseline that follows from a time is not one more."""
    if facts is None or scan is None:
        return []
    if "repetition_time" in changed:
        changed = changed - {"baseline"}
    words = [name for fact, name in FACTS.items() if fact in changed]
    if "settings" in changed:
        before, now = facts["settings"], scan.facts.settings
        names = [name for name in now if before.get(name) != now[name]]
        words += [f"the setting {SETTINGS[name].label!r}" for name in names if name in SETTINGS]
    return words
