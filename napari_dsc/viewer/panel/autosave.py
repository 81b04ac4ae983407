"""Autosave of what is painted: kept while painting, offered when the scan is opened again."""

import hashlib
import json
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer

from napari_dsc.core.provenance import Origin
from napari_dsc.core.types import Progress
from napari_dsc.io.aif import GivenCurve, scan_fingerprint
from napari_dsc.io.autosave import MOST_MASKS, Autosave, Saved, is_own_name
from napari_dsc.io.mask_runs import MaskRuns
from napari_dsc.io.temporaries import sweep_all
from napari_dsc.viewer.aif.aif_layers import Vessels
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.layers import BRAIN_CYAN, KEY, VOF_BLUE, file_of, to_screen, vessels_of
from napari_dsc.viewer.regions.region_layer import HIGHEST, painted_on, put_back
from napari_dsc.viewer.scan.scan import CURVE, Scan, is_blank
from napari_dsc.viewer.scan.scan_layers import add_mask
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Labels

__all__ = ["Autosaving"]

COPY = Origin(kind="automatic copy")
NOT_KEPT = (
    "{} regions have numbers above {} and are not kept for a crash: save the maps with their "
    "regions, or give them lower numbers."
)
PAUSE = 1000  # ms from an edit until it is kept: within two seconds it is on the disk


