"""Comparison, sensitivity and threshold: asked for in the workshop, computed on a worker thread."""

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from psygnal import Signal
from qtpy.QtWidgets import QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import with_unit
from napari_dsc.core.pipeline import (
    Comparison,
    Prepared,
    Sensitivity,
    ThresholdSweep,
    compare,
    explore_threshold,
    prepare,
    sensitivity,
)
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import Aif, BoolArray, FloatArray, ParameterMap, Progress
from napari_dsc.viewer.aif.threshold_tab import BRAIN, PINNED
from napari_dsc.viewer.aif.workshop_dock import Workshop
from napari_dsc.viewer.background.job_runner import Failure, Runner, soon
from napari_dsc.viewer.compute.snapshot import FormReading, Snapshot, same_artery
from napari_dsc.viewer.layers import KEY, staying_active, to_screen, vessels_of
from napari_dsc.viewer.maps.map_layers import (
    RESIZED,
    add_map,
    described,
    label_colour_bars,
    map_layer,
    show_whole,
)
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import masks_of
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Labels

__all__ = ["Studies"]

OLD = "From before the last change: press the button for today's."
# What the result of each page does not hang on: a change of it makes no result older.
FREE_OF: Mapping[str, tuple[str, ...]] = {
    "compare": ("artery", "ttp_from"),  # the two that are compared count instead
    "sensitivity": ("ttp_from",),
    "threshold": ("svd_threshold", "ttp_from"),
}
SCALED = "The AIF is scaled to the area of the VOF, and so is every variant."
SET = "Both AIFs are scaled to the area of the VOF: that sets CBV, whichever they are."
PIN = "Pin a voxel first: Ctrl+click it on the picture."
LOOKS: Mapping[str, tuple[str, tuple[float, float]]] = {  # colours and window of a difference
    "ΔCBF": ("PiYG", (-50.0, 50.0)),
    "ΔTmax": ("PiYG", (-8.0, 8.0)),
}
VARIATION = ("turbo", (0.0, 30.0))  # %


