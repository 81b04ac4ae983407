"""Regions between an anatomy and the maps: brought over from its voxels, and saved on them."""

from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray
from qtpy.QtWidgets import QInputDialog, QWidget

from napari_dsc.anatomy import (
    Alignment,
    brought_over,
    labels_onto_anatomy,
    labels_onto_scan,
    register,
)
from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.provenance import Origin
from napari_dsc.core.tumour import ENHANCEMENT_NAME
from napari_dsc.core.types import BoolArray, FloatArray, Progress
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.nifti import write_nifti
from napari_dsc.io.readers import stem_of
from napari_dsc.io.region_files import names_table, read_names
from napari_dsc.viewer.background.job_runner import Failure, Runner, soon
from napari_dsc.viewer.file_dialogs import ask_new_file
from napari_dsc.viewer.layers import KEY, placement, staying_active, to_file, to_screen
from napari_dsc.viewer.maps.view_modes import Views
from napari_dsc.viewer.regions.enhancement_region import know_enhancement
from napari_dsc.viewer.regions.region_layer import BROUGHT, painted_on, put_back
from napari_dsc.viewer.regions.regions import Regions
from napari_dsc.viewer.review.toolbar import anatomies
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Layer

    from napari_dsc.viewer.screen import Screen

__all__ = ["Carrying"]

OF_AN_ANATOMY = Origin(kind="mask file", notes=("drawn on an anatomy",))
NEAR = 1e-3  # mm by which two grids may differ and be the same
CAME = "{name} lies on the voxels of {anatomy}: {count} brought onto the maps, {voxels}"
COVERED = ", {covered:,} more lie under what was painted before"
SAVED = "Saved {count} on the voxels of {anatomy}: {voxels:,} of them, in {file}."
WHICH = "On the voxels of which anatomy?"
NO_REGION = "Draw a region first: there is none to save."
NO_ANATOMY = "Open the anatomy first (File > Open): regions are saved on its voxels."
NO_PLACE = "Regions come from an anatomy only onto a scan that says where its voxels lie."
ON_ITS_WAY = "Regions are on their way: wait for them, or press Cancel."
DIGITS = np.uint16  # of labels in a file: HIGHEST is 999


class _Grid(NamedTuple):
    """An anatomy on the axes of its file, and how it lies to the scan, if that is known."""

    volume: NDArray[Any]
    affine: FloatArray
    found: Alignment | None


class _Still(NamedTuple):
    """The scan at rest: what an anatomy is registered to."""

    volume: FloatArray
    affine: FloatArray
    brain: BoolArray | None