class Autosaving:
    """Keeps arteries, vein, brain and regions of every scan, and offers what was kept of it before.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are kept.
    parent : QObject
        Whose life the work shares.
    screen : Screen
        Says which scan is at hand, and when it changes.
    vessels : Vessels
        What adds a restored AIF.
    """

    def __init__(self, viewer: "Viewer", parent: QObject, screen: Screen, vessels: Vessels) -> None:
        self._viewer, self._screen, self._vessels = viewer, screen, vessels
        self._autosave = Autosave()
        self._runner = Runner(parent)
        self._runner.changed.connect(self._go_on)
        self._known: list[Scan] = []
        self._offers: dict[Scan, Saved] = {}
        self._kept: dict[Scan, bytes] = {}
        self._not_kept: set[Scan] = set()
        self._dirty: list[Scan] = []
        self._unkept: set[Scan] = set()  # edited, and not on the disk yet
        self._pause = QTimer(parent)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._go_on)
        screen.changed.connect(self._on_changed)

    def know(self, scan: Scan) -> None:
        """Find out whether this scan was painted on before; what was painted then is offered."""
        self._known.append(scan)
        self._go_on()

    def forget(self, scan: Scan) -> None:
        """Hold on to nothing of a scan that was removed."""
        self._offers.pop(scan, None)
        self._kept.pop(scan, None)
        self._not_kept.discard(scan)
        self._unkept.discard(scan)

    def is_unkept(self, scan: Scan) -> bool:
        """Whether something that was drawn on a scan, or marked for it, is not on the disk yet."""
        if scan in self._not_kept:
            return True
        return scan in self._unkept and any(
            not _is_empty(now, name)
            for now in [self._painted(scan)]
            for name in now.masks
            if not name.startswith("Brain")
        )

    def keep_now(self) -> None:
        """Keep what waits for a pause of the hand at once."""
        self._pause.stop()
        self._go_on()

    @property
    def running(self) -> bool:
        """Whether something is being kept, or looked up."""
        return self._runner.running

    def _on_changed(self) -> None:
        if self._screen.scan is not None:
            self.edited(self._screen.scan)

    def edited(self, scan: Scan) -> None:
        """Keep what is painted on a scan, soon; who paints on and on is not kept waiting."""
        if scan not in self._dirty:
            self._dirty.append(scan)
        self._unkept.add(scan)
        if not self._pause.isActive():
            self._pause.start()

    def offered(self, scan: Scan | None) -> str:
        """What can be restored of a scan, in words; empty if nothing can."""
        saved = None if scan is None else self._offers.get(scan)
        if saved is None:
            return ""
        told: dict[str, int] = {}
        for name, mask in saved.masks.items():
            kind = "regions" if name.startswith("Region") else name
            told[kind] = told.get(kind, 0) + int(mask.sum())
        words = [f"{name} {count:,}" for name, count in told.items() if count]
        curves = [name for name in saved.curves if not told[name]]
        painted = f"{', '.join(words)} voxels" if words else ""
        loaded = f"{', '.join(curves)} as a loaded curve" if curves else ""
        volumes = "" if (saved.leave_out, saved.end) == (None, None) else "volumes left out"
        found = "; ".join(filter(None, (painted, loaded, volumes)))
        return f"Painted on this scan before: {found}. What is painted now stays."

    def _go_on(self) -> None:
        """Do what waits: one job at a time on the worker thread."""
        if self._runner.running:
            return
        if self._known:
            self._look_up(self._known.pop(0))
        elif not self._pause.isActive():
            self._dirty = [one for one in self._dirty if one.layer in self._viewer.layers]
            ready = [one for one in self._dirty if one.facts.fingerprint is not None]
            if ready:  # the others once theirs is known
                self._dirty.remove(ready[0])
                self._keep(ready[0], str(ready[0].facts.fingerprint))

    def _look_up(self, scan: Scan) -> None:
        file, autosave = file_of(scan.layer), self._autosave

        def work() -> Generator[Progress, None, Any]:
            yield Progress("Looking for what was painted before", 0.0)
            found = scan_fingerprint(scan.facts.series, file)
            autosave.sweep()
            sweep_all()
            return found, autosave.load(found, scan.shape)

        def done(result: Any) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
                return
            fingerprint, (saved, notices) = result
            scan.facts.know_fingerprint(fingerprint)
            if saved is not None and self._differs(scan, saved):
                self._offers[scan] = saved
            for words in notices:
                self._screen.say(words)
            self._screen.updated.emit()

        self._runner.start("Autosave", work, done=done, quiet=True)

    def _keep(self, scan: Scan, fingerprint: str) -> None:
        state = self._with_offer(scan, self._painted(scan))
        before = self._kept.get(scan)
        autosave = self._autosave

        def work() -> Generator[Progress, None, bytes | None]:
            yield Progress("Keeping what is painted", 0.0)
            facts: list[Any] = [MaskRuns(state.masks).runs(), state.baseline, state.at_hand]
            facts += [state.leave_out, state.end]
            facts += [[name, curve.as_json()] for name, curve in state.curves.items()]
            mark = hashlib.sha256(json.dumps(facts).encode()).digest()
            saved = mark == before or autosave.save(
                fingerprint,
                state.masks,
                state.baseline,
                state.curves,
                state.at_hand,
                state.leave_out,
                state.end,
            )
            return mark if saved else None

        def done(result: bytes | Failure | None) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
            elif result is not None:
                self._kept[scan] = result
                if scan not in self._dirty:  # not painted on since
                    self._unkept.discard(scan)

        self._runner.start("Autosave", work, done=done, quiet=True)

    def _with_offer(self, scan: Scan, now: Saved) -> Saved:
        """Keep what is offered and not yet restored, too: a second crash must not lose it."""
        offer = self._offers.get(scan)
        if offer is None:
            return now
        masks, curves = MaskRuns(now.masks), dict(now.curves)
        used = {_label(name) for name in (*masks, *offer.masks) if name.startswith("Region")}
        at_hand = {name[:3]: name for name in now.at_hand if not _is_empty(now, name)}
        for name, mask in offer.masks.items():
            if name.startswith("Region") and not np.array_equal(mask, masks.get(name, mask)):
                free = next((one for one in range(1, HIGHEST + 1) if one not in used), None)
                if free is not None:
                    used.add(free)
                    masks[f"Region {free}"] = mask
            elif name.startswith(("AIF", "VOF")) and name in masks:
                if _is_empty(offer, name) or _same(now, name, offer, name):
                    continue
                replaced = name if _is_empty(now, name) else _free_name(name, masks, offer.masks)
                masks[replaced] = mask
                if name in offer.curves:
                    curves[replaced] = offer.curves[name]
                if name in offer.at_hand:
                    at_hand.setdefault(name[:3], replaced)
            elif name not in masks:
                masks[name] = mask
                if name in offer.curves:
                    curves[name] = offer.curves[name]
                if name in offer.at_hand:
                    at_hand.setdefault(name[:3], name)
        for name in list(masks)[MOST_MASKS:]:
            del masks[name]
        return Saved(
            masks=masks,
            baseline=now.baseline,
            curves={name: one for name, one in curves.items() if name in masks},
            at_hand=tuple(one for one in at_hand.values() if one in masks),
            leave_out=now.leave_out if offer.leave_out is None else offer.leave_out,
            end=now.end if offer.end is None else offer.end,
        )

    def _painted(self, scan: Scan) -> Saved:
        """What is painted on a scan, by what the program calls it."""
        layers: dict[str, Labels] = {}
        at_hand = []
        for role, chosen in (("AIF", scan.layers.artery), ("VOF", scan.layers.vein)):
            vessels = vessels_of(self._viewer, scan.layer, role)
            if chosen is not None and chosen not in vessels:
                vessels.append(chosen)  # a layer of the user's own
            named = _own_names(role, vessels)
            layers |= named
            at_hand += [name for name, layer in named.items() if layer is chosen]
        if scan.layers.brain is not None:
            layers["Brain"] = scan.layers.brain
        parts = {"AIF": "artery", "VOF": "vein"}
        found = {
            name: scan.mask_or_none(layer, parts.get(name[:3], ""))
            for name, layer in layers.items()
        }
        masks = MaskRuns({name: mask for name, mask in found.items() if mask is not None})
        curves = {
            name: GivenCurve(*layers[name].metadata[KEY][CURVE])
            for name in masks
            if name.startswith("AIF") and CURVE in layers[name].metadata.get(KEY, {})
        }
        painted = painted_on(scan) if scan.layers.regions in self._viewer.layers else None
        if painted is not None:
            self._say_not_kept(scan, masks.add_labels("Region", painted[0], HIGHEST))
        chosen_names = tuple(name for name in at_hand if name in masks)
        return Saved(
            masks=masks,
            baseline=scan.facts.baseline,
            curves=curves,
            at_hand=chosen_names,
            leave_out=scan.facts.leave_out,
            end=scan.facts.end,
        )

    def _say_not_kept(self, scan: Scan, count: int) -> None:
        """Say once of a scan that regions are not kept: a crash would lose them."""
        if count and scan not in self._not_kept:
            self._not_kept.add(scan)
            self._screen.say(NOT_KEPT.format(count, HIGHEST))
        elif not count:
            self._not_kept.discard(scan)

    def _differs(self, scan: Scan, saved: Saved) -> bool:
        """Whether there is anything to restore that is not on screen already."""
        here = self._painted(scan)
        chosen = saved.leave_out, saved.end
        if chosen not in ((None, None), (here.leave_out, here.end)):
            return True
        return any(
            not _is_empty(saved, name) and not _same(here, name, saved, name)
            for name in saved.masks
        )

    def restore(self) -> None:
        """Put back what was painted last time; what is painted now stays on its own layers."""
        scan = self._screen.scan
        saved = None if scan is None else self._offers.pop(scan, None)
        if scan is None or saved is None:
            return
        here, chosen = self._painted(scan), {}
        before = {"AIF": scan.layers.artery, "VOF": scan.layers.vein}
        for name, mask in saved.masks.items():
            if name.startswith(("AIF", "VOF")) and not _is_empty(saved, name):
                chosen[name] = self._restore_vessel(scan, here, saved, name)
            elif name == "Brain" and mask.any() and scan.layers.brain is not None:
                scan.layers.brain.data = to_screen(mask, scan.place).astype(np.uint8)
            elif name == "Brain" and mask.any():
                made = add_mask(self._viewer, scan, name, BRAIN_CYAN, mask, role="brain")
                scan.layers.choose(brain=made)
        self._choose(scan, saved, chosen, before)
        regions = {
            _label(name): mask for name, mask in saved.masks.items() if name.startswith("Region")
        }
        put_back(self._viewer, scan, {label: mask for label, mask in regions.items() if mask.any()})
        scan.facts.restore(saved.baseline, saved.leave_out, saved.end)
        self._screen.show(scan)
        self._screen.say("Restored what was painted last time.")

    def _restore_vessel(self, scan: Scan, here: Saved, saved: Saved, name: str) -> "Labels | None":
        """Put a vessel back under its own name, on a layer of its own; return that layer."""
        role, mask, curve = name[:3], saved.masks[name], saved.curves.get(name)
        vessels = vessels_of(self._viewer, scan.layer, role)
        layer = next((one for one in vessels if one.name == name), None)
        if layer is not None and name in here.masks and _same(here, name, saved, name):
            return layer
        if layer is not None and is_blank(layer):
            layer.data = to_screen(mask, scan.place).astype(np.uint8)
            scan.chosen(layer, COPY)
        else:
            taken = name in {one.name for one in self._viewer.layers}
            title = f"{name} (restored)" if taken else name
            if role == "AIF":
                layer = self._vessels.add(title, mask, COPY)
            else:
                layer = add_mask(self._viewer, scan, title, VOF_BLUE, mask, role="VOF")
                scan.chosen(layer, COPY)
        if layer is not None and curve is not None:
            layer.metadata = {**layer.metadata, KEY: {**layer.metadata[KEY], CURVE: curve}}
            scan.chosen(layer, Origin(kind="curve file"))
        return layer

    def _choose(
        self,
        scan: Scan,
        saved: Saved,
        found: "dict[str, Labels | None]",
        before: "dict[str, Labels | None]",
    ) -> None:
        """Take at hand what was; a state that does not tell leaves what is, unless it is blank."""
        for role in before:
            of_role = {name: layer for name, layer in found.items() if name.startswith(role)}
            told = next((of_role[name] for name in saved.at_hand if name in of_role), None)
            now = before[role]
            if told is None and (now is None or is_blank(now)):
                now = next(iter(of_role.values()), now)
            chosen = told or now
            if role == "VOF":
                scan.layers.choose(vein=chosen)
                continue
            scan.layers.choose(artery=chosen)
            if chosen in self._viewer.layers:
                self._viewer.layers.selection.active = chosen