class Studies:
    """Runs what the workshop's pages ask for, one at a time, and shows what returns.

    Parameters
    ----------
    viewer : napari.Viewer
        Where difference maps are shown.
    parent : QWidget
        Whose life the work shares.
    screen : Screen
        Says which scan is at hand, and what changes of it.
    workshop : Workshop
        The pages.
    reading : FormReading
        Tells what the maps would be made from now.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a study starts or ends.
    heard : SignalInstance
        Emits what was varied, and the volumes of Tmax > 6 s that were found, mL.
    """

    heard = Signal(str, object)

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: Screen,
        workshop: Workshop,
        reading: FormReading,
    ) -> None:
        self._viewer, self._screen, self._workshop = viewer, screen, workshop
        self._reading = reading
        self._page: Any = None
        self._pages = (workshop.compare, workshop.sensitivity, workshop.threshold)
        self._shown: dict[str, _Made] = {}  # by page: what the result on it was made from
        self._runner = Runner(parent)
        self._runner.progressed.connect(self._show_step)
        self.changed = self._runner.changed
        screen.shown.connect(self.clear)
        screen.changed.connect(self.follow)
        workshop.compare.asked.connect(self._on_compare)
        workshop.sensitivity.asked.connect(self._on_sensitivity)
        workshop.threshold.asked.connect(self._on_threshold)

    @property
    def running(self) -> bool:
        """Whether something is being computed."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop it."""
        self._runner.cancel()

    def refresh(self) -> None:
        """List the AIFs and regions that there are, and mark today's threshold."""
        scan, pages = self._screen.scan, self._workshop
        arteries = {} if scan is None else self._arteries(scan)
        regions = [] if scan is None else list(self._regions(scan))
        pages.compare.show_choices(list(arteries))
        pages.compare.show_regions(regions)
        pages.threshold.show_regions(regions)
        self.mark()

    def mark(self) -> None:
        """Mark today's threshold."""
        value = self._reading.threshold
        if value is None:  # the page forgets its sweep
            self._shown.pop("threshold", None)
        self._workshop.threshold.mark(value)

    def clear(self) -> None:
        """Forget what was found of another scan."""
        self._runner.cancel()
        for page in self._pages:
            page.clear()
        self._shown.clear()

    def follow(self) -> None:
        """Say of each result whether it is older than what is on screen; mark today's threshold."""
        for name in self._shown:
            page = getattr(self._workshop, name)
            if not (self.running and page is self._page):
                page.say(OLD if self._is_old(name) else "")
        self.mark()

    def _is_old(self, name: str) -> bool:
        """Whether the result on a page would come out otherwise now."""
        made = self._shown[name]
        if self._reading.differs(made.shot, FREE_OF[name]):
            return True
        try:
            now = [made.shot.scan.input_of(one) for one in made.layers]
        except DscError:
            return True
        return not all(same_artery(*pair) for pair in zip(now, made.arteries, strict=True))

    def _arteries(self, scan: Scan) -> "dict[str, Labels]":
        found = vessels_of(self._viewer, scan.layer, "AIF")
        at_hand = scan.layers.artery
        if at_hand is not None and at_hand not in found:
            found.append(at_hand)
        return {layer.name: layer for layer in found}

    def _regions(self, scan: Scan) -> "dict[str, Labels]":
        """Labels layers of the user's own."""
        ours = ("AIF", "VOF", "brain")
        own = [
            one
            for one in masks_of(self._viewer)
            if one.metadata.get(KEY, {}).get("role") not in ours
        ]
        fitting = [one for one in own if scan.mask_or_none(one) is not None]
        return {layer.name: layer for layer in fitting if layer is not scan.layers.artery}

    def _on_compare(self, first: str, second: str, ticked: tuple[str, ...]) -> None:
        page = self._workshop.compare
        try:
            shot = self._reading.snapshot()
            layers, own = self._arteries(shot.scan), self._regions(shot.scan)
            both = [_aif_of(shot.scan, layers[name]) for name in (first, second)]
            regions = {name: _mask_of(shot.scan, own[name]) for name in ticked if name in own}
        except (DscError, KeyError) as error:
            page.say(str(error) if isinstance(error, DscError) else "That AIF is gone.")
            return

        def work(known: Prepared) -> Generator[Progress, None, Comparison]:
            arteries = [known.arterial_input(one, shot.vein) for one in both]
            return compare(known, arteries[0], arteries[1], shot.settings, regions)

        def show(result: Comparison) -> None:
            names = [
                self._add(shot, one, f"{one.symbol}: {second} − {first}")
                for one in (result.cbf, result.tmax)
            ]
            is_set = shot.vein is not None and shot.settings.cbv == "integral"
            page.show_result(result, first, second, names, SET if is_set else "")

        made = _Made(shot, tuple(layers[name] for name in (first, second)), tuple(both))
        self._start("compare", "Comparing two AIFs", made, work, show)

    def _on_sensitivity(self) -> None:
        page = self._workshop.sensitivity
        try:
            shot = self._reading.snapshot()
        except DscError as error:
            page.say(str(error))
            return
        artery = shot.artery
        if not isinstance(artery, np.ndarray):
            page.say("A loaded curve has no voxels: draw or propose an artery.")
            return

        def work(known: Prepared) -> Generator[Progress, None, Sensitivity]:
            return sensitivity(known, artery, shot.settings, vein=shot.vein)

        def show(result: Sensitivity) -> None:
            self._add(shot, result.error, "CBF error from the AIF")
            page.show_result(result, SCALED if shot.vein is not None else "")
            self._tell(shot, "AIF voxels", result.late)

        self._start("sensitivity", "Sensitivity to single voxels", _Made(shot), work, show)

    def _on_threshold(self, where: str) -> None:
        page = self._workshop.threshold
        try:
            shot = self._reading.snapshot()
            voxels = self._place(shot, where)
        except DscError as error:
            page.say(str(error))
            return

        def work(known: Prepared) -> Generator[Progress, None, ThresholdSweep]:
            artery = shot.artery
            if artery is None:  # a snapshot that was asked for with an artery has one
                raise DscError("Draw the artery first: press Draw AIF, or Propose AIF.")
            aif = known.arterial_input(artery, shot.vein)
            return explore_threshold(known, aif, shot.settings, voxels & known.brain)

        pinned = shot.scan.facts.pinned
        named = where
        if where == PINNED and pinned is not None:
            named = f"voxel ({', '.join(map(str, shot.scan.file_index(pinned)))})"

        def show(result: ThresholdSweep) -> None:
            page.show_result(result, named)
            self._tell(shot, "SVD thresholds", result.late)

        self._start("threshold", "Exploring thresholds", _Made(shot), work, show)

    def _tell(self, shot: Snapshot, kind: str, late: FloatArray) -> None:
        """Tell the volumes to who shows those of the maps, if these are made as the maps are."""
        if shot.scan.results.edits == shot.edits and not shot.scan.results.outdated:
            self.heard.emit(kind, late)

    def _place(self, shot: Snapshot, where: str) -> BoolArray:
        """Voxels at which the threshold is explored."""
        scan = shot.scan
        everywhere = np.ones(scan.shape, np.bool_) if shot.brain is None else shot.brain
        if where == BRAIN:
            return everywhere
        if where == PINNED:
            if scan.facts.pinned is None:
                raise DscError(PIN)
            voxels = np.zeros(scan.shape, np.bool_)
            voxels[scan.file_index(scan.facts.pinned)] = True
        else:
            own = self._regions(scan)
            if where not in own:
                raise DscError(f"Region {where!r} is gone: choose another.")
            voxels = _mask_of(scan, own[where])
        if not (voxels & everywhere).any():
            raise DscError("There is nothing of the brain there: choose another place.")
        return voxels

    def _start(
        self,
        name: str,
        title: str,
        made: "_Made",
        work: Callable[[Prepared], Generator[Progress, None, Any]],
        show: Callable[[Any], None],
    ) -> None:
        page, shot = getattr(self._workshop, name), made.shot
        known = None if shot.scan.results.run is None else shot.scan.results.run[1].prepared

        def done(result: Any) -> None:
            if isinstance(result, Failure):
                page.say(result.message)
            elif shot.scan is self._screen.scan:
                show(result)
                self._shown[name] = made
                if self._is_old(name):
                    page.say(OLD)
            else:
                page.say("")

        job = partial(_after_preparing, shot, known, work)
        stopped = partial(page.say, "Stopped.")
        if self._runner.start(title, job, done=done, cancelled=stopped):
            self._page = page
            page.say(f"{title} …", ready=False)
        else:
            page.say("Another study is under way: wait for it, or press Cancel.")

    def _show_step(self, step: Progress) -> None:
        if self._page is not None:
            self._page.say(f"{step.stage} … {step.fraction:.0%}", ready=False)

    def _add(self, shot: Snapshot, one: ParameterMap, words: str) -> str:
        """Add a map above the others, or refresh it where it stands; return its name."""
        scan, name = shot.scan, with_unit(words, one.units)
        standing = scan.layers.studies.get(name)
        if standing is not None and standing in self._viewer.layers:
            standing.data = np.array(to_screen(one.values, scan.place))
            return name
        layer = map_layer(scan, one, name, *LOOKS.get(one.symbol, VARIATION), described(one))
        scan.layers.show_study(name, layer)
        layers = self._viewer.layers
        maps = [at for at, other in enumerate(layers) if "unit" in other.metadata.get(KEY, {})]
        with staying_active(self._viewer):
            add_map(self._viewer, layer, max(maps, default=len(layers) - 1) + 1)
        label_colour_bars(self._viewer)
        soon(self._workshop, partial(show_whole, self._viewer), RESIZED)
        return name