class Carrying:
    """Carries regions between an anatomy and the maps, on a worker thread.

    A file of labels that lies on the voxels of an anatomy is brought onto the maps when it is
    opened. The anatomy is registered to the scan for that, unless it was before.

    Parameters
    ----------
    viewer : Viewer
        Where files are opened.
    parent : QWidget
        With whom it ends.
    screen : Screen
        Says which scan is at hand.
    regions : Regions
        What is painted on the maps.
    views : Views
        Holds the scan at rest.

    Attributes
    ----------
    changed : SignalInstance
        Emits when regions are on their way, and when that has ended.
    """

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: "Screen",
        regions: Regions,
        views: Views,
    ) -> None:
        self._viewer, self._parent, self._screen = viewer, parent, screen
        self._regions, self._views = regions, views
        self._waiting: list[Labels] = []
        self._carried: WeakSet[Labels] = WeakSet()  # those that were brought, or will be
        self._runner = Runner(parent)
        self._runner.progressed.connect(self._on_step)
        self.changed = self._runner.changed

    @property
    def running(self) -> bool:
        """Whether regions are on their way."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop it."""
        self._waiting.clear()
        self._runner.cancel()

    def _on_step(self, step: Progress) -> None:
        self._screen.say(f"{step.stage} … {step.fraction:.0%}")

    # -- onto the maps -------------------------------------------------------------------------

    def take_up(self, opened: "Layer") -> None:
        """Bring the regions of a layer that was just opened, if they lie on an anatomy's voxels.

        The anatomy may be opened after them.
        """
        scan = self._screen.scan
        if scan is None or not isinstance(opened, Labels | Image):
            return
        layers = [opened] if isinstance(opened, Labels) else self._viewer.layers
        for layer in layers:
            fresh = isinstance(layer, Labels) and layer not in self._carried
            if fresh and self._anatomy_of(scan, layer) is not None:
                self._carried.add(layer)
                self._waiting.append(layer)
                soon(self._parent, self._next)  # napari is still busy with its insertion

    def _anatomy_of(self, scan: Scan, layer: Labels) -> Image | None:
        """Anatomy on whose voxels a layer lies, and not on those of the scan; None: on none's."""
        known = layer.metadata.get(KEY, {})
        affine = known.get("affine")
        if layer.ndim != 3 or set(known) != {"affine"} or affine is None:
            return None
        own = scan.facts.series.affine
        if layer.data.shape == scan.layer.data.shape[1:] and own is not None and _same(affine, own):
            return None
        volumes = [
            one
            for _, one in anatomies(self._viewer)
            if one is not None
            and one.metadata[KEY]["affine"] is not None
            and one.data.shape == layer.data.shape
            and _same(one.metadata[KEY]["affine"], affine)
        ]
        aligned = [one for one in volumes if one in scan.layers.aligned]
        return next(iter((*aligned, *volumes)), None)

    def _next(self) -> None:
        """Begin with the first that waits, if nothing is under way."""
        scan = self._screen.scan
        self._waiting = [one for one in self._waiting if one in self._viewer.layers]
        if scan is None or self.running or not self._waiting:
            return
        layer = self._waiting.pop(0)
        anatomy = self._anatomy_of(scan, layer)
        still = self._still(scan)
        if anatomy is None or still is None:
            return
        with self._views.steady_grid(), staying_active(self._viewer):
            layer.visible = False
        affine = np.asarray(layer.metadata[KEY]["affine"])
        labels = to_file(np.asarray(layer.data), placement(affine)).astype(np.int64)

        def done(result: tuple[NDArray[np.int64], Alignment] | Failure) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
            elif scan.layer in self._viewer.layers:
                self._lay(scan, layer, anatomy, labels, *result)
            self._next()

        inputs = (labels, affine, self._grid(scan, anatomy), still)
        self._runner.start("Regions", _onto_scan, *inputs, done=done, cancelled=self._next)

    def _lay(
        self,
        scan: Scan,
        layer: Labels,
        anatomy: Image,
        drawn: NDArray[np.int64],
        labels: NDArray[np.int64],
        found: Alignment,
    ) -> None:
        """Put regions onto those of the maps: what was painted before stays."""
        scan.layers.align(anatomy, found)
        masks = {int(one): labels == one for one in np.unique(labels) if one > 0}
        wanted = sum(int(np.count_nonzero(one)) for one in masks.values())
        before = painted_on(scan)
        free = np.ones(labels.shape, np.bool_) if before is None else before[0] == 0
        with self._views.steady_grid():
            given, _ = put_back(self._viewer, scan, masks)
        voxels = sum(int(np.count_nonzero(masks[one] & free)) for one in given)
        own = self._regions.layer_of(scan)
        names = _names_of(layer, masks)
        own.metadata[KEY]["names"].update(
            {now: names[one] for one, now in given.items() if one in names}
        )
        words = brought_over(found, drawn, labels)
        own.metadata[KEY][BROUGHT] = words
        if ENHANCEMENT_NAME in names.values():
            know_enhancement(scan, OF_AN_ANATOMY)
        self._regions.measure()
        held = to_screen(labels > 0, scan.place).sum(axis=(1, 2))
        self._viewer.dims.set_current_step(1, int(held.argmax()))
        said = CAME.format(
            name=layer.name,
            anatomy=anatomy.name,
            count=_counted(len(given)),
            voxels=voxel_words(voxels),
        )
        more = COVERED.format(covered=wanted - voxels) if wanted > voxels else ""
        self._screen.say(f"{said}{more}. {words}")

    # -- and back ------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask on which anatomy's voxels, and where, the regions of the maps are to be saved."""
        scan = self._screen.scan
        if scan is None or painted_on(scan) is None:
            self._screen.say(NO_REGION)
            return
        volumes = {
            one.name: one
            for _, one in anatomies(self._viewer)
            if one is not None and one.metadata[KEY]["affine"] is not None
        }
        if not volumes:
            self._screen.say(NO_ANATOMY)
            return
        name = next(iter(volumes))
        if len(volumes) > 1:
            name, accepted = QInputDialog.getItem(
                self._parent,
                "Save regions",
                "On the voxels of which anatomy?",
                [*volumes],
                0,
                False,
            )
            if not accepted:
                return
        path = ask_new_file(
            self._parent, "Save regions on the anatomy", "", "NIfTI (*.nii.gz *.nii)"
        )
        if path is not None:
            self.save_on(volumes[name], path)

    def save_on(self, anatomy: Image, path: Path) -> None:
        """Save the regions of the maps on an anatomy's voxels, with a table of their names.

        Parameters
        ----------
        anatomy : Image
            On whose.
        path : Path
            NIfTI; replaced if it exists. The table stands beside it.
        """
        scan = self._screen.scan
        painted = None if scan is None else painted_on(scan)
        still = None if scan is None else self._still(scan)
        if scan is None or painted is None or still is None:
            return
        labels, names = painted

        def done(result: tuple[int, int, Alignment] | Failure) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
                return
            count, voxels, found = result
            scan.layers.align(anatomy, found)
            words = SAVED.format(
                count=_counted(count), anatomy=anatomy.name, voxels=voxels, file=path.name
            )
            self._screen.say(" ".join((words, *found.notices)))

        inputs = (np.array(labels), names, self._grid(scan, anatomy), still, path)
        if not self._runner.start("Regions", _onto_anatomy, *inputs, done=done):
            self._screen.say(ON_ITS_WAY)

    def _still(self, scan: Scan) -> _Still | None:
        """The scan at rest; None, and said, where nobody knows where it lies."""
        if scan.ras is None:
            self._screen.say(NO_PLACE)
            return None
        brain = scan.mask_or_none(scan.layers.brain)
        return _Still(self._views.baseline_of(scan), scan.ras, brain)

    def _grid(self, scan: Scan, anatomy: Image) -> _Grid:
        affine = np.asarray(anatomy.metadata[KEY]["affine"])
        volume = to_file(np.asarray(anatomy.data), placement(affine))
        return _Grid(volume, affine, scan.layers.aligned.get(anatomy))