def _own_names(role: str, layers: "list[Labels]") -> "dict[str, Labels]":
    """Layers by names that tell nothing of anybody: what a user has typed becomes a number."""
    named: dict[str, Labels] = {}
    others = []
    for layer in layers:
        if is_own_name(layer.name) and layer.name.startswith(role) and layer.name not in named:
            named[layer.name] = layer
        else:
            others.append(layer)
    for layer in others:
        named[_free_name(role, named, {one.name: one for one in layers})] = layer
    return named


def _free_name(name: str, *taken: Mapping[str, Any]) -> str:
    """A name of the program's own for a vessel of that kind, which is none of these."""
    number = 2
    while any(f"{name[:3]} {number}" in names for names in taken):
        number += 1
    return f"{name[:3]} {number}"


def _is_empty(saved: Saved, name: str) -> bool:
    """Whether neither a voxel nor a curve was kept under a name."""
    return not saved.masks[name].any() and name not in saved.curves


def _same(one: Saved, name: str, other: Saved, named: str) -> bool:
    """Whether two states hold the same under these names: voxels, or the same curve."""
    if name not in one.masks or not np.array_equal(one.masks[name], other.masks[named]):
        return False
    first, second = one.curves.get(name), other.curves.get(named)
    if first is None or second is None:
        return first is second
    return first.as_json() == second.as_json()


def _label(name: str) -> int:
    """Label of a region by the name under which it is kept; the first may have no number."""
    return int(name.removeprefix("Region") or 1)