class _Made(NamedTuple):
    """What a result was made from: the screen, and the AIFs that were compared."""

    shot: Snapshot
    layers: "tuple[Labels, ...]" = ()
    arteries: tuple[BoolArray | Aif, ...] = ()


def _after_preparing(
    shot: Snapshot,
    known: Prepared | None,
    work: Callable[[Prepared], Generator[Progress, None, Any]],
) -> Generator[Progress, None, Any]:
    """Run a study on what is prepared; prepare it first where scan, brain or baseline changed."""
    brain = np.ones(shot.scan.shape, np.bool_) if shot.brain is None else shot.brain
    yield Progress("Reading the curves", 0.0)
    start = 0.0
    if known is None or not known.serves(shot.series, brain, shot.settings.baseline):
        known = yield from part_of_whole(
            prepare(shot.series, brain, shot.settings.baseline), 0.0, 0.2
        )
        start = 0.2
    return (yield from part_of_whole(work(known.under(shot.settings)), start, 1.0))


def _aif_of(scan: Scan, layer: "Labels") -> BoolArray | Aif:
    given = scan.input_of(layer)
    if given is None or (isinstance(given, np.ndarray) and not given.any()):
        raise DscError(f"AIF {layer.name!r} has no voxel yet: paint it, or choose another.")
    return given


def _mask_of(scan: Scan, layer: "Labels") -> BoolArray:
    mask = scan.mask(layer)
    return np.zeros(scan.shape, np.bool_) if mask is None else mask