def _same(one: FloatArray, other: FloatArray) -> bool:
    return bool(np.allclose(one, other, atol=NEAR))


def _counted(count: int) -> str:
    return f"{count} region{'s' * (count != 1)}"


def _names_of(layer: Labels, masks: Mapping[int, BoolArray]) -> dict[int, str]:
    """Names that stand beside a file of labels; that of the file, where it holds one region."""
    path = None if layer.source.path is None else Path(layer.source.path)
    try:
        names = {} if path is None else read_names(path.parent / f"{stem_of(path)}.tsv")
    except DscError:  # some other table
        names = {}
    return names or (dict.fromkeys(masks, layer.name) if len(masks) == 1 else {})


def _aligned(grid: _Grid, still: _Still) -> Generator[Progress, None, Alignment]:
    """How an anatomy lies to the scan: as was found before, or searched for now."""
    yield Progress("Reading the anatomy", 0.0)
    if grid.found is not None:
        return grid.found
    work = register(still.volume, still.affine, grid.volume, grid.affine, brain=still.brain)
    return (yield from part_of_whole(work, 0.0, 0.9))


def _onto_scan(
    labels: NDArray[np.int64], affine: FloatArray, grid: _Grid, still: _Still
) -> Generator[Progress, None, tuple[NDArray[np.int64], Alignment]]:
    """Bring regions of an anatomy onto a scan."""
    found = yield from _aligned(grid, still)
    x, y, z = still.volume.shape
    return labels_onto_scan(labels, affine, (x, y, z), still.affine, found.rigid), found


def _onto_anatomy(
    labels: NDArray[Any], names: Mapping[int, str], grid: _Grid, still: _Still, path: Path
) -> Generator[Progress, None, tuple[int, int, Alignment]]:
    """Write regions of a scan on an anatomy's voxels; return how many regions and voxels."""
    found = yield from _aligned(grid, still)
    x, y, z = grid.volume.shape
    there = labels_onto_anatomy(labels, still.affine, (x, y, z), grid.affine, found.rigid)
    try:
        write_nifti(path, there.astype(DIGITS), grid.affine, "regions")
        table = path.with_name(f"{stem_of(path)}.tsv")
        write_whole(table, partial(_write, text=names_table(there, names)))
    except OSError as error:
        raise DscError(f"Not saved: {error.strerror}. Choose another folder.") from error
    kept = np.unique(there[there > 0])
    return int(kept.size), int(np.count_nonzero(there)), found


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
