"""What was painted survives a crash: kept while painting, offered when the scan is opened again."""

import json
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QTimer

from napari_dsc.core.origin import Origin
from napari_dsc.core.types import BoolArray, Progress
from napari_dsc.io.aif import scan_fingerprint
from napari_dsc.io.autosave import MOST_MASKS, Autosave, Saved
from napari_dsc.viewer.layers import BRAIN_CYAN, VOF_BLUE, file_of, to_screen, vessels_of
from napari_dsc.viewer.room.region_layer import HIGHEST, painted_on, put_back
from napari_dsc.viewer.runner import Failure, Runner
from napari_dsc.viewer.scan import Scan, is_blank
from napari_dsc.viewer.scan_layers import add_mask
from napari_dsc.viewer.snapshot import Screen
from napari_dsc.viewer.vessels import Vessels

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Autosaving"]

COPY = Origin(kind="automatic copy")
PAUSE = 1000  # ms from an edit until it is kept: within two seconds it is on the disk


class Autosaving:
    """Keeps arteries, vein, brain and regions of every scan, and offers what was kept of it before.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are kept.
    screen : Screen
        The panel.
    vessels : Vessels
        What adds a restored AIF.
    """

    def __init__(self, viewer: "Viewer", screen: Screen, vessels: Vessels) -> None:
        self._viewer, self._screen, self._vessels = viewer, screen, vessels
        self._autosave = Autosave()
        self._runner = Runner(screen, self._go_on)  # type: ignore[arg-type]
        self._known: list[Scan] = []
        self._offers: dict[Scan, Saved] = {}
        self._kept: dict[Scan, bytes] = {}
        self._dirty: list[Scan] = []
        self._pause = QTimer(screen)  # type: ignore[arg-type]
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._go_on)
        screen.restore.changed.connect(self._on_restore)

    def know(self, scan: Scan) -> None:
        """Find out whether this scan was painted on before; what was painted then is offered."""
        self._known.append(scan)
        self._go_on()

    def forget(self, scan: Scan) -> None:
        """Hold on to nothing of a scan that was removed."""
        self._offers.pop(scan, None)
        self._kept.pop(scan, None)

    def edited(self, scan: Scan) -> None:
        """Keep what is painted on a scan, soon; who paints on and on is not kept waiting."""
        if scan not in self._dirty:
            self._dirty.append(scan)
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
        words = ", ".join(f"{name} {count:,}" for name, count in told.items() if count)
        return f"Painted on this scan before: {words} voxels. What is painted now stays."

    def _go_on(self) -> None:
        """Do what waits: one job at a time on the worker thread."""
        if self._runner.running:
            return
        if self._known:
            self._look_up(self._known.pop(0))
        elif not self._pause.isActive():
            self._dirty = [one for one in self._dirty if one.layer in self._viewer.layers]
            ready = [one for one in self._dirty if one.fingerprint is not None]
            if ready:  # the others once theirs is known
                self._dirty.remove(ready[0])
                self._keep(ready[0], str(ready[0].fingerprint))

    def _look_up(self, scan: Scan) -> None:
        file, autosave = file_of(scan.layer), self._autosave

        def work() -> Generator[Progress, None, Any]:
            yield Progress("Looking for what was painted before", 0.0)
            found = scan_fingerprint(scan.series, file)
            autosave.sweep()
            return found, autosave.load(found, scan.shape)

        def done(result: Any) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
                return
            scan.fingerprint, (saved, notices) = result
            if saved is not None and self._differs(scan, saved):
                self._offers[scan] = saved
            for words in notices:
                self._screen.say(words)
            self._screen.refresh_state()

        self._runner.start("Autosave", work, done=done, quiet=True)

    def _keep(self, scan: Scan, fingerprint: str) -> None:
        masks, baseline = self._with_offer(scan, self._painted(scan)), scan.baseline
        before = self._kept.get(scan)
        autosave = self._autosave

        def work() -> Generator[Progress, None, bytes | None]:
            yield Progress("Keeping what is painted", 0.0)
            mark = b"".join(np.packbits(mask).tobytes() for mask in masks.values())
            mark += json.dumps([list(masks), baseline]).encode()
            saved = mark == before or autosave.save(fingerprint, masks, baseline)
            return mark if saved else before

        def done(result: bytes | Failure | None) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
            elif result is not None:
                self._kept[scan] = result

        self._runner.start("Autosave", work, done=done, quiet=True)

    def _with_offer(self, scan: Scan, masks: dict[str, BoolArray]) -> dict[str, BoolArray]:
        """Keep what is offered and not yet restored, too: a second crash must not lose it."""
        offer = self._offers.get(scan)
        if offer is None:
            return masks
        arteries = [name for name in masks if name.startswith("AIF")]
        kept = dict(masks)
        used = {_label(name) for name in (*masks, *offer.masks) if name.startswith("Region")}
        for name, mask in offer.masks.items():
            if name.startswith("AIF") and mask.any():
                arteries.append(name)
                kept[f"AIF {len(arteries)}"] = mask
            elif name.startswith("Region") and not np.array_equal(mask, kept.get(name, mask)):
                free = next((one for one in range(1, HIGHEST + 1) if one not in used), None)
                if free is not None:
                    used.add(free)
                    kept[f"Region {free}"] = mask
            elif name not in kept:
                kept[name] = mask
        return dict(list(kept.items())[:MOST_MASKS])

    def _painted(self, scan: Scan) -> dict[str, BoolArray]:
        """What is painted on a scan, by what it is."""
        layers: dict[str, Any] = {}
        arteries = vessels_of(self._viewer, scan.layer, "AIF")
        if scan.artery is not None and scan.artery not in arteries:
            arteries.append(scan.artery)  # a layer of the user's own
        for number, layer in enumerate(arteries, 1):
            layers["AIF" if number == 1 else f"AIF {number}"] = layer
        layers |= {"VOF": scan.vein, "Brain": scan.brain}
        found = {name: scan.mask_or_none(layer) for name, layer in layers.items()}
        masks = {name: mask for name, mask in found.items() if mask is not None}
        painted = painted_on(scan) if scan.regions in self._viewer.layers else None
        if painted is not None:
            labels = np.flatnonzero(np.bincount(painted[0].ravel())[1 : HIGHEST + 1]) + 1
            room = MOST_MASKS - len(masks)
            masks |= {f"Region {one}": painted[0] == one for one in labels[:room].tolist()}
        return masks

    def _differs(self, scan: Scan, saved: Saved) -> bool:
        """Whether there is anything to restore that is not on screen already."""
        here = self._painted(scan)
        return any(
            mask.any() and not np.array_equal(mask, here.get(name, mask[:0]))
            for name, mask in saved.masks.items()
        )

    def _on_restore(self) -> None:
        """Put back what was painted last time; what is painted now stays on its own layers."""
        scan = self._screen.scan
        saved = None if scan is None else self._offers.pop(scan, None)
        if scan is None or saved is None:
            return
        for name, mask in saved.masks.items():
            if name.startswith("AIF") and mask.any():
                self._restore_artery(scan, name, mask)
            elif name == "VOF" and mask.any():
                scan.vein = add_mask(self._viewer, scan, name, VOF_BLUE, mask, role="VOF")
                scan.chosen(scan.vein, COPY)
            elif name == "Brain" and mask.any() and scan.brain is not None:
                scan.brain.data = to_screen(mask, scan.place).astype(np.uint8)
            elif name == "Brain" and mask.any():
                scan.brain = add_mask(self._viewer, scan, name, BRAIN_CYAN, mask, role="brain")
        regions = {
            _label(name): mask for name, mask in saved.masks.items() if name.startswith("Region")
        }
        put_back(self._viewer, scan, {label: mask for label, mask in regions.items() if mask.any()})
        scan.baseline = saved.baseline or scan.baseline
        self._screen.fill()
        self._screen.say("Restored what was painted last time.")

    def _restore_artery(self, scan: Scan, name: str, mask: BoolArray) -> None:
        layer = scan.artery
        if layer is not None and layer in self._viewer.layers and is_blank(layer):
            layer.data = to_screen(mask, scan.place).astype(np.uint8)
            scan.chosen(layer, COPY)
        else:
            self._vessels.add(f"{name} (restored)", mask, COPY)


def _label(name: str) -> int:
    """Label of a region by the name under which it is kept; the first may have no number."""
    return int(name.removeprefix("Region") or 1)
